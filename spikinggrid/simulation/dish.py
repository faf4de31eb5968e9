"""A whole experiment: from a parameter file to the recording of a dish."""

import platform
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

from spikinggrid.mea.array import Mea
from spikinggrid.mea.stimuli import Stimulus, protocol
from spikinggrid.network.culture import Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.simulation.simulator import Simulator, Spikes

#: Packages whose versions can change the numbers in a recording.
PACKAGES = ("spikinggrid", "numpy", "scipy", "brian2", "numba")


def grow(parameters: Parameters, seed: int | None = None) -> tuple[Mea, Culture]:
    """The array and the culture of a parameter file.

    Parameters
    ----------
    parameters : Parameters
    seed : int, optional
        The parameters' seed unless given.
    """
    mea = Mea.place(parameters)
    seed = parameters.simulation.seed if seed is None else seed
    return mea, Culture.grow(parameters, mea.positions, seed)


def simulate(parameters: Parameters, progress: Callable[[float], None] | None = None) -> Recording:
    """Grow a culture, let it settle, run its stimulation protocol and record it.

    Parameters
    ----------
    parameters : Parameters
    progress : callable, optional
        Is told now and then how much biological time is done, in s, warm-up included.

    Returns
    -------
    Recording
        What the electrodes detected, from the end of the warm-up on.

    Raises
    ------
    InputError
        If the parameters ask for something impossible; the message names the key.
    """
    simulation = parameters.simulation
    mea, culture = grow(parameters)
    stimulus = protocol(parameters, mea, simulation.seed)
    simulator = Simulator(culture, parameters)

    def tell(before: float) -> Callable[[int], None] | None:
        return progress and (lambda steps: progress(before + steps * simulation.dt))

    simulator.run(simulation.warmup, progress=tell(0.0))
    spikes = simulator.run(simulation.duration, stimulus, progress=tell(simulation.warmup))
    return record(spikes, stimulus, mea, culture, parameters)


def record(
    spikes: Spikes, stimulus: Stimulus, mea: Mea, culture: Culture, parameters: Parameters
) -> Recording:
    """What the electrodes detect of the spikes of a run, with everything to repeat it."""
    seed = parameters.simulation.seed
    return Recording(
        spike_trains=detected(spikes, stimulus, mea, culture, parameters.simulation.dt, seed),
        electrode_names=mea.names,
        x=mea.x,
        y=mea.y,
        t_start=0.0,
        t_stop=spikes.duration,
        stimulus_times=stimulus.times,
        stimulus_electrodes=stimulus.electrodes,
        stimulus_amplitudes=stimulus.amplitudes,
        parameters=parameter_files.dumps(parameters),
        seed=seed,
        versions={"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        source=f"simulated by SpikingGrid, {np.unique(spikes.neurons).size} of"
        f" {culture.n_neurons} neurons fired",
    )


def detected(
    spikes: Spikes, stimulus: Stimulus, mea: Mea, culture: Culture, dt: float, seed: int
) -> tuple[np.ndarray, ...]:
    """The spike trains that the electrodes detect of the spikes of a run, as `Mea.detect` says."""
    return mea.detect(
        spikes.times,
        spikes.neurons,
        mea.hearing(culture.x, culture.y, seed),
        stimulus.times,
        stimulus.electrodes,
        dt,
        seed,
    )
