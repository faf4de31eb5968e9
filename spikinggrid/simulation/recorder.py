"""A recording as it is made, piece after piece."""

import numpy as np

from spikinggrid.light.screen import Light
from spikinggrid.mea.array import Mea
from spikinggrid.mea.detection import Detector
from spikinggrid.mea.pulse_trains import Stimulus, on_steps
from spikinggrid.network.culture import Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.recordings.history import History
from spikinggrid.simulation.simulator import Spikes
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.versions import versions


class Recorder:
    """What the electrodes have detected since the recording began.

    A recording in pieces is the same as one of a single run.

    Parameters
    ----------
    culture : Culture
    array : Mea
    parameters : Parameters

    Attributes
    ----------
    first_step, n_steps : int
        First step of the recording since the growth of the culture, and its number of steps.
    lights : list of tuple
        What was shown by light in each piece that had some, after the first step of the piece.

    Raises
    ------
    InputError
        If the parameters lack the table `mea`.
    """

    def __init__(self, culture: Culture, array: Mea, parameters: Parameters):
        self._culture, self._array, self.parameters = culture, array, parameters
        self._detector = Detector(array, culture.x, culture.y, parameters)
        self.first_step, self.n_steps = 0, 0
        self._times: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []
        self._stimuli: list[Stimulus] = []
        self.lights: list[tuple[int, Light]] = []
        self._has_fired = np.zeros(culture.n_neurons, bool)

    @property
    def duration(self) -> float:
        """How long the recording is so far, s."""
        return self.n_steps * self.parameters.simulation.dt

    @property
    def stimulus(self) -> Stimulus:
        """All pulses so far."""
        return Stimulus.joined(self._stimuli)

    def add(self, spikes: Spikes) -> tuple[np.ndarray, np.ndarray]:
        """Record the next piece.

        Parameters
        ----------
        spikes : Spikes
            What the culture did in the run that followed the last piece.

        Returns
        -------
        times : ndarray, shape (n_detected,)
            Spike trains of the electrodes in this piece one after another, s from the start of
            the recording.
        counts : ndarray of int, shape (n_electrodes,)
            Number of spikes in each.

        Raises
        ------
        InputError
            If the culture was run since the last piece.
        """
        steps, stimulus = spikes.steps, spikes.stimulus
        if not self._counts:
            self.first_step = spikes.first_step
        elif spikes.first_step != self.first_step + self.n_steps:
            raise InputError("recording: the dish was run in between, which leaves a gap")
        if self.n_steps:
            steps = steps + self.n_steps
            times = on_steps(stimulus.times + self.duration, spikes.dt)
            stimulus = Stimulus(times, stimulus.electrodes, stimulus.amplitudes)
        times, counts = self._detector.detect(
            steps, spikes.neurons, stimulus.times, stimulus.electrodes
        )
        if spikes.light is not None:
            self.lights.append((self.n_steps, spikes.light))
        self.n_steps += spikes.n_steps
        self._times.append(times)
        self._counts.append(counts)
        if len(stimulus):
            self._stimuli.append(stimulus)
        self._has_fired[spikes.neurons] = True
        return times, counts

    def recording(self, history: History | None) -> Recording:
        """Return the recording of all pieces so far.

        Parameters
        ----------
        history : History or None
            Of the culture before and during it, as `Recording` has it.

        Raises
        ------
        InputError
            If they have no step.
        """
        if self.n_steps == 0:
            raise InputError(
                "duration: nothing was recorded; right would be a step, simulation.dt, or more"
            )
        parameters, array = self.parameters, self._array
        numbers = [np.repeat(np.arange(array.n_electrodes), counts) for counts in self._counts]
        order = np.argsort(np.concatenate(numbers), kind="stable")
        ends = np.cumsum(sum(self._counts))[:-1]
        stimulus = self.stimulus
        return Recording(
            spike_trains=tuple(np.split(np.concatenate(self._times)[order], ends)),
            electrode_names=array.names,
            x=array.x,
            y=array.y,
            t_start=0.0,
            t_stop=self.duration,
            stimulus_times=stimulus.times,
            stimulus_electrodes=stimulus.electrodes,
            stimulus_amplitudes=stimulus.amplitudes,
            parameters=parameter_files.dumps(parameters),
            seed=parameters.simulation.seed,
            versions=versions(),
            source=f"simulated by SpikingGrid, {np.count_nonzero(self._has_fired)} of"
            f" {self._culture.n_neurons} neurons fired",
            history=history,
        )
