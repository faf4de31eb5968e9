#!/usr/bin/env python3
"""How much memory does a synapse take while Brian2 builds and runs a network?

Runs the published network at growing sizes, each in a process of its own, and prints the
peak memory that each further synapse costs: the figures behind `BYTES_PER_SYNAPSE` in
`spikinggrid/engines/brian.py`, which decide when a network is refused.
"""

import argparse
import json
import resource
import subprocess
import sys

from spikinggrid.utils.errors import exit_code

SIZES = (500, 1000, 2000)


def main() -> None:
    """Measure all sizes, with fixed and with plastic synapses, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(int(arguments.one[0]), arguments.one[1])))
        return
    outcome = {}
    for kind in ("static", "plastic"):
        points = [_in_own_process(size, kind) for size in SIZES]
        (n_first, peak_first), (n_last, peak_last) = points[0], points[-1]
        outcome[kind] = {
            "synapses": [n for n, _ in points],
            "peak_bytes": [peak for _, peak in points],
            "bytes_per_synapse": (peak_last - peak_first) / (n_last - n_first),
        }
    print(json.dumps(outcome, indent=2))


def measure(n_neurons: int, kind: str) -> tuple[int, int]:
    """Number of synapses, and peak memory in bytes after a presentation that makes all fire."""
    import brian2

    from spikinggrid.mea.pulse_trains import burst
    from spikinggrid.network.culture import PROJECTIONS
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.simulation.dish import Dish

    brian2.prefs.codegen.target = "numpy"
    overrides = [f"culture.n_neurons={n_neurons}"]
    if kind == "static":
        overrides.append("plasticity.rule=static")
        keys = ("trace", "tau_pre", "tau_post", "normalise", *PROJECTIONS)
        overrides += [f"plasticity.{key}=none" for key in keys]
    parameters = parameter_files.load("lagani2021/240_bio", overrides)
    dish = Dish(parameters)
    dish.simulator.present(burst(dish.array.select("all"), 0.0, 0.02, 1e-3), 0.03)
    n_synapses = sum(getattr(dish.culture, name).n_synapses for name in PROJECTIONS)
    return n_synapses, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_own_process(n_neurons: int, kind: str) -> tuple[int, int]:
    command = [sys.executable, __file__, "--one", str(n_neurons), kind]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return tuple(json.loads(run.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(exit_code(main))
