"""Recordings on axes and on pages: what they show and say, of which excerpt, of any recording."""

import doctest
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from spikinggrid.plotting import pages, style
from spikinggrid.plotting import recordings as plots
from spikinggrid.plotting.artists.comparison import COMPARED
from spikinggrid.recordings import read
from spikinggrid.utils.errors import InputError
from tests.figures import PITCH, dish, drawn, named, nowhere, pulses, said, stairs
from tests.trains import BURST_TRAIN, network_spike

OF_ONE_RECORDING = (pages.raster, pages.bursts, pages.rates, pages.psth)

# Rasters


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.floats(0, 10), max_size=20), min_size=1, max_size=5), st.data())
def test_raster_and_rate_hold_the_spikes_of_the_stretch(trains, data):
    t_start = data.draw(st.floats(0, 9))
    t_stop = data.draw(st.floats(t_start + 1e-3, 10))
    recording = dish([np.sort(train) for train in trains])
    axes = named(pages.raster(recording, "", t_start, t_stop))
    times = np.concatenate([[], *recording.spike_trains])
    expected = times[(times >= t_start) & (times <= t_stop)]
    assert np.sort(drawn(axes["raster"], "spikes").get_xdata()) == pytest.approx(np.sort(expected))
    rate, edges = stairs(axes["rate"])
    assert 1 <= len(rate) <= 1001
    assert edges[[0, -1]] == pytest.approx([t_start, t_stop])
    assert np.sum(rate * np.diff(edges)) * len(trains) == pytest.approx(expected.size)
    assert axes["rate"].get_xlim() == pytest.approx((t_start, t_stop))


def test_raster_marks_pulses_above_the_spikes_and_only_in_the_stretch():
    recording = dish([[1.0], [2.0]], **pulses([3.0, 3.0, 7.0], [0, 1, 0]))
    axes = named(pages.raster(recording, "", 2, 5))
    marks = drawn(axes["pulses"], "pulses")
    assert [path.vertices[0, 0] for path in marks.get_paths()] == [3.0, 3.0]
    assert axes["pulses"].get_position().y0 >= axes["raster"].get_position().y1
    assert axes["pulses"].get_xlim() == axes["raster"].get_xlim() == (2, 5)
    assert "2 pulses" in said(pages.raster(recording, "", 2, 5))
    assert "pulses" not in named(pages.raster(recording, "", 4, 5))


def test_raster_of_some_electrodes_by_name_or_number():
    recording = dish([[1.0], [2.0], [3.0], []])
    assert "1 of 4 electrodes" in said(pages.raster(recording, electrodes="e2"))
    assert "1 of 4 electrodes" in said(pages.raster(recording, electrodes=2))
    for electrodes in (["e2", "e0"], [2, 0]):
        figure = pages.raster(recording, electrodes=electrodes)
        spikes = drawn(named(figure)["raster"], "spikes")
        assert spikes.get_xdata().tolist() == [1.0, 3.0]
        assert spikes.get_ydata().tolist() == [0, 1]
        assert "2 spikes on 2 of 4 electrodes" in said(figure)


@pytest.mark.parametrize(
    ("electrodes", "message"),
    [
        (["e11"], "there is no e11; did you mean e1?"),
        ([2], "there is no 2; known here: e0, e1"),
        ("e11", "there is no e11; did you mean e1?"),
        ([1.0], "there is no 1.0; known here: e0, e1"),
        (-1, "there is no -1; known here: e0, e1"),
        ([], "none given; known here: e0, e1"),
    ],
)
def test_an_electrode_that_does_not_exist(electrodes, message):
    with pytest.raises(InputError, match=f"a dish: electrodes: {re.escape(message)}"):
        plots.raster(dish([[1.0], [2.0]]), electrodes=electrodes)


def test_rates_of_some_electrodes_in_a_stretch():
    recording = dish([[1.0, 2.0, 2.5], [2.0], [2.0, 5.0], [2.2], [7.0]])
    figure = pages.rates(recording, "", "1.5 s", 3.5, ["e0", 2, "e4"])
    axes = named(figure)["electrodes"]
    assert drawn(axes, "fired").get_array().tolist() == [1.0, 0.5]
    assert len(drawn(axes, "silent").get_offsets()) == 1  # e4, in this stretch
    assert "3 spikes on 3 of 5 electrodes" in said(figure)
    alone = plots.rates(nowhere(recording), electrodes="e3")
    assert [tick.get_text() for tick in alone.get_yticklabels()] == ["e3"]


