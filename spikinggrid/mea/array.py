"""The multi-electrode array: where its electrodes lie, and the names of electrodes and patterns.

    array = Mea.place(parameters)         the layout of a parameter file, in the middle of its dish
    array = Mea(names, x, y)              an array of your own
    array = Mea.read("array.csv")         the same from a file, or one of the catalogue
    array.select("L")                     numbers of the electrodes of a pattern

What a pulse does to the neurons is wired when the culture grows (`synapses.input`); what electrodes
detect of neurons is the job of `spikinggrid.mea.detection`.
"""

import csv
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from spikinggrid.parameters import units
from spikinggrid.parameters.arrays import CATALOGUE, FILES, GridArray
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.tables.mea import MeaTable
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils.errors import InputError, path_text, quoted, shortened

#: What selects electrodes: the name of a pattern or an electrode, a number, or several of them.
Electrodes = str | int | Sequence[str | int] | np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Mea:
    """Electrodes on a dish.

    Attributes
    ----------
    names : tuple of str
        Such as "c1r5": column 1 from the left, row 5 from the top.
    x, y : ndarray, shape (n_electrodes,)
        Positions from the top left corner of the dish, m.
    layout : str
        Name of the layout, for messages.

    Raises
    ------
    InputError
        If there is no electrode, numbers disagree, two names are equal or a position is not finite.

    Examples
    --------
    >>> array = Mea(("left", "right"), x=[0.2e-3, 1.4e-3], y=[0.8e-3, 0.8e-3])
    >>> array.select("right")
    array([1])
    """

    names: Sequence[str]
    x: np.ndarray
    y: np.ndarray
    layout: str = "of your own"

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(map(str, self.names)))
        for axis in ("x", "y"):
            object.__setattr__(self, axis, np.asarray(getattr(self, axis), np.float64))
        n = len(self.names)
        if n == 0 or not self.x.shape == self.y.shape == (n,):
            raise InputError(
                f"mea: found {n} names, x of shape {self.x.shape} and y of shape {self.y.shape};"
                " right would be one of each for every electrode"
            )
        if len(set(self.names)) < n:
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise InputError(f"mea: two electrodes have the name {quoted(twice)}")
        if not np.isfinite([self.x, self.y]).all():
            raise InputError("mea: the position of an electrode is NaN or infinite")

    def __repr__(self) -> str:
        return f"<Mea {self.layout}: {self.n_electrodes:,} electrodes>"

    @property
    def n_electrodes(self) -> int:
        """Number of electrodes."""
        return len(self.names)

    @property
    def positions(self) -> np.ndarray:
        """Positions, shape (n_electrodes, 2), m."""
        return np.column_stack([self.x, self.y])

    @cached_property
    def rows(self) -> np.ndarray:
        """Row of each electrode, from 0 at the top, shape (n_electrodes,)."""
        return _lines(self.y)

    @cached_property
    def columns(self) -> np.ndarray:
        """Column of each electrode, from 0 on the left, shape (n_electrodes,)."""
        return _lines(self.x)

    @classmethod
    def place(cls, parameters: Parameters) -> "Mea":
        """Place the array of a parameter file in the middle of its dish.

        Raises
        ------
        InputError
            If there is none, or it reaches beyond the dish.
        """
        table, culture = needed(parameters.mea, "mea", "an array"), parameters.culture
        dish = np.array([culture.width, culture.height])
        if table.layout.endswith(FILES):
            array = cls.read(table.layout)
            corner = np.array([array.x.min(), array.y.min()])
            size = np.array([array.x.max(), array.y.max()]) - corner
            x, y = (array.positions - corner + _margin(size, dish)).T
            return cls(array.names, x, y, table.layout)
        grid = CATALOGUE.get(table.layout) or _grid(table)
        size = np.array([grid.columns - 1, grid.rows - 1]) * grid.pitch
        array = cls._of_grid(grid, table.layout)
        x, y = (array.positions + _margin(size, dish)).T
        array = cls(array.names, x, y, table.layout)
        return array if table.n_recorded is None else array._spread(grid, table.n_recorded)

    @classmethod
    def read(cls, path: str | os.PathLike) -> "Mea":
        """Read an array from a file, or take one of the catalogue.

        Parameters
        ----------
        path : path-like
            The name of an array of the catalogue, such as "mcs-60-200"; a file of probeinterface,
            .json; or CSV, separated by commas, semicolons or tabs. The first line of CSV has the
            columns: name, x and y. Positions are in um unless the columns say otherwise, such as
            "x (mm)"; y runs downwards. Where commas do not separate cells, numbers may have decimal
            commas.

        Raises
        ------
        InputError
            If the file cannot be read or does not add up; one line with the number of the line.
        """
        if str(path) in CATALOGUE:
            return cls._of_grid(CATALOGUE[str(path)], str(path))
        if Path(path).suffix.lower() not in FILES:
            raise InputError(
                f"layout: found {quoted(str(path))}; right would be a file {' or '.join(FILES)} or"
                f" one of {', '.join(CATALOGUE)}"
            )
        try:
            text = Path(path).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is no text in UTF-8"
            raise InputError(f"{path_text(path)}: cannot be read: {reason}") from error
        read_table = _contacts if Path(path).suffix.lower() == ".json" else _columns
        try:
            return cls(*read_table(text), layout=str(path))
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    @classmethod
    def _of_grid(cls, grid: GridArray, layout: str) -> "Mea":
        """Return an array whose first column and row lie at 0."""
        electrodes = grid.electrodes()
        rows, columns = np.array(list(electrodes.values()), float).T * grid.pitch
        return cls(tuple(electrodes), columns, rows, layout)

    def _spread(self, grid: GridArray, n_recorded: int) -> "Mea":
        """Return an array of so many electrodes of this one, or a few less, spread evenly."""
        n_rows = max(1, int(np.sqrt(n_recorded * grid.rows / grid.columns)))
        n_columns = n_recorded // n_rows
        kept = _spread(self.rows, n_rows) & _spread(self.columns, n_columns)
        names = [name for name, is_kept in zip(self.names, kept, strict=True) if is_kept]
        return Mea(names, self.x[kept], self.y[kept], self.layout)

    def select(self, electrodes: Electrodes) -> np.ndarray:
        """Return the numbers of some electrodes.

        Parameters
        ----------
        electrodes : str, int or sequence of them
            The name of a pattern, or names and numbers of electrodes. Patterns are "all"; "centre",
            the four in the middle; "L", the left column and the bottom row; "inverted-L", the top
            row and the right column (Ruaro et al. 2005).

        Raises
        ------
        InputError
            If an electrode or pattern does not exist.
        """
        if isinstance(electrodes, str) and electrodes not in self._numbers:
            return np.flatnonzero(self._pattern(electrodes))
        if isinstance(electrodes, str | int | np.integer):
            return np.array([self._number(electrodes)])
        numbers = [self._number(electrode) for electrode in electrodes]
        if not numbers:
            raise InputError('electrodes: none given; for example electrodes = "all"')
        return np.array(numbers)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    def _number(self, electrode: str | int | np.integer) -> int:
        if isinstance(electrode, str):
            if electrode not in self._numbers:
                raise InputError(
                    f"electrodes: found {quoted(electrode)}, but the layout {self.layout} has names"
                    f" such as {self.names[0]}"
                )
            return self._numbers[electrode]
        if not isinstance(electrode, int | np.integer) or isinstance(electrode, bool):
            raise InputError(
                f"electrodes: found {quoted(electrode)}; right would be the number or the name of"
                " an electrode"
            )
        if not 0 <= electrode < self.n_electrodes:
            raise InputError(
                f"electrodes: found {electrode}, but the layout {self.layout} has the"
                f" electrodes 0 to {self.n_electrodes - 1}"
            )
        return int(electrode)

    def _pattern(self, name: str) -> np.ndarray:
        left, right = self.columns == self.columns.min(), self.columns == self.columns.max()
        top, bottom = self.rows == self.rows.min(), self.rows == self.rows.max()
        patterns = {
            "all": np.ones(self.n_electrodes, bool),
            "centre": _in_middle(self.columns) & _in_middle(self.rows),
            "L": left | bottom,
            "inverted-L": top | right,
        }
        if name not in patterns:
            raise InputError(
                f'electrodes: found "{shortened(name)}"; give numbers or one of'
                f" {', '.join(patterns)}"
            )
        if not patterns[name].any():
            raise InputError(
                f'electrodes: "{name}" has no electrode in the layout {self.layout}; give numbers'
                " or names"
            )
        return patterns[name]


