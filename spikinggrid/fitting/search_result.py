"""What a search found: a fitted parameter file, tables, and the text at the head of the file."""

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spikinggrid.assays.assay import CultureError
from spikinggrid.assays.spontaneous import record
from spikinggrid.fitting.fitted_file import write_fitted
from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.utils.missing import number_text, of_text

#: So many features that a parameter moves most are named.
N_NAMED = 3


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search found.

    Attributes
    ----------
    plan : SearchPlan
    point : ndarray, shape (n_bounds,)
        Where the winner lies between the bounds.
    distance : float
        Of the winner from the targets, on the cultures of the search.
    start, fitted : dict of float
        Features of the start on the cultures of the search (None if one failed), and of the winner
        on the cultures that took no part in it.
    cultures : list of dict
        What was measured of the winner on each of the latter; see `Trial.measured`.
    sensitivity : dict of dict
        By key and feature, how many spreads of the feature a tenth of the range of the parameter
        moves it by; empty with too few candidates to tell.
    n_simulated : int
        Cultures that were simulated, by earlier runs too.
    seconds : float
        What they took, one after the other.
    """

    plan: SearchPlan
    point: np.ndarray
    distance: float
    start: dict[str, float] | None
    fitted: dict[str, float]
    cultures: list[dict[str, Any]]
    sensitivity: dict[str, dict[str, float]]
    n_simulated: int
    seconds: float

    @property
    def parameters(self) -> Parameters:
        """The winner."""
        return self.plan.at(self.point)

    @property
    def n_within(self) -> int:
        """How many features of the winner lie within their bands."""
        return self.plan.targets.n_within(self.fitted)

    @property
    def fitted_distance(self) -> float:
        """Distance of the winner from the targets, on cultures that took no part in the search."""
        return self.plan.targets.distance(self.fitted)

    @property
    def table(self) -> pd.DataFrame:
        """Features: unit, target, band, values of start and winner, and whether it is within."""
        targets = self.plan.targets
        rows = {
            name: {
                "unit": targets.units[name],
                "target": target.centre,
                "low": target.low,
                "high": target.high,
                "start": self.start[name] if self.start else np.nan,
                "fitted": self.fitted[name],
                "within": target.holds(self.fitted[name]),
            }
            for name, target in targets.features.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("feature")

    @property
    def parameter_table(self) -> pd.DataFrame:
        """Parameters that varied: SI unit, values of start and winner, and bounds."""
        rows = {
            bound.key: {
                "unit": bound.dimension,
                "start": bound.value(was),
                "fitted": bound.value(share),
                "low": bound.low,
                "high": bound.high,
            }
            for bound, was, share in self._values()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")

    def recordings(self, with_start: bool = True) -> dict[str, Recording]:
        """Record a fitted culture, and one of where the search started, to look at.

        Parameters
        ----------
        with_start : bool
            Whether to record the latter.

        Returns
        -------
        dict of str to Recording
            Cultures that fail are left out; empty if the assay records none.
        """
        if not self.plan.targets.assay.is_recorded:
            return {}
        seed, recordings = self.plan.check_seeds[0], {}
        cultures = {"start": self.plan.parameters} if with_start else {}
        for name, parameters in (cultures | {f"fitted, seed {seed}": self.parameters}).items():
            with suppress(CultureError):
                recordings[name] = record(parameters, seed)
        return recordings

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON."""
        targets = self.plan.targets
        features = {
            name: {
                **vars(target),
                "start": self.start and self.start[name],
                "fitted": self.fitted[name],
                "within": target.holds(self.fitted[name]),
            }
            for name, target in targets.features.items()
        }
        return {
            "targets": targets.name,
            "distance_of_search": self.distance,
            "distance": self.fitted_distance,
            "features": features,
            "per_culture": self.cultures,
            "parameters": {b.key: b.text(b.value(share)) for b, _, share in self._values()},
            "sensitivity": self.sensitivity,
            "trials": self.n_simulated,
            "seconds": self.seconds,
        }

    def summary(self) -> str:
        """Return tables of the features, of the parameters, and of what each parameter moves."""
        targets, checks = self.plan.targets, self.plan.check_seeds
        lines = [
            f"{targets.name}: {targets.source}",
            f"distance in the search {self.distance:.3f}, {self.n_simulated} cultures",
            f"fitted: on {len(checks)} cultures, seeds {checks[0]} to {checks[-1]}, that took no"
            f" part in it; distance {self.fitted_distance:.3f}",
            "",
            f"{'feature':<40}{'target':>10}{'band':>20}{'start':>10}{'fitted':>10}",
        ]
        for name, target in targets.features.items():
            band = f"{target.low:.4g} to {target.high:.4g}"
            was = number_text(self.start[name]) if self.start else "failed"
            mark = of_text(culture[name] for culture in self.cultures if name in culture)
            mark += "" if target.holds(self.fitted[name]) else "  outside"
            lines.append(
                f"{f'{name} ({targets.units[name]})':<40}{target.centre:>10.4g}{band:>20}"
                f"{was:>10}{number_text(self.fitted[name]):>10}{mark}"
            )
        head = f"{'parameter':<48}{'start':>14}{'fitted':>14}  a tenth of its range more moves"
        lines += ["", head]
        for bound, begin, end in self._values():
            values = f"{_short(bound, begin):>14}{_short(bound, end):>14}"
            lines.append(f"{bound.key:<48}{values}  {self._moved_most(bound)}")
        lines.append("(what it moves: in spreads of the feature, the three it moves most)")
        return "\n".join(lines)

    def save(self, path: str | os.PathLike, title: str = "culture", made_by: str = "") -> None:
        """Write the fitted parameter file, with `summary` as comments at its head.

        Parameters
        ----------
        path : path-like
        title : str
            What was fitted, such as the name of the parameter file.
        made_by : str
            The command that makes the file again.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        targets = self.plan.targets
        header = (
            f"{title} fitted to {targets.name}: {self.n_within} of {len(targets.features)}"
            f" features within the band, distance {self.fitted_distance:.3f}\n\n{self.summary()}"
        )
        write_fitted(path, self.parameters, header, made_by)

    def _values(self) -> list[tuple[Bound, float, float]]:
        """Return each bound with the shares of start and winner."""
        begin = self.plan.start.tolist()
        return list(zip(self.plan.bounds, begin, self.point.tolist(), strict=True))

    def _moved_most(self, bound: Bound) -> str:
        moves = self.sensitivity.get(bound.key, {})
        most = sorted(moves, key=lambda name: -abs(moves[name]))[:N_NAMED]
        named = ", ".join(f"{name} {moves[name]:+.1f}" for name in most)
        return named or "too few candidates to tell"


def _short(bound: Bound, share: float) -> str:
    """Return a value with four digits."""
    return bound.text(float(f"{bound.value(share):.4g}"))
