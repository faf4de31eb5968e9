"""Connections against distance, and neurons on the dish."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spikinggrid.network.connectivity import ABSENT
from spikinggrid.network.culture import Culture
from spikinggrid.plotting.artists.maps import MAX_CIRCLES, frame_dish
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    VERMILLION,
)

#: Of a projection with more pairs, only some sources are looked at, drawn with this seed.
MAX_PAIRS, MAX_DOTS, SAMPLING_SEED = 2_000_000, 2_000, 0

#: Fewest connections in a bin of distance whose mean strength is drawn.
MIN_CONNECTIONS = 10


class Pairs:
    """Pairs of source and target of a projection, of all sources or of some drawn at random.

    Parameters
    ----------
    culture : Culture
    name : {"excitatory", "inhibitory"}
        The projection of the culture.

    Attributes
    ----------
    distance, strength : ndarray, shape (n_pairs,)
        m, and V (`ABSENT` if there is no connection).
    connected : ndarray of int
        Indices of the pairs that are connected.
    """

    def __init__(self, culture: Culture, name: str):
        self.name, self.projection = name, getattr(culture, name)
        self.distance, self.strength, self.n_sources = _sampled_pairs(culture, name)
        self.connected = np.flatnonzero(self.strength >= 0)

    @property
    def edges(self) -> np.ndarray:
        """Edges of 30 bins of distance (m)."""
        return np.linspace(0, self.distance[self.connected].max(), 31)

    def text(self) -> str:
        """Return how many connections there are, and which of them `draw_strengths` draws."""
        n_pre, n_connected = self.projection.n_pre, self.connected.size
        if not n_connected:
            return f"No {self.name} connections."
        sources = f"all {self.n_sources:,} sources"
        if self.n_sources < n_pre:
            sources = f"{self.n_sources:,} of {n_pre:,} sources, drawn with seed {SAMPLING_SEED}"
        n_zero = np.sum(self.strength[self.connected] == 0)
        return (
            f"{self.name.capitalize()}: {self.projection.n_synapses:,} connections; curves from"
            f" {sources}; dots: {min(MAX_DOTS, n_connected):,} of their {n_connected:,} connections"
            f"{f' ({n_zero:,} of 0 mV cannot be seen)' if n_zero else ''}."
        )


def draw_strengths(axes: Axes, pairs: Pairs, colour: str) -> None:
    """Draw the strength of connections against distance: some of them, and their mean.

    Parameters
    ----------
    axes : Axes
    pairs : Pairs
        Some of which are connected.
    colour : str
    """
    connected, edges = pairs.connected, pairs.edges
    n_connected, _ = np.histogram(pairs.distance[connected], edges)
    strength = pairs.strength[connected].astype(np.float64)  # sums of float32 are too coarse
    total, _ = np.histogram(pairs.distance[connected], edges, weights=strength)
    mean = np.full(total.size, np.nan)
    np.divide(total, n_connected, out=mean, where=n_connected >= MIN_CONNECTIONS)
    n_dots = min(MAX_DOTS, connected.size)
    dots = np.random.default_rng(SAMPLING_SEED).choice(connected, n_dots, replace=False)
    axes.plot(
        1e6 * pairs.distance[dots],
        1e3 * pairs.strength[dots],
        ".",
        color=colour,
        markersize=3,
        alpha=0.4,
        markeredgewidth=0,
        rasterized=True,
        label=f"{pairs.name}, single connections",
    )
    middle = (edges[:-1] + edges[1:]) / 2
    axes.plot(1e6 * middle, 1e3 * mean, color=colour, linewidth=2, label=pairs.name)


def draw_chance(axes: Axes, pairs: Pairs, colour: str) -> None:
    """Draw the share of pairs that are connected against distance.

    Parameters
    ----------
    axes : Axes
    pairs : Pairs
        Some of which are connected.
    colour : str
    """
    n_connected, _ = np.histogram(pairs.distance[pairs.connected], pairs.edges)
    n_pairs, _ = np.histogram(pairs.distance, pairs.edges)
    axes.stairs(
        n_connected / np.maximum(n_pairs, 1),
        1e6 * pairs.edges,
        color=colour,
        linewidth=1.5,
        label=pairs.name,
        baseline=None,
    )


def _sampled_pairs(culture: Culture, name: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Return distance (m) and strength (V; or `ABSENT`) of pairs, and the number of sources."""
    projection = getattr(culture, name)
    n_sources = min(projection.n_pre, max(1, MAX_PAIRS // projection.n_post))
    generator = np.random.default_rng(SAMPLING_SEED)
    sources = np.sort(generator.choice(projection.n_pre, n_sources, replace=False))
    if projection.is_dense:
        strengths = projection.weights[sources]
    else:
        strengths = np.full((n_sources, projection.n_post), ABSENT, projection.weights.dtype)
        for row, source in enumerate(sources):
            synapses = slice(*projection.pointer[source : source + 2])
            strengths[row, projection.post[synapses]] = projection.weights[synapses]
    pre, post = sources[:, None], np.arange(projection.n_post)
    others = pre + culture.first_source(name) != post
    return culture.distances(name, pre, post)[others], strengths[others], n_sources


def draw_dish(axes: Axes, culture: Culture, electrodes: np.ndarray | None) -> None:
    """Draw neurons and electrodes where they lie.

    Parameters
    ----------
    axes : Axes
    culture : Culture
    electrodes : ndarray, shape (n_electrodes, 2), or None
        Positions (m); None to draw no electrodes.
    """
    places, inhibitory = 1e6 * np.column_stack([culture.x, culture.y]), culture.is_inhibitory
    size = np.clip(120 / np.sqrt(culture.n_neurons), 1.5, 5)
    excites = "neuron, excites and by its relay inhibits" if culture.relay else "excitatory"
    for chosen, colour, label in (
        (places[~inhibitory], BLUE, excites),
        (places[inhibitory], VERMILLION, "inhibitory"),
    ):
        if len(chosen):
            axes.plot(
                *chosen.T,
                ".",
                color=colour,
                markersize=size,
                markeredgewidth=0,
                rasterized=True,
                label=f"{label} ({len(chosen):,})",
            )
    if electrodes is not None:
        axes.plot(
            *1e6 * np.asarray(electrodes).T,
            "s",
            color=BLACK,
            markersize=np.clip(100 / np.sqrt(len(electrodes)), 1.5, 4),
            markeredgewidth=0.8 if len(electrodes) <= MAX_CIRCLES else 0.4,
            markerfacecolor="none",
            label=f"electrode ({len(electrodes):,})",
        )
    frame_dish(axes, (0, 1e6 * culture.width), (0, 1e6 * culture.height))
    legend = axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1),
        ncols=3,
        frameon=False,
        fontsize=8,
        handletextpad=0.1,
        columnspacing=1,
    )
    for handle in legend.legend_handles:
        if isinstance(handle, Line2D):
            handle.set_markersize(6)
