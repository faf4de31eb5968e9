"""What figures are made of: each function draws one thing on axes it is given.

    draw_events                             times by row, as marks or, where too many, as density
    draw_raster, draw_rate, draw_pulses     spikes, their rate and the stimuli over time
    draw_rasters                            both, of recordings side by side
    draw_bursts, draw_network_spikes,
    draw_firing                             what the detectors found
    draw_electrodes                         a value for each electrode, on the dish
    Pairs, draw_strengths, draw_chance      connections against distance
    draw_dish                               neurons and electrodes on the dish
    draw_trials, draw_psth, mark_stimulus   responses to stimuli over time
    draw_ratios, write_features             the features of two recordings compared

Some say in words or numbers what they drew, for the title or the note of the figure. Axes show
s, ms, Hz, µm and mV; arguments are in s and m, as everywhere. y runs downwards, as in images.
"""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection, EllipseCollection, PatchCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy import stats
from scipy.spatial import cKDTree

from spikinggrid.network.connectivity import ABSENT
from spikinggrid.network.culture import Culture
from spikinggrid.plotting.excerpt import Excerpt, within
from spikinggrid.plotting.responses import Responses
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    Span,
    height,
    label_lines,
    label_time,
    new_axes,
    plain_numbers,
    share_time,
    time_text,
    width,
)
from spikinggrid.recordings import Recording
from spikinggrid.statistics import spiking as statistics
from spikinggrid.statistics.features import FEATURES
from spikinggrid.utils.missing import number_text

#: Where marks would cover a larger share of the axes, density is drawn instead.
MOST_COVERED = 0.3

#: Least height of a mark (points), and most rows of density to a point.
MARK, ROWS_TO_A_POINT = 1.5, 2

#: Most bins of time of densities and of rates.
MAX_DENSITY_BINS, MAX_RATE_BINS = 500, 1000

#: Electrodes of arrays with more of them are squares that leave no gaps.
MAX_CIRCLES = 256

#: Of a projection with more pairs, only some sources are looked at, drawn with this seed.
MAX_PAIRS, MAX_DOTS, SAMPLING_SEED = 2_000_000, 2_000, 0

#: Fewest connections in a bin of distance whose mean strength is drawn.
MIN_CONNECTIONS = 10

#: Features that a comparison of two recordings shows: the published ones.
COMPARED = (
    "burst.rate",
    "burst.dur",
    "spikes.in.bursts",
    "CV.IBI",
    "burst.fir.rate",
    "fir.rate",
    "num.n.s",
    "n.s.peak",
    "n.s.dur",
    "corr",
    "theta.burst",
)


# Rasters


def draw_events(
    axes: Axes, rows: Sequence[np.ndarray], span: Span, unit: str, counted: str
) -> None:
    """Draw times by row from the top: a mark each or, where marks would merge, their density.

    Parameters
    ----------
    axes : Axes
    rows : sequence of ndarray
        Times of each row, in the unit of the axis.
    span : (float, float)
        Begin and end of the axis, in the same unit.
    unit : str
        Name of it.
    counted : str
        What the density is of, such as "spikes per electrode".
    """
    n_rows = max(len(rows), 1)
    if _coverage(axes, rows, span) > MOST_COVERED:
        _draw_density(axes, rows, span, unit, counted)
    else:
        # Markers, as lines of their own take twenty times as long.
        axes.plot(
            np.concatenate([[], *rows]),
            np.repeat(np.arange(len(rows)), [row.size for row in rows]),
            "|",
            color=BLACK,
            label="spikes",
            rasterized=True,
            markersize=np.clip(0.75 * height(axes) / n_rows, MARK, 15),
            markeredgewidth=0.5,
        )
    axes.set(xlim=span, ylim=(n_rows - 0.5, -0.5))


def draw_raster(axes: Axes, excerpt: Excerpt) -> None:
    """Draw the spikes of an excerpt, one row for each electrode, and its pulses above them.

    Parameters
    ----------
    axes : Axes
    excerpt : Excerpt
    """
    draw_events(axes, excerpt.trains, excerpt.span, "s", "spikes per electrode")
    label_time(axes, excerpt.span)
    _label_rows(axes, excerpt)
    if excerpt.pulses.size:
        draw_pulses(axes, excerpt.pulses)


def draw_rate(axes: Axes, excerpt: Excerpt) -> None:
    """Draw the rate of an average electrode in at most 1,000 bins of 1, 2 or 5 x 10^n s.

    Parameters
    ----------
    axes : Axes
    excerpt : Excerpt
    """
    bin_size, n_bins = _bins(excerpt.span, MAX_RATE_BINS)
    edges = np.linspace(*excerpt.span, n_bins + 1)
    counts, _ = np.histogram(np.concatenate([[], *excerpt.trains]), edges)
    rate = counts / np.diff(edges) / max(len(excerpt.electrodes), 1)
    axes.stairs(rate, edges, fill=True, color=BLACK)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"rate per electrode\n(Hz, {time_text(bin_size)} bins)", fontsize=9)
    label_time(axes, excerpt.span)


