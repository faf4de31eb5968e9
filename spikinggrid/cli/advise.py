"""The command `spikinggrid advise`: which parameters a culture should have to do better."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import (
    add_output,
    add_parameters,
    add_restart,
    add_task,
    add_vary,
    add_workers,
    command_line,
    load_on_task,
    whole,
)
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable, written_beside
from spikinggrid.utils.missing import json_text

NAME = "advise"
SUMMARY = "which parameters a culture should have to do better"
EPILOG = """\
PARAMETERS is the culture that you have; what could be changed about it, and between which bounds,
is given by --vary or by its table [calibration.bounds]. Cultures between these bounds are simulated
and kept (the store of `infer` serves as well), a model of them says where the best ones should be,
and cultures that follow the advice are grown to see whether it is right. The same command goes on
where it was. With a table [digits] "better" is to tell digits apart; with --like it is to measure
like a recording or a target file. With --task the culture, such as the twin of a recording, takes
the task of another file; unless --vary says otherwise, strength and reach of its excitation and the
strength of its inhibition may be from half to twice what they are.

examples:
  spikinggrid advise my_twin.toml --task digits/twin_two
  spikinggrid advise digits/two_dale --vary 'synapses.excitatory.reach=0.3 mm:3 mm:log' \\
      --vary culture.inhibitory_fraction=0.05:0.45 --output advice.md
  spikinggrid advise posterior --like hippocampus_div21 --store posterior.simulations.jsonl"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser)
    add_task(parser)
    add_vary(parser, "what could be changed")
    parser.add_argument(
        "--like",
        metavar="TARGETS_OR_RECORDING",
        help="measure like this recording or target file, instead of telling digits apart",
    )
    parser.add_argument(
        "--simulations", type=whole(2), default=200, help="to learn from, at least (default 200)"
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE.jsonl",
        help="where simulations are kept (default: OUTPUT.simulations.jsonl)",
    )
    parser.add_argument(
        "--checks",
        type=whole(2),
        default=10,
        help="cultures of other wiring that are grown to compare (default 10 now, 10 as advised)",
    )
    add_output(
        parser,
        ".md",
        what="page to write; FILE.png and FILE.toml, the advised culture, go beside it",
        default="advice.md",
    )
    add_workers(parser)
    add_restart(parser)
    parser.add_argument(
        "--json", action="store_true", help="print JSON as well as writing the page"
    )


def run(arguments: argparse.Namespace) -> None:
    """Simulate, learn, advise, and see what comes of the advice."""
    from spikinggrid.fitting.fitted_file import write_fitted
    from spikinggrid.fitting.parameter_space import read_bounds
    from spikinggrid.plotting import advise as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.prediction.advice_page import page
    from spikinggrid.prediction.advise import advise, knobs
    from spikinggrid.recordings import load_parameters
    from spikinggrid.utils.progress import Progress

    if arguments.task is None:
        parameters = load_parameters(arguments.parameters, arguments.overrides)
    else:
        parameters = load_on_task(arguments.parameters, arguments.task, arguments.overrides)
    if arguments.vary or arguments.task is None:
        bounds = read_bounds(parameters, arguments.vary)
    else:
        bounds = knobs(parameters)
    prior, goal = _aim(arguments, parameters, bounds)
    output = arguments.output
    picture, culture = output.with_suffix(".png"), output.with_suffix(".toml")
    store = arguments.store or output.with_suffix(".simulations.jsonl")
    given = [name for name in (arguments.like, arguments.task) if name]
    inputs = [arguments.parameters, store, *given]
    check_outputs(output, picture, culture, force=arguments.force, inputs=inputs)
    check_writable(store)
    try:
        advice = advise(
            prior,
            goal,
            store,
            n_simulations=arguments.simulations,
            n_checks=arguments.checks,
            restart=arguments.restart,
            where=arguments.cluster,
            jobs=arguments.jobs,
            show=Progress,
        )
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps what was simulated: the same command goes on"
        raise KeyboardInterrupt(kept) from None
    save(figures.advice(advice), picture)
    arguments.simulations = len(advice.values)  # the file may have held more
    line = command_line(NAME, add_arguments, arguments)
    write_fitted(culture, advice.parameters, f"As advised in {output.name}", line)
    with written_beside(output) as beside:
        beside.write_text(page(advice, picture.name), encoding="utf-8")
    print(json_text(advice.as_dict()) if arguments.json else page(advice).rstrip())
    print(f"wrote {output}, {picture} and {culture}", file=sys.stderr)


def _aim(arguments: argparse.Namespace, parameters, bounds):
    """Return what could be grown, and what is to be better about it."""
    from spikinggrid.digits.assay import DIGITS
    from spikinggrid.fitting import targets
    from spikinggrid.fitting.prior import Prior
    from spikinggrid.prediction import advise

    if arguments.like is not None:
        aims, _ = targets.from_names([arguments.like])
        if not aims.assay.is_recorded:
            raise InputError(
                f"--like {arguments.like}: is of {aims.assay.name}; right would be a recording, or"
                " a target file of recordings"
            )
        return Prior(parameters, bounds, aims.assay), advise.likeness(aims)
    if parameters.digits is None:
        raise InputError(
            f"{arguments.parameters}: better at what? right would be parameters with a table"
            " [digits], such as digits/two_dale, or --like RECORDING"
        )
    return Prior(parameters, bounds, DIGITS), advise.accuracy(len(parameters.digits.classes))
