#!/usr/bin/env python3
"""How long does growing a culture take, and how much memory?

Prints the time to grow, the number of synapses, the peak memory of the process and what the
weights themselves take; of a preset, or of the sparse dish of `compare_speed.py`.
"""

import argparse
import resource
import sys
import time

import results
from compare_speed import sparse_parameters

from spikinggrid.network.connectivity import LARGE
from spikinggrid.network.culture import PROJECTIONS
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code


def main() -> None:
    """Grow one culture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="lagani2021/10140_bio", help="preset or file")
    parser.add_argument("--sparse", type=int, help="neurons of the sparse dish to grow instead")
    results.add_argument(parser)
    arguments = parser.parse_args()
    name = "sparse" if arguments.sparse else arguments.parameters
    if arguments.sparse:
        Dish(sparse_parameters(LARGE + 1))  # compiles what grows large dishes
        parameters = sparse_parameters(arguments.sparse)
    else:
        parameters = parameter_files.load(name)
    start, processor_start = time.perf_counter(), time.process_time()
    culture = Dish(parameters).culture
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - processor_start
    projections = {name: getattr(culture, name) for name in PROJECTIONS}
    rows = [
        ["time (s)", f"{seconds:.2f}"],
        ["processor time (s)", f"{processor_seconds:.2f}"],
        ["peak memory of the process (GB)", f"{peak_memory():.2f}"],
        ["weights (GB)", f"{sum(p.weights.nbytes for p in projections.values()) / 1e9:.2f}"],
        *([f"synapses, {name}", f"{p.n_synapses:,}"] for name, p in projections.items()),
    ]
    title = f"Growing {parameters.culture.n_neurons:,} neurons ({name})"
    results.show(results.Table(title, ["", "measured"], rows), arguments.json)


def peak_memory() -> float:
    """Return the peak memory of this process in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    sys.exit(exit_code(main))
