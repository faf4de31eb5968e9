"""Spike lists as laboratories have them, round trips, and lists that cannot be understood."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.recordings import Recording, read, read_all
from spikinggrid.recordings.formats import spike_list
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

HEADER = "Time (s),Electrode\n"


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "list.csv"


def read_list(path: Path, content: str | bytes, **options) -> Recording:
    """The recording in a spike list of this content, in UTF-8 unless it is bytes."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path, **options)


def trains(recording: Recording) -> dict[str, list[float]]:
    pairs = zip(recording.electrode_names, recording.spike_trains, strict=True)
    return {name: train.tolist() for name, train in pairs}


def refused(path: Path, content: str | bytes, **options) -> str:
    """The one line that says why a list is refused; it begins with the name of the file."""
    with pytest.raises(InputError) as error:
        read_list(path, content, **options)
    message = str(error.value)
    assert message.startswith(f"{path}: ") and message.count(str(path)) == 1
    assert "\n" not in message
    return message


def noted(recording: Recording, part: str) -> bool:
    return any(part in note for note in recording.notes)


# Columns and units


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("Time (s),Electrode", 1),
        ("Time (sec),Electrode", 1),
        ('"Time (ms)", "Channel Label"', 1000),
        ("time_ms,electrode_id", 1000),
        ("Timestamp [µs],Channel ID", 1e6),
        ("Spike Time (us),Electrode", 1e6),
        ("times milliseconds,CHANNEL NAME", 1000),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_headers_and_units(path, header, factor, encoding):
    rows = f"{header}\n{0.5 * factor},10\n{1.25 * factor},2\n"
    recording = read_list(path, rows.encode(encoding))
    assert trains(recording) == {"2": [1.25], "10": [0.5]}
    assert not noted(recording, "unit")


def test_columns_in_another_order(path):
    recording = read_list(path, "Amplitude,Channel,Time (s)\n-3,c1,14.5\n-4,c1,78.75\n")
    assert trains(recording) == {"c1": [14.5, 78.75]}


@pytest.mark.parametrize("heading", ["Time", "TimeStamp", "timestamps", "spike_time"])
def test_times_without_a_unit_are_taken_as_seconds_and_that_is_said(path, heading):
    recording = read_list(path, f"{heading},Electrode\n0.5,1\n2.5,1\n")
    assert trains(recording) == {"1": [0.5, 2.5]}
    assert f"the times have no unit ({heading!r}): taken as s" in recording.notes


@pytest.mark.parametrize(
    ("unit", "per_second", "rate"),
    [("s", 1, None), ("ms", 1000, None), ("us", 10**6, None), ("samples", 25_000, "25000 Hz")],
)
def test_unit_that_the_user_says(path, unit, per_second, rate):
    rows = f"Time,Electrode\n{2 * per_second},1\n{3 * per_second},2\n"
    recording = read_list(path, rows, time_unit=unit, sampling_rate=rate)
    assert trains(recording) == {"1": [2.0], "2": [3.0]}
    assert not noted(recording, "unit")


def poisson_rows(per_second: float, seconds: float = 600, n_electrodes: int = 12) -> str:
    """Electrodes that fire once a second on average, in whole units."""
    random = np.random.default_rng(1)
    times = np.sort(random.uniform(0, seconds, int(seconds * n_electrodes)))
    names = random.integers(n_electrodes, size=times.size)
    return "".join(
        f"{time * per_second:.0f},ch_{name}\n" for time, name in zip(times, names, strict=True)
    )


