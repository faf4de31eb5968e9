"""Cultures stimulated by two hidden sources: real ones, simulated ones, and what they tell.

`load`          the responses of real cultures
`simulate`      those of a simulated one to the same stimulation
`preference`    which source each electrode answers
`decode`        how well the responses tell the sources

In the experiment of Isomura, Kotani & Jimbo (2015, PLoS Computational Biology 11:e1004643) two
sources are on or off in each trial. 32 electrodes are pulsed: in each trial half of them mostly
follow the first source, half mostly the second. The same trials are repeated in many sessions, so
that whatever is learned from some trials must be tested on others, never on other sessions.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.io

from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.evoked import RESPONSE_WINDOW, evoked_counts, selectivity
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Trials of a session of Isomura et al.
N_TRIALS = 256

#: Time from one trial to the next in a simulation (s).
INTERVAL = 1.0

#: Weight of the squares of the decoder's weights, as a share of the largest eigenvalue.
RIDGE = 1e-3

#: The trials that a decoder is tested on: of every so many the last.
ONE_IN = 4


@dataclass(frozen=True, eq=False)
class Responses:
    """What a culture answered, trial by trial, session after session.

    Attributes
    ----------
    name : str
        Which culture.
    sources : ndarray of bool, shape (n_sessions * n_trials, 2)
        Whether each source was on.
    pulsed : ndarray of bool, shape (n_sessions * n_trials, n_stimulated)
        Whether each stimulated electrode was pulsed.
    counts : ndarray, shape (n_sessions * n_trials, n_electrodes)
        Spikes on each electrode.
    n_trials : int
        Trials of one session; they are the same in all sessions.
    """

    name: str
    sources: np.ndarray
    pulsed: np.ndarray
    counts: np.ndarray
    n_trials: int = N_TRIALS

    @property
    def trial(self) -> np.ndarray:
        """Number of each trial within its session."""
        return np.arange(len(self.sources)) % self.n_trials

    def in_state(self, first: int, second: int) -> np.ndarray:
        """Return the counts of the trials in which the sources were on (1) or off (0) like this."""
        return self.counts[(self.sources == [bool(first), bool(second)]).all(axis=1)]


def load(path: str | os.PathLike) -> list[Responses]:
    """Read the cultures of one of the published files, MATLAB v5; see `recordings/README.md`.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind, or the same trials do not repeat in
        every session; one line that names the file.
    """
    path = Path(path)
    try:
        file = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        content = scipy.io.loadmat(file)
        (name,) = (key for key in content if key.startswith("data_"))
        cultures = [
            Responses(
                f"{name.removeprefix('data_')} {number}",
                sources=np.asarray(culture["s"][0, 0]),
                pulsed=np.asarray(culture["o"][0, 0]),
                counts=np.asarray(culture["r"][0, 0]),
            )
            for number, culture in enumerate(content[name][:, 0], start=1)
        ]
    except Exception as error:  # damage makes SciPy raise errors of every kind
        raise InputError(
            f"{path}: is damaged, or not MATLAB v5 with one data_<condition>, a cell of s, o and r"
            " for each culture"
        ) from error
    return [_checked(responses, path) for responses in cultures]


def simulate(dish: Dish, like: Responses, n_sessions: int, name: str = "simulated") -> Responses:
    """Return the responses of a simulated culture to the stimulation of a real one.

    As many electrodes as there, every other one of the array, are pulsed in the very trials of the
    real culture, one trial a second; which of them stands for which is drawn from the seed. A
    response are the spikes from 5 to 100 ms after the pulse (`evoked.RESPONSE_WINDOW`). Where the
    parameters have synapses learn, they do.

    Parameters
    ----------
    dish : Dish
        Has not been run yet.
    like : Responses
        Of the real culture.
    n_sessions : int
        How many of its sessions.
    name : str
        What to call the simulated culture.

    Raises
    ------
    InputError
        If the array has fewer than twice the electrodes that are pulsed, or the real culture fewer
        sessions.
    """
    n = n_sessions * like.n_trials
    if not 0 < n <= len(like.sources):
        raise InputError(
            f"sessions: found {n_sessions}; right would be 1 to"
            f" {len(like.sources) // like.n_trials}, as {like.name} has"
        )
    array = Mea.place(dish.parameters) if dish.array is None else dish.array
    n_stimulated = like.pulsed.shape[1]
    if array.n_electrodes < 2 * n_stimulated:
        raise InputError(
            f"mea.layout: {array.layout} has {array.n_electrodes} electrodes, but every other one"
            f' is pulsed, {n_stimulated} in all; for example layout = "grid" with 8 rows and 8'
            " columns"
        )
    checkerboard = np.flatnonzero((array.rows + array.columns) % 2 == 0)[:n_stimulated]
    sites = random_generator(dish.seed, "stimulated electrodes").permutation(checkerboard)
    trial, site = np.nonzero(like.pulsed[:n])
    stimulus = Stimulus.of(trial * INTERVAL, sites[site])
    trains = dish.record(n * INTERVAL, stimulus).spike_trains
    counts = evoked_counts(trains, np.arange(n) * INTERVAL, RESPONSE_WINDOW)
    return Responses(name, like.sources[:n], like.pulsed[:n], counts, like.n_trials)


def preference(responses: Responses) -> np.ndarray:
    """Return how much more each electrode answers the first source alone than the second alone.

    See `evoked.selectivity`; shape (n_electrodes,), NaN for electrodes that answer neither.
    """
    return selectivity(responses.in_state(1, 0), responses.in_state(0, 1))


def decode(responses: Responses) -> tuple[np.ndarray, np.ndarray]:
    """Return how often a linear readout of the counts tells whether each source is on.

    Ridge regression, learned from three quarters of the trials in all sessions, tested on the
    other trials.

    Returns
    -------
    right, chance : ndarray, shape (2,)
        Share of the tested trials in which it is right about each source; and of one who always
        says what is more frequent there.
    """
    tested = responses.trial % ONE_IN == ONE_IN - 1
    x = np.column_stack([responses.counts, np.ones(len(responses.counts))]).astype(float)
    wanted = 2.0 * responses.sources - 1
    learned = x[~tested]
    covariance = learned.T @ learned
    covariance += RIDGE * np.linalg.norm(covariance, 2) * np.eye(len(covariance)) / len(covariance)
    weights = np.linalg.solve(covariance, learned.T @ wanted[~tested])
    on = responses.sources[tested]
    right = ((x[tested] @ weights > 0) == on).mean(axis=0)
    return right, np.maximum(on.mean(axis=0), 1 - on.mean(axis=0))


def _checked(responses: Responses, path: Path) -> Responses:
    """Return the responses with sources and pulses as booleans, if they are what they should be."""
    shapes = [array.shape for array in (responses.sources, responses.pulsed, responses.counts)]
    n = shapes[0][0] if shapes[0] else 0
    if any(len(shape) != 2 or shape[0] != n for shape in shapes) or shapes[0][1] != 2 or not n:
        raise InputError(
            f"{path}: {responses.name}: found s, o and r of shapes {shapes}; right would be"
            " (n, 2), (n, electrodes) and (n, electrodes)"
        )
    if n % N_TRIALS or np.any(
        responses.sources != np.tile(responses.sources[:N_TRIALS], (n // N_TRIALS, 1))
    ):
        raise InputError(
            f"{path}: {responses.name}: the same {N_TRIALS} trials do not repeat in every session"
        )
    return Responses(
        responses.name,
        responses.sources.astype(bool),
        responses.pulsed.astype(bool),
        responses.counts,
    )
