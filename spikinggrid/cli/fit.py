"""The commands of `spikinggrid` that fit a culture to recordings: `targets` and `fit`."""

import argparse
import json
import shlex
import sys
from contextlib import suppress
from pathlib import Path

from spikinggrid.parallel import client as cluster
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_writable, written_beside

#: Options of `fit` that change nothing in its outcome.
OF_NO_CONSEQUENCE = ("resume", "jobs", "cluster", "json")

#: Options that a search has no use for.
OF_POSTERIOR = ("method", "simulations", "store", "check", "force")


def add_targets(command) -> None:
    """Add `targets` to the commands; `command` makes one, as in `cli`."""
    parser = command(
        "targets",
        _targets,
        "make a target file for `fit` from recordings, or list those that are there",
        "Centres are medians over the recordings, bands their quartiles; of fewer than four\n"
        "recordings, the spread between fifths of each. Edit the file as you like: a feature that\n"
        "it does not hold is not fitted.\n\n"
        "examples:\n"
        "  spikinggrid targets                     what comes with SpikingGrid\n"
        "  spikinggrid targets dish1.h5 dish2.csv --output mine.toml",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="recordings")
    parser.add_argument(
        "--output", type=Path, metavar="FILE.toml", help="file to write (default: print it)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_fit(command, add_parameters) -> None:
    """Add `fit` to the commands; `add_parameters` adds what all parameter files take."""
    parser = command(
        "fit",
        _fit,
        "search for parameters whose cultures measure like a recording, or like targets",
        "Every trial is kept in OUTPUT.run.jsonl as soon as it is done, so that Ctrl-C, a crash or\n"
        "a power cut costs at most the trials under way; --resume goes on to the same result.\n"
        "Near a good point take a small --step, such as 0.05.\n\n"
        "examples:\n"
        "  spikinggrid fit culture cortex_div21 --output fitted.toml\n"
        "  spikinggrid fit culture my_dish.h5 --vary noise.drive='3 mV:8 mV' \\\n"
        "      --vary neuron.adaptation='0.1 mV:0.5 mV:log' --output fitted.toml\n\n"
        "How sure is that? --method posterior draws simulations between the bounds, learns from them\n"
        "which parameters go with which features, and gives credible intervals for one recording.\n"
        "Simulations are kept and serve every later recording. A recording unlike anything the model\n"
        "produces is refused (exit code 3). It needs pip install 'spikinggrid[inference]'.\n\n"
        "examples:\n"
        "  spikinggrid fit posterior my_dish.h5 --method posterior --output my_dish.toml\n"
        "  spikinggrid fit posterior --method posterior --check",
    )
    add_parameters(parser)
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="TARGETS_OR_RECORDING",
        help="one target file or the name of one (see `spikinggrid targets`), or recordings; for a"
        " posterior one recording",
    )
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=LOW:HIGH[:log]",
        help="what varies, and between which bounds; may be repeated (default: the table"
        " [calibration.bounds] of the parameters)",
    )
    parser.add_argument("--output", type=Path, default=Path("fitted.toml"), metavar="FILE.toml")
    parser.add_argument("--generations", type=int, default=30, help="of the search (default 30)")
    parser.add_argument(
        "--population", type=int, default=12, help="candidates in each (default 12)"
    )
    parser.add_argument(
        "--step",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="how far the first candidates spread, as a share of the bounds (default 0.2)",
    )
    parser.add_argument(
        "--cultures", type=int, default=2, help="that each candidate grows (default 2)"
    )
    parser.add_argument(
        "--checks",
        type=int,
        help="cultures to measure the winner on (default 5), or to grow from a posterior (40)",
    )
    parser.add_argument("--duration", help="of each recording (default: that of the targets)")
    cluster.add_arguments(parser)
    parser.add_argument("--resume", action="store_true", help="go on with a fit broken off")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    posterior = parser.add_argument_group("posterior")
    posterior.add_argument(
        "--method",
        choices=("search", "posterior"),
        default="search",
        help="one best point, or credible intervals (default search)",
    )
    posterior.add_argument(
        "--simulations", type=int, default=1000, help="to learn from, at least (default 1000)"
    )
    posterior.add_argument(
        "--store",
        type=Path,
        metavar="FILE.h5",
        help="where simulations are kept (default: PARAMETERS.simulations.h5)",
    )
    posterior.add_argument(
        "--check", action="store_true", help="tell whether intervals are as wide as they say"
    )
    posterior.add_argument(
        "--force", action="store_true", help="answer even if the model produces nothing like it"
    )


