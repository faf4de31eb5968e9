"""A culture like a recorded one, in one call."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from spikinggrid.fitting import changes, changes_result, search, twin, twin_result
from spikinggrid.fitting import pool as pools
from spikinggrid.fitting import targets as target_files
from spikinggrid.fitting.parameter_space import read_bounds
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.targets import Targets
from spikinggrid.interface.recordings import RecordingLike, recording_of
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.units import to_si
from spikinggrid.plotting import changes as changes_figures
from spikinggrid.plotting import fit as fit_figures
from spikinggrid.plotting import twin as twin_figures
from spikinggrid.recordings import Recording, load_parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
            recording_of(recording),
            pool_of(pool),
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
            dict(zip(titles, map(recording_of, recordings), strict=True)),
            [may_change] if isinstance(may_change, str) else may_change,
            pool_of(pool),
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


def pool_of(source: Pool | str | os.PathLike | None) -> Pool | None:
    """Return a pool, or read it; None stands for the shipped one."""
    return source if source is None or isinstance(source, Pool) else pools.read(source)


def _targets(source: RecordingLike | Targets | Sequence[RecordingLike]) -> Targets:
    if isinstance(source, Targets):
        return source
    sources = [source] if isinstance(source, Recording | str | os.PathLike) else list(source)
    paths = [each for each in sources if not isinstance(each, Recording)]
    if len(paths) == len(sources):
        return target_files.from_names(paths)[0]
    name = Path(sources[0].source if isinstance(sources[0], Recording) else sources[0]).stem
    return target_files.from_recordings([recording_of(each) for each in sources], name)
