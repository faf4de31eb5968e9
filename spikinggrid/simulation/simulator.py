"""Running a culture: one simulator, whatever engine computes the model.

simulator = Simulator(culture, parameters, seed=1)
spikes = simulator.run(60.0, stimulus)
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spikinggrid.mea.stimuli import Stimulus
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils.errors import InputError


class Engine(Protocol):
    """What computes the model, one step after the other as the design says."""

    def __init__(self, culture: Culture, parameters: Parameters, seed: int): ...

    def run(
        self,
        n_steps: int,
        pulses: tuple[np.ndarray, np.ndarray, np.ndarray],
        plastic: bool,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Go on by some steps; give steps (from 0) and numbers of the neurons that fired.

        `pulses` are steps (ascending), electrodes and amplitudes; `progress` is told now
        and then how many steps are done.
        """

    def evaluate(
        self, n_steps: int, presentations: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """What `run` gives for each presentation of some pulses to the frozen culture at rest.

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
        """Change strengths by a signal times what they gathered since the culture was at rest.

        That is, for each synapse, the sum of exp(-lag / tau_pre) over all pairs of a presynaptic
        spike and a postsynaptic one in the same step or later, times `nu_post`; inhibitory
        strengths change the other way. Strengths that gathered something are then held to their
        bounds. The culture is at rest in the end.
        """

    def strengths(self, name: str) -> np.ndarray:
        """Strengths of a projection in the order of `Projection.pairs`, V."""

    def set_strengths(self, name: str, strengths: np.ndarray) -> None:
        """Replace them."""


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of the neurons in one run, in order of time.

    Attributes
    ----------
    times : ndarray, shape (n_spikes,)
        Start of the time step in which the neuron fired, s from the start of the run.
    neurons : ndarray of int, shape (n_spikes,)
        Who fired.
    duration : float
        Length of the run, s.
    """

    times: np.ndarray
    neurons: np.ndarray
    duration: float

    def __len__(self) -> int:
        return len(self.times)

    def counts(self, n_neurons: int, bin_size: float) -> np.ndarray:
        """Number of spikes in bins of time, shape (n_bins, n_neurons)."""
        n_bins = round(self.duration / bin_size)
        bins = np.floor(self.times / bin_size + 1e-6).astype(np.int64)
        counts = np.zeros((n_bins, n_neurons), np.int64)
        np.add.at(counts, (np.minimum(bins, n_bins - 1), self.neurons), 1)
        return counts


class Simulator:
    """A culture that can be run, stimulated and taught.

    Parameters
    ----------
    culture : Culture
    parameters : Parameters
        Time step, kinetics, plasticity and the engine to use.
    seed : int, optional
        The background noise comes from it; the parameters' seed unless given.
    """

    def __init__(self, culture: Culture, parameters: Parameters, seed: int | None = None):
        self._grown = culture
        self.parameters = parameters
        self.dt = parameters.simulation.dt
        seed = parameters.simulation.seed if seed is None else seed
        self._engine = _engine(parameters.simulation.engine)(culture, parameters, seed)

    @property
    def culture(self) -> Culture:
        """The culture with its strengths as they are now."""
        strengths = {name: self._engine.strengths(name) for name in PROJECTIONS}
        return self._grown.with_strengths(**{k: v for k, v in strengths.items() if len(v)})

    def run(
        self,
        duration: float,
        stimulus: Stimulus | None = None,
        plastic: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> Spikes:
        """Go on for some time from the state that was reached.

        Parameters
        ----------
        duration : float
            s
        stimulus : Stimulus, optional
            Pulses; their times count from the start of this run.
        plastic : bool
            Whether synapses learn, where the parameters have them learn at all.
        progress : callable, optional
            Is told now and then how many steps are done.

        Raises
        ------
        InputError
            If a pulse lies outside the run or on an electrode that does not exist.
        """
        n_steps = round(duration / self.dt)
        pulses = self._pulses(stimulus or Stimulus.none(), n_steps)
        if n_steps == 0:
            return Spikes(np.empty(0), np.empty(0, np.int64), 0.0)
        steps, neurons = self._engine.run(n_steps, pulses, plastic, progress)
        return Spikes(steps * self.dt, neurons, n_steps * self.dt)

    def present(
        self,
        stimulus: Stimulus,
        duration: float,
        plastic: bool = True,
        signal: Callable[[Spikes], float] | None = None,
    ) -> Spikes:
        """Show one stimulus to the culture at rest, and put it to rest again.

        Where synapses learn and the parameters say `normalise`, incoming strengths are
        scaled to the sums they should have afterwards (synaptic scaling, Turrigiano et al. 1998).

        Parameters
        ----------
        stimulus : Stimulus
        duration : float
            s
        plastic : bool
            Whether synapses learn, where the parameters have them learn at all.
        signal : callable, optional
            Where plasticity is modulated: says, given the spikes of the presentation, what its
            pairs of spikes are worth. Without it nothing is learned.

        Raises
        ------
        InputError
            If a pulse lies outside the presentation or on an electrode that does not exist, or
            there is a signal but no modulated plasticity.
        """
        modulated = self.parameters.plasticity.rule == "modulated"
        if signal is not None and not modulated:
            raise InputError('plasticity.rule: a signal needs "modulated"')
        self.reset()
        spikes = self.run(duration, stimulus, plastic)
        if signal is not None:
            self._engine.modulate(signal(spikes))
        elif plastic and self.parameters.plasticity.normalise:
            self.normalise()
        self.reset()
        return spikes

    def evaluate(self, stimuli: Sequence[Stimulus], duration: float) -> list[Spikes]:
        """Show each stimulus to the culture at rest, with strengths frozen.

        The background comes from random numbers of its own, the same in every call: however
        often a culture is evaluated, what it does otherwise stays the same, but for that
        it is at rest afterwards.

        Parameters
        ----------
        stimuli : sequence of Stimulus
        duration : float
            Length of each presentation, s.

        Returns
        -------
        list of Spikes
            One for each stimulus.

        Raises
        ------
        InputError
            If a pulse lies outside the presentation or on an electrode that does not exist.
        """
        n_steps = round(duration / self.dt)
        presentations = [self._pulses(stimulus, n_steps) for stimulus in stimuli]
        return [
            Spikes(steps * self.dt, neurons, n_steps * self.dt)
            for steps, neurons in self._engine.evaluate(n_steps, presentations)
        ]

    def skip(self, duration: float) -> None:
        """Let the background of some time in s go by unused: that of a run that is resumed."""
        self._engine.skip(round(duration / self.dt))

    def reset(self) -> None:
        """Put everything but the strengths to rest."""
        self._engine.reset()

    def normalise(self) -> None:
        """Scale what each neuron receives through plastic projections to the sum it should have."""
        self._engine.normalise()

    def strengths(self, name: str) -> np.ndarray:
        """Present strengths of a projection, in the order of `Projection.pairs`, V."""
        return self._engine.strengths(name)

    def set_strengths(self, name: str, strengths: np.ndarray) -> None:
        """Replace the strengths of a projection."""
        self._engine.set_strengths(name, strengths)

    def _pulses(self, stimulus: Stimulus, n_steps: int) -> tuple[np.ndarray, ...]:
        steps = np.rint(stimulus.times / self.dt).astype(np.int64)
        outside = stimulus.times[(steps < 0) | (steps >= n_steps)]
        if len(outside):
            raise InputError(
                f"stimulus: a pulse at {format_quantity(outside[0], 's')} lies outside the run of"
                f" {format_quantity(n_steps * self.dt, 's')}"
            )
        n_electrodes = self._grown.input.n_pre
        unknown = stimulus.electrodes[
            (stimulus.electrodes < 0) | (stimulus.electrodes >= n_electrodes)
        ]
        if len(unknown):
            raise InputError(
                f"stimulus: found electrode {unknown[0]}, but there are only the electrodes"
                f" 0 to {n_electrodes - 1}"
            )
        return steps, stimulus.electrodes, stimulus.amplitudes


@contextmanager
def _no_handlers_by_threads() -> Iterator[None]:
    """Let a thread import Brian2, which sets a handler of Ctrl-C: only the main thread may do that."""
    set_handler = signal.signal
    if threading.current_thread() is not threading.main_thread():
        signal.signal = lambda *handled: None
    try:
        yield
    finally:
        signal.signal = set_handler


def _engine(name: str) -> type[Engine]:
    """Engines are imported when they are used: Brian2 alone takes seconds."""
    if name == "brian2":
        with _no_handlers_by_threads():
            from spikinggrid.simulation.engines.brian import BrianEngine

        return BrianEngine
    from spikinggrid.simulation.engines.native import NativeEngine

    return NativeEngine
