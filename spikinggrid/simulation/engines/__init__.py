"""Engines: programs that compute the same model, each in its own way.

    engine         what an engine is
    brian          the model as a Brian2 network: the definition, in equations
    native         the same model as compiled kernels, for speed
    kernels        those kernels
    state          the arrays that they work on, and those of neurons
    synapse_state  those of projections

Both engines have the methods of `engine.Engine`, take the same culture, pulses and random
numbers, and give the same spikes in double precision.
"""

from typing import Protocol

import numpy as np

#: Steps (ascending), electrodes and amplitudes of the pulses of a run.
Pulses = tuple[np.ndarray, np.ndarray, np.ndarray]


class Openings(Protocol):
    """What light opens in the neurons as time goes on."""

    def next(self, n_steps: int) -> np.ndarray | None:
        """Return the conductance in each of the next steps, relative to the membrane's own.

        Shape (n_steps, n_neurons), held within a step; None where there is none.
        """


def distinct_tau(tau: float, tau_m: float) -> float:
    """Return a time constant that differs from the membrane's: the exact solution divides by that.

    Where the two are equal, a change by 1e-6 costs less accuracy than it saves.
    """
    return tau * (1 + 1e-6) if abs(tau / tau_m - 1) < 1e-6 else tau
