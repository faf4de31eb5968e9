"""HDF5 of Cortical Labs' CL1: the spikes and stimuli of a recording.

/spikes and /stims have the columns `timestamp` (frames from the start) and `channel`; attributes of
the file say how many frames are a second and how long was recorded. Channels count down the
columns of the array, 8 in each.
"""

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled, rate, trains_by_electrode
from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.spike_data import SpikeData

NAME = "HDF5 of Cortical Labs (/spikes and /stims with timestamp and channel)"
OPTIONS: tuple[str, ...] = ("sampling_rate",)

#: Attributes that say how many frames are a second.
RATES = ("frames_per_second", "sampling_frequency")


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    file = content.hdf5
    if file is None or "spikes" not in file:
        return False
    return {"timestamp", "channel"} <= set(
        getattr(file["spikes"], "dtype", np.dtype(int)).names or ()
    )


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file.

    Raises
    ------
    InputError
        If the sampling rate is missing.
    """
    file = content.hdf5
    said = next((float(file.attrs[name]) for name in RATES if name in file.attrs), None)
    sampling_rate = rate(said, options, "the attribute frames_per_second")
    spikes = dataset(file, "spikes")
    trains = trains_by_electrode(spikes["timestamp"] / sampling_rate, spikes["channel"])
    pulses = {}
    if "stims" in file:
        stims = dataset(file, "stims")
        pulses = trains_by_electrode(stims["timestamp"] / sampling_rate, stims["channel"])
    frames = file.attrs.get("duration_frames")
    n_channels = int(file.attrs.get("channel_count", 0))
    channels = sorted({*range(n_channels), *trains, *pulses})
    return [
        assembled(
            content.name,
            {str(channel): trains.get(channel, np.empty(0)) for channel in channels},
            t_start=None if frames is None else 0.0,
            t_stop=None if frames is None else int(frames) / sampling_rate,
            pulses={str(channel): times for channel, times in pulses.items()},
        )
    ]
