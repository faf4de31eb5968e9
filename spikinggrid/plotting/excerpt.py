"""What is drawn of a recording: some of its electrodes, and a stretch of time.

Excerpt             electrodes by row, and a stretch
busiest             the stretch with the most spikes
beginnings          recordings from their start, all as long
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spikinggrid.mea.array import Electrodes
from spikinggrid.parameters.units import to_si
from spikinggrid.plotting.style import Span, Time, many, time_text
from spikinggrid.recordings import Recording
from spikinggrid.utils.errors import InputError, shortened


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Some electrodes of a recording, and a stretch of time.

    Attributes
    ----------
    recording : Recording
    electrodes : ndarray of int, shape (n_rows,)
        Indices in the order of rows: row by row on the array from the top left, those without
        a position last.
    span : (float, float)
        Begin and end (s).
    name : str
        What the recording is called in messages.
    """

    recording: Recording
    electrodes: np.ndarray
    span: Span
    name: str

    @classmethod
    def of(
        cls,
        recording: Recording,
        t_start: Time = None,
        t_stop: Time = None,
        electrodes: Electrodes | None = None,
        name: str = "",
    ) -> "Excerpt":
        """Return what is asked for, by default everything.

        Parameters
        ----------
        recording : Recording
        t_start, t_stop : float, str or quantity, optional
            The stretch (s, or with a unit).
        electrodes : str, int or sequence of them, optional
            Names of electrodes, or their indices.
        name : str
            What the recording is called in messages; its source unless given.

        Raises
        ------
        InputError
            If the stretch is empty or not within the recording, or there is no such electrode.
        """
        name = name or recording.source
        order = np.lexsort((recording.x, recording.y))
        try:
            if electrodes is not None:
                order = order[np.isin(order, _indices(recording, electrodes))]
            return cls(recording, order, _stretch(recording, t_start, t_stop), name)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None

    @property
    def trains(self) -> list[np.ndarray]:
        """The spikes of each row in the stretch (s), its ends included."""
        trains = self.recording.spike_trains
        return [within(trains[electrode], self.span) for electrode in self.electrodes]

    @property
    def x(self) -> np.ndarray:
        """Position of each row's electrode (m), NaN where unknown."""
        return self.recording.x[self.electrodes]

    @property
    def y(self) -> np.ndarray:
        """Position of each row's electrode (m), downwards, NaN where unknown."""
        return self.recording.y[self.electrodes]

    @property
    def names(self) -> list[str]:
        """Name of each row's electrode."""
        return [self.recording.electrode_names[electrode] for electrode in self.electrodes]

    @property
    def pulses(self) -> np.ndarray:
        """Times of all pulses in the stretch (s), on whatever electrodes."""
        return within(self.recording.stimulus_times, self.span)

    @property
    def duration(self) -> float:
        """Length of the stretch (s)."""
        return self.span[1] - self.span[0]

    def cut(self) -> Recording:
        """Return a recording of these electrodes and this stretch alone, without stimuli."""
        electrodes = np.sort(self.electrodes)
        trains = [within(self.recording.spike_trains[k], self.span) for k in electrodes]
        return replace(
            self.recording,
            spike_trains=trains,
            electrode_names=[self.recording.electrode_names[k] for k in electrodes],
            x=self.recording.x[electrodes],
            y=self.recording.y[electrodes],
            t_start=self.span[0],
            t_stop=self.span[1],
            stimulus_times=np.empty(0),
            stimulus_electrodes=np.empty(0, int),
            stimulus_amplitudes=np.empty(0),
        )

    def features(self) -> dict[str, float]:
        """Return the features of the stretch, of all electrodes."""
        return self.recording.features(*self.span)

    def spikes_text(self) -> str:
        """Return how many spikes, electrodes and pulses are shown, and of which stretch."""
        n_spikes = sum(train.size for train in self.trains)
        pulses = f", {many(self.pulses.size, 'pulse')}" if self.pulses.size else ""
        spikes = many(n_spikes, "spike")
        return f"{spikes} on {self.electrodes_text()}{pulses}, {self.stretch_text()}"

    def electrodes_text(self) -> str:
        """Return how many electrodes are shown, and how many of them never fire at all."""
        n_rows, n_electrodes = len(self.electrodes), self.recording.n_electrodes
        n_silent = sum(not self.recording.spike_trains[k].size for k in self.electrodes)
        shown = many(n_rows, "electrode")
        if n_rows < n_electrodes:
            shown = f"{n_rows:,} of {many(n_electrodes, 'electrode')}"
        return shown + (f" ({n_silent:,} silent)" if n_silent else "")

    def stretch_text(self, which: str = "") -> str:
        """Return how long the stretch is; `which` may say which, as in "the busiest "."""
        if np.isclose(self.duration, self.recording.duration):
            return f"all {time_text(self.duration)}"
        return f"{which}{time_text(self.duration)} of {time_text(self.recording.duration)}"


