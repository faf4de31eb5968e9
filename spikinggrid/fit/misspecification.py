"""Is a recording within what the model produces? The guard that refuses others.

    Guard(simulations).judge(features, n_too_close)    -> Verdict
    guard.n_too_close(spike_trains)                    intervals that no recording of the array has

A mixture of normal distributions describes the features of all simulated cultures
(`feature_space`). A recording whose features are less likely than those of all but a twentieth of
cultures that the mixture has not seen lies outside. What is odd about it is told by each feature's
distance from what the others let expect. So does a recording with two spikes of one electrode within
the dead time of the model's electrodes: of another array, or tampered with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.mixture import GaussianMixture

from spikinggrid.fit.simulation_store import Simulations
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Share of the model's own cultures that are refused.
FALSE_ALARMS = 0.05

#: The likelihood of each culture is that under a mixture of the others, in so many parts.
N_FOLDS = 5

#: Numbers of normal distributions that are tried; the one that predicts unseen cultures best is taken.
N_COMPONENTS = (1, 2, 3, 4, 6, 8, 12)

#: No direction varies by less than this variance, all features being scaled to one.
LEAST_VARIANCE = 1e-3

#: Features that are so many standard deviations off what the others let expect are named.
ODD = 3.0


@dataclass(frozen=True)
class Oddity:
    """A feature and what the others let expect: within two standard deviations of it."""

    name: str
    value: float
    low: float
    high: float
    deviations: float

    def __str__(self) -> str:
        values = [feature_space.text(self.name, v) for v in (self.value, self.low, self.high)]
        found, low, high = values[0], values[1].split()[0], values[2]
        return (
            f"{self.name} is {found} where {low} to {high} would go with the others"
            f" ({abs(self.deviations):.1f} standard deviations off)"
        )


@dataclass(frozen=True)
class Verdict:
    """Whether a recording is within what the model produces.

    Attributes
    ----------
    inside : bool
    likelihood, threshold : float
        Logarithms of the probability density of its features, and of the least that is inside; the
        former is -inf if features are missing.
    missing : list of str
        Features that do not exist in it.
    oddities : list of Oddity
        Features farthest from what the others let expect, the farthest first.
    too_close : str
        What is wrong with intervals between spikes, or "".
    """

    inside: bool
    likelihood: float
    threshold: float
    missing: list[str]
    oddities: list[Oddity]
    too_close: str = ""

    def sentence(self) -> str:
        """What is wrong, or that nothing is."""
        if self.inside:
            return "is within what the model produces"
        if self.too_close:
            return self.too_close
        if self.missing:
            return (
                f"has no {', '.join(self.missing)}, and the model was asked about cultures that burst"
                " together"
            )
        odd = [each for each in self.oddities if abs(each.deviations) >= ODD] or self.oddities[:1]
        return f"is not like what the model produces: {'; '.join(map(str, odd[:4]))}"


class Guard:
    """Judges recordings by simulations.

    Parameters
    ----------
    simulations : Simulations

    Raises
    ------
    InputError
        If fewer than ten simulations for each feature have all features.
    """

    def __init__(self, simulations: Simulations):
        coordinates, _ = feature_space.encoded(simulations.features)
        if len(coordinates) < (least := 10 * len(feature_space.NAMES)):
            raise InputError(
                f"--simulations: only {len(coordinates)} of {len(simulations)} simulated cultures fire,"
                f" burst and have all features, and {least} are needed; take more, or other bounds"
            )
        self._centre, self._scale = coordinates.mean(axis=0), coordinates.std(axis=0)
        scaled = (coordinates - self._centre) / self._scale
        seed = simulations.plan.parameters.simulation.seed
        folds = random_generator(seed, "guard").permutation(len(scaled)) % N_FOLDS
        unseen = {n: _unseen_likelihoods(scaled, folds, n) for n in N_COMPONENTS}
        n_components = max(unseen, key=lambda n: unseen[n].mean())
        self._mea = simulations.plan.parameters.mea
        self.threshold = float(np.quantile(unseen[n_components], FALSE_ALARMS))
        self._mixture = _mixture(scaled, n_components)

    def judge(self, values: Mapping[str, float], n_too_close: int = 0) -> Verdict:
        """The verdict on the features of one culture, and on its intervals: see `n_too_close`."""
        if n_too_close:
            dead_time = f"{1e3 * self._mea.dead_time:g} ms"
            return Verdict(
                False,
                -np.inf,
                self.threshold,
                [],
                [],
                f"has {n_too_close} intervals below {dead_time}, the dead time of the model's electrodes:"
                " right would be recordings of one array, and mea.dead_time as theirs",
            )
        if missing := feature_space.missing(values):
            return Verdict(False, -np.inf, self.threshold, missing, [])
        row, _ = feature_space.encoded(
            {name: np.array([values[name]]) for name in feature_space.NAMES}
        )
        scaled = (row - self._centre) / self._scale
        likelihood = float(self._mixture.score_samples(scaled)[0])
        return Verdict(
            likelihood >= self.threshold, likelihood, self.threshold, [], self._oddities(scaled)
        )

    def n_too_close(self, spike_trains: Iterable[np.ndarray]) -> int:
        """Intervals shorter than the dead time by a sample or more, which no simulation has."""
        least = self._mea.dead_time - 1 / self._mea.sampling_rate
        return int(sum(np.count_nonzero(np.diff(train) < least) for train in spike_trains))

    def _oddities(self, scaled: np.ndarray) -> list[Oddity]:
        """Each feature beside its distribution given the others, under the likeliest component."""
        mixture = self._mixture
        likeliest = int(mixture.predict(scaled)[0])
        precision = mixture.precisions_[likeliest]
        pull = precision @ (scaled[0] - mixture.means_[likeliest])
        sd = 1 / np.sqrt(np.diag(precision))
        found = []
        for place, name in enumerate(feature_space.NAMES):
            expected = scaled[0, place] - pull[place] * sd[place] ** 2
            value, low, high = (
                feature_space.decoded(name, self._centre[place] + self._scale[place] * coordinate)
                for coordinate in (
                    scaled[0, place],
                    expected - 2 * sd[place],
                    expected + 2 * sd[place],
                )
            )
            found.append(Oddity(name, value, low, high, float(pull[place] * sd[place])))
        return sorted(found, key=lambda oddity: -abs(oddity.deviations))


def _mixture(scaled: np.ndarray, n_components: int) -> GaussianMixture:
    return GaussianMixture(n_components, reg_covar=LEAST_VARIANCE, random_state=0).fit(scaled)


def _unseen_likelihoods(scaled: np.ndarray, folds: np.ndarray, n_components: int) -> np.ndarray:
    """Log-likelihood of each culture under a mixture of those in the other folds."""
    found = np.empty(len(scaled))
    for fold in range(N_FOLDS):
        mixture = _mixture(scaled[folds != fold], n_components)
        found[folds == fold] = mixture.score_samples(scaled[folds == fold])
    return found
