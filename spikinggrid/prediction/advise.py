"""What to grow: which parameters a culture should have to do better.

`accuracy`, `likeness`    what "better" is
`knobs`                   what to change unless told: strength and reach of excitation, inhibition
`advise`                  simulate, learn, and grow cultures that follow the advice -> Advice
`learn`                   the same from simulations that there are, without growing any

A Gaussian process learns from simulations between the bounds how good a culture of these parameters
is on average, and how sure that is (Rasmussen & Williams 2006, as in scikit-learn). The advice is
the point that it expects to be best. Functions drawn from it have their best points elsewhere: how
far these spread is how sure the advice is. What matters is told by Sobol's total indices: the share
of the variance of the goal between the bounds that a parameter has a part in (Saltelli et al. 2010,
as in `scipy.stats.sobol_indices`).
"""

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import sobol_indices, ttest_ind, uniform
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict

from spikinggrid.assays.assay import Trial
from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.fitting.prior import Prior, Simulations, grow_at, simulate_prior
from spikinggrid.fitting.simulation_store import SimulationStore
from spikinggrid.fitting.targets import FARTHEST, Targets
from spikinggrid.parallel.client import connected
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.reference import key as described
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import Progress, hidden_progress
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
        Return the value of a culture from its `Trial`; that of a failed one as well.
    scaled, unscaled : callable
        Convert to and from a scale on which equal steps mean as much everywhere.
    """

    name: str
    higher_is_better: bool
    of_trial: Callable[[Trial], float]
    scaled: Callable[[np.ndarray], np.ndarray] = lambda values: values
    unscaled: Callable[[np.ndarray], np.ndarray] = lambda values: values


def accuracy(n_classes: int) -> Goal:
    """Return the goal of telling digits apart; a culture that cannot be grown guesses."""
    least = 1 / MOST_IMAGES
    return Goal(
        f"accuracy on {n_classes} digits (share)",
        True,
        lambda trial: 1 / n_classes if trial.failure else trial.measured["accuracy"],
        lambda values: logit(np.clip(values, least, 1 - least)),
        expit,
    )


def likeness(targets: Targets) -> Goal:
    """Return the goal of measuring like a target; a culture that fails is as far off as can be."""
    return Goal(
        f"distance from {targets.name} (mean cost of its features)",
        False,
        lambda trial: (
            FARTHEST
            if trial.failure
            else targets.distance(targets.assay.summarise([trial.measured]))
        ),
    )


def knobs(parameters: Parameters) -> tuple[Bound, ...]:
    """Return what Lagani et al. (2021) varied, each from half of what it is to twice as much.

    Strength and reach of excitation, and strength of inhibition.

    Raises
    ------
    InputError
        If one of them is nothing.
    """
    synapses = parameters.synapses
    excitation, inhibition = (
        "strength" if table.rule == "probability" else "incoming"
        for table in (synapses.excitatory, synapses.inhibitory)
    )
    bounds = []
    for key in (f"excitatory.{excitation}", "excitatory.reach", f"inhibitory.{inhibition}"):
        unit, value = described(f"synapses.{key}").unit, parameters.value(f"synapses.{key}")
        if not value:
            raise InputError(f"synapses.{key}: is nothing, half and twice of it too; give --vary")
        bounds.append(Bound(f"synapses.{key}", value / 2, 2 * value, True, unit))
    return tuple(bounds)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Cultures that were grown to see what comes of an advice: the goal in each.

    Attributes
    ----------
    goal : Goal
    now, advised : list of float
        With the parameters as they are, and as advised.
    """

    goal: Goal
    now: list[float]
    advised: list[float]

    def gain(self) -> tuple[float, float, float]:
        """Return the measured gain, positive for better, and its 95 % interval (Welch)."""
        better = 1 if self.goal.higher_is_better else -1
        now, advised = better * np.array(self.now), better * np.array(self.advised)
        gain = float(advised.mean() - now.mean())
        if not (now.std() or advised.std()):
            return gain, gain, gain
        interval = ttest_ind(advised, now, equal_var=False).confidence_interval(0.95)
        return gain, float(interval.low), float(interval.high)


@dataclass(frozen=True, eq=False)
class Advice:
    """What was learned about a goal.

    Attributes
    ----------
    prior : Prior
        What could be changed.
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
    comparison : Comparison or None
        Cultures that were grown to see what comes of the advice.
    """

    prior: Prior
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
    comparison: Comparison | None = None

    @property
    def parameters(self) -> Parameters:
        """The advised culture."""
        return self.prior.at(self.advised)

    def as_dict(self) -> dict[str, Any]:
        """Return everything but points and curves as JSON."""
        parameters = {
            bound.key: {
                "now": bound.value(self.current[k]),
                "advised": bound.value(self.advised[k]),
                "interval90": [bound.value(self.low[k]), bound.value(self.high[k])],
                "unit": bound.dimension,
                "sensitivity_total": float(self.total[k]),
                "sensitivity_alone": float(self.alone[k]),
            }
            for k, bound in enumerate(self.prior.bounds)
        }
        everything = {
            "goal": self.goal.name,
            "simulations": len(self.values),
            "explained": self.explained,
            "parameters": parameters,
            "expected_now": self.expected_current,
            "expected_advised": self.expected_advised,
            "expected_gain": self.expected_gain,
        }
        if self.comparison is None:
            return everything
        gain, low, high = self.comparison.gain()
        return everything | {
            "measured": {"now": self.comparison.now, "advised": self.comparison.advised},
            "measured_gain": gain,
            "measured_gain_ci95": [low, high],
        }


