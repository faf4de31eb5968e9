"""Which parameters go with a recording, and how sure that is.

`infer`             simulate, judge the recording, learn, and grow dishes of the posterior
`infer_from_pool`   the same by the dishes of a pool and some more around the recording
`prepare`           the simulations alone, which serve every recording
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from spikinggrid.fitting.inference_result import Inference
from spikinggrid.fitting.misspecification import (
    Misspecification,
    Verdict,
    count_too_close,
    judge_at_once,
)
from spikinggrid.fitting.pool import Pool, shipped
from spikinggrid.fitting.pool_guard import Likeness
from spikinggrid.fitting.pool_posterior import LocalPosterior, PoolPrior, check
from spikinggrid.fitting.posterior import FEWEST, N_FLOWS, NEEDED, Posterior, estimate
from spikinggrid.fitting.prior import (
    Prior,
    Simulations,
    grow_at,
    simulate_announced,
    simulate_prior,
)
from spikinggrid.fitting.recorded_dish import prepared
from spikinggrid.fitting.simulation_store import SimulationStore
from spikinggrid.parallel.client import ThisProcess, connected
from spikinggrid.recordings.recording import Recording
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError, RefusalError
from spikinggrid.utils.extras import check_installed
from spikinggrid.utils.progress import Progress, hidden_progress

if TYPE_CHECKING:
    from distributed import Client

#: Points drawn from a posterior, from which all that is told of it is computed.
N_DRAWN = 10_000

#: Simulations to learn from, dishes that are simulated around a recording, and dishes that are
#: grown from a posterior.
N_SIMULATIONS, N_AROUND, N_DISHES = 1000, 300, 40


def infer(
    recording: Recording,
    prior: Prior,
    path: str | os.PathLike | None = None,
    *,
    n_simulations: int = N_SIMULATIONS,
    n_dishes: int = N_DISHES,
    anyway: bool = False,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> Inference:
    """Infer the parameters of a recorded culture.

    Parameters
    ----------
    recording : Recording
        At least as long as `simulation.duration` of the prior's parameters.
    prior : Prior
    path : path-like, optional
        File that keeps every culture, with which an interrupted inference goes on, and that serves
        other recordings; see `simulation_store`.
    n_simulations : int
        To learn from, at least.
    n_dishes : int
        Cultures to grow from the posterior.
    anyway : bool
        Whether to answer even if the model produces nothing like the recording.
    restart : bool
        Whether to start over, whatever the file holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. The result does not depend on it.
    show : callable
        Make what shows the progress of a part of the work, such as the class `Progress`.

    Raises
    ------
    RefusalError
        If the model produces nothing like the recording.
    InputError
        If `sbi` is not installed, the recording is too short, too few simulations have all
        features, or the file or the workers cannot be used.
    """
    prior.check()
    parameters = prior.parameters
    features = recording.features_of_first(parameters.simulation.duration)
    n_too_close = count_too_close(recording.spike_trains, parameters)
    _refuse(recording, judge_at_once(features, n_too_close, parameters), anyway)
    with (
        SimulationStore(path, prior.identity(), restart=restart) as store,
        connected(where, jobs) as client,
    ):
        simulations = _simulate(prior, n_simulations, store, client, show)
        verdict = Misspecification(simulations).judge(features, n_too_close)
        _refuse(recording, verdict, anyway)
        with show(N_FLOWS, "flow", "learning") as progress:
            posterior = estimate(simulations, progress=progress)
        points = draw(posterior, features)
        with show(n_dishes, "dish", "dishes of the posterior") as progress:
            dishes = grow_at(points[:n_dishes], prior, store, client, progress)
    return Inference(posterior, recording, features, verdict, points, dishes)


def infer_from_pool(
    recording: Recording,
    pool: Pool | None = None,
    path: str | os.PathLike | None = None,
    *,
    n_simulations: int = N_AROUND,
    n_dishes: int = N_DISHES,
    anyway: bool = False,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> Inference:
    """Infer the parameters of a recorded dish by the dishes of a pool.

    Parameters
    ----------
    recording : Recording
        Of the array of the pool, and as long as its dishes.
    pool : Pool, optional
        The one that comes with SpikingGrid unless given.
    path : path-like, optional
        File that keeps every new dish, with which an interrupted inference goes on.
    n_simulations : int
        New dishes, which are drawn where the pool expects the parameters of the recording.
    n_dishes, anyway, restart, where, jobs, show
        As in `infer`.

    Raises
    ------
    RefusalError
        If the pool has nothing like the recording, or this hardly bursts.
    InputError
        If the recording is of another array than the pool or shorter, too few dishes have its
        features, or the file or the workers cannot be used.
    """
    pool = shipped() if pool is None else pool
    dish = prepared(recording, pool)
    if dish.likeness is None:
        raise InputError(
            f"{recording.source}: is {dish.span:g} s on {dish.place.text}, the pool {len(pool):,}"
            f" dishes of {pool.space.parameters.simulation.duration:g} s on {pool.array}; right"
            " would be a large pool of such dishes, by `spikinggrid pool` and --pool"
        )
    _refuse(recording, dish.likeness, anyway)
    features, possible = dish.stretches[0], PoolPrior(pool)
    identity = possible.prior.identity() | {"experiment": "dishes around a recording"}
    identity |= {"aim": [features[name] for name in feature_space.COMPARED]}
    with (
        SimulationStore(path, identity, restart=restart) as store,
        connected(where, jobs) as client,
    ):
        around = LocalPosterior(possible.pooled).region(features)
        keys = possible.keys(around, n_simulations)
        with show(len(keys), "dish", "dishes around the recording") as progress:
            progress.say(store.story)
            simulate_announced(possible.prior, keys, store, client, progress)
        kept = {record.key: record for record in store}
        posterior = LocalPosterior(possible.with_new([kept[key] for key in keys]))
        points = posterior.sample(features, N_DRAWN)
        with show(n_dishes, "dish", "dishes of the posterior") as progress:
            dishes = grow_at(points[:n_dishes], possible.prior, store, client, progress)
    coverage = check(posterior, [possible.number(key) for key in keys])
    return Inference(posterior, recording, features, dish.likeness, points, dishes, coverage)


def prepare(
    prior: Prior,
    path: str | os.PathLike | None = None,
    *,
    n_simulations: int = N_SIMULATIONS,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> Simulations:
    """Simulate what `infer` learns from.

    Parameters
    ----------
    prior, path, n_simulations, restart, where, jobs, show
        As in `infer`.

    Raises
    ------
    InputError
        As `infer`.
    """
    prior.check()
    with (
        SimulationStore(path, prior.identity(), restart=restart) as store,
        connected(where, jobs) as client,
    ):
        return _simulate(prior, n_simulations, store, client, show)


def draw(posterior: Posterior, features: Mapping[str, float]) -> np.ndarray:
    """Draw `N_DRAWN` points from the posterior of a culture with these features."""
    table = {name: np.array([value]) for name, value in features.items()}
    return posterior.sample(table, N_DRAWN)[:, 0]


def _refuse(recording: Recording, verdict: Verdict | Likeness | None, anyway: bool) -> None:
    """Refuse a recording outside of what the model produces, unless answers are forced."""
    if verdict is None or verdict.inside or (anyway and not verdict.missing):
        return
    further = "" if verdict.missing else "; --anyway answers all the same"
    raise RefusalError(f"{recording.source}: {verdict.sentence()}{further}")


def _simulate(
    prior: Prior,
    n: int,
    store: SimulationStore,
    client: "Client | ThisProcess",
    show: Callable[..., Progress],
) -> Simulations:
    n_stored = sum(record.key.number is not None for record in store)
    if max(n, n_stored) < FEWEST:
        raise InputError(
            f"--simulations: found {n}; right would be more than {FEWEST}, as so many are needed"
            " that fire, burst and have all features"
        )
    if n_stored < n:
        check_installed(*NEEDED)  # before the simulations, which take long, not after them
    with show(n, "simulation") as progress:
        progress.say(store.story)
        simulations = simulate_prior(prior, n, store, client, progress)
        progress.say(simulations.summary())
    return simulations
