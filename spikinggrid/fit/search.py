"""Fitting a culture to targets: a search that hands back a parameter file.

    fit(plan, "fitted.run.jsonl")    -> Outcome

Candidates are points between the bounds of the parameters that vary. The covariance matrix
adaptation evolution strategy (CMA-ES, of the package `cma`) proposes some in each generation; every
one grows the same few cultures (common random numbers: the same seeds for all candidates), and
learns how far their features are from the targets. A linear model of the features of all candidates
so far proposes one more, which joins the next generation.

In the final, four points grow further cultures, so that no lucky draw is handed back: the one that
the nearer candidates together predict, the mean of the last generation, the model's last proposal,
and the best candidate. The first of them wins that is about as near as the nearest, since the former
average over many candidates and the last is one alone. The winner is measured on cultures that took
no part in the search. What each parameter moves is told by a linear model of all candidates.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikinggrid.assays.assay import Assay, Trial
from spikinggrid.fit import linear_models as candidate_models
from spikinggrid.fit import parameter_space as bounds
from spikinggrid.fit import targets
from spikinggrid.fit.parameter_space import Bound
from spikinggrid.fit.run_files import RunFile
from spikinggrid.fit.targets import FARTHEST, Targets, none_as_zero
from spikinggrid.parallel import client as cluster
from spikinggrid.parameters.files import dumps
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: Distances of one point on different cultures differ by about this.
SCATTER = 0.1

#: Points in the final.
N_FINALISTS = 4


@dataclass(frozen=True)
class Plan:
    """What is fitted, and how.

    Attributes
    ----------
    parameters : Parameters
        Where the search starts, and everything that does not vary.
    targets : Targets
    bounds : tuple of Bound
        What varies.
    generations, population : int
        Number of generations, and of candidates in each.
    step : float
        Standard deviation of the first candidates about the start, as a share of the range.
    n_cultures : int
        Cultures that each candidate grows.
    n_checks : int
        Cultures that the winner is measured on in the end.
    """

    parameters: Parameters
    targets: Targets
    bounds: tuple[Bound, ...]
    generations: int = 30
    population: int = 12
    step: float = 0.2
    n_cultures: int = 2
    n_checks: int = 5

    @property
    def seeds(self) -> range:
        """Seeds of the cultures that each candidate grows."""
        first = self.parameters.simulation.seed
        return range(first, first + self.n_cultures)

    @property
    def final_seeds(self) -> range:
        """Those that the finalists grow besides."""
        return range(self.seeds.stop, self.seeds.stop + self.n_cultures)

    @property
    def check_seeds(self) -> range:
        """Those that the winner is measured on, which took no part in the search."""
        return range(self.final_seeds.stop, self.final_seeds.stop + self.n_checks)

    @property
    def n_trials(self) -> int:
        """Trials of the whole fit: start, search, finals and check."""
        searched = 1 + self.generations * self.population
        return (searched + 2 * N_FINALISTS) * self.n_cultures + self.n_checks

    def identity(self) -> dict:
        """All that a trial, and which candidates are tried, depends on; as JSON."""
        return {
            "parameters": dumps(self.parameters),
            "targets": targets.dumps(self.targets),
            "bounds": [str(bound) for bound in self.bounds],
            "population": self.population,
            "step": self.step,
            "cultures": self.n_cultures,
        }


@dataclass(frozen=True)
class Outcome:
    """What a fit hands back.

    Attributes
    ----------
    parameters : Parameters
        The winner.
    point : ndarray, shape (n_bounds,)
        Where it lies between the bounds.
    distance : float
        From the targets, on the cultures of the search.
    start, checked : dict of float
        Features of the start on the cultures of the search, and of the winner on the cultures
        that took no part in it.
    per_culture : list of dict
        What was measured of the winner on each of the latter; see `Trial.measured`.
    sensitivity : dict of dict
        By key and feature, how many spreads of the feature a tenth of the range of the parameter
        moves it by.
    n_trials : int
        Trials in the run file.
    seconds : float
        What they took, one after the other.
    """

    parameters: Parameters
    point: np.ndarray
    distance: float
    start: dict[str, float] | None
    checked: dict[str, float] | None
    per_culture: list[dict[str, float]]
    sensitivity: dict[str, dict[str, float]]
    n_trials: int
    seconds: float


#: Is told after each trial: the generation (0 when all are done), best distance, trials done.
Progress = Callable[[int, float, int], None]


def fit(
    plan: Plan,
    run_file: str | os.PathLike,
    *,
    resume: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    progress: Progress = lambda generation, best, done: None,
) -> Outcome:
    """Search for parameters whose cultures measure like the targets.

    Parameters
    ----------
    plan : Plan
    run_file : path-like
        Every trial is appended to it; see `run_files`.
    resume : bool
        Go on with the trials in the run file. The outcome is that of an unbroken run.
    where, jobs : optional
        Who does the work; see `cluster.connected`. The outcome does not depend on it.
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    InputError
        If the start lies outside the bounds, the assay has no use for the parameters, the run
        file cannot be used, or the workers cannot.
    """
    plan.targets.assay.check(plan.parameters)
    begin = bounds.start(plan.parameters, plan.bounds)
    kept = RunFile(run_file, plan.identity(), resume)
    try:
        with cluster.connected(where, jobs) as client:
            return _Search(plan, kept, client, progress).outcome(begin)
    finally:
        kept.close()


class _Search:
    """One fit under way."""

    def __init__(self, plan: Plan, kept: RunFile, client: "Client", progress: Progress):
        self.plan, self.kept, self.client, self.progress = plan, kept, client, progress
        self.generation, self.best, self.done = 0, np.inf, 0
        self.tried: list[np.ndarray] = []

    def outcome(self, begin: np.ndarray) -> Outcome:
        plan = self.plan
        finalists = self.search(begin)
        self.generation = 0
        point, distance = self.winner(finalists)
        self.do([point], plan.check_seeds)
        self.do([begin], plan.seeds)
        return Outcome(
            parameters=bounds.moved(plan.parameters, plan.bounds, point),
            point=point,
            distance=distance,
            start=self.reported(begin, plan.seeds),
            checked=self.reported(point, plan.check_seeds),
            per_culture=[self.kept.get(point, seed).measured for seed in plan.check_seeds],
            sensitivity=self.sensitivity(),
            n_trials=len(self.kept),
            seconds=self.kept.n_seconds,
        )

    def search(self, begin: np.ndarray) -> list[np.ndarray]:
        """Search all generations; the points for the final, the most trusted ones first."""
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
        distances = []
        for generation in range(1, self.plan.generations + 1):
            self.generation = generation
            points = strategy.ask()
            found = self.distances(points, self.plan.seeds)
            strategy.tell(points, found)
            self.tried += points
            distances += found
            order = np.argsort(distances, kind="stable")
            near = order[: (len(order) + 1) // 2]
            proposed = candidate_models.proposal(
                *self.points_and_deviations(range(len(self.tried))),
                np.array([self.tried[number] for number in near]),
                random_generator(seed, "model", generation),
            )
            if proposed is not None:
                strategy.inject([proposed], force=True)  # is in the next generation
        predicted = candidate_models.prediction(*self.points_and_deviations(near))
        mean = np.clip(strategy.result.xfavorite, 0, 1)
        finalists = [predicted, mean, proposed, self.tried[order[0]]]
        return [point for point in finalists if point is not None]

    def points_and_deviations(self, numbers: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Candidates of these numbers whose cultures did not fail, and how far off they are."""
        plan = self.plan
        tried = [self.tried[number] for number in numbers]
        pairs = zip(tried, self.measured(tried, plan.seeds), strict=True)
        alive = [(point, values) for point, values in pairs if values is not None]
        z = [list(plan.targets.deviations(values).values()) for _, values in alive]
        z = np.reshape(z, (len(alive), len(plan.targets.features)))
        points = np.reshape([point for point, _ in alive], (len(alive), len(plan.bounds)))
        return points, np.clip(z, -FARTHEST, FARTHEST)

    def winner(self, finalists: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
        """The first that is not farther than the nearest by more than `SCATTER`; its distance.

        On the cultures of the search and as many more.
        """
        distances = self.distances(finalists, [*self.plan.seeds, *self.plan.final_seeds])
        first = int(np.argmax(np.array(distances) <= min(distances) + SCATTER))
        return finalists[first], distances[first]

    def sensitivity(self) -> dict[str, dict[str, float]]:
        """By key and feature, the spreads by which a tenth of a parameter's range moves it.

        Empty where there are too few candidates to tell.
        """
        slopes = candidate_models.moved_by(*self.points_and_deviations(range(len(self.tried))))
        if slopes is None:
            return {}
        return {
            bound.key: dict(zip(self.plan.targets.features, (0.1 * slope).tolist(), strict=True))
            for bound, slope in zip(self.plan.bounds, slopes, strict=True)
        }

    def distances(self, points: Sequence[np.ndarray], seeds: Sequence[int]) -> list[float]:
        """How far each point is from the targets; one that fails is farther than any other."""
        self.do(points, seeds)
        return [self.distance(point, seeds) for point in points]

    def distance(self, point: np.ndarray, seeds: Sequence[int]) -> float:
        done = [self.kept.get(point, seed) for seed in seeds]
        if any(trial.failure for trial in done):
            return float(FARTHEST * (2 - np.mean([trial.survived for trial in done])))
        return self.plan.targets.distance(self.summary(done))

    def measured(
        self, points: Sequence[np.ndarray], seeds: Sequence[int]
    ) -> list[dict[str, float] | None]:
        """Features of each point that was on trial; None where a culture failed."""
        found = []
        for point in points:
            done = [self.kept.get(point, seed) for seed in seeds]
            found.append(None if any(t.failure for t in done) else self.summary(done))
        return found

    def summary(self, done: Sequence[Trial]) -> dict[str, float]:
        """Features of cultures together; what one of them does not have counts as 0."""
        measured = [
            {name: none_as_zero(v) if isinstance(v, float) else v for name, v in t.measured.items()}
            for t in done
        ]
        return self.plan.targets.assay.summarise(measured)

    def reported(self, point: np.ndarray, seeds: Sequence[int]) -> dict[str, float] | None:
        """Features of a point over the cultures that have them; None where a culture failed."""
        done = [self.kept.get(point, seed) for seed in seeds]
        if any(trial.failure for trial in done):
            return None
        return self.plan.targets.assay.summarise([trial.measured for trial in done])

    def do(self, points: Sequence[np.ndarray], seeds: Sequence[int]) -> None:
        """Put points on trial, each with all seeds, but for the trials that were done before."""
        plan = self.plan
        waiting = []
        for point in points:
            for seed in seeds:
                if self.kept.get(point, seed) is None:
                    waiting.append((point, seed))
                else:
                    self.tell(point, seeds)
        if not waiting:
            return
        tasks = [(plan.targets.assay, plan.parameters, plan.bounds, *each) for each in waiting]
        for place, found in cluster.completed(self.client, _try, tasks):
            point, seed = waiting[place]
            self.kept.add(point, seed, *found)
            self.tell(point, seeds)

    def tell(self, point: np.ndarray, seeds: Sequence[int]) -> None:
        """Report a trial; the best distance is that of the search."""
        self.done += 1
        if self.generation and all(self.kept.get(point, seed) for seed in seeds):
            self.best = min(self.best, self.distance(point, seeds))
        self.progress(self.generation, self.best, self.done)


def _try(
    assay: Assay, parameters: Parameters, varied: Sequence[Bound], point: np.ndarray, seed: int
) -> tuple[Trial, float]:
    """A trial and how many seconds it took."""
    begin = time.perf_counter()
    try:
        candidate = bounds.moved(parameters, varied, point)
    except InputError as error:  # keys that contradict one another at this point
        return Trial(failure=str(error), survived=0.0), time.perf_counter() - begin
    return assay.run(candidate, seed), time.perf_counter() - begin
