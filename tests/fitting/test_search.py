"""The search: the same result however it is run, and broken off, and nearer to the targets."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spikinggrid.assays.assay import Trial
from spikinggrid.cli.main import main
from spikinggrid.fitting import search, targets
from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.fitting.simulation_store import Key, SimulationStore
from spikinggrid.parallel.client import ThisProcess
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import read
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.progress import NO_PROGRESS

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


def plan(**changes) -> SearchPlan:
    parameters = parameter_files.load("small.toml", ["simulation.duration=20 s"])
    bounds = tuple(map(Bound.parse, VARIED))
    usual = {"generations": 2, "population": 4, "n_checks": 1}
    return SearchPlan(parameters, bounds, targets.load("cortex_div21"), **(usual | changes))


def run(capsys, *arguments) -> tuple[int, str, str]:
    """Exit code and what was printed."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


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
    n_lines = len((folder / "whole.simulations.jsonl").read_text().splitlines())
    broken = [*program, *FIT, "--output", "broken.toml", "--jobs", "1"]
    store = folder / "broken.simulations.jsonl"
    with subprocess.Popen(broken, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not store.exists() or len(store.read_bytes().splitlines()) < n_lines // 3:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    assert not (folder / "broken.toml").exists()
    before = store.read_bytes()
    assert 0 < len(before.splitlines()) < n_lines
    store.write_bytes(before[:-7])  # a line that the power cut left unfinished
    again = subprocess.run(broken, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "broken.simulations.jsonl: goes on with the " in again.stderr
    assert store.read_bytes().startswith(before[: before[:-7].rfind(b"\n") + 1])
    texts = [(folder / name).read_text() for name in ("whole.toml", "broken.toml")]
    assert texts[0].replace("whole", "broken") == texts[1]
    assert whole.stdout == again.stdout
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
        low, high = Bound.parse(f"{key} = {text} : 1 V").low, 1
        assert value == pytest.approx(low)
        assert value < high
    shown = (folder / "x.toml").read_text()
    assert shown.startswith("# small fitted to dish: ")
    (line,) = [line for line in shown.splitlines() if line.startswith("# Made by: ")]
    made_by = shlex.split(line.removeprefix("# Made by: "))
    assert made_by[:4] == ["spikinggrid", "fit", "small.toml", "dish.h5"]
    assert not {"--json", "--generations=30", "--step"} & set(made_by)
    for path in folder.glob("x.*"):
        path.unlink()
    assert main(made_by[1:]) == 0
    assert (folder / "x.toml").read_text() == shown


def test_a_fit_that_cannot_be_is_refused_before_any_work(folder, capsys):
    (folder / "other.simulations.jsonl").write_text('{"something": 1}\n')
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
        (["cortex_div21", "--output", "other.toml"], "holds no simulations"),
        (["cortex_div21", "--output", "other.toml", "--resume"], "holds no simulations"),
        (["cortex_div21", "--output", "other.toml", "--restart"], "holds no simulations"),
        (["cortex_div21", "--restart", "--resume"], "not allowed with"),
        (["ruaro2005", "--duration", "20 s"], "--duration: ruaro2005 is of tetanization"),
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


# --- distances --------------------------------------------------------------------------


def test_a_failure_is_farther_than_anything_else_and_less_so_the_later(folder):
    aims = plan().targets.features
    centre = {name: target.centre for name, target in aims.items()}
    far = dict.fromkeys(centre, 1000000000.0)
    store = SimulationStore(None, plan().identity())
    for share, trials in {
        0.0: [Trial(centre), Trial(failure="runs away", survived=0.0)],
        0.5: [Trial(centre), Trial(failure="runs away", survived=0.5)],
        1.0: [Trial(far), Trial(far)],
    }.items():
        for seed, trial in enumerate(trials, start=1):
            store.add(Key((share, share), seed), trial, 0.0)
    running = search._Search(plan(), store, ThisProcess(), NO_PROGRESS)
    distances = running.distances([np.full(2, share) for share in (0.0, 0.5, 1.0)], (1, 2))
    assert distances[0] > distances[1] > distances[2] == targets.FARTHEST


def test_an_interrupted_fit_says_how_to_go_on(folder, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "fit", interrupted)
    assert main(FIT) == 130
    assert "interrupted; fitted.simulations.jsonl keeps the cultures: the same command goes on" in (
        capsys.readouterr().err
    )
    assert not (folder / "fitted.toml").exists()
