"""Figures of recordings and cultures.

    raster    spikes of all electrodes over time, the population rate below
    bursts    the same with the bursts and network spikes that were detected
    rates     firing rate of each electrode at its place on the dish
    psth      response to the stimuli, over time and on the dish
    wiring    who connects to whom, and how strongly, against distance
    compare   two recordings side by side, and the ratio of their features
    save      writes a figure as PNG, PDF or SVG

Each function gives a Matplotlib `Figure` of its own, which needs no window and no pyplot.
Its axes have names: `{axes.get_label(): axes for axes in figure.axes}`. Figures show s, ms,
Hz, um and mV; arguments are in s, as everywhere. y runs downwards, as in images. Colours and
maps are such that colour-blind readers can tell them apart.

What a figure is made of is drawn by `spikinggrid.plotting.artists`; frames, colours and words that all
figures have in common are in `spikinggrid.plotting.style`.
"""

import os
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from spikinggrid.network.culture import Culture
from spikinggrid.plotting.artists import (
    MIN_CONNECTIONS,
    draw_bursts,
    draw_dish,
    draw_electrodes,
    draw_features,
    draw_network_spikes,
    draw_projection,
    draw_psth,
    draw_pulses,
    draw_raster,
    draw_rasters,
    draw_rate,
)
from spikinggrid.plotting.style import (
    BLUE,
    VERMILLION,
    Span,
    electrodes_text,
    entitle,
    ms_text,
    new_axes,
    new_figure,
    note,
    plain_numbers,
    share_time,
    spikes_text,
    stretch_text,
    time_text,
    within,
)
from spikinggrid.recordings import Recording
from spikinggrid.statistics import evoked
from spikinggrid.statistics import spiking as statistics
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside

KINDS = (".png", ".pdf", ".svg")


def raster(
    recording: Recording, t_start: float | None = None, t_stop: float | None = None
) -> Figure:
    """Spikes of each electrode over time, and the firing rate of an average electrode below.

    Electrodes are sorted by place, row by row from the top left. Stimulus pulses are ticks
    in a strip of their own above the spikes.

    Parameters
    ----------
    recording : Recording
    t_start, t_stop : float, optional
        The stretch to draw (s); the whole recording by default.

    Returns
    -------
    Figure
        Axes "raster" and "rate", with pulses also "pulses".

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording.
    """
    span = _stretch(recording, t_start, t_stop)
    pulses = within(recording.stimulus_times, span)
    names, heights = ["raster", "rate"], [4, 1]
    if pulses.size:
        names, heights = ["pulses", *names], [0.15, *heights]
    figure = new_figure((10, 6.5))
    axes = new_axes(figure, [[name] for name in names], heights)
    draw_raster(axes["raster"], recording, span)
    draw_rate(axes["rate"], recording, span)
    if pulses.size:
        draw_pulses(axes["pulses"], pulses)
    share_time(axes.values(), span)
    entitle(figure, "Spikes on the electrodes", recording.source, spikes_text(recording, span))
    return figure


def bursts(
    recording: Recording, t_start: float | None = None, t_stop: float | None = None
) -> Figure:
    """The raster with the bursts and network spikes that were detected, to judge by eye.

    Both are detected in the whole recording, by `statistics.find_bursts` and
    `statistics.network_spikes`; their definitions stand on the figure.

    Parameters
    ----------
    recording : Recording
    t_start, t_stop : float, optional
        The stretch to draw (s); the 20 s with the most spikes if neither is given.

    Returns
    -------
    Figure
        Axes "raster", and "firing" with the number of electrodes that fire at once.

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording.
    """
    which = ""
    if t_start is None and t_stop is None:
        which = "the busiest "
        t_start, t_stop = _busiest(recording, 20.0)
    span = _stretch(recording, t_start, t_stop)
    figure = new_figure((10, 7))
    axes = new_axes(figure, [["raster"], ["firing"]], [4, 1.3])
    draw_raster(axes["raster"], recording, span)
    n_bursts = draw_bursts(axes["raster"], recording, span)
    n_network_spikes = draw_network_spikes(axes, recording, span)
    share_time(axes.values(), span)
    entitle(
        figure,
        "Detected bursts and network spikes",
        recording.source,
        f"{n_bursts:,} bursts on {electrodes_text(recording)}, {n_network_spikes:,} network"
        f" spikes, {stretch_text(recording, span, which)}",
    )
    burst = statistics.find_bursts.__kwdefaults__
    network = statistics.network_spikes.__kwdefaults__
    note(
        figure,
        f"Burst (orange; max-interval method): an ISI < {time_text(burst['max_isi_start'])} opens"
        f" it, one > {time_text(burst['max_isi_end'])} closes it, bursts"
        f" < {time_text(burst['min_ibi'])} apart are one; at least {burst['min_spikes']} spikes"
        f" and {time_text(burst['min_duration'])}.",
        f"Network spike (blue): a peak of at least {network['min_electrodes']} electrodes that"
        f" fire in the same {time_text(network['bin_size'])}; none within"
        f" {time_text(network['margin'] * network['bin_size'])} of the first or last spike.",
    )
    return figure


