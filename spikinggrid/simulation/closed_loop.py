"""A closed loop: the culture is recorded piece by piece, and stimulated by its spikes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from spikinggrid.light.illumination import Illumination
from spikinggrid.light.screen import Light, Screen
from spikinggrid.mea.array import Electrodes, Mea
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.mea.stimuli import Stimulation
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.simulation.recorder import Recorder
from spikinggrid.simulation.simulator import Simulator, Spikes
from spikinggrid.utils.errors import InputError


@dataclass(frozen=True, eq=False)
class DetectedSpikes:
    """Spikes that the electrodes detected, in order of time.

    Attributes
    ----------
    times : ndarray, shape (n_spikes,)
        s from the start of the loop.
    electrodes : ndarray of int, shape (n_spikes,)
        Numbers of the electrodes.
    electrode_names : tuple of str
        Names of all electrodes of the array.
    """

    times: np.ndarray
    electrodes: np.ndarray
    electrode_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<{len(self)} spikes on {len(np.unique(self.electrodes))} electrodes>"

    @property
    def names(self) -> list[str]:
        """Name of the electrode of each spike."""
        return [self.electrode_names[electrode] for electrode in self.electrodes]


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a closed loop.

    Attributes
    ----------
    time : float
        End of this step, s from the start of the loop.
    spikes : DetectedSpikes
        What the electrodes detected in this step.
    neuron_spikes : Spikes
        What the neurons did, which no experimenter would know.
    """

    time: float
    spikes: DetectedSpikes
    neuron_spikes: Spikes
    _loop: "ClosedLoop"

    def __repr__(self) -> str:
        return f"<step to {self.time:g} s: {len(self.spikes)} spikes>"

    def stimulate(
        self, stimulus: Stimulation | Stimulus | Electrodes, amplitude: float = 1.0
    ) -> None:
        """Stimulate the culture from the beginning of the next step on.

        What would come after the end of the loop is not given.

        Parameters
        ----------
        stimulus : Stimulation, Stimulus, str, int or sequence
            A pattern, or numbers and names of electrodes, for one pulse on each; or a stimulus,
            whose times count from the beginning of the next step.
        amplitude : float
            Of the pulses relative to a nominal one; a stimulus has its own.

        Raises
        ------
        InputError
            If an electrode or pattern does not exist, or a pulse would come too early.
        """
        self._loop.stimulate(stimulus, amplitude)

    def illuminate(self, light: Illumination | Light) -> None:
        """Show something by light from the beginning of the next step on.

        Parameters
        ----------
        light : Illumination or Light
            Its times count from the beginning of the next step.

        Raises
        ------
        InputError
            If there is no table `light`, or the light does not fit the screen.
        """
        self._loop.illuminate(light)

    def stop(self) -> None:
        """End the loop after this step."""
        self._loop.stop()


class ClosedLoop(Iterator[Step]):
    """Run a culture step by step, as `Dish.closed_loop` does. Iterating runs the next step.

    Parameters
    ----------
    simulator : callable
        Returns the simulator of the culture once it has settled; called at the first step.
    recorder : Recorder
    finished : callable
        Returns the recording of what was recorded so far.
    array : Mea
    parameters : Parameters
        The time step, and the seed of random stimuli.
    duration, every : float
        Length of the whole and of a step, s.
    plastic : bool
        Whether synapses learn, where the parameters have them learn at all.
    """

    def __init__(
        self,
        simulator: Callable[[], Simulator],
        recorder: Recorder,
        finished: Callable[[Recorder], Recording],
        array: Mea,
        parameters: Parameters,
        duration: float,
        every: float,
        plastic: bool,
    ):
        if not every > 0:
            raise InputError(f'every: found {every:g} s; right would be a time such as "5 ms"')
        self._settled, self._array = simulator, array
        self._recorder, self._finished = recorder, finished
        self._parameters, self._n_stimuli = parameters, 0
        self._simulator: Simulator | None = None
        self._duration, self._every, self._plastic = duration, every, plastic
        self._n_done, self._time, self._is_over = 0, 0.0, False
        self._waiting = Stimulus.none()  # times from the start of the loop
        self._light: Light | None = None

    def __repr__(self) -> str:
        return f"<ClosedLoop: {self._time:g} s of {self._duration:g} s, every {self._every:g} s>"

    def __next__(self) -> Step:
        if self._is_over or self._time >= self._duration:
            raise StopIteration
        if self._simulator is None:
            self._simulator = self._settled()
            self._end = self._simulator.n_steps
        if self._simulator.n_steps != self._end:
            raise InputError(
                "closed loop: the dish was run outside of the loop, which leaves a gap in its"
                " recording; begin another loop"
            )
        begin = self._time
        self._n_done += 1
        self._time = min(self._n_done * self._every, self._duration)
        duration = self._time - begin
        times = np.maximum(self._waiting.times - begin, 0)
        is_due = times < duration
        due, self._waiting = self._waiting[is_due], self._waiting[~is_due]
        stimulus = Stimulus(times[is_due], due.electrodes, due.amplitudes)
        light, self._light = self._light, None
        spikes = self._simulator.run(duration, stimulus, self._plastic, light=light)
        self._end = self._simulator.n_steps
        return Step(self._time, self._detected(spikes), spikes, self)

    def stimulate(
        self, stimulus: Stimulation | Stimulus | Electrodes, amplitude: float = 1.0
    ) -> None:
        """Give pulses from the beginning of the next step on; see `Step.stimulate`."""
        if isinstance(stimulus, Stimulation):
            purpose = "closed loop", self._n_stimuli  # each random train has numbers of its own
            stimulus = stimulus.on(self._array, self._parameters, purpose=purpose)
            self._n_stimuli += 1
        elif not isinstance(stimulus, Stimulus):
            stimulus = Stimulus.of(0.0, self._array.select(stimulus), amplitude)
        if len(stimulus) and not stimulus.times.min() >= 0:
            raise InputError("stimulus: a pulse would come before the next step of the loop")
        self._waiting = self._waiting + stimulus.shifted(self._time)

    def illuminate(self, light: Illumination | Light) -> None:
        """Show something by light from the beginning of the next step on."""
        if isinstance(light, Illumination):
            light = light.on(Screen(self._parameters), self._array)
        self._light = light if self._light is None else self._light + light

    def stop(self) -> None:
        """End the loop."""
        self._is_over = True

    def recording(self) -> Recording:
        """Return the recording of all steps so far.

        Raises
        ------
        InputError
            If there was none.
        """
        return self._finished(self._recorder)

    def _detected(self, spikes: Spikes) -> DetectedSpikes:
        times, counts = self._recorder.add(spikes)
        order = np.argsort(times, kind="stable")
        electrodes = np.repeat(np.arange(len(counts)), counts)
        return DetectedSpikes(times[order], electrodes[order], tuple(self._array.names))
