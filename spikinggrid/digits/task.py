"""The digit task: images onto electrodes, and electrodes' spikes into an answer.

    with_task     the parameters of a culture with the task of others
    DigitTask     what is shown to one culture, and how its responses are counted
    Responses     counts of spikes in response to some images
    load_images   training images, validation images and those of the final figures

Training, validation and final images never mix.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from spikinggrid.digits import images as digit_images
from spikinggrid.digits.images import DigitImages
from spikinggrid.light.screen import Light
from spikinggrid.mea.array import Mea
from spikinggrid.mea.detection import Detector
from spikinggrid.mea.electrode_roles import (
    image_electrodes,
    label_electrodes,
    nearest_electrodes,
)
from spikinggrid.mea.pulse_trains import (
    Stimulus,
    latency,
    pattern,
    poisson,
    poisson_intervals,
    regular,
    whole_steps,
)
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import SETTLING, Simulator, Spikes
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

WHITE = 255

#: Pulse trains by encoding; where images are shown by `latency` or `pattern`, those of labels.
TRAINS = {
    "poisson": poisson,
    "poisson-intervals": poisson_intervals,
    "regular": regular,
    "latency": regular,
    "pattern": regular,
}

#: What a random image shows.
NO_DIGIT = -1

#: So many images of each digit, and random ones, probe a culture before and after.
N_PROBES = 20

#: So many pulses on all pixels find the electrodes that answer them.
N_PROBINGS = 20

#: So many training images of each class are shown to find the class that an electrode prefers.
N_PREFERENCES = 150

#: Electrodes that hardly detect anything vary as much as this, in spikes.
LEAST_SD = 0.3

#: So many pulse trains and responses are in memory at once.
AT_ONCE = 100


def with_task(parameters: Parameters, task: Parameters) -> Parameters:
    """Return a culture's parameters with the digits that it shall learn, and how, from others.

    Parameters
    ----------
    parameters : Parameters
        Of a culture that was fitted or written elsewhere; neurons, wiring, noise and array stay.
    task : Parameters
        With the table `digits`; it and the table `plasticity` are taken, and for a task by light
        what the culture lacks for it: `light`, `photodetector` and the membrane's resistance.

    Raises
    ------
    InputError
        If the task does not fit the array, or its tables contradict those of the culture.
    """
    digits = needed(task.digits, "digits", "a task", "digits/two")
    taken: dict[str, object] = {"digits": digits, "plasticity": task.plasticity}
    lacking = ("light", parameters.light), ("photodetector", parameters.photodetector)
    taken |= {name: getattr(task, name) for name, own in lacking if own is None}
    if parameters.neuron.membrane_resistance is None:
        taken["neuron.membrane_resistance"] = task.neuron.membrane_resistance
    combined = parameters.replace(taken)
    label_electrodes(digits, Mea.place(combined))
    return combined


@dataclass(frozen=True, eq=False)
class TaskImages:
    """The images of a benchmark, at the size of the task, in the order of their files.

    `probes` are validation images of each digit from 0 to 9, known or not, then random ones.
    """

    training: DigitImages
    validation: DigitImages
    final: DigitImages
    probes: list[DigitImages]


def load_images(parameters: Parameters, split: str) -> TaskImages:
    """Load the images that parameters ask for.

    Parameters
    ----------
    parameters : Parameters
        With the table `digits`.
    split : {"validation", "test"}
        Which images the final figures are of.

    Raises
    ------
    InputError
        If files are missing, or a class has no training image.
    """
    digits = needed(parameters.digits, "digits", "the digit task", "digits/two")
    size = digits.image_rows, digits.image_columns

    def images(name: str, n_images: int | None = None) -> DigitImages:
        return digit_images.load(digits.dataset, name)[:n_images]

    all_validation = images("validation")
    training = images("training", digits.n_images).showing(digits.classes).resized(*size)
    validation = all_validation.showing(digits.classes).resized(*size)
    final = validation
    if split != "validation":
        final = images(split).showing(digits.classes).resized(*size)
    final = final[: digits.final_images]
    if missing := sorted(set(digits.classes) - set(training.labels)):
        raise InputError(f"digits.n_images: too few to hold a training image of {missing[0]}")
    probes = [all_validation.showing([digit])[:N_PROBES].resized(*size) for digit in range(10)]
    noise = random_generator(0, "random patterns").integers(0, 256, (N_PROBES, *size))
    probes.append(DigitImages(noise.astype(np.uint8), np.full(N_PROBES, NO_DIGIT)))
    return TaskImages(training, validation, final, probes)


@dataclass(frozen=True, eq=False)
class Responses:
    """Spike counts in response to images.

    Attributes
    ----------
    truth : ndarray of int, shape (n_images,)
        Place in the classes of what is shown.
    electrodes : ndarray of int, shape (n_images, n_electrodes)
        Spikes on each electrode.
    neurons : ndarray of int, shape (n_images, n_neurons)
        Spikes of each neuron.
    scores : ndarray, shape (n_images, n_classes)
        Spikes on the label electrodes of each class, per neuron that they hear.
    spikes : ndarray, shape (n_neurons,)
        Mean number of spikes of each neuron in the time that an answer takes (`asking`).
    """

    truth: np.ndarray
    electrodes: np.ndarray
    neurons: np.ndarray
    scores: np.ndarray
    spikes: np.ndarray


class DigitTask:
    """The digit task of a parameter file for one culture.

    Parameters
    ----------
    dish : Dish
        Its parameters have the table `digits`; random phases and pulses come from its seed.

    Attributes
    ----------
    classes : ndarray of int, shape (n_classes,)
        The digits to tell apart.
    shown : ndarray of int, shape (image_rows, image_columns)
        The electrode of each pixel, -1 where there is none.
    labels : list of ndarray
        The label electrodes of each class.
    duration, response : float
        How long an image is shown, and how long spikes count from its begin on, s.
    repeats : int
        How often each image is shown for one answer.
    interval : float or None
        How long the culture runs on before each image, s; None: it is put to rest.
    asking : float
        How long an answer takes, intervals included, s.
    """

    def __init__(self, dish: Dish):
        parameters = dish.parameters
        self.digits = needed(parameters.digits, "digits", "the digit task", "digits/two")
        self.array = Mea.place(parameters) if dish.array is None else dish.array
        self.seed = dish.seed
        self.dt = dish.parameters.simulation.dt
        self.duration = self.digits.presentation
        self.response = self.digits.response or self.duration
        self.repeats = self.digits.repeats or 1
        self.interval = self.digits.interval
        self.asking = (self.duration + (self.interval or 0.0)) * self.repeats
        self.classes = np.array(self.digits.classes)
        self.shown = image_electrodes(self.digits, self.array)
        self.n_neurons = dish.culture.n_neurons
        self._detector = Detector(self.array, dish.culture.x, dish.culture.y, dish.parameters)
        self._unblanked = _without_neurons_or_blanking(self.array, dish.parameters)
        self._photodetector = dish.photodetector if self.digits.output == "light" else None
        self._screen = dish.screen if self.digits.input == "light" else None
        answers = None
        if self.digits.labels == "probed":
            answers = self.probed(dish.simulator)
        elif self.digits.labels == "preferred":
            answers = self._preferred(dish)
        self.labels = label_electrodes(self.digits, self.array, answers)
        n_recorded = np.bincount(self._detector.electrodes, minlength=self.array.n_electrodes)
        if self._photodetector is not None:
            sites = self._photodetector
            self._near = nearest_electrodes(self.array, sites.x, sites.y)
            n_recorded = np.bincount(self._near, sites.n_seen, self.array.n_electrodes)
        self._n_recorded = np.array([max(n_recorded[row].sum(), 1) for row in self.labels])
        if self.interval is not None and whole_steps(self.interval / self.dt) < 1:
            raise InputError(
                f"digits.interval: {self.interval:g} s is shorter than a step, simulation.dt"
            )
        rate = max(self.digits.image_rate or 0.0, self.digits.label_rate)
        if rate * self.dt > 1 + 1e-9:
            raise InputError(
                f"digits: a pulse rate of {rate:g} Hz is more than one pulse a step,"
                " simulation.dt; the most is one"
            )

    def image(self, pixels: np.ndarray, generator: np.random.Generator) -> Stimulus:
        """Return the pulses that show an image, shape (image_rows, image_columns), 0 to 255."""
        exists = self.shown >= 0
        electrodes, values = self.shown[exists], pixels[exists] / WHITE
        if self.digits.encoding == "latency":
            return latency(electrodes, values, 0.0, self.duration, self.dt)
        if self.digits.encoding == "pattern":
            return pattern(electrodes, values, self.digits.image_rate, 0.0, self.duration)
        return self._trains(electrodes, (self.digits.image_rate or 0.0) * values, generator)

    def image_with_label(
        self, pixels: np.ndarray, label: int, generator: np.random.Generator
    ) -> Stimulus:
        """Return the same with the teaching signal: pulses on the label electrodes of a class."""
        electrodes = self.labels[label]
        rates = np.full(len(electrodes), self.digits.label_rate)
        return self.image(pixels, generator) + self._trains(electrodes, rates, generator)

    def _trains(
        self, electrodes: np.ndarray, rates: np.ndarray, generator: np.random.Generator
    ) -> Stimulus:
        train = TRAINS[self.digits.encoding]
        return train(electrodes, rates, 0.0, self.duration, self.dt, generator)

    def probed(self, simulator: Simulator) -> np.ndarray:
        """Return the spikes that a pulse on all pixels makes each electrode detect, on average.

        That is, more than if nothing is given, and electrodes are blanked as for the pulse.
        The trains of an image would hide most of what it evokes.
        """
        electrodes = self.shown[self.shown >= 0]
        pulse = pattern(electrodes, np.ones(len(electrodes)), None, 0.0, self.duration)
        with_pulse, without = (
            np.sum([self.electrode_counts(spikes, pulse) for spikes in shown], axis=0)
            for given in (pulse, Stimulus.none())
            for shown in [self.show(simulator, [given] * N_PROBINGS)]
        )
        return (with_pulse - without) / N_PROBINGS

    def _preferred(self, dish: Dish) -> np.ndarray:
        """Return how much more each electrode detects for each class than for all images.

        In standard deviations over images, shape (n_electrodes, n_classes).
        """
        images = load_images(dish.parameters, "validation").training
        truth = self.class_indices(images)
        some = [np.flatnonzero(truth == k)[:N_PREFERENCES] for k in range(len(self.classes))]
        images = images[np.sort(np.concatenate(some))]
        stimuli, truth = list(self.stimuli(images, "preference")), self.class_indices(images)
        shown = self.show(dish.simulator, stimuli)
        counts = self.summed(list(map(self.electrode_counts, shown, stimuli)))
        means = np.array([counts[truth == k].mean(axis=0) for k in range(len(self.classes))])
        return ((means - counts.mean(axis=0)) / np.maximum(counts.std(axis=0), LEAST_SD)).T

    def show(self, simulator: Simulator, stimuli: Sequence[Stimulus]) -> list[Spikes]:
        """Return the spikes of the frozen culture while it is given each stimulus.

        It is at rest before each, or with an `interval` has run on without stimuli for so long.
        """
        return self._shown(simulator, stimuli)[0]

    def _shown(
        self, simulator: Simulator, stimuli: Sequence[Stimulus]
    ) -> tuple[list[Spikes], np.ndarray]:
        """Return the same and how often each neuron fired, intervals included, (n_neurons,)."""
        if self.interval is not None:
            return self._shown_in_a_row(simulator, stimuli, self.interval)
        lights = [light for stimulus in stimuli if (light := self._light(stimulus)) is not None]
        pulses = [Stimulus.none()] * len(stimuli) if lights else stimuli
        shown = simulator.evaluate(pulses, self.duration, lights or None)
        return shown, self._fired(shown)

    def _fired(self, runs: Sequence[Spikes]) -> np.ndarray:
        """Return how often each neuron fired in some runs, shape (n_neurons,)."""
        return np.sum([np.bincount(run.neurons, minlength=self.n_neurons) for run in runs], axis=0)

    def _shown_in_a_row(
        self, simulator: Simulator, stimuli: Sequence[Stimulus], interval: float
    ) -> tuple[list[Spikes], np.ndarray]:
        """Return the same while stimuli follow one another, `AT_ONCE` of them in a row."""
        n_settling, n_interval, n_shown = (
            int(whole_steps(time / self.dt)) for time in (SETTLING, interval, self.duration)
        )
        n_each = n_interval + n_shown
        begins = n_settling + n_interval + n_each * np.arange(min(AT_ONCE, len(stimuli)))
        stimuli = [given[whole_steps(given.times / self.dt) < n_shown] for given in stimuli]
        rows = [stimuli[first : first + AT_ONCE] for first in range(0, len(stimuli), AT_ONCE)]
        joined = [
            Stimulus.joined(
                [given.shifted(begin * self.dt) for given, begin in zip(row, begins, strict=False)]
            )
            for row in rows
        ]
        n_steps = n_settling + n_each * len(begins)
        shown, fired = [], np.zeros(self.n_neurons, np.int64)
        for row, run in zip(rows, simulator.evaluate(joined, n_steps * self.dt), strict=True):
            for given, begin in zip(row, begins.tolist(), strict=False):
                first, start, end = np.searchsorted(
                    run.steps, [begin - n_interval, begin, begin + n_shown]
                )
                fired += np.bincount(run.neurons[first:end], minlength=self.n_neurons)
                steps, neurons = run.steps[start:end] - begin, run.neurons[start:end]
                shown.append(Spikes(steps, neurons, n_shown, self.dt, given))
        return shown, fired

    def teach(
        self,
        simulator: Simulator,
        stimulus: Stimulus,
        signal: Callable[[Spikes], float] | None,
    ) -> None:
        """Give a stimulus to the culture, which learns from it; see `Simulator.present`."""
        light = self._light(stimulus)
        pulses = stimulus if light is None else Stimulus.none()
        simulator.present(pulses, self.duration, signal=signal, light=light, interval=self.interval)

    def _light(self, stimulus: Stimulus) -> Light | None:
        """Return what shows a stimulus by light; None where it goes through electrodes."""
        if self._screen is None:
            return None
        return self._screen.flashes(stimulus, self.array, self.duration)

    def class_indices(self, images: DigitImages) -> np.ndarray:
        """Return the index in `classes` of what each image shows, -1 where it is none of them."""
        matches = images.labels[:, None] == self.classes
        return np.where(matches.any(axis=1), matches.argmax(axis=1), -1)

    def stimuli(self, images: DigitImages, *purpose: str | int) -> Iterator[Stimulus]:
        """Yield the pulses that show each image, `repeats` times; the purpose names the chance."""
        for number, pixels in enumerate(images.pixels):
            yield self.image(pixels, random_generator(self.seed, *purpose, number))
            for again in range(1, self.repeats):
                yield self.image(pixels, random_generator(self.seed, *purpose, number, again))

    def summed(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Sum what each image brought over its `repeats`, shape (n_images, n)."""
        stacked = np.reshape(rows, (-1, self.repeats, len(rows[0])))
        return stacked.sum(axis=1, dtype=stacked.dtype)

    def pixel_input(self, stimulus: Stimulus) -> np.ndarray:
        """Return what reaches each pixel's electrode, noise of the encoding included, (n_pixels,).

        That is the number of pulses, or for `latency` how early its pulse comes.
        """
        stimulus = stimulus[stimulus.times < self.response]
        early = 1 - stimulus.times / self.duration
        weights = early if self.digits.encoding == "latency" else None
        electrodes = self.shown[self.shown >= 0]
        return np.bincount(stimulus.electrodes, weights, self.array.n_electrodes)[electrodes]

    def electrode_counts(self, spikes: Spikes, stimulus: Stimulus) -> np.ndarray:
        """Count the spikes that each electrode detects in a response, artefacts included.

        Where answers are read by light, return the spikes that photodetectors around each electrode
        tell of, which are not whole.
        """
        if self._photodetector is not None:
            return self._seen(spikes, stimulus)
        fired = self._responds(spikes)
        return self._counts(self._detector, spikes.steps[fired], spikes.neurons[fired], stimulus)

    def artefact_counts(self, stimulus: Stimulus) -> np.ndarray:
        """Count what electrodes would detect without neurons and without blanking."""
        none = np.empty(0, np.int64)
        return self._counts(self._unblanked, none, none, stimulus)

    def _counts(
        self, detector: Detector, steps: np.ndarray, neurons: np.ndarray, stimulus: Stimulus
    ) -> np.ndarray:
        given = stimulus.times < self.response
        given &= self._screen is None  # light leaves no artefact
        detector.restart()
        return detector.detect(steps, neurons, stimulus.times[given], stimulus.electrodes[given])[1]

    def _seen(self, spikes: Spikes, stimulus: Stimulus) -> np.ndarray:
        assert self._photodetector is not None
        fired, n_steps = self._responds(spikes), round(self.response / self.dt)
        # numbers of its own for each response, whatever was seen before
        name = zlib.crc32(stimulus.times.tobytes() + spikes.steps.tobytes())
        traces = self._photodetector.traces(
            spikes.steps[fired],
            spikes.neurons[fired],
            n_steps,
            random_generator(self.seed, "photodetector", name),
        )
        seen = self._photodetector.spikes(traces).sum(axis=0)
        return np.bincount(self._near, seen, self.array.n_electrodes)

    def _responds(self, spikes: Spikes) -> np.ndarray:
        """Return which spikes are of the response."""
        return spikes.steps < round(self.response / self.dt)

    def electrode_counts_over_time(self, spikes: Spikes, n_bins: int) -> np.ndarray:
        """Count the neurons' spikes by electrode in bins of time, shape (n_bins, n_electrodes)."""
        counts = spikes.counts(self.n_neurons, spikes.duration / n_bins)
        electrodes, neurons = self._detector.electrodes, self._detector.neurons
        by_electrode = np.zeros((n_bins, self.array.n_electrodes))
        np.add.at(by_electrode.T, electrodes, counts.T[neurons])
        return by_electrode

    def score(self, counts: np.ndarray) -> np.ndarray:
        """Return the spikes on the label electrodes of each class, per neuron that they record.

        From spikes by electrode, shape (..., n_electrodes), shape (..., n_classes).
        """
        sums = np.stack([counts[..., electrodes].sum(axis=-1) for electrodes in self.labels], -1)
        return sums / self._n_recorded

    def respond(
        self,
        simulator: Simulator,
        images: DigitImages,
        *purpose: str | int,
        progress: Callable[[int], None] | None = None,
    ) -> Responses:
        """Show images to a frozen culture, and count its spikes.

        Parameters
        ----------
        simulator : Simulator
        images : DigitImages
        purpose : str or int
            Names the random numbers of the encoding.
        progress : callable, optional
            Is told how many images more have been shown.
        """
        stimuli = self.stimuli(images, *purpose)
        by_electrode, by_neuron, fired = [], [], np.zeros(self.n_neurons, np.int64)
        while some := list(islice(stimuli, AT_ONCE)):
            responses, fired_now = self._shown(simulator, some)
            fired += fired_now
            for spikes, stimulus in zip(responses, some, strict=True):
                by_electrode.append(self.electrode_counts(spikes, stimulus))
                counts = np.bincount(
                    spikes.neurons[self._responds(spikes)], minlength=self.n_neurons
                )
                by_neuron.append(counts.astype(np.int32))  # a large culture has many of them
            if progress:
                progress(len(some))
        electrodes, neurons = self.summed(by_electrode), self.summed(by_neuron)
        return Responses(
            self.class_indices(images),
            electrodes,
            neurons,
            self.score(electrodes),
            fired / len(images),
        )


def _without_neurons_or_blanking(array: Mea, parameters: Parameters) -> Detector:
    """Return the electrodes of an array as they would detect artefacts alone."""
    nowhere = np.empty(0)
    return Detector(array, nowhere, nowhere, parameters.replace({"mea.blanking": 0.0}))
