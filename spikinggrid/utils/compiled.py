"""Functions compiled by Numba, whose code is kept on disk wherever that can be written."""

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

from numba import cfunc, config, njit, typeof
from numba.core.compiler import Compiler

from spikinggrid.utils.caches import temporary_folder

#: Compiling is mentioned on a terminal when it takes longer than this, s.
PATIENCE = 2.0


class WithDisjointArrays(Compiler):
    """Compile functions no two of whose array arguments overlap where one of them is written.

    As a `pipeline_class` of `numba.njit`. Numba has the flag, but no option for it. Without it, a
    loop over many arrays compares all their addresses before it begins.
    """

    def define_pipelines(self) -> list[Any]:
        """Set the flag; then go on as usual."""
        self.state.flags.noalias = True
        return super().define_pipelines()


def cached_njit(**options: Any) -> Callable[[Callable], Callable]:
    """Return a decorator as `numba.njit(cache=True, **options)`, which works anywhere.

    Compiled code is kept beside the source, in the user's cache, in a temporary folder, or
    nowhere: the first of these that can be written.
    """
    return _cached(lambda cache: njit(cache=cache, **options))


def cached_cfunc(signature: Any, **options: Any) -> Callable[[Callable], Callable]:
    """Return a decorator as `numba.cfunc(signature, cache=True, **options)`, which works so too."""
    return _cached(lambda cache: cfunc(signature, cache=cache, **options))


def _cached(decorator: Callable[[bool], Callable]) -> Callable[[Callable], Callable]:
    def compiled(function: Callable) -> Callable:
        if not Path(function.__code__.co_filename).is_file():  # but in a zip file
            return decorator(False)(function)
        try:
            return decorator(True)(function)
        except RuntimeError:  # Numba can write neither beside the source nor in the user's cache
            pass
        try:
            config.CACHE_DIR = str(temporary_folder())  # type: ignore[attr-defined]
            return decorator(True)(function)
        except (OSError, RuntimeError):
            return decorator(False)(function)

    return compiled


def specialised(kernel: Any, *arguments: Any) -> Callable[..., Any]:
    """Return a compiled kernel for arguments of these types, which are not checked from then on.

    Numba finds the types of many arrays anew at each call, which takes longer than a few steps of
    a small culture. On a terminal, say so if compiling takes long.
    """
    notice = Timer(PATIENCE, _say_that_it_compiles)
    notice.start()
    try:
        return kernel.compile(tuple(typeof(argument) for argument in arguments))
    finally:
        notice.cancel()


def _say_that_it_compiles() -> None:
    if sys.stderr.isatty():
        print("Compiling the simulator, once for this kind of culture ...", file=sys.stderr)
