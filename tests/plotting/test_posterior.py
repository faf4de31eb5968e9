"""Figures of posteriors: points, dishes beside the recording, and the check of intervals."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting.coverage import Coverage
from spikinggrid.fitting.parameter_space import read_bounds
from spikinggrid.fitting.prior import Prior
from spikinggrid.parameters.files import load
from spikinggrid.plotting import posterior as figures
from spikinggrid.statistics import feature_space
from tests.figures import dish, drawn, named, said


@pytest.fixture
def inference():
    """An inference of three parameters, in which the first feature alone is outside."""
    parameters = load("posterior")
    bounds = read_bounds(parameters)[:3]
    points = np.random.default_rng(1).beta(5, 5, (2000, 3))
    rows = {
        name: {"recording": 1.0, "median": 1.0, "low": 0.5, "high": 1.5, "holds": True}
        for name in feature_space.NAMES
    }
    rows["burst.rate"] |= {"recording": 2.0, "holds": False}
    return SimpleNamespace(
        prior=Prior(parameters, bounds, SPONTANEOUS),
        points=points,
        recording=dish([[1.0]], source="my dish"),
        posterior=SimpleNamespace(simulations=range(1234)),
        predictive=pd.DataFrame.from_dict(rows, orient="index"),
        n_held=10,
    )


def test_pairs_hold_all_points(inference):
    figure = figures.pairs(inference)
    axes = named(figure)
    keys = [bound.key for bound in inference.prior.bounds]
    for k, key in enumerate(keys):
        bars = axes[key].patches
        area = sum(bar.get_height() * bar.get_width() for bar in bars)
        assert area == pytest.approx(1)
        expected, _ = np.histogram(inference.points[:, k], np.linspace(0, 1, 31), density=True)
        assert [bar.get_height() for bar in bars] == pytest.approx(expected)
    image = axes[f"{keys[2]} / {keys[0]}"].collections[0].get_array()
    assert image.sum() == 2000


def test_bounds_are_written_with_their_units(inference):
    axes = named(figures.pairs(inference))
    bottom = axes["noise.drive_spread / neuron.adaptation"]
    assert [tick.get_text() for tick in bottom.get_xticklabels()] == ["50 µV", "400 µV"]
    assert bottom.get_xlabel() == "neuron\nadaptation"


def test_posteriors_say_where_they_come_from(inference):
    for figure in (
        figures.pairs(inference),
        figures.predictive(inference, {"recording": inference.recording}),
    ):
        text = said(figure)
        assert "Recording: my dish" in text
        assert "Simulations: 1,234; preset posterior" in text


def test_a_feature_outside_its_interval_is_red(inference):
    figure = figures.predictive(inference, {"recording": inference.recording})
    axes = named(figure)
    assert "10 of the 11 published features" in said(figure)
    assert axes["burst.rate"].get_xlabel() == "burst rate (/min)"
    assert axes["burst.rate"].lines[2].get_color() == "#D55E00"
    assert axes["burst.dur"].lines[2].get_color() == "#000000"
    assert axes["burst.rate"].lines[0].get_xdata().tolist() == [0.5, 1.5]
    assert set(feature_space.NAMES) < set(axes)


def test_the_check_shows_coverage_and_recovery():
    generator = np.random.default_rng(2)
    truths = generator.random((200, 5))
    ranks = generator.random((200, 5))
    keys = [f"noise.k{k}" for k in range(5)]
    coverage = Coverage(keys, truths, truths, ranks, np.full((200, 5), 0.1))
    figure = figures.check(coverage)
    axes = named(figure)
    mean = drawn(axes["coverage"], "their mean")
    level = mean.get_xdata()[24]
    assert mean.get_ydata()[24] == pytest.approx(coverage.coverage(level).mean())
    assert axes["noise.k4"].get_title() == "noise k4: r = 1.00"
    assert axes["noise.k4"].lines[1].get_xdata() == pytest.approx(truths[:, 4])
    assert "200 simulated cultures" in said(figure)
    figure.draw_without_rendering()
