"""What do changes bring that a laboratory can make? The same twins with each and without, paired.

`Twins`          cultures that take the task, in one wiring each
`twins_of`       those of a folder of `spikinggrid predict`
`try_changes`    simulate them with each change, and follow what helps -> `Gains`

Many changes are tested at once, and some would seem to help by chance. A change is called sure only
if it stands the correction of Holm (1979) for all changes by the same readout.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import ttest_1samp

from spikinggrid.digits.assay import READOUTS as ASSAY
from spikinggrid.digits.benchmark_result import load as load_result
from spikinggrid.digits.readouts import accuracy_and_interval, mean_and_interval
from spikinggrid.fitting.simulation_store import Key, SimulationStore, expect, simulate
from spikinggrid.fitting.store_lines import Point
from spikinggrid.parallel.client import ThisProcess, connected, n_workers
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.prediction.laboratory import Change, together
from spikinggrid.prediction.predict import READOUTS, twins_in
from spikinggrid.statistics.multiple_testing import holm
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import Progress, hidden_progress
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    from distributed import Client

#: The readout by which changes are sorted and followed.
MAIN = "label"

#: Most chance that any of the changes called sure is none.
LEVEL = 0.05

#: Stands for no change in the store.
AS_IT_IS = 0.0

#: What is told of a change by a readout; see `Gains.table`.
FIGURES = ["accuracy", "gain", "low", "high", "p", "p_holm", "sure"]

#: Accuracies of cultures by readout, each of shape (n_wirings,).
Accuracies = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Twins:
    """Cultures that take the task.

    Attributes
    ----------
    cultures : tuple of Parameters
        With the task.
    wirings : tuple of (int, int)
        Place of the culture, and seed, of each wiring.
    """

    cultures: tuple[Parameters, ...]
    wirings: tuple[tuple[int, int], ...]

    @classmethod
    def of_one(cls, parameters: Parameters, n: int) -> "Twins":
        """Return one culture in several wirings, of which its own is the first."""
        seed = parameters.simulation.seed
        drawn = (_seed(parameters, "wiring", number) for number in range(1, n))
        return cls((parameters,), tuple((0, s) for s in (seed, *drawn)))

    @classmethod
    def of_each(cls, cultures: Sequence[Parameters]) -> "Twins":
        """Return several cultures, each in its own wiring."""
        seeds = [parameters.simulation.seed for parameters in cultures]
        return cls(tuple(cultures), tuple(enumerate(seeds)))

    def others(self, n: int) -> "Twins":
        """Return the same cultures in `n` wirings that these have not, by turns."""
        places = [number % len(self.cultures) for number in range(n)]
        wirings = [
            (place, _seed(self.cultures[place], "unused wiring", number))
            for number, place in enumerate(places)
        ]
        return Twins(self.cultures, tuple(wirings))

    def identity(self) -> dict[str, Any]:
        """Return all that a culture depends on but its change and its seed, as JSON."""
        any_seed = (parameters.replace({"simulation.seed": 0}) for parameters in self.cultures)
        return {
            "experiment": ASSAY.name,
            "cultures": [parameter_files.dumps(parameters) for parameters in any_seed],
        }


def twins_of(folder: str | os.PathLike) -> list[Parameters]:
    """Read the cultures that have taken a task, each with its seed, from what they left.

    Parameters
    ----------
    folder : path-like
        Of `predict` or `benchmark`.

    Raises
    ------
    InputError
        If there are fewer than two.
    """
    results = (load_result(path) for path in sorted(Path(folder).glob("seed-*[0-9].h5")))
    seeds = {seed: result.parameters for result in results for seed in result.seeds}
    if (chosen := twins_in(folder)) is not None:  # it may hold more from earlier predictions
        seeds = {seed: text for seed, text in seeds.items() if seed in chosen}
    if len(seeds) < 2:
        raise InputError(
            f"{folder}: holds {len(seeds)} cultures that have taken a task; right would be two or"
            " more, as in a folder of `spikinggrid predict` or `benchmark`"
        )
    return [
        parameter_files.loads(text, f"{folder}, seed {seed}").replace({"simulation.seed": seed})
        for seed, text in sorted(seeds.items())
    ]


@dataclass(frozen=True)
class _Changed:
    """Cultures with each of some changes: what the store's points are."""

    cultures: tuple[Parameters, ...]
    changes: tuple[Change, ...]

    def at(self, point: Point) -> Parameters:
        place, code = point
        parameters = self.cultures[int(place)]
        if code == AS_IT_IS:
            return parameters
        return next(change for change in self.changes if change.code == code).of(parameters)


@dataclass(frozen=True, eq=False)
class Tried:
    """What twins reach with a change."""

    change: Change
    accuracies: Accuracies


@dataclass(frozen=True, eq=False)
class Followed:
    """What came of the best changes in wirings in which nothing had been tried.

    Attributes
    ----------
    changes : list of Change
        One, or several at once.
    predicted : ndarray, shape (n_wirings,)
        Gain of each twin, by label electrodes. These changes were chosen for it, so that it
        promises rather too much.
    now, changed : ndarray, shape (n_checks,)
        Accuracy of the new wirings by label electrodes, without and with the changes.
    """

    changes: list[Change]
    predicted: np.ndarray
    now: np.ndarray
    changed: np.ndarray

    @property
    def measured(self) -> np.ndarray:
        """Gain of each new wiring."""
        return self.changed - self.now