def draw_rasters(
    figure: SubFigure, recordings: dict[str, Recording], titles: list[str], duration: float
) -> dict[str, Axes]:
    """Draw rasters and rates of recordings side by side, on one scale of rates.

    Parameters
    ----------
    figure : SubFigure
    recordings : dict of str to Recording
        By name.
    titles : list of str
        One above each.
    duration : float
        Length of the stretch from the start of each recording (s), or less if one is shorter.

    Returns
    -------
    dict of str to Axes
        "raster" and "rate" with the names of the recordings.
    """
    length = min([duration, *(recording.duration for recording in recordings.values())])
    rows = [[f"{row} {name}" for name in recordings] for row in ("raster", "rate")]
    axes = new_axes(figure, rows, [3, 1])
    for (name, recording), title in zip(recordings.items(), titles, strict=True):
        excerpt = Excerpt.of(recording, None, recording.t_start + length)
        column = axes[f"raster {name}"], axes[f"rate {name}"]
        draw_raster(column[0], excerpt)
        draw_rate(column[1], excerpt)
        share_time(column, excerpt.span)
        letters = int(width(column[0]) / 4.2)
        lines = (textwrap.fill(line, letters) for line in (title, excerpt.spikes_text()))
        column[0].set_title("\n".join(lines), loc="left", fontsize=8)
    top = max(axes[f"rate {name}"].get_ylim()[1] for name in recordings)
    for name in recordings:
        axes[f"rate {name}"].set_ylim(0, top)
    return axes


def draw_pulses(axes: Axes, pulses: np.ndarray) -> None:
    """Draw pulses as ticks above a raster, below its title.

    Parameters
    ----------
    axes : Axes
        Of the raster.
    pulses : ndarray, shape (n_pulses,)
        Times (s).
    """
    unit = 1 / height(axes)
    strip = axes.inset_axes((0, 1 + 5 * unit, 1, 7 * unit), sharex=axes, label="pulses")
    strip.vlines(pulses, 0, 1, color=VERMILLION, linewidth=0.8, rasterized=True, label="pulses")
    strip.spines[:].set_visible(False)
    strip.tick_params(bottom=False, labelbottom=False)
    strip.set(yticks=[], ylim=(0, 1), facecolor="none")
    strip.set_ylabel("pulses", rotation=0, ha="right", va="center", fontsize=8, color=VERMILLION)


def _bins(span: Span, most: int) -> tuple[float, int]:
    """Return width, 1, 2 or 5 x 10^n s, and number of at most so many bins that fill a stretch.

    The number is rounded, so that the last bin is as wide as all others.
    """
    length = span[1] - span[0]
    decade = 10.0 ** np.floor(np.log10(length / most))
    bin_size = next(m * decade for m in (1, 2, 5, 10) if m * decade >= 0.999 * length / most)
    return bin_size, max(1, round(length / bin_size))


def _coverage(axes: Axes, rows: Sequence[np.ndarray], span: Span) -> float:
    """Return the share of the axes that marks would cover, one point wide and as high as a row."""
    n_marks_high = max(1, min(len(rows), int(height(axes) / MARK)))
    counts = _counts(rows, span, n_marks_high, max(1, int(width(axes))))
    return float((counts > 0).mean())


def _counts(rows: Sequence[np.ndarray], span: Span, n_rows: int, n_bins: int) -> np.ndarray:
    """Return the number of times in bins, of rows merged into `n_rows`; shape (n_rows, n_bins)."""
    row = (
        np.repeat(np.arange(len(rows)), [times.size for times in rows])
        * n_rows
        // max(len(rows), 1)
    )
    edges = np.arange(n_rows + 1) - 0.5, np.linspace(*span, n_bins + 1)
    return np.histogram2d(row, np.concatenate([[], *rows]), edges)[0]


