"""The command `spikinggrid advise`: which parameters a culture should have to do better."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikinggrid.cli.options import (
    add_output,
    add_overrides,
    add_restart,
    add_task,
    add_vary,
    add_workers,
    command_line,
    load_on_task,
    names,
    whole,
)
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable, written_beside
from spikinggrid.utils.missing import json_text

if TYPE_CHECKING:
    from spikinggrid.parameters.model import Parameters
    from spikinggrid.prediction.advise import Advice
    from spikinggrid.prediction.gains import Twins

NAME = "advise"
SUMMARY = "which parameters a culture should have to do better"
EPILOG = """\
CULTURE is what you have: a parameter file such as the twin of a recording, or the folder that
`spikinggrid predict` left, whose twins all take part, with the task that they took unless --task
gives another. "Better" is to tell digits apart; with --like it is to measure like a recording or a
target file.

With --task, or a folder, it answers what a laboratory can ask: what would it bring to plate more
cells, sort out inhibitory ones, add a drug, take another array, stimulate in another way?
Each change is tried in the same wirings with and without it, so that small gains show; the page
tells gains with intervals, and which are sure with so many changes tried at once. The best, or
several sure ones together, are then grown in wirings in which nothing had been tried.

It also varies parameters between bounds, all at once: those of --vary, or of the table
[calibration.bounds], or with --task strength and reach of excitation and strength of inhibition,
from half to twice what they are (those of a folder's first twin). A model of these simulations says
where the best cultures should be, and some are grown to see whether it is right.

About how long it takes is said after the first culture. The same command goes on where it was.

examples:
  spikinggrid advise predict-my_dish
  spikinggrid advise my_twin.toml --task digits/twin_two
  spikinggrid advise my_twin.toml --task digits/twin_two --wirings 12 --simulations 0 \\
      --set digits.n_images=3000 --set digits.final_images=400
  spikinggrid advise digits/two_dale --vary 'synapses.excitatory.reach=0.3 mm:3 mm:log' \\
      --vary culture.inhibitory_fraction=0.05:0.45 --output advice.md
  spikinggrid advise posterior --like hippocampus_div21 --store posterior.simulations.jsonl"""

#: Wirings of a parameter file in which changes are tried, unless told.
N_WIRINGS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "parameters",
        metavar="CULTURE",
        help="parameter file, name of a preset, recording to repeat, or folder of twins that have"
        " taken a task",
    )
    add_overrides(parser)
    add_task(parser)
    parser.add_argument(
        "--wirings",
        type=whole(2),
        metavar="N",
        help="of a culture with --task, in which changes are tried; a folder has its own"
        f" (default {N_WIRINGS})",
    )
    parser.add_argument(
        "--changes",
        type=names,
        metavar="NAME,NAME",
        help='which of them, such as "longer excitatory axons,APV 50 uM" (default: all)',
    )
    add_vary(parser, "what could be changed between bounds")
    parser.add_argument(
        "--like",
        metavar="TARGETS_OR_RECORDING",
        help="measure like this recording or target file, instead of telling digits apart",
    )
    parser.add_argument(
        "--simulations",
        type=whole(0),
        default=200,
        help="between the bounds, to learn from, at least; 0: none, changes alone (default 200)",
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE.jsonl",
        help="where these are kept (default: OUTPUT.simulations.jsonl; those with changes are in"
        " OUTPUT.changes.jsonl)",
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
        what="page to write; FILE.png and, of the parameters between bounds, FILE.toml, the advised"
        " culture, go beside it",
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
    from spikinggrid.plotting import advise as figures
    from spikinggrid.plotting import gains as gains_figures
    from spikinggrid.plotting.style import save
    from spikinggrid.prediction.advice_page import page
    from spikinggrid.prediction.gains import try_changes
    from spikinggrid.prediction.laboratory import chosen

    cultures = _cultures(arguments)
    twins, changes = _twins(arguments, cultures), chosen(arguments.changes)
    output = arguments.output
    picture, culture = output.with_suffix(".png"), output.with_suffix(".toml")
    store = arguments.store or output.with_suffix(".simulations.jsonl")
    changes_store = output.with_suffix(".changes.jsonl")
    written = [output, picture, *([culture] if arguments.simulations else [])]
    given = [name for name in (arguments.like, arguments.task) if name]
    inputs = [arguments.parameters, store, changes_store, *given]
    check_outputs(*written, force=arguments.force, inputs=inputs)
    check_writable(store)
    check_writable(changes_store)
    with _kept(store, changes_store):
        advice = _advice(arguments, cultures[0], store) if arguments.simulations else None
        gains = None
        if twins is not None:
            gains = try_changes(twins, changes, changes_store, **_how(arguments))
    if advice is not None:
        save(figures.advice(advice, gains), picture)
        arguments.simulations = len(advice.values)  # the file may have held more
        line = command_line(NAME, add_arguments, arguments)
        write_fitted(culture, advice.parameters, f"As advised in {output.name}", line)
    elif gains is not None:
        save(gains_figures.gains(gains), picture)
    with written_beside(output) as beside:
        beside.write_text(page(advice, gains, picture.name), encoding="utf-8")
    told = (advice.as_dict() if advice else {}) | ({"laboratory": gains.as_dict()} if gains else {})
    print(json_text(told) if arguments.json else page(advice, gains).rstrip())
    print(f"wrote {', '.join(map(str, written[:-1]))} and {written[-1]}", file=sys.stderr)


def _cultures(arguments: argparse.Namespace) -> "list[Parameters]":
    """Return the culture of a file, or all of a folder, with the task if there is one."""
    from spikinggrid.digits.task import with_task
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.prediction.gains import twins_of
    from spikinggrid.recordings import load_parameters

    name, task = arguments.parameters, arguments.task
    if _is_folder(arguments):
        for option in ("like", "wirings"):
            if getattr(arguments, option) is not None:
                raise InputError(f"--{option}: goes with a parameter file; {name} is a folder")
        cultures = twins_of(name)
        if task is not None:
            tables = parameter_files.load(task)
            cultures = [with_task(culture, tables) for culture in cultures]
        return [
            parameter_files.override(culture, arguments.overrides, name) for culture in cultures
        ]
    if task is None:
        return [load_parameters(name, arguments.overrides)]
    return [load_on_task(name, task, arguments.overrides)]


def _is_folder(arguments: argparse.Namespace) -> bool:
    """Whether the culture is a folder; False where its name is too long for one."""
    return os.path.isdir(arguments.parameters)  # noqa: PTH112  Path.is_dir raises then


def _twins(arguments: argparse.Namespace, cultures: "list[Parameters]") -> "Twins | None":
    """Return the wirings in which changes are tried; None where they are not asked for."""
    from spikinggrid.prediction.gains import Twins

    if _is_folder(arguments):
        return Twins.of_each(cultures)
    if arguments.task is not None and arguments.like is None:
        return Twins.of_one(cultures[0], arguments.wirings or N_WIRINGS)
    if arguments.wirings is not None or not arguments.simulations:
        option = "--wirings" if arguments.wirings is not None else "--simulations 0"
        raise InputError(f"{option}: is of changes, which need --task, or a folder of twins")
    return None


def _advice(arguments: argparse.Namespace, parameters: "Parameters", store: Path) -> "Advice":
    """Return what is learned from parameters that vary between bounds."""
    from spikinggrid.fitting.parameter_space import read_bounds
    from spikinggrid.prediction.advise import advise, knobs

    on_task = arguments.task is not None or _is_folder(arguments)
    if arguments.vary or not on_task:
        bounds = read_bounds(parameters, arguments.vary)
    else:
        bounds = knobs(parameters)
    prior, goal = _aim(arguments, parameters, bounds)
    return advise(
        prior,
        goal,
        store,
        n_simulations=arguments.simulations,
        **_how(arguments),
    )


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return who does the work, and what both parts of it share."""
    from spikinggrid.utils.progress import Progress

    return {
        "n_checks": arguments.checks,
        "restart": arguments.restart,
        "where": arguments.cluster,
        "jobs": arguments.jobs,
        "show": Progress,
    }


@contextmanager
def _kept(*stores: Path) -> Iterator[None]:
    """Say of an interrupt what keeps what was simulated."""
    try:
        yield
    except KeyboardInterrupt:
        there = " and ".join(str(store) for store in stores if store.exists()) or stores[0]
        kept = f"interrupted; {there} keeps what was simulated: the same command goes on"
        raise KeyboardInterrupt(kept) from None


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
