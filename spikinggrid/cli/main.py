"""The command `spikinggrid`: the jobs of the package for people who do not program.

Heavy modules are imported by the commands that need them, so that `--help` is instant.
Errors that a user can mend are one line each and exit code 2.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from spikinggrid import __version__
from spikinggrid.cli import advise as cli_advise
from spikinggrid.cli import benchmark as cli_benchmark
from spikinggrid.cli import fit as cli_fit
from spikinggrid.cli import sweep as cli_sweep
from spikinggrid.utils.errors import InputError, exit_code
from spikinggrid.utils.files import check_writable

PLOTS = ("raster", "rates", "bursts", "psth", "wiring", "compare")
BENCHMARK_PLOTS = (
    "learning-curve",
    "confusion",
    "receptive-fields",
    "weights",
    "responses",
    "output-distributions",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code (`errors.exit_code`)."""
    parsed = _parser().parse_args(arguments)
    return exit_code(lambda: parsed.run(parsed), "interrupted; nothing was written")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spikinggrid",
        description="A virtual culture of neurons on a multi-electrode array.",
        epilog="Begin with: spikinggrid simulate culture --output culture.h5",
    )
    parser.add_argument("--version", action="version", version=f"spikinggrid {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run, summary: str, epilog: str = "") -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(run=run)
        return made

    simulate = command(
        "simulate",
        _simulate,
        "simulate a culture and record it through its electrodes",
        'example:\n  spikinggrid simulate culture --set simulation.duration="5 min" --seed 3',
    )
    _add_parameters(simulate)
    simulate.add_argument("--seed", type=int, help="another seed than the file's")
    simulate.add_argument(
        "--engine", choices=("native", "brian2"), help="another engine than the file's"
    )
    simulate.add_argument(
        "--output", type=Path, metavar="FILE.h5", help="recording to write (default: NAME.h5)"
    )
    simulate.add_argument(
        "--csv", type=Path, metavar="FILE.csv", help="write the spikes as a table as well"
    )
    simulate.add_argument("--json", action="store_true", help="print the features as JSON")

    benchmark = command(
        "benchmark",
        cli_benchmark.run,
        "how well cultures learn to tell digits apart, with controls",
        cli_benchmark.EPILOG,
    )
    cli_benchmark.add_arguments(benchmark)
    _add_overrides(benchmark)

    statistics = command(
        "statistics",
        _statistics,
        "features of recordings, simulated and real alike",
        "A recording is an HDF5 file of `simulate`, an HDF5 file of Charlesworth et al. (2015),\n"
        "or a CSV spike list with a column for time and one for electrode; .gz is fine.\n\n"
        "example:\n  spikinggrid statistics culture.h5 my_dish.csv",
    )
    statistics.add_argument("files", nargs="+", type=Path, metavar="FILE")
    statistics.add_argument("--json", action="store_true", help="print JSON instead of a table")

    plot = command(
        "plot",
        _plot,
        "draw a recording, a culture or the result of a benchmark",
        "kinds:\n"
        "  raster   spikes of all electrodes, and the population rate\n"
        "  rates    firing rate of each electrode on the dish\n"
        "  bursts   the raster with detected bursts and network spikes marked\n"
        "  psth     response to the stimuli, over time and on the dish\n"
        "  wiring   connection strength against distance (of a recording's culture or a preset)\n"
        "  compare  two recordings side by side; give the second with --real\n\n"
        "kinds for result.h5 of a benchmark:\n"
        "  learning-curve        accuracy during the training, and controls\n"
        "  confusion             which digits are taken for which\n"
        "  receptive-fields      what every neuron responds to, before and after\n"
        "  weights               strengths before and after\n"
        "  responses             to known and unknown digits, over time and on the array\n"
        "  output-distributions  spikes on the label electrodes for each digit\n\n"
        "example:\n  spikinggrid plot culture.h5 raster --output raster.png",
    )
    plot.add_argument("file", metavar="FILE", help="recording; for wiring also a parameter file")
    kinds = (*PLOTS, *BENCHMARK_PLOTS)
    plot.add_argument("kind", choices=kinds, metavar="KIND", help="one of the above")
    plot.add_argument("--real", type=Path, metavar="FILE", help="recording to compare with")
    plot.add_argument("--output", type=Path, metavar="FILE.png", help="default: FILE-KIND.png")

    parameters = command(
        "parameters",
        _parameters,
        "list the presets, or show one with all that it extends",
        "example:\n  spikinggrid parameters show culture > mine.toml",
    )
    parameters.add_argument("action", nargs="?", choices=("list", "show"), default="list")
    parameters.add_argument("name", nargs="?", help="preset, parameter file or recording")
    parameters.add_argument("--json", action="store_true", help="print the list as JSON")
    _add_overrides(parameters)

    data = command(
        "data",
        _data,
        "published recordings: list them, fetch one, say where it is",
        "Looks in the folder that SPIKINGGRID_DATA names, then in the user's cache, then on the\n"
        "web.\n\nexample:\n  spikinggrid data fetch C57_CTX_G2CEPHYS1_TC11_DIV21_A",
    )
    data.add_argument("action", choices=("list", "fetch", "where"))
    data.add_argument("names", nargs="*", metavar="NAME", help="recordings to fetch or find")
    data.add_argument("--json", action="store_true", help="print the list as JSON")

    cli_fit.add_targets(command)
    cli_fit.add_fit(command, _add_parameters)
    cli_sweep.add_sweep(command, _add_parameters)
    advise = command(
        "advise",
        cli_advise.run,
        "which parameters a culture should have to do better",
        cli_advise.EPILOG,
    )
    _add_parameters(advise)
    cli_advise.add_arguments(advise)
    return parser


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "parameters",
        metavar="PARAMETERS",
        help="parameter file, name of a preset, or recording to repeat",
    )
    _add_overrides(parser)


