"""What several recordings of one culture say of its parameters: a posterior near the dishes known.

local_model        how features depend on parameters, from the dishes nearest to a recording
JointPosterior     parameters of the culture at each recording, of which only some may change

Near a recording features depend on parameters about linearly. What is left over (wirings differ, a
stretch is short, the model is not linear) is noise. What the model cannot do, and the wiring that
nobody knows, are the same in all recordings of a culture: this part is shared, so that it tells
little of the parameters, but does not blur what changes. Parameters lie between their bounds, and
from one recording to the next they change by about half of the distance between these at most.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from spikinggrid.fitting.aim import Aim

#: A model is of so many hearings of dishes, the nearest ones.
N_NEAREST = 300

#: What is known of slopes beforehand: ten spreads over the whole range, as in `linear_models`,
#: where hearings scatter by about one.
RIDGE = 0.03

#: Of the correlations of what is left over, this share is believed.
BELIEVED = 0.8

#: Variance that a recorded stretch adds: half of that of a difference of two.
OF_STRETCH = 0.5

#: Variance that recordings of one culture share, at least: wirings differ by about as much as
#: stretches do.
SHARED = 1.0

#: Standard deviation of a change from one recording to the next, and of what a parameter is, as
#: shares of the bounds; the latter leaves all to these.
CHANGE_SD, WHOLE_SD = 0.5, 1.0

#: Sweeps before the first that counts.
N_BURN_IN = 200


class LocalModel(NamedTuple):
    """A linear model of the deviations from a recording.

    Attributes
    ----------
    centre : ndarray, shape (n_parameters,)
    level : ndarray, shape (n_compared,)
        Deviations there.
    slopes : ndarray, shape (n_parameters, n_compared)
    noise : ndarray, shape (n_compared, n_compared)
        Covariance of what is left over, with what a stretch of the recording adds.
    """

    centre: np.ndarray
    level: np.ndarray
    slopes: np.ndarray
    noise: np.ndarray


def local_model(points: np.ndarray, coordinates: np.ndarray, aim: Aim) -> LocalModel:
    """Return how deviations from a recording depend on parameters.

    Parameters
    ----------
    points : ndarray, shape (n, n_parameters)
        Shares of the bounds.
    coordinates : ndarray, shape (n, n_compared)
        Of the same dishes.
    aim : Aim
    """
    distances = aim.distances(coordinates)
    nearest = np.argsort(distances, kind="stable")[:N_NEAREST]
    weights = (0.5 + distances[nearest]) ** -2
    weights /= weights.mean()
    x, y = points[nearest], aim.deviations(coordinates[nearest])
    centre, level = (np.average(table, axis=0, weights=weights) for table in (x, y))
    root = np.sqrt(weights)[:, None]
    x, y = (x - centre) * root, (y - level) * root
    squares = x.T @ x
    slopes = np.linalg.solve(squares + RIDGE * np.eye(len(squares)), x.T @ y)
    left = y - x @ slopes
    n_free = np.trace(np.linalg.solve(squares + RIDGE * np.eye(len(squares)), squares))
    covariance = left.T @ left / max(len(nearest) - n_free - 1, 1)
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.maximum(np.outer(sd, sd), 1e-12)
    correlation = BELIEVED * correlation + (1 - BELIEVED) * np.eye(len(sd))
    np.fill_diagonal(correlation, 1.0)
    sd = np.sqrt(sd**2 + OF_STRETCH)
    return LocalModel(centre, level, slopes, correlation * np.outer(sd, sd))


class JointPosterior:
    """Parameters of one culture at several recordings, given these.

    Parameters
    ----------
    models : sequence of LocalModel
        One for each recording.
    may_change : ndarray of bool, shape (n_parameters,)
        The others are the same in all recordings.
    """

    def __init__(self, models: Sequence[LocalModel], may_change: np.ndarray):
        n, self.n_recordings = len(may_change), len(models)
        fixed, changing = np.flatnonzero(~may_change), np.flatnonzero(may_change)
        self.places = np.empty((self.n_recordings, n), int)
        self.places[:, fixed] = np.arange(len(fixed))
        for number, places in enumerate(self.places):
            places[changing] = len(fixed) + number * len(changing) + np.arange(len(changing))
        self.n_unknown = int(self.places.max()) + 1
        self.models = models
        shared = np.full(len(models[0].level), SHARED)
        self._condition(shared)
        misfit = self._misfit()
        self._condition(np.maximum(shared, misfit**2))

    def draw(self, start: np.ndarray, n_draws: int, generator: np.random.Generator) -> np.ndarray:
        """Draw parameters within their bounds, by Gibbs sampling.

        Parameters
        ----------
        start : ndarray, shape (n_recordings, n_parameters)
            Near which to begin.
        n_draws : int
        generator : numpy.random.Generator

        Returns
        -------
        ndarray, shape (n_draws, n_recordings, n_parameters)
            Consecutive draws are not independent.
        """
        x = np.empty(self.n_unknown)
        x[self.places] = np.clip(start, 0, 1)
        sd = 1 / np.sqrt(np.diag(self.precision))
        draws = np.empty((n_draws, *self.places.shape))
        for sweep in range(-N_BURN_IN, n_draws):
            uniform = generator.random(len(x))
            for place, share in enumerate(uniform):
                pull = self.force[place] - self.precision[place] @ x
                mean = x[place] + pull * sd[place] ** 2
                low, high = ndtr((np.array([0.0, 1.0]) - mean) / sd[place])
                value = mean + sd[place] * ndtri(low + share * (high - low))
                x[place] = np.clip(value, 0, 1) if np.isfinite(value) else np.clip(mean, 0, 1)
            if sweep >= 0:
                draws[sweep] = x[self.places]
        return draws

    def _condition(self, shared: np.ndarray) -> None:
        """Set precision, and precision times mean, of all unknown parameters."""
        n_compared = len(shared)
        effects = np.zeros((self.n_recordings, n_compared, self.n_unknown))
        needed = np.empty((self.n_recordings, n_compared))
        noise = np.kron(np.ones((self.n_recordings, self.n_recordings)), np.diag(shared))
        for number, (model, places) in enumerate(zip(self.models, self.places, strict=True)):
            effects[number][:, places] = model.slopes.T
            needed[number] = model.centre @ model.slopes - model.level
            block = slice(number * n_compared, (number + 1) * n_compared)
            noise[block, block] += model.noise
        of_all = effects.reshape(-1, self.n_unknown)
        weighted = np.linalg.solve(noise, of_all).T
        self.precision = weighted @ of_all + np.eye(self.n_unknown) / WHOLE_SD**2
        self.force = weighted @ needed.ravel() + np.full(self.n_unknown, 0.5 / WHOLE_SD**2)
        for before, after in zip(self.places[:-1], self.places[1:], strict=True):
            moved = before != after
            for one, other in zip(before[moved], after[moved], strict=True):
                link = np.array([[1, -1], [-1, 1]]) / CHANGE_SD**2
                self.precision[np.ix_([one, other], [one, other])] += link

    def _misfit(self) -> np.ndarray:
        """Return by how much each feature is off in all recordings, where the posterior is."""
        x = np.clip(np.linalg.solve(self.precision, self.force), 0, 1)
        off = [
            model.level + (x[places] - model.centre) @ model.slopes
            for model, places in zip(self.models, self.places, strict=True)
        ]
        return np.mean(off, axis=0)
