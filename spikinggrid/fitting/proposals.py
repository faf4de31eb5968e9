"""New points to try, from dishes that are near already.

rounded         the nearest point that a pool keeps exactly
draw            a point anywhere between the bounds
vary            move some of the parameters of a dish
gauss_newton    a step to where a linear model of the nearest dishes expects the aim
foreseen        how far from the aim a smooth model of the nearest dishes expects points to be

A point has a share (0-1) of its bounds for each parameter that varies. Shares are kept as whole
65,535ths, so that a pool can keep a point in two bytes a parameter and still give it back exactly.
A bound of `mea.electrode_seed` is one of names, not of amounts: it is drawn anew when it moves.
"""

import numpy as np
from scipy.linalg import solve
from scipy.spatial.distance import cdist

from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.parameter_space import ParameterSpace

#: Steps of a share.
N_STEPS = 65_535

#: One move in so many goes farther, by this factor.
FAR_SHARE, FAR = 0.3, 2.5

#: The linear model is of so many dishes, the nearest ones.
N_NEAREST = 120

#: Ridge of the model, and of the step: how much less is believed than a model of all would say.
RIDGE, DAMPINGS = 0.3, (3.0, 10.0, 30.0)

#: The smooth model is of so many dishes; they tell of one another over this distance (shares of the
#: bounds), and differ by this variance at one point, of wiring and chance.
N_SMOOTH, REACH, CHANCE_VARIANCE = 1000, 0.8, 0.05

#: No parameter moves by more than this share of its bounds in a step.
LONGEST_STEP = 0.25

#: Standard deviation of what is added to a step.
NOISE = 0.02


def rounded(point: np.ndarray) -> np.ndarray:
    """Return the nearest point whose shares are whole 65,535ths."""
    return np.rint(np.clip(point, 0, 1) * N_STEPS) / N_STEPS


def draw(space: ParameterSpace, generator: np.random.Generator) -> np.ndarray:
    """Return a point anywhere between the bounds, shape (n_bounds,)."""
    return rounded(generator.random(len(space.bounds)))


def of_electrodes(space: ParameterSpace) -> np.ndarray:
    """Return which bounds are of electrodes alone, shape (n_bounds,)."""
    return np.array([bound.is_readout for bound in space.bounds])


def vary(
    space: ParameterSpace,
    point: np.ndarray,
    generator: np.random.Generator,
    step: float,
    chance: float,
    movable: np.ndarray | None = None,
) -> np.ndarray:
    """Return a relative of a point: some parameters are moved, and reflected at their bounds.

    Parameters
    ----------
    space : ParameterSpace
    point : ndarray, shape (n_bounds,)
    generator : numpy.random.Generator
    step : float
        Standard deviation of a move; some go `FAR` times as far.
    chance : float
        Of each parameter to be moved.
    movable : ndarray of bool, shape (n_bounds,), optional
        Which parameters may move; all unless given.

    Returns
    -------
    ndarray, shape (n_bounds,)
    """
    n = len(point)
    moved = generator.random(n) < chance
    if movable is not None:
        moved &= movable
    lengths = np.where(generator.random(n) < FAR_SHARE, FAR * step, step)
    shares = np.abs(point + lengths * generator.standard_normal(n))
    shares = np.where(shares > 1, 2 - shares, shares)
    shares = np.where(names(space), generator.random(n), shares)
    return rounded(np.where(moved, shares, point))


def gauss_newton(
    space: ParameterSpace,
    points: np.ndarray,
    coordinates: np.ndarray,
    aim: Aim,
    start: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return a step from one dish towards the aim, by a linear model of the nearest dishes.

    Ridge regression of features on parameters, weighted by nearness; the step is damped, no longer
    than `LONGEST_STEP` in any parameter, and a little noise is added.

    Parameters
    ----------
    space : ParameterSpace
    points : ndarray, shape (n, n_bounds)
    coordinates : ndarray, shape (n, n_compared)
        Of the same dishes.
    aim : Aim
    start : int
        Which of them the step begins at.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n_bounds,)
    """
    amounts = ~names(space)
    distances = aim.distances(coordinates)
    nearest = np.argsort(distances, kind="stable")[:N_NEAREST]
    weights = 1 / (0.5 + distances[nearest])
    x, y = points[nearest][:, amounts], aim.deviations(coordinates[nearest])
    x = (x - np.average(x, axis=0, weights=weights)) * np.sqrt(weights)[:, None]
    y = (y - np.average(y, axis=0, weights=weights)) * np.sqrt(weights)[:, None]
    identity = np.eye(x.shape[1])
    slopes = np.linalg.solve(x.T @ x + RIDGE * identity, x.T @ y)
    damping = generator.choice(DAMPINGS)
    off = aim.deviations(coordinates[start])
    step = -np.linalg.solve(slopes @ slopes.T + damping * identity, slopes @ off)
    step *= min(1, LONGEST_STEP / (np.abs(step).max() + 1e-9)) * generator.uniform(0.5, 1.2)
    point = points[start].copy()
    point[amounts] += step + NOISE * generator.standard_normal(len(step))
    return rounded(point)


def foreseen(
    space: ParameterSpace,
    points: np.ndarray,
    coordinates: np.ndarray,
    aim: Aim,
    candidates: np.ndarray,
) -> np.ndarray:
    """Return how far from the aim a smooth model of the nearest dishes expects candidates to be.

    Kriging of features over parameters: a linear trend and a normal kernel.

    Parameters
    ----------
    space : ParameterSpace
    points : ndarray, shape (n, n_bounds)
    coordinates : ndarray, shape (n, n_compared)
        Of the same dishes.
    aim : Aim
    candidates : ndarray, shape (n_candidates, n_bounds)

    Returns
    -------
    ndarray, shape (n_candidates,)
        Mean over features, in standard deviations of a difference; 0 where all are expected right.
    """
    amounts = ~names(space)
    distances = aim.distances(coordinates)
    nearest = np.argsort(distances, kind="stable")[:N_SMOOTH]
    x, weights = points[nearest][:, amounts], 1 / (0.5 + distances[nearest])
    off = aim.deviations(coordinates[nearest])
    level, middle = np.average(off, axis=0, weights=weights), x.mean(axis=0)

    def alike(one: np.ndarray) -> np.ndarray:
        near = np.exp(-cdist(one, x, "sqeuclidean") / (2 * REACH**2))
        return near + (one - middle) @ (x - middle).T

    chance = CHANCE_VARIANCE * np.diag(1 / weights)
    expected = level + alike(candidates[:, amounts]) @ solve(
        alike(x) + chance, off - level, assume_a="pos"
    )
    return np.abs(expected).mean(axis=1)


def names(space: ParameterSpace) -> np.ndarray:
    """Return which bounds hold names, such as a seed, shape (n_bounds,)."""
    return np.array([bound.key.endswith("_seed") for bound in space.bounds])
