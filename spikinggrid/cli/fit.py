"""The command `spikinggrid fit`: search for parameters that measure like a recording."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import (
    add_output,
    add_parameters,
    add_reading,
    add_restart,
    add_vary,
    add_workers,
    command_line,
    fraction,
    read_recordings,
    refuse_reading,
    whole,
)
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable
from spikinggrid.utils.missing import json_text

NAME = "fit"
SUMMARY = "search for parameters whose cultures measure like a recording, or like targets"
EPILOG = """\
Every culture is kept in OUTPUT.simulations.jsonl as soon as it is done, so that Ctrl-C, a
crash or a power cut costs at most the cultures under way; the same command goes on to the
same result. Near a good point take a small --step, such as 0.05. How sure is the result?
See `spikinggrid infer --help`.

examples:
  spikinggrid fit culture cortex_div21 --output fitted.toml
  spikinggrid fit culture my_dish.h5 --vary noise.drive='3 mV:8 mV' \\
      --vary neuron.adaptation='0.1 mV:0.5 mV:log' --output fitted.toml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser)
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="TARGETS_OR_RECORDING",
        help="one target file or the name of one (see `spikinggrid targets`), or recordings",
    )
    add_vary(parser)
    add_output(parser, ".toml", what="fitted parameters; a figure is beside", default="fitted.toml")
    parser.add_argument(
        "--generations", type=whole(1), default=30, help="of the search (default 30)"
    )
    parser.add_argument(
        "--population", type=whole(4), default=12, help="candidates in each (default 12)"
    )
    parser.add_argument(
        "--step",
        type=fraction,
        default=0.2,
        metavar="SHARE",
        help="how far the first candidates spread, as a share of the bounds (default 0.2)",
    )
    parser.add_argument(
        "--cultures", type=whole(1), default=2, help="that each candidate grows (default 2)"
    )
    parser.add_argument(
        "--checks", type=whole(1), default=5, help="cultures to measure the winner on (default 5)"
    )
    parser.add_argument("--duration", help="of each recording (default: that of the targets)")
    add_workers(parser)
    add_restart(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Search, write the fitted parameter file and its figure, print the tables."""
    from spikinggrid.fitting import search, targets
    from spikinggrid.fitting.parameter_space import read_bounds
    from spikinggrid.fitting.search_plan import SearchPlan
    from spikinggrid.plotting import fit as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.recordings import load_parameters
    from spikinggrid.utils.progress import Progress

    aims, recordings = targets.from_names(
        arguments.targets, lambda paths: read_recordings(paths, arguments)
    )
    if not recordings:
        refuse_reading(arguments)
    if arguments.duration and not aims.assay.is_recorded:
        raise InputError(f"--duration: {aims.name} is of {aims.assay.name}, which has its own")
    duration = arguments.duration or (f"{aims.duration!r} s" if aims.duration else "")
    overrides = [f"simulation.duration={duration}"] if duration else []
    parameters = load_parameters(arguments.parameters, [*arguments.overrides, *overrides])
    plan = SearchPlan(
        parameters,
        read_bounds(parameters, arguments.vary),
        aims,
        arguments.generations,
        arguments.population,
        arguments.step,
        arguments.cultures,
        arguments.checks,
    )
    output, picture = arguments.output, arguments.output.with_suffix(".png")
    store = output.with_suffix(".simulations.jsonl")
    inputs = [arguments.parameters, store, *arguments.targets]
    check_outputs(output, picture, force=arguments.force, inputs=inputs)
    check_writable(store)
    try:
        with Progress(plan.n_simulated, "culture") as progress:
            result = search.fit(
                plan,
                store,
                restart=arguments.restart,
                where=arguments.cluster,
                jobs=arguments.jobs,
                progress=progress,
            )
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps the cultures: the same command goes on"
        raise KeyboardInterrupt(kept) from None
    shown = {"real": recordings[0]} if recordings else {}
    shown |= result.recordings(with_start=not recordings)
    save(figures.fit(result, shown), picture)
    line = command_line(NAME, add_arguments, arguments)
    result.save(output, Path(arguments.parameters).stem, line)
    print(json_text(result.as_dict()) if arguments.json else result.summary())
    print(
        f"{result.n_simulated} cultures took {result.seconds / 60:.1f} min, one after the other;"
        f" wrote {output} and {picture}",
        file=sys.stderr,
    )
