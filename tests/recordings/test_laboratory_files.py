"""Files as laboratories have them that were misread once, each with others of its kind.

What must come out is known beforehand: the spikes are written here.
"""

import h5py
import numpy as np
import pytest

from spikinggrid.recordings import Recording, read, read_all
from spikinggrid.utils.errors import InputError

HEADER = "Time (s),Electrode\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dish.csv"


def read_text(path, text: str, encoding: str = "utf-8", **options) -> list[Recording]:
    path.write_bytes(text.encode(encoding))
    return read_all(path, **options)


def spikes(recording: Recording) -> dict[str, list[float]]:
    pairs = zip(recording.electrode_names, recording.spike_trains, strict=True)
    return {name: train.tolist() for name, train in pairs}


def refusal(path, text: str, **options) -> str:
    with pytest.raises(InputError) as error:
        read_text(path, text, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


# --- separators, decimals, encodings, headers --------------------------------------------

THREE_SPIKES = {"12": [0.125, 1.5], "13": [0.25]}


@pytest.mark.parametrize(
    ("text", "encoding", "options"),
    [
        # Excel in Europe
        (
            "Time (s);Electrode;Amplitude(mV)\r\n"
            "0,125;12;0,031\r\n0,250;13;0,022\r\n1,500;12;0,027\r\n",
            "utf-8-sig",
            {},
        ),
        ("Electrode;Time (ms)\n12;125,0\n13;250,0\n12;1500,0\n", "latin-1", {}),
        ("Timestamp [µs];Channel ID\n125000;12\n250000;13\n1500000;12\n", "latin-1", {}),
        ("Time (s);Electrode\n0,125;12\n0,250;13\n1,500;12\n", "utf-16", {}),
        # tabs
        ("Time (s)\tElectrode\n0.125\t12\n0.250\t13\n1.500\t12\n", "utf-8", {}),
        ("Channel\tTime (s)\r\n12\t0,125\r\n13\t0,25\r\n12\t1,5\r\n", "utf-8-sig", {}),
        ("Time (ms)\tElectrode\tNote\n125\t12\t\n250\t13\tx, y\n1500\t12\t\n", "utf-16-le", {}),
        ("Time (s)  Electrode\n0.125  12\n0.250  13\n1.500  12\n", "utf-8", {}),
        # no header
        ("0.125\t12\n0.250\t13\n1.500\t12\n", "utf-8", {"columns": "time,electrode"}),
        ("12 125\n13 250\n12 1500\n", "utf-8", {"columns": "electrode,time_ms"}),
        ("12;x;0,125\n13;y;0,25\n12;z;1,5\n", "utf-8", {"columns": "electrode,unit,time"}),
        (
            "3125,12\n6250,13\n37500,12\n",
            "utf-8-sig",
            {"columns": "time,electrode", "time_unit": "samples", "sampling_rate": "25 kHz"},
        ),
    ],
)
def test_spikes_are_the_same_however_they_are_written(path, text, encoding, options):
    (recording,) = read_text(path, text, encoding, **options)
    assert spikes(recording) == THREE_SPIKES
    assert (recording.t_start, recording.t_stop) == (0, 1.5)
    assert recording.features()["fir.rate"] == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "0.12504\t12\n0.25000\t47\n1.50012\t12\n",
        "0.12504,12\n0.25000,47\n1.50012,12\n",
        "12 0.12504\n47 0.25000\n12 1.50012\n",
        "0,12504;12\n0,25000;47\n1,50012;12\n",
    ],
)
def test_list_without_a_header_is_not_guessed(path, text):
    said = refusal(path, text)
    assert "has no columns for time and electrode" in said and "--columns time,electrode" in said


