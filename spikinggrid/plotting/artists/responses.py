"""Responses to stimuli over time."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy import stats

from spikinggrid.plotting.artists.rasters import draw_events
from spikinggrid.plotting.responses import Responses
from spikinggrid.plotting.style import (
    BLUE,
    VERMILLION,
    Span,
)


def draw_trials(axes: Axes, trials: Sequence[np.ndarray], span: Span) -> None:
    """Draw the spikes around each stimulus, of all electrodes together, a row for each.

    Parameters
    ----------
    axes : Axes
    trials : sequence of ndarray
        Times of spikes from each stimulus on (s).
    span : (float, float)
        Begin and end, from the stimulus on (s).
    """
    in_ms = [1e3 * times for times in trials]
    draw_events(axes, in_ms, (1e3 * span[0], 1e3 * span[1]), "ms", "spikes")
    axes.set(ylabel="stimulus", xlabel="time from the stimulus (ms)")
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda row, _: f"{row + 1:.0f}"))


def draw_psth(
    axes: Axes, trials: Sequence[np.ndarray], responses: Responses, colour: str, label: str
) -> None:
    """Draw the response of an average electrode, with the 95 % interval of the mean over stimuli.

    Parameters
    ----------
    axes : Axes
    trials : sequence of ndarray
        As in `draw_trials`.
    responses : Responses
        What they are of, with the edges of the bins.
    colour, label : str
    """
    edges, n_electrodes = responses.edges, max(len(responses.excerpt.electrodes), 1)
    # A spike on an edge belongs to the later bin, whatever rounding says.
    counts = np.array([np.histogram(times + 1e-9, edges)[0] for times in trials])
    rates = counts / np.diff(edges) / n_electrodes
    mean = rates.mean(axis=0)
    axes.stairs(mean, 1e3 * edges, color=colour, linewidth=1.2, label=label)
    if len(trials) > 1:
        half = stats.t.ppf(0.975, len(trials) - 1) * stats.sem(rates, axis=0)
        band = {"baseline": np.maximum(mean - half, 0), "fill": True, "linewidth": 0}
        axes.stairs(mean + half, 1e3 * edges, color=colour, alpha=0.25, **band)
    axes.set(xlabel="time from the stimulus (ms)", ylabel="rate per electrode (Hz)")
    axes.set_xlim(1e3 * edges[0], 1e3 * edges[-1])


def mark_stimulus(axes: Axes, offsets: Sequence[float], window: Span) -> None:
    """Mark pulses, and the window in which a response is counted.

    Parameters
    ----------
    axes : Axes
        Of time from the stimulus (ms).
    offsets : sequence of float
        When there are pulses, from the first on (s).
    window : (float, float)
        Begin and end (s).
    """
    axes.axvspan(1e3 * window[0], 1e3 * window[1], color=BLUE, alpha=0.1, linewidth=0, zorder=0)
    for offset in offsets:
        axes.axvline(1e3 * offset, color=VERMILLION, linewidth=1, zorder=0.5)
