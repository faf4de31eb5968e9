"""Pages on recordings and cultures, as the command line writes them: panels, words, small print.

    raster    spikes of all electrodes over time, the rate below
    bursts    detected bursts and network spikes, and how many electrodes fire at once
    rates     firing rate of each electrode at its position on the dish
    psth      response to each kind of stimulus: trials, mean, and electrodes on the dish
    wiring    who connects to whom, and how strongly, against distance
    compare   two recordings side by side, and the ratio of their features

Each returns a figure of its own. Its axes have names: `{ax.get_label(): ax for ax in figure.axes}`.
Panels are drawn by `spikinggrid.plotting.recordings` and `artists`.
"""

import textwrap

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from spikinggrid.mea.array import Electrodes
from spikinggrid.network.culture import Culture
from spikinggrid.plotting import recordings as plots
from spikinggrid.plotting.artists.comparison import draw_ratios, feature_values, write_features
from spikinggrid.plotting.artists.detections import draw_bursts, draw_firing, draw_network_spikes
from spikinggrid.plotting.artists.maps import draw_electrodes, left_out_text, map_size
from spikinggrid.plotting.artists.rasters import draw_raster, draw_rasters, draw_rate
from spikinggrid.plotting.artists.responses import draw_psth, draw_trials, mark_stimulus
from spikinggrid.plotting.artists.wiring import (
    MIN_CONNECTIONS,
    Pairs,
    draw_chance,
    draw_dish,
    draw_strengths,
)
from spikinggrid.plotting.excerpt import Excerpt, beginnings, busiest
from spikinggrid.plotting.provenance import culture_text, recording_text
from spikinggrid.plotting.responses import Responses
from spikinggrid.plotting.style import (
    BLUE,
    Time,
    entitle,
    halves,
    many,
    new_axes,
    new_figure,
    note,
    plain_numbers,
    share_time,
    time_text,
)
from spikinggrid.recordings import Recording

#: So many kinds of stimuli have a column of their own.
MAX_CONDITIONS = 4

#: Files with longer names, or the same, are called A and B in panels.
LONGEST_NAME = 16

#: Length of the stretch that two recordings are compared in (s).
COMPARED_SPAN = 60.0


def raster(
    recording: Recording,
    file: str = "",
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
) -> Figure:
    """Return a page with the spikes of each electrode over time, and their rate below.

    Parameters
    ----------
    recording : Recording
    file : str
        Where it comes from, for the small print.
    t_start, t_stop : float, str or quantity, optional
        The stretch to draw (s, or with a unit); the whole recording by default.
    electrodes : str, int or sequence of them, optional
        Names or indices of electrodes to draw; all by default.

    Returns
    -------
    Figure
        Axes "raster" and "rate".

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording, or there is no such electrode.
    """
    excerpt = Excerpt.of(recording, t_start, t_stop, electrodes, file)
    figure = new_figure((10, 6.5))
    axes = new_axes(figure, [["raster"], ["rate"]], [4, 1])
    draw_raster(axes["raster"], excerpt)
    draw_rate(axes["rate"], excerpt)
    share_time(axes.values(), excerpt.span)
    entitle(figure, "Spikes on the electrodes", excerpt.spikes_text())
    note(figure, recording_text(recording, file))
    return figure


def bursts(
    recording: Recording,
    file: str = "",
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
) -> Figure:
    """Return a page with the raster, its bursts and its network spikes, to judge detectors by eye.

    Parameters
    ----------
    recording : Recording
    file : str
        Where it comes from, for the small print.
    t_start, t_stop : float, str or quantity, optional
        The stretch to draw (s, or with a unit); by default the 20 s with the most spikes.
    electrodes : str, int or sequence of them, optional
        Names or indices of electrodes to draw; all by default.

    Returns
    -------
    Figure
        Axes "raster", and "firing" with the number of electrodes that fire at once.

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording, or there is no such electrode.
    """
    which = ""
    if t_start is None and t_stop is None:
        which = "the busiest "
        t_start, t_stop = busiest(recording, plots.BURST_SPAN)
    excerpt = Excerpt.of(recording, t_start, t_stop, electrodes, file)
    figure = new_figure((10, 7))
    axes = new_axes(figure, [["raster"], ["firing"]], [4, 1.3])
    draw_raster(axes["raster"], excerpt)
    n_bursts = draw_bursts(axes["raster"], excerpt)
    n_network_spikes = draw_network_spikes(axes["raster"], excerpt)
    draw_firing(axes["firing"], excerpt)
    share_time(axes.values(), excerpt.span)
    entitle(
        figure,
        "Detected bursts and network spikes",
        f"{many(n_bursts, 'burst')} on {excerpt.electrodes_text()},"
        f" {many(n_network_spikes, 'network spike')}, {excerpt.stretch_text(which)}",
    )
    note(figure, *plots.burst_definitions(recording), recording_text(recording, file))
    return figure


