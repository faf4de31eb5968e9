"""Linear models of the candidates of a search: what all of them tell together.

    moved_by      what each parameter moves
    proposal      where a model of the features expects the targets to be met
    prediction    where a model of the parameters expects them to be met

`points` are candidates, shape (n_candidates, n_parameters), as shares of the bounds; `deviations`,
shape (n_candidates, n_features), are how many spreads their features are off the targets.
"""

import numpy as np

from spikinggrid.fitting.targets import mean_cost

#: A proposal is chosen among so many points, drawn this many standard deviations of the nearer
#: candidates about their mean.
N_DRAWN, TRUST = 20_000, 1.5

#: What is known beforehand: features scatter by half a spread, and a range moves them by ten.
RIDGE = (0.5 / 10) ** 2


def moved_by(points: np.ndarray, deviations: np.ndarray) -> np.ndarray | None:
    """Return how many spreads the whole range of each parameter moves each feature.

    Parameters
    ----------
    points, deviations : ndarray
        See above.

    Returns
    -------
    ndarray, shape (n_parameters, n_features), or None
        Slopes by least squares; None with fewer candidates than two for each unknown.
    """
    n, n_parameters = points.shape
    if n < 2 * (n_parameters + 1):
        return None
    return _linear(points, deviations, ridge=0.0)[0]


def proposal(
    points: np.ndarray,
    deviations: np.ndarray,
    near: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray | None:
    """Return, of many points about the nearer candidates, the one that should be nearest.

    Parameters
    ----------
    points, deviations : ndarray
        See above.
    near : ndarray, shape (n_near, n_parameters)
        The nearer candidates.
    generator : numpy.random.Generator
        Draws the points.

    Returns
    -------
    ndarray, shape (n_parameters,), or None
        None with no more candidates than parameters.
    """
    n, n_parameters = points.shape
    if n <= n_parameters:
        return None
    centre = near.mean(axis=0)
    slopes, offset = _linear(points - centre, deviations, RIDGE)
    normal = generator.standard_normal((N_DRAWN, n_parameters))
    drawn = np.clip(centre + TRUST * near.std(axis=0) * normal, 0, 1)
    return drawn[np.argmin(mean_cost((drawn - centre) @ slopes + offset))]


def prediction(points: np.ndarray, deviations: np.ndarray) -> np.ndarray | None:
    """Return where candidates without any deviation should lie.

    By a regression of points on deviations.

    Parameters
    ----------
    points, deviations : ndarray
        See above.

    Returns
    -------
    ndarray, shape (n_parameters,), or None
        None with no more candidates than features.
    """
    n, n_features = deviations.shape
    if n <= n_features:
        return None
    centre = points.mean(axis=0)
    return np.clip(centre + _linear(deviations, points - centre, ridge=1.0)[1], 0, 1)


def _linear(x: np.ndarray, y: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes, (n_x, n_y), and offset, (n_y,), of a ridge regression of y on x."""
    n, n_x = x.shape
    model = np.vstack([np.column_stack([x, np.ones(n)]), np.sqrt(ridge) * np.eye(n_x, n_x + 1)])
    solution, *_ = np.linalg.lstsq(model, np.vstack([y, np.zeros((n_x, y.shape[1]))]))
    return solution[:-1], solution[-1]
