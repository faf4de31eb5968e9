"""The command `spikinggrid infer`: which parameters go with a recording, and how sure that is."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spikinggrid.cli.options import (
    add_output,
    add_overrides,
    add_restart,
    add_vary,
    add_workers,
    command_line,
    whole,
)
from spikinggrid.cli.reading import add_reading, read_recordings, refuse_reading
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable
from spikinggrid.utils.missing import json_text

if TYPE_CHECKING:
    from spikinggrid.fitting.inference_result import Inference
    from spikinggrid.fitting.prior import Prior
    from spikinggrid.recordings import Recording

NAME = "infer"
SUMMARY = "credible intervals of the parameters of a recorded culture"
EPILOG = """\
With a recording alone it asks the pool of simulated dishes that `spikinggrid fit` starts
from, simulates a few hundred more around the recording, and gives credible intervals by
regression of parameters on features.

With PARAMETERS before it, it draws simulations between their bounds, learns from them which
parameters go with which features, and gives credible intervals; these simulations serve
every later recording. That needs pip install 'spikinggrid[inference]'.

Simulations are kept as soon as each is done, so that the same command continues where it
stopped. A recording unlike anything the model produces is refused (exit code 3).

examples:
  spikinggrid infer my_dish.h5
  spikinggrid infer posterior my_dish.h5 --output my_dish.toml
  spikinggrid infer posterior --check"""

#: Cultures that are recorded for the figure.
N_SHOWN = 2

#: Options that go with parameters before the recording, and those of a recording alone.
OF_PRIOR = ("overrides", "vary", "duration")
OF_POOL = ("pool",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="RECORDING",
        help="one recording; or parameters (a file, a preset) and then one recording, or none with"
        " --check",
    )
    add_output(
        parser,
        ".toml",
        what="inferred parameters; figures are beside",
        default_text="RECORDING-posterior.toml",
    )
    parser.add_argument(
        "--simulations",
        type=whole(1),
        help="to learn from: around the recording (default 300), or between the bounds of"
        " PARAMETERS, at least (default 1000)",
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE.jsonl",
        help="where simulations are kept (default: OUTPUT.simulations.jsonl, or"
        " PARAMETERS.simulations.jsonl)",
    )
    parser.add_argument(
        "--checks",
        type=whole(1),
        metavar="N",
        help="cultures grown from the posterior (default 40)",
    )
    parser.add_argument(
        "--anyway", action="store_true", help="answer even if the model produces nothing like it"
    )
    of_pool = parser.add_argument_group("a recording alone")
    of_pool.add_argument(
        "--pool",
        type=Path,
        metavar="FILE.h5",
        help="dishes of `spikinggrid pool` (default: those that come with SpikingGrid)",
    )
    of_prior = parser.add_argument_group("with PARAMETERS before it")
    add_overrides(of_prior)
    add_vary(of_prior)
    of_prior.add_argument("--duration", help="of each simulation (default: that of the parameters)")
    of_prior.add_argument(
        "--check", action="store_true", help="tell whether intervals are as wide as they say"
    )
    add_workers(parser)
    add_reading(parser)
    add_restart(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Answer for one recording, or check the intervals."""
    first, *further = arguments.names
    recording = further[0] if further else None
    if len(further) > 1:
        raise InputError(f"infer: {further[1]}: no such argument")
    if arguments.check:
        refuse_reading(arguments)
        given = {f"--{name}": getattr(arguments, name) for name in ("checks", "anyway", "pool")}
        for word, is_there in ({recording: recording} | given).items():
            if is_there:
                raise InputError(f"infer: {word}: does not go with --check, which needs none")
        _prepare(arguments, first, None)
    elif recording is not None:
        _refuse(arguments, OF_POOL, "goes with one recording alone")
        _prepare(arguments, first, recording)
    elif _is_parameters(first):
        raise InputError("infer: which recording? right would be one, or none with --check")
    else:
        _refuse(arguments, OF_PRIOR, "goes with parameters before the recording")
        _ask_pool(arguments, first)


def _is_parameters(name: str) -> bool:
    """Return whether a name is of parameters, not of a recording."""
    from spikinggrid.parameters.files import presets

    path = Path(name)
    return path.suffix == ".toml" or (not path.is_file() and name in presets())


def _refuse(arguments: argparse.Namespace, options: Iterable[str], reason: str) -> None:
    for option in options:
        if getattr(arguments, option) not in (None, []):
            name = "set" if option == "overrides" else option
            raise InputError(f"infer: --{name}: {reason}")


