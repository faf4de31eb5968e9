"""The spikes of a recording for the player of a page: a few bytes each.

The times of each electrode are whole ticks from the start of the recording. What is written are the
differences from one spike to the next, as numbers of 7 bits a byte, the lowest first; all bytes but
the last of a number have their highest bit set.
"""

import base64
from typing import Any

import numpy as np

from spikinggrid.recordings import Recording

#: Length of a tick (s): finer than one sees, coarser than samples, which would take more room.
TICK = 1e-4

#: The player shows so many spikes and pulses, from the start on: pages should stay small.
MOST_SPIKES, MOST_PULSES = 600_000, 20_000

#: Bits of a number in each byte.
BITS = 7


def content(recording: Recording) -> dict[str, Any]:
    """Return what the player needs, ready for JSON.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    dict
        `tick`, `start`, `duration` (s) and `whole` (s), the length of all of the recording; `x`
        and `y` (um), both empty where positions are unknown; `names`; `counts`, the spikes of each
        electrode, and `spikes`, their times as text; `pulses`, ticks and electrodes of stimuli.
    """
    duration = _shown_duration(recording)
    t_stop = recording.t_start + duration
    trains = [train[train <= t_stop] for train in recording.spike_trains]
    differences = [np.diff(_ticks(train, recording.t_start), prepend=0) for train in trains]
    shown = np.flatnonzero(recording.stimulus_times <= t_stop)[:MOST_PULSES]
    places = recording.positions if recording.has_positions else np.empty((0, 2))
    x, y = (np.round(1e6 * column, 1).tolist() for column in places.T)
    return {
        "tick": TICK,
        "start": recording.t_start,
        "duration": duration,
        "whole": recording.duration,
        "names": list(recording.electrode_names),
        "x": x,
        "y": y,
        "counts": [train.size for train in trains],
        "spikes": base64.b64encode(packed(np.concatenate([[], *differences]))).decode(),
        "pulses": [
            _ticks(recording.stimulus_times[shown], recording.t_start).tolist(),
            recording.stimulus_electrodes[shown].tolist(),
        ],
    }


def packed(numbers: np.ndarray) -> bytes:
    """Return whole numbers, none negative, in 7 bits a byte, the lowest first.

    Examples
    --------
    >>> packed(np.array([5, 127, 128, 300])).hex(" ")
    '05 7f 80 01 ac 02'
    """
    numbers = np.asarray(numbers, np.int64)
    largest = int(numbers.max(initial=0))
    places = np.arange(max(1, -(-largest.bit_length() // BITS)))
    pieces = numbers[:, None] >> (BITS * places)
    has_more = pieces >> BITS > 0
    is_written = (pieces > 0) | (places == 0)
    pieces = (pieces & (2**BITS - 1)) | (has_more << BITS)
    return pieces[is_written].astype(np.uint8).tobytes()


def _ticks(times: np.ndarray, t_start: float) -> np.ndarray:
    return np.rint((times - t_start) / TICK).astype(np.int64)


def _shown_duration(recording: Recording) -> float:
    """Return how long it is until there are more spikes than are shown (s)."""
    if recording.n_spikes <= MOST_SPIKES:
        return recording.duration
    times = np.partition(recording.events()[0], MOST_SPIKES)
    return float(times[MOST_SPIKES] - recording.t_start)
