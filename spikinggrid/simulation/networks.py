"""The functional network of a recording, with the true wiring where the recording is simulated.

infer_network    edges, their graph, and how well they agree with the wiring: a `Network`
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from spikinggrid.recordings import Recording
from spikinggrid.simulation.electrode_wiring import ElectrodeWiring, electrode_wiring
from spikinggrid.statistics.connectivity import (
    DT,
    N_SHIFTS,
    TAIL,
    Connectivity,
    infer_connectivity,
)
from spikinggrid.statistics.graphs import NetworkMeasures, network_measures
from spikinggrid.statistics.wiring_agreement import agreement


@dataclass(frozen=True, eq=False)
class Network:
    """Which electrodes fire together more than by chance.

    Attributes
    ----------
    recording : Recording
    inferred : Connectivity
        Coefficients, their p, and the `adjacency` of those pairs that connect.
    measures : dict of str to float
        What the graph is like, by name; `spikinggrid.statistics.graphs.MEASURES` says what each is.
    nodes : dict of str to (n_electrodes,) array
        What each electrode is like in it.
    graph : NetworkMeasures
        Both, and the rich club.
    wiring : ElectrodeWiring or None
        Of a simulated recording: the synapses between what electrodes hear.
    agreement : dict or None
        How well inferred edges agree with it, beside controls: see
        `spikinggrid.statistics.wiring_agreement`.
    """

    recording: Recording
    inferred: Connectivity
    graph: NetworkMeasures
    wiring: ElectrodeWiring | None = None
    agreement: dict[str, Any] | None = None

    @property
    def measures(self) -> dict[str, float]:
        """What the graph is like, by name."""
        return self.graph.summary

    @property
    def nodes(self) -> dict[str, np.ndarray]:
        """What each electrode is like in it, by name."""
        return self.graph.nodes


def infer_network(
    recording: Recording,
    *,
    dt: float = DT,
    n_shifts: int = N_SHIFTS,
    tail: float = TAIL,
    density: float | None = None,
) -> Network:
    """Find which electrodes fire together, measure their graph, and compare it with the wiring.

    Parameters
    ----------
    recording : Recording
        The culture of a simulated one is grown again.
    dt, n_shifts, tail, density
        As `spikinggrid.statistics.connectivity.infer_connectivity` takes them.

    Raises
    ------
    InputError
        If `networkx` is not installed.
    """
    inferred = infer_connectivity(
        recording.spike_trains,
        recording.t_start,
        recording.t_stop,
        dt=dt,
        n_shifts=n_shifts,
        tail=tail,
        density=density,
    )
    graph = network_measures(inferred.adjacency, inferred.is_active)
    if not recording.parameters:
        return Network(recording, inferred, graph)
    wiring = electrode_wiring(recording)
    told = agreement(inferred, wiring.is_connected, recording.positions, wiring.is_judged)
    return Network(recording, inferred, graph, wiring, told)
