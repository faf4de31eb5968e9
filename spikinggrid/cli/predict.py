"""The command `spikinggrid predict`: what a recorded dish would reach in a digit task."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import add_restart, add_split, add_workers, positive, whole
from spikinggrid.cli.reading import add_reading, read_recordings
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_writable, make_folder, written_beside
from spikinggrid.utils.missing import json_text

NAME = "predict"
SUMMARY = "what a recorded dish would reach in a digit task"
EPILOG = """\
First it looks for simulated dishes that measure like the recording, as `spikinggrid fit` does
(and goes on with the dishes that this kept). Then several of them, each of another wiring and
with parameters of its own, take the task. The page that it writes begins with the verdict on
the fit; what the twins reach, and how far they differ, is the answer.

examples:
  spikinggrid predict my_dish.h5
  spikinggrid predict my_dish.h5 --task digits/twin_four --twins 20 --minutes 20"""

#: The task unless told.
TASK = "digits/twin_two"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("recording", metavar="RECORDING", help="of the dish")
    parser.add_argument(
        "--task",
        metavar="FILE",
        default=TASK,
        help=f"parameter file or preset whose digits and plasticity it shall take (default {TASK})",
    )
    parser.add_argument(
        "--twins", type=whole(3), default=10, metavar="N", help="that take the task (default 10)"
    )
    parser.add_argument(
        "--minutes",
        type=positive,
        default=10.0,
        metavar="MINUTES",
        help="how long to look for them (default 10)",
    )
    parser.add_argument(
        "--pool",
        type=Path,
        metavar="FILE.h5",
        help="where to start from: dishes of `spikinggrid pool` (default: those that come with"
        " SpikingGrid)",
    )
    add_split(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder for results (default: predict-RECORDING)"
    )
    add_workers(parser)
    add_restart(parser)
    parser.add_argument(
        "--json", action="store_true", help="print JSON as well as writing the page"
    )
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Fit, let the twins take the task, write the page and its figure."""
    from spikinggrid.fitting import pool
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.plotting import predict as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.prediction.predict import predict
    from spikinggrid.utils.progress import Progress

    task = parameter_files.load(arguments.task)
    if task.digits is None:
        raise InputError(f"{arguments.task}: has no table [digits]; right would be {TASK}")
    stem = Path(arguments.recording).stem
    store = Path(f"{stem}-twin.simulations.jsonl")
    (recording,) = read_recordings([arguments.recording], arguments)
    folder = make_folder(arguments.output or f"predict-{stem}")
    page, picture = folder / "prediction.md", folder / "prediction.png"
    check_writable(store)
    check_writable(page)
    try:
        found = predict(
            recording,
            task,
            folder,
            None if arguments.pool is None else pool.read(arguments.pool),
            n_twins=arguments.twins,
            minutes=arguments.minutes,
            store=store,
            split=arguments.split,
            restart=arguments.restart,
            where=arguments.cluster,
            jobs=arguments.jobs,
            show=Progress,
        )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; the same command goes on where it stopped") from None
    save(figures.prediction(found), picture)
    with written_beside(page) as beside:
        beside.write_text(found.page(picture.name), encoding="utf-8")
    print(json_text(found.as_dict()) if arguments.json else found.page().rstrip())
    print(f"wrote {page} and {picture}", file=sys.stderr)