def _targets(arguments: argparse.Namespace) -> None:
    from spikinggrid.fit import targets
    from spikinggrid.recordings import recording

    if not arguments.files:
        table = {name: targets.load(name) for name in targets.shipped()}
        if arguments.json:
            print(json.dumps({name: each.source for name, each in table.items()}, indent=2))
            return
        for name, each in table.items():
            print(f"{name:<20} {each.source}")
        return
    name = arguments.output.stem if arguments.output else "targets"
    made = targets.from_recordings([recording.load(path) for path in arguments.files], name)
    if arguments.json:
        print(json.dumps({name: vars(each) for name, each in made.features.items()}, indent=2))
    if arguments.output is None:
        if not arguments.json:
            print(targets.dumps(made), end="")
        return
    with written_beside(arguments.output) as beside:
        beside.write_text(targets.dumps(made), encoding="utf-8")
    print(f"wrote {arguments.output}", file=sys.stderr)


def _fit(arguments: argparse.Namespace) -> None:
    if arguments.method == "posterior":
        from spikinggrid.cli import infer as cli_posterior

        cli_posterior.run(arguments, _plan_of_simulations(arguments))
        return
    if arguments.check or arguments.force:
        raise InputError("--check and --force: go with --method posterior")
    if not arguments.targets:
        raise InputError("fit: to what? for example: spikinggrid fit culture cortex_div21")
    if arguments.checks is None:
        arguments.checks = 5
    _search(arguments)


def _search(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from spikinggrid.fit import search as calibration

    plan, real = _plan(arguments)
    output = arguments.output
    run_file = output.with_suffix(".run.jsonl")
    for path in (output, output.with_suffix(".png"), run_file):
        check_writable(path)
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
    print(
        json.dumps(_as_json(plan, outcome), indent=2) if arguments.json else _as_text(plan, outcome)
    )
    print(f"wrote {output} and {output.with_suffix('.png')}", file=sys.stderr)


def _plan_of_simulations(arguments: argparse.Namespace):
    """What is simulated for a posterior."""
    from spikinggrid.assays.spontaneous import SPONTANEOUS
    from spikinggrid.fit import simulation_store as simulations

    parameters, varied = parameters_and_bounds(arguments, arguments.duration)
    SPONTANEOUS.check(parameters)
    for name, least in {"simulations": 1, "checks": 1}.items():
        value = getattr(arguments, name)
        if value is not None and value < least:
            raise InputError(f"--{name}: found {value}; right would be {least} or more")
    return simulations.Plan(SPONTANEOUS, parameters, varied)


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
    limits = {"generations": 1, "population": 4, "cultures": 1, "checks": 1}
    for name, least in limits.items():
        value = getattr(arguments, name)
        if value is not None and value < least:
            raise InputError(f"--{name}: found {value}; right would be {least} or more")
    if not 0 < arguments.step <= 1:
        raise InputError(f"--step: found {arguments.step:g}; right would be above 0 and up to 1")
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
    from spikinggrid.recordings import recording

    of_targets = [Path(name).suffix == ".toml" or not Path(name).is_file() for name in names]
    if len(names) == 1 and of_targets[0]:
        return targets.load(names[0]), None
    if any(of_targets):
        raise InputError(
            f"{names[of_targets.index(True)]}: right would be one target file, or recordings alone"
        )
    recordings = [recording.load(name) for name in names]
    return targets.from_recordings(recordings, Path(names[0]).stem), recordings[0]


def _write(plan, outcome, output: Path, real, arguments: argparse.Namespace) -> None:
    """Write the fitted parameter file, and the figure beside it."""
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.plotting import fit as fit_figures
    from spikinggrid.plotting import recordings as plots

    pair = _recordings(plan, outcome, real) if plan.targets.assay.is_recorded else {}
    figure = fit_figures.fit(
        plan.targets, outcome.start, outcome.checked, outcome.per_culture, pair
    )
    plots.save(figure, output.with_suffix(".png"))
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
        if name in (*OF_NO_CONSEQUENCE, *OF_POSTERIOR, "run", "parameters", "targets", "overrides"):
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
        start = f"{outcome.start[name]:.4g}" if outcome.start else "failed"
        mark = "" if target.holds(outcome.checked[name]) else "  outside"
        lines.append(
            f"{f'{name} ({plan.targets.units[name]})':<40}{target.centre:>10.4g}{band:>20}"
            f"{start:>10}{outcome.checked[name]:>10.4g}{mark}"
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
