"""The command `spikinggrid simulate`: grow a culture and record it."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import (
    LARGEST_SEED,
    RECORDINGS,
    add_output,
    add_parameters,
    file_name,
    whole,
)
from spikinggrid.cli.statistics import features_of, print_features
from spikinggrid.utils.files import check_outputs
from spikinggrid.utils.progress import Progress

NAME = "simulate"
SUMMARY = "simulate a culture and record it through its electrodes"
EPILOG = """\
example:
  spikinggrid simulate culture --set simulation.duration="5 min" --seed 3"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser)
    parser.add_argument(
        "--seed", type=whole(0, LARGEST_SEED), metavar="N", help="another seed than the file's"
    )
    parser.add_argument(
        "--engine", choices=("native", "brian2"), help="another engine than the file's"
    )
    add_output(parser, *RECORDINGS, what="recording to write", default_text="NAME.h5")
    parser.add_argument(
        "--csv",
        type=file_name(".csv"),
        metavar="FILE.csv",
        help="write the spikes as a table as well",
    )
    parser.add_argument("--json", action="store_true", help="print the features as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Simulate, write the recording, print its features."""
    from spikinggrid.recordings import load_parameters, read
    from spikinggrid.recordings.reading import is_hdf5
    from spikinggrid.recordings.writing import check_format
    from spikinggrid.simulation.dish import Dish

    overrides = list(arguments.overrides)
    if arguments.seed is not None:
        overrides.append(f"simulation.seed={arguments.seed}")
    if arguments.engine is not None:
        overrides.append(f"simulation.engine={arguments.engine}")
    parameters = load_parameters(arguments.parameters, overrides)
    output = arguments.output or Path(Path(arguments.parameters).stem + ".h5")
    outputs = [output] if arguments.csv is None else [output, arguments.csv]
    check_format(output)
    check_outputs(*outputs, force=arguments.force, inputs=[arguments.parameters])
    repeated = read(arguments.parameters) if is_hdf5(arguments.parameters) else None
    whole_time = parameters.simulation.warmup + parameters.simulation.duration
    if repeated is not None and repeated.history is not None:
        whole_time = repeated.history.t_start + repeated.duration
    if repeated is None:
        dish = Dish(parameters, show=Progress)
        with Progress(whole_time, "s", "biological time") as progress:
            made = dish.record(progress=progress)
    else:
        with Progress(whole_time, "s", "biological time") as progress:
            made = Dish.repeat(repeated, parameters, progress=progress)
    made.save(output)
    if arguments.csv:
        made.save(arguments.csv)
    print_features([features_of(output, made)], arguments.json)
    print(f"wrote {output}", file=sys.stderr)
