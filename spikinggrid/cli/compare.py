"""The command `spikinggrid compare`: cultures beside other networks, with few labels, in joules."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import (
    add_parameters,
    add_restart,
    add_split,
    add_watts,
    add_workers,
    names,
    whole,
)
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_writable, make_folder, written_beside

NAME = "compare"
SUMMARY = "what a culture is worth: accuracy and joules beside other networks, with few labels"
EPILOG = """\
Hebbian networks, random features, a network that learns by backpropagation, plain pixels and
cultures learn digits from the same labelled images: balanced draws from all training images. What
learns without labels sees all of these. Networks are given images of the size of the task and of
full size; a culture has those of the task, and is trained on the labelled images, or read out
untrained. DIR holds the table as result.json, accuracy.png (against labels) and energy.png
(against joules of a decision), and every part that is done: the same command goes on.

examples:
  spikinggrid compare digits/ten --labels 100,500,1000,10000 --output ten
  spikinggrid compare digits/two --labels 10,100 --seeds 0 --output networks    no cultures
  spikinggrid compare digits/ten --draws 0 --seeds 5 --output cultures          cultures alone"""

DEFAULT = "digits/ten"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser, DEFAULT)
    parser.add_argument(
        "--labels",
        type=names,
        default=["100", "500", "1000", "10000"],
        metavar="N,N",
        help="numbers of labelled images (default 100,500,1000,10000)",
    )
    parser.add_argument(
        "--draws",
        type=whole(0, 1000),
        default=10,
        metavar="N",
        help="draws of labelled images for each network (default 10)",
    )
    parser.add_argument(
        "--seeds",
        type=whole(0, 1000),
        default=5,
        metavar="N",
        help="cultures, from the file's seed on (default 5)",
    )
    add_split(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder for results (default: compare-NAME)"
    )
    add_watts(parser)
    add_workers(parser)
    add_restart(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, not a table")


def run(arguments: argparse.Namespace) -> None:
    """Measure everything, write the table and two figures, print the table."""
    from spikinggrid.digits.comparison import check_labels, compare
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.plotting import comparison as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.utils.missing import json_text
    from spikinggrid.utils.progress import Progress

    parameters = parameter_files.load(arguments.parameters, arguments.overrides)
    if parameters.digits is None:
        raise InputError('digits: is missing; for example extends = "digits/ten"')
    labels = _labels(arguments.labels)
    if not arguments.draws and not arguments.seeds:
        raise InputError("--draws and --seeds: are both 0; right would be 1 or more of one of them")
    check_labels(parameters, labels)
    folder = make_folder(arguments.output or f"compare-{Path(arguments.parameters).stem}")
    outputs = [folder / name for name in ("result.json", "accuracy.png", "energy.png")]
    for path in outputs:
        check_writable(path)
    first = parameters.simulation.seed
    try:
        result = compare(
            parameters,
            labels,
            range(first, first + arguments.seeds),
            arguments.draws,
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
    text = json_text(result.as_dict(arguments.watts))
    with written_beside(outputs[0]) as beside:
        beside.write_text(text + "\n", encoding="utf-8")
    save(figures.accuracy(result), outputs[1])
    save(figures.energy(result, arguments.watts), outputs[2])
    print(text if arguments.json else result.summary(arguments.watts))
    print(f"wrote {', '.join(map(str, outputs))}", file=sys.stderr)


def _labels(texts: list[str]) -> list[int]:
    """Return numbers of labelled images."""
    if not texts or not all(text.isascii() and text.isdigit() for text in texts):
        raise InputError(
            f"--labels: found {','.join(texts)}; right would be numbers such as 100,1000"
        )
    return [int(text) for text in texts]
