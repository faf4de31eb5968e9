"""A camera or photodiodes that see the calcium of neurons, and what they tell of their spikes."""

import warnings

import numpy as np
from scipy.spatial import cKDTree

from spikinggrid.light.calcium import fluorescence, one_spike
from spikinggrid.light.deconvolution import deconvolved
from spikinggrid.light.photostimulation import LightWarning
from spikinggrid.mea.array import Mea
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.indicators import indicators
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Frames of this length (s) have the noise of the table.
NOMINAL_FRAME = 1 / 60


class Photodetector:
    """Sites on the dish, each with the mean fluorescence of the neurons that it sees.

    Parameters
    ----------
    culture : Culture
    array : Mea or None
        Whose electrodes photodiodes lie over.
    parameters : Parameters
        With the table `photodetector`.

    Attributes
    ----------
    x, y : ndarray, shape (n_sites,)
        Centres of the sites, m.
    shape : tuple of int or None
        Rows and columns of a camera.
    n_seen : ndarray of int, shape (n_sites,)
        Number of neurons that each site sees.

    Raises
    ------
    InputError
        If there is no table `photodetector`, no array for photodiodes, or less than one frame.
    """

    def __init__(self, culture: Culture, array: Mea | None, parameters: Parameters):
        table = needed(
            parameters.photodetector, "photodetector", "light as output", "digits/two_light"
        )
        self._table, self._seed = table, parameters.simulation.seed
        self._dt, self._n_neurons = parameters.simulation.dt, culture.n_neurons
        self._indicator = indicators()[table.indicator]
        self.frame_rate, self.shape = table.frame_rate, None
        if table.sites == "camera":
            assert table.rows is not None and table.columns is not None and table.pitch is not None
            self.shape = table.rows, table.columns
            across = (
                culture.width / 2
                + (np.arange(table.columns) - (table.columns - 1) / 2) * table.pitch
            )
            down = culture.height / 2 + (np.arange(table.rows) - (table.rows - 1) / 2) * table.pitch
            self.x, self.y = (v.ravel() for v in np.meshgrid(across, down))
            half = table.pitch / 2
        else:
            if array is None:
                raise InputError('photodetector.sites: "electrodes" needs the table mea')
            self.x, self.y, half = array.x, array.y, (table.diameter or 0.0) / 2
        shines = random_generator(self._seed, "indicator").random(culture.n_neurons)
        shown = np.flatnonzero(shines < table.expressing)
        distance = np.inf if table.sites == "camera" else 2  # squares and discs
        tree = cKDTree(np.column_stack([culture.x, culture.y])[shown].reshape(-1, 2))
        near = tree.query_ball_point(np.column_stack([self.x, self.y]), half, p=distance)
        self.n_seen = np.array(list(map(len, near)))
        if not self.n_seen.any():
            warnings.warn(
                "photodetector: no site sees a neuron with the indicator, but noise alone; see"
                " photodetector.expressing, pitch and diameter",
                LightWarning,
                stacklevel=2,
            )
        self._sites = np.repeat(np.arange(len(near)), self.n_seen)
        self._neurons = shown[np.concatenate([*near, []]).astype(np.int64)]
        self._peak, tau = one_spike(self._indicator)
        self._decay = float(np.exp(-1 / (tau * self.frame_rate)))

    def traces(
        self,
        steps: np.ndarray,
        neurons: np.ndarray,
        n_steps: int,
        generator: np.random.Generator,
    ) -> np.ndarray:
        """Return what the sites see of a culture that was at rest.

        Parameters
        ----------
        steps, neurons : ndarray of int, shape (n_spikes,)
            Spikes in order of time.
        n_steps : int
            Length of the recording.
        generator : Generator
            Of the noise: per neuron and frame of 1/60 s it has the standard deviation of the table,
            and falls with the root of both (photons are counted).

        Returns
        -------
        ndarray, shape (n_frames, n_sites)
            Mean dF/F of the neurons of each site in each whole frame.
        """
        n_frames = int(n_steps * self._dt * self.frame_rate + 1e-9)
        edges = np.rint(np.arange(n_frames + 1) / (self.frame_rate * self._dt)).astype(np.int64)
        if n_frames == 0 or not np.all(np.diff(edges) > 0):
            raise InputError(
                "photodetector.frame_rate: found"
                f" {self.frame_rate:g} Hz; a frame must last a step, simulation.dt, or more, and no"
                " longer than the recording"
            )
        of_neurons = fluorescence(self._indicator, steps, neurons, self._n_neurons, self._dt, edges)
        sums = np.zeros((n_frames, len(self.x)))
        np.add.at(sums.T, self._sites, of_neurons.T[self._neurons])
        seen = np.maximum(self.n_seen, 1)
        sd = self._table.noise * np.sqrt(NOMINAL_FRAME * self.frame_rate / seen)
        return sums / seen + sd * generator.standard_normal(sums.shape)

    def spikes(self, traces: np.ndarray) -> np.ndarray:
        """Return how many spikes of its neurons each frame of each site tells of (not whole)."""
        return deconvolved(traces, self._decay) / self._peak * self.n_seen
