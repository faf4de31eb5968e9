"""What is possible: parameters drawn at random between their bounds, and cultures that have them.

`Prior`            what varies, and how it is drawn
`simulate_prior`   cultures of the first draws, kept in a file that serves every later recording
`load`             those of a file
`grow_at`          cultures at points of one's own choice

A draw depends on the prior and on its number alone, so that a file that was broken off goes on to
the same cultures. Each draw grows a culture of its own wiring.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spikinggrid.assays.assay import Assay, Trial
from spikinggrid.fitting.assays import ASSAYS
from spikinggrid.fitting.parameter_space import Bound, ParameterSpace
from spikinggrid.fitting.simulation_store import (
    Key,
    Record,
    SimulationStore,
    expect,
    read,
    simulate,
)
from spikinggrid.parallel.client import ThisProcess, n_workers
from spikinggrid.parameters import files as parameter_files
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import NO_PROGRESS, Progress
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: If so many cultures all failed, others would hardly do better.
N_TO_JUDGE = 50


@dataclass(frozen=True)
class Prior(ParameterSpace):
    """What is possible.

    Each number between its bounds (of its logarithm, where the bound says so) is as likely as
    another.

    Attributes
    ----------
    assay : Assay
        What is done with each culture.
    """

    assay: Assay

    def identity(self) -> dict[str, Any]:
        """Return all that a culture depends on but its draw, as JSON."""
        return {
            "experiment": self.assay.name,
            "parameters": parameter_files.dumps(self.parameters),
            "bounds": [str(bound) for bound in self.bounds],
        }

    def check(self) -> None:
        """Refuse parameters that the assay has no use for.

        Raises
        ------
        InputError
            As `Assay.check`.
        """
        self.assay.check(self.parameters)

    def draw(self, number: int) -> Key:
        """Return the point between the bounds, and the seed, of a draw."""
        generator = self._generator("simulation", number)
        point = generator.random(len(self.bounds)).tolist()
        return Key(tuple(point), int(generator.integers(2**31)), number)

    def unused_seed(self, number: int) -> int:
        """Return a seed for a culture of `grow_at`: of a wiring that no draw has."""
        return int(self._generator("trial", number).integers(2**31))

    def _generator(self, purpose: str, number: int) -> np.random.Generator:
        return random_generator(self.parameters.simulation.seed, purpose, number)


@dataclass(frozen=True, eq=False)
class Simulations:
    """Cultures of a prior, by ascending number.

    Attributes
    ----------
    prior : Prior
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

    prior: Prior
    numbers: np.ndarray
    points: np.ndarray
    features: dict[str, np.ndarray]
    failures: list[str]
    seconds: float

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def n_with_all_features(self) -> int:
        """How many cultures have all features of `feature_space`."""
        return int(feature_space.encoded(self.features)[1].sum())

    def summary(self) -> str:
        """Return how many cultures there are, and how many of them are of what use."""
        n, n_failed, n_all = len(self), sum(map(bool, self.failures)), self.n_with_all_features
        return (
            f"{n} simulations ({self.seconds / 60:.0f} min, one after the other): {n_failed} silent"
            f" or running away, {n - n_failed - n_all} without bursts or network spikes, {n_all}"
            " with all features"
        )

    def trials(self) -> list[Trial]:
        """Return what came of each culture."""
        return [
            Trial({} if why else {name: float(of[row]) for name, of in self.features.items()}, why)
            for row, why in enumerate(self.failures)
        ]


def simulate_prior(
    prior: Prior,
    n: int,
    store: SimulationStore,
    client: "Client | ThisProcess",
    progress: Progress = NO_PROGRESS,
) -> Simulations:
    """Simulate cultures of the first `n` draws, but for those that a store holds.

    Parameters
    ----------
    prior : Prior
    n : int
        More that the store holds are returned as well.
    store : SimulationStore
        Of the prior's `identity`.
    client : distributed.Client or ThisProcess
        From `parallel.client.connected`.
    progress : Progress
        Counts cultures.

    Raises
    ------
    InputError
        If the store cannot be written, or all cultures failed.
    """
    keys = [prior.draw(number) for number in range(n)]
    simulate_announced(prior, keys, store, client, progress)
    return _simulations(prior, store)


