"""The command `infer`: answers, refusals, checks."""

import json

import pytest

from spikinggrid.assays.assay import Trial
from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.cli.main import main
from spikinggrid.fit import coverage as posterior_check
from spikinggrid.fit import misspecification as guard
from spikinggrid.fit import parameter_space as bounds
from spikinggrid.fit import posterior
from spikinggrid.fit import simulation_store as simulations
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import Recording
from spikinggrid.simulation.dish import Dish
from tests.simulated import correlated
from tests.simulated import simulations as simulated

SHORT = ["simulation.duration=60 s"]


@pytest.fixture(scope="module")
def dish() -> Recording:
    return Dish(parameter_files.load("dissociated", SHORT)).record()


@pytest.fixture
def folder(tmp_path, monkeypatch, dish):
    """A recording, and a file of simulations that have nothing in common with it."""
    monkeypatch.setattr(posterior, "N_FLOWS", 1)  # for speed, as everything here
    monkeypatch.setattr(posterior_check, "N_PARTS", 2)
    monkeypatch.setattr(guard, "N_COMPONENTS", (1,))
    monkeypatch.chdir(tmp_path)
    parameters = parameter_files.load("posterior", SHORT)
    (tmp_path / "short.toml").write_text(parameter_files.dumps(parameters))
    plan = simulations.Plan(
        SPONTANEOUS, parameters, tuple(bounds.of_parameters(parameters).values())
    )
    known = simulated(300, correlated, n_bounds=len(plan.bounds), failures=range(5))
    simulations._save("short.simulations.h5", plan, dict(enumerate(known.trials())), 1.0)
    dish.save("dish.h5")
    return tmp_path


INFER = [
    "infer",
    "short.toml",
    "dish.h5",
    "--simulations",
    "300",
    "--checks",
    "2",
    "--output",
    "dish.toml",
    "--jobs",
    "1",
]


def test_a_recording_unlike_anything_simulated_is_refused_in_one_sentence(folder, capsys):
    assert main(INFER) == 3
    printed = capsys.readouterr()
    told = printed.err.splitlines()[-1]
    assert told.startswith("dish.h5")
    assert "is not like what the model produces" in told
    assert told.endswith("--anyway answers all the same")
    assert not printed.out
    assert not list(folder.glob("dish*toml"))


@pytest.mark.slow
def test_an_answer_that_is_forced_says_so(folder, capsys):
    pytest.importorskip("sbi", reason="the extra spikinggrid[inference] is not installed")
    assert main([*INFER, "--anyway", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["guard"]["inside"] is False
    assert told["simulations"] == {"n": 300, "with_all_features": 295, "seconds": 1.0}
    assert len(told["predictive"]) == 15
    fitted = parameter_files.load("dish.toml")
    row = told["parameters"]["noise.drive"]
    assert fitted.noise.drive == pytest.approx(row["median"], rel=1e-3)
    assert row["ci90"][0] <= row["ci50"][0] <= row["median"] <= row["ci50"][1] <= row["ci90"][1]
    head = (folder / "dish.toml").read_text()
    assert "the answer was forced: do not trust it" in head
    assert "--anyway" in head
    for name in ("dish.png", "dish-predictive.png"):
        assert (folder / name).stat().st_size > 50_000


@pytest.mark.slow
def test_the_check_needs_no_recording(folder, capsys):
    pytest.importorskip("sbi", reason="the extra spikinggrid[inference] is not installed")
    check = [each for each in INFER if each != "dish.h5"] + ["--check"]
    assert main([*check, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cultures"] == 295
    assert set(told["parameters"]) == set(bounds.of_parameters(parameter_files.load("posterior")))
    assert (folder / "dish-check.png").stat().st_size > 50_000
    assert not (folder / "dish.toml").exists()


def test_without_sbi_one_line_says_what_to_install(folder, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sbi.inference", None)
    assert main([*INFER, "--anyway"]) == 2
    assert "pip install 'spikinggrid[inference]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["infer", "short.toml"], "found 0 recordings; right would be one"),
        ([*INFER, "--duration", "90 s", "--store", "x.h5"], "lasts 60 s, the simulations 90 s"),
        ([*INFER, "--set", "neuron.tau_m=30 ms"], "holds simulations with other parameters"),
        ([*INFER, "--simulations", "0"], "--simulations: found 0"),
        (["fit", "short.toml", "dish.h5", "--anyway"], "--anyway: no such option"),
        ([*INFER, "--store", "dish.h5"], "dish.h5"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder, capsys, arguments, said):
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert said in error[-1]
    assert not list(folder.glob("dish*.toml"))


def test_the_command_by_its_old_name(folder, capsys):
    assert main(["fit", *INFER[1:], "--method", "posterior"]) == 3
    assert "is not like what the model produces" in capsys.readouterr().err


def test_simulations_that_all_failed_are_said_to_have(folder, capsys):
    plan = simulations.load("short.simulations.h5").plan
    failed = {number: Trial(failure="silent for 60 s") for number in range(300)}
    simulations._save("short.simulations.h5", plan, failed, 1.0)
    assert main(INFER) == 2
    assert "all 300 simulated cultures failed" in capsys.readouterr().err
