"""New points: within bounds, kept exactly by a pool, and steps that go where they should."""

import numpy as np
import pytest

from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.own_spread import pooled_sd
from spikinggrid.fitting.parameter_space import Bound, ParameterSpace
from spikinggrid.fitting.proposals import (
    N_STEPS,
    draw,
    foreseen,
    gauss_newton,
    of_electrodes,
    rounded,
    vary,
)
from spikinggrid.statistics.feature_space import COMPARED
from tests.small_dishes import small_space


def test_points_are_whole_steps_between_the_bounds():
    space, generator = small_space(), np.random.default_rng(1)
    point = draw(space, generator)
    for _ in range(200):
        point = vary(space, point, generator, 0.5, 0.8)
        assert (point >= 0).all() and (point <= 1).all()
        assert np.array_equal(np.rint(point * N_STEPS) / N_STEPS, point)


def test_only_electrodes_vary_where_only_they_may():
    space, generator = small_space(), np.random.default_rng(1)
    point = draw(space, generator)
    electrodes = of_electrodes(space)
    assert electrodes.tolist() == [False, False, True, True]
    other = vary(space, point, generator, 0.3, 1.0, electrodes)
    assert np.array_equal(other == point, ~electrodes)


def test_what_neurons_feel_too_is_not_of_electrodes_alone():
    bounds = (Bound.parse("mea.pitch=100 um:200 um"), Bound.parse("mea.radius=40 um:140 um"))
    space = ParameterSpace(small_space().parameters, bounds)
    assert of_electrodes(space).tolist() == [False, True]


def test_a_seed_is_drawn_anew_rather_than_moved_and_stays_in_a_step():
    space = ParameterSpace(
        small_space().parameters,
        (Bound.parse("noise.drive=5 mV:6 mV"), Bound.parse("mea.electrode_seed=0:65535")),
    )
    generator = np.random.default_rng(1)
    point = rounded(np.array([0.5, 1234 / N_STEPS]))
    assert space.at(point).mea.electrode_seed == 1234
    moved = [vary(space, point, generator, 0.001, 1.0)[1] for _ in range(200)]
    assert np.std(moved) == pytest.approx(1 / np.sqrt(12), rel=0.15)
    points = generator.random((50, 2))
    aim = Aim(np.zeros(len(COMPARED)), pooled_sd())
    step = gauss_newton(
        space, np.vstack([point, points]), _linear(points, point), aim, 0, generator
    )
    assert step[1] == point[1]


def _linear(points, first):
    every = np.vstack([first, points])
    return np.outer(every[:, 0] - 0.7, pooled_sd())


def test_steps_of_a_linear_model_lead_to_the_aim():
    space, generator = small_space(), np.random.default_rng(2)
    slopes = generator.standard_normal((4, len(COMPARED))) * pooled_sd() * 5
    points = generator.random((100, 4))
    goal = np.array([0.4, 0.6, 0.5, 0.3])
    aim = Aim((goal - 0.5) @ slopes, pooled_sd())
    distances = []
    for _ in range(12):
        found = (points - 0.5) @ slopes
        start = int(np.argmin(aim.costs(found)))
        distances.append(float(aim.distances(found[start])))
        points = np.vstack([points, gauss_newton(space, points, found, aim, start, generator)])
    assert distances[-1] < 0.5 * distances[0]


def test_what_is_foreseen_nearest_is_near_where_features_bend():
    space, generator = small_space(), np.random.default_rng(3)

    def measured(points):
        return np.outer(((points - 0.5) ** 2).sum(axis=1), 40 * pooled_sd())

    points, candidates = generator.random((300, 4)), generator.random((50, 4))
    aim = Aim(measured(np.array([[0.45, 0.55, 0.5, 0.5]]))[0], pooled_sd())
    chosen = np.argmin(foreseen(space, points, measured(points), aim, candidates))
    distances = aim.distances(measured(candidates))
    assert distances[chosen] <= np.quantile(distances, 0.1)
