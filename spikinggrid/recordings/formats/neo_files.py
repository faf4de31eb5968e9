"""Files and folders that Neo reads: NeuroExplorer, Plexon, NIX, Blackrock and others.

Their spike trains are read, each unit as an electrode; voltages are not. Needs the extra
`spikinggrid[formats]`.
"""

import io
import warnings
from contextlib import redirect_stderr
from importlib.util import find_spec
from typing import Any

from spikinggrid.recordings.formats.assembly import plain_text
from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.formats.neo_blocks import of_block
from spikinggrid.recordings.formats.text import is_text
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.extras import check_installed

NAME = "a file that Neo reads (NeuroExplorer .nex, Plexon, NIX, Blackrock and others)"
OPTIONS: tuple[str, ...] = ()

#: How files begin that only Neo reads here.
SIGNATURES = (b"NEX1", b"PLEX", b"NEURALEV", b"BREVENTS")

#: Readers of Neo that are not asked: of pickles, which may hold code, and of formats that are read
#: here; and one that makes its spikes up.
NOT_ASKED = ("PickleIO", "NeoMatlabIO", "NWBIO", "ExampleIO")


def recognises(content: Content) -> bool:
    """Whether the file is one of those, or its name ends as files do that Neo reads."""
    if content.hdf5 is not None:
        return plain_text(content.hdf5.attrs.get("format", "")) == "nix"
    if content.head.startswith(SIGNATURES):
        return True
    if (is_text(content.head) and content.path.is_file()) or find_spec("neo") is None:
        return False
    return bool(_candidates(content))


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file or folder.

    Raises
    ------
    InputError
        If Neo is not installed, cannot read it, or finds no spikes.
    """
    check_installed("it", "formats", "neo", "nixio")
    if content.is_packed:
        raise InputError("is compressed, and Neo reads it only unpacked")
    problem: Exception | None = None
    for reader in _candidates(content):
        try:
            with warnings.catch_warnings(), redirect_stderr(io.StringIO()):  # bars of progress
                warnings.simplefilter("ignore")
                block = _block(reader, content)
            return [of_block(block, content.name)]
        except InputError:
            raise
        except Exception as error:  # readers raise errors of every kind
            problem = error
    if isinstance(problem, IsADirectoryError):
        raise InputError("is a folder that cannot be read by Neo; right would be files in it")
    reason = f": {problem}".replace("\n", " ") if problem else ""
    raise InputError(f"cannot be read by Neo{reason}")


def _candidates(content: Content) -> list[Any]:
    """Return the classes of Neo that may read a file, by its name, or by its signature."""
    import neo

    own = {b"NEX1": neo.io.NeuroExplorerIO, b"PLEX": neo.io.PlexonIO}
    if reader := own.get(content.head[:4]):
        return [reader]
    if content.hdf5 is not None:
        return [neo.io.NixIO]
    try:
        readers = neo.io.list_candidate_ios(content.path)
    except ValueError:
        return []
    return [reader for reader in readers if reader.__name__ not in NOT_ASKED]


def _block(reader: Any, content: Content) -> Any:
    if reader.__name__ == "NixIO":
        with reader(str(content.path), "ro") as file:
            return file.read_block()
    file = reader(str(content.path))
    return file.read_block(lazy=True) if file.support_lazy else file.read_block()
