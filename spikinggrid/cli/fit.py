"""The command `spikinggrid fit`: the twin of a dish, what changes in it, or a search."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from spikinggrid.cli.options import (
    add_output,
    add_overrides,
    add_restart,
    add_vary,
    add_workers,
    command_line,
    fraction,
    names,
    positive,
    whole,
)
from spikinggrid.cli.reading import add_reading, read_recordings, refuse_reading, refuse_twice
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable
from spikinggrid.utils.missing import json_text

if TYPE_CHECKING:
    from spikinggrid.parameters.model import Parameters

NAME = "fit"
SUMMARY = "look for a culture that measures like a recording, or like targets"
EPILOG = """\
With a recording alone it looks for the twin of that dish: parameters and seed of a simulated
dish that is as like it as it is like itself. It knows the array and the length, starts from
a pool of simulated dishes, and ends after --minutes with a parameter file, tables, a figure
and a verdict.

With several recordings of one culture, at several ages or before and after a drug, and
--may-change, it fits one dish, with one seed, to all of them, and tells which of the
parameters that may change did, with intervals.

With PARAMETERS before it (a start) it searches for parameters whose cultures have the
features of the recordings, or of a target file, on average.

Every culture is kept in OUTPUT.simulations.jsonl as soon as it is done, so that Ctrl-C, a
crash or a power cut costs at most the cultures under way; the same command goes on to the
same result. Near a good point take a small --step, such as 0.05. How sure is the result?
See `spikinggrid infer --help`.

examples:
  spikinggrid fit my_dish.h5
  spikinggrid fit before.h5 after.h5 --may-change synapses,noise.drive
  spikinggrid fit culture cortex_div21 --output fitted.toml
  spikinggrid fit culture my_dish.h5 --vary noise.drive='3 mV:8 mV' \\
      --vary neuron.adaptation='0.1 mV:0.5 mV:log' --output fitted.toml"""

#: Options of a search, with what a plan calls them, and those of a twin.
PLANNED = {
    "generations": "generations",
    "population": "population",
    "step": "step",
    "cultures": "n_cultures",
    "checks": "n_checks",
}
OF_SEARCH = ("overrides", "vary", "duration", *PLANNED)
OF_TWIN = ("minutes", "pool")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="RECORDING",
        help="one recording alone, for its twin; or, with --may-change, several of one culture, the"
        " earliest first; or parameters to start from (a file, a preset),"
        " then one target file or the name of one (see `spikinggrid targets`), or recordings",
    )
    add_output(
        parser,
        ".toml",
        what="fitted parameters; a figure is beside",
        default_text="fitted.toml, RECORDING-twin.toml, or one for each recording of several,"
        " RECORDING-changes-RECORDING.toml",
    )
    of_twin = parser.add_argument_group("the twin of one recording, or of several of one culture")
    of_twin.add_argument(
        "--minutes", type=positive, metavar="MINUTES", help="how long to look (default 10)"
    )
    of_twin.add_argument(
        "--pool",
        type=Path,
        metavar="FILE.h5",
        help="where to start from: dishes of `spikinggrid pool` (default: those that come with"
        " SpikingGrid)",
    )
    of_twin.add_argument(
        "--may-change",
        metavar="KEYS",
        help="of several recordings: parameters, or whole tables, that need not be the same in all"
        " of them, such as synapses.inhibitory.strength,noise",
    )
    of_search = parser.add_argument_group("a search from a start")
    add_overrides(of_search)
    add_vary(of_search)
    of_search.add_argument("--generations", type=whole(1), help="of the search (default 30)")
    of_search.add_argument("--population", type=whole(4), help="candidates in each (default 12)")
    of_search.add_argument(
        "--step",
        type=fraction,
        metavar="SHARE",
        help="how far the first candidates spread, as a share of the bounds (default 0.2)",
    )
    of_search.add_argument(
        "--cultures", type=whole(1), help="that each candidate grows (default 2)"
    )
    of_search.add_argument(
        "--checks", type=whole(1), help="cultures to measure the winner on (default 5)"
    )
    of_search.add_argument("--duration", help="of each recording (default: that of the targets)")
    add_workers(parser)
    add_restart(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Look for a twin or for what changes, or search from a start."""
    if arguments.may_change is not None:
        _refuse(arguments, OF_SEARCH, "goes with parameters to start from, not with --may-change")
        _find_changes(arguments)
    elif len(arguments.names) == 1:
        _refuse(arguments, OF_SEARCH, "goes with parameters to start from, before the recording")
        _find_twin(arguments, arguments.names[0])
    else:
        _refuse(arguments, OF_TWIN, "goes with one recording alone, or with --may-change")
        _search(arguments, *arguments.names)


def _refuse(arguments: argparse.Namespace, options: Iterable[str], reason: str) -> None:
    for option in options:
        if getattr(arguments, option) not in (None, []):
            name = "set" if option == "overrides" else option
            raise InputError(f"fit: --{name}: {reason}")


