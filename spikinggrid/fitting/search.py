"""Fitting a culture to targets: a search that hands back a parameter file.

    fit(plan, "fitted.simulations.jsonl")    -> SearchResult

Candidates are points between the bounds of the parameters that vary. The covariance matrix
adaptation evolution strategy (CMA-ES, of the package `cma`) proposes some in each generation; every
one grows the same few cultures (common random numbers: the same seeds for all candidates), and
learns how far their features are from the targets. A linear model of the features of all candidates
so far proposes one more, which joins the next generation.

In the final, four points grow further cultures, so that no lucky draw is handed back: the one that
the nearer candidates together predict, the mean of the last generation, the model's last proposal,
and the best candidate. The first of them wins that is about as near as the nearest, since the
former average over many candidates and the last is one alone. The winner is measured on cultures
that took no part in the search. What each parameter moves is told by a linear model of all
candidates.
"""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spikinggrid.assays.assay import Trial
from spikinggrid.fitting import linear_models
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.simulation_store import Key, SimulationStore, expect, simulate
from spikinggrid.fitting.targets import FARTHEST, none_as_zero
from spikinggrid.parallel.client import ThisProcess, connected
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import NO_PROGRESS, Progress
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: Distances of one point on different cultures differ by about this.
SCATTER = 0.1


def fit(
    plan: SearchPlan,
    path: str | os.PathLike | None = None,
    *,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    progress: Progress = NO_PROGRESS,
) -> SearchResult:
    """Search for parameters whose cultures measure like the targets.

    Parameters
    ----------
    plan : SearchPlan
    path : path-like, optional
        File that keeps every culture, and with which an interrupted fit goes on to the result of
        an unbroken one; see `simulation_store`.
    restart : bool
        Whether to start over, whatever the file holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. The result does not depend on it.
    progress : Progress
        Counts cultures, of which there are `plan.n_simulated`.

    Raises
    ------
    InputError
        If the start lies outside the bounds, the assay has no use for the parameters, the file or
        the workers cannot be used, or all cultures that were found are silent or run away.
    """
    plan.targets.assay.check(plan.parameters)
    begin = plan.start
    with (
        SimulationStore(path, plan.identity(), restart=restart) as store,
        connected(where, jobs) as client,
    ):
        progress.say(store.story)
        return _Search(plan, store, client, progress).result(begin)


