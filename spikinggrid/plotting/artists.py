"""What figures are made of: each function draws one thing on axes it is given.

    draw_raster, draw_rate, draw_pulses     spikes, their rate and the stimuli over time
    draw_rasters                            both, of recordings side by side
    draw_bursts, draw_network_spikes        what the detectors found
    draw_electrodes                         a value for each electrode, on the dish
    draw_psth                               the response to stimuli over time
    draw_projection, draw_dish              connections against distance, neurons on the dish
    draw_features                           ratio and values of the features of two recordings

Some say in words or numbers what they drew, for the title or the note of the figure. Axes show
s, ms, Hz, um and mV; arguments are in s, as everywhere. y runs downwards, as in images.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import SubFigure
from scipy.spatial.distance import pdist

from spikinggrid.network.connectivity import ABSENT
from spikinggrid.network.culture import Culture
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    Span,
    height,
    label_lines,
    new_axes,
    plain_numbers,
    share_time,
    spikes_text,
    time_text,
    within,
)
from spikinggrid.recordings import Recording
from spikinggrid.statistics import features
from spikinggrid.statistics import spiking as statistics

#: Of a projection with more pairs, only some sources are looked at, drawn with this seed.
MAX_PAIRS, MAX_DOTS, SAMPLING_SEED = 2_000_000, 2_000, 0

#: Fewest connections in a bin of distance whose mean strength is drawn.
MIN_CONNECTIONS = 10

FEATURES = {
    "burst.rate": "burst rate (/min)",
    "burst.dur": "burst duration (s)",
    "spikes.in.bursts": "spikes in bursts (%)",
    "CV.IBI": "CV of inter-burst intervals",
    "burst.fir.rate": "firing rate in bursts (Hz)",
    "fir.rate": "firing rate (Hz)",
    "num.n.s": "network spike rate (/min)",
    "n.s.peak": "network spike peak (electrodes)",
    "n.s.dur": "network spike width (s)",
    "corr": "correlation (STTC, 5 ms)",
    "theta.burst": "theta-bursting electrodes (share)",
}


# Rasters


def draw_raster(axes: Axes, recording: Recording, span: Span) -> None:
    """Draw the spikes of a stretch, one row for each electrode, row by row from the top left."""
    trains = [within(recording.spike_trains[e], span) for e in _by_place(recording)]
    rows = np.repeat(np.arange(len(trains)), [train.size for train in trains])
    n_rows = max(len(trains), 1)
    # Markers, as lines of their own take twenty times as long.
    axes.plot(
        np.concatenate([[], *trains]),
        rows,
        "|",
        color=BLACK,
        label="spikes",
        rasterized=True,
        markersize=np.clip(0.75 * height(axes) / n_rows, 1.5, 15),
        markeredgewidth=0.5,
    )
    axes.set_ylim(n_rows - 0.5, -0.5)
    _label_rows(axes, recording)


def draw_rate(axes: Axes, recording: Recording, span: Span) -> None:
    """Draw the rate of an average electrode in at most 1,000 bins of 1, 2 or 5 x 10^n s."""
    length = span[1] - span[0]
    decade = 10.0 ** np.floor(np.log10(length / 1000))
    bin_size = next(m * decade for m in (1, 2, 5, 10) if m * decade >= 0.999 * length / 1000)
    # As many bins as fill the stretch, so that the last one is as wide as all others.
    edges = np.linspace(*span, max(1, round(length / bin_size)) + 1)
    counts, _ = np.histogram(np.concatenate([[], *recording.spike_trains]), edges)
    rate = counts / np.diff(edges) / max(recording.n_electrodes, 1)
    axes.stairs(rate, edges, fill=True, color=BLACK)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"rate per electrode\n(Hz, {time_text(bin_size)} bins)", fontsize=9)


def draw_rasters(
    figure: SubFigure, recordings: dict[str, Recording], titles: list[str], duration: float
) -> dict[str, Axes]:
    """Draw rasters and rates of recordings side by side, on one scale of rates.

    Returns axes "raster" and "rate" with the names of the recordings. Of each, the first `duration` (s)
    are drawn, or as much as the shortest has.
    """
    length = min([duration, *(recording.duration for recording in recordings.values())])
    rows = [[f"{row} {name}" for name in recordings] for row in ("raster", "rate")]
    axes = new_axes(figure, rows, [3, 1])
    for (name, recording), title in zip(recordings.items(), titles, strict=True):
        span = (recording.t_start, recording.t_start + length)
        column = axes[f"raster {name}"], axes[f"rate {name}"]
        draw_raster(column[0], recording, span)
        draw_rate(column[1], recording, span)
        share_time(column, span)
        column[0].set_title(f"{title}\n{spikes_text(recording, span)}", loc="left", fontsize=8)
    top = max(axes[f"rate {name}"].get_ylim()[1] for name in recordings)
    for name in recordings:
        axes[f"rate {name}"].set_ylim(0, top)
    return axes


def draw_pulses(axes: Axes, pulses: np.ndarray) -> None:
    """Draw pulses at these times (s) as ticks in a strip of their own."""
    axes.plot(
        pulses,
        np.zeros_like(pulses),
        "|",
        color=VERMILLION,
        markersize=7,
        markeredgewidth=0.8,
        rasterized=True,
    )
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False)
    axes.set_yticks([])
    axes.set_ylabel("pulses", rotation=0, ha="right", va="center", fontsize=8, color=VERMILLION)


def _by_place(recording: Recording) -> np.ndarray:
    """Electrodes row by row from the top left, those without a place last."""
    return np.lexsort((recording.x, recording.y))


def _label_rows(axes: Axes, recording: Recording) -> None:
    """Label the rows of a raster by y where electrodes lie on a grid, else by name."""
    order = _by_place(recording)
    y, first = np.unique(recording.y[order], return_index=True)
    if np.isfinite(y).all() and 1 < y.size <= recording.n_electrodes / 2:
        bounds = np.append(first, recording.n_electrodes) - 0.5
        places, labels = (bounds[:-1] + bounds[1:]) / 2, [f"{1e6 * value:.0f}" for value in y]
        axes.set_ylabel("electrodes row by row, at y (um)")
        axes.set_yticks(bounds, minor=True)
        axes.tick_params(axis="y", which="major", length=0)
        axes.tick_params(axis="y", which="minor", length=6)
    else:
        places = np.arange(recording.n_electrodes)
        labels = [recording.electrode_names[electrode] for electrode in order]
        axes.set_ylabel("electrode")
    label_lines(axes, places, labels, 8)


# What the detectors found


def draw_bursts(axes: Axes, recording: Recording, span: Span) -> int:
    """Draw the bursts that touch a stretch behind its spikes and say how many they are."""
    n_bursts = 0
    for row, electrode in enumerate(_by_place(recording)):
        found = statistics.find_bursts(recording.spike_trains[electrode])
        shown = (found.stop >= span[0]) & (found.start <= span[1])
        bars = np.column_stack([found.start, found.duration])[shown]
        axes.broken_barh(bars, (row - 0.45, 0.9), color=ORANGE, alpha=0.6, linewidth=0, zorder=1)
        n_bursts += len(bars)
    return n_bursts


def draw_network_spikes(axes: dict[str, Axes], recording: Recording, span: Span) -> int:
    """Mark the network spikes of a stretch and say how many they are.

    Parameters
    ----------
    axes : dict of Axes
        "firing", for the number of electrodes that fire at once, in which network spikes are
        found, and "raster".
    """
    limits = statistics.network_spikes.__kwdefaults__
    found = statistics.network_spikes(recording.spike_trains)
    shown = (found.times >= span[0]) & (found.times <= span[1])
    times, peaks = found.times[shown], found.peaks[shown]
    bins, counts = _n_firing(recording, span, limits["bin_size"])
    firing = axes["firing"]
    firing.vlines(bins, 0, counts, color=BLACK, linewidth=0.5, rasterized=True)
    firing.axhline(limits["min_electrodes"], color=BLUE, linewidth=0.8, linestyle="--")
    firing.plot(times, peaks, "v", color=BLUE, markersize=4, label="network spikes")
    firing.set_ylim(0, 1.15 * max(limits["min_electrodes"], counts.max(initial=0)))
    firing.yaxis.get_major_locator().set_params(integer=True)
    firing.set_ylabel(f"electrodes firing\nin {time_text(limits['bin_size'])}", fontsize=9)
    everywhere = axes["raster"].get_xaxis_transform()
    axes["raster"].vlines(
        times, 0, 1, color=BLUE, linewidth=0.6, alpha=0.4, zorder=0.5, transform=everywhere
    )
    return times.size


def _n_firing(recording: Recording, span: Span, bin_size: float) -> tuple[np.ndarray, np.ndarray]:
    """Centres (s) of the bins of `statistics.network_spikes` with spikes, electrodes in each."""
    trains = [train for train in recording.spike_trains if train.size]
    begin = np.floor(min((train[0] for train in trains), default=0.0))
    bins = [np.unique(np.floor((within(train, span) - begin) / bin_size)) for train in trains]
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
    stimulated: np.ndarray = (),
) -> str:
    """Draw one value for each electrode where it lies; say which electrodes are left out.

    Parameters
    ----------
    values : ndarray, shape (n_electrodes,)
    norm, cmap : Normalize, str
        Scale and map of the colours.
    label : str
        What the values are, with their unit.
    stimulated : ndarray of int
        Electrodes to be marked.

    Returns
    -------
    str
        Continues the summary of the figure; "" if all electrodes are drawn at their places.
    """
    placed = np.isfinite(recording.x) & np.isfinite(recording.y)
    if not placed.any():
        _draw_bars(axes, recording, values, norm, label)
        return "; places unknown"
    places = 1e6 * np.column_stack([recording.x, recording.y])
    fired = np.array([train.size > 0 for train in recording.spike_trains])
    pitch = _pitch(places[placed])

    def circles(chosen: np.ndarray, diameter: float, **style) -> EllipseCollection:
        size = np.full(chosen.sum(), diameter * pitch)
        drawn = EllipseCollection(
            size,
            size,
            0 * size,
            units="xy",
            offsets=places[chosen],
            offset_transform=axes.transData,
            **style,
        )
        return axes.add_collection(drawn)

    silent, pulsed = placed & ~fired, placed & np.isin(np.arange(fired.size), stimulated)
    circles(silent, 0.8, facecolor="none", edgecolor=GREY, linewidth=0.8, label="silent")
    if (placed & fired).any():
        coloured = circles(placed & fired, 0.8, cmap=cmap, norm=norm, edgecolor=GREY, linewidth=0.3)
        coloured.set(array=values[placed & fired], label="fired")
        bar = axes.figure.colorbar(coloured, ax=axes, label=label, shrink=0.8)
        if isinstance(norm, LogNorm):
            plain_numbers(bar.ax.yaxis, few=norm.vmax > 1000 * norm.vmin)
    circles(pulsed, 0.25, facecolor="white", edgecolor=BLACK, linewidth=0.8, label="stimulated")
    low, high = places[placed].min(axis=0) - pitch, places[placed].max(axis=0) + pitch
    _frame_dish(axes, (low[0], high[0]), (low[1], high[1]))
    legend = {"open circles: no spike": silent, "white dots: stimulated": pulsed}
    axes.set_title(", ".join(text for text, some in legend.items() if some.any()), fontsize=8)
    n_left_out = np.sum(~placed)
    return f"; {n_left_out} without a place left out" if n_left_out else ""


def _draw_bars(
    axes: Axes, recording: Recording, values: np.ndarray, norm: Normalize, label: str
) -> None:
    rows = np.arange(len(values))
    axes.barh(rows, values, color=BLUE)
    left = 0.0
    if isinstance(norm, LogNorm):
        left = norm.vmin / 2
        axes.set(xlim=(left, norm.vmax * 1.2), xscale="log")
        plain_numbers(axes.xaxis, few=norm.vmax > 1000 * norm.vmin)
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
    """Least distance between two electrodes that do not lie at the same place (um)."""
    distances = pdist(np.unique(places, axis=0))
    return distances.min() if distances.size else 200.0


def _frame_dish(axes: Axes, x_limits: Span, y_limits: Span) -> None:
    axes.set(xlabel="x (um)", ylabel="y (um)", xlim=x_limits, ylim=y_limits[::-1], aspect="equal")


# Responses


def draw_psth(
    axes: Axes, edges: np.ndarray, rate: np.ndarray, duration: float, window: Span
) -> None:
    """Draw the response of an average electrode to the stimuli.

    Parameters
    ----------
    edges, rate : ndarray, shape (n_bins + 1,) and (n_bins,)
        Edges of the bins, from the first pulse on (s), and firing rates (Hz).
    duration : float
        From the first to the last pulse of the longest stimulus (s).
    window : (float, float)
        Where a response is looked for (s).
    """
    axes.axvspan(1e3 * window[0], 1e3 * window[1], color=BLUE, alpha=0.12, linewidth=0)
    axes.stairs(rate, 1e3 * edges, fill=True, color=BLACK)
    axes.axvline(0, color=VERMILLION, linewidth=1)
    if duration > 0:
        axes.axvspan(0, 1e3 * duration, ymin=0.97, color=VERMILLION, linewidth=0)
    axes.set(xlabel="time from the first pulse (ms)", ylabel="rate per electrode (Hz)")
    axes.set(xlim=1e3 * edges[[0, -1]], ylim=(0, None))


# Wiring


def draw_projection(above: Axes, below: Axes, culture: Culture, name: str, colour: str) -> str:
    """Draw strength (above) and chance (below) of connections against distance; say of what.

    Parameters
    ----------
    name : {"excitatory", "inhibitory"}
        The projection of the culture.
    colour : str
    """
    distance, strength, n_sources = _sampled_pairs(culture, name)
    connected = np.flatnonzero(strength >= 0)
    if not connected.size:
        return f"No {name} connections."
    distance, strength = 1e6 * distance, 1e3 * strength
    edges = np.linspace(0, distance[connected].max(), 31)
    n_pairs, _ = np.histogram(distance, edges)
    n_connected, _ = np.histogram(distance[connected], edges)
    total, _ = np.histogram(distance[connected], edges, weights=strength[connected])
    mean = np.full(total.size, np.nan)
    np.divide(total, n_connected, out=mean, where=n_connected >= MIN_CONNECTIONS)
    n_dots = min(MAX_DOTS, connected.size)
    dots = np.random.default_rng(SAMPLING_SEED).choice(connected, n_dots, replace=False)
    above.plot(
        distance[dots],
        strength[dots],
        ".",
        color=colour,
        markersize=3,
        alpha=0.4,
        markeredgewidth=0,
        rasterized=True,
        label=f"{name}, single connections",
    )
    above.plot((edges[:-1] + edges[1:]) / 2, mean, color=colour, linewidth=2, label=name)
    below.stairs(
        n_connected / np.maximum(n_pairs, 1),
        edges,
        color=colour,
        linewidth=1.5,
        label=name,
        baseline=None,
    )
    projection = getattr(culture, name)
    sources = f"all {n_sources:,} sources"
    if n_sources < projection.n_pre:
        sources = f"{n_sources:,} of {projection.n_pre:,} sources, drawn with seed {SAMPLING_SEED}"
    n_zero = np.sum(strength[connected] == 0)
    return (
        f"{name.capitalize()}: {projection.n_synapses:,} connections; curves from {sources};"
        f" dots: {n_dots:,} of their {connected.size:,} connections"
        f"{f' ({n_zero:,} of 0 mV cannot be seen)' if n_zero else ''}."
    )


def _sampled_pairs(culture: Culture, name: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Distance (m) and strength (V; `ABSENT` if there is none) of pairs, number of sources."""
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
    """Draw neurons and electrodes, positions (n_electrodes, 2) in m, where they lie."""
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
            markersize=4,
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
        handle.set_markersize(6)


