"""Workers from SLURM: the file that asks for them, the job it makes, and what is refused.

No SLURM is needed: where jobs run, scripts in its place start them on this machine.
"""

import gc
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from spikinggrid.parallel import client as cluster
from spikinggrid.parallel import slurm
from spikinggrid.utils.errors import InputError

FILE = """
queue = "long"
account = "neuro"
cores = 2
memory = "3 GB"
walltime = "26.5 h"
jobs = 1
prologue = ["module load gcc", "export A=1"]
directives = ["--constraint=avx2"]
"""

#: Starts the job at once, if it is not asked for a test alone.
SBATCH = """#!/bin/sh
if [ "$1" = --test-only ]; then
    exit 0
fi
cp "$1" "$0.job"
setsid sh "$0.job" >"$0.log" 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
kill -9 -- "-$1"
"""


pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def no_litter():
    """Close files that dask-jobqueue leaves open here, not in a test that takes no warnings."""
    yield
    gc.collect()


@pytest.fixture
def file(tmp_path) -> Path:
    """A file as a user writes it."""
    path = tmp_path / "slurm.toml"
    path.write_text(FILE)
    return path


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """A function that puts a command into the search path."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def add(name: str, script: str) -> None:
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    return add


def refused(path) -> str:
    with pytest.raises(InputError) as told, cluster.connected(str(path)):
        pass
    return str(told.value)


def test_the_job_is_what_the_file_says(file):
    made = slurm.started(str(file), slurm.load(str(file)))
    lines = made.job_script().splitlines()
    made.close()
    directives = {line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")}
    assert {
        "-J spikinggrid",
        "-p long",
        "-A neuro",
        "--cpus-per-task=2",
        "--mem=3G",
        "-t 26:30:00",
        "--constraint=avx2",
    } < directives
    *_, first, second, third, command = [line for line in lines if line]
    assert first == "export SPIKINGGRID_PROCESSORS=1"
    assert (second, third) == ("module load gcc", "export A=1")
    assert command.startswith(f"{sys.executable} -m distributed.cli.dask_worker tls://")
    assert "--nthreads 1" in command and "--nworkers 2" in command
    assert "--memory-limit 0 " in command and "--tls-key " in command


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("queue", "quee", "quee: unknown key; did you mean queue?"),
        ("cores = 2", "", "cores: is missing; for example cores = 16"),
        ("cores = 2", "cores = 0", "cores: found 0: "),
        ("jobs = 1", 'jobs = "two"', "jobs: found 'two': "),
        ('"3 GB"', "3", "memory: found 3: "),
        ('"3 GB"', '"3 GHz"', "memory: '3 GHz' is not a whole number with a unit"),
        ('"3 GB"', '"GB"', "memory: 'GB' is not a whole number with a unit"),
        ('"26.5 h"', '"26.5"', "walltime: '26.5' has no unit; for example walltime = \"4 h\""),
        ('"26.5 h"', '"26.5 mV"', "walltime: '26.5 mV' is in mV, not in a unit of time"),
        ('"26.5 h"', '"1 s"', "walltime: found 1 s: "),
        ('["module load gcc", "export A=1"]', '"ls"', "prologue: found 'ls': "),
        ("cores", "[", "is not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_with_its_key(file, old, new, said):
    file.write_text(FILE.replace(old, new, 1))
    message = refused(file)
    assert message.startswith(f"{file}: ")
    assert said in message
    assert "\n" not in message


def test_a_file_that_is_not_there_is_told(tmp_path):
    assert "slurm.toml: cannot be read: No such file" in refused(tmp_path / "slurm.toml")


def test_what_is_missing_is_named(file, monkeypatch, tmp_path):
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "dask_jobqueue", None)
        assert "needs dask-jobqueue: pip install 'spikinggrid[slurm]'" in refused(file)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "sbatch is not on this machine" in refused(file)


def test_a_network_that_is_none_is_told(file):
    file.write_text(f'{FILE}interface = "nowhere0"\n')
    assert "no scheduler can be started here: " in refused(file)


def test_what_slurm_refuses_is_told(file, commands):
    commands("sbatch", "#!/bin/sh\necho sbatch: error >&2\necho Invalid partition >&2\nexit 1\n")
    assert refused(file) == f"{file}: SLURM refuses the job: Invalid partition"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_jobs_do_the_work_and_end_with_the_block(file, commands):
    commands("sbatch", SBATCH)
    commands("scancel", SCANCEL)
    with cluster.connected(str(file)) as client:
        pids = dict(cluster.completed(client, os.getpid, [()] * 8))
        assert os.getpid() not in pids.values()
    assert sorted(pids) == list(range(8))
    deadline = time.monotonic() + 10
    while any(map(psutil.pid_exists, pids.values())):
        assert time.monotonic() < deadline
        time.sleep(0.05)
