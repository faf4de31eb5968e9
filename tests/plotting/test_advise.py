"""The figure of an advice: what changes bring, what matters, what is expected, what came of it."""

from dataclasses import replace

import numpy as np
import pytest

from spikinggrid.parameters import files as parameter_files
from spikinggrid.plotting.advise import advice as draw
from spikinggrid.prediction.advise import Comparison, learn
from spikinggrid.prediction.gains import Gains, Tried, Twins
from spikinggrid.prediction.gains_page import HEADS
from spikinggrid.prediction.laboratory import CHANGES
from tests.figures import named, said
from tests.prediction.test_advise import GOAL, hill
from tests.simulated import simulations


@pytest.fixture(scope="module")
def advice():
    learned = learn(simulations(100, hill), GOAL, np.array([0.1, 0.1, 0.5]))
    return replace(learned, comparison=Comparison(GOAL, [0.1, 0.2], [0.8, 0.9]))


def test_parameters_that_matter_most_come_first(advice):
    axes = named(draw(advice))
    order = np.argsort(-advice.total)
    keys = [advice.prior.bounds[k].key for k in order]
    assert [name for name in axes if "." in name] == keys
    bars = axes["what matters"].patches
    assert [bar.get_width() for bar in bars[:3]] == pytest.approx(advice.total[order])
    assert [bar.get_width() for bar in bars[3:]] == pytest.approx(advice.alone[order])


def test_simulations_and_what_is_expected_are_drawn_by_parameter(advice):
    bound = advice.prior.bounds[0]
    axes = named(draw(advice))[bound.key]
    dots, curve = axes.lines[:2]
    assert dots.get_ydata() == pytest.approx(advice.values)
    assert dots.get_xdata() == pytest.approx([bound.value(p) for p in advice.points[:, 0]])
    assert curve.get_ydata() == pytest.approx(advice.curves["mean"][0])
    advised = axes.lines[2].get_xdata()
    assert advised == pytest.approx([bound.value(advice.advised[0])] * 2)


def test_cultures_now_and_as_advised_are_compared(advice):
    figure = draw(advice)
    dots = [line for line in named(figure)["what came of it"].lines if line.get_marker() == "."]
    assert [line.get_ydata().tolist() for line in dots] == [[0.1, 0.2], [0.8, 0.9]]
    assert "Learned from 100 cultures" in said(figure)
    assert "Now: preset posterior" in said(figure)
    alone = draw(replace(advice, comparison=None))
    assert not named(alone)["what came of it"].lines


def test_gains_of_changes_stand_above_what_parameters_do(advice):
    twins = Twins.of_one(parameter_files.load("digits/twin_two"), 3)
    now = dict.fromkeys(HEADS, np.array([0.5, 0.7, 0.9]))
    changed = {name: values + 0.1 for name, values in now.items()}
    gains = Gains(twins, now, [Tried(CHANGES[0], changed)], {})
    figure = draw(advice, gains)
    axes = named(figure)
    assert axes["label"].lines[1].get_xdata() == pytest.approx([0.1])
    upper, lower = (axes[name].get_window_extent().y0 for name in ("label", "what matters"))
    assert upper > lower
    assert "1 change, each in the same 3 wirings; below, learned from 100 cultures" in said(figure)
