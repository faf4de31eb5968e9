"""Features of a recording: all statistics of its spike trains in one table.

Contents
--------
`features`              : all features of a recording, which `feature_glossary` describes
`published_features`    : the eleven of Charlesworth et al. (2015) as these were published

`spike_trains`, `t_start`, `t_stop` are as in `spikinggrid.statistics.spike_trains`; spikes outside
the span are left out. A value that does not exist, such as the duration of bursts where there are
none, is NaN; in `published_features` alone it is 0, as in the published table. Both functions
raise ValueError, in one line, for a train that is not sorted or not finite or an empty span.

Definitions of the eleven follow Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015),
"Quantitative differences in developmental profiles of spontaneous activity in cortical and
hippocampal cultures", Neural Development 10:1, and reproduce its published table of features.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from spikinggrid.statistics.correlation import mean_of_pairs, sttc_by_distance, sttc_matrix
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.spike_trains import SpikeTrains, checked_trains
from spikinggrid.statistics.spiking import (
    PUBLISHED_THRESHOLD,
    Bursts,
    NetworkSpikes,
    avalanches,
    cv,
    find_bursts,
    is_theta_bursting,
    isi,
    lv,
    network_bursts,
    network_spike_threshold,
    network_spikes,
)

#: Pairs of electrodes closer than this (m) are near one another.
NEAR = 0.5e-3

#: Where near electrodes are correlated less, a ratio to them means nothing.
LEAST_NEAR = 0.05

#: Intervals (s) of `isi.short`: shorter than those of one neuron, and as they are within bursts;
#: less what keeps rounding out of samples that are exactly so far apart.
SHORT_ISI, BURST_ISI = 2e-3 - 1e-9, 10e-3 - 1e-9


def published_features(
    spike_trains: SpikeTrains, t_start: float, t_stop: float
) -> dict[str, float]:
    """Return the eleven features of Charlesworth et al. (2015) as they were published.

    A network spike takes 11 electrodes, however many there are. What does not exist is 0.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    t_start, t_stop : float
        The span that was recorded (s).

    Returns
    -------
    dict of str to float
        By name, the first eleven of `feature_glossary.FEATURES`.
    """
    trains = _firing(checked_trains(spike_trains, t_start, t_stop))
    values = _eleven(
        trains,
        [find_bursts(train) for train in trains],
        network_spikes(trains, min_electrodes=PUBLISHED_THRESHOLD),
        mean_of_pairs(sttc_matrix(trains, t_start, t_stop)),
        t_stop - t_start,
    )
    return {name: 0.0 if np.isnan(value) else value for name, value in values.items()}


def features(
    spike_trains: SpikeTrains,
    t_start: float,
    t_stop: float,
    positions: np.ndarray | None = None,
    *,
    min_electrodes: int | None = None,
    burst_limits: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Return all features of a recording; `FEATURES` says what each is.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode. Electrodes that never fired matter only to
        `min_electrodes`.
    t_start, t_stop : float
        The span that was recorded (s).
    positions : (n_electrodes, 2) array, optional
        Where the electrodes lie (m), NaN where that is not known; without, nothing is near or far.
    min_electrodes : int, optional
        Fewest electrodes of a network spike; `network_spike_threshold` of the number of
        electrodes unless given.
    burst_limits : mapping of str to float, optional
        Limits of bursts, as `find_bursts` takes them, other than those of Charlesworth et al.

    Returns
    -------
    dict of str to float
        By name, in the order of `FEATURES`; NaN where a value does not exist.
    """
    trains = checked_trains(spike_trains, t_start, t_stop)
    if min_electrodes is None:
        min_electrodes = network_spike_threshold(len(trains))
    matrix = sttc_matrix(trains, t_start, t_stop)
    near, far = _near_and_far(matrix, positions)
    trains = _firing(trains)
    limits = dict(burst_limits or {})
    bursts = [find_bursts(train, **limits) for train in trains]
    together = network_bursts(trains, burst_limits=limits)
    n_spikes = sum(train.size for train in trains)
    n_in_bursts = sum(burst.n_spikes.sum() for burst in bursts)
    isis = [isi(train) for train in trains if train.size > 2]
    in_bursts = np.concatenate([np.empty(0), *map(np.diff, trains)])
    in_bursts = in_bursts[in_bursts < BURST_ISI]
    runs = avalanches(trains)
    duration = t_stop - t_start
    spikes = network_spikes(trains, min_electrodes=min_electrodes)
    values = _eleven(trains, bursts, spikes, mean_of_pairs(matrix), duration) | {
        "n_electrodes": float(len(trains)),
        "n_bursting_electrodes": float(sum(burst.first.size > 0 for burst in bursts)),
        "n_spikes": float(n_spikes),
        "share_of_spikes_in_bursts": float(n_in_bursts / n_spikes) if n_spikes else np.nan,
        "network_burst.rate": float(together.start.size / (duration / 60)),
        "network_burst.duration": _average(np.mean, together.stop - together.start),
        "network_burst.share_of_electrodes": _average(np.mean, together.share),
        "fir.rate.mean": _average(np.mean, [train.size / duration for train in trains]),
        "fir.rate.cv": cv(np.array([train.size for train in trains])),
        "isi.cv": _average(np.median, _existing([cv(intervals) for intervals in isis])),
        "isi.lv": _average(np.median, [lv(intervals) for intervals in isis]),
        "avalanche.size": _average(np.mean, runs.sizes),
        "avalanche.duration": _average(np.mean, runs.durations),
        "corr.near": near,
        "corr.far": far,
        "corr.ratio": far / near if near > LEAST_NEAR else np.nan,
        "network_burst.size.cv": cv(together.n_spikes),
        "isi.short": _average(np.mean, in_bursts < SHORT_ISI),
    }
    return {name: values[name] for name in FEATURES}


