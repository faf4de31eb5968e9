"""Parts of a comparison: what is measured, each alone, and how.

    measure_network     one network and some draws of labelled images
    measure_culture     one culture that is taught so many labelled images, or none

A draw takes as many labelled images of each digit from all training images; the smaller draws are
parts of the larger ones. What learns without labels sees all training images. Accuracies are on
all final images.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from spikinggrid.digits import images as digit_images
from spikinggrid.digits.comparators import networks, supervised
from spikinggrid.digits.energy import Effort, Meter, effort_of_response, effort_of_training
from spikinggrid.digits.images import DigitImages
from spikinggrid.digits.readouts import label_answers, linear_accuracy, nearest_accuracy
from spikinggrid.digits.task import WHITE, Responses, TaskImages, load_images
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.randomness import random_generator

#: Of the linear readouts: weight of half the squared weights beside the mean loss of an image.
PENALTY = 0.01

#: Passes over the labelled images that a linear readout is counted with; it stops at the optimum.
N_PASSES = 100

#: What learns from labels without a network before it.
END_TO_END = "backpropagation"

#: Images that show how much a culture fires.
RATED = 200


@dataclass(frozen=True)
class NetworkPart:
    """A network at a size of images (rows, columns), and the draws that it is read out with."""

    network: str
    size: tuple[int, int]
    draws: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name of its file."""
        words = self.network.replace(",", "").replace(" ", "-")
        return f"{words}-{self.size[0]}x{self.size[1]}-{self.draws[0]}-{self.draws[-1]}"


@dataclass(frozen=True)
class CulturePart:
    """A culture, and the number of labelled images that it is taught; none is untrained."""

    seed: int
    n_labels: int

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"culture-{self.seed}-{self.n_labels}"


Part = NetworkPart | CulturePart


def measure(
    parameters: Parameters, labels: Sequence[int], split: str, part: Part
) -> list[dict[str, Any]]:
    """Return a row for each readout and number of labels of a part; see `ComparisonResult`."""
    if isinstance(part, NetworkPart):
        return measure_network(parameters, labels, split, part)
    return measure_culture(parameters, labels, split, part)


def measure_network(
    parameters: Parameters, labels: Sequence[int], split: str, part: NetworkPart
) -> list[dict[str, Any]]:
    """Let a network learn from all training images, and read it out with a few labels.

    Parameters
    ----------
    parameters, labels, split
        As for `compare`.
    part : NetworkPart
        The network's random numbers come from the first draw.
    """
    digits = needed(parameters.digits, "digits", "the comparison", "digits/ten")
    classes = tuple(digits.classes)
    pool = images_of(digits.dataset, "training", classes, part.size)
    final = images_of(digits.dataset, split, classes, part.size)
    truth, final_truth = _truth(pool, classes), _truth(final, classes)
    images, final_images = _pixels(pool), _pixels(final)
    begin = time.process_time()
    make = networks.networks(*part.size).get(part.network, networks.Pixels)
    network = networks.Standardised(make())
    network.fit(images, random_generator(part.draws[0], "comparator", part.network))
    seconds_learning = time.process_time() - begin
    begin = time.process_time()
    final_features = network.transform(final_images)
    # what is learned end to end is predicted by the readout, whose time is not taken
    seconds_a_decision = np.nan
    if part.network != END_TO_END:
        seconds_a_decision = (time.process_time() - begin) / len(final)
    rows = []
    for draw, n in itertools.product(part.draws, labels):
        drawn = drawn_images(truth, n, draw)
        begin = time.process_time()
        features = network.transform(images[drawn])
        readouts = _readouts(
            part.network, draw, features, truth[drawn], final_features, final_truth
        )
        seconds_features = time.process_time() - begin
        for readout, answer in readouts.items():
            begin = time.process_time()
            accuracy = answer()
            seconds = time.process_time() - begin
            decision, taught = _multiply_adds(network, readout, features.shape[1], n, len(classes))
            rows.append(
                {
                    "subject": part.network,
                    "readout": readout,
                    "size": list(part.size),
                    "labels": n,
                    "draw": draw,
                    "accuracy": accuracy,
                    "decision": Effort(
                        multiply_adds=decision, seconds=seconds_a_decision
                    ).as_dict(),
                    "training": Effort(
                        multiply_adds=taught,
                        seconds=seconds_learning + seconds_features + seconds,
                    ).as_dict(),
                }
            )
    return rows


def _readouts(
    network: str,
    draw: int,
    features: np.ndarray,
    truth: np.ndarray,
    tested: np.ndarray,
    tested_truth: np.ndarray,
) -> dict[str, Callable[[], float]]:
    """Return what computes the accuracy of each readout."""

    def share(answers: np.ndarray) -> float:
        return float(np.mean(answers == tested_truth))

    if network == END_TO_END:
        return {
            "end to end": lambda: share(supervised.backpropagation(features, truth, tested, draw))
        }
    generator = random_generator(draw, "contrastive", network)
    readouts: dict[str, Callable[[], float]] = {
        "linear": lambda: linear_accuracy(features, truth, tested, tested_truth, PENALTY),
        "class means": lambda: share(supervised.class_means(features, truth, tested)),
        "contrastive": lambda: share(supervised.contrastive(features, truth, tested, generator)),
    }
    if network == "pixels":
        readouts["nearest centroid"] = lambda: nearest_accuracy(
            features, truth, tested, tested_truth
        )
    return readouts


