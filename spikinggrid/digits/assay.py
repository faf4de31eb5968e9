"""Digits as assays: teach a culture, and measure how well it tells them apart.

`DIGITS`     label electrodes before and after the training
`READOUTS`   every readout that a prediction tells of
`reached`    what one culture reaches by these
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spikinggrid.assays.assay import Trial, attempt, medians, refuse_stimulation
from spikinggrid.digits.images import DigitImages
from spikinggrid.digits.readouts import linear_accuracy
from spikinggrid.digits.task import Responses, TaskImages, load_images
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.mea.array import Mea
from spikinggrid.mea.electrode_roles import label_electrodes
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish

#: More presentations than any training has.
MOST_PRESENTATIONS = 10**9


@dataclass(frozen=True)
class Digits:
    """Measure the accuracy of the label electrodes before and after the training.

    As a benchmark does it, on all validation images.
    """

    name = "digits"
    figure = "accuracies"
    is_recorded = False

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of both accuracies."""
        return {"accuracy": "share", "accuracy_untrained": "share"}

    def check(self, parameters: Parameters) -> None:
        """Refuse parameters without a table [digits], a task that does not fit, missing images."""
        refuse_stimulation(parameters, "the digit task")
        load_images(parameters, "validation")
        if parameters.digits is not None:
            label_electrodes(parameters.digits, Mea.place(parameters))

    def run(self, parameters: Parameters, seed: int) -> Trial:
        """Grow one culture and teach it digits; missing images are no failure of the culture."""
        images = load_images(parameters, "validation")
        return attempt(lambda: _accuracies(parameters, seed, images))

    def summarise(self, measured: Sequence[dict[str, float]]) -> dict[str, float]:
        """Return the median of each accuracy over cultures."""
        return medians(measured)


@dataclass(frozen=True)
class Readouts(Digits):
    """Measure the accuracy of each readout of `reached`."""

    name = "digits by readout"

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of all that `reached` returns for a culture that learns."""
        accuracies = dict.fromkeys(("untrained_electrodes", "label", "electrodes"), "share")
        return accuracies | {"spikes": "count"}

    def run(self, parameters: Parameters, seed: int) -> Trial:
        """Grow one culture and teach it digits; missing images are no failure of the culture."""
        images = load_images(parameters, "validation")
        return attempt(lambda: reached(parameters, seed, images))


DIGITS, READOUTS = Digits(), Readouts()


def reached(
    parameters: Parameters, seed: int | None = None, images: TaskImages | None = None
) -> dict[str, float]:
    """Return the accuracy of a culture by each readout that is predicted, and how much it fires.

    Parameters
    ----------
    parameters : Parameters
        With the task. A culture whose synapses never change is asked untrained alone.
    seed : int, optional
        That of the parameters unless given.
    images : TaskImages, optional
        What `load_images` returns for them, validation images for the final figures.

    Returns
    -------
    dict
        "untrained_electrodes", "label" and "electrodes": accuracies of a linear readout before the
        training, of the label electrodes after it and of a linear readout after it; and "spikes"
        of a neuron in response to an image after the training.
    """
    images = load_images(parameters, "validation") if images is None else images
    training = Training(Dish(_hardly_evaluated(parameters), seed), images, label_alone=True)

    def respond(which: DigitImages, purpose: str) -> Responses:
        return training.task.respond(training.simulator, which, "final", purpose)

    def linear(fitted: Responses, tested: Responses) -> float:
        return linear_accuracy(fitted.electrodes, fitted.truth, tested.electrodes, tested.truth)

    before = (respond(images.training, "before, training"), respond(images.final, "before, final"))
    untrained = {"untrained_electrodes": linear(*before)}
    if parameters.plasticity.rule == "static":
        return untrained
    training.run()
    after = (respond(images.training, "after, training"), respond(images.final, "after, final"))
    return untrained | {
        "label": label_accuracy(after[1]),
        "electrodes": linear(*after),
        "spikes": float(after[1].neurons.mean()) / training.task.repeats,
    }


def _hardly_evaluated(parameters: Parameters) -> Parameters:
    """Return the task with one evaluation, of one image: evaluations change nothing."""
    seldom = {"digits.evaluation_interval": MOST_PRESENTATIONS, "digits.evaluation_images": 1}
    return parameters.replace(seldom)


def _accuracies(parameters: Parameters, seed: int, images: TaskImages) -> dict[str, float]:
    training = Training(Dish(parameters, seed), images, label_alone=True)

    def accuracy(purpose: str) -> float:
        return label_accuracy(
            training.task.respond(training.simulator, images.final, "final", purpose)
        )

    untrained = accuracy("untrained")
    training.run()
    return {"accuracy": accuracy("images"), "accuracy_untrained": untrained}
