"""HDF5 as Charlesworth et al. (2015) published their recordings.

/spikes (s) holds one electrode's train after another's, /sCount the spikes of each, /names and
/epos (um) the electrodes, /recordingtime the span (s).

y runs downwards in a `Recording`, as in images. It runs upwards in the files that were published,
and is turned round for the array of that collection, MCS_8x8_200um; of another array it is taken
as it stands.

References
----------
Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015) Neural Development 10:1,
doi:10.1186/s13064-014-0028-0.
"""

from collections.abc import Iterable

import h5py
import numpy as np

from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

DATASETS = ("spikes", "sCount", "names", "epos", "recordingtime")

NAME = f"HDF5 of the Charlesworth 2015 collection ({', '.join('/' + name for name in DATASETS)})"
OPTIONS = ()

#: By array, the y (um) of the top and the bottom row of electrodes added up.
TOP_AND_BOTTOM = {"MCS_8x8_200um": 1800.0}

#: By array, how many electrodes it has; those that never fired are absent from the files.
N_ELECTRODES = {"MCS_8x8_200um": 59}


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    return content.hdf5 is not None and "spikes" in content.hdf5 and "sCount" in content.hdf5


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file of this format.

    Raises
    ------
    InputError
        If a dataset is missing, or the content does not add up.
    """
    file = content.hdf5
    missing = [f"/{key}" for key in DATASETS if key not in file]
    if missing:
        raise InputError(f"lacks {', '.join(missing)} of the Charlesworth 2015 format")
    spikes, counts = dataset(file, "spikes")[()], dataset(file, "sCount")[()]
    if counts.min(initial=0) < 0 or counts.sum() != spikes.size:
        raise InputError(f"/sCount adds up to {counts.sum()} spikes, /spikes holds {spikes.size}")
    if file["epos"].shape != (2, counts.size):
        raise InputError(f"/epos has shape {file['epos'].shape}, right would be (2, {counts.size})")
    if file["recordingtime"].shape != (2,):
        raise InputError("/recordingtime must hold two times, start and end")
    x, y = dataset(file, "epos")[()]
    array = _text(file["array"]) if "array" in file else ""
    if array in TOP_AND_BOTTOM:
        # MCS counts rows from the top, and row 2 (ch_12) is at 1400 um, row 7 at 400 um.
        y = TOP_AND_BOTTOM[array] - y
    t_start, t_stop = file["recordingtime"][()]
    return [
        SpikeData(
            spike_trains=np.split(spikes, np.cumsum(counts)[:-1]) if counts.size else [],
            electrode_names=dataset(file, "names").asstr()[()],
            x=x / 1e6,
            y=y / 1e6,
            t_start=t_start,
            t_stop=t_stop,
            n_sites=N_ELECTRODES.get(array, 0),
            source=", ".join([content.name, *_details(file)]),
        )
    ]


def _details(file: h5py.File) -> Iterable[str]:
    details = {"meta/key": "{}", "meta/region": "{}", "meta/age": "DIV {}", "array": "{}"}
    return (form.format(_text(file[key])) for key, form in details.items() if key in file)


def _text(values: h5py.Dataset) -> str:
    value = np.ravel(values[()])[0]
    return value.decode() if isinstance(value, bytes) else str(value)
