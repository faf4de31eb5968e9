#!/usr/bin/env python3
"""How fast is SpikingGrid beside other simulators, on the same networks, in one run?

    training      one training presentation (100 ms) of the network of Lagani et al. (2021): all
                  three projections learn, then incoming strengths are normalised and the
                  state is reset
    frozen        one image (100 ms) shown to that network, which does not learn, among many
    spontaneous   one second of the default culture: sparse, delays, noise, depression, adaptation
    sparse        one second of a dish with 1,000 synapses on each neuron, delays, depression and
                  STDP of synapses between excitatory neurons

Programs: `native` and `brian2` are SpikingGrid's engines; `brian2-standalone`, `nest` and
`bindsnet` are those programs by themselves, each where it can be imported (in this Python:
`pip install nest-simulator bindsnet`). Every program runs in a process of its own, on one
thread unless the name says otherwise, after a warm-up; times are medians. `frozen` is the
exception: both programs may use all cores there, as many images keep them busy. The rivals get the
same wiring and the same input; `speed_peers.py` says what they do differently. Where the table
says that spikes are the same, their number is in every presentation.

The 100,000 neurons of the sparse dish take minutes to grow; --sizes leaves them out.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import results
import speed_peers as peers
from speed_peers import DT, STEPS, timed

from spikinggrid.mea.pulse_trains import Stimulus, poisson
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting.style import save
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Simulator
from spikinggrid.utils.errors import InputError, exit_code
from spikinggrid.utils.randomness import random_generator

#: Presentations, images or biological seconds that are timed, by network, program and number
#: of neurons; absent: not tried, or too slow.
AMOUNTS = {
    "training": {
        "native": {240: 60, 2535: 20, 10140: 8},
        "brian2": {240: 10, 2535: 2},
        "brian2-standalone": {240: 20, 2535: 3},
        "nest": {240: 20, 2535: 3},
        "nest-2-threads": {240: 20, 2535: 3},
        "bindsnet": {240: 20, 2535: 3, 10140: 1},
    },
    "frozen": {
        "native": {240: 64, 2535: 64},
        "bindsnet": {240: 64, 2535: 64},
    },
    "spontaneous": {
        "native": {1000: 600, 10_000: 60},
        "brian2": {1000: 20},
        "brian2-standalone": {1000: 20, 10_000: 5},
        "brian2-standalone-2-threads": {1000: 20, 10_000: 5},
        "nest": {1000: 20, 10_000: 5},
        "nest-2-threads": {1000: 20, 10_000: 5},
    },
    "sparse": {
        "native": {2000: 10, 10_000: 10, 100_000: 5},
        "brian2-standalone": {10_000: 2},
        "nest": {10_000: 2},
    },
}
PROGRAMS = tuple(dict.fromkeys(program for programs in AMOUNTS.values() for program in programs))

#: Packages whose versions are told with the results.
RIVALS = {"nest": "nest-simulator", "nest-2-threads": "nest-simulator", "bindsnet": "bindsnet"}

#: What the times of a network are of.
UNITS = {
    "training": "presentation",
    "frozen": "image",
    "spontaneous": "s",
    "sparse": "s",
}

#: The sparse dish: 1,000 neurons and as many inhibitory synapses as excitatory ones per mm2.
SPARSE = (
    "synapses.excitatory.synapses_per_neuron=1000",
    "synapses.excitatory.reach=0.5 mm",
    "synapses.excitatory.strength=0.15 mV",
    "synapses.excitatory.delay=1 ms",
    "synapses.excitatory.conduction_velocity=0.2 m/s",
    "synapses.excitatory.slow_share=none",
    "synapses.excitatory.tau_slow=none",
    "synapses.excitatory.depression=0.5",
    "synapses.excitatory.tau_depression=800 ms",
    "synapses.excitatory.reach_onto_inhibitory=none",
    "synapses.excitatory.strength_onto_inhibitory=none",
    "synapses.inhibitory.synapses_per_neuron=1000",
    "synapses.inhibitory.reach=0.5 mm",
    "synapses.inhibitory.strength=0.6 mV",
    "synapses.inhibitory.delay=1 ms",
    "synapses.inhibitory.conduction_velocity=0.2 m/s",
    "synapses.inhibitory.reach_onto_inhibitory=none",
    "synapses.inhibitory.strength_onto_inhibitory=none",
    "neuron.adaptation=none",
    "neuron.tau_adaptation=none",
    "neuron.t_refractory=2 ms",
    "neuron.t_refractory_inhibitory=none",
    "noise.drive=11 mV",
    "noise.drive_spread=0 mV",
    "noise.membrane_sd=3 mV",
    "plasticity.rule=online",
    "plasticity.trace=set",
    "plasticity.tau_pre=20 ms",
    "plasticity.tau_post=20 ms",
    "plasticity.normalise=false",
    "plasticity.excitatory.nu_pre=1.575 uV",
    "plasticity.excitatory.nu_post=1.5 uV",
    "plasticity.excitatory.upper_bound=0.3 mV",
    "plasticity.excitatory.plastic=onto-excitatory",
)


def main() -> None:
    """Time everything and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    numbers = {n for programs in AMOUNTS.values() for own in programs.values() for n in own}
    sizes = [str(n) for n in sorted(numbers)]
    for name, known in (("networks", AMOUNTS), ("programs", PROGRAMS), ("sizes", sizes)):
        parser.add_argument(f"--{name}", default=",".join(known), help="some of these")
    results.add_argument(parser)
    parser.add_argument("--output", type=Path, help="figure of time against size to write")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        network, program, size = arguments.one
        print(json.dumps(measure(network, program, int(size))))
        return
    rows = run_all(
        *(
            chosen(name, getattr(arguments, name), known)
            for name, known in (("networks", AMOUNTS), ("programs", PROGRAMS), ("sizes", sizes))
        )
    )
    if arguments.output:
        save(draw(rows), arguments.output)
    rivals = {RIVALS[row["program"]] for row in rows if row["program"] in RIVALS}
    results.show(as_table(rows), arguments.json, sorted(rivals))


