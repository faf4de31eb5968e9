"""The loop: a body of code that runs many times a second, with the spikes since the last time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikinggrid.cl1.clock import FRAMES_PER_SECOND
from spikinggrid.cl1.designs import checked_number
from spikinggrid.cl1.device import Device
from spikinggrid.cl1.waveforms import BEFORE, FROM, UV_PER_SAMPLE
from spikinggrid.utils.errors import InputError, quoted


@dataclass(frozen=True)
class Stim:
    """A pulse that was given.

    Attributes
    ----------
    timestamp : int
        Frame in which it began.
    channel : int
    """

    timestamp: int
    channel: int


@dataclass(frozen=True)
class Spike:
    """A spike that a channel detected.

    Attributes
    ----------
    timestamp : int
        Frame in which it was detected.
    channel : int
    """

    timestamp: int
    channel: int
    _device: Device

    def __repr__(self) -> str:
        return f"Spike(timestamp={self.timestamp}, channel={self.channel})"

    @cached_property
    def samples(self) -> np.ndarray:
        """Voltages around it, 25 frames before and 50 from its time stamp on, uV, shape (75,).

        Waits until these frames have come, at most 2 ms.
        """
        return self._snippet[1]

    @cached_property
    def channel_mean_sample(self) -> float:
        """Mean of the channel, which `samples` lacks, in units of a sample."""
        return self._snippet[0]

    @cached_property
    def _snippet(self) -> tuple[float, np.ndarray]:
        self._device.wait_until(self.timestamp + FROM)
        raw = self._device.samples(self.timestamp - BEFORE, self.timestamp + FROM)
        return 0.0, raw[:, self.channel].astype(np.float32) * np.float32(UV_PER_SAMPLE)


class DetectionResult:
    """Spikes and pulses of some frames, in order of time.

    Attributes
    ----------
    start_timestamp, stop_timestamp : int
        First frame, and the one after the last.
    spikes : list of Spike
    stims : list of Stim
    """

    def __init__(self, device: Device, start: int, stop: int):
        self._device = device
        self.start_timestamp, self.stop_timestamp = start, stop
        frames, channels = device.spikes.between(start, stop)
        self.spikes = [
            Spike(frame, channel, device)
            for frame, channel in zip(frames.tolist(), channels.tolist(), strict=True)
        ]
        frames, channels = device.pulses.between(start, stop)
        self.stims = list(map(Stim, frames.tolist(), channels.tolist()))

    @property
    def timestamp(self) -> int:
        """First frame."""
        return self.start_timestamp


class Tick:
    """One turn of a loop.

    Attributes
    ----------
    iteration : int
        Number of the turn, from 0.
    iteration_timestamp, iteration_next_timestamp : int
        Frame at which this turn began, and the next will.
    analysis : DetectionResult
        What happened in the frames before this turn.
    loop : Loop
    """

    def __init__(self, loop: "Loop", iteration: int, start: int, stop: int, after: int):
        self.loop, self.iteration = loop, iteration
        self.iteration_timestamp, self.iteration_next_timestamp = stop, after
        self.analysis = DetectionResult(loop.device, start, stop)

    @cached_property
    def frames(self) -> np.ndarray:
        """Samples of the frames before this turn, int16, shape (n_frames, 64)."""
        span = self.analysis.start_timestamp, self.analysis.stop_timestamp
        return self.loop.device.samples(*span)


class Loop(Iterator[Tick]):
    """Turns at a set rate, made by `Neurons.loop`.

    Attributes
    ----------
    device : Device
    """

    def __init__(
        self,
        device: Device,
        ticks_per_second: float,
        stop_after_seconds: float | None,
        stop_after_ticks: int | None,
        ignore_jitter: bool,
        jitter_tolerance_frames: int,
    ):
        if not 0 < checked_number("ticks_per_second", ticks_per_second) <= FRAMES_PER_SECOND:
            raise InputError(
                f"ticks_per_second: found {quoted(ticks_per_second)}; right would be above 0 and up"
                f" to {FRAMES_PER_SECOND}"
            )
        self.device = device
        self._every = int(FRAMES_PER_SECOND / ticks_per_second)
        self._n_ticks = _number_of_ticks(self._every, stop_after_seconds, stop_after_ticks)
        self._ignores_jitter, self._tolerance = ignore_jitter, jitter_tolerance_frames
        self._n_done, self._is_over = 0, False
        self._start: int | None = None

    def __next__(self) -> Tick:
        if self._is_over or self._n_done == self._n_ticks:
            raise StopIteration
        if self._start is None:
            self._start = self.device.now()
        start, stop, after = (self._begin(self._n_done + k) for k in range(3))
        late = self.device.now() - stop
        if late > self._tolerance and self._n_done and not self._ignores_jitter:
            raise TimeoutError(
                f"loop: turn {self._n_done - 1} took {late} frames too long, where"
                f" {self._tolerance} are tolerated; do less in a turn, have fewer turns a second,"
                " or set jitter_tolerance_frames or ignore_jitter"
            )
        self.device.wait_until(stop)
        self._n_done += 1
        return Tick(self, self._n_done - 1, start, stop, after)

    def stop(self) -> None:
        """End the loop after this turn."""
        self._is_over = True

    def _begin(self, tick: int) -> int:
        assert self._start is not None
        return self._start + tick * self._every


def _number_of_ticks(every: int, seconds: float | None, ticks: int | None) -> float:
    limits = []
    if seconds is not None:
        n_frames = _positive("stop_after_seconds", seconds) * FRAMES_PER_SECOND
        limits.append(round(n_frames / every))
    if ticks is not None:
        limits.append(int(_positive("stop_after_ticks", ticks)))
    return min(limits, default=-1)


def _positive(name: str, value: float) -> float:
    if not checked_number(name, value) > 0:
        raise InputError(f"{name}: found {quoted(value)}; right would be above 0")
    return value
