"""The command `infer`: answers, refusals, checks."""

import json
import shlex
import sys
from dataclasses import replace
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from spikinggrid.assays.assay import Trial
from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.cli.main import main
from spikinggrid.fitting import coverage, inference, misspecification, posterior
from spikinggrid.fitting.parameter_space import read_bounds
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.prior import Prior
from spikinggrid.fitting.simulation_store import SimulationStore
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import Recording
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics import feature_space
from tests.simulated import correlated, simulations
from tests.small_dishes import small_pool, small_space

SHORT = ["simulation.duration=60 s"]


@pytest.fixture(scope="module")
def dish() -> Recording:
    return Dish(parameter_files.load("dissociated", SHORT)).record()


def prior() -> Prior:
    parameters = parameter_files.load("posterior", SHORT)
    return Prior(parameters, read_bounds(parameters), SPONTANEOUS)


def fill(trials: list[Trial]) -> None:
    """Have the store hold what never was simulated."""
    with SimulationStore("short.simulations.jsonl", prior().identity(), restart=True) as store:
        for number, trial in enumerate(trials):
            store.add(prior().draw(number), trial, 0.25)


@pytest.fixture
def folder(tmp_path, monkeypatch, dish):
    """A recording, and a file of simulations that have nothing in common with it."""
    for module in (posterior, inference):
        monkeypatch.setattr(module, "N_FLOWS", 1)  # for speed, as everything here
    monkeypatch.setattr(coverage, "N_PARTS", 2)
    monkeypatch.setattr(misspecification, "N_COMPONENTS", (1,))
    monkeypatch.chdir(tmp_path)
    parameters = parameter_files.load("posterior", SHORT)
    (tmp_path / "short.toml").write_text(parameter_files.dumps(parameters))
    n_bounds = len(prior().bounds)
    fill(simulations(300, correlated, n_bounds=n_bounds, failures=range(5)).trials())
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


