"""Arrays are recognised by where their electrodes lie, and dishes grow under larger ones."""

import numpy as np
import pytest

from spikinggrid.fitting.recorded_array import MOST_ELECTRODES, recognised, thinned
from spikinggrid.mea.array import Mea
from spikinggrid.recordings import Recording
from spikinggrid.utils.errors import InputError
from tests.small_dishes import small_space


def _recording(positions):
    n = len(positions)
    return Recording.from_spike_trains([[0.5]] * n, 1.0, positions=positions, source="mine")


def _layout(name):
    large = {"culture.width": 5e-3, "culture.height": 5e-3, "mea.layout": name}
    return Mea.place(small_space().parameters.replace(large)).positions


@pytest.mark.parametrize("layout", ["8x8-200um-59", "8x8-200um", "6x10-200um", "6x10-500um"])
def test_a_known_layout_is_recognised_wherever_its_corner_is(layout):
    parameters = small_space().parameters
    place = recognised(_recording(_layout(layout) - np.array([3e-3, 1e-3])), parameters)
    assert place.text == layout and place.array is None
    changed = parameters.replace(dict(place.changes))
    assert len(Mea.place(changed).names) == len(_layout(layout))
    old, new = (
        p.culture.n_neurons / (p.culture.width * p.culture.height) for p in (parameters, changed)
    )
    assert new == pytest.approx(old, rel=0.01)


def test_electrodes_that_never_fired_may_be_missing():
    positions = np.delete(_layout("8x8-200um-59"), [0, 17, 30], axis=0)
    place = recognised(_recording(positions), small_space().parameters)
    assert place.text == "8x8-200um-59" and not place.changes


def test_another_array_is_put_in_the_middle_of_a_dish_that_is_large_enough():
    positions = np.random.default_rng(1).random((200, 2)) * [3.85e-3, 2.1e-3]
    parameters = small_space().parameters
    place = recognised(_recording(positions), parameters)
    culture = parameters.replace(dict(place.changes)).culture
    off = place.array.positions - positions
    assert off.std(axis=0) == pytest.approx(0, abs=1e-12)
    middle = (place.array.positions.min(axis=0) + place.array.positions.max(axis=0)) / 2
    assert middle == pytest.approx(np.array([culture.width, culture.height]) / 2)
    assert culture.width > 3.9e-3 and culture.height > 2.1e-3
    assert culture.n_neurons > 3 * parameters.culture.n_neurons


def test_without_positions_a_few_electrodes_are_taken_for_the_usual_array_and_many_refused():
    parameters = small_space().parameters
    few = Recording.from_spike_trains([[0.5]] * 60, 1.0, source="mine")
    assert "positions are unknown" in recognised(few, parameters).text
    many = Recording.from_spike_trains([[0.5]] * 65, 1.0, source="mine")
    with pytest.raises(InputError, match="mine: the positions of its 65 electrodes are unknown"):
        recognised(many, parameters)


def test_of_a_thousand_electrodes_a_part_is_taken_all_over_the_array():
    positions = np.random.default_rng(1).random((1000, 2)) * 2e-3
    part = thinned(_recording(positions))
    assert part.n_electrodes == part.n_sites == MOST_ELECTRODES
    assert np.ptp(part.positions, axis=0) == pytest.approx([2e-3, 2e-3], rel=0.1)
    assert "128 of its 1,000 electrodes" in part.source
    few = _recording(positions[:100])
    assert thinned(few) is few
