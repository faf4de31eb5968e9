"""Text of MC_DataTool (Multi Channel Systems): the spikes of each electrode in a block of its own.

A block begins with the line `t  Spikes 2 21  Unit`, whose last word before `Unit` is the electrode,
and a line of units, `[ms]`. Each further line is a spike: time, amplitude and unit.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled
from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.formats.text import Lines, number
from spikinggrid.recordings.formats.time_units import PER_SECOND
from spikinggrid.recordings.formats.wells import natural
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError, quoted

NAME = "text of MC_DataTool (MC_DataTool ASCII conversion, with spikes)"
OPTIONS: tuple[str, ...] = ()

TITLE = b"MC_DataTool ASCII conversion"

HEADER = re.compile(r"t\s+.*?spikes?\b.*?(?P<electrode>\w+)(\s+unit)?\s*", re.IGNORECASE)
UNITS = re.compile(r"\[(?P<unit>s|ms|[uµμ]s)\].*", re.IGNORECASE)


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    return content.head.lstrip(b"\xef\xbb\xbf").startswith(TITLE)


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file.

    Raises
    ------
    InputError
        If there are no blocks of spikes, such as in a file with voltages alone, or a line cannot
        be understood.
    """
    with closing(Lines(content.file)) as lines:
        next(lines)
        spikes = _spikes(lines)
    if not spikes:
        raise InputError(
            "has no block of spikes; right would be lines such as"
            ' "t  Spikes 1 12  Unit" with the times of the electrode below'
        )
    units = defaultdict(list)
    for electrode, unit in spikes:
        units[electrode].append(unit)
    several = {electrode for electrode, of_electrode in units.items() if len(of_electrode) > 1}
    trains = {
        f"{electrode}_{unit}" if electrode in several else electrode: times
        for (electrode, unit), times in spikes.items()
    }
    notes = ["some electrodes have several units: each unit counts as an electrode"]
    names = sorted(trains, key=natural)
    return [
        assembled(
            content.name, {name: trains[name] for name in names}, notes=notes if several else []
        )
    ]


def _spikes(lines: Iterable[str]) -> dict[tuple[str, str], np.ndarray]:
    """Return the times (s) of the spikes by electrode and unit, in order of the blocks."""
    spikes: defaultdict[tuple[str, str], array] = defaultdict(lambda: array("d"))
    electrode, per_second = "", 0
    for line_number, line in enumerate(lines, start=2):
        cells = line.split()
        if not cells:
            continue
        if cells[0] == "t":
            match = HEADER.fullmatch(line.strip())
            if not match:
                raise InputError(
                    f"line {line_number}: found {quoted(line.strip())}; right would be a block of"
                    ' spikes, such as "t  Spikes 1 12  Unit": voltages cannot be read'
                )
            electrode, per_second = match["electrode"], 0
        elif match := UNITS.fullmatch(line.strip()):
            per_second = PER_SECOND[re.sub("^[µμ]", "u", match["unit"].lower())]
        else:
            time = number(cells[0].replace(",", ".", 1))
            if time is None or not per_second:
                raise InputError(
                    f"line {line_number}: found {quoted(line.strip())}; right would be a spike,"
                    " below a line with its electrode and a line with its unit, [ms]"
                )
            unit = cells[2] if len(cells) > 2 else ""
            spikes[electrode, unit].append(time / per_second)
    return {key: np.array(times) for key, times in spikes.items()}
