"""What pixels show over time, and what of it reaches the neurons, against integrals by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import dblquad

from spikinggrid.light.screen import Light, Screen
from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.parameters.files import load
from spikinggrid.utils.errors import InputError

BASE = load("digits/two_light")


def screen(**changes):
    """A screen of 2 x 3 pixels of 1 mm with other keys of the table `light`."""
    keys = {"rows": 2, "columns": 3, "pitch": 1e-3, "frame_rate": 100.0} | changes
    return Screen(BASE.replace({f"light.{key}": value for key, value in keys.items()}))


PICTURE = np.array([[0.0, 1.0, 0.5], [0.25, 0.0, 1.0]])


def test_pixels_lie_in_the_middle_of_the_dish():
    assert screen().x_edges == pytest.approx([1e-3, 2e-3, 3e-3, 4e-3])
    assert screen().y_edges == pytest.approx([0.5e-3, 1.5e-3, 2.5e-3])


def test_a_screen_far_away_is_seen_by_lamberts_law():
    lamp = screen(source="screen", spread=None, distance="500 um")
    x, y, d = 1.7e-3, 0.9e-3, 0.5e-3

    def radiance(v, u):
        return d**2 / (np.pi * (d**2 + (u - x) ** 2 + (v - y) ** 2) ** 2)

    pixels = [
        [dblquad(radiance, *lamp.x_edges[c : c + 2], *lamp.y_edges[r : r + 2])[0] for c in range(3)]
        for r in range(2)
    ]
    field = lamp.seen_from(np.array([x]), np.array([y]))
    assert field.relative(PICTURE)[0] == pytest.approx((pixels * PICTURE).sum(), rel=1e-6)


@pytest.mark.parametrize(
    "source",
    [{"source": "screen", "spread": None, "distance": "1 um"}, {"spread": "1 um"}],
)
def test_close_to_the_pixels_each_neuron_sees_its_own(source):
    field = screen(**source).seen_from(np.array([1.5e-3, 2.5e-3, 0.1e-3]), np.array([1e-3] * 3))
    picture = np.array([[0.0, 1.0, 0.5], [0.0, 1.0, 1.0]])
    assert field.relative(picture) == pytest.approx([0, 1, 0], abs=0.01)


def test_a_blur_moves_light_and_loses_none():
    x, y = (v.ravel() for v in np.meshgrid(np.linspace(0, 5e-3, 101), np.linspace(0, 3e-3, 61)))
    sharp, blurred = (
        screen(spread=spread).seen_from(x, y).relative(PICTURE).sum() for spread in (1e-6, 2e-4)
    )
    assert blurred == pytest.approx(sharp, rel=0.05)


def test_a_frame_shows_the_mean_of_what_is_asked_for():
    light = screen().movie(np.stack([PICTURE, 1 - PICTURE]), 0.005, 0.02, 200.0)
    assert light.times == pytest.approx([0.0, 0.01, 0.02, 0.03])
    means = [PICTURE / 2, 0.5 * np.ones((2, 3)), (1 - PICTURE) / 2, 0 * PICTURE]
    assert light.pictures == pytest.approx(np.stack(means))


@given(st.floats(0, 0.1), st.floats(1e-3, 0.1), st.floats(10, 1000))
def test_frames_show_as_much_light_as_was_asked_for(start, duration, frame_rate):
    light = screen(frame_rate=frame_rate).image(PICTURE, start, duration)
    shown = (light.pictures[:-1] * np.diff(light.times)[:, None, None]).sum(axis=0)
    assert shown == pytest.approx(PICTURE * duration, abs=1e-9)
    assert not light.pictures[-1].any()


def test_pulses_are_flashes_around_their_electrodes():
    lamp = screen(spot="1 mm", flash="15 ms")
    array = Mea(["a", "b"], x=[1.5e-3, 3e-3], y=[1.5e-3, 1.5e-3])
    pulses = Stimulus.of([0.0, 0.012, 0.012], [0, 1, 1])
    light = lamp.flashes(pulses, array, 0.05)
    a, b = np.zeros((2, 3)), np.zeros((2, 3))
    a[:, 0], b[:, 1:] = 0.5, 0.25
    frames = [a, a / 2 + 2 * 0.8 * b, 2 * 0.7 * b, 0 * a, 0 * a, 0 * a]
    frames[1], frames[2] = a / 2 + b, b  # no square is brighter than white
    assert light.pictures == pytest.approx(np.stack(frames))
    assert light.times == pytest.approx([0, 0.01, 0.02, 0.03, 0.04, 0.05])


def test_lights_add_up_to_white():
    one = screen().image(PICTURE, 0.0, 0.02)
    both = one + screen().image(np.ones((2, 3)) / 2, 0.01, 0.02)
    assert both.times == pytest.approx([0, 0.01, 0.02, 0.03])
    assert both.pictures[1] == pytest.approx(np.minimum(PICTURE + 0.5, 1))
    assert both.at(np.array([-0.1, 0.025]))[:, 0, 0] == pytest.approx([0, 0.5])
    assert isinstance(both, Light)


@pytest.mark.parametrize(
    ("picture", "text"), [(np.ones((3, 3)), "2 rows"), (2 * PICTURE, "from 0")]
)
def test_pictures_of_another_size_or_too_bright_are_refused(picture, text):
    with pytest.raises(InputError, match=text):
        screen().image(picture, 0.0, 0.1)
