"""What a laboratory can change: the catalogue, and what each change makes of a culture."""

import numpy as np
import pytest

from spikinggrid.digits.task import with_task
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.prediction.laboratory import CHANGES, GROUPS, Change, together
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError
from tests.small_dishes import small_space

BY_NAME = {change.name: change for change in CHANGES}


@pytest.fixture(scope="module")
def culture() -> Parameters:
    task = parameter_files.load("digits/twin_two")
    return with_task(parameter_files.load("fitted/cortex_div21"), task)


@pytest.mark.parametrize("name", BY_NAME)
def test_each_change_fits_a_fitted_culture_and_changes_what_it_says(name, culture):
    change = BY_NAME[name]
    assert change.bench.endswith(".") and change.source and change.group in GROUPS
    if name == "16 electrodes at 350 um":
        with pytest.raises(InputError, match="found 6, but the layout axion-24"):
            change.of(culture)
        return
    changed = change.of(culture)
    for key, factor in change.times.items():
        if value := culture.value(key):
            assert changed.value(key) == pytest.approx(factor * value)
    for key in change.set:
        assert changed.value(key) != culture.value(key)
    assert changed.simulation == culture.simulation
    with pytest.raises(InputError, match="is so already"):
        Change("again", "growing", "", "", {key: changed.value(key) for key in change.set}).of(
            changed
        )


def test_names_and_codes_are_unique():
    assert len({change.code for change in CHANGES}) == len(BY_NAME) == len(CHANGES)


def test_keys_that_a_culture_lacks_are_passed_over():
    """The strength of a synapse goes by another key where incoming strengths sum to a value."""
    published = parameter_files.load("digits/two")
    stronger = BY_NAME["stronger excitatory synapses"].of(published)
    incoming = published.synapses.excitatory.incoming
    assert stronger.synapses.excitatory.incoming == pytest.approx(1.9 * incoming)
    with pytest.raises(InputError, match="lacks what it would change"):
        Change("", "growing", "", "", times={"synapses.excitatory.strength": 2}).of(published)


def test_a_drug_leaves_the_wiring_and_the_image_but_is_not_taught_with(culture):
    small = small_space().parameters
    drugged = BY_NAME["bicuculline 10 uM"].of(
        with_task(small, parameter_files.load("digits/twin_two"))
    )
    one, other = (Dish(parameters, 3).simulator.culture for parameters in (small, drugged))
    assert (one.excitatory.strengths() == other.excitatory.strengths()).all()
    left = drugged.pharmacology.remaining("gaba_a")
    assert np.allclose(other.inhibitory.strengths(), left * one.inhibitory.strengths())
    assert drugged.plasticity.rule == "static"
    assert drugged.digits.image_rate == culture.digits.image_rate
    fast = dict.fromkeys(("synapses.excitatory.slow_share", "synapses.excitatory.tau_slow"))
    with pytest.raises(InputError, match="apv acts on the slow excitatory current"):
        BY_NAME["APV 50 uM"].of(culture.replace(fast))


def test_an_array_of_the_catalogue_takes_the_place_of_a_grid(culture):
    grid = {"mea.layout": "grid", "mea.rows": 8, "mea.columns": 9, "mea.pitch": "150 um"}
    changed = BY_NAME["120 electrodes at 100 um"].of(culture.replace(grid))
    assert (changed.mea.layout, changed.mea.rows, changed.mea.pitch) == ("mcs-120-100", None, None)
    with pytest.raises(InputError, match="beyond"):
        BY_NAME["252 electrodes at 100 um"].of(culture.replace({"culture.width": "1 mm"}))


def test_changes_together_do_what_each_does(culture):
    names = ["longer excitatory axons", "252 electrodes at 100 um", "pulses at 50 Hz"]
    both = together([BY_NAME[name] for name in names]).of(culture)
    one_by_one = culture
    for name in names:
        one_by_one = BY_NAME[name].of(one_by_one)
    assert both == one_by_one
