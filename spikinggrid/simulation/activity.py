"""Cultures that are of no use: silent, or running away."""

import warnings

from spikinggrid.simulation.simulator import Spikes

#: A culture runs away if its neurons fire faster than this on average (Hz).
RUNAWAY = 40.0

#: A recording is looked at after so much of it (s).
EARLY = 10.0


class CultureWarning(UserWarning):
    """A culture is silent or runs away, which its recording will hardly be worth."""


def warn_early(spikes: Spikes, n_neurons: int, is_stimulated: bool) -> None:
    """Warn of a culture that is silent or runs away at the beginning of its recording.

    Parameters
    ----------
    spikes : Spikes
        Of the beginning.
    n_neurons : int
    is_stimulated : bool
        Whether pulses are still to come, which a silent culture may be waiting for.
    """
    span = f"in the first {spikes.duration:g} s of the recording"
    rate = len(spikes) / (n_neurons * spikes.duration)
    if rate > RUNAWAY:
        message = (
            f"the culture runs away: its neurons fire at {rate:.0f} Hz on average {span}; weaken"
            " synapses.excitatory or noise.drive"
        )
    elif not len(spikes) and not is_stimulated:
        message = f"the culture is silent: no neuron fires {span}; raise noise.drive"
    else:
        return
    warnings.warn(message, CultureWarning, stacklevel=2)
