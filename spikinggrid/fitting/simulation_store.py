"""Simulated cultures, kept in a file as soon as each is done.

`SimulationStore`     open a file; look cultures up in it, and add to it
`read`                the plan and the cultures of a file
`simulate`            simulate some cultures, such as those that a store lacks
`expect`              say how many are left to simulate, and about how long that takes

Searches, inferences, sweeps and advice keep their cultures in this way, and go on by one rule: the
same command goes on with what the file holds. A file of another plan, or made with other versions
of the packages that numbers depend on, is refused. A culture depends on its plan, its point and
its seed alone, so what was broken off comes to the same end, on whatever machines.

The file holds lines of JSON with checksums. The first one has the plan and the versions, each other
one a culture; it is on disk as soon as the culture is done. A line that was cut off is dropped.
While a process writes the file, it is locked; the lock ends with the process.
"""

import json
import math
import os
import stat
import time
import tomllib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

from spikinggrid.assays.assay import Assay, Trial
from spikinggrid.parallel.client import ThisProcess, completed, n_workers
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.locks import lock
from spikinggrid.utils.progress import NO_PROGRESS, Progress, about
from spikinggrid.utils.versions import comparable_versions

if TYPE_CHECKING:
    from distributed import Client

FORMAT = "SpikingGrid simulations"
FORMAT_VERSION = 1

#: What precedes the checksum of a line.
CHECKSUM = ', "crc32": '

#: Work that takes less time (s) than this is not announced.
LONG = 30.0

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


