"""The memory of a culture, estimated before it is grown, against what it then takes."""

import tracemalloc

import pytest

from spikinggrid.mea.array import Mea
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.network.memory import PER_NUMBER, WORKED_ON, estimated_memory
from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils import memory
from spikinggrid.utils.errors import InputError

DENSE = [
    "culture.n_neurons=1500",
    "synapses.excitatory.synapses_per_neuron=700",
    "synapses.inhibitory.synapses_per_neuron=700",
    "synapses.excitatory.reach=1 mm",
    "synapses.inhibitory.reach=1 mm",
]


@pytest.mark.parametrize(
    ("preset", "overrides"),
    [
        ("culture", DENSE),
        ("lagani2021/240_bio", ["culture.n_neurons=1500"]),
        ("lagani2021/240_bio", ["culture.n_neurons=1500", "synapses.excitatory.reach=0.2 mm"]),
        ("digits/two", []),
    ],
)
def test_the_estimate_is_above_what_a_culture_takes_but_not_far(preset, overrides):
    parameters = load(preset, overrides)
    array = Mea.place(parameters)
    estimate = estimated_memory(parameters, array.n_electrodes) - WORKED_ON * PER_NUMBER
    tracemalloc.start()
    culture = Culture.grow(parameters, array)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < estimate < 5 * held
    assert peak < estimate + WORKED_ON * PER_NUMBER
    n_synapses = sum(getattr(culture, name).n_synapses for name in PROJECTIONS)
    assert n_synapses > 100_000


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("culture.n_neurons=1000000000000", "1,000,000,000,000 neurons (most of it synapses.exc"),
        ("culture.n_neurons=1000000000000000", "neurons (most of it synapses.excitatory)"),
        ("synapses.inhibitory.delay=10 s|simulation.dt=1 us|culture.n_neurons=900000", ".inh"),
        ("synapses.excitatory.conduction_velocity=1 mm/s|simulation.dt=1 us", "excitatory.delay)"),
    ],
)
def test_a_culture_that_does_not_fit_into_memory_is_one_line(overrides, message, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1e10)
    parameters = load("culture", overrides.split("|"))
    with pytest.raises(InputError, match=r"^culture\.n_neurons: [^\n]+$") as raised:
        Dish(parameters)
    assert message in str(raised.value)
    assert "of memory, but 10 GB are free" in str(raised.value)


def test_relayed_cultures_and_those_without_an_array_are_estimated(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1e10)
    with pytest.raises(InputError, match=r"500,000 neurons .* 3\.\d TB of memory"):
        Dish(load("lagani2021/240_bio", ["culture.n_neurons=500000"]))
    parameters = load("culture", ["culture.n_neurons=1000000000"])
    with pytest.raises(InputError, match="1,000,000,000 neurons"):
        Dish(parameters.replace({"mea": None}))
