#!/usr/bin/env python3
"""Does the interval of a prediction hold what the dish itself reaches?

Simulated dishes of the pool play the living one: each is recorded, its twins are found with a pool
without it, and the task is put onto these and onto the dish itself. Printed for each readout: how
many dishes the 80 % interval holds, its median width, and that of an interval from other dishes of
the pool that were taken at random, which know nothing of the recording. The task has few images, so
that a dish takes seconds. Dishes without network spikes, which have no twin, do not play. What has
been measured is kept in --output and not measured again.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import results

from spikinggrid.digits.assay import reached
from spikinggrid.digits.task import with_task
from spikinggrid.fitting.pool import Pool, shipped
from spikinggrid.fitting.twin import fit_twin
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.prediction.predict import READOUTS, SHARE, one_more, plausible
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import RefusalError, exit_code
from spikinggrid.utils.files import make_folder, written_beside
from spikinggrid.utils.progress import Progress
from spikinggrid.utils.randomness import random_generator

#: Of the task: first training images, presentations, and images of the final figures.
N_IMAGES, N_PRESENTATIONS, N_FINAL = 1500, 400, 300

COLUMNS = (
    "readout",
    "dishes in their interval",
    "median width",
    "median width without the recording",
    "correlation of prediction and dish",
    "dishes, mean (range)",
)


def main() -> None:
    """Let dishes of the pool play the living one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", default="digits/twin_two", help="default: digits/twin_two")
    parser.add_argument(
        "--dishes", type=int, default=20, help="that play it, 3 or more (default 20)"
    )
    parser.add_argument("--twins", type=int, default=10, help="of each (default 10)")
    parser.add_argument("--minutes", type=float, default=0.5, help="of each fit (default 0.5)")
    parser.add_argument("--output", type=Path, default=Path("results/predict"), help="folder")
    results.add_argument(parser)
    arguments = parser.parse_args()
    folder, pool = make_folder(arguments.output), shipped()
    task = parameter_files.load(
        arguments.task,
        [
            f"digits.n_images={N_IMAGES}",
            f"digits.n_presentations={N_PRESENTATIONS}",
            f"digits.evaluation_interval={N_PRESENTATIONS}",
            "digits.evaluation_images=10",
            f"digits.final_images={N_FINAL}",
        ],
    )
    order = random_generator(0, "stand-ins").permutation(len(pool))
    measured: list[dict] = []
    with Progress(arguments.dishes, "dish") as progress:
        for row in order.tolist():
            if len(measured) == arguments.dishes:
                break
            path = folder / f"dish-{row}.json"
            if not path.is_file():
                found = _predicted(pool, row, task, arguments)
                with written_beside(path) as beside:
                    beside.write_text(json.dumps(found))
            found = json.loads(path.read_text())
            if "refusal" not in found:
                measured.append(found)
                progress.advance()
    title = (
        f"{len(measured)} dishes of the pool, {arguments.twins} twins of each, fits of"
        f" {60 * arguments.minutes:g} s on one processor"
    )
    notes = (
        f"{N_PRESENTATIONS} presentations, {N_FINAL} images. Distance of the twins in the stretch"
        f" that was fitted, median: {np.median([d for m in measured for d in m['distances']]):.2f}."
    )
    table = results.Table(title, COLUMNS, [_row(name, measured) for name in READOUTS], notes)
    results.show(table, arguments.json)


def _predicted(pool: Pool, row: int, task: Parameters, arguments: argparse.Namespace) -> dict:
    """Return what one dish reaches, and what its twins do."""
    own = pool.space.at(pool.points[row]).replace({"simulation.seed": int(pool.seeds[row])})
    others = np.arange(len(pool)) != row
    without = Pool(
        pool.space,
        pool.points[others],
        pool.seeds[others],
        {name: values[others] for name, values in pool.features.items()},
    )
    try:
        twin = fit_twin(Dish(own).record(), without, minutes=arguments.minutes, jobs=1)
    except RefusalError as refusal:  # hardly a network spike: another dish plays
        return {"refusal": str(refusal)}
    rows = plausible(twin, arguments.twins)
    return {
        "dish": reached(with_task(own, task)),
        "twins": [reached(with_task(twin.dishes.parameters(k), task)) for k in rows],
        "distances": twin.dish.aim.distances(twin.dishes.coordinates[rows]).tolist(),
        "distance": twin.distance,
    }


def _row(name: str, measured: list[dict]) -> list[results.Cell]:
    dishes = np.array([each["dish"][name] for each in measured])
    twins = [[twin[name] for twin in each["twins"]] for each in measured]
    intervals = np.array([one_more(values) for values in twins])
    blind = np.array([one_more(np.delete(dishes, k)) for k in range(len(dishes))])
    held = (intervals[:, 0] <= dishes) & (dishes <= intervals[:, 1])
    predicted = [np.mean(values) for values in twins]
    return [
        READOUTS[name][1],
        f"{held.sum()} of {len(dishes)} ({SHARE:.0%} asked)",
        f"{np.median(np.diff(intervals)):.3f}",
        f"{np.median(np.diff(blind)):.3f}",
        f"{np.corrcoef(predicted, dishes)[0, 1]:.2f}",
        f"{dishes.mean():.3f} ({dishes.min():.3f} to {dishes.max():.3f})",
    ]


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
