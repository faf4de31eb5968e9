"""Files: where the package's own lie, and writing so that nothing is left half-written."""

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from spikinggrid.utils.errors import InputError, path_text


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
        raise InputError(f"{path_text(path)}: cannot be made: {error.strerror}") from error
    return Path(path)


@contextmanager
def written_beside(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary path beside `path`, moved into place when the block succeeds.

    Parameters
    ----------
    path : path-like
        Where the finished file belongs. An existing file is replaced in one step; a symbolic link
        stays, and the file that it leads to is replaced.

    Yields
    ------
    Path
        A new empty file in the same folder, with the same suffix, to write to.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written, the path is a folder, a device or a
        pipe, or the disk is full. Nothing is left behind, whatever went wrong in the block.
    """
    path, beside = Path(path), None
    try:
        _refuse_irregular(path)
        place = path.resolve()
        handle, name = tempfile.mkstemp(
            dir=place.parent, prefix=f".{place.stem[:20]}-", suffix=place.suffix
        )
        os.close(handle)
        beside = Path(name)
        yield beside
        beside.chmod(0o666 & ~_umask())  # mkstemp makes files private
        os.replace(beside, place)
    except OSError as error:
        raise InputError(_not_writable(path, error)) from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike) -> None:
    """Find out before long work whether its result can be written at all.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written, or the path is a folder, a device or a
        pipe, or too long.
    """
    path = Path(path)
    try:
        _refuse_irregular(path)
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            pass
    except OSError as error:
        raise InputError(_not_writable(path, error)) from error


def check_outputs(
    *paths: str | os.PathLike, force: bool = False, inputs: Iterable[str | os.PathLike] = ()
) -> None:
    """Find out before long work whether all its results can be written, and replace nothing.

    Parameters
    ----------
    *paths : path-like
        The files that will be written.
    force : bool
        Whether files that exist may be replaced.
    inputs : iterable of path-like
        What is read; it is never replaced.

    Raises
    ------
    InputError
        If one of them cannot be written, exists, is an input, or two are the same file.
    """
    outputs: dict[Path, Path] = {}
    for path in map(Path, paths):
        check_writable(path)
        if any(_same(path, Path(given)) for given in inputs):
            raise InputError(
                f"{path}: would be overwritten by what is made of it; give another name"
            )
        if path.exists() and not force:
            raise InputError(f"{path}: exists; give another name, or --force to overwrite it")
        if (place := path.resolve()) in outputs:
            raise InputError(f"{path}: is the same file as {outputs[place]}; give another name")
        outputs[place] = path


def _refuse_irregular(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a folder; give the name of a file")
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: is a device or a pipe; give the name of a file")


def _same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _not_writable(path: Path, error: OSError) -> str:
    return f"{path_text(path)}: cannot be written: {error.strerror or error}"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
