"""Locks on files: a second process that would write the same file is refused."""

import os
import warnings
from typing import BinaryIO

from spikinggrid.utils.errors import InputError

try:
    import fcntl
except ImportError:  # Windows lets nobody else write what is open, in most cases
    fcntl = None  # type: ignore[assignment]


def lock(file: BinaryIO, path: str | os.PathLike) -> None:
    """Lock an open file until it is closed.

    The system lifts the lock when the process ends, however it ends.

    Parameters
    ----------
    file : binary file
        Open for writing.
    path : path-like
        What to call it in messages.

    Raises
    ------
    InputError
        If another process has locked the file.

    Warns
    -----
    UserWarning
        If the file system knows no locks, as some of clusters do not.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"{path}: another process is writing it; wait until that has ended, or give another"
            " file"
        ) from None
    except OSError as error:
        warnings.warn(
            f"{path}: cannot be locked ({error.strerror}); take care that no other process"
            " writes it",
            stacklevel=2,
        )
