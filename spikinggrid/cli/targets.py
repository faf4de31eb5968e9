"""The command `spikinggrid targets`: make a target file from recordings."""

import argparse
import json
import sys
from pathlib import Path

from spikinggrid.cli.options import add_output
from spikinggrid.cli.reading import add_reading, read_recordings, refuse_reading
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, written_beside

NAME = "targets"
SUMMARY = "make a target file for `fit` from recordings, or list those that are there"
EPILOG = """\
Centres are medians over the recordings, bands their quartiles; of fewer than four
recordings, the spread between fifths of each. Edit the file as you like: a feature that
it does not hold is not fitted.

examples:
  spikinggrid targets                     what comes with SpikingGrid
  spikinggrid targets dish1.h5 dish2.csv --output mine.toml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="recordings")
    add_output(parser, ".toml", default_text="print it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write or print a target file, or list those that come with SpikingGrid."""
    from spikinggrid.fitting import targets

    output = arguments.output
    if not arguments.files:
        if output is not None:
            raise InputError("--output: goes with recordings, of which a target file is made")
        refuse_reading(arguments)
        sources = {name: targets.load(name).source for name in targets.shipped()}
        lines = [f"{name:<20} {source}" for name, source in sources.items()]
        print(json.dumps(sources, indent=2) if arguments.json else "\n".join(lines))
        return
    if output is not None:
        check_outputs(output, force=arguments.force, inputs=arguments.files)
    recordings = read_recordings(arguments.files, arguments)
    aims = targets.from_recordings(recordings, output.stem if output else "targets")
    if arguments.json:
        print(json.dumps({name: vars(each) for name, each in aims.features.items()}, indent=2))
    elif output is None:
        print(targets.dumps(aims), end="")
    if output is not None:
        with written_beside(output) as beside:
            beside.write_text(targets.dumps(aims), encoding="utf-8")
        print(f"wrote {output}", file=sys.stderr)
