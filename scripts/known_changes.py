#!/usr/bin/env python3
"""Does a fit to several recordings of one culture find a change that is known?

Records simulated dishes before and after the strength of inhibition is halved, with the same
wiring, and fits each pair as `spikinggrid fit before.h5 after.h5 --may-change ...` does. Each dish
is one of the pool that is near a published recording, with another seed; the pool is without it.

    scripts/known_changes.py --pairs 6 --minutes 5 --json known_changes.json

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
from spikinggrid.fitting.changes import fit_changes
from spikinggrid.fitting.pool import shipped
from spikinggrid.plotting import changes as figures
from spikinggrid.plotting.style import save
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
    parser.add_argument("--folder", type=Path, default=Path("changes"), help="default: changes")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    told = [_fitted(number, arguments) for number in range(arguments.pairs)]
    results.show(_table(told, arguments.minutes), arguments.json)


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
        with Progress(60 * arguments.minutes, "s") as progress:
            found = fit_changes(
                recordings,
                MAY_CHANGE,
                rest,
                minutes=arguments.minutes,
                path=answer.with_suffix(".simulations.jsonl"),
                where=arguments.cluster,
                jobs=arguments.jobs,
                progress=progress,
            )
        save(figures.changes(found), answer.with_suffix(".png"))
        answer.write_text(json_text(found.as_dict()))
    return json.loads(answer.read_text())


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


def _table(told: list[dict[str, Any]], minutes: float) -> results.Table:
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
    tries = np.median([answer["simulated"] for answer in told])
    return results.Table(
        "Known changes",
        ("pair", *MAY_CHANGE, "distance before / after", "tries"),
        rows,
        f"Inhibition halved: the interval of 90 % holds the factor {FACTOR:g} in {held} of"
        f" {len(told)} pairs and leaves out no change in {n_moved}; of the {len(still)} changes of"
        f" the others, none in truth, {sum(still)} hold no change. Changes are factors, those of"
        f" noise.drive V. {minutes:g} min and {tries:.0f} tries (median) each.",
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
