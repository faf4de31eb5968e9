"""What the scripts have in common: results as tables, printed and kept for the documentation.

    results.add_argument(parser)                     --json FILE
    results.show(table, arguments.json)              print it, and write FILE if one is asked for
    results.add_clock(parser)                        --processor-time
    results.clock(arguments)                         what counts the minutes of a fit

A file in docs/results/ holds a table as it is to be read, and how it came about: the command, the
versions of the packages, the commit and the machine. Pages of the documentation show it by

    ```{results} speed.json
    ```
"""

import argparse
import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from spikinggrid.utils.files import written_beside
from spikinggrid.utils.versions import versions

ROOT = Path(__file__).resolve().parents[1]

Cell = str | float | None


@dataclass(frozen=True)
class Table:
    """A table of results: cells as they are to be read, None for what does not exist."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: str = ""

    def __str__(self) -> str:
        """Return the table in Markdown, with the notes below."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        text = "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)
        return f"{text}\n\n{self.notes}" if self.notes else text


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--json FILE` to a script."""
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the table for the documentation as well"
    )


def add_clock(parser: argparse.ArgumentParser) -> None:
    """Add `--processor-time` to a script that gives fits some minutes."""
    parser.add_argument(
        "--processor-time", action="store_true", help="minutes of this process (with --jobs 1)"
    )


def clock(arguments: argparse.Namespace) -> Callable[[], float]:
    """Return what counts the minutes of a fit."""
    return time.process_time if arguments.processor_time else time.monotonic


def show(table: Table, path: Path | None, packages: Iterable[str] = ()) -> None:
    """Print a table, and write it where a file is asked for (see `write`)."""
    print(table)
    if path is not None:
        write(table, path, packages)


def write(table: Table, path: Path, packages: Iterable[str] = ()) -> None:
    """Write a table for the documentation.

    Parameters
    ----------
    table : Table
        What was measured.
    path : Path
        File to write, usually in docs/results/.
    packages : iterable of str
        Packages whose versions matter beside those of every simulation.
    """
    content = {
        "command": _command(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "versions": versions(*packages),
        **asdict(table),
    }
    with written_beside(path) as beside:
        text = json.dumps(content, indent=1, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")


def with_interval(mean: float, interval: tuple[float, float] | None, digits: int = 3) -> str:
    """Return a mean and its interval, such as "0.991 (0.987 to 0.995)"."""
    if interval is None:
        return f"{mean:.{digits}f}"
    low, high = interval
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def with_sd(mean: float, sd: float, digits: int = 3) -> str:
    """Return a mean and a standard deviation, such as "0.991 ± 0.005"."""
    return f"{mean:.{digits}f} ± {sd:.{digits}f}"


def _cell(value: Cell) -> str:
    if value is None:
        return "\N{EN DASH}"
    return value.replace("|", "\\|") if isinstance(value, str) else f"{value:g}"


def _command() -> str:
    """Return the command line without paths of this machine."""
    return " ".join(_shown(word) for word in (str(Path(sys.argv[0]).resolve()), *sys.argv[1:]))


def _shown(word: str) -> str:
    path = Path(word)
    data = Path(os.environ.get("SPIKINGGRID_DATA", ROOT)).resolve()
    if not path.is_absolute():
        return shlex.quote(word)
    if path.is_relative_to(ROOT):
        return shlex.quote(path.relative_to(ROOT).as_posix())
    if path.is_relative_to(data):
        return "$SPIKINGGRID_DATA/" + shlex.quote(path.relative_to(data).as_posix())
    return shlex.quote(path.name)


def _commit() -> str:
    """Return the short commit, marked "-dirty" if anything but the documentation differs."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
    return f"{commit}-dirty" if changed else commit


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
