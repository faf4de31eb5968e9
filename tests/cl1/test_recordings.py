"""Samples, snippets and recordings."""

import h5py
import numpy as np
import pytest

import spikinggrid as sg
from spikinggrid import cl1 as cl
from spikinggrid.cl1.data_stream import packed, unpacked
from spikinggrid.cl1.waveforms import NOISE_SD, UV_PER_SAMPLE, Amplifiers
from spikinggrid.utils.errors import InputError

NONE = np.empty(0, int), np.empty(0, int)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Two seconds with a burst of pulses, three of them inside the recording."""
    with cl.open() as neurons:
        neurons.read(5000)
        made = neurons.record(
            file_location=str(tmp_path_factory.mktemp("cl1")),
            from_frames_ago=2500,
            stop_after_seconds=2,
        )
        neurons.stim(27, cl.StimDesign(160, -2.0, 160, 2.0), cl.BurstDesign(3, 50))
        for tick in neurons.loop(ticks_per_second=1000, stop_after_seconds=1.9):
            if tick.analysis.spikes and tick.iteration > 500:
                spike = tick.analysis.spikes[0]
                tick.loop.stop()
        snippet = spike.timestamp - made.start_timestamp, spike.channel, spike.samples
        made.wait_until_stopped()
    return made, snippet


def test_the_reader_of_cl1_files_reads_what_happened(recording):
    made, _ = recording
    read = sg.read(made.file["path"])
    with h5py.File(made.file["path"]) as file:
        spikes, stims = file["spikes"][()], file["stims"][()]
    assert (read.n_electrodes, read.duration) == (64, 2.0)
    assert read.n_spikes == len(spikes) > 20
    assert stims["timestamp"].tolist() == [2502, 3002, 3502]
    assert read.stimulus_times == pytest.approx(stims["timestamp"] / 25_000)
    for channel, train in zip(read.electrode_names, read.spike_trains, strict=True):
        expected = np.sort(spikes["timestamp"][spikes["channel"] == int(channel)])
        assert np.rint(train * 25_000) == pytest.approx(expected)


def test_snippets_are_cut_from_the_samples_around_each_spike(recording):
    with h5py.File(recording[0].file["path"]) as file:
        spikes, samples = file["spikes"][()], file["samples"][()]
    inside = spikes[(spikes["timestamp"] >= 25) & (spikes["timestamp"] < len(samples) - 50)]
    for spike in inside:
        first, channel = spike["timestamp"] - 25, spike["channel"]
        cut = samples[first : first + 75, channel] * np.float32(UV_PER_SAMPLE)
        assert spike["samples"] == pytest.approx(cut, abs=1e-3)


def test_a_spike_of_a_loop_has_the_samples_of_the_recording(recording):
    made, (timestamp, channel, samples) = recording
    with h5py.File(made.file["path"]) as file:
        table = file["spikes"][()]
    recorded = table[(table["timestamp"] == timestamp) & (table["channel"] == channel)]
    assert recorded["samples"][0] == pytest.approx(samples, abs=1e-3)


def test_the_mean_snippet_is_a_trough_after_detection(recording):
    with h5py.File(recording[0].file["path"]) as file:
        mean = np.median(file["spikes"]["samples"], axis=0)
    assert 25 <= mean.argmin() <= 35
    assert mean.min() < -20 and abs(mean[:15]).max() < 10


def test_noise_has_its_size_and_does_not_hang_on_the_pieces():
    amplifiers = Amplifiers(seed=1)
    whole = amplifiers.samples(0, 20_000, NONE, NONE)
    pieces = [amplifiers.samples(begin, begin + 800, NONE, NONE) for begin in range(0, 20_000, 800)]
    assert (np.concatenate(pieces) == whole).all()
    assert whole[:, 20].std() * UV_PER_SAMPLE == pytest.approx(NOISE_SD, rel=0.05)
    assert not whole[:, [0, 4, 7, 56, 63]].any()


def test_data_survive_being_packed():
    data = {"text": "a", "numbers": [1, -2.5], "array": np.arange(6.0).reshape(2, 3), "no": None}
    again = unpacked(packed(data))
    assert again.pop("array").tolist() == data.pop("array").tolist()
    assert again == data
    with pytest.raises(TypeError, match="right would be numbers"):
        packed(object())


def test_the_same_program_gives_the_same_recording(tmp_path):
    def spikes_of(folder):
        with cl.open() as neurons:
            made = neurons.record(file_location=str(folder), stop_after_seconds=1)
            neurons.stim(27, 1.0)
            made.wait_until_stopped()
        return made.open().spikes[()]

    assert (spikes_of(tmp_path / "a") == spikes_of(tmp_path / "b")).all()


def test_a_recording_without_end_is_written_when_the_connection_closes(tmp_path):
    with cl.open() as neurons:
        made = neurons.record(file_location=str(tmp_path))
        with pytest.raises(RuntimeError, match="has no end"):
            made.wait_until_stopped()
        neurons.read(1000)
    assert made.open().attributes["duration_frames"] == 1000


def test_a_dish_on_another_array_is_refused():
    with pytest.raises(InputError, match="its array is no CL1"), cl.open(dish=sg.Dish("culture")):
        pass


def test_parameters_are_grown_on_the_array_of_a_cl1(monkeypatch):
    monkeypatch.setenv("SPIKINGGRID_CL1_DISH", "stimulated_culture")
    with cl.open() as neurons:
        assert neurons.read(10).shape == (10, 64)
    monkeypatch.setenv("SPIKINGGRID_CL1_CLOCK", "atomic")
    with pytest.raises(InputError, match="right would be simulated or real"), cl.open():
        pass


def test_the_real_clock_goes_on_by_itself():
    with cl.open(clock="real") as neurons:
        begin = neurons.timestamp()
        ticks = [
            tick.iteration for tick in neurons.loop(100, stop_after_ticks=5, ignore_jitter=True)
        ]
        assert ticks == [0, 1, 2, 3, 4]
        assert neurons.timestamp() >= begin + 5 * 250


def test_a_dish_goes_on_where_it_was():
    dish = sg.Dish("cl1")
    for _ in range(2):
        with cl.open(dish=dish) as neurons:
            neurons.read(25_000)
    assert dish.simulator.n_steps == round((dish.parameters.simulation.warmup + 2) / dish.dt)


def test_a_loop_faster_than_the_dish_misses_no_pulse():
    given = []
    with cl.open() as neurons:
        for tick in neurons.loop(ticks_per_second=5000, stop_after_ticks=60):
            if tick.iteration in (3, 4, 33):
                neurons.stim(20 + tick.iteration, 1.0)
            given += [(stim.timestamp, stim.channel) for stim in tick.analysis.stims]
    assert given == [(20 + 2, 23), (25 + 2, 24), (170 + 2, 53)]


def test_attributes_are_read_as_they_were_set(tmp_path):
    attributes = {"score": np.float64(0.5), "hits": np.arange(3), "who": {"dish": ("a", 1)}}
    with cl.open() as neurons:
        made = neurons.record(
            file_location=str(tmp_path), stop_after_frames=100, attributes=attributes
        )
        made.set_attribute("late", np.int64(7))
        made.wait_until_stopped()
    view = made.open()
    said = view.attributes["application"]
    view.close()
    assert said == {"score": 0.5, "hits": [0, 1, 2], "who": {"dish": ("a", 1)}, "late": 7}


def test_recordings_that_cannot_be_written_are_refused_when_they_begin(tmp_path):
    (tmp_path / "file").write_text("")
    with cl.open() as neurons:
        with pytest.raises(InputError, match="file: cannot be made"):
            neurons.record(file_location=str(tmp_path / "file"))
        with pytest.raises(TypeError, match="attributes: found <object"):
            neurons.record(file_location=str(tmp_path), attributes={"a": object()})
        for wrong in ("1", float("nan")):
            with pytest.raises((TypeError, InputError), match="stop_after_seconds: found"):
                neurons.record(file_location=str(tmp_path), stop_after_seconds=wrong)
    assert not list(tmp_path.glob("*.h5"))


def test_a_file_that_is_no_recording_is_named(tmp_path):
    path = tmp_path / "text.h5"
    path.write_text("text")
    with pytest.raises(OSError, match=r"text\.h5: is no HDF5 file"):
        cl.RecordingView(str(path))
