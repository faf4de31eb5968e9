"""Options of commands that read recordings, and the recordings read with them.

add_reading        --well, --time-unit, --sampling-rate, --columns, --layout: what files do not say
refuse_reading     none of these is given where no recording is read
refuse_twice       no file is given more than once
read_recordings    one recording from each file, read with these options
read_wells         all recordings of each file
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from spikinggrid.cli.options import hertz
from spikinggrid.utils.errors import InputError

if TYPE_CHECKING:
    from spikinggrid.recordings import Recording


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options that say of a recording what its file does not."""
    group = parser.add_argument_group("what the file of a recording does not say")
    group.add_argument("--well", metavar="WELL", help="which well of a plate, such as A1")
    group.add_argument(
        "--time-unit", metavar="UNIT", help="of times: s, ms, us or samples (default: the header's)"
    )
    group.add_argument(
        "--sampling-rate", type=hertz, metavar="RATE", help='of times in samples, as in "25 kHz"'
    )
    group.add_argument(
        "--columns", metavar="NAME,NAME", help="of a list without a header, as in time,electrode"
    )
    group.add_argument(
        "--layout",
        metavar="ARRAY",
        help="where the electrodes lie: the name of an array such as mcs-60-200, a table .csv with"
        " columns name, x and y (um), or a file .json of probeinterface",
    )


def reading_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what `add_reading` adds, by name, where it is given."""
    names_of_options = ("well", "time_unit", "sampling_rate", "columns", "layout")
    given = {name: getattr(arguments, name) for name in names_of_options}
    return {name: value for name, value in given.items() if value is not None}


def refuse_reading(arguments: argparse.Namespace) -> None:
    """Refuse what `add_reading` adds where no recording is read.

    Raises
    ------
    InputError
        If one of the options is given.
    """
    for name in reading_options(arguments):
        raise InputError(f"--{name.replace('_', '-')}: goes with recordings")


def refuse_twice(paths: Sequence[str | os.PathLike]) -> None:
    """Raise if a file is given twice, where once is enough."""
    real = [os.path.realpath(path) for path in paths]
    for number, path in enumerate(paths):
        if real[number] in real[:number]:
            raise InputError(f"{os.fspath(path)}: is given twice; right would be each file once")


def read_recordings(
    paths: Sequence[str | os.PathLike], arguments: argparse.Namespace
) -> "list[Recording]":
    """Read one recording from each file, and print what was assumed.

    Parameters
    ----------
    paths : sequence of path-like
        What `add_reading` adds goes to those files that take it; the layout to those recordings
        that lack positions, or else to all.
    arguments : Namespace
        Of a command with `add_reading`.

    Raises
    ------
    InputError
        If a file cannot be read, holds several wells of which none is chosen, or no file takes
        one of the options.
    """
    from spikinggrid.recordings import read

    pairs = _read(paths, arguments, lambda path, **options: [read(path, **options)])
    return [recording for _, recording in pairs]


def read_wells(
    paths: Sequence[str | os.PathLike], arguments: argparse.Namespace
) -> "list[tuple[str | os.PathLike, Recording]]":
    """Read all recordings of each file, one for each well of a plate, with the file of each.

    Otherwise as `read_recordings`.
    """
    from spikinggrid.recordings import read_all

    return _read(paths, arguments, read_all)


def _read(
    paths: Sequence[str | os.PathLike],
    arguments: argparse.Namespace,
    read: "Callable[..., list[Recording]]",
) -> "list[tuple[str | os.PathLike, Recording]]":
    """Read files with what the user says of them, and print what was assumed."""
    from spikinggrid.mea.array import Mea

    array = None if arguments.layout is None else Mea.read(arguments.layout)
    pairs = []
    for path, options in _options_by_file(paths, arguments):
        recordings = read(path, **options)
        _tell_notes(path, recordings)
        pairs += [(path, recording) for recording in recordings]
    if array is None:
        return pairs
    unplaced = [not recording.has_positions for _, recording in pairs]
    return [
        (path, recording.on_array(array) if needed or not any(unplaced) else recording)
        for (path, recording), needed in zip(pairs, unplaced, strict=True)
    ]


def _options_by_file(
    paths: Sequence[str | os.PathLike], arguments: argparse.Namespace
) -> Iterator[tuple[str | os.PathLike, dict[str, Any]]]:
    """Yield each file with those options that it takes; a single file gets them all."""
    options = reading_options(arguments)
    options.pop("layout", None)  # goes by what the recordings lack, not by their format
    if len(paths) == 1 or not options:
        yield from ((path, options) for path in paths)
        return
    from spikinggrid.recordings.reading import options_taken

    taken = [options_taken(path) for path in paths]
    for name in options:
        if not any(name in names for names in taken):
            raise InputError(f"--{name.replace('_', '-')}: none of the files needs it")
    for path, names in zip(paths, taken, strict=True):
        yield path, {name: value for name, value in options.items() if name in names}


def _tell_notes(path: str | os.PathLike, recordings: "Iterable[Recording]") -> None:
    """Print on stderr what was assumed, each note once."""
    notes = [note for recording in recordings for note in recording.notes]
    for note in dict.fromkeys(notes):
        print(f"{path}: {note}", file=sys.stderr)
