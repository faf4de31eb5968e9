"""Work spread over processors: of this machine, of a running scheduler, or of a SLURM cluster.

    with connected(where, jobs) as client:
        for place, result in completed(client, function, tasks):
            ...

    gather(function, tasks, where, jobs)    all results, in order
    n_workers(client)                       how many tasks are worked on at once

What a task says by `tell`, such as how far it is, reaches the client by `heard_by`.

A Dask client does the work of fits, benchmarks, sweeps and scripts, or this process itself where
it would be the only one. A result depends on the arguments of its task alone, so neither the number
of workers nor their order matters; a task whose worker dies is done again by another one.
"""

import itertools
import logging
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psutil

from spikinggrid.parallel.workers import check_workers, interrupts_held, main_hidden
from spikinggrid.utils import processors
from spikinggrid.utils.errors import InputError, path_text, quoted, shortened
from spikinggrid.utils.processors import n_processors
from spikinggrid.utils.progress import NO_PROGRESS, Progress

if TYPE_CHECKING:  # importing it takes a second
    from distributed import Client, Future, Nanny

#: So many tasks for each worker are with the scheduler at a time: one to do, one to go on with.
IN_FLIGHT = 2

#: Processes of one machine, unless it has more processors: each takes some hundred MB.
MOST_JOBS = 64

#: A scheduler that does not answer in this time (s) is not there ...
PATIENCE = 10.0

#: ... and one that has no worker by this time will have none.
PATIENCE_FOR_WORKERS = 30.0

#: A level of logging that nothing reaches.
SILENT = logging.CRITICAL + 1

EXAMPLES = "right would be tcp://HOST:8786, a running scheduler, or a file such as slurm.toml"


#: Who listens to what tasks of this process say, by topic.
_LISTENERS: dict[str, Callable[[Any], None]] = {}


class ThisProcess:
    """Does the work itself, one task after the other: no other process is started."""


@contextmanager
def connected(
    where: str | None = None, jobs: int | None = None
) -> Iterator["Client | ThisProcess"]:
    """Connect to workers of one thread each, which end with the block, however it ends.

    Parameters
    ----------
    where : str, optional
        Address of a running scheduler ("tcp://host:8786"), whose workers outlive the block, or
        a file by which SLURM starts workers (see `slurm`); processes of this machine unless given.
    jobs : int, optional
        Number of processes of this machine; one for each processor unless given. A single one is
        this process.

    Yields
    ------
    distributed.Client or ThisProcess
        For `completed`.

    Raises
    ------
    InputError
        If the scheduler cannot be reached, has no workers, or workers whose results could differ
        (another Python, other versions), or the file cannot be used.
    """
    most = max(MOST_JOBS, n_processors())
    if jobs is not None and not 1 <= jobs <= most:
        raise InputError(f"--jobs: found {jobs}; right would be 1 to {most} on this machine")
    jobs = jobs or n_processors()
    if where is None and jobs == 1:
        yield ThisProcess()
        return
    _quiet()
    if where is None:
        opened = _local(jobs)
    elif where.startswith(("tcp://", "tls://")):
        opened = _running(where)
    elif where.endswith(".toml"):
        from spikinggrid.parallel import slurm

        opened = slurm.client(where)
    else:
        raise InputError(f"--cluster: found {quoted(where)}; {EXAMPLES}")
    with opened as client:
        yield client


def completed(
    client: "Client | ThisProcess", function: Callable[..., Any], tasks: Iterable[tuple]
) -> Iterator[tuple[int, Any]]:
    """Call a function with the arguments of each task.

    Parameters
    ----------
    client : distributed.Client or ThisProcess
        From `connected`.
    function : callable
        A task is done again if its worker dies: it must give the same, and may write a file only
        if that is no harm.
    tasks : iterable of tuple
        Arguments; are taken only as fast as they are worked on.

    Yields
    ------
    place : int
        Of the task among all of them.
    result : object
        In order of completion.

    Raises
    ------
    InputError
        If a task keeps killing its worker, or the scheduler is gone.
    Exception
        Whatever the function raises.
    """
    if isinstance(client, ThisProcess):
        for place, arguments in enumerate(tasks):
            yield place, function(*arguments)
        return
    from distributed import KilledWorker, as_completed

    waiting = enumerate(tasks)
    places: dict[Future, int] = {}
    future = None
    ended = as_completed(loop=client.loop)
    try:
        while True:
            if client.status != "running":
                raise ConnectionError
            room = IN_FLIGHT * n_workers(client) - len(places)
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
            " again, and go on by the same command"
        ) from None
    finally:
        if client.status == "running":
            client.cancel(list(places))


