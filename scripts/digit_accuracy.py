#!/usr/bin/env python3
"""How well do cultures learn digits? The presets of `parameters/digits`, several cultures each.

Prints a table of final accuracies (mean over cultures and its 95 % interval) of the label
electrodes and of a linear readout of all electrodes, next to the controls; then time and
memory. Without annealing: --set digits.final_signal=none. It takes about an hour on two cores, and
`ten_hd`, 28x28 pixels, half an hour more for each culture; what has been measured is kept in
--output and not measured again.
"""

import argparse
import json
import resource
import sys
from pathlib import Path

from spikinggrid.cli.benchmark import measure_all
from spikinggrid.digits import benchmark
from spikinggrid.parallel import client as cluster
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder

PRESETS = [f"{name}{kind}" for kind in ("", "_dale") for name in ("two", "three", "four", "ten")]


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
    cluster.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    rows = {name: measure(name, arguments) for name in arguments.presets}
    print(json.dumps(rows, indent=2) if arguments.json else as_table(rows))


def measure(name: str, arguments: argparse.Namespace) -> dict:
    """Summary of one preset, with the interval of the shuffled labels and peak memory."""
    parameters = parameter_files.load(f"digits/{name}", arguments.overrides)
    folder = make_folder(arguments.output / name)
    first = parameters.simulation.seed
    seeds = list(range(first, first + arguments.seeds))
    result = measure_all(
        parameters, seeds, arguments.split, folder, arguments.cluster, arguments.jobs
    )
    benchmark.save(result, folder / "result.h5")
    shuffled = [each["controls"]["shuffled_labels"] for each in result.seeds.values()]
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return benchmark.summary(result) | {
        "shuffled_ci95": benchmark.mean_and_ci(shuffled)[1],
        "seconds_a_culture": [each["seconds"] for each in result.seeds.values()],
        "peak_memory_mb": peak / 1e3,
    }


def as_table(rows: dict[str, dict]) -> str:
    """A table in Markdown, one row for each preset."""
    columns = [
        "preset",
        "label electrodes, final (95 % interval)",
        "last ten",
        "electrodes, linear",
        "pixels, linear",
        "untrained",
        "shuffled (95 % interval)",
        "no neurons",
        "largest class",
        "s a culture",
        "MB",
    ]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, row in rows.items():
        label, controls = row["readouts"]["label"], row["controls"]
        electrodes = row["readouts"]["electrodes"]["final_mean"]
        seconds = sum(row["seconds_a_culture"]) / len(row["seconds_a_culture"])
        cells = [
            name,
            f"{label['final_mean']:.3f}{_interval(label['final_ci95'])}",
            f"{label['last10_mean']:.3f} +- {label['last10_sd']:.3f}",
            f"{electrodes:.3f}",
            *(f"{controls[key]:.3f}" for key in ("pixels_logistic", "untrained")),
            f"{controls['shuffled_labels']:.3f}{_interval(row['shuffled_ci95'])}",
            *(f"{controls[key]:.3f}" for key in ("no_neurons", "largest_class")),
            f"{seconds:.0f}",
            f"{row['peak_memory_mb']:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.3f} - {interval[1]:.3f})"


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
