#!/usr/bin/env python3
"""How much of what electrodes tell of an image is blanking, and how much does blanking hide?

Electrodes near a pulse record nothing for some time, so what they miss of a culture's own
activity tells of the image, although the culture knows nothing of it. Prints the accuracy of a
linear readout of all electrodes of untrained cultures, mean over wirings and its 95 % interval: of
responses as they are recorded; of the same without artefacts and blanking; of the culture while it
is shown nothing, through electrodes that are blanked as for the images. With --change the task is
changed as well.
"""

import argparse
import sys

import numpy as np
import results
from twin_task import add_cultures, changes_of

from spikinggrid.digits.readouts import accuracy_and_interval, linear_accuracy
from spikinggrid.digits.task import DigitTask, load_images, with_task
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import load_parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

COLUMNS = (
    "culture",
    "task",
    "as recorded",
    "without artefacts and blanking",
    "nothing shown, blanking as for images",
    "spikes on an electrode, as recorded",
    "spikes without artefacts and blanking",
)


def main() -> None:
    """Measure all cultures and changes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_cultures(parser)
    parser.add_argument("--task", default="digits/twin_two", help="default: digits/twin_two")
    parser.add_argument(
        "--fitted", type=int, default=600, help="training images for readouts (default 600)"
    )
    parser.add_argument("--tested", type=int, default=400, help="final images (default 400)")
    results.add_argument(parser)
    arguments = parser.parse_args()
    task = parameter_files.load(arguments.task)
    changes = changes_of(arguments)
    rows = []
    with Progress(len(arguments.cultures) * len(changes) * arguments.seeds, "culture") as progress:
        for culture in arguments.cultures:
            for change, overrides in changes.items():
                combined = with_task(load_parameters(culture), task)
                parameters = parameter_files.override(combined, overrides)
                found = []
                for seed in range(1, arguments.seeds + 1):
                    found.append(measured(parameters, seed, arguments.fitted, arguments.tested))
                    progress.advance()
                rows.append([culture, change, *_cells(np.array(found))])
    title = f"What blanking tells and hides, {arguments.task}, {arguments.seeds} untrained wirings"
    notes = (
        f"Readouts are fitted to {arguments.fitted:,} images and asked about {arguments.tested:,}."
    )
    results.show(results.Table(title, COLUMNS, rows, notes), arguments.json)


def measured(parameters: Parameters, seed: int, n_fitted: int, n_tested: int) -> list[float]:
    """Return the three accuracies, and spikes on an electrode as recorded and without blanking."""
    images = load_images(parameters, "validation")
    fitted, tested = images.training[:n_fitted], images.final[:n_tested]
    dish = Dish(parameters, seed)
    task = DigitTask(dish)
    stimuli = [*task.stimuli(fitted, "training images"), *task.stimuli(tested, "images")]
    truth = np.concatenate([task.class_indices(fitted), task.class_indices(tested)])
    nothing = [Stimulus.none()] * len(stimuli)
    shown, own = task.show(dish.simulator, stimuli), task.show(dish.simulator, nothing)
    counts = [
        task.summed(list(map(task.electrode_counts, spikes, pulses)))
        for spikes, pulses in ((shown, stimuli), (shown, nothing), (own, stimuli))
    ]
    n = len(fitted)
    accuracies = [linear_accuracy(each[:n], truth[:n], each[n:], truth[n:]) for each in counts]
    return [*accuracies, *(each.mean() / task.repeats for each in counts[:2])]


def _cells(found: np.ndarray) -> list[str]:
    """Return the cells of a row from what `measured` returned of each wiring."""
    accuracies, spikes = found[:, :3].T, found[:, 3:].T
    return [
        *(results.with_interval(*accuracy_and_interval(list(column))) for column in accuracies),
        *(f"{column.mean():.2f}" for column in spikes),
    ]


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted"))
