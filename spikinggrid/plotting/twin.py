"""The figure of a twin: a recorded dish and its simulated twin side by side."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from spikinggrid.fitting.aim import FARTHEST
from spikinggrid.fitting.twin_result import N_PUBLISHED, WITHIN, Twin
from spikinggrid.plotting.artists.maps import draw_electrodes
from spikinggrid.plotting.artists.rasters import draw_rasters
from spikinggrid.plotting.excerpt import beginnings
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    VERMILLION,
    entitle,
    feature_text,
    halves,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.recordings import Recording
from spikinggrid.statistics import spiking as statistics
from spikinggrid.statistics.feature_space import COMPARED, coordinates

#: Length of the stretch of recordings that is drawn (s).
SPAN = 60.0

#: Time before a network burst that is drawn, and most after it (s); width of a bin.
BEFORE, AFTER, BIN = 0.2, 2.0, 0.02

#: Least time after it that is drawn, s, and share of the bursts that are over by its end.
LEAST_AFTER, OVER = 0.3, 0.9

#: So many single bursts are drawn, evenly over the recording.
N_BURSTS = 30

COLOURS = {"recording": VERMILLION, "twin": BLUE}


def twin(result: Twin, recorded: Recording | None = None) -> Figure:
    """Return a page with a recorded dish and its twin.

    Parameters
    ----------
    result : Twin
    recorded : Recording, optional
        Of the twin; it is grown and recorded again unless given.

    Returns
    -------
    Figure
        Axes "features"; "raster", "rate", "map" and "burst", each with "recording" and "twin".
    """
    pair = {"recording": result.dish.recording, "twin": recorded or result.record()}
    figure = new_figure((13, 11.5))
    above, below = halves(figure, [1, 1.05])
    draw_rasters(above, beginnings(pair, SPAN), ["recording", f"twin, seed {result.seed}"])
    rows = [["features", *(f"{row} {name}" for name in pair)] for row in ("map", "burst")]
    axes = new_axes(below, rows, heights=[1.25, 1], widths=[1.5, 1, 1])
    _draw_features(axes["features"], result)
    _draw_maps({name: axes[f"map {name}"] for name in pair}, pair, result.dish.span)
    _draw_bursts({name: axes[f"burst {name}"] for name in pair}, pair, result.dish.span)
    entitle(figure, f"Twin of {result.dish.recording.source}", f"{result.verdict()}.")
    note(
        figure,
        "Features: how far off, in standard deviations of a difference between two stretches of"
        f" this dish; within the green band ({WITHIN:g}) nine of ten stretches of the dish itself"
        f" lie. What is farther off than {FARTHEST:g} is drawn at the edge. The upper"
        f" {N_PUBLISHED} are the published ones. Bursts: rate of an average electrode about the"
        f" start of network bursts; thin: single ones, thick: their mean.",
        f"First {result.dish.span:g} s of the recording on {result.dish.place.text}; rasters: its"
        f" first {SPAN:g} s. {result.n_simulated:,} dishes simulated.",
    )
    return figure


def _draw_features(axes: Axes, result: Twin) -> None:
    """Draw how far off each feature of the twin is, in spreads of the dish itself."""
    rows = np.arange(len(COMPARED))
    off = result.dish.own.deviations
    axes.axvspan(-WITHIN, WITHIN, color=GREEN, alpha=0.15, linewidth=0)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.barh(rows, off(coordinates([result.twin])[0]), 0.6, color=BLUE, alpha=0.35, label="twin")
    kinds = (
        ("its other stretches", result.others, BLUE, "o"),
        ("other wirings", result.wirings, GREY, "x"),
        ("the dish's other stretches", result.dish.stretches[1:], VERMILLION, "|"),
    )
    for label, table, colour, marker in kinds:
        if table:
            points = off(coordinates(table))
            axes.plot(
                points.ravel(),
                np.tile(rows, len(points)),
                marker,
                color=colour,
                markersize=9 if marker == "|" else 4,
                label=label,
                clip_on=False,
            )
    axes.axhline(N_PUBLISHED - 0.5, color=GREY, linewidth=0.6, linestyle=":")
    table = result.table
    names = [feature_text(name, table.unit[name]) for name in COMPARED]
    values = zip(names, table.recording, table.twin, strict=True)
    labels = [f"{name}: {first:.3g}, twin {second:.3g}" for name, first, second in values]
    axes.set_yticks(rows, labels, fontsize=8)
    axes.set(xlim=(-FARTHEST, FARTHEST), xlabel="off by (spreads of this dish)")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)


def _draw_maps(axes: dict[str, Axes], pair: dict[str, Recording], span: float) -> None:
    """Draw the firing rates of the electrodes, on one scale."""
    rates = {
        name: statistics.firing_rates(r.spike_trains, r.t_start, min(r.t_start + span, r.t_stop))
        for name, r in pair.items()
    }
    every = np.concatenate(list(rates.values()))
    norm = LogNorm(every[every > 0].min(), every.max() * 1.001)
    for name, recording in pair.items():
        is_last = name == list(pair)[-1]
        draw_electrodes(
            axes[name], recording, rates[name], norm, "viridis", "firing rate (Hz)", bar=is_last
        )
        axes[name].set_title(name, loc="left", fontsize=8)


def _draw_bursts(axes: dict[str, Axes], pair: dict[str, Recording], span: float) -> None:
    """Draw the rate of an average electrode in network bursts, on one scale."""
    found = {name: _bursts(recording, span) for name, recording in pair.items()}
    lasting = [
        float(np.quantile(b.stop - b.start, OVER)) for _, b in found.values() if len(b.start)
    ]
    after = float(np.clip(max(lasting, default=0), LEAST_AFTER, AFTER))
    edges = np.arange(-BEFORE, after + BIN, BIN)
    for name, (trains, bursts) in found.items():
        panel = axes[name]
        shown = np.linspace(0, max(len(bursts.start) - 1, 0), N_BURSTS).astype(int)
        starts = bursts.start[np.unique(shown)] if len(bursts.start) else bursts.start
        spikes = np.sort(np.concatenate([[], *trains]))
        counts = np.array([np.diff(np.searchsorted(spikes, edges + start)) for start in starts])
        rates = counts.reshape(-1, len(edges) - 1) / (BIN * max(len(trains), 1))
        middle = edges[:-1] + BIN / 2
        if len(rates):
            panel.plot(middle, rates.T, color=GREY, linewidth=0.4, alpha=0.5)
            panel.plot(middle, rates.mean(axis=0), color=COLOURS[name], linewidth=2)
        panel.set_title(f"{name}: {len(bursts.start)} network bursts", loc="left", fontsize=8)
        panel.set(xlabel="time from its start (s)", xlim=(edges[0], edges[-1]))
    top = max(panel.get_ylim()[1] for panel in axes.values())
    for panel in axes.values():
        panel.set_ylim(0, top)
    next(iter(axes.values())).set_ylabel("rate per electrode (Hz)")


def _bursts(recording: Recording, span: float) -> tuple[list[np.ndarray], statistics.NetworkBursts]:
    """Return the trains that fire in the stretch that was fitted, and their network bursts."""
    end = recording.t_start + span
    trains = [train[train <= end] for train in recording.spike_trains]
    trains = [train for train in trains if train.size]
    return trains, statistics.network_bursts(trains)
