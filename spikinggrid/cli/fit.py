"""The command `spikinggrid fit`: search for parameters that measure like a recording."""

import argparse
import shlex
import sys
from contextlib import suppress
from pathlib import Path

from spikinggrid.cli.options import add_output, add_parameters, fraction, whole
from spikinggrid.parallel import client as cluster
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable, written_beside
from spikinggrid.utils.missing import json_text, number_text

NAME = "fit"
SUMMARY = "search for parameters whose cultures measure like a recording, or like targets"
EPILOG = """\
Every trial is kept in OUTPUT.run.jsonl as soon as it is done, so that Ctrl-C, a crash or
a power cut costs at most the trials under way; --resume goes on to the same result.
Near a good point take a small --step, such as 0.05. How sure is the result? See
`spikinggrid infer --help`.

examples:
  spikinggrid fit culture cortex_div21 --output fitted.toml
  spikinggrid fit culture my_dish.h5 --vary noise.drive='3 mV:8 mV' \\
      --vary neuron.adaptation='0.1 mV:0.5 mV:log' --output fitted.toml"""

#: Options of `fit` that change nothing in its outcome.
OF_NO_CONSEQUENCE = ("force", "resume", "jobs", "cluster", "json")


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
    add_duration(parser)
    cluster.add_arguments(parser)
    parser.add_argument("--resume", action="store_true", help="go on with a fit broken off")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def add_vary(parser: argparse.ArgumentParser) -> None:
    """Add `--vary`, which says what varies."""
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=LOW:HIGH[:log]",
        help="what varies, and between which bounds; may be repeated (default: the table"
        " [calibration.bounds] of the parameters)",
    )


def add_duration(parser: argparse.ArgumentParser) -> None:
    """Add `--duration`."""
    parser.add_argument("--duration", help="of each recording (default: that of the targets)")


def run(arguments: argparse.Namespace) -> None:
    """Search, write the fitted parameter file and its figure, print the tables."""
    from tqdm import tqdm

    from spikinggrid.fit import search as calibration

    plan, real = _plan(arguments)
    output = arguments.output
    run_file = output.with_suffix(".run.jsonl")
    inputs = [arguments.parameters, *arguments.targets]
    check_outputs(output, output.with_suffix(".png"), force=arguments.force, inputs=inputs)
    check_writable(run_file)
    with tqdm(total=plan.n_trials, unit="trial", disable=None) as bar:

        def progress(generation: int, best: float, done: int) -> None:
            stage = f"generation {generation}/{plan.generations}" if generation else "last trials"
            bar.set_description(f"{stage}, best distance {best:.3f}", refresh=False)
            bar.update(done - bar.n)

        try:
            outcome = calibration.fit(
                plan,
                run_file,
                resume=arguments.resume,
                where=arguments.cluster,
                jobs=arguments.jobs,
                progress=progress,
            )
        except KeyboardInterrupt:
            kept = f"interrupted; {run_file} keeps the trials: go on by --resume"
            raise KeyboardInterrupt(kept) from None
    if outcome.checked is None:
        raise InputError(
            f"{output}: not written, as the best cultures found are silent or run away; widen the"
            " bounds or start elsewhere"
        )
    _write(plan, outcome, output, real, arguments)
    print(json_text(_as_json(plan, outcome)) if arguments.json else _as_text(plan, outcome))
    print(f"wrote {output} and {output.with_suffix('.png')}", file=sys.stderr)


def parameters_and_bounds(arguments: argparse.Namespace, duration: str | None):
    """Parameters of recordings of this duration, and what varies in them."""
    from spikinggrid.fit import parameter_space as bounds
    from spikinggrid.parameters import files as parameter_files

    overrides = list(arguments.overrides)
    if duration:
        overrides.append(f"simulation.duration={duration}")
    parameters = parameter_files.load(arguments.parameters, overrides)
    varied = bounds.of_parameters(parameters)
    if arguments.vary:
        pairs = [entry.partition("=") for entry in arguments.vary]
        varied = {key.strip(): bounds.parse(key.strip(), text) for key, _, text in pairs}
    if len(varied) < 2:
        raise InputError(
            f"--vary: found {len(varied)} keys, a fit needs two or more; for example"
            f" --vary {bounds.EXAMPLE}"
        )
    return parameters, tuple(varied.values())


def _plan(arguments: argparse.Namespace):
    """What is to be fitted, and the real recording among it that is drawn beside the fitted one."""
    from spikinggrid.fit import search as calibration

    wanted, real = aimed_at(arguments.targets)
    duration = arguments.duration or (f"{wanted.duration!r} s" if wanted.duration else None)
    parameters, varied = parameters_and_bounds(arguments, duration)
    return calibration.Plan(
        parameters,
        wanted,
        varied,
        arguments.generations,
        arguments.population,
        arguments.step,
        arguments.cultures,
        arguments.checks,
    ), real


def aimed_at(names: list[str]):
    """The targets, and the first recording they come from, if they come from recordings."""
    from spikinggrid.fit import targets
    from spikinggrid.recordings import read

    of_targets = [Path(name).suffix == ".toml" or not Path(name).is_file() for name in names]
    if len(names) == 1 and of_targets[0]:
        return targets.load(names[0]), None
    if any(of_targets):
        raise InputError(
            f"{names[of_targets.index(True)]}: right would be one target file, or recordings alone"
        )
    recordings = [read(name) for name in names]
    return targets.from_recordings(recordings, Path(names[0]).stem), recordings[0]