@pytest.mark.parametrize(
    ("heading", "unit", "per_second", "rate"),
    [
        ("Time", "ms", 1e3, None),
        ("TimeStamp", "us", 1e6, None),
        ("timestamp", "samples", 25e3, 25e3),
        ("Spike Time", "samples", 2e4, "20000 Hz"),
    ],
)
def test_units_that_seconds_cannot_be_are_refused_until_they_are_said(
    path, heading, unit, per_second, rate
):
    rows = f"{heading},Channel\n{poisson_rows(per_second)}"
    message = refused(path, rows)
    assert f"the times have no unit ({heading!r}) and are hardly in s" in message
    assert "--time-unit" in message and "--sampling-rate" in message
    recording = read_list(path, rows, time_unit=unit, sampling_rate=rate)
    assert recording.features()["fir.rate"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([0.5, 172_801], "48 h"),  # more than 48 h, from the first to the last spike
        ([0.25, 500.25], "0.004 Hz"),  # two spikes in 500 s
        (range(100, 201), "whole numbers"),
        (np.arange(0.5, 1e7, 1e4), "2.78e+03 h"),
    ],
)
def test_times_without_a_unit_that_are_implausible(path, times, said):
    rows = "Time,Electrode\n" + "".join(f"{time},1\n" for time in times)
    assert said in refused(path, rows)
    assert read_list(path, rows, time_unit="s").n_spikes == len(times)
    assert read_list(path, rows.replace("Time", "Time (s)")).n_spikes == len(times)


@pytest.mark.parametrize("times", [[0.5], [0.5, 0.5], [3, 4, 5], [0.25, 172_000, 172_000.5]])
def test_few_spikes_may_be_seconds(path, times):
    rows = "Time,Electrode\n" + "".join(f"{t},{n}\n" for n, t in enumerate(times, start=1))
    if times[-1] > 1000:
        assert "--time-unit" in refused(path, rows)
    else:
        assert read_list(path, rows).n_spikes == len(times)


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        ("Time (ms)", {"time_unit": "s"}, "--time-unit: found s, but the header says 'Time (ms)'"),
        ("Time", {"time_unit": "min"}, "--time-unit: found 'min'; right would be s, ms, us"),
        ("Time", {"time_unit": "samples"}, "say how many are a second by --sampling-rate"),
        ("Time (samples)", {}, "say how many are a second by --sampling-rate"),
        ("Time", {"sampling_rate": 1e4}, "--sampling-rate: goes with times in samples"),
        ("Time (s)", {"sampling_rate": 1e4}, "--sampling-rate: goes with times in samples"),
        ("Time", {"time_unit": "samples", "sampling_rate": 0}, "--sampling-rate: found 0 Hz"),
        ("Time", {"time_unit": "samples", "sampling_rate": "1 s"}, "not in a unit of frequency"),
        ("Time", {"well": "A1"}, "--well: the electrodes are not of wells"),
    ],
)
def test_options_that_contradict_the_file(path, header, options, message):
    assert message in refused(path, f"{header},Electrode\n1,1\n2,1\n", **options)


def test_samples_in_the_header(path):
    recording = read_list(path, "Time [frames],Channel\n10,1\n20,2\n", sampling_rate=20_000)
    assert trains(recording) == {"1": [0.0005], "2": [0.001]}


# Span


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_span_from_comments(path, newline):
    content = "# by hand\n#t_start=-1\n# t_stop = 3.5 s,\nTime (s),Electrode\n0.5,1\n"
    recording = read_list(path, content.replace("\n", newline))
    assert (recording.t_start, recording.t_stop) == (-1, 3.5)
    assert recording.notes == ()


@pytest.mark.parametrize("stop", ["60000 ms", "6e7 us", "60.0 s", "60 sec"])
def test_span_in_other_units(path, stop):
    content = f"# t_start = 0 s\n# t_stop = {stop}\nTime (ms),Electrode\n500,1\n"
    assert read_list(path, content).t_stop == 60


@pytest.mark.parametrize(
    ("first", "last", "said", "span"),
    [
        (0.25, 1.5, "", (0, 1.5)),
        (4.0, 7.5, "", (4, 7.5)),  # later than all activity lasts: by a clock
        (86_400.25, 87_000, "", (86_400.25, 87_000)),
        (1_700_000_000.25, 1_700_000_600, "", (1_700_000_000.25, 1_700_000_600)),
        (86_400.25, 87_000, "# t_start = 86400 s\n# t_stop = 87000 s\n", (86_400, 87_000)),
        (86_400.25, 87_000, "# t_start = 86400 s\n", (86_400, 87_000)),
        (50, 55, "# t_stop = 60 s\n", (0, 60)),
        (5, 5, "", (0, 5)),
    ],
)
def test_span_that_is_assumed_is_told(path, first, last, said, span):
    recording = read_list(path, f"{said}{HEADER}{first},1\n{last},2\n")
    assert (recording.t_start, recording.t_stop) == span
    assert noted(recording, "not given") == (said.count("#") < 2)


