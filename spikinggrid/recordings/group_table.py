"""Tables that say which recording belongs to which group and culture.

    read_group_table    the rows of a table: a `GroupRow` each
    measured            a table of dishes with their features, as `compare_groups` takes it

Such a table is text with a header: the columns `file`, `group` and `culture`, `well` where files
are plates, and any others, such as age. A row without a group leaves its file out.
"""

import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spikinggrid.recordings.formats import text
from spikinggrid.recordings.recording import Recording
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.errors import InputError, path_text, quoted, shortened

if TYPE_CHECKING:
    import pandas as pd

#: Columns that every table has.
NEEDED = ("file", "group", "culture")

#: More mistakes than these are not told at once.
MOST_MISTAKES = 10


@dataclass(frozen=True)
class GroupRow:
    """One row of a table: one dish.

    Attributes
    ----------
    path : Path
        The file of the recording.
    well : str
        Which well of it, "" for all there is.
    group, culture : str
        The group is "" where the dish is left out.
    others : dict of str to str
        Further columns.
    place : str
        File and line of the row, for messages.
    """

    path: Path
    well: str
    group: str
    culture: str
    place: str
    others: dict[str, str] = field(default_factory=dict)


def read_group_table(
    path: str | os.PathLike, folder: str | os.PathLike | None = None
) -> list[GroupRow]:
    """Read which recording belongs to which group and culture.

    Parameters
    ----------
    path : path-like
        Text with commas, semicolons or tabs between cells. The names of files may lack what
        follows the last dot, if that leaves no doubt.
    folder : path-like, optional
        Where the files are, each of which must have a row; the table's own folder, which may hold
        others, unless given.

    Returns
    -------
    list of GroupRow
        Of all dishes that have a group.

    Raises
    ------
    InputError
        If the table cannot be read; one line for each mistake, with file, line and column.
    """
    path = Path(path)
    place = path.parent if folder is None else Path(folder)
    if not place.is_dir():
        raise InputError(f"{path_text(place)}: is no folder; right would be that of the recordings")
    header, rows = _cells(path)
    mistakes: list[str] = []
    found = [_row(path, number, header, cells, place, mistakes) for number, cells in rows]
    listed = [row for row in found if row is not None]
    _check_twice(listed, mistakes)
    if folder is not None and not mistakes:
        mistakes += _unlisted(path, place, [row.path for row in listed])
    if mistakes:
        more = len(mistakes) - MOST_MISTAKES
        rest = f"{path}: {more} more mistake{'s' * (more > 1)}"
        raise InputError("\n".join([*mistakes[:MOST_MISTAKES], *[rest] * (more > 0)]))
    grouped = [row for row in listed if row.group]
    if not grouped:
        raise InputError(
            f"{path}: group: no dish has one; right would be a row for each dish, with the name of"
            " its group"
        )
    return grouped


def measured(
    rows: Sequence[GroupRow], recordings: Iterable[tuple[str | os.PathLike, Recording]]
) -> "pd.DataFrame":
    """Return a table of dishes with their features.

    Parameters
    ----------
    rows : sequence of GroupRow
    recordings : iterable of (path-like, Recording)
        All of each file, with that file.

    Returns
    -------
    pandas.DataFrame
        A row for each dish: `file`, `well`, `group`, `culture`, further columns of the table, and
        one column for each feature.

    Raises
    ------
    InputError
        If a well is missing, or a plate is given without its wells.
    """
    import pandas as pd

    of_file: dict[Path, dict[str, dict[str, float]]] = {}
    wells = {path: {row.well for row in rows if row.path == path} for path in _paths(rows)}
    for source, recording in recordings:
        features = of_file.setdefault(Path(source), {})
        is_wanted = wells.get(Path(source), set()) & {"", recording.well}
        features[recording.well] = recording.features() if is_wanted else {}
    lines = []
    for row in rows:
        dish = {"file": row.path.name, "well": row.well, "group": row.group, "culture": row.culture}
        lines.append(dish | row.others | _features_of(row, of_file[row.path]))
    return pd.DataFrame(lines)


def _paths(rows: Sequence[GroupRow]) -> list[Path]:
    return list(dict.fromkeys(row.path for row in rows))


