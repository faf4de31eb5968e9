"""Read recordings from files, whatever their format."""

import os
from dataclasses import fields
from pathlib import Path

from spikinggrid.recordings.formats import registry
from spikinggrid.recordings.formats.content import Options, opened
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


def _recording(data: SpikeData) -> Recording:
    return Recording(**{field.name: getattr(data, field.name) for field in fields(SpikeData)})
