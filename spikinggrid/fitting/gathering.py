"""Dishes as they gather: those of a pool, and those that are simulated while one waits.

Dishes        points, seeds and coordinates of dishes, to which hearings are added
gather        simulate dishes, each proposed from what is known by then
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from spikinggrid.assays.assay import Trial
from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.hearings import hear
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.simulation_store import Key, SimulationStore
from spikinggrid.mea.array import Mea
from spikinggrid.parallel.client import ThisProcess, completed
from spikinggrid.parameters.model import Parameters
from spikinggrid.statistics.feature_space import coordinates

if TYPE_CHECKING:
    from distributed import Client

#: What is to be simulated: a dish, how often to hear it, and what hearings should come nearer to.
Order = tuple[Key, int, Aim | None]


class Dishes:
    """Dishes that are of use, in the order in which they came.

    Parameters
    ----------
    space : ParameterSpace
    points : ndarray, shape (n, n_bounds)
    seeds : ndarray of int, shape (n,)
    coordinates : ndarray, shape (n, n_compared)

    Attributes
    ----------
    n_failed : int
        How many others failed since.
    failure : str
        Why the first of them did, or "".
    """

    def __init__(
        self,
        space: ParameterSpace,
        points: np.ndarray,
        seeds: np.ndarray,
        coordinates: np.ndarray,
    ):
        self.space = space
        self.points, self.seeds, self.coordinates = points, seeds, coordinates
        self.n_failed, self.failure = 0, ""

    @classmethod
    def none(cls, space: ParameterSpace) -> "Dishes":
        """Return no dishes yet."""
        n_compared = coordinates([]).shape[1]
        return cls(
            space, np.empty((0, len(space.bounds))), np.empty(0, int), np.empty((0, n_compared))
        )

    def __len__(self) -> int:
        return len(self.seeds)

    def parameters(self, row: int) -> Parameters:
        """Return the parameters of a dish, with its seed."""
        return self.space.at(self.points[row]).replace({"simulation.seed": int(self.seeds[row])})

    def add(self, hearings: Iterable[tuple[Key, Trial]]) -> None:
        """Add what was heard of a dish; count it if it failed."""
        useful = []
        for key, trial in hearings:
            if trial.failure:
                self.n_failed += 1
                self.failure = self.failure or trial.failure
            else:
                useful.append((key, trial))
        if not useful:
            return
        self.points = np.vstack([self.points, [key.point for key, _ in useful]])
        self.seeds = np.append(self.seeds, [key.seed for key, _ in useful])
        self.coordinates = np.vstack(
            [self.coordinates, coordinates([trial.measured for _, trial in useful])]
        )


def gather(
    space: ParameterSpace,
    array: Mea | None,
    orders: Iterable[Order],
    store: SimulationStore,
    client: "Client | ThisProcess",
    done: Callable[[list[tuple[Key, Trial]]], None],
) -> None:
    """Simulate dishes as they are ordered, and keep every hearing.

    Parameters
    ----------
    space : ParameterSpace
    array : Mea or None
        An array of one's own; that of the parameters if None.
    orders : iterable of Order
        Are taken only as fast as dishes are done, so that an order can tell from these.
    store : SimulationStore
        Keeps hearings as soon as a dish is done.
    client : distributed.Client or ThisProcess
        From `connected`.
    done : callable
        Is called with the hearings of each dish.

    Raises
    ------
    InputError
        If the store cannot be written, or the workers cannot go on.
    """
    tasks: Iterator[tuple] = ((space, array, *order) for order in orders)
    for _, (hearings, seconds) in completed(client, hear, tasks):
        for place, (key, trial) in enumerate(hearings):
            store.add(key, trial, seconds if place == 0 else 0.0)
        done(hearings)
