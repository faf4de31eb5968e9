"""The published format: recordings as they were published, and what they may lack."""

import h5py
import numpy as np
import pytest

from spikinggrid.recordings import read
from spikinggrid.utils.errors import InputError
from tests.recording_files import published

# Sums of /sCount, read off the files with h5py alone
PUBLISHED_SPIKES = {
    "C57_CTX_G2CEPHYS1_TC11_DIV07_A": 11137,
    "C57_CTX_G2CEPHYS1_TC11_DIV14_A": 145643,
    "C57_CTX_G2CEPHYS1_TC11_DIV21_A": 328806,
    "C57_CTX_G2CEPHYS1_TC11_DIV25_A": 410656,
    "C57_CTX_G2CEPHYS1_TC12_DIV21_A": 56880,
    "C57_TC191_G2CEPHYS3_DIV21_C": 289703,
    "C57_TC192_G2CEPHYS1_DIV07_A": 46582,
    "C57_TC192_G2CEPHYS1_DIV14_A": 115455,
    "C57_TC192_G2CEPHYS1_DIV21_A": 107587,
    "C57_TC192_G2CEPHYS1_DIV25_A": 30185,
    "CTX_TC51_G2CEPHYS3_DIV21_C": 331063,
    "TC107-NB-C57-DIV21_A": 264636,
}


# Published recordings


@pytest.mark.parametrize("name", PUBLISHED_SPIKES)
def test_published_recordings_have_their_published_counts(data_folder, name):
    path = data_folder / "recordings" / f"{name}.h5"
    recording = read(path)
    with h5py.File(path) as file:
        counts, (start, end) = file["sCount"][()], file["recordingtime"][()]
        first_of_last = file["spikes"][counts[:-1].sum()]
        name_of_last, position_of_last = file["names"][-1].decode(), file["epos"][:, -1]
    assert recording.n_spikes == PUBLISHED_SPIKES[name]
    rates = [train.size / recording.duration for train in recording.spike_trains]
    np.testing.assert_array_equal(rates, counts / (end - start))
    assert recording.spike_trains[-1][0] == first_of_last
    assert recording.electrode_names[-1] == name_of_last
    position = [recording.x[-1], recording.y[-1]]
    expected = [position_of_last[0], 1800 - position_of_last[1]]
    np.testing.assert_allclose(position, np.multiply(expected, 1e-6), rtol=1e-15)
    assert recording.seed is None and recording.parameters == "" and recording.versions == {}


@pytest.mark.parametrize("name", PUBLISHED_SPIKES)
def test_electrodes_lie_where_their_names_say(data_folder, name):
    # ch_47B_unit_0: column 4, row 7, counted from the top left
    recording = read(data_folder / "recordings" / f"{name}.h5")
    columns, rows = zip(*(map(int, name[3:5]) for name in recording.electrode_names), strict=True)
    np.testing.assert_allclose(recording.x, np.multiply(columns, 200e-6), rtol=1e-12)
    np.testing.assert_allclose(recording.y, np.multiply(rows, 200e-6), rtol=1e-12)


def test_published_row_2_lies_above_row_7(tmp_path):
    recording = read(published(tmp_path / "both.h5"))  # ch_12, ch_37
    assert recording.x == pytest.approx([200e-6, 600e-6])
    assert recording.y == pytest.approx([400e-6, 1400e-6])  # downwards, as in images


@pytest.mark.parametrize("array", [np.array([b"MCS_8x8_100um"]), None])
def test_positions_on_another_array_are_taken_as_they_stand(tmp_path, array):
    recording = read(published(tmp_path / "other.h5", array=array))
    assert recording.y == pytest.approx([1400e-6, 400e-6])


def test_electrodes_lie_200_um_apart(data_folder):
    recording = read(data_folder / "recordings" / "C57_TC192_G2CEPHYS1_DIV21_A.h5")
    assert recording.n_electrodes == 59
    assert "hpc" in recording.source and "DIV 21" in recording.source
    distances = np.hypot(
        np.subtract.outer(recording.x, recording.x), np.subtract.outer(recording.y, recording.y)
    )
    assert distances[distances > 0].min() == pytest.approx(200e-6)


# What a file may lack