def _draw_density(
    axes: Axes, rows: Sequence[np.ndarray], span: Span, unit: str, counted: str
) -> None:
    """Draw the number of times of a row in a bin as colours; white is none."""
    bin_size, n_bins = _bins(span, MAX_DENSITY_BINS)
    n_rows = min(len(rows), int(ROWS_TO_A_POINT * height(axes)))
    counts = _counts(rows, span, n_rows, n_bins) * n_rows / len(rows)
    image = axes.imshow(
        np.ma.masked_equal(counts, 0),
        cmap="magma_r",
        norm=LogNorm(counts[counts > 0].min(), max(counts.max(), 2 * counts[counts > 0].min())),
        aspect="auto",
        interpolation="nearest",
        extent=(*span, len(rows) - 0.5, -0.5),
        label="spikes",
    )
    beside = axes.inset_axes(
        (0.72, 1 + 18 / height(axes), 0.28, 5 / height(axes)), label="<colorbar>"
    )
    bar = axes.figure.colorbar(image, cax=beside, orientation="horizontal", ticklocation="top")
    plain_numbers(bar.ax.xaxis, few=True)
    bar.ax.tick_params(labelsize=7, pad=1)
    bar.ax.minorticks_off()
    width_text = time_text(bin_size) if unit == "s" else f"{bin_size:g} {unit}"
    bar.ax.set_ylabel(
        f"{counted} in {width_text} ", rotation=0, ha="right", va="center", fontsize=8
    )


def _label_rows(axes: Axes, excerpt: Excerpt) -> None:
    """Label the rows of a raster by y where electrodes lie on a grid, else by name."""
    n_rows = len(excerpt.electrodes)
    y, first = np.unique(np.round(excerpt.y, 9), return_index=True)
    if np.isfinite(y).all() and 1 < y.size <= n_rows / 2:
        bounds = np.append(first, n_rows) - 0.5
        places, labels = (bounds[:-1] + bounds[1:]) / 2, [f"{1e6 * value:.0f}" for value in y]
        axes.set_ylabel("electrodes row by row, at y (µm)")
        axes.set_yticks(bounds, minor=True)
        axes.tick_params(axis="y", which="major", length=0)
        axes.tick_params(axis="y", which="minor", length=6 if y.size < 20 else 2)
    else:
        places, labels = np.arange(n_rows, dtype=float), excerpt.names
        axes.set_ylabel("electrode")
    label_lines(axes, places, labels, 8)


# What the detectors found


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


# Electrodes on the dish


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
    _frame_dish(axes, (low[0], high[0]), (low[1], high[1]))
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


def _frame_dish(axes: Axes, x_limits: Span, y_limits: Span) -> None:
    axes.set(xlabel="x (µm)", ylabel="y (µm)", xlim=x_limits, ylim=y_limits[::-1], aspect="equal")


# Responses


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


# Wiring


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
    _frame_dish(axes, (0, 1e6 * culture.width), (0, 1e6 * culture.height))
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


# Features


def feature_values(pair: Sequence[Recording]) -> np.ndarray:
    """Return the published features of two recordings, shape (2, n_features); NaN if missing."""
    table = [recording.features() for recording in pair]
    return np.array([[column[name] for name in COMPARED] for column in table])


def draw_ratios(axes: Axes, values: np.ndarray, names: Sequence[str]) -> None:
    """Draw the ratio of the first to the second recording's features where both are positive.

    Parameters
    ----------
    axes : Axes
    values : ndarray, shape (2, n_features)
        As `feature_values` returns them.
    names : sequence of str
        Of both recordings.
    """
    rows = np.arange(len(COMPARED))
    drawn = (values > 0).all(axis=0)
    ratio = values[0, drawn] / values[1, drawn]
    limit = 1.3 * np.exp(np.abs(np.log(ratio)).max(initial=np.log(2)))
    axes.axvline(1, color=BLACK, linewidth=0.8)
    axes.hlines(rows[drawn], 1, ratio, color=GREY, linewidth=0.8)
    axes.plot(ratio, rows[drawn], "o", color=BLUE, markersize=6)
    axes.set(xscale="log", xlim=(1 / limit, limit), xlabel=f"{' / '.join(names)} (ratio)")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    plain_numbers(axes.xaxis, few=limit > 30)
    axes.set_yticks(rows, [FEATURES[name].label_with_unit for name in COMPARED], fontsize=9)


def write_features(axes: Axes, beside: Axes, values: np.ndarray, names: Sequence[str]) -> None:
    """Write the values of features beside the rows of `draw_ratios`.

    Parameters
    ----------
    axes : Axes
        Of the ratios.
    beside : Axes
        To the right of them.
    values : ndarray, shape (2, n_features)
        As `feature_values` returns them.
    names : sequence of str
        Of both recordings.
    """
    beside.set_axis_off()
    for panel in (axes, beside):
        panel.set_ylim(values.shape[1] - 0.5, -1.5)
    for place, name, column in zip((0.4, 0.95), names, values, strict=True):
        beside.text(place, -1, name, ha="right", va="center", fontsize=9)
        for row, value in enumerate(column):
            beside.text(place, row, number_text(value, ".3g"), ha="right", va="center", fontsize=9)
