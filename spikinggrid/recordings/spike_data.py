"""What a recording holds, and the checks that it adds up.

`SpikeData` is what the readers in `spikinggrid.recordings.formats` return and what the writers
take; `spikinggrid.recordings.recording.Recording` adds what one does with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from spikinggrid.recordings.history import History
from spikinggrid.utils.errors import InputError

#: Times farther from 0 (s) are of no clock, and floats are coarser than samples there.
LATEST = 1e12

#: Stands for the electrode of a stimulus where the file does not say which it is.
UNKNOWN_ELECTRODE = -1


@dataclass(frozen=True, eq=False, repr=False)
class SpikeData:
    """Spike trains of one dish, its electrodes, its stimuli and its provenance.

    Attributes
    ----------
    spike_trains : sequence of (n_spikes,) ndarray
        Sorted spike times (s) of each electrode, in float64; electrodes that never fired
        are included where they are known.
    electrode_names : sequence of str
        One name for each electrode.
    x, y : (n_electrodes,) ndarray
        Positions (m), y downwards; NaN where unknown.
    t_start, t_stop : float
        The span that was recorded (s).
    n_sites : int
        Electrodes of the array, those included that are missing here because they never fired;
        `n_electrodes` unless given.
    stimulus_times, stimulus_electrodes, stimulus_amplitudes : (n_pulses,) ndarray
        Time (s), electrode (index into `electrode_names`, or `UNKNOWN_ELECTRODE`) and amplitude
        (relative to the nominal pulse) of each pulse.
    parameters : str
        The resolved parameter file as TOML; "" for real data.
    seed : int or None
        Seed of the simulation; None for real data.
    versions : dict of str to str
        Program and version, of all that made the recording; empty for real data.
    source : str
        File or description where the recording comes from.
    history : History or None
        What a simulated culture had gone through before; None where its parameters say it: the
        warm-up, and then their protocol.
    well : str
        Which well of a plate the dish is; "" if it is none.
    notes : sequence of str
        What was assumed when a file was read, and what looks wrong in it; one line each.

    Raises
    ------
    InputError
        If lengths disagree, the span is empty, or spikes or pulses are not finite, not
        sorted (spikes) or outside the span.
    """

    spike_trains: Sequence[np.ndarray]
    electrode_names: Sequence[str]
    x: np.ndarray
    y: np.ndarray
    t_start: float
    t_stop: float
    n_sites: int = 0
    stimulus_times: np.ndarray = field(default_factory=lambda: np.empty(0))
    stimulus_electrodes: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    stimulus_amplitudes: np.ndarray = field(default_factory=lambda: np.empty(0))
    parameters: str = ""
    seed: int | None = None
    versions: dict[str, str] = field(default_factory=dict)
    source: str = ""
    history: History | None = None
    well: str = ""
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        trains = tuple(np.asarray(train, np.float64) for train in self.spike_trains)
        object.__setattr__(self, "spike_trains", trains)
        object.__setattr__(self, "electrode_names", tuple(map(str, self.electrode_names)))
        object.__setattr__(self, "stimulus_electrodes", np.asarray(self.stimulus_electrodes, int))
        for name in ("x", "y", "stimulus_times", "stimulus_amplitudes"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        for name in ("t_start", "t_stop"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "n_sites", max(int(self.n_sites), len(trains)))
        object.__setattr__(self, "notes", tuple(self.notes))
        self._check_electrodes()
        self._check_spikes()
        self._check_stimuli()

    @property
    def n_electrodes(self) -> int:
        """Number of electrodes, silent ones included where they are known."""
        return len(self.spike_trains)

    @property
    def duration(self) -> float:
        """Length of the recorded span (s)."""
        return self.t_stop - self.t_start

    @property
    def n_spikes(self) -> int:
        """Number of spikes on all electrodes together."""
        return sum(train.size for train in self.spike_trains)

    @property
    def positions(self) -> np.ndarray:
        """Position of each electrode (m), shape (n_electrodes, 2); NaN where unknown."""
        return np.column_stack([self.x, self.y])

    @property
    def has_positions(self) -> bool:
        """Whether it is known where each electrode lies."""
        return bool(np.isfinite(self.positions).all())

    def stimulated_name(self, electrode: int) -> str:
        """Return the name of an electrode that was stimulated; "?" where it is not known."""
        return "?" if electrode == UNKNOWN_ELECTRODE else self.electrode_names[electrode]

    def events(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the time (s) and the electrode of every spike, electrode after electrode.

        Returns
        -------
        times : (n_spikes,) ndarray
        electrodes : (n_spikes,) int ndarray
            Indices into `electrode_names`.
        """
        sizes = [train.size for train in self.spike_trains]
        electrodes = np.repeat(np.arange(self.n_electrodes), sizes)
        return np.concatenate((np.empty(0), *self.spike_trains)), electrodes

    def _check_electrodes(self) -> None:
        expected = (self.n_electrodes,)
        if len(self.electrode_names) != self.n_electrodes:
            raise InputError(
                f"{self.n_electrodes} spike trains need as many electrode names, "
                f"found {len(self.electrode_names)}"
            )
        if self.x.shape != expected or self.y.shape != expected:
            raise InputError(
                f"{self.n_electrodes} spike trains need as many positions, "
                f"found x of shape {self.x.shape}, y of shape {self.y.shape}"
            )

    def _check_spikes(self) -> None:
        if not (np.isfinite([self.t_start, self.t_stop]).all() and self.t_stop > self.t_start):
            raise InputError(
                f"a recording must end after it starts, found {self.t_start} s to {self.t_stop} s"
            )
        if max(abs(self.t_start), abs(self.t_stop)) > LATEST:
            raise InputError(
                f"a recording from {self.t_start:g} s to {self.t_stop:g} s: right would be times"
                f" within {LATEST:g} s of 0"
            )
        for name, train in zip(self.electrode_names, self.spike_trains, strict=True):
            if train.ndim != 1:
                raise InputError(f"electrode {name!r}: a spike train has one dimension")
            if not np.isfinite(train).all():
                raise InputError(f"electrode {name!r}: a spike time is NaN or infinite")
            if np.any(train[1:] < train[:-1]):
                raise InputError(f"electrode {name!r}: spike times are not sorted")
            self._check_span(f"electrode {name!r}: a spike", train)

    def _check_stimuli(self) -> None:
        times, electrodes = self.stimulus_times, self.stimulus_electrodes
        if times.ndim != 1 or not times.shape == electrodes.shape == self.stimulus_amplitudes.shape:
            raise InputError(
                "stimuli need as many times as electrodes and amplitudes, found "
                f"{times.size}, {electrodes.size} and {self.stimulus_amplitudes.size}"
            )
        if not np.isfinite([times, self.stimulus_amplitudes]).all():
            raise InputError("the time or amplitude of a stimulus is NaN or infinite")
        known = electrodes[electrodes != UNKNOWN_ELECTRODE]
        wrong = known[(known < 0) | (known >= self.n_electrodes)]
        if wrong.size:
            raise InputError(
                f"a stimulus is on electrode {wrong[0]}, the recording has {self.n_electrodes}"
            )
        self._check_span("a stimulus", times)

    def _check_span(self, what: str, times: np.ndarray) -> None:
        outside = times[(times < self.t_start) | (times > self.t_stop)]
        if outside.size:
            raise InputError(
                f"{what} at {outside[0]} s lies outside the recording, "
                f"{self.t_start} s to {self.t_stop} s"
            )


def within_rounding(
    trains: Sequence[np.ndarray], t_start: float, t_stop: float, tolerance: float
) -> tuple[list[np.ndarray], list[str]]:
    """Put spikes that rounding alone moved out of the span on its border.

    Parameters
    ----------
    trains : sequence of (n_spikes,) ndarray
        Spike times (s) of each electrode.
    t_start, t_stop : float
        The span (s).
    tolerance : float
        How far rounding may have moved a time (s).

    Returns
    -------
    trains : list of (n_spikes,) ndarray
        Spikes that lie farther outside are left where they are.
    notes : list of str
        How many were moved, if any.
    """
    moved = []
    n_moved = 0
    for train in trains:
        nearest = np.clip(train, t_start, t_stop)
        rounded = (train != nearest) & (np.abs(train - nearest) <= tolerance)
        moved.append(np.where(rounded, nearest, train))
        n_moved += int(rounded.sum())
    notes = [f"{n_moved:,} spikes lay outside the span by rounding alone and are put on its border"]
    return moved, notes if n_moved else []
