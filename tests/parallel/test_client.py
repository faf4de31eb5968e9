"""Work spread over processes: the same results, whoever does it and whoever dies."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest
from distributed import Client

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.parallel import client as cluster
from spikinggrid.parallel import workers
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation import simulator
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.processors import n_processors

ROOT = Path(__file__).parents[2]
SMALL = ["culture.n_neurons=500", "simulation.warmup=0 s", "simulation.duration=10 s"]


def square(number: int) -> int:
    return number**2


def refuse(number: int) -> None:
    raise InputError(f"culture.n_neurons: found {number}")


def speak(number: int, topic: str) -> None:
    cluster.tell(topic, [number, "half", 0.5])


def die_once(number: int, trace: Path) -> int:
    """Kill the worker at the first try of number 2."""
    if number == 2 and not trace.exists():
        trace.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def culture_of(seed: int, *overrides: str) -> str:
    """What was measured of a culture, to the digit: as text NaN is equal to itself."""
    trial = SPONTANEOUS.run(parameter_files.load("culture", [*SMALL, *overrides]), seed)
    assert trial.measured["n_spikes"] > 10, trial.failure
    return repr(trial.measured)


def interpreted_culture(seed: int) -> str:
    """By Brian2, without compiling anything."""
    simulator._engine("brian2")
    import brian2

    brian2.prefs.codegen.target = "numpy"
    return culture_of(
        seed, "simulation.engine=brian2", "simulation.duration=0.2 s", "noise.drive=9 mV"
    )


# --- on this machine ----------------------------------------------------------------------


def test_every_place_gets_its_result(client):
    found = dict(cluster.completed(client, square, [(number,) for number in range(50)]))
    assert found == {number: number**2 for number in range(50)}


def test_only_a_few_tasks_wait_with_the_scheduler(client):
    taken = []

    def numbers():
        for number in range(200):
            taken.append(number)
            yield (number,)

    for n_done, _ in enumerate(cluster.completed(client, square, numbers())):
        assert len(taken) <= n_done + 2 * cluster.IN_FLIGHT
    assert n_done == 199


def test_an_error_of_a_task_arrives_as_it_is(client):
    with pytest.raises(InputError, match=r"^culture\.n_neurons: found 3$"):
        list(cluster.completed(client, refuse, [(3,)]))
    assert dict(cluster.completed(client, square, [(3,)])) == {0: 9}


def test_the_work_of_a_killed_worker_is_done_again(client, tmp_path):
    tasks = [(number, tmp_path / "trace") for number in range(5)]
    assert dict(cluster.completed(client, die_once, tasks)) == {n: n for n in range(5)}
    assert (tmp_path / "trace").exists()


def test_work_that_kills_every_worker_is_told():
    with cluster.connected(jobs=2) as client, pytest.raises(InputError, match="want of memory"):
        list(cluster.completed(client, os._exit, [(1,)]))


def test_the_number_of_workers_changes_nothing(client):
    alone = [culture_of(seed) for seed in (1, 2, 3)]
    found = dict(cluster.completed(client, culture_of, [(1,), (2,), (3,)]))
    assert [found[place] for place in range(3)] == alone
    assert alone[0] != alone[1]


@pytest.mark.slow
def test_workers_can_use_brian(client, numpy_target):
    assert dict(cluster.completed(client, interpreted_culture, [(1,)])) == {
        0: interpreted_culture(1)
    }


def test_what_a_task_says_is_heard(client):
    heard = []
    with cluster.heard_by(client, lambda message: heard.append(list(message))) as topic:
        dict(cluster.completed(client, speak, [(1, topic), (2, topic)]))
        deadline = time.monotonic() + 5
        while len(heard) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert sorted(heard) == [[1, "half", 0.5], [2, "half", 0.5]]


def test_workers_share_the_processors(client):
    found = dict(cluster.completed(client, n_processors, [()] * 4))
    assert set(found.values()) == {max(1, n_processors() // 2)}


def test_a_single_process_is_this_one():
    with cluster.connected(jobs=1) as client:
        assert dict(cluster.completed(client, os.getpid, [()] * 2)) == dict.fromkeys(
            (0, 1), os.getpid()
        )
        heard = []
        with cluster.heard_by(client, heard.append) as topic:
            dict(cluster.completed(client, speak, [(1, topic), (2, topic)]))
        assert heard == [[1, "half", 0.5], [2, "half", 0.5]]
        assert cluster.n_workers(client) == 1
    assert cluster.gather(square, [(3,), (4,)], jobs=1) == [9, 16]


@pytest.mark.parametrize("jobs", [0, -1, 10**6])
def test_impossible_numbers_of_workers_are_refused(jobs):
    with pytest.raises(InputError, match=f"--jobs: found {jobs}; right would be 1 to"):
        cluster.gather(square, [(1,)], jobs=jobs)


PROGRAM = """
import signal, sys, time
from spikinggrid.parallel import client as cluster
from spikinggrid.parallel import workers
signal.signal(signal.SIGINT, signal.default_int_handler)
if __name__ == "__main__":
    try:
        with cluster.connected(jobs=2) as client:
            print("ready", flush=True)
            list(cluster.completed(client, time.sleep, [(100,)] * 9))
    except KeyboardInterrupt:
        sys.exit(130)
