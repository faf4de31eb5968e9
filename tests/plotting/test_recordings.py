"""Figures: what they show and say, of which stretch, of recordings of any kind, and their files."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from spikinggrid.plotting import artists as drawing
from spikinggrid.plotting import recordings as plots
from spikinggrid.plotting import style as figure_style
from spikinggrid.recordings import read
from spikinggrid.utils.errors import InputError
from tests.figures import PITCH, dish, drawn, named, nowhere, pulses, said, stairs
from tests.trains import BURST_TRAIN, network_spike

OF_ONE_RECORDING = (plots.raster, plots.bursts, plots.rates, plots.psth)

# Rasters


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.floats(0, 10), max_size=20), min_size=1, max_size=5), st.data())
def test_raster_and_rate_hold_the_spikes_of_the_stretch(trains, data):
    t_start = data.draw(st.floats(0, 9))
    t_stop = data.draw(st.floats(t_start + 1e-3, 10))
    recording = dish([np.sort(train) for train in trains])
    axes = named(plots.raster(recording, t_start, t_stop))
    times = np.concatenate([[], *recording.spike_trains])
    expected = times[(times >= t_start) & (times <= t_stop)]
    assert np.sort(drawn(axes["raster"], "spikes").get_xdata()) == pytest.approx(np.sort(expected))
    rate, edges = stairs(axes["rate"])
    assert 1 <= len(rate) <= 1001
    assert edges[[0, -1]] == pytest.approx([t_start, t_stop])
    assert np.sum(rate * np.diff(edges)) * len(trains) == pytest.approx(expected.size)
    assert axes["rate"].get_xlim() == pytest.approx((t_start, t_stop))


def test_raster_marks_pulses_beside_the_spikes_and_only_in_the_stretch():
    recording = dish([[1.0], [2.0]], **pulses([3.0, 3.0, 7.0], [0, 1, 0]))
    axes = named(plots.raster(recording, 2, 5))
    assert axes["pulses"].lines[0].get_xdata().tolist() == [3.0, 3.0]
    assert "2 pulses" in said(plots.raster(recording, 2, 5))
    assert "pulses" not in named(plots.raster(recording, 4, 5))


@pytest.mark.parametrize("stretch", [(5, 5), (6, 5), (-1, 5), (0, 11), (0, np.nan)])
def test_a_stretch_must_lie_within_the_recording(stretch):
    for function in (plots.raster, plots.bursts):
        with pytest.raises(InputError, match="a dish: .*right would be a stretch within 0 s to 10"):
            function(dish([[1.0]]), *stretch)


# Detectors


def test_bursts_are_those_of_the_worked_example():
    recording = dish([BURST_TRAIN, []], t_stop=100.0)
    figure = plots.bursts(recording, 0, 100)
    boxes = [
        path.get_extents()
        for collection in named(figure)["raster"].collections
        for path in collection.get_paths()
        if to_rgba(figure_style.ORANGE)[:3] == tuple(collection.get_facecolor()[0][:3])
    ]
    assert sorted((box.x0, box.x1) for box in boxes) == [
        pytest.approx((0.50, 1.57)),
        pytest.approx((7.30, 7.62)),
    ]
    assert all(box.y0 > -0.5 and box.y1 < 0.5 for box in boxes)
    assert "2 bursts on 2 electrodes (1 silent)" in said(figure)


def test_bursts_that_reach_into_the_stretch_are_whole():
    figure = plots.bursts(dish([BURST_TRAIN], t_stop=100.0), 1.0, 1.2)
    assert "1 bursts" in said(figure)


def test_network_spike_is_that_of_the_worked_example():
    figure = plots.bursts(dish(network_spike(), t_stop=60.0), 1, 3)
    mark = drawn(named(figure)["firing"], "network spikes")
    assert mark.get_ydata().tolist() == [12]
    assert mark.get_xdata() == pytest.approx([2.0065], abs=0.0015)
    tops = np.array(
        [path.vertices[1] for path in named(figure)["firing"].collections[0].get_paths()]
    )
    assert tops[:, 1].tolist() == [2, 7, 12, 8, 3]
    assert tops[:, 0] == pytest.approx(2.0005 + 0.003 * np.arange(5), abs=0.0015)


def test_bursts_state_the_definition_of_the_detectors():
    text = said(plots.bursts(dish([[1.0]])))
    for part in ("< 100 ms", "> 250 ms", "< 800 ms", "6 spikes", "50 ms", "11 electrodes", "3 ms"):
        assert part in text


def test_bursts_show_the_busiest_stretch_by_default():
    train = np.concatenate([np.arange(0, 100, 1.0), np.arange(61.25, 61.75, 0.01)])
    figure = plots.bursts(dish([np.sort(train)], t_stop=100.0))
    low, high = named(figure)["raster"].get_xlim()
    assert low < 61.25
    assert high > 61.75
    assert high - low == pytest.approx(20)
    assert "the busiest 20 s of 100 s" in said(figure)


def test_bursts_of_a_published_recording(data_folder):
    name = "C57_CTX_G2CEPHYS1_TC11_DIV14_A.h5"  # the counts are in feature_definitions.md
    recording = read(data_folder / "recordings" / name)
    figure = plots.bursts(recording, recording.t_start, recording.t_stop)
    assert "4,025 bursts" in said(figure)
    n_network_spikes = drawn(named(figure)["firing"], "network spikes").get_xdata().size
    assert n_network_spikes / (911.2 / 60) == pytest.approx(18.0421422300263)
    assert drawn(named(figure)["raster"], "spikes").get_xdata().size == 145643


# Responses


def test_psth_takes_pulses_that_belong_together_for_one_stimulus():
    # Bursts of four pulses on two electrodes at 2, 4 and 6 s; two spikes answer each.
    onsets = np.array([2.0, 4.0, 6.0])
    times = np.tile((onsets[:, None] + np.arange(4) * 0.005).ravel(), 2)
    electrodes = np.repeat([0, 1], 12)
    answers = np.sort(np.concatenate([onsets + 0.0325, onsets + 0.0475]))
    recording = dish([answers, [3.97, 4.0125], [1.0]], **pulses(times, electrodes))
    figure = plots.psth(recording)
    axes = named(figure)
    rate, edges = stairs(axes["psth"])
    assert edges == pytest.approx(np.arange(-100, 401, 5))
    counts = rate * 0.005 * 3 * 3  # bin, electrodes, stimuli
    expected = np.zeros(100)
    expected[[14, 22, 26, 29]] = [1, 1, 3, 3]
    assert counts == pytest.approx(expected)
    response = np.asarray(drawn(axes["electrodes"], "fired").get_array())
    assert response == pytest.approx([2, 0, 0])
    assert drawn(axes["electrodes"], "stimulated").get_offsets().shape == (2, 2)
    assert "3 stimuli (1 set of electrodes pulsed)" in said(figure)
    assert "after at least 100 ms without; the longest is 15 ms" in said(figure)
    assert axes["<colorbar>"].get_ylabel() == "response (spikes per stimulus)"


@pytest.mark.parametrize(
    ("gap", "counted"),
    [(0.099, "1 stimuli (1 set of"), (0.1, "2 stimuli (2 sets of"), (0.3, "2 stimuli (2 sets of")],
)
def test_a_stimulus_begins_after_a_pause(gap, counted):
    recording = dish([[1.0], [2.0]], **pulses([5 + gap, 5.0], [1, 0]))  # in any order
    text = said(plots.psth(recording))
    assert counted in text
    assert ("1 are followed by the next within 400 ms" in text) == (gap >= 0.1)


def test_stimuli_near_the_ends_are_left_out_and_counted():
    recording = dish([[5.02]], **pulses([0.05, 5.0, 9.9], [0, 0, 0]))
    assert "1 stimuli" in said(plots.psth(recording))
    assert "2 stimuli too near the ends left out" in said(plots.psth(recording))
    with pytest.raises(InputError, match="a dish: has no stimulus with 100 ms before and 400 ms"):
        plots.psth(dish([[5.02]], **pulses([9.9], [0])))


def test_psth_needs_stimuli():
    with pytest.raises(InputError, match=r"a dish: holds no stimuli; right would be .*pulses"):
        plots.psth(dish([[1.0]]))


# Two recordings


def test_compare_draws_the_ratio_of_features():
    simulated = dish([[1.0, 2.0], [3.0, 4.0]], source="one.h5")
    real = dish([[1.0, 9.0], []], t_stop=20.0, source="another.h5")
    figure = plots.compare(simulated, real)
    axes = named(figure)
    dots = axes["features"].lines[-1]
    row = list(drawing.FEATURES).index("fir.rate")
    assert dots.get_ydata().tolist() == [row]  # nothing else is positive in both
    assert dots.get_xdata() == pytest.approx([2.0])
    texts = [text.get_text() for text in axes["values"].texts]
    assert texts[0] == "simulated" and texts[1 + row] == "0.2"
    assert texts[12] == "real" and texts[13 + row] == "0.1"
    labels = [tick.get_text() for tick in axes["features"].get_yticklabels()]
    assert labels[row] == "firing rate (Hz)"
    assert axes["features"].get_xscale() == "log"
    assert axes["features"].get_xlabel() == "simulated / real (ratio)"
    for name, source in (("simulated", "one.h5"), ("real", "another.h5")):
        assert axes[f"raster {name}"].get_xlim() == (0, 10)
        assert source in axes[f"raster {name}"].get_title(loc="left")
    assert axes["rate real"].get_ylim() == axes["rate simulated"].get_ylim()
    assert "2 in 10 s (simulated) and 1 in 20 s (real)" in said(figure)


def test_compare_a_published_recording_with_itself(data_folder):
    recording = read(data_folder / "recordings" / "C57_TC192_G2CEPHYS1_DIV25_A.h5")
    axes = named(plots.compare(recording, recording, duration=30))
    ratio = axes["features"].lines[-1].get_xdata()
    assert ratio.size >= 9
    assert ratio == pytest.approx(1)
    n_spikes = sum(np.sum(train <= 30) for train in recording.spike_trains)
    assert drawn(axes["raster real"], "spikes").get_xdata().size == n_spikes


# All of them


EDGE_CASES = {
    "silent": dish([[], [], []], **pulses([2.0, 5.0], [0, 1])),
    "one electrode": dish([[1.0, 2.0, 3.0]], **pulses([5.0], [0])),
    "at one place": dish([[1.0], [2.0]], x=[0, 0], y=[0, 0], **pulses([5.0], [0])),
    "no places": nowhere(dish([[1.0], []], **pulses([5.0], [1]))),
    "silent, no places": nowhere(dish([[], []], **pulses([5.0], [1]))),
    "some places": dish([[1.0], [], []], x=[0, PITCH, np.nan], **pulses([5.0], [2])),
    "later start, long source": dish(
        [[105.0]], t_start=100.0, t_stop=110.0, source="long " * 60, **pulses([105.0], [0])
    ),
}
UNITS = {
    "raster": "time (s)",
    "rate": "(Hz, ",
    "firing": "in 3 ms",
    "psth": "(ms)",
    "pulses": "pulses",
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", OF_ONE_RECORDING, ids=lambda function: function.__name__)
@pytest.mark.parametrize("case", EDGE_CASES)
def test_edge_cases_are_drawn_with_units(function, case):
    recording = EDGE_CASES[case]
    figure = function(recording)
    figure.draw_without_rendering()
    placed = np.isfinite(recording.x).any()
    for name, axes in named(figure).items():
        words = axes.get_xlabel() + axes.get_ylabel()
        if name == "electrodes":
            assert ("x (um)" in words and "y (um)" in words) == placed
        elif name == "raster":
            assert axes.get_ylabel()
        elif name == "<colorbar>":
            assert "Hz" in words or "spikes per stimulus" in words
        else:
            assert UNITS[name] in words
    if function in (plots.raster, plots.bursts):
        assert "time (s)" in [axes.get_xlabel() for axes in figure.axes]
    assert recording.source.split()[0] in figure.get_suptitle()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", ["silent", "one electrode", "no places"])
def test_edge_cases_are_compared(case):
    plots.compare(EDGE_CASES[case], EDGE_CASES["silent"]).draw_without_rendering()


# Files


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.png", b"\x89PNG\r\n"), ("a.pdf", b"%PDF-"), ("a.b.svg", b"<?xml"), ("A.PNG", b"\x89PNG")],
)
def test_save_writes_the_kind_that_the_suffix_names(name, begins, tmp_path):
    plots.save(plots.rates(dish([[1.0]])), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.png.gz", ".png"])
def test_save_refuses_other_kinds(name, tmp_path):
    with pytest.raises(InputError, match=rf"{name}: .*right would be \.png, \.pdf, \.svg"):
        plots.save(Figure(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_save_into_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        plots.save(Figure(), tmp_path / "nowhere" / "a.png")


def test_a_raster_of_many_spikes_stays_small_and_whole(tmp_path):
    generator = np.random.default_rng(0)
    trains = [np.sort(generator.uniform(0, 900, 2000)) for _ in range(60)]
    figure = plots.raster(dish(trains, columns=10, t_stop=900.0))
    assert drawn(named(figure)["raster"], "spikes").get_xdata().size == 120_000
    plots.save(figure, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 1e6  # spikes as an image, not as 120,000 lines


def test_figures_need_no_window_and_no_simulator():
    code = (
        "import sys, spikinggrid.plotting.recordings as plots; "
        "wrong = {'matplotlib.pyplot', 'brian2', 'spikinggrid.simulation.simulator', 'spikinggrid.cli.main'}; "
        "print(*wrong & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")
