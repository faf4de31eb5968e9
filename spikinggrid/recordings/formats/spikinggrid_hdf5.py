"""HDF5 as `Recording.save` writes it: everything that a recording holds, bit for bit.

/spikes and /stimuli hold times (s) and electrodes (rows of /electrodes), /stimuli also
amplitudes; /electrodes names and positions (m); /parameters the resolved parameter file; the
attributes of /versions the programs; /notes, where there are some, what was assumed when the
recording was read from elsewhere; /history (since version 2), where the parameters do not say
it, what the culture had gone through before; the file's own attributes the format and its
version, the span (s), well, seed and source, and the number of electrodes of the array where it
is larger.
"""

import io
import os

import h5py
import numpy as np

from spikinggrid.recordings.formats.content import Content, Options, dataset
from spikinggrid.recordings.history import History
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside

NAME = "HDF5 written by SpikingGrid"
OPTIONS: tuple[str, ...] = ()

FORMAT = "SpikingGrid recording"
FORMAT_VERSION = 2

#: Arrays of /history, by name in the file and in `History`.
HISTORY = {
    "times": "stimulus_times",
    "electrodes": "stimulus_electrodes",
    "amplitudes": "stimulus_amplitudes",
    "frozen": "frozen",
}


def recognises(content: Content) -> bool:
    """Whether the file is of this format."""
    return content.hdf5 is not None and content.hdf5.attrs.get("format") == FORMAT


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file of this format.

    Raises
    ------
    InputError
        If the file is of another version, or its content does not add up.
    """
    file = content.hdf5
    version = int(file.attrs["format_version"])
    if not 1 <= version <= FORMAT_VERSION:
        raise InputError(
            f"has format version {version}, written by another version of SpikingGrid; "
            f"right would be {FORMAT_VERSION} or less"
        )
    names = dataset(file, "electrodes/names").asstr()[()]
    times, electrodes = dataset(file, "spikes/times")[()], dataset(file, "spikes/electrodes")[()]
    if times.shape != electrodes.shape:
        raise InputError(f"/spikes has {times.size} times but {electrodes.size} electrodes")
    rows = np.arange(len(names) + 1)
    bounds = np.searchsorted(electrodes, rows)
    if bounds[0] != 0 or bounds[-1] != times.size or np.any(electrodes[1:] < electrodes[:-1]):
        raise InputError("/spikes/electrodes are not the sorted rows of /electrodes")
    return [
        SpikeData(
            spike_trains=np.split(times, bounds[1:-1]) if len(names) else [],
            electrode_names=names,
            x=dataset(file, "electrodes/x")[()],
            y=dataset(file, "electrodes/y")[()],
            t_start=file.attrs["t_start"],
            t_stop=file.attrs["t_stop"],
            n_sites=file.attrs.get("n_sites", 0),
            stimulus_times=dataset(file, "stimuli/times")[()],
            stimulus_electrodes=dataset(file, "stimuli/electrodes")[()],
            stimulus_amplitudes=dataset(file, "stimuli/amplitudes")[()],
            parameters=dataset(file, "parameters").asstr()[()],
            seed=int(file.attrs["seed"]) if "seed" in file.attrs else None,
            versions=dict(file["versions"].attrs),
            source=file.attrs["source"],
            history=_history(file) if "history" in file else None,
            well=file.attrs.get("well", ""),
            notes=dataset(file, "notes").asstr()[()] if "notes" in file else (),
        )
    ]


def write(path: str | os.PathLike, data: SpikeData) -> None:
    """Write a recording, from which `read` gives back every bit of it.

    Raises
    ------
    InputError
        If the file cannot be written or the disk is full; an existing file is then
        left as it was.
    """
    # In memory first: h5py reports a full disk in several ways, some only when closing.
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        _fill(file, data)
    with written_beside(path) as beside:
        beside.write_bytes(content.getbuffer())


def _history(file: h5py.File) -> History:
    arrays = {name: dataset(file, f"history/{own}")[()] for own, name in HISTORY.items()}
    attributes = file["history"].attrs
    return History(t_start=float(attributes["t_start"]), unknown=attributes["unknown"], **arrays)


def _fill(file: h5py.File, data: SpikeData) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["format_version"] = FORMAT_VERSION
    file.attrs["t_start"] = data.t_start
    file.attrs["t_stop"] = data.t_stop
    file.attrs["source"] = data.source
    if data.well:
        file.attrs["well"] = data.well
    if data.n_sites > data.n_electrodes:
        file.attrs["n_sites"] = data.n_sites
    if data.seed is not None:
        file.attrs["seed"] = str(data.seed)  # seeds may be longer than 64 bits
    text = h5py.string_dtype()
    file.create_dataset("parameters", data=data.parameters, dtype=text)
    file.create_dataset("electrodes/names", data=list(data.electrode_names), dtype=text)
    if data.notes:
        file.create_dataset("notes", data=list(data.notes), dtype=text)
    times, electrodes = data.events()
    numbers = {
        "electrodes/x": data.x,
        "electrodes/y": data.y,
        "spikes/times": times,
        "spikes/electrodes": electrodes,
        "stimuli/times": data.stimulus_times,
        "stimuli/electrodes": data.stimulus_electrodes,
        "stimuli/amplitudes": data.stimulus_amplitudes,
    }
    for name, values in numbers.items():
        compression = "gzip" if values.size else None  # HDF5 cannot compress what is empty
        file.create_dataset(name, data=values, compression=compression)
    file.create_group("versions").attrs.update(data.versions)
    if data.history is not None:
        history = file.create_group("history")
        history.attrs["t_start"] = data.history.t_start
        history.attrs["unknown"] = data.history.unknown
        for own, name in HISTORY.items():
            history[own] = getattr(data.history, name)
