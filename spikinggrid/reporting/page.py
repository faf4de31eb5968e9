"""Parts of a page, and how they become HTML: templates lay them out, nothing is computed there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

import jinja2

from spikinggrid.utils.versions import versions


@dataclass(frozen=True)
class Text:
    """A paragraph; the verdict of a fit is one that stands out."""

    kind: ClassVar[str] = "text"
    text: str
    is_verdict: bool = False


@dataclass(frozen=True)
class Definitions:
    """Names and what they stand for; rows without a value are left out."""

    kind: ClassVar[str] = "definitions"
    rows: Mapping[str, str]

    @property
    def existing(self) -> dict[str, str]:
        """The rows that have a value."""
        return {name: value for name, value in self.rows.items() if value}


@dataclass(frozen=True)
class Listing:
    """Lines that belong together, such as what was assumed."""

    kind: ClassVar[str] = "listing"
    lines: Sequence[str]


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    text : str
    place : float or None
        Where the value lies on its band, whose edges are -1 and 1; drawn if it is given.
    """

    text: str
    place: float | None = None

    #: The band is drawn this far to either side.
    REACH: ClassVar[float] = 3.0

    @property
    def percent(self) -> float:
        """Where the mark of the value stands between both ends of the drawing, in %."""
        assert self.place is not None
        return 50 + 50 * max(-self.REACH, min(self.REACH, self.place)) / self.REACH


@dataclass(frozen=True)
class Row:
    """A row of a table: its heading, small print under it, and its cells."""

    heading: str
    small: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """A table with a heading for each column, the first of which is that of the rows."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Picture:
    """A figure within the page.

    Attributes
    ----------
    source : str
        The picture itself, as a data URI.
    alternative : str
        What is said instead to those who cannot see it.
    width, height : int
        In pixels of the page.
    """

    kind: ClassVar[str] = "picture"
    source: str
    alternative: str
    width: int
    height: int


@dataclass(frozen=True)
class Player:
    """The array in time; `content` is what `player.content` returns."""

    kind: ClassVar[str] = "player"
    name: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Verbatim:
    """Text as it stands in a file, folded away under its summary."""

    kind: ClassVar[str] = "verbatim"
    summary: str
    text: str


Block = Text | Definitions | Listing | Table | Picture | Player | Verbatim


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading of its own, and parts of it."""

    title: str
    blocks: Sequence[Block] = ()
    parts: Sequence["Section"] = field(default_factory=tuple)


def render(title: str, sections: Sequence[Section], made_by: str = "") -> str:
    """Return the page as HTML.

    Parameters
    ----------
    title : str
    sections : sequence of Section
    made_by : str
        The command that makes the page again; "" if there is none.
    """
    template = _environment().get_template("page.html")
    return template.render(title=title, sections=sections, made_by=made_by, versions=versions())


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("spikinggrid.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
