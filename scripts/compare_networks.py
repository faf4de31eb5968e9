#!/usr/bin/env python3
"""What is a culture worth beside Hebbian networks and backpropagation, with few labels, in joules?

Prints the accuracies of `spikinggrid compare` with their 95 % intervals, beside those of a
prototype of the same networks (28x28 and 6x6 pixels, made smaller in another way), and the seconds
of one processor that a network learns with the most labels; then the joules of a decision and of
the training. What has been measured is kept in --output and not measured again. With ten draws and
five cultures of each size it takes about two hours of one processor.
"""

import argparse
import sys
from math import isnan
from pathlib import Path

import results

from spikinggrid.cli.options import add_workers
from spikinggrid.digits.comparison import compare
from spikinggrid.digits.comparison_result import ComparisonResult, Subject
from spikinggrid.digits.energy import Range, joules_text, sources
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting import comparison as figures
from spikinggrid.plotting.style import save
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

LABELS = (100, 500, 1000, 10_000)

#: Cultures that are shown images of full size: half as often as small ones, tested on a quarter.
LARGE = "digits/ten_hd", ["digits.n_presentations=5000", "digits.final_images=2500"]

#: What a prototype reached by linear readouts with so many labels, %, one to three draws.
PROTOTYPE = {
    ("pixels", 28): (76.3, 86.0, 88.0, 91.7),
    ("random, not whitened", 28): (76.8, 87.1, 89.1, 93.1),
    ("HWTA", 28): (73.8, 86.6, 89.3, 94.0),
    ("k-WTA", 28): (80.0, 88.4, 90.5, 94.0),
    ("soft-WTA", 28): (80.2, 89.2, 91.2, 94.6),
    ("HPCA", 28): (64.6, 85.0, 88.4, 92.7),
    ("conv HWTA", 28): (85.7, 94.1, 95.6, 97.5),
    ("conv soft-WTA", 28): (85.8, 94.0, 95.6, 97.4),
    ("conv HPCA", 28): (82.9, 92.6, 94.8, 97.2),
    ("conv random", 28): (81.0, 91.2, 93.3, 96.0),
    ("backpropagation", 28): (78.4, 89.0, 91.3, None),
    ("pixels", 6): (69.9, 82.9, 85.0, 87.2),
    ("random, not whitened", 6): (77.3, 87.8, 89.7, 93.2),
    ("HWTA", 6): (77.7, 88.0, 90.2, 93.6),
    ("k-WTA", 6): (79.1, 87.7, 89.5, 92.6),
    ("soft-WTA", 6): (79.4, 87.8, 89.5, 92.9),
    ("HPCA", 6): (70.9, 83.6, 85.9, 87.5),
    ("backpropagation", 6): (74.9, 87.8, 90.3, 94.6),
}

#: Readouts that the prototype had.
LINEAR = ("linear", "end to end")

