"""Running a culture: one simulator, whatever engine computes the model.

    simulator = Simulator(culture, parameters)
    spikes = simulator.run(60.0, stimulus)

Time is exact. What a run's duration leaves of a step is carried over to the next run: 60 runs of
1/60 s are one second, to the step. A pulse at time t acts in the step in which t lies.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from spikinggrid.light.photostimulation import Photostimulation, warn_of_light
from spikinggrid.light.screen import Light
from spikinggrid.mea.pulse_trains import TIE, Stimulus, whole_steps
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.network.pharmacology import under_drugs
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.units import format_quantity, to_si
from spikinggrid.recordings.history import History
from spikinggrid.simulation.engines import Pulses
from spikinggrid.simulation.engines.engine import Engine, Fired
from spikinggrid.simulation.log import Log
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.progress import NO_PROGRESS, Progress

NO_PULSES = Stimulus.none()

#: A culture at rest runs on for so long (s) before presentations that follow one another: slow
#: adaptation of fitted cultures has a time constant of 12 s.
SETTLING = 10.0


@dataclass(frozen=True, eq=False, repr=False)
class Spikes:
    """Spikes of the neurons in one run, in order of time.

    Attributes
    ----------
    steps : ndarray of int, shape (n_spikes,)
        Step of the run in which the neuron fired, from 0.
    neurons : ndarray of int, shape (n_spikes,)
        Which neuron fired.
    n_steps : int
        Length of the run in steps.
    dt : float
        Length of a step, s.
    stimulus : Stimulus
        The pulses that acted in this run; times count from the start of its first step.
    first_step : int
        Number of steps that the culture had been run before.
    light : Light or None
        What was shown by light.
    """

    steps: np.ndarray
    neurons: np.ndarray
    n_steps: int
    dt: float
    stimulus: Stimulus = field(default_factory=Stimulus.none)
    first_step: int = 0
    light: Light | None = None

    @classmethod
    def none(cls, duration: float, dt: float, first_step: int = 0) -> "Spikes":
        """Return a run of some duration (s), with steps of `dt` (s), in which no neuron fired."""
        nobody, n_steps = np.empty(0, np.int64), int(whole_steps(duration / dt))
        return cls(nobody, nobody, n_steps, dt, first_step=first_step)

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        n_neurons = len(np.unique(self.neurons))
        return f"<Spikes: {len(self):,} of {n_neurons:,} neurons in {self.duration:g} s>"

    @cached_property
    def times(self) -> np.ndarray:
        """Start of the step of each spike, s from the start of the run's first step."""
        return self.steps * self.dt

    @property
    def duration(self) -> float:
        """Length of the steps that were run, s."""
        return self.n_steps * self.dt

    def counts(self, n_neurons: int, bin_size: float) -> np.ndarray:
        """Return the number of spikes in bins of time.

        Parameters
        ----------
        n_neurons : int
        bin_size : float
            s

        Returns
        -------
        ndarray of int, shape (n_bins, n_neurons)
        """
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
        Time step, kinetics, plasticity, the engine to use and the seed of the background.

    Attributes
    ----------
    parameters : Parameters
    dt : float
        Length of a step, s.
    n_steps : int
        Steps that were run so far, evaluations not counted.
    """

    def __init__(self, culture: Culture, parameters: Parameters):
        self._grown = culture
        self.parameters = parameters
        self.dt = parameters.simulation.dt
        self.n_steps = 0
        self._log = Log(self.dt)
        self._engine: Engine = _engine(parameters.simulation.engine)(
            *under_drugs(culture, parameters)
        )
        self._lighting = None
        if parameters.light is not None:
            warn_of_light(parameters)
            self._lighting = Photostimulation(culture, parameters)
        self._is_at_rest = True
        self._carried = 0.0  # steps; the part of one that has passed, but was not run yet ...
        self._waiting = NO_PULSES  # ... and the pulses in it

    @property
    def duration(self) -> float:
        """Biological time that was run so far, evaluations not counted, s."""
        return self.n_steps * self.dt

    @property
    def culture(self) -> Culture:
        """The culture with its strengths as they are now, which is what drugs leave of them."""
        strengths = {name: self._engine.strengths(name) for name in PROJECTIONS}
        return self._grown.with_strengths(**{k: v for k, v in strengths.items() if len(v)})

    def run(
        self,
        duration: float | str,
        stimulus: Stimulus | None = None,
        plastic: bool = True,
        progress: Progress = NO_PROGRESS,
        watch: Callable[[Spikes], None] | None = None,
        watched: float = 0.0,
        light: Light | None = None,
    ) -> Spikes:
        """Go on for some time from the state that was reached.

        Parameters
        ----------
        duration : float, str or brian2.Quantity
            s, or with a unit. What it leaves of a step is carried over to the next run.
        stimulus : Stimulus, optional
            Pulses; their times count from the end of the last run, carried time included.
        plastic : bool
            Whether synapses learn, where the parameters have them learn at all.
        progress : Progress
            Is told of the biological time that is done, in s.
        watch : callable, optional
            Is given the spikes of the beginning of a longer run once they are there.
        watched : float
            Length of that beginning, s.
        light : Light, optional
            What is shown by light; its times count like those of pulses.

        Returns
        -------
        Spikes
            Of the whole steps that were due.

        Raises
        ------
        InputError
            If the duration is negative or not finite, a pulse lies outside the run or on an
            electrode that does not exist, or there is light but no table `light`.
        """
        self._show(light)
        stimulus, steps, n_steps = self._due(stimulus or NO_PULSES, checked_duration(duration))
        if n_steps == 0:
            return Spikes.none(0.0, self.dt, self.n_steps)
        self._is_at_rest = False
        pulses = steps, stimulus.electrodes, stimulus.amplitudes
        n_watched = int(whole_steps(watched / self.dt)) if watch else 0
        try:
            if watch and 0 < n_watched < n_steps:
                early = self._fired(0, n_watched, pulses, plastic, progress)
                watch(Spikes(*early, n_watched, self.dt, first_step=self.n_steps))
                late = self._fired(n_watched, n_steps, pulses, plastic, progress)
                fired = np.append(early[0], late[0] + n_watched), np.append(early[1], late[1])
            else:
                told = _steps_told(progress, self.dt)
                fired = self._engine.run(n_steps, pulses, plastic, told, self._lighting)
        except BaseException:
            self._log.note(self.n_steps, "an interrupted run")
            raise
        frozen = not plastic and self.parameters.plasticity.rule != "static"
        self._log.run(self.n_steps, n_steps, stimulus, frozen, light is not None)
        self.n_steps += n_steps
        return Spikes(*fired, n_steps, self.dt, stimulus, self.n_steps - n_steps, light)

    def _show(self, light: Light | None) -> None:
        """Show a light from now on, which counts from the end of the last run."""
        if light is None:
            return
        self._lit().show(light, self._carried)

    def _lit(self) -> Photostimulation:
        """Return what lights the culture, or refuse light without a table for it."""
        if self._lighting is None:
            needed(self.parameters.light, "light", "light", "digits/two_light")
        assert self._lighting is not None
        return self._lighting

    def _due(self, stimulus: Stimulus, duration: float) -> tuple[Stimulus, np.ndarray, int]:
        """Return the pulses that are due, their steps, and how many steps are; carry over others.

        Times of the pulses then count from the start of the first step.
        """
        stimulus = self._checked(stimulus, duration)
        if self._carried or len(self._waiting):
            stimulus = self._waiting + stimulus.shifted(self._carried * self.dt)
        due = self._carried + duration / self.dt
        n_steps = int(whole_steps(due))
        self._carried = 0.0 if abs(due - n_steps) <= TIE else due - n_steps
        steps = whole_steps(stimulus.times / self.dt)
        is_due = steps < n_steps
        if is_due.all():
            self._waiting = NO_PULSES
            return stimulus, steps, n_steps
        self._waiting = stimulus[~is_due].shifted(-n_steps * self.dt)
        return stimulus[is_due], steps[is_due], n_steps

    def _fired(
        self, begin: int, end: int, pulses: Pulses, plastic: bool, progress: Progress
    ) -> Fired:
        """Run some steps of a run; steps of its spikes count from `begin`."""
        now = slice(*np.searchsorted(pulses[0], (begin, end)))
        steps, electrodes, amplitudes = (of[now] for of in pulses)
        told = _steps_told(progress, self.dt)
        pulses = steps - begin, electrodes, amplitudes
        return self._engine.run(end - begin, pulses, plastic, told, self._lighting)

    def present(
        self,
        stimulus: Stimulus,
        duration: float,
        plastic: bool = True,
        signal: Callable[[Spikes], float] | None = None,
        light: Light | None = None,
        interval: float | None = None,
    ) -> Spikes:
        """Show one stimulus to the culture at rest, and put it to rest again.

        With an interval it is not put to rest, as no living culture can be, but runs on frozen and
        without stimuli for so long before; and for `SETTLING` more if it was at rest.

        Where synapses learn and the parameters say `normalise`, incoming strengths are
        scaled to the sums they should have afterwards (synaptic scaling, Turrigiano et al. 1998).

        Parameters
        ----------
        stimulus : Stimulus
        duration : float
            s; what is no whole step is left out.
        plastic : bool
            Whether synapses learn, where the parameters have them learn at all.
        signal : callable, optional
            Where plasticity is modulated: says, given the spikes of the presentation, what its
            pairs of spikes are worth. Without it nothing is learned.
        light : Light, optional
            What is shown by light.
        interval : float, optional
            s; what is no whole step is left out.

        Raises
        ------
        InputError
            If a pulse lies outside the presentation or on an electrode that does not exist, or
            there is a signal but no modulated plasticity.
        """
        modulated = self.parameters.plasticity.rule == "modulated"
        if signal is not None and not modulated:
            raise InputError('plasticity.rule: a signal needs "modulated"')
        self._log.note(self.n_steps, "a presentation")
        if interval is None:
            self.reset()
        else:
            self.run(interval + SETTLING * self._is_at_rest, plastic=False)
            self._begin_of_step()
        spikes = self.run(duration, stimulus, plastic, light=light)
        if signal is not None:
            self._engine.modulate(signal(spikes))
        learned = signal is not None if modulated else plastic
        if learned and self.parameters.plasticity.normalise:
            self.normalise()
        if interval is None:
            self.reset()
        else:
            self._begin_of_step()
        return spikes

    def evaluate(
        self,
        stimuli: Sequence[Stimulus],
        duration: float,
        lights: Sequence[Light] | None = None,
    ) -> list[Spikes]:
        """Show each stimulus to the culture at rest, with strengths frozen.

        The background comes from random numbers of its own, the same in every call: however
        often a culture is evaluated, what it does otherwise stays the same, but for that
        it is at rest afterwards.

        Parameters
        ----------
        stimuli : sequence of Stimulus
        duration : float
            Length of each presentation, s; what is no whole step is left out.
        lights : sequence of Light, optional
            What is shown by light in each of them.

        Returns
        -------
        list of Spikes
            One for each stimulus.

        Raises
        ------
        InputError
            If a pulse lies outside the presentation or on an electrode that does not exist.
        """
        duration = checked_duration(duration)
        n_steps = int(whole_steps(duration / self.dt))
        presentations, shown = [], []
        for stimulus in stimuli:
            stimulus = self._checked(stimulus, duration)
            steps = whole_steps(stimulus.times / self.dt)
            is_due = steps < n_steps
            if not is_due.all():
                stimulus, steps = stimulus[is_due], steps[is_due]
            shown.append(stimulus)
            presentations.append((steps, stimulus.electrodes, stimulus.amplitudes))
        lighting = None
        if lights is not None:
            lighting = [self._lit().at_rest(light) for light in lights]
        self._log.note(self.n_steps, "an evaluation")
        self._begin_of_step()
        self._is_at_rest = True
        return [
            Spikes(*fired, n_steps, self.dt, stimulus)
            for fired, stimulus in zip(
                self._engine.evaluate(n_steps, presentations, lighting), shown, strict=True
            )
        ]

    def skip(self, n_steps: int) -> None:
        """Let the background of some steps go by unused: that of a run that is resumed."""
        self._log.note(self.n_steps, "skipped time")
        self._engine.skip(n_steps)
        self.n_steps += n_steps

    def reset(self) -> None:
        """Put everything but the strengths to rest, at the beginning of a step."""
        self._log.note(self.n_steps, "a reset")
        self._engine.reset()
        self._begin_of_step()
        self._is_at_rest = True

    def normalise(self) -> None:
        """Scale what each neuron receives through plastic projections to the sum it should have."""
        self._log.note(self.n_steps, "a normalisation")
        self._engine.normalise()

    def strengths(self, name: str) -> np.ndarray:
        """Return present strengths of a projection, in the order of `Projection.pairs`, V."""
        return self._engine.strengths(name)

    def set_strengths(self, name: str, strengths: np.ndarray) -> None:
        """Replace the strengths of a projection, in the order of `Projection.pairs`, V."""
        self._log.note(self.n_steps, "a change of strengths")
        self._engine.set_strengths(name, strengths)

    def history(self, begin: int, end: int) -> History:
        """Return what there is to know of a recording from one step since growth to another."""
        return self._log.history(begin, end)

    def _begin_of_step(self) -> None:
        self._carried, self._waiting = 0.0, NO_PULSES
        if self._lighting is not None:
            self._lighting.reset()

    def _checked(self, stimulus: Stimulus, duration: float) -> Stimulus:
        if len(stimulus) == 0:
            return stimulus
        times, electrodes = stimulus.times, stimulus.electrodes
        if not (times[0] >= 0 and times[-1] < duration):
            outside = times[~((times >= 0) & (times < duration))]
            raise InputError(
                f"stimulus: a pulse at {_time_text(outside[0])} lies outside the run of"
                f" {_time_text(duration)}"
            )
        n_electrodes = self._grown.input.n_pre
        if electrodes.min() < 0 or electrodes.max() >= n_electrodes:
            unknown = electrodes[(electrodes < 0) | (electrodes >= n_electrodes)]
            raise InputError(
                f"stimulus: found electrode {unknown[0]}, but there are only the electrodes"
                f" 0 to {n_electrodes - 1}"
                if n_electrodes
                else f"stimulus: found electrode {unknown[0]}, but there is no electrode"
            )
        if not np.isfinite(stimulus.amplitudes).all():
            raise InputError("stimulus: the amplitude of a pulse is NaN or infinite")
        return stimulus


def _steps_told(progress: Progress, dt: float) -> Callable[[int], None] | None:
    """Return what tells the progress, in s, of a number of steps that grows."""
    if progress is NO_PROGRESS:
        return None
    done = 0

    def tell(n_steps: int) -> None:
        nonlocal done
        progress.advance((n_steps - done) * dt)
        done = n_steps

    return tell


def checked_duration(duration: object) -> float:
    """Return a duration in s.

    Raises
    ------
    InputError
        If it is negative, not finite or no time.
    """
    seconds = to_si(duration, "s", "duration")
    if seconds < 0:
        raise InputError(f'duration: found {quoted(duration)}, less than 0 s; for example "60 s"')
    return seconds


def _time_text(seconds: float) -> str:
    return format_quantity(seconds, "s") if np.isfinite(seconds) else f"{seconds} s"


@contextmanager
def _no_handlers_by_threads() -> Iterator[None]:
    """Let any thread import Brian2, which sets a handler of Ctrl-C as only the main one may."""
    set_handler = signal.signal
    if threading.current_thread() is not threading.main_thread():
        signal.signal = lambda *handled: None
    try:
        yield
    finally:
        signal.signal = set_handler


def _engine(name: str) -> type[Engine]:
    """Import an engine when it is used: Brian2 alone takes seconds."""
    if name == "brian2":
        with _no_handlers_by_threads():
            from spikinggrid.simulation.engines.brian import BrianEngine

        return BrianEngine
    from spikinggrid.simulation.engines.native import NativeEngine

    return NativeEngine