@pytest.mark.parametrize("stretch", [(5, 5), (6, "5 s"), (-1, 5), (0, "11000 ms")])
def test_a_stretch_must_lie_within_the_recording(stretch):
    for function in (plots.raster, plots.bursts, plots.rates):
        with pytest.raises(
            InputError, match=r"a dish: .*right would be a stretch within 0 s to 10"
        ):
            function(dish([[1.0]]), None, *stretch)


def test_a_raster_of_hours_is_a_density_that_holds_every_spike():
    generator = np.random.default_rng(0)
    trains = [np.sort(generator.uniform(0, 14400, 20000)) for _ in range(60)]
    figure = pages.raster(dish(trains, columns=10, t_stop=14400.0))
    axes = named(figure)
    assert "spikes" not in [line.get_label() for line in axes["raster"].lines]
    (image,) = axes["raster"].images
    counts = image.get_array()
    assert counts.shape == (60, 288)
    assert counts.filled(0).sum() == 60 * 20000
    assert image.get_extent() == [0, 14400, 59.5, -0.5]
    assert axes["<colorbar>"].get_ylabel() == "spikes per electrode in 50 s "
    assert axes["rate"].get_xlabel() == "time (h)"
    figure.draw_without_rendering()
    labels = [tick.get_text() for tick in axes["rate"].get_xticklabels()]
    assert {"0", "0.5", "3.5", "4"} < set(labels)


def test_rows_of_thousands_of_electrodes_are_merged_to_means():
    generator = np.random.default_rng(0)
    trains = [np.sort(generator.uniform(0, 10, 300)) for _ in range(4096)]
    axes = plots.raster(dish(trains, columns=64))
    counts = axes.images[0].get_array().filled(0)
    assert counts.shape[0] < 800
    assert counts.sum() / counts.shape[0] == pytest.approx(300)


# Detectors


def test_bursts_are_those_of_the_worked_example():
    recording = dish([BURST_TRAIN, []], t_stop=100.0)
    figure = pages.bursts(recording, "", 0, 100)
    boxes = [
        path.get_extents()
        for collection in named(figure)["raster"].collections
        for path in collection.get_paths()
        if to_rgba(style.ORANGE)[:3] == tuple(collection.get_facecolor()[0][:3])
    ]
    assert sorted((box.x0, box.x1) for box in boxes) == [
        pytest.approx((0.50, 1.57)),
        pytest.approx((7.30, 7.62)),
    ]
    assert all(box.y0 > -0.5 and box.y1 < 0.5 for box in boxes)
    assert "2 bursts on 2 electrodes (1 silent)" in said(figure)


def test_bursts_that_reach_into_the_stretch_are_whole():
    figure = pages.bursts(dish([BURST_TRAIN], t_stop=100.0), "", 1.0, 1.2)
    assert "1 burst on" in said(figure)


def test_network_spike_is_that_of_the_worked_example():
    figure = pages.bursts(dish(network_spike(), t_stop=60.0), "", 1, 3)
    mark = drawn(named(figure)["firing"], "network spikes")
    assert mark.get_ydata().tolist() == [12]
    assert mark.get_xdata() == pytest.approx([2.0065], abs=0.0015)
    tops = np.array(
        [path.vertices[1] for path in named(figure)["firing"].collections[0].get_paths()]
    )
    assert tops[:, 1].tolist() == [2, 7, 12, 8, 3]
    assert tops[:, 0] == pytest.approx(2.0005 + 0.003 * np.arange(5), abs=0.0015)


def test_network_spikes_of_some_electrodes_are_those_of_the_dish():
    recording = dish(network_spike(), t_stop=60.0)
    figure = pages.bursts(recording, "", 1, 3, electrodes=[0, 1])
    assert drawn(named(figure)["firing"], "network spikes").get_ydata().tolist() == [12]


def test_bursts_state_the_definition_of_the_detectors():
    for figure in (pages.bursts(dish([[1.0]] * 59)), plots.bursts(dish([[1.0]] * 59)).figure):
        text = said(figure)
        limits = ("< 100 ms", "> 250 ms", "< 800 ms", "6 spikes", "50 ms", "11 electrodes", "3 ms")
        for part in limits:
            assert part in text


