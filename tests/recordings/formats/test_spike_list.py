"""CSV spike lists as others write them, round trips and lists that cannot be understood."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.recordings.formats import spike_list
from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

AXION = """\
Investigator,,Time (s),Electrode,Amplitude(mV)
,,0.25,A1_21,0.031
Recording Name,a plate,0.5,A1_12,0.022
Temperature,37.0,0.125,A1_21,0.027
Interval,,,,

Well Information
Well,A1,A2,A3
Treatment,,,
"""


def read_list(content: bytes) -> SpikeData:
    (data,) = spike_list.read(Content("list.csv", io.BytesIO(content), content, None), Options())
    return data


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_axion_spike_list(newline):
    spikes = read_list(AXION.replace("\n", newline).encode())
    assert spikes.electrode_names == ("A1_12", "A1_21")
    assert [train.tolist() for train in spikes.spike_trains] == [[0.5], [0.125, 0.25]]
    assert all(train.dtype == np.float64 for train in spikes.spike_trains)
    assert (spikes.t_start, spikes.t_stop) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("Time (s),Electrode", 1),
        ("time,electrode", 1),
        ('"Time (ms)", "Channel Label"', 1000),
        ("time_ms,electrode_id", 1000),
        ("Timestamp [µs],Channel ID", 1e6),
        ("Spike Time (us),Electrode", 1e6),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_headers_and_units(header, factor, encoding):
    rows = f"{header}\n{0.5 * factor},10\n{1.25 * factor},2\n"
    spikes = read_list(rows.encode(encoding))
    assert spikes.electrode_names == ("2", "10")
    assert [train.tolist() for train in spikes.spike_trains] == [[1.25], [0.5]]


def test_columns_in_another_order():
    spikes = read_list(b"Channel,Time\nc1,14.5\nc1,78.75\n")
    assert spikes.spike_trains[0].tolist() == [14.5, 78.75]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_span_from_comments(newline):
    content = "# by hand\n#t_start=-1\n# t_stop = 3.5 s,\nTime (s),Electrode\n0.5,1\n"
    spikes = read_list(content.replace("\n", newline).encode())
    assert (spikes.t_start, spikes.t_stop) == (-1, 3.5)


@given(
    st.dictionaries(
        st.sampled_from(["1", "2", "10", "A1_23", "a, b", 'say "c"']),
        st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5),
        min_size=1,
    )
)
def test_what_is_written_is_read(trains):
    unknown = np.full(len(trains), np.nan)
    data = SpikeData(list(map(sorted, trains.values())), list(trains), unknown, unknown, -2e6, 2e6)
    with tempfile.TemporaryDirectory() as folder:
        spike_list.write(f"{folder}/list.csv", data)
        spikes = read_list(Path(f"{folder}/list.csv").read_bytes())
    found = zip(spikes.electrode_names, spikes.spike_trains, strict=True)
    assert {name: train.tolist() for name, train in found} == {
        name: sorted(times) for name, times in trains.items()
    }
    assert (spikes.t_start, spikes.t_stop) == (-2e6, 2e6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "no columns for time and electrode in its header 'a,b'"),
        ("Time (h),Electrode\n1,2\n", "the time in s, ms or us"),
        ("just text", 'right would be "Time (s),Electrode"'),
        ("Time (s),Electrode\n", "without a single spike"),
        ("# t_stop = 5 s\nTime (s),Electrode\n\n", "without a single spike"),
        ("Time (s),Electrode\n0.1,1\n0.2x,1\n", "line 3: time '0.2x' is not a number"),
        ("# a\nTime (s),Electrode\n\nnan,1\n", "line 4: time 'nan' is not a number"),
        ("Time (s),Electrode\n,1\n", "line 2: time '' is not a number"),
        ("Time (s),Electrode\n0.1\n", "line 2: the electrode is missing"),
        ("# t_stop =\n0.5,1\nTime (s),Electrode\n0.5,1\n", "t_stop '' is not a number"),
        ("# t_stop = soon\nTime (s),Electrode\n0.5,1\n", "t_stop 'soon' is not a number"),
        ("Time (s),Electrode\n0.1,A1_11\n0.2,B2_11\n", "holds 2 wells (A1, B2)"),
        (f"Time (s),Electrode\n0.1,{'x' * 200_000}\n", "line 2: field larger"),
    ],
)
def test_bad_spike_lists(content, message):
    with pytest.raises(InputError) as error:
        read_list(content.encode())
    assert message in str(error.value) and "\n" not in str(error.value)
