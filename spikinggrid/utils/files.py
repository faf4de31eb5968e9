"""Files: where the package's own lie, and writing so that nothing is left half-written."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from spikinggrid.utils.errors import InputError


def shipped_folder(package: str, name: str, in_checkout: str) -> Traversable:
    """Return a folder of data that comes with the package.

    Parameters
    ----------
    package, name : str
        Where an installation has it: a package, and the name of the folder in it.
    in_checkout : str
        Where a checkout has it: the name of a folder at the top.

    Returns
    -------
    Traversable
        A path, unless the package lies in a zip file.

    Raises
    ------
    InputError
        If the installation lacks it.
    """
    top = Path(__file__).parents[2]
    if (top / "setup.cfg").is_file() and (top / in_checkout).is_dir():
        return top / in_checkout
    folder = resources.files(package).joinpath(name)
    if not folder.is_dir():
        raise InputError(f"{folder}: missing; install SpikingGrid again")
    return folder


def make_folder(path: str | os.PathLike) -> Path:
    """Make a folder where there is none, before long work whose results go there.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made: {error.strerror}") from error
    return Path(path)


@contextmanager
def written_beside(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary path beside `path`, moved into place when the block succeeds.

    Parameters
    ----------
    path : path-like
        Where the finished file belongs. An existing file is replaced in one step.

    Yields
    ------
    Path
        A new empty file in the same folder, with the same suffix, to write to.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written, or the disk is full.
        Nothing is left behind, whatever went wrong in the block.
    """
    path = Path(path)
    beside = None
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix="".join(path.suffixes)
        )
        os.close(handle)
        beside = Path(name)
        yield beside
        os.chmod(beside, 0o666 & ~_umask())  # mkstemp makes files private
        os.replace(beside, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike) -> None:
    """Find out before long work whether its result can be written at all.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written, or the path is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
