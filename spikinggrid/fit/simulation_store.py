"""Simulations drawn at random between bounds, and kept in a file that serves every later recording.

    Plan                          what is simulated, and between which bounds
    draw(plan, number)            point and seed of one simulation
    simulated(path, plan, n)      the first n simulations: from the file, the others made now
    load(path)                    those of a file
    tried(plan, points)           cultures at points of one's own choice

A simulation depends on the plan and on its number alone, so that a file that was broken off goes on
to the same content, on whatever machines. Each grows a culture of its own wiring. The file is HDF5;
it is written anew beside the old one and moved into its place, so that it is never half-written.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from spikinggrid.assays.assay import Assay, Trial
from spikinggrid.fit import parameter_space as bounds
from spikinggrid.fit.assays import ASSAYS
from spikinggrid.fit.parameter_space import Bound
from spikinggrid.parallel import client as cluster
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside
from spikinggrid.utils.randomness import random_generator

FORMAT = "SpikingGrid simulations"

#: What is done is written after so many seconds; a kill costs no more than that.
SAVE_EVERY = 20.0


@dataclass(frozen=True)
class Plan:
    """What is simulated.

    Attributes
    ----------
    assay : Assay
        What is done with each culture.
    parameters : Parameters
        Everything that does not vary.
    bounds : tuple of Bound
        What varies; each number between its bounds (of its logarithm, where the bound says so) is
        as likely as another.
    """

    assay: Assay
    parameters: Parameters
    bounds: tuple[Bound, ...]

    def identity(self) -> dict[str, str]:
        """All that a simulation depends on but its number, as text."""
        return {
            "experiment": self.assay.name,
            "parameters": parameter_files.dumps(self.parameters),
            "bounds": "\n".join(str(bound) for bound in self.bounds),
        }


@dataclass(frozen=True, eq=False)
class Simulations:
    """Simulations that were done, by ascending number.

    Attributes
    ----------
    plan : Plan
    numbers : ndarray of int, shape (n,)
    points : ndarray, shape (n, n_bounds)
        Shares (0-1) of the bounds.
    features : dict of str to ndarray, shape (n,)
        What was measured; NaN where a culture failed.
    failures : list of str
        Why each failed; "" where it did not.
    seconds : float
        What all took, one after the other.
    """

    plan: Plan
    numbers: np.ndarray
    points: np.ndarray
    features: dict[str, np.ndarray]
    failures: list[str]
    seconds: float

    def __len__(self) -> int:
        return len(self.numbers)

    def trials(self) -> list[Trial]:
        """Every simulation as a trial."""
        return [
            Trial({} if why else {name: float(of[row]) for name, of in self.features.items()}, why)
            for row, why in enumerate(self.failures)
        ]


def draw(plan: Plan, number: int) -> tuple[np.ndarray, int]:
    """Point between the bounds (shares, shape (n_bounds,)) and seed of the culture, of a simulation."""
    generator = random_generator(plan.parameters.simulation.seed, "simulation", number)
    return generator.random(len(plan.bounds)), int(generator.integers(2**31))


def simulated(
    path: str | os.PathLike,
    plan: Plan,
    n: int,
    client,
    progress: Callable[[int], None] = lambda done: None,
) -> Simulations:
    """The first `n` simulations of a plan: those that the file lacks are made and added to it.

    Parameters
    ----------
    path : path-like
        Of the file; it need not be there yet.
    plan : Plan
    n : int
        More that the file holds are handed back as well.
    client : distributed.Client
        From `cluster.connected`.
    progress : callable, optional
        Is told after each simulation how many there are.

    Raises
    ------
    InputError
        If the file is of another plan, damaged, or cannot be written.
    """
    kept, seconds = {}, 0.0
    if Path(path).exists():
        found = load(path)
        _refuse_other_plan(path, plan, found.plan)
        kept = dict(zip(found.numbers.tolist(), found.trials(), strict=True))
        seconds = found.seconds
    missing = [number for number in range(n) if number not in kept]
    progress(len(kept))
    saved = time.monotonic()
    try:
        tasks = [(plan, number) for number in missing]
        for place, (trial, took) in cluster.completed(client, _simulate, tasks):
            kept[missing[place]] = trial
            seconds += took
            progress(len(kept))
            if time.monotonic() > saved + SAVE_EVERY:
                _save(path, plan, kept, seconds)
                saved = time.monotonic()
    finally:
        if missing:
            _save(path, plan, kept, seconds)
    return _as_simulations(plan, kept, seconds)


def tried(
    plan: Plan, points: np.ndarray, client, progress: Callable[[int], None] = lambda done: None
) -> list[Trial]:
    """Cultures at some points, shape (n, n_bounds), each of a wiring that no simulation has.

    The seed of the n-th is `seed_of_trial(plan, n)`.
    """
    done = {}
    tasks = [(plan, point, seed_of_trial(plan, n)) for n, point in enumerate(points)]
    for place, (trial, _) in cluster.completed(client, _try, tasks):
        done[place] = trial
        progress(len(done))
    return [done[place] for place in range(len(points))]


def seed_of_trial(plan: Plan, number: int) -> int:
    """Seed of a culture of `tried`."""
    generator = random_generator(plan.parameters.simulation.seed, "trial", number)
    return int(generator.integers(2**31))


def _simulate(plan: Plan, number: int) -> tuple[Trial, float]:
    return _try(plan, *draw(plan, number))


def _try(plan: Plan, point: np.ndarray, seed: int) -> tuple[Trial, float]:
    """A culture and how many seconds it took."""
    begin = time.perf_counter()
    try:
        candidate = bounds.moved(plan.parameters, plan.bounds, point)
        trial = plan.assay.run(candidate, seed)
    except InputError as error:  # keys that contradict one another at this point
        trial = Trial(failure=str(error), survived=0.0)
    return trial, time.perf_counter() - begin


def _as_simulations(plan: Plan, kept: dict[int, Trial], seconds: float) -> Simulations:
    numbers = sorted(kept)
    names = next((list(kept[n].measured) for n in numbers if not kept[n].failure), [])
    return Simulations(
        plan,
        np.array(numbers, int),
        np.array([draw(plan, number)[0] for number in numbers]).reshape(-1, len(plan.bounds)),
        {name: np.array([kept[n].measured.get(name, np.nan) for n in numbers]) for name in names},
        [kept[number].failure for number in numbers],
        seconds,
    )


# --- files -----------------------------------------------------------------------------


def _save(path: str | os.PathLike, plan: Plan, kept: dict[int, Trial], seconds: float) -> None:
    simulations = _as_simulations(plan, kept, seconds)
    with written_beside(path) as beside, h5py.File(beside, "w") as file:
        file.attrs.update({"format": FORMAT, "seconds": seconds, **plan.identity()})
        file["numbers"], file["points"] = simulations.numbers, simulations.points
        file["failures"] = np.array(simulations.failures, h5py.string_dtype())
        for name, values in simulations.features.items():
            file[f"features/{name}"] = values


def load(path: str | os.PathLike) -> Simulations:
    """Read a file of `simulated`.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not one of simulations.
    """
    try:
        with h5py.File(path) as file:
            if file.attrs.get("format") != FORMAT:
                raise InputError(f"{path}: does not hold simulations")
            varied = [text.partition("=") for text in file.attrs["bounds"].splitlines()]
            plan = Plan(
                ASSAYS[file.attrs["experiment"]],
                parameter_files.loads(file.attrs["parameters"], str(path)),
                tuple(bounds.parse(key, text) for key, _, text in varied),
            )
            return Simulations(
                plan,
                file["numbers"][()],
                file["points"][()],
                {name: each[()] for name, each in file.get("features", {}).items()},
                [text.decode() for text in file["failures"][()]],
                float(file.attrs["seconds"]),
            )
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path}: is damaged or not an HDF5 file: {reason}") from error


def _refuse_other_plan(path: str | os.PathLike, plan: Plan, found: Plan) -> None:
    wanted, there = plan.identity(), found.identity()
    different = [key for key in wanted if wanted[key] != there[key]]
    if different:
        raise InputError(
            f"{path}: holds simulations with other {different[0]}; give the same, or another file"
        )
