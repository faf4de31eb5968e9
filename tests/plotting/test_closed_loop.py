"""The timeline of a closed loop."""

import pytest

from spikinggrid import cl1 as cl
from spikinggrid.plotting.closed_loop import timeline
from spikinggrid.utils.errors import InputError


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    with cl.open() as neurons:
        stream = neurons.create_data_stream("game")
        recording = neurons.record(
            file_location=str(tmp_path_factory.mktemp("loop")), include_raw_samples=False
        )
        for tick in neurons.loop(ticks_per_second=100, stop_after_seconds=0.5):
            stream.append(tick.iteration_timestamp, {"ball": tick.iteration / 50, "hits": 3})
            if tick.iteration == 10:
                neurons.stim(cl.ChannelSet(27, 28), 1.0)
        recording.stop()
    return recording.file["path"]


def test_stimuli_and_values_are_drawn_at_their_times(path):
    figure = timeline(path, "game", [("ball",), ("hits",)])
    raster, ball, hits = figure.axes
    stimuli = raster.collections[1].get_offsets()
    assert stimuli[:, 1].tolist() == [27, 28]
    assert stimuli[:, 0].tolist() == pytest.approx([0.11 + 2 / 25_000] * 2)
    times, values = ball.lines[0].get_data()
    assert times[:2].tolist() == pytest.approx([0.01, 0.02])
    assert list(values[:2]) == pytest.approx([0.0, 0.02])
    assert set(hits.lines[0].get_ydata()) == {3}
    assert hits.get_xlim() == (0.0, 0.5)


def test_unknown_streams_and_keys_are_refused(path):
    with pytest.raises(InputError, match="has no data stream play"):
        timeline(path, "play", [("ball",)])
    with pytest.raises(InputError, match="paddle is missing"):
        timeline(path, "game", [("paddle",)])
