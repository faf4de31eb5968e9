"""The store of simulated cultures: nothing is lost, nothing is mixed, one writer at a time."""

import json
import math
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.assays.assay import Trial
from spikinggrid.fitting import store_lines
from spikinggrid.fitting.simulation_store import Key, Record, SimulationStore, read
from spikinggrid.utils.errors import InputError

PLAN = {"parameters": 'x = 1\n[a]\ny = "2 mV"\n', "bounds": ["a=1:2", "b=1:3"], "population": 4}
TRIAL = Trial({"fir.rate": 0.1 + 0.2, "responses": [[1.5, 1 / 3]]})


def fill(path: Path, n: int = 3, plan=PLAN) -> list[Record]:
    """Make a store of some cultures."""
    with SimulationStore(path, plan) as store:
        for number in range(n):
            store.add(Key((0.1 * number, 1 / 3), number), TRIAL, 1.25)
        return list(store)


def refused(path: Path, plan=PLAN, restart: bool = False) -> str:
    """The one line by which a store is refused; the file stays as it was."""
    before = path.read_bytes()
    with pytest.raises(InputError) as told:
        SimulationStore(path, plan, restart=restart)
    assert path.read_bytes() == before
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)
    return str(told.value)


# --- what is kept -----------------------------------------------------------------------


measured = st.dictionaries(
    st.text(max_size=5), st.floats() | st.lists(st.floats(allow_nan=False), max_size=3), max_size=3
)


@given(
    st.lists(st.floats(0, 1), max_size=3).map(tuple),
    st.integers(0, 2**70),
    st.none() | st.integers(0, 9),
    st.builds(Trial, measured, st.text(max_size=9), st.floats(0, 1)),
)
def test_cultures_are_kept_bit_for_bit(tmp_path_factory, point, seed, number, trial):
    path = tmp_path_factory.mktemp("store") / "x.jsonl"
    with SimulationStore(path, PLAN) as store:
        store.add(Key(point, seed, number), trial, 1.5)
    with SimulationStore(path, PLAN) as store:
        (record,) = store
    assert repr(record) == repr(Record(Key(point, seed, number), trial, 1.5))
    assert [json.loads(line)["crc32"] for line in path.read_text().splitlines()]


def test_a_store_goes_on_where_it_was(tmp_path):
    path = tmp_path / "x.jsonl"
    records = fill(path)
    with SimulationStore(path, PLAN) as store:
        assert store.story == f"{path}: goes on with the 3 cultures that it holds"
        assert (list(store), store.seconds) == (records, 3.75)
        missing = Key((1.0, 1.0), 9)
        assert store.missing([records[0].key, missing, missing]) == [missing]
        assert store[records[1].key] == TRIAL
        store.add(missing, Trial(failure="silent", survived=0.25), 0.0)
    assert read(path) == (PLAN, [*records, Record(missing, Trial({}, "silent", 0.25), 0.0)])


def test_a_store_begins_anew_where_that_is_asked_for(tmp_path):
    path = tmp_path / "x.jsonl"
    fill(path)
    with SimulationStore(path, PLAN | {"population": 8}, restart=True) as store:
        assert store.story == f"{path}: starts over, without the 3 cultures that it held"
        assert len(store) == 0
        store.add(Key((0.5,), 1), TRIAL, 1.0)
    assert read(path)[0]["population"] == 8
    assert len(read(path)[1]) == 1


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SimulationStore(None, PLAN) as store:
        store.add(Key((0.5,), 1), TRIAL, 1.0)
        assert Key((0.5,), 1) in store
    assert list(tmp_path.iterdir()) == []


def test_a_new_store_without_cultures_does_not_stay(tmp_path):
    SimulationStore(tmp_path / "x.jsonl", PLAN).close()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine.jsonl").touch()
    SimulationStore(tmp_path / "mine.jsonl", PLAN).close()
    assert (tmp_path / "mine.jsonl").exists()


