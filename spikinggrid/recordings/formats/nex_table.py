"""Tables of time stamps as NeuroExplorer exports them: a column for each unit, cells apart by tabs.

The first line names the units. Below each stand the times of its spikes, in s unless told
otherwise; a column ends where its unit has no more. A decimal comma is understood.
"""

import io
from array import array
from collections.abc import Iterator
from contextlib import closing

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled, rate
from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.formats.spike_list import ELECTRODE_COLUMN, TIME_COLUMN
from spikinggrid.recordings.formats.text import Lines, is_text, number, rows
from spikinggrid.recordings.formats.time_units import PER_SECOND, check_seconds
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError, quoted

NAME = "a table with a column of time stamps for each unit (NeuroExplorer)"
OPTIONS: tuple[str, ...] = ("time_unit", "sampling_rate")

SEPARATOR = "\t"


def recognises(content: Content) -> bool:
    """Return whether the first line names two units or more, and the next has times alone."""
    if content.hdf5 is not None or not is_text(content.head):
        return False
    with closing(Lines(io.BytesIO(content.head))) as lines:
        try:
            names, cells = (next(_filled(lines), []) for _ in range(2))
        except InputError:
            return False
    of_spike_list = any(
        TIME_COLUMN.fullmatch(name) or ELECTRODE_COLUMN.fullmatch(name) for name in names
    )
    return (
        len(names) > 1
        and all(name and _time(name) is None for name in names)
        and not of_spike_list
        and 0 < len(cells) <= len(names)
        and all(not cell or _time(cell) is not None for cell in cells)
    )


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file.

    Raises
    ------
    InputError
        If two columns have the same name, a cell is no time, or there are no spikes.
    """
    with closing(Lines(content.file)) as lines:
        table = _filled(lines)
        names = next(table)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"line {lines.number}: two columns are called {quoted(twice)}")
        times = {name: array("d") for name in names}
        for cells in table:
            if len(cells) > len(names):
                raise InputError(
                    f"line {lines.number}: has {len(cells)} cells, but there are {len(names)} units"
                )
            for name, cell in zip(names, cells, strict=False):
                if not cell:
                    continue
                time = _time(cell)
                if time is None:
                    raise InputError(
                        f"line {lines.number}: found {quoted(cell)} in the column {quoted(name)};"
                        " right would be the time of a spike, such as 0.125"
                    )
                times[name].append(time)
    unit = options.time_unit or "s"
    samples = unit == "samples"
    per_second = rate(None, options, "of a table") if samples else PER_SECOND[unit]
    trains = {name: np.sort(times[name]) / per_second for name in names}
    fired = [train for train in trains.values() if train.size]
    if options.time_unit is None:
        length = max(train[-1] for train in fired) - min(train[0] for train in fired)
        check_seconds(trains, length, "time stamps")
    notes = ["each unit counts as an electrode"]
    return [assembled(content.name, trains, notes=notes)]


def _filled(lines: Lines) -> Iterator[list[str]]:
    """Yield the cells of lines that hold any, without what only separates at their ends."""
    for cells in rows(lines, SEPARATOR):
        stripped = [cell.strip() for cell in cells]
        while stripped and not stripped[-1]:
            stripped.pop()
        if stripped:
            yield stripped


def _time(cell: str) -> float | None:
    return number(cell.replace(",", ".", 1))
