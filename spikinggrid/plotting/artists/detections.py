"""What the detectors of bursts and network spikes found."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from spikinggrid.plotting.excerpt import Excerpt, within
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    ORANGE,
    label_time,
    time_text,
)
from spikinggrid.statistics import spiking as statistics


def draw_bursts(axes: Axes, excerpt: Excerpt) -> int:
    """Draw the bursts that touch an excerpt behind its spikes, and return their number.

    Parameters
    ----------
    axes : Axes
        Of the raster.
    excerpt : Excerpt
    """
    n_bursts, (begin, end) = 0, excerpt.span
    for row, electrode in enumerate(excerpt.electrodes):
        bursts = statistics.find_bursts(excerpt.recording.spike_trains[electrode])
        shown = (bursts.stop >= begin) & (bursts.start <= end)
        bars = list(zip(bursts.start[shown], bursts.duration[shown], strict=True))
        axes.broken_barh(bars, (row - 0.45, 0.9), color=ORANGE, alpha=0.6, linewidth=0, zorder=1)
        n_bursts += len(bars)
    return n_bursts


def draw_network_spikes(axes: Axes, excerpt: Excerpt) -> int:
    """Draw the network spikes of an excerpt as lines behind its spikes, and return their number.

    Parameters
    ----------
    axes : Axes
        Of the raster.
    excerpt : Excerpt
    """
    times, _ = _network_spikes(excerpt)
    axes.vlines(
        times,
        0,
        1,
        color=BLUE,
        linewidth=0.6,
        alpha=0.4,
        zorder=0.5,
        transform=axes.get_xaxis_transform(),
    )
    return times.size


def draw_firing(axes: Axes, excerpt: Excerpt) -> None:
    """Draw how many electrodes of the dish fire at once, in which network spikes are detected.

    Parameters
    ----------
    axes : Axes
    excerpt : Excerpt
    """
    limits = detector_limits(statistics.network_spikes)
    min_electrodes = statistics.network_spike_threshold(excerpt.recording.n_sites)
    times, peaks = _network_spikes(excerpt)
    bins, counts = _n_firing(excerpt, limits["bin_size"])
    axes.vlines(bins, 0, counts, color=BLACK, linewidth=0.5, rasterized=True)
    axes.axhline(min_electrodes, color=BLUE, linewidth=0.8, linestyle="--")
    axes.plot(times, peaks, "v", color=BLUE, markersize=4, label="network spikes")
    axes.set_ylim(0, 1.15 * max(min_electrodes, counts.max(initial=0)))
    axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.set_ylabel(f"electrodes firing\nin {time_text(limits['bin_size'])}", fontsize=9)
    label_time(axes, excerpt.span)


def detector_limits(detector: Callable[..., Any]) -> dict[str, Any]:
    """Return the limits that a detector of bursts or network spikes takes by default, by name."""
    return dict(detector.__kwdefaults__ or {})


def _network_spikes(excerpt: Excerpt) -> tuple[np.ndarray, np.ndarray]:
    """Return times (s) and peaks of a stretch's network spikes, of all electrodes of the dish."""
    recording = excerpt.recording
    min_electrodes = statistics.network_spike_threshold(recording.n_sites)
    spikes = statistics.network_spikes(recording.spike_trains, min_electrodes=min_electrodes)
    shown = (spikes.times >= excerpt.span[0]) & (spikes.times <= excerpt.span[1])
    return spikes.times[shown], spikes.peaks[shown]


def _n_firing(excerpt: Excerpt, bin_size: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres (s) of bins of `network_spikes` with spikes, and electrodes in each."""
    trains = [train for train in excerpt.recording.spike_trains if train.size]
    begin = np.floor(min((train[0] for train in trains), default=0.0))
    bins = [np.unique(np.floor((within(t, excerpt.span) - begin) / bin_size)) for t in trains]
    firing, counts = np.unique(np.concatenate([[], *bins]), return_counts=True)
    return begin + (firing + 0.5) * bin_size, counts