def gather(
    function: Callable[..., Any],
    tasks: Sequence[tuple],
    where: str | None = None,
    jobs: int | None = None,
    progress: Progress = NO_PROGRESS,
) -> list[Any]:
    """Return what a function returns for the arguments of each task, in order.

    Parameters
    ----------
    function, tasks
        See `completed`.
    where, jobs : optional
        See `connected`; without either, as many processes as are of use.
    progress : Progress
        Counts tasks.

    Raises
    ------
    InputError
        As `connected` and `completed`.
    """
    jobs = enough(len(tasks)) if jobs is None else jobs
    with connected(where, jobs) as client:
        done = {}
        for place, result in completed(client, function, tasks):
            done[place] = result
            progress.advance()
    return [done[place] for place in range(len(tasks))]


def enough(n_tasks: int) -> int:
    """Return how many processes of this machine are of use for so many tasks."""
    return max(1, min(n_processors(), n_tasks))


def n_workers(client: "Client | ThisProcess") -> int:
    """Return how many tasks are worked on at once, 1 or more."""
    return 1 if isinstance(client, ThisProcess) else max(1, len(client.nthreads()))


# --- messages ---------------------------------------------------------------------------


@contextmanager
def heard_by(client: "Client | ThisProcess", listener: Callable[[Any], None]) -> Iterator[str]:
    """Listen to what tasks say.

    Parameters
    ----------
    client : distributed.Client or ThisProcess
    listener : callable
        Is called with each message, in another thread unless tasks are done by this process.

    Yields
    ------
    str
        Topic for `tell`.
    """
    topic = f"spikinggrid-{uuid.uuid4().hex}"
    if isinstance(client, ThisProcess):
        _LISTENERS[topic] = listener
        try:
            yield topic
        finally:
            del _LISTENERS[topic]
        return
    client.subscribe_topic(topic, lambda event: listener(event[1]))
    try:
        yield topic
    finally:
        if client.status == "running":
            client.unsubscribe_topic(topic)


def tell(topic: str, message: object) -> None:
    """Send the client a message from within a task: text, numbers, and lists of them."""
    if topic in _LISTENERS:
        _LISTENERS[topic](message)
        return
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
    """Start processes of this machine."""
    from distributed import Client, LocalCluster

    cluster: LocalCluster | None = None
    client: Client | None = None
    with main_hidden():
        try:
            with interrupts_held():
                cluster = LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    memory_limit=None,
                    env={processors.VARIABLE: str(max(1, n_processors() // jobs))},
                    # a server that is always there, at a free port
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=SILENT,
                    security=True,  # or other users of this machine could give them work
                )
                client = Client(cluster, set_as_default=False)
            yield client
        finally:
            with interrupts_held():
                if cluster is not None and client is not None:
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
def _running(address: str) -> Iterator["Client"]:
    """Connect to a scheduler that runs already."""
    from distributed import Client

    try:
        with warnings.catch_warnings(), interrupts_held():
            warnings.simplefilter("ignore")  # versions that matter are compared below
            client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = shortened(str(error).partition("\n")[0])
        raise InputError(
            f"{path_text(address)}: no scheduler answers ({reason}); {EXAMPLES}"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_FOR_WORKERS)
        except TimeoutError:
            raise InputError(
                f"{address}: has no workers; start some: dask worker {address} --nthreads 1"
            ) from None
        check_workers(client, address)
        yield client
