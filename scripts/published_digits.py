#!/usr/bin/env python3
"""The published digit experiments (Lagani et al. 2021), as published: their rule, their protocol.

Prints the accuracy of the label electrodes on validation images: the best of all evaluations,
which was published, the last one, and mean and standard deviation of the last ten, next to what
was read off the published curves (one culture; +- 0.003). The 240-neuron presets take a minute
or two a culture; those of 10,140 neurons half an hour or more.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import results

from spikinggrid.cli.options import add_workers
from spikinggrid.digits.task import load_images
from spikinggrid.digits.training import Training
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError, exit_code
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress

#: Best, final, mean and standard deviation of the last ten evaluations; no figure for one of them.
PUBLISHED = {
    "240_bio": (0.957, 0.816, 0.749, 0.142),
    "240_tsk": None,
    "10140_bio": (0.908, 0.788, 0.754, 0.101),
    "10140_tsk": (0.952, 0.925, 0.926, 0.011),
    "10140_bio_012": (0.631, 0.570, 0.477, 0.070),
    "10140_bio_0123": (0.398, 0.283, 0.270, 0.059),
}
SMALL = [name for name in PUBLISHED if name.startswith("240")]


def main() -> None:
    """Run the presets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "presets",
        nargs="*",
        default=SMALL,
        metavar="PRESET",
        help=f"of {', '.join(PUBLISHED)} (default: {' '.join(SMALL)})",
    )
    parser.add_argument("--seeds", type=int, default=5, help="cultures of each (default 5)")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="keep checkpoints there, from which an interrupted run goes on (of 10,140 neurons"
        " 0.4 GB a culture)",
    )
    add_workers(parser)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    results.add_argument(parser)
    arguments = parser.parse_args()
    if unknown := set(arguments.presets) - set(PUBLISHED):
        raise InputError(f"{unknown.pop()}: not one of {', '.join(PUBLISHED)}")
    chosen = {
        name: parameter_files.load(f"lagani2021/{name}", arguments.overrides)
        for name in arguments.presets
    }
    load_images(next(iter(chosen.values())), "validation")  # missing files are named now
    tasks = [
        (chosen[name], seed, arguments.output and arguments.output / f"{name}-seed-{seed}.h5")
        for name in chosen
        for seed in range(arguments.seeds)
    ]
    if arguments.output:
        make_folder(arguments.output)
    with Progress(len(tasks), "culture") as progress:
        measured = gather(measure, tasks, arguments.cluster, arguments.jobs, progress)
    curves = {
        name: measured[k * arguments.seeds : (k + 1) * arguments.seeds]
        for k, name in enumerate(chosen)
    }
    rows = {name: summary(accuracies) for name, accuracies in curves.items()}
    results.show(as_table(rows, chosen), arguments.json)


def measure(parameters: Parameters, seed: int, checkpoint: Path | None) -> list[float]:
    """Accuracy of one culture at each evaluation."""
    images = load_images(parameters, "validation")
    training = Training(Dish(parameters, seed), images, label_alone=True)
    training.run(checkpoint)
    return training.evaluations["label"]


def summary(accuracies: list[list[float]]) -> dict[str, float]:
    """Means over cultures."""
    return {
        "best": float(np.mean([max(each) for each in accuracies])),
        "final": float(np.mean([each[-1] for each in accuracies])),
        "last10_mean": float(np.mean([np.mean(each[-10:]) for each in accuracies])),
        "last10_sd": float(np.mean([np.std(each[-10:]) for each in accuracies])),
        "final_of_each": [each[-1] for each in accuracies],
    }


def as_table(rows: dict[str, dict], chosen: dict[str, Parameters]) -> results.Table:
    """Return a row for each preset: here and as published."""
    cells = []
    for name, row in rows.items():
        best, final, mean, sd = PUBLISHED[name] or (None,) * 4
        cells.append(
            [
                name,
                len(row["final_of_each"]),
                chosen[name].digits.evaluation_images or "all",
                f"{row['best']:.3f}",
                best and f"{best:.3f}",
                f"{row['final']:.3f}",
                final and f"{final:.3f}",
                results.with_sd(row["last10_mean"], row["last10_sd"]),
                mean and results.with_sd(mean, sd),
            ]
        )
    columns = ["preset", "cultures", "images"]
    for name in ("best", "final", "last ten"):
        columns += [name, f"{name}, published"]
    return results.Table(
        "Accuracy of the label electrodes, here and as published (one culture)", columns, cells
    )


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
