"""What an engine is: a program that computes the model, one step after the other.

Pulses are given to an engine as steps (ascending, from 0), electrodes and amplitudes; it gives
spikes as steps (from 0) and numbers of the neurons that fired, in order of time.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.engines import Openings, Pulses

Fired = tuple[np.ndarray, np.ndarray]


class Engine(Protocol):
    """A culture that computes the steps of the design, with the seed of its parameters."""

    def __init__(self, culture: Culture, parameters: Parameters): ...

    def run(
        self,
        n_steps: int,
        pulses: Pulses,
        plastic: bool,
        progress: Callable[[int], None] | None = None,
        light: Openings | None = None,
    ) -> Fired:
        """Go on by some steps and return the spikes; `progress` is told how many are done."""

    def evaluate(
        self,
        n_steps: int,
        presentations: Sequence[Pulses],
        lights: Sequence[Openings | None] | None = None,
    ) -> list[Fired]:
        """Return what `run` gives for each presentation to the frozen culture at rest.

        The background is one of its own, the same in every call; the culture is at rest in
        the end.
        """

    def skip(self, n_steps: int) -> None:
        """Let the background of some steps go by unused."""

    def reset(self) -> None:
        """Put everything but the strengths to rest, spikes on their way included."""

    def normalise(self) -> None:
        """Scale what each neuron receives through plastic projections to the sum it should have.

        That is the `incoming` of the parameters, or under the probability rule its first sum.
        """

    def modulate(self, signal: float) -> None:
        """Change strengths by a signal times what they gathered since the last signal or rest.

        That is, for each synapse, the sum of exp(-lag / tau_pre) over all pairs of a presynaptic
        spike and a postsynaptic one in the same step or later, while they learned, times `nu_post`;
        inhibitory strengths change the other way. Strengths that gathered something are then held
        to their bounds. The culture can go on from where it is.
        """

    def strengths(self, name: str) -> np.ndarray:
        """Return the strengths of a projection in the order of `Projection.pairs`, V."""

    def set_strengths(self, name: str, strengths: np.ndarray) -> None:
        """Replace the strengths of a projection, in the same order, V."""
