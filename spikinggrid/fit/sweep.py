"""What a parameter does: all combinations of some values, several cultures of each.

    run(plan, "sweep.run.jsonl")    -> Outcome

Of a parameter file with a table [digits], cultures learn the digits, and the accuracy of their label
electrodes is measured, before and after; of any other, the features of spontaneous activity. Every
combination grows cultures from the same seeds. Silent and runaway cultures are counted, and are no
part of the averages.
"""

import itertools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spikinggrid.assays.assay import Assay, Trial
from spikinggrid.fit.assays import assay_for
from spikinggrid.fit.run_files import RunFile
from spikinggrid.parallel import client as cluster
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError

EXAMPLE = '--vary synapses.excitatory.reach="150 um,200 um,250 um"'

#: Place of the value of each key among its values.
Point = tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What is swept.

    Attributes
    ----------
    parameters : Parameters
        Everything that does not vary.
    values : dict of str to tuple of str
        By key, its values as text.
    n_seeds : int
        Cultures of each combination.
    """

    parameters: Parameters
    values: dict[str, tuple[str, ...]]
    n_seeds: int = 3

    @property
    def assay(self) -> Assay:
        """What is done with each culture."""
        return assay_for(self.parameters)

    @property
    def seeds(self) -> range:
        """Seeds of the cultures of each combination."""
        first = self.parameters.simulation.seed
        return range(first, first + self.n_seeds)

    @property
    def points(self) -> list[Point]:
        """All combinations; the values of the last key alternate fastest."""
        return list(itertools.product(*(range(len(texts)) for texts in self.values.values())))

    def texts(self, point: Point) -> dict[str, str]:
        """Value of each key at a point, as text."""
        return {
            key: texts[place]
            for (key, texts), place in zip(self.values.items(), point, strict=True)
        }

    def at(self, point: Point) -> Parameters:
        """The parameters at a point.

        Raises
        ------
        InputError
            If there is no such key or value, or keys contradict one another.
        """
        overrides = [f"{key}={text}" for key, text in self.texts(point).items()]
        where = " ".join(f"--vary {override}" for override in overrides)
        return parameter_files.override(self.parameters, overrides, where)

    def identity(self) -> dict:
        """All that a trial depends on; as JSON."""
        return {
            "parameters": parameter_files.dumps(self.parameters),
            "values": {key: list(texts) for key, texts in self.values.items()},
        }


@dataclass(frozen=True)
class Cell:
    """What came of one combination.

    Attributes
    ----------
    values : dict of str
        Value of each key, as text.
    measured : dict of int to dict
        By seed, what was measured of each culture that did not fail.
    failures : dict of int to str
        By seed, why the others were given up.
    """

    values: dict[str, str]
    measured: dict[int, dict[str, float]]
    failures: dict[int, str]

    def mean(self, name: str) -> float:
        """Return the mean over the cultures that have it; NaN if none has."""
        found = self.existing(name)
        return float(np.mean(found)) if found else np.nan

    def sd(self, name: str) -> float:
        """Return the standard deviation over them; NaN of fewer than two."""
        found = self.existing(name)
        return float(np.std(found, ddof=1)) if len(found) > 1 else np.nan

    def existing(self, name: str) -> list[float]:
        """Return what was measured of the cultures that did not fail, where they have it at all."""
        found = [each[name] for each in self.measured.values()]
        return [value for value in found if not np.isnan(value)]


@dataclass(frozen=True)
class Outcome:
    """What a sweep hands back: its plan, a cell for each of its points, seconds of all trials."""

    plan: Plan
    cells: list[Cell]
    seconds: float

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of everything that was measured."""
        return self.plan.assay.units


def parse(entries: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read what varies, each entry like "noise.drive=4 mV,5 mV".

    A comma between square brackets belongs to the value.

    Raises
    ------
    InputError
        If an entry is not like that, or a key comes twice, or a value does.
    """
    values = {}
    for entry in entries:
        key, _, text = entry.partition("=")
        key, texts = key.strip(), _split(text)
        if not key or not all(texts) or len(texts) < 2:
            raise InputError(f"--vary {entry}: right would be two values or more: {EXAMPLE}")
        if key in values or len(set(texts)) < len(texts):
            raise InputError(f"--vary {entry}: a key, or a value of it, is there twice")
        if key == "simulation.seed":
            raise InputError(f"--vary {entry}: each combination grows --seeds cultures anyway")
        values[key] = tuple(texts)
    if not values:
        raise InputError(f"--vary: says what varies; for example {EXAMPLE}")
    return values


def _split(text: str) -> list[str]:
    """The parts between the commas that lie outside of brackets."""
    depths = itertools.accumulate((c == "[") - (c == "]") for c in text)
    commas = [
        at for at, (c, depth) in enumerate(zip(text, depths, strict=True)) if c == "," and not depth
    ]
    return [text[a + 1 : b].strip() for a, b in itertools.pairwise([-1, *commas, len(text)])]


def run(
    plan: Plan,
    run_file: str | os.PathLike,
    *,
    resume: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Outcome:
    """Grow all cultures and measure them.

    Parameters
    ----------
    plan : Plan
    run_file : path-like
        Every trial is appended to it; see `run_files`.
    resume : bool
        Go on with the trials in the run file; there may be more seeds than before.
    where, jobs : optional
        Who does the work; see `cluster.connected`. The outcome does not depend on it.
    progress : callable, optional
        Is called after each trial, those in the run file included.

    Raises
    ------
    InputError
        If there is no such key, a value is wrong, keys contradict one another in a combination,
        parameters have a protocol of stimuli, images are missing, or the run file or the workers
        cannot be used.
    """
    plan.assay.check(plan.parameters)
    at = {point: plan.at(point) for point in plan.points}
    kept = RunFile(run_file, plan.identity(), resume, "sweep")
    try:
        waiting = []
        for point, seed in itertools.product(at, plan.seeds):
            if kept.get(point, seed) is None:
                waiting.append((point, seed))
            else:
                progress()
        if waiting:
            jobs = cluster.enough(len(waiting)) if jobs is None else jobs
            tasks = ((plan.assay, at[point], seed) for point, seed in waiting)
            with cluster.connected(where, jobs) as client:
                for place, found in cluster.completed(client, _try, tasks):
                    kept.add(*waiting[place], *found)
                    progress()
        return Outcome(plan, [_cell(plan, kept, point) for point in at], kept.n_seconds)
    finally:
        kept.close()


def _try(assay: Assay, parameters: Parameters, seed: int) -> tuple[Trial, float]:
    """A trial and how many seconds it took."""
    begin = time.perf_counter()
    trial = assay.run(parameters, seed)
    return trial, time.perf_counter() - begin


def _cell(plan: Plan, kept: RunFile, point: Point) -> Cell:
    found = {seed: kept.get(point, seed) for seed in plan.seeds}
    return Cell(
        plan.texts(point),
        {seed: trial.measured for seed, trial in found.items() if not trial.failure},
        {seed: trial.failure for seed, trial in found.items() if trial.failure},
    )
