"""The background that reaches neurons from nowhere: noise, Poisson kicks, a drive all share.

Drawn with NumPy outside the engines, so that all of them see the same numbers. Fresh
normals for every neuron and step would cost more than the network: a table is drawn
once, and each step takes a window of it that begins at a random place.
"""

from functools import cached_property

import numpy as np
from scipy.signal import lfilter

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
        What noise adds to the membranes, V; step t uses `table[offset:offset + n_neurons]`. Drawn
        when it is first asked for.
    kick : float
        What one kick adds to a membrane, V.
    has_common : bool
        Whether there is a drive that all neurons share.
    """

    def __init__(self, parameters: Parameters, n_neurons: int, purpose: str = "background"):
        noise, dt, seed = parameters.noise, parameters.simulation.dt, parameters.simulation.seed
        self.n_neurons = n_neurons
        self.kick = noise.kick_amplitude
        self._kicks_per_step = noise.kick_rate * dt * n_neurons
        # the free membrane under these steps has the standard deviation membrane_sd
        step_sd = noise.membrane_sd * np.sqrt(-np.expm1(-2 * dt / parameters.neuron.tau_m))
        self._step_sd, self._normal = step_sd, random_generator(seed, purpose, "normal")
        self._is_silent = step_sd == 0 and self._kicks_per_step == 0
        self._offsets = random_generator(seed, purpose, "offsets")
        self._counts = random_generator(seed, purpose, "kick counts")
        self._targets = random_generator(seed, purpose, "kick targets")
        self.has_common = noise.common_sd is not None
        if noise.common_sd is not None and noise.tau_common is not None:
            # what the drive adds to a membrane in a step, while it is constant
            self._common_sd = -np.expm1(-dt / parameters.neuron.tau_m) * noise.common_sd
            self._common_decay = np.exp(-dt / noise.tau_common)
            self._common_normal = random_generator(seed, purpose, "common")
            self._last_common = self._common_sd * self._common_normal.standard_normal()

    @cached_property
    def table(self) -> np.ndarray:
        """What noise adds to the membranes."""
        size = TABLE_SIZE + self.n_neurons
        if self._step_sd == 0:
            return np.zeros(size)
        return self._step_sd * self._normal.standard_normal(size)

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

    def draw_common(self, n_steps: int) -> np.ndarray:
        """Draw what the drive that all neurons share adds to each membrane in the next steps.

        The drive is an Ornstein-Uhlenbeck process, stationary from the start, and constant within
        a step.

        Returns
        -------
        ndarray, shape (n_steps,)
            V; 0 if there is no such drive.
        """
        if not self.has_common or n_steps == 0:
            return np.zeros(n_steps)
        decay, normal = self._common_decay, self._common_normal.standard_normal(n_steps)
        jumps = self._common_sd * np.sqrt(1 - decay**2) * normal
        common, _ = lfilter([1.0], [1.0, -decay], jumps, zi=[decay * self._last_common])
        self._last_common = common[-1]
        return common

    def skip(self, n_steps: int) -> None:
        """Draw some steps that nobody uses."""
        for start in range(0, n_steps, STEPS_AT_ONCE):
            n_now = min(STEPS_AT_ONCE, n_steps - start)
            self.draw(n_now)
            self.draw_common(n_now)