def _find_twin(arguments: argparse.Namespace, name: str) -> None:
    """Write the parameter file of the twin and its figure, print the tables and the verdict."""
    from spikinggrid.fitting import pool, twin
    from spikinggrid.fitting.targets import shipped
    from spikinggrid.plotting import twin as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.utils.progress import Progress

    if not Path(name).is_file() and (Path(name).suffix == ".toml" or name in shipped()):
        raise InputError(
            f"fit: {name}: with targets a start is needed, as in: spikinggrid fit culture {name}"
        )
    output = arguments.output or Path(f"{Path(name).stem}-twin.toml")
    picture, store = output.with_suffix(".png"), output.with_suffix(".simulations.jsonl")
    inputs = [name, store, *([arguments.pool] if arguments.pool else [])]
    check_outputs(output, picture, force=arguments.force, inputs=inputs)
    check_writable(store)
    (recording,) = read_recordings([name], arguments)
    minutes = twin.MINUTES if arguments.minutes is None else arguments.minutes
    try:
        with Progress(60 * minutes, "s") as progress:
            found = twin.fit_twin(
                recording,
                None if arguments.pool is None else pool.read(arguments.pool),
                minutes=minutes,
                path=store,
                restart=arguments.restart,
                where=arguments.cluster,
                jobs=arguments.jobs,
                progress=progress,
            )
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps the dishes: the same command goes on"
        raise KeyboardInterrupt(kept) from None
    save(figures.twin(found), picture)
    found.save(output, command_line(NAME, add_arguments, arguments))
    print(json_text(found.as_dict()) if arguments.json else found.summary())
    print(f"wrote {output} and {picture}", file=sys.stderr)


def _find_changes(arguments: argparse.Namespace) -> None:
    """Write a parameter file for each recording and the figure, print the table and the verdict."""
    from spikinggrid.fitting import changes, changes_result, pool, twin
    from spikinggrid.plotting import changes as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.utils.progress import Progress

    refuse_twice(arguments.names)
    titles = changes.short_names(arguments.names)
    output = arguments.output or Path(f"{titles[0]}-changes.toml")
    picture, store = output.with_suffix(".png"), output.with_suffix(".simulations.jsonl")
    files = changes_result.files_for(output, titles)
    inputs = [*arguments.names, store, *([arguments.pool] if arguments.pool else [])]
    check_outputs(*files, picture, force=arguments.force, inputs=inputs)
    check_writable(store)
    recordings = read_recordings(arguments.names, arguments)
    minutes = twin.MINUTES if arguments.minutes is None else arguments.minutes
    try:
        with Progress(60 * minutes, "s") as progress:
            found = changes.fit_changes(
                dict(zip(titles, recordings, strict=True)),
                names(arguments.may_change),
                None if arguments.pool is None else pool.read(arguments.pool),
                minutes=minutes,
                path=store,
                restart=arguments.restart,
                where=arguments.cluster,
                jobs=arguments.jobs,
                progress=progress,
            )
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps the dishes: the same command goes on"
        raise KeyboardInterrupt(kept) from None
    save(figures.changes(found), picture)
    found.save(output, command_line(NAME, add_arguments, arguments))
    print(json_text(found.as_dict()) if arguments.json else found.summary())
    print(f"wrote {', '.join(map(str, files))} and {picture}", file=sys.stderr)


def _start(name: str, overrides: list[str]) -> "Parameters":
    """Return the parameters to start from, which the recording of a dish does not have."""
    from spikinggrid.recordings import load_parameters

    try:
        return load_parameters(name, overrides)
    except InputError as error:
        if Path(name).suffix == ".toml" or not Path(name).is_file():
            raise
        raise InputError(
            f"{error}; several recordings of one culture go with --may-change"
        ) from None


def _search(arguments: argparse.Namespace, start: str, *names: str) -> None:
    """Search, write the fitted parameter file and its figure, print the tables."""
    from spikinggrid.fitting import search, targets
    from spikinggrid.fitting.parameter_space import read_bounds
    from spikinggrid.fitting.search_plan import SearchPlan
    from spikinggrid.plotting import fit as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.utils.progress import Progress

    aims, recordings = targets.from_names(names, lambda paths: read_recordings(paths, arguments))
    if not recordings:
        refuse_reading(arguments)
    if arguments.duration and not aims.assay.is_recorded:
        raise InputError(f"--duration: {aims.name} is of {aims.assay.name}, which has its own")
    duration = arguments.duration or (f"{aims.duration!r} s" if aims.duration else "")
    overrides = [f"simulation.duration={duration}"] if duration else []
    parameters = _start(start, [*arguments.overrides, *overrides])
    plan = SearchPlan(
        parameters,
        read_bounds(parameters, arguments.vary),
        aims,
        **{
            field: getattr(arguments, option)
            for option, field in PLANNED.items()
            if getattr(arguments, option) is not None
        },
    )
    output = arguments.output or Path("fitted.toml")
    picture, store = output.with_suffix(".png"), output.with_suffix(".simulations.jsonl")
    inputs = [start, store, *names]
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
    result.save(output, Path(start).stem, line)
    print(json_text(result.as_dict()) if arguments.json else result.summary())
    print(
        f"{result.n_simulated} cultures took {result.seconds / 60:.1f} min, one after the other;"
        f" wrote {output} and {picture}",
        file=sys.stderr,
    )
