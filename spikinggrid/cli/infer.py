"""The command `spikinggrid infer`: which parameters go with a recording, and how sure that is."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spikinggrid.cli.options import (
    add_output,
    add_parameters,
    add_reading,
    add_restart,
    add_vary,
    add_workers,
    command_line,
    read_recordings,
    refuse_reading,
    whole,
)
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable
from spikinggrid.utils.missing import json_text

if TYPE_CHECKING:
    from spikinggrid.recordings import Recording

NAME = "infer"
SUMMARY = "credible intervals of the parameters of a recorded culture"
EPILOG = """\
Draws simulations between the bounds, learns from them which parameters go with which
features, and gives credible intervals for one recording. Simulations are kept as soon as
each is done, so that the same command continues where it stopped, and serve every later
recording. A recording unlike anything the model produces is refused (exit code 3). It
needs pip install 'spikinggrid[inference]'.

examples:
  spikinggrid infer posterior my_dish.h5 --output my_dish.toml
  spikinggrid infer posterior --check"""

#: Cultures that are recorded for the figure.
N_SHOWN = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser)
    parser.add_argument(
        "recording", nargs="?", metavar="RECORDING", help="one recording, or none with --check"
    )
    add_vary(parser)
    add_output(
        parser, ".toml", what="inferred parameters; figures are beside", default="fitted.toml"
    )
    parser.add_argument(
        "--simulations", type=whole(1), default=1000, help="to learn from, at least (default 1000)"
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE.jsonl",
        help="where simulations are kept (default: PARAMETERS.simulations.jsonl)",
    )
    parser.add_argument(
        "--checks",
        type=whole(1),
        metavar="N",
        help="cultures grown from the posterior (default 40)",
    )
    parser.add_argument("--duration", help="of each simulation (default: that of the parameters)")
    parser.add_argument(
        "--check", action="store_true", help="tell whether intervals are as wide as they say"
    )
    parser.add_argument(
        "--anyway", action="store_true", help="answer even if the model produces nothing like it"
    )
    add_workers(parser)
    add_reading(parser)
    add_restart(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Answer for one recording, or check the intervals."""
    from spikinggrid.assays.spontaneous import SPONTANEOUS
    from spikinggrid.fitting.parameter_space import read_bounds
    from spikinggrid.fitting.prior import Prior
    from spikinggrid.recordings import load_parameters

    if arguments.check:
        refuse_reading(arguments)
        for name in ("recording", "checks", "anyway"):
            if getattr(arguments, name):
                word = arguments.recording if name == "recording" else f"--{name}"
                raise InputError(f"infer: {word}: does not go with --check, which needs none")
    elif arguments.recording is None:
        raise InputError("infer: which recording? right would be one, or none with --check")
    duration = [f"simulation.duration={arguments.duration}"] if arguments.duration else []
    parameters = load_parameters(arguments.parameters, [*arguments.overrides, *duration])
    prior = Prior(parameters, read_bounds(parameters, arguments.vary), SPONTANEOUS)
    store = arguments.store or Path(f"{Path(arguments.parameters).stem}.simulations.jsonl")
    try:
        if arguments.check:
            _check(arguments, prior, store)
        else:
            _answer(arguments, prior, store)
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps what was simulated: the same command goes on"
        raise KeyboardInterrupt(kept) from None


def _answer(arguments: argparse.Namespace, prior, store: Path) -> None:
    """Write the parameter file of the medians and both figures, and print the tables."""
    from spikinggrid.fitting.inference import infer
    from spikinggrid.plotting import posterior as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.utils.progress import Progress

    output, pairs = arguments.output, arguments.output.with_suffix(".png")
    predictive = output.with_name(f"{output.stem}-predictive.png")
    inputs = [arguments.parameters, store, arguments.recording]
    check_outputs(output, pairs, predictive, force=arguments.force, inputs=inputs)
    check_writable(store)
    (recording,) = read_recordings([arguments.recording], arguments)
    inference = infer(
        _named(recording, arguments.recording),
        prior,
        store,
        n_simulations=arguments.simulations,
        n_dishes=arguments.checks or 40,
        anyway=arguments.anyway,
        restart=arguments.restart,
        where=arguments.cluster,
        jobs=arguments.jobs,
        show=Progress,
    )
    save(figures.pairs(inference), pairs)
    dishes = {"recording": inference.recording} | inference.record_dishes(N_SHOWN)
    save(figures.predictive(inference, dishes), predictive)
    arguments.simulations = len(inference.posterior.simulations)  # the file may have held more
    line = command_line(NAME, add_arguments, arguments)
    inference.save(output, Path(arguments.parameters).stem, line)
    print(json_text(inference.as_dict()) if arguments.json else inference.summary())
    print(f"wrote {output}, {pairs}, {predictive}", file=sys.stderr)


def _named(recording: "Recording", path: str) -> "Recording":
    """Return a recording that says which file it is of."""
    name = Path(path).name
    if name in recording.source:
        return recording
    return replace(recording, source=f"{name}, {recording.source}".rstrip(", "))


def _check(arguments: argparse.Namespace, prior, store: Path) -> None:
    """Print and draw whether intervals are as wide as they say."""
    from spikinggrid.fitting import coverage
    from spikinggrid.fitting.inference import prepare
    from spikinggrid.plotting import posterior as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.utils.progress import Progress

    picture = arguments.output.with_name(f"{arguments.output.stem}-check.png")
    check_outputs(picture, force=arguments.force, inputs=[arguments.parameters, store])
    check_writable(store)
    simulations = prepare(
        prior,
        store,
        n_simulations=arguments.simulations,
        restart=arguments.restart,
        where=arguments.cluster,
        jobs=arguments.jobs,
        show=Progress,
    )
    with Progress(coverage.N_PARTS, "part", "checking") as progress:
        checked = coverage.check(simulations, progress)
    save(figures.check(checked), picture)
    print(json_text(checked.as_dict()) if arguments.json else checked.summary())
    print(f"wrote {picture}", file=sys.stderr)
