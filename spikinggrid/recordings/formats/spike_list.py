"""Spike lists: text with a spike a row, a column for its time and one for its electrode.

The column of the times is called "Time (s)", also in ms, us or samples, that of the electrodes
"Electrode" or "Channel", or as NEST ("sender", "time_ms") and Brian2 ("i", "t") call them; a list
without a header is read with `--columns time,electrode`. Other columns are passed over. Cells are
separated by commas, semicolons, tabs or spaces; where it is not commas, times may have decimal
commas. The text is in UTF-8, UTF-16 or Latin-1.

The first row without time and electrode ends the list, as before the "Well Information" of Axion.
Names such as A1_23 are of a plate: each well is a recording.

A spike list does not say how long was recorded: comment lines such as `# t_start = 0 s` and
`# t_stop = 300 s` do, and `# n_electrodes = 59` how many electrodes the array has, as those that
never fired are not in the list; see `spans` for what is assumed otherwise. Nor does it know
positions.
"""

import csv
import os
import re
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.formats.spans import span
from spikinggrid.recordings.formats.text import SEPARATORS, Lines, is_text, number, rows, split
from spikinggrid.recordings.formats.time_units import PER_SECOND, check_seconds
from spikinggrid.recordings.formats.wells import by_well, natural, of_several_units, some
from spikinggrid.recordings.spike_data import SpikeData, within_rounding
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.files import written_beside

NAME = "a spike list (CSV or other text with columns for time and electrode)"
OPTIONS: tuple[str, ...] = ("well", "time_unit", "sampling_rate", "columns")

SPELLINGS = {
    "s": "s|sec|seconds?",
    "ms": "ms|msec|milliseconds?",
    "us": "[uµμ]s|[uµμ]sec|microseconds?",
    "samples": "samples?|frames?",
}
UNIT = "|".join(f"(?P<{unit}>{spelling})" for unit, spelling in SPELLINGS.items())
TIME_COLUMN = re.compile(
    rf"((spike[ _]?)?time(s|[ _]?stamps?)?|t)([ _(\[/]+({UNIT})[)\]]?)?", re.IGNORECASE
)
ELECTRODE_COLUMN = re.compile(
    r"(electrode|channel)([ _]?(id|name|label))?|senders?|neuron([ _]?(id|index))?|i", re.IGNORECASE
)

SAID = re.compile(r"(t_start|t_stop|n_electrodes)\s*=(.*)", re.ASCII)
QUANTITY = re.compile(rf"(?P<number>\S*?)\s*({UNIT})?", re.IGNORECASE)

MARKS = {".": "point", ",": "comma"}

#: A header is looked for in so many lines.
MOST_LINES = 1000


@dataclass(frozen=True)
class Table:
    """How a spike list is written.

    Attributes
    ----------
    separator : str
        Between cells.
    time, electrode : int
        Which columns they are.
    of_neurons : bool
        Whether the column of the electrodes is called "i", and so has to hold whole numbers.
    width : int
        How many columns there are.
    heading : str
        What the column of the times is called.
    unit : str or None
        Unit of the times, if the heading has one.
    """

    separator: str
    time: int
    electrode: int
    of_neurons: bool
    width: int
    heading: str
    unit: str | None


@dataclass
class Rows:
    """What stands in the rows.

    Attributes
    ----------
    times : dict of str to array
        By electrode, in the unit of the list and in the order of the rows.
    mark : str
        Of decimals: "." or ","; "" if there are none.
    end : int or None
        Line of the first row after the list.
    n_skipped : int
        Rows from there on.
    """

    times: defaultdict[str, array] = field(default_factory=lambda: defaultdict(_no_times))
    mark: str = ""
    end: int | None = None
    n_skipped: int = 0


