"""A full disk in the middle of long work: one line, and nothing is lost of what was done."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from spikinggrid.cli.main import main
from spikinggrid.fitting.simulation_store import read
from spikinggrid.parameters import files as parameter_files
from tests.fitting.test_prior import SMALL, VARIED

VARY = [word for entry in VARIED for word in ("--vary", entry)]
COMMANDS = {
    "sweep": ["sweep", "small.toml", "--vary", "noise.drive=5 mV,7 mV", "--seeds", "3"],
    "advise": [
        *("advise", "small.toml", "--like", "cortex_div21", "--simulations", "20", "--checks", "2"),
        *VARY,
    ],
    "fit": [
        *("fit", "small.toml", "cortex_div21", "--duration", "4 s", "--generations", "1"),
        *("--population", "4", "--cultures", "1", "--checks", "1"),
        *VARY,
    ],
}
OUTPUTS = {"sweep": "x.png", "advise": "x.md", "fit": "x.toml"}


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    """Have the system refuse what no full disk would hold."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_line_and_the_same_command_goes_on(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    parameters = parameter_files.load("dissociated", [*SMALL, "calibration.bounds={}"])
    (tmp_path / "small.toml").write_text(parameter_files.dumps(parameters))
    command = [*COMMANDS[name], "--output", OUTPUTS[name], "--jobs", "1", "--json"]
    store, output = tmp_path / "x.simulations.jsonl", tmp_path / OUTPUTS[name]
    assert main(command) == 0
    whole, size = json.loads(capsys.readouterr().out), store.stat().st_size
    n_cultures = len(read(store)[1])
    for path in tmp_path.glob("x.*"):
        path.unlink()

    with files_of_at_most(size // 2):
        assert main(command) == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line == "x.simulations.jsonl: cannot be written: File too large; what was done is kept"
    assert 0 < len(read(store)[1]) < n_cultures
    assert not output.exists()

    with files_of_at_most(size + 100):
        assert main(command) == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line == "x.png: cannot be written: File too large"
    assert len(read(store)[1]) == n_cultures
    assert sorted(path.name for path in tmp_path.glob("x.*")) == ["x.simulations.jsonl"]

    assert main(command) == 0
    again = json.loads(capsys.readouterr().out)
    assert without_times(again) == without_times(whole)


def without_times(outcome: dict) -> dict:
    return {name: value for name, value in outcome.items() if name != "seconds"}