def test_bursts_show_the_busiest_stretch_by_default():
    train = np.concatenate([np.arange(0, 100, 1.0), np.arange(61.25, 61.75, 0.01)])
    figure = pages.bursts(dish([np.sort(train)], t_stop=100.0))
    low, high = named(figure)["raster"].get_xlim()
    assert low < 61.25
    assert high > 61.75
    assert high - low == pytest.approx(20)
    assert "the busiest 20 s of 100 s" in said(figure)


def test_bursts_of_a_published_recording(data_folder):
    name = "C57_CTX_G2CEPHYS1_TC11_DIV14_A.h5"  # the counts are in feature_definitions.md
    recording = read(data_folder / "recordings" / name)
    figure = pages.bursts(recording, name, recording.t_start, recording.t_stop)
    assert "4,025 bursts" in said(figure)
    n_network_spikes = drawn(named(figure)["firing"], "network spikes").get_xdata().size
    assert n_network_spikes / (911.2 / 60) == pytest.approx(18.0421422300263)
    assert drawn(named(figure)["raster"], "spikes").get_xdata().size == 145643
    assert said(figure).endswith(recording.source)  # which begins with the file


# Responses


def test_psth_takes_pulses_that_belong_together_for_one_stimulus():
    # Bursts of four pulses on two electrodes at 2, 4 and 6 s; two spikes answer each.
    onsets = np.array([2.0, 4.0, 6.0])
    times = np.tile((onsets[:, None] + np.arange(4) * 0.005).ravel(), 2)
    electrodes = np.repeat([0, 1], 12)
    answers = np.sort(np.concatenate([onsets + 0.0325, onsets + 0.0475]))
    recording = dish([answers, [3.97, 4.0125], [1.0]], **pulses(times, electrodes))
    figure = pages.psth(recording)
    axes = named(figure)
    rate, edges = stairs(axes["psth 0"])
    assert edges == pytest.approx(np.arange(-100, 401, 5))
    counts = rate * 0.005 * 3 * 3  # bin, electrodes, stimuli
    expected = np.zeros(100)
    expected[[14, 22, 26, 29]] = [1, 1, 3, 3]
    assert counts == pytest.approx(expected)
    rows = drawn(axes["trials 0"], "spikes")
    assert rows.get_ydata().tolist() == [0, 0, 1, 1, 1, 1, 2, 2]
    assert rows.get_xdata()[:4] == pytest.approx([32.5, 47.5, -30, 12.5])
    response = np.asarray(drawn(axes["electrodes 0"], "fired").get_array())
    assert response == pytest.approx([2, 0, 0])
    assert drawn(axes["electrodes 0"], "stimulated").get_xydata().shape == (2, 2)
    assert "3 stimuli of 1 kind" in said(figure)
    assert axes["trials 0"].get_title(loc="left") == "e0, e1; 4 pulses 5 ms apart: 3 stimuli"
    assert axes["<colorbar>"].get_ylabel() == "response (spikes per stimulus)"


def test_the_band_of_a_psth_is_the_interval_of_the_mean_over_stimuli():
    # 0, 1 and 2 spikes in one bin: mean 1, standard error 1 / sqrt(3), t(2) = 4.3027.
    recording = dish([[4.0125, 6.0125, 6.0130]], **pulses([2.0, 4.0, 6.0], [0, 0, 0]))
    axes = plots.psth(recording, bin_size=0.01)
    mean, band = (patch.get_data() for patch in axes.patches[:2])
    index = 11
    assert mean.values[index] == pytest.approx(100)
    half = 100 * 4.30265 / np.sqrt(3)
    assert band.values[index] == pytest.approx(100 + half, rel=1e-5)
    assert band.baseline[index] == 0  # rates are not negative
    assert band.values[0] == 0


