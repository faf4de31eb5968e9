"""The stimulator: a queue of pulses on each channel, in us since the device started."""

import heapq
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from spikinggrid.cl1.designs import MAX_BURST_RATE, N_CHANNELS, BurstDesign, ChannelSet, StimDesign

#: Length of a frame, us.
FRAME = 40

MIN_LEAD = 80  # us


@dataclass(frozen=True, order=True)
class Pulse:
    """One pulse that waits for its time.

    Attributes
    ----------
    time : int
        us since the device started.
    number : int
        Pulses of one time are given in the order in which they were asked for.
    channel : int
    design : StimDesign
    """

    time: int
    number: int
    channel: int
    design: StimDesign = field(compare=False)


class Stimulator:
    """What waits to be given. A channel gives one pulse after the other."""

    def __init__(self) -> None:
        self._pulses: list[Pulse] = []
        self._free = [0] * N_CHANNELS  # when a channel has given all it was asked for, us
        self._numbers = itertools.count()

    def stim(
        self,
        channels: Iterable[int],
        design: StimDesign,
        burst: BurstDesign | None,
        lead: int,
        now: int,
    ) -> None:
        """Queue a pulse or a burst on some channels, `lead` us from now or from their last pulse.

        A channel is free again one period after its last pulse; that of a single one is 5 ms.
        """
        burst = burst or BurstDesign(1, MAX_BURST_RATE)
        for channel in channels:
            begin = max(now, self._free[channel]) + lead
            for repeat in range(burst.burst_count):
                time = begin + round(repeat * burst.period)
                self.give(channel, design, time)
            self._free[channel] = time + round(burst.period) - MIN_LEAD

    def give(self, channel: int, design: StimDesign, time: int) -> None:
        """Give one pulse at a time (us), whatever else waits."""
        heapq.heappush(self._pulses, Pulse(time, next(self._numbers), channel, design))

    def interrupt(self, channels: Iterable[int], now: int) -> None:
        """Forget what waits on some channels."""
        stopped = set(channels)
        self._pulses = [
            pulse for pulse in self._pulses if pulse.time < now or pulse.channel not in stopped
        ]
        heapq.heapify(self._pulses)
        for channel in stopped:
            self._free[channel] = min(self._free[channel], now)

    def sync(self, channels: ChannelSet, wait_for_frame_start: bool, now: int) -> None:
        """Have some channels wait for the last of them."""
        last = max((self._free[channel] for channel in channels), default=0)
        last = max(last, now)
        if wait_for_frame_start:
            last = math.ceil(last / FRAME) * FRAME
        for channel in channels:
            self._free[channel] = last

    def due(self, end: int) -> list[Pulse]:
        """Return the pulses before a time (us), in order, and forget them."""
        pulses = []
        while self._pulses and self._pulses[0].time < end:
            pulses.append(heapq.heappop(self._pulses))
        return pulses
