"""HDF5 of MaxWell Biosystems (MaxOne, MaxTwo): the spikes that the chip's software detected.

New files have /data_store/data0000 or /wells/well000/rec0000 with `spikes` {frameno, channel,
amplitude}, `settings/sampling` (Hz), `settings/mapping` {channel, electrode, x, y} (um) and
`groups/routed/frame_nos`, whose first is the frame at which the recording began. Old files have
/proc0/spikeTimes, /mapping and the voltages /sig, whose last two rows hold the frame number, at
20 kHz. Electrodes are named by their number on the chip; y is taken as it stands.
"""

from typing import Any

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled, rate, trains_by_electrode
from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

NAME = "HDF5 of MaxWell Biosystems (spikes with frameno, channel and amplitude)"
OPTIONS: tuple[str, ...] = ("well", "sampling_rate")

#: Of files of the old layout, which do not say it (Hz).
OLD_RATE = 20_000.0

#: Rows of /sig that hold the lower and the upper 16 bits of the frame number.
FRAME_ROWS = (-2, -1)


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    file = content.hdf5
    if file is None:
        return False
    if "proc0/spikeTimes" in file:
        return True
    return any(_has_spikes(recording) for recording in _recordings(file).values())


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file, or one for each well.

    Raises
    ------
    InputError
        If the sampling rate is missing, or there is no such well.
    """
    file = content.hdf5
    if "proc0/spikeTimes" in file:
        return [_read_old(content, options)]
    recordings = _recordings(file)
    wells = {name: group for name, group in recordings.items() if _has_spikes(group)}
    if options.well is not None:
        if options.well not in wells:
            raise InputError(f"--well: found {options.well}; right would be {', '.join(wells)}")
        wells = {options.well: wells[options.well]}
    several = len(recordings) > 1
    return [
        _read_new(group, content.name, name if several else "", options)
        for name, group in wells.items()
    ]


def _recordings(file: Any) -> dict[str, Any]:
    """Return the first recording of each well, by the name of the well."""
    wells = file.get("wells", {})
    recordings = {well: wells[well][sorted(wells[well])[0]] for well in sorted(wells)}
    if recordings:
        return recordings
    store = file.get("data_store", {})
    return {name: store[name] for name in sorted(store)}


def _has_spikes(recording: Any) -> bool:
    spikes = recording.get("spikes") if hasattr(recording, "get") else None
    names = getattr(getattr(spikes, "dtype", None), "names", None) or ()
    return {"frameno", "channel"} <= set(names)


def _read_new(recording: Any, source: str, well: str, options: Options) -> SpikeData:
    said = recording.get("settings/sampling")
    sampling_rate = rate(
        None if said is None else float(np.ravel(said[()])[0]), options, "settings/sampling"
    )
    mapping = recording.get("settings/mapping")
    frames = recording.get("groups/routed/frame_nos")
    bounds = None if frames is None or not frames.size else (int(frames[0]), int(frames[-1]) + 1)
    spikes = dataset(recording, "spikes")[()]
    label = f"{source}, well {well}" if well else source
    return _assembled(label, spikes, mapping, sampling_rate, bounds, well, [])


def _read_old(content: Content, options: Options) -> SpikeData:
    file = content.hdf5
    told = options.sampling_rate
    notes = [] if told else ["the sampling rate is not said: taken as 20 kHz, that of MaxOne"]
    bounds = None
    if "sig" in file and file["sig"].shape[0] > len(FRAME_ROWS) and file["sig"].shape[1]:
        low, high = (int(file["sig"][row, 0]) for row in FRAME_ROWS)
        first = low | high << 16
        bounds = (first, first + file["sig"].shape[1])
    spikes = dataset(file, "proc0/spikeTimes")[()]
    return _assembled(
        content.name, spikes, file.get("mapping"), told or OLD_RATE, bounds, "", notes
    )


def _assembled(
    source: str,
    spikes: np.ndarray,
    mapping: Any,
    sampling_rate: float,
    bounds: tuple[int, int] | None,
    well: str,
    notes: list[str],
) -> SpikeData:
    """Put a recording together of spikes in frames.

    `bounds` are the first frame that was recorded and the one after the last.
    """
    first, end = bounds or (0, None)
    if bounds is None:
        notes = [*notes, "has no frame numbers of the signals: spikes are counted from frame 0"]
    else:
        inside = (spikes["frameno"] >= first) & (spikes["frameno"] <= bounds[1])
        spikes, n_outside = spikes[inside], int(np.sum(~inside))
        if n_outside:
            notes = [*notes, f"{n_outside:,} spikes outside the recorded signals are left out"]
    seconds = (spikes["frameno"].astype(np.int64) - first) / sampling_rate
    by_channel = trains_by_electrode(seconds, spikes["channel"])
    if mapping is None:
        notes = [*notes, "has no mapping: electrodes are called by channel, without positions"]
        names = {channel: str(channel) for channel in by_channel}
        positions: dict[str, tuple[float, float]] = {}
    else:
        names, positions = _electrodes(mapping)
    unmapped = sum(train.size for channel, train in by_channel.items() if channel not in names)
    if unmapped:
        notes = [*notes, f"{unmapped:,} spikes on channels without an electrode are left out"]
    return assembled(
        source,
        {name: by_channel.get(channel, np.empty(0)) for channel, name in names.items()},
        t_start=None if end is None else 0.0,
        t_stop=None if end is None else (end - first) / sampling_rate,
        positions=positions,
        well=well,
        notes=notes,
    )


def _electrodes(mapping: Any) -> tuple[dict[int, str], dict[str, tuple[float, float]]]:
    """Return the names of the electrodes by channel, and their positions (m)."""
    rows = [row for row in mapping[()] if row["electrode"] >= 0]
    names = {int(row["channel"]): str(row["electrode"]) for row in rows}
    return names, {str(row["electrode"]): (row["x"] / 1e6, row["y"] / 1e6) for row in rows}
