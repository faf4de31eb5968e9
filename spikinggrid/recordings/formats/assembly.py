"""Recordings put together from what readers find in files.

trains_by_electrode    spikes in any order -> spike trains
rate                   the sampling rate, of the file or told by the user
assembled              spike trains, positions and pulses -> `SpikeData`
plain_text             text as vendors leave it in HDF5
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from spikinggrid.recordings.formats.content import Options
from spikinggrid.recordings.formats.spans import span
from spikinggrid.recordings.spike_data import UNKNOWN_ELECTRODE, SpikeData, within_rounding
from spikinggrid.utils.errors import InputError

#: Two sampling rates that differ by a smaller share are the same.
SAME_RATE = 1e-6


def trains_by_electrode(times: np.ndarray, electrodes: np.ndarray) -> dict[int, np.ndarray]:
    """Return the sorted spike times of each electrode that fired.

    Parameters
    ----------
    times, electrodes : (n_spikes,) ndarray
        Time and number of the electrode of each spike, in any order.

    Raises
    ------
    InputError
        If there are not as many electrodes as times.
    """
    times, electrodes = np.ravel(times), np.ravel(electrodes)
    if times.size != electrodes.size:
        raise InputError(f"has {times.size:,} spike times, but {electrodes.size:,} electrodes")
    order = np.lexsort((times, electrodes))
    numbers, starts = np.unique(electrodes[order], return_index=True)
    trains = np.split(times[order], starts[1:]) if times.size else []
    return dict(zip(numbers.tolist(), trains, strict=True))


def rate(said: float | None, options: Options, what: str) -> float:
    """Return the sampling rate of a file (Hz).

    Parameters
    ----------
    said : float or None
        What the file says.
    options : Options
        Where the user may have told it.
    what : str
        Where the format has it, for messages.

    Raises
    ------
    InputError
        If nobody says it, or file and user disagree.
    """
    told = options.sampling_rate
    if said is None and told is None:
        raise InputError(
            f"has times in samples, but lacks the sampling rate ({what}): say it by"
            ' --sampling-rate, such as "20 kHz"'
        )
    if said is None:
        return float(told or 0)
    if not np.isfinite(said) or said <= 0:
        raise InputError(f"{what} is {said:g} Hz; right would be more than 0 Hz")
    if told is not None and abs(told - said) > SAME_RATE * said:
        raise InputError(f"--sampling-rate: found {told:g} Hz, but {what} is {said:g} Hz")
    return float(said)


def assembled(
    source: str,
    trains: Mapping[str, np.ndarray],
    *,
    t_start: float | None = None,
    t_stop: float | None = None,
    rounding: float = 0.0,
    positions: Mapping[str, Sequence[float]] | None = None,
    pulses: Mapping[str, np.ndarray] | None = None,
    n_sites: int = 0,
    well: str = "",
    notes: Iterable[str] = (),
) -> SpikeData:
    """Put a recording together.

    Parameters
    ----------
    source : str
        File or description where it comes from.
    trains : mapping of str to (n_spikes,) ndarray
        Spike times (s) by name of the electrode, in any order.
    t_start, t_stop : float, optional
        The span (s), where the file says it; see `spans` for what is assumed otherwise.
    rounding : float
        How far rounding may have moved a time (s).
    positions : mapping of str to (x, y), optional
        Where electrodes lie (m), y downwards.
    pulses : mapping of str to (n_pulses,) ndarray, optional
        Times of stimuli (s) by name of the electrode, "" where that is not known.
    n_sites : int
        Electrodes of the array.
    well : str
        Of a plate.
    notes : iterable of str
        What else was assumed.

    Raises
    ------
    InputError
        If there is neither a spike nor a span, or something does not add up.
    """
    names = list(trains)
    pulses = {name: np.asarray(times, float) for name, times in (pulses or {}).items()}
    sorted_trains = [np.sort(np.asarray(trains[name], float)) for name in names]
    events = [times for times in (*sorted_trains, *pulses.values()) if times.size]
    if not events and (t_start is None or t_stop is None):
        raise InputError("holds no spikes, and does not say how long was recorded")
    first = min((times.min() for times in events), default=0.0)
    last = max((times.max() for times in events), default=0.0)
    t_start, t_stop, assumed = span(float(first), float(last), t_start, t_stop)
    inside, moved = within_rounding(sorted_trains, t_start, t_stop, rounding)
    row = {name: number for number, name in enumerate(names)} | {"": UNKNOWN_ELECTRODE}
    places = [(positions or {}).get(name, (np.nan, np.nan)) for name in names]
    x, y = np.array(places, float).reshape(-1, 2).T
    stimulus_times = np.concatenate([np.empty(0), *pulses.values()])
    stimulated = [row[name] for name, times in pulses.items() for _ in times]
    order = np.argsort(stimulus_times, kind="stable")
    return SpikeData(
        spike_trains=inside,
        electrode_names=names,
        x=x,
        y=y,
        t_start=t_start,
        t_stop=t_stop,
        n_sites=n_sites,
        stimulus_times=stimulus_times[order],
        stimulus_electrodes=np.array(stimulated, int)[order],
        stimulus_amplitudes=np.ones(order.size),
        source=source,
        well=well,
        notes=[*notes, *assumed, *moved],
    )


def plain_text(value: object) -> str:
    """Return text, also from bytes or an array of one, without padding and line ends around it.

    Examples
    --------
    >>> plain_text(b"E8      ")
    'E8'
    """
    value = np.ravel(value)[0] if isinstance(value, np.ndarray) else value
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.strip(" \t\r\n\0")
