"""The command `spikinggrid benchmark`: cultures in parallel, interrupted and resumed."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spikinggrid.cli.options import (
    LARGEST_SEED,
    add_parameters,
    add_restart,
    add_split,
    add_task,
    add_watts,
    add_workers,
    load_on_task,
    whole,
)
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_writable, make_folder

if TYPE_CHECKING:
    from spikinggrid.parameters.model import Parameters

DEFAULT = "digits/bundled"

NAME = "benchmark"
SUMMARY = "how well cultures learn to tell digits apart, with controls"
EPILOG = """\
A culture is shown images through its electrodes and taught through label electrodes. Final
accuracy is measured on images that it has never seen, next to controls; see
`spikinggrid parameters show digits/two` for what can be chosen. An interrupted benchmark goes on
where it was when the same command is given again; with --cluster, a culture under way does so
only if the machines share the folder of --output.

examples:
  spikinggrid benchmark                             8x8 images that need no download
  spikinggrid benchmark digits/two --seeds 5        digits 0 and 1 of MNIST, five cultures
  spikinggrid benchmark digits/ten --split test     final figures on the test images
  spikinggrid benchmark my_dish.toml --task digits/twin_two    a culture fitted to a recording
  spikinggrid plot benchmark-two/result.h5 confusion"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser, DEFAULT, "result")
    add_task(parser)
    parser.add_argument("--classes", metavar="0,1", help="other digits than the file's")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument(
        "--seeds", type=whole(1), metavar="N", help="measure N cultures, from the file's seed on"
    )
    seeds.add_argument(
        "--seed", type=whole(0, LARGEST_SEED), metavar="S", help="measure the culture of this seed"
    )
    parser.add_argument(
        "--train", type=whole(1, 10**9), metavar="N", help="number of training presentations"
    )
    add_split(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder for results (default: benchmark-NAME)"
    )
    add_watts(parser)
    add_workers(parser)
    add_restart(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, not a table")


def run(arguments: argparse.Namespace) -> None:
    """Measure all cultures, write `result.h5`, print the table."""
    from spikinggrid.digits.benchmark import benchmark
    from spikinggrid.utils.missing import json_text
    from spikinggrid.utils.progress import Progress

    parameters = _load(arguments)
    if parameters.digits is None:
        raise InputError('digits: is missing; for example extends = "digits/two"')
    first = parameters.simulation.seed if arguments.seed is None else arguments.seed
    names = [Path(name).stem for name in (arguments.parameters, arguments.task) if name]
    folder = make_folder(arguments.output or f"benchmark-{'-'.join(names)}")
    check_writable(folder / "result.h5")
    try:
        result = benchmark(
            parameters,
            range(first, first + (arguments.seeds or 1)),
            arguments.split,
            folder,
            restart=arguments.restart,
            where=arguments.cluster,
            jobs=arguments.jobs,
            show=Progress,
        )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "interrupted; the same command continues where it stopped"
        ) from None
    result.save(folder / "result.h5")
    watts = arguments.watts
    print(json_text(result.as_dict(watts)) if arguments.json else result.summary(watts))
    print(f"wrote {folder / 'result.h5'}", file=sys.stderr)


def _load(arguments: argparse.Namespace) -> "Parameters":
    from spikinggrid.digits.benchmark_result import load
    from spikinggrid.parameters import files as parameter_files

    overrides = list(arguments.overrides)
    if arguments.classes is not None:
        overrides.append(f"digits.classes=[{arguments.classes}]")
    if arguments.train is not None:
        overrides.append(f"digits.n_presentations={arguments.train}")
    if arguments.task is not None:
        return load_on_task(arguments.parameters, arguments.task, overrides)
    if Path(arguments.parameters).suffix != ".h5":
        return parameter_files.load(arguments.parameters, overrides)
    text = load(arguments.parameters).parameters
    return parameter_files.loads(text, arguments.parameters, overrides)
