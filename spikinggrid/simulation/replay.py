"""Doing to a culture what was done to another one."""

import itertools

import numpy as np

from spikinggrid.mea.pulse_trains import Stimulus, whole_steps
from spikinggrid.recordings import Recording
from spikinggrid.recordings.history import History
from spikinggrid.simulation.simulator import Simulator, Spikes
from spikinggrid.utils.progress import NO_PROGRESS, Progress


def replay(
    simulator: Simulator,
    recording: Recording,
    history: History,
    progress: Progress = NO_PROGRESS,
) -> Spikes:
    """Do to a new culture what was done to that of a recording.

    Parameters
    ----------
    simulator : Simulator
        Of a culture that has not been run yet.
    recording : Recording
    history : History
        Of the recording, in which nothing is unknown.
    progress : Progress
        Is told of the biological time that is done, in s.

    Returns
    -------
    Spikes
        Of the time that was recorded.
    """
    dt = simulator.dt
    begin, n_steps = whole_steps(np.array([history.t_start, recording.duration]) / dt).tolist()
    recorded = Stimulus(
        recording.stimulus_times - recording.t_start,
        recording.stimulus_electrodes,
        recording.stimulus_amplitudes,
    )
    steps = np.concatenate(
        [whole_steps(history.stimulus_times / dt), whole_steps(recorded.times / dt) + begin]
    )
    electrodes = np.concatenate([history.stimulus_electrodes, recorded.electrodes])
    amplitudes = np.concatenate([history.stimulus_amplitudes, recorded.amplitudes])
    frozen = whole_steps(history.frozen / dt)
    edges = sorted({0, begin, begin + n_steps, *frozen.ravel().tolist()})
    pieces = []
    for first, end in itertools.pairwise(edges):
        now = (steps >= first) & (steps < end)
        stimulus = Stimulus((steps[now] - first) * dt, electrodes[now], amplitudes[now])
        plastic = not np.any((frozen[:, 0] <= first) & (first < frozen[:, 1]))
        pieces.append(simulator.run((end - first) * dt, stimulus, plastic, progress))
    pieces = [piece for piece in pieces if piece.first_step >= begin]
    return Spikes(
        np.concatenate([piece.steps + piece.first_step - begin for piece in pieces]),
        np.concatenate([piece.neurons for piece in pieces]),
        n_steps,
        dt,
        recorded,
        begin,
    )
