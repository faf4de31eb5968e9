"""The one kind of error that a user causes and can mend, and how a program ends by it."""

import os
import sys
from collections.abc import Callable


class InputError(ValueError):
    """What the user gave cannot be used: a file, a key, a value, a full disk.

    The message is for the user alone: it names the file and the key, says what was
    found and what would be right, one mistake a line. The command line prints it
    without a traceback and exits with code 2.
    """


class Refusal(InputError):
    """An answer would not be worth trusting, though nothing in the input is wrong; exit code 3."""


def quoted(value: object, length: int = 80) -> str:
    """Return a value as messages quote it: its `repr` in one line, shortened in the middle."""
    try:
        text = repr(value).replace("\n", " ")
    except ValueError:  # Python prints no integers of thousands of digits
        text = f"{type(value).__name__} of too many digits"
    if len(text) <= length:
        return text
    half = (length - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def exit_code(work: Callable[[], int | None], interrupted: str = "interrupted") -> int:
    """Do the work of a program, and tell in one line what went wrong.

    Parameters
    ----------
    work : callable
        May give an exit code of its own.
    interrupted : str
        The answer to Ctrl-C, unless `KeyboardInterrupt` brings one.

    Returns
    -------
    int
        0 done, 2 bad input, 3 no answer, 130 interrupted, 141 cut off; or what `work` gave.
    """
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:  # who reads, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 3
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(*(stop.args or [interrupted]), file=sys.stderr)
        return 130
    return code or 0
