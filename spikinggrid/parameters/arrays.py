"""The catalogue of electrode arrays, `arrays.toml`: grids by name, with their sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import product

from spikinggrid.parameters import units

#: Letters of columns, by which vendors call them.
LETTERS = "ABCDEFGHJKLMNOPR"

#: How files end that hold an array.
FILES = (".csv", ".json")


@dataclass(frozen=True)
class GridArray:
    """An array whose electrodes lie on a grid.

    Attributes
    ----------
    about, source : str
        What it is, and where it is documented.
    rows, columns : int
        Of the grid.
    pitch : float
        Distance between neighbours, m.
    names : str
        How electrodes are called, as `arrays.toml` explains.
    absent : tuple of str
        Those that do not exist.
    """

    about: str
    source: str
    rows: int
    columns: int
    pitch: float
    names: str
    absent: tuple[str, ...] = ()

    def electrodes(self) -> dict[str, tuple[int, int]]:
        """Return row and column, from 0, of each electrode by name, row by row."""
        places = {
            self.names.format(
                row=row + 1,
                column=column + 1,
                letter=LETTERS[column % len(LETTERS)],
                number=row * self.columns + column,
                down=column * self.rows + row,
            ): (row, column)
            for row, column in product(range(self.rows), range(self.columns))
        }
        return {name: place for name, place in places.items() if name not in self.absent}


def _catalogue() -> dict[str, GridArray]:
    text = resources.files(__package__).joinpath("arrays.toml").read_text("utf-8")
    return {
        name: GridArray(**entry | {"pitch": units.parse(entry["pitch"], "m")})
        for name, entry in tomllib.loads(text).items()
    }


#: All of them.
CATALOGUE: Mapping[str, GridArray] = _catalogue()
