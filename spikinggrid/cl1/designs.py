"""What a stimulus is: channels, phases of current, bursts of pulses, and the limits of a CL1.

ChannelSet    some of the 64 channels
StimDesign    the phases of one pulse
BurstDesign   how often it is repeated, how fast
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real

from spikinggrid.utils.errors import InputError, quoted

N_CHANNELS = 64

#: Channels without an electrode, the corners of the array.
UNUSED = frozenset({0, 7, 56, 63})

#: Channel of the large reference electrode.
REFERENCE = 4

#: Channels that neither record nor stimulate.
DEAD = UNUSED | {REFERENCE}

#: Durations of phases are whole multiples of it, us.
PHASE_UNIT = 20

MAX_CURRENT = 3.0  # uA
MAX_CHARGE = 3.0  # nC in a phase
MAX_PHASES = 3
MAX_BURST_RATE = 200.0  # Hz

#: Each of the two phases of a pulse that is given as a current alone, us.
SCALAR_PHASE = 160


def checked_number(name: str, value: object) -> float:
    """Return a number.

    Raises
    ------
    InputError
        If it is infinite or NaN.
    TypeError
        If it is no number.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name}: found {quoted(value)}; right would be a number")
    if not math.isfinite(value):
        raise InputError(f"{name}: found {quoted(value)}; right would be a finite number")
    return float(value)


def checked_channel(channel: object) -> int:
    """Return the number of a channel.

    Raises
    ------
    InputError
        If there is no such channel.
    TypeError
        If it is no whole number.
    """
    if not isinstance(channel, Integral) or isinstance(channel, bool):
        raise TypeError(f"channel: found {quoted(channel)}; right would be a whole number")
    number = int(channel)
    if not 0 <= number < N_CHANNELS:
        raise InputError(f"channel: found {number}; right would be 0 to {N_CHANNELS - 1}")
    return number


class ChannelSet:
    """Some of the channels: `ChannelSet(8, 9)`. Sets combine by `&`, `|`, `^` and `~`.

    Parameters
    ----------
    *channels : int or sequence of int

    Raises
    ------
    InputError
        If there is no such channel.

    Examples
    --------
    >>> ChannelSet(8, 9) & ChannelSet(9, 10)
    ChannelSet(9)
    >>> len(~ChannelSet(8, 9))
    62
    """

    def __init__(self, *channels: int | Sequence[int]):
        several = [[one] if not isinstance(one, list | tuple) else one for one in channels]
        self._channels = frozenset(checked_channel(one) for some in several for one in some)

    def __repr__(self) -> str:
        return f"ChannelSet({', '.join(map(str, self))})"

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._channels))

    def __len__(self) -> int:
        return len(self._channels)

    def __contains__(self, channel: object) -> bool:
        return channel in self._channels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChannelSet) and self._channels == other._channels

    def __hash__(self) -> int:
        return hash(self._channels)

    def __and__(self, other: "ChannelSet") -> "ChannelSet":
        return ChannelSet(*self._channels & other._channels)

    def __or__(self, other: "ChannelSet") -> "ChannelSet":
        return ChannelSet(*self._channels | other._channels)

    def __xor__(self, other: "ChannelSet") -> "ChannelSet":
        return ChannelSet(*self._channels ^ other._channels)

    def __invert__(self) -> "ChannelSet":
        return ChannelSet(*set(range(N_CHANNELS)) - self._channels)


