"""Progress is a bar in a terminal, and a line a minute in a file."""

import contextlib
import io
import os
import re
import sys

import pytest

from spikinggrid.utils import progress as module
from spikinggrid.utils.progress import NO_PROGRESS, Progress, about, hidden_progress


class Clock:
    """A clock that is set by hand; begins at noon of the machine's time zone."""

    def __init__(self):
        self.now = module.datetime(2024, 5, 6, 12, 0).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def lines_of(clock, total, unit, steps, description="", skipped=0):
    """What is written to a file by work whose pieces end after `steps` seconds each."""
    file = io.StringIO()
    with Progress(total, unit, description, file=file, clock=clock) as progress:
        if skipped:
            progress.skip(skipped)
        for seconds in steps:
            clock.now += seconds
            progress.advance()
    return file.getvalue().splitlines()


def test_short_work_writes_nothing(clock):
    assert lines_of(clock, 59, "trial", [1] * 59) == []


def test_a_line_a_minute_with_the_estimated_end(clock):
    lines = lines_of(clock, 20, "simulation", [30] * 6, "fit")
    assert lines == [
        "fit: 2 of 20 simulations (10 %); about 9 min left, until 12:10",
        "fit: 4 of 20 simulations (20 %); about 8 min left, until 12:10",
        "fit: 6 of 20 simulations (30 %); about 7 min left, until 12:10",
    ]


def test_slow_pieces_are_a_line_each(clock):
    lines = lines_of(clock, 1000, "culture", [7200])
    assert lines == ["1 of 1,000 cultures (0 %); about 83.2 days left, until 2024-07-28 20:00"]


def test_the_end_may_be_tomorrow(clock):
    (line,) = lines_of(clock, 3, "dish", [30_000])
    assert line == "1 of 3 dishes (33 %); about 16.7 h left, until 2024-05-07 13:00"


def test_what_an_earlier_run_did_says_nothing_about_speed(clock):
    (line,) = lines_of(clock, 110, "trial", [60], skipped=99)
    assert line == "100 of 110 trials (91 %); about 10 min left, until 12:11"


def test_the_last_line_promises_nothing(clock):
    assert lines_of(clock, 1, "s", [90], "biological time") == ["biological time: 1 of 1 s (100 %)"]


def test_downloads_are_in_megabytes(clock):
    file = io.StringIO()
    with Progress(9_912_422, "B", "train", file=file, clock=clock) as progress:
        clock.now += 61
        progress.to(4_956_211)
    assert file.getvalue() == "train: 5.0 of 9.9 MB (50 %); about 61 s left, until 12:02\n"


def test_work_without_an_end_has_no_estimate(clock):
    assert lines_of(clock, 0, "trial", [61]) == ["1 of 0 trials"]


def _until_hung_up(screen):
    """Read all that a pseudo-terminal shows, which comes in pieces and ends in an error."""
    shown = b""
    with contextlib.suppress(OSError):
        while piece := screen.read(100_000):
            shown += piece
    return shown


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
def test_a_terminal_gets_a_bar():
    import termios

    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, 80))
    with os.fdopen(leader, "rb", buffering=0) as screen:
        with (
            os.fdopen(follower, "w") as terminal,
            Progress(4, "trial", "fit", file=terminal) as progress,
        ):
            progress.skip(1)
            progress.describe("generation 2")
            for _ in range(3):
                progress.advance()
        shown = _until_hung_up(screen).decode()
    assert shown.lstrip().startswith("fit:")
    last = re.split(r"[\r\n]+", shown.strip())[-1]
    assert re.match(r"generation 2: 100%\|.*\| 4/4 \[", last), last
    assert "trial" in last


def test_no_progress_can_do_all_that_progress_can():
    with NO_PROGRESS as progress:
        progress.advance()
        progress.to(3)
        progress.skip(1)
        progress.describe("nothing")
        progress.say("nothing")
    assert isinstance(NO_PROGRESS, Progress)
    assert hidden_progress(3, "trial", "nothing") is NO_PROGRESS


def test_what_is_said_stands_on_a_line_of_its_own(clock):
    file = io.StringIO()
    with Progress(2, "trial", file=file, clock=clock) as progress:
        progress.say("x.jsonl: goes on")
        progress.say("")
    assert file.getvalue() == "x.jsonl: goes on\n"


def test_nothing_is_shown_by_default_but_on_standard_error(capsys, monkeypatch):
    monkeypatch.setattr(module, "INTERVAL", 0.0)
    with Progress(2, "trial") as progress:
        progress.advance()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("1 of 2 trials (50 %)")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1000, "simulation", 3.0, 2), "1,000 simulations, about 25 min on 2 processors"),
        ((1, "culture", 90.0, 4), "1 culture, about 90 s on 1 processor"),
        ((4, "dish", 3600.0, 1), "4 dishes, about 4.0 h on 1 processor"),
        ((12_000, "trial"), "12,000 trials"),
        ((0, "trial", 3.0, 2), "0 trials, about 0 s on 0 processors"),
    ],
)
def test_long_work_is_announced(arguments, text):
    assert about(*arguments) == text
