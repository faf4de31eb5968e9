"""A value for each electrode, on the dish."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection, EllipseCollection, PatchCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle
from scipy.spatial import cKDTree

from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    Span,
    label_lines,
    plain_numbers,
)
from spikinggrid.recordings import Recording

#: Electrodes of arrays with more of them are squares that leave no gaps.
MAX_CIRCLES = 256


def draw_electrodes(
    axes: Axes,
    recording: Recording,
    values: np.ndarray,
    norm: Normalize,
    cmap: str,
    label: str,
    stimulated: Sequence[int] = (),
    bar: bool = True,
) -> None:
    """Draw one value for each electrode where it lies, or bars if no position is known.

    Parameters
    ----------
    axes : Axes
    recording : Recording
    values : ndarray, shape (n_electrodes,)
    norm, cmap : Normalize, str
        Scale and map of the colours.
    label : str
        What the values are, with their unit.
    stimulated : sequence of int
        Electrodes to be marked.
    bar : bool
        Whether to draw a colour bar beside the map.
    """
    placed = np.isfinite(recording.x) & np.isfinite(recording.y)
    if not placed.any():
        _draw_bars(axes, recording, values, norm, label)
        return
    places = 1e6 * np.column_stack([recording.x, recording.y])
    fired = np.array([train.size > 0 for train in recording.spike_trains])
    pulsed = placed & np.isin(np.arange(fired.size), stimulated)
    pitch, shapes = _pitch(places[placed]), _Shapes(axes, places, placed.sum() > MAX_CIRCLES)
    silent = placed & ~fired
    if silent.any():
        outline = {"facecolor": "none", "edgecolor": GREY, "linewidth": 0.8}
        shapes.draw(silent, pitch, label="silent", **outline)
    if (placed & fired).any():
        style = {"edgecolor": GREY, "linewidth": 0.0 if shapes.square else 0.3}
        coloured = shapes.draw(placed & fired, pitch, cmap=cmap, norm=norm, **style)
        coloured.set(array=values[placed & fired], label="fired")
        if bar:
            _draw_bar(axes, coloured, label)
    axes.plot(
        *places[pulsed].T,
        "o",
        markersize=5,
        markerfacecolor="white",
        markeredgecolor=BLACK,
        markeredgewidth=0.8,
        label="stimulated",
    )
    low, high = places[placed].min(axis=0) - pitch, places[placed].max(axis=0) + pitch
    frame_dish(axes, (low[0], high[0]), (low[1], high[1]))
    outlines = "open squares" if shapes.square else "open circles"
    legend = {f"{outlines}: no spike": silent.any(), "white dots: stimulated": pulsed.any()}
    axes.set_title(", ".join(text for text, some in legend.items() if some), fontsize=8)


def left_out_text(recording: Recording) -> str:
    """Return the end of a summary: how many electrodes a map leaves out."""
    n_left_out = np.sum(~(np.isfinite(recording.x) & np.isfinite(recording.y)))
    if n_left_out == recording.n_electrodes:
        return "; positions unknown"
    return f"; {n_left_out} without a position left out" if n_left_out else ""


def map_size(recording: Recording) -> Span:
    """Return width and height (inches) of a figure that a map of the electrodes fills."""
    placed = np.isfinite(recording.x) & np.isfinite(recording.y)
    if not placed.any():
        return 8.0, 6.5
    breadth, depth = (np.ptp(places[placed]) + 1e-4 for places in (recording.x, recording.y))
    return 8.0, 6.4 * float(np.clip(depth / breadth, 0.35, 1.2)) + 1.4


def _draw_bar(axes: Axes, coloured: ScalarMappable, label: str) -> None:
    """Draw a colour bar as high as a map, which a bar of the figure's would not be."""
    beside = axes.inset_axes((1.03, 0.1, 0.03, 0.8), label="<colorbar>")
    bar = axes.figure.colorbar(coloured, cax=beside, label=label)
    if isinstance(coloured.norm, LogNorm):
        low, high = coloured.get_clim()
        plain_numbers(bar.ax.yaxis, few=_few(low, high))


def _few(low: float | None, high: float | None) -> bool:
    """Whether a logarithmic scale is so long that few of its numbers find room."""
    return (high or 1) > 1000 * (low or 1)


class _Shapes:
    """Circles or squares at the positions (um) of electrodes."""

    def __init__(self, axes: Axes, places: np.ndarray, square: bool):
        self.axes, self.places, self.square = axes, places, square

    def draw(self, chosen: np.ndarray, pitch: float, **style: Any) -> Collection:
        """Draw the chosen ones, which are so far apart."""
        if self.square:
            corners = self.places[chosen] - pitch / 2
            squares = [Rectangle((x, y), pitch, pitch) for x, y in corners]
            return self.axes.add_collection(PatchCollection(squares, **style))
        size = np.full(chosen.sum(), 0.8 * pitch)
        circles = EllipseCollection(
            size,
            size,
            0 * size,
            units="xy",
            offsets=self.places[chosen],
            offset_transform=self.axes.transData,
            **style,
        )
        return self.axes.add_collection(circles)


def _draw_bars(
    axes: Axes, recording: Recording, values: np.ndarray, norm: Normalize, label: str
) -> None:
    rows = np.arange(len(values))
    axes.barh(rows, values, color=BLUE)
    left = 0.0
    if isinstance(norm, LogNorm):
        low, high = (float(limit or 1) for limit in (norm.vmin, norm.vmax))
        left = low / 2
        axes.set(xlim=(left, high * 1.2), xscale="log")
        plain_numbers(axes.xaxis, few=_few(low, high))
    silent = [row for row, train in enumerate(recording.spike_trains) if not train.size]
    axes.plot(
        np.full(len(silent), left),
        silent,
        "o",
        clip_on=False,
        markerfacecolor="white",
        markeredgecolor=GREY,
        markersize=4,
        label="silent",
    )
    axes.set_title("open circles: no spike" * bool(silent), fontsize=8)
    label_lines(axes, rows, recording.electrode_names, 6)
    axes.set(xlabel=label, ylabel="electrode", ylim=(max(len(values), 1) - 0.5, -0.5))


def _pitch(places: np.ndarray) -> float:
    """Return the median distance of an electrode to the nearest one elsewhere (um)."""
    apart = np.unique(places, axis=0)
    if len(apart) < 2:
        return 200.0
    return float(np.median(cKDTree(apart).query(apart, 2)[0][:, 1]))


def frame_dish(axes: Axes, x_limits: Span, y_limits: Span) -> None:
    """Set limits (um) and labels of axes that show a dish."""
    axes.set(xlabel="x (µm)", ylabel="y (µm)", xlim=x_limits, ylim=y_limits[::-1], aspect="equal")
