"""Errors that a user causes and can mend, and how a program ends by them.

InputError, RefusalError    one line for the user
quoted, shortened           how messages quote what they found
path_text                   how messages name files
exit_code                   do the work of a program, and tell in one line what went wrong
"""

import errno
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

#: Ctrl-C waits for the end of an import or of LLVM: how often to look whether it has ended, s.
PATIENCE = 0.02

FULL = (errno.ENOSPC, errno.EDQUOT)


class InputError(ValueError):
    """What the user gave cannot be used: a file, a key, a value, a full disk.

    The message is for the user alone: it names the file and the key, says what was
    found and what would be right, one mistake a line. The command line prints it
    without a traceback and exits with code 2.
    """


class RefusalError(InputError):
    """An answer would not be worth trusting, though nothing in the input is wrong; exit code 3."""


def shortened(text: str, length: int = 80) -> str:
    """Return a text as one line of at most `length` characters, "..." in place of its middle."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    if len(text) <= length:
        return text
    half = (length - 3) // 2
    return f"{text[: length - 3 - half]}...{text[-half:]}"


def path_text(path: object) -> str:
    """Return a path as messages name it: whole, unless it is longer than anybody reads."""
    return shortened(str(path), 300)


def quoted(value: object, length: int = 80) -> str:
    """Return a value as messages quote it: its `repr` in one line, shortened in the middle."""
    try:
        return shortened(repr(value).replace("\n", " "), length)
    except ValueError:  # Python prints no integers of thousands of digits
        return f"{type(value).__name__} of too many digits"


def exit_code(work: Callable[[], int | None], interrupted: str = "interrupted") -> int:
    """Do the work of a program, and tell in one line what went wrong.

    SIGTERM ends the work as Ctrl-C does.

    Parameters
    ----------
    work : callable
        May return an exit code of its own.
    interrupted : str
        The answer to Ctrl-C, unless `KeyboardInterrupt` brings one.

    Returns
    -------
    int
        0 done, 2 bad input, 3 no answer, 130 interrupted, 141 cut off; or what `work` returned.
    """
    try:
        with _interruptible(), _warnings_in_one_line():
            code = work()
            sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        _close_output()
        return 141
    except RefusalError as refusal:
        print(refusal, file=sys.stderr)
        return 3
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename is None and error.errno not in FULL:
            raise
        if error.filename is None:
            _close_output()
        place = "output" if error.filename is None else path_text(error.filename)
        print(f"{place}: {error.strerror}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"not enough memory: {error}".rstrip(": "), file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(*(stop.args or [interrupted]), file=sys.stderr)
        return 130
    return code or 0


def _close_output() -> None:
    """Let nothing more be written to standard output, also when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Print warnings that are meant for the user without the place in the code."""
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if category is UserWarning or category.__module__.startswith("spikinggrid."):
            print(f"warning: {message}", file=sys.stderr)
        else:
            usual(message, category, *place, **more)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = usual


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise `KeyboardInterrupt` at Ctrl-C and at SIGTERM, unless somebody else answers them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    usual = (signal.default_int_handler, signal.SIG_DFL)
    ours = [number for number, handler in before.items() if handler in usual]
    try:
        for number in ours:
            signal.signal(number, _interrupt)
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt`, but not where it would be lost: then a little later."""
    if _would_be_lost(frame) and hasattr(signal, "setitimer"):  # not on Windows
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        return
    raise KeyboardInterrupt


def _would_be_lost(frame: FrameType | None) -> bool:
    """Return whether this is an import or the compiler at work.

    C extensions turn an interrupt of an import into other errors, and callbacks of LLVM drop it.
    """
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith("<frozen importlib") or "llvmlite" in Path(path).parts:
            return True
        frame = frame.f_back
    return False
