"""The background that reaches neurons from nowhere: membrane noise and Poisson kicks.

Drawn with NumPy outside the engines, so that all of them see the same numbers. Fresh
normals for every neuron and step would cost more than the network: a table is drawn
once, and each step takes a window of it that begins at a random place.
"""

import numpy as np

from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.randomness import random_generator

TABLE_SIZE = 1 << 17

#: So many steps are skipped at a time, which takes some MB.
STEPS_AT_ONCE = 1 << 16


class Background:
    """The background of one run, drawn step after step.

    Drawing 10 steps and then 20 gives the same numbers as drawing 30. Backgrounds for different
    purposes are independent.

    Attributes
    ----------
    table : ndarray, shape (TABLE_SIZE + n_neurons,)
        What noise adds to the membranes, V; step t uses `table[offset:offset + n_neurons]`.
    kick : float
        What one kick adds to a membrane, V.
    """

    def __init__(self, parameters: Parameters, n_neurons: int, purpose: str = "background"):
        noise, dt, seed = parameters.noise, parameters.simulation.dt, parameters.simulation.seed
        self.n_neurons = n_neurons
        self.kick = noise.kick_amplitude
        self._kicks_per_step = noise.kick_rate * dt * n_neurons
        # the free membrane under these steps has the standard deviation membrane_sd
        step_sd = noise.membrane_sd * np.sqrt(-np.expm1(-2 * dt / parameters.neuron.tau_m))
        normal = random_generator(seed, purpose, "normal")
        self.table = step_sd * normal.standard_normal(TABLE_SIZE + n_neurons)
        self._is_silent = step_sd == 0 and self._kicks_per_step == 0
        self._offsets = random_generator(seed, purpose, "offsets")
        self._counts = random_generator(seed, purpose, "kick counts")
        self._targets = random_generator(seed, purpose, "kick targets")

    def draw(self, n_steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw the next steps.

        Returns
        -------
        offsets : ndarray of int, shape (n_steps,)
            Where the window of each step begins in `table`.
        kick_steps, kicked : ndarray of int, shape (n_kicks,)
            Step, from 0, and target of each kick.
        """
        if self._is_silent:
            return np.zeros(n_steps, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
        offsets = self._offsets.integers(0, TABLE_SIZE, n_steps)
        counts = self._counts.poisson(self._kicks_per_step, n_steps)
        kicked = self._targets.integers(0, self.n_neurons, counts.sum())
        return offsets, np.repeat(np.arange(n_steps), counts), kicked

    def skip(self, n_steps: int) -> None:
        """Draw some steps that nobody uses."""
        for start in range(0, n_steps, STEPS_AT_ONCE):
            self.draw(min(STEPS_AT_ONCE, n_steps - start))