@pytest.mark.parametrize("start", [86_400, 1_700_000_000, 43_200.5])
def test_clock_times_measure_like_times_from_zero(path, start):
    random = np.random.default_rng(4)
    rows = [f"{t:.6f},{random.integers(12)}\n" for t in np.sort(random.uniform(0, 60, 2000))]
    early = read_list(path, f"# t_start = 0\n# t_stop = 60\n{HEADER}{''.join(rows)}").features()
    rows = [f"{float(row.split(',')[0]) + start:.6f},{row.split(',')[1]}" for row in rows]
    unsaid = read_list(path, HEADER + "".join(rows)).features()
    said = f"# t_start = {start} s\n# t_stop = {start + 60} s\n{HEADER}"
    late = read_list(path, said + "".join(rows)).features()
    for name in ("fir.rate", "corr", "isi.cv", "avalanche.size"):
        assert late[name] == pytest.approx(early[name], rel=1e-7, abs=1e-9)
        assert unsaid[name] == pytest.approx(early[name], rel=0.01, abs=1e-4)


@pytest.mark.parametrize(
    ("comments", "message"),
    [
        ("# t_stop = 5 s\n# t_stop = 6 s\n", "line 2: t_stop is 6, but line 1 says 5"),
        ("# t_start = 0\n# by hand\n# t_start = 1 ms\n", "line 3: t_start is 0.001, but line 1"),
        ("# n_electrodes = 59\n# n_electrodes = 60\n", "line 2: n_electrodes is 60, but line 1"),
        ("# t_stop =\n", "line 1: t_stop '' is not a number"),
        ("# a\n# t_stop = soon\n", "line 2: t_stop 'soon' is not a number"),
        ("# t_stop = 1_000 s\n", "line 1: t_stop '1_000 s' is not a number"),
        ("# t_stop = ٦٠ s\n", "line 1: t_stop '٦٠ s' is not a number"),
        ("# t_stop = nan s\n", "line 1: t_stop 'nan s' is not a number"),
        ("# t_stop = 60 mV\n", "line 1: t_stop '60 mV' is not a number"),
        ("# t_stop = 0.4 s\n", "a spike at 0.5 s lies outside"),
        ("# t_start = 9 s\n# t_stop = 5 s\n", "must end after it starts"),
    ],
)
def test_spans_that_are_none_or_two(path, comments, message):
    assert message in refused(path, f"{comments}{HEADER}0.5,1\n")


def test_span_without_a_unit_in_a_list_that_is_not_in_seconds(path):
    rows = "# t_stop = 60000\nTime (ms),Electrode\n500,1\n"
    assert "line 1: t_stop '60000' is not in s, as in # t_stop = 60 s" in refused(path, rows)


@pytest.mark.parametrize("late", ["60.00002", "60.0000001", "61"])
def test_spike_past_the_end_is_named(path, late):
    message = refused(path, f"# t_stop = 60 s\n{HEADER}1,12\n{late},12\n")
    assert f"electrode '12': a spike at {late}" in message and "0.0 s to 60.0 s" in message


@pytest.mark.parametrize(("late", "inside"), [(600_000, True), (600_001, False)])
def test_samples_may_be_rounded_up(path, late, inside):
    rows = f"# t_start = 0 s\n# t_stop = 29.99998 s\nTime (samples),Channel\n{late},1\n"
    if inside:
        recording = read_list(path, rows, sampling_rate=20_000)  # a sample is 50 us
        assert trains(recording) == {"1": [29.99998]}
        assert noted(recording, "1 spikes lay outside the span by rounding alone")
    else:
        assert "lies outside" in refused(path, rows, sampling_rate=20_000)


def test_number_of_electrodes_is_that_of_the_array(path):
    assert read_list(path, f"# n_electrodes = 59\n{HEADER}0.5,1\n").n_sites == 59
    assert read_list(path, f"{HEADER}0.5,1\n").n_sites == 1


# Dialects

