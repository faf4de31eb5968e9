"""`spikinggrid pool` and `spikinggrid fit RECORDING`: from a recording to its twin."""

import json
from pathlib import Path

import pytest

from spikinggrid.cli.main import main
from spikinggrid.fitting import pool as pools
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from tests.small_dishes import small_pool, small_space


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parameters = small_space().parameters
    Dish(parameters, 5).record().save("dish.h5")
    Path("dish.csv").write_text("time_s,electrode\n0.1,A1\n")
    return tmp_path


def test_a_pool_is_made_around_a_recording_and_grows_by_the_same_command(folder, capsys):
    Path("small.toml").write_text(parameter_files.dumps(small_space().parameters))
    words = ["pool", "dish.h5", "--parameters", "small.toml", "--jobs", "1"]
    assert main([*words, "--dishes", "3"]) == 0
    first = pools.read("pool.h5")
    assert first.followed == ("dish",)
    assert first.made_by == "spikinggrid pool dish.h5 --parameters small.toml --dishes 3"
    assert main([*words, "--dishes", "4"]) == 2
    assert "pool.h5: exists" in capsys.readouterr().err
    assert main([*words, "--dishes", "4", "--force"]) == 0
    assert len(pools.read("pool.h5")) > len(first)


def test_a_recording_alone_is_enough(folder, capsys):
    small_pool().save("small.h5")
    words = ["fit", "dish.h5", "--pool", "small.h5", "--minutes", "0.01", "--jobs", "1"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["features"]["fir.rate"]["recording"] > 0
    twin = parameter_files.load("dish-twin.toml")
    assert twin.simulation.seed == told["seed"]
    assert "spikinggrid fit dish.h5 --minutes 0.01 --pool small.h5" in (
        folder / "dish-twin.toml"
    ).read_text().replace("\n# ", " ")
    assert (folder / "dish-twin.png").stat().st_size > 10_000


def test_several_recordings_of_one_culture_tell_what_changes(folder, capsys):
    small_pool().save("small.h5")
    Dish(small_space().parameters.replace({"noise.drive": "5.8 mV"}), 5).record().save("drug.h5")
    words = ["fit", "dish.h5", "drug.h5", "--may-change", "noise", "--pool", "small.h5"]
    assert main([*words, "--minutes", "0.01", "--jobs", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["parameters"]) == {"noise.drive", "noise.membrane_sd"}
    for name in ("dish", "drug"):
        twin = parameter_files.load(f"dish-changes-{name}.toml")
        assert twin.simulation.seed == told["seed"]
        drive = told["parameters"]["noise.drive"][name]["dish"]
        assert twin.noise.drive == pytest.approx(drive, rel=1e-6)
    assert "--may-change noise" in (folder / "dish-changes-drug.toml").read_text()
    assert (folder / "dish-changes.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    "words, message",
    [
        (["dish.h5", "--generations", "3"], "--generations: goes with parameters to start from"),
        (["dish.h5", "--set", "noise.drive=5 mV"], "--set: goes with parameters to start from"),
        (["culture", "dish.h5", "--minutes", "3"], "--minutes: goes with one recording alone"),
        (["cortex_div21"], "with targets a start is needed, as in: spikinggrid fit culture"),
        (["dish.h5", "--may-change", "noise"], "--may-change: goes with two recordings or more"),
        (["dish.h5", "./dish.h5", "--may-change", "noise"], "dish.h5: is given twice; right"),
        (["dish.csv", "dish.h5"], "; several recordings of one culture go with --may-change"),
        (["dish.h5", "--may-change", "noise", "--step", "0.1"], "--step: goes with parameters"),
        (["dish.h5", "--minutes", "0"], "found 0; right would be a number above 0"),
        (["dish.h5", "--pool", "none.h5"], "none.h5: no such file"),
    ],
)
def test_options_of_the_other_kind_of_fit_are_refused(folder, capsys, words, message):
    assert main(["fit", *words]) == 2
    assert message in capsys.readouterr().err
