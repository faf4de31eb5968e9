"""Recordings and their files, tested on published recordings, round trips and bad files."""

import gzip
import os
import resource
import tempfile
from dataclasses import fields, replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.mea.array import Mea
from spikinggrid.recordings import Recording, load_parameters, read
from spikinggrid.statistics.features import features
from spikinggrid.utils import hdf5
from spikinggrid.utils.errors import InputError
from tests.recording_files import published


def small(**changes) -> Recording:
    """Three electrodes, the second silent; two pulses."""
    values = {
        "spike_trains": ([0.1, 0.25, 0.5], [], [0.3]),
        "electrode_names": ("12", "2", "elf"),
        "x": [0.0, 2e-4, np.nan],
        "y": [0.0, 0.0, np.nan],
        "t_start": 0.0,
        "t_stop": 1.0,
        "stimulus_times": [0.2, 0.2],
        "stimulus_electrodes": [0, 2],
        "stimulus_amplitudes": [1.0, 0.5],
        "parameters": '[neuron]\ntau_m = "20 ms"  # µ\n',
        "seed": 2**100,
        "versions": {"spikinggrid": "0.1.0", "numpy": "2.3.5"},
        "source": "a test",
        "notes": ["its span was assumed"],
    }
    return Recording(**(values | changes))


def assert_same(a: Recording, b: Recording) -> None:
    """Every field equal, arrays bit for bit."""
    for name in (field.name for field in fields(Recording)):
        one, other = getattr(a, name), getattr(b, name)
        if name == "spike_trains":
            assert [train.tobytes() for train in one] == [train.tobytes() for train in other]
        elif isinstance(one, np.ndarray):
            assert one.dtype == other.dtype and one.tobytes() == other.tobytes(), name
        else:
            assert one == other and type(one) is type(other), name