def test_paired_pulses_and_patterns_are_apart():
    first = np.arange(1.0, 9.0, 2.0)
    recording = dish(
        [np.sort(np.concatenate([first + 0.02, first + 0.32])), first + 0.33, []],
        **pulses(
            np.concatenate([first, first + 0.3, first + 1.0]), np.repeat([0, 0, 1], len(first))
        ),
    )
    figure = pages.psth(recording)
    axes = named(figure)
    titles = [axes[f"trials {k}"].get_title(loc="left").replace("\n", " ") for k in range(3)]
    assert titles == [
        "e0: 4 stimuli",
        "e0; second of a pair, after 300 ms: 4 stimuli",
        "e1: 4 stimuli",
    ]
    responses = [drawn(axes[f"electrodes {k}"], "fired").get_array().tolist() for k in range(3)]
    assert responses == [[1, 0], [1, 1], [0, 0]]
    assert len({axes[f"psth {k}"].get_ylim() for k in range(3)}) == 1


def test_psth_of_some_electrodes_counts_their_spikes_alone():
    recording = dish([[5.02], [5.03]], **pulses([5.0], [0]))
    rate, edges = stairs(plots.psth(recording, electrodes=["e1"]))
    assert rate.sum() * 0.005 == pytest.approx(1)
    assert edges[np.flatnonzero(rate)] == pytest.approx([30])


def test_psth_of_a_stretch_holds_its_stimuli_alone():
    recording = dish([[2.02, 5.03]], **pulses([2.0, 5.0], [0, 0]))
    assert "1 stimulus of" in said(pages.psth(recording, "", 4, 8))
    with pytest.raises(InputError, match="holds no stimuli from 6 s to 8 s"):
        plots.psth(recording, None, 6, 8)


@pytest.mark.parametrize(
    ("gap", "counted"), [(0.099, "1 stimulus of 1 kind"), (0.1, "2 stimuli of 2 kinds")]
)
def test_a_stimulus_begins_after_a_pause(gap, counted):
    recording = dish([[1.0], [2.0]], **pulses([5 + gap, 5.0], [1, 0]))  # in any order
    text = said(pages.psth(recording))
    assert counted in text
    assert ("1 are followed by the next within 400 ms" in text) == (gap >= 0.1)


def test_stimuli_near_the_ends_are_left_out_and_counted():
    recording = dish([[5.02]], **pulses([0.05, 5.0, 9.9], [0, 0, 0]))
    assert "1 stimulus of" in said(pages.psth(recording))
    assert "2 stimuli too near the ends left out" in said(pages.psth(recording))
    with pytest.raises(InputError, match="a dish: has no stimulus with 100 ms before and 400 ms"):
        plots.psth(dish([[5.02]], **pulses([9.9], [0])))


def test_many_patterns_are_counted_if_not_drawn():
    times = np.arange(1.0, 9.0)
    figure = pages.psth(dish([[1.0]] * 8, **pulses(times, np.arange(8))))
    assert "psth 3" in named(figure)
    assert "psth 4" not in named(figure)
    assert "4 kinds with fewer stimuli not drawn" in said(figure)


def test_psth_needs_stimuli():
    with pytest.raises(InputError, match=r"a dish: holds no stimuli; right would be .*pulses"):
        plots.psth(dish([[1.0]]))


# Two recordings


def test_compare_draws_the_ratio_of_features():
    one = dish([[1.0, 2.0], [3.0, 4.0]], source="simulated")
    other = dish([[1.0, 9.0], []], t_stop=20.0, source="other.h5, cortex")
    figure = pages.compare(one, other, ("one.h5", "other.h5"))
    axes = named(figure)
    dots = axes["features"].lines[-1]
    row = COMPARED.index("fir.rate")
    assert dots.get_ydata().tolist() == [row]  # nothing else is positive in both
    assert dots.get_xdata() == pytest.approx([2.0])
    texts = [text.get_text() for text in axes["values"].texts]
    assert texts[0] == "one.h5" and texts[1 + row] == "0.2"
    assert texts[12] == "other.h5" and texts[13 + row] == "0.1"
    labels = [tick.get_text() for tick in axes["features"].get_yticklabels()]
    assert labels[row] == "median firing rate (Hz)"
    assert axes["features"].get_xscale() == "log"
    assert axes["features"].get_xlabel() == "one.h5 / other.h5 (ratio)"
    for name in ("one.h5", "other.h5"):
        assert axes[f"raster {name}"].get_xlim() == (0, 10)
        assert name in axes[f"raster {name}"].get_title(loc="left")
    assert axes["rate one.h5"].get_ylim() == axes["rate other.h5"].get_ylim()
    assert "2 in 10 s (one.h5) and 1 in 20 s (other.h5)" in said(figure)
    assert said(figure).endswith("other.h5, cortex")


