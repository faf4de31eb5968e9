"""The command `spikinggrid convert`: a recording in another format."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import WRITTEN, file_name
from spikinggrid.cli.reading import add_reading, read_recordings
from spikinggrid.utils.files import check_outputs

NAME = "convert"
SUMMARY = "write a recording in another format: NWB, HDF5 or CSV"
EPILOG = """\
IN is a recording of any format that `statistics` reads. What OUT is, its name says: .nwb
for NWB (needs pip install 'spikinggrid[formats]'), .h5 for HDF5 of SpikingGrid, .csv for a
list of spikes. What OUT cannot hold is told.

examples:
  spikinggrid convert culture.h5 culture.nwb
  spikinggrid convert plate_spike_list.csv D3.h5 --well D3"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("input", type=Path, metavar="IN", help="recording to read")
    parser.add_argument(
        "output",
        type=file_name(*WRITTEN),
        metavar="OUT",
        help=f"file to write: {', '.join(WRITTEN)}",
    )
    parser.add_argument("--force", action="store_true", help="overwrite a file that exists")
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Read the recording, and write it."""
    from spikinggrid.recordings.writing import check_format, lost

    check_format(arguments.output)
    check_outputs(arguments.output, force=arguments.force, inputs=[arguments.input])
    (recording,) = read_recordings([arguments.input], arguments)
    recording.save(arguments.output)
    if left_out := lost(arguments.output, recording):
        print(f"{arguments.output}: cannot hold {', '.join(left_out)}", file=sys.stderr)
    print(f"wrote {arguments.output}", file=sys.stderr)
