"""Work spread over processors: of this machine, of a running scheduler, or of a SLURM cluster.

    with connected(where, jobs) as client:
        for place, result in completed(client, function, tasks):
            ...

    results(function, tasks, where, jobs)    all of them in order, with a progress bar
    add_arguments(parser)                    `--jobs` and `--cluster` of a command

What a task says by `tell` reaches the client by `heard_by`, such as how far it is.

One Dask client does the work of fits, benchmarks, sweeps and scripts. A result depends on the
arguments of its task alone, so that neither the number of workers nor their order matters; a task
whose worker dies is done again by another one.
"""

import argparse
import itertools
import logging
import platform
import signal
import threading
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib.metadata import version
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

import psutil

from spikinggrid.utils import processors
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.processors import n_processors
from spikinggrid.utils.versions import PACKAGES

if TYPE_CHECKING:  # importing it takes a second
    from distributed import Client, Nanny

#: So many tasks for each worker are with the scheduler at a time: one to do, one to go on with.
IN_FLIGHT = 2

#: A scheduler that does not answer in this time (s) is not there ...
PATIENCE = 10.0

#: ... and one that has no worker by this time will have none.
PATIENCE_FOR_WORKERS = 30.0

#: A level of logging that nothing reaches.
SILENT = logging.CRITICAL + 1

EXAMPLES = "right would be tcp://HOST:8786, a running scheduler, or a file such as slurm.toml"


@contextmanager
def connected(where: str | None = None, jobs: int | None = None) -> Iterator["Client"]:
    """A client with workers of one thread each, which end with the block, however it ends.

    Parameters
    ----------
    where : str, optional
        Address of a running scheduler ("tcp://host:8786"), whose workers outlive the block, or
        a file by which SLURM starts workers (see `slurm`); processes of this machine unless given.
    jobs : int, optional
        Number of processes of this machine; one for each processor unless given.

    Raises
    ------
    InputError
        If the scheduler cannot be reached, has no workers, or workers whose results could differ
        (another Python, other versions), or the file cannot be used.
    """
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs: found {jobs}; right would be 1 or more")
    _quiet()
    if where is None:
        opened = _local(jobs or n_processors())
    elif where.startswith(("tcp://", "tls://")):
        opened = _running(where)
    elif where.endswith(".toml"):
        from spikinggrid.parallel import slurm

        opened = slurm.client(where)
    else:
        raise InputError(f"--cluster: found {where!r}; {EXAMPLES}")
    with opened as client:
        yield client


def completed(
    client: "Client", function: Callable, tasks: Iterable[tuple]
) -> Iterator[tuple[int, object]]:
    """Call a function with the arguments of each task; place and result, in order of completion.

    Parameters
    ----------
    client : distributed.Client
        Of `connected`.
    function : callable
        A task is done again if its worker dies: it must give the same, and may write a file only
        if that is no harm.
    tasks : iterable of tuple
        Arguments; are taken only as fast as they are worked on.

    Raises
    ------
    InputError
        If a task keeps killing its worker, or the scheduler is gone.
    Exception
        Whatever the function raises.
    """
    from distributed import KilledWorker, as_completed

    waiting, places, future = enumerate(tasks), {}, None
    ended = as_completed(loop=client.loop)
    try:
        while True:
            if client.status != "running":
                raise ConnectionError
            room = IN_FLIGHT * max(1, len(client.nthreads())) - len(places)
            for place, arguments in itertools.islice(waiting, max(0, room)):
                future = client.submit(function, *arguments, key=f"task-{uuid.uuid4().hex}")
                places[future] = place
                ended.add(future)
            if not places:
                return
            future = next(ended)
            result = future.result()
            yield places.pop(future), result
    except KilledWorker as error:
        raise InputError(
            f"{error.allowed_failures + 1} workers were killed, one after the other, by the same"
            " work, for want of memory perhaps; what was done is kept: go on with fewer --jobs, or"
            " more memory"
        ) from None
    except (CancelledError, OSError):
        if future is not None and future.status == "error":
            raise  # of the function
        raise InputError(
            f"{client.scheduler.address}: the scheduler is gone; what was done is kept: start it"
            " again, and go on by the same command, with --resume where it has that"
        ) from None
    finally:
        if client.status == "running":
            client.cancel(list(places))