CHECK = ["infer", "short.toml", "--check", "--simulations", "300", "--output", "dish.toml"]


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
    assert told["verdict"]["inside"] is False
    assert told["simulations"] == {"n": 300, "with_all_features": 295, "seconds": 75.0}
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
    assert main([*CHECK, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cultures"] == 295
    assert set(told["parameters"]) == {
        bound.key for bound in read_bounds(parameter_files.load("posterior"))
    }
    assert (folder / "dish-check.png").stat().st_size > 50_000
    assert not (folder / "dish.toml").exists()


@pytest.mark.parametrize("missing", ["sbi", "torch"])
@pytest.mark.parametrize("arguments", [INFER, CHECK])
def test_without_sbi_one_line_says_what_to_install(folder, capsys, monkeypatch, missing, arguments):
    for name in ("sbi", "torch"):
        installed = ModuleType(name)
        installed.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, None if name == missing else installed)
    assert main([*arguments, "--store", "x.jsonl"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"needs the package {missing}" in line
    assert "pip install 'spikinggrid[inference]'" in line
    assert not (folder / "x.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["infer", "short.toml"], "which recording? right would be one"),
        ([*INFER[:3], "other.h5"], "other.h5: no such argument"),
        ([*CHECK, "--anyway"], "--anyway: does not go with --check"),
        ([*CHECK, "--checks", "3"], "--checks: does not go with --check"),
        ([*INFER, "--check"], "dish.h5: does not go with --check"),
        ([*INFER[:3], "--simulations", "150", "--store", "x.jsonl"], "found 150; right would be"),
        ([*INFER, "--set", "simulation.seed=-1"], "simulation.seed: found -1"),
        ([*INFER, "--store", "dish.h5"], "dish.h5: holds no simulations"),
        ([*INFER, "--jobs", "0"], "--jobs: found 0"),
        (["infer", "short.toml", "none.h5"], "none.h5: cannot be read"),
        ([*INFER, "--duration", "90 s", "--store", "x.h5"], "lasts 60 s, the simulations 90 s"),
        ([*INFER, "--set", "neuron.tau_m=30 ms"], "holds simulations with other parameters"),
        ([*INFER, "--simulations", "0"], "--simulations: found 0"),
        (["fit", "short.toml", "dish.h5", "--anyway"], "--anyway: no such option"),
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


def around(recording: Recording, n: int = 320) -> Pool:
    """A pool of dishes that measure much like a recording, as nobody simulated them."""
    generator, space = np.random.default_rng(0), small_space()
    (point,) = feature_space.coordinates([recording.features()])
    points = point + 0.1 * generator.standard_normal((n, len(point)))
    table = {
        name: np.array([feature_space.decoded(name, value) for value in column])
        for name, column in zip(feature_space.COMPARED, points.T, strict=True)
    }
    return Pool(space, generator.random((n, len(space.bounds))), np.arange(n), table)


def test_a_recording_alone_is_enough(tmp_path, monkeypatch, capsys):
    """And needs no extra; the same command goes on."""
    monkeypatch.chdir(tmp_path)
    recording = Dish(small_space().parameters, 5).record()
    recording.save("dish.h5")
    around(recording).save("pool.h5")
    words = ["infer", "dish.h5", "--pool", "pool.h5", "--checks", "2", "--jobs", "1", "--json"]
    assert main([*words, "--simulations", "2"]) == 0
    first = capsys.readouterr()
    told = json.loads(first.out)
    assert told["verdict"]["inside"] is True
    assert "is inside of what the model can do" in told["verdict"]["says"]
    assert set(told["parameters"]) == {bound.key for bound in small_space().bounds}
    assert told["simulations"]["n"] > 320 and told["simulations"]["seconds"] > 0
    assert 0 <= told["coverage"]["coverage_90"] <= 1
    written = ("dish-posterior.toml", "dish-posterior.png", "dish-posterior-predictive.png")
    assert all(name in first.err and (tmp_path / name).is_file() for name in written)
    kept = (tmp_path / "dish-posterior.simulations.jsonl").read_text()
    assert main([*words, "--simulations", "3", "--force"]) == 0
    assert (tmp_path / "dish-posterior.simulations.jsonl").read_text().startswith(kept)
    assert "goes on with the 4 cultures that it holds" in capsys.readouterr().err


def test_a_recording_unlike_the_pool_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    recording = Dish(small_space().parameters, 5).record()
    pool = around(recording)
    replace(pool, features=pool.features | {"corr": pool.features["corr"] + 2}).save("pool.h5")
    small_pool().save("small.h5")
    recording.save("dish.h5")
    assert main(["infer", "dish.h5", "--pool", "pool.h5"]) == 3
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("dish.h5") and told.endswith("--anyway answers all the same")
    assert "is outside of what the model can do" in told and "is too low" in told
    assert main(["infer", "dish.h5", "--pool", "small.h5"]) == 2
    assert "right would be a large pool of such dishes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dish.h5", "--set", "noise.drive=5 mV"], "--set: goes with parameters before"),
        (["dish.h5", "--vary", "noise.drive=5 mV:6 mV"], "--vary: goes with parameters before"),
        (["short.toml", "dish.h5", "--pool", "p.h5"], "--pool: goes with one recording alone"),
        (["short.toml", "--check", "--pool", "p.h5"], "--pool: does not go with --check"),
        (["posterior"], "which recording? right would be one"),
        (["dish.h5", "--pool", "none.h5"], "none.h5: no such file"),
    ],
)
def test_options_of_the_other_kind_of_inference_are_refused(
    tmp_path, monkeypatch, capsys, dish, words, said
):
    monkeypatch.chdir(tmp_path)
    dish.save("dish.h5")
    assert main(["infer", *words]) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_simulations_that_all_failed_are_said_to_have(folder, capsys):
    fill([Trial(failure="silent for 60 s")] * 300)
    assert main(INFER) == 2
    said = "all 300 simulated cultures failed, the first one being silent for 60 s"
    assert said in capsys.readouterr().err


def test_what_features_alone_tell_is_told_before_any_simulation(folder, capsys, dish):
    silent = Recording.from_spike_trains([[0.1, 30.0], [0.5]], 60.0)
    silent.save("silent.h5")
    late = ["--store", "x.jsonl", "--simulations", "5000"]
    assert main(["infer", "short.toml", "silent.h5", *late]) == 3
    assert "silent.h5: has no burst.rate" in capsys.readouterr().err
    trains = list(dish.spike_trains)
    trains[0] = sorted([*trains[0], 10.0, 10.0001])
    Recording.from_spike_trains(trains, 60.0).save("close.h5")
    assert main(["infer", "short.toml", "close.h5", *late]) == 3
    assert "intervals below 1.08 ms, the dead time" in capsys.readouterr().err
    assert not (folder / "x.jsonl").exists()


@pytest.mark.slow
def test_the_line_in_a_file_makes_it_again(folder):
    pytest.importorskip("sbi", reason="the extra spikinggrid[inference] is not installed")
    assert main([*INFER, "--anyway", "--simulations", "250"]) == 0
    text = (folder / "dish.toml").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("# Made by: ")]
    made_by = line.removeprefix("# Made by: ")
    assert made_by == (
        "spikinggrid infer short.toml dish.h5 --output dish.toml --simulations 300 --checks 2"
        " --anyway"
    )
    for written in folder.glob("dish*[!5]"):
        written.unlink()
    assert main(shlex.split(made_by)[1:]) == 0
    assert (folder / "dish.toml").read_text() == text