def chosen(name: str, text: str, known) -> list[str]:
    """The members of a list with commas, all of which must be known."""
    members = text.split(",")
    if unknown := set(members) - set(known):
        raise InputError(f"--{name}: found {unknown.pop()}; known: {', '.join(known)}")
    return members


def run_all(networks: list[str], programs: list[str], sizes: list[str]) -> list[dict]:
    """One row for each network, size and program that can be imported."""
    jobs = [
        (network, program, size)
        for network in networks
        for size in map(int, sizes)
        for program in programs
        if size in AMOUNTS[network].get(program, ())
    ]
    rows = []
    for network, program, size in jobs:
        print(network, program, f"{size:,} neurons ...", file=sys.stderr)
        row = _in_own_process(network, program, size)
        if row is None:
            print("  not to be had here", file=sys.stderr)
            continue
        rows.append(row)
        same_network = (r for r in rows if (r["network"], r["neurons"]) == (network, size))
        native = next((r for r in same_network if r["program"] == "native"), None)
        row["times_native"] = row["seconds"] / native["seconds"] if native else None
        row["same_spikes"] = _same_spikes(row, native)
    return rows


def _same_spikes(row: dict, native: dict | None) -> bool | None:
    """Whether spike counts equal the native engine's; None where they are not told apart."""
    if native in (None, row) or row["network"] not in ("training", "frozen"):
        return None
    counts, amount = row["spikes"], AMOUNTS[row["network"]][row["program"]][row["neurons"]]
    if row["network"] == "training" and len(counts) != amount:
        return None
    return counts == native["spikes"][: len(counts)]


def _in_own_process(network: str, program: str, size: int) -> dict | None:
    several = program.endswith("2-threads") or network == "frozen"
    threads = str(os.cpu_count() if several else 1)
    environment = os.environ | {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "NUMBA_NUM_THREADS": threads,
    }
    command = [sys.executable, __file__, "--one", network, program, str(size)]
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if "ModuleNotFoundError" in run.stderr:
        return None
    if run.returncode:
        raise InputError(f"{' '.join(command[2:])}: {run.stderr.strip().splitlines()[-1]}")
    return json.loads(run.stdout.splitlines()[-1])


def measure(network: str, program: str, size: int) -> dict:
    """Time one program on one network, in this process."""
    amount = AMOUNTS[network][program][size]
    row = {"network": network, "neurons": size, "program": program}
    seconds, spikes, more = MEASURES[network](program, size, amount)
    return row | {
        "seconds": seconds,
        "spikes_per_neuron": sum(spikes) / amount / size,  # in what the time is of
        "spikes": spikes,  # of each presentation, or of all where a program does not tell
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        **more,
    }


# --- the networks ------------------------------------------------------------------------


