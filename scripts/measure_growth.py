#!/usr/bin/env python3
"""How long does growing a culture take, and how much memory?

Prints one JSON object: time to grow, number of synapses, peak memory of the process and what
the weights themselves take.
"""

import argparse
import json
import resource
import sys
import time

from spikinggrid.network.culture import PROJECTIONS
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import grow
from spikinggrid.utils.errors import exit_code


def main() -> None:
    """Grow one culture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="lagani2021/10140_bio", help="preset or file")
    arguments = parser.parse_args()
    parameters = parameter_files.load(arguments.parameters)
    start = time.perf_counter()
    _, culture = grow(parameters)
    seconds = time.perf_counter() - start
    projections = {name: getattr(culture, name) for name in PROJECTIONS}
    outcome = {
        "seconds": round(seconds, 2),
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "synapses": {name: projection.n_synapses for name, projection in projections.items()},
        "weights_gb": sum(projection.weights.nbytes for projection in projections.values()) / 1e9,
    }
    print(json.dumps(outcome, indent=2))


if __name__ == "__main__":
    sys.exit(exit_code(main))
