"""Graphs of electrodes: edges and nodes on the array, and their matrix."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize

from spikinggrid.plotting.artists.maps import frame_dish
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    label_lines,
)
from spikinggrid.recordings import Recording

#: Colours of modules, the largest first; further ones are grey.
MODULE_COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY)

#: More edges than these would be a blot: the strongest are drawn.
MOST_EDGES = 400


def draw_network(
    axes: Axes,
    recording: Recording,
    weights: np.ndarray,
    nodes: Mapping[str, np.ndarray] | None = None,
) -> int:
    """Draw a graph of electrodes on the array, the strongest edges darkest.

    With measures of the nodes their size is their strength, their colour their module, and hubs
    have a black rim; electrodes that are no nodes are open. Without positions electrodes lie on a
    circle in their order.

    Parameters
    ----------
    axes : Axes
    recording : Recording
    weights : (n_electrodes, n_electrodes) array
        Of the edges, 0 where there is none; symmetric.
    nodes : mapping of str to (n_electrodes,) array, optional
        As `NetworkMeasures.nodes`.

    Returns
    -------
    int
        How many edges are drawn.
    """
    places = _places(recording)
    first, second = np.nonzero(np.triu(weights, 1))
    strength = weights[first, second]
    shown = np.argsort(strength)[-MOST_EDGES:]
    opacity = 0.15 + 0.85 * strength[shown] / strength.max(initial=1e-12)
    ends = np.stack([places[first[shown]], places[second[shown]]], axis=1)
    lines = LineCollection(
        list(ends),
        colors=[(0.25, 0.25, 0.25, alpha) for alpha in opacity],
        linewidths=0.9,
        zorder=1,
        label="edges",
    )
    axes.add_collection(lines)
    _draw_nodes(axes, places, nodes)
    low, high = places.min(axis=0), places.max(axis=0)
    margin = 0.08 * max(*(high - low), 1e-9)
    frame_dish(axes, (low[0] - margin, high[0] + margin), (low[1] - margin, high[1] + margin))
    if not recording.has_positions:
        axes.set_axis_off()
    return len(shown)


def _draw_nodes(axes: Axes, places: np.ndarray, nodes: Mapping[str, np.ndarray] | None) -> None:
    if nodes is None:
        axes.plot(*places.T, "o", markersize=4, color=BLACK, zorder=2, label="electrodes")
        return
    is_node = np.isfinite(nodes["degree"])
    axes.plot(
        *places[~is_node].T, "o", markersize=4, markerfacecolor="white", markeredgecolor=GREY,
        zorder=2, label="no nodes",
    )  # fmt: skip
    strength = nodes["strength"][is_node]
    module = nodes["module"][is_node].astype(int)
    colours = [MODULE_COLOURS[m] if 0 <= m < len(MODULE_COLOURS) else GREY for m in module]
    is_hub = nodes["is_hub"][is_node] > 0
    axes.scatter(
        places[is_node, 0],
        places[is_node, 1],
        s=12 + 70 * strength / (strength.max(initial=0) or 1),
        c=colours,
        edgecolors=[BLACK if hub else "white" for hub in is_hub],
        linewidths=np.where(is_hub, 1.6, 0.5).tolist(),
        zorder=3,
        label="nodes",
    )


def _places(recording: Recording) -> np.ndarray:
    """Return positions (um); on a circle if one of them is unknown."""
    places = 1e6 * recording.positions
    if np.isfinite(places).all():
        return places
    angle = 2 * np.pi * np.arange(len(places)) / max(len(places), 1)
    return np.column_stack([np.sin(angle), -np.cos(angle)])


def draw_matrix(
    axes: Axes, recording: Recording, weights: np.ndarray, module: np.ndarray, label: str
) -> None:
    """Draw the matrix of a graph, nodes ordered by module, with lines between modules.

    Parameters
    ----------
    axes : Axes
    recording : Recording
    weights : (n_electrodes, n_electrodes) array
        0 where there is no edge; nothing is drawn if there are no nodes.
    module : (n_electrodes,) array
        Of each electrode; NaN of those that are no nodes, which are left out.
    label : str
        What weights are.
    """
    order = np.argsort(np.where(module < 0, np.inf, module), kind="stable")
    order = order[np.isfinite(module[order])]
    if not order.size:
        axes.set_axis_off()
        return
    shown = weights[np.ix_(order, order)]
    norm = Normalize(0, shown.max() or 1)
    image = axes.imshow(np.where(shown > 0, shown, np.nan), cmap="viridis", norm=norm)
    borders = np.flatnonzero(np.diff(module[order])) + 0.5
    for border in borders:
        axes.axhline(border, color=BLACK, linewidth=0.6)
        axes.axvline(border, color=BLACK, linewidth=0.6)
    axes.figure.colorbar(image, ax=axes, label=label, shrink=0.8)
    axes.set(xticks=[], xlabel="electrode")
    label_lines(axes, np.arange(order.size), [recording.electrode_names[k] for k in order], 5)
