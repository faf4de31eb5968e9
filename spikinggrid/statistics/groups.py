"""Groups of dishes compared feature by feature: the unit is the culture, never the electrode.

    compare_groups -> GroupComparison

by `permutation`, `effect_sizes` and `multiple_testing`.

Dishes of one culture (one preparation, plated on the same day) resemble one another, and electrodes
of one dish still more: taken as independent they make differences out of nothing. So a culture has
one value in each group, the median of its dishes there, and the test shuffles groups over these
values: within a culture where it has dishes in several groups, as treated and untreated ones, and
over all other cultures together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from spikinggrid.statistics.effect_sizes import (
    COVERAGE,
    FEWEST_FOR_INTERVAL,
    bootstrap_medians,
    effects,
    interval,
)
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.multiple_testing import benjamini_hochberg, holm
from spikinggrid.statistics.permutation import Cells, stratified_test
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    import pandas as pd

SUMMARY_COLUMNS = ["feature", "group", "n_dishes", "n_cultures", "median", "low", "high"]
PAIR_COLUMNS = [
    "feature", "reference", "group", "difference", "difference_low", "difference_high",
    "delta", "delta_low", "delta_high", "p",
]  # fmt: skip

TEST = "permutation test of ranks over cultures, within those that have dishes in several groups"
CORRECTION = "Benjamini-Hochberg over features"
CORRECTION_OF_PAIRS = "Holm over the pairs of groups, and not below that of the feature"
INTERVAL = (
    f"{100 * COVERAGE:g} % bootstrap over cultures, where a group has at least"
    f" {FEWEST_FOR_INTERVAL} of them"
)


@dataclass(frozen=True, eq=False)
class GroupComparison:
    """Groups of dishes, and how they differ.

    Attributes
    ----------
    groups : tuple of str
        In the order of their first dish; differences are from an earlier to a later one.
    dishes : pandas.DataFrame
        A row for each dish: `group`, `culture`, the features, and whatever else it came with.
    values : pandas.DataFrame
        A row for each culture and group: `group`, `culture`, and of each feature the median of its
        dishes, which is what is compared; NaN where no dish has it.
    summary : pandas.DataFrame
        A row for each feature and group: `feature`, `group`, `n_dishes`, `n_cultures` (those that
        have the feature), `median` over cultures, `low` and `high` (95 % interval of the median).
    tests : pandas.DataFrame
        A row for each feature: `feature`, `p`, `p_adjusted` (over features), `smallest_p` (the
        least that so many cultures can give), `is_exact` (all arrangements were tried).
    pairs : pandas.DataFrame
        A row for each feature and pair of groups: `feature`, `reference`, `group`, `difference`
        (of the medians), `difference_low`, `difference_high`, `delta` (Cliff's), `delta_low`,
        `delta_high`, `p`, `p_adjusted`.

    A number that does not exist, as an interval of too few cultures, is NaN.
    """

    groups: tuple[str, ...]
    dishes: "pd.DataFrame"
    values: "pd.DataFrame"
    summary: "pd.DataFrame"
    tests: "pd.DataFrame"
    pairs: "pd.DataFrame"

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that were compared."""
        return tuple(self.tests["feature"])

    def size_of(self, group: str) -> tuple[int, int]:
        """Return how many dishes, and how many cultures, a group has."""
        own = self.dishes[self.dishes["group"] == group]
        return len(own), int(own["culture"].nunique())

    @property
    def table(self) -> "pd.DataFrame":
        """A row for each feature and pair of groups with all numbers of both, as in a CSV file."""
        groups = self.summary.drop(columns="feature").columns.drop("group")
        of_reference, of_group = (
            self.summary.rename(columns={"group": whose} | {n: f"{whose}_{n}" for n in groups})
            for whose in ("reference", "group")
        )
        tests = self.tests.rename(columns={"p": "p_all_groups", "p_adjusted": "p_adjusted_all"})
        table = (
            self.pairs.merge(of_reference, on=["feature", "reference"])
            .merge(of_group, on=["feature", "group"])
            .merge(tests, on="feature")
        )
        labels = [FEATURES[name].label if name in FEATURES else "" for name in table["feature"]]
        units = [FEATURES[name].unit if name in FEATURES else "" for name in table["feature"]]
        table.insert(1, "label", labels)
        table.insert(2, "unit", units)
        return table

    def to_dict(self) -> dict[str, Any]:
        """Return all results, ready for JSON but for NaN."""
        return {
            "groups": list(self.groups),
            "test": TEST,
            "correction": CORRECTION,
            "correction_of_pairs": CORRECTION_OF_PAIRS,
            "interval": INTERVAL,
            "features": [
                row
                | {
                    "groups": _records(self.summary, row["feature"]),
                    "pairs": _records(self.pairs, row["feature"]),
                }
                for row in self.tests.to_dict("records")
            ],
        }


def _records(table: "pd.DataFrame", feature: str) -> list[dict[str, Any]]:
    return table[table["feature"] == feature].drop(columns="feature").to_dict("records")


def compare_groups(
    dishes: "pd.DataFrame", features: Sequence[str] | None = None, *, seed: int = 0
) -> GroupComparison:
    """Compare groups of dishes feature by feature, with the culture as the unit.

    For each feature: the median over cultures with its interval, the difference of medians and
    Cliff's delta with theirs (`cliffs_delta`), and a test (`permutation_test`) whose p is corrected
    for the number of features (`benjamini_hochberg`). With more than two groups the test is of all
    together, and each pair has one of its own (`holm` over pairs).

    Parameters
    ----------
    dishes : pandas.DataFrame
        A row for each dish with columns `group`, `culture`, and one for each feature, NaN where it
        does not exist. Dishes of the same culture have the same name there, in whatever group.
    features : sequence of str, optional
        Which to compare: fewer, chosen beforehand, cost less correction. By default all columns
        that are in `FEATURES`.
    seed : int
        Of bootstrap and of random arrangements.

    Returns
    -------
    GroupComparison

    Raises
    ------
    InputError
        If a column is missing, there are fewer than two groups, or a group has one culture.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = [1.0, 1.2, 1.1, 0.9, 1.3, 2.0, 2.2, 2.4, 2.1, 2.3]
    >>> dishes = pd.DataFrame({"fir.rate": rates, "culture": list("abcdefghij")})
    >>> dishes["group"] = ["control"] * 5 + ["treated"] * 5
    >>> result = compare_groups(dishes)
    >>> result.tests[["feature", "p", "smallest_p"]].round(4).values.tolist()
    [['fir.rate', 0.0079, 0.0079]]
    >>> float(result.pairs["difference"][0].round(3)), float(result.pairs["delta"][0])
    (1.1, 1.0)
    """
    import pandas as pd

    names = _checked(dishes, features)
    dishes = dishes.assign(**{key: dishes[key].astype(str) for key in ("group", "culture")})
    groups = tuple(dict.fromkeys(dishes["group"]))
    values = dishes.groupby(["group", "culture"], sort=False)[names].median().reset_index()
    summary, tests, pairs = [], [], []
    for name in names:
        cells = Cells.of(values, name, groups)
        n_dishes = dishes[dishes[name].notna()].groupby("group").size()
        generator = random_generator(seed, "comparison of groups", name)
        summary += _summary_rows(name, cells, groups, n_dishes, generator)
        tests.append((name, *stratified_test(cells, generator)))
        pairs += _pair_rows(name, cells, groups, tests[-1][1], generator)
    test_table = pd.DataFrame(tests, columns=["feature", "p", "smallest_p", "is_exact"])
    test_table.insert(2, "p_adjusted", benjamini_hochberg(test_table["p"].to_numpy()))
    pair_table = pd.DataFrame(pairs, columns=PAIR_COLUMNS)
    of_pairs = pair_table["p"].to_numpy().reshape(len(names), -1)
    of_features = test_table["p_adjusted"].to_numpy()[:, None]
    adjusted = np.maximum([holm(own) for own in of_pairs], of_features)
    pair_table["p_adjusted"] = adjusted.ravel()
    summary_table = pd.DataFrame(summary, columns=SUMMARY_COLUMNS)
    return GroupComparison(groups, dishes, values, summary_table, test_table, pair_table)


def _summary_rows(
    name: str,
    cells: "Cells",
    groups: Sequence[str],
    n_dishes: "pd.Series",
    generator: np.random.Generator,
) -> list[tuple]:
    """Return the median of each group, and its interval."""
    rows: list[tuple] = []
    for number, group in enumerate(groups):
        own = cells.of_groups(number).value
        median = float(np.median(own)) if own.size else np.nan
        ends = interval(bootstrap_medians(own, generator))
        rows.append((name, group, int(n_dishes.get(group, 0)), own.size, median, *ends))
    return rows


def _pair_rows(
    name: str,
    cells: "Cells",
    groups: Sequence[str],
    p_of_all: float,
    generator: np.random.Generator,
) -> list[tuple]:
    """Return how each pair of groups differs; of two groups p is that of all."""
    rows: list[tuple] = []
    for a, b in combinations(range(len(groups)), 2):
        found = effects(cells, a, b, generator)
        p = p_of_all if len(groups) == 2 else stratified_test(cells.of_groups(a, b), generator)[0]
        rows.append((name, groups[a], groups[b], *found, p))
    return rows


def _checked(dishes: "pd.DataFrame", features: Sequence[str] | None) -> list[str]:
    """Return the names of the features to compare."""
    for column in ("group", "culture"):
        if column not in dishes:
            raise InputError(
                f"groups: the table of dishes lacks the column {column}; it has"
                f" {', '.join(map(str, dishes.columns[:8]))}"
            )
        if dishes[column].isna().any():
            raise InputError(f"groups: a dish has no {column}; right would be a name in each row")
    names = [name for name in FEATURES if name in dishes] if features is None else list(features)
    for name in names:
        if name not in dishes:
            raise InputError(f"features: found {quoted(name)}, which the table of dishes lacks")
        if dishes[name].dtype.kind not in "fiub":
            raise InputError(f"features: {name} holds {dishes[name].dtype}, not numbers")
    if not names:
        raise InputError("groups: the table of dishes has no column of a feature")
    groups = list(dict.fromkeys(dishes["group"]))
    if len(groups) < 2:
        raise InputError(
            f"groups: found {len(groups)}; right would be two or more, one of them to compare with"
        )
    for group, cultures in dishes.groupby("group", sort=False)["culture"]:
        if cultures.nunique() < 2:
            raise InputError(
                f"groups: {quoted(group)} has one culture, {quoted(cultures.iloc[0])}; right would"
                " be two or more in each group, as the culture is the unit, not the dish"
            )
    return names