def test_published_recording_has_nothing_to_tell(data_folder):
    recording = read(data_folder / "recordings" / "C57_CTX_G2CEPHYS1_TC11_DIV14_A.h5")
    assert recording.notes == ()
    assert (recording.n_electrodes, recording.n_sites) == (56, 59)


@pytest.mark.parametrize(
    ("changes", "span", "said"),
    [
        ({}, (0, 1.5), "taken as 0 s to 1.5 s, the last spike"),
        ({"summary/duration": [2.0]}, (0, 2), "lasts as long as /summary/duration says"),
        ({"summary/duration": [1.2]}, (0, 1.5), "taken as 0 s to 1.5 s"),
        ({"spikes": [8.5, 9.5, 9.0]}, (8.5, 9.5), "taken as 8.5 s to 9.5 s, from the first"),
        ({"spikes": [8.5, 9.5, 9.0], "summary/duration": [2.0]}, (8.5, 9.5), "taken as 8.5 s"),
    ],
)
def test_span_that_the_file_does_not_say(tmp_path, changes, span, said):
    recording = read(published(tmp_path / "dish.h5", recordingtime=None, **changes))
    assert (recording.t_start, recording.t_stop) == span
    (note,) = recording.notes
    assert note.startswith("has no /recordingtime: ") and said in note


def test_electrodes_without_names(tmp_path):
    recording = read(published(tmp_path / "dish.h5", names=None))
    assert recording.electrode_names == ("1", "2")
    assert recording.notes == ("the electrodes have no names: called 1, 2, ...",)


@pytest.mark.parametrize(
    ("stop", "late", "accepted"),
    [
        (900.2, np.float32(900.2), True),  # 900.20001 as a float64
        (900.2, 900.2008, True),
        (900.2, 900.2012, False),
        (0.7, np.float32(0.7), True),  # below 0.7
        (16777.3, np.float32(16777.3), True),
    ],
)
def test_times_in_single_precision_may_be_rounded_up(tmp_path, stop, late, accepted):
    spikes = np.array([0.5, late, 0.25], np.float32)
    path = published(tmp_path / "dish.h5", spikes=spikes, recordingtime=[0.0, stop])
    if not accepted:
        with pytest.raises(InputError, match=r"'ch_12': a spike at 900\.201"):
            read(path)
        return
    recording = read(path)
    assert recording.spike_trains[0][-1] == min(stop, float(np.float32(late)))
    assert "its times are in single precision" in recording.notes


def test_spikes_past_the_end_in_double_precision_are_refused(tmp_path):
    path = published(tmp_path / "dish.h5", spikes=[0.5, 2.0000001, 1.0])
    with pytest.raises(InputError, match=r"a spike at 2\.0000001 s lies outside"):
        read(path)


@pytest.mark.parametrize("option", ["time_unit", "columns", "well", "sampling_rate"])
def test_what_the_file_says_itself_cannot_be_said(tmp_path, option):
    value = {"time_unit": "s", "columns": "time,electrode", "well": "A1", "sampling_rate": 1e4}
    with pytest.raises(InputError, match=f"--{option.replace('_', '-')}: does not go with HDF5"):
        read(published(tmp_path / "dish.h5"), **{option: value[option]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sCount": [2, 2]}, "/sCount adds up to 4 spikes, /spikes holds 3"),
        ({"sCount": [4, -1]}, "/sCount adds up to"),
        ({"spikes": [0.5, np.nan, 1.0]}, "'ch_12': a spike time is NaN"),
        ({"spikes": [1.5, 0.5, 1.0]}, "'ch_12': spike times are not sorted"),
        ({"recordingtime": [0.0, 1.2]}, "a spike at 1.5 s lies outside"),
        ({"recordingtime": [2.0]}, "/recordingtime must hold two times"),
        ({"epos": None, "names": None}, "lacks /epos of the Charlesworth 2015 format"),
        ({"recordingtime": None, "spikes": [], "sCount": [0, 0]}, "has neither spikes nor"),
        ({"epos": [[1.0], [2.0]]}, r"/epos has shape (2, 1), right would be (2, 2)"),
        ({"names": np.array([b"ch_12"])}, "found 1"),
        ({"spikes": np.array([b"a", b"b", b"c"])}, "damaged HDF5"),
    ],
)
def test_published_format_that_does_not_add_up(tmp_path, changes, message):
    path = published(tmp_path / "wrong.h5", **changes)
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ") and message in str(error.value)
