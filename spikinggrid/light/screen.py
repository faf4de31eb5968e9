"""A screen or a projector: what its pixels show over time, and what of it reaches the neurons.

    screen = Screen(parameters)                  in the middle of the dish
    light = screen.image(picture, 0.5, 0.1)      a picture for 100 ms
    light += screen.spots(array, electrodes, 1.0, 0.1)
    screen.seen_from(x, y).relative(picture)     what reaches neurons that lie there

Pictures change with the frames of the screen alone: a frame shows the mean of what is asked for
while it lasts. Nothing is brighter than white.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import TIE, Stimulus
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.utils import memory
from spikinggrid.utils.errors import InputError


@dataclass(frozen=True, eq=False, repr=False)
class Light:
    """What is shown over time: pictures, each until the next one.

    Attributes
    ----------
    times : ndarray, shape (n_pictures,)
        When each begins, s, ascending.
    pictures : ndarray, shape (n_pictures, rows, columns)
        Brightness of the pixels, 0 to 1. The last one stays; it is black where the light ends.
    """

    times: np.ndarray
    pictures: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<Light: {len(self):,} pictures of {self.pictures[0].size:,} pixels>"

    def __add__(self, other: "Light") -> "Light":
        """Return both at once, nowhere brighter than white."""
        times = np.union1d(self.times, other.times)
        return Light(times, np.minimum(self.at(times) + other.at(times), 1))

    def at(self, times: np.ndarray) -> np.ndarray:
        """Return the pictures at some times (s), black before the first."""
        place = np.searchsorted(self.times, np.asarray(times) + TIE * 1e-3, side="right") - 1
        pictures = self.pictures[np.maximum(place, 0)]
        return np.where((place >= 0)[:, None, None], pictures, 0)

    def equals(self, other: "Light") -> bool:
        """Return whether another light is the same, but for rounding of times."""
        return (
            len(self) == len(other)
            and np.allclose(self.times, other.times, rtol=0, atol=1e-9)
            and np.array_equal(self.pictures, other.pictures)
        )


class Screen:
    """The pixels of a screen or projector.

    Parameters
    ----------
    parameters : Parameters
        With the table `light`.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    x_edges, y_edges : ndarray, shape (columns + 1,) or (rows + 1,)
        Where pixels begin and end, from the top left corner of the dish, m.

    Raises
    ------
    InputError
        If there is no table `light`.
    """

    def __init__(self, parameters: Parameters):
        self._table = table = needed(parameters.light, "light", "a screen", "digits/two_light")
        culture, self.shape = parameters.culture, (table.rows, table.columns)
        self.frame_rate = table.frame_rate
        self.x_edges = _edges(table.columns, table.pitch, culture.width)
        self.y_edges = _edges(table.rows, table.pitch, culture.height)

    def __repr__(self) -> str:
        return f"<Screen: {self.shape[0]} x {self.shape[1]} pixels, {self.frame_rate:g} Hz>"

    def image(self, picture: np.ndarray, start: float, duration: float) -> Light:
        """Return a picture, shape (rows, columns) and 0 to 1, shown from `start` (s) on."""
        return self.movie(np.asarray(picture)[None], start, duration, 1 / duration)

    def movie(self, pictures: np.ndarray, start: float, duration: float, rate: float) -> Light:
        """Return pictures, shape (n, rows, columns) and 0 to 1, over and over for a time.

        Parameters
        ----------
        pictures : ndarray
        start, duration : float
            s
        rate : float
            Pictures per second.

        Raises
        ------
        InputError
            If they do not have the pixels of the screen, or a brightness is not from 0 to 1.
        """
        pictures = np.asarray(pictures, np.float64)
        if pictures.shape[1:] != self.shape or len(pictures) == 0:
            raise InputError(
                f"light: found pictures of shape {pictures.shape[1:]}; the screen has"
                f" {self.shape[0]} rows and {self.shape[1]} columns"
            )
        if not ((pictures >= 0) & (pictures <= 1)).all():
            raise InputError("light: a brightness is not from 0 (black) to 1 (white)")
        n_shown = max(1, int(np.ceil(duration * rate - 1e-9)))
        times = start + np.append(np.arange(n_shown) / rate, duration)
        shown = pictures[np.arange(n_shown) % len(pictures)]
        return self.framed(Light(times, np.concatenate([shown, np.zeros((1, *self.shape))])))

    def spots(self, array: Mea, electrodes: np.ndarray, start: float, duration: float) -> Light:
        """Return white squares around some electrodes for a time."""
        picture = np.minimum(self.masks(array)[electrodes].sum(axis=0), 1)
        return self.image(picture, start, duration)

    def masks(self, array: Mea) -> np.ndarray:
        """Return how much of each pixel is in the square of each electrode.

        Returns
        -------
        ndarray, shape (n_electrodes, rows, columns)
            0 to 1
        """
        half = self._table.spot / 2
        rows = _covered(array.y - half, array.y + half, self.y_edges)
        columns = _covered(array.x - half, array.x + half, self.x_edges)
        return rows[:, :, None] * columns[:, None, :]

    def flashes(self, stimulus: Stimulus, array: Mea, duration: float) -> Light:
        """Return what shows pulses on electrodes: each lights the square of its electrode.

        Parameters
        ----------
        stimulus : Stimulus
            Its amplitudes are brightnesses.
        array : Mea
        duration : float
            When all goes black, s.
        """
        length, n_frames = self._table.flash, int(np.ceil(duration * self.frame_rate - 1e-9))
        first = np.floor(stimulus.times * self.frame_rate + 1e-9).astype(np.int64)
        bright = np.zeros((n_frames, array.n_electrodes))
        for later in range(int(np.ceil(length * self.frame_rate - 1e-9)) + 1):
            frame = first + later
            begin = np.maximum(stimulus.times, frame / self.frame_rate)
            end = np.minimum(stimulus.times + length, (frame + 1) / self.frame_rate)
            share = np.maximum(end - begin, 0) * self.frame_rate * stimulus.amplitudes
            within = frame < n_frames
            np.add.at(bright, (frame[within], stimulus.electrodes[within]), share[within])
        used = np.unique(stimulus.electrodes)
        pictures = np.tensordot(np.minimum(bright, 1)[:, used], self.masks(array)[used], axes=1)
        times = np.append(np.arange(n_frames) / self.frame_rate, duration)
        return Light(times, np.concatenate([np.minimum(pictures, 1), np.zeros((1, *self.shape))]))

    def framed(self, light: Light) -> Light:
        """Return what frames make of a light: each shows the mean of what is asked for."""
        first = int(np.floor(light.times[0] * self.frame_rate + 1e-9))
        last = int(np.ceil(light.times[-1] * self.frame_rate - 1e-9))
        edges = np.arange(first, last + 1) / self.frame_rate
        lengths = np.diff(light.times)[:, None, None]
        sums = np.concatenate(
            [np.zeros((1, *self.shape)), np.cumsum(light.pictures[:-1] * lengths, axis=0)]
        )
        within = np.clip(edges, light.times[0], light.times[-1])
        place = np.clip(np.searchsorted(light.times, within, "right") - 1, 0, len(light) - 1)
        since = (within - light.times[place])[:, None, None]
        means = np.diff(sums[place] + light.pictures[place] * since, axis=0) * self.frame_rate
        means = np.concatenate([np.clip(means, 0, 1), np.zeros((1, *self.shape))])
        changes = np.append(True, (means[1:] != means[:-1]).any(axis=(1, 2)))
        changes[-1] = True
        return Light(edges[changes], means[changes])

    def seen_from(self, x: np.ndarray, y: np.ndarray) -> "Field":
        """Return what reaches some places on the dish (m)."""
        if self._table.source == "screen":
            n_weights = len(x) * self.shape[0] * self.shape[1]
            memory.require(8 * 5 * n_weights, "light.rows and light.columns: these pixels")
            return _LambertField(self, x, y, self._table.distance or 0.0)
        return _BlurredField(self, x, y, self._table.spread or 0.0)


class Field(ABC):
    """How much of each pixel's light reaches each of some places."""

    @abstractmethod
    def relative(self, picture: np.ndarray) -> np.ndarray:
        """Return the irradiance of the places under a picture, relative to an endless white one."""


