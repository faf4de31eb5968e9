"""What to grow: which parameters a culture should have to do better.

    Goal, accuracy(...), likeness(...)     what "better" is
    advise(simulations, goal, current)     -> Advice

A Gaussian process learns from simulations between the bounds how good a culture of these parameters
is on average, and how sure that is (Rasmussen & Williams 2006, as in scikit-learn). The advice is
the point that it expects to be best. Functions drawn from it have their best points elsewhere: how far
these spread is how sure the advice is. What matters is told by Sobol's total indices: the share of
the variance of the goal between the bounds that a parameter has a part in (Saltelli et al. 2010, as in
`scipy.stats.sobol_indices`).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import sobol_indices, uniform
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict

from spikinggrid.assays.assay import Trial
from spikinggrid.fit.simulation_store import Plan, Simulations
from spikinggrid.fit.targets import FARTHEST, Targets
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Points among which the best is sought, of which some take part in the draws.
N_POINTS, N_DRAWN_AT = 20_000, 800

#: Functions drawn from the Gaussian process.
N_FUNCTIONS = 500

#: Where the goal is drawn between the bounds of a parameter.
SHARES = np.linspace(0, 1, 51)

#: Of Sobol's indices (a power of two).
N_SOBOL = 2048

#: No accuracy counts as farther from 0 or 1 than that of one mistake in so many images.
MOST_IMAGES = 2000

#: Simulations for each parameter, at least.
PER_PARAMETER = 10


@dataclass(frozen=True)
class Goal:
    """What is to be better.

    Attributes
    ----------
    name : str
        In words, with its unit.
    higher_is_better : bool
    of_trial : callable
        The value of a culture from its `Trial`; that of a failed one as well.
    scaled, unscaled : callable
        To and from a scale on which equal steps mean as much everywhere.
    """

    name: str
    higher_is_better: bool
    of_trial: Callable[[Trial], float]
    scaled: Callable[[np.ndarray], np.ndarray] = lambda values: values
    unscaled: Callable[[np.ndarray], np.ndarray] = lambda values: values


def accuracy(n_classes: int) -> Goal:
    """Digits told apart by the label electrodes; a culture that cannot be grown guesses."""
    least = 1 / MOST_IMAGES
    return Goal(
        f"accuracy on {n_classes} digits (share)",
        True,
        lambda trial: 1 / n_classes if trial.failure else trial.measured["accuracy"],
        lambda values: logit(np.clip(values, least, 1 - least)),
        expit,
    )


def likeness(targets: Targets) -> Goal:
    """Measuring like a target; a culture that fails is as far off as one can be."""
    return Goal(
        f"distance from {targets.name} (mean cost of its features)",
        False,
        lambda trial: FARTHEST if trial.failure else targets.distance(trial.measured),
    )


@dataclass(frozen=True, eq=False)
class Advice:
    """What was learned about a goal.

    Attributes
    ----------
    plan : Plan
    goal : Goal
    values, points : ndarray, shape (n_simulations,) and (n_simulations, n_bounds)
        Of the goal in the simulations, and where these lie.
    current, advised : ndarray, shape (n_bounds,)
        Shares of the bounds.
    low, high : ndarray, shape (n_bounds,)
        90 % interval of where the best point may be.
    expected_current, expected_advised, expected_gain : tuple of float
        Mean, and 90 % interval, of cultures at these points, wiring averaged out.
    total, alone : ndarray, shape (n_bounds,)
        Sobol's total and first-order indices.
    explained : float
        Share of the variance between simulations that the Gaussian process predicts (R squared, of
        those left out in ten parts); the rest is chance, such as wiring, or not understood.
    curves : dict of str to ndarray, shape (n_bounds, n_shares)
        "mean", "low" and "high" of the goal with each parameter at the shares `SHARES` of its
        bounds, all others as advised.
    """

    plan: Plan
    goal: Goal
    values: np.ndarray
    points: np.ndarray
    current: np.ndarray
    advised: np.ndarray
    low: np.ndarray
    high: np.ndarray
    expected_current: tuple[float, float, float]
    expected_advised: tuple[float, float, float]
    expected_gain: tuple[float, float, float]
    total: np.ndarray
    alone: np.ndarray
    explained: float
    curves: dict[str, np.ndarray]


def advise(simulations: Simulations, goal: Goal, current: np.ndarray) -> Advice:
    """Learn from simulations what makes a culture better.

    Parameters
    ----------
    simulations : Simulations
    goal : Goal
    current : ndarray, shape (n_bounds,)
        The culture that one has, in shares of the bounds.

    Raises
    ------
    InputError
        If there are too few simulations, or they are all as good.
    """
    points, n_bounds = simulations.points, len(simulations.plan.bounds)
    if len(points) < (least := PER_PARAMETER * n_bounds):
        raise InputError(
            f"--simulations: found {len(points)}, right would be {least} or more, ten for each parameter"
        )
    values = np.array([goal.of_trial(trial) for trial in simulations.trials()])
    scaled = goal.scaled(values)
    if np.ptp(scaled) == 0:
        raise InputError(f"{goal.name}: is {values[0]:g} in all simulations; take wider bounds")
    generator = random_generator(simulations.plan.parameters.simulation.seed, "advice")
    process = _process(n_bounds)
    with warnings.catch_warnings():  # a parameter that does not matter has no length scale
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(points, scaled)
    sign = 1 if goal.higher_is_better else -1
    tried = generator.random((N_POINTS, n_bounds))
    advised = tried[np.argmax(sign * process.predict(tried))]
    some = np.vstack([current, advised, tried[:N_DRAWN_AT]])
    functions = _drawn(process, some, generator)
    best = some[np.argmax(sign * functions, axis=0)]
    low, high = np.quantile(best, [0.05, 0.95], axis=0)
    now, then = goal.unscaled(functions[:2])
    sobol = sobol_indices(
        func=lambda x: process.predict(x.T), n=N_SOBOL, dists=[uniform()] * n_bounds, rng=generator
    )
    return Advice(
        simulations.plan,
        goal,
        values,
        points,
        np.asarray(current),
        advised,
        low,
        high,
        _summary(now),
        _summary(then),
        _summary(sign * (then - now)),
        np.clip(sobol.total_order, 0, 1),
        np.clip(sobol.first_order, 0, 1),
        _explained(process, points, scaled),
        _curves(process, goal, advised),
    )


def _process(n_bounds: int) -> GaussianProcessRegressor:
    """A smooth function of all parameters, each with its own length scale, and noise."""
    kernel = ConstantKernel() * Matern(np.ones(n_bounds), (0.1, 30.0), nu=2.5) + WhiteKernel(0.1)
    return GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=2, random_state=0
    )


def _summary(drawn: np.ndarray) -> tuple[float, float, float]:
    return float(drawn.mean()), *map(float, np.quantile(drawn, [0.05, 0.95]))


def _drawn(
    process: GaussianProcessRegressor, points: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Functions drawn from the process without its noise, shape (n_points, N_FUNCTIONS)."""
    mean, covariance = process.predict(points, return_cov=True)
    noise = process.kernel_.k2.noise_level * process._y_train_std**2
    variances, directions = np.linalg.eigh(covariance - noise * np.eye(len(points)))
    spread = directions * np.sqrt(np.maximum(variances, 0))
    return mean[:, None] + spread @ generator.standard_normal((len(points), N_FUNCTIONS))


def _explained(process: GaussianProcessRegressor, points: np.ndarray, scaled: np.ndarray) -> float:
    """R squared of simulations that the process, with its kernel as learned, has not seen."""
    again = GaussianProcessRegressor(process.kernel_, optimizer=None, normalize_y=True)
    unseen = cross_val_predict(again, points, scaled, cv=KFold(10, shuffle=True, random_state=0))
    return float(r2_score(scaled, unseen))


def _curves(process: GaussianProcessRegressor, goal: Goal, advised: np.ndarray) -> dict:
    """The goal against each parameter, all others as advised."""
    n = len(advised)
    points = np.tile(advised, (n, len(SHARES), 1))
    points[np.arange(n), :, np.arange(n)] = SHARES
    mean, sd = process.predict(points.reshape(-1, n), return_std=True)
    noise = process.kernel_.k2.noise_level * process._y_train_std**2
    sd = np.sqrt(np.maximum(sd**2 - noise, 0))
    curves = {"mean": mean, "low": mean - 1.645 * sd, "high": mean + 1.645 * sd}
    return {name: goal.unscaled(curve.reshape(n, -1)) for name, curve in curves.items()}
