#!/usr/bin/env python3
"""Show that a change did not change what the program computes.

Runs the checkout that this script lies in through its command line and `check_oracle.py`, always
with the same small jobs: the oracle on both engines, the features of twelve recordings, simulated
cultures, a benchmark of two digits, a short fit. Takes some minutes; needs `SPIKINGGRID_DATA`.

  scripts/check_unchanged.py docs/results/unchanged.json            compare with what was kept
  scripts/check_unchanged.py --write docs/results/unchanged.json    keep the figures of this commit

The comparison is exact. Exits with 1 if a figure differs or is missing; new figures are counted
but are no difference. The last digits of a float may depend on the processor and on the versions
of packages, so the file names both.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("numpy", "scipy", "numba", "brian2", "scikit-learn", "cma")

COMMAND = ("-m", "spikinggrid")

#: Keys of what differs from run to run, or between machines, though nothing changed.
VOLATILE = ("seconds", "joules", "file")

CULTURES = {
    "cortex_div21": ["fitted/cortex_div21", "--set", "simulation.duration=120 s"],
    "hippocampus_div21": ["fitted/hippocampus_div21", "--set", "simulation.duration=120 s"],
    "stimulated_culture": ["stimulated_culture"],
    "stimulated_culture_brian2": [
        "stimulated_culture", "--engine", "brian2",
        "--set", "simulation.duration=3 s", "--set", "simulation.warmup=1 s", "--set",
        'stimulation=[{kind="pulse",electrodes="centre",start="1 s",repeats=2,interval="1 s"}]',
    ],
}  # fmt: skip
BENCHMARK = [
    "digits/two", "--seeds", "1", "--jobs", "1",
    "--set", "culture.n_neurons=240", "--set", "digits.evaluation_interval=213",
]  # fmt: skip
FIT = [
    "dissociated", "cortex_div21", "--generations", "1", "--population", "4",
    "--cultures", "1", "--checks", "1", "--duration", "60 s",
]  # fmt: skip


class JobError(Exception):
    """A job could not be run, so there is nothing to compare."""


def main() -> int:
    """Write the figures, or compare them with a file, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, metavar="FILE.json")
    parser.add_argument("--write", action="store_true", help="write the file, do not compare")
    arguments = parser.parse_args()
    try:
        if arguments.write:
            write(arguments.file)
            return 0
        before = load(arguments.file)
        return report(before, measure())
    except JobError as error:
        print(error, file=sys.stderr)
        return 2


def write(path: Path) -> None:
    """Measure and write the figures."""
    if not path.absolute().parent.is_dir():
        raise JobError(f"{path}: cannot be written, there is no such folder")
    path.write_text(json.dumps(measure(), indent=1) + "\n", "utf-8")


def load(path: Path) -> dict[str, dict]:
    """Return the figures of a file that `write` wrote."""
    try:
        figures = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise JobError(f"{path}: cannot be read: {error}") from error
    if "made_with" not in figures:
        raise JobError(f"{path}: made_with is missing; give a file that --write wrote")
    return figures


# --- figures ---------------------------------------------------------------------------


def data_folder() -> Path:
    """Return the folder of `SPIKINGGRID_DATA`, which must hold what the jobs read."""
    folder = Path(os.environ.get("SPIKINGGRID_DATA", "")).resolve()
    for needed in ("oracle/*.npz", "recordings/*.h5", "mnist"):
        if not any(folder.glob(needed)):
            raise JobError(f"SPIKINGGRID_DATA: {folder} has no {needed}; name the folder of data")
    return folder


