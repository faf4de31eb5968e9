"""Features of a recording: all statistics of its spike trains in one table.

Contents
--------
`UNITS`                 : unit of every feature
`published_features`    : the eleven of Charlesworth et al. 2015
`features`              : those, and what they are silent about

`spike_trains`, `t_start`, `t_stop` are as in `spikinggrid.statistics.spike_trains`; spikes outside the span
are left out. A value that does not exist (the burst rate of a silent dish) is 0. Both functions
raise ValueError, in one line, for a train that is not sorted or not finite or an empty span.

Definitions follow Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015),
"Quantitative differences in developmental profiles of spontaneous activity in cortical and
hippocampal cultures", Neural Development 10:1, and reproduce its published table of features.
"""

import numpy as np

from spikinggrid.statistics.correlation import mean_sttc, sttc_by_distance, sttc_matrix
from spikinggrid.statistics.spike_trains import SpikeTrains, checked_trains
from spikinggrid.statistics.spiking import (
    avalanches,
    cv,
    find_bursts,
    firing_rates,
    is_theta_bursting,
    isi,
    lv,
    network_bursts,
    network_spikes,
)

#: Unit of every feature.
UNITS = {
    "burst.rate": "/min",
    "burst.dur": "s",
    "spikes.in.bursts": "%",
    "CV.IBI": "ratio",
    "num.n.s": "/min",
    "n.s.peak": "electrodes",
    "n.s.dur": "s",
    "fir.rate": "Hz",
    "burst.fir.rate": "Hz",
    "corr": "STTC",
    "theta.burst": "share",
    "n_electrodes": "count",
    "n_bursting_electrodes": "count",
    "n_spikes": "count",
    "share_of_spikes_in_bursts": "share",
    "network_burst.rate": "/min",
    "network_burst.duration": "s",
    "network_burst.share_of_electrodes": "share",
    "fir.rate.cv": "ratio",
    "isi.cv": "ratio",
    "isi.lv": "ratio",
    "avalanche.size": "spikes",
    "avalanche.duration": "s",
    "corr.near": "STTC",
    "corr.far": "STTC",
}

#: Pairs of electrodes closer than this (m) are near one another.
NEAR = 0.5e-3


def published_features(
    spike_trains: SpikeTrains, t_start: float, t_stop: float
) -> dict[str, float]:
    """The eleven features of Charlesworth et al. 2015 under their published names.

    Electrodes without a spike do not exist for any of them; medians are over electrodes, of
    values rounded to three decimals where the published ones are. What does not exist is 0.

    Returns
    -------
    dict of float
        burst.rate (per min), burst.dur (s), spikes.in.bursts (percent), CV.IBI,
        burst.fir.rate (Hz): medians over the electrodes that burst (CV.IBI: thrice or more);
        num.n.s (network spikes per min), n.s.peak (electrodes), n.s.dur (s);
        fir.rate (Hz), median; corr, mean STTC over pairs; theta.burst, share of electrodes.
    """
    trains = [train for train in checked_trains(spike_trains, t_start, t_stop) if train.size]
    found = [(train.size, find_bursts(train)) for train in trains]
    bursting = [(n_spikes, bursts) for n_spikes, bursts in found if bursts.first.size]
    duration = t_stop - t_start
    rates = [np.round(b.first.size / duration, 3) * 60 for _, b in bursting]
    durations = [np.round(b.duration.mean(), 3) for _, b in bursting]
    percents = [np.round(100 * b.n_spikes.sum() / n, 3) for n, b in bursting]
    cvs = [np.round(cv(b.ibi), 3) for _, b in bursting]  # NaN below three bursts
    spikes = network_spikes(trains)
    # The published rate is of one network spike if all that were found lie at the ends.
    n_network_spikes = spikes.times.size or min(spikes.n_at_the_ends, 1)
    in_burst_rates = [np.mean(b.n_spikes / b.duration) for _, b in bursting]
    return {
        "burst.rate": _or_zero(np.median, rates),
        "burst.dur": _or_zero(np.median, durations),
        "spikes.in.bursts": _or_zero(np.median, percents),
        "CV.IBI": _or_zero(np.median, [value for value in cvs if value > 0]),
        "num.n.s": float(n_network_spikes / (duration / 60)),
        "n.s.peak": _or_zero(np.median, spikes.peaks),
        "n.s.dur": _or_zero(np.median, spikes.widths),
        "fir.rate": _or_zero(np.median, firing_rates(trains, t_start, t_stop)),
        "burst.fir.rate": _or_zero(np.median, in_burst_rates),
        "corr": mean_sttc(trains, t_start, t_stop),
        "theta.burst": _or_zero(np.mean, [is_theta_bursting(train) for train in trains]),
    }


