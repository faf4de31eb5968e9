"""Lines of a file of simulated cultures: JSON with checksums, a head and a line for each culture.

`Key`, `Record`                 a culture, and what came of it
`head_line`, `record_line`      lines as they are written
`split`                         the lines of a file
`read_head`, `read_records`     what they hold
`refuse_other`                  compare a head with what is to be done
"""

import json
import math
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from spikinggrid.assays.assay import Trial
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.versions import comparable_versions

FORMAT = "SpikingGrid simulations"
FORMAT_VERSION = 1

#: With what every file begins.
BEGIN = json.dumps({"format": FORMAT}).removesuffix("}").encode()

#: What precedes the checksum of a line.
CHECKSUM = b', "crc32": '

#: What a culture's parameters are, in the terms of a plan: shares of bounds, places of values.
Point = tuple[float, ...]


class Key(NamedTuple):
    """Which culture of a plan: its point, its seed, and its number if it was drawn at random."""

    point: Point
    seed: int
    number: int | None = None


@dataclass(frozen=True)
class Record:
    """A culture that was simulated, what came of it, and how long that took (s)."""

    key: Key
    trial: Trial
    seconds: float


# --- writing ---------------------------------------------------------------------------


def head_line(plan: Mapping[str, Any]) -> bytes:
    """Return the first line of a file: what is simulated, by which versions."""
    return _line(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "plan": dict(plan),
            "versions": comparable_versions(),
        }
    )


def record_line(record: Record) -> bytes:
    """Return the line of a culture; what does not exist is null."""
    key, trial = record.key, record.trial
    number = {} if key.number is None else {"number": key.number}
    measured = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in trial.measured.items()
    }
    return _line(
        number
        | {
            "point": key.point,
            "seed": key.seed,
            "measured": measured,
            "failure": trial.failure,
            "survived": trial.survived,
            "seconds": record.seconds,
        }
    )


def _line(content: dict[str, Any]) -> bytes:
    """Return a line of JSON whose last entry is a checksum of all that is before it."""
    text = json.dumps(content).removesuffix("}").encode()
    return text + CHECKSUM + f"{zlib.crc32(text)}}}\n".encode()


# --- reading ---------------------------------------------------------------------------


def split(content: bytes, path: Path) -> tuple[bytes | None, list[bytes], int]:
    """Split the content of a file into lines.

    Parameters
    ----------
    content : bytes
    path : Path
        What to call the file in messages.

    Returns
    -------
    head : bytes or None
        The first line; None if the file is empty, or the first line was cut off.
    lines : list of bytes
        The others, without one that was cut off.
    size : int
        Length of all of them.

    Raises
    ------
    InputError
        If the file is of another kind.
    """
    if content[: len(BEGIN)] != BEGIN[: len(content)]:
        raise InputError(
            f"{path}: holds no simulations of this version of SpikingGrid; give another file, or"
            " delete it"
        )
    size = content.rfind(b"\n") + 1
    lines = content[:size].splitlines()
    return (lines[0] if lines else None), lines[1:], size


def read_head(line: bytes, path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the plan and the versions of a first line.

    Raises
    ------
    InputError
        If it is damaged, or of another version of the format.
    """
    try:
        head = _content(line)
        version, plan, versions = head["format_version"], head["plan"], head["versions"]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: line 1 is damaged; start over by --restart") from None
    if version != FORMAT_VERSION:
        raise InputError(
            f"{path}: has version {version} of the format; this program reads {FORMAT_VERSION}"
        )
    return plan, versions


def read_records(lines: Sequence[bytes], path: Path) -> list[Record]:
    """Return the cultures of all lines but the first.

    Raises
    ------
    InputError
        If a line is damaged.
    """
    records = []
    for number, line in enumerate(lines, start=2):
        try:
            records.append(_record(_content(line)))
        except (KeyError, TypeError, ValueError, AttributeError):  # another line than a culture's
            raise InputError(
                f"{path}: line {number} is damaged; delete that line, or start over by --restart"
            ) from None
    return records


def _content(line: bytes) -> dict[str, Any]:
    """Return the content of a line, or raise ValueError if it is damaged."""
    text, separator, checksum = line.rpartition(CHECKSUM)
    if not separator or checksum != f"{zlib.crc32(text)}}}".encode():
        raise ValueError
    return json.loads(text + b"}")


def _record(content: dict[str, Any]) -> Record:
    key = Key(tuple(map(float, content["point"])), content["seed"], content.get("number"))
    measured = {
        name: math.nan if value is None else value for name, value in content["measured"].items()
    }
    trial = Trial(measured, content["failure"], content["survived"])
    return Record(key, trial, content["seconds"])


# --- comparing -------------------------------------------------------------------------


def refuse_other(path: Path, line: bytes, plan: Mapping[str, Any]) -> None:
    """Refuse to go on with a file of other cultures, in one line that says what differs.

    Parameters
    ----------
    path : Path
        What to call the file.
    line : bytes
        Its first line.
    plan : mapping of str
        What is to be done.

    Raises
    ------
    InputError
        If the plan or the versions differ, or the line is damaged.
    """
    start_over = "give another file, or start over by --restart"
    plan_there, versions_there = read_head(line, path)
    for name in [*plan, *(name for name in plan_there if name not in plan)]:
        if plan_there.get(name) != plan.get(name):
            difference = _difference(name, plan_there.get(name), plan.get(name))
            raise InputError(f"{path}: {difference}; {start_over}")
    for name, version in comparable_versions().items():
        if versions_there.get(name) != version:
            raise InputError(
                f"{path}: was made with {name} {versions_there.get(name)}, and here is {version};"
                f" {start_over}"
            )


def _difference(name: str, there: object, here: object) -> str:
    """Say in one line how an entry of the plan differs."""
    if there is None or here is None:
        return f"holds simulations of another kind, {'with' if here is None else 'without'} {name}"
    if isinstance(there, list) and isinstance(here, list):
        pairs = zip_longest(there, here, fillvalue="nothing")
        there, here = next(pair for pair in pairs if pair[0] != pair[1])
    elif isinstance(there, dict) and isinstance(here, dict):
        key = next(key for key in there | here if there.get(key) != here.get(key))
        return _difference(f"{name}, {key}", there.get(key, "nothing"), here.get(key, "nothing"))
    elif "\n" in str(there) + str(here):
        return f"holds simulations with other {name}{_difference_of_toml(str(there), str(here))}"
    return f"holds simulations with other {name}: {there}, and here {here}"


def _difference_of_toml(there: str, here: str) -> str:
    try:
        old, new = (dict(_flat(tomllib.loads(text))) for text in (there, here))
    except tomllib.TOMLDecodeError:
        return ""
    for key in old | new:
        was, is_ = (table.get(key, "nothing") for table in (old, new))
        if was != is_:
            return f": {key} is {was} there, and here {is_}"
    return ""


def _flat(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
