"""What `scripts/interruptions.py` finds wrong with work that was broken off."""

import json

import pytest

from spikinggrid.utils import hdf5
from tests.scripts import load_script

script = load_script("interruptions")

SWEEP = script.JOBS["sweep"]


@pytest.fixture
def outcome():
    return script.Outcome("kill -9", "sweep", "at once")


def test_times_do_not_count_but_all_else_does():
    one = {"a": [1, {"seconds": 3, "b": 2}], "crc32": 5}
    assert script.without_times(one) == {"a": [1, {"b": 2}]}
    assert script.without_times(one | {"crc32": 6}) == script.without_times(one)
    assert script.without_times(one | {"c": 6}) != script.without_times(one)


@pytest.mark.parametrize(
    ("name", "content", "is_fault"),
    [
        ("x.h5", b"\x89HDF\r\n\x1a\n", True),
        ("x.png", b"\x89PNG", True),
        ("x.png", b"\x89PNG...IEND\xaeB`\x82", False),
        ("x.jsonl", b'{"a": 1}\n{"b', False),
        ("x.jsonl", b'{"a"\n{"b": 1}\n', True),
        (".x-123.png", b"\x89PNG", False),
    ],
)
def test_files_that_nobody_can_read_are_found(name, content, is_fault, outcome, tmp_path):
    (tmp_path / name).write_bytes(content)
    script.check_files(outcome, tmp_path)
    assert bool(outcome.faults) == is_fault


def test_a_whole_file_is_no_fault(outcome, tmp_path):
    with hdf5.written(tmp_path / "x.h5", "a test") as file:
        file["x"] = 1
    script.check_files(outcome, tmp_path)
    assert not outcome.faults


@pytest.mark.parametrize(
    ("code", "printed", "measured", "fault"),
    [
        (0, 1, 2, None),
        (2, 1, 2, "does not go on"),
        (0, 7, 2, "another result: printed"),
        (0, 1, 7, f"another result: {script.STORE}"),
    ],
)
def test_another_result_is_found(code, printed, measured, fault, outcome, tmp_path, monkeypatch):
    def result(printed, measured):
        store = json.dumps({"measured": measured, "seconds": measured})
        (tmp_path / script.STORE).write_text(store)
        return script.result_of(SWEEP, tmp_path, json.dumps({"x": printed, "seconds": measured}))

    whole = script.Whole(result(1, 2), 1.0, 1)
    result(printed, measured)
    again = code, json.dumps({"x": printed, "seconds": 9}), ""
    monkeypatch.setattr(script, "finished", lambda words, folder: again)
    script.go_on(outcome, whole, tmp_path)
    assert outcome.faults == [] if fault is None else outcome.faults[0].startswith(fault)


def test_what_was_written_before_the_end_is_overwritten(tmp_path):
    assert "--force" not in script.words_of("sweep", again=True, folder=tmp_path)
    (tmp_path / "x.png").write_bytes(b"")
    assert "--force" in script.words_of("sweep", again=True, folder=tmp_path)
