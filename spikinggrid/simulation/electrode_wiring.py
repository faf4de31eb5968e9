"""Which electrodes of a simulated dish are connected by synapses: the truth behind a recording.

electrode_wiring    the synapses from what each electrode hears to what each other hears
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from spikinggrid.mea.array import Mea
from spikinggrid.mea.detection import recorded_pairs
from spikinggrid.recordings import Recording, load_parameters
from spikinggrid.simulation.dish import Dish, array_of


@dataclass(frozen=True, eq=False)
class ElectrodeWiring:
    """Excitatory synapses between the neurons that electrodes hear.

    Attributes
    ----------
    n_synapses : (n_electrodes, n_electrodes) int array
        From the neurons heard by one electrode (rows) onto those heard by another (columns).
    n_shared : (n_electrodes, n_electrodes) int array
        Neurons that both electrodes hear; on the diagonal, that the electrode hears.
    """

    n_synapses: np.ndarray
    n_shared: np.ndarray

    @property
    def is_connected(self) -> np.ndarray:
        """Whether a synapse leads from one electrode to the other or back, symmetric."""
        both = self.n_synapses + self.n_synapses.T
        return (both > 0) & ~np.eye(len(both), dtype=bool)

    @property
    def is_judged(self) -> np.ndarray:
        """Whether wiring alone can tell a pair: both hear neurons, but none in common."""
        hears = np.diag(self.n_shared) > 0
        return (self.n_shared == 0) & hears[:, None] & hears


def electrode_wiring(source: Dish | Recording) -> ElectrodeWiring:
    """Return the synapses between what the electrodes of a dish hear.

    Parameters
    ----------
    source : Dish or Recording
        A dish, or a simulated recording, whose culture is grown again.

    Raises
    ------
    InputError
        If the recording is not simulated, or the dish has no electrodes.
    """
    if isinstance(source, Recording):
        parameters = load_parameters(source)
        source = Dish(parameters, array=array_of(source, parameters))
    culture = source.culture
    array = Mea.place(source.parameters) if source.array is None else source.array
    electrodes, neurons = recorded_pairs(array, culture.x, culture.y, source.parameters)
    hears = _matrix(electrodes, neurons, (array.n_electrodes, culture.n_neurons))
    pre, post = culture.excitatory.pairs()
    wiring = _matrix(
        pre + culture.first_source("excitatory"), post, (culture.n_neurons, culture.n_neurons)
    )
    return ElectrodeWiring((hears @ wiring @ hears.T).toarray(), (hears @ hears.T).toarray())


def _matrix(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(rows.size, int), (rows, columns)), shape)
