"""What a notebook does in one call: compare recordings, fit, infer, benchmark, report.

Everything else that `import spikinggrid as sg` offers is defined where it belongs; see
`spikinggrid/__init__.py`. Results are those of the packages below, and can draw themselves.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.digits import benchmark as digits
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.digits.task import with_task
from spikinggrid.fitting import changes, changes_result, inference, search, twin, twin_result
from spikinggrid.fitting import pool as pools
from spikinggrid.fitting import targets as target_files
from spikinggrid.fitting.parameter_space import read_bounds
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.prior import Prior
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.targets import Targets
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.units import to_si
from spikinggrid.plotting import changes as changes_figures
from spikinggrid.plotting import connectivity as network_figures
from spikinggrid.plotting import digits as digit_figures
from spikinggrid.plotting import fit as fit_figures
from spikinggrid.plotting import groups as group_figures
from spikinggrid.plotting import posterior as posterior_figures
from spikinggrid.plotting import predict as predict_figures
from spikinggrid.plotting import twin as twin_figures
from spikinggrid.prediction import predict as predictions
from spikinggrid.recordings import Recording, group_table, load_parameters, read, read_all
from spikinggrid.reporting import writing
from spikinggrid.reporting.writing import Source
from spikinggrid.simulation import networks
from spikinggrid.statistics import groups
from spikinggrid.statistics.connectivity import DT, N_SHIFTS, TAIL
from spikinggrid.statistics.groups import GroupComparison
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import Progress

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: What a function takes for a recording: the recording, or its file.
RecordingLike = Recording | str | os.PathLike


def table(recordings: RecordingLike | Iterable[RecordingLike]) -> "pd.DataFrame":
    """Measure recordings and show their features side by side.

    Parameters
    ----------
    recordings : Recording, str or path-like, or iterable of these
        Recordings, or files that `read` can read.

    Returns
    -------
    pandas.DataFrame
        One row for each recording, named by its source; one column for each feature, in the units
        that `spikinggrid.statistics.feature_glossary.FEATURES` gives.

    Raises
    ------
    InputError
        If a file cannot be read.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> mine = sg.Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0, source="mine")
    >>> sg.table([mine])["n_spikes"]
    mine    3.0
    Name: n_spikes, dtype: float64
    """
    import pandas as pd

    if isinstance(recordings, Recording | str | os.PathLike):
        recordings = [recordings]
    loaded = [_recording(each) for each in recordings]
    return pd.DataFrame(
        [recording.features() for recording in loaded],
        index=[recording.source for recording in loaded],
    )


class Groups(GroupComparison):
    """Groups of dishes compared: what `compare_groups` returns."""

    def plot(self, features: Sequence[str] | None = None) -> "Figure":
        """Draw dishes, cultures and medians of each feature by group; all features by default."""
        return group_figures.groups(self, features)

    def __repr__(self) -> str:
        n_different = int((self.tests["p_adjusted"] <= 0.05).sum())
        groups = " and ".join(self.groups)
        return f"<Groups {groups}: {n_different} of {len(self.tests)} features differ>"

    def _repr_html_(self) -> str:
        return self.pairs.to_html(index=False, float_format="{:.3g}".format, na_rep="")


def compare_groups(
    dishes: "pd.DataFrame | str | os.PathLike",
    folder: str | os.PathLike | None = None,
    *,
    features: Sequence[str] | None = None,
) -> Groups:
    """Compare groups of dishes feature by feature; the unit is the culture, not the dish.

    Parameters
    ----------
    dishes : pandas.DataFrame or path-like
        A table such as that of `table`, with a column `group` and a column `culture`, the same for
        all dishes of one preparation; or a file with the columns file, group and culture.
    folder : path-like, optional
        Of the recordings that the file names; that of the file unless given.
    features : sequence of str, optional
        Which to compare, if they were chosen beforehand; all unless given.

    Returns
    -------
    Groups
        Its `pairs` have differences of medians, Cliff's delta, their intervals and p for each
        feature; its `table` has everything.

    Raises
    ------
    InputError
        If a file cannot be read, or a group has fewer than two cultures.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> made = [[[0.1 * k for k in range(n)]] for n in (3, 4, 5, 6, 12, 13, 14, 15)]
    >>> dishes = sg.table([sg.Recording.from_spike_trains(trains, 2.0) for trains in made])
    >>> dishes = dishes.assign(group=["control"] * 4 + ["treated"] * 4, culture=list("abcdefgh"))
    >>> compared = sg.compare_groups(dishes, features=["fir.rate"])
    >>> compared
    <Groups control and treated: 1 of 1 features differ>
    >>> float(compared.pairs["difference"][0]), float(compared.pairs["p"][0].round(3))
    (4.5, 0.029)
    """
    if isinstance(dishes, str | os.PathLike):
        rows = group_table.read_group_table(dishes, folder)
        paths = dict.fromkeys(row.path for row in rows)
        read_files = ((path, each) for path in paths for each in read_all(path))
        dishes = group_table.measured(rows, read_files)
    return Groups(**vars(groups.compare_groups(dishes, features)))


class Network(networks.Network):
    """Which electrodes fire together more than by chance: what `connectivity` returns."""

    def plot(self) -> "Figure":
        """Draw the graph on the array, its matrix, and the wiring where that is known."""
        return network_figures.connectivity(self)

    def __repr__(self) -> str:
        n_nodes = int(self.inferred.is_active.sum())
        return f"<Network: {n_nodes:,} electrodes, {self.inferred.n_edges:,} edges>"


def connectivity(
    recording: RecordingLike,
    *,
    window: float | str = DT,
    n_shifts: int = N_SHIFTS,
    tail: float = TAIL,
    density: float | None = None,
) -> Network:
    """Find which electrodes fire together more than by chance, and measure their graph.

    Needs the extra `spikinggrid[groups]`.

    Parameters
    ----------
    recording : Recording, str or path-like
        Of a simulated one the true wiring is told beside.
    window : float or str
        Half the window of coincidence (s, or with a unit).
    n_shifts : int
        Shifted trains that tell what chance gives.
    tail : float
        Share of these that may reach the coefficient of a pair that connects.
    density : float, optional
        Share of all pairs to which edges are limited, the strongest.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        If the recording cannot be read, or `networkx` is not installed.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> import numpy as np
    >>> first = np.sort(np.random.default_rng(0).uniform(0, 60, 100))
    >>> trains = [first, first + 0.004, np.arange(0.5, 60, 0.7)]
    >>> network = sg.connectivity(sg.Recording.from_spike_trains(trains, 61.0))
    >>> network, network.measures["network.degree"]
    (<Network: 3 electrodes, 1 edges>, 0.6666666666666666)
    """
    found = networks.infer_network(
        _recording(recording),
        dt=to_si(window, "s", "window"),
        n_shifts=n_shifts,
        tail=tail,
        density=density,
    )
    return Network(**vars(found))


class Fit(SearchResult):
    """A fitted culture: what `fit` returns.

    Its `parameters` can be run, its `table` tells how like the target it is.
    """

    def plot(self) -> "Figure":
        """Draw the features against their targets, and recordings of the start and the fit."""
        return fit_figures.fit(self, self.recordings())

    def __repr__(self) -> str:
        aims = self.plan.targets
        return (
            f"<Fit to {aims.name}: {self.n_within} of {len(aims.features)} features within the"
            f" band, distance {self.fitted_distance:.3f}>"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html()


class Twin(twin_result.Twin):
    """The twin of one dish: what `fit` returns for a recording alone.

    Its `parameters`, with their seed, can be run; its `verdict()` says how like the dish it is.
    """

    def plot(self) -> "Figure":
        """Draw the recording and its twin side by side."""
        return twin_figures.twin(self)

    def __repr__(self) -> str:
        return f"<Twin of {self.dish.recording.source}: {self.verdict()}>"

    def _repr_html_(self) -> str:
        return self.table.to_html(float_format="{:.3g}".format, na_rep="")


class Changes(changes_result.Changes):
    """One culture at several recordings: what `fit` returns where some parameters may change.

    Its `table` tells what changed, with intervals; its `parameters` can be run.
    """

    def plot(self) -> "Figure":
        """Draw parameters against recordings, and how like them the dish is."""
        return changes_figures.changes(self)

    def __repr__(self) -> str:
        return f"<Changes: {self.verdict()}>"

    def _repr_html_(self) -> str:
        return self.table.to_html(float_format="{:.3g}".format, na_rep="")


@overload
def fit(
    recordings: Sequence[RecordingLike],
    start: None = None,
    *,
    may_change: Sequence[str],
    minutes: float = ...,
    pool: Pool | str | os.PathLike | None = None,
    store: str | os.PathLike | None = None,
    jobs: int | None = None,
) -> Changes: ...


@overload
def fit(
    recordings: RecordingLike,
    start: None = None,
    *,
    minutes: float = ...,
    pool: Pool | str | os.PathLike | None = None,
    store: str | os.PathLike | None = None,
    jobs: int | None = None,
) -> Twin: ...


@overload
def fit(
    recordings: RecordingLike | Targets | Sequence[RecordingLike],
    start: Parameters | str | os.PathLike,
    *,
    vary: Mapping[str, str] | None = None,
    duration: float | str | None = None,
    generations: int = 30,
    population: int = 12,
    step: float = 0.2,
    n_cultures: int = 2,
    n_checks: int = 5,
    store: str | os.PathLike | None = None,
    jobs: int | None = None,
) -> Fit: ...


def fit(
    recordings: RecordingLike | Targets | Sequence[RecordingLike],
    start: Parameters | str | os.PathLike | None = None,
    *,
    store: str | os.PathLike | None = None,
    jobs: int | None = None,
    **options: Any,
) -> Fit | Twin | Changes:
    """Look for a culture that measures like a recording, or like several.

    Of one recording alone, without a `start`, it looks for the twin: parameters and seed of a
    simulated dish that is as like that dish as the dish is like itself. From a `start` it searches
    for parameters whose cultures have the features of the recordings on average. Of several of one
    culture, at several ages or before and after a drug, it tells which of the parameters that
    `may_change` did.

    Parameters
    ----------
    recordings : Recording, str, path-like, Targets, or a sequence of recordings
        One recording; or, with a start, several of cultures that should be alike, or the name of a
        target file, such as "cortex_div21".
    start : Parameters, str or path-like, optional
        Where a search starts: parameters, a preset or a file. None for a twin.
    store : path-like, optional
        File that keeps every culture, with which an interrupted fit goes on.
    jobs : int, optional
        Processes of this machine; one for each processor unless given.
    may_change : sequence of str
        Of several recordings of one culture: keys or tables of parameters, such as
        `["synapses.inhibitory.strength", "noise"]`.
    minutes : float
        Of a twin: how long to look (10).
    pool : Pool or path-like, optional
        Of a twin: dishes to start from, made by `spikinggrid pool`; those that come with
        SpikingGrid unless given.
    vary : mapping of str to str, optional
        Of a search: bounds of each parameter that varies, such as `{"noise.drive": "3 mV : 8 mV"}`;
        the table [calibration.bounds] of the start unless given.
    duration : float or str, optional
        Of a search: length (s, or with a unit) of each simulated recording; that of the recordings
        unless given.
    generations, population : int
        Of a search: generations (30), and candidates in each (12).
    step : float
        Of a search: how far the first candidates spread, as a share of the bounds (0.2).
    n_cultures, n_checks : int
        Of a search: cultures that each candidate grows (2), and cultures that measure the winner
        (5).

    Returns
    -------
    Twin, Changes or Fit

    Raises
    ------
    RefusalError
        If one recording has nothing to fit, as no bursts.
    InputError
        If a recording cannot be used, an option is of the other kind of fit, the start lies outside
        the bounds, or all cultures that were found are silent or run away.

    Examples
    --------
    >>> twin = sg.fit("my_dish.h5")                                        # doctest: +SKIP
    >>> twin.verdict(), twin.parameters, twin.plot()                      # doctest: +SKIP
    >>> fit = sg.fit("my_dish.h5", start="culture")                        # doctest: +SKIP
    >>> fit.parameters.noise.drive, fit.table                             # doctest: +SKIP
    """
    known = SEARCH_OPTIONS if start is not None else TWIN_OPTIONS
    for name in options:
        if name not in known:
            kind = "a start" if start is not None else "one recording without a start"
            raise InputError(
                f"{name}: no option of a fit with {kind}; those are {', '.join(known)}"
            )
    if "may_change" in options:
        return _fit_changes(recordings, store, jobs, **options)
    if start is None:
        return _fit_twin(recordings, store, jobs, **options)
    return _search(recordings, start, store, jobs, **options)


#: Options of each kind of fit.
TWIN_OPTIONS = ("minutes", "pool", "may_change")
SEARCH_OPTIONS = (
    "vary",
    "duration",
    "generations",
    "population",
    "step",
    "n_cultures",
    "n_checks",
)


def _fit_twin(
    recording: object,
    store: str | os.PathLike | None,
    jobs: int | None,
    minutes: float = twin.MINUTES,
    pool: Pool | str | os.PathLike | None = None,
) -> Twin:
    if not isinstance(recording, Recording | str | os.PathLike):
        raise InputError(
            'start: several recordings need one, such as start="culture"; or may_change, if they'
            " are of one culture"
        )
    with Progress(60 * minutes, "s") as progress:
        found = twin.fit_twin(
            _recording(recording),
            _pool(pool),
            minutes=minutes,
            path=store,
            jobs=jobs,
            progress=progress,
        )
    return Twin(**vars(found))


def _fit_changes(
    recordings: object,
    store: str | os.PathLike | None,
    jobs: int | None,
    may_change: Sequence[str] = (),
    minutes: float = twin.MINUTES,
    pool: Pool | str | os.PathLike | None = None,
) -> Changes:
    if isinstance(recordings, Recording | str | os.PathLike | Targets):
        raise InputError("may_change: goes with several recordings of one culture")
    assert isinstance(recordings, Sequence)
    paths = [
        f"recording {number}" if isinstance(recording, Recording) else recording
        for number, recording in enumerate(recordings, 1)
    ]
    titles = changes.short_names(paths)
    with Progress(60 * minutes, "s") as progress:
        found = changes.fit_changes(
            dict(zip(titles, map(_recording, recordings), strict=True)),
            [may_change] if isinstance(may_change, str) else may_change,
            pool if pool is None or isinstance(pool, Pool) else pools.read(pool),
            minutes=minutes,
            path=store,
            jobs=jobs,
            progress=progress,
        )
    return Changes(**vars(found))


def _search(
    recordings: RecordingLike | Targets | Sequence[RecordingLike],
    start: Parameters | str | os.PathLike,
    store: str | os.PathLike | None,
    jobs: int | None,
    vary: Mapping[str, str] | None = None,
    duration: float | str | None = None,
    **plan_options: Any,
) -> Fit:
    aims = _targets(recordings)
    parameters = start if isinstance(start, Parameters) else load_parameters(start)
    length = aims.duration if duration is None else to_si(duration, "s", "duration")
    if length:
        parameters = parameters.replace({"simulation.duration": length})
    bounds = read_bounds(parameters, [f"{key}={text}" for key, text in (vary or {}).items()])
    plan = SearchPlan(parameters, bounds, aims, **plan_options)
    with Progress(plan.n_simulated, "culture") as progress:
        result = search.fit(plan, store, jobs=jobs, progress=progress)
    return Fit(**vars(result))


class Inference(inference.Inference):
    """What is known of the parameters of a recorded culture: what `infer` returns."""

    def plot(self) -> "Figure":
        """Draw the posterior of every parameter, and of every pair."""
        return posterior_figures.pairs(self)

    def plot_predictive(self) -> "Figure":
        """Draw the features of dishes of the posterior beside those of the recording."""
        shown = {"recording": self.recording} | self.record_dishes(2)
        return posterior_figures.predictive(self, shown)

    def __repr__(self) -> str:
        return f"<Inference from {self.recording.source}, which {self.verdict.sentence()}>"

    def _repr_html_(self) -> str:
        return self.intervals.to_html()


def infer(
    recording: RecordingLike,
    prior: Parameters | str | os.PathLike | None = None,
    *,
    vary: Mapping[str, str] | None = None,
    pool: Pool | str | os.PathLike | None = None,
    n_simulations: int | None = None,
    n_dishes: int = inference.N_DISHES,
    anyway: bool = False,
    store: str | os.PathLike | None = None,
    jobs: int | None = None,
) -> Inference:
    """Infer which parameters go with a recording, and how sure that is.

    Of a recording alone, without a `prior`, it asks a pool of simulated dishes, and simulates some
    more around the recording. With a prior it learns from simulations between its bounds, which
    needs the extra `spikinggrid[inference]`.

    Parameters
    ----------
    recording : Recording, str or path-like
        At least as long as the simulations.
    prior : Parameters, str or path-like, optional
        What does not vary, with the length of the simulations: parameters, a preset (such as
        "posterior") or a file. None for the pool.
    vary : mapping of str to str, optional
        Bounds as for `fit`; those of the prior unless given.
    pool : Pool or path-like, optional
        Dishes of `spikinggrid pool`; those that come with SpikingGrid unless given.
    n_simulations : int, optional
        To learn from: around the recording (300), or between the bounds of the prior, at least
        (1,000).
    n_dishes : int
        Cultures to grow from the posterior.
    anyway : bool
        Whether to answer even if the model produces nothing like the recording.
    store : path-like, optional
        File that keeps every culture, with which an interrupted inference goes on; with a prior it
        serves other recordings too.
    jobs : int, optional
        Processes of this machine; one for each processor unless given.

    Returns
    -------
    Inference

    Raises
    ------
    RefusalError
        If the model produces nothing like the recording.
    InputError
        If the recording is too short or of another array than the pool, `sbi` is not installed
        where it is needed, too few simulations have all features, or `vary` comes without a prior,
        or `pool` with one.

    Examples
    --------
    >>> posterior = sg.infer("my_dish.h5", store="simulations.jsonl")      # doctest: +SKIP
    >>> posterior.sample(100), posterior.intervals, posterior.verdict     # doctest: +SKIP
    """
    options: dict[str, Any] = {
        "n_dishes": n_dishes,
        "anyway": anyway,
        "jobs": jobs,
        "show": Progress,
    }
    if prior is None:
        if vary is not None:
            raise InputError("vary: goes with a prior")
        result = inference.infer_from_pool(
            _recording(recording),
            pool if pool is None or isinstance(pool, Pool) else pools.read(pool),
            store,
            n_simulations=n_simulations or inference.N_AROUND,
            **options,
        )
        return Inference(**vars(result))
    if pool is not None:
        raise InputError("pool: goes with a recording alone, without a prior")
    parameters = prior if isinstance(prior, Parameters) else load_parameters(prior)
    bounds = read_bounds(parameters, [f"{key}={text}" for key, text in (vary or {}).items()])
    result = inference.infer(
        _recording(recording),
        Prior(parameters, bounds, SPONTANEOUS),
        store,
        n_simulations=n_simulations or inference.N_SIMULATIONS,
        **options,
    )
    return Inference(**vars(result))


class Benchmark(BenchmarkResult):
    """How well cultures learned digits: what `benchmark` returns."""

    def plot(self, kind: str = "receptive-fields") -> "Figure":
        """Draw the result.

        Parameters
        ----------
        kind : str
            "receptive-fields", "learning-curve", "confusion", "weights", "responses" or
            "output-distributions".

        Raises
        ------
        InputError
            If there is no such figure.
        """
        kinds = [name.replace("_", "-") for name in digit_figures.__all__]
        if kind not in kinds:
            raise InputError(f"kind: found {kind!r}; right would be one of {', '.join(kinds)}")
        return getattr(digit_figures, kind.replace("-", "_"))(self)

    def __repr__(self) -> str:
        interval = "" if self.interval is None else " ({:.3f} to {:.3f})".format(*self.interval)
        digits = ", ".join(map(str, self.classes))
        return (
            f"<Benchmark: digits {digits}, {len(self.seeds)} cultures, accuracy"
            f" {self.accuracy:.3f}{interval}>"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(float_format="{:.3f}".format, na_rep="")


def benchmark(
    parameters: Parameters | str | os.PathLike = "digits/bundled",
    seeds: int | Iterable[int] = 1,
    *,
    task: Parameters | str | os.PathLike | None = None,
    split: str = "validation",
    folder: str | os.PathLike | None = None,
    jobs: int | None = None,
) -> Benchmark:
    """Teach cultures digits through their electrodes, and measure what they learned.

    Parameters
    ----------
    parameters : Parameters, str or path-like
        With the table `digits`: parameters, a preset or a file. Without any, small images that come
        with scikit-learn.
    seeds : int or iterable of int
        How many cultures, from the parameters' seed on; or their seeds.
    task : Parameters, str or path-like, optional
        Whose tables `digits` and `plasticity` the culture shall take, such as "digits/twin_two".
    split : {"validation", "test"}
        Which images the final figures are of.
    folder : path-like, optional
        Keeps every culture, with which an interrupted benchmark goes on.
    jobs : int, optional
        Processes of this machine; one for each processor unless given.

    Returns
    -------
    Benchmark
        Its `accuracy` is that of the label electrodes; its `table` has controls beside it.

    Raises
    ------
    InputError
        If the parameters or images cannot be used.

    Examples
    --------
    >>> result = sg.benchmark("digits/two", seeds=5)                       # doctest: +SKIP
    >>> result.accuracy, result.table, result.plot("learning-curve")      # doctest: +SKIP
    """
    parameters = parameters if isinstance(parameters, Parameters) else load_parameters(parameters)
    if task is not None:
        task = task if isinstance(task, Parameters) else load_parameters(task)
        parameters = with_task(parameters, task)
    if isinstance(seeds, int):
        first = parameters.simulation.seed
        seeds = range(first, first + seeds)
    result = digits.benchmark(parameters, seeds, split, folder, jobs=jobs, show=Progress)
    return Benchmark(**vars(result))


def report(
    sources: Source | Sequence[Source],
    path: str | os.PathLike = "report.html",
    *,
    targets: Targets | str | os.PathLike | None = None,
    paired: bool = False,
) -> None:
    """Write one HTML page on recordings, fits or benchmarks, which needs nothing beside itself.

    Parameters
    ----------
    sources : Recording, Twin, Fit, Benchmark, str or path-like, or sequence of these
        Results, also a `GroupComparison`, or files: recordings, fitted parameters, `result.h5` of
        a benchmark. Fitted parameters are shown beside the recording before them.
    path : path-like
        An existing file is replaced.
    targets : Targets, str or path-like, optional
        Bands to show features beside, such as "cortex_div21"; unless given those of the region and
        age that a recording says.
    paired : bool
        Whether each dish has two recordings: the first before, the second after a treatment.

    Raises
    ------
    InputError
        If a file cannot be used, or the page cannot be written.

    Examples
    --------
    >>> sg.report("my_dish.h5", targets="cortex_div21")                    # doctest: +SKIP
    >>> sg.report(["my_dish.h5", "my_dish-twin.toml"], "twin.html")        # doctest: +SKIP
    """
    several = [sources] if isinstance(sources, Source) else list(sources)
    if targets is not None and not isinstance(targets, Targets):
        targets = target_files.load(targets)
    writing.write(path, several, targets, paired=paired)


class Prediction(predictions.Prediction):
    """What a recorded dish would reach in a digit task: what `predict` returns."""

    def plot(self) -> "Figure":
        """Draw what each twin of the dish reaches, beside controls."""
        return predict_figures.prediction(self)

    def __repr__(self) -> str:
        row = self.table.loc["label"]
        return (
            f"<Prediction for {self.twin.dish.recording.source}: label electrodes {row['mean']:.3f}"
            f" ({row.low:.3f} to {row.high:.3f}), {len(self.results)} twins>"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(float_format="{:.3f}".format)


def predict(
    recording: RecordingLike,
    task: Parameters | str | os.PathLike = "digits/twin_two",
    *,
    folder: str | os.PathLike,
    n_twins: int = predictions.N_TWINS,
    minutes: float = twin.MINUTES,
    pool: Pool | str | os.PathLike | None = None,
    store: str | os.PathLike | None = None,
    jobs: int | None = None,
) -> Prediction:
    """Predict what a recorded dish would reach in a digit task, from what its twins reach.

    Parameters
    ----------
    recording : Recording, str or path-like
        Of the dish.
    task : Parameters, str or path-like
        Whose tables `digits` and `plasticity` the twins shall take.
    folder : path-like
        Keeps every twin, with which an interrupted prediction goes on.
    n_twins : int
        Dishes that take the task, each of another wiring.
    minutes : float
        How long to look for them.
    pool : Pool or path-like, optional
        As for `fit`.
    store : path-like, optional
        File that keeps the dishes of the fit; that of an earlier `fit` serves.
    jobs : int, optional
        Processes of this machine; one for each processor unless given.

    Returns
    -------
    Prediction

    Raises
    ------
    RefusalError
        If the recording has nothing to fit.
    InputError
        If the recording cannot be used, or the task does not fit its array.

    Examples
    --------
    >>> prediction = sg.predict("my_dish.h5", folder="predicted")          # doctest: +SKIP
    >>> prediction.table, prediction.plot()                               # doctest: +SKIP
    """
    result = predictions.predict(
        _recording(recording),
        task if isinstance(task, Parameters) else load_parameters(task),
        folder,
        _pool(pool),
        n_twins=n_twins,
        minutes=minutes,
        store=store,
        jobs=jobs,
        show=Progress,
    )
    return Prediction(**vars(result))


def _pool(source: Pool | str | os.PathLike | None) -> Pool | None:
    return source if source is None or isinstance(source, Pool) else pools.read(source)


def _recording(source: RecordingLike) -> Recording:
    return source if isinstance(source, Recording) else read(source)


def _targets(source: RecordingLike | Targets | Sequence[RecordingLike]) -> Targets:
    if isinstance(source, Targets):
        return source
    sources = [source] if isinstance(source, Recording | str | os.PathLike) else list(source)
    paths = [each for each in sources if not isinstance(each, Recording)]
    if len(paths) == len(sources):
        return target_files.from_names(paths)[0]
    name = Path(sources[0].source if isinstance(sources[0], Recording) else sources[0]).stem
    return target_files.from_recordings([_recording(each) for each in sources], name)
