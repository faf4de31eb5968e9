"""Making a pool: dishes from the prior first, then ones that follow recordings.

    grow_pool(space, aims, n, store, client)    -> how many dishes there are

Dishes that are drawn anywhere between the bounds are seldom like a real one. So after the first
few hundred, each starts from a recording: one of the four simulated dishes nearest to it is
varied, or takes a step towards it. The pool gathers where recordings are.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.gathering import Dishes, Order, gather
from spikinggrid.fitting.parameter_space import Bound, ParameterSpace, read_bounds
from spikinggrid.fitting.pool import Pool, gathered
from spikinggrid.fitting.prior import N_TO_JUDGE
from spikinggrid.fitting.proposals import N_STEPS, draw, gauss_newton, vary
from spikinggrid.fitting.simulation_store import Key, SimulationStore
from spikinggrid.parallel.client import ThisProcess
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.recordings.datasets import THIRD, published_dishes
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import NO_PROGRESS, Progress
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: Dishes that are drawn anywhere between the bounds, before any follows a recording.
N_PRIOR = 200

#: How often each of the others is heard.
N_HEARINGS = 3

#: A recording is followed from one of so many dishes nearest to it.
N_NEAREST = 4

#: How a relative varies: step, and chance of each parameter.
STEP, CHANCE = 0.12, 0.33

SEEDS = 2**31

#: The array of the published recordings.
PUBLISHED_LAYOUT = "8x8-200um-59"

#: What differs between electrodes is drawn by this seed: one for each step of a share.
ELECTRODE_SEED = Bound.parse(f"mea.electrode_seed=0:{N_STEPS}")


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
            follows = bool(aims) and len(dishes) >= max(n_prior, N_NEAREST)
            key = _followed if follows else _drawn
            yield key(space, aims, dishes, number), N_HEARINGS if follows else 1, None
            number += 1

    def done(hearings: list) -> None:
        dishes.add(hearings)
        progress.to(min(len(dishes), n))
        progress.describe(f"{dishes.n_failed} given up")
        if not len(dishes) and dishes.n_failed >= N_TO_JUDGE:
            raise InputError(
                f"--vary: all {dishes.n_failed} dishes failed, the first one being"
                f" {dishes.failure}; take other bounds"
            )

    gather(space, None, orders(), store, client, done)


def pool_space(parameters: Parameters) -> ParameterSpace:
    """Return what varies in a pool: [calibration.bounds], and the draw of the electrodes.

    Raises
    ------
    InputError
        If the parameters have no bounds, or no array.
    """
    bounds = read_bounds(parameters)
    if all(bound.key != ELECTRODE_SEED.key for bound in bounds):
        bounds += (ELECTRODE_SEED,)
    return ParameterSpace(parameters, bounds)


def published_aims(space: ParameterSpace, without: Sequence[str] = ()) -> dict[str, Aim]:
    """Return the published dishes that a pool can follow, by name.

    Parameters
    ----------
    space : ParameterSpace
        Of the pool; dishes of another array or length follow none.
    without : sequence of str
        Names of recordings: neither these nor others of their cultures.

    Raises
    ------
    InputError
        If there is no published dish of the culture of one of these.
    """
    parameters = space.parameters
    layout = needed(parameters.mea, "mea", "a recording").layout
    if layout != PUBLISHED_LAYOUT or parameters.simulation.duration != THIRD:
        return {}
    dishes = published_dishes()
    cultures = {culture_of(name) for name in without}
    for culture in cultures - {culture_of(dish.name) for dish in dishes}:
        raise InputError(f"--without: {culture}: no published recording is of this culture")
    return {
        dish.name: Aim.at(dish.thirds[0])
        for dish in dishes
        if culture_of(dish.name) not in cultures
    }


def culture_of(name: str) -> str:
    """Return the culture of a published recording: its name without the age.

    Examples
    --------
    >>> culture_of("CTX_TC51_G2CEPHYS3_DIV21_C"), culture_of("TC107-NB-C57-DIV21_A")
    ('CTX_TC51_G2CEPHYS3_C', 'TC107-NB-C57_A')
    """
    return re.sub(r"[-_]DIV_?\d+", "", name)


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


def _drawn(space: ParameterSpace, aims: Sequence[Aim], dishes: Dishes, number: int) -> Key:
    """Return the dish of a number, drawn between the bounds."""
    generator = random_generator(space.parameters.simulation.seed, "pool", number)
    seed = int(generator.integers(SEEDS))
    return Key(tuple(draw(space, generator).tolist()), seed, number)


def _followed(space: ParameterSpace, aims: Sequence[Aim], dishes: Dishes, number: int) -> Key:
    """Return the dish of a number, near to a recording as it looks from what is known."""
    generator = random_generator(space.parameters.simulation.seed, "pool", number)
    seed = int(generator.integers(SEEDS))
    aim = aims[int(generator.integers(len(aims)))]
    nearest = np.argsort(aim.distances(dishes.coordinates), kind="stable")[:N_NEAREST]
    start = int(generator.choice(nearest))
    if generator.random() < 0.5:
        point = gauss_newton(space, dishes.points, dishes.coordinates, aim, start, generator)
    else:
        point = vary(space, dishes.points[start], generator, STEP, CHANCE)
    return Key(tuple(point.tolist()), seed, number)
