"""Pulse trains on electrodes that are known by their numbers.

    Stimulus           pulses in order of time: what a simulator takes
    pulses             single pulses on some electrodes, together
    poisson            independent trains of a mean rate
    poisson_intervals  trains with intervals of a Poisson-distributed number of steps
    regular            trains of a rate, each electrode with its own random phase
    latency            one pulse on each electrode, the earlier the stronger its input
    pattern            pulses on all electrodes together, weaker inputs in fewer of them
    burst              a pulse at every time step
    tetanus            a train of a rate, all electrodes together

Times are in s. `spikinggrid.mea.stimuli` makes stimuli as parameter files and notebooks ask for
them: electrodes by name, times with units, repeats.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils.errors import InputError

Numbers = Sequence[int] | np.ndarray

#: Times this close (in steps) are the same: they were rounded.
TIE = 1e-9

#: What a few operations take from a number, as a share of it.
ROUNDING = 4 * np.finfo(float).eps


@dataclass(frozen=True, eq=False, repr=False)
class Stimulus:
    """Pulses in order of time.

    Pulses that are given in another order are put in order.

    Attributes
    ----------
    times : ndarray, shape (n_pulses,)
        When, in s; of a run or recording, from its start.
    electrodes : ndarray of int, shape (n_pulses,)
        On which electrode.
    amplitudes : ndarray, shape (n_pulses,)
        How strong, relative to a nominal pulse (`synapses.input` says what that does).
    """

    times: np.ndarray
    electrodes: np.ndarray
    amplitudes: np.ndarray

    def __post_init__(self) -> None:
        values = {
            "times": np.asarray(self.times, np.float64),
            "electrodes": np.asarray(self.electrodes, np.int64),
            "amplitudes": np.asarray(self.amplitudes, np.float64),
        }
        shapes = [array.shape for array in values.values()]
        if len(shapes[0]) != 1 or len(set(shapes)) > 1:
            raise InputError(
                f"stimulus: found times, electrodes and amplitudes of shapes {shapes}; right would"
                " be one of each for every pulse"
            )
        times = values["times"]
        if not (times[1:] >= times[:-1]).all():
            order = np.argsort(times, kind="stable")
            values = {name: array[order] for name, array in values.items()}
        for name, array in values.items():
            object.__setattr__(self, name, array)

    @classmethod
    def of(cls, times: ArrayLike, electrodes: ArrayLike, amplitudes: ArrayLike = 1.0) -> "Stimulus":
        """Return a stimulus of arrays or numbers that broadcast against each other.

        Parameters
        ----------
        times : array-like
            s, in any order.
        electrodes : array-like of int
        amplitudes : array-like
        """
        times, electrodes, amplitudes = np.broadcast_arrays(times, electrodes, amplitudes)
        order = np.lexsort((electrodes.ravel(), times.ravel()))
        return cls(times.ravel()[order], electrodes.ravel()[order], amplitudes.ravel()[order])

    @classmethod
    def none(cls) -> "Stimulus":
        """Return a stimulus without any pulse."""
        return cls(np.empty(0), np.empty(0, np.int64), np.empty(0))

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        n_electrodes = len(np.unique(self.electrodes))
        return f"<Stimulus: {len(self):,} pulses on {n_electrodes:,} electrodes>"

    def __getitem__(self, which: np.ndarray) -> "Stimulus":
        """Return some of the pulses, in order."""
        return Stimulus(self.times[which], self.electrodes[which], self.amplitudes[which])

    @classmethod
    def joined(cls, stimuli: Sequence["Stimulus"]) -> "Stimulus":
        """Return one stimulus of several that follow one another."""
        parts = [cls.none(), *stimuli]
        return cls(
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.electrodes for part in parts]),
            np.concatenate([part.amplitudes for part in parts]),
        )

    def equals(self, other: "Stimulus") -> bool:
        """Whether two stimuli are the same pulses."""
        return (
            np.array_equal(self.times, other.times)
            and np.array_equal(self.electrodes, other.electrodes)
            and np.array_equal(self.amplitudes, other.amplitudes)
        )

    def shifted(self, by: float) -> "Stimulus":
        """Return the same pulses at times that are `by` s later."""
        return Stimulus(self.times + by, self.electrodes, self.amplitudes)

    def __add__(self, other: "Stimulus") -> "Stimulus":
        if not (len(self) and len(other)):
            return self if len(self) else other
        return Stimulus.of(
            np.concatenate([self.times, other.times]),
            np.concatenate([self.electrodes, other.electrodes]),
            np.concatenate([self.amplitudes, other.amplitudes]),
        )


def whole_steps(steps: np.ndarray | float) -> np.ndarray:
    """Round times in steps down to whole ones, but for what rounding has taken from them."""
    rounding = np.maximum(TIE, ROUNDING * np.abs(steps))
    return np.floor(steps + rounding).astype(np.int64)


def on_steps(times: np.ndarray, dt: float) -> np.ndarray:
    """Return times (s) with those that rounding has moved away from a step put back onto it."""
    nearest = np.rint(times / dt) * dt
    return np.where(np.abs(times - nearest) < TIE * dt, nearest, times)


def pulses(electrodes: Numbers, times: ArrayLike, amplitude: float = 1.0) -> Stimulus:
    """Return a pulse on each electrode at each time in s."""
    return Stimulus.of(np.asarray(times, float)[:, None], np.asarray(electrodes), amplitude)


def burst(
    electrodes: Numbers, start: float, duration: float, dt: float, amplitude: float = 1.0
) -> Stimulus:
    """Return a pulse on each electrode at every step of length `dt`, for `duration` seconds.

    The test stimulus of Lagani et al. (2021), for 10 ms.
    """
    return pulses(electrodes, start + np.arange(_n_steps(duration, dt)) * dt, amplitude)


def tetanus(
    electrodes: Numbers, rate: float, start: float, duration: float, amplitude: float = 1.0
) -> Stimulus:
    """Return pulses on all electrodes together, `rate` times a second for `duration` seconds.

    Ruaro et al. (2005) gave 100 pulses at 250 Hz, 40 times.
    """
    return pulses(electrodes, start + np.arange(round(duration * rate)) / rate, amplitude)


def poisson(
    electrodes: Numbers,
    rate: float | np.ndarray,
    start: float,
    duration: float,
    dt: float,
    generator: np.random.Generator,
    amplitude: float = 1.0,
) -> Stimulus:
    """Return trains in which each step of length `dt` holds a pulse with chance `rate * dt`.

    Parameters
    ----------
    electrodes : sequence or ndarray of int
    rate : float or ndarray, shape (n_electrodes,)
        Pulses per second on each electrode, Hz.
    start, duration, dt : float
        s
    generator : numpy.random.Generator
    amplitude : float

    Raises
    ------
    InputError
        If the rate asks for more than one pulse a step.
    """
    check_rate(rate, dt)
    shape = _n_steps(duration, dt), len(electrodes)
    drawn = generator.random(shape) < np.asarray(rate) * dt
    step, column = np.nonzero(drawn)
    return Stimulus.of(start + step * dt, np.asarray(electrodes)[column], amplitude)


def poisson_intervals(
    electrodes: Numbers,
    rate: float | np.ndarray,
    start: float,
    duration: float,
    dt: float,
    generator: np.random.Generator,
    amplitude: float = 1.0,
) -> Stimulus:
    """Return trains whose intervals are a Poisson-distributed number of steps, of at least one.

    Parameters as for `poisson`. The input of Lagani et al. (2021) is of this kind: at 200 Hz and
    steps of 1 ms, intervals vary half as much as those of a Poisson process.
    """
    check_rate(rate, dt)
    n_steps, rates = _n_steps(duration, dt), np.broadcast_to(rate, len(electrodes))
    fires = rates > 0
    mean = 1 / (rates[fires] * dt)
    intervals = generator.poisson(np.broadcast_to(mean, (n_steps, len(mean))))
    step = np.cumsum(np.maximum(intervals, 1), axis=0) - 1
    row, column = np.nonzero(step < n_steps)
    times = start + step[row, column] * dt
    return Stimulus.of(times, np.asarray(electrodes)[fires][column], amplitude)


def regular(
    electrodes: Numbers,
    rate: float | np.ndarray,
    start: float,
    duration: float,
    dt: float,
    generator: np.random.Generator,
    amplitude: float = 1.0,
) -> Stimulus:
    """Return trains of evenly spaced pulses; each electrode starts at a phase of its own.

    Parameters as for `poisson`. Electrical pulses can be timed exactly, so that a train
    carries its rate without the noise of a Poisson train.
    """
    check_rate(rate, dt)
    n_steps, a_step = _n_steps(duration, dt), np.broadcast_to(rate, len(electrodes)) * dt
    phase = generator.random(len(electrodes))
    n_pulses = np.floor(phase + n_steps * a_step).astype(int)
    column = np.repeat(np.arange(len(electrodes)), n_pulses)
    number = np.arange(len(column)) - (np.cumsum(n_pulses) - n_pulses)[column] + 1
    step = np.ceil((number - phase[column]) / a_step[column]) - 1  # when phase + time * rate is so
    step = np.clip(step, 0, n_steps - 1)
    return Stimulus.of(start + step * dt, np.asarray(electrodes)[column], amplitude)


def latency(
    electrodes: Numbers,
    intensity: np.ndarray,
    start: float,
    duration: float,
    dt: float,
    amplitude: float = 1.0,
) -> Stimulus:
    """Return one pulse on each electrode, the earlier the higher the intensity there.

    Parameters
    ----------
    electrodes : sequence or ndarray of int
    intensity : ndarray, shape (n_electrodes,)
        At 1 the pulse comes at the start, towards 0 at the end, at 0 there is none.
    start, duration, dt : float
        s
    amplitude : float
    """
    intensity = np.asarray(intensity, float)
    shown = intensity > 0
    step = np.floor((1 - intensity[shown]) * duration / dt + 1e-9)
    step = np.minimum(step, _n_steps(duration, dt) - 1)
    return Stimulus.of(start + step * dt, np.asarray(electrodes)[shown], amplitude)


def pattern(
    electrodes: Numbers,
    intensity: np.ndarray,
    rate: float | None,
    start: float,
    duration: float,
    amplitude: float = 1.0,
) -> Stimulus:
    """Return pulses on all electrodes together, the first at the start.

    Each electrode takes part in a share of them that is its intensity, evenly spaced; in a single
    pulse, and the first of several, from 1/2 on.

    Parameters
    ----------
    electrodes : sequence or ndarray of int
    intensity : ndarray, shape (n_electrodes,)
        0 to 1
    rate : float or None
        Pulses of an electrode of intensity 1 per second, Hz; None: there is one.
    start, duration : float
        s
    amplitude : float
    """
    n_pulses = 1 if rate is None else math.ceil(duration * rate - TIE)
    due = np.floor(np.outer(np.arange(n_pulses + 1), intensity) + 0.5)
    number, column = np.nonzero(np.diff(due, axis=0))
    return Stimulus.of(start + number / (rate or 1.0), np.asarray(electrodes)[column], amplitude)


def _n_steps(duration: float, dt: float) -> int:
    """Return how many whole steps a duration has."""
    return math.floor(duration / dt + TIE)


def check_rate(rate: float | np.ndarray, dt: float) -> None:
    """Refuse rates (Hz) of more than one pulse in a step of length `dt` (s).

    Raises
    ------
    InputError
        If there is such a rate.
    """
    if np.max(rate, initial=0.0) * dt > 1 + 1e-9:
        raise InputError(
            f"rate: found {format_quantity(np.max(rate), 'Hz')}, but one pulse a step is the most:"
            f" {format_quantity(1 / dt, 'Hz')}"
        )
