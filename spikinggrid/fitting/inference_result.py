"""What is known of the parameters of a recorded culture: intervals, and dishes of the posterior."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spikinggrid.assays.assay import Trial
from spikinggrid.assays.spontaneous import record
from spikinggrid.fitting.coverage import AS_WIDE, PRIOR_SD, Coverage
from spikinggrid.fitting.fitted_file import write_fitted
from spikinggrid.fitting.misspecification import (
    Verdict,
)
from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.fitting.pool_guard import Likeness
from spikinggrid.fitting.pool_posterior import LocalPosterior
from spikinggrid.fitting.posterior import Posterior
from spikinggrid.fitting.prior import (
    Prior,
)
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings.recording import Recording
from spikinggrid.statistics import feature_space
from spikinggrid.utils.missing import number_text

#: Quantiles of the median, and of the ends of the intervals that are told.
QUANTILES = {"median": 0.5, "low50": 0.25, "high50": 0.75, "low90": 0.05, "high90": 0.95}


@dataclass(frozen=True, eq=False)
class Inference:
    """What is known of the parameters of a recorded culture.

    Attributes
    ----------
    posterior : Posterior or LocalPosterior
    recording : Recording
    features : dict of float
        Of the recording, in the time that simulations last.
    verdict : Verdict or Likeness
        Whether the recording is within what the model produces.
    points : ndarray, shape (n_drawn, n_bounds)
        Drawn from the posterior, in shares (0-1) of the bounds.
    dishes : list of Trial
        Cultures grown at the first of these points.
    coverage : Coverage, optional
        Whether the intervals of dishes around the recording are as wide as they say.
    """

    posterior: Posterior | LocalPosterior
    recording: Recording
    features: dict[str, float]
    verdict: Verdict | Likeness
    points: np.ndarray
    dishes: list[Trial]
    coverage: Coverage | None = None

    @property
    def prior(self) -> Prior:
        """What was possible."""
        return self.posterior.simulations.prior

    @property
    def parameters(self) -> Parameters:
        """The medians of the posterior."""
        return self.prior.at(np.median(self.points, axis=0))

    @property
    def intervals(self) -> pd.DataFrame:
        """Parameters: SI unit, median, ends of the central 50 and 90 % intervals, and width.

        The width is the standard deviation as a share of that before anything was known.
        """
        rows = {}
        for bound, shares in zip(self.prior.bounds, self.points.T, strict=True):
            values = map(bound.value, np.quantile(shares, list(QUANTILES.values())))
            rows[bound.key] = {
                "unit": bound.dimension,
                **dict(zip(QUANTILES, values, strict=True)),
                "width": float(shares.std() / PRIOR_SD),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")

    @property
    def predictive(self) -> pd.DataFrame:
        """Features: of the recording, median and 90 % interval of the dishes, whether it holds.

        Dishes that are silent or run away are left out; without any other it is empty. `dishes`
        counts those that have the feature: of one that none has, there is no interval (NaN).
        """
        measured = [dish.measured for dish in self.dishes if not dish.failure]
        rows = {}
        for name in feature_space.NAMES if measured else ():
            values = [culture[name] for culture in measured if not np.isnan(culture[name])]
            low, median, high = map(float, np.quantile(values or [np.nan], [0.05, 0.5, 0.95]))
            rows[name] = {
                "recording": self.features[name],
                "median": median,
                "low": low,
                "high": high,
                "holds": low <= self.features[name] <= high,
                "dishes": len(values),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("feature")

    @property
    def n_held(self) -> int:
        """How many of the eleven published features the intervals of the dishes hold."""
        published = feature_space.NAMES[: feature_space.N_PUBLISHED]
        predictive = self.predictive
        return int(predictive.holds[list(published)].sum()) if len(predictive) else 0

    def sample(self, n: int) -> pd.DataFrame:
        """Return `n` draws from the posterior, a column (SI units) for each parameter."""
        columns = zip(self.prior.bounds, self.points[:n].T, strict=True)
        return pd.DataFrame(
            {bound.key: [bound.value(share) for share in shares] for bound, shares in columns}
        )

    def record_dishes(self, n: int) -> dict[str, Recording]:
        """Record the first `n` dishes that do not fail, by "dish 1" and so on."""
        alive = [number for number, dish in enumerate(self.dishes) if not dish.failure]
        return {
            f"dish {number + 1}": record(
                self.prior.at(self.points[number]), self.prior.unused_seed(number)
            )
            for number in alive[:n]
        }

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        simulations, verdict = self.posterior.simulations, self.verdict
        intervals = {
            key: {
                "median": row["median"],
                "ci50": [row["low50"], row["high50"]],
                "ci90": [row["low90"], row["high90"]],
                "unit": row["unit"],
                "width": row["width"],
            }
            for key, row in self.intervals.to_dict("index").items()
        }
        return {
            "recording": self.recording.source,
            "simulations": {
                "n": len(simulations),
                "with_all_features": simulations.n_with_all_features,
                "seconds": simulations.seconds,
            },
            "verdict": verdict.as_dict(),
            "parameters": intervals,
            "predictive": self.predictive.to_dict("index"),
            "published_features_held": self.n_held,
            "coverage": None if self.coverage is None else self.coverage.as_dict(),
        }

    def summary(self) -> str:
        """Return tables of the parameters and of the features."""
        forced = "" if self.verdict.inside else "; the answer was forced: do not trust it"
        lines = [
            f"{self.recording.source}: {self.verdict.sentence()}{forced}",
            "",
            f"{'parameter':<44}{'median':>12}{'50 % interval':>24}{'90 % interval':>24}"
            f"{'width':>7}",
        ]
        for bound, row in zip(self.prior.bounds, self.intervals.itertuples(), strict=True):
            median, low50, high50, low90, high90 = (
                _short(bound, getattr(row, name)) for name in QUANTILES
            )
            mark = "  hardly determined" if row.width > AS_WIDE else ""
            lines.append(
                f"{bound.key:<44}{median:>12}{f'{low50} to {high50}':>24}"
                f"{f'{low90} to {high90}':>24}{row.width:>7.2f}{mark}"
            )
        n_failed = sum(bool(dish.failure) for dish in self.dishes)
        n_alive = len(self.dishes) - n_failed
        lines += [
            "(width: standard deviation, as a share of that between the bounds)",
            *([] if self.coverage is None else [self._coverage_text(self.coverage)]),
            "",
            f"{len(self.dishes)} dishes drawn from the posterior ({n_failed} of them silent or"
            f" running away): {self.n_held} of the {feature_space.N_PUBLISHED} published features"
            " within their 90 % interval",
            f"{'feature':<28}{'recording':>12}{'dishes':>12}{'90 % interval':>24}",
        ]
        for row in self.predictive.itertuples():
            mark = "" if row.dishes == n_alive else f" (of {row.dishes} of {n_alive})"
            mark += "" if row.holds else "  outside"
            lines.append(
                f"{row.Index:<28}{number_text(row.recording):>12}{number_text(row.median):>12}"
                f"{number_text(row.low):>12} to {number_text(row.high):<8}{mark}"
            )
        return "\n".join(lines)

    @staticmethod
    def _coverage_text(coverage: Coverage) -> str:
        told = coverage.as_dict()
        return (
            f"(checked on {told['cultures']} dishes around the recording: 90 % intervals hold"
            f" {100 * told['coverage_90']:.0f} %, 50 % intervals {100 * told['coverage_50']:.0f} %"
            " of their true parameters)"
        )

    def save(self, path: str | os.PathLike, title: str = "culture", made_by: str = "") -> None:
        """Write the parameter file of the medians, with `summary` as comments at its head.

        Parameters
        ----------
        path : path-like
        title : str
            What was possible, such as the name of the parameter file.
        made_by : str
            The command that makes the file again.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        source = self.recording.source
        header = f"{title} given {source}: medians of the posterior\n\n{self.summary()}"
        write_fitted(path, self.parameters, header, made_by)


def _short(bound: Bound, value: float) -> str:
    """Return a value with three digits."""
    return bound.text(float(f"{value:.3g}"))
