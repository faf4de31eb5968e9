"""The search: the same result however it is run, and broken off, and nearer to the targets."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spikinggrid.assays.assay import Trial
from spikinggrid.cli.main import main
from spikinggrid.fit import parameter_space as bounds
from spikinggrid.fit import search as calibration
from spikinggrid.fit import targets
from spikinggrid.fit.run_files import RunFile
from spikinggrid.fit.search import Plan
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import read
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError

SMALL = """
extends = "dissociated"
[culture]
n_neurons = 250
[synapses.excitatory]
synapses_per_neuron = 20
strength = "40 mV"
strength_onto_inhibitory = "40 mV"
[synapses.inhibitory]
synapses_per_neuron = 15
[mea]
radius = "90 um"
[simulation]
warmup = "1 s"
"""
VARIED = ("noise.drive=4 mV:7 mV", "synapses.excitatory.strength=25 mV:60 mV:log")
FIT = [
    "fit",
    "small.toml",
    "cortex_div21",
    "--duration",
    "5 s",
    "--generations",
    "2",
    "--cultures",
    "1",
    "--population",
    "4",
    "--checks",
    "1",
    "--vary",
    VARIED[0],
    "--vary",
    VARIED[1],
]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working directory, with a small culture in it."""
    (tmp_path / "small.toml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(**changes) -> Plan:
    parameters = parameter_files.load("small.toml", ["simulation.duration=20 s"])
    varied = [bounds.parse(*entry.split("=")) for entry in VARIED]
    usual = {"generations": 2, "population": 4, "n_checks": 1}
    return Plan(parameters, targets.load("cortex_div21"), tuple(varied), **(usual | changes))


def run(capsys, *arguments) -> tuple[int, str, str]:
    """Exit code and what was printed."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def without_times(text: str) -> str:
    return re.sub(r"trials took .* min", "trials", text)


# --- the whole command ------------------------------------------------------------------


@pytest.mark.slow
def test_a_fit_killed_in_the_middle_goes_on_to_the_same_result(folder):
    program = [
        sys.executable,
        "-c",
        "import sys; from spikinggrid.cli.main import main; sys.exit(main())",
    ]
    whole = subprocess.run(
        [*program, *FIT, "--output", "whole.toml", "--jobs", "2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert whole.returncode == 0, whole.stderr
    n_lines = len((folder / "whole.run.jsonl").read_text().splitlines())
    broken = [*program, *FIT, "--output", "broken.toml", "--jobs", "1"]
    run_file = folder / "broken.run.jsonl"
    with subprocess.Popen(broken, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not run_file.exists() or len(run_file.read_bytes().splitlines()) < n_lines // 3:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    assert not (folder / "broken.toml").exists()
    before = run_file.read_bytes()
    assert 0 < len(before.splitlines()) < n_lines
    run_file.write_bytes(before[:-7])  # a line that the power cut left unfinished
    again = subprocess.run([*broken, "--resume"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert run_file.read_bytes().startswith(before[: before[:-7].rfind(b"\n") + 1])
    texts = [(folder / name).read_text() for name in ("whole.toml", "broken.toml")]
    assert without_times(texts[0]).replace("whole", "broken") == without_times(texts[1])
    assert without_times(whole.stdout) == without_times(again.stdout)
    fitted = parameter_files.load("broken.toml")
    assert fitted != parameter_files.load("small.toml", ["simulation.duration=20 s"])
    assert (folder / "broken.png").stat().st_size > 10_000


@pytest.mark.slow
def test_a_recording_is_fitted_as_well(folder, capsys):
    made = Dish(
        parameter_files.load("small.toml", ["simulation.duration=20 s", "noise.drive=6 mV"])
    ).record()
    made.save("dish.h5")
    code, out, err = run(
        capsys, "fit", "small.toml", "dish.h5", *FIT[3:], "--output", "x.toml", "--json"
    )
    assert code == 0, err
    outcome = json.loads(out)
    assert set(outcome["sensitivity"]) == {entry.split("=")[0] for entry in VARIED}
    assert outcome["targets"] == "dish"
    assert outcome["distance_of_search"] < targets.FARTHEST
    fitted = parameter_files.load("x.toml")
    for key, text in outcome["parameters"].items():
        table, name = key.rsplit(".", 1)
        value = fitted
        for each in (*table.split("."), name):
            value = getattr(value, each)
        low, high = bounds.parse(key, f"{text} : 1 V").low, 1
        assert value == pytest.approx(low)
        assert value < high
    shown = (folder / "x.toml").read_text()
    assert shown.startswith("# small fitted to dish: ")
    assert "Made by: spikinggrid fit small.toml dish.h5" in shown


def test_a_fit_that_cannot_be_is_refused_before_any_work(folder, capsys):
    (folder / "other.run.jsonl").write_text('{"something": 1}\n')
    (folder / "text.run.jsonl").write_text("not a run file\n")
    (folder / "full.run.jsonl").write_text("")
    (folder / "dish.csv").write_text("Time (s),Electrode\n")
    cases = [
        (["cortex_div22"], "did you mean"),
        (["missing.toml"], "missing.toml: no such target file or recording"),
        (
            ["small.toml"],
            "small.toml: extends: found 'dissociated'; right would be one of the keys",
        ),
        (["cortex_div21", "cortex_div14"], "right would be one target file, or recordings alone"),
        (["dish.csv"], "dish.csv"),
        (["cortex_div21", "--vary", "noise.drive=9 mV:10 mV"], "--vary: found 1 keys"),
        (["cortex_div21", "--vary", "noise.driv=9 mV:10 mV"], "did you mean drive?"),
        (["cortex_div21", "--set", "noise.drive=1 mV"], "noise.drive: starts at 1 mV, outside"),
        (["cortex_div21", "--population", "3"], "--population: found 3; right would be a whole"),
        (["cortex_div21", "--step", "0"], "--step: found 0"),
        (["cortex_div21", "--duration", "20"], "simulation.duration"),
        (["cortex_div21", "--output", "nowhere/x.toml"], "nowhere/x.toml: cannot be written"),
        (["cortex_div21", "--output", "other.toml"], "holds a fit already; go on with it by"),
        (["cortex_div21", "--output", "other.toml", "--resume"], "is not the run file of a fit"),
        (["cortex_div21", "--output", "text.toml", "--resume"], "is damaged, or not the run file"),
    ]
    before = sorted(folder.iterdir())
    for arguments, said in cases:
        vary = [] if "--vary" in arguments else ["--vary", VARIED[0], "--vary", VARIED[1]]
        code, out, err = run(capsys, "fit", "small.toml", *arguments, *vary)
        lines = [line for line in err.splitlines() if "best distance" not in line]
        assert (code, out, len(lines)) == (2, "", 1), (arguments, err)
        assert said in lines[0], (said, lines[0])
        assert sorted(folder.iterdir()) == before, arguments


def test_stimulated_parameters_are_refused(folder, capsys):
    code, _, err = run(capsys, "fit", "stimulated_culture", "cortex_div21")
    assert code == 2
    assert "stimulation: spontaneous activity has no use for it" in err


# --- targets ----------------------------------------------------------------------------


def test_targets_are_listed_and_made_from_recordings(folder, capsys):
    code, out, _ = run(capsys, "targets")
    assert code == 0
    assert "hippocampus_div21" in out
    made = Dish(parameter_files.load("small.toml", ["simulation.duration=20 s"])).record()
    made.save("dish.h5")
    code, out, _ = run(capsys, "targets", "dish.h5", "--output", "mine.toml")
    assert (code, out) == (0, "")
    found = targets.load("mine.toml")
    assert found == targets.from_recordings([read("dish.h5")], "mine")
    code, out, _ = run(capsys, "targets", "dish.h5", "--json")
    assert json.loads(out)["fir.rate"]["centre"] == found.features["fir.rate"].centre


# --- the run file -----------------------------------------------------------------------


def test_trials_are_kept_bit_for_bit(tmp_path):
    path, point = tmp_path / "x.run.jsonl", np.array([0.1 + 0.2, 1 / 3])
    kept = RunFile(path, {"a": 1}, resume=False)
    trial = Trial({"fir.rate": 0.1 + 0.2}, "", 1.0)
    kept.add(point, 4, trial, 1.5)
    kept.add(point, 5, Trial(failure="silent", survived=0.25), 0.5)
    kept.close()
    again = RunFile(path, {"a": 1}, resume=True)
    assert again.get(point, 4) == trial
    assert again.get(point, 5).survived == 0.25
    assert again.get(point, 6) is None
    assert (len(again), again.n_seconds) == (2, 2.0)
    again.close()


def test_a_run_file_of_another_fit_is_refused(tmp_path):
    path = tmp_path / "x.run.jsonl"
    kept = RunFile(path, {"population": 4, "step": 0.1}, resume=False)
    kept.add(np.zeros(2), 1, Trial(), 0.0)
    kept.close()
    with pytest.raises(InputError, match="of another fit, with other step"):
        RunFile(path, {"population": 4, "step": 0.2}, resume=True)
    with pytest.raises(InputError, match="holds a fit already"):
        RunFile(path, {"population": 4, "step": 0.1}, resume=False)


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    kept = RunFile(tmp_path / "x.run.jsonl", {}, resume=False)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        kept.add(np.zeros(2), 1, Trial(), 0.0)
    kept.close()


def test_a_run_file_without_trials_does_not_stay(tmp_path):
    path = tmp_path / "x.run.jsonl"
    RunFile(path, {}, resume=False).close()
    assert not path.exists()


# --- distances --------------------------------------------------------------------------


def test_a_failure_is_farther_than_anything_else_and_less_so_the_later(folder):
    made = plan()
    kept = RunFile("x.run.jsonl", made.identity(), resume=False)
    search = calibration._Search(made, kept, client=None, progress=lambda *told: None)
    centre = {name: target.centre for name, target in made.targets.features.items()}
    for number, late in enumerate((0.0, 0.5)):
        point = np.array([number, number])
        kept.add(point, 1, Trial(centre), 0.0)
        kept.add(point, 2, Trial(failure="runs away", survived=late), 0.0)
    far = dict.fromkeys(centre, 1000000000.0)
    kept.add(np.array([2, 2]), 1, Trial(far), 0.0)
    kept.add(np.array([2, 2]), 2, Trial(far), 0.0)
    distances = search.distances([np.full(2, n) for n in range(3)], (1, 2))
    assert distances[0] > distances[1] > distances[2] == targets.FARTHEST
    kept.close()


def test_an_interrupted_fit_says_how_to_go_on(folder, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(calibration, "fit", interrupted)
    assert main(FIT) == 130
    assert "interrupted; fitted.run.jsonl keeps the trials: go on by --resume" in (
        capsys.readouterr().err
    )
    assert not (folder / "fitted.toml").exists()
