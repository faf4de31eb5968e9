"""The experiment of Ruaro, Bonifazi & Torre 2005: what a culture learns from a tetanus.

Two patterns are shown to hippocampal cultures on a 6 x 10 array: L (left column and bottom row)
and inverted L (top row and right column), before and after a tetanus on the L. Lagani et al.
(2021) simulated it, and this module does as they did, but for one thing: all four responses are
measured in ONE window, the 50 ms from the stimulus on. (The published plot used 20 ms before and
50 ms after the tetanus.)

The response of an electrode is the number of recent spikes of a neuron, each spike fading with
exp(-t / 20 ms), averaged over the neurons of its region; a count is its mean over the window times
10. Means of the living cultures are those of the digitised time courses in this window; their
spread is that of the counts in the paper, which counts in another window.

`TETANIZATION`    the assay
`living`          the responses of the living cultures
`tetanize`        test, tetanize and test again one simulated culture
`counts`          responses in the window
`features`        what several cultures learned, compared with the living ones
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from scipy.signal import lfilter

from spikinggrid.assays.assay import Trial, attempt, refuse_stimulation
from spikinggrid.mea.array import Mea
from spikinggrid.mea.detection import recorded_pairs
from spikinggrid.mea.pulse_trains import burst, poisson
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings.datasets import shipped_data
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.randomness import random_generator

PRESENTATION = 0.4  # s
ONSET, PULSED = 0.05, 0.01  # s; the test stimulus
N_TRAINS, TETANUS_RATE = 40, 250.0  # 40 trains of 100 pulses at 250 Hz
FADING = 0.02  # s; Lagani et al. 2021
BIN = 0.01  # s
WINDOW = slice(5, 10)  # the bins from 50 to 100 ms
SHOWN = slice(5, 15)  # the ten bins that the time courses are compared in

CASES = (("before", "L"), ("before", "inverted-L"), ("after", "L"), ("after", "inverted-L"))

#: Unit of every feature.
UNITS = {
    "ratio.L": "after / before",
    "ratio.inverted-L": "after / before",
    "selectivity": "ratio of ratios",
    "rmse": "response",
    "spread": "simulated / living",
}


@dataclass(frozen=True)
class Tetanization:
    """Test, tetanize and test again a culture; what several cultures learned are the features."""

    name = "tetanization"
    units: ClassVar[Mapping[str, str]] = UNITS
    figure = "responses"
    is_recorded = False

    def check(self, parameters: Parameters) -> None:
        """Refuse parameters with a protocol of stimuli, or without an array."""
        refuse_stimulation(parameters, "a tetanization, which has its own,")
        Mea.place(parameters)

    def run(self, parameters: Parameters, seed: int) -> Trial:
        """Grow one culture and tetanize it; its "responses" have shape (4 cases, n_bins)."""
        return attempt(lambda: {"responses": tetanize(Dish(parameters, seed)).tolist()})

    def summarise(self, measured: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Return what the cultures learned together; see `features`."""
        return features(np.array([culture["responses"] for culture in measured]))


TETANIZATION = Tetanization()


@dataclass(frozen=True, eq=False)
class Living:
    """Responses of the living cultures; cases are in the order of `CASES`."""

    mean: np.ndarray  # (4 cases, 10 bins), mean response from the stimulus on
    sd: np.ndarray  # the same, standard deviation over cultures
    count_sd: np.ndarray  # (4 cases,), standard deviation of the counts over cultures

    @property
    def counts(self) -> np.ndarray:
        """Counts in the window, shape (4 cases,)."""
        return self.mean[:, : WINDOW.stop - WINDOW.start].mean(axis=1) * 10


@cache
def living() -> Living:
    """Read the living cultures from the file `recordings/ruaro2005.toml`."""
    path = shipped_data() / "ruaro2005.toml"
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    cases = {(case["when"], case["pattern"]): case for case in content["cases"]}
    return Living(
        *(np.array([cases[case][key] for case in CASES]) for key in ("mean", "sd", "count_sd"))
    )


