"""Is a recording within what the model produces? Others have no posterior worth trusting.

    Misspecification(simulations).judge(features, n_too_close)    -> Verdict
    judge_at_once(features, n_too_close, parameters)              what needs no simulations
    count_too_close(spike_trains, parameters)                     intervals that no model has

A mixture of normal distributions describes the features of all simulated cultures
(`feature_space`). A recording whose features are less likely than those of all but a twentieth of
the cultures that the mixture has not seen lies outside. What is odd about it is told by the
distance of each feature from what the others let expect. A recording with two spikes of one
electrode within the dead time of the model's electrodes lies outside as well: it is of another
array, or was tampered with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.mixture import GaussianMixture

from spikinggrid.fitting.prior import Simulations
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.tables.mea import MeaTable
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Share of the model's own cultures that are refused.
FALSE_ALARMS = 0.05

#: The likelihood of each culture is that under a mixture of the others, in so many parts.
N_FOLDS = 5

#: Numbers of normal distributions that are tried; the one that predicts unseen cultures best is
#: taken.
N_COMPONENTS = (1, 2, 3, 4, 6, 8, 12)

#: No direction varies by less than this variance, all features being scaled to one.
LEAST_VARIANCE = 1e-3

#: Features that are so many standard deviations off what the others let expect are named.
ODD = 3.0

#: So many of them at most.
N_NAMED = 4


@dataclass(frozen=True)
class Oddity:
    """A feature and what the others let expect: within two standard deviations of it."""

    name: str
    value: float
    low: float
    high: float
    deviations: float

    def __str__(self) -> str:
        value, low, high = (
            feature_space.text(self.name, number) for number in (self.value, self.low, self.high)
        )
        return (
            f"{self.name} is {value} where {low.split()[0]} to {high} would go with the others"
            f" ({abs(self.deviations):.1f} standard deviations off)"
        )


@dataclass(frozen=True)
class Verdict:
    """Whether a recording is within what the model produces.

    Attributes
    ----------
    inside : bool
    likelihood, threshold : float
        Logarithms of the probability density of its features, and of the least that is inside;
        -inf and NaN where the features were not compared.
    missing : list of str
        Features that do not exist in it.
    oddities : list of Oddity
        Features farthest from what the others let expect, the farthest first.
    too_close : str
        What is wrong with intervals between spikes, or "".
    """

    inside: bool
    likelihood: float = -np.inf
    threshold: float = np.nan
    missing: list[str] = field(default_factory=list)
    oddities: list[Oddity] = field(default_factory=list)
    too_close: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return numbers and text, for JSON."""
        return {
            "inside": self.inside,
            "likelihood": self.likelihood,
            "threshold": self.threshold,
            "says": self.sentence(),
        }

    def sentence(self) -> str:
        """Return what is wrong, or that nothing is."""
        if self.inside:
            return "is within what the model produces"
        if self.too_close:
            return self.too_close
        if self.missing:
            return (
                f"has no {', '.join(self.missing)}, and the model was asked about cultures that"
                " burst together"
            )
        odd = [oddity for oddity in self.oddities if abs(oddity.deviations) >= ODD]
        odd = odd or self.oddities[:1]
        return f"is not like what the model produces: {'; '.join(map(str, odd[:N_NAMED]))}"


def judge_at_once(
    features: Mapping[str, float], n_too_close: int, parameters: Parameters
) -> Verdict | None:
    """Judge a recording by what needs no simulations.

    Parameters
    ----------
    features : mapping of str to float
    n_too_close : int
        From `count_too_close`.
    parameters : Parameters
        Of the model.

    Returns
    -------
    Verdict or None
        None if nothing is wrong so far.
    """
    if text := too_close(n_too_close, parameters):
        return Verdict(False, too_close=text)
    if missing := feature_space.missing(features):
        return Verdict(False, missing=missing)
    return None


