"""What a twin should measure like, and how far from that a dish is.

COMPARED          the features that are compared
coordinates       theirs, in which distances mean something
Aim               the coordinates of one stretch of a recording, and distances from them

Stretches of one real recording differ: `POOLED_SD` is by how much, over all published recordings.
A distance counts features in standard deviations of a *difference* between two such stretches, so
that a dish is about .6 from another stretch of itself (median), below 1.07 in nine of ten cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spikinggrid.statistics import feature_space

#: How flat correlation is over the dish: far electrodes against near ones.
FLATNESS = "corr.far/corr.near"

#: Below this correlation of near electrodes, flatness is noise.
LEAST_NEAR = 0.05

COMPARED = (*feature_space.NAMES, FLATNESS)

#: What has to be measured for that.
MEASURED = (*feature_space.NAMES, "corr.near", "corr.far")

#: The stretches that are compared, s.
STRETCH = 300.0

#: Standard deviation within a recording, over its stretches: rms over the published recordings.
POOLED_SD = np.array(
    [
        *(0.168, 0.17, 5.0, 0.194, 0.216, 0.078, 0.131, 0.127, 0.121, 0.025, 0.076),
        *(1.0, 0.035, 0.081, 0.035, 0.0235),
    ]
)

#: A feature counts for no more than this, however far off it is ...
FARTHEST = 5.0

#: ... but a search needs a slope there.
SLOPE, FARTHEST_SLOPE = 0.1, 25.0

#: A good twin is as near as this on another stretch: nine recordings of ten are to themselves.
GOOD = 1.07


def coordinates(table: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Return the coordinates of dishes, shape (n, n_compared); NaN where a feature does not exist.

    Parameters
    ----------
    table : sequence of mapping of str to float
        Features of each dish, those of `MEASURED` at least.
    """
    columns = {name: np.array([row.get(name, np.nan) for row in table], float) for name in MEASURED}
    near, far = columns["corr.near"], columns["corr.far"]
    with np.errstate(divide="ignore", invalid="ignore"):
        columns[FLATNESS] = np.where(near > LEAST_NEAR, far / near, np.nan)
        encoded = [
            columns[name]
            if name in (*feature_space.LINEAR, FLATNESS)
            else np.log(np.where(columns[name] > 0, columns[name], np.nan))
            for name in COMPARED
        ]
    return np.column_stack(encoded)


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
    def at(cls, features: Mapping[str, float], sd: np.ndarray = POOLED_SD) -> "Aim":
        """Return the aim at a dish with these features."""
        return cls(coordinates([features])[0], np.asarray(sd, float))

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
