"""NWB (Neurodata Without Borders) in HDF5: its units, electrodes and stimuli.

Spike times are those of /units, in s. A unit lies where its electrode does, by rel_x and rel_y (um)
of /general/extracellular_ephys/electrodes, else by x and y; y is taken as it stands. Electrodes
without units are included, as silent; where some have several, each unit counts as an electrode.
The span is that of obs_intervals. Stimuli are those that
SpikingGrid writes, /intervals/stimuli with the columns electrode and amplitude.
"""

from collections import Counter
from typing import Any

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled
from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

NAME = "NWB (/units with spike_times)"
OPTIONS: tuple[str, ...] = ()

ELECTRODES = "general/extracellular_ephys/electrodes"

#: Columns with the name of an electrode, the best first.
LABELS = ("label", "electrode_name", "channel_name", "location_name")

#: Columns with positions (um), the best first.
AXES = (("rel_x", "rel_y"), ("x", "y"))


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    return content.hdf5 is not None and "nwb_version" in content.hdf5.attrs


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file.

    Raises
    ------
    InputError
        If there are no units with spike times.
    """
    file = content.hdf5
    if "units/spike_times" not in file or "units/spike_times_index" not in file:
        raise InputError(
            "is NWB without spikes; right would be /units with spike_times, as a spike sorter or"
            " detector makes it of the voltages"
        )
    units = file["units"]
    trains = _ragged(units, "spike_times")
    table = _Electrodes(file.get(ELECTRODES))
    rows = _ragged(units, "electrodes") if "electrodes_index" in units else []
    names, silent, notes = _names(units, rows, table)
    row_of = {name: int(row[0]) for name, row in zip(names, rows, strict=False) if len(row)}
    positions = {name: table.positions[row] for name, row in row_of.items()}
    positions |= {table.names[row]: table.positions[row] for row in silent}
    by_name = dict(zip(names, trains, strict=True))
    by_name |= {table.names[row]: np.empty(0) for row in silent}
    spans = np.concatenate([np.empty((0, 2)), *_spans(units)])
    said = spans.size > 0
    return [
        assembled(
            content.name,
            by_name,
            t_start=float(spans.min()) if said else None,
            t_stop=float(spans.max()) if said else None,
            positions=positions,
            notes=[*notes, *_gaps(spans)],
        )
    ]


class _Electrodes:
    """The table of electrodes: names and positions (m), by row."""

    def __init__(self, table: Any) -> None:
        self.names: list[str] = []
        self.positions = np.empty((0, 2))
        if table is None:
            return
        ids = dataset(table, "id")[()]
        label = next((name for name in LABELS if name in table), None)
        texts = [str(number) for number in ids]
        if label is not None:
            texts = [
                value.decode() if isinstance(value, bytes) else str(value)
                for value in dataset(table, label)[()]
            ]
        unique = len(set(texts)) == len(texts)
        self.names = texts if unique else [str(number) for number in ids]
        self.positions = np.full((len(ids), 2), np.nan)
        axes = next(
            (axes for axes in (("rel_x", "rel_y"), ("x", "y")) if set(axes) <= set(table)), ()
        )
        for column, axis in enumerate(axes):
            self.positions[:, column] = dataset(table, axis)[()] / 1e6


def _ragged(table: Any, column: str) -> list[np.ndarray]:
    """Return a column with several values in a row, row by row."""
    values, ends = dataset(table, column)[()], dataset(table, f"{column}_index")[()]
    if np.any(np.diff(ends.astype(np.int64)) < 0) or (ends.size and ends[-1] > len(values)):
        raise InputError(f"/units/{column}_index does not fit /units/{column}")
    return np.split(values, ends.astype(np.int64))[: ends.size]


def _names(
    units: Any, rows: list[np.ndarray], table: _Electrodes
) -> tuple[list[str], list[int], list[str]]:
    """Return the names of the units, the rows of electrodes without any, and what was assumed."""
    ids = [str(number) for number in dataset(units, "id")[()]]
    if not rows or not table.names or not all(len(row) for row in rows):
        return ids, [], ["units do not say their electrodes: each counts as one"]
    firsts = [int(row[0]) for row in rows]
    if min(firsts) < 0 or max(firsts) >= len(table.names):
        raise InputError("/units/electrodes has rows that the table of electrodes does not have")
    n_units = Counter(firsts)
    silent = [row for row in range(len(table.names)) if row not in n_units]
    notes = []
    if any(len(row) > 1 for row in rows):
        notes.append("some units are of several electrodes: the first is taken")
    if max(n_units.values()) == 1:
        return [table.names[row] for row in firsts], silent, notes
    notes.append("some electrodes have several units: each unit counts as an electrode")
    names = [f"{table.names[row]}_{unit}" for row, unit in zip(firsts, ids, strict=True)]
    return names, silent, notes


def _spans(units: Any) -> list[np.ndarray]:
    return _ragged(units, "obs_intervals") if "obs_intervals_index" in units else []


def _gaps(spans: np.ndarray) -> list[str]:
    """Return a note if there were times within the span that were not recorded."""
    if not len(spans):
        return []
    spans = spans[np.argsort(spans[:, 0])]
    ends = np.maximum.accumulate(spans[:-1, 1])
    gap = float(np.clip(spans[1:, 0] - ends, 0, None).sum())
    return [f"{gap:g} s within the span were not recorded, and count as silent"] if gap else []
