"""Whether a recording is like the dishes of a pool, on dishes whose distribution is known."""

import numpy as np
import pytest

from spikinggrid.fitting.pool import shipped
from spikinggrid.fitting.pool_guard import FALSE_ALARMS, PoolGuard
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError

NAMES = feature_space.COMPARED
CENTRE = feature_space.coordinates(published_dishes()[0].thirds)[0]


def dishes(n, seed=0, hearings=1):
    """Dishes in four dimensions of sixteen; hearings of one dish are nearly alike."""
    generator = np.random.default_rng(seed)
    directions = np.random.default_rng(1).standard_normal((4, len(NAMES)))
    points = 0.1 * generator.standard_normal((n, 4)) @ directions
    points = np.repeat(points, hearings, axis=0)
    return CENTRE + points + 0.01 * generator.standard_normal(points.shape)


def features(point):
    pairs = zip(NAMES, point, strict=True)
    return {name: feature_space.decoded(name, value) for name, value in pairs}


@pytest.fixture(scope="module")
def guard():
    return PoolGuard(dishes(600, hearings=2), np.repeat(np.arange(600), 2))


def test_a_twentieth_of_the_dishes_of_the_model_is_refused(guard):
    refused = np.mean(guard.distances(dishes(2000, seed=5)) > guard.threshold)
    assert refused == pytest.approx(FALSE_ALARMS, abs=0.035)


def test_the_verdict_does_not_hang_on_how_many_dishes_there_are():
    new = dishes(2000, seed=5)
    off = new + 0.05 * np.random.default_rng(2).standard_normal(new.shape)
    for n in (300, 3000):
        guard = PoolGuard(dishes(n), np.arange(n))
        assert np.mean(guard.distances(new) <= guard.threshold) > 0.9
        assert np.mean(guard.distances(off) > guard.threshold) > 0.9


def test_hearings_of_one_dish_are_not_compared_with_one_another():
    """Otherwise each dish would have neighbours nearby, and all others would be far."""
    n, points = 400, dishes(400, hearings=8)
    guard = PoolGuard(points, np.repeat(np.arange(n), 8))
    refused = np.mean(guard.distances(dishes(2000, seed=5)) > guard.threshold)
    assert refused < 3 * FALSE_ALARMS


def test_a_feature_that_does_not_go_with_the_others_is_named(guard):
    point = dishes(1, seed=7)[0]
    assert guard.judge(features(point)).inside
    point[NAMES.index("corr.ratio")] += 0.2
    verdict = guard.judge(features(point))
    assert not verdict.inside
    assert next(iter(verdict.deviations)) == "corr.ratio"
    assert "far over near correlation is too high" in verdict.sentence()


def test_a_recording_without_a_feature_is_outside(guard):
    verdict = guard.judge(features(CENTRE) | {"num.n.s": 0.0, "corr.ratio": np.nan})
    assert not verdict.inside
    assert verdict.sentence() == "has no network spike rate, far over near correlation"


def test_distances_count_in_own_spreads():
    """Of published dishes, as one is from another of its stretches, whatever scale dishes have."""
    wide = PoolGuard(CENTRE + 3 * (dishes(600) - CENTRE), np.arange(600))
    narrow = PoolGuard(dishes(600), np.arange(600))
    assert wide.threshold == pytest.approx(3 * narrow.threshold, rel=0.01)


def test_intervals_that_no_dish_has_decide_alone(guard):
    verdict = guard.judge(features(CENTRE), "has 3 intervals below 1.08 ms")
    assert not verdict.inside
    assert verdict.sentence() == "has 3 intervals below 1.08 ms"


def test_few_dishes_are_no_pool():
    with pytest.raises(InputError, match="found 299 dishes"):
        PoolGuard(dishes(299), np.arange(299))


def test_most_published_dishes_are_like_those_of_the_shipped_pool():
    guard = PoolGuard.of(shipped())
    judged = [guard.judge(third) for dish in published_dishes() for third in dish.thirds]
    assert np.mean([likeness.inside for likeness in judged]) >= 0.75
