"""Functions compiled by Numba, whose code is kept on disk wherever that can be written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import config, njit

from spikinggrid.utils.caches import temporary_folder


def cached_njit(**options: Any) -> Callable[[Callable], Callable]:
    """Return a decorator as `numba.njit(cache=True, **options)`, which works anywhere.

    Compiled code is kept beside the source, in the user's cache, in a temporary folder, or
    nowhere: the first of these that can be written.
    """

    def compiled(function: Callable) -> Callable:
        if not Path(function.__code__.co_filename).is_file():  # but in a zip file
            return njit(**options)(function)
        try:
            return njit(cache=True, **options)(function)
        except RuntimeError:  # Numba can write neither beside the source nor in the user's cache
            pass
        try:
            config.CACHE_DIR = str(temporary_folder())  # type: ignore[attr-defined]
            return njit(cache=True, **options)(function)
        except (OSError, RuntimeError):
            return njit(**options)(function)

    return compiled
