"""Figures of light on a dish."""

import numpy as np
import pytest

import spikinggrid as sg
from spikinggrid.light.illumination import illuminated
from spikinggrid.plotting import light as plots
from spikinggrid.simulation.dish import Dish

CAMERA = {"sites": "camera", "rows": 6, "columns": 10, "pitch": 5e-4, "diameter": None}


@pytest.fixture(scope="module")
def dish():
    return Dish("digits/two_light", seed=3)


@pytest.fixture(scope="module")
def spikes(dish):
    return dish.run(0.5, light=illuminated("centre", 0.1, 0.2))


def test_the_map_is_as_bright_as_the_light(dish):
    picture = np.zeros(dish.screen.shape)
    picture[:, 25:] = 1.0
    axes = sg.plot.light_field(dish, picture)
    values = axes.images[0].get_array()
    assert values[:, 0].max() == pytest.approx(0, abs=1e-9)
    assert values[60, 150] == pytest.approx(0.5)  # mW/mm2
    assert axes.get_xlim() == (0, 5000)


def test_the_current_is_that_of_the_opsin(dish):
    axes = sg.plot.photocurrent(dish.parameters.replace({"light.irradiance": "1 mW/mm2"}))
    times, current = axes.lines[0].get_data()
    assert current[np.searchsorted(times, 499)] == pytest.approx(561, rel=0.05)
    assert current[-1] < 1


def test_traces_rise_where_the_light_was(dish, spikes):
    axes = sg.plot.fluorescence(dish, spikes)
    sites = {label.get_text() for label in axes.get_yticklabels()}
    lit = {str(site) for site in dish.array.select("centre") if dish.photodetector.n_seen[site]}
    assert lit <= sites


@pytest.mark.parametrize("camera", [False, True])
def test_images_show_the_largest_fluorescence(dish, spikes, camera):
    seen = dish
    if camera:
        changes = {f"photodetector.{key}": value for key, value in CAMERA.items()}
        seen = Dish(dish.parameters.replace(changes))
    axes = sg.plot.fluorescence_image(seen, spikes)
    shown = np.ma.getdata((axes.images or axes.collections)[0].get_array()).ravel()
    assert shown == pytest.approx(seen.fluorescence(spikes).max(axis=0))


def test_a_page_names_its_panels(dish, spikes):
    figure = plots.page(dish, np.ones(dish.screen.shape), spikes, "mine")
    panels = {axes.get_label() for axes in figure.axes}
    assert {"field", "current", "states", "fluorescence", "image"} <= panels
    without = Dish(dish.parameters.replace({"photodetector": None}))
    figure = plots.page(without, np.ones(dish.screen.shape), spikes)
    assert "image" not in {axes.get_label() for axes in figure.axes}
