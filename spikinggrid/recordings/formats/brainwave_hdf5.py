"""HDF5 of 3Brain's BrainWave, `.bxr`: the spikes that it detected.

Old files have /3BResults/3BChEvents with SpikeTimes (frames) and SpikeChIDs, and /3BRecInfo with
the sampling rate, the number of frames and the rows and columns of the chip. New files have a group
for each well, such as /Well_A1, with SpikeTimes and SpikeChIdxs; the sampling rate is an attribute
of the file, or stands in the JSON of /ExperimentSettings; /TOC has the frames of each chunk.

Electrodes are called by the number of their channel, which counts along the rows of the chip from
its upper left corner on. No file says how far apart they are.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from spikinggrid.recordings.formats.assembly import (
    assembled,
    plain_text,
    rate,
    trains_by_electrode,
)
from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

NAME = "HDF5 of 3Brain BrainWave (.bxr, /3BResults or /Well_A1)"
OPTIONS: tuple[str, ...] = ("well", "sampling_rate")

OLD = "3BResults/3BChEvents"
VARIABLES = "3BRecInfo/3BRecVars"
CHIP = "3BRecInfo/3BMeaChip"


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    file = content.hdf5
    return file is not None and ("3BResults" in file or bool(_wells(file)))


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file, or one for each well.

    Raises
    ------
    InputError
        If there are no spikes, such as in a file with voltages alone, the sampling rate is
        missing, or there is no such well.
    """
    file = content.hdf5
    if "3BResults" in file:
        return [_read_old(file, content.name, options)]
    wells = {name.removeprefix("Well_"): group for name, group in _wells(file).items()}
    if options.well is not None:
        if options.well not in wells:
            raise InputError(f"--well: found {options.well}; right would be {', '.join(wells)}")
        wells = {options.well: wells[options.well]}
    sampling_rate = rate(_new_rate(file), options, "the attribute SamplingRate")
    end = int(np.max(file["TOC"][()])) if "TOC" in file and file["TOC"].size else None
    several = len(_wells(file)) > 1
    return [
        _read_well(group, content.name, well if several else "", sampling_rate, end)
        for well, group in wells.items()
    ]


def _wells(file: Any) -> dict[str, Any]:
    names = (name for name in sorted(file) if name.startswith("Well_"))
    return {name: file[name] for name in names if "SpikeTimes" in file[name]}


def _read_old(file: Any, source: str, options: Options) -> SpikeData:
    missing = [
        f"/{OLD}/{key}" for key in ("SpikeTimes", "SpikeChIDs") if f"{OLD}/{key}" not in file
    ]
    if missing:
        raise InputError(f"lacks {', '.join(missing)}: has no spikes")
    sampling_rate = rate(
        _number(file, f"{VARIABLES}/SamplingRate"), options, f"/{VARIABLES}/SamplingRate"
    )
    lines = [_number(file, f"{CHIP}/{key}") for key in ("NCols", "NRows")]
    return _assembled(
        source,
        dataset(file, f"{OLD}/SpikeTimes")[()],
        dataset(file, f"{OLD}/SpikeChIDs")[()],
        sampling_rate,
        _number(file, f"{VARIABLES}/NRecFrames"),
        None if None in lines else range(math.prod(int(n or 0) for n in lines)),
    )


def _read_well(
    group: Any, source: str, well: str, sampling_rate: float, end: float | None
) -> SpikeData:
    if "SpikeChIdxs" not in group:
        raise InputError(f"lacks {group.name}/SpikeChIdxs: of which channels the spikes are")
    stored = dataset(group, "StoredChIdxs")[()] if "StoredChIdxs" in group else None
    return _assembled(
        f"{source}, well {well}" if well else source,
        dataset(group, "SpikeTimes")[()],
        dataset(group, "SpikeChIdxs")[()],
        sampling_rate,
        end,
        stored,
        well,
    )


def _new_rate(file: Any) -> float | None:
    if "SamplingRate" in file.attrs:
        return float(np.ravel(file.attrs["SamplingRate"])[0])
    if "ExperimentSettings" not in file:
        return None
    try:
        settings = json.loads(plain_text(np.asarray(file["ExperimentSettings"][()])))
        return float(settings["TimeConverter"]["FrameRate"])
    except (ValueError, KeyError, TypeError):
        return None


def _number(file: Any, name: str) -> float | None:
    return float(np.ravel(file[name][()])[0]) if name in file else None


def _assembled(
    source: str,
    frames: np.ndarray,
    channels: np.ndarray,
    sampling_rate: float,
    end: float | None,
    stored: Iterable[int] | None,
    well: str = "",
) -> SpikeData:
    """Put a recording together of spikes in frames, with the silent channels among `stored`."""
    fired = trains_by_electrode(frames / sampling_rate, channels)
    numbers = sorted({*fired, *(() if stored is None else map(int, stored))})
    return assembled(
        source,
        {str(channel): fired.get(channel, np.empty(0)) for channel in numbers},
        t_start=None if end is None else 0.0,
        t_stop=None if end is None else end / sampling_rate,
        well=well,
    )
