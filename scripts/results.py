"""What the scripts have in common: results as tables that the documentation shows.

    results.add_argument(parser)                              --json FILE
    results.write(path, title, columns, rows, notes)          a small file, kept in docs/results/

A file holds the table as it is shown, and how it came about: the command, the versions of the
packages, the commit and the machine. Pages of the documentation show it by

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
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from spikinggrid.utils.files import written_beside

PACKAGES = ("spikinggrid", "numpy", "scipy", "numba", "brian2")
ROOT = Path(__file__).resolve().parents[1]


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--json FILE` to a script."""
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the table for the documentation as well"
    )


def write(
    path: Path,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | float | None]],
    notes: str = "",
) -> None:
    """Write a table of results; numbers as they are to be read, None for what does not exist."""
    content = {
        "title": title,
        "command": _command(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in PACKAGES},
        "notes": notes,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
    }
    with written_beside(path) as beside:
        text = json.dumps(content, indent=1, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")


def _command() -> str:
    script = Path(sys.argv[0]).resolve()
    name = script.relative_to(ROOT) if script.is_relative_to(ROOT) else Path(script.name)
    return shlex.join([name.as_posix(), *sys.argv[1:]])


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip()