def _multiply_adds(
    network: networks.Standardised, readout: str, n_features: int, n_labels: int, n_classes: int
) -> tuple[float, float]:
    """Return multiply-adds of a decision, and of all learning."""
    if readout == "end to end":
        output = supervised.N_HIDDEN * (n_features + n_classes)
        learning = 3.0 * output * supervised.N_BATCHES * supervised.BATCH
    else:
        output = n_features * n_classes
        learning = {
            "linear": 2.0 * N_PASSES * n_labels * output,
            "contrastive": 2.0 * supervised.CHL_N_BATCHES * supervised.CHL_BATCH * output,
        }.get(readout, float(n_labels * n_features))
    decision = network.multiply_adds + output
    features = network.multiply_adds_of_learning + n_labels * network.multiply_adds
    return decision, features + learning


def measure_culture(
    parameters: Parameters, labels: Sequence[int], split: str, part: CulturePart
) -> list[dict[str, Any]]:
    """Teach a culture so many labelled images, or none, and read out what it answers.

    They are shown as often, in passes over them, as the parameters show images. The linear readout
    is fitted to as many labelled images.

    Parameters
    ----------
    parameters, labels, split
        As for `compare`.
    part : CulturePart
        The seed is also the number of the draw.
    """
    digits = needed(parameters.digits, "digits", "the comparison", "digits/ten")
    classes, size = tuple(digits.classes), (digits.image_rows, digits.image_columns)
    pool = images_of(digits.dataset, "training", classes, size)
    truth = _truth(pool, classes)
    shown = load_images(parameters, split)
    n_shown = digits.n_presentations or len(shown.training)
    most = part.n_labels or max(labels)
    drawn = pool[drawn_images(truth, most, part.seed)]
    images = TaskImages(drawn, shown.validation, shown.final, shown.probes)
    taught = parameters.replace(
        {"digits.n_presentations": n_shown, "digits.evaluation_interval": n_shown + 1}
    )
    training = Training(Dish(taught, part.seed), images, label_alone=True)
    of_training = Effort()
    if part.n_labels:
        of_training = _teach(training, images)
    begin = time.process_time()
    tested = training.task.respond(training.simulator, images.final, "final", "images")
    seconds = (time.process_time() - begin) / len(images.final)
    culture = training.simulator.culture
    decision = effort_of_response(culture, tested.spikes, training.task.asking)
    fitted = training.task.respond(training.simulator, drawn, "final", "training images")

    def row(readout: str, n: int, accuracy: float) -> dict[str, Any]:
        return {
            "subject": "culture" if part.n_labels else "untrained culture",
            "readout": readout,
            "size": list(size),
            "labels": n,
            "draw": part.seed,
            "accuracy": accuracy,
            "decision": decision.as_dict() | {"seconds": seconds},
            "training": of_training.as_dict(),
        }

    rows = []
    for n in [part.n_labels] if part.n_labels else labels:
        some = first_of_each(fitted.truth, n)
        accuracy = linear_accuracy(
            fitted.electrodes[some], fitted.truth[some], tested.electrodes, tested.truth, PENALTY
        )
        rows.append(row("electrodes", n, accuracy))
    if part.n_labels:
        rows.append(row("label electrodes", part.n_labels, label_accuracy(tested)))
        rows.append(row("label electrodes, corrected", part.n_labels, _corrected(fitted, tested)))
    return rows


def _teach(training: Training, images: TaskImages) -> Effort:
    """Teach a culture, and return what that took."""

    def responses() -> np.ndarray:
        some = images.validation[:RATED]
        task = training.task
        return task.respond(training.simulator, some, "rated").spikes

    before, meter, begin = responses(), Meter(), time.process_time()
    training.run()
    seconds, measured = time.process_time() - begin, meter.joules()
    simulator = training.simulator
    effort = effort_of_training(
        simulator.culture, (before, responses()), training.task.asking, simulator.duration
    )
    return replace(effort, seconds=seconds, measured=measured)


def _corrected(fitted: Responses, tested: Responses) -> float:
    answers = label_answers(tested.scores, fitted.scores.mean(axis=0))
    return float(np.mean(answers == tested.truth))


@lru_cache(maxsize=6)
def images_of(
    dataset: str, split: str, classes: tuple[int, ...], size: tuple[int, int] | None
) -> DigitImages:
    """Return all images of some digits, at a size; resizing them takes seconds."""
    images = digit_images.load(dataset, split).showing(classes)
    return images if size is None else images.resized(*size)


def _truth(images: DigitImages, classes: Sequence[int]) -> np.ndarray:
    """Return the place in the classes of what each image shows."""
    return np.argmax(images.labels[:, None] == np.array(classes), axis=1)


def _pixels(images: DigitImages) -> np.ndarray:
    return images.pixels.astype(np.float32) / WHITE


def drawn_images(truth: np.ndarray, n: int, draw: int) -> np.ndarray:
    """Return which images a draw has: as many of each class, those of smaller draws among them.

    Parameters
    ----------
    truth : ndarray of int, shape (n_images,)
        Class of each image, from 0.
    n : int
        A multiple of the number of classes.
    draw : int
        Number of the draw.
    """
    order = random_generator(draw, "labelled images").permutation(len(truth))
    return order[first_of_each(truth[order], n)]


def first_of_each(truth: np.ndarray, n: int) -> np.ndarray:
    """Return which images are the first of their class, n in all."""
    n_classes = truth.max() + 1
    return np.concatenate([np.flatnonzero(truth == c)[: n // n_classes] for c in range(n_classes)])
