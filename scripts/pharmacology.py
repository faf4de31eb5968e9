#!/usr/bin/env python3
"""What do drugs do to a culture? Dishes before and after, dose by dose.

Every dish is recorded without drugs and with each dose: the same wiring, noise and electrodes. Told
is the change in a dish: its mean over dishes, and the 95 % interval of that (Student's t).
"""

import argparse
import sys

import numpy as np
import results

from spikinggrid.cli.options import add_workers
from spikinggrid.digits.readouts import mean_and_interval
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

DOSES = (
    "bicuculline=1 uM",
    "bicuculline=3 uM",
    "bicuculline=10 uM",
    "bicuculline=30 uM",
    "gabazine=10 uM",
    "cnqx=100 nM",
    "cnqx=300 nM",
    "cnqx=10 uM",
    "apv=1.4 uM",
    "apv=50 uM",
)

SHOWN = (
    "fir.rate.mean",
    "burst.rate",
    "burst.dur",
    "network_burst.rate",
    "network_burst.duration",
    "network_burst.share_of_electrodes",
    "corr",
)


def main() -> None:
    """Record all dishes with all doses and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="fitted/cortex_div21", help="preset or file")
    parser.add_argument("--seeds", type=int, default=12, help="seeds 1 to this (default 12)")
    parser.add_argument("--duration", default="5 min", help='of each recording (default "5 min")')
    add_workers(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    tasks = [(_parameters(arguments, seed, dose),) for dose in ("", *DOSES) for seed in seeds]
    with Progress(len(tasks), "recording") as progress:
        measured = gather(features, tasks, arguments.cluster, arguments.jobs, progress)
    by_dose = np.array([[row[name] for name in SHOWN] for row in measured])
    by_dose = by_dose.reshape(1 + len(DOSES), len(seeds), len(SHOWN))
    results.show(as_table(by_dose, arguments), arguments.json)


def _parameters(arguments: argparse.Namespace, seed: int, dose: str) -> Parameters:
    overrides = [f"simulation.duration={arguments.duration}", f"simulation.seed={seed}"]
    overrides += [f"pharmacology.{dose}"] if dose else []
    return parameter_files.load(arguments.parameters, overrides)


def features(parameters: Parameters) -> dict[str, float]:
    """All features of one recording."""
    return Dish(parameters).record().features()


def as_table(by_dose: np.ndarray, arguments: argparse.Namespace) -> results.Table:
    """Return a row without drugs, and one with the changes for each dose.

    Parameters
    ----------
    by_dose : ndarray, shape (1 + n_doses, n_dishes, n_features)
        The first without drugs.
    arguments : Namespace
    """
    usual, drugged = by_dose[0], by_dose[1:]
    rows = [["none", *map(_cell, usual.T)]]
    rows += [
        [dose.replace("=", " "), *map(_cell, (values - usual).T)]
        for dose, values in zip(DOSES, drugged, strict=True)
    ]
    return results.Table(
        f"Drugs in {arguments.seeds} dishes of the preset {arguments.parameters},"
        f" {arguments.duration} each",
        ["drug", *(FEATURES[name].label_with_unit for name in SHOWN)],
        rows,
        "First row: means without drugs. Others: mean change in a dish. In brackets 95 % intervals"
        " over dishes; [n]: over the n dishes that have the feature both times.",
    )


def _cell(values: np.ndarray) -> str | None:
    """Return the mean of the values that exist, with its interval, and how many if not all do."""
    existing = values[~np.isnan(values)]
    if not len(existing):
        return None
    text = results.with_interval(*mean_and_interval(existing), digits=2)
    return text if len(existing) == len(values) else f"{text} [{len(existing)}]"


if __name__ == "__main__":
    sys.exit(exit_code(main))
