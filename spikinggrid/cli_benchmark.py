"""The command `spikinggrid benchmark`: cultures in parallel, interrupted and resumed."""

import argparse
import json
import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from spikinggrid.errors import InputError
from spikinggrid.files import check_writable

DEFAULT = "digits/bundled"

EPILOG = """\
A culture is shown images through its electrodes and taught through label electrodes. Final
accuracy is measured on images that it has never seen, next to controls; see
`spikinggrid parameters show digits/two` for what can be chosen. An interrupted benchmark goes on
where it was when the same command is given again.

examples:
  spikinggrid benchmark                             8x8 images that need no download
  spikinggrid benchmark digits/two --seeds 5        digits 0 and 1 of MNIST, five cultures
  spikinggrid benchmark digits/ten --split test     final figures on the test images
  spikinggrid plot benchmark-two/result.h5 confusion"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command may be given, next to --set."""
    parser.add_argument(
        "parameters",
        nargs="?",
        default=DEFAULT,
        metavar="PARAMETERS",
        help=f"parameter file, preset or result to repeat (default: {DEFAULT})",
    )
    parser.add_argument("--classes", metavar="0,1", help="other digits than the file's")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument(
        "--seeds", type=int, metavar="N", help="measure N cultures, from the file's seed on"
    )
    seeds.add_argument("--seed", type=int, metavar="S", help="measure the culture of this seed")
    parser.add_argument(
        "--train", type=int, metavar="N", help="number of training presentations"
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
    parser.add_argument("--json", action="store_true", help="print one JSON object, not a table")


def run(arguments: argparse.Namespace) -> None:
    """Measure all cultures, write `result.h5`, print the table."""
    from spikinggrid import benchmark

    parameters, seeds = _load(arguments), arguments.seeds
    if seeds is not None and seeds < 1:
        raise InputError(f"--seeds: found {seeds}; give the number of cultures, at least 1")
    if parameters.digits is None:
        raise InputError(
            f'{arguments.parameters}: digits: is missing; for example extends = "digits/two"'
        )
    first = parameters.simulation.seed if arguments.seed is None else arguments.seed
    folder = arguments.output or Path(f"benchmark-{Path(arguments.parameters).stem}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
    check_writable(folder / "result.h5")
    numbers = list(range(first, first + (seeds or 1)))
    try:
        result = measure_all(parameters, numbers, arguments.split, folder)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it was", file=sys.stderr)
        raise SystemExit(130) from None
    benchmark.save(result, folder / "result.h5")
    if arguments.json:
        print(json.dumps(benchmark.summary(result), indent=2))
    else:
        print(as_table(result))
    print(f"wrote {folder / 'result.h5'}", file=sys.stderr)


def _load(arguments: argparse.Namespace):
    from spikinggrid import benchmark, parameter_files

    overrides = list(arguments.overrides)
    if arguments.classes is not None:
        overrides.append(f"digits.classes=[{arguments.classes}]")
    if arguments.train is not None:
        overrides.append(f"digits.n_presentations={arguments.train}")
    if Path(arguments.parameters).suffix != ".h5":
        return parameter_files.load(arguments.parameters, overrides)
    text = benchmark.load(arguments.parameters).parameters
    return parameter_files.loads(text, arguments.parameters, overrides)


def measure_all(parameters, seeds: list[int], split: str, folder: Path):
    """The result for some seeds, as many cultures at a time as there are processors.

    Cultures whose files are in the folder are not measured again.
    """
    from spikinggrid import benchmark

    n_jobs = min(len(os.sched_getaffinity(0)), len(seeds))
    jobs = [(parameters, seed, split, folder, place) for place, seed in enumerate(seeds)]
    if n_jobs == 1:
        return benchmark.merged(parameters, split, [_measure(*job) for job in jobs])
    # a fork would hang where OpenMP threads, as of scikit-learn, have run before
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_jobs, context, initializer=_begin_worker) as pool:
        try:
            results = list(pool.map(_measure, *zip(*jobs, strict=True)))
        except KeyboardInterrupt:
            for child in multiprocessing.active_children():
                child.terminate()  # or leaving the pool would wait for them
            raise
    return benchmark.merged(parameters, split, results)


def _begin_worker() -> None:
    """Lock progress bars by threads: a process that is ended leaves no semaphore behind."""
    from tqdm import tqdm

    tqdm.set_lock(threading.RLock())


def _measure(parameters, seed: int, split: str, folder: Path, place: int):
    """One culture: from its file if it is there, else measured and written."""
    from tqdm import tqdm

    from spikinggrid import benchmark, parameter_files

    path, text = folder / f"seed-{seed}.h5", parameter_files.dumps(parameters)
    if path.is_file():
        found = benchmark.load(path)
        if (found.parameters, found.split) != (text, split):
            raise InputError(
                f"{path}: is of other parameters or another split; give another --output"
            )
        return found

    bars = []

    def phase(name: str, length: int):
        _close(bars)
        bar = tqdm(
            total=length, desc=f"seed {seed}: {name}", position=place, leave=False, disable=None
        )
        bars.append(bar)

        def shown(training=None, n_images: int = 1) -> None:
            bar.update(training.n_done - bar.n if training else n_images)
            if training and training.evaluations["label"]:
                bar.set_postfix(accuracy=f"{training.evaluations['label'][-1]:.3f}", refresh=False)

        return shown

    measured = benchmark.measure(parameters, seed, split, folder, phase)
    _close(bars)
    result = benchmark.BenchmarkResult(text, split, {seed: measured})
    benchmark.save(result, path)
    for part in folder.glob(f"seed-{seed}-*.part.h5"):
        part.unlink()
    return result


def _close(bars: list) -> None:
    while bars:
        bars.pop().close()


def as_table(result) -> str:
    """Accuracies, controls and confusion, for people."""
    from spikinggrid import benchmark

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
