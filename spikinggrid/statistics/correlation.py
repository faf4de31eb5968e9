"""Correlation of spike trains: the spike time tiling coefficient (STTC).

Contents
--------
All pairs               : `sttc_matrix`, `mean_sttc`
One pair                : `sttc`
Over the dish           : `mean_of_pairs`, `sttc_by_distance`

`spike_train`, `spike_trains`, `t_start`, `t_stop` are as in `spikinggrid.statistics.spike_trains`;
spikes outside the span are left out. Every function raises ValueError, in one line, for a train
that is not sorted or not finite, an empty span, or a window or bin that is not positive.

Definitions follow Cutts CS, Eglen SJ (2014), Journal of Neuroscience 34:14288.
"""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist

from spikinggrid.statistics.spike_trains import SpikeTrains, check_positive, checked_trains
from spikinggrid.utils.compiled import cached_njit


def sttc_matrix(
    spike_trains: SpikeTrains, t_start: float, t_stop: float, dt: float = 0.005
) -> np.ndarray:
    """Return the spike time tiling coefficient of every pair of electrodes.

    STTC = ((P_A - T_B) / (1 - P_A T_B) + (P_B - T_A) / (1 - P_B T_A)) / 2, with P_A the share
    of A's spikes that have a spike of B within `dt`, T_A the share of the span within `dt` of
    a spike of A. It lies between -1 and 1, near 0 for independent trains whatever their rates.

    Spikes of sampled recordings often lie exactly `dt` apart. Times are therefore taken from
    `t_start` on and rounded once (`from_start`), so that the same spikes give the same value
    wherever the recording starts. Of a recording that starts at 0 the value is the published one.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    t_start, t_stop : float
        The span that was recorded (s).
    dt : float
        Half the window of coincidence (s), itself included.

    Returns
    -------
    (n_electrodes, n_electrodes) array
        Symmetric; NaN where an electrode is silent or the tiles of both cover the whole span.
    """
    check_positive("dt", dt)
    trains = from_start(checked_trains(spike_trains, t_start, t_stop), t_start, t_stop)
    return sttc_of_trains(trains, t_stop - t_start, dt)


def sttc_of_trains(trains: Sequence[np.ndarray], duration: float, dt: float) -> np.ndarray:
    """Return `sttc_matrix` of checked trains in a span from 0 to `duration` (s)."""
    n_spikes = np.array([train.size for train in trains], dtype=int)
    times = np.concatenate([*trains, []])
    order = np.argsort(times, kind="stable")
    electrodes = np.repeat(np.arange(len(trains)), n_spikes)[order]
    n_close = _count_close(times[order], electrodes, len(trains), dt)
    tiled = np.array([_tiled_share(train, duration, dt) for train in trains])
    with np.errstate(invalid="ignore"):  # 0/0 is the NaN that is promised
        share = n_close / n_spikes[:, None]
        one_way = (share - tiled) / (1 - share * tiled)
    return (one_way + one_way.T) / 2


def from_start(trains: Sequence[np.ndarray], t_start: float, t_stop: float) -> list[np.ndarray]:
    """Return times from `t_start` on (s) in whole ns; in whole us where floats are no finer."""
    per_second = 1e9 if np.spacing(max(abs(t_start), abs(t_stop))) < 1e-10 else 1e6
    return [np.round((train - t_start) * per_second) / per_second for train in trains]


