#!/usr/bin/env python3
"""Does a fit to several recordings of one culture find a change that is known?

Records simulated dishes before and after the strength of inhibition is halved, with the same
wiring, and fits each pair as `spikinggrid fit before.h5 after.h5 --may-change ...` does. Each dish
is one of the pool that is near a published recording, with another seed; the pool is without it.

    scripts/known_changes.py --pairs 6 --minutes 5 --json known_changes.json

With --pool-only no dish is simulated for a pair: it says what the pool alone tells of the change.
What was fitted is kept in the folder: the same command goes on.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import results
from twin_arrays import dish_of_pool, order_of_dishes

from spikinggrid.cli.options import add_workers, positive, whole
from spikinggrid.fitting.changes import N_DRAWS, changing_bounds, fit_changes
from spikinggrid.fitting.changes_result import PERCENT, change
from spikinggrid.fitting.local_posterior import JointPosterior, local_model
from spikinggrid.fitting.pool import Pool, shipped
from spikinggrid.fitting.recorded_dish import prepared
from spikinggrid.plotting import changes as figures
from spikinggrid.plotting.style import save
from spikinggrid.recordings import Recording
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.missing import json_text
from spikinggrid.utils.progress import Progress

#: What changes, and by which factor.
KEY, FACTOR = "synapses.inhibitory.strength", 0.5

#: What may change.
MAY_CHANGE = (KEY, "synapses.excitatory.strength", "noise.drive", "neuron.adaptation")

#: Dishes are so many places apart in the order of their distance from published recordings.
APART = 40


def main() -> None:
    """Fit all pairs that the folder lacks, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=whole(1), default=6, help="default 6")
    parser.add_argument("--minutes", type=positive, default=5.0, help="for each (default 5)")
    parser.add_argument("--pool-only", action="store_true", help="simulate no dish for a pair")
    parser.add_argument("--folder", type=Path, default=Path("changes"), help="default: changes")
    results.add_clock(parser)
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    told = [_fitted(number, arguments) for number in range(arguments.pairs)]
    how = (
        "From the pool alone; distances are those of its nearest dishes."
        if arguments.pool_only
        else f"{arguments.minutes:g} min{' of processor time' * arguments.processor_time} each."
    )
    results.show(_table(told, how), arguments.json)


def _fitted(number: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what is told of a pair, which is fitted unless it was before."""
    answer = arguments.folder / f"pair{number}.json"
    if not answer.exists():
        print(answer.stem, file=sys.stderr)
        rest, dish = _pair(number)
        recordings = {
            name: Dish(parameters).record(3 * parameters.simulation.duration)
            for name, parameters in (
                ("before", dish),
                ("after", dish.replace({KEY: FACTOR * dish.synapses.inhibitory.strength})),
            )
        }
        told = _from_pool(recordings, rest) if arguments.pool_only else None
        answer.write_text(json_text(told or _from_dishes(recordings, rest, answer, arguments)))
    return json.loads(answer.read_text())


def _from_dishes(
    recordings: dict[str, Recording], pool: Pool, answer: Path, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Return what is told of a pair by dishes that are simulated for it."""
    with Progress(60 * arguments.minutes, "s") as progress:
        found = fit_changes(
            recordings,
            MAY_CHANGE,
            pool,
            minutes=arguments.minutes,
            path=answer.with_suffix(".simulations.jsonl"),
            where=arguments.cluster,
            jobs=arguments.jobs,
            progress=progress,
            clock=results.clock(arguments),
        )
    save(figures.changes(found), answer.with_suffix(".png"))
    return found.as_dict()


def _from_pool(recordings: dict[str, Recording], pool: Pool) -> dict[str, Any]:
    """Return the same as far as the pool tells it."""
    dishes = [prepared(recording, pool) for recording in recordings.values()]
    bounds = [bound for bound in pool.space.bounds if not bound.key.endswith("_seed")]
    amounts = np.array([bound in bounds for bound in pool.space.bounds])
    points, coordinates = pool.points[:, amounts], pool.coordinates
    models = [local_model(points, coordinates, dish.own) for dish in dishes]
    changing = changing_bounds(pool.space, MAY_CHANGE)[amounts]
    middle = np.full((len(dishes), len(bounds)), 0.5)
    draws = JointPosterior(models, changing).draw(middle, N_DRAWS, np.random.default_rng(0))
    parameters = {}
    for place in np.flatnonzero(changing):
        low, median, high = np.percentile(draws[:, 1, place] - draws[:, 0, place], PERCENT)
        changes = [change(bounds[place], move) for move in (low, median, high)]
        row = dict(zip(("change_low", "change", "change_high"), changes, strict=True))
        parameters[bounds[place].key] = {"after": row | {"moved": bool(low > 0 or high < 0)}}
    nearest = [float(dish.aim.distances(coordinates).min()) for dish in dishes]
    return {"parameters": parameters, "distance": nearest, "simulated": 0}


def _pair(number: int) -> tuple:
    """Return the pool without a dish, and this dish: one whose inhibition can be halved."""
    pool = shipped()
    place = [bound.key for bound in pool.space.bounds].index(KEY)
    bound = pool.space.bounds[place]
    strong = [
        row
        for row in order_of_dishes(pool)
        if FACTOR * bound.value(pool.points[row, place]) > bound.low
    ]
    return dish_of_pool(pool, strong[APART * number], seed=1000 + number)


def _table(told: list[dict[str, Any]], how: str) -> results.Table:
    truth = {key: FACTOR if key == KEY else None for key in MAY_CHANGE}
    rows, held, still = [], 0, []
    for number, answer in enumerate(told):
        cells = []
        for key in MAY_CHANGE:
            row = answer["parameters"][key]["after"]
            low, high = row["change_low"], row["change_high"]
            cells.append(f"{row['change']:.3g} ({low:.3g} to {high:.3g})")
            if truth[key] is None:
                still.append(not row["moved"])
            else:
                held += low <= FACTOR <= high
        distances = " / ".join(f"{distance:.2f}" for distance in answer["distance"])
        rows.append([str(number + 1), *cells, distances, str(answer["simulated"])])
    n_moved = sum(answer["parameters"][KEY]["after"]["moved"] for answer in told)
    return results.Table(
        "Known changes",
        ("pair", *MAY_CHANGE, "distance before / after", "tries"),
        rows,
        f"Inhibition halved: the interval of 90 % holds the factor {FACTOR:g} in {held} of"
        f" {len(told)} pairs and leaves out no change in {n_moved}; of the {len(still)} changes of"
        f" the others, none in truth, {sum(still)} hold no change. Changes are factors, those of"
        f" noise.drive V. {how}",
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
