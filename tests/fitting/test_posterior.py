"""The posterior, against one that is known in closed form."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from spikinggrid.fitting import coverage, posterior
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError
from tests.simulated import simulations, table

NOISE = np.array([0.3, 1.0])


def linear(points: np.ndarray) -> dict[str, np.ndarray]:
    """The first two features are the first two parameters (as normal deviates) and normal noise.

    The others are noise, and the third parameter is in none of them.
    """
    generator = np.random.default_rng(2)
    x = generator.standard_normal((len(points), len(feature_space.NAMES)))
    x[:, :2] = norm.ppf(points[:, :2]) + NOISE * x[:, :2]
    return table(x)


@pytest.fixture(scope="module")
def one_flow():
    """Of three, two are for accuracy alone."""
    pytest.importorskip("sbi", reason="the extra spikinggrid[inference] is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(posterior, "N_FLOWS", 1)
        yield


@pytest.fixture(scope="module")
def learned(one_flow) -> posterior.Posterior:
    return posterior.estimate(simulations(1500, linear, failures=range(0, 1500, 7)))


@pytest.mark.slow
def test_it_is_the_known_posterior(learned):
    # theta ~ N(0, 1) and x = theta + s e  =>  theta | x ~ N(x / (1 + s^2), s^2 / (1 + s^2))
    x = np.zeros((3, len(feature_space.NAMES)))
    x[:, 0], x[:, 1] = (-1.0, 0.0, 1.2), (0.5, -0.5, 0.0)
    drawn = norm.ppf(np.clip(learned.sample(table(x), 3000), 1e-9, 1 - 1e-9))
    expected = x[:, :2] / (1 + NOISE**2)
    spread = np.sqrt(NOISE**2 / (1 + NOISE**2))
    assert drawn.mean(axis=0)[:, :2] == pytest.approx(expected, abs=0.25)
    assert drawn.std(axis=0)[:, :2] == pytest.approx(np.tile(spread, (3, 1)), rel=0.3)
    assert drawn.mean(axis=0)[:, 2] == pytest.approx(np.zeros(3), abs=0.3)
    assert drawn.std(axis=0)[:, 2] == pytest.approx(np.ones(3), rel=0.25)


@pytest.mark.slow
def test_the_check_finds_it_calibrated_and_the_third_parameter_undetermined(one_flow):
    checked = coverage.check(simulations(700, linear, failures=range(0, 700, 7)))
    n = len(checked.truths)
    assert n == 700 - 100
    assert checked.coverage(0.9) == pytest.approx(
        np.full(3, 0.9), abs=0.1
    )  # one flow is overconfident
    assert checked.coverage(0.5) == pytest.approx(np.full(3, 0.5), abs=0.1)
    known = [*1 / np.sqrt(1 + NOISE**2), 0]  # of normal deviates, and with endless simulations
    assert checked.recovery() == pytest.approx(known, abs=0.2)
    assert checked.undetermined() == [checked.keys[2]]


@pytest.mark.slow
def test_draws_repeat(learned):
    known = learned.simulations
    one = {name: values[1:2] for name, values in known.features.items()}
    assert np.array_equal(learned.sample(one, 50), learned.sample(one, 50))


@pytest.mark.slow
def test_what_is_left_out_or_failed_might_as_well_not_be_there(one_flow):
    known = simulations(400, linear, failures=range(0, 400, 7))
    left_out = known.numbers % 3 == 0
    kept = ~left_out & (known.numbers % 7 > 0)
    alone = replace(
        known,
        numbers=known.numbers[kept],
        points=known.points[kept],
        features={name: values[kept] for name, values in known.features.items()},
        failures=[""] * kept.sum(),
    )
    one = {name: values[1:2] for name, values in known.features.items()}
    drawn = [
        posterior.estimate(known, left_out).sample(one, 50),
        posterior.estimate(alone).sample(one, 50),
    ]
    assert np.array_equal(*drawn)


def test_the_check_tells_intervals_that_are_too_narrow():
    generator = np.random.default_rng(1)
    truths = generator.random((400, 1))
    ranks = norm.cdf(2 * norm.ppf(generator.random((400, 1))))  # half as wide as they should be
    narrow = coverage.Coverage(["neuron.tau_m"], truths, truths, ranks, np.full((400, 1), 0.1))
    assert narrow.coverage(0.9)[0] < 0.6
    assert narrow.uniformity()[0] < 1e-3


def test_too_few_simulations_are_refused():
    pytest.importorskip("sbi", reason="the extra spikinggrid[inference] is not installed")
    with pytest.raises(InputError, match="--simulations: only 90 of 100 simulated cultures"):
        posterior.estimate(simulations(100, linear, failures=range(10)))


def test_draws_come_from_all_flows_in_turn():
    torch = pytest.importorskip("torch", reason="the extra spikinggrid[inference] is not installed")

    class Flow:
        """Draws one number again and again."""

        def __init__(self, number: float):
            self.number = number

        def sample(self, shape, x):
            return torch.full((*shape, len(x), 1), self.number)

    three = posterior.Posterior(simulations(10, linear), [Flow(-1), Flow(0), Flow(1)])
    drawn = norm.ppf(three.sample(linear(np.full((2, 3), 0.5)), 5))
    assert drawn[:, 1, 0] == pytest.approx([-1, 0, 1, -1, 0])