THREE = {"12": [0.125, 1.5], "13": [0.25]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Time (s);Electrode;Amplitude(mV)\n0,125;12;0,031\n0,25;13;0,02\n1,5;12;0\n", "semicol"),
        ("Time (s);Electrode\n0.125;12\n0.25;13\n1.5;12\n", "semicolons"),
        ("Time (s)\tElectrode\n0.125\t12\n0.250\t13\n1.500\t12\n", "tabs"),
        ("Electrode\tTime (ms)\n12\t125,0\n13\t250,0\n12\t1500,0\n", "decimals by commas"),
        ("Time (s)   Electrode\n0.125      12\n0.25       13\n1.5        12\n", "spaces"),
        ("time_s electrode\n0.125 12\n0.25 13\n1.5 12\n", "spaces"),
        ("Time (s),Electrode\n0.125,12\n0.25,13\n1.5,12\n", None),
    ],
)
def test_dialects(path, content, said, newline, encoding):
    recording = read_list(path, content.replace("\n", newline).encode(encoding))
    assert trains(recording) == THREE
    assert noted(recording, "separated by") == (said is not None)
    assert said is None or noted(recording, said)
    assert noted(recording, "the text is in utf-16") == encoding.startswith("utf-16")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{HEADER}0,125,12\n", "line 2: has 3 cells, the header 2; with decimal commas"),
        ("Electrode,Time (s)\n12,0.5\n12,0,75\n", "line 3: has 3 cells, the header 2"),
        ("Time (s),Electrode,x\n0,125,12,0,031\n", "line 2: has 5 cells, the header 3"),
        ("Time (s);Electrode\n0,5;12\n0.75;12\n", "line 3: time '0.75' has a decimal point"),
        ("Time (s)\tElectrode\n0.5\t12\n0,75\t12\n", "line 3: time '0,75' has a decimal comma"),
        ("Time (s);Electrode\n1.234,5;12\n", "line 2: time '1.234,5' is not a number"),
        ("Time (s);Electrode\n1;2;3\n", "line 2: has 3 cells, the header 2"),
    ],
)
def test_decimal_commas_that_cannot_be_told_from_separators(path, content, message):
    assert message in refused(path, content)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f'{HEADER}0.5,"12\n0.6,13\n0.7,14\n', 2),
        (f'{HEADER}0.5,12\n"0.6,13\n0.7,14\n', 3),
        (f'{HEADER}0.5,12\n0.6,13\n0.7,"14\n', 4),
        (f'# t_stop = 5 s\n{HEADER}0.5,"12\n# a comment\n0.7",14\n', 3),
        ('Time (s);Electrode\n0,5;"12\n0,6;13"\n', 2),
    ],
)
def test_quotes_that_swallow_rows(path, content, line):
    message = refused(path, content)
    assert f"line {line}: a quote is opened and not closed in the same line" in message


@pytest.mark.parametrize(
    "time",
    [
        "1_000",
        "\u0661\u0662",
        "\uff11",
        "\u0663.5",
        "\u00bd",
        "0x10",
        "nan",
        "inf",
        "1e",
        "--1",
        "1 000",
    ],
)
def test_numbers_that_are_none(path, time):
    assert f"line 3: time {time!r} is not a number" in refused(path, f"{HEADER}0.5,1\n{time},1\n")


@pytest.mark.parametrize("time", ["1", "1.", ".5", "+1.5", "1e0", "1.5E-1"])
def test_numbers(path, time):
    assert trains(read_list(path, f"{HEADER}{time},1\n")) == {"1": [float(time)]}


def test_text_that_ends_in_the_middle_of_a_letter(path):
    content = (HEADER + "0.5,1\n").encode("utf-16")
    assert "is not text in utf-16" in refused(path, content[:-1])


def test_lines_that_no_table_has(path):
    assert "line 2: is longer than" in refused(path, HEADER + "1" * 2_000_000)


