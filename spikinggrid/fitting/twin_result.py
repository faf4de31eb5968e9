"""The twin of a dish: its parameters and seed, how like the dish it is, and what it cannot do."""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spikinggrid.fitting.aim import GOOD, Aim
from spikinggrid.fitting.fitted_file import write_fitted
from spikinggrid.fitting.gathering import Dishes
from spikinggrid.fitting.recorded_array import RecordedArray
from spikinggrid.fitting.recorded_dish import RecordedDish
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics import feature_space
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.utils.files import written_beside
from spikinggrid.utils.missing import number_text

N_PUBLISHED = feature_space.N_PUBLISHED

#: A feature is within what the dish owes to itself if it is no farther off than another stretch of
#: the dish in nine cases of ten.
WITHIN = 1.645

#: A good twin has so many of the published features within.
ENOUGH = 8

#: So many features that are off are named.
N_NAMED = 3


@dataclass(frozen=True, eq=False)
class Twin:
    """The twin of a dish.

    Attributes
    ----------
    dish : RecordedDish
        What it is the twin of.
    point : ndarray, shape (n_bounds,)
        Where the twin lies between the bounds.
    seed : int
        Of the twin: its wiring and its background.
    start : ndarray, shape (n_compared,)
        Coordinates of the nearest dish of the pool.
    twin : dict of float
        Features of the twin in the stretch that was fitted.
    others : list of dict
        Of further stretches of the twin, by which it was not chosen.
    wirings : list of dict
        Of other dishes with the twin's parameters.
    dishes : Dishes
        All dishes of pool and search that are of use.
    n_pool, n_simulated, n_heard : int
        Dishes of the pool, dishes that were simulated, and ways in which they were heard.
    seconds : float
        How long it took.
    """

    dish: RecordedDish
    point: np.ndarray
    seed: int
    start: np.ndarray
    twin: dict[str, float]
    others: list[dict[str, float]]
    wirings: list[dict[str, float]]
    dishes: Dishes
    n_pool: int
    n_simulated: int
    n_heard: int
    seconds: float

    @property
    def parameters(self) -> Parameters:
        """Those of the twin, with its seed."""
        return self.dish.space.at(self.point).replace({"simulation.seed": self.seed})

    @property
    def distance(self) -> float:
        """How far the twin's other stretches are from the recording, median."""
        return self._distance(self.others)

    @property
    def n_within(self) -> int:
        """How many published features of them lie within what the dish owes to itself, median."""
        return int(
            np.median([self.count_within(self.dish.own, row) for row in coordinates(self.others)])
        )

    @property
    def is_good(self) -> bool:
        """Whether the twin is about as like the dish as the dish is like itself."""
        return self.distance <= GOOD and self.n_within >= ENOUGH

    @staticmethod
    def count_within(own: Aim, point: np.ndarray) -> int:
        """Return how many published features of a dish lie within what another owes to itself."""
        off = np.abs(own.deviations(point))[:N_PUBLISHED]
        return int(np.sum(off <= WITHIN))

    def verdict(self) -> str:
        """Return whether it is a good twin, what the model cannot do if not, and the likeness."""
        likeness = self.dish.likeness
        if likeness is None:
            return (
                f"{self._goodness()}. Whether the recording is like anything that the model can do"
                f" cannot be told: {self.dish.unjudged}"
            )
        recording = "By the pool alone, the recording" if self.is_good else "The recording"
        return f"{self._goodness()}. {recording} {likeness.sentence()}"

    def _goodness(self) -> str:
        within = (
            f"{self.n_within} of {N_PUBLISHED} published features lie within what this dish owes"
            f" to itself (distance {self.distance:.2f}; dishes are {GOOD:g} from themselves or less"
            " in nine cases of ten)"
        )
        goodness = "A good twin" if self.is_good else "Not a good twin"
        off = self._off_text()
        return f"{goodness}: {within}" + (f"; what the model cannot do here: {off}" if off else "")

    @property
    def table(self) -> pd.DataFrame:
        """Features, and what recording, start and twin have of them.

        `low` and `high` are what the recording owes to itself; `others` and `wirings` are medians;
        `within` says whether the former lies between the two.
        """
        median = {
            name: _median(coordinates(rows))
            for name, rows in (("others", self.others), ("wirings", self.wirings))
        }
        spread = WITHIN * np.sqrt(2) * self.dish.own.sd
        columns = {
            "recording": self.dish.own.target,
            "low": self.dish.own.target - spread,
            "high": self.dish.own.target + spread,
            "start": self.start,
            "twin": coordinates([self.twin])[0],
            **median,
        }
        rows = {
            name: {"unit": FEATURES[name].unit}
            | {
                column: feature_space.decoded(name, values[place])
                for column, values in columns.items()
            }
            | {"within": bool(abs(self._off(median["others"])[place]) <= WITHIN)}
            for place, name in enumerate(COMPARED)
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("feature")

    @property
    def parameter_table(self) -> pd.DataFrame:
        """Parameters that varied: SI unit, value of the twin, and bounds."""
        rows = {
            bound.key: {
                "unit": bound.dimension,
                "twin": bound.value(share),
                "low": bound.low,
                "high": bound.high,
            }
            for bound, share in zip(self.dish.space.bounds, self.point.tolist(), strict=True)
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")

    def record(self) -> Recording:
        """Grow the twin again and record it for as long as the stretch that was fitted."""
        return Dish(self.parameters, array=self.dish.place.array).record()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        return {
            "recording": self.dish.recording.source,
            "array": self.dish.place.text,
            "span": self.dish.span,
            "verdict": self.verdict(),
            "good": self.is_good,
            "likeness": None if self.dish.likeness is None else self.dish.likeness.as_dict(),
            "distance": {
                "itself": self._distance(self.dish.stretches[1:]),
                "start": float(self.dish.aim.distances(self.start)),
                "twin": self._distance([self.twin]),
                "others": self.distance,
                "wirings": self._distance(self.wirings),
            },
            "within": {
                "itself": self._within(self.dish.stretches[1:]),
                "twin": self._within([self.twin]),
                "others": self._within(self.others),
                "wirings": self._within(self.wirings),
            },
            "features": self.table.to_dict("index"),
            "stretches": {
                "recording": self.dish.stretches,
                "twin": [self.twin],
                "others": self.others,
                "wirings": self.wirings,
            },
            "parameters": self._parameter_texts(),
            "seed": self.seed,
            "pool": self.n_pool,
            "simulated": self.n_simulated,
            "heard": self.n_heard,
            "seconds": self.seconds,
        }

    def summary(self) -> str:
        """Return the verdict, and tables of the features and of the parameters."""
        as_dict = self.as_dict()
        lines = [
            f"{self.dish.recording.source}: first {self.dish.span:g} s on {self.dish.place.text}",
            f"{self.n_simulated:,} dishes simulated, each heard in several ways, after a look into"
            f" a pool of {self.n_pool:,}; {self.seconds / 60:.1f} min",
            "",
            f"{'':<34}{'recording':>11}{'owes to itself':>22}{'start':>10}{'twin':>10}"
            f"{'others':>10}{'wirings':>10}",
        ]
        for name, row in self.table.to_dict("index").items():
            owes = f"{number_text(row['low'], '.3g')} to {number_text(row['high'], '.3g')}"
            cells = [number_text(row[column], ".3g") for column in ("start", "twin")]
            cells += [number_text(row[column], ".3g") for column in ("others", "wirings")]
            mark = "" if row["within"] else "  outside"
            feature, value = f"{name} ({row['unit']})", number_text(row["recording"])
            columns = "".join(f"{cell:>10}" for cell in cells)
            lines.append(f"{feature:<34}{value:>11}{owes:>22}{columns}{mark}")
        for key, title in (
            ("distance", "distance (median)"),
            ("within", f"of {N_PUBLISHED} published within (median)"),
        ):
            values = as_dict[key]
            own = "" if not self.dish.stretches[1:] else f"{values['itself']:.3g} itself"
            found = [values.get(name) for name in ("start", "twin", "others", "wirings")]
            texts = ("" if value is None else number_text(value, ".3g") for value in found)
            text = "".join(f"{one:>10}" for one in texts)
            lines.append(f"{title:<34}{'':>11}{own:>22}{text}")
        lines += [
            "(others: further stretches of the twin, by which it was not chosen; wirings: other"
            " dishes of its parameters; medians)",
            "",
            f"{'parameter':<48}{'twin':>14}{'bounds':>32}",
        ]
        for bound, text in zip(
            self.dish.space.bounds, self._parameter_texts().values(), strict=True
        ):
            ends = f"{bound.text(bound.low)} to {bound.text(bound.high)}"
            lines.append(f"{bound.key:<48}{text:>14}{ends:>32}")
        lines += [f"{'simulation.seed':<48}{self.seed:>14}", "", self.verdict()]
        return "\n".join(lines)

    def save(self, path: str | os.PathLike, made_by: str = "") -> None:
        """Write the parameter file of the twin, seed and all, with `summary` at its head.

        An array without a name is written beside it, as a table of electrodes.

        Parameters
        ----------
        path : path-like
        made_by : str
            The command that makes the file again.

        Raises
        ------
        InputError
            If a file cannot be written.
        """
        parameters = self.parameters
        if self.dish.place.array is not None:
            layout = electrodes_beside(path)
            write_electrodes(layout, self.dish.place)
            parameters = parameters.replace({"mea.layout": layout.name})
        header = f"Twin of {self.dish.recording.source}\n\n{self.summary()}"
        write_fitted(path, parameters, header, made_by)

    def _distance(self, rows: Sequence[Mapping[str, float]]) -> float:
        if not rows:
            return np.nan
        return float(np.median(self.dish.aim.distances(coordinates(rows))))

    def _within(self, rows: Sequence[Mapping[str, float]]) -> float:
        if not rows:
            return np.nan
        return float(
            np.median([self.count_within(self.dish.own, row) for row in coordinates(rows)])
        )

    def _off(self, point: np.ndarray) -> np.ndarray:
        return self.dish.own.deviations(point)

    def _off_text(self) -> str:
        """Return the features outside that are farthest off, with what they should be."""
        off = np.abs(self._off(_median(coordinates(self.others))))
        order = [place for place in np.argsort(-off) if off[place] > WITHIN][:N_NAMED]
        table = self.table
        texts = []
        for name in (COMPARED[place] for place in order):
            row = table.loc[name]
            has, should = (number_text(row[column], ".3g") for column in ("others", "recording"))
            unit = "" if row.unit in ("ratio", "share", "count") else f" {row.unit}"
            texts.append(f"{FEATURES[name].label} ({has} where the dish has {should}{unit})")
        return ", ".join(texts)

    def _parameter_texts(self) -> dict[str, str]:
        return {
            bound.key: bound.text(float(f"{bound.value(share):.4g}"))
            for bound, share in zip(self.dish.space.bounds, self.point.tolist(), strict=True)
        }


def electrodes_beside(path: str | os.PathLike) -> Path:
    """Return the name of the table of electrodes beside a parameter file."""
    path = Path(path)
    return path.with_name(f"{path.stem}.electrodes.csv")


def write_electrodes(path: Path, place: RecordedArray) -> None:
    """Write an array that has no name as a table of electrodes."""
    assert place.array is not None
    with written_beside(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "x (um)", "y (um)"])
        for name, (x, y) in zip(place.array.names, 1e6 * place.array.positions, strict=True):
            writer.writerow([name, f"{x:.10g}", f"{y:.10g}"])


def _median(points: np.ndarray) -> np.ndarray:
    """Return the median of each coordinate over the dishes that have it; NaN where none has."""
    existing = [column[~np.isnan(column)] for column in points.T]
    return np.array([np.median(column) if len(column) else np.nan for column in existing])
