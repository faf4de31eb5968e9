"""What a twin should measure like, and how far from that a dish is.

Aim    one stretch of a recording, and distances from it

A distance counts features in standard deviations of a *difference* between two stretches of a dish
(`own_spread`), at most five each, and is their mean: a published dish is about .6 from another
stretch of itself (median), and below about 1.07 in nine of ten cases
(`tests/fitting/test_own_spread.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spikinggrid.fitting.own_spread import pooled_sd
from spikinggrid.statistics.feature_space import coordinates

#: A feature counts for no more than this, however far off it is ...
FARTHEST = 5.0

#: ... but a search needs a slope there.
SLOPE, FARTHEST_SLOPE = 0.1, 25.0

#: A good twin is as near as this on another stretch: nine of ten of 180 recordings of
#: Charlesworth et al. (2015) are to themselves.
GOOD = 1.07


@dataclass(frozen=True, eq=False)
class Aim:
    """What a twin should measure like.

    Attributes
    ----------
    target : ndarray, shape (n_compared,)
        Coordinates; NaN for a feature that the recording lacks, which then does not count.
    sd : ndarray, shape (n_compared,)
        Standard deviation of each within a dish.
    """

    target: np.ndarray
    sd: np.ndarray

    @classmethod
    def at(cls, features: Mapping[str, float], sd: np.ndarray | None = None) -> "Aim":
        """Return the aim at a dish with these features; the spread is the published one's."""
        return cls(coordinates([features])[0], pooled_sd() if sd is None else sd)

    def deviations(self, points: np.ndarray) -> np.ndarray:
        """Return how far off each feature is, in sd of a difference, within `FARTHEST`.

        What a dish lacks is as far off as can be; what the recording lacks is not off.
        """
        z = (points - self.target) / (np.sqrt(2) * self.sd)
        z = np.where(np.isnan(z), FARTHEST, z.clip(-FARTHEST, FARTHEST))
        return np.where(np.isnan(self.target), 0.0, z)

    def distances(self, points: np.ndarray) -> np.ndarray:
        """Return how far dishes are from the aim: the mean over features of how far off each is.

        Parameters
        ----------
        points : ndarray, shape (..., n_compared)

        Returns
        -------
        ndarray, shape (...)
        """
        return self._mean(np.abs(self.deviations(points)))

    def costs(self, points: np.ndarray) -> np.ndarray:
        """Return the same with a slope beyond `FARTHEST`, by which a search finds back."""
        z = np.abs(points - self.target) / (np.sqrt(2) * self.sd)
        z = np.where(np.isnan(z), FARTHEST_SLOPE, z)
        z = z.clip(0, FARTHEST) + SLOPE * (z.clip(0, FARTHEST_SLOPE) - FARTHEST).clip(0)
        return self._mean(z)

    def distance(self, features: Mapping[str, float]) -> float:
        """Return how far a dish with these features is from the aim."""
        return float(self.distances(coordinates([features]))[0])

    def _mean(self, off: np.ndarray) -> np.ndarray:
        counts = ~np.isnan(self.target)
        return np.where(counts, off, 0.0).sum(axis=-1) / counts.sum()