class SimulationStore:
    """Simulated cultures of one plan, in memory and in a file.

    A context manager, which closes the file and lifts its lock.

    Parameters
    ----------
    path : path-like or None
        File to begin or to go on with; without one, cultures are kept in memory alone.
    plan : mapping of str
        All that cultures depend on but point and seed, as JSON.
    restart : bool
        Whether to begin anew, without the cultures that the file holds.

    Attributes
    ----------
    path : Path or None
    story : str
        How the file was found, in one line for the user; "" if it is new.

    Raises
    ------
    InputError
        If the file is of another plan or of other versions, is no store, is damaged, is being
        written by another process, or cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike | None, plan: Mapping[str, Any], *, restart: bool = False
    ):
        self.path = None if path is None else Path(path)
        self.story = ""
        self._records: dict[tuple[Point, int], Record] = {}
        self._file: BinaryIO | None = None
        self._is_new = False
        if self.path is not None:
            self._open(self.path, json.loads(json.dumps(plan)), restart)

    def __enter__(self) -> Self:
        """Do nothing: the file is open already."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the file."""
        self.close()

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        """Give every culture in the order in which it was done."""
        return iter(self._records.values())

    @property
    def seconds(self) -> float:
        """What all cultures took, one after the other."""
        return sum(record.seconds for record in self)

    def __getitem__(self, key: Key) -> Trial:
        """Return what came of a culture that has been simulated."""
        return self._records[key[:2]].trial

    def __contains__(self, key: Key) -> bool:
        """Say whether a culture has been simulated."""
        return key[:2] in self._records

    def missing(self, keys: Iterable[Key]) -> list[Key]:
        """Return those cultures that have not been simulated, each once."""
        return list(dict.fromkeys(key for key in keys if key not in self))

    def add(self, key: Key, trial: Trial, seconds: float) -> None:
        """Keep a culture, which took so many seconds; it is on disk when this returns.

        Raises
        ------
        InputError
            If the disk is full; the cultures before this one stay in the file.
        """
        record = Record(key, trial, round(seconds, 3))
        if self._file is not None:
            self._append(_as_json(record))
        self._records[record.key[:2]] = record

    def close(self) -> None:
        """Close the file; a new one without any culture is deleted."""
        if self._file is None or self.path is None:
            return
        if self._is_new and not self._records:
            self.path.unlink(missing_ok=True)
        self._file.close()  # after that, another process may make one
        self._file = None

    # --- the file ----------------------------------------------------------------------

    def _open(self, path: Path, plan: dict[str, Any], restart: bool) -> None:
        try:
            self._file, self._is_new = _opened(path)
            try:
                content = self._file.read()
                head, lines, size = _split(content, path)
                if head is None or restart:
                    size = 0
                else:
                    _refuse_other(path, head, plan)
                    records = _records(lines, path)
                    self._records = {record.key[:2]: record for record in records}
                self.story = _story(path, len(lines), restart)
                self._file.truncate(size)  # a line that was cut off, or all of them
                self._file.seek(size)
                if size == 0:
                    self._append(_head(plan))
            except BaseException:
                self._file.close()
                raise
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error

    def _append(self, line: dict[str, Any]) -> None:
        """Write a line; if that fails, leave the file as it was."""
        assert self._file is not None
        content = memoryview(_with_checksum(line))
        size = self._file.tell()
        try:
            while content:
                content = content[self._file.write(content) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(size)
            self._file.seek(size)
            raise InputError(
                f"{self.path}: cannot be written: {error.strerror or error}; what was done is kept"
            ) from error


def read(path: str | os.PathLike) -> tuple[dict[str, Any], list[Record]]:
    """Read the plan and the cultures of a file, which may still be growing.

    Raises
    ------
    InputError
        If the file is missing, damaged, or no store.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    head, lines, _ = _split(content, Path(path))
    if head is None:
        raise InputError(f"{path}: is empty; right would be simulations of SpikingGrid")
    return _plan_and_versions(head, Path(path))[0], _records(lines, Path(path))


# --- simulating ------------------------------------------------------------------------


def simulate(
    store: SimulationStore,
    keys: Sequence[Key],
    assay: Assay,
    parameters_at: Callable[[Point], Parameters],
    client: "Client | ThisProcess",
    progress: Progress = NO_PROGRESS,
) -> None:
    """Simulate some cultures, and add each to a store as soon as it is done.

    Parameters
    ----------
    store : SimulationStore
    keys : sequence of Key
    assay : Assay
        What is done with each culture.
    parameters_at : callable
        Return the parameters at a point; is called by workers. An InputError is a failure of the
        culture: keys may contradict one another at some points.
    client : distributed.Client or ThisProcess
        From `connected`.
    progress : Progress
        Counts cultures.

    Raises
    ------
    InputError
        If the store cannot be written, or the workers cannot go on.
    """
    tasks = ((assay, parameters_at, key) for key in keys)
    for place, (trial, seconds) in completed(client, _simulate, tasks):
        store.add(keys[place], trial, seconds)
        progress.advance()


def expect(
    store: SimulationStore, n: int, client: "Client | ThisProcess", progress: Progress
) -> None:
    """Say that `n` cultures are left to simulate, and about how long that takes, if it is long.

    Each is taken to last as long as those in the store, on average. Nothing is said if that is
    empty.
    """
    if not len(store):
        return
    seconds = store.seconds / len(store)
    if n * seconds / n_workers(client) > LONG:
        left = about(n, "culture", seconds, n_workers(client))
        first = "the first" if len(store) == 1 else f"each of the first {len(store):,}"
        progress.say(f"{left}, if each takes {seconds:.3g} s as {first} did")


def _simulate(
    assay: Assay, parameters_at: Callable[[Point], Parameters], key: Key
) -> tuple[Trial, float]:
    """Return what came of a culture, and how many seconds it took."""
    begin = time.perf_counter()
    try:
        parameters = parameters_at(key.point)
    except InputError as error:
        trial = Trial(failure=str(error), survived=0.0)
    else:
        trial = assay.run(parameters, key.seed)
    return trial, time.perf_counter() - begin


# --- lines of the file -----------------------------------------------------------------


def _opened(path: Path) -> tuple[BinaryIO, bool]:
    """Open a file to read and write, and lock it; whether it was made now."""
    while True:
        is_new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | (os.O_EXCL if is_new else 0), 0o666)
        file = os.fdopen(handle, "r+b", buffering=0)
        try:
            lock(file, path)
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path}: is no regular file; give the name of one")
            if status.st_nlink:
                return file, is_new
        except BaseException:
            file.close()
            raise
        file.close()  # another process has deleted it meanwhile


def _head(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "plan": dict(plan),
        "versions": comparable_versions(),
    }


def _split(content: bytes, path: Path) -> tuple[dict[str, Any] | None, list[bytes], int]:
    """Return the head (None if there is none yet), the lines below, and the length of all these.

    A line that was cut off is none of them. A head that is damaged has no plan.
    """
    size = content.rfind(b"\n") + 1
    begin = json.dumps({"format": FORMAT}).removesuffix("}").encode()
    if content[: len(begin)] != begin[: len(content)]:
        raise InputError(
            f"{path}: holds no simulations of this version of SpikingGrid; give another file, or"
            " delete it"
        )
    if size == 0:
        return None, [], 0
    first, *lines = content[:size].splitlines()
    head = _without_checksum(first) or {}
    if head.get("format_version", FORMAT_VERSION) != FORMAT_VERSION:
        raise InputError(
            f"{path}: has version {head['format_version']} of the format; this program reads"
            f" {FORMAT_VERSION}"
        )
    return head, lines, size


def _plan_and_versions(head: dict[str, Any], path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    if "plan" not in head:
        raise InputError(f"{path}: line 1 is damaged; begin anew by --restart")
    return head["plan"], head["versions"]


def _records(lines: Sequence[bytes], path: Path) -> list[Record]:
    records = []
    for number, line in enumerate(lines, start=2):
        content = _without_checksum(line)
        if content is None:
            raise InputError(
                f"{path}: line {number} is damaged; delete that line, or begin anew by --restart"
            )
        records.append(_from_json(content))
    return records


def _with_checksum(line: dict[str, Any]) -> bytes:
    """Return a line of JSON whose last entry is a checksum of all that is before it."""
    content = json.dumps(line).removesuffix("}").encode()
    return content + f"{CHECKSUM}{zlib.crc32(content)}}}\n".encode()


def _without_checksum(line: bytes) -> dict[str, Any] | None:
    """Return the content of a line, or None if it is damaged."""
    content, separator, checksum = line.rpartition(CHECKSUM.encode())
    if not separator or checksum != f"{zlib.crc32(content)}}}".encode():
        return None
    try:
        return json.loads(content + b"}")
    except ValueError:
        return None


def _story(path: Path, n_records: int, restart: bool) -> str:
    if not n_records:
        return ""
    cultures = "the culture" if n_records == 1 else f"the {n_records:,} cultures"
    if restart:
        return f"{path}: begins anew, without {cultures} that it held"
    return f"{path}: goes on with {cultures} that it holds"


def _no_store(path: Path) -> InputError:
    return InputError(
        f"{path}: holds no simulations of this version of SpikingGrid; give another file, or delete"
        " it"
    )


def _as_json(record: Record) -> dict[str, Any]:
    key, trial = record.key, record.trial
    measured = {name: _finite_or_null(value) for name, value in trial.measured.items()}
    number = {} if key.number is None else {"number": key.number}
    return number | {
        "point": key.point,
        "seed": key.seed,
        "measured": measured,
        "failure": trial.failure,
        "survived": trial.survived,
        "seconds": record.seconds,
    }


def _from_json(line: dict[str, Any]) -> Record:
    number = line.get("number")
    key = Key(
        tuple(map(float, line["point"])),
        int(line["seed"]),
        None if number is None else int(number),
    )
    measured = {
        name: math.nan if value is None else value for name, value in line["measured"].items()
    }
    trial = Trial(measured, str(line["failure"]), float(line["survived"]))
    return Record(key, trial, float(line["seconds"]))


def _finite_or_null(value: object) -> object:
    """Return what JSON has for a value that does not exist."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _refuse_other(path: Path, head: dict[str, Any], plan: dict[str, Any]) -> None:
    """Refuse to go on with a file of other cultures, in one line that says what differs."""
    begin_anew = "give another file, or begin anew by --restart"
    plan_there, versions_there = _plan_and_versions(head, path)
    for name in [*plan, *(name for name in plan_there if name not in plan)]:
        if plan_there.get(name) != plan.get(name):
            difference = _difference(name, plan_there.get(name), plan.get(name))
            raise InputError(f"{path}: {difference}; {begin_anew}")
    for name, version in comparable_versions().items():
        if versions_there.get(name) != version:
            raise InputError(
                f"{path}: was made with {name} {versions_there.get(name)}, and here is {version};"
                f" {begin_anew}"
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
        return _difference_of_toml(name, str(there), str(here))
    return f"holds simulations with other {name}: {there}, and here {here}"


def _difference_of_toml(name: str, there: str, here: str) -> str:
    try:
        keys = [dict(_flat(tomllib.loads(text))) for text in (there, here)]
    except tomllib.TOMLDecodeError:
        return f"holds simulations with other {name}"
    key = next(key for key in keys[0] | keys[1] if keys[0].get(key) != keys[1].get(key))
    was, is_ = (table.get(key, "nothing") for table in keys)
    return f"holds simulations with other {name}: {key} is {was} there, and here {is_}"


def _flat(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
