"""Posteriors by regression on the nearest dishes, where the right posterior is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from spikinggrid.assays.assay import Trial
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.pool_posterior import STEP, LocalPosterior, PoolPrior, check
from spikinggrid.fitting.simulation_store import Record
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.statistics import feature_space
from spikinggrid.statistics.feature_space import COMPARED
from spikinggrid.utils.errors import InputError
from tests.small_dishes import small_space

SPACE = small_space()
N_BOUNDS = len(SPACE.bounds)
CENTRE = feature_space.coordinates(published_dishes()[0].thirds)[0]
SLOPES = 0.1 * np.random.default_rng(3).standard_normal((N_BOUNDS, len(COMPARED)))
NOISE = 0.2


def features(deviates, generator):
    """Features that depend linearly on deviates, with noise."""
    off = NOISE * generator.standard_normal((len(deviates), len(COMPARED)))
    points = CENTRE + deviates @ SLOPES + off
    return {
        name: np.array([feature_space.decoded(name, value) for value in column])
        for name, column in zip(COMPARED, points.T, strict=True)
    }


def pool(n=3000, seed=0, **changes):
    generator = np.random.default_rng(seed)
    deviates = generator.standard_normal((n, N_BOUNDS))
    made = Pool(SPACE, norm.cdf(deviates), np.arange(n), features(deviates, generator))
    return replace(made, **changes)


@pytest.fixture(scope="module")
def posterior():
    return LocalPosterior(PoolPrior(pool()).pooled)


def one(table, row=0):
    return {name: float(values[row]) for name, values in table.items()}


def test_it_is_the_posterior_of_a_linear_model(posterior):
    """That of deviates with a standard normal prior, seen through SLOPES with NOISE."""
    generator = np.random.default_rng(9)
    precision = np.eye(N_BOUNDS) + SLOPES @ SLOPES.T / NOISE**2
    sd = np.sqrt(np.diag(np.linalg.inv(precision)))
    truths = generator.standard_normal((20, N_BOUNDS))
    table = features(truths, generator)
    off, widths = [], []
    for row in range(len(truths)):
        own = one(table, row)
        seen = feature_space.coordinates([own])[0] - CENTRE
        mean = np.linalg.solve(precision, SLOPES @ seen / NOISE**2)
        drawn = norm.ppf(posterior.sample(own, 2000))
        off.append((drawn.mean(axis=0) - mean) / sd)
        widths.append(drawn.std(axis=0) / sd)
    assert np.sqrt(np.mean(np.square(off))) < 0.35
    assert np.median(widths) == pytest.approx(1, abs=0.15)


def test_its_intervals_are_as_wide_as_they_say(posterior):
    coverage = check(posterior, range(0, 3000, 10))
    assert len(coverage.truths) == 300
    assert coverage.coverage(0.9).mean() == pytest.approx(0.9, abs=0.03)
    assert coverage.coverage(0.5).mean() == pytest.approx(0.5, abs=0.04)


def test_a_dish_that_is_left_out_says_nothing():
    """Nor do further hearings of it."""
    twice = pool(300, seeds=np.repeat(np.arange(150), 2))
    both = LocalPosterior(PoolPrior(twice).pooled)
    without = replace(
        twice,
        points=twice.points[2:],
        seeds=twice.seeds[2:],
        features={name: values[2:] for name, values in twice.features.items()},
    )
    own = one(twice.features)
    expected = LocalPosterior(PoolPrior(without).pooled).sample(own, 50)
    assert both.sample(own, 50, left_out=0) == pytest.approx(expected)


def test_new_dishes_are_drawn_where_the_posterior_is(posterior):
    possible = PoolPrior(pool())
    own = one(possible.pooled.features)
    keys = possible.keys(posterior.region(own), 50)
    assert len(keys) == 50 and len({key.seed for key in keys}) == 50
    points = np.array([key.point for key in keys])
    drawn = posterior.sample(own, 2000)
    assert points.mean(axis=0) == pytest.approx(drawn.mean(axis=0), abs=0.25)
    assert points.std(axis=0).mean() < np.hypot(drawn.std(axis=0), STEP).mean() * 1.7
    assert keys == possible.keys(posterior.region(own), 60)[:50]


def test_new_dishes_are_learned_from_unless_they_failed():
    possible = PoolPrior(pool(300))
    keys = possible.keys(LocalPosterior(possible.pooled).region(one(possible.pooled.features)), 2)
    trials = [Trial(one(possible.pooled.features)), Trial(failure="silent for 60 s")]
    records = [Record(key, trial, 0.5) for key, trial in zip(keys, trials, strict=True)]
    learned = possible.with_new(records)
    assert len(learned) == 301 and learned.seconds == 1.0
    assert learned.numbers[-1] == possible.number(keys[0]) == 300 + keys[0].number
    assert learned.points[-1] == pytest.approx(keys[0].point)


def test_few_dishes_tell_nothing():
    few = LocalPosterior(PoolPrior(pool(99)).pooled)
    with pytest.raises(InputError, match="--pool: 99 of its dishes have all features"):
        few.sample(one(few.simulations.features), 10)
