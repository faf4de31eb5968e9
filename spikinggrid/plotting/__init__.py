"""Figures: results in, Matplotlib axes or figures out.

    recordings      recordings and cultures on axes that are given, or on new ones
    pages           pages on recordings and cultures, with panels, titles and small print
    digits          what a benchmark found
    fields          receptive fields: what was learned
    twin            a recorded dish and its twin
    light           light on a dish, what it opens, and what calcium shows
    fit             features of a fitted culture beside their targets
    posterior       posteriors, dishes drawn from them, and whether intervals are right
    sweep           what was measured against the values of parameters
    closed_loop     what happened in a closed loop
    advise          what to grow, and what came of it
    gains           what each change brings that a laboratory can make
    excerpt         which electrodes and which stretch of a recording are drawn
    responses       which stimuli are averaged, and the spikes around them
    provenance      file, preset and seed, for the small print
    artists         parts that are drawn on axes
    style           frames, colours and words

In Python, `sg.plot` is this package: `sg.plot.raster(recording)` and the names below draw on new
axes, which a notebook shows as a picture, or on those of the argument `ax`; `sg.plot.save(axes,
"raster.png")` writes a file. Figures need no pyplot and no window.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spikinggrid.plotting.light import (
        fluorescence,
        fluorescence_image,
        light_field,
        photocurrent,
    )
    from spikinggrid.plotting.recordings import (
        bursts,
        compare,
        psth,
        raster,
        rates,
        trials,
        wiring,
    )
    from spikinggrid.plotting.style import save

#: The module of each name that is not in `recordings`.
_PLACES = {
    "fluorescence": "light",
    "fluorescence_image": "light",
    "light_field": "light",
    "photocurrent": "light",
    "save": "style",
}

__all__ = [
    "bursts",
    "compare",
    "fluorescence",
    "fluorescence_image",
    "light_field",
    "photocurrent",
    "psth",
    "raster",
    "rates",
    "save",
    "trials",
    "wiring",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_PLACES.get(name, 'recordings')}")
    globals()[name] = getattr(module, name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
