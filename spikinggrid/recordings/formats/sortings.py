"""Sortings of SpikeInterface: objects, and folders to which it saved them.

A folder holds `spikes.npy` with `numpysorting_info.json`, or `sorting_cached.npz`. Each unit counts
as an electrode; neither says where it lies. A sorting does not say how long was recorded either,
unless it is an object to which the recording was registered.
"""

import json
from typing import Any

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled, trains_by_electrode
from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

NAME = "a folder of a SpikeInterface sorting (spikes.npy or sorting_cached.npz)"
OPTIONS: tuple[str, ...] = ()

INFO = "numpysorting_info.json"
CACHED = "sorting_cached.npz"

NOTES = ["each unit counts as an electrode"]


def recognises(content: Content) -> bool:
    """Whether the folder holds a sorting."""
    return any((content.path / name).is_file() for name in (INFO, CACHED))


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the first segment of the sorting in a folder.

    Raises
    ------
    InputError
        If the folder is damaged or of another version.
    """
    folder = content.path
    try:
        if (folder / CACHED).is_file():
            with np.load(folder / CACHED) as file:
                units, n_segments = file["unit_ids"], int(file["num_segment"][0])
                per_second = float(file["sampling_frequency"][0])
                samples, labels = file["spike_indexes_seg0"], file["spike_labels_seg0"]
        else:
            info = json.loads((folder / INFO).read_text("utf-8"))
            units, n_segments = np.array(info["unit_ids"]), int(info["num_segments"])
            per_second = float(info["sampling_frequency"])
            spikes = np.load(folder / "spikes.npy")
            spikes = spikes[spikes["segment_index"] == 0]
            samples, labels = spikes["sample_index"], units[spikes["unit_index"]]
    except Exception as error:  # damage makes NumPy raise errors of every kind
        raise InputError(f"is a damaged sorting ({error!r})") from error
    trains = trains_by_electrode(samples / per_second, labels)
    by_name = {str(unit): trains.get(unit, np.empty(0)) for unit in units.tolist()}
    return [assembled(content.name, by_name, notes=_notes(n_segments))]


def of_sorting(sorting: Any, duration: float | None, source: str) -> SpikeData:
    """Return the first segment of a sorting of SpikeInterface.

    Parameters
    ----------
    sorting : spikeinterface.BaseSorting
    duration : float, optional
        How long was recorded (s); that of the recording registered to it unless given.
    source : str
        Description where it comes from.

    Raises
    ------
    InputError
        If it has no spikes and does not say how long was recorded, or things do not add up.
    """
    if duration is None and sorting.has_recording():
        duration = float(sorting.get_total_duration())
    trains = {
        str(unit): sorting.get_unit_spike_train(unit, segment_index=0, return_times=True)
        for unit in sorting.unit_ids
    }
    return assembled(
        source,
        trains,
        t_start=None if duration is None else 0.0,
        t_stop=duration,
        notes=_notes(sorting.get_num_segments()),
    )


def _notes(n_segments: int) -> list[str]:
    several = f"holds {n_segments} segments: the first is read"
    return [*NOTES, several] if n_segments > 1 else list(NOTES)