@cached_njit(nogil=True)
def _count_close(times, electrodes, n_electrodes, dt):
    """Return how many spikes of each electrode (rows) have one of each other within `dt`.

    `times` are those of all spikes in order, `electrodes` which electrode fired each. Around each
    spike either the spikes within `dt` are looked at, or, where these are many, as in a network
    burst of a large array, the last and the next spike of every electrode.
    """
    n_spikes = times.size
    counts = np.zeros((n_electrodes, n_electrodes), np.uint32)
    counted = np.full(n_electrodes, -1)  # for which spike each electrode was counted last
    last = np.full(n_electrodes, -np.inf)
    following = np.full(n_electrodes, np.inf)
    after = np.full(n_spikes, np.inf)  # time of the next spike of the same electrode
    for spike in range(n_spikes - 1, -1, -1):
        own = electrodes[spike]
        after[spike], following[own] = following[own], times[spike]
    first = beyond = 0
    for spike in range(n_spikes):
        time, own = times[spike], electrodes[spike]
        while time - times[first] > dt:
            first += 1
        while beyond < n_spikes and times[beyond] - time <= dt:
            beyond += 1
        row = counts[own]
        if beyond - first < n_electrodes / 16:
            for near in range(first, beyond):
                other = electrodes[near]
                if counted[other] != spike:
                    counted[other] = spike
                    row[other] += 1
        else:
            for other in range(n_electrodes):
                row[other] += (time - last[other] <= dt) | (following[other] - time <= dt)
        last[own], following[own] = time, after[spike]
    return counts


def _tiled_share(train: np.ndarray, duration: float, dt: float) -> float:
    """Return the share of the span, which starts at 0, that lies within dt of a spike."""
    if not train.size:
        return 0.0
    overlaps = np.maximum(0, 2 * dt - np.diff(train)).sum()
    outside = max(0, dt - train[0]) + max(0, dt - (duration - train[-1]))
    return (2 * train.size * dt - overlaps - outside) / duration


def sttc(
    train_a: np.ndarray, train_b: np.ndarray, t_start: float, t_stop: float, dt: float = 0.005
) -> float:
    """Return the spike time tiling coefficient of two trains, as in `sttc_matrix`."""
    return float(sttc_matrix([train_a, train_b], t_start, t_stop, dt)[0, 1])


def mean_sttc(spike_trains: SpikeTrains, t_start: float, t_stop: float, dt: float = 0.005) -> float:
    """Return the mean of `sttc_matrix` over all pairs for which it is defined; NaN if none is."""
    return mean_of_pairs(sttc_matrix(spike_trains, t_start, t_stop, dt))


def mean_of_pairs(matrix: np.ndarray) -> float:
    """Return the mean over all pairs of different electrodes for which `sttc_matrix` is defined."""
    pairs = matrix[np.triu_indices(len(matrix), k=1)]
    pairs = pairs[np.isfinite(pairs)]
    return float(pairs.mean()) if pairs.size else np.nan


def sttc_by_distance(
    matrix: np.ndarray, positions: np.ndarray, bin_size: float = 0.2e-3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how the correlation of two electrodes falls with the distance between them.

    Parameters
    ----------
    matrix : (n_electrodes, n_electrodes) array
        As `sttc_matrix` gives it. Pairs for which it is not defined are left out, and so are
        electrodes whose place is not known.
    positions : (n_electrodes, 2) array
        Where the electrodes lie (m).
    bin_size : float
        Width of the bins of distance (m).

    Returns
    -------
    edges : (n_bins + 1,) array
        Edges of the bins (m), from 0 on.
    mean : (n_bins,) array
        Mean STTC of the pairs in each bin; NaN where there are none.
    n_pairs : (n_bins,) int array
        How many pairs that is the mean of.
    """
    check_positive("bin_size", bin_size)
    first, second = np.triu_indices(len(matrix), k=1)
    distance = cdist(positions, positions)[first, second]
    values = np.asarray(matrix)[first, second]
    defined = np.isfinite(values) & np.isfinite(distance)
    # Distances on the grid of an array fall on edges: a nanometre keeps rounding out of it.
    bins = np.floor((distance[defined] + 1e-9) / bin_size).astype(int)
    n_pairs = np.bincount(bins)
    total = np.bincount(bins, values[defined])
    mean = np.divide(total, n_pairs, out=np.full(n_pairs.size, np.nan), where=n_pairs > 0)
    return np.arange(n_pairs.size + 1) * bin_size, mean, n_pairs
