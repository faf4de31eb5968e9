"""Functional connectivity: which electrodes fire together more than by chance.

    infer_connectivity    which pairs of electrodes connect: a `Connectivity`

`spike_trains`, `t_start`, `t_stop` are as in `spikinggrid.statistics.spike_trains`; spikes outside
the span are left out. Edges are found as MEA-NAP finds them (Sit et al. 2024,
doi:10.1101/2024.02.05.578738): the spike time tiling coefficient of a pair must exceed that of
trains shifted around the recording, which keeps each train's rate and bursts.
"""

from dataclasses import dataclass

import numpy as np

from spikinggrid.statistics.correlation import from_start, sttc_of_trains
from spikinggrid.statistics.graphs import NetworkMeasures, network_measures
from spikinggrid.statistics.spike_trains import SpikeTrains, check_positive, checked_trains
from spikinggrid.utils.randomness import random_generator

#: As in MEA-NAP: half the window of coincidence (s), shifted trains, share of them that may exceed
#: the pair, and the firing rate (Hz) below which an electrode is no node.
DT, N_SHIFTS, TAIL, LEAST_RATE = 0.01, 200, 0.05, 0.01


@dataclass(frozen=True, eq=False)
class Connectivity:
    """Which pairs of electrodes fire together more than by chance.

    Attributes
    ----------
    sttc : (n_electrodes, n_electrodes) array
        Spike time tiling coefficient of each pair; NaN where one is silent.
    p : (n_electrodes, n_electrodes) array
        Share of shifted trains, the pair itself included, with a coefficient as high; NaN where
        there is none.
    is_active : (n_electrodes,) bool array
        Which electrodes fire often enough to be nodes.
    dt : float
        Half the window of coincidence (s).
    n_shifts : int
        Shifted trains of each electrode.
    tail : float
        Up to which p a pair is connected.
    density : float or None
        Share of the pairs of nodes to which edges are limited, the strongest; None for no limit.
    """

    sttc: np.ndarray
    p: np.ndarray
    is_active: np.ndarray
    dt: float
    n_shifts: int
    tail: float
    density: float | None = None

    @property
    def adjacency(self) -> np.ndarray:
        """STTC of the pairs that connect and 0 elsewhere, shape (n_electrodes, n_electrodes)."""
        nodes = self.is_active[:, None] & self.is_active & ~np.eye(len(self.sttc), dtype=bool)
        edges = np.where(nodes & (self.p <= self.tail) & (self.sttc > 0), self.sttc, 0.0)
        if self.density is None:
            return edges
        strengths = np.sort(edges[np.triu_indices(len(edges), 1)])[::-1]
        most = round(self.density * nodes.sum() / 2)
        return np.where(edges > (strengths[most] if most < strengths.size else 0), edges, 0.0)

    @property
    def n_edges(self) -> int:
        """Pairs of electrodes that connect."""
        return int(np.count_nonzero(self.adjacency)) // 2

    def measures(self, seed: int = 0) -> NetworkMeasures:
        """Return what the graph of the active electrodes is like (`network_measures`)."""
        return network_measures(self.adjacency, self.is_active, seed=seed)


def infer_connectivity(
    spike_trains: SpikeTrains,
    t_start: float,
    t_stop: float,
    *,
    dt: float = DT,
    n_shifts: int = N_SHIFTS,
    tail: float = TAIL,
    density: float | None = None,
    seed: int = 0,
) -> Connectivity:
    """Find the pairs of electrodes that fire together more than by chance.

    Chance is what trains give that are shifted in time, each by an amount of its own, the end
    following on from the start. A pair connects if its coefficient is positive and at most the
    share `tail` of these reach it. Of pairs that have nothing to do with one another, that share
    connects too: `tail` is no correction for many pairs.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    t_start, t_stop : float
        The span that was recorded (s).
    dt : float
        Half the window of coincidence (s).
    n_shifts : int
        Shifted trains of each electrode.
    tail : float
        Share (0 to 1).
    density : float, optional
        Share (0 to 1) of the pairs of nodes to which edges are limited, the strongest: in cultures
        that burst as a whole nearly all pairs fire together, and their graph has no shape.
    seed : int
        Of the shifts.

    Returns
    -------
    Connectivity

    Raises
    ------
    ValueError
        If a train is not sorted or not finite, the span is empty, or `dt`, `n_shifts`, `tail` or
        `density` is not positive.
    """
    limit = 1.0 if density is None else density
    for name, value in (("dt", dt), ("n_shifts", n_shifts), ("tail", tail), ("density", limit)):
        check_positive(name, value)
    trains = from_start(checked_trains(spike_trains, t_start, t_stop), t_start, t_stop)
    duration = t_stop - t_start
    generator = random_generator(seed, "shifted trains")
    observed = sttc_of_trains(trains, duration, dt)
    n_as_high = np.ones(observed.shape, np.int32)
    for _ in range(n_shifts):
        shifted = [_shifted(train, duration, generator) for train in trains]
        n_as_high += sttc_of_trains(shifted, duration, dt) >= observed
    p = np.where(np.isfinite(observed), n_as_high / (n_shifts + 1), np.nan)
    is_active = np.array([train.size >= LEAST_RATE * duration for train in trains], bool)
    return Connectivity(observed, p, is_active, dt, n_shifts, tail, density)


def _shifted(train: np.ndarray, duration: float, generator: np.random.Generator) -> np.ndarray:
    """Return a train moved around the recording, which starts at 0, by a random time."""
    moved = train + generator.uniform(0, duration)
    n_beyond = int(np.sum(moved > duration))
    return np.concatenate(
        [moved[moved.size - n_beyond :] - duration, moved[: train.size - n_beyond]]
    )
