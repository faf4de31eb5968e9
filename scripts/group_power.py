#!/usr/bin/env python3
"""Does the comparison of groups stay quiet where nothing differs, and notice what does?

Groups of dishes are drawn in which electrodes of a dish, and dishes of a culture, resemble one
another: logarithms of eight features (a quarter of their variance in common) have a standard
deviation of 0.4 over cultures, 0.2 over dishes and 0.8 over the 59 electrodes of a dish, whose
median is the feature. A treatment multiplies two of them. Beside the test of `compare_groups`
stands the same question asked of dishes, and of electrodes, as if these were independent
(Mann-Whitney; Kruskal-Wallis for three groups).
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
import results
from scipy.stats import kruskal

from spikinggrid.cli.options import add_workers, whole
from spikinggrid.parallel.client import gather
from spikinggrid.statistics.groups import GroupComparison, compare_groups
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress
from spikinggrid.utils.randomness import random_generator

N_ELECTRODES, N_AFFECTED, LEVEL = 59, 2, 0.05
OVER_CULTURES, OVER_DISHES, OVER_ELECTRODES, IN_COMMON = 0.4, 0.2, 0.8, 0.25

#: The logarithm of what the treatment multiplies features by.
EFFECT = float(np.log(2))

FEATURES = [
    "fir.rate", "corr", "burst.rate", "burst.dur", "num.n.s", "isi.cv", "CV.IBI", "n.s.dur",
]  # fmt: skip


@dataclass(frozen=True)
class Design:
    """How many cultures there are, and in which groups their dishes are.

    Attributes
    ----------
    name : str
    cultures : tuple of (int, tuple of int)
        So many cultures that have dishes in each of these groups.
    n_dishes : int
        Of a culture in each of its groups.
    """

    name: str
    cultures: tuple[tuple[int, tuple[int, ...]], ...]
    n_dishes: int


DESIGNS = (
    Design("5 and 5 cultures, 3 dishes each", ((5, (0,)), (5, (1,))), 3),
    Design("6 and 6 cultures, 3 dishes each", ((6, (0,)), (6, (1,))), 3),
    Design("12 and 12 cultures, 3 dishes each", ((12, (0,)), (12, (1,))), 3),
    Design("8 cultures, 2 dishes of each treated, 2 not", ((8, (0, 1)),), 2),
    Design("4 such cultures, and 4 and 4 others", ((4, (0, 1)), (4, (0,)), (4, (1,))), 2),
    Design("6, 6 and 6 cultures, 3 dishes each", ((6, (0,)), (6, (1,)), (6, (2,))), 3),
)

#: What is measured of each repetition, in the order of the columns.
COLUMNS = {
    "false alarms (%)": "one feature, no effect",
    "any of 8, adjusted (%)": "any adjusted p, no effect",
    "dishes as units (%)": "one feature, no effect",
    "electrodes as units (%)": "one feature, no effect",
    "power (%)": "one affected feature",
    "power, adjusted (%)": "one affected feature",
    "interval covers (%)": "of the difference of the first two groups",
}


def main() -> None:
    """Draw all designs and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=whole(1), default=200, metavar="N")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    tasks = [(design, seed) for design in DESIGNS for seed in range(arguments.repetitions)]
    with Progress(len(tasks), "comparison") as progress:
        found = gather(judged, tasks, arguments.cluster, arguments.jobs, progress)
    rows = []
    for number, design in enumerate(DESIGNS):
        own = found[number * arguments.repetitions : (number + 1) * arguments.repetitions]
        cells = [f"{100 * np.mean([each[key] for each in own]):.1f}" for key in COLUMNS]
        rows.append([design.name, *cells])
    notes = (
        f"{arguments.repetitions} repetitions of each design without and as many with a treatment"
        f" that doubles {N_AFFECTED} of {len(FEATURES)} features; p up to {LEVEL}. False alarms and"
        " power are means over features and repetitions."
    )
    table = results.Table("Comparison of simulated groups", ["design", *COLUMNS], rows, notes)
    results.show(table, arguments.json)


def judged(design: Design, seed: int) -> dict[str, float]:
    """Return what is found in one drawing without and one with an effect, by column."""
    quiet, electrodes = drawn(design, seed, 0.0)
    treated, _ = drawn(design, seed, EFFECT)
    null, real = compare_groups(quiet), compare_groups(treated)
    of_electrodes = [
        np.concatenate([electrodes[dish] for dish in np.flatnonzero(quiet["group"] == group)])
        for group in null.groups
    ]
    affected = real.tests["feature"].isin(FEATURES[:N_AFFECTED])
    return dict(
        zip(
            COLUMNS,
            (
                np.mean(null.tests["p"] <= LEVEL),
                (null.tests["p_adjusted"] <= LEVEL).any(),
                np.mean([_p_of_dishes(quiet, name) <= LEVEL for name in FEATURES]),
                np.mean(kruskal(*of_electrodes).pvalue <= LEVEL),
                np.mean(real.tests["p"][affected] <= LEVEL),
                np.mean(real.tests["p_adjusted"][affected] <= LEVEL),
                covered(real),
            ),
            strict=True,
        )
    )


def drawn(design: Design, seed: int, effect: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table of dishes, and the first feature on their electrodes."""
    generator = random_generator(seed, "simulated groups", design.name, effect > 0)
    rows, electrodes = [], []
    number = 0
    for n_cultures, groups in design.cultures:
        for _ in range(n_cultures):
            number += 1
            of_culture = OVER_CULTURES * correlated(generator)
            for group in np.repeat(groups, design.n_dishes):
                level = of_culture + OVER_DISHES * correlated(generator)
                level[:N_AFFECTED] += effect * (group > 0)
                values = level + OVER_ELECTRODES * generator.standard_normal((N_ELECTRODES, 8))
                features = dict(zip(FEATURES, np.exp(np.median(values, axis=0)), strict=True))
                rows.append({"group": f"group {group}", "culture": f"{number}", **features})
                electrodes.append(values[:, 0])
    order = np.argsort([row["group"] for row in rows], kind="stable")
    return pd.DataFrame([rows[place] for place in order]), np.array(electrodes)[order]


def correlated(generator: np.random.Generator) -> np.ndarray:
    """Return normal numbers, one for each feature, of variance 1, a part of it in common."""
    own = generator.standard_normal(len(FEATURES))
    return np.sqrt(IN_COMMON) * generator.standard_normal() + np.sqrt(1 - IN_COMMON) * own


def _p_of_dishes(dishes: pd.DataFrame, name: str) -> float:
    return kruskal(*(own for _, own in dishes.groupby("group")[name])).pvalue


def covered(comparison: GroupComparison) -> float:
    """Return the share of features whose interval of the difference holds the true one."""
    pairs = comparison.pairs[
        (comparison.pairs["reference"] == "group 0") & (comparison.pairs["group"] == "group 1")
    ]
    truth = np.where(pairs["feature"].isin(FEATURES[:N_AFFECTED]), np.exp(EFFECT) - 1, 0.0)
    holds = (pairs["difference_low"] <= truth) & (truth <= pairs["difference_high"])
    return float(holds.mean())


if __name__ == "__main__":
    sys.exit(exit_code(main))
