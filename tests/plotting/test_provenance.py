"""What the small print says of where a figure comes from."""

import pytest

from spikinggrid.parameters.files import dumps, load, presets
from spikinggrid.plotting.provenance import parameters_text, recording_text
from tests.figures import dish


@pytest.mark.parametrize("name", ["culture", "digits/two", "lagani2021/240_bio", "posterior"])
def test_a_preset_is_known_whatever_its_seed(name):
    assert parameters_text(dumps(load(name, ["simulation.seed=77"]))) == f"preset {name}"


def test_no_two_presets_are_taken_for_one_another():
    for name in presets():
        assert parameters_text(dumps(load(name))) == f"preset {name}"


def test_what_differs_from_a_preset_is_named():
    changed = load("culture", ["neuron.tau_m=15 ms", "simulation.engine=brian2"])
    assert parameters_text(dumps(changed)) == (
        "preset culture with neuron.tau_m = 15 ms, simulation.engine = brian2"
    )


def test_many_changes_are_counted():
    keys = ["tau_m=15 ms", "v_rest=-71 mV", "v_reset=-66 mV", "v_threshold=-54 mV"]
    changed = load("culture", [f"neuron.{key}" for key in keys])
    assert parameters_text(dumps(changed)) == "preset culture with 4 keys changed"


def test_a_simulated_recording_names_file_preset_and_seed():
    recording = dish([[1.0]], parameters=dumps(load("culture")), seed=5, source="simulated")
    assert recording_text(recording, "a.h5") == "a.h5; simulated; preset culture; seed 5"
    assert recording_text(recording) == "simulated; preset culture; seed 5"


def test_a_real_recording_names_its_file_once():
    assert recording_text(dish([[1.0]], source="a.h5, cortex"), "a.h5") == "a.h5, cortex"
    assert recording_text(dish([[1.0]], source="cortex"), "a.h5") == "a.h5: cortex"
