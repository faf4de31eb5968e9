"""Simulated cultures, kept in a file as soon as each is done.

`SimulationStore`     open a file; look cultures up in it, and add to it
`read`                the plan and the cultures of a file
`simulate`            simulate some cultures, such as those that a store lacks
`expect`              say how many are left to simulate, and about how long that takes

Searches, inferences, sweeps and advice keep their cultures in this way, and go on by one rule: the
same command goes on with what the file holds. A file of another plan, or made with other versions
of the packages that numbers depend on, is refused. A culture depends on its plan, its point and
its seed alone, so what was broken off comes to the same end, on whatever machines.

The file holds lines of JSON (see `store_lines`): the plan and the versions, then a line for each
culture, which is on disk as soon as the culture is done. A line that was cut off is dropped. While
a process writes the file, it is locked; the lock ends with the process.
"""

import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from spikinggrid.assays.assay import Assay, Trial
from spikinggrid.fitting.store_lines import (
    Key,
    Point,
    Record,
    head_line,
    read_head,
    read_records,
    record_line,
    refuse_other,
    split,
)
from spikinggrid.parallel.client import ThisProcess, completed, n_workers
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.locks import lock
from spikinggrid.utils.progress import NO_PROGRESS, Progress, about

if TYPE_CHECKING:
    from distributed import Client

#: Work that takes less time (s) than this is not announced.
LONG = 30.0


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
        Whether to start over, without the cultures that the file holds.

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
            self._append(record_line(record))
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
                head, lines, size = split(self._file.read(), path)
                if head is None or restart:
                    size = 0
                else:
                    refuse_other(path, head, plan)
                    records = read_records(lines, path)
                    self._records = {record.key[:2]: record for record in records}
                self.story = _story(path, len(lines), restart)
                self._file.truncate(size)  # without a line that was cut off, or any line
                self._file.seek(size)
                if size == 0:
                    self._append(head_line(plan))
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error

    def _append(self, line: bytes) -> None:
        """Write a line; if that fails, leave the file as it was."""
        assert self._file is not None
        content, size = memoryview(line), self._file.tell()
        try:
            while content:
                content = content[self._file.write(content) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with suppress(OSError):
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
    head, lines, _ = split(content, Path(path))
    if head is None:
        raise InputError(f"{path}: is empty; right would be simulations of SpikingGrid")
    plan, _ = read_head(head, Path(path))
    return plan, read_records(lines, Path(path))


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


# --- opening ---------------------------------------------------------------------------


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


def _story(path: Path, n_records: int, restart: bool) -> str:
    if not n_records:
        return ""
    cultures = "the culture" if n_records == 1 else f"the {n_records:,} cultures"
    if restart:
        return f"{path}: starts over, without {cultures} that it held"
    return f"{path}: goes on with {cultures} that it holds"
