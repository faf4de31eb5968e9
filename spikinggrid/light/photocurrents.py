"""Opsins in the membranes of neurons: their states, moved by light alone, and their conductance.

Rates depend on the light, which is constant within a step, so that the states of a step are those
of the one before times a matrix: the equations are solved exactly. Nothing of the membrane enters.
"""

import numpy as np

from spikinggrid.parameters.opsins import Opsin
from spikinggrid.utils.compiled import cached_njit

#: Terms of the exponential series of a matrix whose norm is at most `SMALL`.
N_TERMS = 14
SMALL = 0.5

#: A share of open channels below this counts as none.
CLOSED = 1e-12


class Photocurrents:
    """Channels of one kind in some membranes, all closed at first.

    Parameters
    ----------
    opsin : Opsin
    n_neurons : int
    dt : float
        Length of a step, s.

    Attributes
    ----------
    states : ndarray, shape (n_neurons, n_states)
        Shares of the channels, in the order of `Opsin.generator`.
    """

    def __init__(self, opsin: Opsin, n_neurons: int, dt: float):
        self.opsin, self._dt = opsin, dt
        self.states = np.zeros((n_neurons, len(opsin.open_weights)))
        self.states[:, 0] = 1
        self.illuminate(np.zeros(n_neurons))

    def illuminate(self, flux: np.ndarray) -> None:
        """Set the light of the next steps.

        Parameters
        ----------
        flux : ndarray, shape (n_neurons,)
            What `Opsin.flux` returns, photons / m2 / s.
        """
        levels, self._level = np.unique(flux, return_inverse=True)
        self._propagators = exponentials(self.opsin.generator(levels) * self._dt)

    def advance(self, n_steps: int) -> np.ndarray:
        """Go on by some steps under the present light.

        Returns
        -------
        ndarray, shape (n_steps, n_neurons)
            Mean conductance in each step, relative to that of a neuron whose channels are all in
            the first open state: that at its beginning and at its end, averaged.
        """
        openings = np.empty((n_steps, len(self.states)))
        _advance(self.states, self._propagators, self._level, self.opsin.open_weights, openings)
        return openings


def exponentials(matrices: np.ndarray) -> np.ndarray:
    """Return the exponential of each matrix, shape (..., n, n), by scaling and squaring."""
    norm = np.abs(matrices).sum(axis=-2).max(initial=0.0)
    n_squarings = int(np.ceil(np.log2(max(norm / SMALL, 1))))
    scaled = matrices / 2**n_squarings
    term = total = np.broadcast_to(np.eye(matrices.shape[-1]), matrices.shape)
    for k in range(1, N_TERMS):
        term = term @ scaled / k
        total = total + term
    for _ in range(n_squarings):
        total = total @ total
    return total


@cached_njit(nogil=True, error_model="numpy")
def _advance(states, propagators, level, weights, openings):
    """Move the states on, and write the conductance of each step; one neuron after another."""
    n_states, moved = states.shape[1], np.empty(states.shape[1])
    for neuron in range(len(states)):
        state, matrix = states[neuron], propagators[level[neuron]]
        before = 0.0
        for k in range(n_states):
            before += weights[k] * state[k]
        for step in range(len(openings)):
            for k in range(n_states):
                moved[k] = 0.0
                for source in range(n_states):
                    moved[k] += matrix[k, source] * state[source]
            after = 0.0
            for k in range(n_states):
                state[k] = moved[k]
                after += weights[k] * moved[k]
            mean = 0.5 * (before + after)
            openings[step, neuron] = mean if mean > CLOSED else 0.0
            before = after
