"""The command `spikinggrid report`: one HTML page on recordings, fits and benchmarks."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spikinggrid.cli.options import add_output, command_line
from spikinggrid.cli.reading import add_reading, read_wells, refuse_reading, refuse_twice
from spikinggrid.cli.statistics import compared
from spikinggrid.utils.files import check_outputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from spikinggrid.recordings import Recording

NAME = "report"
SUMMARY = "one page on recordings, fits or benchmarks that opens in any browser"
EPILOG = """\
The page holds everything itself: it opens from a USB stick, without network or server.
It tells of a recording what was recorded and assumed, its features beside published
bands, raster, array, bursts and responses, and plays it: electrodes light up as they
spike. A fitted parameter file is simulated and shown beside the recording before it.

examples:
  spikinggrid report my_dish.h5 --targets cortex_div21
  spikinggrid report my_dish.h5 my_dish-twin.toml --output twin.html
  spikinggrid report before.h5 after.h5 --paired
  spikinggrid report recordings/ --groups groups.csv
  spikinggrid report benchmark-two/result.h5"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="recording, fitted parameter file, preset, or result.h5 of a benchmark",
    )
    parser.add_argument(
        "--targets",
        metavar="TARGETS",
        help="bands to show features beside: a target file or the name of one, see `spikinggrid"
        " targets` (default: those of the region and age that a recording says)",
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--groups",
        type=Path,
        metavar="TABLE",
        help="compare groups of the recordings in the folder FILE, as for `spikinggrid statistics`",
    )
    either.add_argument(
        "--paired",
        action="store_true",
        help="recordings are two of each dish, before and after a treatment: how features change",
    )
    add_output(parser, ".html", default="report.html", what="page to write")
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write the page."""
    from spikinggrid.fitting.targets import load
    from spikinggrid.reporting import write

    output = arguments.output
    paths = [Path(file) for file in arguments.files]
    check_outputs(output, force=arguments.force, inputs=paths)
    targets = None if arguments.targets is None else load(arguments.targets)
    made_by = command_line(NAME, add_arguments, arguments)
    if arguments.groups is not None:
        write(output, [compared(arguments)], made_by=made_by)
    else:
        refuse_twice(paths)
        read, paired = _reader(paths, arguments), arguments.paired
        write(output, paths, targets, paired=paired, read=read, made_by=made_by)
    print(f"wrote {output}", file=sys.stderr)


def _reader(paths: list[Path], arguments: argparse.Namespace) -> "Callable[..., list[Recording]]":
    """Read all recordings, and return what gives those of one file."""
    from spikinggrid.reporting.sources import Kind, kind_of

    recorded = [path for path in paths if kind_of(path) is Kind.RECORDING]
    if not recorded:
        refuse_reading(arguments)
    pairs = read_wells(recorded, arguments)
    return lambda path: [recording for other, recording in pairs if other == path]