def test_compare_a_stretch_on_some_electrodes():
    one, other = dish([[1.0, 2.0, 7.0], [3.0]]), dish([[2.0, 2.5, 6.0], []])
    files = ("one.h5", "other.h5")
    figure = pages.compare(one, other, files, "1.5 s", 3.5, electrodes=[0])
    axes = named(figure)
    for name, n_spikes in zip(files, (1, 2), strict=True):
        raster = axes[f"raster {name}"]
        assert raster.get_xlim() == (1.5, 3.5)
        assert f"{n_spikes} spike" in raster.get_title(loc="left")
        assert "1 of 2 electrodes" in raster.get_title(loc="left")
    texts = [text.get_text() for text in axes["values"].texts]
    row = 1 + COMPARED.index("fir.rate")
    assert (texts[row], texts[12 + row]) == ("0.5", "1")
    assert "of the stretch drawn" in said(figure)
    assert "2 in 2 s (one.h5) and 1 in 2 s (other.h5)" in said(figure)
    alone = plots.compare(one, other, t_start=1.5, t_stop=3.5)
    assert alone.lines[-1].get_xdata() == pytest.approx([0.5])
    with pytest.raises(InputError, match=r"other.h5: t_start, t_stop: found 2 s to 11 s"):
        pages.compare(dish([[1.0]], t_stop=20.0), other, files, 2.0, 11.0)


def test_compare_a_published_recording_with_itself(published_files):
    path = published_files[0]
    recording = read(path)
    axes = named(pages.compare(recording, recording, (path.name, path.name)))
    ratio = axes["features"].lines[-1].get_xdata()
    assert ratio.size >= 9
    assert ratio == pytest.approx(1)
    n_spikes = sum(np.sum(train <= 60) for train in recording.spike_trains)
    for name in ("A", "B"):
        raster = axes[f"raster {name}"]
        assert drawn(raster, "spikes").get_xdata().size == n_spikes
        assert raster.get_title(loc="left").startswith(f"{name}: {path.name}")


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
    "many electrodes": dish([[1.0]] * 299 + [[]], columns=20, **pulses([5.0], [0])),
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
        kind = name.split()[0]
        if kind == "electrodes":
            assert ("x (µm)" in words and "y (µm)" in words) == placed
        elif kind in ("raster", "trials"):
            assert axes.get_ylabel()
        elif name == "<colorbar>":
            assert "Hz" in words or "spikes per stimulus" in words
        else:
            assert UNITS[kind] in words
    if function in (pages.raster, pages.bursts):
        assert "time (s)" in [axes.get_xlabel() for axes in figure.axes]
    assert recording.source.split()[0] in figure.get_supxlabel()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", ["silent", "one electrode", "no places"])
def test_edge_cases_are_compared(case):
    pages.compare(EDGE_CASES[case], EDGE_CASES["silent"]).draw_without_rendering()


@pytest.mark.parametrize("function", [plots.raster, plots.bursts, plots.rates, plots.psth])
def test_axes_of_the_caller_are_drawn_on(function):
    figure = Figure()
    axes = figure.add_subplot()
    recording = EDGE_CASES["one electrode"]
    assert function(recording, axes) is axes
    assert figure.axes == [axes]
    assert figure.get_supxlabel() == ""
    alone = function(recording)
    assert alone is not axes
    assert "a dish" in alone.figure.get_supxlabel()


def test_a_raster_of_many_spikes_stays_small_and_whole(tmp_path):
    bursts = (np.arange(5, 900, 20)[:, None] + np.linspace(0, 1, 50)).ravel()
    figure = pages.raster(dish([bursts] * 60, columns=10, t_stop=900.0))
    assert drawn(named(figure)["raster"], "spikes").get_xdata().size == 60 * bursts.size
    style.save(figure, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 1e6  # spikes as an image, not as 135,000 lines


def test_figures_need_no_window_and_no_simulator():
    code = (
        "import sys, spikinggrid.plotting.pages as plots; "
        "wrong = {'matplotlib.pyplot', 'brian2', 'spikinggrid.simulation.simulator'}; "
        "print(*wrong & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_the_examples_of_the_docstrings_run():
    failed, tried = doctest.testmod(plots)
    assert (failed, tried > 5) == (0, True)