def features(
    spike_trains: SpikeTrains, t_start: float, t_stop: float, positions: np.ndarray | None = None
) -> dict[str, float]:
    """`published_features`, and beside them what those are silent about.

    Parameters
    ----------
    positions : (n_electrodes, 2) array, optional
        Where the electrodes lie (m), NaN where that is not known; without, nothing is near or far.

    Returns
    -------
    dict of float
        The eleven, then n_electrodes and n_bursting_electrodes (with a spike, with a burst),
        n_spikes, share_of_spikes_in_bursts (0-1, over all electrodes together); of
        `network_bursts`: network_burst.rate (per min), network_burst.duration (mean, s),
        network_burst.share_of_electrodes (mean, 0-1); fir.rate.cv, the coefficient of variation of
        firing rates over active electrodes; isi.cv and isi.lv, medians over the
        electrodes with three spikes or more; of `avalanches`: avalanche.size (mean, spikes) and
        avalanche.duration (mean, s); corr.near and corr.far, mean STTC of the pairs closer than
        `NEAR` and of the others. What does not exist is 0.
    """
    trains = checked_trains(spike_trains, t_start, t_stop)
    places = np.full((len(trains), 2), np.nan) if positions is None else positions
    near, far = _near_and_far(sttc_matrix(trains, t_start, t_stop), places)
    trains = [train for train in trains if train.size]
    n_spikes = sum(train.size for train in trains)
    bursts = [find_bursts(train) for train in trains]
    n_in_bursts = sum(burst.n_spikes.sum() for burst in bursts)
    together = network_bursts(trains)
    intervals = [isi(train) for train in trains if train.size > 2]
    runs = avalanches(trains)
    return published_features(trains, t_start, t_stop) | {
        "n_electrodes": float(len(trains)),
        "n_bursting_electrodes": float(sum(burst.first.size > 0 for burst in bursts)),
        "n_spikes": float(n_spikes),
        "share_of_spikes_in_bursts": float(n_in_bursts / max(n_spikes, 1)),
        "network_burst.rate": float(together.start.size / ((t_stop - t_start) / 60)),
        "network_burst.duration": _or_zero(np.mean, together.stop - together.start),
        "network_burst.share_of_electrodes": _or_zero(np.mean, together.share),
        "fir.rate.cv": _or_zero(cv, np.array([train.size for train in trains])),
        "isi.cv": _or_zero(np.median, [cv(each) for each in intervals]),
        "isi.lv": _or_zero(np.median, [lv(each) for each in intervals]),
        "avalanche.size": _or_zero(np.mean, runs.sizes),
        "avalanche.duration": _or_zero(np.mean, runs.durations),
        "corr.near": near,
        "corr.far": far,
    }


def _near_and_far(matrix: np.ndarray, places: np.ndarray) -> tuple[float, float]:
    """Mean STTC of the pairs of electrodes that are near one another, and of the others."""
    _, mean, n_pairs = sttc_by_distance(matrix, places, NEAR)
    total = np.where(n_pairs > 0, mean, 0) * n_pairs
    near, far = total[:1].sum(), total[1:].sum()
    return float(near / max(n_pairs[:1].sum(), 1)), float(far / max(n_pairs[1:].sum(), 1))


def _or_zero(average, values) -> float:
    """The average (np.mean or np.median); 0 if there are no values or one of them is NaN."""
    return float(np.nan_to_num(average(values))) if len(values) else 0.0
