"""One dish as it is at each of several recordings, heard through the same electrodes.

    hear_all(space, key, n_hearings, aims)    -> the hearings, and how long they took

A try has a point for each recording, one after another in its key.
"""

import time
from collections.abc import Sequence

import numpy as np

from spikinggrid.assays.assay import CultureError, Trial
from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.hearings import CLOSELY, heard, measured, run
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.proposals import of_electrodes, vary
from spikinggrid.fitting.store_lines import Key
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_space import coordinates
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator


def hear_all(
    space: ParameterSpace, key: Key, n_hearings: int, aims: Sequence[Aim]
) -> tuple[list[tuple[Key, Trial]], float]:
    """Grow and run a dish as it is at each recording, and hear all through the same electrodes.

    Parameters
    ----------
    space : ParameterSpace
    key : Key
        The points of the dish at each recording, one after another.
    n_hearings : int
        The first is with the electrodes of the points themselves, the others come nearer.
    aims : sequence of Aim
        One for each recording.

    Returns
    -------
    hearings : list of (Key, Trial)
        With features named "0/burst.rate" and so on; one with the failure if a dish is of no use.
    seconds : float
    """
    begin = time.perf_counter()
    hearings: dict[Key, Trial] = {}
    try:
        dishes = [Dish(space.at(point), key.seed) for point in points_of(key, space)]
        pieces = [run(dish) for dish in dishes]
        generator = random_generator(key.seed, "hearings", key.number or 0)
        best, best_cost = points_of(key, space), np.inf
        for number in range(n_hearings):
            points = best
            if number:
                moved = vary(space, best[0], generator, *CLOSELY, of_electrodes(space))
                points = np.where(of_electrodes(space), moved, best)
            rows = [
                measured(heard(dish, spikes, _with_seed(space, point, key.seed)))
                for dish, spikes, point in zip(dishes, pieces, points, strict=True)
            ]
            cost = mean_cost(aims, rows)
            if cost < best_cost:
                best, best_cost = points, cost
            hearings[key._replace(point=tuple(points.ravel().tolist()))] = Trial(
                {f"{n}/{name}": value for n, row in enumerate(rows) for name, value in row.items()}
            )
    except CultureError as failure:
        hearings = {key: Trial(failure=failure.reason, survived=failure.survived)}
    except InputError as error:  # keys may contradict one another at some points
        hearings = {key: Trial(failure=str(error), survived=0.0)}
    return list(hearings.items()), time.perf_counter() - begin


def points_of(key: Key, space: ParameterSpace) -> np.ndarray:
    """Return the points of a try, shape (n_recordings, n_bounds)."""
    return np.reshape(key.point, (-1, len(space.bounds)))


def mean_cost(aims: Sequence[Aim], rows: Sequence[dict[str, float]]) -> float:
    """Return how far a dish is from all recordings, on average."""
    pairs = zip(aims, coordinates(rows), strict=True)
    return float(np.mean([aim.costs(point) for aim, point in pairs]))


def _with_seed(space: ParameterSpace, point: np.ndarray, seed: int) -> Parameters:
    return space.at(point).replace({"simulation.seed": seed})
