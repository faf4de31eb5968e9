#!/usr/bin/env python3
"""What do cultures reach that measure like real ones, and does teaching keep them alive?

Puts the tasks of `parameters/digits/twin_*` onto cultures that were fitted to recordings. Prints
final accuracies (mean over wirings and its 95 % interval) of the label electrodes and of a linear
readout of all electrodes, before and after the training, next to controls and to the spikes of a
neuron per image. With --change, tasks are changed as well, for example
--change "image beside labels: digits.image=top-left; digits.labels=beside-image"; --set changes
all of them, for example --set digits.final_images=600. What has been measured is kept in --output
and not measured again.
"""

import argparse
import re
import sys
from pathlib import Path

import results

from spikinggrid.cli.options import add_overrides, add_workers
from spikinggrid.digits.benchmark import benchmark
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.digits.task import with_task
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import InputError, exit_code
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress

#: A culture and its task without any change.
AS_IT_IS = "as it is"

COLUMNS = (
    "culture",
    "task",
    "labels, trained",
    "electrodes, linear, untrained",
    "electrodes, linear, trained",
    "labels, untrained",
    "shuffled labels",
    "no neurons",
    "artefacts left in",
    "nothing shown, blanking as for images",
    "pixels, linear",
    "largest class",
    "spikes a neuron, untrained",
    "trained",
    "s a culture",
)


def main() -> None:
    """Measure all tasks on all cultures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_cultures(parser)
    parser.add_argument("--tasks", default="digits/twin_two", help="default: digits/twin_two")
    parser.add_argument("--first-seed", type=int, default=1, help="default 1")
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--output", type=Path, default=Path("results/twin_task"), help="folder")
    add_overrides(parser)
    add_workers(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    changes = changes_of(arguments)
    rows = [
        _row(culture, task, change, _measured(culture, task, change, changes[change], arguments))
        for culture in arguments.cultures
        for task in arguments.tasks.split(",")
        for change in changes
    ]
    title = f"Digits on fitted cultures, {arguments.seeds} wirings each, {arguments.split} images"
    results.show(results.Table(title, COLUMNS, rows), arguments.json)


def add_cultures(parser: argparse.ArgumentParser) -> None:
    """Add which cultures are measured, in how many wirings, and with which changes."""
    parser.add_argument(
        "cultures",
        nargs="*",
        default=["fitted/cortex_div21", "fitted/hippocampus_div21"],
        help="parameter files or presets (default: those of both regions)",
    )
    parser.add_argument("--seeds", type=int, default=8, help="wirings of each (default 8)")
    parser.add_argument("--change", action="append", default=[], metavar="NAME: KEY=VALUE; ...")


def changes_of(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Return the keys that each change overrides, by its name; first of all, none."""
    return {AS_IT_IS: []} | dict(map(_named_change, arguments.change))


def _named_change(text: str) -> tuple[str, list[str]]:
    """Read "NAME: KEY=VALUE; KEY=VALUE"."""
    name, _, overrides = text.partition(":")
    if not overrides:
        raise InputError(f'--change: found "{text}"; right would be "NAME: KEY=VALUE; KEY=VALUE"')
    return name.strip(), [override.strip() for override in overrides.split(";")]


def _measured(
    culture: str, task: str, change: str, overrides: list[str], arguments: argparse.Namespace
) -> BenchmarkResult:
    combined = with_task(parameter_files.load(culture), parameter_files.load(task))
    name = "-".join(re.sub(r"\W+", "_", part) for part in (Path(culture).stem, task, change))
    return benchmark(
        parameter_files.override(combined, arguments.overrides + overrides),
        range(arguments.first_seed, arguments.first_seed + arguments.seeds),
        arguments.split,
        make_folder(arguments.output / name),
        where=arguments.cluster,
        jobs=arguments.jobs,
        show=Progress,
    )


def _row(culture: str, task: str, change: str, result: BenchmarkResult) -> list[results.Cell]:
    row, table = result.as_dict(), result.table

    def accuracy(name: str) -> str:
        interval = (table.loc[name, "low"], table.loc[name, "high"])
        return results.with_interval(
            table.loc[name, "final"], interval if len(result.seeds) > 1 else None
        )

    names = ("label", "untrained_electrodes", "electrodes", "untrained", "shuffled_labels")
    single = ("no_neurons", "artefacts", "spontaneous", "pixels_logistic", "largest_class")
    return [
        culture,
        task if change == AS_IT_IS else f"{task}, {change}",
        *map(accuracy, names),
        *(f"{row['controls'][name]:.3f}" for name in single),
        *(f"{row['spikes_per_neuron'][when]:.2f}" for when in ("untrained", "trained")),
        f"{row['seconds'] / len(result.seeds):.0f}",
    ]


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
