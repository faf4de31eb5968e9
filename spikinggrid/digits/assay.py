"""The assay of digits: teach a culture, and measure how well it tells them apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spikinggrid.assays.assay import Trial, attempt, medians, refuse_stimulation
from spikinggrid.digits.task import TaskImages, load_images
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.mea.array import Mea
from spikinggrid.mea.electrode_roles import label_electrodes
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish


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


DIGITS = Digits()


def _accuracies(parameters: Parameters, seed: int, images: TaskImages) -> dict[str, float]:
    training = Training(Dish(parameters, seed), images, label_alone=True)

    def accuracy(purpose: str) -> float:
        return label_accuracy(
            training.task.respond(training.simulator, images.final, "final", purpose)
        )

    untrained = accuracy("untrained")
    training.run()
    return {"accuracy": accuracy("images"), "accuracy_untrained": untrained}