def _features_of(row: GroupRow, wells: dict[str, dict[str, float]]) -> dict[str, float]:
    if row.well in wells:
        return wells[row.well]
    if not row.well and len(wells) == 1:
        return next(iter(wells.values()))
    names = ", ".join(list(wells)[:6])
    if row.well:
        raise InputError(
            f"{row.place}:well: found {quoted(row.well)}; {row.path.name} has {names or 'none'}"
        )
    raise InputError(
        f"{row.place}:file: {row.path.name} holds {len(wells)} wells ({names} ...), each a dish of"
        " its own; right would be a column well, and a row for each of them"
    )


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and the number and cells of each row that is not empty."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            file.seek(0)
            if head.startswith(b"PK") or not text.is_text(head):
                raise InputError(
                    f"{path_text(path)}: is no text; right would be a table saved as CSV"
                )
            lines = text.Lines(file)
            separator = _separator(lines)
            rows = [(lines.number, cells) for cells in text.rows(lines, separator) if any(cells)]
            lines.close()
    except OSError as error:
        raise InputError(f"{path_text(path)}: cannot be read: {error.strerror}") from error
    except InputError as error:
        told = str(error)
        raise InputError(told if told.startswith(path_text(path)) else f"{path}: {told}") from None
    if not rows:
        raise InputError(f"{path}: is empty; right would be a header such as {','.join(NEEDED)}")
    number, names = rows[0]
    header = [name.strip().lower() for name in names]
    for name in NEEDED:
        if name not in header:
            near = difflib.get_close_matches(name, header, 1)
            hint = f"; did you mean {quoted(near[0])} by it?" if near else ""
            columns = shortened(", ".join(filter(None, header)))
            raise InputError(f"{path}:{number}:{name}: no such column, but {columns}{hint}")
    for name in header:
        if name in FEATURES or (name and header.count(name) > 1):
            what = "is the name of a feature" if name in FEATURES else "is there twice"
            raise InputError(f"{path}:{number}:{name}: {what}; right would be a name of its own")
    return header, rows[1:]


def _separator(lines: text.Lines) -> str:
    """Return what separates the cells of the header: what parts it most often."""
    for line in lines:
        if line.strip():
            lines.put_back(line)
            return max("\t;,", key=line.count)
    return ","


def _row(
    path: Path,
    number: int,
    header: Sequence[str],
    cells: Sequence[str],
    folder: Path,
    mistakes: list[str],
) -> GroupRow | None:
    """Return one row; None, and mistakes, if it cannot be used."""
    place = f"{path}:{number}"
    beyond = [cell for cell in cells[len(header) :] if cell.strip()]
    if beyond:
        mistakes.append(
            f"{place}: has {len(cells)} cells, the header {len(header)}; right would be quotes"
            " around cells that hold a separator"
        )
        return None
    filled = [*(cell.strip() for cell in cells), *[""] * len(header)]
    values = dict(zip(header, filled, strict=False))
    if not values["file"]:
        mistakes.append(f"{place}:file: is empty; right would be the name of a recording")
        return None
    source = _file(folder, values["file"])
    if source is None:
        names = sorted(each.name for each in folder.iterdir())
        near = difflib.get_close_matches(values["file"], names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        mistakes.append(
            f"{place}:file: found {quoted(values['file'])}, which is not in"
            f" {path_text(folder)}{hint}"
        )
        return None
    if values["group"] and not values["culture"]:
        mistakes.append(
            f"{place}:culture: is empty; right would be a name that all dishes of the same"
            " preparation share"
        )
    others = {
        name: value for name, value in values.items() if name and name not in (*NEEDED, "well")
    }
    well = values.get("well", "")
    return GroupRow(source, well, values["group"], values["culture"], place, others)


def _file(folder: Path, name: str) -> Path | None:
    """Return the file of this name, or the only one of it with a suffix."""
    path = folder / name
    if path.exists():
        return path
    alike = [each for each in folder.iterdir() if each.name.partition(".")[0] == name]
    return alike[0] if len(alike) == 1 else None


def _check_twice(rows: Sequence[GroupRow], mistakes: list[str]) -> None:
    first: dict[tuple[Path, str], GroupRow] = {}
    for row in rows:
        before = first.setdefault((row.path, row.well), row)
        if before is not row:
            mistakes.append(f"{row.place}:file: {row.path.name} was already in {before.place}")


def _unlisted(table: Path, folder: Path, listed: Sequence[Path]) -> list[str]:
    """Return a mistake for each file of the folder of a kind that the table has, but not it."""
    kinds = {path.suffix.lower() for path in listed}
    return [
        f"{table}: lacks {path.name}, which is in {path_text(folder)}; right would be a row for it,"
        " with an empty group to leave it out"
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in kinds
        and path not in listed
        and path.resolve() != table.resolve()
        and not path.name.startswith(".")
    ]