# Lists without a header


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("0.125\t12\n0.250\t13\n1.500\t12\n", "time,electrode"),
        ("0.125,12\n0.25,13\n1.5,12\n", "time,electrode"),
        ("# made by hand\n\n12;0,125\n13;0,250\n12;1,500\n", "electrode,time"),
        ("125 12 -3\n250 13 -4\n1500 12 -2\n", ["time_ms", "electrode", "amplitude"]),
        ("0,125 12\n0,25 13\n1,5 12\n", "time (s),channel"),
        ("0.125, 12\n0.25, 13\n1.5, 12\n", "time,electrode"),
    ],
)
def test_lists_without_a_header(path, content, columns):
    assert "--columns time,electrode" in refused(path, content)
    assert trains(read_list(path, content, columns=columns)) == THREE


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        ("0.5,1\n", "time,amplitude", "--columns: found 'time,amplitude'; right would name"),
        ("0.5,1\n", "", "--columns: found ''; right would name a time and an electrode"),
        (f"{HEADER}0.5,1\n", "time,electrode", "has a header, 'Time (s),Electrode': leave out"),
        ("0.5,1,2\n", "time,electrode", "line 1: '0.5,1,2' is not time,electrode"),
        ("# a\nx,1\n", "time,electrode", "line 2: 'x,1' is not time,electrode"),
        ("0.5,1\n0.75,1,2\n", "time,electrode", "line 2: has 3 cells, the header 2"),
        ("", "time,electrode", "is empty"),
    ],
)
def test_columns_that_the_list_does_not_have(path, content, columns, message):
    assert message in refused(path, content, columns=columns)


# Axion's lists and plates

