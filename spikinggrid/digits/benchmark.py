"""How well can cultures learn? The digit benchmark, with its controls.

    benchmark      cultures of several wirings, interrupted and resumed -> `BenchmarkResult`
    measure_each   cultures that differ in more than their wiring -> several of them
    measure        everything about one culture: before, training, after, controls

Figures are final ones, never the best of several. Controls: the untrained culture, by its label
electrodes and by a linear readout of all electrodes; a culture whose labels were shuffled;
electrodes without any neurons, on which only the artefact of the stimulus could leak, and the same
with that artefact left in; what the culture does while it is shown nothing, through electrodes that
are blanked as if it were; the raw pixels with the noise of the encoding; the largest class.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spikinggrid.digits.benchmark_result import BenchmarkResult, load_with_versions, merged
from spikinggrid.digits.energy import Meter, effort_of_response, effort_of_training
from spikinggrid.digits.images import DigitImages
from spikinggrid.digits.readouts import label_answers, linear_accuracy, nearest_accuracy
from spikinggrid.digits.receptive_fields import mean_images, probe
from spikinggrid.digits.task import Responses, TaskImages, load_images
from spikinggrid.digits.training import Training, accuracies, label_accuracy
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.parallel import client as parallel
from spikinggrid.parameters.files import dumps
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.simulation.activity import EARLY
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Spikes
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress, hidden_progress
from spikinggrid.utils.versions import versions

#: A culture says this often (s) how far it is.
INTERVAL = 0.2

#: A culture that fires faster than this on average (Hz) while it is shown images runs away.
RUNAWAY = 100.0

#: So many images at most are read from a culture that is shown nothing, and as many before.
N_SPONTANEOUS = 300

#: Is told what a culture is doing, and how many images more it was shown.
Report = Callable[[str, int], None]


def benchmark(
    parameters: Parameters,
    seeds: Iterable[int],
    split: str = "validation",
    folder: str | os.PathLike | None = None,
    *,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> BenchmarkResult:
    """Teach cultures digits, and measure them and their controls.

    Parameters
    ----------
    parameters : Parameters
        With the table `digits`.
    seeds : iterable of int
        One for each culture.
    split : {"validation", "test"}
        Which images the final figures are of.
    folder : path-like, optional
        Keeps every culture that is done, and checkpoints of those under way, with which an
        interrupted benchmark goes on.
    restart : bool
        Whether to start over, whatever the folder holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. The result does not depend on it.
    show : callable
        Make what shows the progress, such as the class `Progress`.

    Raises
    ------
    InputError
        If the parameters or images cannot be used, or the folder holds cultures of other
        parameters, another split or other versions of the packages.
    """
    each = measure_each(
        dict.fromkeys(seeds, parameters),
        split,
        folder,
        restart=restart,
        where=where,
        jobs=jobs,
        show=show,
    )
    return merged(dumps(parameters), split, each)


def measure_each(
    cultures: Mapping[int, Parameters],
    split: str = "validation",
    folder: str | os.PathLike | None = None,
    *,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> list[BenchmarkResult]:
    """Teach cultures digits that may differ in more than their wiring.

    Parameters
    ----------
    cultures : mapping of int to Parameters
        By seed; all with the same table `digits`.
    split, folder, restart, where, jobs, show
        As for `benchmark`.

    Returns
    -------
    list of BenchmarkResult
        One for each culture, in no certain order.

    Raises
    ------
    InputError
        As `benchmark`.
    """
    some = next(iter(cultures.values()))
    images = load_images(some, split)
    texts = {seed: dumps(parameters) for seed, parameters in cultures.items()}
    results, missing = [], list(cultures)
    if folder is not None:
        folder = make_folder(folder).resolve()
        if restart:
            _delete(folder, cultures)
        paths = {seed: _path(folder, seed) for seed in cultures}
        missing = [seed for seed, path in paths.items() if not path.is_file()]
        results = [
            _measured_before(path, texts[seed], split)
            for seed, path in paths.items()
            if path.is_file()
        ]
    if not missing:
        return results
    n_images = len(missing) * _n_shown(some, images)
    jobs = parallel.enough(len(missing)) if jobs is None else jobs
    with (
        show(n_images, "image") as progress,
        parallel.connected(where, jobs) as client,
        parallel.heard_by(client, lambda message: _tell(progress, *message)) as topic,
    ):
        tasks = [(cultures[seed], seed, split, folder, topic) for seed in missing]
        for place, measured in parallel.completed(client, _measure, tasks):
            seed = missing[place]
            results.append(BenchmarkResult(texts[seed], split, {seed: measured}))
            if folder is not None:
                results[-1].save(_path(folder, seed))
                _delete_checkpoints(folder, seed)
    return results


def _path(folder: Path, seed: int) -> Path:
    return folder / f"seed-{seed}.h5"


def _delete(folder: Path, seeds: Iterable[int]) -> None:
    for seed in seeds:
        _path(folder, seed).unlink(missing_ok=True)
        _delete_checkpoints(folder, seed)


def _delete_checkpoints(folder: Path, seed: int) -> None:
    for path in folder.glob(f"seed-{seed}-*.part.h5"):
        path.unlink()


def _measured_before(path: Path, text: str, split: str) -> BenchmarkResult:
    result, versions_there = load_with_versions(path)
    start_over = "give another folder by --output, or start over by --restart"
    if (result.parameters, result.split) != (text, split):
        raise InputError(f"{path}: is of other parameters or another split; {start_over}")
    for name, version in versions("scikit-learn").items():
        if versions_there.get(name, version) != version:
            raise InputError(
                f"{path}: was made with {name} {versions_there[name]}, and here is {version};"
                f" {start_over}"
            )
    return result


def _n_shown(parameters: Parameters, images: TaskImages) -> int:
    """Return how many images `measure` reports: taught twice, and five tests."""
    digits = needed(parameters.digits, "digits", "the digit task", "digits/two")
    n_taught, repeats = digits.n_presentations or len(images.training), digits.repeats or 1
    return 2 * n_taught + repeats * (2 * len(images.training) + 3 * len(images.final))


def _tell(progress: Progress, text: str, n_images: int) -> None:
    progress.describe(text)
    progress.advance(n_images)


def _measure(
    parameters: Parameters, seed: int, split: str, folder: Path | None, topic: str
) -> dict[str, Any]:
    """Measure one culture, maybe on a machine that lacks the folder: then without checkpoints."""
    told, waiting = time.monotonic(), 0

    def report(what: str, n_images: int) -> None:
        nonlocal told, waiting
        waiting += n_images
        if time.monotonic() > told + INTERVAL:
            parallel.tell(topic, [f"seed {seed}: {what}", waiting])
            told, waiting = time.monotonic(), 0

    has_folder = folder is not None and folder.is_dir()
    measured = measure(parameters, seed, split, folder if has_folder else None, report)
    parallel.tell(topic, [f"seed {seed}: done", waiting])
    return measured


def measure(
    parameters: Parameters,
    seed: int,
    split: str,
    folder: Path | None = None,
    report: Report = lambda what, n_images: None,
) -> dict[str, Any]:
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
    report : callable, optional
        Is told what is being done, and how many images more were shown.

    Returns
    -------
    dict
        Arrays and numbers by name, in groups: "evaluations", "final" (accuracy by readout),
        "spikes_per_neuron" (in response to a final image, before and after the training),
        "effort" (of a "decision" and of the "training", as `Effort.as_dict` returns it),
        "answers" (to the final images), "controls", "task", "before" and "after" (`probe`),
        and "seconds".

    Raises
    ------
    InputError
        If the parameters, images or checkpoints cannot be used, or the culture is silent or runs
        away in the first seconds.
    """
    began = time.perf_counter()
    images = load_images(parameters, split)
    training = Training(Dish(parameters, seed), images)
    task = training.task
    _refuse_useless(training)
    probed = task.probed(training.simulator)

    def respond(which: DigitImages, purpose: str, subject: Training = training) -> Responses:
        return task.respond(
            subject.simulator, which, "final", purpose, progress=lambda n: report(purpose, n)
        )

    untrained = respond(images.final, "untrained")
    untrained_fitted = respond(images.training, "untrained, training images")
    before = probe(training, images, untrained)
    checkpoint = _checkpoint(folder, seed, "taught")
    resumed, meter, begin = bool(checkpoint and checkpoint.is_file()), Meter(), time.process_time()
    training.run(checkpoint, _reported(report, "training"))
    spent = (np.nan, np.nan) if resumed else (time.process_time() - begin, meter.joules())
    of_training = respond(images.training, "training images")
    begin = time.process_time()
    of_final = respond(images.final, "images")
    seconds_a_decision = (time.process_time() - begin) / len(images.final)
    shuffled = Training(Dish(parameters, seed), images, shuffled=True, label_alone=True)
    shuffled.run(_checkpoint(folder, seed, "shuffled"), _reported(report, "shuffled labels"))
    of_shuffled = respond(images.final, "shuffled", shuffled)
    return {
        "evaluations": {name: np.array(values) for name, values in training.evaluations.items()},
        "final": accuracies(task, of_training, of_final),
        "spikes_per_neuron": {
            "untrained": untrained.neurons.mean() / task.repeats,
            "trained": of_final.neurons.mean() / task.repeats,
        },
        "effort": _effort(training, untrained, of_final, spent, seconds_a_decision),
        "answers": {
            "right_before_teaching": training.answers,
            "truth": of_final.truth,
            "scores": of_final.scores,
            "label": label_answers(of_final.scores),
            "untrained_scores": untrained.scores,
        },
        "controls": {
            "untrained": label_accuracy(untrained),
            "untrained_electrodes": _linear(untrained_fitted, untrained),
            "shuffled_labels": label_accuracy(of_shuffled),
            "spontaneous": _spontaneous(training),
            **_controls_without_culture(training, images),
        },
        "task": _task(training) | mean_images(task, images.final) | {"probed": probed},
        "before": before,
        "after": probe(training, images, of_final),
        "seconds": time.perf_counter() - began,
    }


