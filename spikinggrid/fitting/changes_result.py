"""What changes in a culture: its parameters at each recording, with intervals."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spikinggrid.fitting.aim import GOOD
from spikinggrid.fitting.fitted_file import write_fitted
from spikinggrid.fitting.parameter_space import Bound, ParameterSpace
from spikinggrid.fitting.recorded_dish import RecordedDish
from spikinggrid.fitting.twin_result import N_PUBLISHED, Twin
from spikinggrid.parameters.model import Parameters
from spikinggrid.statistics.feature_space import coordinates

#: Ends of the intervals, percent, with the median between them: of 90 %.
PERCENT = (5, 50, 95)


@dataclass(frozen=True, eq=False)
class Changes:
    """One culture at several recordings.

    Attributes
    ----------
    names : list of str
        What to call each recording, such as "before".
    recorded : list of RecordedDish
    space : ParameterSpace
        What varied.
    changing : ndarray of bool, shape (n_bounds,)
        What might change from one recording to another.
    points : ndarray, shape (n_recordings, n_bounds)
        The dish that is nearest to all recordings.
    seed : int
        Of this dish.
    draws : ndarray, shape (n_draws, n_recordings, n_bounds)
        Of the posterior of the parameters, given all recordings.
    twins : list of dict of float
        Features of the dish, for each recording.
    others : list of list of dict
        Of further stretches of it, by which it was not chosen.
    n_pool, n_simulated : int
        Dishes of the pool, and tries: dishes that were simulated as they are at each recording.
    seconds : float
    """

    names: list[str]
    recorded: list[RecordedDish]
    space: ParameterSpace
    changing: np.ndarray
    points: np.ndarray
    seed: int
    draws: np.ndarray
    twins: list[dict[str, float]]
    others: list[list[dict[str, float]]]
    n_pool: int
    n_simulated: int
    seconds: float

    @property
    def parameters(self) -> list[Parameters]:
        """Those of the dish at each recording, with its seed."""
        return [
            self.space.at(point).replace({"simulation.seed": self.seed}) for point in self.points
        ]

    @property
    def distances(self) -> list[float]:
        """How far further stretches of the dish are from each recording, median."""
        return [
            float(np.median(dish.aim.distances(coordinates(rows))))
            for dish, rows in zip(self.recorded, self.others, strict=True)
        ]

    @property
    def n_within(self) -> list[int]:
        """How many published features of them lie within what the recording owes to itself."""
        return [
            int(np.median([Twin.count_within(dish.own, row) for row in coordinates(rows)]))
            for dish, rows in zip(self.recorded, self.others, strict=True)
        ]

    @property
    def table(self) -> pd.DataFrame:
        """What may change: by parameter and recording, SI values and changes since the first.

        `dish` is the value of the dish that is nearest; `low`, `median` and `high` are of the
        posterior, and so are those of `change`: a factor where the scale of the bounds is
        logarithmic, else a difference. It has moved if the interval of 90 % is all on one side.
        """
        rows = []
        for place in np.flatnonzero(self.changing):
            bound = self.space.bounds[place]
            shares = self.draws[..., place]
            for number, name in enumerate(self.names):
                low, median, high = np.percentile(shares[:, number], PERCENT)
                moves = np.percentile(shares[:, number] - shares[:, 0], PERCENT)
                factors = [change(bound, move) for move in moves]
                rows.append(
                    {
                        "parameter": bound.key,
                        "recording": name,
                        "unit": bound.dimension,
                        "dish": bound.value(self.points[number, place]),
                        "low": bound.value(low),
                        "median": bound.value(median),
                        "high": bound.value(high),
                        "change": factors[1],
                        "change_low": factors[0],
                        "change_high": factors[2],
                        "moved": bool(moves[0] > 0 or moves[2] < 0),
                    }
                )
        return pd.DataFrame(rows).set_index(["parameter", "recording"])

    def verdict(self) -> str:
        """Return a sentence for each recording after the first: what moved, and how like it is."""
        table, bounds = self.table, self._changing_bounds()
        lines = []
        for name in self.names[1:]:
            moved = [
                f"{bound.key} {change_text(bound, *table.loc[(bound.key, name), CHANGE])}"
                for bound in bounds
                if table.loc[(bound.key, name), "moved"]
            ]
            n_others = len(bounds) - len(moved)
            still = "no interval of any other" if moved else "no interval"
            others = f"; {still} leaves out no change ({n_others})" if n_others else ""
            since = f"From {self.names[0]} to {name}"
            lines.append(f"{since}: {', '.join(moved) or 'nothing moved for sure'}{others}")
        like = ", ".join(
            f"{name} {distance:.2f} ({n} of {N_PUBLISHED} published features within)"
            for name, distance, n in zip(self.names, self.distances, self.n_within, strict=True)
        )
        lines.append(
            f"Distance of the dish on other stretches: {like}; dishes are {GOOD:g} from themselves"
            " or less in nine cases of ten"
        )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        table = self.table
        return {
            "recordings": {
                name: dish.recording.source
                for name, dish in zip(self.names, self.recorded, strict=True)
            },
            "span": self.recorded[0].span,
            "verdict": self.verdict(),
            "seed": self.seed,
            "distance": self.distances,
            "within": self.n_within,
            "parameters": {
                bound.key: table.loc[bound.key].to_dict("index")
                for bound in self._changing_bounds()
            },
            "same": {
                bound.key: bound.text(bound.value(share))
                for bound, share, changes in zip(
                    self.space.bounds, self.points[0], self.changing, strict=True
                )
                if not changes
            },
            "pool": self.n_pool,
            "simulated": self.n_simulated,
            "seconds": self.seconds,
        }

    def summary(self) -> str:
        """Return a table of what may change, and the verdict."""
        lines = [
            f"{len(self.recorded)} recordings of one culture, first {self.recorded[0].span:g} s of"
            f" each; {self.n_simulated:,} tries after a look into a pool of {self.n_pool:,};"
            f" {self.seconds / 60:.1f} min; seed {self.seed}",
            "",
            f"{'parameter':<46}{'recording':<34}{'dish':>12}{'90 % of posterior':>26}"
            f"{'change since the first':>34}",
        ]
        table = self.table
        for bound in self._changing_bounds():
            for number, name in enumerate(self.names):
                row = table.loc[(bound.key, name)]
                ends = " to ".join(_text(bound, row[end]) for end in ("low", "high"))
                moved = change_text(bound, *row[CHANGE]) if number else ""
                lines.append(
                    f"{bound.key if not number else '':<46}{name:<34}"
                    f"{_text(bound, row['dish']):>12}{ends:>26}{moved:>34}"
                    f"{'  moved' if row['moved'] else ''}"
                )
        return "\n".join([*lines, "", self.verdict()])

    def save(self, path: str | os.PathLike, made_by: str = "") -> None:
        """Write a parameter file for each recording, with `summary` at its head.

        Parameters
        ----------
        path : path-like
            Names end in those of the recordings: of grown.toml, grown-day10.toml and so on.
        made_by : str
            The command that makes the files again.

        Raises
        ------
        InputError
            If a file cannot be written.
        """
        files = files_for(Path(path), self.names)
        for name, file, parameters in zip(self.names, files, self.parameters, strict=True):
            header = f"One culture at several recordings, as it is at {name}\n\n{self.summary()}"
            write_fitted(file, parameters, header, made_by)

    def _changing_bounds(self) -> list[Bound]:
        return [self.space.bounds[place] for place in np.flatnonzero(self.changing)]


#: Columns of a change.
CHANGE = ["change", "change_low", "change_high"]


def files_for(path: Path, names: Sequence[str]) -> list[Path]:
    """Return a name of a file for each recording: of grown.toml, grown-day10.toml and so on."""
    return [path.with_name(f"{path.stem}-{name}{path.suffix}") for name in names]


def change_text(bound: Bound, middle: float, low: float, high: float) -> str:
    """Return a change with its interval, such as "x 0.5 (0.4 to 0.62)"."""
    if bound.log:
        return f"x {middle:.2f} ({low:.2f} to {high:.2f})"
    signed = [("+" if value >= 0 else "-") + _text(bound, abs(value)) for value in (low, high)]
    sign = "+" if middle >= 0 else "-"
    return f"{sign}{_text(bound, abs(middle))} ({signed[0]} to {signed[1]})"


def change(bound: Bound, move: float) -> float:
    """Return what a move by a share of the bounds is: a factor, or a difference in SI units."""
    if bound.log:
        return float((bound.high / bound.low) ** move)
    return float((bound.high - bound.low) * move)


def _text(bound: Bound, value: float) -> str:
    return bound.text(float(f"{value:.3g}"))
