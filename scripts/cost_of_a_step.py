#!/usr/bin/env python3
"""What does a step of one neuron cost, with and without synapses, in dishes of several sizes?

The default culture at its own density, once as it is and once with hardly any synapse. Processor
time; medians of five runs. Where a neuron of a larger dish costs no less than one of a small dish,
nothing that a step costs as a whole is left to save, and running several dishes in one call of the
kernel would gain nothing.
"""

import argparse
import sys
from time import process_time

import numpy as np
import results

from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code

SIZES = (1000, 2000, 4000, 8000)

#: Neurons times seconds of a run, and runs.
NEURON_SECONDS, N_RUNS = 40_000, 5

UNWIRED = [f"synapses.{name}.synapses_per_neuron=0.001" for name in ("excitatory", "inhibitory")]


def main() -> None:
    """Measure all sizes and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    results.add_argument(parser)
    arguments = parser.parse_args()
    rows = []
    for size in SIZES:
        wired, rate = measure(size, [])
        unwired, _ = measure(size, UNWIRED)
        rows.append([f"{size:,}", f"{unwired:.2f}", f"{wired:.2f}", f"{rate:.2f}"])
    columns = ["neurons", "without synapses (ns)", "with synapses (ns)", "rate (Hz)"]
    title = "Processor time of a step of one neuron in the default culture"
    results.show(results.Table(title, columns, rows), arguments.json)


def measure(size: int, lines: list[str]) -> tuple[float, float]:
    """Return what a step of one neuron costs, ns, and the firing rate of neurons, Hz."""
    side = f"{1.6 * np.sqrt(size / 1000):.4f} mm"
    dish = (f"culture.n_neurons={size}", f"culture.width={side}", f"culture.height={side}")
    parameters = parameter_files.load("culture", [*dish, *lines])
    simulator, duration = Dish(parameters).simulator, NEURON_SECONDS / size
    simulator.run(1.0)
    times, n_spikes = [], 0
    for _ in range(N_RUNS):
        begin = process_time()
        n_spikes += len(simulator.run(duration))
        times.append(process_time() - begin)
    n_neuron_steps = size * duration / parameters.simulation.dt
    return float(np.median(times)) / n_neuron_steps * 1e9, n_spikes / (N_RUNS * NEURON_SECONDS)


if __name__ == "__main__":
    sys.exit(exit_code(main))
