"""Workers: which ones can do the work, and how signals reach them.

`check_workers`      refuse workers whose results could differ
`interrupts_held`    start processes that get no Ctrl-C
`main_hidden`        start processes that do not run the program again
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

from spikinggrid.utils.errors import InputError
from spikinggrid.utils.versions import comparable_versions

if TYPE_CHECKING:  # importing it takes a second
    from distributed import Client


def check_workers(client: "Client", address: str) -> None:
    """Refuse workers that cannot do the work, or would give other results.

    Raises
    ------
    InputError
        With the address, or the file, that the workers come from.
    """
    for worker, n_threads in client.nthreads().items():
        if n_threads != 1:
            raise InputError(
                f"{address}: the worker {worker} has {n_threads} threads; start workers of one:"
                f" dask worker {address} --nworkers {n_threads} --nthreads 1"
            )
    here = worker_versions()
    for worker, there in client.run(worker_versions, on_error="return").items():
        if isinstance(there, Exception):
            reason = str(there).partition("\n")[0]
            raise InputError(
                f"{address}: the worker {worker} cannot run SpikingGrid ({reason}); right would be"
                f" version {here['spikinggrid']}, as here"
            )
        for name, version in there.items():
            if version != here[name]:
                raise InputError(
                    f"{address}: the worker {worker} has {name} {version}; right would be"
                    f" {here[name]}, as here, for equal results"
                )


def worker_versions() -> dict[str, str]:
    """Return the versions of what results depend on, and of what must read messages."""
    return comparable_versions("distributed")


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM until the end of the block; what begins in it gets no Ctrl-C.

    Threads inherit the signals that are blocked, and processes those of the thread that starts
    them: so do workers that are started later, in the place of one that died.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # or its start by another thread would unblock signals
    held: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, frame: held.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    blocks = hasattr(signal, "pthread_sigmask")  # not on Windows
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if blocks else set()
    try:
        yield
    finally:
        if blocks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if held:
            signal.raise_signal(held[0])


@contextmanager
def main_hidden() -> Iterator[None]:
    """Have processes that start in the block not import the main module.

    A script that fits a culture at its top level would be run again by each worker. Functions of
    the main module reach workers by value, so that these have no need of it.
    """
    main = sys.modules["__main__"]
    hidden = {name: main.__dict__.pop(name) for name in ("__file__",) if name in main.__dict__}
    spec, main.__spec__ = main.__spec__, None
    try:
        yield
    finally:
        main.__spec__ = spec
        main.__dict__.update(hidden)
