"""Recordings and cultures on Matplotlib axes: one function for each thing to look at.

    raster    spikes of each electrode over time
    bursts    the same with the bursts and network spikes that were detected
    rates     firing rate of each electrode at its position on the dish
    psth      response to the stimuli over time
    trials    spikes around each stimulus
    wiring    strength of connections against distance
    compare   the features of one recording divided by those of another

Each draws on the axes it is given as `ax`, or on a new figure, and returns the axes; a notebook
shows them as a picture. Arguments are in s, axes in s, ms, Hz, µm and mV; y runs downwards, as in
images. `spikinggrid.plotting.pages` makes whole pages of these.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize

from spikinggrid.mea.array import Electrodes
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.files import dumps
from spikinggrid.plotting.artists.comparison import draw_ratios, feature_values
from spikinggrid.plotting.artists.detections import (
    detector_limits,
    draw_bursts,
    draw_network_spikes,
)
from spikinggrid.plotting.artists.maps import draw_electrodes, map_size
from spikinggrid.plotting.artists.rasters import draw_raster
from spikinggrid.plotting.artists.responses import draw_psth, draw_trials, mark_stimulus
from spikinggrid.plotting.artists.wiring import Pairs, draw_strengths
from spikinggrid.plotting.excerpt import Excerpt, busiest
from spikinggrid.plotting.provenance import culture_text, recording_text
from spikinggrid.plotting.responses import Responses
from spikinggrid.plotting.style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    Time,
    own_axes,
    plain_numbers,
    time_text,
)
from spikinggrid.recordings import Recording
from spikinggrid.statistics import spiking as statistics

if TYPE_CHECKING:  # whose module brings the simulator, which figures do not need
    from spikinggrid.simulation.dish import Dish

#: Colours of conditions in one PSTH.
COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY)

#: Projections of a culture that `wiring` draws, with their colours.
PROJECTION_COLOURS = {"excitatory": BLUE, "inhibitory": VERMILLION}

#: Length of the stretch in which bursts are drawn unless another is asked for (s).
BURST_SPAN = 20.0


def raster(
    recording: Recording,
    ax: Axes | None = None,
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
) -> Axes:
    """Draw the spikes of each electrode over time, and stimulus pulses above them.

    Electrodes are sorted by position, row by row from the top left. Where marks would merge into
    a black slab, as in hours of activity, the number of spikes in a bin is drawn as a colour.

    Parameters
    ----------
    recording : Recording
    ax : Axes, optional
        Where to draw; a new figure by default.
    t_start, t_stop : float, str or quantity, optional
        The stretch to draw (s, or with a unit); the whole recording by default.
    electrodes : str, int or sequence of them, optional
        Names or indices of electrodes to draw; all by default.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording, or there is no such electrode.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> recording = sg.Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0)
    >>> axes = sg.plot.raster(recording, t_start="150 ms")
    >>> float(axes.get_xlim()[0]), axes.get_xlabel()
    (0.15, 'time (s)')
    """
    excerpt = Excerpt.of(recording, t_start, t_stop, electrodes)
    ax = own_axes(ax, "raster", (9, 5), excerpt.spikes_text(), recording_text(recording))
    draw_raster(ax, excerpt)
    return ax


def bursts(
    recording: Recording,
    ax: Axes | None = None,
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
) -> Axes:
    """Draw the raster with the bursts and network spikes that were detected, to judge by eye.

    Both are detected in the whole recording, by `statistics.spiking.find_bursts` and
    `network_spikes`.

    Parameters
    ----------
    recording : Recording
    ax : Axes, optional
        Where to draw; a new figure by default.
    t_start, t_stop : float, str or quantity, optional
        The stretch to draw (s, or with a unit); by default the 20 s with the most spikes.
    electrodes : str, int or sequence of them, optional
        Names or indices of electrodes to draw; all by default.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording, or there is no such electrode.
    """
    if t_start is None and t_stop is None:
        t_start, t_stop = busiest(recording, BURST_SPAN)
    excerpt = Excerpt.of(recording, t_start, t_stop, electrodes)
    ax = own_axes(ax, "raster", (9, 5), *burst_definitions(recording), recording_text(recording))
    draw_raster(ax, excerpt)
    draw_bursts(ax, excerpt)
    draw_network_spikes(ax, excerpt)
    return ax


def rates(
    recording: Recording,
    ax: Axes | None = None,
    t_start: Time = None,
    t_stop: Time = None,
    log: bool = True,
    electrodes: Electrodes | None = None,
) -> Axes:
    """Draw the firing rate of each electrode at its position on the dish.

    Electrodes that never fired are open. If no position is known, as from a CSV spike list, there
    are bars by name of electrode instead.

    Parameters
    ----------
    recording : Recording
    ax : Axes, optional
        Where to draw; a new figure by default.
    t_start, t_stop : float, str or quantity, optional
        The stretch in which spikes are counted (s, or with a unit); the whole recording by default.
    log : bool
        Whether rates are on a logarithmic scale.
    electrodes : str, int or sequence of them, optional
        Names or indices of electrodes to draw; all by default.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording, or there is no such electrode.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> recording = sg.Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0)
    >>> sg.plot.rates(recording).get_xlabel()
    'firing rate (Hz)'
    """
    excerpt = Excerpt.of(recording, t_start, t_stop, electrodes)
    shown = excerpt.cut()
    values = statistics.firing_rates(shown.spike_trains, *excerpt.span)
    fired = values[values > 0]
    low, high = (fired.min(), fired.max()) if fired.size else (1.0, 1.0)
    norm = LogNorm(low, high) if log else Normalize(0, high)
    size = map_size(shown)
    ax = own_axes(ax, "electrodes", size, excerpt.spikes_text(), recording_text(recording))
    draw_electrodes(ax, shown, values, norm, "viridis", "firing rate (Hz)")
    return ax


def psth(
    recording: Recording,
    ax: Axes | None = None,
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
    **timing: Any,
) -> Axes:
    """Draw the response of an average electrode to the stimuli, with its 95 % interval.

    Pulses that follow one another by less than `evoked.STIMULUS_GAP`, on whatever electrodes, are
    one stimulus, whose first pulse is time 0. Each kind of stimulus, as `evoked.conditions` tells
    them apart, has a curve of its own. Intervals are of the mean over stimuli.

    Parameters
    ----------
    recording : Recording
    ax : Axes, optional
        Where to draw; a new figure by default.
    t_start, t_stop : float, str or quantity, optional
        The stretch whose stimuli are drawn (s, or with a unit); the whole recording by default.
    electrodes : str, int or sequence of them, optional
        Names or indices of the electrodes whose spikes are counted; all by default.
    **timing
        `t_before`, `t_after`, `bin_size` and `window` of `responses.Responses`.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If there are no stimuli, or all are too near the ends of the recording.
    """
    responses = Responses(Excerpt.of(recording, t_start, t_stop, electrodes), **timing)
    ax = own_axes(ax, "psth", (7, 4.5), *responses.notes(), recording_text(recording))
    conditions = responses.conditions[: len(COLOURS)]
    for condition, colour in zip(conditions, COLOURS, strict=False):
        label = responses.label(condition)
        draw_psth(ax, responses.trials(condition), responses, colour, label)
    mark_stimulus(ax, conditions[0].offsets, responses.window)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize=8)
    return ax


def trials(
    recording: Recording,
    ax: Axes | None = None,
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
    **timing: Any,
) -> Axes:
    """Draw the spikes around each stimulus, of all electrodes together, a row for each stimulus.

    Stimuli of one kind follow one another, those with most stimuli first.

    Parameters
    ----------
    recording : Recording
    ax : Axes, optional
        Where to draw; a new figure by default.
    t_start, t_stop : float, str or quantity, optional
        The stretch whose stimuli are drawn (s, or with a unit); the whole recording by default.
    electrodes : str, int or sequence of them, optional
        Names or indices of the electrodes whose spikes are drawn; all by default.
    **timing
        `t_before`, `t_after`, `bin_size` and `window` of `responses.Responses`.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If there are no stimuli, or all are too near the ends of the recording.
    """
    responses = Responses(Excerpt.of(recording, t_start, t_stop, electrodes), **timing)
    ax = own_axes(ax, "trials", (7, 4.5), responses.summary(), recording_text(recording))
    rows = [times for condition in responses.conditions for times in responses.trials(condition)]
    draw_trials(ax, rows, responses.span)
    n_stimuli = np.cumsum([condition.onsets.size for condition in responses.conditions])
    for last in n_stimuli[:-1]:
        ax.axhline(last - 0.5, color=BLUE, linewidth=0.8)
    return ax


def wiring(dish: "Dish | Culture", ax: Axes | None = None) -> Axes:
    """Draw the strength of connections against the distance between neurons.

    Parameters
    ----------
    dish : Dish or Culture
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
    """
    culture = dish if isinstance(dish, Culture) else dish.culture
    parameters = "" if isinstance(dish, Culture) else dumps(dish.parameters)
    projections = [Pairs(culture, name) for name in PROJECTION_COLOURS]
    notes = [pairs.text() for pairs in projections]
    ax = own_axes(ax, "strength", (7, 4.5), *notes, culture_text(culture, parameters))
    for pairs in projections:
        if pairs.connected.size:
            draw_strengths(ax, pairs, PROJECTION_COLOURS[pairs.name])
    ax.set(ylabel="strength (mV)", yscale="log", xlabel="distance between neurons (µm)")
    ax.set_xlim(left=0)
    plain_numbers(ax.yaxis, few=True)
    return ax


def compare(
    recording: Recording,
    other: Recording,
    ax: Axes | None = None,
    names: tuple[str, str] = ("first", "second"),
    t_start: Time = None,
    t_stop: Time = None,
) -> Axes:
    """Draw the published features of one recording divided by those of another.

    Features are those of `Recording.features`. A ratio is drawn where both values are positive.

    Parameters
    ----------
    recording, other : Recording
    ax : Axes, optional
        Where to draw; a new figure by default.
    names : (str, str)
        What both are called in the figure.
    t_start, t_stop : float, str or quantity, optional
        The stretch to compare (s, or with a unit); the whole recordings by default.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If the stretch is empty or not within both recordings.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> recording = sg.Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0)
    >>> sg.plot.compare(recording, recording, names=("mine", "yours")).get_xlabel()
    'mine / yours (ratio)'
    """
    pair = (recording, other)
    sources = [f"{n}: {recording_text(r)}" for n, r in zip(names, pair, strict=True)]
    features = [Excerpt.of(each, t_start, t_stop).features() for each in pair]
    ax = own_axes(ax, "features", (8, 4.5), *sources)
    draw_ratios(ax, feature_values(features), names)
    return ax


def burst_definitions(recording: Recording) -> list[str]:
    """Return how bursts and network spikes are detected, in words."""
    burst = detector_limits(statistics.find_bursts)
    network = detector_limits(statistics.network_spikes)
    min_electrodes = statistics.network_spike_threshold(recording.n_sites)
    return [
        f"Burst (orange; max-interval method): an ISI < {time_text(burst['max_isi_start'])} opens"
        f" it, one > {time_text(burst['max_isi_end'])} closes it, bursts"
        f" < {time_text(burst['min_ibi'])} apart are one; at least {burst['min_spikes']} spikes"
        f" and {time_text(burst['min_duration'])}.",
        f"Network spike (blue): a peak of at least {min_electrodes} electrodes that"
        f" fire in the same {time_text(network['bin_size'])}; none within"
        f" {time_text(network['margin'] * network['bin_size'])} of the first or last spike.",
    ]
