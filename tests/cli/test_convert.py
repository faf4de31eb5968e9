"""The command `convert`, and recordings written by the name of their file."""

from pathlib import Path

import numpy as np
import pytest

from spikinggrid.cli.main import main
from spikinggrid.recordings import Recording, read
from tests import format_files


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("suffix", [".nwb", ".h5", ".csv"])
def test_convert(tmp_path, capsys, suffix):
    trains = {12: np.array([0.125, 1.5]), 13: np.array([0.25])}
    path = format_files.maxwell(tmp_path / "dish.raw.h5", trains, duration=2.0)
    assert main(["convert", str(path), f"copy{suffix}"]) == 0
    told = capsys.readouterr().err
    assert told.endswith(f"wrote copy{suffix}\n")
    assert ("cannot hold positions" in told) == (suffix == ".csv")
    copy = read(f"copy{suffix}")
    assert [train.tolist() for train in copy.spike_trains] == [[0.125, 1.5], [0.25]]
    assert copy.electrode_names == ("12", "13") and copy.t_stop == 2.0
    assert main(["convert", str(path), f"copy{suffix}"]) == 2
    assert "exists" in capsys.readouterr().err


def test_well_to_convert(capsys):
    Path("plate.csv").write_text("Time (s),Electrode\n0.1,A1_11\n0.2,A2_11\n0.3,A2_12\n")
    assert main(["convert", "plate.csv", "A2.nwb"]) == 2
    assert "choose one, such as --well A1" in capsys.readouterr().err
    assert main(["convert", "plate.csv", "A2.nwb", "--well", "A2"]) == 0
    copy = read("A2.nwb")
    assert copy.well == "A2" and copy.n_spikes == 2
    assert any("the length of the recording is not given" in note for note in copy.notes)


def test_only_known_formats_are_written(capsys):
    Recording.from_spike_trains([[0.5]], 1.0).save("dish.h5")
    assert main(["convert", "dish.h5", "dish.mat"]) == 2
    assert "right would be a name that ends in .h5" in capsys.readouterr().err


def test_simulate_writes_nwb(capsys):
    changes = ["--set", "simulation.warmup=1 s", "--set", "simulation.duration=1 s"]
    assert main(["simulate", "culture", "--output", "dish.nwb", *changes]) == 0
    assert main(["simulate", "dish.nwb", "--output", "again.h5"]) == 0
    first, again = read("dish.nwb"), read("again.h5")
    assert first.n_spikes and all(map(np.array_equal, first.spike_trains, again.spike_trains))


def test_without_pynwb_nothing_is_simulated(capsys, monkeypatch):
    monkeypatch.setattr("spikinggrid.utils.extras.find_spec", lambda name: None)
    assert main(["simulate", "culture", "--output", "dish.nwb"]) == 2
    assert "pip install 'spikinggrid[formats]'" in capsys.readouterr().err
