"""Bounds of the parameters that vary."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.fitting import parameter_space as bounds
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import InputError


@given(st.floats(0, 1), st.sampled_from(["2 mV : 9 mV", "2 mV:9 mV:log"]))
def test_a_value_lies_where_its_share_says(share, text):
    bound = bounds.parse("noise.drive", text)
    value = bound.value(share)
    assert 2e-3 * 0.999999 <= value <= 9e-3 * 1.000001
    assert bound.share(value) == pytest.approx(share, abs=1e-9)
    assert bounds.parse("noise.drive", str(bound).partition("=")[2]) == bound


def test_a_logarithmic_scale_has_its_middle_at_the_geometric_mean():
    bound = bounds.parse("synapses.excitatory.slow_share", "0.01 : 0.04 : log")
    assert bound.value(0.5) == pytest.approx(0.02)
    assert bounds.parse("synapses.excitatory.slow_share", "0.01 : 0.04").value(0.5) == 0.025


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
@settings(deadline=None, max_examples=10)
def test_parameters_move_to_a_point_and_nothing_else_does(point):
    parameters = parameter_files.load("culture")
    varied = [
        bounds.parse("noise.drive", "2 mV : 9 mV"),
        bounds.parse("synapses.inhibitory.strength", "6 mV : 30 mV : log"),
    ]
    moved = bounds.moved(parameters, varied, np.array(point))
    assert bounds.start(moved, varied) == pytest.approx(point, abs=1e-9)
    back = bounds.moved(moved, varied, bounds.start(parameters, varied))
    assert bounds.start(back, varied) == pytest.approx(bounds.start(parameters, varied))
    elsewhere = ["noise.drive=5 mV", "synapses.inhibitory.strength=9 mV"]
    text = parameter_files.dumps
    assert parameter_files.loads(text(moved), "", elsewhere) == parameter_files.loads(
        text(parameters), "", elsewhere
    )


def test_bounds_may_stand_in_the_parameter_file_in_two_ways(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "lagani2021/240_bio"\n[calibration.bounds]\n'
        'noise.drive = "2 mV : 9 mV"\n"neuron.tau_m" = "10 ms : 30 ms : log"\n'
    )
    parameters = parameter_files.load(path)
    found = bounds.of_parameters(parameters)
    assert list(found) == ["noise.drive", "neuron.tau_m"]
    assert found["neuron.tau_m"].log
    again = parameter_files.loads(parameter_files.dumps(parameters))
    assert again == parameters
    assert bounds.of_parameters(parameter_files.load("lagani2021/240_bio")) == {}


@pytest.mark.parametrize(
    "key, text, said",
    [
        ("noise.driv", "1 mV:2 mV", "did you mean drive?"),
        ("nois.drive", "1 mV:2 mV", "unknown key"),
        ("mea.layout", "a:b", "holds no number that could vary"),
        ("noise", "1:2", "is a table; its keys are drive"),
        ("noise.drive", "1 mV", "found bounds '1 mV'"),
        ("noise.drive", "1 mV:2 mV:lin", "found bounds"),
        ("noise.drive", "1:2", "'1' has no unit"),
        ("noise.drive", "1 ms:2 ms", "is in ms"),
        ("noise.drive", "2 mV:1 mV", "the first must be below the second"),
        ("noise.drive", "0 mV:1 mV:log", "must be above 0"),
        ("mea.heard_fraction", "nan:1", "the first must be below"),
    ],
)
def test_mistakes_in_bounds_are_named(key, text, said):
    with pytest.raises(InputError) as error:
        bounds.parse(key, text)
    assert str(error.value).startswith(f"{key}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "overrides, said",
    [
        (["noise.drive=1 mV"], "noise.drive: starts at 1 mV, outside its bounds"),
        (["neuron.adaptation=none", "neuron.tau_adaptation=none"], "neuron.adaptation: is off"),
    ],
)
def test_a_start_outside_the_bounds_is_refused(overrides, said):
    parameters = parameter_files.load("culture", overrides)
    varied = [
        bounds.parse("noise.drive", "2 mV:9 mV"),
        bounds.parse("neuron.adaptation", "0 mV:1 mV"),
    ]
    with pytest.raises(InputError, match=said):
        bounds.start(parameters, varied)
