#!/usr/bin/env python3
"""Measure the first, second and third 300 s of published recordings.

How far stretches of one recording are from one another is what a fit to a single dish is judged by.
Writes one line for each third: name, region, days in vitro and features. The recordings are those
of Charlesworth et al. 2015 (doi:10.1186/s13064-014-0028-0), 10 to 28 days old, without drugs, with
all features; the table that comes with SpikingGrid is of 95 of them.

    scripts/published_thirds.py RECORDING.h5 ... --output recordings/charlesworth2015_thirds.csv
"""

import argparse
import csv
from pathlib import Path

import h5py
import numpy as np

from spikinggrid.parallel.client import gather
from spikinggrid.recordings import read
from spikinggrid.recordings.datasets import THIRD
from spikinggrid.statistics import feature_space
from spikinggrid.utils.files import written_beside
from spikinggrid.utils.progress import Progress

#: Beside the features that are compared: what they are made of, and what is only looked at.
NAMES = (*feature_space.COMPARED, "corr.near", "corr.far", "network_burst.size.cv", "isi.short")
DIGITS = 6
FEWEST_ELECTRODES = 20
YOUNGEST = 10  # days


def main() -> None:
    """Measure all and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING.h5")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    paths = sorted(arguments.recordings, key=lambda path: path.stem)
    with Progress(len(paths), "recording") as progress:
        dishes = gather(measure, [(path,) for path in paths], None, arguments.jobs, progress)
    with written_beside(arguments.output) as beside, beside.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "region", "div", "third", *NAMES])
        table.writerows(row for rows in dishes for row in rows)


def measure(path: Path) -> list[list[object]]:
    """Return the lines of one recording; none if it is too young, silent or lacks a feature."""
    with h5py.File(path) as file:
        region, div = (np.ravel(file["meta"][key][()])[0] for key in ("region", "age"))
    recording, rows = read(path), []
    for third in range(3):
        start = recording.t_start + third * THIRD
        features = recording.features(start, start + THIRD)
        if div < YOUNGEST or feature_space.missing(features, feature_space.COMPARED):
            return []
        if features["n_electrodes"] < FEWEST_ELECTRODES:
            return []
        values = [f"{features[name]:.{DIGITS}g}" for name in NAMES]
        rows.append([path.stem, region.decode(), int(div), third + 1, *values])
    return rows


if __name__ == "__main__":
    main()