def rates(
    recording: Recording,
    file: str = "",
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
) -> Figure:
    """Return a page with the firing rate of each electrode at its position on the dish.

    Parameters
    ----------
    recording : Recording
    file : str
        Where it comes from, for the small print.
    t_start, t_stop : float, str or quantity, optional
        The stretch in which spikes are counted (s, or with a unit); by default the recording.
    electrodes : str, int or sequence of them, optional
        Names or indices of electrodes to draw; all by default.

    Returns
    -------
    Figure
        Axes "electrodes", and in them a colour bar if there are colours.

    Raises
    ------
    InputError
        If the stretch is empty or not within the recording, or there is no such electrode.
    """
    excerpt = Excerpt.of(recording, t_start, t_stop, electrodes, file)
    figure = new_figure(map_size(excerpt.cut()))
    axes = new_axes(figure, [["electrodes"]])
    plots.rates(excerpt.cut(), axes["electrodes"])
    left_out = left_out_text(excerpt.cut())
    entitle(figure, "Firing rate of each electrode", excerpt.spikes_text() + left_out)
    note(figure, recording_text(recording, file))
    return figure


def psth(
    recording: Recording,
    file: str = "",
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
) -> Figure:
    """Return a page with the responses to each kind of stimulus, as `recordings.psth` tells them.

    A response on the map is the mean number of spikes in a window after a stimulus, less that in as
    long a time before it.

    Parameters
    ----------
    recording : Recording
    file : str
        Where it comes from, for the small print.
    t_start, t_stop : float, str or quantity, optional
        The stretch whose stimuli are drawn (s, or with a unit); the whole recording by default.
    electrodes : str, int or sequence of them, optional
        Names or indices of the electrodes whose spikes are drawn over time; all by default.

    Returns
    -------
    Figure
        Axes "trials 0", "psth 0" and "electrodes 0" of the first kind of stimulus, and so on; in
        the last of them a colour bar if there are colours.

    Raises
    ------
    InputError
        If there are no stimuli, or all are too near the ends of the recording.
    """
    responses = Responses(Excerpt.of(recording, t_start, t_stop, electrodes, file))
    conditions = responses.conditions[:MAX_CONDITIONS]
    numbers = range(len(conditions))
    evoked = [responses.evoked(condition) for condition in conditions]
    largest = max(np.abs(response).max() for response in evoked) or 1.0
    if len(conditions) == 1:
        figure = new_figure((11, 6.2))
        axes = new_axes(figure, [["trials 0", "electrodes 0"], ["psth 0", "electrodes 0"]])
    else:
        figure = new_figure((1 + 4 * len(conditions), 9.5))
        rows = [[f"{row} {k}" for k in numbers] for row in ("trials", "psth", "electrodes")]
        axes = new_axes(figure, rows, [1, 1, 1.4])
    for k, condition in enumerate(conditions):
        trials, above = responses.trials(condition), axes[f"trials {k}"]
        draw_trials(above, trials, responses.span)
        draw_psth(axes[f"psth {k}"], trials, responses, BLUE, "")
        for panel in (above, axes[f"psth {k}"]):
            mark_stimulus(panel, condition.offsets, responses.window)
        above.set_xlabel("")
        above.tick_params(labelbottom=False)
        above.set_title(textwrap.fill(responses.label(condition), 42), fontsize=8, loc="left")
        draw_electrodes(
            axes[f"electrodes {k}"],
            recording,
            evoked[k],
            Normalize(-largest, largest),
            "PuOr_r",
            "response (spikes per stimulus)",
            condition.electrodes,
            bar=k == numbers[-1],
        )
    top = max(axes[f"psth {k}"].get_ylim()[1] for k in numbers)
    for k in numbers:
        axes[f"psth {k}"].set_ylim(0, top)
    n_more = len(responses.conditions) - len(conditions)
    more = f"; {many(n_more, 'kind')} with fewer stimuli not drawn" if n_more else ""
    entitle(
        figure,
        "Response to the stimuli",
        responses.summary() + left_out_text(recording) + more,
    )
    note(figure, *responses.notes(), recording_text(recording, file))
    return figure


