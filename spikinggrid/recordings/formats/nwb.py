"""NWB (Neurodata Without Borders) in HDF5: its units, electrodes and stimuli.

Spike times are those of /units, in s. A unit lies where its electrode does, by rel_x and rel_y (um)
of /general/extracellular_ephys/electrodes, else by x and y; y is taken as it stands. Electrodes
without units are included, as silent; where some have several, each unit counts as an electrode.
The span is that of obs_intervals. Stimuli are those that
SpikingGrid writes (`nwb_writer`), /intervals/stimuli with the columns electrodes and amplitude, as
is /scratch with what NWB has no place for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled
from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.formats.provenance import span_of, with_provenance
from spikinggrid.recordings.spike_data import UNKNOWN_ELECTRODE, SpikeData
from spikinggrid.utils.errors import InputError

NAME = "NWB (/units with spike_times)"
OPTIONS: tuple[str, ...] = ()

ELECTRODES = "general/extracellular_ephys/electrodes"

#: Columns with the name of an electrode, the best first.
LABELS = ("label", "electrode_name", "channel_name", "location_name")


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
    provenance = _text(file, "spikinggrid")
    table = _Electrodes(file.get(ELECTRODES))
    said = span_of(provenance) if provenance else None
    if "units/spike_times_index" in file:
        electrodes, notes = _electrodes_of_units(file["units"], table)
        notes += _gaps(spans := _spans(file["units"]))
        said = (spans.min(), spans.max()) if spans.size else said
    elif said:  # NWB that SpikingGrid wrote has no units if there are no spikes
        silent = np.empty(0)
        electrodes = [(name, silent, table.positions[k]) for k, name in enumerate(table.names)]
        notes = []
    else:
        raise InputError(
            "is NWB without spikes; right would be /units with spike_times, as a spike sorter or"
            " detector makes it of the voltages"
        )
    t_start, t_stop = map(float, said) if said else (None, None)
    data = assembled(
        content.name,
        {name: train for name, train, _ in electrodes},
        t_start=t_start,
        t_stop=t_stop,
        positions={name: place.tolist() for name, _, place in electrodes},
        notes=notes,
    )
    stimuli = _stimuli(file, table, data.electrode_names)
    if not provenance:
        return [replace(data, **stimuli)]
    return [with_provenance(data, provenance, _text(file, "parameters"), stimuli)]


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
        raise InputError(f"{table.name}/{column}_index does not fit {table.name}/{column}")
    return np.split(values, ends.astype(np.int64))[: ends.size]


def _electrodes_of_units(
    units: Any, table: "_Electrodes"
) -> tuple[list[tuple[str, np.ndarray, np.ndarray]], list[str]]:
    """Return name, train and position of each electrode, in the order of their table; and notes."""
    ids = [str(number) for number in dataset(units, "id")[()]]
    trains = _ragged(units, "spike_times")
    rows = _ragged(units, "electrodes") if "electrodes_index" in units else []
    unknown = np.full(2, np.nan)
    if not rows or not table.names or not all(len(row) for row in rows):
        note = "units do not say their electrodes: each counts as one"
        return [(name, train, unknown) for name, train in zip(ids, trains, strict=True)], [note]
    firsts = [int(row[0]) for row in rows]
    if min(firsts) < 0 or max(firsts) >= len(table.names):
        raise InputError("/units/electrodes has rows that the table of electrodes does not have")
    notes = []
    if any(len(row) > 1 for row in rows):
        notes.append("some units are of several electrodes: the first is taken")
    of_row: dict[int, list[int]] = {row: [] for row in range(len(table.names))}
    for unit, row in enumerate(firsts):
        of_row[row].append(unit)
    several = max(map(len, of_row.values())) > 1
    if several:
        notes.append("some electrodes have several units: each unit counts as an electrode")
    electrodes = []
    for row, members in of_row.items():
        name, place = table.names[row], table.positions[row]
        if not members:
            electrodes.append((name, np.empty(0), place))
        for unit in members:
            own = f"{name}_{ids[unit]}" if several else name
            electrodes.append((own, trains[unit], place))
    return electrodes, notes


def _text(file: Any, name: str) -> str:
    """Return a text in /scratch; "" if there is none."""
    value = file[f"scratch/{name}"][()] if f"scratch/{name}" in file else ""
    return value.decode() if isinstance(value, bytes) else str(value)


def _stimuli(file: Any, table: "_Electrodes", names: Sequence[str]) -> dict[str, Any]:
    """Return the pulses in /intervals/stimuli."""
    stimuli = file.get("intervals/stimuli")
    if stimuli is None or "electrodes_index" not in stimuli:
        return {}
    place = {name: number for number, name in enumerate(names)}
    electrodes = [
        place.get(table.names[row[0]], UNKNOWN_ELECTRODE) if len(row) else UNKNOWN_ELECTRODE
        for row in _ragged(stimuli, "electrodes")
    ]
    times = dataset(stimuli, "start_time")[()]
    has_amplitude = "amplitude" in stimuli
    return {
        "stimulus_times": times,
        "stimulus_electrodes": np.array(electrodes, int),
        "stimulus_amplitudes": stimuli["amplitude"][()] if has_amplitude else np.ones(times.size),
    }


def _spans(units: Any) -> np.ndarray:
    """Return when units were observed (s), shape (n_spans, 2)."""
    spans = _ragged(units, "obs_intervals") if "obs_intervals_index" in units else []
    return np.concatenate([np.empty((0, 2)), *spans])


def _gaps(spans: np.ndarray) -> list[str]:
    """Return a note if there were times within the span that were not recorded."""
    if not len(spans):
        return []
    spans = spans[np.argsort(spans[:, 0])]
    ends = np.maximum.accumulate(spans[:-1, 1])
    gap = float(np.clip(spans[1:, 0] - ends, 0, None).sum())
    return [f"{gap:g} s within the span were not recorded, and count as silent"] if gap else []