def _eleven(
    trains: Sequence[np.ndarray],
    bursts: Sequence[Bursts],
    spikes: NetworkSpikes,
    correlation: float,
    duration: float,
) -> dict[str, float]:
    """Return the published features of trains that fire; NaN where a value does not exist.

    Values of electrodes are rounded to three decimals where the published ones are.
    """
    bursting = [(t.size, b) for t, b in zip(trains, bursts, strict=True) if b.first.size]
    rates = [np.round(b.first.size / duration, 3) * 60 for _, b in bursting]
    durations = [np.round(b.duration.mean(), 3) for _, b in bursting]
    percents = [np.round(100 * b.n_spikes.sum() / n, 3) for n, b in bursting]
    cvs = [np.round(cv(b.ibi), 3) for _, b in bursting]  # NaN below three bursts
    in_burst_rates = [np.mean(b.n_spikes / b.duration) for _, b in bursting]
    # The published rate is of one network spike if all that were found lie at the ends.
    n_network_spikes = spikes.times.size or min(spikes.n_at_the_ends, 1)
    return {
        "burst.rate": _average(np.median, rates),
        "burst.dur": _average(np.median, durations),
        "spikes.in.bursts": _average(np.median, percents),
        "CV.IBI": _average(np.median, [value for value in cvs if value > 0]),
        "num.n.s": float(n_network_spikes / (duration / 60)),
        "n.s.peak": _average(np.median, spikes.peaks),
        "n.s.dur": _average(np.median, spikes.widths),
        "fir.rate": _average(np.median, [train.size / duration for train in trains]),
        "burst.fir.rate": _average(np.median, in_burst_rates),
        "corr": correlation,
        "theta.burst": _average(np.mean, [is_theta_bursting(train) for train in trains]),
    }


def _near_and_far(matrix: np.ndarray, positions: np.ndarray | None) -> tuple[float, float]:
    """Return the mean STTC of the pairs of electrodes that are near one another, and of others."""
    places = np.full((len(matrix), 2), np.nan) if positions is None else positions
    _, mean, n_pairs = sttc_by_distance(matrix, places, NEAR)
    total = np.where(n_pairs > 0, mean, 0) * n_pairs
    near, far = (
        float(total[part].sum() / n_pairs[part].sum()) if n_pairs[part].any() else np.nan
        for part in (slice(1), slice(1, None))
    )
    return near, far


def _firing(trains: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [train for train in trains if train.size]


def _existing(values: Sequence[float]) -> list[float]:
    return [value for value in values if not np.isnan(value)]


def _average(average: Callable[..., Any], values: Sequence[float] | np.ndarray) -> float:
    """Return the average (np.mean or np.median); NaN if there are no values."""
    return float(average(values)) if len(values) else np.nan