def _margin(size: np.ndarray, dish: np.ndarray) -> np.ndarray:
    """Return where an array begins that lies in the middle of its dish, all (x, y) in m."""
    if np.any(size > dish + 1e-9):
        width, height = (format_quantity(round(s, 9), "m") for s in size)
        raise InputError(
            f"mea.layout: the electrodes span {width} x {height}, which reaches beyond the dish;"
            " make culture.width and culture.height larger"
        )
    return (dish - size) / 2


def _columns(text: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return names and positions (m) of the electrodes in a table."""
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    lines = list(csv.reader(text.splitlines(), delimiter=separator))
    places = [_place_of(column, lines[0] if lines else []) for column in ("name", "x", "y")]
    names: list[str] = []
    positions: list[list[float]] = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cells):
            continue
        if len(cells) != len(lines[0]):
            raise InputError(f"line {number}: found {len(cells)} cells, not {len(lines[0])}")
        names.append(cells[places[0][0]].strip())
        decimal = "." if separator == "," else ","
        positions.append(
            [
                _length(cells[place].replace(decimal, "."), unit, number)
                for place, unit in places[1:]
            ]
        )
    x, y = np.array(positions, float).reshape(-1, 2).T
    return names, x, y


def _place_of(column: str, header: Sequence[str]) -> tuple[int, str]:
    """Return the place of a column of positions or names, and its unit."""
    for place, text in enumerate(header):
        match = re.fullmatch(rf"{column}[\W_]*(nm|[uµμ]m|mm|m)?[\W_]*", text.strip().lower())
        if match:
            return place, re.sub("^[µμ]", "u", match[1] or "um")
    raise InputError(
        f"line 1: lacks the column {column}; right would be name, x and y, for example"
        ' "name,x (um),y (um)"'
    )


def _length(cell: str, unit: str, number: int) -> float:
    try:
        if "_" in cell or not cell.isascii():  # which Python reads as numbers all the same
            raise ValueError
        return units.parse(f"{float(cell)!r} {unit}", "m")
    except ValueError:
        raise InputError(f"line {number}: found {quoted(cell)}, not a number in {unit}") from None


def _contacts(text: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return names and positions (m) of the contacts in a file of probeinterface."""
    try:
        probes = json.loads(text)["probes"]
        names = [name for probe in probes for name in _contact_names(probe)]
        positions = np.concatenate(
            [
                np.array(probe["contact_positions"], float)[:, :2]
                * units.parse(f"1 {probe['si_units']}", "m")
                for probe in probes
            ]
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"is not a file of probeinterface ({error!r})") from error
    x, y = positions.T
    return names, x, y


def _contact_names(probe: dict[str, Any]) -> list[str]:
    """Return the names of the contacts of a probe, or numbers if it does not name them."""
    ids = probe.get("contact_ids") or []
    return list(map(str, ids if any(ids) else range(len(probe["contact_positions"]))))


def _grid(table: MeaTable) -> GridArray:
    """Return the layout that the table itself describes."""
    assert table.rows is not None and table.columns is not None and table.pitch is not None
    return GridArray("", "", table.rows, table.columns, table.pitch, "c{column}r{row}")


def _lines(positions: np.ndarray) -> np.ndarray:
    """Return the number of the line that each electrode lies on, from the smallest position."""
    return np.unique(np.round(positions, 9), return_inverse=True)[1]


def _spread(places: np.ndarray, count: int) -> np.ndarray:
    """Whether each place on an axis belongs to `count` of them that are spread evenly."""
    if count == 1:
        return places == places.max() // 2
    return np.isin(places, np.rint(np.linspace(0, places.max(), count)))


def _in_middle(places: np.ndarray) -> np.ndarray:
    """Whether each place belongs to the one or two lines in the middle."""
    lines = np.unique(places)
    return np.isin(places, lines[(len(lines) - 1) // 2 : len(lines) // 2 + 1])
