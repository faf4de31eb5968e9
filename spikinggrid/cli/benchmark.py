"""The command `spikinggrid benchmark`: cultures in parallel, interrupted and resumed."""

import argparse
import json
import sys
import time
from contextlib import closing
from pathlib import Path

from spikinggrid.cli.options import add_parameters, add_workers, whole
from spikinggrid.parallel import client as cluster
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_writable, make_folder

DEFAULT = "digits/bundled"

#: A culture says this often (s) how far it is.
INTERVAL = 0.2

NAME = "benchmark"
SUMMARY = "how well cultures learn to tell digits apart, with controls"
EPILOG = """\
A culture is shown images through its electrodes and taught through label electrodes. Final
accuracy is measured on images that it has never seen, next to controls; see
`spikinggrid parameters show digits/two` for what can be chosen. An interrupted benchmark goes on
where it was when the same command is given again; with --cluster, a culture under way does so
only if the machines share the folder of --output.

examples:
  spikinggrid benchmark                             8x8 images that need no download
  spikinggrid benchmark digits/two --seeds 5        digits 0 and 1 of MNIST, five cultures
  spikinggrid benchmark digits/ten --split test     final figures on the test images
  spikinggrid plot benchmark-two/result.h5 confusion"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser, DEFAULT, "result")
    parser.add_argument("--classes", metavar="0,1", help="other digits than the file's")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument(
        "--seeds", type=whole(1), metavar="N", help="measure N cultures, from the file's seed on"
    )
    seeds.add_argument(
        "--seed", type=whole(0), metavar="S", help="measure the culture of this seed"
    )
    parser.add_argument(
        "--train", type=whole(1), metavar="N", help="number of training presentations"
    )
    parser.add_argument(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="images of the final figures (default: validation; tune on that)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder for results (default: benchmark-NAME)"
    )
    add_workers(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, not a table")


def run(arguments: argparse.Namespace) -> None:
    """Measure all cultures, write `result.h5`, print the table."""
    from spikinggrid.digits import benchmark

    parameters, seeds = _load(arguments), arguments.seeds
    if parameters.digits is None:
        raise InputError(
            f'{arguments.parameters}: digits: is missing; for example extends = "digits/two"'
        )
    first = parameters.simulation.seed if arguments.seed is None else arguments.seed
    folder = make_folder(arguments.output or f"benchmark-{Path(arguments.parameters).stem}")
    check_writable(folder / "result.h5")
    numbers = list(range(first, first + (seeds or 1)))
    try:
        result = measure_all(
            parameters, numbers, arguments.split, folder, arguments.cluster, arguments.jobs
        )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; the same command goes on where it was") from None
    benchmark.save(result, folder / "result.h5")
    if arguments.json:
        print(json.dumps(benchmark.summary(result), indent=2))
    else:
        print(as_table(result))
    print(f"wrote {folder / 'result.h5'}", file=sys.stderr)


def _load(arguments: argparse.Namespace):
    from spikinggrid.digits import benchmark
    from spikinggrid.parameters import files as parameter_files

    overrides = list(arguments.overrides)
    if arguments.classes is not None:
        overrides.append(f"digits.classes=[{arguments.classes}]")
    if arguments.train is not None:
        overrides.append(f"digits.n_presentations={arguments.train}")
    if Path(arguments.parameters).suffix != ".h5":
        return parameter_files.load(arguments.parameters, overrides)
    text = benchmark.load(arguments.parameters).parameters
    return parameter_files.loads(text, arguments.parameters, overrides)


def measure_all(
    parameters,
    seeds: list[int],
    split: str,
    folder: Path,
    where: str | None = None,
    jobs: int | None = None,
):
    """The result for some seeds; `cluster.connected` says what `where` and `jobs` are.

    Cultures whose files are in the folder are not measured again.
    """
    from spikinggrid.digits import benchmark
    from spikinggrid.parameters import files as parameter_files

    text = parameter_files.dumps(parameters)
    paths = {seed: folder / f"seed-{seed}.h5" for seed in seeds}
    found = [_measured_before(path, text, split) for path in paths.values() if path.is_file()]
    missing = [seed for seed, path in paths.items() if not path.is_file()]
    if not missing:
        return benchmark.merged(parameters, split, found)
    jobs = cluster.enough(len(missing)) if jobs is None else jobs
    with (
        cluster.connected(where, jobs) as client,
        closing(_Bars()) as bars,
        cluster.heard_by(client, bars.heard) as topic,
    ):
        tasks = [(parameters, seed, split, folder.resolve(), topic) for seed in missing]
        for place, measured in cluster.completed(client, _measure, tasks):
            seed = missing[place]
            found.append(benchmark.BenchmarkResult(text, split, {seed: measured}))
            benchmark.save(found[-1], paths[seed])
            for part in folder.glob(f"seed-{seed}-*.part.h5"):
                part.unlink()
    return benchmark.merged(parameters, split, found)


def _measured_before(path: Path, text: str, split: str):
    from spikinggrid.digits import benchmark

    found = benchmark.load(path)
    if (found.parameters, found.split) != (text, split):
        raise InputError(f"{path}: is of other parameters or another split; give another --output")
    return found


def _measure(parameters, seed: int, split: str, folder: Path, topic: str) -> dict:
    """Measure one culture, maybe on another machine: without checkpoints if that lacks the folder."""
    from spikinggrid.digits import benchmark

    def phase(name: str, length: int):
        done, last_told = 0, 0.0

        def shown(training=None, n_images: int = 1) -> None:
            nonlocal done, last_told
            done = training.n_done if training else done + n_images
            if time.monotonic() > last_told + INTERVAL or done == length:
                right = training.evaluations["label"][-1:] if training else []
                cluster.tell(topic, [seed, name, length, done, *right])
                last_told = time.monotonic()

        return shown

    measured = benchmark.measure(
        parameters, seed, split, folder if folder.is_dir() else None, phase
    )
    cluster.tell(topic, [seed])
    return measured


class _Bars:
    """A progress bar for each culture under way."""

    def __init__(self):
        self.bars = {}  # by seed and name of the phase

    def heard(self, message: list) -> None:
        """Show how far a culture is, with its last accuracy; without either, it is done."""
        from tqdm import tqdm

        seed, *told = message
        for key in [key for key in self.bars if key[0] == seed and key[1:] != tuple(told[:1])]:
            self.bars.pop(key).close()
        if not told:
            return
        name, length, done, *accuracy = told
        if (seed, name) not in self.bars:
            self.bars[seed, name] = tqdm(
                total=length, desc=f"seed {seed}: {name}", leave=False, disable=None
            )
        bar = self.bars[seed, name]
        if accuracy:
            bar.set_postfix(accuracy=f"{accuracy[0]:.3f}", refresh=False)
        bar.update(done - bar.n)

    def close(self) -> None:
        """Take all bars away."""
        for bar in self.bars.values():
            bar.close()


def as_table(result) -> str:
    """Accuracies, controls and confusion, for people."""
    from spikinggrid.digits import benchmark

    outcome, seeds = benchmark.summary(result), list(result.seeds.values())
    digits = ", ".join(map(str, outcome["classes"]))
    numbers, n_images = ", ".join(map(str, outcome["seeds"])), len(seeds[0]["answers"]["truth"])
    lines = [
        f"digits {digits}; seeds {numbers}; {n_images} {result.split} images; accuracy",
        f"{'':<26} {'final':>7} {'95 % interval':>15} {'last ten evaluations':>22}",
    ]
    for name, row in outcome["readouts"].items():
        interval = _interval_text(row["final_ci95"])
        last = f"{row['last10_mean']:.3f} +- {row['last10_sd']:.3f}"
        lines.append(f"{name:<26} {row['final_mean']:>7.3f} {interval:>15} {last:>22}")
    lines.append("controls")
    for name in benchmark.CONTROLS:
        values = [each["controls"][name] for each in seeds]
        mean, interval = benchmark.mean_and_ci(values)
        lines.append(f"  {name:<24} {mean:>7.3f} {_interval_text(interval):>15}")
    lines.append("confusion (rows: shown, columns: answered by the label electrodes)")
    lines.append("      " + "".join(f"{c:>6}" for c in outcome["classes"]))
    for shown, row in zip(outcome["classes"], benchmark.confusion(result), strict=True):
        lines.append(f"{shown:>6}" + "".join(f"{share:>6.2f}" for share in row))
    return "\n".join(lines)


def _interval_text(interval) -> str:
    return "" if interval is None else f"{interval[0]:.3f} - {interval[1]:.3f}"
