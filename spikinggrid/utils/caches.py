"""Where downloads and compiled code are kept between runs, also for a user without a home.

cache_folders       where downloads of one kind may be
keep                write a download there
temporary_folder    the last resort, for this user alone
"""

import os
import stat
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import make_folder, written_beside


def cache_folders(kind: str) -> list[Path]:
    """Return where downloads of one kind, such as "mnist", may be kept; it need not exist yet.

    That is `$XDG_CACHE_HOME` or `~/.cache`, if there is a home, then the temporary folder.
    """
    folders = []
    with suppress(RuntimeError):  # no home
        folders.append(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"))
    return [folder / "spikinggrid" / kind for folder in folders] + [_temporary_path() / kind]


def keep(content: bytes, kind: str, name: str) -> Path:
    """Write a download of one kind into the cache, and return its path.

    Raises
    ------
    InputError
        If no cache can be written.
    """
    *at_home, temporary = cache_folders(kind)
    for folder in at_home:
        with suppress(InputError):
            return _kept(content, folder / name)
    try:
        return _kept(content, temporary_folder() / temporary.name / name)
    except OSError as error:
        raise InputError(f"{temporary}: cannot be written: {error.strerror}") from error


def _kept(content: bytes, path: Path) -> Path:
    make_folder(path.parent)
    with written_beside(path) as beside:
        beside.write_bytes(content)
    return path


def temporary_folder() -> Path:
    """Return a folder of this user alone that the next run finds again, until the system cleans up.

    Raises
    ------
    OSError
        If nothing can be written anywhere.

    Warns
    -----
    UserWarning
        When it is made.
    """
    folder = _temporary_path()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return folder if _is_private(folder) else Path(tempfile.mkdtemp(prefix="spikinggrid-"))
    warnings.warn(
        f"{folder}: keeps compiled code and downloads, as neither the home folder nor the"
        " installation can be written",
        stacklevel=2,
    )
    return folder


def _temporary_path() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir(), f"spikinggrid-{user}")


def _is_private(folder: Path) -> bool:
    """Return whether nobody else can have put anything into a folder."""
    info = folder.lstat()
    if not hasattr(os, "getuid"):  # Windows has a temporary folder for each user
        return stat.S_ISDIR(info.st_mode)
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and not info.st_mode & 0o077
