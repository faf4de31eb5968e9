"""Linear models of candidates, held against cultures whose features are known functions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.fitting import linear_models as candidate_models


def candidates(seed, noise=0.0, n=80, n_parameters=3, n_features=8):
    """Points about a truth, at which all deviations are 0, and features linear in them."""
    random = np.random.default_rng(seed)
    truth = random.uniform(0.35, 0.65, n_parameters)
    slopes = 5 * random.normal(size=(n_parameters, n_features))  # spreads per range
    points = truth + random.uniform(-0.3, 0.3, (n, n_parameters))
    deviations = (points - truth) @ slopes
    return truth, slopes, points, deviations + noise * random.normal(size=deviations.shape)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_linear_features_are_understood(seed):
    truth, slopes, points, deviations = candidates(seed)
    assert candidate_models.moved_by(points, deviations) == pytest.approx(slopes, abs=1e-9)
    draw = np.random.default_rng(seed)
    found = candidate_models.proposal(points, deviations, points, draw)
    assert found == pytest.approx(truth, abs=0.06)  # as far as any of these seeds is off
    assert candidate_models.prediction(points, deviations) == pytest.approx(truth, abs=0.03)


def test_many_noisy_candidates_tell_more_than_the_best_one():
    better = 0
    for seed in range(20):
        truth, _, points, deviations = candidates(seed, noise=1.0)
        best = points[np.argmin((deviations**2).sum(axis=1))]
        found = candidate_models.prediction(points, deviations)
        better += np.abs(found - truth).sum() < np.abs(best - truth).sum()
    assert better >= 17


def test_proposals_stay_between_the_bounds():
    points = np.random.default_rng(0).uniform(0.9, 1, (40, 2))
    deviations = (points - 1.5) @ np.ones((2, 4))  # better and better beyond the bound
    found = candidate_models.proposal(points, deviations, points, np.random.default_rng(1))
    assert np.all((found >= 0) & (found <= 1))
    assert found == pytest.approx([1, 1], abs=0.02)
    assert np.all(candidate_models.prediction(points, deviations) <= 1)


def test_too_few_candidates_tell_nothing():
    _, _, points, deviations = candidates(0, n=3)
    assert candidate_models.proposal(points, deviations, points, None) is None
    assert candidate_models.moved_by(points, deviations) is None
    assert candidate_models.prediction(points, deviations) is None
