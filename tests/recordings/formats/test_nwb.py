"""NWB: what `pynwb` writes, and the least that a file may hold."""

from datetime import UTC, datetime

import h5py
import numpy as np
import pynwb
import pytest

from spikinggrid.recordings import read
from spikinggrid.utils.errors import InputError


def nwb_file(label: str | None = "label", axes=("rel_x", "rel_y")) -> pynwb.NWBFile:
    file = pynwb.NWBFile("a dish", "dish", datetime(2020, 1, 1, tzinfo=UTC))
    group = file.create_electrode_group("array", "60 MEA", "dish", file.create_device("MEA"))
    if label:
        file.add_electrode_column(label, "name of the electrode")
    for k in range(3):
        position = dict(zip(axes, (100.0 * k, 200.0), strict=True))
        name = {label: f"E{k}"} if label else {}
        file.add_electrode(location="culture", group=group, **position, **name)
    return file


def written(file: pynwb.NWBFile, path):
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return read(path)


def test_units_on_electrodes(tmp_path):
    file = nwb_file()
    file.add_unit(spike_times=[0.125, 1.5], electrodes=[2], obs_intervals=[[0.0, 2.0]])
    file.add_unit(spike_times=[0.25], electrodes=[0], obs_intervals=[[0.0, 2.0]])
    recording = written(file, tmp_path / "dish.nwb")
    trains = dict(zip(recording.electrode_names, recording.spike_trains, strict=True))
    assert {name: train.tolist() for name, train in trains.items()} == {
        "E2": [0.125, 1.5],
        "E0": [0.25],
        "E1": [],
    }
    np.testing.assert_allclose(recording.x, [200e-6, 0, 100e-6])
    np.testing.assert_allclose(recording.y, 200e-6)
    assert (recording.t_start, recording.t_stop) == (0, 2) and recording.notes == ()


def test_several_units_of_an_electrode(tmp_path):
    file = nwb_file(label=None, axes=("x", "y"))
    for times in ([0.5], [0.75]):
        file.add_unit(spike_times=times, electrodes=[1])
    recording = written(file, tmp_path / "dish.nwb")
    assert recording.electrode_names == ("1_0", "1_1", "0", "2")  # the last two are silent
    assert recording.x == pytest.approx([100e-6, 100e-6, 0, 200e-6])
    assert "some electrodes have several units" in recording.notes[0]


def test_gaps_between_what_was_recorded(tmp_path):
    file = nwb_file()
    file.add_unit(spike_times=[0.5, 2.5], electrodes=[1], obs_intervals=[[0.0, 1.0], [2.0, 3.0]])
    recording = written(file, tmp_path / "dish.nwb")
    assert recording.t_stop == 3
    assert recording.notes == ("1 s within the span were not recorded, and count as silent",)


def test_units_alone(tmp_path):
    with h5py.File(tmp_path / "dish.h5", "w") as file:
        file.attrs["nwb_version"] = "2.6.0"
        file["units/id"] = [0, 1]
        file["units/spike_times"] = [0.125, 1.5, 0.25]
        file["units/spike_times_index"] = [2, 3]
    recording = read(tmp_path / "dish.h5")
    assert recording.electrode_names == ("0", "1")
    assert [train.tolist() for train in recording.spike_trains] == [[0.125, 1.5], [0.25]]
    assert np.isnan(recording.positions).all()


@pytest.mark.parametrize("ends", [[2, 4], [3, 2]])
def test_units_that_do_not_add_up(tmp_path, ends):
    with h5py.File(tmp_path / "dish.h5", "w") as file:
        file.attrs["nwb_version"] = "2.6.0"
        file["units/id"] = [0, 1]
        file["units/spike_times"] = [0.125, 1.5, 0.25]
        file["units/spike_times_index"] = ends
    with pytest.raises(InputError, match="spike_times_index does not fit"):
        read(tmp_path / "dish.h5")


def test_without_units(tmp_path):
    with pytest.raises(InputError, match="is NWB without spikes"):
        written(nwb_file(), tmp_path / "raw.nwb")
