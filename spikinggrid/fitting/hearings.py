"""One dish, heard in several ways.

    hear(space, array, key, n_hearings, aim)    -> the hearings, and how long they took

What neurons do costs ten times as much as what electrodes hear of it. So a dish is run once and
heard several times: first with its own electrodes, then with relatives of them (the keys of the
table `mea`). A dish that is silent, runs away or has no bursts is given up early.
"""

import time
from collections.abc import Sequence

import numpy as np

from spikinggrid.assays.assay import CultureError, Trial
from spikinggrid.assays.spontaneous import PATIENCE, PIECE
from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.proposals import of_electrodes, vary
from spikinggrid.fitting.store_lines import Key
from spikinggrid.mea.array import Mea
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.simulation.activity import RUNAWAY
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.recorder import Recorder
from spikinggrid.simulation.simulator import Spikes
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.statistics.spiking import find_bursts
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: A dish without any burst by this time is given up (s).
UNTIL_BURSTS = 100.0

#: How electrodes vary between hearings: step, and chance of each key ...
WIDELY = (0.25, 0.6)

#: ... and where they are to come nearer to an aim, from the best hearing so far.
CLOSELY = (0.1, 0.5)


def hear(
    space: ParameterSpace,
    array: Mea | None,
    key: Key,
    n_hearings: int,
    aim: Aim | None = None,
) -> tuple[list[tuple[Key, Trial]], float]:
    """Grow and run a dish, and measure what electrodes hear of it, in several ways.

    Parameters
    ----------
    space : ParameterSpace
    array : Mea or None
        An array of one's own; that of the parameters if None.
    key : Key
        Point and seed of the dish; its number seeds how the electrodes vary.
    n_hearings : int
        The first is with the electrodes of the point itself.
    aim : Aim, optional
        What hearings should come nearer to, each from the best one before; they spread widely
        unless given.

    Returns
    -------
    hearings : list of (Key, Trial)
        One with the failure if the dish is of no use.
    seconds : float
        What all took.
    """
    begin = time.perf_counter()
    try:
        dish = Dish(space.at(key.point), key.seed, array)
        spikes = run(dish)
        hearings = _hearings(space, dish, spikes, key, n_hearings, aim)
    except CultureError as failure:
        hearings = [(key, Trial(failure=failure.reason, survived=failure.survived))]
    except InputError as error:  # keys may contradict one another at some points
        hearings = [(key, Trial(failure=str(error), survived=0.0))]
    return hearings, time.perf_counter() - begin


def run(dish: Dish, duration: float | None = None) -> list[Spikes]:
    """Let a dish settle and run it for `simulation.duration`, or another time (s), in pieces.

    Raises
    ------
    CultureError
        If it is silent, runs away, or has no burst by `UNTIL_BURSTS`.
    """
    simulation = dish.parameters.simulation
    duration = simulation.duration if duration is None else duration
    dish.run(simulation.warmup)
    pieces: list[Spikes] = []
    n_pieces = max(1, round(duration / PIECE))
    for number in range(1, n_pieces + 1):
        pieces.append(dish.run(duration / n_pieces))
        done = number * duration / n_pieces
        rate = len(pieces[-1]) / (pieces[-1].duration * dish.culture.n_neurons)
        if rate > RUNAWAY:
            raise CultureError(f"runs away: {rate:.0f} Hz at {done:g} s", done / duration)
        if done >= PATIENCE and not any(map(len, pieces)):
            raise CultureError(f"silent for {done:g} s", done / duration)
        is_time_to_look = done >= UNTIL_BURSTS > done - duration / n_pieces
        if is_time_to_look and not _bursts(dish, pieces):
            raise CultureError(f"no bursts in {done:g} s", done / duration)
    return pieces


def _bursts(dish: Dish, pieces: Sequence[Spikes]) -> bool:
    """Return whether any electrode detects a burst."""
    trains = heard(dish, pieces, dish.parameters).spike_trains
    return any(len(find_bursts(train).first) for train in trains)


def heard(dish: Dish, pieces: Sequence[Spikes], parameters: Parameters) -> Recording:
    """Return what electrodes with the table `mea` of some parameters hear of a dish.

    Parameters
    ----------
    dish : Dish
    pieces : sequence of Spikes
        Of consecutive runs.
    parameters : Parameters
        Those of the dish, but for the table `mea`.
    """
    array = Mea.place(parameters) if dish.array is None else dish.array
    recorder = Recorder(dish.culture, array, parameters)
    for piece in pieces:
        recorder.add(piece)
    return recorder.recording(None)


def measured(recording: Recording) -> dict[str, float]:
    """Return those features of a recording that distances need."""
    features = recording.features()
    return {name: features[name] for name in COMPARED}


def _hearings(
    space: ParameterSpace,
    dish: Dish,
    pieces: Sequence[Spikes],
    key: Key,
    n_hearings: int,
    aim: Aim | None,
) -> list[tuple[Key, Trial]]:
    generator = random_generator(key.seed, "hearings", key.number or 0)
    electrodes = of_electrodes(space)
    if not electrodes.any():
        n_hearings = 1
    own = np.array(key.point)
    best, best_cost = own, np.inf
    step, chance = WIDELY if aim is None else CLOSELY
    hearings: dict[Key, Trial] = {}
    for number in range(n_hearings):
        point = own if number == 0 else vary(space, best, generator, step, chance, electrodes)
        as_heard = key._replace(point=tuple(point.tolist()))
        if as_heard in hearings:
            continue
        parameters = space.at(point).replace({"simulation.seed": key.seed})
        features = measured(heard(dish, pieces, parameters))
        hearings[as_heard] = Trial(features)
        if aim is not None:
            cost = float(aim.costs(coordinates([features]))[0])
            if cost < best_cost:
                best, best_cost = point, cost
    return list(hearings.items())
