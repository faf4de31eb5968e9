"""The run file of a fit or a sweep: every trial, a line of JSON each, written as soon as it is done.

The first line says what is done and how; `resume` refuses to go on with anything else. A line that
a power cut left unfinished is dropped. Since a trial depends on its point and seed alone, and the
search of a fit on the trials alone, what was broken off goes on to the very same end.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spikinggrid.assays.assay import Trial
from spikinggrid.utils.errors import InputError


class RunFile:
    """Trials by point and seed, in memory and on disk.

    Parameters
    ----------
    path : path-like
    plan : dict
        What is done and how, as JSON; must be the same when it goes on.
    resume : bool
        Whether to go on with the file, if there is one.
    kind : {"fit", "sweep"}
        Whose file it is.

    Raises
    ------
    InputError
        If there is a file already and `resume` is False, or it is of another fit or sweep, or not
        a run file at all, or cannot be read or written.
    """

    def __init__(self, path: str | os.PathLike, plan: dict, resume: bool, kind: str = "fit"):
        self.path, self.kind = Path(path), kind
        self.n_seconds = 0.0  # all trials together
        self._trials: dict[tuple, Trial] = {}
        try:
            exists = self.path.exists() and self.path.stat().st_size > 0
            if exists and not resume:
                raise InputError(
                    f"{path}: holds a {kind} already; go on with it by --resume, or delete it"
                )
            if exists:
                self._read(plan)
            self._file = self.path.open("a", encoding="utf-8")
            if not self._file.tell():
                self._append({"format": f"SpikingGrid {kind}", "plan": plan})
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error

    def __len__(self) -> int:
        return len(self._trials)

    def __iter__(self) -> Iterator[tuple[tuple, Trial]]:
        """((point, seed), trial) of every trial."""
        return iter(self._trials.items())

    def get(self, point: np.ndarray, seed: int) -> Trial | None:
        """A trial that was done before."""
        return self._trials.get(_key(point, seed))

    def add(self, point: np.ndarray, seed: int, trial: Trial, seconds: float) -> None:
        """Keep a trial, which took so many seconds; it is on disk when this returns.

        Raises
        ------
        InputError
            If the disk is full.
        """
        place, seed = _key(point, seed)
        line = {"point": place, "seed": seed, **vars(trial), "seconds": round(seconds, 3)}
        try:
            self._append(line)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {error.strerror}") from error
        self._trials[place, seed] = trial
        self.n_seconds += seconds

    def close(self) -> None:
        """Close the file, and leave none behind that holds no trial."""
        self._file.close()
        if not self._trials:
            self.path.unlink(missing_ok=True)

    def _append(self, line: dict) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self, plan: dict) -> None:
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]  # without a line that was left unfinished
        try:
            head, *lines = [json.loads(line) for line in whole.splitlines()] or [{}]
            if head.get("format") != f"SpikingGrid {self.kind}":
                raise InputError(f"{self.path}: is not the run file of a {self.kind}")
            different = [key for key in plan if head["plan"].get(key) != plan[key]]
            if different:
                raise InputError(
                    f"{self.path}: is the run file of another {self.kind}, with other {different[0]};"
                    " give the same, or another name with --output"
                )
            for line in lines:
                trial = Trial(line["measured"], line["failure"], line["survived"])
                self._trials[_key(line["point"], line["seed"])] = trial
                self.n_seconds += line["seconds"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{self.path}: is damaged, or not the run file of a {self.kind}"
            ) from error
        if len(whole) < len(content):
            os.truncate(self.path, len(whole))


def _key(point: np.ndarray, seed: int) -> tuple:
    return tuple(float(share) for share in point), int(seed)
