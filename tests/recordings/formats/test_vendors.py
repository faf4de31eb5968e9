"""Files of vendors and programs, as far as anybody but their makers can write them."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import io

from spikinggrid.cli.main import main
from spikinggrid.plotting import pages
from spikinggrid.recordings import Recording, read, read_all
from spikinggrid.recordings.formats.assembly import trains_by_electrode
from spikinggrid.utils.errors import InputError
from tests import format_files

#: Spike times (s), in whole milliseconds, by number of the electrode.
TRAINS = {12: np.array([0.125, 1.5]), 13: np.array([0.25]), 27: np.array([])}

FIRED = {12: TRAINS[12], 13: TRAINS[13]}


def trains_of(recording: Recording) -> dict[str, list[float]]:
    pairs = zip(recording.electrode_names, recording.spike_trains, strict=True)
    return {name: train.tolist() for name, train in pairs}


def by_name(trains) -> dict[str, list[float]]:
    return {str(name): list(train) for name, train in trains.items()}


def refused(path, **options) -> str:
    with pytest.raises(InputError) as error:
        read(path, **options)
    message = str(error.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message


def test_spikes_in_any_order_come_apart_by_electrode():
    trains = trains_by_electrode(np.array([3.0, 1.0, 2.0, 0.5]), np.array([7, 7, 2, 7]))
    assert {number: train.tolist() for number, train in trains.items()} == {
        2: [2.0],
        7: [0.5, 1.0, 3.0],
    }
    with pytest.raises(InputError, match="2 spike times, but 1 electrodes"):
        trains_by_electrode(np.zeros(2), np.zeros(1))


# Multi Channel Systems


def test_mcs_entities_go_by_their_labels(tmp_path):
    path = format_files.mcs(tmp_path / "dish.h5", TRAINS, duration=2.0, events=[0.5, 1.0])
    recording = read(path)
    assert trains_of(recording) == by_name(TRAINS)
    assert (recording.t_start, recording.t_stop) == (0, 2)
    assert recording.stimulus_times.tolist() == [0.5, 1.0]
    assert recording.notes == ("2 events are taken as stimuli on an electrode not known",)


def test_mcs_without_info_and_duration(tmp_path):
    with h5py.File(tmp_path / "dish.h5", "w") as file:
        stream = file.create_group("Data/Recording_0/TimeStampStream/Stream_0")
        stream["TimeStampEntity_0"] = [[125_000, 1_500_000]]
        stream["TimeStampEntity_1"] = [[250_000]]
    recording = read(tmp_path / "dish.h5")
    assert trains_of(recording) == {"0": [0.125, 1.5], "1": [0.25]}
    assert recording.t_stop == 1.5 and "the length of the recording" in recording.notes[0]


def test_mcs_with_an_event_that_names_an_electrode(tmp_path):
    path = format_files.mcs(tmp_path / "dish.h5", TRAINS, duration=2.0, events=[0.5])
    with h5py.File(path, "a") as file:
        columns = [
            ("EventID", "<i4"),
            ("SourceChannelLabels", h5py.string_dtype()),
            ("Label", "S1"),
        ]
        file["Data/Recording_0/EventStream/Stream_0/InfoEvent"] = np.array(
            [(0, b"13", b"")], columns
        )
    assert read(path).stimulus_electrodes.tolist() == [1]


def test_mcs_with_voltages_alone(tmp_path):
    with h5py.File(tmp_path / "raw.h5", "w") as file:
        file.attrs["McsHdf5ProtocolType"] = "RawData"
        file["Data/Recording_0/AnalogStream/Stream_0/ChannelData"] = np.zeros((2, 5))
    assert "holds no time stamps of spikes" in refused(tmp_path / "raw.h5")


# MaxWell


@pytest.mark.parametrize("wells", [0, 1])
def test_maxwell_goes_by_mapping_and_first_frame(tmp_path, wells):
    path = format_files.maxwell(tmp_path / "dish.h5", TRAINS, duration=2.0, wells=wells)
    recording = read(path)
    assert trains_of(recording) == by_name(TRAINS)
    assert (recording.t_start, recording.t_stop) == (0, 2)
    np.testing.assert_allclose(recording.x, [12 * 17.5e-6, 13 * 17.5e-6, 27 * 17.5e-6])
    assert recording.notes == ()


def test_old_maxwell(tmp_path):
    path = format_files.old_maxwell(tmp_path / "dish.h5", TRAINS, n_frames=40_000)
    recording = read(path)
    assert trains_of(recording) == by_name(TRAINS)
    assert recording.t_stop == 2.0
    assert recording.notes == ("the sampling rate is not said: taken as 20 kHz, that of MaxOne",)
    assert read(path, sampling_rate="10 kHz").t_stop == 4.0


def test_maxwell_that_lacks_rate_mapping_and_frames(tmp_path):
    columns = [("frameno", "<i8"), ("channel", "<i4"), ("amplitude", "<f4")]
    with h5py.File(tmp_path / "dish.h5", "w") as file:
        file["data_store/data0000/spikes"] = np.array([(2500, 12, -30.0)], columns)
    message = refused(tmp_path / "dish.h5")
    assert "lacks the sampling rate (settings/sampling)" in message and "--sampling-rate" in message
    recording = read(tmp_path / "dish.h5", sampling_rate="20 kHz")
    assert trains_of(recording) == {"12": [0.125]}
    assert "no frame numbers" in recording.notes[0] and "no mapping" in recording.notes[1]


def test_maxwell_spikes_outside_the_signals(tmp_path):
    path = format_files.maxwell(tmp_path / "dish.h5", TRAINS, duration=1.0)
    recording = read(path)
    assert recording.n_spikes == 2
    assert recording.notes == ("1 spikes outside the recorded signals are left out",)


def test_wells_of_maxtwo(tmp_path):
    path = format_files.maxwell(tmp_path / "plate.h5", TRAINS, duration=2.0, wells=2)
    assert "2 wells (well000, well001)" in refused(path)
    assert [dish.well for dish in read_all(path)] == ["well000", "well001"]
    assert read(path, well="well001").n_spikes == 3
    assert "right would be well000, well001" in refused(path, well="A1")


# 3Brain


def test_old_bxr(tmp_path):
    path = format_files.old_bxr(tmp_path / "dish.bxr", TRAINS, duration=2.0)
    recording = read(path)
    assert trains_of(recording) == by_name(FIRED)
    assert recording.t_stop == 2.0
    assert "--sampling-rate" in refused(path, sampling_rate=10_000)
    with h5py.File(path, "a") as file:
        file["3BRecInfo/3BMeaChip/NCols"] = [8]
        file["3BRecInfo/3BMeaChip/NRows"] = [4]
    assert read(path).electrode_names == tuple(map(str, range(32)))


def test_old_bxr_without_a_sampling_rate(tmp_path):
    with h5py.File(tmp_path / "dish.h5", "w") as file:
        file["3BResults/3BChEvents/SpikeTimes"] = [10, 20]
        file["3BResults/3BChEvents/SpikeChIDs"] = [1, 2]
    assert "lacks the sampling rate" in refused(tmp_path / "dish.h5")
    recording = read(tmp_path / "dish.h5", sampling_rate="20 kHz")
    assert trains_of(recording) == {"1": [0.0005], "2": [0.001]}


@pytest.mark.parametrize("in_json", [False, True])
def test_bxr(tmp_path, in_json):
    path = format_files.bxr(
        tmp_path / "dish.bxr", TRAINS, duration=2.0, in_json=in_json, stored=[12, 13, 27]
    )
    recording = read(path)
    assert trains_of(recording) == by_name(TRAINS)
    assert recording.t_stop == 2.0 and recording.notes == ()


def test_wells_of_bxr(tmp_path):
    path = format_files.bxr(tmp_path / "plate.bxr", TRAINS, duration=2.0, wells=("A1", "B2"))
    assert "2 wells of a plate of 6" in refused(path)
    assert read(path, well="B2").well == "B2"


# Cortical Labs


def test_cortical_labs(tmp_path):
    path = format_files.cortical_labs(tmp_path / "dish.h5", TRAINS, 2.0, {3: np.array([0.5, 1.0])})
    recording = read(path)
    assert recording.n_electrodes == 64 and recording.n_spikes == 3
    assert recording.spike_trains[12].tolist() == [0.125, 1.5]
    assert recording.stimulus_times.tolist() == [0.5, 1.0]
    assert recording.stimulus_electrodes.tolist() == [3, 3]
    assert recording.t_stop == 2.0


# MATLAB


def test_cells_of_matlab(tmp_path):
    recording = read(format_files.matlab_cells(tmp_path / "dish.mat", TRAINS, duration=2.0))
    assert trains_of(recording) == by_name(TRAINS)
    assert recording.t_stop == 2.0


def test_cells_of_matlab_without_names(tmp_path):
    path = format_files.matlab_cells(tmp_path / "dish.mat", TRAINS)
    variables = io.loadmat(path)
    io.savemat(path, {"spikes": variables["spikeTimes"]})
    recording = read(path)
    assert trains_of(recording) == {"1": [0.125, 1.5], "2": [0.25], "3": []}
    assert "the electrodes have no names: called 1, 2, ..." in recording.notes


@pytest.mark.parametrize("unit", ["s", "ms", "frames"])
def test_mea_nap(tmp_path, unit):
    recording = read(format_files.mea_nap(tmp_path / "dish_spikes.mat", TRAINS, unit))
    assert trains_of(recording) == by_name(TRAINS)
    assert recording.t_stop == 30.0
    assert recording.notes == ("spikes are those of the method bior1p5, not of thr4",)


@pytest.mark.parametrize("is_sparse", [True, False])
def test_matrix_of_matlab(tmp_path, is_sparse):
    path = format_files.matlab_matrix(tmp_path / "dish.mat", TRAINS, 40_000, is_sparse)
    recording = read(path)
    assert trains_of(recording) == by_name(TRAINS)
    assert recording.t_stop == 2.0


def test_matlab_73(tmp_path):
    recording = read(format_files.matlab_v73(tmp_path / "dish.mat", TRAINS))
    assert trains_of(recording) == by_name(TRAINS)


def test_vectors_in_hdf5_as_of_matlab(tmp_path):
    with h5py.File(tmp_path / "dish.mat", "w") as file:
        file["spikes"], file["channels"] = [[0.125, 1.5, 0.25]], [[12.0, 12.0, 13.0]]
    assert trains_of(read(tmp_path / "dish.mat")) == by_name(FIRED)


def test_struct_array_of_matlab(tmp_path):
    structs = np.array([([0.125, 1.5], "E12"), ([0.25], "E13")], [("ts", "O"), ("name", "O")])
    io.savemat(tmp_path / "dish.mat", {"data": {"spikes": structs}})
    assert trains_of(read(tmp_path / "dish.mat")) == {"E12": [0.125, 1.5], "E13": [0.25]}


def test_unit_of_times_in_matlab(tmp_path):
    whole = {1: np.arange(60.0), 2: np.arange(60.0)}
    path = format_files.matlab_cells(tmp_path / "dish.mat", whole)
    assert "say the unit by --time-unit" in refused(path)
    assert read(path, time_unit="ms").t_stop == 0.059
    assert "lacks the sampling rate" in refused(path, time_unit="samples")
    assert read(path, time_unit="samples", sampling_rate=100).t_stop == 0.59


@pytest.mark.parametrize(
    "variables", [{"voltage": np.zeros(5)}, {"spikes": np.zeros((5, 5)), "channels": np.ones(3)}]
)
def test_matlab_without_spikes_in_a_known_shape(tmp_path, variables):
    io.savemat(tmp_path / "dish.mat", variables)
    assert "a cell array with the times of each electrode" in refused(tmp_path / "dish.mat")


def test_damaged_matlab(tmp_path):
    path = format_files.matlab_cells(tmp_path / "dish.mat", TRAINS)
    path.write_bytes(path.read_bytes()[:200])
    assert "truncated or damaged MATLAB" in refused(path)


# Text


def test_mc_datatool(tmp_path):
    path = format_files.mc_datatool(tmp_path / "spikes.txt", {21: [0.12, 0.64056], 31: [0.125]})
    recording = read(path)
    assert recording.electrode_names == ("21", "31")
    assert recording.spike_trains[0] == pytest.approx([0.12, 0.64056], abs=1e-12)
    assert recording.spike_trains[1].tolist() == [0.125]


def test_units_of_mc_datatool(tmp_path):
    rows = ["t \tSpikes 1 12 \tUnit", "[ms] \t[uV]", "1.0 \t-3 \t1", "2.0 \t-3 \t2", "3.0 \t-3 \t1"]
    text = "\n".join(["MC_DataTool ASCII conversion", "", *rows])
    (tmp_path / "spikes.txt").write_text(text)
    assert trains_of(read(tmp_path / "spikes.txt")) == {"12_1": [0.001, 0.003], "12_2": [0.002]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["t \tEl F7", "[ms] \t[uV]", "0.0 \t1.0"], "line 3: found 't \\tEl F7'"),
        (["t \tSpikes 1 12 \tUnit", "1.0 \t-3 \t0"], "line 4: found '1.0 \\t-3 \\t0'"),
        ([], "has no block of spikes"),
    ],
)
def test_mc_datatool_without_spikes(tmp_path, rows, message):
    text = "\n".join(["MC_DataTool ASCII conversion", "", *rows])
    (tmp_path / "spikes.txt").write_text(text)
    assert message in refused(tmp_path / "spikes.txt")


def test_tables_of_neuro_explorer(tmp_path):
    path = tmp_path / "dish.txt"
    path.write_text("sig001a\tsig001b\tsig007\r\n0,125\t\t0,5\r\n\t\t0,25\r\n1,75\r\n", "utf-16")
    recording = read(path)
    assert trains_of(recording) == {"sig001a": [0.125, 1.75], "sig001b": [], "sig007": [0.25, 0.5]}
    assert "each unit counts as an electrode" in recording.notes
    assert recording.t_stop == 1.75
    in_samples = read(path, time_unit="samples", sampling_rate=0.5)
    assert trains_of(in_samples)["sig001a"] == [0.25, 3.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n0.5\t0.6\nx\t0.7\n", "line 3: found 'x' in the column 'a'"),
        ("a\tb\n0.5\t0.6\n1\t2\t3\n", "line 3: has 3 cells, but there are 2 units"),
        ("a\ta\n0.5\t0.6\n", "line 1: two columns are called 'a'"),
        ("a\tb\n" + "".join(f"{k}\t{k}\n" for k in range(1, 99)), "hardly in s"),
    ],
)
def test_tables_that_are_none_of_neuro_explorer(tmp_path, text, message):
    (tmp_path / "dish.txt").write_text(text)
    assert message in refused(tmp_path / "dish.txt")


def test_nest(tmp_path):
    head = "# NEST version: 3.6.0\n# RecordingBackendASCII version: 2\nsender\ttime_ms\n"
    (tmp_path / "spikes.dat").write_text(head + "12\t125.0\n13\t250.0\n12\t1500.0\n")
    assert trains_of(read(tmp_path / "spikes.dat")) == by_name(FIRED)


@pytest.mark.parametrize(("header", "factor"), [("i,t/ms", 1e3), ("i,t (s)", 1), ("t,i", 1)])
def test_brian2(tmp_path, header, factor):
    rows = [(12, 0.125), (13, 0.25), (12, 1.5)]
    if header.startswith("t"):
        lines = [f"{factor * time},{neuron}" for neuron, time in rows]
    else:
        lines = [f"{neuron},{factor * time}" for neuron, time in rows]
    (tmp_path / "spikes.csv").write_text("\n".join([header, *lines]))
    assert trains_of(read(tmp_path / "spikes.csv")) == by_name(FIRED)


def test_a_current_over_time_is_no_table_of_spikes(tmp_path):
    (tmp_path / "trace.csv").write_text("t,i\n0.0,1.5e-9\n0.1,1.7e-9\n")
    assert "column i does not hold the numbers of neurons" in refused(tmp_path / "trace.csv")


# All of them


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 59),
        st.lists(st.integers(1, 29_999), unique=True, min_size=1, max_size=20),
        min_size=1,
        max_size=5,
    )
)
def test_any_trains_come_back_from_every_format(tmp_path_factory, milliseconds):
    trains = {number: np.sort(times) / 1e3 for number, times in milliseconds.items()}
    path = tmp_path_factory.mktemp("any") / "dish"
    expected = by_name(trains)
    files = (
        format_files.mcs(path, trains, 30.0),
        format_files.maxwell(path.with_suffix(".1"), trains, 30.0),
        format_files.old_bxr(path.with_suffix(".2"), trains, 30.0),
        format_files.bxr(path.with_suffix(".3"), trains, 30.0),
        format_files.matlab_cells(path.with_suffix(".mat"), trains),
        format_files.matlab_v73(path.with_suffix(".4"), trains),
        format_files.mc_datatool(path.with_suffix(".txt"), trains),
    )
    for file in files:
        options = {"time_unit": "s"} if "MATLAB" in str(file.read_bytes()[:20]) else {}
        got = trains_of(read(file, **options))
        assert got.keys() == expected.keys(), file
        for name, train in expected.items():
            assert got[name] == pytest.approx(train, abs=1e-12), file


def test_stimuli_on_an_electrode_that_nobody_knows(tmp_path, capsys):
    trains = {12: np.arange(0.1, 5, 0.1), 13: np.arange(0.1, 5, 0.2)}
    path = format_files.mcs(tmp_path / "dish.h5", trains, 5.0, events=[1.0, 2.0, 3.0])
    assert main(["statistics", str(path)]) == 0
    assert "3 stimuli on 1 electrodes (?)" in capsys.readouterr().out
    figure = pages.psth(read(path))
    assert any("?: 3 stimuli" in axes.get_title(loc="left") for axes in figure.axes)
