"""Write recordings to files, in the format that the name of the file asks for."""

import os
from pathlib import Path

from spikinggrid.recordings.formats import nwb_writer, spike_list, spikinggrid_hdf5
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.extras import check_installed

#: How to write files by their suffix; all others are HDF5 of our own.
WRITERS = {".csv": spike_list.write, ".nwb": nwb_writer.write}

#: The suffixes that have a format of their own, and those of HDF5.
SUFFIXES = (".h5", ".hdf5", *WRITERS)


def write(path: str | os.PathLike, data: SpikeData) -> None:
    """Write a recording: a spike list to .csv, NWB to .nwb, HDF5 to any other name.

    Raises
    ------
    InputError
        If the file cannot be written, or the format cannot hold the recording; an existing file
        is then left as it was.
    """
    WRITERS.get(Path(path).suffix.lower(), spikinggrid_hdf5.write)(path, data)


def check_format(path: str | os.PathLike) -> None:
    """Find out before long work whether the packages are there to write its result.

    Raises
    ------
    InputError
        If one is missing.
    """
    if Path(path).suffix.lower() == ".nwb":
        check_installed(f"{path}: NWB", "formats", "pynwb")


def lost(path: str | os.PathLike, data: SpikeData) -> list[str]:
    """Return what a recording holds that the format of a file does not."""
    if Path(path).suffix.lower() != ".csv":
        return []
    kinds = {
        "positions": data.has_positions,
        "stimuli": data.stimulus_times.size > 0,
        "names of silent electrodes": not all(train.size for train in data.spike_trains),
        "parameters": bool(data.parameters),
    }
    return [kind for kind, is_there in kinds.items() if is_there]
