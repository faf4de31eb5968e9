"""Workers that SLURM starts on the nodes of a cluster, as a TOML file says.

    queue = "normal"               # partition
    cores = 16                     # of each job; one worker process for each
    memory = "32 GB"               # of each job
    walltime = "4 h"               # of each job; one that runs out is replaced
    jobs = 4
    prologue = ["module load gcc"] # lines of shell before the workers start

The nodes must see the Python of this program and the folder of the file under the same paths, and
reach this machine. A key that only this user can read lies in that folder while the jobs run, and
keeps others from giving them work.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from spikinggrid.parallel.workers import check_workers, interrupts_held
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.tables.base import Table, Time, key, optional
from spikinggrid.utils import processors
from spikinggrid.utils.errors import InputError

if TYPE_CHECKING:
    from dask_jobqueue import SLURMCluster
    from distributed import Client

MEMORY_UNITS = ("MB", "GB", "TB", "MiB", "GiB", "TiB")


def _memory(text: str) -> str:
    number = text.rstrip("MGTiB").strip()
    if (
        text[len(number) :].strip() not in MEMORY_UNITS
        or not number.isdecimal()
        or int(number) == 0
    ):
        raise ValueError(f"{text!r} is not a whole number with a unit ({', '.join(MEMORY_UNITS)})")
    return text


class SlurmTable(Table):
    """The jobs to start."""

    queue: str | None = optional("partition that takes the jobs", "normal")
    account: str | None = optional("who pays for the time", "neuro")
    cores: int = key("processors of each job, one worker process for each", 16, ge=1, le=10_000)
    memory: Annotated[str, AfterValidator(_memory)] = key("memory of each job", "32 GB")
    walltime: Time = key(
        "longest time of each job; one that runs out is replaced", "4 h", ge=60, le=1e8
    )
    jobs: int = key("number of jobs", 4, ge=1, le=10_000)
    prologue: list[str] | None = optional(
        "lines of shell before the workers start", ["module load gcc"]
    )
    directives: list[str] | None = optional(
        "further options of sbatch", ["--constraint=avx2", "--output=/dev/null"]
    )
    interface: str | None = optional("network that nodes and this machine share", "ib0")


def load(path: str) -> SlurmTable:
    """Read a file that says what jobs to start.

    Raises
    ------
    InputError
        If it cannot be read or its content is wrong; one line for every mistake, with its key.
    """
    return parameter_files.load_table(path, SlurmTable)


@contextmanager
def client(path: str) -> Iterator["Client"]:
    """Start workers by SLURM, which end with the block; see `client.connected`.

    Waits until the first job has started, however long that takes.

    Raises
    ------
    InputError
        If the file cannot be used, dask-jobqueue or SLURM is missing, or SLURM refuses the jobs.
    """
    from distributed import Client

    table = load(path)
    cluster = None
    try:
        with interrupts_held():
            cluster = started(path, table)
        _test(path, cluster.job_script())
        cluster.adapt(minimum_jobs=table.jobs, maximum_jobs=table.jobs)  # replaces lost ones
        with Client(cluster, set_as_default=False) as connection:
            print(f"{path}: waiting for the first of {table.jobs} jobs to start", file=sys.stderr)
            connection.wait_for_workers(1)
            check_workers(connection, path)
            yield connection
    finally:
        if cluster is not None:
            cluster.close()


def started(path: str, table: SlurmTable) -> "SLURMCluster":
    """Return a scheduler in this process that can start the jobs, none of them started yet.

    Parameters
    ----------
    path : str
        File of the table, which messages name.
    table : SlurmTable

    Raises
    ------
    InputError
        If dask-jobqueue is missing, or the network cannot be used.
    """
    try:
        with interrupts_held():  # or its import would have Ctrl-C end this process at once
            from dask_jobqueue import SLURMCluster
    except ImportError:
        raise InputError(f"{path}: needs dask-jobqueue: pip install 'spikinggrid[slurm]'") from None
    minutes, seconds = divmod(round(table.walltime), 60)
    try:
        return SLURMCluster(
            queue=table.queue,
            account=table.account,
            cores=table.cores,
            processes=table.cores,
            memory=table.memory,
            worker_extra_args=["--memory-limit", "0"],  # SLURM sees to that
            walltime=f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}",
            job_script_prologue=[f"export {processors.VARIABLE}=1", *(table.prologue or [])],
            job_extra_directives=table.directives or [],
            interface=table.interface,
            job_name="spikinggrid",
            security=True,
            shared_temp_directory=str(Path(path).resolve().parent),
            scheduler_options={"dashboard": False, "dashboard_address": ":0"},
        )
    except (ValueError, OSError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path}: no scheduler can be started here: {reason}") from None


def _test(path: str, script: str) -> None:
    """Have SLURM look at the job before it is started, since nobody waits for what it says then."""
    if shutil.which("sbatch") is None:
        raise InputError(f"{path}: sbatch is not on this machine; right would be a node of SLURM")
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        tested = subprocess.run(
            ["sbatch", "--test-only", file.name], capture_output=True, text=True, check=False
        )
    if tested.returncode:
        reason = tested.stderr.strip().splitlines() or ["no reason given"]
        raise InputError(f"{path}: SLURM refuses the job: {reason[-1]}")
