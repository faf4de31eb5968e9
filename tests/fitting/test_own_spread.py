"""How far stretches of one dish are from one another."""

import json

import numpy as np
import pytest
from scipy import stats

from spikinggrid.fitting.own_spread import PUBLISHED_WEIGHT, own_sd, pooled_sd
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.statistics import feature_space

NAMES = feature_space.COMPARED

#: One electrode in 43 has a peak on the border of what is theta bursting.
TOLERANCES = {"corr": 3e-3, "corr.near": 3e-3, "corr.far": 3e-3, "theta.burst": 0.025}


def dish(points):
    """Features of stretches that have these coordinates."""
    return [
        {name: feature_space.decoded(name, value) for name, value in zip(NAMES, row, strict=True)}
        for row in points
    ]


def test_published_dishes_are_those_of_the_study(data_folder):
    """Figures of another program, which counts pairs otherwise where spikes are 5 ms apart."""
    study = json.loads((data_folder / "recordings" / "features_by_third.json").read_text())
    dishes = {own.name: own for own in published_dishes()}
    assert dishes.keys() == study.keys()
    for name, other in study.items():
        assert (dishes[name].region, dishes[name].div) == (other["region"], other["age"])
        for third, values in zip(dishes[name].thirds, other["thirds"], strict=True):
            for feature in (*feature_space.NAMES, "corr.near", "corr.far"):
                tolerance = TOLERANCES.get(feature, 1e-6)
                assert third[feature] == pytest.approx(values[feature], rel=2e-5, abs=tolerance)


def test_pooled_spread_is_that_of_the_study():
    """Of 180 recordings, of which 95 were kept."""
    study = [0.168, 0.17, 5.0, 0.194, 0.216, 0.078, 0.131, 0.127, 0.121, 0.025, 0.076, 1.0]
    study += [0.035, 0.081, 0.035, 0.0235]
    np.testing.assert_allclose(pooled_sd(), study, rtol=0.15)


def test_a_dish_is_as_far_from_itself_as_the_study_says():
    """Mean deviation of the second third from the first: a median of .60, 90 % below 1.07."""
    thirds = np.array([feature_space.coordinates(own.thirds) for own in published_dishes()])
    off = np.abs(thirds[:, 1] - thirds[:, 0]) / (np.sqrt(2) * pooled_sd())
    distances = off.clip(0, 5).mean(axis=1)
    assert np.median(distances) == pytest.approx(0.60, abs=0.05)
    assert np.quantile(distances, 0.9) == pytest.approx(1.07, abs=0.1)


def test_without_stretches_the_published_dishes_are_all_there_is():
    np.testing.assert_array_equal(own_sd([]), pooled_sd())
    np.testing.assert_allclose(own_sd([], 75.0), 2 * pooled_sd())


def test_many_stretches_tell_their_own_spread():
    generator = np.random.default_rng(0)
    centre = feature_space.coordinates(published_dishes()[0].thirds)[0]
    points = centre + 0.03 * generator.standard_normal((2000, len(NAMES)))
    weighed = (PUBLISHED_WEIGHT * pooled_sd() ** 2 + 1999 * 0.03**2) / (PUBLISHED_WEIGHT + 1999)
    np.testing.assert_allclose(own_sd(dish(points)), np.sqrt(weighed), rtol=0.06)


def test_what_a_dish_lacks_is_as_uncertain_as_in_others():
    stretches = [own | {"corr.ratio": np.nan} for own in published_dishes()[0].thirds]
    assert own_sd(stretches)[-1] == pooled_sd()[-1]


def test_own_spread_tells_where_another_stretch_lies():
    """The last third lies within 90 % intervals from the first two at least as often as that.

    More often: spreads of dishes differ more than those of chi-square distributions.
    """
    hits = []
    for own in published_dishes():
        first, second, third = feature_space.coordinates(own.thirds)
        sd = own_sd(own.thirds[:2])
        bound = stats.t.ppf(0.95, PUBLISHED_WEIGHT + 1)
        hits.append(np.abs(third - (first + second) / 2) < bound * np.sqrt(1.5) * sd)
    assert 0.9 < np.mean(hits) < 0.97
    assert np.all(np.mean(hits, axis=0) > 0.85)