@dataclass(frozen=True, init=False)
class StimDesign:
    """The phases of one pulse: `StimDesign(160, -1.0, 160, 1.0)`.

    Parameters
    ----------
    *phases : float
        Duration (us) and current (uA) of one to three phases of alternating sign.

    Attributes
    ----------
    durations : tuple of int
        us
    currents : tuple of float
        uA

    Raises
    ------
    InputError
        If a phase is beyond the limits; the message names the phase.

    Examples
    --------
    >>> StimDesign(160, -1.0, 160, 1.0).duration
    320
    """

    durations: tuple[int, ...]
    currents: tuple[float, ...]

    def __init__(self, *phases: float):
        if len(phases) % 2 or not 1 <= len(phases) // 2 <= MAX_PHASES:
            raise InputError(
                f"phases: found {len(phases)} numbers; right would be duration (us) and current"
                f" (uA) of 1 to {MAX_PHASES} phases, for example StimDesign(160, -1.0, 160, 1.0)"
            )
        durations = tuple(
            _checked_duration(number, value) for number, value in enumerate(phases[::2], 1)
        )
        currents = tuple(
            _checked_current(number, value) for number, value in enumerate(phases[1::2], 1)
        )
        for number, (duration, current) in enumerate(zip(durations, currents, strict=True), 1):
            charge = duration * abs(current) / 1e3
            if charge > MAX_CHARGE * (1 + 1e-9):
                raise InputError(
                    f"phase {number}: {duration} us at {current:g} uA are {charge:g} nC, above the"
                    f" limit of {MAX_CHARGE:g} nC"
                )
        if any(first * second > 0 for first, second in pairwise(currents)):
            raise InputError(
                f"phases: found currents {currents}; right would be alternating signs, for"
                " example StimDesign(160, -1.0, 160, 1.0)"
            )
        object.__setattr__(self, "durations", durations)
        object.__setattr__(self, "currents", currents)

    def __repr__(self) -> str:
        pairs = zip(self.durations, self.currents, strict=True)
        return f"StimDesign({', '.join(f'{duration}, {current:g}' for duration, current in pairs)})"

    @classmethod
    def of(cls, design: "StimDesign | float") -> "StimDesign":
        """Return a design, or that of a current in uA: 160 us negative, then 160 us positive."""
        if isinstance(design, StimDesign):
            return design
        current = abs(_checked_current(1, design))
        return cls(SCALAR_PHASE, -current, SCALAR_PHASE, current)

    @property
    def duration(self) -> int:
        """Length of the pulse, us."""
        return sum(self.durations)


@dataclass(frozen=True)
class BurstDesign:
    """A pulse repeated: `BurstDesign(10, 40)`, ten pulses at 40 Hz.

    Attributes
    ----------
    burst_count : int
    burst_hz : float

    Raises
    ------
    InputError
        If there is no pulse, or the rate is not between 0 and 200 Hz.
    """

    burst_count: int
    burst_hz: float

    def __post_init__(self) -> None:
        count, rate = self.burst_count, self.burst_hz
        if not isinstance(count, Integral) or isinstance(count, bool) or count < 1:
            raise InputError(f"burst_count: found {quoted(count)}; right would be 1 or more")
        if not isinstance(rate, Real) or not 0 < rate <= MAX_BURST_RATE:
            raise InputError(
                f"burst_hz: found {quoted(rate)}; right would be above 0 and up to"
                f" {MAX_BURST_RATE:g} Hz"
            )

    def __repr__(self) -> str:
        return f"BurstDesign({self.burst_count}, {self.burst_hz:g})"

    @property
    def period(self) -> float:
        """Time from pulse to pulse, us."""
        return 1e6 / self.burst_hz


def _checked_duration(number: int, duration: float) -> int:
    if not isinstance(duration, Real) or duration <= 0 or duration % PHASE_UNIT:
        raise InputError(
            f"phase {number}: found a duration of {quoted(duration)} us; right would be a multiple"
            f" of {PHASE_UNIT} us"
        )
    return int(duration)


def _checked_current(number: int, current: float) -> float:
    if not isinstance(current, Real) or isinstance(current, bool):
        raise TypeError(f"phase {number}: found {quoted(current)}; right would be a current in uA")
    if not math.isfinite(current) or current == 0 or abs(current) > MAX_CURRENT:
        raise InputError(
            f"phase {number}: found a current of {current:g} uA; right would be up to"
            f" {MAX_CURRENT:g} uA, and not 0"
        )
    return float(current)
