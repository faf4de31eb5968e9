"""Soft-bounded plasticity of the script about learning without labels, pair by pair."""

from types import SimpleNamespace

import numpy as np
import pytest

from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Spikes
from tests.scripts import load_script

script = load_script("unsupervised_culture")


@pytest.mark.parametrize("name", ["input", "excitatory"])
def test_soft_bounds_weigh_every_pair(name):
    culture = Dish(load("digits/two", ["culture.n_neurons=60"]), seed=3).culture
    projection = getattr(culture, name)
    pre, post = projection.pairs()
    generator = np.random.default_rng(0)
    strengths, rate, largest, dt = generator.random(len(pre)) * 1e-3, 2e-5, 1e-3, 1e-3
    steps, neurons = np.divmod(np.sort(generator.permutation(40 * 60)[:90]), 60)
    electrodes = generator.permutation(60)[neurons]
    pulses = Stimulus(steps * dt, electrodes, np.ones(90))
    changed = {}
    simulator = SimpleNamespace(
        culture=culture,
        strengths=lambda name: strengths,
        set_strengths=lambda name, values: changed.update({name: values}),
    )
    spikes = Spikes(steps, neurons, 60, dt, pulses)
    script.learn_softly(simulator, name, rate, largest, spikes)

    arrive = steps if name == "input" else steps + 1
    sources = electrodes if name == "input" else neurons
    expected = strengths.copy()
    for s, (i, j) in enumerate(zip(pre, post, strict=True)):
        sent, fired = arrive[sources == i], steps[neurons == j]
        gaps = (fired[:, None] - sent) * dt
        before, after = gaps[gaps >= 0], gaps[gaps < 0]
        share = strengths[s] / largest
        expected[s] += rate * np.exp(-before / script.TAU).sum() * (1 - share)
        expected[s] -= rate * np.exp(after / script.TAU).sum() * share
    expected = np.clip(expected, 0, largest)
    had, sums = (np.bincount(post, some, 60) for some in (strengths, expected))
    assert changed[name] == pytest.approx(expected * (had / np.where(sums, sums, 1))[post])
