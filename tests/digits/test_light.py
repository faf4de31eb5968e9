"""Digits shown by light and read from light."""

import numpy as np
import pytest

from spikinggrid.digits.task import DigitTask, load_images
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.randomness import random_generator

TWO = load("digits/two_light").replace(
    {
        "digits.dataset": "bundled",
        "digits.n_images": None,
        "digits.n_presentations": 60,
        "digits.evaluation_images": 2,
        "photodetector.noise": 0.01,
    }
)


@pytest.fixture(scope="module")
def images():
    return load_images(TWO, "validation")


def test_light_makes_the_neurons_under_bright_pixels_fire():
    dish = Dish(TWO, seed=101)
    task = DigitTask(dish)
    half = np.zeros(task.shown.shape, np.uint8)
    half[:3] = 255
    stimulus = task.image(half, random_generator(1, "test"))
    lit, dark = task.show(dish.simulator, [stimulus, Stimulus.none()])
    assert len(dark) == 0
    y = dish.culture.y[lit.neurons[lit.steps < 60]]
    assert len(y) > 50
    assert np.mean(y < 1.5e-3) > 0.75
    assert task.electrode_counts(lit, stimulus).sum() > 0
    assert task.electrode_counts(dark, stimulus).sum() == 0  # light leaves no artefact


def test_cultures_learn_by_light_and_answer_by_it(images):
    dish = Dish(TWO.replace({"digits.output": "light"}), 101)
    training = Training(dish, images, label_alone=True)
    training.run()
    some = images.validation[:60]
    taught = training.task.respond(training.simulator, some, "test")
    again = training.task.respond(training.simulator, some[:3], "test")
    assert label_accuracy(taught) > 0.85
    assert np.array_equal(again.electrodes, taught.electrodes[:3])


def test_light_and_electrodes_are_given_the_same_pulses():
    by_light, by_electrodes = (
        DigitTask(Dish(parameters, seed=101))
        for parameters in (TWO, TWO.replace({"digits.input": None}))
    )
    pixels = np.full((6, 6), 128, np.uint8)
    shown = [task.image(pixels, random_generator(1, "test")) for task in (by_light, by_electrodes)]
    assert shown[0].equals(shown[1])