# --- plates, and units that are no wells -------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wells"),
    [
        (
            "Investigator,,Time (s),Electrode,Amplitude(mV)\r\n"
            "Experiment ID,,0.01048,D3_31,0.093\r\n,,0.01064,B6_22,0.050\r\n,,0.2,D3_12,0.05\r\n",
            {"B6": {"B6_22": [0.01064]}, "D3": {"D3_12": [0.2], "D3_31": [0.01048]}},
        ),
        (
            "Investigator,,Time (s),Electrode\n,,0.2,A1_11\n,,0.1,A2_11\n"
            "Well Information\nWell,A1,A2\nConcentration,1,2\n",
            {"A1": {"A1_11": [0.2]}, "A2": {"A2_11": [0.1]}},
        ),
        ("Time (s);Electrode\n0,1;P24_88\n0,2;A1_11\n", {"A1": {"A1_11": [0.2]}, "P24": None}),
        ("Time (ms)\tChannel\n200\tB1_12\n", {"B1": {"B1_12": [0.2]}}),
    ],
)
def test_each_well_of_a_plate_is_a_recording(path, text, wells):
    recordings = {recording.well: recording for recording in read_text(path, text)}
    assert list(recordings) == list(wells)
    for well, expected in wells.items():
        assert recordings[well].t_stop == 0.2  # the plate's, not that of its own last spike
        if expected is not None:
            assert spikes(recordings[well]) == expected
        assert spikes(read(path, well=well)) == spikes(recordings[well])


@pytest.mark.parametrize(
    "names",
    [
        ("CH12_1", "CH13_1", "CH21_2"),
        ("ch_12A_unit_0", "ch_12A_unit_1", "ch_13A_unit_0"),
        ("E12_1", "E12_2", "E13_1"),
        ("A1_19", "A1_91", "A25_11"),
        ("Q1_11", "a1_11", "A0_11"),
    ],
)
def test_units_of_electrodes_are_no_wells(path, names):
    rows = "".join(f"{time},{name}\n" for time, name in zip((0.125, 0.25, 1.5), names, strict=True))
    (recording,) = read_text(path, HEADER + rows)
    assert (recording.well, set(recording.electrode_names)) == ("", set(names))
    assert recording.n_electrodes == 3


# --- units of time, and clocks -----------------------------------------------------------

ELECTRODES = [f"ch_{number}" for number in range(12, 24)]


def busy_dish(factor: float = 1, start: float = 0, decimals: int = 6) -> str:
    """Rows of 12 electrodes that fire at 1 Hz for 600 s, irregularly, to the last."""
    generator = np.random.default_rng(7)
    rows = []
    for electrode in ELECTRODES:
        times = np.sort(generator.uniform(0, 600, 600))
        times[[0, -1]] = 0.001, 599.999
        rows += [(factor * (start + time), electrode) for time in times]
    return "".join(f"{time:.{decimals}f},{electrode}\n" for time, electrode in sorted(rows))


@pytest.fixture(scope="module")
def from_zero(tmp_path_factory) -> dict[str, float]:
    """The features of the dish in seconds from 0, with its span."""
    path = tmp_path_factory.mktemp("dish") / "dish.csv"
    path.write_text(f"# t_start = 0 s\n# t_stop = 600 s\n{HEADER}{busy_dish()}")
    return read(path).features()


@pytest.mark.parametrize("heading", ["Time", "TimeStamp", "timestamp", "spike_time"])
@pytest.mark.parametrize(
    ("unit", "factor", "decimals"), [("ms", 1e3, 2), ("us", 1e6, 0), ("us", 1e6, 1)]
)
def test_unit_is_never_guessed_wrong(path, from_zero, heading, unit, factor, decimals):
    text = f"{heading},Channel\n{busy_dish(factor, decimals=decimals)}"
    said = refusal(path, text)
    assert heading in said and "--time-unit" in said and " h and " in said
    (recording,) = read_text(path, text, time_unit=unit)
    assert recording.features()["fir.rate"] == pytest.approx(1, rel=1e-5)
    assert recording.features()["corr"] == pytest.approx(from_zero["corr"], abs=1e-5)