def rates(recording: Recording, log: bool = True) -> Figure:
    """Firing rate of each electrode at its place on the dish.

    Electrodes that never fired are open circles. If no place is known, as from a CSV spike
    list, there are bars by name of electrode instead.

    Parameters
    ----------
    recording : Recording
    log : bool
        Whether rates are on a logarithmic scale.

    Returns
    -------
    Figure
        Axes "electrodes", and a colour bar if there are colours.
    """
    values = statistics.firing_rates(recording.spike_trains, recording.t_start, recording.t_stop)
    fired = values[values > 0]
    low, high = (fired.min(), fired.max()) if fired.size else (1.0, 1.0)
    norm = LogNorm(low, high) if log else Normalize(0, high)
    figure = new_figure((6.5, 6.3))
    axes = new_axes(figure, [["electrodes"]])["electrodes"]
    left_out = draw_electrodes(axes, recording, values, norm, "viridis", "firing rate (Hz)")
    entitle(
        figure,
        "Firing rate of each electrode",
        recording.source,
        spikes_text(recording, (recording.t_start, recording.t_stop)) + left_out,
    )
    return figure


def psth(
    recording: Recording,
    t_before: float = 0.1,
    t_after: float = 0.4,
    bin_size: float = 0.005,
    window: Span = evoked.RESPONSE_WINDOW,
) -> Figure:
    """Response to the stimuli: of an average electrode over time, and of each on the dish.

    Pulses that follow one another by less than `evoked.STIMULUS_GAP`, on whatever electrodes, are
    one stimulus, whose first pulse is time 0. Stimuli of all kinds are averaged. A response
    is the mean number of spikes in the window, less that in a baseline of the same length
    that ends at the stimulus.

    Parameters
    ----------
    recording : Recording
    t_before, t_after : float
        Span around a stimulus (s), whole numbers of bins.
    bin_size : float
        Width of a bin (s).
    window : (float, float)
        Where a response is looked for, from the stimulus on (s).

    Returns
    -------
    Figure
        Axes "psth" and "electrodes", and a colour bar if there are colours.

    Raises
    ------
    InputError
        If there are no stimuli, or all are too near the ends of the recording.
    """
    stimuli = _stimuli(recording)
    onsets, duration = stimuli.onsets, stimuli.durations.max()
    n_patterns = len(set(stimuli.patterns))
    length = window[1] - window[0]
    before, after = max(t_before, length), max(t_after, window[1])
    inside = (onsets - before > recording.t_start - 1e-9) & (
        onsets + after < recording.t_stop + 1e-9
    )
    kept, trains = onsets[inside], recording.spike_trains
    if not kept.size:
        raise InputError(
            f"{recording.source}: has no stimulus with {time_text(before)} before and"
            f" {time_text(after)} after it; right would be at least one of its {onsets.size}"
        )
    edges, rate = evoked.psth(trains, kept, t_before, t_after, bin_size)
    after_stimulus = evoked.evoked_counts(trains, kept, window).mean(axis=0)
    baseline = evoked.evoked_counts(trains, kept, (-length, 0)).mean(axis=0)
    response = after_stimulus - baseline
    largest = np.abs(response).max() or 1.0

    figure = new_figure((11, 5))
    axes = new_axes(figure, [["psth", "electrodes"]])
    draw_psth(axes["psth"], edges, rate.mean(axis=0), duration, window)
    left_out = draw_electrodes(
        axes["electrodes"],
        recording,
        response,
        Normalize(-largest, largest),
        "PuOr_r",
        "response (spikes per stimulus)",
        recording.stimulus_electrodes,
    )
    if kept.size < onsets.size:
        left_out += f"; {onsets.size - kept.size:,} stimuli too near the ends left out"
    entitle(
        figure,
        "Response to the stimuli",
        recording.source,
        f"{kept.size:,} stimuli ({n_patterns} set{'s' * (n_patterns > 1)} of electrodes pulsed),"
        f" {electrodes_text(recording)}, {time_text(bin_size)} bins{left_out}",
    )
    n_followed = np.sum(np.diff(onsets) < t_after)
    followed = f"; {n_followed:,} are followed by the next within {time_text(t_after)}"
    note(
        figure,
        f"A stimulus (vermillion) begins with a pulse after at least {time_text(evoked.STIMULUS_GAP)}"
        f" without; the longest is {time_text(duration)} from first to last pulse"
        f"{followed if n_followed else ''}.",
        f"Response: mean number of spikes from {ms_text(window[0])} to {ms_text(window[1])} ms"
        f" (blue band), less that in the {ms_text(length)} ms before the stimulus.",
    )
    return figure


