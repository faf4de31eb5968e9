"""How well can a culture learn? The digit benchmark, with its controls.

    measure     everything about one culture: before, training, after, controls
    summary     means over cultures, as `spikinggrid benchmark --json` prints them
    save, load  result files

Figures are final ones, never the best of several. Controls: the untrained culture; a culture
whose labels were shuffled; electrodes without any neurons, on which only the artefact of the
stimulus could leak; the raw pixels with the noise of the encoding; the largest class.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from spikinggrid.digits.images import DigitImages
from spikinggrid.digits.readouts import (
    label_answers,
    linear_accuracy,
    mean_and_ci,
    nearest_accuracy,
)
from spikinggrid.digits.receptive_fields import mean_images, probe
from spikinggrid.digits.task import Responses, TaskImages, load_images
from spikinggrid.digits.training import READOUTS, Training, accuracies, label_accuracy
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Spikes
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside
from spikinggrid.utils.versions import versions

FORMAT = "SpikingGrid benchmark"
FORMAT_VERSION = 1

CONTROLS = (
    "untrained",
    "pixels_logistic",
    "pixels_centroid",
    "shuffled_labels",
    "no_neurons",
    "largest_class",
)

#: An unstable culture shows in the spread of so many last evaluations.
LAST = 10


@dataclass(frozen=True, eq=False)
class BenchmarkResult:
    """What a benchmark measured.

    Attributes
    ----------
    parameters : str
        The resolved parameter file as TOML.
    split : str
        Which images the final figures are of: "validation" or "test".
    seeds : dict of int to dict
        For each culture what `measure` gives.
    """

    parameters: str
    split: str
    seeds: dict[int, dict]


def measure(
    parameters: Parameters,
    seed: int,
    split: str,
    folder: Path | None = None,
    phase: Callable[[str, int], Callable[..., None]] | None = None,
) -> dict:
    """Grow one culture, teach it, and measure it and its controls.

    Parameters
    ----------
    parameters : Parameters
        With the table `digits`.
    seed : int
    split : {"validation", "test"}
        Which images the final figures are of.
    folder : Path, optional
        Where checkpoints are, from which an interrupted measurement goes on.
    phase : callable, optional
        Is told name and length of each phase that begins, and gives what is to be called
        after each image, with the training while there is one.

    Returns
    -------
    dict
        Arrays and numbers by name, in groups: "evaluations", "final" (accuracy by readout),
        "answers" (to the final images), "controls", "task", "before" and "after" (`probe`),
        and "seconds".

    Raises
    ------
    InputError
        If the parameters, images or checkpoints cannot be used.
    """
    began = time.perf_counter()
    phase = phase or (lambda name, length: lambda *_: None)
    images = load_images(parameters, split)
    training = Training(Dish(parameters, seed), images)
    task = training.task

    def respond(which, purpose: str, subject: Training = training) -> Responses:
        shown = phase(purpose, len(which))
        return task.respond(
            subject.simulator, which, "final", purpose, progress=lambda n: shown(None, n)
        )

    untrained = respond(images.final, "untrained")
    before = probe(training, images, untrained)
    training.run(_checkpoint(folder, seed, "taught"), phase("training", training.n_presentations))
    fitted, asked = respond(images.training, "training images"), respond(images.final, "images")
    shuffled = Training(Dish(parameters, seed), images, shuffled=True, label_alone=True)
    shuffled.run(
        _checkpoint(folder, seed, "shuffled"), phase("shuffled labels", shuffled.n_presentations)
    )
    astray = respond(images.final, "shuffled", shuffled)
    return {
        "evaluations": {name: np.array(v) for name, v in training.evaluations.items()},
        "final": accuracies(task, fitted, asked),
        "answers": {
            "right_before_teaching": training.answers,
            "truth": asked.truth,
            "scores": asked.scores,
            "label": label_answers(asked.scores),
            "untrained_scores": untrained.scores,
        },
        "controls": {
            "untrained": label_accuracy(untrained),
            "shuffled_labels": label_accuracy(astray),
            **_controls_without_culture(training, images),
        },
        "task": _task(training) | mean_images(task, images.final),
        "before": before,
        "after": probe(training, images, asked),
        "seconds": time.perf_counter() - began,
    }


def _checkpoint(folder: Path | None, seed: int, which: str) -> Path | None:
    return folder and folder / f"seed-{seed}-{which}.part.h5"


def _controls_without_culture(training: Training, images: TaskImages) -> dict[str, float]:
    """What the pixels say, what leaks from the stimulus, and what guessing gives."""
    task = training.task
    silence = Spikes.none(task.duration, task.dt)

    def without_culture(which: DigitImages, purpose: str) -> tuple[np.ndarray, np.ndarray]:
        rows = [
            (task.pixel_input(stimulus), task.heard(silence, stimulus))
            for stimulus in task.stimuli(which, "final", purpose)
        ]
        pixels, leaked = zip(*rows, strict=True)
        return np.array(pixels), np.array(leaked)

    truth, asked_truth = task.places(images.training), task.places(images.final)
    pixels, leaked = without_culture(images.training, "training images")
    asked_pixels, asked_leaked = without_culture(images.final, "images")
    return {
        "pixels_logistic": linear_accuracy(pixels, truth, asked_pixels, asked_truth),
        "pixels_centroid": nearest_accuracy(pixels, truth, asked_pixels, asked_truth),
        "no_neurons": linear_accuracy(leaked, truth, asked_leaked, asked_truth),
        "largest_class": float(np.bincount(asked_truth).max() / len(asked_truth)),
    }


def _task(training: Training) -> dict[str, np.ndarray]:
    """Where electrodes and neurons lie, and what is shown and taught where."""
    task, culture = training.task, training.simulator.culture
    labels = np.full(task.mea.n_electrodes, -1)
    for place, electrodes in enumerate(task.labels):
        labels[electrodes] = place
    return {
        "classes": task.classes,
        "shown": task.shown,
        "labels": labels,
        "electrode_x": task.mea.x,
        "electrode_y": task.mea.y,
        "x": culture.x,
        "y": culture.y,
        "is_inhibitory": culture.is_inhibitory,
    }


# --- summary ---------------------------------------------------------------------------


def summary(result: BenchmarkResult) -> dict:
    """Means over cultures: an object that is ready for JSON.

    Accuracy of each readout on the final images, with the 95 % interval of the mean over
    cultures (None for one culture); mean and standard deviation of the last ten evaluations,
    which are on fewer images (mean over cultures of each); controls are means.
    """
    measured = list(result.seeds.values())
    readouts = {}
    for name in READOUTS:
        mean, interval = mean_and_ci(np.array([each["final"][name] for each in measured]))
        last = [each["evaluations"][name][-LAST:] for each in measured]
        readouts[name] = {
            "final_mean": mean,
            "final_ci95": interval,
            "last10_mean": float(np.mean([np.mean(values) for values in last])),
            "last10_sd": float(np.mean([np.std(values) for values in last])),
        }
    return {
        "split": result.split,
        "classes": measured[0]["task"]["classes"].tolist(),
        "seeds": list(result.seeds),
        "readouts": readouts,
        "controls": {
            name: float(np.mean([each["controls"][name] for each in measured])) for name in CONTROLS
        },
        "seconds": float(sum(each["seconds"] for each in measured)),
    }


def confusion(result: BenchmarkResult) -> np.ndarray:
    """Share of the images of each class (rows) that the label readout takes for each (columns)."""
    n_classes = len(next(iter(result.seeds.values()))["task"]["classes"])
    counts = np.zeros((n_classes, n_classes))
    for each in result.seeds.values():
        np.add.at(counts, (each["answers"]["truth"], each["answers"]["label"]), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


# --- files -----------------------------------------------------------------------------


def save(result: BenchmarkResult, path: str | os.PathLike) -> None:
    """Write a result to an HDF5 file, from which `load` makes an equal one."""
    with written_beside(path) as beside, h5py.File(beside, "w") as file:
        file.attrs["format"], file.attrs["version"] = FORMAT, FORMAT_VERSION
        file.attrs["parameters"], file.attrs["split"] = result.parameters, result.split
        for name, found in versions("scikit-learn").items():
            file.attrs[f"version of {name}"] = found
        for seed, measured in result.seeds.items():
            _write(file.create_group(f"seeds/{seed}"), measured)


def load(path: str | os.PathLike) -> BenchmarkResult:
    """Read a result that `save` wrote.

    Raises
    ------
    InputError
        If the file is missing, truncated or not a result.
    """
    try:
        with h5py.File(path) as file:
            if file.attrs.get("format") != FORMAT:
                raise InputError(f"{path}: is not the result of a benchmark")
            if (found := file.attrs["version"]) != FORMAT_VERSION:
                raise InputError(
                    f"{path}: has version {found} of the format; this program reads version"
                    f" {FORMAT_VERSION}"
                )
            seeds = {int(seed): _read(group) for seed, group in file["seeds"].items()}
            return BenchmarkResult(
                file.attrs["parameters"], file.attrs["split"], dict(sorted(seeds.items()))
            )
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path}: is damaged or not an HDF5 file: {reason}") from error


def merged(
    parameters: Parameters, split: str, results: Iterable[BenchmarkResult]
) -> BenchmarkResult:
    """One result of several, each of other cultures."""
    seeds = {seed: each for result in results for seed, each in result.seeds.items()}
    return BenchmarkResult(parameter_files.dumps(parameters), split, dict(sorted(seeds.items())))


def _write(group: h5py.Group, content: dict) -> None:
    for name, value in content.items():
        if isinstance(value, dict):
            _write(group.create_group(name), value)
        else:
            group[name] = value


def _read(group: h5py.Group) -> dict:
    return {
        name: _read(value) if isinstance(value, h5py.Group) else value[()]
        for name, value in group.items()
    }