def _add_overrides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help='change one key, such as neuron.tau_m="15 ms"; may be repeated',
    )


# --- commands --------------------------------------------------------------------------


def _simulate(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from spikinggrid.recordings import recording
    from spikinggrid.simulation import dish as experiment

    overrides = list(arguments.overrides)
    if arguments.seed is not None:
        overrides.append(f"simulation.seed={arguments.seed}")
    if arguments.engine is not None:
        overrides.append(f"simulation.engine={arguments.engine}")
    parameters = _load_parameters(arguments.parameters, overrides)
    output = arguments.output or Path(Path(arguments.parameters).stem + ".h5")
    if output.resolve() == Path(arguments.parameters).resolve():
        raise InputError(f"{output}: would be overwritten; give another name with --output")
    for path in filter(None, (output, arguments.csv)):
        check_writable(path)  # before the work, not after it
    whole = parameters.simulation.warmup + parameters.simulation.duration
    with tqdm(total=round(whole, 3), unit="s", desc="biological time", disable=None) as bar:
        made = experiment.simulate(parameters, lambda done: bar.update(round(done, 3) - bar.n))
        bar.update(bar.total - bar.n)
    recording.save(made, output)
    if arguments.csv:
        recording.save_csv(made, arguments.csv)
    _print_features([_features_of(output, made)], arguments.json)
    print(f"wrote {output}", file=sys.stderr)


def _statistics(arguments: argparse.Namespace) -> None:
    from spikinggrid.recordings import recording

    rows = [_features_of(path, recording.load(path)) for path in arguments.files]
    _print_features(rows, arguments.json)


def _plot(arguments: argparse.Namespace) -> None:
    from spikinggrid.plotting import recordings as plots
    from spikinggrid.recordings import recording

    if (arguments.kind == "compare") != (arguments.real is not None):
        raise InputError(
            "--real: goes with compare; for example: spikinggrid plot a.h5 compare --real b.h5"
        )
    stem = Path(arguments.file).name.split(".")[0]
    output = arguments.output or Path(f"{stem}-{arguments.kind}.png")
    if arguments.kind in BENCHMARK_PLOTS:
        from spikinggrid.digits import benchmark
        from spikinggrid.plotting import digits as digit_plots

        draw = getattr(digit_plots, arguments.kind.replace("-", "_"))
        figure = draw(benchmark.load(arguments.file))
    elif arguments.kind == "wiring":
        figure = _plot_wiring(arguments.file)
    elif arguments.kind == "compare":
        figure = plots.compare(recording.load(arguments.file), recording.load(arguments.real))
    else:
        figure = getattr(plots, arguments.kind)(recording.load(arguments.file))
    plots.save(figure, output)
    print(f"wrote {output}", file=sys.stderr)


def _plot_wiring(file: str):
    """The wiring of a parameter file's culture, or of the culture behind a recording."""
    from spikinggrid.plotting import recordings as plots
    from spikinggrid.simulation import dish as experiment

    mea, culture = experiment.grow(_load_parameters(file))
    return plots.wiring(culture, mea.positions)


def _load_parameters(name: str, overrides: Sequence[str] = ()):
    """Of a preset, of a parameter file, or of the run behind a simulated recording."""
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.recordings import recording

    if Path(name).suffix != ".h5":
        return parameter_files.load(name, overrides)
    made = recording.load(name)
    if not made.parameters:
        raise InputError(f"{name}: is a real recording, whose culture nobody knows")
    return parameter_files.loads(made.parameters, name, overrides)


def _parameters(arguments: argparse.Namespace) -> None:
    from spikinggrid.parameters import files as parameter_files

    if arguments.action == "show":
        if arguments.name is None:
            raise InputError("parameters show: which one? for example: parameters show culture")
        loaded = _load_parameters(arguments.name, arguments.overrides)
        print(parameter_files.dumps(loaded, comments=True), end="")
        return
    presets = parameter_files.presets()
    if arguments.json:
        print(json.dumps(presets, indent=2))
        return
    width = max(map(len, presets), default=0)
    for name, summary in presets.items():
        print(f"{name:<{width}}  {summary}")


def _data(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from spikinggrid.recordings import datasets

    if arguments.action == "list":
        _print_datasets(datasets, arguments.json)
        return
    if not arguments.names:
        raise InputError(f"data {arguments.action}: which one? `spikinggrid data list` has names")
    for name in arguments.names:
        if arguments.action == "where":
            path = datasets.where(name)
            if path is None:
                raise InputError(f"{name}: not on this machine; spikinggrid data fetch {name}")
        else:
            with tqdm(unit="B", unit_scale=True, desc=name, disable=None) as bar:
                path = datasets.fetch(name, lambda done, total: _advance(bar, done, total))
        print(path)


# --- printing --------------------------------------------------------------------------


def _features_of(path: Path, made) -> dict:
    import numpy as np

    from spikinggrid.statistics.evoked import responses_per_pattern
    from spikinggrid.statistics.features import features

    places = np.column_stack([made.x, made.y])
    values = features(made.spike_trains, made.t_start, made.t_stop, places)
    row = {"file": str(path), "features": values}
    if len(made.stimulus_times):
        row["responses"] = responses_per_pattern(
            made.spike_trains, made.stimulus_times, made.stimulus_electrodes
        )
    return row


def _print_features(rows: list[dict], as_json: bool) -> None:
    """A table with one row for each feature and a column for each file, or JSON."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    from spikinggrid.statistics.features import UNITS

    for start in range(0, len(rows), 4):
        some = rows[start : start + 4]
        names = [Path(row["file"]).name for row in some]
        widths = [max(12, len(name)) for name in names]
        print(f"{'':<38}", *(f"{name:>{w}}" for name, w in zip(names, widths, strict=True)))
        for feature in some[0]["features"]:
            label = f"{feature} ({UNITS[feature]})"
            style = ",.0f" if UNITS[feature] == "count" else ".4g"
            values = [format(row["features"][feature], style) for row in some]
            print(f"{label:<38}", *(f"{v:>{w}}" for v, w in zip(values, widths, strict=True)))
        print()
    for row in rows:
        _print_responses(row)


def _print_responses(row: dict) -> None:
    """Evoked spikes of each pattern of electrodes, where there were stimuli."""
    if "responses" not in row:
        return
    print(f"{Path(row['file']).name}: spikes per stimulus, 5 to 100 ms after it, on all electrodes")
    for response in row["responses"]:
        numbers = response["electrodes"]
        names = ", ".join(map(str, numbers[:6])) + (" ..." if len(numbers) > 6 else "")
        latency = ""
        if response["latency"] is not None:
            latency = f", after {1e3 * response['latency']:.1f} ms"
        print(
            f"  {response['n_stimuli']} stimuli on {len(numbers)} electrodes ({names}):"
            f" {response['count']:.1f} +- {response['count_sem']:.1f} (standard error);"
            f" {response['baseline']:.1f} in as long a time before;"
            f" {100 * response['probability']:.0f} % of electrodes and stimuli answered{latency}"
        )
    print()


def _print_datasets(datasets, as_json: bool) -> None:
    entries = datasets.recordings()
    if as_json:
        paths = [datasets.where(entry.name) for entry in entries]
        rows = [
            vars(entry) | {"path": path and str(path)}
            for entry, path in zip(entries, paths, strict=True)
        ]
        print(json.dumps(rows, indent=2))
        return
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        here = "here" if datasets.where(entry.name) else f"{entry.bytes / 1e6:.1f} MB to fetch"
        print(f"{entry.name:<{width}}  {entry.region}  DIV {entry.div:<3} {here}")
    print(f"\n{entries[0].citation}\nLicence: {entries[0].licence}")


def _advance(bar, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)
