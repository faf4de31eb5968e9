"""Parameters that vary between bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.fitting.parameter_space import Bound, ParameterSpace, read_bounds
from spikinggrid.parameters.files import dumps, load, loads, override
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError

TWO = tuple(
    map(Bound.parse, ["noise.drive=2 mV:9 mV", "synapses.inhibitory.strength=6 mV:30 mV:log"])
)


@given(st.floats(0, 1), st.sampled_from(["2 mV : 9 mV", "2 mV:9 mV:log"]))
def test_a_value_lies_where_its_share_says(share, text):
    bound = Bound.parse(f"noise.drive = {text}")
    value = bound.value(share)
    assert 2e-3 * 0.999999 <= value <= 9e-3 * 1.000001
    assert bound.share(value) == pytest.approx(share, abs=1e-9)
    assert Bound.parse(str(bound)) == bound


def test_a_logarithmic_scale_has_its_middle_at_the_geometric_mean():
    bound = Bound.parse("synapses.excitatory.slow_share=0.01:0.04:log")
    assert bound.value(0.5) == pytest.approx(0.02)
    assert Bound.parse("synapses.excitatory.slow_share=0.01:0.04").value(0.5) == 0.025


def test_a_whole_number_varies_in_whole_steps():
    bound = Bound.parse("culture.n_neurons = 100:200")
    assert ParameterSpace(load("culture"), (bound,)).at([0.503]).culture.n_neurons == 150
    assert str(bound) == "culture.n_neurons=100:200"


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_parameters_at_a_point_lie_there_and_are_otherwise_the_same(point):
    parameters = load("culture")
    there = ParameterSpace(parameters, TWO).at(point)
    assert ParameterSpace(there, TWO).start == pytest.approx(point, abs=1e-9)
    back = ParameterSpace(there, TWO).at(ParameterSpace(parameters, TWO).start)
    for bound in TWO:
        assert back.value(bound.key) == pytest.approx(parameters.value(bound.key))
    elsewhere = ["noise.drive=5 mV", "synapses.inhibitory.strength=9 mV"]
    assert override(there, elsewhere) == override(parameters, elsewhere)


def test_bounds_may_stand_in_the_parameter_file_in_two_ways(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "lagani2021/240_bio"\n[calibration.bounds]\n'
        'noise.drive = "2 mV : 9 mV"\n"neuron.tau_m" = "10 ms : 30 ms : log"\n'
    )
    parameters = load(path)
    drive, tau_m = read_bounds(parameters)
    assert (drive.key, tau_m.key) == ("noise.drive", "neuron.tau_m")
    assert tau_m.log
    assert loads(dumps(parameters)) == parameters
    assert read_bounds(parameters, [str(tau_m), str(drive)]) == (tau_m, drive)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "--vary: found 0 keys; right would be two or more"),
        (["noise.drive=1 mV:2 mV"], "--vary: found 1 keys"),
        (["noise.drive=1 mV:2 mV", " noise.drive = 1 mV:3 mV"], "--vary: a key is there twice"),
    ],
)
def test_two_keys_vary_at_least(entries, message):
    with pytest.raises(InputError, match=f"^{message}"):
        read_bounds(load("lagani2021/240_bio"), entries)


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("noise.driv", "1 mV:2 mV", "did you mean drive?"),
        ("nois.drive", "1 mV:2 mV", "unknown key"),
        ("mea.layout", "a:b", "holds no number that could vary"),
        ("noise", "1:2", "is a table; its keys are drive"),
        ("noise.drive", "1 mV", "found bounds '1 mV'"),
        ("noise.drive", "", "found bounds ''"),
        ("noise.drive", "1 mV:2 mV:lin", "found bounds"),
        ("noise.drive", "1:2", "'1' has no unit"),
        ("noise.drive", "1 ms:2 ms", "is in ms"),
        ("noise.drive", "2 mV:1 mV", "the first must be below the second"),
        ("noise.drive", "0 mV:1 mV:log", "must be above 0"),
        ("mea.heard_fraction", "nan:1", "the first must be below"),
        ("mea.heard_fraction", "0.1:" + "1" * 10_000, "the first must be below"),
        ("mea.heard_fraction", "0.1:" + "x" * 10_000, "could not convert"),
    ],
)
def test_mistakes_in_bounds_are_named(key, text, message):
    with pytest.raises(InputError, match=r"^[^\n]{1,400}$") as error:
        Bound.parse(f"{key}={text}")
    assert str(error.value).startswith(f"{key}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["noise.drive=1 mV"], "noise.drive: starts at 1 mV, outside its bounds"),
        (["neuron.adaptation=none", "neuron.tau_adaptation=none"], "neuron.adaptation: is off"),
    ],
)
def test_a_start_outside_the_bounds_is_refused(overrides, message):
    bounds = (TWO[0], Bound.parse("neuron.adaptation=0 mV:1 mV"))
    with pytest.raises(InputError, match=message):
        _ = ParameterSpace(load("culture", overrides), bounds).start


def test_a_point_outside_what_the_file_allows_is_refused():
    space = ParameterSpace(load("culture"), (Bound.parse("mea.heard_fraction=0.5:1"),))
    assert np.isclose(space.at([0.5]).mea.heard_fraction, 0.75)
    with pytest.raises(
        InputError, match=r"^mea\.heard_fraction: found 1\.\d+: should be at most 1"
    ):
        space.at([1.5])


def test_the_bounds_of_a_single_dish_hold_the_start_and_what_electrodes_hear():
    parameters = load("twin")
    space = ParameterSpace(parameters, read_bounds(parameters))
    assert np.all((space.start >= 0) & (space.start <= 1))
    readout = {bound.key for bound in space.bounds if bound.is_readout}
    assert readout == {bound.key for bound in space.bounds if bound.key.startswith("mea.")}
    dish = Dish(parameters)
    changes = {bound.key: bound.value(0.5) for bound in space.bounds if bound.is_readout}
    assert dish.hear(dish.run("1 s"), changes).n_electrodes == 59


def test_a_layout_is_no_matter_of_what_electrodes_hear():
    assert not Bound.parse("mea.pitch=100 um:200 um").is_readout
    assert not Bound.parse("noise.drive=2 mV:3 mV").is_readout
