#!/usr/bin/env python3
"""What differs between cortex and hippocampus, and between young and mature cultures?

Published recordings of Charlesworth et al. (2015), whose files say region and age, and whose names
say the culture (TC and a number). Region is compared at 21 to 28 days; age, 10 to 14 days against
21 to 28, within hippocampus, where some cultures were recorded at both ages and others at one. The
test of `compare_groups` stands beside what dishes taken as independent would give (Mann-Whitney,
corrected likewise). Features are those of the published eleven and four that tell of order.

    scripts/compare_regions.py $SPIKINGGRID_DATA/recordings*/*.h5
"""

import argparse
import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import results
from scipy.stats import mannwhitneyu

from spikinggrid.cli.options import add_workers
from spikinggrid.parallel.client import gather
from spikinggrid.recordings import read
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.feature_space import NAMES
from spikinggrid.statistics.groups import compare_groups
from spikinggrid.statistics.multiple_testing import benjamini_hochberg
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

YOUNG, MATURE = (10, 14), (21, 28)


def main() -> None:
    """Measure all recordings, compare, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--table", type=Path, help="write the dishes with their features (CSV)")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    with Progress(len(arguments.recordings), "recording") as progress:
        tasks = [(path,) for path in arguments.recordings]
        rows = gather(dish, tasks, arguments.cluster, arguments.jobs, progress)
    dishes = pd.DataFrame(rows)
    if arguments.table is not None:
        dishes.to_csv(arguments.table, index=False)
    is_mature, is_young = (dishes["age"].between(*ages) for ages in (MATURE, YOUNG))
    regions = dishes[is_mature].assign(group=dishes["region"].map(REGIONS))
    ages = dishes[(is_mature | is_young) & (dishes["region"] == "hpc")]
    ages = ages.assign(group=is_mature.map({True: "21 to 28 days", False: "10 to 14 days"}))
    cells = compared(regions.sort_values("group")) + compared(ages.sort_values("group"))
    columns = [
        "groups", "feature", "first (dishes, cultures)", "second", "difference", "Cliff's delta",
        "p", "adjusted", "adjusted, dishes as units",
    ]  # fmt: skip
    notes = "Medians over cultures; 95 % bootstrap intervals over cultures in brackets."
    table = results.Table("Groups of published recordings", columns, cells, notes)
    results.show(table, arguments.json)


REGIONS = {"ctx": "cortex", "hpc": "hippocampus"}


def dish(path: Path) -> dict:
    """Return the features of a recording, and what its file and name say of it."""
    with h5py.File(path) as file:
        region, age = (file[f"meta/{key}"][()] for key in ("region", "age"))
    region = region[0] if hasattr(region, "__len__") and not isinstance(region, bytes) else region
    culture = re.search(r"TC\d+", path.name)
    return {
        "file": path.name,
        "region": region.decode(),
        "age": int(age.item() if hasattr(age, "item") else age),
        "culture": f"{region.decode()} {culture.group() if culture else path.stem}",
        **read(path).features(),
    }


def compared(dishes: pd.DataFrame) -> list[list[str]]:
    """Return a row for each feature."""
    comparison = compare_groups(dishes, list(NAMES))
    first, second = comparison.groups
    samples = (
        [own[name].dropna() for _, own in dishes.groupby("group", sort=False)] for name in NAMES
    )
    naive = benjamini_hochberg([mannwhitneyu(*pair).pvalue for pair in samples])
    summary = comparison.summary.set_index(["feature", "group"])
    tests = comparison.tests.set_index("feature")
    rows = []
    for pair, p_of_dishes in zip(comparison.pairs.itertuples(), naive, strict=True):
        cells = [
            f"{with_interval(own['median'], own['low'], own['high'])}"
            f" ({own['n_dishes']:.0f}, {own['n_cultures']:.0f})"
            for own in (summary.loc[(pair.feature, group)] for group in (first, second))
        ]
        rows.append(
            [
                f"{first}, {second}",
                FEATURES[pair.feature].label_with_unit,
                *cells,
                with_interval(pair.difference, pair.difference_low, pair.difference_high),
                with_interval(pair.delta, pair.delta_low, pair.delta_high, ".2f"),
                f"{pair.p:.2g}",
                f"{tests.loc[pair.feature, 'p_adjusted']:.2g}",
                f"{p_of_dishes:.2g}",
            ]
        )
    return rows


def with_interval(value: float, low: float, high: float, style: str = ".3g") -> str:
    """Return a value, and its interval where there is one."""
    return f"{value:{style}}" + ("" if np.isnan(low) else f" [{low:{style}}, {high:{style}}]")


if __name__ == "__main__":
    sys.exit(exit_code(main))