def _effort(
    training: Training,
    untrained: Responses,
    trained: Responses,
    spent: tuple[float, float],
    seconds_a_decision: float,
) -> dict[str, dict[str, float]]:
    """Return what a decision and the training took; `spent` are seconds and joules of the latter.

    Time of the training includes its evaluations.
    """
    culture, duration = training.simulator.culture, training.task.asking
    before, after = untrained.spikes, trained.spikes
    decision = effort_of_response(culture, after, duration)
    taught = effort_of_training(culture, (before, after), duration, training.simulator.duration)
    return {
        "decision": decision.as_dict() | {"seconds": seconds_a_decision},
        "training": taught.as_dict() | dict(zip(("seconds", "measured"), spent, strict=True)),
    }


def _refuse_useless(training: Training) -> None:
    """Show images for some seconds, and refuse a culture that nothing can be taught."""
    task = training.task
    n_images = math.ceil(EARLY / task.duration)
    shown = task.respond(training.simulator, training.images.training[:n_images], "early")
    rate = float(shown.spikes.mean()) / task.asking
    seen = f"while it is shown the first {len(shown.truth)} images"
    if rate == 0:
        raise InputError(
            f"seed {training.seed}: the culture is silent: no neuron fires {seen}; raise"
            " synapses.input or digits.image_rate"
        )
    if rate > RUNAWAY:
        raise InputError(
            f"seed {training.seed}: the culture runs away: its neurons fire at {rate:.0f} Hz on"
            f" average {seen}; weaken synapses.excitatory or synapses.input"
        )


