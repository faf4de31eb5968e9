"""HDF5 of Multi Channel DataManager (Multi Channel Systems): its time stamps of spikes.

/Data/Recording_k/TimeStampStream/Stream_k holds one dataset of time stamps (us) for each
electrode, TimeStampEntity_i, and /InfoTimeStamp, which says of which electrode each is. The times
in EventStream are stimuli: digital ports and the sideband of a stimulator do not say which
electrode was stimulated, other than events that name an electrode that has spikes.

References
----------
MCS HDF5 protocol, in the documentation of McsPyDataTools (Multi Channel Systems).
"""

import re
from collections import Counter
from typing import Any

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled, plain_text
from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.formats.wells import natural
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

NAME = "HDF5 of Multi Channel DataManager (/Data/Recording_0/TimeStampStream)"
OPTIONS: tuple[str, ...] = ()

MICROSECONDS = 1e6


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    file = content.hdf5
    return file is not None and ("McsHdf5ProtocolType" in file.attrs or "Data/Recording_0" in file)


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the first recording of a file that has time stamps.

    Raises
    ------
    InputError
        If there are no time stamps, such as in a file with voltages alone.
    """
    recordings = _numbered(content.hdf5.get("Data", {}), "Recording")
    stamped = {name: group for name, group in recordings.items() if _streams(group, "TimeStamp")}
    if not stamped:
        raise InputError(
            "holds no time stamps of spikes; right would be /Data/Recording_0/TimeStampStream,"
            " which the DataManager exports once a spike detector has run"
        )
    name, recording = next(iter(stamped.items()))
    notes = []
    if len(stamped) > 1:
        notes.append(f"holds {len(stamped)} recordings: the first, {name}, is read")
    streams = _streams(recording, "TimeStamp")
    if len(streams) > 1:
        notes.append(f"has {len(streams)} streams of time stamps: the first is read")
    trains = _entities(streams[0], "TimeStampEntity", "InfoTimeStamp")
    pulses = _pulses(recording, set(trains))
    if "" in pulses:
        notes.append(f"{pulses[''].size:,} events are taken as stimuli on an electrode not known")
    duration = recording.attrs.get("Duration", 0) / MICROSECONDS
    last = max((train.max() for train in trains.values() if train.size), default=0.0)
    said = 0 < duration >= last
    return [
        assembled(
            content.name,
            trains,
            t_start=0.0 if said else None,
            t_stop=duration if said else None,
            pulses={name: times[times <= duration] for name, times in pulses.items()}
            if said
            else pulses,
            notes=notes,
        )
    ]


def _streams(recording: Any, kind: str) -> list[Any]:
    streams = _numbered(recording.get(f"{kind}Stream", {}), "Stream").values()
    return [stream for stream in streams if _numbered(stream, f"{kind}Entity")]


def _numbered(group: Any, prefix: str) -> dict[str, Any]:
    """Return the members of a group called PREFIX_0, PREFIX_1, ..., in order."""
    names = [name for name in group if re.fullmatch(rf"{prefix}_\d+", name)]
    return {name: group[name] for name in sorted(names, key=natural)}


def _entities(stream: Any, prefix: str, info: str) -> dict[str, np.ndarray]:
    """Return the times (s) in a stream by the electrode that they are of."""
    labels = _labels(stream, info)
    times = {}
    for name in _numbered(stream, prefix):
        number = int(name.rpartition("_")[2])
        values = dataset(stream, name)[()]
        row = values[0] if values.ndim == 2 else values  # events have durations in a second row
        times[labels.get(number, str(number))] = row / MICROSECONDS
    return times


def _labels(stream: Any, info: str) -> dict[int, str]:
    """Return the electrode of each entity that has a label; labels of several get its number."""
    if info not in stream:
        return {}
    table = dataset(stream, info)[()]
    number = next(name for name in table.dtype.names if name.endswith(("EntityID", "EventID")))
    labels = {
        int(row[number]): plain_text(row["SourceChannelLabels"]) or plain_text(row["Label"])
        for row in table
    }
    n_named = Counter(labels.values())
    return {
        entity: label if n_named[label] == 1 else f"{label}_{entity}"
        for entity, label in labels.items()
        if label
    }


def _pulses(recording: Any, electrodes: set[str]) -> dict[str, np.ndarray]:
    """Return the times of events by electrode, "" where they name none."""
    pulses: dict[str, list[np.ndarray]] = {}
    for stream in _streams(recording, "Event"):
        for label, times in _entities(stream, "EventEntity", "InfoEvent").items():
            pulses.setdefault(label if label in electrodes else "", []).append(times)
    return {name: np.concatenate(times) for name, times in pulses.items()}