def advise(
    prior: Prior,
    goal: Goal,
    path: str | os.PathLike | None = None,
    *,
    n_simulations: int = 200,
    n_checks: int = 10,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> Advice:
    """Advise which parameters a culture should have, and see what comes of it.

    Parameters
    ----------
    prior : Prior
        Its parameters are those of the culture that one has.
    goal : Goal
    path : path-like, optional
        File that keeps every culture, and with which an interrupted advice goes on; see
        `simulation_store`.
    n_simulations : int
        To learn from, at least.
    n_checks : int
        Cultures of other wiring to grow as they are now, and as many as advised.
    restart : bool
        Whether to start over, whatever the file holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. The advice does not depend on it.
    show : callable
        Make what shows the progress of a part of the work, such as the class `Progress`.

    Raises
    ------
    InputError
        If the culture lies outside the bounds, the assay has no use for it, there are too few
        simulations or they are all as good, or the file or the workers cannot be used.
    """
    prior.check()
    current = prior.start
    with (
        SimulationStore(path, prior.identity(), restart=restart) as store,
        connected(where, jobs) as client,
    ):
        _refuse_too_few(max(n_simulations, len(store)), prior)
        with show(n_simulations, "simulation") as progress:
            progress.say(store.story)
            simulations = simulate_prior(prior, n_simulations, store, client, progress)
        advice = learn(simulations, goal, current)
        points = np.repeat([advice.current, advice.advised], n_checks, axis=0)
        with show(len(points), "culture", "seeing what comes of it") as progress:
            trials = grow_at(points, prior, store, client, progress)
    values = [goal.of_trial(trial) for trial in trials]
    return replace(advice, comparison=Comparison(goal, values[:n_checks], values[n_checks:]))


def learn(simulations: Simulations, goal: Goal, current: np.ndarray) -> Advice:
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
    prior, points = simulations.prior, simulations.points
    _refuse_too_few(len(points), prior)
    values = np.array([goal.of_trial(trial) for trial in simulations.trials()])
    scaled = goal.scaled(values)
    if np.ptp(scaled) == 0:
        raise InputError(f"{goal.name}: is {values[0]:g} in all simulations; take wider bounds")
    n_bounds = len(prior.bounds)
    generator = random_generator(prior.parameters.simulation.seed, "advice")
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
        prior=prior,
        goal=goal,
        values=values,
        points=points,
        current=np.asarray(current),
        advised=advised,
        low=low,
        high=high,
        expected_current=_mean_and_interval(now),
        expected_advised=_mean_and_interval(then),
        expected_gain=_mean_and_interval(sign * (then - now)),
        total=np.clip(sobol.total_order, 0, 1),
        alone=np.clip(sobol.first_order, 0, 1),
        explained=_explained(process, points, scaled),
        curves=_curves(process, goal, advised),
    )


def _refuse_too_few(n: int, prior: Prior) -> None:
    if n < (least := PER_PARAMETER * len(prior.bounds)):
        raise InputError(
            f"--simulations: found {n}; right would be {least} or more, {PER_PARAMETER} for each"
            " parameter"
        )


def _process(n_bounds: int) -> GaussianProcessRegressor:
    """Return a smooth function of all parameters, each with its own length scale, and noise."""
    kernel = ConstantKernel() * Matern(np.ones(n_bounds), (0.1, 30.0), nu=2.5) + WhiteKernel(0.1)
    return GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=2, random_state=0
    )


def _mean_and_interval(drawn: np.ndarray) -> tuple[float, float, float]:
    low, high = np.quantile(drawn, [0.05, 0.95])
    return float(drawn.mean()), float(low), float(high)


def _drawn(
    process: GaussianProcessRegressor, points: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw functions from the process without its noise, shape (n_points, N_FUNCTIONS)."""
    mean, covariance = process.predict(points, return_cov=True)
    noise = process.kernel_.k2.noise_level * process._y_train_std**2
    variances, directions = np.linalg.eigh(covariance - noise * np.eye(len(points)))
    spread = directions * np.sqrt(np.maximum(variances, 0))
    return mean[:, None] + spread @ generator.standard_normal((len(points), N_FUNCTIONS))


def _explained(process: GaussianProcessRegressor, points: np.ndarray, scaled: np.ndarray) -> float:
    """Return R squared of simulations that the process has not seen, its kernel as learned."""
    again = GaussianProcessRegressor(process.kernel_, optimizer=None, normalize_y=True)
    unseen = cross_val_predict(again, points, scaled, cv=KFold(10, shuffle=True, random_state=0))
    return float(r2_score(scaled, unseen))


def _curves(
    process: GaussianProcessRegressor, goal: Goal, advised: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the goal against each parameter, all others as advised."""
    n = len(advised)
    points = np.tile(advised, (n, len(SHARES), 1))
    points[np.arange(n), :, np.arange(n)] = SHARES
    mean, sd = process.predict(points.reshape(-1, n), return_std=True)
    noise = process.kernel_.k2.noise_level * process._y_train_std**2
    sd = np.sqrt(np.maximum(sd**2 - noise, 0))
    curves = {"mean": mean, "low": mean - 1.645 * sd, "high": mean + 1.645 * sd}
    return {name: goal.unscaled(curve.reshape(n, -1)) for name, curve in curves.items()}
