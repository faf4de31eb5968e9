#!/usr/bin/env python3
"""Does CMA-ES find twins that the search of `spikinggrid fit RECORDING` does not, or the reverse?

Takes the first dishes that `scripts/twin.py` has simulated for each recording (its folder keeps
them), and lets CMA-ES simulate as many, from the same nearest dish of the pool, whose wiring it
keeps. Each dish is heard as often. Of both the nearest few dishes run on, and how far their further
stretches are from the recording is told, by which neither search had chosen.

    scripts/compare_twin_searches.py twins RECORDING.h5 ... --pool without.h5 --dishes 60
"""

import argparse
import sys
from pathlib import Path

import cma
import numpy as np
import results

from spikinggrid.fitting import pool as pools
from spikinggrid.fitting.hearings import hear
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.proposals import names, rounded
from spikinggrid.fitting.recorded_dish import RecordedDish, prepared
from spikinggrid.fitting.simulation_store import Key, Record, SimulationStore
from spikinggrid.fitting.simulation_store import read as read_store
from spikinggrid.fitting.twin import N_HEARINGS, hear_on
from spikinggrid.recordings import read
from spikinggrid.statistics.feature_space import coordinates
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.randomness import random_generator

#: Candidates of a generation, and how far the first spread (shares of the bounds).
POPULATION, STEP = 10, 0.08

#: A dish that fails is as far as this.
FAILED = 10.0

#: Dishes that run on, and stretches after the first by which they are told.
N_BEST, N_STRETCHES = 3, 3

COLUMNS = (
    *("recording", "start", "Gauss-Newton: cost", "other stretches"),
    *("CMA-ES: cost", "other stretches"),
)


def main() -> None:
    """Search, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="of scripts/twin.py")
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--dishes", type=int, default=60, help="of each search (default 60)")
    results.add_argument(parser)
    arguments = parser.parse_args()
    pool = pools.read(arguments.pool)
    rows, told = [], []
    for path in arguments.recordings:
        task = prepared(read(path), pool)
        stem = arguments.folder / path.stem
        _, kept = read_store(stem.with_suffix(".simulations.jsonl"))
        numbers = list(dict.fromkeys(record.key.number for record in kept))[: arguments.dishes]
        own = [record for record in kept if record.key.number in numbers]
        other = by_cma(task, pool, arguments.dishes, stem.with_suffix(".cma.jsonl"))
        start = float(task.aim.costs(pool.coordinates).min())
        pair = [_told(task, records) for records in (own, other)]
        told.append(pair)
        rows.append([path.stem, f"{start:.2f}", *(f"{x:.2f}" for two in pair for x in two)])
        print(*rows[-1], file=sys.stderr)
    costs, stretches = np.array(told).transpose(2, 0, 1)
    (cost, cost_cma), (off, off_cma) = np.median(costs, axis=0), np.median(stretches, axis=0)
    notes = (
        f"{arguments.dishes} dishes of each search, heard {N_HEARINGS} times each. Cost: distance"
        " of the nearest hearing in the stretch that was fitted, with a slope for what is very far;"
        f" other stretches: median distance of {N_STRETCHES} further stretches, of that of the"
        f" {N_BEST} nearest dishes where it is least. Medians: Gauss-Newton"
        f" {cost:.2f} and {off:.2f}, CMA-ES {cost_cma:.2f} and {off_cma:.2f}; nearer on other"
        " stretches: Gauss-Newton for"
        f" {np.sum(stretches[:, 0] < stretches[:, 1])} of {len(rows)}."
    )
    results.show(results.Table("Two searches for twins", COLUMNS, rows, notes), arguments.json)


def by_cma(task: RecordedDish, pool: Pool, n: int, path: Path) -> list[Record]:
    """Return what CMA-ES heard of `n` dishes; those of an earlier run are kept in a file."""
    nearest = int(np.argmin(task.aim.costs(pool.coordinates)))
    start, seed = pool.points[nearest], int(pool.seeds[nearest])
    amounts = ~names(task.space)
    draw = random_generator(0, "cma").standard_normal
    strategy = cma.CMAEvolutionStrategy(
        start[amounts],
        STEP,
        {
            "bounds": [0, 1],
            "popsize": POPULATION,
            "randn": lambda *shape: draw(shape),
            "seed": np.nan,
            "verbose": -9,
        },
    )
    with SimulationStore(path, {"experiment": "cma", "dishes": n}) as store:
        kept: dict[int, list[Record]] = {}
        for record in store:
            kept.setdefault(record.key.number or 0, []).append(record)
        for generation in range(n // POPULATION):
            candidates = strategy.ask()
            costs = []
            for place, candidate in enumerate(candidates):
                number = 1 + generation * POPULATION + place
                if number not in kept:
                    point = start.copy()
                    point[amounts] = candidate
                    key = Key(tuple(rounded(point).tolist()), seed, number)
                    hearings, seconds = hear(task.space, None, key, N_HEARINGS, task.aim)
                    for heard, trial in hearings:
                        store.add(heard, trial, seconds)
                    kept[number] = [Record(heard, trial, seconds) for heard, trial in hearings]
                costs.append(min(_cost(task, record) for record in kept[number]))
            strategy.tell(candidates, costs)
    return [record for records in kept.values() for record in records]


def _cost(task: RecordedDish, record: Record) -> float:
    if record.trial.failure:
        return FAILED
    return float(task.aim.costs(coordinates([record.trial.measured]))[0])


def _told(task: RecordedDish, records: list[Record]) -> tuple[float, float]:
    """Return the cost of the nearest hearing, and the distance of further stretches."""
    best: dict[int | None, tuple[float, Key]] = {}
    for record in records:
        cost = _cost(task, record)
        if cost < best.get(record.key.number, (np.inf,))[0]:
            best[record.key.number] = cost, record.key
    order = sorted(best.values())[:N_BEST]
    distances = []
    for _, key in order:
        for stretches in hear_on(task.space, task.place.array, [key], 1 + N_STRETCHES):
            distances.append(np.median(task.aim.distances(coordinates(stretches[1:]))))
    return order[0][0], float(min(distances, default=np.nan))


if __name__ == "__main__":
    sys.exit(exit_code(main))
