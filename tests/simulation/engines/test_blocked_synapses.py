"""Synapses whose strength is 0, as under a blocker, do nothing at all."""

import numpy as np
import pytest

from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish

SMALL = {
    "culture.n_neurons": 100,
    "culture.width": "1.6 mm",
    "noise.drive": "16 mV",
    "synapses.excitatory.synapses_per_neuron": 20.0,
    "synapses.inhibitory.synapses_per_neuron": 20.0,
    "simulation.warmup": 0,
}

BLOCKED = {
    "excitatory": {
        "synapses.excitatory.strength": "0 mV",
        "synapses.excitatory.strength_onto_inhibitory": "0 mV",
    },
    "inhibitory": {
        "synapses.inhibitory.strength": 0,
        "synapses.inhibitory.strength_onto_inhibitory": 0,
    },
    "input": {"synapses.input.strength": "0 uV"},
}


RELAYED = {
    "noise.drive": "25 mV",
    "noise.membrane_sd": "2 mV",
    "synapses.inhibitory.incoming": "0 V",
    "plasticity": {"rule": "static"},
    "simulation.warmup": 0,
}


def run(parameters):
    """Numbers of the neurons that fire in 0.3 s of pulses, and when."""
    dish = Dish(parameters)
    spikes = dish.run("0.3 s")
    return np.array([spikes.times, spikes.neurons])


@pytest.mark.usefixtures("numpy_target")
@pytest.mark.parametrize(
    ("preset", "name", "changes"),
    [
        *(("culture", name, SMALL | blocked) for name, blocked in BLOCKED.items()),
        ("lagani2021/240_bio", "inhibitory", RELAYED),
    ],
)
def test_both_engines_run_blocked_synapses_alike(preset, name, changes):
    parameters = load(preset).replace(changes | {"simulation.precision": "float64"})
    native, definition = (
        run(parameters.replace({"simulation.engine": engine})) for engine in ("native", "brian2")
    )
    assert len(native[0]) > 50
    assert np.array_equal(native, definition)
    assert getattr(Dish(parameters).culture, name).strengths().sum() == 0
