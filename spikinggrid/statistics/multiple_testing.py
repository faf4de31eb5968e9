"""Probabilities of many tests, adjusted for how many there are: `benjamini_hochberg`, `holm`."""

import numpy as np
from scipy.stats import false_discovery_control


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
    p = np.asarray(p, float)
    exist = ~np.isnan(p)
    adjusted = np.full(p.size, np.nan)
    adjusted[exist] = false_discovery_control(p[exist])
    return adjusted


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
    p = np.asarray(p, float)
    order = np.argsort(p)[: np.sum(~np.isnan(p))]
    adjusted = np.full(p.size, np.nan)
    scaled = p[order] * np.arange(order.size, 0, -1.0)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted
