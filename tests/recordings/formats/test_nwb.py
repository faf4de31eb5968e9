"""NWB: what `pynwb` writes, and the least that a file may hold."""

from dataclasses import fields, replace
from datetime import UTC, datetime

import h5py
import numpy as np
import pynwb
import pytest
from nwbinspector import inspect_nwbfile

import spikinggrid as sg
from spikinggrid.digits.task import DigitTask, load_images
from spikinggrid.recordings import Recording, read
from spikinggrid.recordings.history import History
from spikinggrid.recordings.spike_data import UNKNOWN_ELECTRODE
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
        "E0": [0.25],
        "E1": [],
        "E2": [0.125, 1.5],
    }
    np.testing.assert_allclose(recording.x, [0, 100e-6, 200e-6])
    np.testing.assert_allclose(recording.y, 200e-6)
    assert (recording.t_start, recording.t_stop) == (0, 2) and recording.notes == ()


def test_several_units_of_an_electrode(tmp_path):
    file = nwb_file(label=None, axes=("x", "y"))
    for times in ([0.5], [0.75]):
        file.add_unit(spike_times=times, electrodes=[1])
    recording = written(file, tmp_path / "dish.nwb")
    assert recording.electrode_names == ("0", "1_0", "1_1", "2")  # two are silent
    assert recording.x == pytest.approx([0, 100e-6, 100e-6, 200e-6])
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


# What we write


@pytest.fixture(scope="module")
def stimulated():
    parameters = sg.load("stimulated_culture").replace(
        {"simulation.warmup": "1 s", "simulation.duration": "2 s", "stimulation": []}
    )
    dish = sg.Dish(parameters, seed=3)
    return dish.record("2 s", sg.pulses("centre", start="0.5 s", repeats=2, interval="0.5 s"))


def test_our_own_files_lose_nothing(tmp_path, stimulated):
    assert stimulated.n_spikes > 100 and stimulated.stimulus_times.size == 8
    stimulated.save(tmp_path / "dish.nwb")
    copy = read(tmp_path / "dish.nwb")
    for field in fields(stimulated):
        original, value = getattr(stimulated, field.name), getattr(copy, field.name)
        if field.name == "spike_trains":
            assert all(map(np.array_equal, original, value))
        elif field.name in ("x", "y"):  # in um in the file
            np.testing.assert_allclose(value, original, rtol=1e-15)
        elif isinstance(original, np.ndarray):
            np.testing.assert_array_equal(value, original)
        elif field.name == "history":
            assert str(value) == str(original)
        else:
            assert value == original, field.name


def test_silent_and_odd_recordings_come_back(tmp_path):
    silent = Recording.from_spike_trains([[], []], t_start=2.0, t_stop=5.0, names=["a", "b"])
    history = History(t_start=3.0, frozen=np.array([[0.0, 1.0]]), unknown="washed")
    odd = replace(
        silent, stimulus_times=[3.0, 4.0], stimulus_electrodes=[UNKNOWN_ELECTRODE, 1],
        stimulus_amplitudes=[1.0, 0.5], well="B2", n_sites=60, seed=10**30, history=history,
        notes=["odd"],
    )  # fmt: skip
    for recording in (silent, odd):
        recording.save(tmp_path / "dish.nwb")
        copy = read(tmp_path / "dish.nwb")
        for name in ("electrode_names", "t_start", "t_stop", "well", "n_sites", "seed", "notes"):
            assert getattr(copy, name) == getattr(recording, name)
        assert copy.n_spikes == 0 and np.isnan(copy.positions).all()
        assert copy.stimulus_electrodes.tolist() == recording.stimulus_electrodes.tolist()
    assert copy.history.frozen.tolist() == [[0.0, 1.0]] and copy.history.unknown == "washed"


def test_pynwb_reads_what_we_write(tmp_path, stimulated):
    stimulated.save(tmp_path / "dish.nwb")
    assert pynwb.validate(path=str(tmp_path / "dish.nwb")) in ([], ([], 0))
    with pynwb.NWBHDF5IO(tmp_path / "dish.nwb", "r") as io:
        file = io.read()
        units, electrodes = file.units.to_dataframe(), file.electrodes.to_dataframe()
        assert all(map(np.array_equal, units["spike_times"], stimulated.spike_trains))
        assert electrodes["label"].tolist() == list(stimulated.electrode_names)
        np.testing.assert_allclose(electrodes["rel_x"], stimulated.x * 1e6)
        assert file.units.resolution == pytest.approx(1 / 25_000)
        pulses = file.intervals["stimuli"].to_dataframe()
        np.testing.assert_array_equal(pulses["start_time"], stimulated.stimulus_times)
        assert [row.index[0] for row in pulses["electrodes"]] == (
            stimulated.stimulus_electrodes.tolist()
        )
        assert file.trials.to_dataframe()["start_time"].tolist() == pytest.approx([0.5, 1.0])
        assert file.stimulus["pulses"].data[:].tolist() == [1.0] * 8
        assert "simulated" in file.session_description and "no animal" in file.subject.description


def test_a_written_dish_can_be_simulated_again(tmp_path, stimulated):
    stimulated.save(tmp_path / "dish.nwb")
    again = sg.Dish.repeat(read(tmp_path / "dish.nwb"))
    assert all(map(np.array_equal, again.spike_trains, stimulated.spike_trains))


def test_without_pynwb(tmp_path, monkeypatch):
    monkeypatch.setattr("spikinggrid.utils.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pynwb.*pip install 'spikinggrid\[formats\]'"):
        Recording.from_spike_trains([[0.5]], 1.0).save(tmp_path / "dish.nwb")
    assert list(tmp_path.iterdir()) == []


def _findings(path) -> list[str]:
    return [f"{found.check_function_name}: {found.message}" for found in inspect_nwbfile(path)]


def test_nwbinspector_has_nothing_to_say_of_a_stimulated_culture(tmp_path, stimulated):
    stimulated.save(tmp_path / "dish.nwb")
    assert _findings(tmp_path / "dish.nwb") == []


def test_nwbinspector_has_nothing_to_say_of_a_digit_experiment(tmp_path):
    parameters = sg.load("digits/bundled")
    dish = sg.Dish(parameters)
    task = DigitTask(dish)
    image = load_images(parameters, "validation").training.pixels[0]
    stimulus = task.image_with_label(image, 0, np.random.default_rng(0))
    recording = dish.record(task.duration, stimulus)
    assert recording.n_spikes and recording.stimulus_times.size
    recording.save(tmp_path / "dish.nwb")
    assert _findings(tmp_path / "dish.nwb") == []


def test_nwbinspector_misses_what_nobody_knows_of_a_real_dish(tmp_path):
    Recording.from_spike_trains([[0.5], []], 1.0).save(tmp_path / "dish.nwb")
    names = {finding.partition(":")[0] for finding in _findings(tmp_path / "dish.nwb")}
    assert names == {
        "check_units_resolution_is_set", "check_experimenter_exists", "check_institution",
    }  # fmt: skip
