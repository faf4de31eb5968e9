"""Spike trains, and the checks that they are it.

Throughout the statistics a `spike_train` is a sorted (n_spikes,) array of times in s,
`spike_trains` a sequence with one for each electrode; `t_start`, `t_stop` span the recording
in s. The checks raise ValueError, in one line that says what was found.
"""

from collections.abc import Sequence

import numpy as np

SpikeTrains = Sequence[np.ndarray]


def checked_trains(spike_trains: SpikeTrains, t_start: float, t_stop: float) -> list[np.ndarray]:
    """Return the trains as checked float arrays, without the spikes outside the span.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    t_start, t_stop : float
        The span (s), both ends included.

    Raises
    ------
    ValueError
        As `checked_train` and `check_span`.
    """
    check_span("t_start, t_stop", t_start, t_stop)
    trains = [checked_train(train) for train in spike_trains]
    return [train[(train >= t_start) & (train <= t_stop)] for train in trains]


def checked_train(spike_train: np.ndarray) -> np.ndarray:
    """Return the train as a float array.

    Raises
    ------
    ValueError
        If it is not one-dimensional, not finite or not sorted.
    """
    train = np.asarray(spike_train, dtype=float)
    if train.ndim != 1:
        raise ValueError(f"a spike train must be a 1-D array of times, got shape {train.shape}")
    if not np.isfinite(train).all():
        raise ValueError("a spike train must hold finite times in s, got NaN or infinity")
    backward = np.flatnonzero(train[1:] < train[:-1])
    if backward.size:
        before, after = train[backward[0]], train[backward[0] + 1]
        raise ValueError(f"a spike train must be sorted, got {before} s before {after} s")
    return train


def check_span(name: str, start: float, stop: float) -> None:
    """Raise ValueError unless `start` and `stop` (s) are finite and rise."""
    if not (np.isfinite(start) and np.isfinite(stop) and start < stop):
        raise ValueError(f"{name} must be finite and rise, got {start} s to {stop} s")


def check_positive(name: str, value: float) -> None:
    """Raise ValueError unless `value` is finite and above 0."""
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be positive, got {value}")
