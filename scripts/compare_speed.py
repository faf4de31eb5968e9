#!/usr/bin/env python3
"""How fast is SpikingGrid beside other simulators, on the same networks, in one run?

    training      one training presentation (100 ms) of the network of Lagani et al. (2021): all
                  three projections learn, then incoming strengths are normalised and the
                  state is reset; at 240, 2,535 and 10,140 neurons
    spontaneous   one second of the default culture: sparse, delays, noise, depression, adaptation

Programs: `native` and `brian2` are SpikingGrid's engines; `brian2-standalone`, `nest` and
`bindsnet` are those programs by themselves, each where it can be imported (in this Python:
`pip install nest-simulator bindsnet`). Every program runs in a process of its own, on one
thread unless the name says otherwise, after a warm-up; times are medians. The rivals get the
same wiring and the same input. BindsNET computes the same model: the table says whether its
spike counts equal the native engine's in every presentation. Brian2 standalone and NEST differ
in details and do less: neither normalises nor resets, and NEST's inhibition does not learn.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from spikinggrid import parameter_files, plots
from spikinggrid.errors import InputError
from spikinggrid.experiment import grow
from spikinggrid.parameters import Parameters
from spikinggrid.randomness import random_generator
from spikinggrid.simulator import Simulator
from spikinggrid.stimuli import Stimulus, poisson

SIZES = (240, 2535, 10140)
STEPS = 100
DT = 1e-3
DECAY_M, DECAY_TRACE = 50.0, 20.0  # ms
VOLTS = 0.04  # one unit of the rivals' dimensionless voltage

#: Presentations that are timed, by program and number of neurons; absent: not tried, too slow.
PRESENTATIONS = {
    "native": {240: 60, 2535: 20, 10140: 8},
    "brian2": {240: 10, 2535: 2},
    "brian2-standalone": {240: 20, 2535: 3},
    "nest": {240: 20, 2535: 3},
    "nest-2-threads": {240: 20, 2535: 3},
    "bindsnet": {240: 20, 2535: 3, 10140: 1},
}
SECONDS = {"native": 600, "brian2": 20}


def main() -> int:
    """Time everything and print the table; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", default=",".join(PRESENTATIONS), help="some of these")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of neurons")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--output", type=Path, help="figure of time against size to write")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        network, program, size = arguments.one
        print(json.dumps(measure(network, program, int(size))))
        return 0
    try:
        rows = run_all(arguments.programs.split(","), map(int, arguments.sizes.split(",")))
        if arguments.output:
            plots.save(draw(rows), arguments.output)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(rows, indent=2) if arguments.json else as_table(rows))
    return 0


def run_all(programs: list[str], sizes) -> list[dict]:
    """One row for each network, size and program that can be imported."""
    unknown = set(programs) - set(PRESENTATIONS)
    if unknown:
        raise InputError(f"--programs: found {unknown.pop()}; known: {', '.join(PRESENTATIONS)}")
    jobs = [("training", p, n) for n in sizes for p in programs if n in PRESENTATIONS[p]]
    jobs += [("spontaneous", p, 1000) for p in programs if p in SECONDS]
    rows = []
    for job in jobs:
        print(*job, "...", file=sys.stderr)
        row = _in_own_process(*job)
        if row is None:
            print("  not to be had here", file=sys.stderr)
            continue
        rows.append(row)
        native = next(
            (r for r in rows if r["program"] == "native" and _network(r) == _network(row)), None
        )
        row["times_native"] = row["seconds"] / native["seconds"] if native else None
        row["same_spikes"] = _same_spikes(row, native)
    return rows


def _same_spikes(row: dict, native: dict | None) -> bool | None:
    """Whether spike counts equal the native engine's; None where they are not told apart."""
    if native in (None, row) or not row["spikes"] or len(row["spikes"]) != _n_presentations(row):
        return None
    return row["spikes"] == native["spikes"][: len(row["spikes"])]


def _n_presentations(row: dict) -> int:
    return PRESENTATIONS[row["program"]][row["neurons"]]


