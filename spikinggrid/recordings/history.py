"""What a simulated culture had gone through before it was recorded."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class History:
    """What is needed beside its parameters to repeat a recording.

    All times count from the growth of the culture, s.

    Attributes
    ----------
    t_start : float
        When the recording began.
    stimulus_times, stimulus_electrodes, stimulus_amplitudes : (n_pulses,) ndarray
        Pulses before the recording, as in `SpikeData`.
    frozen : (n_spans, 2) ndarray
        From when to when synapses were kept from learning, before and during the recording.
    unknown : str
        What else was done to the culture, which no recording tells; "" if nothing was.
    """

    t_start: float
    stimulus_times: np.ndarray = field(default_factory=lambda: np.empty(0))
    stimulus_electrodes: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    stimulus_amplitudes: np.ndarray = field(default_factory=lambda: np.empty(0))
    frozen: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    unknown: str = ""