"""


def started(tmp_path) -> tuple[subprocess.Popen, list[psutil.Process]]:
    """A process that waits for its two workers, and these."""
    (tmp_path / "program.py").write_text(PROGRAM)
    run = subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout.readline() == "ready\n"
    time.sleep(0.5)
    children = psutil.Process(run.pid).children()
    workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    assert len(workers) == 2
    return run, workers


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_ctrl_c_ends_everything_at_once_and_quietly(tmp_path):
    run, workers = started(tmp_path)
    begin = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=10)
    assert time.monotonic() - begin < 3
    assert (run.returncode, out, err) == (130, "", "")
    assert not psutil.wait_procs(workers, timeout=1)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_workers_end_when_the_program_is_killed(tmp_path):
    run, workers = started(tmp_path)
    run.kill()
    assert not psutil.wait_procs(workers, timeout=5)[1]
    run.communicate()


SCRIPT = """
import os
from spikinggrid.parallel import client

def square(number):
    return number**2, os.getpid() != PARENT

PARENT = os.getpid()
print(client.gather(square, [(3,), (4,)], jobs=2), __file__)
"""


def test_a_script_is_not_run_again_by_its_workers(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    run = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.stdout == f"[(9, True), (16, True)] {tmp_path / 'script.py'}\n"


# --- on other machines --------------------------------------------------------------------


@pytest.mark.parametrize("where", ["nowhere", "http://host:8786", "host:8786"])
def test_a_place_that_is_none_is_told(where):
    with (
        pytest.raises(InputError, match=r"--cluster: found .* tcp://HOST:8786"),
        cluster.connected(where),
    ):
        pass


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with pytest.raises(InputError) as told, cluster.connected("tcp://127.0.0.1:9"):
        pass
    assert "tcp://127.0.0.1:9: no scheduler answers" in str(told.value)
    assert "\n" not in str(told.value)


class Machines:
    """A scheduler on this machine's loopback, and workers that the test starts and kills."""

    def __init__(self, folder: Path):
        self.address_file = folder / "scheduler.json"
        self.running = []
        self.scheduler = self.start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        deadline = time.monotonic() + 30
        while not self.address_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    @property
    def address(self) -> str:
        return json.loads(self.address_file.read_text())["address"]

    def start(self, module: str, *arguments: str, path: Path = ROOT) -> subprocess.Popen:
        line = ["-m", f"distributed.cli.{module}", "--no-dashboard", "--scheduler-file"]
        run = subprocess.Popen(
            [sys.executable, *line, str(self.address_file), *arguments],
            cwd=path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.running.append(run)
        return run

    def add_worker(self, *arguments: str, path: Path = ROOT) -> subprocess.Popen:
        return self.start("dask_worker", "--no-nanny", *arguments, path=path)

    def wait_until_without_workers(self) -> None:
        """Until the scheduler has noticed that those it had are dead."""
        deadline = time.monotonic() + 30
        with Client(self.address, set_as_default=False) as client:
            while client.nthreads() and time.monotonic() < deadline:
                time.sleep(0.05)

    def stop(self) -> None:
        for run in self.running:
            run.kill()
            run.wait()


@pytest.fixture
def machines(tmp_path):
    machines = Machines(tmp_path)
    yield machines
    machines.stop()


def test_a_machine_that_dies_in_the_middle_changes_nothing(machines):
    workers = [machines.add_worker("--nthreads", "1") for _ in range(2)]
    alone = [culture_of(seed) for seed in range(8)]
    with cluster.connected(machines.address) as client:
        client.wait_for_workers(2, timeout=30)
        found = {}
        for place, trial in cluster.completed(client, culture_of, [(seed,) for seed in range(8)]):
            found[place] = trial
            workers[0].kill()
    assert [found[place] for place in range(8)] == alone


def test_a_scheduler_that_goes_is_told(machines, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    machines.add_worker("--nthreads", "1")
    with (
        cluster.connected(machines.address) as client,
        pytest.raises(InputError, match="the scheduler is gone; what was done is kept"),
    ):
        for _ in cluster.completed(client, time.sleep, [(0.1,)] * 100):
            machines.scheduler.kill()


def refused(machines: Machines) -> str:
    with pytest.raises(InputError) as told, cluster.connected(machines.address):
        pass
    return str(told.value)


def test_workers_that_do_not_fit_are_refused(machines, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "PATIENCE_FOR_WORKERS", 0.5)
    assert "has no workers; start some: dask worker tcp://" in refused(machines)
    monkeypatch.undo()
    (tmp_path / "spikinggrid").mkdir()
    (tmp_path / "spikinggrid" / "__init__.py").write_text('raise ImportError("it is broken")')
    worker = machines.add_worker("--nthreads", "1", path=tmp_path)
    said = refused(machines)
    assert "cannot run SpikingGrid" in said and "it is broken" in said and "\n" not in said
    worker.kill()
    machines.wait_until_without_workers()
    machines.add_worker("--nthreads", "2")
    assert "has 2 threads; start workers of one: dask worker" in refused(machines)


def test_workers_with_other_versions_are_refused(machines, monkeypatch):
    machines.add_worker("--nthreads", "1")
    here = workers.worker_versions() | {"spikinggrid": "0.0.1"}
    monkeypatch.setattr(workers, "comparable_versions", lambda *more: here)
    found = version("spikinggrid")
    assert f"has spikinggrid {found}; right would be 0.0.1, as here, for" in refused(machines)
