#!/usr/bin/env python3
"""Are the features measured here those that were published?

Measures the published recordings of Charlesworth et al. (2015) in a folder that also holds the
authors' own table of features (`published_features.csv`, rows of `inst/stored/hvcfeatures.csv` of
GitHub sje30/g2chvc), and prints feature by feature how many recordings agree.
"""

import argparse
import csv
import sys
import time
from pathlib import Path

import results

from spikinggrid.recordings import read
from spikinggrid.statistics.features import published_features
from spikinggrid.utils.errors import InputError, exit_code

EQUAL = 1e-9  # relative


def main() -> None:
    """Compare all recordings of the folder and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    results.add_argument(parser)
    arguments = parser.parse_args()
    results.show(as_table(*compare(arguments.folder)), arguments.json)


def as_table(features: dict[str, dict], slowest: float) -> results.Table:
    """Return a row for each feature."""
    rows = [
        [f"`{name}`", f"{row['equal']} of {row['recordings']}", f"{row['largest']:.1g}"]
        for name, row in features.items()
    ]
    return results.Table(
        "Features measured here and published ones",
        ["feature", "recordings equal", "largest relative difference"],
        rows,
        f"Equal: within {EQUAL:g}. The slowest recording took {slowest:.2f} s.",
    )


def compare(folder: Path) -> tuple[dict[str, dict], float]:
    """How many recordings agree in each feature, and the seconds that the slowest took."""
    rows, slowest = {}, 0.0
    table = folder / "published_features.csv"
    try:
        with table.open(newline="") as file:
            published = list(csv.DictReader(file))
    except OSError as error:
        raise InputError(f"{table}: cannot be read: {error.strerror}") from error
    for line in published:
        made = read(folder / f"{line['']}.h5")
        begin = time.perf_counter()
        ours = published_features(made.spike_trains, made.t_start, made.t_stop)
        slowest = max(slowest, time.perf_counter() - begin)
        for name, value in ours.items():
            theirs = float(line[name])
            difference = abs(value - theirs) / abs(theirs) if theirs else abs(value)
            row = rows.setdefault(name, {"equal": 0, "recordings": 0, "largest": 0.0})
            row["equal"] += difference <= EQUAL
            row["recordings"] += 1
            row["largest"] = max(row["largest"], difference)
    return rows, slowest


if __name__ == "__main__":
    sys.exit(exit_code(main))