def wiring(
    culture: Culture,
    electrodes: np.ndarray | None = None,
    file: str = "",
    parameters: str = "",
) -> Figure:
    """Return a page with strength and chance of connections against distance, and the dish.

    Parameters
    ----------
    culture : Culture
    electrodes : ndarray, shape (n_electrodes, 2), optional
        Their positions (m), drawn on the dish.
    file : str
        Where the culture comes from, for the small print.
    parameters : str
        The resolved parameter file that it was grown from.

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
    notes = []
    for name, colour in plots.PROJECTION_COLOURS.items():
        pairs = Pairs(culture, name)
        if pairs.connected.size:
            draw_strengths(above, pairs, colour)
            draw_chance(below, pairs, colour)
        notes.append(pairs.text())
    below.set(xlabel="distance between neurons (µm)", ylabel="share of pairs\nconnected")
    below.set(xlim=(0, None), ylim=(0, None))
    if below.patches:
        below.legend(frameon=False, fontsize=8)
    draw_dish(axes["dish"], culture, electrodes)
    entitle(figure, f"Wiring of {culture.n_neurons:,} neurons, grown from seed {culture.seed}")
    note(
        figure,
        *notes,
        f"Thick: mean strength of the connections in a bin, {MIN_CONNECTIONS} or more.",
        f"{file}; {culture_text(culture, parameters)}"
        if file
        else culture_text(culture, parameters),
    )
    return figure


def compare(
    recording: Recording,
    other: Recording,
    files: tuple[str, str] = ("first", "second"),
    t_start: Time = None,
    t_stop: Time = None,
    electrodes: Electrodes | None = None,
) -> Figure:
    """Return a page with two recordings side by side: rasters, rates and published features.

    Features are those of `Recording.features`, of all electrodes. A ratio is drawn where both
    values are positive.

    Parameters
    ----------
    recording, other : Recording
        Simulated or real.
    files : (str, str)
        What both are called in the figure.
    t_start, t_stop : float, str or quantity, optional
        The stretch to compare (s, or with a unit); by default the whole recordings, of which the
        first minute is drawn.
    electrodes : str, int or sequence of them, optional
        Names or indices of electrodes to draw; all by default.

    Returns
    -------
    Figure
        Axes "raster" and "rate" with the name of either file, "features" and "values".

    Raises
    ------
    InputError
        If the stretch is empty or not within both recordings, or there is no such electrode.
    """
    pair = (recording, other)
    names = files if files[0] != files[1] and max(map(len, files)) <= LONGEST_NAME else ("A", "B")
    titles = [
        file if name == file else f"{name}: {file}" for name, file in zip(names, files, strict=True)
    ]
    compared = [
        Excerpt.of(each, t_start, t_stop, electrodes, file)
        for each, file in zip(pair, files, strict=True)
    ]
    is_part = t_start is not None or t_stop is not None
    which = "the stretch drawn" if is_part else "the whole recordings"
    features = [excerpt.features() for excerpt in compared]
    figure = new_figure((11, 9))
    above, below = halves(figure, [4, 3])
    drawn = dict(zip(names, compared, strict=True))
    if not is_part:
        drawn = beginnings(dict(zip(names, pair, strict=True)), COMPARED_SPAN, electrodes)
    axes = draw_rasters(above, drawn, titles)
    axes |= new_axes(below, [["features", "values"]], widths=[5, 1.6])
    values = feature_values(features)
    draw_ratios(axes["features"], values, names)
    write_features(axes["features"], axes["values"], values, names)
    entitle(figure, " and ".join(titles))
    counts = " and ".join(
        f"{measured['n_electrodes']:.0f} in {time_text(excerpt.duration)} ({name})"
        for name, excerpt, measured in zip(names, compared, features, strict=True)
    )
    note(
        figure,
        f"Features as in Charlesworth et al. (2015), of {which} and over the"
        f" electrodes with a spike: {counts}. Without a dot: a value is not positive.",
        *(
            f"{name}: {recording_text(recording, file)}"
            for name, recording, file in zip(names, pair, files, strict=True)
        ),
    )
    return figure
