"""CSV spike lists: one spike a row, with a column for its time and one for its electrode.

The column of the times is "Time (s)", also in ms or us, that of the electrodes "Electrode" or
"Channel". Other columns and Axion's closing "Well Information" are passed over.

A spike list does not say how long was recorded: comment lines such as `# t_start = 0 s` and
`# t_stop = 300 s` do; without them a recording lasts from 0 to its last spike. Nor does it know
positions or electrodes that never fired.
"""

import csv
import io
import os
import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside

NAME = "a CSV spike list"

UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "µs": 1_000_000, "μs": 1_000_000}
TIME_COLUMN = re.compile(
    r"(spike[ _]?)?time(s|[ _]?stamps?)?([ _([]+(?P<unit>s|ms|[uµμ]s)[)\]]?)?", re.IGNORECASE
)
ELECTRODE_COLUMN = re.compile(r"(electrode|channel)([ _]?(id|name|label))?", re.IGNORECASE)
SPAN_COMMENT = re.compile(r"^#[ \t]*t_(start|stop)[ \t]*=(.*?)s?[, \t\r]*$", re.MULTILINE)
WELL = re.compile(r"([A-Z]{1,2}\d{1,2})_\w+")  # Axion's electrode A1_23: column 2, row 3 of A1


def recognises(content: Content) -> bool:
    """Whether the file may be of this format: any text."""
    return content.hdf5 is None and b"\0" not in content.head


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a spike list in UTF-8 or Latin-1.

    Raises
    ------
    InputError
        If there are no columns for time and electrode, no spikes, spikes of several wells, or
        a row cannot be understood; one line that names the row.
    """
    text = _decoded(content.file.read())
    span = {end: _seconds(value.strip(), f"t_{end}") for end, value in SPAN_COMMENT.findall(text)}
    trains = _read_trains(text)
    if not trains:
        raise InputError("is a spike list without a single spike")
    _check_one_dish(trains)
    names = sorted(trains, key=_natural)
    unknown = np.full(len(names), np.nan)
    return [
        SpikeData(
            spike_trains=[np.sort(trains[name]) for name in names],
            electrode_names=names,
            x=unknown,
            y=unknown,
            t_start=span.get("start", 0.0),
            t_stop=span.get("stop", max(map(max, trains.values()))),
            source=content.name,
        )
    ]


def write(path: str | os.PathLike, data: SpikeData) -> None:
    """Write a spike list in order of time, with two comment lines that keep the span.

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
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("Time (s)", "Electrode"))
        for time, electrode in zip(times[order].tolist(), electrodes[order], strict=True):
            rows.writerow((time, data.electrode_names[electrode]))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # a header with µ, written on Windows


def _read_trains(text: str) -> dict[str, list[float]]:
    """Times (s) of each electrode, in the order of the rows."""
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    rows = ([cell.strip() for cell in row] for row in reader)
    rows = (row for row in rows if any(row) and not row[0].startswith("#"))
    trains = defaultdict(list)
    try:
        columns = next((found for row in rows if (found := _columns(row))), None)
        if columns is None:
            raise InputError(_no_columns(text))
        times, per_second, electrodes = columns
        for row in rows:
            if row[0].startswith("Well Information"):
                break
            row += [""] * (1 + max(times, electrodes) - len(row))
            time, electrode = row[times], row[electrodes]
            if not time and not electrode:
                continue  # Axion's description of the experiment outlasts the spikes
            if not electrode:
                raise InputError(f"line {reader.line_num}: the electrode is missing")
            trains[electrode].append(_seconds(time, f"line {reader.line_num}: time") / per_second)
    except csv.Error as error:
        raise InputError(f"line {reader.line_num}: {error}") from error
    return trains


def _columns(row: list[str]) -> tuple[int, int, int] | None:
    """Column of the times, their units per second, column of the electrodes."""
    times = [(i, found) for i, cell in enumerate(row) if (found := TIME_COLUMN.fullmatch(cell))]
    electrodes = [i for i, cell in enumerate(row) if ELECTRODE_COLUMN.fullmatch(cell)]
    if not times or not electrodes:
        return None
    column, found = times[0]
    return column, UNITS_PER_SECOND[(found["unit"] or "s").lower()], electrodes[0]


def _no_columns(text: str) -> str:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return (
        f"has no columns for time and electrode in its header {next(lines, '')[:60]!r}; "
        'right would be "Time (s),Electrode", the time in s, ms or us'
    )


def _seconds(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{what} {text!r} is not a number")
    return value


def _check_one_dish(names: Iterable[str]) -> None:
    wells = [match and match[1] for match in map(WELL.fullmatch, names)]
    found = sorted(set(filter(None, wells)), key=_natural)
    if all(wells) and len(found) > 1:
        shown = ", ".join(found[:4]) + (", ..." if len(found) > 4 else "")
        raise InputError(
            f"holds {len(found)} wells ({shown}), but a recording is one dish: "
            "keep the rows of one well in a file of its own"
        )


def _natural(name: str) -> str:
    """Sort key that puts electrode 2 before electrode 10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), name)