def provenance() -> dict[str, str]:
    """Return commit, machine and versions."""
    describe = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    commit = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return {
        "commit": commit or "unknown",
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def measure() -> dict[str, dict]:
    """Run all jobs and return their figures by section, with what they were made with."""
    data = data_folder()
    check_oracle = str(ROOT / "scripts" / "check_oracle.py")
    return {
        "made_with": provenance(),
        "oracle": {
            f"{path.stem} {engine}": run(check_oracle, str(path), "--engine", engine)
            for path in sorted(data.glob("oracle/*.npz"))
            for engine in ("native", "brian2")
        },
        "statistics": {
            path.stem: run(*COMMAND, "statistics", str(path), "--json")
            for path in sorted(data.glob("recordings/*.h5"))
        },
        "simulate": {
            name: run(*COMMAND, "simulate", *words, "--json") for name, words in CULTURES.items()
        },
        "benchmark": run(*COMMAND, "benchmark", *BENCHMARK, "--json"),
        "fit": run(*COMMAND, "fit", *FIT, "--json"),
    }


def run(*words: str):
    """Run Python with these arguments in a folder of its own and return the JSON it prints."""
    told = " ".join(words[2:] if words[: len(COMMAND)] == COMMAND else words)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    begin = time.perf_counter()
    with TemporaryDirectory() as folder:
        job = subprocess.run(
            [sys.executable, *words], cwd=folder, env={**os.environ, "PYTHONPATH": path},
            capture_output=True, text=True,
        )  # fmt: skip
    try:
        figures = json.loads(job.stdout)
    except ValueError:
        raise JobError(f"{told}: printed no JSON\n{job.stderr.strip()}") from None
    print(f"{time.perf_counter() - begin:6.1f} s  {told}", file=sys.stderr)
    return without_volatile(figures)


def without_volatile(figures):
    """Return JSON without what differs from run to run."""
    if isinstance(figures, dict):
        return {k: without_volatile(v) for k, v in figures.items() if k not in VOLATILE}
    return [without_volatile(each) for each in figures] if isinstance(figures, list) else figures


# --- comparison ------------------------------------------------------------------------


def report(before: dict[str, dict], after: dict[str, dict]) -> int:
    """Print how many figures of each section differ and which; return 1 if any does, else 0."""
    for name, figures in {"before": before, "after": after}.items():
        made_with = ", ".join(f"{key} {value}" for key, value in figures.pop("made_with").items())
        print(f"{name}: {made_with}")
    print(f"\n{'section':<12}{'figures':>8}{'differ':>8}{'new':>6}  largest relative difference")
    details = []
    for section in before | after:
        old, new = (flat(figures.get(section, {})) for figures in (before, after))
        differences = {
            key: relative_difference(value, new.get(key))
            for key, value in old.items()
            if key not in new or not equal(value, new[key])
        }
        largest = f"{max(differences.values()):.2g}" if differences else "equal"
        n_new = len(new.keys() - old.keys())
        print(f"{section:<12}{len(old):>8}{len(differences):>8}{n_new:>6}  {largest}")
        details += [
            f"{section}{key}: {old[key]}, now {new.get(key, 'missing')}" for key in differences
        ]
    if details:
        print("", *details, sep="\n")
    return 1 if details else 0


def flat(figures, key: str = "") -> dict[str, object]:
    """Return all single values of nested JSON by their path, such as `/a.h5/features/corr`."""
    if isinstance(figures, dict):
        pairs = figures.items()
    elif isinstance(figures, list):
        pairs = enumerate(figures)
    else:
        return {key: figures}
    return {k: v for name, value in pairs for k, v in flat(value, f"{key}/{name}").items()}


def equal(before, after) -> bool:
    """Tell whether two values are the same, of which NaN may be one."""
    return before == after or (before != before and after != after)


def relative_difference(before, after) -> float:
    """Return the relative difference of two numbers, of the same unit if any, else infinity."""
    try:
        (old, *unit), (new, *new_unit) = str(before).split(), str(after).split()
        difference = abs(float(new) - float(old))
        largest = max(abs(float(new)), abs(float(old)))
    except ValueError:
        return math.inf
    return difference / (largest or 1) if unit == new_unit else math.inf


if __name__ == "__main__":
    sys.exit(main())