@dataclass(frozen=True, eq=False)
class Gains:
    """What each change brings.

    Attributes
    ----------
    twins : Twins
    now : Accuracies
        Of the twins as they are.
    tried : list of Tried
    left_out : dict of str
        Why a change was not tried, or tells nothing, by its name.
    followed : Followed or None
        None if no change helps.
    """

    twins: Twins
    now: Accuracies
    tried: list[Tried]
    left_out: dict[str, str]
    followed: Followed | None = None

    def accuracy_now(self, readout: str) -> tuple[float, tuple[float, float] | None]:
        """Return the mean accuracy of the twins as they are, and its 95 % interval."""
        return accuracy_and_interval(self.now[readout])

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each change and readout, those first that bring most to label electrodes.

        Columns are `change`, `group`, `readout`, `accuracy` (mean), `gain` (mean of the paired
        differences) with its 95 % interval `low` to `high`, `p` that there is none (Student's t),
        `p_holm` with all changes of the readout in mind, and `sure`, whether that is 5 % or less.
        """
        rows = []
        for tried in self.tried:
            for readout in READOUTS:
                if readout not in tried.accuracies:
                    continue
                accuracies = tried.accuracies[readout]
                differences = accuracies - self.now[readout]
                gain, interval = mean_and_interval(differences)
                assert interval is not None
                rows.append(
                    {
                        "change": tried.change.name,
                        "group": tried.change.group,
                        "readout": readout,
                        "accuracy": float(accuracies.mean()),
                        "gain": gain,
                        "low": interval[0],
                        "high": interval[1],
                        "p": _chance(differences),
                    }
                )
        table = pd.DataFrame(rows, columns=["change", "group", "readout", *FIGURES[:-2]])
        table["p_holm"] = table.groupby("readout")["p"].transform(lambda p: holm(p.to_numpy()))
        table["sure"] = table["p_holm"] <= LEVEL
        best = table[table["readout"] == MAIN].set_index("change")["gain"]
        other = table.groupby("change")["gain"].max() - 2  # drugs, of which labels tell nothing
        table["order"] = -table["change"].map(other.to_dict() | best.to_dict())
        table = table.sort_values(["order", "change"], kind="stable")
        return table.drop(columns="order").reset_index(drop=True)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        rows = dict(tuple(self.table.groupby("change", sort=False)))
        by_name = {tried.change.name: tried.change for tried in self.tried}
        return {
            "wirings": len(self.twins.wirings),
            "now": {name: float(values.mean()) for name, values in self.now.items()},
            "changes": [
                asdict(by_name[name])
                | {"readouts": of_change.set_index("readout")[FIGURES].to_dict("index")}
                for name, of_change in rows.items()
            ],
            "left_out": self.left_out,
            "followed": self._followed_as_dict(),
        }

    def _followed_as_dict(self) -> dict[str, Any] | None:
        if self.followed is None:
            return None
        measured, interval = mean_and_interval(self.followed.measured)
        return {
            "changes": [change.name for change in self.followed.changes],
            "predicted_gain": float(self.followed.predicted.mean()),
            "measured_gain": measured,
            "measured_gain_ci95": interval,
            "wirings": len(self.followed.measured),
        }


def try_changes(
    twins: Twins,
    changes: Sequence[Change],
    path: str | os.PathLike | None = None,
    *,
    n_checks: int = 10,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> Gains:
    """Simulate twins with each change, and what helps in wirings in which nothing was tried.

    Parameters
    ----------
    twins : Twins
        Two wirings or more.
    changes : sequence of Change
        Those that do not fit all twins are left out.
    path : path-like, optional
        File that keeps every culture, and with which an interrupted run goes on, also with more
        wirings or other changes; see `simulation_store`.
    n_checks : int
        Wirings in which what helps is followed, two or more.
    restart : bool
        Whether to start over, whatever the file holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. Gains do not depend on it.
    show : callable
        Make what shows the progress of a part of the work, such as the class `Progress`.

    Raises
    ------
    InputError
        If a twin cannot take the task as it is, or learns nothing from it, or the file or the
        workers cannot be used.
    """
    for parameters in twins.cultures:
        _refuse_untaught(parameters)
        ASSAY.check(parameters)
    fitting, left_out = _fitting(changes, twins.cultures)
    with (
        SimulationStore(path, twins.identity(), restart=restart) as store,
        connected(where, jobs) as client,
    ):
        laboratory = _Laboratory(store, client)
        with show(len(twins.wirings) * (1 + len(fitting)), "culture", "changes") as progress:
            progress.say(store.story)
            laboratory.grow(twins, [None, *fitting], progress)
        now = laboratory.accuracies(twins, None)
        tried = []
        for change in fitting:
            try:
                tried.append(Tried(change, laboratory.accuracies(twins, change)))
            except InputError as error:
                left_out[change.name] = str(error)
        gains = Gains(twins, now, tried, left_out)
        followed = laboratory.follow(gains, n_checks, show)
    return Gains(twins, now, tried, left_out, followed)


class _Laboratory:
    """Cultures with changes, from a store or grown now."""

    def __init__(self, store: SimulationStore, client: "Client | ThisProcess"):
        self.store, self.client = store, client

    def grow(self, twins: Twins, changes: Sequence[Change | None], progress: Progress) -> None:
        """Grow each wiring with each change, but for those that the store holds."""
        plan = _Changed(twins.cultures, tuple(change for change in changes if change is not None))
        keys = [key for change in changes for key in _keys(twins, change)]
        missing = self.store.missing(keys)
        progress.skip(len(keys) - len(missing))
        if missing and not len(self.store):  # to see how long they take
            n_first = n_workers(self.client)
            simulate(self.store, missing[:n_first], ASSAY, plan.at, self.client, progress)
            missing = self.store.missing(keys)
        expect(self.store, len(missing), self.client, progress)
        simulate(self.store, missing, ASSAY, plan.at, self.client, progress)

    def accuracies(self, twins: Twins, change: Change | None) -> Accuracies:
        """Return what each wiring reaches with a change, or refuse one with which any failed."""
        trials = [self.store[key] for key in _keys(twins, change)]
        failures = [trial.failure for trial in trials if trial.failure]
        if failures:
            raise InputError(f"{len(failures)} of {len(trials)} cultures failed: {failures[0]}")
        return {
            name: np.array([trial.measured[name] for trial in trials])
            for name in READOUTS
            if name in trials[0].measured
        }

    def follow(self, gains: Gains, n_checks: int, show: Callable[..., Progress]) -> Followed | None:
        """Put sure changes together while that helps, and see what comes of them.

        If none is sure, the best one is followed.
        """
        table = gains.table
        better = table[(table["readout"] == MAIN) & (table["gain"] > 0)]
        if better.empty:
            return None
        names = better[better["sure"]]["change"].tolist() or better["change"].tolist()[:1]
        by_name = {tried.change.name: tried for tried in gains.tried}
        first, *more = (by_name[name] for name in names)
        chosen, reached = [first.change], first.accuracies[MAIN]
        for tried in more:
            both = self._put_together(gains.twins, [*chosen, tried.change], show)
            if both is not None and both.mean() > reached.mean():
                chosen, reached = [*chosen, tried.change], both
        others, change = gains.twins.others(n_checks), together(chosen)
        with show(2 * n_checks, "culture", "seeing what comes of it") as progress:
            self.grow(others, [None, change], progress)
        now, changed = (self._main(others, one) for one in (None, change))
        return Followed(chosen, reached - gains.now[MAIN], now, changed)

    def _put_together(
        self, twins: Twins, changes: list[Change], show: Callable[..., Progress]
    ) -> np.ndarray | None:
        """Return what twins reach with several changes; None where these do not go together."""
        n_keys = sum(len(change.keys) for change in changes)
        change = together(changes)
        fitting, _ = _fitting([change], twins.cultures)
        if len(change.keys) < n_keys or not fitting:
            return None
        with show(len(twins.wirings), "culture", f"with {change.name}") as progress:
            self.grow(twins, [change], progress)
        return self._main(twins, change)

    def _main(self, twins: Twins, change: Change | None) -> np.ndarray:
        """Return the accuracy of each wiring by label electrodes; one that failed guesses."""
        digits = twins.cultures[0].digits
        assert digits is not None
        guess = 1 / len(digits.classes)
        trials = (self.store[key] for key in _keys(twins, change))
        return np.array([guess if t.failure else t.measured[MAIN] for t in trials])


def _refuse_untaught(parameters: Parameters) -> None:
    if parameters.plasticity.rule == "static":
        raise InputError(
            'plasticity.rule: found "static", but changes are judged by what cultures learn; right'
            " would be a task that teaches, such as digits/twin_two"
        )


def _fitting(
    changes: Iterable[Change], cultures: Sequence[Parameters]
) -> tuple[list[Change], dict[str, str]]:
    """Return the changes that fit all cultures, and why each of the others does not."""
    fitting, left_out = [], {}
    for change in changes:
        try:
            for parameters in cultures:
                change.of(parameters)
        except InputError as error:
            left_out[change.name] = str(error).partition("\n")[0]
        else:
            fitting.append(change)
    return fitting, left_out


def _keys(twins: Twins, change: Change | None) -> list[Key]:
    code = AS_IT_IS if change is None else change.code
    return [Key((float(place), code), seed) for place, seed in twins.wirings]


def _seed(parameters: Parameters, purpose: str, number: int) -> int:
    generator = random_generator(parameters.simulation.seed, purpose, number)
    return int(generator.integers(2**31))


def _chance(differences: np.ndarray) -> float:
    """Return the chance of such a mean difference if there were none (Student's t)."""
    if np.ptp(differences) < 1e-9:  # all are alike, but for rounding
        return 0.0 if np.abs(differences).max() > 1e-9 else 1.0
    return float(ttest_1samp(differences, 0).pvalue)