def recognises(content: Content) -> bool:
    """Return whether a file may be of this format: any text."""
    return content.hdf5 is None and is_text(content.head)


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recordings in a spike list: one, or one for each well of a plate.

    Parameters
    ----------
    content : Content
        The file.
    options : Options
        All are used.

    Raises
    ------
    InputError
        If there are no columns for time and electrode, no spikes, no such well, or a row cannot
        be understood; one line that says which row.
    """
    with closing(Lines(content.file)) as lines:
        table = _table(lines, options)
        body = _read_rows(lines, table)
    if not body.times:
        raise InputError("is a spike list without a single spike")
    if table.of_neurons and not all(name.isdecimal() for name in body.times):
        raise InputError("its column i does not hold the numbers of neurons, such as 0, 1, 2")
    unit, per_second, notes = _unit(table, options)
    trains = {name: np.sort(times) / per_second for name, times in body.times.items()}
    first = min(train[0] for train in trains.values())
    last = max(train[-1] for train in trains.values())
    if notes:
        check_seconds(trains, last - first, table.heading)
    said = _said(lines.comments, unit)
    t_start, t_stop, assumed = span(first, last, said.get("t_start"), said.get("t_stop"))
    tolerance = 0.5 / per_second if unit == "samples" else 0.0
    notes = [*_dialect(lines, table, body), *notes, *assumed]
    dishes = []
    for well, names in _chosen(by_well(sorted(trains, key=natural)), options.well).items():
        inside, moved = within_rounding([trains[n] for n in names], t_start, t_stop, tolerance)
        unknown = np.full(len(names), np.nan)
        dishes.append(
            SpikeData(
                spike_trains=inside,
                electrode_names=names,
                x=unknown,
                y=unknown,
                t_start=t_start,
                t_stop=t_stop,
                n_sites=int(said.get("n_electrodes", 0)),
                source=f"{content.name}, well {well}" if well else content.name,
                well=well,
                notes=[*notes, *moved, *([] if well else _units_of_electrodes(names))],
            )
        )
    return dishes


def write(path: str | os.PathLike, data: SpikeData) -> None:
    """Write a spike list in order of time; comment lines keep span and number of electrodes.

    Parameters
    ----------
    path : path-like
        Of the file.
    data : SpikeData
        What is written, but for what a spike list does not hold.

    Raises
    ------
    InputError
        If the file cannot be written or the disk is full, or two electrodes have the same name.
    """
    if len(set(data.electrode_names)) < data.n_electrodes:
        raise InputError(f"{path}: electrodes with the same name cannot be told apart in CSV")
    times, electrodes = data.events()
    order = np.argsort(times, kind="stable")
    with written_beside(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# t_start = {data.t_start} s\n# t_stop = {data.t_stop} s\n")
        if any(not train.size for train in data.spike_trains) or data.n_sites > data.n_electrodes:
            file.write(f"# n_electrodes = {data.n_sites}\n")
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("Time (s)", "Electrode"))
        for time, electrode in zip(times[order].tolist(), electrodes[order], strict=True):
            table.writerow((time, data.electrode_names[electrode]))


# Header


def _table(lines: Lines, options: Options) -> Table:
    """Find the header, or hold the columns that the user names against the first row."""
    if options.columns is not None:
        return _headerless(lines, options.columns)
    first = ""
    for line in islice(lines, MOST_LINES):
        first = first or line.strip()
        for separator in SEPARATORS:
            if table := _header(split(line, separator), separator):
                return table
    raise InputError(
        f"has no columns for time and electrode in its header {quoted(first)}; right would be"
        ' "Time (s),Electrode", the time in s, ms or us, or in samples; a list without a header is'
        " read with --columns time,electrode"
    )


def _header(cells: Sequence[str], separator: str) -> Table | None:
    times = [(i, match) for i, cell in enumerate(cells) if (match := TIME_COLUMN.fullmatch(cell))]
    electrodes = [i for i, cell in enumerate(cells) if ELECTRODE_COLUMN.fullmatch(cell)]
    if not times or not electrodes:
        return None
    column, match = times[0]
    electrode = electrodes[0]
    of_neurons = cells[electrode].lower() == "i"
    return Table(separator, column, electrode, of_neurons, len(cells), match[0], _unit_of(match))


def _headerless(lines: Lines, columns: Sequence[str]) -> Table:
    told = ",".join(columns)
    if _header(columns, "") is None:
        raise InputError(
            f"--columns: found {quoted(told)}; right would name a time and an electrode, such as"
            " time,electrode or electrode,time_ms"
        )
    line = next((line for line in lines if line.strip()), "")
    lines.put_back(line)
    for separator in ("\t", ";", " ", ","):
        cells = split(line, separator)
        if _header(cells, separator):
            raise InputError(f"has a header, {quoted(line.strip())}: leave out --columns")
        table = _header(columns, separator)
        if (
            table
            and len(cells) == table.width
            and _number(cells[table.time], separator) is not None
        ):
            return table
    raise InputError(f"line {lines.number + 1}: {quoted(line.strip())} is not {told}")


def _unit_of(match: re.Match[str]) -> str | None:
    return next((unit for unit in SPELLINGS if match[unit]), None)


# Rows


def _no_times() -> array:
    return array("d")


def _read_rows(lines: Lines, table: Table) -> Rows:
    """Read all rows after the header."""
    body = Rows()
    time_column, electrode_column, width = table.time, table.electrode, table.width
    for cells in rows(lines, table.separator):
        try:
            time, electrode = cells[time_column].strip(), cells[electrode_column].strip()
        except IndexError:
            time = electrode = ""
        if not (time and electrode) or len(cells) > width or body.end is not None:
            _read_odd_row(cells, lines.number, table, body)
            continue
        value = _number(time, table.separator)
        if value is None:
            raise InputError(f"line {lines.number}: time {quoted(time)} is not a number")
        mark = "," if "," in time else "." if "." in time else body.mark
        if mark != body.mark:
            if body.mark:
                raise InputError(
                    f"line {lines.number}: time {quoted(time)} has a decimal {MARKS[mark]}, a row"
                    f" before it a decimal {MARKS[body.mark]}"
                )
            body.mark = mark
        body.times[electrode].append(value)
    return body


def _read_odd_row(cells: Sequence[str], line: int, table: Table, body: Rows) -> None:
    """Read a row that is no spike: it is empty, wrong, the end of the list or after it."""
    cells = [cell.strip() for cell in cells]
    time, electrode = ("".join(cells[i : i + 1]) for i in (table.time, table.electrode))
    if not any(cells):
        return
    if body.end is not None:
        body.n_skipped += 1
        if electrode in body.times and _number(time, table.separator) is not None:
            raise InputError(
                f"line {line}: is a spike after the end of the list, line {body.end}, which has"
                " neither time nor electrode"
            )
    elif any(cells[table.width :]):
        hint = (
            "; with decimal commas, separate cells by semicolons" if table.separator == "," else ""
        )
        raise InputError(f"line {line}: has {len(cells)} cells, the header {table.width}{hint}")
    elif time:
        raise InputError(f"line {line}: the electrode is missing")
    elif electrode:
        raise InputError(f"line {line}: time '' is not a number")
    else:
        body.end, body.n_skipped = line, 1


def _number(time: str, separator: str) -> float | None:
    """Return a time, which may have a decimal comma where cells are not separated by commas."""
    return number(time if separator == "," else time.replace(",", ".", 1))


# What is said, and what is assumed


def _unit(table: Table, options: Options) -> tuple[str, float, list[str]]:
    """Return the unit of the times, how many of it make a second, and what was assumed."""
    if table.unit and options.time_unit and table.unit != options.time_unit:
        raise InputError(
            f"--time-unit: found {options.time_unit}, but the header says {quoted(table.heading)}"
        )
    unit = table.unit or options.time_unit
    if unit == "samples" and options.sampling_rate is None:
        raise InputError("has times in samples: say how many are a second by --sampling-rate")
    if unit != "samples" and options.sampling_rate is not None:
        raise InputError(
            "--sampling-rate: goes with times in samples; right would be --time-unit samples"
        )
    if unit is None:
        return "s", 1, [f"the times have no unit ({quoted(table.heading)}): taken as s"]
    return unit, options.sampling_rate or PER_SECOND[unit], []


def _said(comments: Sequence[tuple[int, str]], unit: str) -> dict[str, float]:
    """Return what comments say: t_start and t_stop (s), n_electrodes."""
    said: dict[str, tuple[int, float]] = {}
    for line, comment in comments:
        match = SAID.fullmatch(comment)
        if not match:
            continue
        key, text = match[1], match[2].strip(" \t,;")
        value = _quantity(key, text, unit, line)
        before, other = said.setdefault(key, (line, value))
        if other != value:
            raise InputError(f"line {line}: {key} is {value:g}, but line {before} says {other:g}")
    return {key: value for key, (_, value) in said.items()}


def _quantity(key: str, text: str, unit: str, line: int) -> float:
    match = QUANTITY.fullmatch(text)
    value = number(match["number"].replace(",", ".", 1)) if match else None
    if match is None or value is None:
        raise InputError(f"line {line}: {key} {quoted(text)} is not a number")
    if key == "n_electrodes":
        return value
    own = _unit_of(match)
    if own == "samples" or (own is None and unit != "s"):
        raise InputError(f"line {line}: {key} {quoted(text)} is not in s, as in # {key} = 60 s")
    return value / PER_SECOND[own or "s"]


def _dialect(lines: Lines, table: Table, body: Rows) -> list[str]:
    """Return what of the file is unusual, and what was skipped."""
    notes = []
    if table.separator != ",":
        decimals = ", decimals by commas" if body.mark == "," else ""
        notes.append(f"cells are separated by {SEPARATORS[table.separator]}{decimals}")
    if lines.encoding.startswith("utf-16"):
        notes.append(f"the text is in {lines.encoding}")
    if body.n_skipped:
        n_spikes = sum(map(len, body.times.values()))
        notes.append(
            f"{n_spikes:,} spikes read; the list ends at line {body.end}, {body.n_skipped:,} rows"
            " from there on are skipped"
        )
    return notes


def _chosen(wells: Mapping[str, list[str]], well: str | None) -> Mapping[str, list[str]]:
    """Return the electrodes of one well, or of all."""
    if well is None:
        return wells
    if "" in wells:
        raise InputError("--well: the electrodes are not of wells; leave it out")
    if well not in wells:
        raise InputError(f"--well: no spikes in {quoted(well)}; right would be {some(list(wells))}")
    return {well: wells[well]}


def _units_of_electrodes(names: Sequence[str]) -> list[str]:
    several = of_several_units(names)
    if not several:
        return []
    return [
        f"some electrodes have several units, such as {some(several[0])}: each unit counts as an"
        " electrode"
    ]
