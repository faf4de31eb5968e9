"""Frames and words of figures."""

import numpy as np
import pytest

from spikinggrid.plotting import style as figure_style
from tests.figures import dish, pulses


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.003, "3 ms"), (0.0125, "12.5 ms"), (0.25, "250 ms"), (1.0, "1 s"), (911.2, "911.2 s")],
)
def test_times_have_a_unit_that_suits_them(seconds, text):
    assert figure_style.time_text(seconds) == text


def test_recordings_in_words():
    recording = dish([[1.0, 2.0], [], [5.0]], **pulses([2.0, 7.0], [0, 1]))
    assert figure_style.spikes_text(recording, (0, 10)) == (
        "3 spikes on 3 electrodes (1 silent), 2 pulses, all 10 s"
    )
    assert figure_style.spikes_text(recording, (2, 5)) == (
        "2 spikes on 3 electrodes (1 silent), 1 pulses, 3 s of 10 s"
    )
    assert figure_style.electrodes_text(dish([[1.0]])) == "1 electrode"


@pytest.mark.parametrize(
    ("few", "labels"), [(True, ["0.1", "1", "10"]), (False, ["0.1", "0.2", "0.5", "1", "2", "5"])]
)
def test_logarithmic_axes_have_plain_numbers(few, labels):
    figure = figure_style.new_figure((4, 4))
    axes = figure_style.new_axes(figure, [["a"]])["a"]
    axes.set(yscale="log", ylim=(0.1, 10 if few else 5))
    figure_style.plain_numbers(axes.yaxis, few)
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.yaxis.get_ticklocs() if 0.999 * low <= tick <= 1.001 * high]
    assert axes.yaxis.get_major_formatter().format_ticks(ticks) == labels


@pytest.mark.parametrize(("n_lines", "step"), [(1, 1), (20, 1), (200, 7)])
def test_lines_are_labelled_as_space_allows(n_lines, step):
    # 77 % of 4 inches are 222 points, in which 30 labels of 1.2 times 6 points find place.
    axes = figure_style.new_axes(figure_style.new_figure((4, 4)), [["a"]])["a"]
    assert figure_style.height(axes) == pytest.approx(0.77 * 4 * 72)
    names = [f"e{number}" for number in range(n_lines)]
    figure_style.label_lines(axes, np.arange(n_lines), names, 6)
    assert axes.get_yticks().tolist() == list(range(0, n_lines, step))
    assert [tick.get_text() for tick in axes.get_yticklabels()] == names[::step]