@pytest.mark.parametrize("start", [86_400, 1_700_000_000, 43_211.5, 700])
@pytest.mark.parametrize("says_span", [True, False])
def test_clocks_change_no_feature(path, from_zero, start, says_span):
    span = f"# t_start = {start} s\n# t_stop = {start + 600} s\n" * says_span
    (recording,) = read_text(path, f"{span}{HEADER}{busy_dish(start=start)}")
    measured = recording.features()
    assert measured["fir.rate"] == pytest.approx(1, rel=1e-5)
    assert measured["corr"] == pytest.approx(from_zero["corr"], abs=1e-5)
    assert measured["n_spikes"] == 7200
    assert any("first to the last spike" in note for note in recording.notes) != says_span


@pytest.mark.parametrize(
    ("span", "late"),
    [
        ("# t_stop = 60 s", 60.00002),
        ("# t_start = 10 s\n# t_stop = 60 s", 60.5),
        ("# t_stop = 60000 ms", 61.0),
        ("# t_start = 2 s\n# t_stop = 60 s", 1.0),
    ],
)
def test_spikes_outside_the_span_are_named(path, span, late):
    said = refusal(path, f"{span}\n{HEADER}30,12\n{late},13\n")
    assert "electrode '13'" in said and f"{late} s" in said and "to 60.0 s" in said


# --- duplicate rows, artefacts ------------------------------------------------


def one_electrode(copies: int = 1) -> str:
    times = np.linspace(0.1, 59.9, 300).round(4)
    return "# t_stop = 60 s\n" + HEADER + "".join(f"{time},12\n" * copies for time in times)


@pytest.mark.parametrize(("copies", "rate", "n"), [(1, 5, 0), (2, 10, 300), (3, 15, 600)])
def test_rows_that_are_there_twice_are_counted(path, copies, rate, n):
    (recording,) = read_text(path, one_electrode(copies))
    assert recording.features()["fir.rate"] == rate
    told = [note for note in recording.notes if "are 0 s" in note]
    assert told == ([] if n == 0 else [told[0]]) and all(f"{n} intervals" in note for note in told)


@pytest.mark.parametrize("n_electrodes", [60, 16, 5, 120])
def test_spikes_on_all_electrodes_at_once_are_counted(path, n_electrodes):
    rows = "".join(f"{k}.0,{name}\n" for k in range(1, 60) for name in range(n_electrodes))
    (recording,) = read_text(path, f"# t_stop = 60 s\n{HEADER}{rows}")
    assert any("59 moments" in note for note in recording.notes)


# --- HDF5 of published collections -------------------------------------------------------


def collection(path, trains, dtype="f8", **more) -> None:
    n = len(trains)
    with h5py.File(path, "w") as file:
        file["spikes"] = np.concatenate(trains).astype(dtype)
        file["sCount"] = np.array([len(train) for train in trains], "i4")
        file["names"] = np.array([f"ch_{12 + k}".encode() for k in range(n)])
        file["epos"] = np.array([[200.0 * k for k in range(n)], [200.0] * n])
        for name, value in more.items():
            file[name] = value


@pytest.mark.parametrize("stop", [900.2, 300.1, 123.4, 59.9])
def test_single_precision_may_round_past_the_end(tmp_path, stop):
    assert float(np.float32(stop)) > stop  # each of them
    collection(tmp_path / "dish.h5", [[1.0, stop]] * 2, "f4", recordingtime=[0.0, stop])
    recording = read(tmp_path / "dish.h5")
    assert spikes(recording) == {"ch_12": [1.0, stop], "ch_13": [1.0, stop]}
    assert recording.t_stop == stop


@pytest.mark.parametrize(
    ("start", "span"),
    [
        (0.05, (0, 900.05)),
        (1000.0, (1000, 1900)),
        (86_400.0, (86_400, 87_300)),
        (43_211.5, (43_211.5, 44_111.5)),
    ],
)
def test_collection_without_a_span(tmp_path, start, span):
    collection(tmp_path / "dish.h5", [start + np.linspace(0, 900, 501)] * 4)
    recording = read(tmp_path / "dish.h5")
    assert (recording.t_start, recording.t_stop) == pytest.approx(span)
    assert recording.features()["fir.rate"] == pytest.approx(501 / 900, rel=1e-3)
    assert any("has no /recordingtime" in note for note in recording.notes)
