"""Are the intervals of a posterior as wide as they say? The calibration of the calibration.

    check(simulations)      with posteriors that were not trained on them -> Coverage

The parameters of simulated cultures are known. If posteriors are right, a 90 % interval holds the
truth in 90 % of them, and the rank of the truth among draws from the posterior is uniform
(simulation-based calibration, Talts et al. 2018, arXiv:1804.06788).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import kstest

from spikinggrid.fitting import posterior
from spikinggrid.fitting.prior import Simulations
from spikinggrid.statistics import feature_space
from spikinggrid.utils.progress import NO_PROGRESS, Progress

#: Simulations are left out in so many parts; posteriors of the others are tried on each.
N_PARTS = 4

#: Draws from the posterior of each simulated culture.
N_DRAWN = 300

#: Central intervals whose coverage is told.
LEVELS = (0.5, 0.9)

#: Standard deviation of a share before anything is known: of a uniform distribution.
PRIOR_SD = 1 / np.sqrt(12)

#: Features do not determine a parameter whose posterior is, in the median over cultures, still as
#: wide as this share of the prior.
AS_WIDE = 0.85


@dataclass(frozen=True, eq=False)
class Coverage:
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
        """Return the share of truths within the central interval of this level, by parameter."""
        return np.mean(np.abs(self.ranks - 0.5) <= level / 2, axis=0)

    def recovery(self) -> np.ndarray:
        """Return the correlation between true and estimated parameter (Pearson's r)."""
        pairs = zip(self.truths.T, self.medians.T, strict=True)
        return np.array([np.corrcoef(truth, median)[0, 1] for truth, median in pairs])

    def width(self) -> np.ndarray:
        """Return the width of the posterior, as a share of the prior's; median over cultures."""
        return np.median(self.widths, axis=0) / PRIOR_SD

    def uniformity(self) -> np.ndarray:
        """Return the probability (Kolmogorov-Smirnov) of such ranks if posteriors are right."""
        return np.array([kstest(ranks, "uniform").pvalue for ranks in self.ranks.T])

    def undetermined(self) -> list[str]:
        """Return the parameters that the features hardly tell anything about."""
        return [key for key, width in zip(self.keys, self.width(), strict=True) if width > AS_WIDE]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON."""
        columns = {
            "coverage_50": self.coverage(0.5),
            "coverage_90": self.coverage(0.9),
            "recovery_r": self.recovery(),
            "width": self.width(),
            "uniformity_p": self.uniformity(),
        }
        return {
            "cultures": len(self.truths),
            "coverage_50": float(columns["coverage_50"].mean()),
            "coverage_90": float(columns["coverage_90"].mean()),
            "parameters": {
                key: {name: float(column[place]) for name, column in columns.items()}
                for place, key in enumerate(self.keys)
            },
            "undetermined": self.undetermined(),
        }

    def summary(self) -> str:
        """Return a table of all parameters."""
        everything = self.as_dict()
        n, undetermined = everything["cultures"], everything["undetermined"]
        lines = [
            f"{n} simulated cultures, each with a posterior that was not trained on it",
            f"{'parameter':<44}{'in 50 %':>9}{'in 90 %':>9}{'r':>7}{'width':>7}{'p':>8}",
        ]
        for key, row in everything["parameters"].items():
            mark = "  hardly determined" if key in undetermined else ""
            lines.append(
                f"{key:<44}{row['coverage_50']:>9.3f}{row['coverage_90']:>9.3f}"
                f"{row['recovery_r']:>7.2f}{row['width']:>7.2f}{row['uniformity_p']:>8.3f}{mark}"
            )
        errors = [f"{np.sqrt(level * (1 - level) / n):.3f}" for level in LEVELS]
        lines += [
            f"{'mean':<44}{everything['coverage_50']:>9.3f}{everything['coverage_90']:>9.3f}",
            "(in 50 %, in 90 %: share of truths within such intervals, standard error"
            f" {' and '.join(errors)};",
            " r: correlation of truth and median; width: of the posterior, as a share of the"
            " prior's;",
            " p: probability of such ranks if posteriors are right)",
        ]
        return "\n".join(lines)


def check(simulations: Simulations, progress: Progress = NO_PROGRESS) -> Coverage:
    """Compare posteriors of simulations that they were not trained on with the true parameters.

    Every simulation is left out once; a posterior that learns from all of them is a little better.

    Parameters
    ----------
    simulations : Simulations
    progress : Progress
        Counts parts, of which there are `N_PARTS`.

    Raises
    ------
    InputError
        As `posterior.estimate`.
    """
    _, placed = feature_space.encoded(simulations.features)
    drawn = np.empty((N_DRAWN, len(simulations), len(simulations.prior.bounds)))
    for part in range(N_PARTS):
        left_out = simulations.numbers % N_PARTS == part
        learned = posterior.estimate(simulations, left_out)
        chosen = placed & left_out
        table = {name: values[chosen] for name, values in simulations.features.items()}
        drawn[:, chosen] = learned.sample(table, N_DRAWN)
        progress.advance()
    drawn, truths = drawn[:, placed], simulations.points[placed]
    return Coverage(
        [bound.key for bound in simulations.prior.bounds],
        truths,
        np.median(drawn, axis=0),
        np.mean(drawn < truths, axis=0),
        drawn.std(axis=0),
    )
