"""What a dish owes to itself: how far stretches of one recording are from one another.

    pooled_sd()        within published dishes, all together
    own_sd(stretches)  within one dish, from its own stretches and the published ones

Coordinates are those of `feature_space.COMPARED`. The *difference* of two stretches has the square
root of two times this standard deviation.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from spikinggrid.recordings.datasets import THIRD, published_dishes
from spikinggrid.statistics import feature_space

#: How many degrees of freedom the published dishes count for beside those of the dish itself: with
#: as many, two thirds of a published recording tell best where the last one lies (likelihood).
PUBLISHED_WEIGHT = 4.0


@functools.cache
def pooled_sd() -> np.ndarray:
    """Return the standard deviation over 300 s stretches of a dish, shape (n_compared,).

    Pooled over the published dishes: the root of the mean of their variances.
    """
    thirds = np.array([feature_space.coordinates(dish.thirds) for dish in published_dishes()])
    return np.sqrt(np.mean(thirds.var(axis=1, ddof=1), axis=0))


def own_sd(stretches: Sequence[Mapping[str, float]], duration: float = THIRD) -> np.ndarray:
    """Return the standard deviation over stretches of one dish, shape (n_compared,).

    A few stretches know their variance badly (three have two degrees of freedom). It is
    therefore weighed with the pooled one, each by its degrees of freedom.

    Parameters
    ----------
    stretches : sequence of mapping of str to float
        Features of stretches of equal length that do not overlap. Of a feature that fewer than two
        of them have, the pooled value is all there is; so it is without any stretch.
    duration : float
        Length of the stretches, s. The pooled variance, of 300 s, is taken to fall with it.
    """
    pooled = pooled_sd() ** 2 * THIRD / duration
    points = feature_space.coordinates(stretches)
    exists = np.isfinite(points)
    n = exists.sum(axis=0)
    mean = np.divide(np.where(exists, points, 0).sum(axis=0), n, where=n > 0, out=np.zeros(n.shape))
    squares = np.where(exists, (points - mean) ** 2, 0).sum(axis=0)
    df = np.maximum(n - 1, 0)
    return np.sqrt((PUBLISHED_WEIGHT * pooled + squares) / (PUBLISHED_WEIGHT + df))
