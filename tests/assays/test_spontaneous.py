"""Spontaneous activity: the same recordings as elsewhere, and an early end for failures."""

import numpy as np
import pytest

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.features import features

SMALL = [
    "culture.n_neurons=250",
    "synapses.excitatory.synapses_per_neuron=20",
    "synapses.inhibitory.synapses_per_neuron=15",
    "synapses.excitatory.strength=40 mV",
    "simulation.warmup=0.1 s",
]


def small(*overrides):
    return parameter_files.load("dissociated", [*SMALL, *overrides])


def test_a_trial_measures_the_recording_of_a_simulation():
    trial = SPONTANEOUS.run(small("simulation.duration=25.5 s"), seed=3)
    made = Dish(small("simulation.duration=25.5 s"), seed=3).record()
    assert made.n_spikes > 100
    places = np.column_stack([made.x, made.y])
    assert trial.measured == features(made.spike_trains, 0, made.t_stop, places)
    assert (trial.failure, trial.survived) == ("", 1.0)


def test_cultures_that_run_away_or_are_silent_are_stopped_early():
    trial = SPONTANEOUS.run(small("noise.drive=300 mV", "simulation.duration=1 h"), 1)
    assert "runs away" in trial.failure
    assert trial.survived == pytest.approx(10 / 3600)
    trial = SPONTANEOUS.run(small("noise.drive=-30 mV", "simulation.duration=1 h"), 1)
    assert trial.failure == "silent for 60 s"
    assert trial.survived == pytest.approx(60 / 3600)


def test_a_culture_that_cannot_grow_is_a_failure():
    trial = SPONTANEOUS.run(small("synapses.excitatory.reach=5 um"), 1)
    assert "reach: too short" in trial.failure
    assert trial.survived == 0


def test_features_of_cultures_together_are_medians():
    rows = [{"a": 1.0, "b": 5.0}, {"a": 3.0, "b": 1.0}, {"a": 2.0, "b": 9.0}]
    assert SPONTANEOUS.summarise(rows) == {"a": 2.0, "b": 5.0}


def test_trials_run_on_brian2_as_well(numpy_target):
    trial = SPONTANEOUS.run(small("simulation.engine=brian2", "simulation.duration=2 s"), seed=3)
    assert trial.failure == ""
    native = SPONTANEOUS.run(
        small("simulation.precision=float64", "simulation.duration=2 s"), seed=3
    )
    assert native.measured["n_spikes"] > 50
    assert trial.measured == pytest.approx(native.measured, nan_ok=True)
