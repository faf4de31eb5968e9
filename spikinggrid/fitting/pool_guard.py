"""Whether a recording is like the dishes of a pool, judged by how near the nearest of them are.

    guard = PoolGuard.of(pool)
    guard.judge(recording.features_of_first(300.0))    -> Likeness

Dishes of a pool are not like one another either: a recording is inside if the dishes nearest to it
are no farther than for all but a twentieth of the pool's own dishes. Features count as neighbours
differ in them, by which those that go together count together. Other than the likelihood under a
mixture, which tightens around dishes as they get more, this verdict does not depend on how large a
pool is: distances to neighbours shrink for the recording and for the dishes. The unit of a distance
is the own spread: how far stretches of one published dish are from one another, median.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist, pdist

from spikinggrid.fitting.pool import Pool
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.statistics import feature_space
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.errors import InputError

#: Share of the pool's own dishes that are refused.
FALSE_ALARMS = 0.05

#: The distance is the mean of those to so many dishes.
N_NEAREST = 5

#: Neighbours differ as so many of them do about their mean, averaged over all dishes.
N_NEIGHBOURS = 30

#: Fewer dishes have no neighbourhoods.
FEWEST = 10 * N_NEIGHBOURS

#: No direction varies by less than this, all features being scaled to one.
LEAST_VARIANCE = 1e-6

#: Dishes that are compared with all others at a time.
AT_ONCE = 500

#: Features that are so many standard deviations off what the others let expect are named, at most.
ODD, N_NAMED = 3.0, 4


@dataclass(frozen=True)
class Likeness:
    """Whether a recording is like the dishes of a pool.

    Attributes
    ----------
    inside : bool
    distance, threshold : float
        Mean distance to the nearest dishes, and the largest that is inside, own spreads; the former
        is NaN where the recording lacks a feature.
    deviations : dict of str to float
        How far each feature is from what the others let expect among the nearest dishes, standard
        deviations, the farthest first.
    missing : tuple of str
        Features that do not exist in it.
    too_close : str
        What is wrong with intervals between spikes, or "".
    """

    inside: bool
    distance: float
    threshold: float
    deviations: dict[str, float]
    missing: tuple[str, ...] = ()
    too_close: str = ""

    def sentence(self) -> str:
        """Return whether it is inside, how far from the dishes it is, and what is odd if not."""
        if self.too_close:
            return self.too_close
        if self.missing:
            return f"has no {', '.join(FEATURES[name].label for name in self.missing)}"
        where = (
            f"of what the model can do: its nearest dishes are {self.distance:.2f} own spreads away"
            f" (up to {self.threshold:.2f} is inside; stretches of one dish are 1 from one another)"
        )
        if self.inside:
            return f"is inside {where}"
        odd = [name for name, off in self.deviations.items() if abs(off) >= ODD]
        told = "; ".join(
            f"{FEATURES[name].label} is too {'high' if self.deviations[name] > 0 else 'low'}"
            f" ({abs(self.deviations[name]):.1f} standard deviations)"
            for name in (odd or list(self.deviations))[:N_NAMED]
        )
        return f"is outside {where}; for its other features, {told}"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        return {
            "inside": self.inside,
            "distance": self.distance,
            "threshold": self.threshold,
            "deviations": self.deviations,
            "says": self.sentence(),
        }


class PoolGuard:
    """Judges whether recordings are like dishes.

    Parameters
    ----------
    coordinates : ndarray, shape (n, n_compared)
        Of `feature_space.COMPARED`; dishes that lack one are left out.
    seeds : ndarray of int, shape (n,)
        Hearings with the same seed are of one dish, and not compared with one another.

    Attributes
    ----------
    threshold : float
        Largest distance that is inside.

    Raises
    ------
    InputError
        If there are fewer than `FEWEST` dishes.
    """

    def __init__(self, coordinates: np.ndarray, seeds: np.ndarray):
        order = np.argsort(seeds, kind="stable")
        order = order[np.isfinite(coordinates[order]).all(axis=1)]
        seeds, points = seeds[order], coordinates[order]
        self._first = np.flatnonzero(np.diff(seeds, prepend=-1))  # hearing of each dish
        if len(self._first) < FEWEST:
            raise InputError(
                f"pool: found {len(self._first)} dishes that have all features; a guard needs"
                f" {FEWEST}"
            )
        self._centre, self._scale = points.mean(axis=0), points.std(axis=0)
        scaled = (points - self._centre) / self._scale
        self._precision = np.linalg.inv(_local_covariance(scaled[self._first]))
        root = np.linalg.cholesky(self._precision)
        self._root = root / _own_spread(root / self._scale[:, None])
        self._scaled, self._points = scaled, scaled @ self._root
        dish = np.searchsorted(self._first, np.arange(len(points)), side="right") - 1
        own = np.concatenate(
            [
                self._distances(
                    self._points[begin : begin + AT_ONCE], dish[begin : begin + AT_ONCE]
                )
                for begin in range(0, len(points), AT_ONCE)
            ]
        )
        self.threshold = float(np.quantile(own, 1 - FALSE_ALARMS))

    @classmethod
    def of(cls, pool: Pool) -> "PoolGuard":
        """Return the guard of a pool."""
        return cls(pool.coordinates, pool.seeds)

    @staticmethod
    def can_be_of(pool: Pool) -> bool:
        """Return whether a pool has dishes enough."""
        has_all = np.isfinite(pool.coordinates).all(axis=1)
        return len(np.unique(pool.seeds[has_all])) >= FEWEST

    def distances(self, coordinates: np.ndarray) -> np.ndarray:
        """Return mean distances to the nearest dishes, shape (n,)."""
        return self._distances((coordinates - self._centre) / self._scale @ self._root)

    def judge(self, features: Mapping[str, float], too_close: str = "") -> Likeness:
        """Judge a recording.

        Parameters
        ----------
        features : mapping of str to float
            Of as long a stretch as the dishes last.
        too_close : str
            From `misspecification.too_close`: what no dish can have, whatever its features.
        """
        if too_close:
            return Likeness(False, np.nan, self.threshold, {}, too_close=too_close)
        if missing := feature_space.missing(features, feature_space.COMPARED):
            return Likeness(False, np.nan, self.threshold, {}, tuple(missing))
        point = feature_space.coordinates([features])
        distance = float(self.distances(point)[0])
        return Likeness(distance <= self.threshold, distance, self.threshold, self._odd(point))

    def _distances(self, points: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
        """Return mean distances to the nearest dishes, of each dish the nearest hearing."""
        to_dishes = np.minimum.reduceat(cdist(points, self._points), self._first, axis=1)
        if own is not None:
            to_dishes[np.arange(len(points)), own] = np.inf
        return np.partition(to_dishes, N_NEAREST - 1, axis=1)[:, :N_NEAREST].mean(axis=1)

    def _odd(self, point: np.ndarray) -> dict[str, float]:
        scaled = (point[0] - self._centre) / self._scale
        to_all = cdist(scaled[None] @ self._root, self._points)[0]
        nearest = np.argsort(to_all, kind="stable")[:N_NEIGHBOURS]
        pull = self._precision @ (scaled - self._scaled[nearest].mean(axis=0))
        deviations = pull / np.sqrt(np.diag(self._precision))
        order = np.argsort(-np.abs(deviations))
        return {feature_space.COMPARED[i]: float(deviations[i]) for i in order}


def _own_spread(root: np.ndarray) -> float:
    """Return how far stretches of one published dish are from one another, median.

    Parameters
    ----------
    root : ndarray, shape (n_compared, n_compared)
        Takes coordinates to where distances are counted.
    """
    points = [feature_space.coordinates(dish.thirds) @ root for dish in published_dishes()]
    return float(np.nanmedian(np.concatenate([pdist(stretches) for stretches in points])))


def _local_covariance(scaled: np.ndarray) -> np.ndarray:
    """Return how dishes differ from their neighbours, averaged over neighbourhoods."""
    _, neighbours = cKDTree(scaled).query(scaled, N_NEIGHBOURS)
    groups = scaled[neighbours]
    off = groups - groups.mean(axis=1, keepdims=True)
    covariance = np.einsum("gni,gnj->ij", off, off) / (len(groups) * (N_NEIGHBOURS - 1))
    return covariance + LEAST_VARIANCE * np.eye(scaled.shape[1])
