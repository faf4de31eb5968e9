"""The figure of a twin: recording and twin side by side, features in spreads of the dish."""

import itertools

import numpy as np
import pytest

from spikinggrid.fitting.twin import fit_twin
from spikinggrid.plotting import twin as figures
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from tests.small_dishes import small_pool, small_space


@pytest.fixture(scope="module")
def twin():
    recording = Dish(small_space().parameters, 7).record("120 s")
    clock = itertools.count().__next__
    return fit_twin(recording, small_pool(), minutes=0.02, jobs=1, clock=clock)


def test_everything_is_drawn_of_both(twin):
    figure = figures.twin(twin)
    axes = {panel.get_label(): panel for panel in figure.axes}
    for kind in ("raster", "rate", "map", "burst"):
        assert {f"{kind} recording", f"{kind} twin"} <= axes.keys()
    assert axes["map recording"].collections and axes["map twin"].collections
    assert axes["burst recording"].get_ylim() == axes["burst twin"].get_ylim()
    bars = [bar.get_width() for bar in axes["features"].patches if bar.get_height() == 0.6]
    assert bars == pytest.approx(twin.dish.own.deviations(coordinates([twin.twin])[0]))
    assert len(axes["features"].get_yticklabels()) == len(COMPARED)


def test_the_words_say_what_the_verdict_says(twin):
    figure = figures.twin(twin)
    words = " ".join(text.get_text().replace("\n", " ") for text in figure.findobj(_is_text))
    assert twin.verdict()[:40] in words
    assert f"seed {twin.seed}" in words


def _is_text(artist):
    return hasattr(artist, "get_text")


def test_dishes_without_network_bursts_are_drawn_too(twin):
    from spikinggrid.recordings import Recording

    trains = [np.array([1.0 + electrode, 30.0]) for electrode in range(59)]
    quiet = Recording.from_spike_trains(trains, "60 s", positions=twin.record().positions)
    figure = figures.twin(twin, quiet)
    axes = {panel.get_label(): panel for panel in figure.axes}
    assert not axes["burst twin"].lines