def wiring(culture: Culture, electrodes: np.ndarray | None = None) -> Figure:
    """Strength and chance of connections against distance, and the dish.

    Parameters
    ----------
    culture : Culture
    electrodes : ndarray, shape (n_electrodes, 2), optional
        Their positions (m), drawn on the dish.

    Returns
    -------
    Figure
        Axes "strength", "connected" and "dish".
    """
    figure = new_figure((11, 6))
    axes = new_axes(figure, [["strength", "dish"], ["connected", "dish"]], [1.4, 1])
    above, below = axes["strength"], axes["connected"]
    above.set(ylabel="strength (mV)", yscale="log")
    plain_numbers(above.yaxis, few=True)
    above.tick_params(labelbottom=False)
    above.sharex(below)
    notes = [
        draw_projection(above, below, culture, "excitatory", BLUE),
        draw_projection(above, below, culture, "inhibitory", VERMILLION),
    ]
    below.set(xlabel="distance between neurons (um)", ylabel="share of pairs\nconnected")
    below.set(xlim=(0, None), ylim=(0, None))
    if below.patches:
        below.legend(frameon=False, fontsize=8)
    draw_dish(axes["dish"], culture, electrodes)
    entitle(figure, f"Wiring of {culture.n_neurons:,} neurons, grown from seed {culture.seed}")
    note(
        figure,
        *notes,
        f"Thick: mean strength of the connections in a bin, {MIN_CONNECTIONS} or more.",
    )
    return figure


def compare(simulated: Recording, real: Recording, duration: float = 60.0) -> Figure:
    """Two recordings side by side: rasters, population rates and the published features.

    Features are those of `features.published_features`, of the whole recordings. A ratio
    is drawn where both values are positive.

    Parameters
    ----------
    simulated, real : Recording
    duration : float
        Length of the stretch that is drawn of both, from their starts (s); the length of
        the shorter recording if that is less.

    Returns
    -------
    Figure
        Axes "raster simulated", "raster real", "rate simulated", "rate real", "features" and
        "values".
    """
    pair = {"simulated": simulated, "real": real}
    figure = new_figure((11, 9))
    above, below = figure.subfigures(2, 1, height_ratios=[4, 3])
    titles = [textwrap.fill(f"{name}: {each.source}", 80) for name, each in pair.items()]
    axes = draw_rasters(above, pair, titles, duration)
    axes |= new_axes(below, [["features", "values"]], widths=[5, 1])
    draw_features(axes["features"], axes["values"], pair)
    entitle(figure, "A simulated and a real recording")
    counts = " and ".join(
        f"{sum(train.size > 0 for train in recording.spike_trains)} in"
        f" {time_text(recording.duration)} ({name})"
        for name, recording in pair.items()
    )
    note(
        figure,
        "Features as in Charlesworth et al. (2015), of the whole recordings and over the"
        f" electrodes with a spike: {counts}. Without a dot: a value is not positive.",
    )
    return figure


def save(figure: Figure, path: str | os.PathLike) -> None:
    """Write a figure in the format that the suffix of the path names.

    Raises
    ------
    InputError
        If the suffix is not .png, .pdf or .svg, or the file cannot be written; an existing
        file is then left as it was.
    """
    kind = Path(path).suffix.lower()
    if kind not in KINDS:
        raise InputError(f"{path}: found suffix {kind!r}; right would be {', '.join(KINDS)}")
    with written_beside(path) as beside:
        figure.savefig(beside, format=kind[1:], dpi=200)


# What is shown


def _stretch(recording: Recording, t_start: float | None, t_stop: float | None) -> Span:
    start = recording.t_start if t_start is None else t_start
    stop = recording.t_stop if t_stop is None else t_stop
    if not recording.t_start <= start < stop <= recording.t_stop:
        raise InputError(
            f"{recording.source}: t_start, t_stop: found {start:g} s to {stop:g} s; right would"
            f" be a stretch within {recording.t_start:g} s to {recording.t_stop:g} s"
        )
    return start, stop


def _busiest(recording: Recording, length: float) -> Span:
    """The stretch with the most spikes of those that begin a whole second after the start."""
    if recording.duration <= length:
        return recording.t_start, recording.t_stop
    starts = np.arange(recording.t_start, recording.t_stop - length, 1.0)
    times = np.sort(np.concatenate([[], *recording.spike_trains]))
    n_spikes = np.searchsorted(times, starts + length) - np.searchsorted(times, starts)
    start = starts[n_spikes.argmax()]
    return start, start + length


def _stimuli(recording: Recording) -> evoked.Stimuli:
    if not recording.stimulus_times.size:
        raise InputError(
            f"{recording.source}: holds no stimuli; right would be a recording with pulses, for"
            " example one simulated with [[stimulation]] in its parameter file"
        )
    return evoked.group_pulses(recording.stimulus_times, recording.stimulus_electrodes)
