"""Both engines on random parameter files; the script runs a hundred and more."""

from collections import defaultdict

import numpy as np
import pytest

from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.engines.native import NativeEngine
from tests.scripts import load_script

pytestmark = pytest.mark.usefixtures("numpy_target")

script = load_script("compare_engines")

#: Modulated plasticity between image and labels; relay, depression and online plasticity; no
#: inhibition; one neuron.
NUMBERS = (1, 18, 24, 168)


def options(number):
    return dict(script.random_keys(script.Draw(np.random.default_rng([number, 0]))))


@pytest.mark.parametrize("number", NUMBERS)
def test_both_engines_do_the_same(number):
    outcome = script.compare(number)
    assert outcome.is_equal, outcome
    assert outcome.n_spikes > 0


def test_a_difference_is_found(monkeypatch):
    def other(culture, parameters):
        tau_m = 1.1 * parameters.neuron.tau_m
        return NativeEngine(culture, parameters.replace({"neuron.tau_m": tau_m}))

    monkeypatch.setattr(script, "NativeEngine", other)
    assert not script.compare(NUMBERS[0]).is_equal


def test_a_number_stands_for_one_file():
    assert script.drawn(7) == script.drawn(7)
    assert script.drawn(7) != script.drawn(8)


def test_random_files_cover_the_options():
    values = defaultdict(set)
    for number in range(200):
        for key, value in options(number).items():
            values[key].add(value)
    assert len(values) > 60
    lonely = {key for key, found in values.items() if len(found) == 1}
    assert lonely == {*script.COMMON, "digits"}


@pytest.mark.parametrize("share", [0, 1])
def test_all_neurons_may_be_of_one_kind(share):
    parameters = script.parameter_files.load(
        "culture",
        [f"culture.inhibitory_fraction={share}", "culture.n_neurons=200"]
        + [f"synapses.{name}.synapses_per_neuron=20" for name in ("excitatory", "inhibitory")],
    )
    dish = Dish(parameters)
    assert dish.culture.is_inhibitory.mean() == share
    silent, other = ("inhibitory", "excitatory") if share == 0 else ("excitatory", "inhibitory")
    assert getattr(dish.culture, silent).n_pre == 0
    assert getattr(dish.culture, other).n_synapses > 3000
    assert len(dish.run("1 s")) > 0
