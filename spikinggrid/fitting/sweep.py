"""What a parameter does: all combinations of some values, several cultures of each.

    run(plan, "sweep.simulations.jsonl")    -> SweepResult

With a table [digits], cultures learn the digits, and the accuracy of their label electrodes is
measured before and after; without it, the features of spontaneous activity are measured. Every
combination grows cultures from the same seeds. Silent and runaway cultures are counted, and are no
part of the averages.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from spikinggrid.assays.assay import Assay
from spikinggrid.fitting.assays import assay_for
from spikinggrid.fitting.simulation_store import Key, Point, SimulationStore, expect, simulate
from spikinggrid.parallel.client import connected, enough, n_workers
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.missing import number_text
from spikinggrid.utils.progress import NO_PROGRESS, Progress

#: Combinations that stand side by side in the table.
N_COLUMNS = 3

EXAMPLE = '--vary synapses.excitatory.reach="150 um,200 um,250 um"'


@dataclass(frozen=True)
class SweepPlan:
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
        """All combinations, as places of the values; those of the last key alternate fastest."""
        return list(itertools.product(*(range(len(texts)) for texts in self.values.values())))

    @property
    def n_simulated(self) -> int:
        """Cultures of the whole sweep."""
        return len(self.points) * self.n_seeds

    def texts(self, point: Point) -> dict[str, str]:
        """Return the value of each key at a point, as text."""
        return {
            key: texts[int(place)]
            for (key, texts), place in zip(self.values.items(), point, strict=True)
        }

    def at(self, point: Point) -> Parameters:
        """Return the parameters at a point.

        Raises
        ------
        InputError
            If there is no such key or value, or keys contradict one another.
        """
        overrides = [f"{key}={text}" for key, text in self.texts(point).items()]
        where = " ".join(f"--vary {override}" for override in overrides)
        return parameter_files.override(self.parameters, overrides, where)

    def identity(self) -> dict[str, Any]:
        """Return all that a culture depends on but its point and seed, as JSON."""
        return {
            "parameters": parameter_files.dumps(self.parameters),
            "values": {key: list(texts) for key, texts in self.values.items()},
        }


@dataclass(frozen=True)
class SweepCell:
    """What came of one combination of values.

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
        values = self.existing(name)
        return float(np.mean(values)) if values else np.nan

    def sd(self, name: str) -> float:
        """Return the standard deviation over them; NaN with fewer than two."""
        values = self.existing(name)
        return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan

    def existing(self, name: str) -> list[float]:
        """Return what was measured of the cultures that did not fail, where they have it at all."""
        values = [culture[name] for culture in self.measured.values()]
        return [value for value in values if not np.isnan(value)]

    def failure_text(self) -> str:
        """Say how many cultures of the combination failed, and why the first of them did."""
        where = ", ".join(f"{key} = {text}" for key, text in self.values.items())
        n_failed, first = len(self.failures), next(iter(self.failures.values()))
        return f"{n_failed} of {n_failed + len(self.measured)} with {where} ({first})"