def simulate_announced(
    prior: Prior,
    keys: Sequence[Key],
    store: SimulationStore,
    client: "Client | ThisProcess",
    progress: Progress = NO_PROGRESS,
) -> None:
    """Simulate some draws, but for those that a store holds; say after the first how long it takes.

    Raises
    ------
    InputError
        If the store cannot be written, or the first `N_TO_JUDGE` cultures all failed.
    """
    missing = store.missing(keys)
    progress.skip(len(keys) - len(missing))
    if missing and not len(store):  # to see how long they take
        n_first = n_workers(client)
        simulate(store, missing[:n_first], prior.assay, prior.at, client, progress)
    expect(store, len(store.missing(keys)), client, progress)
    simulate(store, store.missing(keys[:N_TO_JUDGE]), prior.assay, prior.at, client, progress)
    _refuse_if_all_failed(store)
    simulate(store, store.missing(keys), prior.assay, prior.at, client, progress)


def grow_at(
    points: np.ndarray,
    prior: Prior,
    store: SimulationStore,
    client: "Client | ThisProcess",
    progress: Progress = NO_PROGRESS,
) -> list[Trial]:
    """Simulate cultures at some points, each of a wiring that no draw of the prior has.

    Parameters
    ----------
    points : ndarray, shape (n, n_bounds)
        Shares (0-1) of the bounds. The n-th culture has the seed `prior.unused_seed(n)`.
    prior : Prior
    store : SimulationStore
        Of the prior's `identity`; keeps these cultures as well.
    client : distributed.Client or ThisProcess
        From `parallel.client.connected`.
    progress : Progress
        Counts cultures.

    Returns
    -------
    list of Trial
        One for each point.

    Raises
    ------
    InputError
        If the store cannot be written.
    """
    keys = [Key(tuple(point), prior.unused_seed(n)) for n, point in enumerate(points.tolist())]
    missing = store.missing(keys)
    progress.skip(len(keys) - len(missing))
    simulate(store, missing, prior.assay, prior.at, client, progress)
    return [store[key] for key in keys]


def load(path: str | os.PathLike) -> Simulations:
    """Read the cultures of a prior from a file.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not one of a prior.
    """
    plan, records = read(path)
    try:
        prior = Prior(
            parameter_files.loads(plan["parameters"], str(path)),
            tuple(map(Bound.parse, plan["bounds"])),
            ASSAYS[plan["experiment"]],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: holds no simulations between bounds") from error
    return _simulations(prior, records)


def _simulations(prior: Prior, records: Iterable[Record]) -> Simulations:
    """Return the cultures that were drawn from the prior, in order."""
    drawn = {record.key.number: record for record in records if record.key.number is not None}
    drawn = dict(sorted(drawn.items()))
    trials = [record.trial for record in drawn.values()]
    names = next((list(trial.measured) for trial in trials if not trial.failure), [])
    points = np.array([record.key.point for record in drawn.values()])
    return Simulations(
        prior,
        np.array(list(drawn), int),
        points.reshape(-1, len(prior.bounds)),
        {name: np.array([trial.measured.get(name, np.nan) for trial in trials]) for name in names},
        [trial.failure for trial in trials],
        sum(record.seconds for record in drawn.values()),
    )


def _refuse_if_all_failed(store: SimulationStore) -> None:
    failures = [record.trial.failure for record in store if record.key.number is not None]
    if failures and all(failures):
        raise InputError(
            f"--vary: all {len(failures)} simulated cultures failed, the first one being"
            f" {failures[0]}; take other bounds"
        )
