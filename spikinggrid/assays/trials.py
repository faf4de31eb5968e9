"""One culture on trial: simulate it, measure it, and stop early if it is silent or runs away.

run(experiment, parameters, seed)    -> Trial
summarise(experiment, measured)      features of several cultures together
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from spikinggrid.assays import tetanization
from spikinggrid.digits.task import TaskImages, load_images
from spikinggrid.digits.training import Training, label_accuracy
from spikinggrid.mea.stimuli import Stimulus
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings.recording import Recording
from spikinggrid.simulation.dish import grow, record
from spikinggrid.simulation.simulator import Simulator, Spikes
from spikinggrid.statistics.features import features
from spikinggrid.utils.errors import InputError

#: A culture is looked at after each piece of this length (s).
PIECE = 10.0

#: It runs away if its neurons fire faster than this (Hz) on average over a piece ...
RUNAWAY = 40.0

#: ... and is silent if no neuron has fired by this time of the recording (s).
PATIENCE = 60.0


@dataclass(frozen=True)
class Trial:
    """What came of one culture.

    Attributes
    ----------
    measured : dict
        What `summarise` takes; empty if the trial failed.
    failure : str
        Why the trial was stopped, or ""
    survived : float
        Share (0-1) of the experiment that was done.
    """

    measured: dict = field(default_factory=dict)
    failure: str = ""
    survived: float = 1.0


def run(experiment: str, parameters: Parameters, seed: int) -> Trial:
    """Put one culture on trial.

    Parameters
    ----------
    experiment : {"spontaneous", "tetanization", "digits"}
    parameters : Parameters
    seed : int
        Of wiring and background, whatever the parameters say.

    Raises
    ------
    InputError
        If digits are to be shown, and their files are missing.
    """
    # images that are missing are no failure of the culture
    images = load_images(parameters, "validation") if experiment == "digits" else None
    try:
        if experiment == "tetanization":
            return Trial({"responses": tetanization.tetanize(parameters, seed).tolist()})
        if experiment == "digits":
            return _digits(parameters, seed, images)
        return _spontaneous(parameters, seed)
    except InputError as error:  # such as a reach too short for so many synapses
        return Trial(failure=str(error), survived=0.0)


def summarise(experiment: str, measured: Sequence[dict]) -> dict[str, float]:
    """Features of several cultures together, from `Trial.measured` of each.

    Of a tetanization as `tetanization.features` says; else each feature's median over cultures.
    """
    if experiment == "tetanization":
        return tetanization.features(np.array([each["responses"] for each in measured]))
    return {name: float(np.median([each[name] for each in measured])) for name in measured[0]}


def recorded(parameters: Parameters, seed: int) -> Recording | Trial:
    """The recording of an unstimulated culture, or the trial that it failed.

    It is that of `experiment.simulate` with this seed: pieces give what one long run gives.
    """
    parameters = parameters.model_copy(
        update={"simulation": parameters.simulation.model_copy(update={"seed": seed})}
    )
    simulation = parameters.simulation
    mea, culture = grow(parameters)
    simulator = Simulator(culture, parameters)
    simulator.run(simulation.warmup)
    times, neurons, done, n_spikes = [], [], 0.0, 0
    while done < simulation.duration - simulation.dt / 2:
        length = min(PIECE, simulation.duration - done)
        spikes = simulator.run(length)
        times.append(spikes.times + done)
        neurons.append(spikes.neurons)
        done += length
        n_spikes += len(spikes.times)
        rate = len(spikes.times) / (length * culture.n_neurons)
        if rate > RUNAWAY:
            failure = f"runs away: {rate:.0f} Hz at {done:g} s"
            return Trial(failure=failure, survived=done / simulation.duration)
        if done >= PATIENCE and not n_spikes:
            return Trial(failure=f"silent for {done:g} s", survived=done / simulation.duration)
    whole = Spikes(np.concatenate(times), np.concatenate(neurons), simulation.duration)
    return record(whole, Stimulus.none(), mea, culture, parameters)


def _spontaneous(parameters: Parameters, seed: int) -> Trial:
    made = recorded(parameters, seed)
    if isinstance(made, Trial):
        return made
    if not made.n_spikes:
        return Trial(failure=f"silent for {parameters.simulation.duration:g} s")
    places = np.column_stack([made.x, made.y])
    return Trial(features(made.spike_trains, made.t_start, made.t_stop, places))


def _digits(parameters: Parameters, seed: int, images: TaskImages) -> Trial:
    """Accuracy of the label electrodes as a benchmark measures it, on all validation images."""
    training = Training(parameters, seed, images, label_alone=True)

    def accuracy(purpose: str) -> float:
        return label_accuracy(
            training.task.respond(training.simulator, images.final, "final", purpose)
        )

    untrained = accuracy("untrained")
    training.run()
    return Trial({"accuracy": accuracy("images"), "accuracy_untrained": untrained})