class _Search:
    """One fit under way."""

    def __init__(
        self,
        plan: SearchPlan,
        store: SimulationStore,
        client: "Client | ThisProcess",
        progress: Progress,
    ):
        self.plan, self.store, self.client, self.progress = plan, store, client, progress
        self.tried: list[np.ndarray] = []

    def result(self, begin: np.ndarray) -> SearchResult:
        plan = self.plan
        self.try_start(begin)
        finalists = self.search(begin)
        self.progress.describe("final")
        point, distance = self.winner(finalists)
        self.simulate([point], plan.check_seeds)
        fitted = self.report(point, plan.check_seeds)
        if fitted is None:
            raise InputError(
                "--vary: the best cultures of the search are silent or run away; widen the"
                " bounds, or start elsewhere"
            )
        return SearchResult(
            plan=plan,
            point=point,
            distance=distance,
            start=self.report(begin, plan.seeds),
            fitted=fitted,
            cultures=[trial.measured for trial in self.trials(point, plan.check_seeds)],
            sensitivity=self.sensitivity(),
            n_simulated=len(self.store),
            seconds=self.store.seconds,
        )

    def try_start(self, begin: np.ndarray) -> None:
        """Simulate the start; say what is wrong with it, and how long all others will take."""
        seeds = self.plan.seeds
        self.simulate([begin], seeds)
        failures = [trial.failure for trial in self.trials(begin, seeds) if trial.failure]
        if failures:
            self.progress.say(
                f"where the search starts, {len(failures)} of {len(seeds)} cultures are of no use:"
                f" {failures[0]}"
            )
        expect(self.store, self.plan.n_simulated - len(self.store), self.client, self.progress)

    def search(self, begin: np.ndarray) -> list[np.ndarray]:
        """Search all generations; return points for the final, the most trusted ones first."""
        import cma

        seed = self.plan.parameters.simulation.seed
        draw = random_generator(seed, "search").standard_normal
        strategy = cma.CMAEvolutionStrategy(
            begin,
            self.plan.step,
            {
                "bounds": [0, 1],
                "popsize": self.plan.population,
                "randn": lambda *shape: draw(shape),
                "seed": np.nan,  # is for NumPy's global generator
                "verbose": -9,
            },
        )
        distances: list[float] = []
        for generation in range(1, self.plan.generations + 1):
            self.describe(generation, distances)
            points = strategy.ask()
            new_distances = self.distances(points, self.plan.seeds)
            strategy.tell(points, new_distances)
            self.tried += points
            distances += new_distances
            order = np.argsort(distances, kind="stable")
            near = order[: (len(order) + 1) // 2]
            proposed = linear_models.proposal(
                *self.points_and_deviations(range(len(self.tried))),
                np.array([self.tried[number] for number in near]),
                random_generator(seed, "model", generation),
            )
            if proposed is not None:
                strategy.inject([proposed], force=True)  # is in the next generation
        predicted = linear_models.prediction(*self.points_and_deviations(near))
        mean = np.clip(strategy.result.xfavorite, 0, 1)
        finalists = [predicted, mean, proposed, self.tried[order[0]]]
        return [point for point in finalists if point is not None]

    def describe(self, generation: int, distances: Sequence[float]) -> None:
        best = f", best distance {min(distances):.3f}" if distances else ""
        self.progress.describe(f"generation {generation}/{self.plan.generations}{best}")

    def points_and_deviations(self, numbers: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return candidates of these numbers whose cultures did not fail, and their deviations."""
        plan = self.plan
        points, deviations = [], []
        for number in numbers:
            values = self.features(self.tried[number], plan.seeds)
            if values is not None:
                points.append(self.tried[number])
                deviations.append(list(plan.targets.deviations(values).values()))
        z = np.reshape(deviations, (len(points), len(plan.targets.features)))
        return np.reshape(points, (len(points), len(plan.bounds))), np.clip(z, -FARTHEST, FARTHEST)

    def winner(self, finalists: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
        """Return the first that is farther than the nearest by no more than `SCATTER`.

        And its distance, on the cultures of the search and as many more.
        """
        distances = self.distances(finalists, [*self.plan.seeds, *self.plan.final_seeds])
        first = int(np.argmax(np.array(distances) <= min(distances) + SCATTER))
        return finalists[first], distances[first]

    def sensitivity(self) -> dict[str, dict[str, float]]:
        """Return, by key and feature, the spreads by which a tenth of the range moves it.

        Empty with too few candidates to tell.
        """
        slopes = linear_models.moved_by(*self.points_and_deviations(range(len(self.tried))))
        if slopes is None:
            return {}
        return {
            bound.key: dict(zip(self.plan.targets.features, (0.1 * slope).tolist(), strict=True))
            for bound, slope in zip(self.plan.bounds, slopes, strict=True)
        }

    def distances(self, points: Sequence[np.ndarray], seeds: Sequence[int]) -> list[float]:
        """Return how far each point is from the targets; one that fails is the farther."""
        self.simulate(points, seeds)
        return [self.distance(point, seeds) for point in points]

    def distance(self, point: np.ndarray, seeds: Sequence[int]) -> float:
        values = self.features(point, seeds)
        if values is None:
            survived = [trial.survived for trial in self.trials(point, seeds)]
            return float(FARTHEST * (2 - np.mean(survived)))
        return self.plan.targets.distance(values)

    def features(self, point: np.ndarray, seeds: Sequence[int]) -> dict[str, float] | None:
        """Return the features of the cultures at a point together; None where one failed.

        What a culture does not have counts as 0.
        """
        trials = self.trials(point, seeds)
        if any(trial.failure for trial in trials):
            return None
        measured = [
            {
                name: none_as_zero(value) if isinstance(value, float) else value
                for name, value in trial.measured.items()
            }
            for trial in trials
        ]
        return self.plan.targets.assay.summarise(measured)

    def report(self, point: np.ndarray, seeds: Sequence[int]) -> dict[str, float] | None:
        """Return the same over the cultures that have a feature; NaN where none has."""
        trials = self.trials(point, seeds)
        if any(trial.failure for trial in trials):
            return None
        return self.plan.targets.assay.summarise([trial.measured for trial in trials])

    def trials(self, point: np.ndarray, seeds: Sequence[int]) -> list[Trial]:
        return [self.store[key] for key in _keys([point], seeds)]

    def simulate(self, points: Sequence[np.ndarray], seeds: Sequence[int]) -> None:
        """Grow the cultures of each point with all seeds, but for those in the store."""
        keys = _keys(points, seeds)
        missing = self.store.missing(keys)
        self.progress.skip(len(keys) - len(missing))
        assay = self.plan.targets.assay
        simulate(self.store, missing, assay, self.plan.at, self.client, self.progress)


def _keys(points: Sequence[np.ndarray], seeds: Sequence[int]) -> list[Key]:
    return [Key(tuple(point.tolist()), seed) for point in points for seed in seeds]
