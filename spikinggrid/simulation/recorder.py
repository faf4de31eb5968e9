"""A recording as it is made, piece after piece."""

import numpy as np

from spikinggrid.mea.array import Mea
from spikinggrid.mea.detection import Detector
from spikinggrid.mea.pulse_trains import Stimulus, on_steps
from spikinggrid.network.culture import Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
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

    Raises
    ------
    InputError
        If the parameters lack the table `mea`.
    """

    def __init__(self, culture: Culture, array: Mea, parameters: Parameters):
        self._culture, self._array, self._parameters = culture, array, parameters
        self._detector = Detector(array, culture.x, culture.y, parameters)
        self._n_steps = 0
        self._times: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []
        self._stimuli: list[Stimulus] = []
        self._has_fired = np.zeros(culture.n_neurons, bool)

    @property
    def duration(self) -> float:
        """How long the recording is so far, s."""
        return self._n_steps * self._parameters.simulation.dt

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
        """
        steps, stimulus = spikes.steps, spikes.stimulus
        if self._n_steps:
            steps = steps + self._n_steps
            times = on_steps(stimulus.times + self.duration, spikes.dt)
            stimulus = Stimulus(times, stimulus.electrodes, stimulus.amplitudes)
        times, counts = self._detector.detect(
            steps, spikes.neurons, stimulus.times, stimulus.electrodes
        )
        self._n_steps += spikes.n_steps
        self._times.append(times)
        self._counts.append(counts)
        if len(stimulus):
            self._stimuli.append(stimulus)
        self._has_fired[spikes.neurons] = True
        return times, counts

    def recording(self) -> Recording:
        """Return the recording of all pieces so far.

        Raises
        ------
        InputError
            If they have no step.
        """
        if self._n_steps == 0:
            raise InputError(
                "duration: nothing was recorded; right would be a step, simulation.dt, or more"
            )
        parameters, array = self._parameters, self._array
        numbers = [np.repeat(np.arange(array.n_electrodes), counts) for counts in self._counts]
        order = np.argsort(np.concatenate(numbers), kind="stable")
        ends = np.cumsum(sum(self._counts))[:-1]
        stimulus = Stimulus.joined(self._stimuli)
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
        )