AXION = """\
Investigator,,Time (s),Electrode,Amplitude(mV)
,,0.25,A1_21,0.031
Recording Name,a plate,0.5,A1_12,0.022
Well Information,of the amplifier,0.0625,A1_12,0.1
Temperature,37.0,0.125,A1_21,0.027
Interval,,,,

Well Information
Well,A1,A2,A3
Treatment,,,,,,,,
Concentration,1,2,3
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_axion_spike_list(path, newline):
    recording = read_list(path, AXION.replace("\n", newline))
    assert trains(recording) == {"A1_12": [0.0625, 0.5], "A1_21": [0.125, 0.25]}
    assert all(train.dtype == np.float64 for train in recording.spike_trains)
    assert (recording.t_start, recording.t_stop) == (0.0, 0.5)
    assert noted(recording, "4 spikes read; the list ends at line 6, 5 rows from there on")


@pytest.mark.parametrize(
    ("content", "n_spikes", "skipped"),
    [
        (f"{HEADER}0.5,1\n\n0.75,2\n", 2, None),  # empty rows are none
        (f"{HEADER}0.5,1\n , \n0.75,2\n", 2, None),
        ("x,Time (s),Electrode\na,0.5,1\nb,,\nc,,\n", 1, 2),
        ("x,Time (s),Electrode\na,0.5,1\nWell Information\nWell,A1,A2,A3\n", 1, 2),
    ],
)
def test_what_ends_a_list(path, content, n_spikes, skipped):
    recording = read_list(path, content)
    assert recording.n_spikes == n_spikes
    assert noted(recording, "skipped") == (skipped is not None)
    assert skipped is None or noted(recording, f"{n_spikes} spikes read; the list ends")
    assert skipped is None or noted(recording, f"{skipped} rows")


@pytest.mark.parametrize("gap", ["b,,\n", "Well Information\n", "b\n\n\n"])
def test_spikes_after_the_end_of_a_list_are_not_lost_silently(path, gap):
    content = f"x,Time (s),Electrode\na,0.5,1\n{gap}c,0.75,1\n"
    line = content.count("\n")
    assert f"line {line}: is a spike after the end of the list, line 3" in refused(path, content)


PLATE = """\
Investigator,,Time (s),Electrode,Amplitude(mV)
Experiment ID,,0.01048,D3_31,0.093
,,0.01064,B6_22,0.050
,,0.2,D3_12,0.05
"""


def test_plate_is_one_recording_for_each_well(path):
    path.write_text(PLATE)
    first, second = read_all(path)
    assert (first.well, second.well) == ("B6", "D3")
    assert trains(first) == {"B6_22": [0.01064]}
    assert trains(second) == {"D3_12": [0.2], "D3_31": [0.01048]}
    assert first.t_stop == second.t_stop == 0.2  # the plate's, not each its own
    assert [dish.source for dish in (first, second)] == ["list.csv, well B6", "list.csv, well D3"]
    one = read(path, well="D3")
    assert trains(one) == trains(second) and one.t_stop == 0.2
    assert not noted(one, "units")


@pytest.mark.parametrize(
    ("wells", "n"),
    [(["A1", "B3"], 6), (["A1", "D6"], 24), (["A1", "H12"], 96), (["A1", "P24"], 384)],
)
def test_well_of_a_plate_must_be_chosen(path, wells, n):
    content = HEADER + "".join(f"0.5,{well}_11\n" for well in wells)
    message = refused(path, content)
    assert f"holds 2 wells of a plate of {n} ({', '.join(wells)})" in message
    assert f"--well {wells[0]}" in message
    assert "no spikes in 'A9'; right would be" in refused(path, content, well="A9")


@pytest.mark.parametrize(
    "names",
    [
        ["CH12_1", "CH13_1", "CH21_2"],
        ["ch_12", "ch_13", "ch_21"],
        ["A1_1", "B2_1", "C3_2"],  # letter and number of a larger array, and units
        ["A1_12", "A2_11", "ref"],
        ["Q1_11", "A25_11", "A0_11"],
        ["E5_01", "F6_02", "G7_91"],
    ],
)
def test_names_that_are_not_of_wells(path, names):
    content = HEADER + "".join(f"0.5,{name}\n" for name in names)
    recording = read_list(path, content)
    assert sorted(recording.electrode_names) == sorted(names) and recording.well == ""
    assert not noted(recording, "units")
    assert "--well: the electrodes are not of wells" in refused(path, content, well="A1")


@pytest.mark.parametrize(
    "names", [["CH12_1", "CH12_2"], ["ch_12A_unit_0", "ch_12A_unit_1"], ["El7_1", "El7_2", "El8_1"]]
)
def test_units_of_one_electrode_count_each_and_that_is_said(path, names):
    recording = read_list(path, HEADER + "".join(f"0.5,{name}\n" for name in names))
    assert recording.n_electrodes == len(names)
    assert noted(recording, f"several units, such as {names[0]}, {names[1]}")


# What is written


@given(
    st.dictionaries(
        st.sampled_from(["1", "2", "10", "A1_23", "a, b", 'say "c"', "#1"]),
        st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5),
        min_size=1,
    )
)
def test_what_is_written_is_read(trains_by_name):
    unknown = np.full(len(trains_by_name), np.nan)
    ordered = list(map(sorted, trains_by_name.values()))
    data = SpikeData(ordered, list(trains_by_name), unknown, unknown, -2e6, 2e6)
    with tempfile.TemporaryDirectory() as folder:
        spike_list.write(f"{folder}/list.csv", data)
        recording = read(f"{folder}/list.csv")
    assert trains(recording) == dict(zip(trains_by_name, ordered, strict=True))
    assert (recording.t_start, recording.t_stop) == (-2e6, 2e6)


def test_written_list_measures_like_the_recording(tmp_path):
    # four electrodes alone fire, but a network spike takes as many as of 59
    recording = Recording.from_spike_trains([[0.2, 1.0, 2.9]] * 4 + [[]] * 55, duration=3)
    recording.save(tmp_path / "list.csv")
    again = read(tmp_path / "list.csv")
    assert again.features() == pytest.approx(recording.features(), nan_ok=True)
    assert again.n_sites == 59 and again.features()["num.n.s"] == 0
    assert again.notes == ()


# Lists that cannot be understood


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "no columns for time and electrode in its header 'a,b'"),
        ("Time (h),Electrode\n1,2\n", "the time in s, ms or us"),
        ("just text", 'right would be "Time (s),Electrode"'),
        (HEADER, "without a single spike"),
        (f"# t_stop = 5 s\n{HEADER}\n", "without a single spike"),
        (f"# a\n{HEADER}\nnan,1\n", "line 4: time 'nan' is not a number"),
        (f"{HEADER},1\n", "line 2: time '' is not a number"),
        (f"{HEADER}0.1\n", "line 2: the electrode is missing"),
        (f"{HEADER}0.1,{'x' * 200_000}\n", "line 2: field larger"),
        ("x\n" * 5000, "no columns for time and electrode in its header 'x'"),
    ],
)
def test_bad_spike_lists(path, content, message):
    assert message in refused(path, content)
