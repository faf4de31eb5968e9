"""What changes in a culture: one wiring fitted to several recordings of it.

    fit_changes({"before": one, "after": other}, ["synapses.inhibitory.strength"])    -> Changes

Recordings are of one culture: at several ages, or before and after a drug. All of them are fitted
by one dish, with one seed and the same parameters but for those that may change. Dishes are
proposed by draws from what is known so far (`local_posterior`), moved towards their mean, and by
variations of the best ones.
A try runs the dish as it is at each recording, and hears all through the same electrodes. The best
few run on at the end: the one is chosen whose further stretches are nearest, and what is told is of
stretches after those. What changes is told with intervals, from the posterior.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spikinggrid.assays.assay import Trial
from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.changes_result import Changes
from spikinggrid.fitting.gathering import Dishes
from spikinggrid.fitting.joint_hearings import hear_all, mean_cost, points_of
from spikinggrid.fitting.local_posterior import JointPosterior, local_model
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.pool import Pool, shipped
from spikinggrid.fitting.proposals import foreseen, of_electrodes, rounded, vary
from spikinggrid.fitting.recorded_dish import RecordedDish, is_of_pool, prepared
from spikinggrid.fitting.simulation_store import Key, SimulationStore
from spikinggrid.fitting.twin import (
    CHANCE,
    FEWEST_SEARCHED,
    KEEP_WIRING,
    MINUTES,
    N_CANDIDATES,
    N_CHECKING,
    N_CHOOSING,
    PARENTS,
    SHARE_FINAL,
    STEP,
    hear_on,
)
from spikinggrid.parallel.client import ThisProcess, completed, connected, n_workers
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import Recording
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.progress import NO_PROGRESS, Progress
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: How often each try is heard, and share of tries that are drawn from the posterior.
N_HEARINGS, BY_POSTERIOR = 3, 0.6

#: The posterior is computed again after so many tries.
EVERY = 12

#: Dishes of the final.
N_FINALISTS = 3

#: Draws of the posterior that is told, and those to propose from.
N_DRAWS, N_PROPOSED = 2000, 50

N_STRETCHES = 1 + N_CHOOSING + N_CHECKING


def fit_changes(
    recordings: Mapping[str, Recording],
    may_change: Sequence[str],
    pool: Pool | None = None,
    *,
    minutes: float = MINUTES,
    path: str | os.PathLike | None = None,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    progress: Progress = NO_PROGRESS,
    clock: Callable[[], float] = time.monotonic,
) -> Changes:
    """Fit one culture to several recordings of it.

    Parameters
    ----------
    recordings : mapping of str to Recording
        By what to call each. Two or more, on the array of the pool and as long as its dishes; the
        first stretch of each is fitted. Changes are told from the first one.
    may_change : sequence of str
        Keys, or tables whose keys all may, such as "synapses.inhibitory.strength" or "noise".
    pool, minutes, path, restart, where, jobs, progress, clock
        As for `twin.fit_twin`.

    Raises
    ------
    RefusalError
        If a recording has no bursts or network spikes.
    InputError
        If there are fewer than two recordings, one is of another array or shorter than the dishes
        of the pool, a key does not vary, the file or the workers cannot be used, or all dishes
        fail.
    """
    pool = shipped() if pool is None else pool
    changing = changing_bounds(pool.space, may_change)
    if len(recordings) < 2:
        raise InputError(
            "--may-change: goes with two recordings or more of one culture, such as before.h5"
            " after.h5"
        )
    dishes = [_prepared(recording, pool) for recording in recordings.values()]
    identity = {
        "experiment": "changes",
        "parameters": parameter_files.dumps(pool.space.parameters),
        "bounds": [str(bound) for bound in pool.space.bounds],
        "may change": changing.tolist(),
        "aims": [
            [None if np.isnan(value) else value for value in dish.aim.target.tolist()]
            for dish in dishes
        ],
    }
    with (
        SimulationStore(path, identity, restart=restart) as store,
        connected(where, jobs) as client,
    ):
        progress.say(store.story)
        fit = _Fit(
            list(recordings), dishes, changing, pool, minutes, store, client, progress, clock
        )
        return fit.changes()


def short_names(paths: Sequence[str | os.PathLike]) -> list[str]:
    """Return what to call recordings in files: their names, numbered where these are the same."""
    stems = [Path(path).stem for path in paths]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{number}"
        for number, stem in enumerate(stems, 1)
    ]


def changing_bounds(space: ParameterSpace, may_change: Sequence[str]) -> np.ndarray:
    """Return which bounds keys and tables name, shape (n_bounds,).

    Raises
    ------
    InputError
        If one names nothing that varies, or electrodes, which are the same in all recordings.
    """
    keys = [bound.key for bound in space.bounds]
    free = ~of_electrodes(space)
    changing = np.zeros(len(keys), bool)
    for name in may_change:
        of_name = np.array([key == name or key.startswith(f"{name}.") for key in keys])
        if not (of_name & free).any():
            known = ", ".join(key for key, is_free in zip(keys, free, strict=True) if is_free)
            raise InputError(
                f"--may-change: found {quoted(name)}; right would be some of {known}, or their"
                " tables, such as synapses"
            )
        changing |= of_name & free
    if not changing.any():
        raise InputError(
            "--may-change: names nothing; right would be keys or tables, such as"
            " synapses.inhibitory.strength,noise"
        )
    return changing


def _prepared(recording: Recording, pool: Pool) -> RecordedDish:
    dish = prepared(recording, pool)
    if not is_of_pool(dish.space, dish.place, pool):
        span = pool.space.parameters.simulation.duration
        raise InputError(
            f"{recording.source}: {dish.span:g} s on {dish.place.text}; several recordings are"
            f" fitted together on the array and the length of the pool ({span:g} s): make one by"
            " spikinggrid pool --parameters, and give it by --pool"
        )
    return dish


class _Fit:
    """One fit under way."""

    def __init__(
        self,
        names: list[str],
        recorded: list[RecordedDish],
        changing: np.ndarray,
        pool: Pool,
        minutes: float,
        store: SimulationStore,
        client: "Client | ThisProcess",
        progress: Progress,
        clock: Callable[[], float],
    ):
        self.names, self.recorded = names, recorded
        self.changing, self.pool = changing, pool
        self.space, self.aims = pool.space, [dish.aim for dish in recorded]
        self.amounts = np.array([not key.endswith("_seed") for key in _keys(self.space)])
        self.budget, self.store, self.client, self.progress = 60 * minutes, store, client, progress
        self.earlier = store.seconds / n_workers(client)
        self.clock, self.began = clock, clock()
        progress.skip(min(self.earlier, self.budget))
        self.dishes = Dishes(self.space, pool.points, pool.seeds, pool.coordinates)
        self.tries: list[tuple[float, Key]] = []
        self.proposed_points: np.ndarray = np.empty((0, len(recorded), len(self.space.bounds)))

    @property
    def elapsed(self) -> float:
        return self.earlier + self.clock() - self.began

    def changes(self) -> Changes:
        for record in self.store:
            self.add([(record.key, record.trial)])
        self.search()
        return self.final()

    def search(self) -> None:
        """Propose, simulate and hear dishes until the time of the search is up."""
        first = 1 + max((record.key.number or 0 for record in self.store), default=0)

        def tasks() -> Iterator[tuple]:
            number = first
            while number < first + FEWEST_SEARCHED or self.elapsed < self.budget - self.reserved():
                yield self.space, self.proposed(number), N_HEARINGS, self.aims
                number += 1

        self.progress.describe("looks where all recordings are near")
        for _, (hearings, seconds) in completed(self.client, hear_all, tasks()):
            for place, (key, trial) in enumerate(hearings):
                self.store.add(key, trial, seconds if place == 0 else 0.0)
            self.add(hearings)
            if self.tries:
                self.progress.describe(f"distance {min(self.tries)[0]:.2f}")
            self.progress.to(min(self.elapsed, self.budget))

    def reserved(self) -> float:
        """Return how many seconds are kept for the final; the first try waits for the compiler."""
        seconds = [record.seconds for record in self.store if record.seconds]
        per_dish = float(np.median(seconds or [0.0])) / len(self.recorded)
        n_dishes = N_FINALISTS * len(self.recorded)
        rounds = -(-n_dishes // n_workers(self.client))
        return max(SHARE_FINAL * self.budget, rounds * N_STRETCHES * per_dish)

    def add(self, hearings: list[tuple[Key, Trial]]) -> None:
        """Learn from hearings of a try: each recording's dish, and how near all are."""
        for key, trial in hearings:
            if trial.failure:
                continue
            rows = [
                {name: trial.measured[f"{number}/{name}"] for name in COMPARED}
                for number in range(len(self.recorded))
            ]
            points = points_of(key, self.space)
            self.dishes.add(
                (Key(tuple(point.tolist()), key.seed), Trial(row))
                for point, row in zip(points, rows, strict=True)
            )
            self.tries.append((mean_cost(self.aims, rows), key))

    # --- proposals -----------------------------------------------------------------------

    def proposed(self, number: int) -> Key:
        """Return the try of a number, as it looks from what is known."""
        generator = random_generator(self.space.parameters.simulation.seed, "changes", number)
        new_seed = int(generator.integers(2**31))
        parent, seed = self.parent(generator)
        if not len(self.proposed_points) or number % EVERY == 0:
            posterior = self.posterior([dish.aim for dish in self.recorded])
            self.proposed_points = self.drawn(posterior, parent, N_PROPOSED, generator)
        candidates = np.array(
            [self.candidate(parent, generator) for _ in range(generator.choice(N_CANDIDATES))]
        )
        points = candidates[np.argmin(self.expected(candidates))]
        keeps = generator.random() < KEEP_WIRING
        return Key(tuple(rounded(points).ravel().tolist()), seed if keeps else new_seed, number)

    def candidate(self, parent: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return points between the mean of the posterior and a draw, or relatives of a parent."""
        if not self.tries or generator.random() < BY_POSTERIOR:
            drawn = self.proposed_points[generator.integers(len(self.proposed_points))]
            mean = self.proposed_points.mean(axis=0)
            points = mean + generator.random() * (drawn - mean)
            points[:, ~self.amounts] = parent[:, ~self.amounts]
        else:
            points = np.array([vary(self.space, p, generator, STEP, CHANCE) for p in parent])
        points[:, ~self.changing] = points[0, ~self.changing]
        return points

    def expected(self, candidates: np.ndarray) -> np.ndarray:
        """Return how far candidates are expected to be from all recordings, mean."""
        points, found = self.dishes.points, self.dishes.coordinates
        return np.mean(
            [
                foreseen(self.space, points, found, aim, candidates[:, place])
                for place, aim in enumerate(self.aims)
            ],
            axis=0,
        )

    def parent(self, generator: np.random.Generator) -> tuple[np.ndarray, int]:
        """Return points and seed of one of the best tries; of the pool before there are any."""
        if self.tries:
            best = sorted(self.tries)[: len(PARENTS)]
            key = best[_choice(len(best), generator)][1]
            return points_of(key, self.space), key.seed
        costs = self.aims[0].costs(self.dishes.coordinates)
        row = np.argsort(costs, kind="stable")[_choice(min(len(costs), len(PARENTS)), generator)]
        return np.tile(self.dishes.points[row], (len(self.aims), 1)), int(self.dishes.seeds[row])

    def posterior(self, aims: Sequence[Aim]) -> JointPosterior:
        """Return what the dishes so far say of the amounts, given the recordings."""
        points = self.dishes.points[:, self.amounts]
        models = [local_model(points, self.dishes.coordinates, aim) for aim in aims]
        return JointPosterior(models, self.changing[self.amounts])

    def drawn(
        self,
        posterior: JointPosterior,
        start: np.ndarray,
        n_draws: int,
        generator: np.random.Generator,
    ) -> np.ndarray:
        """Return points of a posterior, shape (n_draws, n_recordings, n_bounds)."""
        points = np.tile(start, (n_draws, 1, 1))
        points[..., self.amounts] = posterior.draw(start[:, self.amounts], n_draws, generator)
        return points

    # --- the final -----------------------------------------------------------------------

    def final(self) -> Changes:
        """Let the best dishes run on, choose one, and tell what it was not chosen by."""
        finalists = self.finalists()
        self.progress.describe(f"final of {len(finalists)} dishes")
        keys = [
            key._replace(point=tuple(point.tolist()))
            for key in finalists
            for point in points_of(key, self.space)
        ]
        rows: dict[int, list[dict[str, float]]] = {}
        tasks = [(self.space, None, [key], N_STRETCHES) for key in keys]
        for place, of_dish in completed(self.client, hear_on, tasks):
            if of_dish:  # it did not fail
                rows[place] = of_dish[0]
            self.progress.to(min(self.elapsed, self.budget))
        n = len(self.recorded)
        complete = [
            number
            for number in range(len(finalists))
            if all(number * n + place in rows for place in range(n))
        ]
        if not complete:
            raise InputError("the best dishes fail when they run on; give it more --minutes")
        stretches = {k: [rows[k * n + place] for place in range(n)] for k in complete}
        chosen = min(
            complete,
            key=lambda k: np.mean(
                [
                    aim.costs(coordinates(of_dish[: 1 + N_CHOOSING])).mean()
                    for aim, of_dish in zip(self.aims, stretches[k], strict=True)
                ]
            ),
        )
        points = points_of(finalists[chosen], self.space)
        generator = random_generator(finalists[chosen].seed, "posterior")
        posterior = self.posterior([dish.own for dish in self.recorded])
        return Changes(
            names=self.names,
            recorded=self.recorded,
            space=self.space,
            changing=self.changing,
            points=points,
            seed=finalists[chosen].seed,
            draws=self.drawn(posterior, points, N_DRAWS, generator),
            twins=[of_dish[0] for of_dish in stretches[chosen]],
            others=[of_dish[1 + N_CHOOSING :] for of_dish in stretches[chosen]],
            n_pool=len(self.pool),
            n_simulated=sum(bool(record.seconds) for record in self.store),
            seconds=self.elapsed,
        )

    def finalists(self) -> list[Key]:
        """Return the best hearing of each of the best tries."""
        best: dict[int | None, Key] = {}
        for _, key in sorted(self.tries):
            best.setdefault(key.number, key)
        if not best:
            raise InputError(
                "all dishes are silent, run away or do not burst in one recording or another; let"
                " more parameters change, or give it more --minutes"
            )
        return list(best.values())[:N_FINALISTS]


def _keys(space: ParameterSpace) -> list[str]:
    return [bound.key for bound in space.bounds]


def _choice(n: int, generator: np.random.Generator) -> int:
    chances = np.array(PARENTS[:n])
    return int(generator.choice(n, p=chances / chances.sum()))
