"""Which parameters go with a recording, and how sure that is, in one call."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting import inference, inference_result
from spikinggrid.fitting import pool as pools
from spikinggrid.fitting.parameter_space import read_bounds
from spikinggrid.fitting.pool import Pool
from spikinggrid.fitting.prior import Prior
from spikinggrid.interface.recordings import RecordingLike, recording_of
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting import posterior as posterior_figures
from spikinggrid.recordings import load_parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Inference(inference_result.Inference):
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
            recording_of(recording),
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
        recording_of(recording),
        Prior(parameters, bounds, SPONTANEOUS),
        store,
        n_simulations=n_simulations or inference.N_SIMULATIONS,
        **options,
    )
    return Inference(**vars(result))
