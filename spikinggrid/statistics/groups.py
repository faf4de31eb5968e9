"""Groups of dishes compared feature by feature: the unit is the culture, never the electrode.

Contents
--------
All features            : `compare_groups` -> `GroupComparison`
One feature             : `permutation_test`, `cliffs_delta`
Many features           : `benjamini_hochberg`, `holm`

Dishes of one culture (one preparation, plated on the same day) resemble one another, and electrodes
of one dish still more: taken as independent they make differences out of nothing. So a culture has
one value in each group, the median of its dishes there, and the test shuffles groups over these
values: within a culture where it has dishes in several groups, as treated and untreated ones, and
over all other cultures together.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.stats import rankdata

from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    import pandas as pd

#: Arrangements up to which all are tried, and how many are drawn at random where there are more.
MOST_ARRANGEMENTS, N_RANDOM = 20_000, 9_999

#: Resamplings of a bootstrap, and how much of them an interval spans.
N_BOOTSTRAP, COVERAGE = 4_000, 0.95

#: The bootstrap of a median covers at most 94 % with 5 cultures, 88 % with 4, 75 % with 3.
FEWEST_FOR_INTERVAL = 5

#: Sums of ranks that differ by less, relative to their size, differ by rounding alone.
TIE = 1e-9

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
        cells = _Cells.of(values, name, groups)
        n_dishes = dishes[dishes[name].notna()].groupby("group").size()
        generator = random_generator(seed, "comparison of groups", name)
        summary += _summary_rows(name, cells, groups, n_dishes, generator)
        tests.append((name, *_test(cells, generator)))
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
    cells: "_Cells",
    groups: Sequence[str],
    n_dishes: "pd.Series",
    generator: np.random.Generator,
) -> list[tuple]:
    """Return the median of each group, and its interval."""
    rows: list[tuple] = []
    for number, group in enumerate(groups):
        own = cells.of_groups(number).value
        median = float(np.median(own)) if own.size else np.nan
        interval = _interval(_bootstrap_medians(own, generator))
        rows.append((name, group, int(n_dishes.get(group, 0)), own.size, median, *interval))
    return rows


def _pair_rows(
    name: str,
    cells: "_Cells",
    groups: Sequence[str],
    p_of_all: float,
    generator: np.random.Generator,
) -> list[tuple]:
    """Return how each pair of groups differs; of two groups p is that of all."""
    rows: list[tuple] = []
    for a, b in combinations(range(len(groups)), 2):
        effects = _effects(cells, a, b, generator)
        p = p_of_all if len(groups) == 2 else _test(cells.of_groups(a, b), generator)[0]
        rows.append((name, groups[a], groups[b], *effects, p))
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


class _Cells(NamedTuple):
    """Values of one feature: one for each culture in each group that has it; shape (n_cells,)."""

    value: np.ndarray
    group: np.ndarray  # number of the group
    culture: np.ndarray  # number of the culture

    @classmethod
    def of(cls, values: "pd.DataFrame", name: str, groups: Sequence[str]) -> "_Cells":
        exist = values[name].notna().to_numpy()
        _, culture = np.unique(values["culture"].to_numpy(str), return_inverse=True)
        group = np.array([groups.index(group) for group in values["group"]], int)
        value = values[name].to_numpy(float)
        return cls(value[exist], group[exist], culture[exist])

    def of_groups(self, *groups: int) -> "_Cells":
        """Return the cells of some groups."""
        own = np.isin(self.group, groups)
        return _Cells(*(column[own] for column in self))


# One feature: the test


def permutation_test(
    values: np.ndarray, groups: np.ndarray, cultures: np.ndarray, *, seed: int = 0
) -> tuple[float, float, bool]:
    """Return how often chance alone makes groups differ as much as they do.

    Values are ranked, and ranks taken from the mean of their stratum: a culture with values in
    several groups is a stratum of its own, all other cultures are one. The statistic is the sum
    over groups of the squared sum of ranks over the number of values: that of Kruskal and Wallis
    for unpaired groups, of two groups a difference of mean ranks with van Elteren's weights. Groups
    are shuffled within strata, in all ways or, where these are more than 20,000, in 9,999 random
    ones; then the arrangement at hand counts as one of them (Phipson & Smyth 2010,
    doi:10.2202/1544-6115.1585). Such a test holds its level whatever the distribution of values.

    Parameters
    ----------
    values : (n_values,) array
        One of each culture in each group.
    groups, cultures : (n_values,) array
        Of each value.
    seed : int
        Of random arrangements.

    Returns
    -------
    p : float
        Share of arrangements in which groups differ at least as much; NaN where none of two groups
        can be compared.
    smallest : float
        The least p that so many values can give; NaN if arrangements are random.
    is_exact : bool
        Whether all arrangements were tried.

    Examples
    --------
    >>> before, after = [1.0, 5.0, 3.0, 9.0, 7.0], [2.0, 6.0, 4.0, 12.0, 8.0]
    >>> permutation_test([*before, *after], [0] * 5 + [1] * 5, [0, 1, 2, 3, 4] * 2)
    (0.0625, 0.0625, True)
    """
    numbers = (np.unique(labels, return_inverse=True)[1] for labels in (groups, cultures))
    cells = _Cells(np.asarray(values, float), *numbers)
    return _test(cells, random_generator(seed, "permutation test"))


def _test(cells: _Cells, generator: np.random.Generator) -> tuple[float, float, bool]:
    ranks = rankdata(cells.value)
    strata = [(ranks[own] - ranks[own].mean(), cells.group[own]) for own in _strata(cells)]
    if not strata:
        return np.nan, np.nan, True
    n_of_group = np.bincount(np.concatenate([group for _, group in strata]))
    n_groups = n_of_group.size
    observed = sum(np.bincount(group, aligned, n_groups) for aligned, group in strata)
    is_exact = math.prod(_n_arrangements(group) for _, group in strata) <= MOST_ARRANGEMENTS
    sums = np.zeros((1, n_groups))
    for aligned, group in strata:
        if is_exact:
            of_stratum = _all_sums(aligned, group, n_groups)
            sums = (sums[:, None] + of_stratum).reshape(-1, n_groups)
        else:
            sums = sums + _random_sums(aligned, group, n_groups, generator)
    weight = 1 / np.maximum(n_of_group, 1)
    statistic, of_observed = (sums**2) @ weight, float(observed**2 @ weight)
    least = of_observed - TIE * max(1.0, of_observed)
    n_as_far = int(np.sum(statistic >= least))
    if not is_exact:
        return (n_as_far + 1) / (N_RANDOM + 1), np.nan, False
    smallest = float(np.mean(statistic >= statistic.max() * (1 - TIE)))
    return n_as_far / len(sums), smallest, True


def _strata(cells: _Cells) -> Iterator[np.ndarray]:
    """Yield which cells are shuffled among one another: those of several groups."""
    n_of_culture = np.bincount(cells.culture)
    for culture in np.flatnonzero(n_of_culture > 1):
        yield cells.culture == culture
    others = n_of_culture[cells.culture] == 1
    if np.unique(cells.group[others]).size > 1:
        yield others


def _n_arrangements(group: np.ndarray) -> int:
    return math.factorial(group.size) // math.prod(map(math.factorial, np.bincount(group).tolist()))


def _all_sums(aligned: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Return the sum of ranks of each group in all arrangements, (n_arrangements, n_groups)."""
    return _arrangements(tuple(np.bincount(group, minlength=n_groups).tolist())) @ aligned


