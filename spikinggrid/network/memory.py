"""How much memory a culture will take, known before it is grown."""

import numpy as np
from scipy.special import erfc

from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.synapses import InputTable, SynapseTable
from spikinggrid.utils import memory

#: Bytes at the peak, measured while cultures grew and ran: of a neuron's state; of a synapse in a
#: list, and of a pair in a matrix, which the culture and the engine each hold once; of a spike that
#: may be under way.
PER_NEURON = 400
PER_SYNAPSE = 25
PER_PAIR = 12
PER_DELAYED_SPIKE = 12

#: Numbers of a growing projection that are worked on at a time, and bytes for each.
WORKED_ON = 1 << 22
PER_NUMBER = 24


def require_memory(parameters: Parameters, n_electrodes: int) -> None:
    """Refuse to grow a culture for which there is not enough memory.

    Raises
    ------
    InputError
        If there is not; one line with the size.
    """
    parts = _parts(parameters, n_electrodes)
    memory.require(
        sum(parts.values()),
        f"culture.n_neurons: a culture of {parameters.culture.n_neurons:,} neurons (most of it"
        f" {max(parts, key=parts.__getitem__)})",
    )


def estimated_memory(parameters: Parameters, n_electrodes: int) -> float:
    """Return roughly how many bytes a culture takes to be grown and run.

    Parameters
    ----------
    parameters : Parameters
    n_electrodes : int
        0 where there is no array.
    """
    return sum(_parts(parameters, n_electrodes).values())


def _parts(parameters: Parameters, n_electrodes: int) -> dict[str, float]:
    """Return bytes by what takes them."""
    culture, synapses = parameters.culture, parameters.synapses
    n, share = culture.n_neurons, culture.inhibitory_fraction
    n_excitatory, n_inhibitory = (n, n) if share is None else (n * (1 - share), n * share)
    area = culture.width * culture.height
    parts: dict[str, float] = {"their state": n * PER_NEURON + max(n, WORKED_ON) * PER_NUMBER}
    if synapses.input is not None:
        density = _input_density(synapses.input, area)
        parts["synapses.input"] = _projection(n_electrodes, n, density)
    for name, n_pre in (("excitatory", n_excitatory), ("inhibitory", n_inhibitory)):
        table = getattr(synapses, name)
        n_steps = _longest_delay(parameters, table)
        parts[f"synapses.{name}"] = _projection(n_pre, n, _density(table, n, area))
        parts[f"synapses.{name}.delay"] = n_pre * n_steps * PER_DELAYED_SPIKE
    return parts


def _projection(n_pre: float, n_post: int, density: float) -> float:
    if density > 0.5:
        return n_pre * n_post * PER_PAIR
    return n_pre * n_post * density * PER_SYNAPSE


def _density(table: SynapseTable, n_neurons: int, area: float) -> float:
    """Return the expected share of pairs that connect, borders of the dish neglected."""
    if table.synapses_per_neuron is not None:
        return table.synapses_per_neuron / n_neurons
    assert table.cutoff is not None
    return _density_of_strengths(table.reach, table.cutoff, area)


def _input_density(table: InputTable, area: float) -> float:
    if table.rule == "strength":
        return _density_of_strengths(table.reach, table.cutoff, area)
    farthest = 2 * table.reach**2 * np.log(1 / min(table.cutoff, 1))
    return float(min(1, np.pi * farthest / area))


def _density_of_strengths(reach: float, cutoff: float, area: float) -> float:
    """Return the share of pairs with |N(0, 1)| exp(-d^2 / (2 reach^2)) above the cutoff."""
    distance = np.linspace(0, np.sqrt(area), 1000)
    gaussian = np.maximum(np.exp(-(distance**2) / (2 * reach**2)), 1e-300)
    exists = erfc(cutoff / gaussian / np.sqrt(2))
    return float(min(1, np.trapezoid(exists * 2 * np.pi * distance, distance) / area))


def _longest_delay(parameters: Parameters, table: SynapseTable) -> float:
    """Return the longest delay of synapses, in steps."""
    diagonal = np.hypot(parameters.culture.width, parameters.culture.height)
    travel = diagonal / table.conduction_velocity if table.conduction_velocity else 0.0
    return float(table.delay + travel) / parameters.simulation.dt + 1