def busiest(recording: Recording, length: float) -> Span:
    """Return the stretch with the most spikes of those that begin a whole second after the start.

    Parameters
    ----------
    recording : Recording
    length : float
        Of the stretch (s); the whole recording if that is shorter.
    """
    if recording.duration <= length:
        return recording.t_start, recording.t_stop
    starts = np.arange(recording.t_start, recording.t_stop - length, 1.0)
    times = np.sort(np.concatenate([[], *recording.spike_trains]))
    n_spikes = np.searchsorted(times, starts + length) - np.searchsorted(times, starts)
    start = float(starts[n_spikes.argmax()])
    return start, start + length


def beginnings(
    recordings: Mapping[str, Recording],
    length: float,
    electrodes: Electrodes | None = None,
) -> dict[str, Excerpt]:
    """Return the beginning of each recording.

    Parameters
    ----------
    recordings : mapping of str to Recording
        By name.
    length : float
        Of the stretch (s); less if one of the recordings is shorter.
    electrodes : str, int or sequence of them, optional
        Names of electrodes, or their indices; all by default.

    Raises
    ------
    InputError
        If there is no such electrode.
    """
    length = min([length, *(recording.duration for recording in recordings.values())])
    return {
        name: Excerpt.of(
            recording, None, min(recording.t_start + length, recording.t_stop), electrodes
        )
        for name, recording in recordings.items()
    }


def within(times: np.ndarray, span: Span) -> np.ndarray:
    """Return the times in a stretch, its ends included.

    Parameters
    ----------
    times : ndarray
        Any times (s).
    span : (float, float)
        Begin and end (s).
    """
    return times[(times >= span[0]) & (times <= span[1])]


def _stretch(recording: Recording, t_start: Time, t_stop: Time) -> Span:
    start = recording.t_start if t_start is None else to_si(t_start, "s", "t_start")
    stop = recording.t_stop if t_stop is None else to_si(t_stop, "s", "t_stop")
    if not recording.t_start <= start < stop <= recording.t_stop:
        raise InputError(
            f"t_start, t_stop: found {start:g} s to {stop:g} s; right would"
            f" be a stretch within {recording.t_start:g} s to {recording.t_stop:g} s"
        )
    return start, stop


def _indices(recording: Recording, electrodes: Electrodes) -> list[int]:
    """Return the indices of electrodes given by name or index."""
    indices: list[int] = []
    if isinstance(electrodes, str | int | np.integer):
        electrodes = [electrodes]
    for electrode in electrodes:
        matches = []
        if isinstance(electrode, str):
            matches = [k for k, name in enumerate(recording.electrode_names) if name == electrode]
        elif isinstance(electrode, int | np.integer) and 0 <= electrode < recording.n_electrodes:
            matches = [int(electrode)]
        if not matches:
            unknown = shortened(str(electrode))
            raise InputError(f"electrodes: there is no {unknown}; {_known(recording, electrode)}")
        indices += matches
    if not indices:
        raise InputError(f"electrodes: none given; {_known(recording, '')}")
    return indices


def _known(recording: Recording, electrode: str | int) -> str:
    """Return what would be right instead of an electrode that does not exist."""
    names = recording.electrode_names
    if isinstance(electrode, str) and (near := difflib.get_close_matches(electrode, names, n=1)):
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}"