@lru_cache(64)
def _arrangements(counts: tuple[int, ...]) -> np.ndarray:
    """Return who is in which group in all arrangements, (n_arrangements, n_groups, n_values)."""
    if len(counts) == 1:
        return np.ones((1, 1, counts[0]))
    n = sum(counts)
    dealt = []
    others = _arrangements(counts[1:])
    for chosen in combinations(range(n), counts[0]):
        own = np.zeros(n, bool)
        own[list(chosen)] = True
        arrangements = np.zeros((len(others), len(counts), n))
        arrangements[:, 0, own] = 1
        arrangements[:, 1:, ~own] = others
        dealt.append(arrangements)
    return np.concatenate(dealt)


def _random_sums(
    aligned: np.ndarray, group: np.ndarray, n_groups: int, generator: np.random.Generator
) -> np.ndarray:
    """Return the sum of ranks of each group in random arrangements, (N_RANDOM, n_groups)."""
    shuffled = generator.permuted(np.tile(aligned, (N_RANDOM, 1)), axis=1)
    return shuffled @ np.equal.outer(group, np.arange(n_groups)).astype(float)


# One feature: effects and their intervals


def cliffs_delta(reference: np.ndarray, values: np.ndarray) -> float:
    """Return how often a value exceeds one of the reference, less how often it falls below it.

    1 if all values lie above all of the reference, 0 if both are alike, whatever their scale
    (Cliff N 1993, Psychological Bulletin 114:494); NaN if one of them is empty.

    Parameters
    ----------
    reference, values : (n,) array

    Examples
    --------
    >>> cliffs_delta([1, 2, 3], [2, 4, 5, 6])
    0.75
    """
    higher = np.sign(np.subtract.outer(np.asarray(values, float), np.asarray(reference, float)))
    return float(higher.mean()) if higher.size else np.nan


