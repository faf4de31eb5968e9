#!/usr/bin/env python3
"""What does the default culture cost at its own density, from 240 to a million neurons?

Grows a culture of each size in a process of its own, without electrodes, which would not fit onto
the smallest; makes the engine ready and runs it. Processor time, so that other load matters less;
the memory is the peak of the process.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
import results

from spikinggrid.network.connectivity import LARGE
from spikinggrid.network.culture import Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting.style import save
from spikinggrid.simulation.simulator import Simulator
from spikinggrid.utils.errors import exit_code

SIZES = "240,1000,4000,16000,64000,256000,1000000"

#: Neurons times seconds of a run, but a second at least.
NEURON_SECONDS = 100_000


def main() -> None:
    """Measure all sizes, print the table and draw the figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default=SIZES, help=f'numbers of neurons (default "{SIZES}")')
    parser.add_argument("--output", type=Path, help="figure of cost against size to write")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    results.add_argument(parser)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measure(arguments.one)))
        return
    rows = []
    for size in map(int, arguments.sizes.split(",")):
        command = [sys.executable, __file__, "--one", str(size)]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        rows.append(json.loads(run.stdout.splitlines()[-1]))
        print(rows[-1], file=sys.stderr)
    results.show(as_table(rows), arguments.json)
    if arguments.output is not None:
        save(draw(rows), arguments.output)


def measure(size: int) -> dict[str, float]:
    """Return what a dish of some size costs: seconds of processor time, memory, spikes."""
    for compiled in (240, LARGE + 1):
        own = parameters_of(compiled)
        Simulator(Culture.grow(own, None), own).run(0.01)
    parameters = parameters_of(size)
    begin = process_time()
    culture = Culture.grow(parameters, None)
    growth, begin = process_time() - begin, process_time()
    simulator = Simulator(culture, parameters)
    engine = process_time() - begin
    simulator.run(0.1)
    duration = max(1.0, NEURON_SECONDS / size)
    begin = process_time()
    n_spikes = len(simulator.run(duration))
    seconds = process_time() - begin
    return {
        "neurons": size,
        "synapses": culture.excitatory.n_synapses + culture.inhibitory.n_synapses,
        "growth": growth,
        "engine": engine,
        "dynamics": seconds / duration,
        "nanoseconds": 1e9 * seconds / duration * parameters.simulation.dt / size,
        "rate": n_spikes / duration / size,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


def parameters_of(size: int) -> Parameters:
    """Return the default culture with another number of neurons, as dense as it is."""
    side = f"{1.6 * np.sqrt(size / 1000):.4f} mm"
    dish = [f"culture.n_neurons={size}", f"culture.width={side}", f"culture.height={side}"]
    return parameter_files.load("culture", dish)


def as_table(rows: list[dict]) -> results.Table:
    """Return a row for each size."""
    columns = [
        "neurons",
        "synapses",
        "growth (s)",
        "engine ready (s)",
        "a biological second (s)",
        "a step of a neuron (ns)",
        "rate (Hz)",
        "peak memory (GB)",
    ]
    cells = [
        [
            f"{row['neurons']:,}",
            f"{row['synapses']:,}",
            *(f"{row[key]:.3g}" for key in ("growth", "engine", "dynamics")),
            *(f"{row[key]:.2f}" for key in ("nanoseconds", "rate", "memory")),
        ]
        for row in rows
    ]
    return results.Table("Processor time of the default culture by size", columns, cells)


def draw(rows: list[dict]):
    """Return a figure of processor time and memory against the number of neurons."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    panels = {
        "Processor time (s)": {"dynamics": "a biological second", "growth": "growth"},
        "A step of a neuron (ns)": {"nanoseconds": ""},
        "Peak memory (GB)": {"memory": ""},
    }
    neurons = [row["neurons"] for row in rows]
    for axes, (label, lines) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        for key, name in lines.items():
            axes.loglog(neurons, [row[key] for row in rows], marker="o", label=name)
        axes.set_xlabel("Neurons")
        axes.set_ylabel(label)
        if len(lines) > 1:
            axes.legend(frameon=False, loc="upper left")
    return figure


if __name__ == "__main__":
    sys.exit(exit_code(main))
