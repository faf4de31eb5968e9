"""Whether groups differ, by shuffling them within strata such as cultures.

permutation_test   how often chance alone makes groups differ as much
stratified_test    the same of `Cells`
Cells              values of one feature, with their groups and cultures
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import rankdata

from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    import pandas as pd

#: Arrangements up to which all are tried, and how many are drawn at random where there are more.
MOST_ARRANGEMENTS, N_RANDOM = 20_000, 9_999

#: Sums of ranks that differ by less, relative to their size, differ by rounding alone.
TIE = 1e-9


class Cells(NamedTuple):
    """Values of one feature: one for each culture in each group that has it; shape (n_cells,)."""

    value: np.ndarray
    group: np.ndarray  # number of the group
    culture: np.ndarray  # number of the culture

    @classmethod
    def of(cls, values: "pd.DataFrame", name: str, groups: Sequence[str]) -> "Cells":
        """Return those of one feature: a column of a table with a culture and a group a row."""
        exist = values[name].notna().to_numpy()
        _, culture = np.unique(values["culture"].to_numpy(str), return_inverse=True)
        group = np.array([groups.index(group) for group in values["group"]], int)
        value = values[name].to_numpy(float)
        return cls(value[exist], group[exist], culture[exist])

    def of_groups(self, *groups: int) -> "Cells":
        """Return the cells of some groups."""
        own = np.isin(self.group, groups)
        return Cells(*(column[own] for column in self))


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
    cells = Cells(np.asarray(values, float), *numbers)
    return stratified_test(cells, random_generator(seed, "permutation test"))


def stratified_test(cells: Cells, generator: np.random.Generator) -> tuple[float, float, bool]:
    """Do the test of `permutation_test`, which says what is returned."""
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


def _strata(cells: Cells) -> Iterator[np.ndarray]:
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
