#!/usr/bin/env python3
"""Does the twin of a dish keep to its budget on other arrays, and is it any good there?

Records one simulated dish on 60 electrodes, on a high-density array, and for 120 s on the usual
array, and fits each recording as `spikinggrid fit RECORDING` does. The dish is the one of the
pool that is nearest to a published recording, with another seed; the pool is without it.

    scripts/twin_arrays.py --minutes 3 --json twin_arrays.json
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import results

from spikinggrid.cli.options import add_workers, positive
from spikinggrid.fitting.pool import Pool, shipped
from spikinggrid.fitting.pool_making import published_aims
from spikinggrid.fitting.proposals import of_electrodes
from spikinggrid.fitting.simulation_store import read as read_store
from spikinggrid.fitting.twin import MINUTES, fit_twin
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

SEED = 77

#: Density of neurons, and of clumps, stays as it is.
HIGH_DENSITY = (4.05e-3, 2.3e-3)

COLUMNS = (
    *("recording", "a dish (s)", "pool dishes again", "tried", "budget (min)", "took (min)"),
    *("itself", "start", "other stretches", "within: itself", "other stretches", "good twin?"),
)


def main() -> None:
    """Fit the recordings and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=positive, default=MINUTES, help="for each (default 10)")
    results.add_clock(parser)
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    pool = shipped()
    pool, dish = dish_of_pool(pool, order_of_dishes(pool)[0], SEED)
    rows = [
        _row(name, dish.replace(changes), pool, arguments)
        for name, changes in _recordings(dish).items()
    ]
    results.show(results.Table("Twins on other arrays", COLUMNS, rows), arguments.json)


def order_of_dishes(pool: Pool) -> list[int]:
    """Return the rows of a pool, those first that are nearest to any published recording."""
    costs = np.array([aim.costs(pool.coordinates) for aim in published_aims(pool.space).values()])
    return np.argsort(costs.min(axis=0), kind="stable").tolist()


def dish_of_pool(pool: Pool, row: int, seed: int) -> tuple[Pool, Parameters]:
    """Take a dish out of a pool; return the others, and its parameters with another seed."""
    culture = ~of_electrodes(pool.space)
    others = (pool.points[:, culture] != pool.points[row, culture]).any(axis=1)
    features = {name: column[others] for name, column in pool.features.items()}
    rest = replace(pool, points=pool.points[others], seeds=pool.seeds[others], features=features)
    return rest, pool.space.at(pool.points[row]).replace({"simulation.seed": seed})


def _recordings(dish: Parameters) -> dict[str, dict[str, object]]:
    """Return by name what is otherwise with each recording."""
    width, height = HIGH_DENSITY
    growth = width * height / (dish.culture.width * dish.culture.height)
    return {
        "60 electrodes": {"mea.layout": "6x10-200um", "culture.width": 2e-3},
        "high density": {
            "mea.layout": "hd-26400",
            "mea.n_recorded": 1024,
            "culture.width": width,
            "culture.height": height,
            "culture.n_neurons": round(dish.culture.n_neurons * growth),
            "culture.n_clumps": round((dish.culture.n_clumps or 0) * growth),
        },
        "120 s": {"simulation.duration": 120.0},
    }


def _row(name: str, dish: Parameters, pool: Pool, arguments: argparse.Namespace) -> list:
    print(name, file=sys.stderr)
    duration = dish.simulation.duration
    is_short = duration < pool.space.parameters.simulation.duration
    recording = Dish(dish).record(duration if is_short else 3 * duration)
    clock = results.clock(arguments)
    begin = clock()
    with (
        Progress(60 * arguments.minutes, "s") as progress,
        tempfile.TemporaryDirectory() as folder,
    ):
        store = Path(folder) / "twin.simulations.jsonl"
        twin = fit_twin(
            recording,
            pool,
            minutes=arguments.minutes,
            path=store,
            where=arguments.cluster,
            jobs=arguments.jobs,
            progress=progress,
            clock=clock,
        )
        _, records = read_store(store)
    took = (clock() - begin) / 60
    seconds = np.array([record.seconds for record in records if record.seconds])
    n_again = sum(record.key.number is None for record in records)
    told = twin.as_dict()
    distances, within = told["distance"], told["within"]
    return [
        f"{name}: {twin.dish.place.text}, {twin.dish.span:g} s",
        f"{seconds.mean():.2g}",
        n_again,
        len(seconds) - n_again,
        f"{arguments.minutes:g}",
        f"{took:.2f}",
        *(_text(distances[kind], ".2f") for kind in ("itself", "start", "others")),
        *(_text(within[kind], "g") for kind in ("itself", "others")),
        "yes" if twin.is_good else "no",
    ]


def _text(value: float, form: str) -> str:
    """Return a number; nothing for a recording that has no other stretch."""
    return "" if np.isnan(value) else f"{value:{form}}"


if __name__ == "__main__":
    sys.exit(exit_code(main))
