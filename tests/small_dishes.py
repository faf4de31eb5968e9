"""Dishes of 200 neurons that burst, and a pool of ten: what tests of twins simulate."""

from functools import cache

from spikinggrid.fitting import pool_making
from spikinggrid.fitting.parameter_space import Bound, ParameterSpace
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.simulation_store import SimulationStore
from spikinggrid.parallel.client import ThisProcess
from spikinggrid.parameters.files import load

BOUNDS = (
    "noise.drive=5 mV:6 mV",
    "noise.membrane_sd=2 mV:3 mV:log",
    "mea.radius=80 um:110 um",
    "mea.heard_fraction=0.7:1",
)


def small_space() -> ParameterSpace:
    parameters = load("dissociated").replace(
        {
            "culture.n_neurons": 200,
            "synapses.excitatory.synapses_per_neuron": 40.0,
            "synapses.inhibitory.synapses_per_neuron": 30.0,
            "synapses.excitatory.strength": "20 mV",
            "synapses.excitatory.reach": "250 um",
            "simulation.duration": "60 s",
            "simulation.warmup": "1 s",
            "mea.radius": "100 um",
        }
    )
    return ParameterSpace(parameters, tuple(map(Bound.parse, BOUNDS)))


@cache
def small_pool() -> Pool:
    space = small_space()
    with SimulationStore(None, {}) as store:
        pool_making.grow_pool(space, [], 10, store, ThisProcess())
        return pool_making.pool_of(space, store, made_by="spikinggrid pool")
