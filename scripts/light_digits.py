#!/usr/bin/env python3
"""Would an LED screen and photodetectors do? Digits by light against digits by electrodes.

The cultures of `digits/two` (or `four`, or those that were fitted to recordings, `twin_two`) are
taught through electrodes, by light with answers on electrodes, and by light with answers from
calcium; those of `digits/two` then again with one thing of the light changed at a time. Cultures
are the same in every row but for what they express. Prints tables of accuracies (mean over cultures
and its 95 % interval); --figure draws them. It takes about twenty minutes of one core; what has
been measured is kept in --output and not measured again.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import results

from spikinggrid.digits.readouts import accuracy_and_interval, mean_and_interval
from spikinggrid.digits.task import TaskImages, load_images
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder

FIRST_SEED = 101

#: How many presentations a culture is taught by, and how many images it is tested with.
SIZES = {"two": (400, 400), "four": (600, 400), "twin_two": (400, 200), "sweep": (200, 150)}

#: What the parameters of a task say of light.
SETUPS = {
    "two": "a projector, pixels of 100 um, 60 Hz, 0.5 mW/mm2 at 590 nm on squares of 500 um,"
    " Chrimson in 80 % of the neurons; photodiodes of 500 um over each electrode, GCaMP6f, 60 Hz,"
    " noise 0.038",
    "twin_two": "a projector, pixels of 50 um, 60 Hz, 0.5 mW/mm2 at 590 nm on squares of 100 um,"
    " Chrimson in 80 % of the neurons; photodiodes of 200 um over each electrode, GCaMP6f, 60 Hz,"
    " noise 0.038",
}
SETUPS["four"] = SETUPS["two"]

#: Both ways by light, what a row changes of it, and how it is called.
BOTH = {"digits.output": "light"}
SCREEN = {"light.source": "screen", "light.spread": None, "light.distance": "170 um"}
MAIN: dict[str, dict[str, object]] = {
    "electrodes in, electrodes out": {"digits.input": None},
    "light in, electrodes out": {},
    "light in, light out": BOTH,
    "light in, light out, labels shuffled": BOTH,
    "electrodes in, light out": {"digits.input": None, **BOTH},
}
#: An ordinary LED screen on the glass of the dish.
LED = BOTH | SCREEN | {"light.irradiance": "16 uW/mm2", "light.frame_rate": "60 Hz"}
TWIN: dict[str, dict[str, object]] = {
    "electrodes in, electrodes out": {"digits.input": None},
    "light in, electrodes out": {},
    "light in, electrodes out, labels shuffled": {},
    "16 uW/mm2 in, electrodes out": {"light.irradiance": "16 uW/mm2"},
    "screen of 16 uW/mm2 on 170 um of glass, electrodes out": SCREEN
    | {"light.irradiance": "16 uW/mm2"},
}
SWEEPS: dict[str, dict[str, dict[str, object]]] = {
    "irradiance": {
        text: BOTH | {"light.irradiance": text}
        for text in (
            "0.5 uW/mm2",
            "2 uW/mm2",
            "5 uW/mm2",
            "16 uW/mm2",
            "24 uW/mm2",
            "35 uW/mm2",
            "50 uW/mm2",
            "5 mW/mm2",
        )
    },
    "screen": {
        "16 uW/mm2, 170 um of glass, Chrimson": LED,
        "the same, five times the presentations": LED | {"digits.n_presentations": 1000},
        "the same, twice the membrane resistance": LED
        | {"neuron.membrane_resistance": "472 MOhm"},
        "the same, neurons 8 mV nearer to threshold": LED | {"noise.drive": "8 mV"},
        "16 uW/mm2, 1 mm of glass, Chrimson": LED | {"light.distance": "1 mm"},
        "16 uW/mm2, 170 um of glass, ChR2-H134R": LED
        | {"light.opsin": "ChR2-H134R", "light.wavelength": "450 nm"},
    },
    "opsin": {
        opsin: BOTH | {"light.opsin": opsin, "light.wavelength": wavelength}
        for opsin, wavelength in {
            "ChR2": "470 nm",
            "ChR2-H134R": "450 nm",
            "ChR2-PyRhO": "470 nm",
        }.items()
    },
    "pitch": {
        f"{pitch} um": BOTH | {
            "light.pitch": f"{pitch} um",
            "light.rows": 3000 // pitch,
            "light.columns": 5000 // pitch,
        }
        for pitch in (500, 1000, 1500)
    },
    "frame-rate": {
        text: BOTH | {"light.frame_rate": text} for text in ("5 Hz", "20 Hz", "240 Hz")
    },
    "photodetector": {
        "camera, 100 um, 30 Hz": BOTH
        | {
            "photodetector.sites": "camera",
            "photodetector.rows": 30,
            "photodetector.columns": 50,
            "photodetector.pitch": "100 um",
            "photodetector.diameter": None,
            "photodetector.frame_rate": "30 Hz",
        },
        "photodiodes, 10 Hz": BOTH | {"photodetector.frame_rate": "10 Hz"},
        "photodiodes, 50 times the noise": BOTH | {"photodetector.noise": 1.9},
        "photodiodes, GCaMP6s": BOTH | {"photodetector.indicator": "GCaMP6s"},
    },
}  # fmt: skip


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", choices=SETUPS, default="two")
    parser.add_argument(
        "--seeds", type=int, default=5, help="cultures of the main rows (default 5)"
    )
    parser.add_argument("--sweep-seeds", type=int, default=3, help="of the others (default 3)")
    parser.add_argument(
        "--sweep", nargs="*", choices=SWEEPS, help="what to vary (two: all, others: nothing)"
    )
    parser.add_argument("--output", type=Path, default=Path("results/light"), help="folder")
    parser.add_argument("--figure", type=Path, metavar="FILE.png")
    results.add_argument(parser)
    arguments = parser.parse_args()
    task = arguments.task
    store = Store(make_folder(arguments.output) / f"{task}.jsonl", task)
    sweeps = arguments.sweep
    if sweeps is None:
        sweeps = list(SWEEPS) if task == "two" else []
    conditions = {"": TWIN if task == "twin_two" else MAIN} | {
        name: SWEEPS[name] for name in sweeps
    }
    for n_seeds in range(1, arguments.sweep_seeds + 1):  # one culture of each, then another
        measured = {
            sweep: {
                name: store.measured(SIZES["sweep"], name, changes, n_seeds)
                if sweep
                else store.measured(SIZES[task], name, changes, arguments.seeds)
                for name, changes in rows.items()
            }
            for sweep, rows in conditions.items()
        }
    results.show(as_table(measured, arguments), arguments.json)
    if arguments.figure:
        draw(measured, arguments)


class Store:
    """Accuracies that were measured, one a line of a file, and the means to measure others."""

    def __init__(self, path: Path, task: str):
        self._path = path
        self._parameters = parameter_files.load(f"digits/{task}_light")
        self._images = load_images(self._parameters, "validation")
        self._known = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                name, text, seed, accuracy = json.loads(line)
                self._known[name, text, seed] = accuracy

    def measured(
        self, sizes: tuple[int, int], name: str, changes: dict, n_seeds: int
    ) -> list[float]:
        """Return the accuracy of each culture, in the order of its seed."""
        accuracies = []
        for seed in range(FIRST_SEED, FIRST_SEED + n_seeds):
            known = name, json.dumps([sizes, changes], sort_keys=True), seed
            if known not in self._known:
                self._known[known] = self._measure(sizes, changes, seed, "shuffled" in name)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([*known, self._known[known]]) + "\n")
                print(f"{name}, seed {seed}: {self._known[known]:.3f}", file=sys.stderr, flush=True)
            accuracies.append(self._known[known])
        return accuracies

    def _measure(self, sizes: tuple[int, int], changes: dict, seed: int, shuffled: bool) -> float:
        (n_taught, n_tested), images = sizes, self._images
        n_first = {"digits.n_presentations": n_taught, "digits.evaluation_interval": 10**9}
        dish = Dish(self._parameters.replace(n_first | changes), seed)
        tested = images.validation[:n_tested]
        fewer = TaskImages(images.training, tested, tested, images.probes)
        training = Training(dish, fewer, shuffled=shuffled, label_alone=True)
        training.run()
        return label_accuracy(training.task.respond(training.simulator, tested, "final"))


def as_table(measured: dict[str, dict], arguments: argparse.Namespace) -> results.Table:
    """Return a row for each condition."""
    rows: list[list[results.Cell]] = []
    by_electrodes = next(iter(measured[""].values()))
    for sweep, conditions in measured.items():
        for name, accuracies in conditions.items():
            less = None
            if not sweep and accuracies is not by_electrodes:
                less = results.with_interval(
                    *mean_and_interval(np.subtract(accuracies, by_electrodes).tolist())
                )
            accuracy = results.with_interval(*accuracy_and_interval(accuracies))
            rows.append([sweep or "main", name, accuracy, less, str(len(accuracies))])
    (n_taught, n_tested), (n_swept, n_tested_swept) = SIZES[arguments.task], SIZES["sweep"]
    notes = (
        f"{n_taught} presentations and {n_tested} validation images; cultures of seeds {FIRST_SEED}"
        f" and following. Unless a row says otherwise: {SETUPS[arguments.task]}."
    )
    if len(measured) > 1:
        notes += (
            f" Below the main rows: {n_swept} presentations and {n_tested_swept} images, light in"
            " and light out."
        )
    return results.Table(
        f"Digits by light, {arguments.task}: share of images that label electrodes, or what"
        " photodetectors see there, name rightly",
        [
            "what varies",
            "condition",
            "accuracy (95 % interval)",
            "less that by electrodes, same cultures",
            "cultures",
        ],
        rows,
        notes,
    )


def draw(measured: dict[str, dict], arguments: argparse.Namespace) -> None:
    """Draw every condition with its cultures, mean and interval."""
    from spikinggrid.plotting.style import BLUE, entitle, new_axes, new_figure, save

    panels = list(measured.items())
    heights = [len(rows) + 1 for _, rows in panels]
    figure = new_figure((8, 0.27 * sum(heights) + 1.2))
    axes = new_axes(figure, [[f"p{k}"] for k in range(len(panels))], heights)
    for (sweep, rows), panel in zip(panels, axes.values(), strict=True):
        for place, accuracies in enumerate(rows.values()):
            mean, interval = accuracy_and_interval(accuracies)
            panel.plot(accuracies, np.full(len(accuracies), place), ".", color="0.6", ms=4)
            if interval:
                panel.plot(interval, [place, place], color=BLUE, lw=1.2)
            panel.plot(mean, place, "o", color=BLUE, ms=5)
        panel.set_yticks(range(len(rows)), list(rows), fontsize=7)
        panel.set_ylim(len(rows) - 0.5, -0.5)
        panel.set_xlim(0, 1.02)
        panel.axvline(1 / (4 if arguments.task == "four" else 2), color="0.8", lw=0.8, zorder=0)
        panel.set_title(sweep or "light against electrodes", fontsize=8, loc="left")
    panel.set_xlabel("accuracy of the label electrodes (line: chance)")
    entitle(figure, "Digits by light", "dots: cultures; bars: 95 % interval of their mean")
    save(figure, arguments.figure)


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; what --output holds is not done again"))
