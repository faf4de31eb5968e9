"""Drugs: what doses leave, on which currents, and that nothing else changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.network.pharmacology import LEAST, under_drugs
from spikinggrid.parameters.drugs import DRUGS
from spikinggrid.parameters.files import dumps, load, loads
from spikinggrid.parameters.tables.pharmacology import RECEPTORS, PharmacologyTable
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError

SMALL = {
    "culture.n_neurons": 200,
    "synapses.excitatory.synapses_per_neuron": 40.0,
    "synapses.inhibitory.synapses_per_neuron": 30.0,
    "synapses.excitatory.reach": "250 um",
    "synapses.inhibitory.reach": "250 um",
    "simulation.warmup": "0 s",
    "simulation.duration": "5 s",
}


@pytest.fixture(scope="module")
def parameters():
    return load("dissociated").replace(SMALL)


def with_drugs(parameters, **drugs):
    return parameters.replace({"pharmacology": drugs})


def spikes(parameters):
    return Dish(parameters).run("2 s")


@pytest.mark.parametrize("name", DRUGS)
def test_the_ic50_leaves_half_and_says_where_it_is_from(name):
    drug = DRUGS[name]
    table = PharmacologyTable(**{name: f"{1e6 * drug.ic50} uM"})
    assert table.remaining(drug.receptor) == pytest.approx(0.5)
    assert [table.remaining(other) for other in RECEPTORS if other != drug.receptor] == [1.0, 1.0]
    assert "19" in drug.source


@given(st.floats(0, 1e-3), st.floats(0, 1e-3))
def test_drugs_of_one_receptor_compete_for_it(first, second):
    """The law of mass action for two ligands of one site."""
    table = PharmacologyTable(bicuculline=f"{first!r} M", gabazine=f"{second!r} M", gaba_a=0.5)
    bound = first / DRUGS["bicuculline"].ic50 + second / DRUGS["gabazine"].ic50
    assert table.remaining("gaba_a") == pytest.approx(0.5 / (1 + bound))
    assert table.remaining("ampa") == 1.0


def test_a_dose_of_zero_changes_no_bit(parameters):
    drugged = with_drugs(parameters, bicuculline="0 uM", cnqx="0 M", apv="0 nM", gaba_a=1.0)
    usual, same = spikes(parameters), spikes(drugged)
    assert len(usual.times) > 20
    np.testing.assert_array_equal(usual.times, same.times)
    np.testing.assert_array_equal(usual.neurons, same.neurons)


@pytest.mark.usefixtures("numpy_target")
def test_both_engines_give_the_same_spikes_under_drugs(parameters):
    drugged = with_drugs(parameters, bicuculline="10 uM", cnqx="100 nM", apv="5 uM")
    native, brian2 = (
        spikes(drugged.replace({"simulation.engine": engine})) for engine in ("native", "brian2")
    )
    assert len(native.times) > 20
    assert not np.array_equal(native.times, spikes(parameters).times)
    np.testing.assert_array_equal(native.times, brian2.times)
    np.testing.assert_array_equal(native.neurons, brian2.neurons)


def test_the_wiring_and_what_differs_between_neurons_stay(parameters):
    drugged = Dish(with_drugs(parameters, gabazine="20 uM", cnqx="1 uM"))
    usual = Dish(parameters)
    for name in ("x", "y", "v_threshold", "drive"):
        np.testing.assert_array_equal(getattr(drugged.culture, name), getattr(usual.culture, name))
    for name in ("excitatory", "inhibitory"):
        mine, theirs = (getattr(dish.culture, name) for dish in (drugged, usual))
        np.testing.assert_array_equal(mine.pairs(), theirs.pairs())
        np.testing.assert_array_equal(mine.strengths(), theirs.strengths())


def test_fast_slow_and_inhibitory_currents_are_scaled_apart(parameters):
    culture = Dish(parameters).culture
    drugged = with_drugs(parameters, ampa=0.25, nmda=0.5, gaba_a=0.125)
    left, changed = under_drugs(culture, drugged)
    share = parameters.synapses.excitatory.slow_share
    fast = left.excitatory.strengths() / culture.excitatory.strengths()
    np.testing.assert_allclose(fast, 0.25, rtol=1e-6)
    np.testing.assert_allclose(
        fast * changed.synapses.excitatory.slow_share, 0.5 * share, rtol=1e-6
    )
    np.testing.assert_allclose(
        left.inhibitory.strengths() / culture.inhibitory.strengths(), 0.125, rtol=1e-6
    )
    np.testing.assert_array_equal(left.input.strengths(), culture.input.strengths())


def test_a_complete_block_of_ampa_leaves_the_slow_current(parameters):
    culture = Dish(parameters).culture
    left, changed = under_drugs(culture, with_drugs(parameters, ampa=0.0))
    slow = changed.synapses.excitatory.slow_share * left.excitatory.strengths()
    whole = parameters.synapses.excitatory.slow_share * culture.excitatory.strengths()
    np.testing.assert_allclose(slow, whole, rtol=1e-5)
    assert left.excitatory.strengths().max() <= 2 * LEAST * culture.excitatory.strengths().max()


def test_without_any_transmission_neurons_fire_as_if_alone(parameters):
    """Neurons without synapses have the same noise and drive."""
    blocked = spikes(with_drugs(parameters, ampa=0.0, nmda=0.0, gaba_a=0.0))
    alone = spikes(
        parameters.replace(
            {"synapses.excitatory.strength": 0.0, "synapses.inhibitory.strength": 0.0}
            | {
                f"synapses.{name}.strength_onto_inhibitory": 0.0
                for name in ("excitatory", "inhibitory")
            }
        )
    )
    assert len(alone.times) > 20
    np.testing.assert_array_equal(blocked.neurons, alone.neurons)


def test_drugs_are_written_to_files_and_into_recordings(parameters):
    drugged = with_drugs(parameters, bicuculline=1e-5, gaba_a=0.5)
    assert loads(dumps(drugged)) == drugged
    assert 'bicuculline = "10 uM"' in dumps(drugged)
    assert "pharmacology" not in dumps(parameters)


@pytest.mark.parametrize(
    ("preset", "drugs", "message"),
    [
        ("dissociated", {"bicuculline": "10 um"}, "pharmacology.bicuculline: '10 um' is in um"),
        ("dissociated", {"bicuculline": "-1 uM"}, "should be at least 0 M"),
        ("dissociated", {"bicucculine": "1 uM"}, "did you mean bicuculline?"),
        ("dissociated", {"CNQX": "1 uM"}, "pharmacology.CNQX: unknown key"),
        ("lagani2021/240_bio", {"gaba_a": 0.1}, 'pharmacology needs plasticity.rule = "static"'),
    ],
)
def test_what_cannot_be_is_one_line(preset, drugs, message):
    with pytest.raises(InputError) as caught:
        load(preset).replace({"pharmacology": drugs})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_drug_that_finds_no_receptor_is_refused():
    parameters = load("dissociated").replace(
        {"synapses.excitatory.slow_share": "none", "synapses.excitatory.tau_slow": "none"}
    )
    with pytest.raises(InputError, match=r"pharmacology.apv acts on the slow excitatory current"):
        parameters.replace({"pharmacology.apv": "5 uM"})
