#!/usr/bin/env python3
"""Is anything lost when long work is broken off?

Runs small jobs of every long command once to the end. Then runs them again and again, and breaks
them off: kills the process at a random moment, lets the disk run full, presses Ctrl-C. After that,
every file must be readable, but for the last line of a store; the same command must go on to the
end; and its result must be that of the job that nobody disturbed, figure by figure. A full disk
and Ctrl-C must be told in one line, with the exit codes 2 and 130. Prints a row for each way, and
exits with 1 if anything was lost.

Disks that run full are small ones in memory where those can be mounted, that is for root; else the
system refuses files that are larger than a random size.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import results
from small_jobs import JOBS, STORE, Job, spikinggrid, write_inputs

from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

#: In turn; `infer` takes longest by far.
TURNS = ["simulate", "sweep", "fit", "advise", "benchmark"] * 5 + ["infer"]

#: Nothing takes longer, s.
PATIENCE = 1200.0

#: What may be wrong with going on.
OTHER = ("does not go on", "another result")

#: What a run says of itself, besides its result: how long things took.
TIMES = {"seconds", "total_seconds", "energy", "crc32"}


def main() -> int:
    """Break jobs off in all ways, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50, help="processes killed (default 50)")
    parser.add_argument("--full-disks", type=int, default=20, help="disks run full (default 20)")
    parser.add_argument("--ctrl-c", type=int, default=20, help="times Ctrl-C (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="of all moments (default 0)")
    parser.add_argument("--jobs", type=int, default=2, help="jobs at a time (default 2)")
    results.add_argument(parser)
    arguments = parser.parse_args()
    # programs that a shell starts in the background ignore Ctrl-C, and so would the jobs
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ways = {"kill -9": arguments.kills, "full disk": arguments.full_disks}
    ways["Ctrl-C"] = arguments.ctrl_c
    turns = {way: [TURNS[i % len(TURNS)] for i in range(n)] for way, n in ways.items()}
    names = sorted({name for those in turns.values() for name in those})
    n_runs = len(names) + sum(ways.values())
    with (
        ThreadPoolExecutor(arguments.jobs) as pool,
        Progress(n_runs, "job", "breaking off") as progress,
    ):

        def all_of(function: Callable, *columns: list) -> list:
            done = []
            for outcome in pool.map(function, *columns):
                progress.advance()
                done.append(outcome)
                if getattr(outcome, "faults", None):
                    print(outcome, file=sys.stderr, flush=True)
            return done

        whole = dict(zip(names, all_of(undisturbed, names), strict=True))
        outcomes = []
        for way, those in turns.items():
            seeds = [f"{arguments.seed} {way} {number}" for number in range(len(those))]
            broken = [whole[name] for name in those]
            outcomes += all_of(WAYS[way], those, broken, seeds)
    results.show(as_table(outcomes), arguments.json)
    return int(any(outcome.faults for outcome in outcomes))


# --- jobs ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whole:
    """A job that nobody disturbed: what came of it, how long it took, and how much it wrote."""

    result: dict
    seconds: float
    n_bytes: int


@dataclass
class Outcome:
    """A job that was broken off: how far it was, and what was wrong then and afterwards."""

    way: str
    name: str
    moment: str
    ended_before: bool = False
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return all of it in some lines."""
        return "\n    ".join([f"{self.way}, {self.name}, {self.moment}", *self.faults])


@contextmanager
def folder_of(parent: str | None = None) -> Iterator[Path]:
    """Give a folder with the inputs of all jobs."""
    with tempfile.TemporaryDirectory(prefix="job-", dir=parent) as name:
        write_inputs(Path(name))
        yield Path(name)


def words_of(name: str, *, again: bool = False, folder: Path | None = None) -> tuple[str, ...]:
    """Return the command of a job; a result that was written before the end is overwritten."""
    words = JOBS[name].words
    if name != "simulate":
        words = (*words, "--jobs", "1")
    written = folder and any((folder / path).exists() for path in JOBS[name].outputs)
    return (*words, "--force") if again and written and name != "benchmark" else words


def finished(words: tuple[str, ...], folder: Path) -> tuple[int, str, str]:
    """Run a command to its end; its exit code and what it printed."""
    process = spikinggrid(words, folder)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def undisturbed(name: str) -> Whole:
    """Run a job to its end."""
    with folder_of() as folder:
        before = set(folder.rglob("*"))
        begin = time.perf_counter()
        code, out, err = finished(words_of(name), folder)
        if code:
            raise SystemExit(f"{name}: {err}")
        seconds = time.perf_counter() - begin
        new = [path for path in folder.rglob("*") if path.is_file() and path not in before]
        n_bytes = max(path.stat().st_size for path in new)
        return Whole(result_of(JOBS[name], folder, out), seconds, n_bytes)


def result_of(job: Job, folder: Path, out: str) -> dict:
    """Return all that a job computed: what it printed, and what its files hold."""
    result = {"printed": without_times(json.loads(out))}
    for name in job.outputs:
        match Path(name).suffix:
            case ".h5":
                result[name] = arrays(folder / name)
            case ".csv" | ".toml" | ".md":
                result[name] = (folder / name).read_text(encoding="utf-8")
    if STORE in job.keeps:
        lines = (folder / STORE).read_text(encoding="utf-8").splitlines()
        result[STORE] = sorted(json.dumps(without_times(json.loads(line))) for line in lines)
    return result


def without_times(content: object) -> object:
    """Return content as JSON has it, without how long things took."""
    if isinstance(content, dict):
        return {key: without_times(value) for key, value in content.items() if key not in TIMES}
    return [without_times(value) for value in content] if isinstance(content, list) else content


def arrays(path: Path) -> dict[str, str]:
    """Return all that an HDF5 file holds, as text that is equal where the content is."""
    content = {}

    def add(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and name.split("/")[-1] not in TIMES:
            values = np.asarray(item[()])
            content[name] = f"{values.shape} {values.tolist()}"

    with h5py.File(path) as file:
        file.visititems(add)
    return content


# --- ways of breaking off --------------------------------------------------------------


def killed(name: str, whole: Whole, seed: str) -> Outcome:
    """Kill a job at a random moment, and go on."""
    moment = random.Random(seed).uniform(0, whole.seconds)
    outcome = Outcome("kill -9", name, f"after {moment:.1f} s of {whole.seconds:.1f} s")
    with folder_of() as folder:
        process = spikinggrid(words_of(name), folder)
        send_at(process, signal.SIGKILL, moment)
        process.communicate(timeout=PATIENCE)
        outcome.ended_before = process.returncode == 0
        check_files(outcome, folder)
        go_on(outcome, whole, folder)
    return outcome


def interrupted(name: str, whole: Whole, seed: str) -> Outcome:
    """Press Ctrl-C while a job starts or works, and go on."""
    draw = random.Random(seed)
    while True:
        moment = draw.uniform(0, draw.choice([2.0, whole.seconds]))
        outcome = Outcome("Ctrl-C", name, f"after {moment:.1f} s of {whole.seconds:.1f} s")
        with folder_of() as folder:
            process = spikinggrid(words_of(name), folder)
            send_at(process, signal.SIGINT, moment)
            _, err = process.communicate(timeout=PATIENCE)
            outcome.ended_before = process.returncode == 0  # all was written when it came
            if process.returncode == -signal.SIGINT or "<frozen runpy>" in err:
                continue  # Python itself had not begun the program
            if not outcome.ended_before:
                told = [line for line in err.splitlines() if line.startswith("interrupted")]
                if process.returncode != 130 or len(told) != 1 or "Traceback" in err:
                    outcome.faults.append(f"exit code {process.returncode}: {err}")
            check_files(outcome, folder)
            go_on(outcome, whole, folder)
        return outcome


def send_at(process: subprocess.Popen, number: int, moment: float) -> None:
    """Send a signal after a time, if the process has not ended by then."""
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(number)


def filled(name: str, whole: Whole, seed: str) -> Outcome:
    """Let the disk run full at a random moment, make room, and go on."""
    share = random.Random(seed).uniform(0.02, 0.98)
    outcome = Outcome("full disk", name, f"{share:.0%} of {whole.n_bytes:,} bytes")
    with small_disk(int(share * whole.n_bytes)) as (parent, preexec), folder_of(parent) as folder:
        shutil.copy(folder / "small.toml", folder / "before.toml")
        before = (folder / "before.toml").read_bytes()
        if parent:
            fill(folder, int(share * whole.n_bytes))
        code, err = with_limit(words_of(name), folder, preexec)
        outcome.ended_before = code == 0
        if code:
            told = [line for line in err.splitlines() if "cannot be written" in line]
            if code != 2 or len(told) != 1 or "Traceback" in err:
                outcome.faults.append(f"exit code {code}: {err}")
        (folder / "filler").unlink(missing_ok=True)
        if (folder / "before.toml").read_bytes() != before:
            outcome.faults.append("before.toml has changed")
        check_files(outcome, folder)
        go_on(outcome, whole, folder)
    return outcome


@contextmanager
def small_disk(n_bytes: int) -> Iterator[tuple[str | None, Callable[[], None] | None]]:
    """Give a small disk if one can be mounted, else what limits the size of files."""
    with tempfile.TemporaryDirectory(prefix="disk-") as place:
        size = f"size={n_bytes + 4_000_000}"
        mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", place]
        is_mounted = (
            shutil.which("mount")
            and not subprocess.run(mount, capture_output=True, check=False).returncode
        )
        if not is_mounted:
            limit = (n_bytes, resource.RLIM_INFINITY)
            yield None, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            return
        try:
            yield place, None
        finally:
            subprocess.run(["umount", place], check=False)


def fill(folder: Path, n_free: int) -> None:
    """Fill the disk of a folder but for some bytes."""
    status = os.statvfs(folder)
    n_bytes = status.f_bavail * status.f_frsize - n_free
    with (folder / "filler").open("wb") as file:
        file.write(bytes(max(0, n_bytes)))


def with_limit(
    words: tuple[str, ...], folder: Path, preexec: Callable[[], None] | None
) -> tuple[int, str]:
    """Run a command to its end, perhaps with limits; its exit code and messages."""
    process = spikinggrid(words, folder, preexec_fn=preexec)
    _, err = process.communicate(timeout=PATIENCE)
    return process.returncode, err


WAYS = {"kill -9": killed, "full disk": filled, "Ctrl-C": interrupted}


# --- afterwards ------------------------------------------------------------------------


def check_files(outcome: Outcome, folder: Path) -> None:
    """Find files that nobody can read; the last line of a store may be cut off."""
    for path in folder.rglob("*"):
        try:
            if path.suffix == ".h5":
                arrays(path)
            elif path.suffix == ".jsonl":
                lines = path.read_bytes().split(b"\n")
                list(map(json.loads, lines[:-1]))
            elif path.suffix == ".png" and not path.read_bytes().endswith(b"IEND\xaeB`\x82"):
                raise ValueError("is cut off")
        except (OSError, ValueError, KeyError) as error:
            if not path.name.startswith("."):  # a file that was to be moved into its place
                outcome.faults.append(f"{path.name}: unreadable: {error}")


def go_on(outcome: Outcome, whole: Whole, folder: Path) -> None:
    """Give the same command again, and compare what comes of it."""
    words = words_of(outcome.name, again=True, folder=folder)
    code, out, err = finished(words, folder)
    if code:
        outcome.faults.append(f"{OTHER[0]}, exit code {code}: {err}")
        return
    result = result_of(JOBS[outcome.name], folder, out)
    for name, expected in whole.result.items():
        if result.get(name) != expected:
            outcome.faults.append(f"{OTHER[1]}: {name}")


def as_table(outcomes: list[Outcome]) -> results.Table:
    """Return a row for each way of breaking off."""
    rows = []
    for way in dict.fromkeys(outcome.way for outcome in outcomes):
        of_way = [outcome for outcome in outcomes if outcome.way == way]
        jobs = Counter(outcome.name for outcome in of_way)
        told = sum(any(f.startswith("exit code") for f in o.faults) for o in of_way)
        unreadable = sum(any("unreadable" in f for f in o.faults) for o in of_way)
        other = sum(any(f.startswith(OTHER) for f in o.faults) for o in of_way)
        rows.append(
            [
                way,
                f"{len(of_way)}",
                ", ".join(f"{name} {n}" for name, n in jobs.items()),
                f"{sum(outcome.ended_before for outcome in of_way)}",
                None if way == "kill -9" else f"{told}",
                f"{unreadable}",
                f"{other}",
            ]
        )
    columns = ["broken off by", "runs", "of", "ended before", "not in one line", "unreadable files"]
    columns.append("other results")
    notes = "Ended before: the job was done before the moment that was drawn, or had room enough."
    return results.Table("Long work, broken off and gone on with", columns, rows, notes)


if __name__ == "__main__":
    sys.exit(exit_code(main))