def _effects(cells: _Cells, a: int, b: int, generator: np.random.Generator) -> tuple[float, ...]:
    """Return difference of medians and Cliff's delta from a to b, with their intervals.

    Cultures in both groups are drawn as a whole in the bootstrap, and their delta is that within
    each; deltas of these and of the other cultures are weighted as in the test.
    """
    pair = cells.of_groups(a, b)
    paired = np.bincount(pair.culture)[pair.culture] == 2
    order = np.argsort(pair.culture, kind="stable")
    both_a, both_b = (pair.value[order][(paired & (pair.group == g))[order]] for g in (a, b))
    only_a, only_b = (pair.value[~paired & (pair.group == g)] for g in (a, b))
    n_a, n_b = both_a.size + only_a.size, both_b.size + only_b.size
    if not min(n_a, n_b):
        return (np.nan,) * 6
    draws = [_draws(n, generator) for n in (both_a.size, only_a.size, only_b.size)]
    identity = [np.arange(n)[None] for n in (both_a.size, only_a.size, only_b.size)]

    def measured(both: np.ndarray, in_a: np.ndarray, in_b: np.ndarray) -> tuple[np.ndarray, ...]:
        medians = [
            np.median(np.concatenate([pairs[both], alone[chosen]], axis=1), axis=1)
            for pairs, alone, chosen in ((both_a, only_a, in_a), (both_b, only_b, in_b))
        ]
        delta = _weighted_delta(np.sign(both_b - both_a)[both], only_a, only_b, in_a, in_b)
        return medians[1] - medians[0], delta

    difference, delta = (float(value[0]) for value in measured(*identity))
    if min(n_a, n_b) < FEWEST_FOR_INTERVAL:
        return difference, np.nan, np.nan, delta, np.nan, np.nan
    difference_interval, delta_interval = (_interval(values) for values in measured(*draws))
    return (difference, *difference_interval, delta, *delta_interval)


def _weighted_delta(
    signs: np.ndarray, only_a: np.ndarray, only_b: np.ndarray, in_a: np.ndarray, in_b: np.ndarray
) -> np.ndarray:
    """Return Cliff's delta within pairs and between other cultures, weighted, for each drawing.

    Parameters
    ----------
    signs : (n_drawings, n_pairs) array
        Of the difference within cultures.
    only_a, only_b : (n,) array
        Values of cultures in one group alone.
    in_a, in_b : (n_drawings, n) int array
        Which of these are drawn.
    """
    total, weight = signs.sum(axis=1) / 2, signs.shape[1] / 2
    if only_a.size and only_b.size:
        higher = np.sign(np.subtract.outer(only_b, only_a))
        n_a, n_b = (_times_drawn(drawn, drawn.shape[1]) for drawn in (in_a, in_b))
        of_others = only_a.size * only_b.size / (only_a.size + only_b.size)
        total = total + of_others * np.sum((n_b @ higher) * n_a, axis=1) / higher.size
        weight += of_others
    return total / weight if weight else np.full(len(signs), np.nan)


def _times_drawn(drawn: np.ndarray, n: int) -> np.ndarray:
    """Return how often each of n is in each drawing, shape (n_drawings, n)."""
    return np.equal(drawn[:, :, None], np.arange(n)).sum(axis=1).astype(float)


def _draws(n: int, generator: np.random.Generator) -> np.ndarray:
    return generator.integers(max(n, 1), size=(N_BOOTSTRAP, n))


def _bootstrap_medians(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if values.size < FEWEST_FOR_INTERVAL:
        return np.empty(0)
    return np.median(values[_draws(values.size, generator)], axis=1)


def _interval(drawn: np.ndarray) -> tuple[float, float]:
    """Return the middle 95 % of what a bootstrap gives; NaN if it always gives the same."""
    if not drawn.size or np.ptp(drawn) == 0:
        return np.nan, np.nan
    low, high = np.quantile(drawn, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)


# Many features


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Return p of many tests, adjusted so that few of those called different are so by chance.

    Of the features with an adjusted p up to 0.05 at most 5 % are expected to be false alarms
    (Benjamini Y, Hochberg Y 1995, Journal of the Royal Statistical Society B 57:289).

    Parameters
    ----------
    p : (n_tests,) array
        NaN where there was none, which does not count.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, float("nan")]).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    return _step_up_or_down(p, lambda n: n / np.arange(1, n + 1), is_up=True)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p of many tests, adjusted so that even one false alarm is rare.

    The chance of any false alarm among tests with an adjusted p up to 0.05 is at most 5 % (Holm S
    1979, Scandinavian Journal of Statistics 6:65).

    Parameters
    ----------
    p : (n_tests,) array
        NaN where there was none, which does not count.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    return _step_up_or_down(p, lambda n: np.arange(n, 0, -1.0), is_up=False)


def _step_up_or_down(p: np.ndarray, factors: Any, is_up: bool) -> np.ndarray:
    """Return adjusted p: times these factors in rising order, made monotonous from above or below.

    Parameters
    ----------
    p : (n_tests,) array
    factors : callable
        Return one for each of n tests.
    is_up : bool
        Whether a larger p caps the smaller ones, or a smaller one lifts the larger ones.
    """
    p = np.asarray(p, float)
    order = np.argsort(p)[: np.sum(~np.isnan(p))]
    scaled = p[order] * factors(order.size)
    monotonous = (
        np.minimum.accumulate(scaled[::-1])[::-1] if is_up else np.maximum.accumulate(scaled)
    )
    adjusted = np.full(p.size, np.nan)
    adjusted[order] = np.minimum(monotonous, 1)
    return adjusted