class _LambertField(Field):
    """Of a flat screen at a distance whose pixels are equally bright from all sides.

    Shares are configuration factors of a rectangle and a small parallel face (Howell, A catalog of
    radiation heat transfer configuration factors, B-4).
    """

    def __init__(self, screen: Screen, x: np.ndarray, y: np.ndarray, distance: float):
        u = ((screen.x_edges - x[:, None]) / distance)[:, None, :]
        v = ((screen.y_edges - y[:, None]) / distance)[:, :, None]
        root_u, root_v = np.sqrt(1 + u**2), np.sqrt(1 + v**2)
        corner = (u / root_u * np.arctan(v / root_u) + v / root_v * np.arctan(u / root_v)) / (
            2 * np.pi
        )
        shares = np.diff(np.diff(corner, axis=1), axis=2)
        self._shares = shares.reshape(len(x), -1)

    def relative(self, picture: np.ndarray) -> np.ndarray:
        return self._shares @ picture.ravel()


class _BlurredField(Field):
    """Of pixels in the plane of the neurons, blurred by a Gaussian."""

    def __init__(self, screen: Screen, x: np.ndarray, y: np.ndarray, spread: float):
        self._columns = np.diff(ndtr((screen.x_edges - x[:, None]) / spread), axis=1)
        self._rows = np.diff(ndtr((screen.y_edges - y[:, None]) / spread), axis=1)

    def relative(self, picture: np.ndarray) -> np.ndarray:
        return ((self._rows @ picture) * self._columns).sum(axis=1)


def joined(lights: Sequence[Light], screen: Screen) -> Light:
    """Return several lights at once; black if there is none."""
    whole = Light(np.zeros(1), np.zeros((1, *screen.shape)))
    for light in lights:
        whole = whole + light
    return whole


def _edges(n_pixels: int, pitch: float, length: float) -> np.ndarray:
    """Return where pixels begin and end on an axis of the dish in whose middle they lie."""
    return length / 2 + (np.arange(n_pixels + 1) - n_pixels / 2) * pitch


def _covered(begin: np.ndarray, end: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return which share of each pixel lies between some begins and ends, on one axis."""
    low = np.maximum(begin[:, None], edges[:-1])
    high = np.minimum(end[:, None], edges[1:])
    return np.maximum(high - low, 0) / np.diff(edges)
