"""The twin of a dish: a simulated culture, one wiring and all, that measures like one recording.

    fit_twin(recording)    -> Twin

The search starts where the pool is nearest. Dishes are proposed in two ways: by a step towards the
recording that a linear model of the nearest dishes suggests (ridge Gauss-Newton), and by variations
of the best ones; of several proposals mostly the one is simulated that a smooth model expects
nearest (kriging). Three in four keep the wiring of the dish that they start from, which is part of
the answer. Each is heard in several ways. It ends when the time is up. The best few dishes then run
on: the twin is the one whose further stretches are nearest too, and what is told of it is of
stretches after those.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from spikinggrid.assays.assay import CultureError
from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.gathering import Dishes, Order, gather
from spikinggrid.fitting.hearings import heard, measured, run
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.pool import Pool, shipped
from spikinggrid.fitting.proposals import foreseen, gauss_newton, of_electrodes, vary
from spikinggrid.fitting.recorded_dish import RecordedDish, is_of_pool, prepared
from spikinggrid.fitting.simulation_store import Key, SimulationStore
from spikinggrid.fitting.twin_result import N_PUBLISHED, Twin
from spikinggrid.mea.array import Mea
from spikinggrid.parallel.client import ThisProcess, completed, connected, n_workers
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import NO_PROGRESS, Progress, about
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: How long to look unless told.
MINUTES = 10.0

#: Shares of the budget, at most: to simulate dishes of the pool again, and for the final.
SHARE_AGAIN, SHARE_FINAL = 0.25, 0.15

#: Dishes of the pool that are simulated again: at least and at most.
FEWEST_AGAIN, MOST_AGAIN = 5, 300

#: Dishes that are proposed, at least, and how often each dish is heard.
FEWEST_SEARCHED, N_HEARINGS = 3, 6

#: A dish starts from one of the nearest few, the nearest more often.
PARENTS = (0.35, 0.25, 0.16, 0.14, 0.1)

#: Share of dishes that keep the wiring of their parent, and of those that a linear model proposes.
KEEP_WIRING, BY_MODEL = 0.75, 0.5

#: How a relative varies: step, and chance of each parameter.
STEP, CHANCE = 0.05, 0.3

#: A dish is the most promising of so many proposals, each number as often as the others.
N_CANDIDATES = (1, 10, 100)

#: Dishes of the final, at least and at most, and hearings of each.
FEWEST_FINALISTS, MOST_FINALISTS, FINAL_HEARINGS = 2, 10, 3

#: Stretches after the fitted one by which the twin is chosen, and further ones by which it is told.
N_CHOOSING, N_CHECKING = 3, 3

#: Other wirings of the twin's parameters.
N_WIRINGS = 4

#: Stretches of dishes that are simulated to tell of the twin.
N_TOLD = 1 + N_CHOOSING + N_CHECKING + N_WIRINGS

#: Stretches that follow one another in the final, however many processors there are: of a finalist,
#: of the twin, and of its picture.
N_IN_ROW = (1 + N_CHOOSING) + (1 + N_CHOOSING + N_CHECKING) + 1


def fit_twin(
    recording: Recording,
    pool: Pool | None = None,
    *,
    minutes: float = MINUTES,
    path: str | os.PathLike | None = None,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    progress: Progress = NO_PROGRESS,
    clock: Callable[[], float] = time.monotonic,
) -> Twin:
    """Look for the twin of a recorded dish.

    Parameters
    ----------
    recording : Recording
        A minute at least; its first stretch, as long as the dishes of the pool, is fitted.
    pool : Pool, optional
        Where to start from; the one that comes with SpikingGrid unless given.
    minutes : float
        How long to look, those of earlier runs included.
    path : path-like, optional
        File that keeps every dish, and with which an interrupted fit goes on; see
        `simulation_store`.
    restart : bool
        Whether to start over, whatever the file holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. More find more in the same time.
    progress : Progress
        Of `60 * minutes` seconds; is told how near the best dish is.
    clock : callable
        Return a time, s.

    Raises
    ------
    RefusalError
        If the recording has no bursts or network spikes: there is nothing to fit.
    InputError
        If the recording is too short or its array unknown, the file or the workers cannot be used,
        or all dishes fail.
    """
    pool = shipped() if pool is None else pool
    task = prepared(recording, pool)
    with (
        SimulationStore(path, _identity(task), restart=restart) as store,
        connected(where, jobs) as client,
    ):
        progress.say(store.story)
        return _Fit(task, pool, minutes, store, client, progress, clock).twin()


def _identity(task: RecordedDish) -> dict:
    """Return all that a dish of this fit depends on but its point and seed, as JSON."""
    return {
        "experiment": "twin",
        "parameters": parameter_files.dumps(task.space.parameters),
        "bounds": [str(bound) for bound in task.space.bounds],
        "array": task.place.text,
        "aim": [None if np.isnan(value) else value for value in task.aim.target.tolist()],
    }


class _Fit:
    """One fit under way."""

    def __init__(
        self,
        task: RecordedDish,
        pool: Pool,
        minutes: float,
        store: SimulationStore,
        client: "Client | ThisProcess",
        progress: Progress,
        clock: Callable[[], float],
    ):
        self.task, self.pool, self.budget = task, pool, 60 * minutes
        self.store, self.client, self.progress = store, client, progress
        self.earlier = store.seconds / n_workers(client)
        self.clock, self.began = clock, clock()
        progress.skip(min(self.earlier, self.budget))
        self.dishes = Dishes.none(task.space)
        self.again: list[Key] = []
        self.ends: list[float] = []
        self.has_said_time = False

    @property
    def elapsed(self) -> float:
        """Seconds of the budget that are spent."""
        return self.earlier + self.clock() - self.began

    def twin(self) -> Twin:
        start = self.look_up()
        self.search()
        return self.final(start)

    # --- the pool ------------------------------------------------------------------------

    def look_up(self) -> np.ndarray:
        """Begin with the dishes of the pool, simulated again where they are of another array.

        Dishes that an earlier run kept come after them. Returns the nearest one of the pool.
        """
        task, pool = self.task, self.pool
        if is_of_pool(task.space, task.place, pool):
            self.dishes = Dishes(task.space, pool.points, pool.seeds, pool.coordinates)
            self.progress.say(f"looks up {len(pool):,} dishes of the pool")
        else:
            self.simulate_again()
        if not len(self.dishes):
            raise InputError(
                f"{task.recording.source}: no dish of the pool fires and bursts on"
                f" {task.place.text}; the first fails: {self.dishes.failure}"
            )
        start = self.nearest(self.dishes)
        again = {key[:2] for key in self.again}
        self.dishes.add(
            (record.key, record.trial) for record in self.store if record.key[:2] not in again
        )
        return start

    def simulate_again(self) -> None:
        """Simulate the nearest dishes of the pool through the array of the recording."""
        task, pool = self.task, self.pool
        rough = Aim(np.where(_of_array(), np.nan, task.aim.target), task.aim.sd)
        order = np.argsort(rough.costs(pool.coordinates), kind="stable")[:MOST_AGAIN]
        keys = [Key(tuple(pool.points[row].tolist()), int(pool.seeds[row])) for row in order]
        self.again = keys
        missing = self.store.missing(keys)
        began = self.elapsed

        def orders() -> Iterator[Order]:
            for number, key in enumerate(missing):
                spent = self.elapsed - began
                enough = len(keys) - len(missing) + number >= FEWEST_AGAIN
                if enough and spent > SHARE_AGAIN * self.budget:
                    return
                yield key, 1, None

        def done(hearings: list) -> None:
            if self.dish_seconds and not self.has_said_time:
                self.say_time()
            self.tick(hearings)

        if missing:
            limit = SHARE_AGAIN * self.budget
            what = about(len(missing), "dish")
            self.progress.say(
                f"{task.place.text}, {task.span:g} s: {what} of the pool, the nearest first, are"
                f" simulated again for it, {limit / 60:.3g} min at most"
            )
            self.progress.describe("simulating dishes of the pool again")
        gather(task.space, task.place.array, orders(), self.store, self.client, done)
        self.dishes.add((key, self.store[key]) for key in keys if key in self.store)

    def say_time(self) -> None:
        """Say how long a dish takes, and if the time is short, how long the fit takes at least."""
        n_dishes = FEWEST_AGAIN + FEWEST_SEARCHED
        least = n_dishes * self.dish_seconds / n_workers(self.client) + self.final_seconds
        short = (
            f"; the fit lasts {least / 60:.2g} min at least, so more --minutes would be better"
            if least > self.budget
            else ""
        )
        self.progress.say(f"a dish takes {self.dish_seconds:.2g} s{short}")
        self.has_said_time = True

    def tick(self, hearings: list) -> None:
        self.progress.to(min(self.elapsed, self.budget))

    # --- the search ----------------------------------------------------------------------

    def search(self) -> None:
        """Propose, simulate and hear dishes until the time of the search is up."""
        self.tell()
        self.ends = [self.elapsed]
        first = 1 + max((record.key.number or 0 for record in self.store), default=0)

        def orders() -> Iterator[Order]:
            number = first
            while number < first + FEWEST_SEARCHED or self.elapsed < self.budget - self.reserved():
                yield self.proposed(number), N_HEARINGS, self.task.aim
                number += 1

        def done(hearings: list) -> None:
            self.dishes.add(hearings)
            self.ends.append(self.elapsed)
            self.tell()
            self.tick(hearings)

        gather(self.task.space, self.task.place.array, orders(), self.store, self.client, done)

    @property
    def dish_seconds(self) -> float:
        """How long a dish of use took so far, median: the first one waits for the compiler."""
        seconds = [record.seconds for record in self.store if not record.trial.failure]
        return float(np.median([each for each in seconds if each] or [0.0]))

    @property
    def final_seconds(self) -> float:
        """How long the shortest final takes."""
        fewest = N_TOLD + FEWEST_FINALISTS * (1 + N_CHOOSING)
        return self.dish_seconds * max(fewest / n_workers(self.client), N_IN_ROW)

    def reserved(self) -> float:
        """Return how many seconds are kept for the final."""
        return max(SHARE_FINAL * self.budget, self.final_seconds)

    @property
    def per_dish(self) -> float:
        """Seconds from one dish to the next, median: the first one waits for the compiler."""
        return float(np.median(np.diff(self.ends))) if len(self.ends) > 1 else 0.0

    def proposed(self, number: int) -> Key:
        """Return the dish of a number, as it looks from what is known."""
        space, dishes, aim = self.task.space, self.dishes, self.task.aim
        generator = random_generator(space.parameters.simulation.seed, "twin", number)
        new_seed = int(generator.integers(2**31))
        chances = np.array(PARENTS[: len(dishes)])
        nearest = np.argsort(aim.costs(dishes.coordinates), kind="stable")[: len(chances)]
        parent = int(generator.choice(nearest, p=chances / chances.sum()))
        points, coordinates = dishes.points, dishes.coordinates
        candidates = np.array(
            [
                gauss_newton(space, points, coordinates, aim, parent, generator)
                if generator.random() < BY_MODEL
                else vary(space, points[parent], generator, STEP, CHANCE)
                for _ in range(generator.choice(N_CANDIDATES))
            ]
        )
        point = candidates[np.argmin(foreseen(space, points, coordinates, aim, candidates))]
        keeps = generator.random() < KEEP_WIRING
        seed = int(dishes.seeds[parent]) if keeps else new_seed
        return Key(tuple(point.tolist()), seed, number)

    def nearest(self, dishes: Dishes) -> np.ndarray:
        """Return the coordinates of the nearest dish."""
        return dishes.coordinates[np.argmin(self.task.aim.costs(dishes.coordinates))]

    def tell(self) -> None:
        """Show how near the best dish is."""
        best = self.nearest(self.dishes)
        n = Twin.count_within(self.task.own, best)
        distance = self.task.aim.distances(best)
        self.progress.describe(
            f"distance {distance:.2f}, {n} of {N_PUBLISHED} features within the dish's own spread"
        )

    # --- the final -----------------------------------------------------------------------

    def final(self, start: np.ndarray) -> Twin:
        """Let the best dishes run on, choose the twin, and measure what it was not chosen by."""
        task = self.task
        finalists = self.finalists()
        self.progress.describe(f"final of {len(finalists)} dishes")
        tasks = [(task.space, task.place.array, keys, 1 + N_CHOOSING) for keys in finalists]
        costs: dict[Key, float] = {}
        for place, rows in completed(self.client, hear_on, tasks):
            for key, stretches in zip(finalists[place], rows, strict=False):  # none if it failed
                costs[key] = float(np.mean(task.aim.costs(coordinates(stretches))))
            self.tick([])
        if not costs:
            raise InputError("the best dishes fail when they run on; give it more --minutes")
        return self.told(min(costs, key=lambda key: costs[key]), start)

    def finalists(self) -> list[list[Key]]:
        """Return the nearest hearings of each of the nearest dishes."""
        dishes, electrodes = self.dishes, of_electrodes(self.task.space)
        n = self.n_finalists()
        found: dict[tuple, list[Key]] = {}
        for row in np.argsort(self.task.aim.costs(dishes.coordinates), kind="stable"):
            point, seed = dishes.points[row], int(dishes.seeds[row])
            dish = (seed, *point[~electrodes].tolist())
            if dish not in found and len(found) == n:
                continue
            keys = found.setdefault(dish, [])
            if len(keys) < FINAL_HEARINGS:
                keys.append(Key(tuple(point.tolist()), seed))
            if len(found) == n and all(len(k) == FINAL_HEARINGS for k in found.values()):
                break
        return list(found.values())

    def n_finalists(self) -> int:
        """Return how many dishes there is time to let run on, and to measure the twin after it."""
        room = SHARE_FINAL * self.budget / max(self.per_dish, 1e-3)  # in dishes
        return int(np.clip((room - N_TOLD) / (1 + N_CHOOSING), FEWEST_FINALISTS, MOST_FINALISTS))

    def told(self, key: Key, start: np.ndarray) -> Twin:
        """Return the twin with what is measured of it."""
        task = self.task
        n_stretches = 1 + N_CHOOSING + N_CHECKING
        seeds = [
            int(random_generator(key.seed, "other wiring", n).integers(2**31))
            for n in range(N_WIRINGS)
        ]
        tasks = [(task.space, task.place.array, [key], n_stretches)]
        tasks += [(task.space, task.place.array, [key._replace(seed=s)], 1) for s in seeds]
        rows: dict[int, list[list[dict[str, float]]]] = {}
        for place, of_dish in completed(self.client, hear_on, tasks):
            rows[place] = of_dish
            self.tick([])
        stretches = rows[0][0]
        return Twin(
            dish=task,
            point=np.array(key.point),
            seed=key.seed,
            start=start,
            twin=stretches[0],
            others=stretches[1 + N_CHOOSING :],
            wirings=[rows[place][0][0] for place in range(1, len(tasks)) if rows[place]],
            dishes=self.dishes,
            n_pool=len(self.pool),
            n_simulated=len({(r.key.number, r.key.seed) for r in self.store}),
            n_heard=len(self.store),
            seconds=self.elapsed,
        )


def hear_on(
    space: ParameterSpace, array: Mea | None, keys: list[Key], n_stretches: int
) -> list[list[dict[str, float]]]:
    """Return the features of consecutive stretches of a dish, for each way in which it is heard.

    Parameters
    ----------
    space : ParameterSpace
    array : Mea or None
    keys : list of Key
        Of one dish, with other electrodes each.
    n_stretches : int

    Returns
    -------
    list of list of dict
        By key and stretch; empty if the dish fails.
    """
    try:
        dish = Dish(space.at(keys[0].point), keys[0].seed, array)
        stretches = [run(dish)]
        pieces = n_stretches - 1
        stretches += [[dish.run(dish.parameters.simulation.duration)] for _ in range(pieces)]
    except (CultureError, InputError):
        return []
    return [
        [measured(heard(dish, stretch, _with_seed(space, key))) for stretch in stretches]
        for key in keys
    ]


def _with_seed(space: ParameterSpace, key: Key) -> Parameters:
    return space.at(key.point).replace({"simulation.seed": key.seed})


def _of_array() -> np.ndarray:
    """Return which coordinates depend on how many electrodes there are, shape (n_compared,)."""
    return np.isin(COMPARED, ("n_electrodes", "n.s.peak", "num.n.s"))
