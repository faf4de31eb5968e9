#!/usr/bin/env python3
"""How well do cultures learn digits? The presets of `parameters/digits`, several cultures each.

Prints a table of final accuracies (mean over cultures and its 95 % interval) of the label
electrodes and of a linear readout of all electrodes, next to the controls; then time and
memory. Without annealing: --set digits.final_signal=none. It takes about an hour on two cores, and
`ten_hd`, 28x28 pixels, half an hour more for each culture; what has been measured is kept in
--output and not measured again.
"""

import argparse
import resource
import sys
from pathlib import Path

import results

from spikinggrid.cli.options import add_workers
from spikinggrid.digits.benchmark import benchmark
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress

PRESETS = [f"{name}{kind}" for kind in ("", "_dale") for name in ("two", "three", "four", "ten")]

#: Best and final accuracies read off the published curves (Lagani et al. 2021), one culture each.
PUBLISHED = {"two": "0.96, 0.79 to 0.93", "three": "0.63, 0.57", "four": "0.40, 0.28"}

CONTROLS = ("pixels_logistic", "untrained", "shuffled_labels", "no_neurons", "largest_class")


def main() -> None:
    """Measure all presets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("presets", nargs="*", default=PRESETS, help="default: all of 6x6 pixels")
    parser.add_argument("--seeds", type=int, default=5, help="cultures of each (default 5)")
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--output", type=Path, default=Path("results/digits"), help="folder")
    add_workers(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    rows = {name: measure(name, arguments) for name in arguments.presets}
    results.show(as_table(rows, arguments), arguments.json)


def measure(name: str, arguments: argparse.Namespace) -> dict:
    """Summary of one preset, with the interval of the shuffled labels and peak memory."""
    parameters = parameter_files.load(f"digits/{name}", arguments.overrides)
    folder = make_folder(arguments.output / name)
    first = parameters.simulation.seed
    result = benchmark(
        parameters,
        range(first, first + arguments.seeds),
        arguments.split,
        folder,
        where=arguments.cluster,
        jobs=arguments.jobs,
        show=Progress,
    )
    result.save(folder / "result.h5")
    shuffled = result.table.loc["shuffled_labels"]
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return result.as_dict() | {
        "shuffled_ci95": (shuffled.low, shuffled.high) if arguments.seeds > 1 else None,
        "seconds_a_culture": [culture["seconds"] for culture in result.seeds.values()],
        "peak_memory_mb": peak / 1e3,
    }


def as_table(rows: dict[str, dict], arguments: argparse.Namespace) -> results.Table:
    """Return a row for each preset."""
    columns = [
        "preset",
        "label electrodes, final (95 % interval)",
        "label electrodes, last ten evaluations",
        "all electrodes, linear",
        "electrodes beside the image, linear",
        "pixels, linear",
        "untrained",
        "shuffled labels (95 % interval)",
        "no neurons",
        "largest class",
        "published: best, final",
        "s a culture",
        "GB a culture",
    ]
    cells = [_row(name, row) for name, row in rows.items()]
    title = f"Final accuracy on {arguments.split} images, {arguments.seeds} cultures each"
    return results.Table(title, columns, cells)


def _row(name: str, row: dict) -> list[results.Cell]:
    readouts = row["readouts"]
    label, controls = readouts["label"], {key: f"{row['controls'][key]:.3f}" for key in CONTROLS}
    controls["shuffled_labels"] = results.with_interval(
        row["controls"]["shuffled_labels"], row["shuffled_ci95"]
    )
    seconds = sum(row["seconds_a_culture"]) / len(row["seconds_a_culture"])
    return [
        name,
        results.with_interval(label["final_mean"], label["final_ci95"]),
        results.with_sd(label["last10_mean"], label["last10_sd"]),
        *(
            results.with_interval(readouts[key]["final_mean"], readouts[key]["final_ci95"])
            for key in ("electrodes", "electrodes_without_input")
        ),
        *controls.values(),
        PUBLISHED.get(name),
        f"{seconds:.0f}",
        f"{row['peak_memory_mb'] / 1e3:.2f}",
    ]


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