def training(program: str, size: int, amount: int) -> tuple[float, list[int], dict]:
    """One training presentation."""
    parameters, culture, inputs = published(size, amount)
    match program:
        case "bindsnet":
            return *peers.bindsnet_training(culture, inputs, 1), {}
        case "nest" | "nest-2-threads":
            return *peers.nest_training(culture, inputs, 2 if "-2-" in program else 1), {}
        case "brian2-standalone":
            return *peers.brian2_training(culture, inputs), {}
    simulator = Simulator(culture, _with_engine(parameters, program))
    simulator.present(Stimulus.none(), STEPS * DT, plastic=False)
    simulator.run(2 * DT)  # compiles what learns; nobody fires
    seconds, spikes = timed(len(inputs), lambda k: len(simulator.present(inputs[k], STEPS * DT)))
    share = {}
    if program == "native" and size == max(AMOUNTS["training"]["native"]):
        share["share_of_memory_limit"] = _share_of_memory_limit(simulator, inputs[0], size)
    return seconds, spikes, share | _memory_per_synapse(simulator, culture, program)


def frozen(program: str, size: int, amount: int) -> tuple[float, list[int], dict]:
    """One of many images."""
    parameters, culture, inputs = published(size, amount)
    if program == "bindsnet":
        return *peers.bindsnet_frozen(culture, inputs, os.cpu_count()), {}
    simulator = Simulator(culture, _with_engine(parameters, program))
    simulator.evaluate(inputs[:2], STEPS * DT)

    def show(_: int) -> int:
        return sum(len(spikes) for spikes in simulator.evaluate(inputs, STEPS * DT))

    seconds, spikes = timed(3, show)
    return seconds / amount, spikes[:1], {}


def spontaneous(program: str, size: int, amount: int) -> tuple[float, list[int], dict]:
    """One biological second of the default culture, larger at the same density."""
    side = f"{1.6 * np.sqrt(size / 1000):.4f} mm"
    dish = (f"culture.n_neurons={size}", f"culture.width={side}", f"culture.height={side}")
    parameters = parameter_files.load("culture", dish)
    culture, n_threads = Dish(parameters).culture, 2 if "-2-" in program else 1
    match program:
        case "nest" | "nest-2-threads":
            return *peers.nest_spontaneous(culture, parameters, amount, n_threads), {}
        case "brian2-standalone" | "brian2-standalone-2-threads":
            # without OpenMP, 0 threads, the program is the faster one
            n_threads = n_threads if n_threads > 1 else 0
            return *peers.brian2_spontaneous(culture, parameters, amount, n_threads), {}
    simulator = Simulator(culture, _with_engine(parameters, program))
    simulator.run(1.0)
    seconds, spikes = timed(1, lambda _: len(simulator.run(float(amount))))
    return seconds / amount, spikes, _memory_per_synapse(simulator, culture, program)


def sparse(program: str, size: int, amount: int) -> tuple[float, list[int], dict]:
    """One biological second of the sparse dish, of 1,000 neurons per mm2."""
    parameters = sparse_parameters(size)
    culture = Dish(parameters).culture
    match program:
        case "nest":
            return *peers.nest_sparse(culture, parameters, amount, 1), {}
        case "brian2-standalone":
            return *peers.brian2_sparse(culture, parameters, amount), {}
    simulator = Simulator(culture, _with_engine(parameters, program))
    simulator.run(0.5)
    seconds, spikes = timed(amount, lambda _: len(simulator.run(1.0)))
    return seconds, spikes, _memory_per_synapse(simulator, culture, program)


def sparse_parameters(size: int) -> Parameters:
    """Return the parameters of the sparse dish."""
    side = f"{np.sqrt(size / 1000):.4f} mm"
    dish = (f"culture.n_neurons={size}", f"culture.width={side}", f"culture.height={side}")
    return parameter_files.load("culture", [*dish, *SPARSE])


MEASURES = {
    "training": training,
    "frozen": frozen,
    "spontaneous": spontaneous,
    "sparse": sparse,
}


def published(size: int, n_presentations: int) -> tuple[Parameters, Culture, list[Stimulus]]:
    """Parameters, culture and inputs: random images on the left, a class on the right."""
    parameters = parameter_files.load("lagani2021/240_bio", [f"culture.n_neurons={size}"])
    dish, generator = Dish(parameters), random_generator(0, "speed")
    inputs = []
    for number in range(n_presentations):
        rates = 200.0 * generator.random((6, 10)) ** 3
        rates[:, 6:] = 0
        rates[3 * (number % 2) : 3 * (number % 2) + 3, 9] = 200.0
        electrodes = dish.array.select("all")
        inputs.append(poisson(electrodes, rates.ravel(), 0.0, STEPS * DT, DT, generator))
    return parameters, dish.culture, inputs


def _with_engine(parameters: Parameters, engine: str) -> Parameters:
    return parameters.replace({"simulation.engine": engine})