def too_close(n: int, parameters: Parameters) -> str:
    """Return what is wrong with so many intervals below the dead time, or ""."""
    if not n:
        return ""
    dead_time = f"{1e3 * _electrodes(parameters).dead_time:g} ms"
    return (
        f"has {n} intervals below {dead_time}, the dead time of the model's electrodes: right would"
        " be recordings of one array, and mea.dead_time as theirs"
    )


def _electrodes(parameters: Parameters) -> MeaTable:
    return needed(parameters.mea, "mea", "a comparison with recordings")


def count_too_close(spike_trains: Iterable[np.ndarray], parameters: Parameters) -> int:
    """Count intervals shorter than the dead time by a sample or more, which no simulation has."""
    mea = _electrodes(parameters)
    least = mea.dead_time - 1 / mea.sampling_rate
    return int(sum(np.count_nonzero(np.diff(train) < least) for train in spike_trains))


class Misspecification:
    """Judges whether recordings are within what a model produces.

    Parameters
    ----------
    simulations : Simulations

    Attributes
    ----------
    threshold : float
        Logarithm of the least probability density that is inside.

    Raises
    ------
    InputError
        If fewer than ten simulations for each feature have all features.
    """

    def __init__(self, simulations: Simulations):
        coordinates, _ = feature_space.encoded(simulations.features)
        if len(coordinates) < (least := 10 * len(feature_space.NAMES)):
            raise InputError(
                f"--simulations: only {len(coordinates)} of {len(simulations)} simulated cultures"
                f" fire, burst and have all features, and {least} are needed; take more, or other"
                " bounds"
            )
        self._centre, self._scale = coordinates.mean(axis=0), coordinates.std(axis=0)
        scaled = (coordinates - self._centre) / self._scale
        self._parameters = simulations.prior.parameters
        generator = random_generator(self._parameters.simulation.seed, "guard")
        folds = generator.permutation(len(scaled)) % N_FOLDS
        unseen = {n: _unseen_likelihoods(scaled, folds, n) for n in N_COMPONENTS}
        n_components = max(unseen, key=lambda n: unseen[n].mean())
        self.threshold = float(np.quantile(unseen[n_components], FALSE_ALARMS))
        self._mixture = _mixture(scaled, n_components)

    def judge(self, features: Mapping[str, float], n_too_close: int = 0) -> Verdict:
        """Judge a recording.

        Parameters
        ----------
        features : mapping of str to float
        n_too_close : int
            Intervals that no model has; see `count_too_close`.
        """
        if verdict := judge_at_once(features, n_too_close, self._parameters):
            return verdict
        row, _ = feature_space.encoded(
            {name: np.array([features[name]]) for name in feature_space.NAMES}
        )
        scaled = (row - self._centre) / self._scale
        likelihood = float(self._mixture.score_samples(scaled)[0])
        return Verdict(
            likelihood >= self.threshold,
            likelihood,
            self.threshold,
            oddities=self._oddities(scaled),
        )

    def _oddities(self, scaled: np.ndarray) -> list[Oddity]:
        """Compare each feature with its distribution given the others.

        Under the likeliest component.
        """
        mixture = self._mixture
        likeliest = int(mixture.predict(scaled)[0])
        precision = mixture.precisions_[likeliest]
        pull = precision @ (scaled[0] - mixture.means_[likeliest])
        sd = 1 / np.sqrt(np.diag(precision))
        oddities = []
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
            oddities.append(Oddity(name, value, low, high, float(pull[place] * sd[place])))
        return sorted(oddities, key=lambda oddity: -abs(oddity.deviations))


def _mixture(scaled: np.ndarray, n_components: int) -> GaussianMixture:
    return GaussianMixture(n_components, reg_covar=LEAST_VARIANCE, random_state=0).fit(scaled)


def _unseen_likelihoods(scaled: np.ndarray, folds: np.ndarray, n_components: int) -> np.ndarray:
    """Return the log-likelihood of each culture under a mixture of those in the other folds."""
    likelihoods = np.empty(len(scaled))
    for fold in range(N_FOLDS):
        mixture = _mixture(scaled[folds != fold], n_components)
        likelihoods[folds == fold] = mixture.score_samples(scaled[folds == fold])
    return likelihoods