#: Of these the joules are shown.
IN_JOULES = ("pixels", "soft-WTA", "conv HWTA", "backpropagation", "untrained culture", "culture")


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="digits/ten", help="preset or file")
    parser.add_argument("--draws", type=int, default=10, help="of each network (default 10)")
    parser.add_argument("--seeds", type=int, default=5, help="number of cultures (default 5)")
    parser.add_argument(
        "--large-seeds", type=int, default=5, help="cultures of full-size images (default 5)"
    )
    parser.add_argument("--output", type=Path, default=Path("results/ten"), help="folder")
    parser.add_argument("--energy", type=Path, metavar="FILE", help="write the joules as well")
    parser.add_argument("--sources", type=Path, metavar="FILE", help="write their sources as well")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="write both figures there")
    add_workers(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    parameters = parameter_files.load(arguments.parameters)
    result = _compared(parameters, arguments.draws, arguments.seeds, arguments.output, arguments)
    if arguments.large_seeds:
        parameters = parameter_files.load(*LARGE)
        folder = arguments.output / "large"
        large = _compared(parameters, 0, arguments.large_seeds, folder, arguments)
        result = ComparisonResult(result.parameters, result.split, [*result.rows, *large.rows])
    results.show(accuracies(result, arguments), arguments.json, ["scikit-learn"])
    print()
    results.show(joules(result), arguments.energy, ["scikit-learn"])
    print()
    results.show(figures_of_energy(), arguments.sources)
    if arguments.figures:
        save(figures.accuracy(result), arguments.figures / "comparison_accuracy.png")
        save(figures.energy(result), arguments.figures / "comparison_energy.png")


def _compared(
    parameters: Parameters, draws: int, seeds: int, folder: Path, arguments: argparse.Namespace
) -> ComparisonResult:
    first = parameters.simulation.seed
    return compare(
        parameters,
        LABELS,
        range(first, first + seeds),
        draws,
        folder=folder,
        where=arguments.cluster,
        jobs=arguments.jobs,
        show=Progress,
    )


def accuracies(result: ComparisonResult, arguments: argparse.Namespace) -> results.Table:
    """Return a row for each subject."""
    table = result.table.set_index(["size", "subject", "readout", "labels"]).sort_index()
    rows = []
    for subject in result.subjects:
        size = f"{subject.size[0]}x{subject.size[1]}"
        of_subject = table.loc[(size, subject.name, subject.readout)]
        cells = [_cell(of_subject.loc[n]) if n in of_subject.index else None for n in LABELS]
        n = of_subject["n_draws"]
        n_draws = " / ".join(map(str, n if n.nunique() > 1 else n[:1]))
        seconds = of_subject.iloc[-1]["seconds"]
        time = None if isnan(seconds) else f"{seconds:.1f}"
        rows.append(
            [size, subject.name, subject.readout, *cells, _prototype(subject), n_draws, time]
        )
    title = f"{arguments.parameters}: accuracy on validation images, %, ± half the 95 % interval"
    columns = ["size", "network", "readout", *(f"{n:,} labels" for n in LABELS)]
    return results.Table(title, [*columns, "prototype", "draws or cultures", "s"], rows)


def _cell(row) -> str:
    half = (row["high"] - row["low"]) / 2
    return f"{100 * row['accuracy']:.1f}" + ("" if half != half else f" ± {100 * half:.1f}")


def _prototype(subject: Subject) -> str | None:
    values = PROTOTYPE.get((subject.name, subject.size[0]))
    if values is None or subject.readout not in LINEAR:
        return None
    return " / ".join("-" if value is None else str(value) for value in values)


def joules(result: ComparisonResult) -> results.Table:
    """Return a row for each way to do what some subjects do."""
    rows: list[list[results.Cell]] = []
    for subject in result.subjects:
        shown = subject.name in IN_JOULES and subject.readout in (*LINEAR, "electrodes")
        if not shown or not result.accuracies(subject, LABELS[-1]):
            continue
        accounts = result.accounts(subject, LABELS[-1])
        training = {entry.name: joules_text(entry.joules) for entry in accounts["training"]}
        rows += [
            [
                f"{subject.name}, {subject.size[0]}x{subject.size[1]}",
                entry.name,
                joules_text(entry.joules),
                training.get(entry.name),
                ", ".join(entry.figures).replace("_", " "),
                entry.left_out,
            ]
            for entry in accounts["decision"]
        ]
    rows += [
        [
            f"{chip.name}, {chip.network}, {100 * chip.accuracy:.1f} % of test images",
            "published chip",
            _one(chip.decision),
            None if isnan(chip.training) else f"{_one(chip.training)} an image",
            " in ".join(dict.fromkeys((chip.study, "Renner et al. 2024, table 1"))),
            "what a study counts differs",
        ]
        for chip in result.chips
    ]
    columns = ["who", "by what", "a decision", f"training, {LABELS[-1]:,} labels"]
    return results.Table("Joules, as ranges", [*columns, "counted with", "left out"], rows)


def _one(joules: float) -> str:
    return joules_text(Range(joules, joules))


def figures_of_energy() -> results.Table:
    """Return what joules are counted with."""
    rows = [
        [name.replace("_", " "), f"{entry['low']:g}", f"{entry['high']:g}"]
        + [str(entry[key]) for key in ("unit", "source")]
        for name, entry in sources().items()
    ]
    columns = ["figure", "from", "to", "unit", "source"]
    return results.Table("What joules are counted with", columns, rows)


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