def _memory_per_synapse(simulator: Simulator, culture: Culture, program: str) -> dict:
    """Bytes that the native engine holds for a synapse, by projection, of those that exist."""
    if program != "native":
        return {}
    held = {name: _n_bytes(own) for name, own in simulator._engine._synapses.items()}
    n_synapses = {name: getattr(culture, name).n_synapses for name in PROJECTIONS}
    return {"bytes_per_synapse": {name: held[name] / n for name, n in n_synapses.items() if n}}


def _n_bytes(arrays) -> int:
    """Memory of an array or of tuples of arrays."""
    if isinstance(arrays, tuple):
        return sum(map(_n_bytes, arrays))
    return getattr(arrays, "nbytes", 0)


def _share_of_memory_limit(simulator: Simulator, stimulus: Stimulus, size: int) -> float:
    """How near rows of the dense projection come to the speed of changing memory in place.

    Each spike has the row of its neuron read and written once; all else that happens in a
    presentation, the inhibition included, counts as lost time. Normalisation is left out.
    """
    rows, limits = [], []
    weights = simulator._engine._synapses["excitatory"].rows.weights
    for _ in range(5):
        simulator.reset()
        seconds, (n_spikes,) = timed(1, lambda _: len(simulator.run(STEPS * DT, stimulus)))
        rows.append(n_spikes * size * 2 * weights.itemsize / seconds)
        seconds, _ = timed(1, lambda _: np.multiply(weights, 1, out=weights).size)
        limits.append(2 * weights.nbytes / seconds)
    return float(np.median(rows) / np.median(limits))


# --- showing -----------------------------------------------------------------------------


def as_table(rows: list[dict]) -> results.Table:
    """Return a row for each network and size, and what else there is to say in the notes."""
    networks = dict.fromkeys((row["network"], row["neurons"]) for row in rows)
    programs = list(dict.fromkeys(row["program"] for row in rows))
    by_place = {(row["network"], row["neurons"], row["program"]): row for row in rows}
    cells = [
        [
            f"{network} ({UNITS[network]})",
            f"{size:,}",
            *(_time(by_place.get((network, size, program))) for program in programs),
        ]
        for network, size in networks
    ]
    notes = "\n".join(f"- {line}" for row in rows for line in _remarks(row))
    title = "Time on the same networks, and how many times the native engine's that is"
    return results.Table(title, ["network", "neurons", *programs], cells, notes)


def _time(row: dict | None) -> str | None:
    if row is None:
        return None
    seconds, ratio = row["seconds"], row["times_native"]
    time = f"{seconds:.3g} s" if seconds >= 0.1 else f"{seconds * 1e3:.3g} ms"
    return time if ratio is None or ratio == 1 else f"{time}, {ratio:.3g}x"


def _remarks(row: dict) -> Iterator[str]:
    """Yield spikes and memory of a run, and what its network has to say of itself."""
    what = f"{row['network']}, {row['neurons']:,} neurons, {row['program']}"
    same = {True: ", the same in every presentation", False: ", others than native", None: ""}
    yield (
        f"{what}: {row['spikes_per_neuron']:.1f} spikes a neuron{same[row['same_spikes']]},"
        f" {row['peak_memory_gb']:.2f} GB"
    )
    if share := row.get("share_of_memory_limit"):
        yield f"{what}: {share:.0%} of the speed of changing memory in place"
    if held := row.get("bytes_per_synapse"):
        each = ", ".join(f"{name} {value:.1f}" for name, value in held.items())
        yield f"{what}: bytes per synapse: {each}"


def draw(rows: list[dict]):
    """Time for a biological second against the number of neurons, by network and program."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    scale = {"training": 1 / (STEPS * DT), "frozen": 1 / (STEPS * DT)}
    markers = dict(zip(PROGRAMS, "os^vDPX", strict=True))
    colours = {network: f"C{k}" for k, network in enumerate(AMOUNTS)}
    for network, program in sorted({(row["network"], row["program"]) for row in rows}):
        own = [r for r in rows if (r["network"], r["program"]) == (network, program)]
        axes.loglog(
            [row["neurons"] for row in own],
            [row["seconds"] * scale.get(network, 1) for row in own],
            marker=markers[program],
            color=colours[network],
            linestyle="-" if program == "native" else ":",
            label=f"{network}, {program}",
        )
    axes.axhline(1, color="0.7", linewidth=0.8)
    axes.annotate("real time", (1, 1), xycoords=("axes fraction", "data"), ha="right", va="bottom")
    axes.set_xlabel("neurons")
    axes.set_ylabel("time for a biological second (s)")
    axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


if __name__ == "__main__":
    sys.exit(exit_code(main))
