"""HDF5 as Charlesworth et al. (2015) published their recordings.

/spikes (s) holds one electrode's train after another's, /sCount the spikes of each, /epos (um)
where the electrodes lie, /names what they are called, /recordingtime the span (s). Files of the
collection of retinal waves have the same layout without /recordingtime, some without /names.

y runs downwards in a `Recording`, as in images. It runs upwards in the files that were published,
and is turned round for the array of that collection, MCS_8x8_200um; of another array it is taken
as it stands.

References
----------
Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015) Neural Development 10:1,
doi:10.1186/s13064-014-0028-0.
"""

from collections.abc import Iterable, Sequence

import h5py
import numpy as np

from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.formats.spans import span
from spikinggrid.recordings.spike_data import SpikeData, within_rounding
from spikinggrid.utils.errors import InputError

NEEDED = ("spikes", "sCount", "epos")

NAME = "HDF5 of the Charlesworth 2015 collection (/spikes, /sCount, /names, /epos, /recordingtime)"
OPTIONS: tuple[str, ...] = ()

#: Times in single precision are right to this share of the span.
SINGLE_PRECISION = 1e-6

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
    missing = [f"/{key}" for key in NEEDED if key not in file]
    if missing:
        raise InputError(f"lacks {', '.join(missing)} of the Charlesworth 2015 format")
    spikes, counts = dataset(file, "spikes")[()], dataset(file, "sCount")[()]
    if counts.min(initial=0) < 0 or counts.sum() != spikes.size:
        raise InputError(f"/sCount adds up to {counts.sum()} spikes, /spikes holds {spikes.size}")
    if file["epos"].shape != (2, counts.size):
        raise InputError(f"/epos has shape {file['epos'].shape}, right would be (2, {counts.size})")
    x, y = dataset(file, "epos")[()]
    array = _text(file["array"]) if "array" in file else ""
    if array in TOP_AND_BOTTOM:
        # MCS counts rows from the top, and row 2 (ch_12) is at 1400 um, row 7 at 400 um.
        y = TOP_AND_BOTTOM[array] - y
    trains = np.split(spikes.astype(float), np.cumsum(counts)[:-1]) if counts.size else []
    t_start, t_stop, notes = _span(file, trains)
    if spikes.dtype.itemsize < 8:
        rounding = SINGLE_PRECISION * (t_stop - t_start)
        trains, moved = within_rounding(trains, t_start, t_stop, rounding)
        notes += ["its times are in single precision", *moved]
    if "names" not in file:
        notes.append("the electrodes have no names: called 1, 2, ...")
    return [
        SpikeData(
            spike_trains=trains,
            electrode_names=_names(file, counts.size),
            x=x / 1e6,
            y=y / 1e6,
            t_start=t_start,
            t_stop=t_stop,
            n_sites=N_ELECTRODES.get(array, 0),
            source=", ".join([content.name, *_details(file)]),
            notes=notes,
        )
    ]


def _span(file: h5py.File, trains: Sequence[np.ndarray]) -> tuple[float, float, list[str]]:
    """Return the span of the recording (s), and what had to be assumed."""
    if "recordingtime" in file:
        if file["recordingtime"].shape != (2,):
            raise InputError("/recordingtime must hold two times, start and end")
        t_start, t_stop = map(float, file["recordingtime"][()])
        return t_start, t_stop, []
    times = np.concatenate([np.empty(0), *trains])
    if not times.size:
        raise InputError("has neither spikes nor /recordingtime")
    first, last = float(times.min()), float(times.max())
    if "summary/duration" in file:
        duration = float(_text(file["summary/duration"]))
        if first >= 0 and last <= duration:
            return 0.0, duration, ["has no /recordingtime: lasts as long as /summary/duration says"]
    t_start, t_stop, notes = span(first, last)
    return t_start, t_stop, [f"has no /recordingtime: {note}" for note in notes]


def _names(file: h5py.File, n: int) -> list[str]:
    if "names" in file:
        return list(dataset(file, "names").asstr()[()])
    return [str(i + 1) for i in range(n)]


def _details(file: h5py.File) -> Iterable[str]:
    details = {"meta/key": "{}", "meta/region": "{}", "meta/age": "DIV {}", "array": "{}"}
    return (form.format(_text(file[key])) for key, form in details.items() if key in file)


def _text(values: h5py.Dataset) -> str:
    value = np.ravel(values[()])[0]
    return value.decode() if isinstance(value, bytes) else str(value)
