#!/usr/bin/env python3
"""What does each mechanism bring? One change at a time, on the same cultures.

Prints the final accuracy of the label electrodes on all validation images, what the change
makes of it with the 95 % interval of the paired difference, and mean and standard deviation of
the last ten evaluations; all of them means over cultures. The labels of one change are those of
four digits; everything else can be tried on other presets.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
import results

from spikinggrid.cli.options import add_workers
from spikinggrid.digits.benchmark_result import LAST
from spikinggrid.digits.readouts import mean_and_interval
from spikinggrid.digits.task import load_images
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress


def learning_steps(size: str) -> list[str]:
    """The size of learning steps: inverse to the number of synapses that share them."""
    return [f"plasticity.{name}.nu_post={size}" for name in ("excitatory", "inhibitory")]


SHIPPED = "as shipped"
CHANGES = {
    SHIPPED: [],
    "no contrast: only taught presentations": [
        "digits.teaching=taught",
        "digits.free_signal=none",
        "digits.only_errors=none",
    ],
    "no gate: learning from right answers too": ["digits.only_errors=false"],
    "free signal -1 instead of -3": ["digits.free_signal=-1.0"],
    "label pulses at 200 Hz": ["digits.label_rate=200 Hz"],
    "pairs count within 20 ms": ["plasticity.tau_pre=20 ms"],
    "no annealing": ["digits.final_signal=none"],
    "inhibition does not learn": ["plasticity.inhibitory=none"],
    "all excitatory synapses learn": ["plasticity.excitatory.plastic=all"],
    "all excitatory synapses learn, up to 0.4 mV": [
        "plasticity.excitatory.plastic=all",
        "plasticity.excitatory.upper_bound=0.4 mV",
    ],
    "Poisson pulses": ["digits.encoding=poisson"],
    "latency": ["digits.encoding=latency", "digits.image_rate=none"],
    "100 ms": ["digits.presentation=100 ms"],
    "labels on the last two columns alone": [
        "digits.labels=[[8, 18, 9], [28, 19, 29], [38, 48, 39], [58, 49, 59]]"
    ],
    "membrane noise of 1 mV": ["noise.membrane_sd=1 mV"],
    "published reach of excitation (1.2 mm)": ["synapses.excitatory.reach=1.2 mm"],
    "published reach of inhibition (0.15 mm)": ["synapses.inhibitory.reach=0.15 mm"],
    "240 neurons": ["culture.n_neurons=240", *learning_steps("3 uV")],
    "1,000 neurons": ["culture.n_neurons=1000", *learning_steps("0.72 uV")],
}


def main() -> None:
    """Measure all changes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="digits/four", help="preset or file")
    parser.add_argument(
        "--changes",
        nargs="+",
        choices=CHANGES,
        default=list(CHANGES),
        metavar="CHANGE",
        help="some of: " + "; ".join(CHANGES),
    )
    parser.add_argument("--seeds", type=int, default=3, help="number of cultures (default 3)")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="keep checkpoints there, from which an interrupted run goes on",
    )
    add_workers(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    changed = {
        name: parameter_files.load(arguments.parameters, CHANGES[name])
        for name in dict.fromkeys([SHIPPED, *arguments.changes])
    }
    load_images(changed[SHIPPED], "validation")  # missing files are named now
    if arguments.output:
        make_folder(arguments.output)
    first = changed[SHIPPED].simulation.seed
    tasks = [
        (each, first + k, arguments.output and arguments.output / f"{slug(name)}-{first + k}.h5")
        for name, each in changed.items()
        for k in range(arguments.seeds)
    ]
    with Progress(len(tasks), "culture") as progress:
        measured = gather(measure, tasks, arguments.cluster, arguments.jobs, progress)
    measured = np.reshape(measured, (len(changed), arguments.seeds, 3))
    shipped = measured[0, :, 0]
    rows = {
        change: summary(values, shipped) for change, values in zip(changed, measured, strict=True)
    }
    results.show(as_table(rows, arguments), arguments.json)


def slug(name: str) -> str:
    """A change as part of a file name."""
    return re.sub(r"\W+", "-", name).strip("-")


def measure(
    parameters: Parameters, seed: int, checkpoint: Path | None
) -> tuple[float, float, float]:
    """Final accuracy of one culture, mean and standard deviation of its last ten evaluations."""
    images = load_images(parameters, "validation")
    training = Training(Dish(parameters, seed), images, label_alone=True)
    training.run(checkpoint)
    asked = training.task.respond(training.simulator, images.final, "final", "images")
    last = training.evaluations["label"][-LAST:]
    return label_accuracy(asked), float(np.mean(last)), float(np.std(last))


def summary(measured: np.ndarray, shipped: np.ndarray) -> dict:
    """Means of one change over cultures, from what `measure` gave, and its paired difference."""
    final, last_mean, last_sd = measured.T
    difference, interval = mean_and_interval(final - shipped)
    return {
        "final": float(final.mean()),
        "difference": difference,
        "difference_ci95": interval,
        "last10_mean": float(last_mean.mean()),
        "last10_sd": float(last_sd.mean()),
        "final_of_each": final.tolist(),
    }


def as_table(rows: dict[str, dict], arguments: argparse.Namespace) -> results.Table:
    """Return a row for each change."""
    cells = [
        [
            change,
            f"{row['final']:.3f}",
            None if change == SHIPPED else _difference(row["difference"], row["difference_ci95"]),
            results.with_sd(row["last10_mean"], row["last10_sd"]),
        ]
        for change, row in rows.items()
    ]
    return results.Table(
        f"One change at a time: {arguments.parameters}, {arguments.seeds} cultures",
        ["change", "final", "difference (95 % interval)", "last ten"],
        cells,
    )


def _difference(mean: float, interval: tuple[float, float] | None) -> str:
    within = "" if interval is None else f" ({interval[0]:+.3f} to {interval[1]:+.3f})"
    return f"{mean:+.3f}{within}"


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