# --- what is refused --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (PLAN | {"population": 8}, "holds simulations with other population: 4, and here 8; give"),
        (PLAN | {"bounds": ["a=1:2", "b=1:4"]}, "other bounds: b=1:3, and here b=1:4"),
        (PLAN | {"bounds": ["a=1:2"]}, "other bounds: b=1:3, and here nothing"),
        (
            PLAN | {"parameters": 'x = 1\n[a]\ny = "3 mV"\n'},
            "other parameters: a.y is 2 mV there, and here 3 mV",
        ),
        (PLAN | {"parameters": 'x = 1\n[a]\ny =  "2 mV"\n'}, "with other parameters; give another"),
        (PLAN | {"parameters": "x = 1\n"}, "other parameters: a.y is 2 mV there, and here nothing"),
        ({"values": {"a": ["1"]}}, "holds simulations of another kind, without values"),
        (PLAN | {"step": 0.1}, "holds simulations of another kind, without step"),
    ],
)
def test_cultures_of_another_plan_are_refused(tmp_path, plan, said):
    fill(tmp_path / "x.jsonl")
    message = refused(tmp_path / "x.jsonl", plan)
    assert said in message
    assert message.endswith("give another file, or start over by --restart")


def test_cultures_made_with_other_versions_are_refused(tmp_path, monkeypatch):
    fill(tmp_path / "x.jsonl")
    here = store_lines.comparable_versions()
    monkeypatch.setattr(store_lines, "comparable_versions", lambda: here | {"numpy": "99.0"})
    said = f"was made with numpy {here['numpy']}, and here is 99.0"
    assert said in refused(tmp_path / "x.jsonl")


@pytest.mark.parametrize(
    "content",
    [
        b"Time (s),Electrode\n0.1,3\n",
        b"not JSON",
        b"\x89HDF\r\n\x1a\n\x00\x00",
        b"\x00" * 5000,
        b"\xff\xfe{\n",
        b"[1, 2]\n",
        b"[" * 100_000 + b"\n",
        b'{"format": "SpikingGrid fit", "plan": {}}\n',
        b'{"something": 1}\n{"point": [0.5]}\n',
        b"\n\n",
    ],
)
@pytest.mark.parametrize("restart", [False, True])
def test_what_is_no_store_is_never_replaced(tmp_path, content, restart):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    assert "holds no simulations" in refused(path, restart=restart)
    with pytest.raises(InputError, match="holds no simulations"):
        read(path)


def test_a_store_of_a_later_format_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.jsonl"
    monkeypatch.setattr(store_lines, "FORMAT_VERSION", 2)
    fill(path)
    monkeypatch.undo()
    assert "has version 2 of the format; this program reads 1" in refused(path)


def test_a_damaged_head_can_be_begun_anew(tmp_path):
    path = tmp_path / "x.jsonl"
    fill(path)
    path.write_text(path.read_text().replace("2 mV", "3 mV"))
    assert "line 1 is damaged; start over by --restart" in refused(path)
    with SimulationStore(path, PLAN, restart=True) as store:
        assert "starts over, without the 3 cultures" in store.story


@pytest.mark.parametrize(
    "line",
    ["{", "", "[]", "{}", '{"point": [0.5]}', "[" * 100_000, "\x00\x00\x00", ', "crc32": 0}'],
)
def test_a_damaged_line_is_named_and_can_be_begun_anew(tmp_path, line):
    path = tmp_path / "x.jsonl"
    fill(path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], line, *lines[2:]]) + "\n")
    assert "line 3 is damaged; delete that line, or start over by --restart" in refused(path)
    with pytest.raises(InputError, match="line 3 is damaged"):
        read(path)
    SimulationStore(path, PLAN, restart=True).close()


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"point": 1},
        {"point": ["a"], "seed": 1},
        {"format": 1},
        {"point": [0.5], "measured": []},
    ],
)
def test_a_whole_line_of_something_else_is_damaged(tmp_path, content):
    path = tmp_path / "x.jsonl"
    fill(path)
    head, first, *more = path.read_bytes().splitlines(keepends=True)
    odd = store_lines._line(content)
    for lines, number in (([head, odd, *more], 2), ([head, first, head, *more], 3)):
        path.write_bytes(b"".join(lines))
        assert f"line {number} is damaged" in refused(path)
    path.write_bytes(b"".join([store_lines._line({"format": store_lines.FORMAT}), first, *more]))
    assert "line 1 is damaged" in refused(path)


