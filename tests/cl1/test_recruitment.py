"""What a current does: the strength-duration curve, polarity, distance, blanking."""

import numpy as np
import pytest

import spikinggrid as sg
from spikinggrid import cl1 as cl
from spikinggrid.cl1.clock import SimulatedClock
from spikinggrid.cl1.device import Device
from spikinggrid.cl1.recruitment import CHRONAXIE, efficacy

#: Threshold of phases of 160 us beside an electrode of the preset, uA; and where it has doubled, m.
AT_ELECTRODE, DOUBLED = 0.5, 40e-6


def quiet_dish():
    """A dish of neurons that nothing but pulses moves, none of which reaches another."""
    parameters = sg.load("cl1").replace(
        {
            "culture.n_neurons": 400,
            "neuron.threshold_spread": 0.0,
            "neuron.adaptation": None,
            "neuron.tau_adaptation": None,
            "noise.drive": 0.0,
            "noise.drive_spread": 0.0,
            "noise.membrane_sd": 0.0,
            "synapses.excitatory.strength": 0.0,
            "synapses.excitatory.strength_onto_inhibitory": 0.0,
            "synapses.inhibitory.strength": 0.0,
            "synapses.inhibitory.strength_onto_inhibitory": 0.0,
            "simulation.warmup": "0 s",
        }
    )
    return sg.Dish(parameters)


def fired(dish, channel, design):
    """Return which neurons a pulse fires."""
    device = Device(dish, SimulatedClock())
    device.stimulator.stim([channel], design, None, 80, 0)
    neurons = []
    run = dish.simulator.run

    def listening(*arguments):
        spikes = run(*arguments)
        neurons.extend(spikes.neurons)
        return spikes

    dish.simulator.run = listening
    try:
        device.wait_until(25 * 200)  # until membranes are at rest again
    finally:
        dish.simulator.run = run
    return set(neurons)


def distances(dish, channel):
    electrode = dish.array.names.index(str(channel))
    x, y = dish.array.positions[electrode]
    return np.hypot(dish.culture.x - x, dish.culture.y - y)


@pytest.mark.parametrize("current", [0.45, 0.7, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("duration", [100, 200, 1000])  # of 3 uA, as much charge as a CL1 gives
def test_neurons_fire_that_lie_within_the_strength_duration_curve(current, duration):
    dish = quiet_dish()
    rheobase = AT_ELECTRODE * (1 - 2 ** (-160 / CHRONAXIE))
    needed = (
        rheobase * (1 + (distances(dish, 27) / DOUBLED) ** 2) / (1 - 2 ** (-duration / CHRONAXIE))
    )
    expected = set(np.flatnonzero(needed < current))
    assert fired(dish, 27, cl.StimDesign(duration, -current, duration, current)) == expected


def test_the_threshold_at_the_chronaxie_is_twice_the_rheobase():
    long = efficacy(cl.StimDesign(10_000, -0.1))
    assert efficacy(cl.StimDesign(200, -0.1)) == pytest.approx(long / 2)


def test_negative_phases_excite_and_a_positive_one_before_takes_from_them():
    negative_first = efficacy(cl.StimDesign(160, -1.0, 160, 1.0))
    positive_first = efficacy(cl.StimDesign(160, 1.0, 160, -1.0))
    assert negative_first == pytest.approx(1)
    assert positive_first == pytest.approx(1 - 2 ** (-160 / CHRONAXIE))
    assert efficacy(cl.StimDesign(160, 2.0)) == 0


def test_a_pulse_on_a_channel_without_electrode_does_nothing():
    dish = quiet_dish()
    assert fired(dish, 0, cl.StimDesign(160, -3.0, 160, 3.0)) == set()


def test_channels_around_a_pulse_are_blanked_and_show_the_artefact():
    with cl.open(dish=sg.load("cl1").replace({"simulation.warmup": "0 s"})) as neurons:
        neurons.stim(27, 1.0)
        samples = neurons.read(100, 0)
    near, far = samples[2:12, 28], samples[2:12, 62]
    assert near.min() > 5000 and abs(far).max() < 500
