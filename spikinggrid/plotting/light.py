"""Light on a dish, on Matplotlib axes: what reaches it, what that opens, and what calcium shows.

    light_field          irradiance on the dish under a picture, and the neurons
    photocurrent         current of a channel during and after a flash, and its states
    fluorescence         traces of photodetectors
    fluorescence_image   their brightest moment, where they lie
    page                 all of it

Each but the last draws on the axes it is given as `ax`, or on a new figure, and returns the axes.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from spikinggrid.light.photocurrents import Photocurrents
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.opsins import catalogue
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.units import format_quantity
from spikinggrid.plotting.artists.maps import frame_dish
from spikinggrid.plotting.provenance import culture_text
from spikinggrid.plotting.style import (
    BLUE,
    ORANGE,
    entitle,
    new_axes,
    new_figure,
    note,
    own_axes,
    root,
)

if TYPE_CHECKING:  # whose module brings the simulator, which figures do not need
    from spikinggrid.simulation.dish import Dish
    from spikinggrid.simulation.simulator import Spikes

#: Points of a map along the longer side of the dish.
N_POINTS = 200

#: A flash and what follows it, s.
FLASH, AFTER = 0.5, 0.5

#: Where currents of published models are told, V.
HELD = -0.065

STATES = {
    "three": ("closed", "open", "desensitised"),
    "four": ("closed", "open", "open 2", "closed 2"),
}
#: Traces of so many sites are drawn.
MAX_TRACES = 12


def light_field(dish: "Dish", picture: np.ndarray | None = None, ax: Axes | None = None) -> Axes:
    """Draw the irradiance on the dish, and its neurons.

    Parameters
    ----------
    dish : Dish
        With the table `light`.
    picture : ndarray, shape (rows, columns), optional
        Brightness of the pixels, 0 to 1; white unless given.
    ax : Axes, optional
    """
    table = needed(dish.parameters.light, "light", "a light field", "digits/two_light")
    culture, screen = dish.culture, dish.screen
    picture = np.ones(screen.shape) if picture is None else picture
    ax = own_axes(ax, "light", (6, 4), culture_text(culture))
    step = max(culture.width, culture.height) / N_POINTS
    x, y = np.meshgrid(
        np.arange(step / 2, culture.width, step), np.arange(step / 2, culture.height, step)
    )
    irradiance = table.irradiance * screen.seen_from(x.ravel(), y.ravel()).relative(picture)
    extent = (0.0, 1e6 * culture.width, 1e6 * culture.height, 0.0)
    image = ax.imshow(
        1e-3 * irradiance.reshape(x.shape), cmap="inferno", vmin=0, extent=extent, aspect="equal"
    )
    root(ax).colorbar(image, ax=ax, label="irradiance (mW/mm²)", shrink=0.8)
    ax.plot(1e6 * culture.x, 1e6 * culture.y, ".", color="white", ms=1.5, alpha=0.7)
    frame_dish(ax, (0, 1e6 * culture.width), (0, 1e6 * culture.height))
    return ax


def photocurrent(
    parameters: Parameters, ax: Axes | None = None, states: Axes | None = None
) -> Axes:
    """Draw the inward current at -65 mV of a neuron under white light of half a second.

    Parameters
    ----------
    parameters : Parameters
        With the table `light`.
    ax : Axes, optional
    states : Axes, optional
        Where to draw the shares of the channels in each state as well.
    """
    table = needed(parameters.light, "light", "a photocurrent", "digits/two_light")
    opsin, dt = catalogue()[table.opsin], parameters.simulation.dt
    ax = own_axes(ax, "photocurrent", (5, 3))
    channels, shares, openings = Photocurrents(opsin, 1, dt), [], []
    for irradiance, duration in ((table.irradiance, FLASH), (0.0, AFTER)):
        channels.illuminate(opsin.flux(np.array([irradiance]), table.wavelength))
        for _ in range(round(duration / dt)):
            openings.append(channels.advance(1)[0, 0])
            shares.append(channels.states[0].copy())
    times = 1e3 * dt * (1 + np.arange(len(openings)))
    current = opsin.conductance * np.array(openings) * (opsin.reversal - HELD)
    for axes in filter(None, (ax, states)):
        axes.axvspan(0, 1e3 * FLASH, color=ORANGE, alpha=0.15, lw=0)
        axes.set(xlim=(0, times[-1]), xlabel="time (ms)")
    ax.plot(times, 1e12 * current, color=BLUE)
    ax.set_ylabel("inward current\nat \N{MINUS SIGN}65 mV (pA)")
    if states is not None:
        for name, share in zip(STATES[opsin.states], np.transpose(shares), strict=True):
            states.plot(times, share, label=name)
        states.set(ylabel="share of channels", ylim=(0, 1))
        states.legend(frameon=False, fontsize=7, loc="center right")
    return ax


def fluorescence(dish: "Dish", spikes: "Spikes", ax: Axes | None = None) -> Axes:
    """Draw the traces of the photodetectors that see most, one above the other.

    Parameters
    ----------
    dish : Dish
        With the table `photodetector`.
    spikes : Spikes
        Of a run that began at rest.
    ax : Axes, optional
    """
    traces = dish.fluorescence(spikes)
    ax = own_axes(ax, "fluorescence", (6, 4), culture_text(dish.culture))
    brightest = np.sort(np.argsort(-traces.mean(axis=0), kind="stable")[:MAX_TRACES])
    step = 1.1 * max(float(traces[:, brightest].max()), 1e-3)
    times = (0.5 + np.arange(len(traces))) / dish.photodetector.frame_rate
    for place, site in enumerate(brightest):
        ax.plot(times, traces[:, site] + place * step, color=BLUE, lw=0.9)
    ax.set_yticks(step * np.arange(len(brightest)), [str(site) for site in brightest], fontsize=7)
    ax.plot([times[-1] * 1.01] * 2, [0, step / 1.1], color="black", lw=2, clip_on=False)
    ax.set(xlabel="time (s)", ylabel="site", xlim=(0, times[-1] * 1.02))
    ax.set_title(f"bar: dF/F of {step / 1.1:.2g}", fontsize=8, loc="right")
    return ax


def fluorescence_image(dish: "Dish", spikes: "Spikes", ax: Axes | None = None) -> Axes:
    """Draw the largest dF/F of each photodetector where it lies; parameters as `fluorescence`."""
    largest = dish.fluorescence(spikes).max(axis=0)
    detector, culture = dish.photodetector, dish.culture
    ax = own_axes(ax, "image", (6, 4), culture_text(culture))
    if detector.shape is None:
        points: ScalarMappable = ax.scatter(
            1e6 * detector.x, 1e6 * detector.y, c=largest, s=60, cmap="viridis", vmin=0
        )
    else:
        half = 0.5e6 * float(dish.parameters.photodetector.pitch or 0)  # type: ignore[union-attr]
        x, y = 1e6 * detector.x, 1e6 * detector.y
        extent = (x.min() - half, x.max() + half, y.max() + half, y.min() - half)
        points = ax.imshow(
            largest.reshape(detector.shape), cmap="viridis", vmin=0, extent=extent, aspect="equal"
        )
    root(ax).colorbar(points, ax=ax, label="largest dF/F", shrink=0.8)
    frame_dish(ax, (0, 1e6 * culture.width), (0, 1e6 * culture.height))
    return ax


def page(dish: "Dish", picture: np.ndarray, spikes: "Spikes", file: str = "") -> Figure:
    """Return a page with the light on a dish, the current that it opens, and its fluorescence.

    Parameters
    ----------
    dish : Dish
        With the table `light`; fluorescence is drawn where there is a table `photodetector`.
    picture : ndarray, shape (rows, columns)
        What was shown.
    spikes : Spikes
        What the culture did, from rest.
    file : str
        Where the dish comes from, for the small print.

    Returns
    -------
    Figure
        Axes "field", "current", "states", and "fluorescence" and "image".
    """
    table = needed(dish.parameters.light, "light", "a light field", "digits/two_light")
    has_calcium = dish.parameters.photodetector is not None
    mosaic = [["field", "current"], ["field", "states"]]
    if has_calcium:
        mosaic += [["image", "fluorescence"]]
    figure = new_figure((11, 7.5 if has_calcium else 4.5))
    axes = new_axes(figure, mosaic, [1, 1, 2] if has_calcium else [1, 1], [1.3, 1])
    light_field(dish, picture, axes["field"])
    photocurrent(dish.parameters, axes["current"], axes["states"])
    if has_calcium:
        fluorescence(dish, spikes, axes["fluorescence"])
        fluorescence_image(dish, spikes, axes["image"])
    irradiance = format_quantity(table.irradiance, "W/m2").replace("uW", "µW")
    irradiance = irradiance.replace("mm2", "mm²")
    wavelength = format_quantity(table.wavelength, "m")
    entitle(
        figure,
        f"{table.opsin} under a {table.source} of {irradiance} at {wavelength}",
        f"{len(spikes):,} spikes of {len(np.unique(spikes.neurons)):,} neurons in"
        f" {spikes.duration:g} s",
    )
    source = culture_text(dish.culture)
    note(
        figure, "Orange: white light. White dots: neurons.", f"{file}; {source}" if file else source
    )
    return figure