def _write(plan, outcome, output: Path, real, arguments: argparse.Namespace) -> None:
    """Write the fitted parameter file, and the figure beside it."""
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.plotting import fit as fit_figures
    from spikinggrid.plotting.style import save

    pair = _recordings(plan, outcome, real) if plan.targets.assay.is_recorded else {}
    figure = fit_figures.fit(
        plan.targets, outcome.start, outcome.checked, outcome.per_culture, pair
    )
    save(figure, output.with_suffix(".png"))
    header = [
        (
            f"{Path(arguments.parameters).stem} fitted to {plan.targets.name}:"
            f" {plan.targets.n_held(outcome.checked)} of {len(plan.targets.features)} features within"
            f" the band, distance {plan.targets.distance(outcome.checked):.3f}"
        ),
        "",
        *_as_text(plan, outcome).splitlines(),
        "",
        f"Made by: {_command(arguments)}",
    ]
    comments = "\n".join(f"# {line}".rstrip() for line in header)
    with written_beside(output) as beside:
        text = parameter_files.dumps(outcome.parameters, comments=True)
        beside.write_text(f"{comments}\n\n{text}", encoding="utf-8")


def _recordings(plan, outcome, real) -> dict:
    """What the figure shows beside the features: a fitted culture, and what it should be like."""
    from spikinggrid.assays.assay import CultureError
    from spikinggrid.assays.spontaneous import record

    seed = plan.check_seeds[0]
    shown = {} if real is None else {"real": real}
    cultures = {f"fitted, seed {seed}": outcome.parameters}
    if real is None:
        cultures = {"start": plan.parameters} | cultures
    for name, parameters in cultures.items():
        with suppress(CultureError):
            shown[name] = record(parameters, seed)
    return shown


def _command(arguments: argparse.Namespace) -> str:
    """The command that makes the fit again."""
    words = ["spikinggrid", "fit", arguments.parameters, *arguments.targets]
    for override in arguments.overrides:
        words += ["--set", override]
    for name, value in vars(arguments).items():
        if name in (*OF_NO_CONSEQUENCE, "run", "parameters", "targets", "overrides"):
            continue
        for each in value if isinstance(value, list) else [value] * (value is not None):
            words += [f"--{name}", str(each)]
    return shlex.join(words)


def _as_json(plan, outcome) -> dict:
    table = {
        name: {
            **vars(target),
            "start": outcome.start and outcome.start[name],
            "fitted": outcome.checked[name],
            "within": target.holds(outcome.checked[name]),
        }
        for name, target in plan.targets.features.items()
    }
    return {
        "targets": plan.targets.name,
        "distance_of_search": outcome.distance,
        "distance": plan.targets.distance(outcome.checked),
        "features": table,
        "per_culture": outcome.per_culture,
        "parameters": _values(plan, outcome),
        "sensitivity": outcome.sensitivity,
        "trials": outcome.n_trials,
        "seconds": outcome.seconds,
    }


def _values(plan, outcome) -> dict[str, str]:
    """Fitted value of each parameter that varied."""
    return {
        bound.key: bound.text(bound.value(share))
        for bound, share in zip(plan.bounds, outcome.point, strict=True)
    }


def _as_text(plan, outcome) -> str:
    """Tables of the features, of the parameters, and of what each parameter moves."""
    from spikinggrid.fit import parameter_space as bounds

    checks = plan.check_seeds
    lines = [
        f"{plan.targets.name}: {plan.targets.source}",
        (
            f"{outcome.n_trials} trials took {outcome.seconds / 60:.1f} min, one after the other;"
            f" distance in the search {outcome.distance:.3f}"
        ),
        (
            f"fitted: on {len(checks)} cultures, seeds {checks[0]} to {checks[-1]}, that took no part in"
            f" it; distance {plan.targets.distance(outcome.checked):.3f}"
        ),
        "",
        f"{'feature':<40}{'target':>10}{'band':>20}{'start':>10}{'fitted':>10}",
    ]
    for name, target in plan.targets.features.items():
        band = f"{target.low:.4g} to {target.high:.4g}"
        start = number_text(outcome.start[name]) if outcome.start else "failed"
        mark = "" if target.holds(outcome.checked[name]) else "  outside"
        lines.append(
            f"{f'{name} ({plan.targets.units[name]})':<40}{target.centre:>10.4g}{band:>20}"
            f"{start:>10}{number_text(outcome.checked[name]):>10}{mark}"
        )
    lines += ["", f"{'parameter':<48}{'start':>14}{'fitted':>14}  a tenth of its range more moves"]
    begin = bounds.start(plan.parameters, plan.bounds)
    for bound, was, share in zip(plan.bounds, begin, outcome.point, strict=True):
        moves = outcome.sensitivity.get(bound.key, {})
        most = sorted(moves, key=lambda name: -abs(moves[name]))[:3]
        told = (
            ", ".join(f"{name} {moves[name]:+.1f}" for name in most) or "too few candidates to tell"
        )
        lines.append(f"{bound.key:<48}{_short(bound, was):>14}{_short(bound, share):>14}  {told}")
    lines.append("(what it moves: in spreads of the feature, the three it moves most)")
    return "\n".join(lines)


def _short(bound, share: float) -> str:
    """A value with four digits."""
    return bound.text(float(f"{bound.value(share):.4g}"))
