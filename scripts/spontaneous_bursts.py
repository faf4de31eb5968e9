#!/usr/bin/env python3
"""Does the default culture burst as a network, whatever the seed?

Simulates a parameter file with several seeds (another dish each) and prints firing rate,
bursts and network spikes of each, and their medians, next to the medians of real mouse
cultures at 21 days in vitro (Charlesworth et al. 2015, Neural Development 10:1).
"""

import argparse
import sys

import numpy as np
import results

from spikinggrid.cli.options import add_workers
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

SHOWN = (
    "fir.rate",
    "burst.rate",
    "burst.dur",
    "spikes.in.bursts",
    "num.n.s",
    "corr",
    "network_burst.rate",
)

# Medians over the published recordings of the region at 21 days in vitro.
REAL = {
    "cortex": {
        "fir.rate": 1.44,
        "burst.rate": 7.1,
        "burst.dur": 0.67,
        "spikes.in.bursts": 78,
        "num.n.s": 18.5,
        "corr": 0.34,
    },
    "hippocampus": {
        "fir.rate": 2.32,
        "burst.rate": 5.7,
        "burst.dur": 1.19,
        "spikes.in.bursts": 97,
        "num.n.s": 44,
        "corr": 0.55,
    },
}


def main() -> None:
    """Simulate all seeds and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="culture", help="preset or file")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to this (default 5)")
    parser.add_argument("--duration", default="5 min", help='of each recording (default "5 min")')
    add_workers(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    runs = [
        parameter_files.load(
            arguments.parameters,
            [f"simulation.duration={arguments.duration}", f"simulation.seed={seed}"],
        )
        for seed in range(1, arguments.seeds + 1)
    ]
    tasks = [(run,) for run in runs]
    with Progress(len(tasks), "culture") as progress:
        measured = gather(simulated_features, tasks, arguments.cluster, arguments.jobs, progress)
    rows = [(f"seed {run.simulation.seed}", row) for run, row in zip(runs, measured, strict=True)]
    rows.append(("median", {key: np.nanmedian([row[key] for row in measured]) for key in SHOWN}))
    rows += [(f"real {region}", medians) for region, medians in REAL.items()]
    results.show(as_table(rows, arguments), arguments.json)


def simulated_features(parameters: Parameters) -> dict[str, float]:
    """All features of one simulated recording."""
    return Dish(parameters).record().features()


def as_table(
    rows: list[tuple[str, dict[str, float]]], arguments: argparse.Namespace
) -> results.Table:
    """Return a row for each dish, then medians."""
    cells = [
        [name, *(f"{row[key]:.3g}" if key in row else None for key in SHOWN)] for name, row in rows
    ]
    return results.Table(
        f"Dishes of the preset {arguments.parameters}, {arguments.duration} each",
        ["culture", *(f"{key} ({FEATURES[key].unit})" for key in SHOWN)],
        cells,
        "Real: medians of recordings of 15 min at 21 days in vitro (Charlesworth et al. 2015).",
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
