"""Are the intervals of a posterior as wide as they say? The calibration of the calibration.

    check(simulations)      with posteriors that were not trained on them -> Check

Of simulated cultures the parameters are known. If posteriors are right, a 90 % interval holds the truth
in 90 % of them, and the rank of the truth among draws from the posterior is uniform (simulation-based
calibration, Talts et al. 2018, arXiv:1804.06788).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import kstest

from spikinggrid.fit import posterior
from spikinggrid.fit.simulation_store import Simulations
from spikinggrid.statistics import feature_space

#: Simulations are left out in so many parts, each of which posteriors of the others are tried on.
N_PARTS = 4

#: Draws from the posterior of each simulated culture.
N_DRAWN = 300

#: Central intervals whose coverage is told.
LEVELS = (0.5, 0.9)

#: Standard deviation of a share before anything is known: of a uniform distribution.
PRIOR_SD = 1 / np.sqrt(12)

#: Features do not determine a parameter whose posterior is, in the median over cultures, still as wide
#: as this share of the prior.
AS_WIDE = 0.85


@dataclass(frozen=True, eq=False)
class Check:
    """What came of the check, on n simulations that have all features.

    Attributes
    ----------
    keys : list of str
        What varies.
    truths, medians : ndarray, shape (n, n_bounds)
        Shares of the bounds: of the simulated cultures, and medians of their posteriors.
    ranks : ndarray, shape (n, n_bounds)
        Share (0-1) of draws that lie below the truth.
    widths : ndarray, shape (n, n_bounds)
        Standard deviations of the posteriors.
    """

    keys: list[str]
    truths: np.ndarray
    medians: np.ndarray
    ranks: np.ndarray
    widths: np.ndarray

    def coverage(self, level: float) -> np.ndarray:
        """Share of truths within the central interval of this level, by parameter."""
        return np.mean(np.abs(self.ranks - 0.5) <= level / 2, axis=0)

    def recovery(self) -> np.ndarray:
        """Correlation between true and estimated parameter (Pearson's r), by parameter."""
        pairs = zip(self.truths.T, self.medians.T, strict=True)
        return np.array([np.corrcoef(truth, median)[0, 1] for truth, median in pairs])

    def width(self) -> np.ndarray:
        """Width of the posterior, as a share of that of the prior; median over cultures."""
        return np.median(self.widths, axis=0) / PRIOR_SD

    def uniformity(self) -> np.ndarray:
        """Probability (Kolmogorov-Smirnov) of such ranks if posteriors are right, by parameter."""
        return np.array([kstest(ranks, "uniform").pvalue for ranks in self.ranks.T])

    def undetermined(self) -> list[str]:
        """Parameters that the features hardly tell anything about."""
        return [key for key, width in zip(self.keys, self.width(), strict=True) if width > AS_WIDE]


def check(simulations: Simulations, progress: Callable[[int], None] = lambda done: None) -> Check:
    """Compare posteriors of simulations that they were not trained on with the true parameters.

    Every simulation is left out once; a posterior that learns from all of them is a little better.

    Parameters
    ----------
    simulations : Simulations
    progress : callable, optional
        Is told after each part how many are done.

    Raises
    ------
    InputError
        As `posterior.estimate`.
    """
    _, placed = feature_space.encoded(simulations.features)
    drawn = np.empty((N_DRAWN, len(simulations), len(simulations.plan.bounds)))
    for part in range(N_PARTS):
        left_out = simulations.numbers % N_PARTS == part
        learned = posterior.estimate(simulations, left_out)
        chosen = placed & left_out
        table = {name: values[chosen] for name, values in simulations.features.items()}
        drawn[:, chosen] = learned.sample(table, N_DRAWN)
        progress(part + 1)
    drawn, truths = drawn[:, placed], simulations.points[placed]
    return Check(
        [bound.key for bound in simulations.plan.bounds],
        truths,
        np.median(drawn, axis=0),
        np.mean(drawn < truths, axis=0),
        drawn.std(axis=0),
    )
