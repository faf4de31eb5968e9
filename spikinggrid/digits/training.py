"""How one culture is taught digits: presentations, evaluations between them, and checkpoints.

    training = Training(dish, images)
    training.run(checkpoint="dish.part.h5")
    training.evaluations           accuracies at set points

Every presentation has random numbers of its own, named by its number, and an evaluation
changes nothing but that it leaves the culture at rest: a training that is resumed goes on bit for
bit. With `digits.interval` the culture is not at rest otherwise, and settles before it goes on.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from spikinggrid.digits.images import DigitImages
from spikinggrid.digits.readouts import label_answers, linear_accuracy
from spikinggrid.digits.task import DigitTask, Responses, TaskImages
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.network.culture import PROJECTIONS
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Spikes
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.hdf5 import opened, written
from spikinggrid.utils.randomness import random_generator

CHECKPOINT = "SpikingGrid checkpoint"

READOUTS = ("label", "label_corrected", "electrodes", "electrodes_without_input", "neurons")


class Training:
    """A culture, its task, and how far its training has come.

    Parameters
    ----------
    dish : Dish
        The order of the images and all other random numbers come from its seed.
    images : TaskImages
    shuffled : bool
        Whether the teaching signal has nothing to do with the image: a control.
    label_alone : bool
        Whether evaluations leave out all readouts but that of the label electrodes, and with them
        the training images that those are fitted to.

    Attributes
    ----------
    simulator : Simulator
    task : DigitTask
    n_done, n_presentations : int
        Training images that have been shown, and all of them.
    answers : ndarray of bool, shape (n_presentations,)
        Whether the answer was right before the image was taught (contrastive teaching).
    evaluations : dict of str to list
        Presentations that went before ("presentation") and accuracy of each readout.
    """

    def __init__(
        self,
        dish: Dish,
        images: TaskImages,
        shuffled: bool = False,
        label_alone: bool = False,
    ):
        self.task = DigitTask(dish)
        self.digits, self.images, self.seed = self.task.digits, images, dish.seed
        self.dish, self.simulator, self.label_alone = dish, dish.simulator, label_alone
        self.truth = self.task.class_indices(images.training)
        if shuffled:
            self.truth = random_generator(self.seed, "shuffled labels").permutation(self.truth)
        self._learning = [
            name for name in PROJECTIONS if getattr(dish.parameters.plasticity, name) is not None
        ]
        self._order = self._shown_in_order()
        self.n_done = 0
        self.answers = np.zeros(self.n_presentations, bool)
        readouts = ("label",) if label_alone else READOUTS
        self.evaluations: dict[str, list[float]] = {
            name: [] for name in ("presentation", *readouts)
        }

    @property
    def n_presentations(self) -> int:
        """Training presentations in all; an image that is shown twice, free and taught, is one."""
        return len(self._order)

    def run(
        self,
        checkpoint: str | os.PathLike | None = None,
        progress: Callable[["Training"], None] | None = None,
    ) -> None:
        """Train to the end, from where the checkpoint is if there is one.

        Parameters
        ----------
        checkpoint : path-like, optional
            Written after each evaluation.
        progress : callable, optional
            Is called after every presentation.
        """
        if checkpoint is not None and Path(checkpoint).is_file():
            self._load(checkpoint)
        while self.n_done < self.n_presentations:
            self._teach(self.n_done)
            self.n_done += 1
            if (self.n_presentations - self.n_done) % self.digits.evaluation_interval == 0:
                self._evaluate()
                if checkpoint is not None:
                    self._save(checkpoint)
            if progress:
                progress(self)

    def _shown_in_order(self) -> np.ndarray:
        """Numbers of the training images: passes over all of them, each in another order."""
        n_images = len(self.images.training)
        n_shown = self.digits.n_presentations or n_images
        generator = random_generator(self.seed, "training order")
        passes = [generator.permutation(n_images) for _ in range(-(-n_shown // n_images))]
        return np.concatenate(passes)[:n_shown]

    def _teach(self, number: int) -> None:
        """Show one image, with its label at once or after a free presentation."""
        image = self._order[number]
        pixels, label = self.images.training.pixels[image], self.truth[image]
        generator = random_generator(self.seed, "training", number)
        signal = self._signal(number)
        if self.digits.teaching == "contrastive":
            shown = self.task.image(pixels, generator)

            def judge(spikes: Spikes) -> float:
                scores = self.task.score(self.task.electrode_counts(spikes, shown))
                self.answers[number] = label_answers(scores[None])[0] == label
                return 0.0 if self._spared(number) else signal * (self.digits.free_signal or 0.0)

            self._present(shown, judge)
            if self._spared(number):
                return
        taught = self.task.image_with_label(pixels, label, generator)
        self._present(taught, lambda spikes: signal)

    def _present(self, stimulus: Stimulus, signal: Callable[[Spikes], float]) -> None:
        modulated = self.simulator.parameters.plasticity.rule == "modulated"
        self.task.teach(self.simulator, stimulus, signal if modulated else None)

    def _spared(self, number: int) -> bool:
        """Whether a right answer leaves nothing to be learned."""
        return bool(self.digits.only_errors and self.answers[number])

    def _signal(self, number: int) -> float:
        last = 1.0 if self.digits.final_signal is None else self.digits.final_signal
        return 1 - (1 - last) * number / self.n_presentations

    # --- evaluation --------------------------------------------------------------------

    def _evaluate(self) -> None:
        """Measure readouts on some validation images, fitted to as many training images."""
        tested = self._respond_to_some(self.images.validation, "validation")
        if self.label_alone:
            measured = {"label": label_accuracy(tested)}
        else:
            fitted = self._respond_to_some(self.images.training, "training")
            measured = accuracies(self.task, fitted, tested)
        for name, value in {"presentation": self.n_done, **measured}.items():
            self.evaluations[name].append(value)

    def _respond_to_some(self, images: DigitImages, purpose: str) -> Responses:
        """To the same random images at every evaluation, each time with other pulses."""
        n_images, number = self.digits.evaluation_images, len(self.evaluations["presentation"])
        if n_images is not None and n_images < len(images):
            generator = random_generator(self.seed, "evaluation images", purpose)
            images = images[np.sort(generator.permutation(len(images))[:n_images])]
        return self.task.respond(self.simulator, images, "evaluation", purpose, number)

    # --- checkpoints -------------------------------------------------------------------

    def _save(self, path: str | os.PathLike) -> None:
        with written(path, CHECKPOINT) as file:
            file.attrs["parameters"] = parameter_files.dumps(self.simulator.parameters)
            file.attrs["n_done"], file.attrs["n_steps"] = self.n_done, self.simulator.n_steps
            file["answers"] = self.answers
            for name in self._learning:
                file[f"strengths/{name}"] = self.simulator.strengths(name)
            for name, values in self.evaluations.items():
                file[f"evaluations/{name}"] = values

    def _load(self, path: str | os.PathLike) -> None:
        try:
            with opened(path, CHECKPOINT, "a checkpoint of this version of SpikingGrid") as file:
                if file.attrs["parameters"] != parameter_files.dumps(self.simulator.parameters):
                    raise InputError(f"{path}: is of other parameters")
                n_done, n_steps = int(file.attrs["n_done"]), int(file.attrs["n_steps"])
                answers = file["answers"][()]
                strengths = {name: file[f"strengths/{name}"][()] for name in self._learning}
                evaluations = {
                    name: file[f"evaluations/{name}"][()].tolist() for name in self.evaluations
                }
        except InputError as error:
            raise InputError(f"{error}; give another folder, or start over by --restart") from None
        self.n_done = n_done
        self.answers, self.evaluations = answers, evaluations
        for name, values in strengths.items():
            self.simulator.set_strengths(name, values)
        self.simulator.skip(n_steps)


def label_accuracy(tested: Responses) -> float:
    """Return the share of images that the label electrodes name rightly."""
    return float(np.mean(label_answers(tested.scores) == tested.truth))


def accuracies(task: DigitTask, fitted: Responses, tested: Responses) -> dict[str, float]:
    """Return the accuracy of every readout.

    Parameters
    ----------
    task : DigitTask
    fitted : Responses
        To training images: classifiers are fitted to them, and usual scores are their means.
    tested : Responses
        To the images whose classes are tested for.
    """
    usual = fitted.scores.mean(axis=0)
    without_input = np.setdiff1d(np.arange(fitted.electrodes.shape[1]), task.shown)

    def linear(counts: np.ndarray, test_counts: np.ndarray) -> float:
        return linear_accuracy(counts, fitted.truth, test_counts, tested.truth)

    return {
        "label": label_accuracy(tested),
        "label_corrected": float(np.mean(label_answers(tested.scores, usual) == tested.truth)),
        "electrodes": linear(fitted.electrodes, tested.electrodes),
        "electrodes_without_input": linear(
            fitted.electrodes[:, without_input], tested.electrodes[:, without_input]
        ),
        "neurons": linear(fitted.neurons, tested.neurons),
    }