@dataclass(frozen=True)
class SweepResult:
    """What came of a sweep.

    Attributes
    ----------
    plan : SweepPlan
    cells : list of SweepCell
        One for each of the plan's points.
    seconds : float
        What all cultures took, one after the other.
    """

    plan: SweepPlan
    cells: list[SweepCell]
    seconds: float

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of everything that was measured."""
        return self.plan.assay.units

    @property
    def table(self) -> pd.DataFrame:
        """A row for each culture: values of the keys, seed, what was measured, and its failure."""
        rows = [
            {**cell.values, "seed": seed, **cell.measured.get(seed, {}), "failure": failure}
            for cell in self.cells
            for seed in self.plan.seeds
            for failure in [cell.failures.get(seed, "")]
        ]
        return pd.DataFrame(rows)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        return {
            "experiment": self.plan.assay.name,
            "varied": self.plan.values,
            "seeds": list(self.plan.seeds),
            "units": dict(self.units),
            "cells": [
                {
                    "values": cell.values,
                    "mean": {name: cell.mean(name) for name in self.units},
                    "sd": {name: cell.sd(name) for name in self.units},
                    "cultures": cell.measured,
                    "failures": cell.failures,
                }
                for cell in self.cells
            ],
            "seconds": self.seconds,
        }

    def summary(self) -> str:
        """Return mean and standard deviation of all that was measured, a column for each cell."""
        lines = []
        for first in range(0, len(self.cells), N_COLUMNS):
            cells = self.cells[first : first + N_COLUMNS]
            rows = {key: [cell.values[key] for cell in cells] for key in self.plan.values}
            rows["cultures"] = [str(len(cell.measured)) for cell in cells]
            for name, unit in self.units.items():
                rows[f"{name} ({unit})"] = [_mean_and_sd(cell, name) for cell in cells]
            for head, row in rows.items():
                lines.append(f"{head:<42}" + "".join(f"{text:>24}" for text in row))
            lines.append("")
        failed = [f"failed: {cell.failure_text()}" for cell in self.cells if cell.failures]
        n_seeds = len(self.plan.seeds)
        lines += failed or [f"mean +- standard deviation over {n_seeds} cultures"]
        return "\n".join(lines)


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
    """Return the parts between the commas that lie outside of brackets."""
    depths = itertools.accumulate((c == "[") - (c == "]") for c in text)
    commas = [
        at for at, (c, depth) in enumerate(zip(text, depths, strict=True)) if c == "," and not depth
    ]
    return [text[a + 1 : b].strip() for a, b in itertools.pairwise([-1, *commas, len(text)])]


def run(
    plan: SweepPlan,
    path: str | os.PathLike | None = None,
    *,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    progress: Progress = NO_PROGRESS,
) -> SweepResult:
    """Grow all cultures and measure them.

    Parameters
    ----------
    plan : SweepPlan
    path : path-like, optional
        File that keeps every culture, and with which an interrupted sweep goes on, also with more
        seeds; see `simulation_store`.
    restart : bool
        Whether to start over, whatever the file holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. The result does not depend on it.
    progress : Progress
        Counts cultures, of which there are `plan.n_simulated`.

    Raises
    ------
    InputError
        If there is no such key, a value is wrong, keys contradict one another in a combination,
        the assay has no use for the parameters, or the file or the workers cannot be used.
    """
    plan.assay.check(plan.parameters)
    for point in plan.points:
        plan.at(point)  # mistakes are named now
    keys = [Key(point, seed) for point, seed in itertools.product(plan.points, plan.seeds)]
    with SimulationStore(path, plan.identity(), restart=restart) as store:
        progress.say(store.story)
        missing = store.missing(keys)
        progress.skip(len(keys) - len(missing))
        if missing:
            jobs = enough(len(missing)) if jobs is None else jobs
            with connected(where, jobs) as client:
                if not len(store):  # to see how long they take
                    n_first = n_workers(client)
                    simulate(store, missing[:n_first], plan.assay, plan.at, client, progress)
                    missing = store.missing(keys)
                expect(store, len(missing), client, progress)
                simulate(store, missing, plan.assay, plan.at, client, progress)
        return SweepResult(plan, [_cell(plan, store, p) for p in plan.points], store.seconds)


def _cell(plan: SweepPlan, store: SimulationStore, point: Point) -> SweepCell:
    trials = {seed: store[Key(point, seed)] for seed in plan.seeds}
    return SweepCell(
        plan.texts(point),
        {seed: trial.measured for seed, trial in trials.items() if not trial.failure},
        {seed: trial.failure for seed, trial in trials.items() if trial.failure},
    )


def _mean_and_sd(cell: SweepCell, name: str) -> str:
    if not cell.measured:
        return "failed"
    n, n_cultures = len(cell.existing(name)), len(cell.measured)
    sd = f" +- {_short(cell.sd(name))}" if n > 1 else ""
    of_some = f" ({n} of {n_cultures})" if 0 < n < n_cultures else ""
    return f"{_short(cell.mean(name))}{sd}{of_some}"


def _short(value: float) -> str:
    return number_text(value, ".3g" if abs(value) < 1000 else ".0f")