def _checkpoint(folder: Path | None, seed: int, which: str) -> Path | None:
    return None if folder is None else folder / f"seed-{seed}-{which}.part.h5"


def _reported(report: Report, what: str) -> Callable[[Training], None]:
    """Return what reports a training after each presentation, with its last accuracy."""
    n_reported = 0

    def tell(training: Training) -> None:
        nonlocal n_reported
        accuracy = "".join(f", accuracy {last:.3f}" for last in training.evaluations["label"][-1:])
        report(what + accuracy, training.n_done - n_reported)
        n_reported = training.n_done

    return tell


def _linear(fitted: Responses, tested: Responses) -> float:
    """Return the accuracy of a linear readout of all electrodes."""
    return linear_accuracy(fitted.electrodes, fitted.truth, tested.electrodes, tested.truth)


def _controls_without_culture(training: Training, images: TaskImages) -> dict[str, float]:
    """Return what the pixels say, what leaks from the stimulus, and what guessing gives."""
    task = training.task
    silence = Spikes.none(task.duration, task.dt)

    def without_culture(which: DigitImages, purpose: str) -> list[np.ndarray]:
        rows = [
            (
                task.pixel_input(stimulus),
                task.electrode_counts(silence, stimulus),
                task.artefact_counts(stimulus),
            )
            for stimulus in task.stimuli(which, "final", purpose)
        ]
        return [task.summed(column) for column in zip(*rows, strict=True)]

    truth, final_truth = task.class_indices(images.training), task.class_indices(images.final)
    pixels, leaked, artefacts = without_culture(images.training, "training images")
    final_pixels, final_leaked, final_artefacts = without_culture(images.final, "images")
    return {
        "pixels_logistic": linear_accuracy(pixels, truth, final_pixels, final_truth),
        "pixels_centroid": nearest_accuracy(pixels, truth, final_pixels, final_truth),
        "no_neurons": linear_accuracy(leaked, truth, final_leaked, final_truth),
        "artefacts": linear_accuracy(artefacts, truth, final_artefacts, final_truth),
        "largest_class": float(np.bincount(final_truth).max() / len(final_truth)),
    }


def _spontaneous(training: Training) -> float:
    """Return what a linear readout tells of images that the culture is not shown.

    Electrodes are blanked as they are where it is: what they miss of its own activity tells of the
    image, too.
    """
    task, images = training.task, training.images
    fitted, tested = (which[:N_SPONTANEOUS] for which in (images.training, images.final))
    stimuli = [
        *task.stimuli(fitted, "final", "training images"),
        *task.stimuli(tested, "final", "images"),
    ]
    spikes = task.show(training.simulator, [Stimulus.none()] * len(stimuli))
    counts = task.summed(list(map(task.electrode_counts, spikes, stimuli)))
    counts, tested_counts = np.split(counts, [len(fitted)])
    return linear_accuracy(
        counts, task.class_indices(fitted), tested_counts, task.class_indices(tested)
    )


def _task(training: Training) -> dict[str, np.ndarray]:
    """Return where electrodes and neurons lie, and what is shown and taught where."""
    task, culture = training.task, training.simulator.culture
    labels = np.full(task.array.n_electrodes, -1)
    for place, electrodes in enumerate(task.labels):
        labels[electrodes] = place
    return {
        "classes": task.classes,
        "shown": task.shown,
        "labels": labels,
        "electrode_x": task.array.x,
        "electrode_y": task.array.y,
        "x": culture.x,
        "y": culture.y,
        "is_inhibitory": culture.is_inhibitory,
    }
