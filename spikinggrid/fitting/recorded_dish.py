"""A recorded dish as something to fit: what of it a twin should measure like, and on which array.

prepared        a recording for `twin.fit_twin`
aim_for_pool    a recording for a pool to gather around
"""

from typing import NamedTuple

import numpy as np

from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.misspecification import count_too_close, too_close
from spikinggrid.fitting.own_spread import own_sd
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.pool_guard import Likeness, PoolGuard
from spikinggrid.fitting.recorded_array import RecordedArray, recognised, thinned
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.utils.errors import InputError, RefusalError

#: Shorter recordings say too little (s).
SHORTEST = 60.0

#: Without these features, here with what they count, there is nothing to fit.
NEEDED = {"burst.rate": "bursts", "num.n.s": "network spikes"}


class RecordedDish(NamedTuple):
    """What a twin is of, and how it can be simulated.

    Attributes
    ----------
    recording : Recording
        On so many electrodes as are simulated.
    span : float
        Length of the stretch that is fitted, the first (s).
    stretches : list of dict of float
        Features of each whole stretch.
    aim, own : Aim
        At the first stretch: with the spread within a published dish, and within this one.
    likeness : Likeness or None
        Whether the first stretch is like the dishes of the pool; None where these are of another
        array or length, or too few to tell.
    unjudged : str
        Why it is None, or "".
    place : RecordedArray
    space : ParameterSpace
        What varies, around parameters with this array and span.
    """

    recording: Recording
    span: float
    stretches: list[dict[str, float]]
    aim: Aim
    own: Aim
    likeness: Likeness | None
    unjudged: str
    place: RecordedArray
    space: ParameterSpace


def prepared(recording: Recording, pool: Pool) -> RecordedDish:
    """Return what there is to do for a recording.

    Raises
    ------
    RefusalError, InputError
        As `twin.fit_twin`.
    """
    recording, parameters = thinned(recording), pool.space.parameters
    span = min(parameters.simulation.duration, recording.duration)
    if span < SHORTEST:
        raise InputError(
            f"{recording.source}: lasts {recording.duration:g} s; a twin needs {SHORTEST:g} s or"
            " more"
        )
    stretches = _stretches(recording, span)
    lacking = [what for name, what in NEEDED.items() if not stretches[0][name] > 0]
    if lacking:
        raise RefusalError(
            f"{recording.source}: no twin: in its first {span:g} s it has no"
            f" {' and no '.join(lacking)}, and hardly anything else that"
            " would tell one culture from another"
        )
    place = recognised(recording, parameters)
    changes = {**place.changes, "simulation.duration": span}
    space = ParameterSpace(parameters.replace(changes), pool.space.bounds)
    pooled, sd = own_sd([], span), own_sd(stretches, span)
    aim, own = Aim.at(stretches[0], pooled), Aim.at(stretches[0], sd)
    likeness, unjudged = None, _why_not_judged(space, place, pool)
    if not unjudged:
        odd = too_close(_count_too_close(recording, span, parameters), parameters)
        likeness = PoolGuard.of(pool).judge(stretches[0], odd)
    return RecordedDish(recording, span, stretches, aim, own, likeness, unjudged, place, space)


def _why_not_judged(space: ParameterSpace, place: RecordedArray, pool: Pool) -> str:
    """Return why dishes of a pool cannot tell whether a recording is like them, or ""."""
    if not is_of_pool(space, place, pool):
        simulations = pool.space.parameters.simulation, space.parameters.simulation
        of_pool, span = (f"{simulation.duration:g} s" for simulation in simulations)
        return (
            f"the dishes of the pool are of {of_pool} on {pool.array}, the recording {span} on"
            f" {place.text}"
        )
    return "" if PoolGuard.can_be_of(pool) else f"the pool has too few dishes, {len(pool):,}"


def is_of_pool(space: ParameterSpace, place: RecordedArray, pool: Pool) -> bool:
    """Return whether the dishes of a pool are of the array and the length of a recording."""
    return space.parameters == pool.space.parameters and place.array is None


def aim_for_pool(recording: Recording, space: ParameterSpace) -> Aim:
    """Return a recording as an aim for dishes of a pool.

    Raises
    ------
    InputError
        If it is shorter than these, or of another array.
    """
    place = recognised(recording, space.parameters)
    if place.changes or place.array is not None:
        raise InputError(
            f"{recording.source}: is of another array ({place.text}) than the dishes; right would"
            " be recordings of one array, and parameters with it"
        )
    return Aim.at(recording.features_of_first(space.parameters.simulation.duration))


def _count_too_close(recording: Recording, span: float, parameters: Parameters) -> int:
    """Return how many intervals of the first stretch are below the dead time."""
    trains = (train[train < recording.t_start + span] for train in recording.spike_trains)
    return count_too_close(trains, parameters)


def _stretches(recording: Recording, span: float) -> list[dict[str, float]]:
    """Return the features of each whole stretch of a recording."""
    n = max(1, int(recording.duration / span + 1e-9))
    begins = recording.t_start + span * np.arange(n)
    return [
        recording.features(begin, min(begin + span, recording.t_stop)) for begin in begins.tolist()
    ]