def _ask_pool(arguments: argparse.Namespace, name: str) -> None:
    """Answer for one recording by the pool."""
    from spikinggrid.fitting import inference, pool
    from spikinggrid.utils.progress import Progress

    output = arguments.output or _beside(name)
    store = arguments.store or output.with_suffix(".simulations.jsonl")
    _check_files(arguments, output, store, [name, *([arguments.pool] if arguments.pool else [])])
    (recording,) = read_recordings([name], arguments)
    with _kept_by(store):
        inferred = inference.infer_from_pool(
            _named(recording, name),
            None if arguments.pool is None else pool.read(arguments.pool),
            store,
            n_simulations=arguments.simulations or inference.N_AROUND,
            n_dishes=arguments.checks or inference.N_DISHES,
            anyway=arguments.anyway,
            restart=arguments.restart,
            where=arguments.cluster,
            jobs=arguments.jobs,
            show=Progress,
        )
        _tell(arguments, inferred, output, "pool")


def _prepare(arguments: argparse.Namespace, name: str, recording: str | None) -> None:
    """Answer for one recording, or check the intervals, by simulations between bounds."""
    from spikinggrid.assays.spontaneous import SPONTANEOUS
    from spikinggrid.fitting.inference import N_SIMULATIONS
    from spikinggrid.fitting.parameter_space import read_bounds
    from spikinggrid.fitting.prior import Prior
    from spikinggrid.recordings import load_parameters

    duration = [f"simulation.duration={arguments.duration}"] if arguments.duration else []
    parameters = load_parameters(name, [*arguments.overrides, *duration])
    prior = Prior(parameters, read_bounds(parameters, arguments.vary), SPONTANEOUS)
    store = arguments.store or Path(f"{Path(name).stem}.simulations.jsonl")
    arguments.simulations = arguments.simulations or N_SIMULATIONS
    with _kept_by(store):
        if recording is None:
            _check_intervals(arguments, prior, store)
        else:
            _answer(arguments, prior, store)


@contextmanager
def _kept_by(store: Path) -> Iterator[None]:
    """Say after Ctrl-C what keeps the simulations."""
    try:
        yield
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps what was simulated: the same command goes on"
        raise KeyboardInterrupt(kept) from None


def _answer(arguments: argparse.Namespace, prior: "Prior", store: Path) -> None:
    """Answer for one recording by simulations between bounds."""
    from spikinggrid.fitting import inference
    from spikinggrid.utils.progress import Progress

    name, recorded = arguments.names
    output = arguments.output or _beside(recorded)
    _check_files(arguments, output, store, [name, recorded])
    (recording,) = read_recordings([recorded], arguments)
    inferred = inference.infer(
        _named(recording, recorded),
        prior,
        store,
        n_simulations=arguments.simulations,
        n_dishes=arguments.checks or inference.N_DISHES,
        anyway=arguments.anyway,
        restart=arguments.restart,
        where=arguments.cluster,
        jobs=arguments.jobs,
        show=Progress,
    )
    arguments.simulations = len(inferred.posterior.simulations)  # the file may have held more
    _tell(arguments, inferred, output, Path(name).stem)


def _tell(arguments: argparse.Namespace, inference: "Inference", output: Path, title: str) -> None:
    """Write the parameter file of the medians and both figures, and print the tables."""
    from spikinggrid.plotting import posterior as figures
    from spikinggrid.plotting.style import save

    pairs, predictive = _pictures(output)
    save(figures.pairs(inference), pairs)
    dishes = {"recording": inference.recording} | inference.record_dishes(N_SHOWN)
    save(figures.predictive(inference, dishes), predictive)
    inference.save(output, title, command_line(NAME, add_arguments, arguments))
    print(json_text(inference.as_dict()) if arguments.json else inference.summary())
    print(f"wrote {output}, {pairs}, {predictive}", file=sys.stderr)


def _check_files(
    arguments: argparse.Namespace, output: Path, store: Path, names: Sequence[str | Path]
) -> None:
    """Refuse what cannot be written, before anything is simulated."""
    check_outputs(output, *_pictures(output), force=arguments.force, inputs=[store, *names])
    check_writable(store)


def _pictures(output: Path) -> tuple[Path, Path]:
    return output.with_suffix(".png"), output.with_name(f"{output.stem}-predictive.png")


def _beside(recording: str) -> Path:
    return Path(f"{Path(recording).stem}-posterior.toml")


def _named(recording: "Recording", path: str) -> "Recording":
    """Return a recording that says which file it is of."""
    name = Path(path).name
    if name in recording.source:
        return recording
    return replace(recording, source=f"{name}, {recording.source}".rstrip(", "))


def _check_intervals(arguments: argparse.Namespace, prior: "Prior", store: Path) -> None:
    """Print and draw whether intervals are as wide as they say."""
    from spikinggrid.fitting import coverage
    from spikinggrid.fitting.inference import prepare
    from spikinggrid.plotting import posterior as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.utils.progress import Progress

    (name,) = arguments.names
    output = arguments.output or Path(name)
    picture = output.with_name(f"{output.stem}-check.png")
    check_outputs(picture, force=arguments.force, inputs=[name, store])
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
