#!/usr/bin/env python3
"""What does each mechanism bring? Digits 0 to 3, one change at a time.

Prints the final accuracy of the label electrodes on all validation images, and mean and
standard deviation of the last ten evaluations, both means over cultures.
"""

import argparse
import json
import sys

import numpy as np

from spikinggrid import cluster, parameter_files
from spikinggrid.digits import load_images
from spikinggrid.errors import InputError
from spikinggrid.parameters import Parameters
from spikinggrid.readouts import label_answers
from spikinggrid.training import Training

STATIC_INHIBITION = ["plasticity.inhibitory=none"]
CHANGES = {
    "as shipped (digits/four)": [],
    "no contrast: only taught presentations": [
        "digits.teaching=taught", "digits.free_signal=none", "digits.only_errors=none",
    ],
    "no gate: learning from right answers too": ["digits.only_errors=false"],
    "free signal -1 instead of -2": ["digits.free_signal=-1.0"],
    "no annealing": ["digits.final_signal=none"],
    "inhibition does not learn": STATIC_INHIBITION,
    "all excitatory synapses learn": ["plasticity.excitatory.plastic=all"],
    "all excitatory synapses learn, up to 0.4 mV": [
        "plasticity.excitatory.plastic=all", "plasticity.excitatory.upper_bound=0.4 mV",
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
    "240 neurons": ["culture.n_neurons=240"],
    "1,000 neurons": ["culture.n_neurons=1000"],
}  # fmt: skip


def main() -> int:
    """Measure all changes; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="digits/four", help="preset or file")
    parser.add_argument("--seeds", type=int, default=3, help="number of cultures (default 3)")
    cluster.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    try:
        changed = {
            name: parameter_files.load(arguments.parameters, lines)
            for name, lines in CHANGES.items()
        }
        load_images(next(iter(changed.values())), "validation")  # missing files are named now
        first = next(iter(changed.values())).simulation.seed
        tasks = [(changed[name], first + k) for name in CHANGES for k in range(arguments.seeds)]
        measured = cluster.results(measure, tasks, arguments.cluster, arguments.jobs, "cultures")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    measured = np.reshape(measured, (len(CHANGES), arguments.seeds, 3))
    names = ("final", "last10_mean", "last10_sd")
    rows = {
        change: dict(zip(names, values.mean(axis=0).tolist(), strict=True))
        | {"final_of_each": values[:, 0].tolist()}
        for change, values in zip(CHANGES, measured, strict=True)
    }
    print(json.dumps(rows, indent=2) if arguments.json else as_table(rows))
    return 0


def measure(parameters: Parameters, seed: int) -> tuple[float, float, float]:
    """Final accuracy of one culture, mean and standard deviation of its last ten evaluations."""
    images = load_images(parameters, "validation")
    training = Training(parameters, seed, images)
    training.run()
    asked = training.task.respond(training.simulator, images.final, "final", "images")
    last = training.evaluations["label"][-10:]
    final = np.mean(label_answers(asked.scores) == asked.truth)
    return float(final), float(np.mean(last)), float(np.std(last))


def as_table(rows: dict[str, dict]) -> str:
    """A table in Markdown."""
    lines = ["| digits 0 to 3 | final | last ten evaluations |", "|---|---|---|"]
    for change, row in rows.items():
        last = f"{row['last10_mean']:.3f} +- {row['last10_sd']:.3f}"
        lines.append(f"| {change} | {row['final']:.3f} | {last} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
