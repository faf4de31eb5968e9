"""Making a pool: dishes from the prior first, then ones that follow recordings.

    grow_pool(space, aims, n, store, client)    -> how many dishes there are

Dishes that are drawn anywhere between the bounds are seldom like a real one. So after the first few
hundred, each starts from a recording: one of the four simulated dishes nearest to it is varied, or
takes a step towards it. The pool gathers where recordings are.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.gathering import Dishes, Order, gather
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.pool import Pool, gathered
from spikinggrid.fitting.prior import N_TO_JUDGE
from spikinggrid.fitting.proposals import draw, gauss_newton, vary
from spikinggrid.fitting.simulation_store import Key, SimulationStore
from spikinggrid.parallel.client import ThisProcess
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import NO_PROGRESS, Progress
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: Dishes that are drawn anywhere between the bounds, before any follows a recording.
N_PRIOR = 300

#: How often each is heard.
N_HEARINGS = 3

#: A recording is followed from one of so many dishes nearest to it.
N_NEAREST = 4

#: How a relative varies: step, and chance of each parameter.
STEP, CHANCE = 0.12, 0.33

SEEDS = 2**31


def grow_pool(
    space: ParameterSpace,
    aims: Sequence[Aim],
    n: int,
    store: SimulationStore,
    client: "Client | ThisProcess",
    *,
    n_prior: int = N_PRIOR,
    progress: Progress = NO_PROGRESS,
) -> None:
    """Simulate dishes until a store holds `n` that are of use.

    Parameters
    ----------
    space : ParameterSpace
        What varies, and the array and the length of all dishes.
    aims : sequence of Aim
        Recordings to follow; without any, all dishes are drawn between the bounds.
    n : int
        Each way in which a dish was heard counts.
    store : SimulationStore
        Keeps them, failures too; those that it holds count.
    client : distributed.Client or ThisProcess
        From `connected`.
    n_prior : int
        How many are drawn between the bounds first.
    progress : Progress
        Counts dishes.

    Raises
    ------
    InputError
        If the first `N_TO_JUDGE` dishes all fail, or the store cannot be written.
    """
    dishes = Dishes.none(space)
    dishes.add((record.key, record.trial) for record in store)
    progress.skip(min(len(dishes), n))

    def orders() -> Iterator[Order]:
        number = 1 + max((record.key.number or 0 for record in store), default=-1)
        while len(dishes) < n:
            yield _order(space, aims, dishes, number, n_prior), N_HEARINGS, None
            number += 1

    def done(hearings: list) -> None:
        dishes.add(hearings)
        progress.to(min(len(dishes), n))
        progress.describe(f"{dishes.n_failed} given up")
        if not len(dishes) and dishes.n_failed >= N_TO_JUDGE:
            raise InputError(
                f"all {dishes.n_failed} dishes failed, the first one being {dishes.failure};"
                " take other bounds"
            )

    gather(space, None, orders(), store, client, done)


def identity(space: ParameterSpace) -> dict[str, Any]:
    """Return all that a dish depends on but its point and seed, as JSON."""
    return {
        "experiment": "pool",
        "parameters": parameter_files.dumps(space.parameters),
        "bounds": [str(bound) for bound in space.bounds],
    }


def pool_of(
    space: ParameterSpace,
    store: SimulationStore,
    followed: Sequence[str] = (),
    made_by: str = "",
) -> Pool:
    """Return the pool of the dishes in a store."""
    return gathered(space, list(store), followed, made_by)


def _order(
    space: ParameterSpace, aims: Sequence[Aim], dishes: Dishes, number: int, n_prior: int
) -> Key:
    """Return the dish of a number, as it looks from what is known."""
    generator = random_generator(space.parameters.simulation.seed, "pool", number)
    seed = int(generator.integers(SEEDS))
    if not aims or len(dishes) < max(n_prior, N_NEAREST):
        return Key(tuple(draw(space, generator).tolist()), seed, number)
    aim = aims[int(generator.integers(len(aims)))]
    nearest = np.argsort(aim.distances(dishes.coordinates), kind="stable")[:N_NEAREST]
    start = int(generator.choice(nearest))
    if generator.random() < 0.5:
        point = gauss_newton(space, dishes.points, dishes.coordinates, aim, start, generator)
    else:
        point = vary(space, dishes.points[start], generator, STEP, CHANCE)
    return Key(tuple(point.tolist()), seed, number)