def tetanize(dish: Dish) -> np.ndarray:
    """Test, tetanize and test again one culture.

    Parameters
    ----------
    dish : Dish
        Has not been run yet.

    Returns
    -------
    ndarray, shape (4 cases, n_bins)
        Mean response over electrodes, in the order of `CASES`.
    """
    culture, simulator = dish.culture, dish.simulator
    array = Mea.place(dish.parameters) if dish.array is None else dish.array
    generator = random_generator(dish.seed, "tetanus")
    patterns = {name: array.select(name) for name in ("L", "inverted-L")}
    pairs = recorded_pairs(array, culture.x, culture.y, dish.parameters)

    def respond(electrodes: np.ndarray) -> np.ndarray:
        pulses = burst(electrodes, ONSET, PULSED, simulator.dt)
        spikes = simulator.present(pulses, PRESENTATION, plastic=False)
        fired = spikes.counts(culture.n_neurons, simulator.dt)
        return _response(fired, pairs, array.n_electrodes, simulator.dt)

    def test() -> list[np.ndarray]:
        return [respond(electrodes) for electrodes in patterns.values()]

    before = test()
    for _ in range(N_TRAINS):
        tetanus = poisson(patterns["L"], TETANUS_RATE, 0.0, PRESENTATION, simulator.dt, generator)
        simulator.present(tetanus, PRESENTATION, plastic=True)
    return np.array(before + test())


def counts(responses: np.ndarray) -> np.ndarray:
    """Return the counts in the window of responses of shape (..., n_bins), shape (...)."""
    return responses[..., WINDOW].mean(axis=-1) * 10


def features(responses: np.ndarray) -> dict[str, float]:
    """Return what some cultures learned.

    Parameters
    ----------
    responses : ndarray, shape (n_cultures, 4 cases, n_bins)
        From `tetanize`.

    Returns
    -------
    dict of float
        ratio.L and ratio.inverted-L, how much the count rises (mean over cultures); selectivity,
        the ratio of the two (mean); rmse, the root mean square deviation of the four mean time
        courses from the living ones; spread, the standard deviation of the counts over cultures
        as a multiple of the living ones' (geometric mean over the cases). 0 where a culture does
        not respond before the tetanus, or there is only one.
    """
    per_case = counts(responses)
    before, after = per_case[:, :2], per_case[:, 2:]
    ratios = np.divide(after, before, out=np.zeros_like(after), where=before > 0)
    selective = np.divide(
        ratios[:, 0], ratios[:, 1], out=np.zeros(len(ratios)), where=ratios[:, 1] > 0
    )
    sd = per_case.std(axis=0, ddof=1) if len(per_case) > 1 else np.zeros(len(CASES))
    spread = np.exp(np.mean(np.log(sd / living().count_sd))) if (sd > 0).all() else 0.0
    error = responses.mean(axis=0)[:, SHOWN] - living().mean
    return {
        "ratio.L": float(ratios[:, 0].mean()),
        "ratio.inverted-L": float(ratios[:, 1].mean()),
        "selectivity": float(selective.mean()),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "spread": float(spread),
    }


def _response(
    fired: np.ndarray, pairs: tuple[np.ndarray, np.ndarray], n_electrodes: int, dt: float
) -> np.ndarray:
    """Return the mean response over electrodes, in bins of `BIN`.

    Parameters
    ----------
    fired : ndarray, shape (n_steps, n_neurons)
        Spikes of each neuron in each step.
    pairs : tuple of ndarray
        Electrodes and the neurons that they hear.
    n_electrodes : int
    dt : float
        Length of a step, s.
    """
    electrode, neuron = pairs
    recent = lfilter([1.0], [1.0, -np.exp(-dt / FADING)], fired, axis=0)
    binned = recent.reshape(-1, round(BIN / dt), recent.shape[1]).mean(axis=1)
    n_heard = np.bincount(electrode, minlength=n_electrodes)
    per_electrode = np.array(
        [np.bincount(electrode, row[neuron], minlength=n_electrodes) for row in binned]
    )
    return (per_electrode / np.maximum(n_heard, 1)).mean(axis=1)
