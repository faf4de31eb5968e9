"""Which parameters go with a recording, by the dishes of a pool that are nearest to it.

    around = PoolPrior(pool)                          what is possible: dishes of the pool, moved
    LocalPosterior(simulations).sample(features, n)   parameters under which a dish measures so
    check(posterior, numbers)                         whether its intervals are as wide as they say

Regression adjustment (Beaumont, Zhang & Balding 2002, doi:10.1093/genetics/162.4.2025): of the
dishes nearest to a recording, parameters are regressed on features, by which each dish is moved to
where its parameters would be, had it measured like the recording. Nothing is trained, so that any
number of recordings can be asked about, and dishes can be left out one by one.

Shares of bounds are turned into normal deviates, so that no probability is lost beyond the bounds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import chi2, norm

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.coverage import N_DRAWN, Coverage
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.prior import Prior, Simulations
from spikinggrid.fitting.proposals import names, vary
from spikinggrid.fitting.simulation_store import Key, Record
from spikinggrid.statistics import feature_space
from spikinggrid.statistics.feature_space import COMPARED
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: The regression is of so many dishes at most, the nearest, and needs so many at least.
N_NEAREST, FEWEST = 800, 100

#: How much less is believed of slopes than the dishes would say, features being scaled to one.
RIDGE = 0.1

#: A dish of the pool is moved by so much (a share of the bounds, standard deviation).
STEP = 0.1

#: Shares are kept so far from the bounds, where deviates are infinite.
EDGE = 1e-3

#: New dishes are drawn where this share of the posterior lies, so many tries for each at most.
REGION, TRIES = 0.99, 2000


class PoolPrior:
    """What is possible: parameters of some dish of a pool, each moved a little.

    A pool gathers where recordings are, and so does this: far from all of them, dishes are silent
    or run away, and say nothing.

    Parameters
    ----------
    pool : Pool

    Attributes
    ----------
    prior : Prior
        What varies: amounts alone, and no seed of electrodes.
    pooled : Simulations
        The dishes of the pool; hearings of one dish have one number.
    """

    def __init__(self, pool: Pool):
        amounts = ~names(pool.space)
        bounds = [bound for bound, is_one in zip(pool.space.bounds, amounts, strict=True) if is_one]
        self.prior = Prior(pool.space.parameters, tuple(bounds), SPONTANEOUS)
        _, numbers = np.unique(pool.seeds, return_inverse=True)
        points = pool.points[:, amounts]
        self.pooled = Simulations(
            self.prior, numbers, points, dict(pool.features), [""] * len(pool), 0.0
        )

    def draw(self, number: int) -> np.ndarray:
        """Return the point of a draw, shape (n_bounds,)."""
        seed = self.prior.parameters.simulation.seed
        generator = random_generator(seed, "around", number)
        point = self.pooled.points[generator.integers(len(self.pooled))]
        return vary(self.prior, point, generator, STEP, 1.0)

    def keys(self, region: "Region", n: int) -> list[Key]:
        """Return the first `n` draws within a region, of a wiring of their own each."""
        keys: list[Key] = []
        for number in range(n * TRIES):
            if len(keys) == n:
                break
            point = self.draw(number)
            if region.holds(point):
                seed = random_generator(number, "around").integers(2**31)
                keys.append(Key(tuple(point.tolist()), int(seed), number))
        return keys

    def with_new(self, records: Sequence[Record]) -> Simulations:
        """Return the dishes of the pool, and new ones that did not fail after them.

        The number of a new one is that of its draw, after those of the pool.
        """
        useful = [record for record in records if not record.trial.failure]
        pooled = self.pooled
        if not useful:
            return pooled
        return Simulations(
            self.prior,
            np.append(pooled.numbers, [self.number(record.key) for record in useful]),
            np.vstack([pooled.points, [record.key.point for record in useful]]),
            {
                name: np.append(pooled.features[name], [r.trial.measured[name] for r in useful])
                for name in COMPARED
            },
            [""] * (len(pooled) + len(useful)),
            sum(record.seconds for record in records),
        )

    def number(self, key: Key) -> int:
        """Return the number that a new dish has among `with_new`."""
        assert key.number is not None
        return int(self.pooled.numbers.max()) + 1 + key.number


@dataclass(frozen=True, eq=False)
class Region:
    """Where the most of a posterior lies: an ellipsoid of deviates."""

    centre: np.ndarray
    precision: np.ndarray

    def holds(self, point: np.ndarray) -> bool:
        """Return whether a point lies in it."""
        off = _deviates(point) - self.centre
        return float(off @ self.precision @ off) <= chi2.ppf(REGION, len(off))


@dataclass(frozen=True, eq=False)
class LocalPosterior:
    """What dishes tell.

    Attributes
    ----------
    simulations : Simulations
        Hearings of one dish have one number, and the nearest of them counts.
    """

    simulations: Simulations

    def sample(
        self, features: Mapping[str, float], n: int, left_out: int | None = None
    ) -> np.ndarray:
        """Draw points between the bounds from the posterior of a dish.

        Parameters
        ----------
        features : mapping of str to float
            Of the dish. What it lacks does not count.
        n : int
        left_out : int, optional
            Number of a dish not to learn from.

        Returns
        -------
        ndarray, shape (n, n_bounds)
            Shares of the bounds. The same features always give the same points.

        Raises
        ------
        InputError
            If there are too few dishes with these features.
        """
        deviates, weights = self._adjusted(features, left_out)
        seed = self.simulations.prior.parameters.simulation.seed
        generator = random_generator(seed, "local posterior")
        rows = generator.choice(len(deviates), n, p=weights / weights.sum())
        return norm.cdf(deviates[rows])

    def region(self, features: Mapping[str, float]) -> Region:
        """Return where most of the posterior of a dish lies.

        Raises
        ------
        InputError
            As `sample`.
        """
        deviates, weights = self._adjusted(features)
        centre = np.average(deviates, axis=0, weights=weights)
        covariance = np.cov(deviates, rowvar=False, aweights=weights)
        return Region(centre, np.linalg.inv(covariance))

    @cached_property
    def _usable(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coordinates, deviates and numbers of all dishes."""
        table = self.simulations.features
        columns = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        return (
            feature_space.coordinates(columns),
            _deviates(self.simulations.points),
            self.simulations.numbers,
        )

    def _adjusted(
        self, features: Mapping[str, float], left_out: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the deviates of the nearest dishes had they these features, and their weights."""
        points, deviates, numbers = self._usable
        aim = Aim.at(features)
        has = np.isfinite(aim.target)
        candidates = np.flatnonzero(np.isfinite(points[:, has]).all(axis=1) & (numbers != left_out))
        costs = aim.costs(points[candidates])
        order = np.argsort(costs, kind="stable")
        _, first = np.unique(numbers[candidates][order], return_index=True)
        nearest = np.sort(first)[:N_NEAREST]  # the nearest hearing of each dish
        if len(nearest) < FEWEST:
            raise InputError(
                f"--pool: {len(nearest)} of its dishes have all features of the recording, and"
                f" {FEWEST} are needed"
            )
        chosen, far = candidates[order[nearest]], costs[order[nearest]]
        weights = 1 - (far / (far[-1] * (1 + 1e-9))) ** 2
        x, y = points[chosen][:, has] - aim.target[has], deviates[chosen]
        x = x / np.sqrt(np.average((x - np.average(x, 0, weights)) ** 2, 0, weights))
        x = np.column_stack([np.ones(len(x)), x])
        ridge = RIDGE * weights.sum() * np.diag([0.0] + [1.0] * (x.shape[1] - 1))
        slopes = np.linalg.solve(x.T @ (weights[:, None] * x) + ridge, x.T @ (weights[:, None] * y))
        return y - x[:, 1:] @ slopes[1:], weights


def check(posterior: LocalPosterior, numbers: Sequence[int]) -> Coverage:
    """Compare posteriors of dishes, each without that dish, with their true parameters.

    Parameters
    ----------
    posterior : LocalPosterior
    numbers : sequence of int
        Of the dishes.
    """
    simulations = posterior.simulations
    rows = np.flatnonzero(np.isin(simulations.numbers, numbers))
    drawn = []
    for row in rows:
        features = {name: float(values[row]) for name, values in simulations.features.items()}
        drawn.append(posterior.sample(features, N_DRAWN, int(simulations.numbers[row])))
    table, truths = np.array(drawn), simulations.points[rows]
    return Coverage(
        [bound.key for bound in simulations.prior.bounds],
        truths,
        np.median(table, axis=1),
        np.mean(table < truths[:, None], axis=1),
        table.std(axis=1),
    )


def _deviates(points: np.ndarray) -> np.ndarray:
    return norm.ppf(np.clip(points, EDGE, 1 - EDGE))