def _network(row: dict) -> tuple[str, int]:
    return row["network"], row["neurons"]


def _in_own_process(network: str, program: str, size: int) -> dict | None:
    threads = "2" if program.endswith("2-threads") else "1"
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
    if network == "spontaneous":
        seconds, rate = _spontaneous(program)
        spikes = None
    else:
        timers: dict[str, Callable] = {
            "native": _spikinggrid,
            "brian2": _spikinggrid,
            "brian2-standalone": _brian2_standalone,
            "nest": _nest,
            "nest-2-threads": _nest,
            "bindsnet": _bindsnet,
        }
        n = PRESENTATIONS[program][size]
        seconds, spikes = timers[program](program, size, n)
        rate = sum(spikes) / n / size
    return {
        "network": network,
        "neurons": size,
        "program": program,
        "seconds": seconds,
        "spikes_per_neuron": rate,
        "spikes": spikes,  # of each presentation, or of all where a program does not tell
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


# --- the networks ------------------------------------------------------------------------


def _training(size: int, n_presentations: int) -> tuple[Parameters, object, list[Stimulus]]:
    """Parameters, culture and inputs: random images on the left, a class on the right."""
    parameters = parameter_files.load("lagani2021/240_bio", [f"culture.n_neurons={size}"])
    mea, culture = grow(parameters)
    generator = random_generator(0, "speed")
    inputs = []
    for number in range(n_presentations):
        rates = 200.0 * generator.random((6, 10)) ** 3
        rates[:, 6:] = 0
        rates[3 * (number % 2) : 3 * (number % 2) + 3, 9] = 200.0
        electrodes = mea.select("all")
        inputs.append(poisson(electrodes, rates.ravel(), 0.0, STEPS * DT, DT, generator))
    return parameters, culture, inputs


def _raster(stimulus: Stimulus) -> np.ndarray:
    """The pulses of one presentation as an array of shape (n_steps, n_electrodes)."""
    raster = np.zeros((STEPS, 60), np.uint8)
    raster[np.rint(stimulus.times / DT).astype(int), stimulus.electrodes] = 1
    return raster


def _with_engine(parameters: Parameters, engine: str) -> Parameters:
    text = parameter_files.dumps(parameters)
    old = parameters.simulation.engine
    return parameter_files.loads(text.replace(f'engine = "{old}"', f'engine = "{engine}"'))


def _timed(repeats: int, call: Callable[[int], int]) -> tuple[float, list[int]]:
    """Median time of `call(number)`, and the numbers of spikes that it returns."""
    times, spikes = [], []
    for number in range(repeats):
        start = time.perf_counter()
        spikes.append(call(number))
        times.append(time.perf_counter() - start)
    return float(np.median(times)), spikes


# --- the programs ------------------------------------------------------------------------


def _spikinggrid(program: str, size: int, n: int) -> tuple[float, list[int]]:
    parameters, culture, inputs = _training(size, n)
    simulator = Simulator(culture, _with_engine(parameters, program))
    simulator.present(Stimulus.none(), STEPS * DT, plastic=False)
    simulator.run(2 * DT)  # compiles what learns; nobody fires
    return _timed(n, lambda k: len(simulator.present(inputs[k], STEPS * DT).times))


def _spontaneous(program: str) -> tuple[float, float]:
    parameters = _with_engine(parameter_files.load("culture"), program)
    _, culture = grow(parameters)
    simulator = Simulator(culture, parameters)
    simulator.run(1.0)
    duration = SECONDS[program]
    seconds, (spikes,) = _timed(1, lambda _: len(simulator.run(float(duration)).times))
    return seconds / duration, spikes / duration / culture.n_neurons


def _bindsnet(program: str, size: int, n: int) -> tuple[float, list[int]]:
    import torch
    from bindsnet.learning import PostPre
    from bindsnet.network import Network
    from bindsnet.network.monitors import Monitor
    from bindsnet.network.nodes import Input, LIFNodes, Nodes
    from bindsnet.network.topology import Connection

    class Relay(Nodes):
        """Fires one step after its neuron."""

        def forward(self, x: torch.Tensor) -> None:
            self.s = x > 0
            super().forward(x)

    torch.set_num_threads(2 if program.endswith("2-threads") else 1)
    _, culture, inputs = _training(size, n)
    network = Network(dt=1.0, learning=True)
    options = {"traces": True, "tc_trace": DECAY_TRACE}
    neurons = LIFNodes(
        n=size, thresh=1.0, rest=0.5, reset=0.5, refrac=5, tc_decay=DECAY_M, lbound=0.0, **options
    )
    layers = {"X": Input(n=60, **options), "Y": neurons, "Z": Relay(n=size, **options)}
    for name, layer in layers.items():
        network.add_layer(layer, name)
    learning = {"update_rule": PostPre, "nu": (1e-4, 1e-2)}

    def connect(source: str, projection, sign: int, norm: float) -> None:
        matrix = torch.from_numpy(projection.matrix() / np.float32(VOLTS) * sign)
        bounds = {"wmin": 0.0} if sign > 0 else {"wmax": 0.0, "nu": (-1e-4, -1e-2)}
        connection = Connection(
            layers[source], neurons, w=matrix, norm=norm, **(learning | bounds)
        )
        network.add_connection(connection, source, "Y")
        absent[source, "Y"] = matrix == 0

    absent: dict[tuple[str, str], torch.Tensor] = {}
    connect("X", culture.input, 1, 1.0)
    connect("Y", culture.excitatory, 1, 1.0)
    connect("Z", culture.inhibitory, -1, 10.0)  # its normalisation keeps signs
    network.add_connection(Connection(neurons, layers["Z"], w=torch.eye(size)), "Y", "Z")
    monitor = Monitor(neurons, ["s"], time=STEPS)
    network.add_monitor(monitor, "Y")
    rasters = [torch.from_numpy(_raster(stimulus)) for stimulus in inputs]

    def present(number: int) -> int:
        network.run({"X": rasters[number]}, time=STEPS, masks=absent)
        spikes = int(monitor.get("s").sum())
        network.reset_state_variables()
        return spikes

    return _timed(n, present)


def _nest(program: str, size: int, n: int) -> tuple[float, list[int]]:
    import nest

    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution = 1.0
    nest.local_num_threads = 2 if program.endswith("2-threads") else 1
    _, culture, inputs = _training(size, n)
    neurons = nest.Create(
        "iaf_psc_delta",
        size,
        params={
            "E_L": 0.5, "V_m": 0.5, "V_reset": 0.5, "V_th": 1.0, "V_min": 0.0, "tau_m": DECAY_M,
            "C_m": DECAY_M, "t_ref": 5.0, "tau_minus": DECAY_TRACE,
        },
    )  # fmt: skip
    generators = nest.Create("spike_generator", 60)
    electrodes = nest.Create("parrot_neuron", 60)
    nest.Connect(generators, electrodes, "one_to_one")
    # additive pair STDP with the published rates; static inhibition, whose sign NEST keeps apart
    plastic = {"lambda": 1e-4, "alpha": 0.01, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 100.0}
    nest.CopyModel("stdp_synapse", "plastic", plastic)

    def connect(sources, projection, model: str, delay: float, sign: int) -> None:
        pre, post = projection.pairs()
        nest.Connect(
            np.array(sources.tolist())[pre],
            np.array(neurons.tolist())[post],
            "one_to_one",
            {
                "synapse_model": model,
                "weight": sign * projection.strengths().astype(float) / VOLTS,
                "delay": np.full(len(pre), delay),
            },
        )

    connect(electrodes, culture.input, "plastic", 1.0, 1)
    connect(neurons, culture.excitatory, "plastic", 1.0, 1)
    connect(neurons, culture.inhibitory, "static_synapse", 2.0, -1)
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)

    def present(number: int) -> None:
        begin = nest.biological_time
        times = [inputs[number].times[inputs[number].electrodes == e] * 1e3 for e in range(60)]
        for generator, spikes in zip(generators, times, strict=True):
            generator.spike_times = (begin + 1.0 + np.rint(spikes)).tolist()

    times = []
    for number in range(n):
        present(number)
        start = time.perf_counter()
        nest.Simulate(float(STEPS))
        times.append(time.perf_counter() - start)
    return float(np.median(times)), [recorder.n_events]


