"""Progress of long work: a bar in a terminal, a line a minute where output is a file.

Progress           how far the work is, and when it will probably end
NO_PROGRESS        shows nothing: the default of library functions
hidden_progress    makes it: the default of functions that show several parts of their work
about              one line to print before long work: how much, and about how long
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Self, TextIO

from spikinggrid.utils.processors import n_processors

#: Time between two lines where output is a file, s.
INTERVAL = 60.0

MINUTE, HOUR, DAY = 60, 3600, 86400


class Progress:
    """Show how much of some work is done, as a context manager.

    Parameters
    ----------
    total : float
        The whole amount of work.
    unit : str
        Of `total`, such as "simulation" or "s"; "B" is shown in kB and MB.
    description : str
        What is being done.
    file : text file, optional
        Where to show it: `sys.stderr` unless given. A terminal gets a bar; anything else a line
        a minute with the estimated end, and nothing if the work is over before that.
    clock : callable
        Return the time since the epoch, s.
    """

    def __init__(
        self,
        total: float,
        unit: str,
        description: str = "",
        *,
        file: TextIO | None = None,
        clock: Callable[[], float] = time.time,
    ):
        self._display: _Bar | _Lines
        file = sys.stderr if file is None else file
        if file.isatty():
            self._display = _Bar(total, unit, description, file)
        else:
            self._display = _Lines(total, unit, description, file, clock)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop showing progress, however the work ended."""
        self._display.close()

    def advance(self, n: float = 1) -> None:
        """Count `n` more as done."""
        self.to(self._display.done + n)

    def to(self, done: float) -> None:
        """Say that `done` of the total is done."""
        self._display.to(done)

    def skip(self, n: float) -> None:
        """Count `n` as done by an earlier run: they say nothing about how fast this one is."""
        self._display.skip(n)

    def describe(self, text: str) -> None:
        """Change the description."""
        self._display.description = text

    def say(self, text: str) -> None:
        """Print a line for the user, above the bar where there is one; nothing if it is empty."""
        if text:
            self._display.say(text)


class _Silence(Progress):
    def __init__(self):
        pass

    def __exit__(self, *exception: object) -> None:
        pass

    def advance(self, n: float = 1) -> None:
        pass

    def to(self, done: float) -> None:
        pass

    def skip(self, n: float) -> None:
        pass

    def describe(self, text: str) -> None:
        pass

    def say(self, text: str) -> None:
        pass


NO_PROGRESS: Progress = _Silence()


def hidden_progress(total: float, unit: str, description: str = "") -> Progress:
    """Return what shows nothing, in the place of a `Progress` of the same arguments."""
    return NO_PROGRESS


class _Bar:
    """A bar of tqdm."""

    def __init__(self, total: float, unit: str, description: str, file: TextIO):
        from tqdm import tqdm

        in_bytes = unit == "B"
        self._bar = tqdm(
            total=total if in_bytes else round(total, 3),
            unit=unit if in_bytes else f" {unit}",
            unit_scale=in_bytes,
            desc=description or None,
            file=file,
            dynamic_ncols=True,
        )

    @property
    def done(self) -> float:
        return self._bar.n

    @property
    def description(self) -> str:
        return self._bar.desc

    @description.setter
    def description(self, text: str) -> None:
        self._bar.set_description(text, refresh=False)

    def to(self, done: float) -> None:
        self._bar.update(round(done, 3) - self._bar.n)

    def skip(self, n: float) -> None:
        self._bar.initial += n
        self._bar.n += n
        self._bar.last_print_n += n
        self._bar.refresh()

    def say(self, text: str) -> None:
        self._bar.write(text, file=self._bar.fp)

    def close(self) -> None:
        self._bar.close()


class _Lines:
    """A line a minute."""

    def __init__(
        self, total: float, unit: str, description: str, file: TextIO, clock: Callable[[], float]
    ):
        self._total, self._unit, self.description = total, unit, description
        self._file, self._clock = file, clock
        self.done = self._skipped = 0.0
        self._began = self._last_line = clock()

    def to(self, done: float) -> None:
        self.done = done
        now = self._clock()
        if now >= self._last_line + INTERVAL:
            self._last_line = now
            print(self._line(now), file=self._file, flush=True)

    def skip(self, n: float) -> None:
        self._skipped += n
        self.done += n

    def say(self, text: str) -> None:
        print(text, file=self._file, flush=True)

    def close(self) -> None:
        """Leave the lines where they are."""

    def _line(self, now: float) -> str:
        share = f" ({100 * self.done / self._total:.0f} %)" if self._total else ""
        line = f"{_amount(self.done, self._unit)} of {_amount(self._total, self._unit)}"
        line += f" {_plural(self._total, self._unit)}{share}"
        if self.description:
            line = f"{self.description}: {line}"
        done_now = self.done - self._skipped
        left = self._total - self.done
        if done_now <= 0 or left <= 0:
            return line
        seconds = left * (now - self._began) / done_now
        return f"{line}; about {_span(seconds)} left, until {_clock_text(now, now + seconds)}"


def about(n: int, what: str, seconds: float | None = None, processors: int | None = None) -> str:
    """Return how much work is to come, such as "1,000 simulations, about 25 min on 2 processors".

    Parameters
    ----------
    n : int
        Number of pieces of work.
    what : str
        Name of one piece, such as "simulation".
    seconds : float, optional
        Time that one piece takes on one processor, s. Nothing is said of time unless given.
    processors : int, optional
        Number of pieces that are worked on at once: those that this process may use unless given.
    """
    amount = f"{n:,} {_plural(n, what)}"
    if seconds is None:
        return amount
    n_at_once = min(n, n_processors() if processors is None else processors)
    where = f"{n_at_once} {_plural(n_at_once, 'processor')}"
    return f"{amount}, about {_span(n * seconds / max(n_at_once, 1))} on {where}"


def _amount(n: float, unit: str) -> str:
    if unit == "B":
        return f"{n / 1e6:,.1f}"
    return f"{n:,.0f}" if n == round(n) or n >= 100 else f"{n:,.3g}"


def _plural(n: float, unit: str) -> str:
    if unit == "B":
        return "MB"
    if n == 1 or len(unit) < 2:
        return unit
    return unit + ("es" if unit.endswith(("s", "sh", "ch", "x")) else "s")


def _span(seconds: float) -> str:
    """Return a length of time in the largest unit that leaves two digits or more."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / DAY:.1f} days"


def _clock_text(now: float, then: float) -> str:
    """Return a time of today, or a day and a time."""
    today, end = datetime.fromtimestamp(now), datetime.fromtimestamp(then)
    return f"{end:%H:%M}" if end.date() == today.date() else f"{end:%Y-%m-%d %H:%M}"
