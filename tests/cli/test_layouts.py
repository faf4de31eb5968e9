"""Recordings on arrays of the catalogue, and dishes under them."""

import numpy as np
import pytest

import spikinggrid as sg
from spikinggrid.cli.main import main
from spikinggrid.recordings import read


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_well_on_the_array_of_its_plate(tmp_path, capsys):
    rows = ["Time (s),Electrode", *(f"{0.1 * k},D3_{1 + k % 4}{1 + k // 4}" for k in range(1, 16))]
    (tmp_path / "plate.csv").write_text("\n".join(rows))
    assert main(["convert", "plate.csv", "D3.h5", "--layout", "axion-48"]) == 0
    well = read("D3.h5")
    assert well.n_sites == 16
    place = dict(zip(well.electrode_names, well.positions.tolist(), strict=True))
    assert place["D3_23"] == pytest.approx([350e-6, 700e-6])
    assert main(["convert", "plate.csv", "other.h5", "--layout", "mcs-61"]) == 2
    assert "right would be a file .csv or .json or one of" in capsys.readouterr().err


def test_a_dish_under_an_array_of_the_catalogue():
    changes = {"mea.layout": "mcs-120-100", "simulation.warmup": "1 s"}
    recording = sg.Dish(sg.load("culture").replace(changes), seed=2).record("1 s")
    assert recording.n_electrodes == 120 and "K11" in recording.electrode_names
    assert np.ptp(recording.x) == pytest.approx(1.1e-3)