def _brian2_standalone(program: str, size: int, n: int) -> tuple[float, list[int]]:
    import brian2 as b2

    with tempfile.TemporaryDirectory() as folder:
        b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
        b2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
        b2.defaultclock.dt = 1 * b2.ms
        _, culture, inputs = _training(size, n)
        neurons = b2.NeuronGroup(
            size,
            "dv/dt = (0.5 - v)/(50*ms) : 1 (unless refractory)\ndx/dt = -x/(20*ms) : 1",
            threshold="v >= 1",
            reset="v = 0.5; x = 1",
            refractory=5 * b2.ms,
            method="exact",
        )
        neurons.v = 0.5
        neurons.run_regularly("v = clip(v, 0, inf)")
        times = np.concatenate([s.times + k * STEPS * DT for k, s in enumerate(inputs)])
        electrodes = np.concatenate([stimulus.electrodes for stimulus in inputs])
        pulses = b2.SpikeGeneratorGroup(60, electrodes, times * b2.second)
        synapses = [
            _brian2_plastic(source, neurons, projection, sign, delay)
            for source, projection, sign, delay in (
                (pulses, culture.input, "+", 1),
                (neurons, culture.excitatory, "+", 1),
                (neurons, culture.inhibitory, "-", 2),
            )
        ]
        monitor = b2.SpikeMonitor(neurons, record=False)
        network = b2.Network(neurons, pulses, monitor, *synapses)
        network.run(n * STEPS * b2.ms)
        b2.device.build(directory=folder, run=False)
        b2.device.run(with_output=False)
        return b2.device._last_run_time / n, [int(monitor.num_spikes)]


