"""The clock of the device, in frames of 40 us: that of the wall, or one that waits for nobody.

A simulated clock goes on when a program waits for data (the next tick of a loop, frames, the end of
a recording) and stands still in between: every run of a program is the same, as fast as it can be
computed. The real clock goes on by itself, and a loop body may be late.
"""

import time
from typing import Protocol

FRAMES_PER_SECOND = 25_000


class Clock(Protocol):
    """Where the present is, and how to wait for a later one."""

    is_simulated: bool

    def now(self) -> int:
        """Return the present frame."""

    def wait_until(self, frame: int) -> None:
        """Return when a frame has come."""


class SimulatedClock:
    """A clock that goes on only when somebody waits."""

    is_simulated = True

    def __init__(self) -> None:
        self._frame = 0

    def now(self) -> int:
        """Return the present frame."""
        return self._frame

    def wait_until(self, frame: int) -> None:
        """Go on to a frame at once."""
        self._frame = max(self._frame, frame)


class RealClock:
    """The clock of the wall."""

    is_simulated = False

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def now(self) -> int:
        """Return the present frame."""
        return int((time.perf_counter() - self._start) * FRAMES_PER_SECOND)

    def wait_until(self, frame: int) -> None:
        """Sleep until a frame has come."""
        while (left := frame / FRAMES_PER_SECOND - (time.perf_counter() - self._start)) > 0:
            time.sleep(left)
