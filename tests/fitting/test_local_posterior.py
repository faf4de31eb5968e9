"""The posterior of several recordings: against theory where the model is linear."""

import numpy as np
import pytest

from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.local_posterior import JointPosterior, LocalModel, local_model
from spikinggrid.fitting.own_spread import pooled_sd
from spikinggrid.fitting.pool import shipped
from spikinggrid.fitting.proposals import of_electrodes
from spikinggrid.statistics.feature_space import COMPARED

N_FEATURES, N_PARAMETERS = len(COMPARED), 5
MAY_CHANGE = np.array([False, False, False, True, True])
SD = np.ones(N_FEATURES) / np.sqrt(2)  # so that a difference of two stretches has 1


class Culture:
    """Features that depend on parameters linearly, a wiring, and noise."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        self.slopes = self.generator.normal(0, 10, (N_PARAMETERS, N_FEATURES))

    def measure(self, points, wiring):
        noise = self.generator.normal(0, np.sqrt(0.5), (len(points), N_FEATURES))
        return points @ self.slopes + wiring + noise

    def posterior(self, before, after):
        """Return the posterior of two recordings with these parameters, of one unknown wiring."""
        points = self.generator.uniform(0.2, 0.8, (400, N_PARAMETERS))
        simulated = self.measure(points, self.generator.normal(0, 0.7, (400, N_FEATURES)))
        wiring = self.generator.normal(0, 0.7, N_FEATURES)
        recorded = self.measure(np.array([before, after]), wiring)
        models = [local_model(points, simulated, Aim(target, SD)) for target in recorded]
        return JointPosterior(models, MAY_CHANGE)


def test_intervals_hold_known_changes_as_often_as_they_say():
    held = []
    for seed in range(30):
        culture = Culture(seed)
        before = culture.generator.uniform(0.35, 0.65, N_PARAMETERS)
        change = np.array([0, 0, 0, 0.2, 0.0])
        posterior = culture.posterior(before, before + change)
        draws = posterior.draw(np.tile(before, (2, 1)), 300, culture.generator)
        moves = (draws[:, 1] - draws[:, 0])[:, MAY_CHANGE]
        low, high = np.percentile(moves, (5, 95), axis=0)
        held += list((low <= change[MAY_CHANGE]) & (change[MAY_CHANGE] <= high))
        assert np.abs(moves.mean(axis=0) - change[MAY_CHANGE]).max() < 0.15
        assert (draws[:, 0, :3] == draws[:, 1, :3]).all()
    assert 0.8 <= np.mean(held) <= 1.0


def test_draws_have_the_mean_and_the_spread_of_the_solution_where_bounds_are_far():
    culture = Culture(3)
    middle = np.full(N_PARAMETERS, 0.5)
    posterior = culture.posterior(middle, middle)
    covariance = np.linalg.inv(posterior.precision)
    draws = posterior.draw(np.tile(middle, (2, 1)), 4000, culture.generator)
    after = draws[:, 1]
    places = posterior.places[1]
    assert after.mean(axis=0) == pytest.approx((covariance @ posterior.force)[places], abs=0.02)
    assert after.std(axis=0) == pytest.approx(np.sqrt(np.diag(covariance))[places], rel=0.25)


def test_what_no_feature_tells_of_stays_as_open_as_its_bounds():
    blind = LocalModel(
        np.full(N_PARAMETERS, 0.5),
        np.zeros(N_FEATURES),
        np.zeros((N_PARAMETERS, N_FEATURES)),
        np.eye(N_FEATURES),
    )
    posterior = JointPosterior([blind], MAY_CHANGE)
    draws = posterior.draw(np.full((1, N_PARAMETERS), 0.5), 2000, np.random.default_rng(0))
    low, high = np.percentile(draws, (5, 95), axis=0)
    assert (low < 0.1).all() and (high > 0.9).all()


def test_intervals_hold_the_parameters_of_dishes_of_the_pool_as_often_as_they_say():
    pool, generator = shipped(), np.random.default_rng(1)
    amounts = np.array([not bound.key.endswith("_seed") for bound in pool.space.bounds])
    culture = ~of_electrodes(pool.space)
    complete = np.flatnonzero(np.isfinite(pool.coordinates).all(axis=1))
    held = []
    for row in generator.choice(complete, 24, replace=False):
        others = (pool.points[:, culture] != pool.points[row, culture]).any(axis=1)
        aim = Aim(pool.coordinates[row], pooled_sd())
        model = local_model(pool.points[others][:, amounts], pool.coordinates[others], aim)
        posterior = JointPosterior([model], np.zeros(amounts.sum(), bool))
        draws = posterior.draw(np.full((1, amounts.sum()), 0.5), 100, generator)[:, 0]
        low, high = np.percentile(draws, (5, 95), axis=0)
        held.append((low <= pool.points[row, amounts]) & (pool.points[row, amounts] <= high))
    assert 0.8 <= np.mean(held) <= 0.97
