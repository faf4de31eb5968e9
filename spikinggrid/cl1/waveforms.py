"""What the amplifiers see: noise, a template for each spike, and what a pulse leaves behind.

Samples are made when they are asked for, and are the same however often and in whatever pieces:
noise comes from a table drawn once, read from another place in every tenth of a second.
"""

import numpy as np

from spikinggrid.cl1.designs import DEAD, N_CHANNELS
from spikinggrid.utils.randomness import random_generator

#: uV of one step of the converter.
UV_PER_SAMPLE = 0.195

#: Samples of a snippet before a spike was detected, and from then on.
BEFORE, FROM = 25, 50

NOISE_SD = 3.5  # uV, a choice: amplifiers of arrays have 2 to 5 uV in the band of spikes

#: Median size of the trough over channels and the standard deviation of its logarithm: a choice.
TROUGH, TROUGH_SPREAD = 45.0, 0.35  # uV

#: A pulse drives the amplifier to its rail, from which it comes back with this time constant.
RAIL, RECOVERY = 6000.0, 12.0  # uV, frames

#: Frames of the table of noise, and of the pieces that are read from it at places so far apart.
TABLE, BLOCK, STRIDE = 1 << 15, 2500, 12_345

#: Frames after a pulse in which there is still something to see.
TAIL = 120


def template() -> np.ndarray:
    """Return a spike of unit size: a trough 0.16 ms after detection, and a lower, later peak.

    Returns
    -------
    ndarray, shape (75,)
        25 samples before detection and 50 from then on.
    """
    time = np.arange(-BEFORE, FROM, dtype=float)
    trough = -np.exp(-((time - 4) ** 2) / (2 * 3.0**2))
    return trough + 0.3 * np.exp(-((time - 17) ** 2) / (2 * 7.0**2))


class Amplifiers:
    """Make the samples of all channels.

    Parameters
    ----------
    seed : int
        Of the noise and of how large spikes are.
    """

    def __init__(self, seed: int):
        self._seed = seed
        self._noise: np.ndarray | None = None
        spread = random_generator(seed, "amplifiers", "size").standard_normal(N_CHANNELS)
        self._size = TROUGH * np.exp(TROUGH_SPREAD * spread)
        self._template = template()
        self._artefact = (RAIL * np.exp(-np.arange(TAIL) / RECOVERY)).astype(np.float32)

    def samples(
        self,
        begin: int,
        end: int,
        spikes: tuple[np.ndarray, np.ndarray],
        pulses: tuple[np.ndarray, np.ndarray],
    ) -> np.ndarray:
        """Return the samples of some frames.

        Parameters
        ----------
        begin, end : int
            First frame, and the one after the last.
        spikes, pulses : tuple of ndarray
            Frames and channels of all spikes, and of all pulses that a channel sees, which may
            reach into these frames.

        Returns
        -------
        ndarray of int16, shape (end - begin, 64)
        """
        room = BEFORE + FROM + TAIL
        wide = np.zeros((end - begin + 2 * room, N_CHANNELS), np.float32)
        wide[room : end - begin + room] = self._noise_of(begin, end)
        frames, channels = _within(spikes, begin - FROM, end + BEFORE)
        rows = frames[:, None] - begin + room + np.arange(-BEFORE, FROM)
        shapes = self._size[channels, None] * self._template
        np.add.at(wide, (rows, channels[:, None]), shapes.astype(np.float32))
        frames, channels = _within(pulses, begin - TAIL, end)
        rows = frames[:, None] - begin + room + np.arange(TAIL)
        np.add.at(wide, (rows, channels[:, None]), self._artefact)
        wide[:, sorted(DEAD)] = 0
        inner = wide[room : end - begin + room] / UV_PER_SAMPLE
        return np.clip(np.rint(inner), -32768, 32767).astype(np.int16)

    def _noise_of(self, begin: int, end: int) -> np.ndarray:
        if self._noise is None:
            generator = random_generator(self._seed, "amplifiers", "noise")
            shape = (TABLE + BLOCK, N_CHANNELS)
            self._noise = NOISE_SD * generator.standard_normal(shape, np.float32)
        parts = []
        for block in range(begin // BLOCK, -(-end // BLOCK)):
            place = block * STRIDE % TABLE
            first, after = max(begin, block * BLOCK), min(end, (block + 1) * BLOCK)
            parts.append(self._noise[place + first - block * BLOCK :][: after - first])
        return np.concatenate([np.empty((0, N_CHANNELS), np.float32), *parts])


def _within(
    events: tuple[np.ndarray, np.ndarray], begin: int, end: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the events of some frames."""
    frames, channels = events
    inside = (frames >= begin) & (frames < end)
    return frames[inside], channels[inside]
