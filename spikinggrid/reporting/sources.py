"""What a file is that a report shall tell of, by its content; what has no table of it is a preset.

recording    spikes of one dish, or of each well of a plate
parameters   a parameter file, such as `fit` writes; the dish is simulated
benchmark    `result.h5` of `benchmark`
"""

import os
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import h5py

from spikinggrid.digits import benchmark_result
from spikinggrid.fitting.fitted_file import read_head
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import Recording
from spikinggrid.recordings.reading import is_hdf5

Kind = Enum("Kind", ["RECORDING", "PARAMETERS", "BENCHMARK"])


def kind_of(path: str | os.PathLike) -> Kind:
    """Return what a file is; what cannot be told here is left to the readers of recordings."""
    if Path(path).suffix == ".toml" or (not os.path.isfile(path) and is_preset(path)):
        return Kind.PARAMETERS
    if is_hdf5(path) and _format(path) == benchmark_result.FORMAT:
        return Kind.BENCHMARK
    return Kind.RECORDING


def is_preset(name: str | os.PathLike) -> bool:
    """Return whether a name is that of a preset."""
    return str(name) in parameter_files.presets()


def head_of(name: str | os.PathLike) -> list[str]:
    """Return the lines at the head of a parameter file; none of a preset."""
    return read_head(name) if os.path.isfile(name) else []


def name_of(path: str | os.PathLike, recording: Recording | None = None) -> str:
    """Return what a page calls a file, and of a plate the well."""
    well = recording.well if recording is not None else ""
    return " ".join(filter(None, (Path(path).name or str(path), well)))


def unique(name: str, taken: Sequence[str]) -> str:
    """Return a name, with a number after it if it is taken.

    Examples
    --------
    >>> unique("dish.h5", ["dish.h5", "other.h5"])
    'dish.h5 (2)'
    """
    numbers = range(2, len(taken) + 3)
    names = (name, *(f"{name} ({number})" for number in numbers))
    return next(one for one in names if one not in taken)


def _format(path: str | os.PathLike) -> object:
    try:
        with h5py.File(path, "r") as file:
            return file.attrs.get("format")
    except OSError:
        return None
