"""What every reader of a format gets: a file that was opened, unpacked and looked into.

Contents
--------
`opened`   : open a file -> `Content`
`dataset`  : a dataset of an HDF5 file that is no larger than it can be
`Options`  : what the user says of a file because the file does not
`Format`   : what a module that reads a format must have
"""

import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import h5py

from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError, quoted

GZIP_SIGNATURE = b"\x1f\x8b"
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

#: What a reader may look at to recognise its format (bytes).
HEAD = 1 << 16

#: No recording swells more than this when it is unpacked, once it is larger than `PLAUSIBLE`; ...
LARGEST_RATIO = 50
PLAUSIBLE = 100_000_000  # bytes

#: ... HDF5 packs amplitudes that are all 1 as far as gzip can.
LARGEST_RATIO_IN_HDF5 = 1100

#: More than this is not unpacked in memory (bytes).
MOST = 4_000_000_000


@dataclass(frozen=True)
class Content:
    """A file that is being read.

    Attributes
    ----------
    path : Path
        Of the file, or of the folder that is a recording.
    file : BinaryIO
        What is in it, unpacked; at its beginning. Empty for a folder.
    head : bytes
        The first `HEAD` bytes of it.
    hdf5 : h5py.File or None
        The file, if it is HDF5.
    """

    path: Path
    file: BinaryIO
    head: bytes
    hdf5: Any

    @property
    def name(self) -> str:
        """Name of the file, without its folder."""
        return self.path.name

    @property
    def is_packed(self) -> bool:
        """Whether the file at `path` is compressed."""
        return isinstance(self.file, io.BytesIO) and self.path.is_file()


TIME_UNITS = ("s", "ms", "us", "samples")


@dataclass(frozen=True)
class Options:
    """What the user says of a file because the file does not; None where nothing is said.

    Attributes
    ----------
    well : str or None
        Which well of a plate, such as "A1".
    time_unit : {"s", "ms", "us", "samples"} or None
        Unit of the times.
    sampling_rate : float or None
        Samples per second (Hz), of times in samples.
    columns : tuple of str or None
        Names of the columns of a list without a header, such as ("time", "electrode").

    Raises
    ------
    InputError
        If a unit is unknown or the sampling rate is not positive.
    """

    well: str | None = None
    time_unit: str | None = None
    sampling_rate: float | None = None
    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.time_unit not in (None, *TIME_UNITS):
            raise InputError(
                f"--time-unit: found {quoted(self.time_unit)}; right would be"
                f" {', '.join(TIME_UNITS)}"
            )
        if self.sampling_rate is not None and not 0 < self.sampling_rate < math.inf:
            raise InputError(
                f"--sampling-rate: found {self.sampling_rate:g} Hz; right would be more than 0 Hz"
            )

    def check_used(self, form: "Format") -> None:
        """Refuse what is said though the files of a format say it themselves.

        Raises
        ------
        InputError
            If something is.
        """
        for option in fields(self):
            if getattr(self, option.name) is not None and option.name not in form.OPTIONS:
                name = option.name.replace("_", "-")
                raise InputError(f"--{name}: does not go with {form.NAME}")


class Format(Protocol):
    """A module that reads the files of one format.

    Attributes
    ----------
    NAME : str
        What the format is, for messages.
    OPTIONS : tuple of str
        The fields of `Options` that it takes.
    """

    NAME: str
    OPTIONS: tuple[str, ...]

    def recognises(self, content: Content) -> bool:
        """Whether the file is of this format."""

    def read(self, content: Content, options: Options) -> list[SpikeData]:
        """Read the recordings in a file, one for each dish."""


@contextmanager
def opened(path: str | os.PathLike) -> Iterator[Content]:
    """Open a file, unpack it if it is compressed with gzip, and look into it; or take a folder.

    Raises
    ------
    InputError
        If it is empty, or truncated or damaged gzip or HDF5.
    OSError
        If it cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        yield Content(path.resolve(), io.BytesIO(), b"", None)
        return
    with path.open("rb") as packed:
        signature = packed.read(len(GZIP_SIGNATURE))
        packed.seek(0)
        file = _unpacked(packed) if signature == GZIP_SIGNATURE else packed
        head = file.read(HEAD)
        file.seek(0)
        if not head:
            raise InputError("is empty")
        if not begins_as_hdf5(head):
            yield Content(path, file, head, None)
            return
        try:
            with h5py.File(file, "r") as hdf5:
                yield Content(path, file, head, hdf5)
        except InputError:
            raise
        except Exception as error:  # damage makes h5py raise errors of every kind
            raise InputError(f"is truncated or damaged HDF5 ({error})") from error


def begins_as_hdf5(head: bytes) -> bool:
    """Return whether a file that begins like this is HDF5; MATLAB and others put text before it."""
    return any(head.startswith(HDF5_SIGNATURE, start) for start in (0, 512))


def _unpacked(packed: BinaryIO) -> io.BytesIO:
    """Unpack a gzip file into memory, unless it swells as no recording does."""
    content = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=packed) as file:
            while chunk := file.read(1 << 20):
                content.write(chunk)
                _check_size("it", content.tell(), packed.tell(), LARGEST_RATIO)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"is truncated or damaged gzip ({error})") from error
    content.seek(0)
    return content


def dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """Return a dataset that is no larger than what is stored of it can be.

    Raises
    ------
    InputError
        If it claims to be larger.
    KeyError
        If there is none.
    """
    values = file[name]
    stored = values.id.get_storage_size()
    _check_size(f"/{name}", values.nbytes, stored, LARGEST_RATIO_IN_HDF5)
    return values


def _check_size(what: str, n_bytes: int, n_packed: int, largest_ratio: int) -> None:
    """Raise InputError if so many bytes cannot come of so many packed ones, or are too many."""
    if n_bytes > max(PLAUSIBLE, largest_ratio * n_packed):
        raise InputError(
            f"is refused: unpacked, {what} takes more than {largest_ratio} times the space, which"
            " no recording does"
        )
    if n_bytes > MOST:
        raise InputError(f"is refused: unpacked, {what} takes more than {MOST / 1e9:g} GB")
