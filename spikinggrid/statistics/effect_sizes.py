"""How far two groups differ, with intervals by a bootstrap over cultures.

effects             difference of medians and Cliff's delta of `permutation.Cells`
cliffs_delta        how often one value exceeds another
bootstrap_medians   medians of resampled values
interval            the middle 95 % of what a bootstrap gives
"""

import numpy as np

from spikinggrid.statistics.permutation import Cells

#: Resamplings of a bootstrap, and how much of them an interval spans.
N_BOOTSTRAP, COVERAGE = 4_000, 0.95

#: The bootstrap of a median covers at most 94 % with 5 cultures, 88 % with 4, 75 % with 3.
FEWEST_FOR_INTERVAL = 5


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


def effects(cells: Cells, a: int, b: int, generator: np.random.Generator) -> tuple[float, ...]:
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
    difference_interval, delta_interval = (interval(values) for values in measured(*draws))
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


def bootstrap_medians(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return medians of resampled values, shape (`N_BOOTSTRAP`,); none of too few values."""
    if values.size < FEWEST_FOR_INTERVAL:
        return np.empty(0)
    return np.median(values[_draws(values.size, generator)], axis=1)


def interval(drawn: np.ndarray) -> tuple[float, float]:
    """Return the middle 95 % of what a bootstrap gives; NaN if it always gives the same."""
    if not drawn.size or np.ptp(drawn) == 0:
        return np.nan, np.nan
    low, high = np.quantile(drawn, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)
