#!/usr/bin/env python3
"""What does a change bring to a culture that measures like a real one? The same wirings, paired.

Puts a task onto fitted cultures or twins as they are and with one change at a time: of the task
(roles of electrodes, window, homeostasis), or of the culture (reach, strength, inhibition, drugs).
Prints the accuracy (mean over wirings and its 95 % interval) of the label electrodes and of a
linear readout of all electrodes, untrained and trained, and what the change makes of them, with
the 95 % interval of the paired difference. --set changes all of them. What has been
measured is kept in --output and not measured again.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import results
from twin_task import AS_IT_IS, add_cultures, changes_of

from spikinggrid.cli.options import add_overrides
from spikinggrid.digits.assay import reached
from spikinggrid.digits.readouts import accuracy_and_interval, mean_and_interval
from spikinggrid.digits.task import with_task
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import load_parameters
from spikinggrid.utils.errors import InputError, exit_code
from spikinggrid.utils.files import make_folder, written_beside
from spikinggrid.utils.progress import Progress

COLUMNS = (
    "culture",
    "change",
    "electrodes, linear, untrained",
    "untrained, difference (95 % interval)",
    "labels, trained",
    "labels, difference (95 % interval)",
    "electrodes, linear, trained",
    "linear, difference (95 % interval)",
    "spikes a neuron, trained",
)


def main() -> None:
    """Measure all changes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_cultures(parser)
    parser.add_argument("--task", default="digits/twin_two", help="default: digits/twin_two")
    parser.add_argument("--output", type=Path, default=Path("results/twin_changes"), help="folder")
    add_overrides(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        raise InputError("--seeds: a difference has an interval from two wirings on")
    folder = make_folder(arguments.output)
    changes = changes_of(arguments)
    task = parameter_files.load(arguments.task)
    rows = []
    n_dishes = len(arguments.cultures) * len(changes) * arguments.seeds
    with Progress(n_dishes, "dish") as progress:
        for culture in arguments.cultures:
            combined = with_task(load_parameters(culture), task)
            as_it_is: list[dict[str, float]] = []
            for change, overrides in changes.items():
                parameters = parameter_files.override(combined, arguments.overrides + overrides)
                found = []
                for seed in range(1, arguments.seeds + 1):
                    found.append(_kept(folder, parameters, seed))
                    progress.advance()
                as_it_is = as_it_is or found
                rows.append([Path(culture).stem, *_row(change, found, as_it_is)])
    title = f"{arguments.task} on fitted cultures, {arguments.seeds} wirings each"
    notes = f"All with {', '.join(arguments.overrides)}." if arguments.overrides else ""
    results.show(results.Table(title, COLUMNS, rows, notes), arguments.json)


def _kept(folder: Path, parameters: Parameters, seed: int) -> dict[str, float]:
    """Return what a culture reaches, from the folder if it was measured before."""
    text = parameter_files.dumps(parameters)
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{seed}.json"
    if not path.is_file():
        found = reached(parameters.replace({"simulation.seed": seed}))
        with written_beside(path) as beside:
            beside.write_text(json.dumps(found))
    return json.loads(path.read_text())


def _row(
    change: str, found: list[dict[str, float]], as_it_is: list[dict[str, float]]
) -> list[results.Cell]:
    def accuracy(name: str) -> str:
        return results.with_interval(*accuracy_and_interval([each[name] for each in found]))

    def difference(name: str) -> str | None:
        if change == AS_IT_IS:
            return None
        pairs = zip(found, as_it_is, strict=True)
        mean, interval = mean_and_interval([one[name] - other[name] for one, other in pairs])
        assert interval is not None
        return f"{mean:+.3f} ({interval[0]:+.3f} to {interval[1]:+.3f})"

    return [
        change,
        accuracy("untrained_electrodes"),
        difference("untrained_electrodes"),
        accuracy("label"),
        difference("label"),
        accuracy("electrodes"),
        difference("electrodes"),
        f"{np.mean([each['spikes'] for each in found]):.2f}",
    ]


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
