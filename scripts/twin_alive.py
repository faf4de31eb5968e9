#!/usr/bin/env python3
"""Does teaching leave the spontaneous activity of a culture what it was?

Puts a task onto fitted cultures. Each is recorded for two stretches of 300 s
before it is taught anything, and for two with the strengths that it has after the training. Printed
is how far the second stretches are from the first untrained one, with which they do not share any
noise, in standard deviations of a difference between stretches of one real dish (the distance of
`spikinggrid fit`). Untrained, that is what the culture owes to itself. Beside it, what was learned
(accuracies of 500 validation images, median and range), as the task is and with each --change. What
has been measured is kept in --output and not measured again.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import results
from twin_task import add_cultures, changes_of

from spikinggrid.digits.readouts import linear_accuracy
from spikinggrid.digits.task import load_images, with_task
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.fitting.aim import GOOD, Aim
from spikinggrid.fitting.own_spread import pooled_sd
from spikinggrid.network.culture import PROJECTIONS
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import load_parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder, written_beside
from spikinggrid.utils.progress import Progress

SPAN = 300.0

#: Validation images of the accuracies, and training images that readouts are fitted to.
N_IMAGES = 500

#: So many features that changed are named.
N_NAMED = 4

COLUMNS = (
    "culture",
    "task",
    "label electrodes",
    "electrodes, linear",
    "distance, untrained",
    "distance, trained",
    f"trained, {GOOD:g} or less",
    "what changed most (median, sd of a difference)",
)


def main() -> None:
    """Record, teach and record again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_cultures(parser)
    parser.add_argument("--task", default="digits/twin_two", help="default: digits/twin_two")
    parser.add_argument("--output", type=Path, default=Path("results/twin_alive"), help="folder")
    parser.add_argument("--jobs", type=int, help="processes (default: one for each processor)")
    results.add_argument(parser)
    arguments = parser.parse_args()
    task, folder = parameter_files.load(arguments.task), make_folder(arguments.output).resolve()
    changes = changes_of(arguments)
    rows = []
    n_cultures = len(arguments.cultures) * len(changes) * arguments.seeds
    with Progress(n_cultures, "culture") as progress:
        for name in arguments.cultures:
            for change, overrides in changes.items():
                combined = with_task(load_parameters(name), task)
                parameters = parameter_files.override(combined, overrides)
                tasks = [(folder, parameters, seed) for seed in range(1, arguments.seeds + 1)]
                found = gather(kept, tasks, jobs=arguments.jobs, progress=progress)
                rows.append(_row(name, change, found))
    title = f"Spontaneous activity before and after {arguments.task}, {arguments.seeds} wirings"
    results.show(results.Table(title, COLUMNS, rows), arguments.json)


def kept(folder: Path, parameters: Parameters, seed: int) -> tuple[list[float], np.ndarray]:
    """Return what `measured` does, from the folder if it was measured before."""
    text = parameter_files.dumps(parameters)
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{seed}.json"
    if not path.is_file():
        accuracies, stretches = measured(parameters, seed)
        with written_beside(path) as beside:
            beside.write_text(json.dumps([accuracies, stretches.tolist()]))
    accuracies, stretches = json.loads(path.read_text())
    return accuracies, np.array(stretches, float)


def measured(parameters: Parameters, seed: int) -> tuple[list[float], np.ndarray]:
    """Return what one culture learned, and what it measured without stimuli.

    Returns
    -------
    accuracies : list of float
        Of the label electrodes and of a linear readout, trained.
    stretches : ndarray, shape (3, n_compared)
        Coordinates of its features: untrained, untrained later, trained later.
    """
    images = load_images(parameters, "validation")
    training = Training(Dish(parameters, seed), images, label_alone=True)
    training.run()
    fitted, tested = (
        training.task.respond(training.simulator, which, "final", name)
        for name, which in (
            ("training", images.training[:N_IMAGES]),
            ("final", images.final[:N_IMAGES]),
        )
    )
    untrained, trained = Dish(parameters, seed), Dish(parameters, seed)
    for name in PROJECTIONS:
        trained.simulator.set_strengths(name, training.simulator.strengths(name))
    recordings = [
        dish.record(SPAN, plastic=False) for dish in (untrained, untrained, trained, trained)
    ]
    linear = linear_accuracy(fitted.electrodes, fitted.truth, tested.electrodes, tested.truth)
    return [label_accuracy(tested), linear], coordinates(
        [recordings[place].features() for place in (0, 1, 3)]
    )


def _row(name: str, change: str, found: list[tuple[list[float], np.ndarray]]) -> list[results.Cell]:
    """Return the row of a culture from its wirings."""
    accuracies = np.array([accuracy for accuracy, _ in found])
    stretches = [stretch for _, stretch in found]
    aims = [Aim(each[0], pooled_sd()) for each in stretches]
    pairs = list(zip(aims, stretches, strict=True))
    distances = np.array([aim.distances(each[1:]) for aim, each in pairs])
    change_of = np.median([aim.deviations(each[2]) for aim, each in pairs], axis=0)
    most = np.argsort(-np.abs(change_of))[:N_NAMED]
    return [
        name,
        change,
        *(_range(column, ".3f") for column in accuracies.T),
        *(_range(column, ".2f") for column in distances.T),
        f"{(distances[:, 1] <= GOOD).sum()} of {len(found)}",
        ", ".join(f"{COMPARED[place]} {change_of[place]:+.1f}" for place in most),
    ]


def _range(values: np.ndarray, form: str) -> str:
    """Return the median of some cultures, and between what they lie."""
    return f"{np.median(values):{form}} ({values.min():{form}} to {values.max():{form}})"


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
