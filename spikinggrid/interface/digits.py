"""How well cultures learn digits, and how well a recorded one would, in one call."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from spikinggrid.digits import benchmark as digits
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.digits.task import with_task
from spikinggrid.fitting import twin
from spikinggrid.fitting.pool import Pool
from spikinggrid.interface.fitting import pool_of
from spikinggrid.interface.recordings import RecordingLike, recording_of
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting import digits as digit_figures
from spikinggrid.plotting import predict as predict_figures
from spikinggrid.prediction import predict as predictions
from spikinggrid.recordings import load_parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Benchmark(BenchmarkResult):
    """How well cultures learned digits: what `benchmark` returns."""

    def plot(self, kind: str = "receptive-fields") -> "Figure":
        """Draw the result.

        Parameters
        ----------
        kind : str
            "receptive-fields", "learning-curve", "confusion", "electrodes", "weights", "responses"
            or "output-distributions".

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
        recording_of(recording),
        task if isinstance(task, Parameters) else load_parameters(task),
        folder,
        pool_of(pool),
        n_twins=n_twins,
        minutes=minutes,
        store=store,
        jobs=jobs,
        show=Progress,
    )
    return Prediction(**vars(result))
