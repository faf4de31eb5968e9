"""Odd and damaged files, drawn by number; `scripts/fuzz.py` gives thousands of them to commands."""

import json
import subprocess
import sys

import pytest

from spikinggrid.cli.main import main
from tests.scripts import FOLDER, load_script

pytestmark = pytest.mark.usefixtures("numpy_target")

script = load_script("fuzz")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    script.make_recordings(folder / "recordings")
    return folder


@pytest.mark.parametrize(("kind", "numbers"), [("parameter file", 40), ("recording", 25)])
def test_odd_files_are_answered_in_clear_lines(
    kind, numbers, samples, tmp_path, monkeypatch, capfd
):
    codes = set()
    for number in range(numbers):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        words = script.Case(kind, number, 0, samples).write(folder)
        before = script.contents(folder)
        code = main(words)
        out, err = capfd.readouterr()
        after = script.contents(folder)
        assert not list(script.faults_of(words, code, out, err, before, after)), (number, words)
        codes.add(code)
    assert codes >= {0, 2}


@pytest.mark.slow
def test_many_kinds_of_files(tmp_path):
    words = ["--parameters", "300", "--recordings", "150", "--seed", "1"]
    done = subprocess.run(
        [sys.executable, FOLDER / "fuzz.py", *words, "--json", tmp_path / "x.json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *kinds, total = json.loads((tmp_path / "x.json").read_text())["rows"]
    assert [row[0] for row in kinds] == list(script.KINDS)
    assert total[1] == "450"


def test_a_number_stands_for_one_case(samples, tmp_path):
    for kind in ("parameter file", "recording"):
        contents = []
        for place in "ab":
            folder = tmp_path / f"{kind} {place}"
            folder.mkdir()
            words = script.Case(kind, 7, 3, samples).write(folder)
            contents.append((words, script.contents(folder)))
        assert contents[0] == contents[1]


PNG = b"\x89PNG\r\n\x1a\n...IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"code": 1}, script.CODE),
        ({"code": -11}, script.CODE),
        ({"code": None}, script.NO_END),
        ({"err": "Traceback (most recent call last):\n  File"}, script.TRACEBACK),
        ({"err": ""}, script.NAMES_NOTHING),
        ({"err": "too short"}, script.NAMES_NOTHING),
        ({"err": "a.toml: x\ntoo short"}, script.NAMES_NOTHING),
        ({"err": "--seed: found -1"}, None),
        ({"err": "line 3 is odd"}, None),
        ({"err": "a.toml: " + "x" * 5000}, script.OTHER),
        ({"new": {"x.h5": b"\x89HDF"}}, script.HALF_WRITTEN),
        ({"new": {".x-123.png": PNG}, "code": 0}, script.HALF_WRITTEN),
        ({"new": {"x.png": PNG[:-3]}, "code": 0}, script.HALF_WRITTEN),
        ({"new": {"x.png": PNG}}, script.HALF_WRITTEN),
        ({"new": {"x.png": PNG}, "code": 0}, None),
        ({"new": {"a.toml": b"y=1"}, "code": 0}, script.HALF_WRITTEN),
        ({"new": {"a.jsonl": b'{"a": 1}\n{"b"'}, "code": 0}, script.HALF_WRITTEN),
        ({"gone": "a.toml"}, script.HALF_WRITTEN),
    ],
)
def test_faults_are_seen(change, fault):
    before = {"a.toml": b"x"}
    after = before | change.get("new", {})
    after.pop(change.get("gone"), None)
    code, err = change.get("code", 2), change.get("err", "a.toml: neuron.tau_m: found 3")
    faults = list(script.faults_of(["simulate", "a.toml"], code, "", err, before, after))
    assert bool(faults) == bool(fault)
    assert all(found.startswith(fault) for found in faults[:1])