def _brian2_plastic(source, neurons, projection, sign: str, delay: int):
    """Pair STDP as Brian2's documentation writes it, with event-driven traces."""
    import brian2 as b2

    synapses = b2.Synapses(
        source,
        neurons,
        "w : 1\n"
        "dpre/dt = -pre/(20*ms) : 1 (event-driven)\n"
        "dpost/dt = -post/(20*ms) : 1 (event-driven)",
        on_pre=f"v_post {sign}= w*int(not_refractory_post)\n"
        "pre = 1\nw = clip(w - 1e-4*post, 0, inf)",
        on_post="post = 1\nw = w + 1e-2*pre",
        delay=delay * b2.ms,
    )
    pre, post = projection.pairs()
    synapses.connect(i=pre, j=post)
    synapses.w = projection.strengths().astype(float) / VOLTS
    return synapses


# --- showing -----------------------------------------------------------------------------


def as_table(rows: list[dict]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| network | neurons | program | s | times native | spikes per neuron | same spikes | GB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    same = {True: "yes", False: "no", None: ""}
    for row in rows:
        ratio = f"{row['times_native']:.1f}" if row.get("times_native") else ""
        lines.append(
            f"| {row['network']} | {row['neurons']:,} | {row['program']} | {row['seconds']:.3g}"
            f" | {ratio} | {row['spikes_per_neuron']:.1f}"
            f" | {same[row['same_spikes']]} | {row['peak_memory_gb']:.2f} |"
        )
    return "\n".join(lines)


def draw(rows: list[dict]):
    """Time of a training presentation against the number of neurons."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    markers = iter("os^vDP")
    for program in PRESENTATIONS:
        own = [r for r in rows if r["program"] == program and r["network"] == "training"]
        if own:
            sizes, seconds = zip(*((r["neurons"], r["seconds"]) for r in own), strict=True)
            axes.loglog(sizes, seconds, marker=next(markers), label=program)
    axes.set_xlabel("neurons")
    axes.set_ylabel("time of one training presentation of 100 ms (s)")
    axes.legend(frameon=False)
    return figure


if __name__ == "__main__":
    sys.exit(main())
