#!/usr/bin/env python3
"""Print the parameters of the dish of the pool that is nearest to targets, to start a search from.

    scripts/nearest_dish.py cortex_div21_wide > start.toml

Without its seed, and without that of its electrodes: a search is for cultures of any wiring.
"""

import argparse
import sys

import numpy as np

from spikinggrid.fitting import targets
from spikinggrid.fitting.pool import shipped
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import exit_code


def main() -> None:
    """Look the dish up, and print its parameters."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", help="a target file, or the name of one")
    arguments = parser.parse_args()
    aims, pool = targets.load(arguments.targets), shipped()
    rows = zip(*pool.features.values(), strict=True)
    table = [dict(zip(pool.features, row, strict=True)) for row in rows]
    nearest = int(np.argmin([aims.distance(features) for features in table]))
    parameters = pool.space.at(pool.points[nearest])
    print(
        parameter_files.dumps(
            parameters.replace({"simulation.seed": 0, "mea.electrode_seed": None})
        ),
        end="",
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
