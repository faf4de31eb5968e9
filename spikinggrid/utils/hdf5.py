"""HDF5 files that the program writes for itself: whole, as they were written, or refused.

written    a new file, which appears once it is complete
opened     a file whose content is what was written

HDF5 itself notices neither bytes that have changed nor datasets that were replaced. Since version 3
a checksum of all that follows stands before the content, where HDF5 leaves room for it.
"""

import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import h5py

from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside

#: Of all kinds of files; those of an earlier version have no checksum.
VERSION = 3

#: So many bytes stand before the content.
ROOM = 512

BEGIN = b"SpikingGrid, CRC-32 "

#: Bytes that are read at a time.
CHUNK = 1 << 24


@contextmanager
def written(path: str | os.PathLike, kind: str) -> Iterator[h5py.File]:
    """Give a new file to fill, which is written when the block succeeds.

    It is filled in memory: h5py reports a full disk in several ways, some only when closing.

    Parameters
    ----------
    path : path-like
        Where the file belongs; see `files.written_beside`.
    kind : str
        What it holds, such as "SpikingGrid benchmark".

    Yields
    ------
    h5py.File

    Raises
    ------
    InputError
        If it cannot be written; an existing file is then left as it was.
    """
    memory = io.BytesIO()
    with h5py.File(memory, "w", userblock_size=ROOM) as file:
        file.attrs["format"], file.attrs["version"] = kind, VERSION
        yield file
    content = memory.getbuffer()
    content[:ROOM] = _head(zlib.crc32(content[ROOM:]))
    with written_beside(path) as beside:
        beside.write_bytes(content)


@contextmanager
def opened(path: str | os.PathLike, kind: str, what: str) -> Iterator[h5py.File]:
    """Open a file that `written` wrote.

    Parameters
    ----------
    path : path-like
    kind : str
        As it was written.
    what : str
        What it is to the user, such as "the result of a benchmark".

    Yields
    ------
    h5py.File

    Raises
    ------
    InputError
        If it is missing, damaged, of another kind or of a later version, or if reading it in the
        block fails.
    """
    try:
        with Path(path).open("rb") as raw:
            has_checksum = _is_whole(raw)
            with h5py.File(raw, "r") as file:
                if file.attrs.get("format") != kind:
                    raise InputError(f"{path}: is not {what}")
                version = int(file.attrs.get("version", 1))
                if not 1 <= version <= VERSION:
                    raise InputError(
                        f"{path}: has version {version} of the format; this program reads up to"
                        f" version {VERSION}"
                    )
                if version == VERSION and not has_checksum:
                    raise InputError(f"{path}: is damaged: its checksum is missing")
                yield file
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; give the name of a file") from None
    except Exception as error:  # damage makes h5py raise errors of every kind
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path}: is damaged or not an HDF5 file: {reason}") from error


def _head(checksum: int) -> bytes:
    return (BEGIN + b"%08x\n" % checksum).ljust(ROOM, b"\0")


def _is_whole(raw: BinaryIO) -> bool:
    """Return whether a file has the checksum that it names, or False if it names none."""
    head, checksum = raw.read(ROOM), 0
    if not head.startswith(BEGIN):
        return False
    while chunk := raw.read(CHUNK):
        checksum = zlib.crc32(chunk, checksum)
    if head != _head(checksum):
        raise ValueError("its content is not what was written")
    return True
