"""The assay of spontaneous activity: a culture left alone, recorded, and its features.

`SPONTANEOUS`    the assay
`record`         the recording of an unstimulated culture, given up early if it is of no use
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spikinggrid.assays.assay import CultureError, Trial, attempt, medians, refuse_stimulation
from spikinggrid.mea.array import Mea
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.simulation.activity import RUNAWAY
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_glossary import FEATURES

#: A culture is looked at after each piece of this length (s).
PIECE = 10.0

#: It is silent if no neuron has fired by this time of the recording (s).
PATIENCE = 60.0


@dataclass(frozen=True)
class Spontaneous:
    """Record a culture without stimuli for `simulation.duration`, and measure its features."""

    name = "spontaneous"
    figure = "rasters"
    is_recorded = True

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of every feature."""
        return {name: feature.unit for name, feature in FEATURES.items()}

    def check(self, parameters: Parameters) -> None:
        """Refuse parameters with a protocol of stimuli, or without an array."""
        refuse_stimulation(parameters, "spontaneous activity")
        Mea.place(parameters)

    def run(self, parameters: Parameters, seed: int) -> Trial:
        """Grow one culture, record it and measure the features of the recording."""
        return attempt(lambda: record(parameters, seed).features())

    def summarise(self, measured: Sequence[dict[str, float]]) -> dict[str, float]:
        """Return the median of each feature over cultures."""
        return medians(measured)


SPONTANEOUS = Spontaneous()


def record(parameters: Parameters, seed: int) -> Recording:
    """Return the recording of an unstimulated culture.

    It is that of a simulation with this seed, as pieces give what one long run gives.

    Parameters
    ----------
    parameters : Parameters
    seed : int
        Takes the place of the parameters' seed.

    Raises
    ------
    CultureError
        If the culture runs away or is silent.
    InputError
        If no culture can be grown with the parameters.
    """
    dish, duration = Dish(parameters, seed), parameters.simulation.duration
    loop = dish.closed_loop(duration, every=PIECE)
    begin, n_spikes = 0.0, 0
    for piece in loop:
        n_in_piece = len(piece.neuron_spikes)
        rate = n_in_piece / ((piece.time - begin) * dish.culture.n_neurons)
        begin, n_spikes = piece.time, n_spikes + n_in_piece
        if rate > RUNAWAY:
            raise CultureError(f"runs away: {rate:.0f} Hz at {piece.time:g} s", begin / duration)
        if begin >= PATIENCE and not n_spikes:
            raise CultureError(f"silent for {piece.time:g} s", begin / duration)
    recording = loop.recording()
    if not recording.n_spikes:
        raise CultureError(f"silent for {duration:g} s", 1.0)
    return recording
