"""Read recordings from files, whatever their format, and the parameters behind them."""

import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings.formats import registry
from spikinggrid.recordings.formats.content import HDF5_SIGNATURE, Options, opened
from spikinggrid.recordings.recording import Recording
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError


def read(path: str | os.PathLike) -> Recording:
    """Read a recording; its format is known by its content.

    Parameters
    ----------
    path : path-like
        A file of one of the formats in `spikinggrid.recordings.formats`, plain or compressed
        with gzip.

    Raises
    ------
    InputError
        If the file is missing, unreadable, empty, truncated, of another kind, or its
        content does not add up; one line that names the file.
    """
    path = Path(path)
    try:
        with opened(path) as content:
            (data,) = registry.format_of(content).read(content, Options())
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return _recording(data)


def load_parameters(
    source: str | os.PathLike | Recording, overrides: Iterable[str] = ()
) -> Parameters:
    """Return the parameters of a preset, of a file, or of the run behind a simulated recording.

    Parameters
    ----------
    source : str, path-like or Recording
        Name of a preset, a parameter file, or a recording in HDF5.
    overrides : iterable of str
        Changes such as `"neuron.tau_m=15 ms"`, applied last.

    Raises
    ------
    InputError
        If there are none, or they cannot be used.

    Examples
    --------
    >>> load_parameters("culture").culture.n_neurons
    1000
    """
    name = str(source)
    if not isinstance(source, Recording):
        if not is_hdf5(source):
            return parameter_files.load(source, overrides)
        source = read(source)
    else:
        name = source.source
    if not source.parameters:
        raise InputError(f"{name}: is a real recording, whose culture nobody knows")
    return parameter_files.loads(source.parameters, name, overrides)


def is_hdf5(path: str | os.PathLike) -> bool:
    """Whether a path is a file in HDF5, such as a recording, and no parameter file or preset."""
    if not os.path.isfile(path):  # unlike Path.is_file, False where a name is too long
        return False
    with open(path, "rb") as file:
        return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE


def _recording(data: SpikeData) -> Recording:
    return Recording(**{field.name: getattr(data, field.name) for field in fields(SpikeData)})
