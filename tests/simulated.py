"""Simulations that nobody simulated: features that are known functions of the parameters."""

import numpy as np

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting.parameter_space import read_bounds
from spikinggrid.fitting.prior import Prior, Simulations
from spikinggrid.parameters import files as parameter_files
from spikinggrid.statistics import feature_space

#: What each feature is about, on its own scale, and how far a parameter moves it.
CENTRE, SPREAD = 2.0, 0.5


def simulations(n: int, features, n_bounds: int = 3, failures=()) -> Simulations:
    """n simulations at random points; `features` makes a table of points, shape (n, n_bounds)."""
    parameters = parameter_files.load("posterior")
    bounds = read_bounds(parameters)[:n_bounds]
    points = np.random.default_rng(3).random((n, n_bounds))
    table = {name: np.array(values, float) for name, values in features(points).items()}
    why = ["silent for 60 s" if number in failures else "" for number in range(n)]
    for values in table.values():
        values[list(failures)] = np.nan
    prior = Prior(parameters, bounds, SPONTANEOUS)
    return Simulations(prior, np.arange(n), points, table, why, 0.0)


def table(coordinates: np.ndarray) -> dict[str, np.ndarray]:
    """Features at coordinates, shape (n, n_names)."""
    return {
        name: column if name in feature_space.LINEAR else np.exp(column)
        for name, column in zip(feature_space.NAMES, coordinates.T, strict=True)
    }


def correlated(points: np.ndarray, seed: int = 5) -> dict[str, np.ndarray]:
    """Features that go together: linear functions of all parameters, and noise."""
    n_names = len(feature_space.NAMES)
    slopes = np.random.default_rng(1).standard_normal((points.shape[1], n_names))
    noise = np.random.default_rng(seed).standard_normal((len(points), n_names))
    return table(CENTRE + SPREAD * (points - 0.5) @ slopes + 0.05 * noise)