def results(
    function: Callable,
    tasks: Sequence[tuple],
    where: str | None = None,
    jobs: int | None = None,
    description: str = "",
) -> list:
    """What a function returns for the arguments of each task, in order, with a progress bar.

    See `connected` and `completed`.
    """
    from tqdm import tqdm

    found = [None] * len(tasks)
    with (
        connected(where, jobs if jobs is not None else enough(len(tasks))) as client,
        tqdm(total=len(tasks), desc=description, disable=None) as bar,
    ):
        for place, result in completed(client, function, tasks):
            found[place] = result
            bar.update()
    return found


def enough(n_tasks: int) -> int:
    """Processes of this machine for so many tasks: one each, as far as there are processors."""
    return max(1, min(n_processors(), n_tasks))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--jobs` and `--cluster`, which say who does the work of a command."""
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="processes of this machine (default: one for each processor)",
    )
    who.add_argument(
        "--cluster",
        metavar="WHERE",
        help="other machines: tcp://HOST:8786, the address of a Dask scheduler, or a file such as"
        " slurm.toml, by which SLURM starts workers; results are the same",
    )


# --- messages ---------------------------------------------------------------------------


@contextmanager
def heard_by(client: "Client", heard: Callable[[object], None]) -> Iterator[str]:
    """A topic for `tell`; `heard` is called, in another thread, with each message to it."""
    topic = f"spikinggrid-{uuid.uuid4().hex}"
    client.subscribe_topic(topic, lambda event: heard(event[1]))
    try:
        yield topic
    finally:
        if client.status == "running":
            client.unsubscribe_topic(topic)


def tell(topic: str, message: object) -> None:
    """Send the client a message from within a task: text, numbers, and lists of them."""
    from distributed import get_worker

    get_worker().log_event(topic, message)


# --- clients ----------------------------------------------------------------------------


def _quiet() -> None:
    """Silence Dask's logs: what matters is raised."""
    import distributed  # noqa: F401  sets levels of its own

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(SILENT)


@contextmanager
def _local(jobs: int) -> Iterator["Client"]:
    """Processes of this machine."""
    from distributed import Client, LocalCluster

    cluster = client = None
    try:
        with interrupts_held():
            cluster = LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                memory_limit=None,
                env={processors.VARIABLE: str(max(1, n_processors() // jobs))},
                dashboard_address="127.0.0.1:0",  # a server that is always there, at a free port
                scheduler_kwargs={"dashboard": False},
                silence_logs=SILENT,
                security=True,  # or other users of this machine could give them work
            )
            client = Client(cluster, set_as_default=False)
        yield client
    finally:
        with interrupts_held():
            if client is not None:
                cluster.sync(_end, cluster.workers.values())
                client.close()
            if cluster is not None:
                cluster.close()


async def _end(workers: Iterable["Nanny"]) -> None:
    """End all worker processes at once, whatever they are doing."""
    for nanny in workers:
        nanny.close_gracefully()  # that is, do not start it again
        with suppress(psutil.NoSuchProcess):
            if nanny.pid is not None:
                psutil.Process(nanny.pid).kill()


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
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if blocks else None
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
def _running(address: str) -> Iterator["Client"]:
    """The client of a scheduler that runs already."""
    from distributed import Client

    try:
        with warnings.catch_warnings(), interrupts_held():
            warnings.simplefilter("ignore")  # versions that matter are compared below
            client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{address}: no scheduler answers ({reason}); {EXAMPLES}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_FOR_WORKERS)
        except TimeoutError:
            raise InputError(
                f"{address}: has no workers; start some: dask worker {address} --nthreads 1"
            ) from None
        check_workers(client, address)
        yield client


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
    here = versions()
    for worker, there in client.run(versions, on_error="return").items():
        if isinstance(there, Exception):
            reason = str(there).partition("\n")[0]
            raise InputError(
                f"{address}: the worker {worker} cannot run SpikingGrid ({reason}); right would be"
                f" version {here['spikinggrid']}, as here"
            )
        for name, found in there.items():
            if found != here[name]:
                raise InputError(
                    f"{address}: the worker {worker} has {name} {found}; right would be"
                    f" {here[name]}, as here, for equal results"
                )


def versions() -> dict[str, str]:
    """Versions of what results depend on, and of what must read one another's messages."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Python": python} | {name: version(name) for name in (*PACKAGES, "distributed")}
