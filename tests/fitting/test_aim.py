"""Distances between dishes: in spreads, clipped, without what the recording lacks."""

import numpy as np
import pytest

from spikinggrid.fitting.aim import FARTHEST, Aim
from spikinggrid.fitting.own_spread import pooled_sd
from spikinggrid.statistics.feature_space import COMPARED, coordinates

FEATURES = {name: 0.5 + 0.1 * place for place, name in enumerate(COMPARED)}


def test_a_dish_is_at_no_distance_from_itself():
    assert Aim.at(FEATURES).distance(FEATURES) == 0


@pytest.mark.parametrize("name", ["burst.rate", "corr"])
def test_one_spread_of_a_difference_in_one_feature_is_one_over_their_number(name):
    spread = np.sqrt(2) * pooled_sd()[COMPARED.index(name)]
    value = FEATURES[name] + spread if name == "corr" else FEATURES[name] * np.exp(spread)
    distance = Aim.at(FEATURES).distance(FEATURES | {name: value})
    assert distance == pytest.approx(1 / len(COMPARED))


def test_what_a_dish_lacks_is_as_far_off_as_can_be():
    lacking = FEATURES | {"burst.dur": np.nan}
    assert Aim.at(FEATURES).distance(lacking) == pytest.approx(FARTHEST / len(COMPARED))


def test_what_the_recording_lacks_does_not_count():
    aim = Aim.at(FEATURES | {"burst.dur": np.nan})
    assert aim.distance(FEATURES) == 0
    spread = np.sqrt(2) * pooled_sd()[COMPARED.index("corr")]
    off = aim.distance(FEATURES | {"corr": FEATURES["corr"] + spread})
    assert off == pytest.approx(1 / (len(COMPARED) - 1))


def test_costs_tell_far_from_farther_where_distances_do_not():
    far, farther = (FEATURES | {"fir.rate": FEATURES["fir.rate"] * np.exp(s)} for s in (1.5, 2.5))
    aim, points = Aim.at(FEATURES), coordinates([far, farther])
    near, far = aim.distances(points)
    assert near == far
    assert np.diff(aim.costs(points)) > 0