def one_line(error: pytest.ExceptionInfo, path: Path) -> str:
    """The message of an error, which must name the file and fill one line."""
    message = str(error.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    assert message.count(str(path)) == 1
    return message


def refused(path: Path, content: bytes | str | None = None) -> str:
    """Why `read` refuses a file."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as error:
        read(path)
    return one_line(error, path)


# Round trips

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@st.composite
def random_recordings(draw) -> Recording:
    t_start = draw(st.floats(-1e6, 1e6))
    t_stop = t_start + draw(st.floats(1e-3, 1e6))
    times = st.lists(st.floats(t_start, t_stop), max_size=6)
    trains = [sorted(train) for train in draw(st.lists(times, max_size=4))]
    n = len(trains)
    position = st.lists(st.floats(allow_infinity=False), min_size=n, max_size=n)
    pulses = draw(times) if n else []
    numbers = {"min_size": len(pulses), "max_size": len(pulses)}
    return Recording(
        spike_trains=trains,
        electrode_names=draw(st.lists(text, min_size=n, max_size=n)),
        x=draw(position),
        y=draw(position),
        t_start=t_start,
        t_stop=t_stop,
        stimulus_times=pulses,
        stimulus_electrodes=draw(st.lists(st.integers(0, max(n - 1, 0)), **numbers)),
        stimulus_amplitudes=draw(st.lists(st.floats(-5, 5), **numbers)),
        parameters=draw(text),
        seed=draw(st.none() | st.integers(0, 2**130)),
        versions=draw(st.dictionaries(text.filter(bool), text, max_size=3)),
        source=draw(text),
        notes=draw(st.lists(text, max_size=2)),
    )


@settings(deadline=None, max_examples=60)
@given(random_recordings())
def test_hdf5_round_trip_is_exact(recording):
    with tempfile.TemporaryDirectory() as folder:
        recording.save(f"{folder}/recording.h5")
        assert_same(read(f"{folder}/recording.h5"), recording)


@settings(deadline=None, max_examples=60)
@given(random_recordings().filter(lambda recording: recording.n_spikes))
def test_csv_round_trip_keeps_times_and_span(recording):
    names = [str(i) for i in range(recording.n_electrodes)]
    values = {field.name: getattr(recording, field.name) for field in fields(Recording)}
    recording = Recording(**(values | {"electrode_names": names}))
    with tempfile.TemporaryDirectory() as folder:
        recording.save(f"{folder}/recording.csv")
        copy = read(f"{folder}/recording.csv")
    trains = zip(names, recording.spike_trains, strict=True)
    fired = {name: train.tolist() for name, train in trains if train.size}
    copied = zip(copy.electrode_names, copy.spike_trains, strict=True)
    assert {name: train.tolist() for name, train in copied} == fired
    assert (copy.t_start, copy.t_stop) == (recording.t_start, recording.t_stop)


def test_recording_counts():
    recording = small()
    assert (recording.n_electrodes, recording.n_spikes, recording.duration) == (3, 4, 1.0)
    assert all(train.dtype == np.float64 for train in recording.spike_trains)


def test_silent_recording_survives(tmp_path):
    recording = small(spike_trains=([], [], []))
    recording.save(tmp_path / "silent.h5")
    assert_same(read(tmp_path / "silent.h5"), recording)


# In Python


def test_recording_of_spike_trains():
    recording = Recording.from_spike_trains(
        [[0.3, 0.1], []], duration="500 ms", positions=[[0, 1e-3], [2e-3, 3e-3]], names=["a", "b"]
    )
    assert recording.spike_trains[0].tolist() == [0.1, 0.3]
    assert recording.positions.tolist() == [[0, 1e-3], [2e-3, 3e-3]]
    assert recording.electrode_names == ("a", "b")
    assert (recording.t_start, recording.t_stop) == (0, 0.5)


def test_span_of_spike_trains():
    recording = Recording.from_spike_trains([[12.0]], t_start=10, t_stop="11 min")
    assert (recording.t_start, recording.t_stop) == (10, 660)
    assert Recording.from_spike_trains([[12.0]], 5, t_start=10).t_stop == 15
    assert np.isnan(recording.positions).all() and recording.electrode_names == ("0",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either duration or t_stop"),
        ({"duration": 1, "t_stop": 1}, "either duration or t_stop"),
        ({"duration": "1 mV"}, "duration: '1 mV' is in mV"),
        ({"duration": 0.1}, "a spike at 0.2 s lies outside"),
        ({"duration": 1, "positions": [[0, 0], [1, 1]]}, r"shape (2, 2), right would be (1, 2)"),
        ({"duration": 1, "names": []}, "as many electrode names, found 0"),
    ],
)
def test_spike_trains_that_do_not_add_up(arguments, message):
    with pytest.raises(InputError) as error:
        Recording.from_spike_trains([[0.2]], **arguments)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("names", "on_array", "numbers"),
    [
        (["12", "13"], ["13", "12"], [1, 0]),
        (["ch_12B_unit_0", "ch_13A"], ["ch_12B", "ch_13A"], [0, 1]),
        (["CH12_1", "CH12_2"], ["CH13", "CH12"], [1, 1]),
        (["CH12_1", "CH12_2"], ["CH12_1", "CH12", "CH12_2"], [0, 2]),
        (["A1_11", "A1_88"], ["12", "88", "11"], [2, 1]),
        (["A1_11", "A1_12"], ["11", "A1_12", "A1_11"], [2, 1]),
        (["ch_12", "CH13"], ["12", "13", "14"], [0, 1]),
        (["ch_12B_unit_0", "ch_13A_unit_1"], ["13", "12"], [1, 0]),
        (["ch_12", "Electrode 13"], ["12", "13", "ch_12"], [2, 1]),
        (["E-00155", "über"], ["über", "E-00155"], [1, 0]),
    ],
)
def test_electrodes_lie_where_a_layout_has_their_names(names, on_array, numbers):
    array = Mea(on_array, x=np.arange(len(on_array)), y=np.zeros(len(on_array)))
    recording = Recording.from_spike_trains([[0.5], [0.7]], 1.0, names=names)
    assert not recording.has_positions
    placed = recording.on_array(array)
    assert placed.has_positions and placed.n_sites == len(on_array)
    assert placed.x.tolist() == numbers


def test_a_layout_of_a_plate_counts_the_electrodes_of_the_well():
    array = Mea(["A1_11", "A1_12", "B1_11", "B1_12"], x=[0, 1, 2, 3], y=np.zeros(4))
    recording = Recording.from_spike_trains([[0.5]], 1.0, names=["B1_12"])
    placed = replace(recording, well="B1").on_array(array)
    assert (placed.n_sites, placed.x.tolist()) == (2, [3.0])


def test_a_layout_is_read_with_the_recording(tmp_path):
    table, spikes = tmp_path / "map.csv", tmp_path / "dish.csv"
    spikes.write_text("Time (s),Electrode\n0.5,a\n0.7,b\n")
    table.write_text("name;x (mm);y (mm)\nb;0.2;0.1\na;0;0.4\nsilent;1;1\n")
    for layout in (table, str(table), Mea.read(table)):
        recording = read(spikes, layout=layout)
        np.testing.assert_allclose(recording.positions, [[0, 0.4e-3], [0.2e-3, 0.1e-3]])
        assert recording.n_sites == 3
    table.write_text("name,x,y\nb,0,0\n")
    with pytest.raises(InputError, match=r"map.csv: lacks the electrode 'a' of dish.csv"):
        read(spikes, layout=table)


def test_features_are_those_of_the_statistics():
    recording = small()
    whole = features(recording.spike_trains, 0, 1, recording.positions)
    assert recording.features() == pytest.approx(whole, nan_ok=True)
    assert recording.features(0.2, 0.4)["n_spikes"] == 2
    assert recording.features(t_stop=0.2)["n_spikes"] == 1
    assert recording.features_of_first(0.4) == recording.features(t_stop=0.4)


@pytest.mark.parametrize("part", [(0.5, 0.5), (0.6, 0.5), (-0.1, 1), (0, 1.1), (0, np.nan)])
def test_parts_outside_a_recording_have_no_features(part):
    with pytest.raises(InputError, match=r"a test: .*right would be a stretch within 0 s to 1 s"):
        small().features(*part)


def test_beginning_that_is_too_long_or_silent():
    with pytest.raises(InputError, match="a test: lasts 1 s, the simulations 2 s"):
        small().features_of_first(2)
    with pytest.raises(InputError, match=r"no spikes in its first 0\.05 s"):
        small().features_of_first(0.05)


def test_table_of_spikes_is_in_order_of_time():
    table = small().to_dataframe()
    assert table["time"].tolist() == [0.1, 0.25, 0.3, 0.5]
    assert table["electrode"].tolist() == ["12", "12", "elf", "12"]
    assert small(spike_trains=([], [], [])).to_dataframe().columns.tolist() == ["time", "electrode"]


def test_recording_in_a_notebook():
    recording = small(source="<dish>.h5")
    assert repr(recording) == (
        "<Recording <dish>.h5: 3 electrodes, 4 spikes, 2 pulses, 1 notes, 0 s to 1 s>"
    )
    table = recording._repr_html_()
    assert "&lt;dish&gt;.h5" in table and "2 Hz on each that fired" in table
    assert "its span was assumed" in table
    assert "notes" not in small(notes=())._repr_html_()


# What a recording must be


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spike_trains": ([0.2, 0.1], [], [])}, "'12': spike times are not sorted"),
        ({"spike_trains": ([], [np.nan], [])}, "'2': a spike time is NaN"),
        ({"spike_trains": ([], [], [np.inf])}, "'elf': a spike time is NaN or infinite"),
        ({"spike_trains": ([1.5], [], [])}, "'12': a spike at 1.5 s lies outside"),
        ({"spike_trains": ([-0.1], [], [])}, "'12': a spike at -0.1 s lies outside"),
        ({"spike_trains": ([[0.1]], [], [])}, "one dimension"),
        ({"spike_trains": ([], [])}, "2 spike trains need as many electrode names, found 3"),
        ({"x": [0.0]}, "3 spike trains need as many positions"),
        ({"t_stop": 0.0}, "must end after it starts"),
        ({"t_stop": np.nan}, "must end after it starts"),
        ({"stimulus_times": [0.2]}, "stimuli need as many times"),
        ({"stimulus_times": [0.2, 1.2]}, "a stimulus at 1.2 s lies outside"),
        ({"stimulus_electrodes": [0, 3]}, "on electrode 3, the recording has 3"),
        ({"stimulus_electrodes": [-2, 0]}, "on electrode -2"),
        ({"stimulus_amplitudes": [1.0, np.nan]}, "amplitude of a stimulus is NaN"),
    ],
)
def test_impossible_recordings_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        small(**changes)


# Files


def test_compressed_recording_is_the_same(published_files, tmp_path):
    path = published_files[0]
    compressed = tmp_path / path.name  # gzip by content, whatever the name says
    compressed.write_bytes(gzip.compress(path.read_bytes()))
    assert_same(read(compressed), read(path))


def test_published_recording_survives_both_formats(published_files, tmp_path):
    recording = read(published_files[0])
    recording.save(tmp_path / "copy.h5")
    assert_same(read(tmp_path / "copy.h5"), recording)
    recording.save(tmp_path / "copy.csv")
    copy = read(tmp_path / "copy.csv")
    assert copy.electrode_names == recording.electrode_names
    assert (copy.t_start, copy.t_stop) == (recording.t_start, recording.t_stop)
    for one, other in zip(copy.spike_trains, recording.spike_trains, strict=True):
        np.testing.assert_array_equal(one, other)


# Files that cannot be read


def test_missing_file(tmp_path):
    assert "No such file" in refused(tmp_path / "none.h5")


def test_folder_instead_of_file(tmp_path):
    assert "is a folder of another kind" in refused(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path):
    path = tmp_path / "secret.csv"
    path.touch(mode=0o200)
    assert "Permission denied" in refused(path)


@pytest.mark.parametrize("name", ["empty.h5", "empty.csv", "empty.h5.gz"])
def test_empty_file(tmp_path, name):
    content = gzip.compress(b"") if name.endswith("gz") else b""
    assert "is empty" in refused(tmp_path / name, content)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("write", [lambda path: small().save(path), published])
def test_truncated_hdf5(tmp_path, write, part):
    write(tmp_path / "whole.h5")
    content = (tmp_path / "whole.h5").read_bytes()
    message = refused(tmp_path / "part.h5", content[: int(part * len(content))])
    assert "truncated or damaged HDF5" in message


def test_damaged_hdf5(tmp_path):
    path = tmp_path / "damaged.h5"
    small().save(path)
    with h5py.File(path) as file:
        chunk = file["spikes/times"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + chunk.size] = b"x" * chunk.size
    assert "truncated or damaged HDF5" in refused(path, bytes(content))


def test_truncated_gzip(tmp_path):
    content = gzip.compress(published(tmp_path / "whole.h5").read_bytes())
    assert "gzip" in refused(tmp_path / "part.h5.gz", content[:-20])
    assert "gzip" in refused(tmp_path / "no.h5.gz", content[:2] + b"nonsense")


@pytest.mark.parametrize("start", [0, 512])
def test_hdf5_of_another_kind(tmp_path, start):
    with h5py.File(tmp_path / "other.h5", "w", userblock_size=start) as file:
        file["voltage"] = np.zeros(5)
    message = refused(tmp_path / "other.h5")
    assert "HDF5 of another kind" in message
    assert "Charlesworth 2015" in message and "CSV" in message


def test_hdf5_of_a_later_version(tmp_path):
    small().save(tmp_path / "later.h5")
    with h5py.File(tmp_path / "later.h5", "a") as file:
        file.attrs["format_version"] = 3
    assert "format version 3" in refused(tmp_path / "later.h5")


@pytest.mark.parametrize("electrodes", [[0, 0, 2, 0], [-1, 0, 0, 2], [0, 0, 0, 3], [0, 0, 2]])
def test_hdf5_with_wrong_electrodes(tmp_path, electrodes):
    path = tmp_path / "wrong.h5"
    small().save(path)
    with h5py.File(path, "a") as file:
        del file["spikes/electrodes"]
        file["spikes/electrodes"] = electrodes
    assert "electrodes" in refused(path)


def test_other_binary_file(tmp_path):
    message = refused(tmp_path / "raw.xyz", b"MCSSTRM \0\0\0\1")
    assert "neither HDF5 nor text" in message and "Charlesworth 2015" in message


# CSV spike lists


def test_spike_list_knows_no_positions(tmp_path):
    (tmp_path / "list.csv").write_text("Time (s),Electrode\n0.5,10\n0.25,2\n")
    recording = read(tmp_path / "list.csv")
    assert recording.electrode_names == ("2", "10")
    assert [train.tolist() for train in recording.spike_trains] == [[0.25], [0.5]]
    assert (recording.t_start, recording.t_stop) == (0.0, 0.5)
    assert np.isnan(recording.x).all() and np.isnan(recording.y).all()
    assert recording.source == "list.csv"


def test_compressed_spike_list(tmp_path):
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress(b"Channel,Time\nc1,14.5\nc1,78.75\n"))
    assert read(tmp_path / "list.csv.gz").spike_trains[0].tolist() == [14.5, 78.75]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Time (s),Electrode\n-0.1,1\n0.5,1\n", "a spike at -0.1 s lies outside"),
        ("# t_stop = 0.2\nTime (s),Electrode\n0.5,1\n", "a spike at 0.5 s lies outside"),
        ("just text", "no columns for time and electrode"),
    ],
)
def test_bad_spike_lists(tmp_path, content, message):
    assert message in refused(tmp_path / "list.csv", content)


# Files that cannot be written


@pytest.mark.parametrize("suffix", [".h5", ".nwb", ".csv"])
def test_no_such_folder(tmp_path, suffix):
    path = tmp_path / "none" / f"recording{suffix}"
    with pytest.raises(InputError) as error:
        small().save(path)
    assert "No such file or directory" in one_line(error, path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("suffix", [".h5", ".nwb", ".csv"])
def test_no_permission(tmp_path, suffix):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(InputError) as error:
        small().save(folder / f"recording{suffix}")
    assert "Permission denied" in one_line(error, folder / f"recording{suffix}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("suffix", [".h5", ".nwb", ".csv"])
def test_full_disk(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"recording{suffix}"
    path.write_text("before")

    def on_full_disk(**_):
        (tmp_path / "beside").symlink_to("/dev/full")
        return os.open(tmp_path / "beside", os.O_WRONLY), str(tmp_path / "beside")

    monkeypatch.setattr(tempfile, "mkstemp", on_full_disk)
    with pytest.raises(InputError) as error:
        small().save(path)
    assert "No space left on device" in one_line(error, path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "before"


@pytest.mark.parametrize("suffix", [".h5", ".nwb", ".csv"])
def test_disk_that_fills_up_while_writing(tmp_path, suffix):
    path = tmp_path / f"recording{suffix}"
    large = small(spike_trains=(np.linspace(0, 1, 20_000), [], []))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, limits[1]))
    try:
        with pytest.raises(InputError) as error:
            large.save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be written" in one_line(error, path)
    assert list(tmp_path.iterdir()) == []


def test_electrodes_that_csv_cannot_tell_apart(tmp_path):
    with pytest.raises(InputError) as error:
        small(electrode_names=("1", "1", "2")).save(tmp_path / "list.csv")
    assert "same name" in one_line(error, tmp_path / "list.csv")
    assert list(tmp_path.iterdir()) == []


def test_other_files_of_the_program_are_no_recordings(tmp_path):
    path = tmp_path / "result.h5"
    with hdf5.written(path, "SpikingGrid benchmark") as file:
        file["x"] = 1
    for what in (read, load_parameters):
        with pytest.raises(InputError) as error:
            what(path)
        assert "HDF5" in one_line(error, path)