@given(st.data())
def test_any_cut_is_survived_and_any_other_byte_is_told(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("store") / "x.jsonl"
    records = fill(path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        path.write_bytes(content[:place])
        with SimulationStore(path, PLAN) as store:
            assert list(store) == records[: len(store)]
        return
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        with SimulationStore(path, PLAN) as store:
            assert list(store) == records[:2]  # the end of the last line was taken for a cut
            assert place == len(content) - 1
    except InputError as error:
        assert "\n" not in str(error)
        assert str(error).startswith(f"{path}: ")


def test_folders_pipes_and_places_that_cannot_be_written_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        SimulationStore(tmp_path, PLAN)
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        SimulationStore(tmp_path / "nowhere" / "x.jsonl", PLAN)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: is no regular file"):
        SimulationStore(tmp_path / "pipe", PLAN)
    with pytest.raises(InputError, match="null: is no regular file"):
        SimulationStore("/dev/null", PLAN)


# --- power cuts, full disks -------------------------------------------------------------


@pytest.mark.parametrize("n_lost", [1, 7, 150])
def test_a_line_that_was_cut_off_is_dropped(tmp_path, n_lost):
    path = tmp_path / "x.jsonl"
    records = fill(path)
    content = path.read_bytes()
    path.write_bytes(content[:-n_lost])
    with SimulationStore(path, PLAN) as store:
        assert list(store) == records[:2]
        store.add(records[2].key, records[2].trial, records[2].seconds)
    assert path.read_bytes() == content


def test_zeros_at_the_end_are_dropped(tmp_path):
    path = tmp_path / "x.jsonl"  # what some file systems leave after a power cut
    records = fill(path)
    path.write_bytes(path.read_bytes() + b"\x00" * 400)
    with SimulationStore(path, PLAN) as store:
        assert list(store) == records


def test_a_head_that_was_cut_off_begins_anew(tmp_path):
    path = tmp_path / "x.jsonl"
    fill(path)
    head = path.read_bytes().splitlines()[0]
    for length in (1, 20, len(head)):
        path.write_bytes(head[:length])
        SimulationStore(path, PLAN).close()
        assert path.read_bytes() == head + b"\n"


def test_a_disk_that_is_full_at_once_leaves_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        with pytest.raises(InputError, match="cannot be written: File too large"):
            SimulationStore(tmp_path / "x.jsonl", PLAN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_costs_one_culture_and_is_one_line(tmp_path):
    program = """
import resource, sys
from spikinggrid.fitting.simulation_store import *
from spikinggrid.utils.errors import exit_code
def work():
    with SimulationStore("x.jsonl", {"a": 1}) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        for seed in range(1000):
            store.add(Key((0.5,), seed), Trial({"rate": 0.1}), 1.0)
sys.exit(exit_code(work))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    said = "x.jsonl: cannot be written: File too large; what was done is kept\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", said)
    content = (tmp_path / "x.jsonl").read_bytes()
    assert content.endswith(b"}\n")
    assert 800 < len(content) <= 1000
    _, records = read(tmp_path / "x.jsonl")
    assert [record.key.seed for record in records] == list(range(len(records)))


# --- two processes ----------------------------------------------------------------------

HOLDER = """
import sys, time
from spikinggrid.fitting.simulation_store import *
store = SimulationStore("x.jsonl", {"a": 1})
store.add(Key((0.5,), 1), Trial({"rate": 0.1}), 1.0)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_second_writer_is_refused_until_the_first_has_ended(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        for restart in (False, True):
            said = refused(Path("x.jsonl"), {"a": 1}, restart)
            assert "another process is writing it" in said
        assert len(read("x.jsonl")[1]) == 1  # to look at it is no harm
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    with SimulationStore("x.jsonl", {"a": 1}) as store:
        assert len(store) == 1


def test_of_many_that_begin_at_once_one_writes(tmp_path):
    path, begun, n_refused = tmp_path / "x.jsonl", [], []
    barrier = threading.Barrier(8)

    def begin() -> None:
        barrier.wait()
        try:
            begun.append(SimulationStore(path, PLAN))
        except InputError:
            n_refused.append(1)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(begun), len(n_refused)) == (1, 7)
    begun[0].add(Key((0.5,), 1), TRIAL, 1.0)
    begun[0].close()
    assert len(read(path)[1]) == 1


def test_a_file_deleted_under_a_writer_is_not_taken_over(tmp_path):
    path = tmp_path / "x.jsonl"
    first = SimulationStore(path, PLAN)
    path.unlink()
    with SimulationStore(path, PLAN) as second:
        second.add(Key((0.5,), 1), TRIAL, 1.0)
    assert math.isclose(len(read(path)[1]), 1)
    first.close()