# Features


def draw_features(axes: Axes, beside: Axes, pair: dict[str, Recording]) -> None:
    """Draw the ratio of the first to the second recording's features, and the values beside it."""
    table = [
        features.published_features(each.spike_trains, each.t_start, each.t_stop)
        for each in pair.values()
    ]
    values = np.array([[column[name] for name in FEATURES] for column in table])
    rows = np.arange(len(FEATURES))
    drawn = (values > 0).all(axis=0)
    ratio = values[0, drawn] / values[1, drawn]
    limit = 1.3 * np.exp(np.abs(np.log(ratio)).max(initial=np.log(2)))
    axes.axvline(1, color=BLACK, linewidth=0.8)
    axes.hlines(rows[drawn], 1, ratio, color=GREY, linewidth=0.8)
    axes.plot(ratio, rows[drawn], "o", color=BLUE, markersize=6)
    axes.set(xscale="log", xlim=(1 / limit, limit), xlabel="simulated / real (ratio)")
    plain_numbers(axes.xaxis, few=limit > 30)
    axes.set_yticks(rows, FEATURES.values(), fontsize=9)
    beside.set_axis_off()
    for each in (axes, beside):
        each.set_ylim(len(rows) - 0.5, -1.5)
    for place, name, column in zip((0.4, 0.95), pair, values, strict=True):
        beside.text(place, -1, name, ha="right", va="center", fontsize=9)
        for row, value in enumerate(column):
            beside.text(place, row, f"{value:.3g}", ha="right", va="center", fontsize=9)
