"""What is shown to a dish, as experimenters ask for it: pictures, movies, patterns.

    illuminated("L", "20 s", "100 ms")                      squares around electrodes
    pictured("stripes.png", "1 s", "500 ms", repeats=10, interval="2 s")

Each is one entry [[illumination]] of a parameter file, and a parameter file with these entries
shows the very same. What pixels do is known once there are a screen and an array: then an
`Illumination` becomes a `Light`.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from spikinggrid.light.screen import Light, Screen, joined
from spikinggrid.mea.array import Electrodes, Mea
from spikinggrid.mea.stimuli import Quantity
from spikinggrid.parameters.mistakes import checked
from spikinggrid.parameters.tables.light import IlluminationTable
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils import memory
from spikinggrid.utils.errors import InputError, path_text, shortened


@dataclass(frozen=True)
class Illumination:
    """What is to be shown to a culture, whatever screen it has.

    Attributes
    ----------
    entries : tuple of IlluminationTable
        As in the table [[illumination]] of a parameter file.
    """

    entries: tuple[IlluminationTable, ...] = ()

    def __add__(self, other: "Illumination") -> "Illumination":
        return Illumination(self.entries + other.entries)

    def __repr__(self) -> str:
        return f"<Illumination: {' + '.join(map(_summary, self.entries)) or 'none'}>"

    def on(self, screen: Screen, array: Mea | None, end: float | None = None) -> Light:
        """Return what a screen shows.

        Parameters
        ----------
        screen : Screen
        array : Mea or None
            Whose electrodes patterns are about.
        end : float, optional
            Of the recording, s.

        Raises
        ------
        InputError
            If a file cannot be read, an electrode does not exist, or an entry ends too late; the
            message names the entry and the key.
        """
        lights = []
        for number, entry in enumerate(self.entries):
            try:
                lights.append(_shown(entry, screen, array, end))
            except InputError as error:
                raise InputError(f"illumination.{number}.{error}") from None
        return joined(lights, screen)


def illuminated(
    electrodes: Electrodes,
    start: Quantity,
    duration: Quantity,
    *,
    repeats: int = 1,
    interval: Quantity | None = None,
    brightness: float = 1.0,
) -> Illumination:
    """Return squares of light around some electrodes.

    Parameters
    ----------
    electrodes : str, int or sequence of them
        The name of a pattern, such as "L" (see `Mea.select`), or names and numbers of electrodes.
    start, duration : float, str or brian2.Quantity
        s, or with a unit.
    repeats : int
    interval : float, str or brian2.Quantity, optional
        Time from one repeat to the next.
    brightness : float
        Of white, relative to `light.irradiance`.

    Raises
    ------
    InputError
        If a value is wrong; the message names the key.

    Examples
    --------
    >>> illuminated("L", "20 s", "100 ms", repeats=30, interval="1 s")
    <Illumination: pattern L, 30 times>
    """
    where = electrodes if isinstance(electrodes, str) else list(np.atleast_1d(electrodes).tolist())
    return _one(
        kind="pattern", electrodes=where, start=start, duration=duration, repeats=repeats,
        interval=interval, brightness=brightness,
    )  # fmt: skip


def pictured(
    file: str,
    start: Quantity,
    duration: Quantity,
    *,
    rate: Quantity | None = None,
    repeats: int = 1,
    interval: Quantity | None = None,
    brightness: float = 1.0,
) -> Illumination:
    """Return a picture from a file, or with a `rate` (Hz) all its pictures, one after another.

    Other parameters as for `illuminated`.

    Examples
    --------
    >>> pictured("stripes.png", "1 s", "500 ms") + pictured("waves.gif", "2 s", "1 s", rate="20 Hz")
    <Illumination: image stripes.png + movie waves.gif>
    """
    return _one(
        kind="image" if rate is None else "movie", file=file, rate=rate, start=start,
        duration=duration, repeats=repeats, interval=interval, brightness=brightness,
    )  # fmt: skip


def _summary(entry: IlluminationTable) -> str:
    what = shortened(entry.file or str(entry.electrodes))
    return f"{entry.kind} {what}" + (f", {entry.repeats} times" if entry.repeats > 1 else "")


def _one(**content: object) -> Illumination:
    return Illumination((checked(content, IlluminationTable, si_numbers=True),))


def _shown(entry: IlluminationTable, screen: Screen, array: Mea | None, end: float | None) -> Light:
    starts = entry.start + np.arange(entry.repeats) * (entry.interval or 0.0)
    if end is not None and starts[-1] + entry.duration > end + 1e-9:
        raise InputError(
            f"start: the last light would end at"
            f" {format_quantity(starts[-1] + entry.duration, 's')}, but the recording ends at"
            f" {format_quantity(end, 's')}; make simulation.duration longer"
        )
    n_changes = entry.repeats * (entry.duration * (entry.rate or 0) + 2)
    memory.require(40 * n_changes * screen.shape[0] * screen.shape[1], "repeats: these pictures")
    if entry.kind == "pattern":
        if array is None:
            raise InputError("electrodes: there is no array; give the table mea")
        masks = screen.masks(array)[array.select(entry.electrodes or "all")]
        pictures = np.minimum(masks.sum(axis=0), 1)[None]
    else:
        pictures = _read(entry.file or "", screen)
        pictures = pictures if entry.kind == "movie" else pictures[:1]
    pictures = pictures * entry.brightness
    rate = entry.rate or 1 / entry.duration
    return joined([screen.movie(pictures, start, entry.duration, rate) for start in starts], screen)


def _read(file: str, screen: Screen) -> np.ndarray:
    """Return the pictures of a file, shape (n, rows, columns) and 0 to 1."""
    rows, columns = screen.shape
    try:
        with Image.open(file) as image:
            grey = [
                np.asarray(frame.convert("L").resize((columns, rows), Image.Resampling.BOX))
                for frame in ImageSequence.Iterator(image)
            ]
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no picture"
        raise InputError(f"file: {path_text(file)}: {reason}") from None
    return np.stack(grey) / 255
