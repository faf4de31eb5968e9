"""Which parameters go with a recording, and how sure that is.

`infer`             simulate, judge the recording, learn, and grow dishes of the posterior
`infer_from_pool`   the same by the dishes of a pool and some more around the recording
`Inference`         what came of it: intervals of the parameters, and dishes of the posterior
`prepare`           the simulations alone, which serve every recording
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spikinggrid.assays.assay import Trial
from spikinggrid.assays.spontaneous import record
from spikinggrid.fitting.coverage import AS_WIDE, PRIOR_SD, Coverage
from spikinggrid.fitting.fitted_file import write_fitted
from spikinggrid.fitting.misspecification import (
    Misspecification,
    Verdict,
    count_too_close,
    judge_at_once,
)
from spikinggrid.fitting.parameter_space import Bound
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
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings.recording import Recording
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError, RefusalError
from spikinggrid.utils.extras import check_installed
from spikinggrid.utils.missing import number_text
from spikinggrid.utils.progress import Progress, hidden_progress

if TYPE_CHECKING:
    from distributed import Client

#: Points drawn from a posterior, from which all that is told of it is computed.
N_DRAWN = 10_000

#: Simulations to learn from, dishes that are simulated around a recording, and dishes that are
#: grown from a posterior.
N_SIMULATIONS, N_AROUND, N_DISHES = 1000, 300, 40

#: Quantiles of the median, and of the ends of the intervals that are told.
QUANTILES = {"median": 0.5, "low50": 0.25, "high50": 0.75, "low90": 0.05, "high90": 0.95}


@dataclass(frozen=True, eq=False)
class Inference:
    """What is known of the parameters of a recorded culture.

    Attributes
    ----------
    posterior : Posterior or LocalPosterior
    recording : Recording
    features : dict of float
        Of the recording, in the time that simulations last.
    verdict : Verdict or Likeness
        Whether the recording is within what the model produces.
    points : ndarray, shape (n_drawn, n_bounds)
        Drawn from the posterior, in shares (0-1) of the bounds.
    dishes : list of Trial
        Cultures grown at the first of these points.
    coverage : Coverage, optional
        Whether the intervals of dishes around the recording are as wide as they say.
    """

    posterior: Posterior | LocalPosterior
    recording: Recording
    features: dict[str, float]
    verdict: Verdict | Likeness
    points: np.ndarray
    dishes: list[Trial]
    coverage: Coverage | None = None

    @property
    def prior(self) -> Prior:
        """What was possible."""
        return self.posterior.simulations.prior

    @property
    def parameters(self) -> Parameters:
        """The medians of the posterior."""
        return self.prior.at(np.median(self.points, axis=0))

    @property
    def intervals(self) -> pd.DataFrame:
        """Parameters: SI unit, median, ends of the central 50 and 90 % intervals, and width.

        The width is the standard deviation as a share of that before anything was known.
        """
        rows = {}
        for bound, shares in zip(self.prior.bounds, self.points.T, strict=True):
            values = map(bound.value, np.quantile(shares, list(QUANTILES.values())))
            rows[bound.key] = {
                "unit": bound.dimension,
                **dict(zip(QUANTILES, values, strict=True)),
                "width": float(shares.std() / PRIOR_SD),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")

    @property
    def predictive(self) -> pd.DataFrame:
        """Features: of the recording, median and 90 % interval of the dishes, whether it holds.

        Dishes that are silent or run away are left out; without any other it is empty. `dishes`
        counts those that have the feature: of one that none has, there is no interval (NaN).
        """
        measured = [dish.measured for dish in self.dishes if not dish.failure]
        rows = {}
        for name in feature_space.NAMES if measured else ():
            values = [culture[name] for culture in measured if not np.isnan(culture[name])]
            low, median, high = map(float, np.quantile(values or [np.nan], [0.05, 0.5, 0.95]))
            rows[name] = {
                "recording": self.features[name],
                "median": median,
                "low": low,
                "high": high,
                "holds": low <= self.features[name] <= high,
                "dishes": len(values),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("feature")

    @property
    def n_held(self) -> int:
        """How many of the eleven published features the intervals of the dishes hold."""
        published = feature_space.NAMES[: feature_space.N_PUBLISHED]
        predictive = self.predictive
        return int(predictive.holds[list(published)].sum()) if len(predictive) else 0

    def sample(self, n: int) -> pd.DataFrame:
        """Return `n` draws from the posterior, a column (SI units) for each parameter."""
        columns = zip(self.prior.bounds, self.points[:n].T, strict=True)
        return pd.DataFrame(
            {bound.key: [bound.value(share) for share in shares] for bound, shares in columns}
        )

    def record_dishes(self, n: int) -> dict[str, Recording]:
        """Record the first `n` dishes that do not fail, by "dish 1" and so on."""
        alive = [number for number, dish in enumerate(self.dishes) if not dish.failure]
        return {
            f"dish {number + 1}": record(
                self.prior.at(self.points[number]), self.prior.unused_seed(number)
            )
            for number in alive[:n]
        }

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        simulations, verdict = self.posterior.simulations, self.verdict
        intervals = {
            key: {
                "median": row["median"],
                "ci50": [row["low50"], row["high50"]],
                "ci90": [row["low90"], row["high90"]],
                "unit": row["unit"],
                "width": row["width"],
            }
            for key, row in self.intervals.to_dict("index").items()
        }
        return {
            "recording": self.recording.source,
            "simulations": {
                "n": len(simulations),
                "with_all_features": simulations.n_with_all_features,
                "seconds": simulations.seconds,
            },
            "verdict": verdict.as_dict(),
            "parameters": intervals,
            "predictive": self.predictive.to_dict("index"),
            "published_features_held": self.n_held,
            "coverage": None if self.coverage is None else self.coverage.as_dict(),
        }

    def summary(self) -> str:
        """Return tables of the parameters and of the features."""
        forced = "" if self.verdict.inside else "; the answer was forced: do not trust it"
        lines = [
            f"{self.recording.source}: {self.verdict.sentence()}{forced}",
            "",
            f"{'parameter':<44}{'median':>12}{'50 % interval':>24}{'90 % interval':>24}"
            f"{'width':>7}",
        ]
        for bound, row in zip(self.prior.bounds, self.intervals.itertuples(), strict=True):
            median, low50, high50, low90, high90 = (
                _short(bound, getattr(row, name)) for name in QUANTILES
            )
            mark = "  hardly determined" if row.width > AS_WIDE else ""
            lines.append(
                f"{bound.key:<44}{median:>12}{f'{low50} to {high50}':>24}"
                f"{f'{low90} to {high90}':>24}{row.width:>7.2f}{mark}"
            )
        n_failed = sum(bool(dish.failure) for dish in self.dishes)
        n_alive = len(self.dishes) - n_failed
        lines += [
            "(width: standard deviation, as a share of that between the bounds)",
            *([] if self.coverage is None else [self._coverage_text(self.coverage)]),
            "",
            f"{len(self.dishes)} dishes drawn from the posterior ({n_failed} of them silent or"
            f" running away): {self.n_held} of the {feature_space.N_PUBLISHED} published features"
            " within their 90 % interval",
            f"{'feature':<28}{'recording':>12}{'dishes':>12}{'90 % interval':>24}",
        ]
        for row in self.predictive.itertuples():
            mark = "" if row.dishes == n_alive else f" (of {row.dishes} of {n_alive})"
            mark += "" if row.holds else "  outside"
            lines.append(
                f"{row.Index:<28}{number_text(row.recording):>12}{number_text(row.median):>12}"
                f"{number_text(row.low):>12} to {number_text(row.high):<8}{mark}"
            )
        return "\n".join(lines)

    @staticmethod
    def _coverage_text(coverage: Coverage) -> str:
        told = coverage.as_dict()
        return (
            f"(checked on {told['cultures']} dishes around the recording: 90 % intervals hold"
            f" {100 * told['coverage_90']:.0f} %, 50 % intervals {100 * told['coverage_50']:.0f} %"
            " of their true parameters)"
        )

    def save(self, path: str | os.PathLike, title: str = "culture", made_by: str = "") -> None:
        """Write the parameter file of the medians, with `summary` as comments at its head.

        Parameters
        ----------
        path : path-like
        title : str
            What was possible, such as the name of the parameter file.
        made_by : str
            The command that makes the file again.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        source = self.recording.source
        header = f"{title} given {source}: medians of the posterior\n\n{self.summary()}"
        write_fitted(path, self.parameters, header, made_by)


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


def _short(bound: Bound, value: float) -> str:
    """Return a value with three digits."""
    return bound.text(float(f"{value:.3g}"))
