"""What all figures have in common: frames, axes, colours and words.

    new_figure, new_axes            an empty figure, its axes by name
    entitle, note                   the words above and below the axes
    share_time                      one axis of time for axes that lie above one another
    plain_numbers, label_lines      tick labels
    height                          of axes, in points
    within                          the times in a stretch
    time_text, ms_text              a time in words
    key_text                        a key in short
    spikes_text, electrodes_text,
    stretch_text                    what of a recording is shown, in words

Colours are those of Okabe & Ito (2008), which colour-blind readers can tell apart.
"""

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from spikinggrid.recordings import Recording

#: Begin and end of a stretch of time (s), or of an axis.
Span = tuple[float, float]

BLACK, GREY, BLUE, ORANGE, VERMILLION = "#000000", "#8c8c8c", "#0072B2", "#E69F00", "#D55E00"


def new_figure(size: Span) -> Figure:
    """An empty figure of this width and height (inches), which makes room for its words."""
    return Figure(size, layout="constrained")


def new_axes(
    figure: Figure | SubFigure,
    mosaic: list[list[str]],
    heights: list[float] | None = None,
    widths: list[float] | None = None,
) -> dict[str, Axes]:
    """Axes by name, arranged as the rows of `mosaic`, of these relative heights and widths."""
    axes = figure.subplot_mosaic(mosaic, height_ratios=heights, width_ratios=widths)
    for each in axes.values():
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(labelsize=8)
    return axes


def entitle(figure: Figure, *lines: str) -> None:
    """Write title and summary, broken into lines, above the axes."""
    width = int(11 * figure.get_figwidth())  # letters of this size to the inch
    text = "\n".join(textwrap.fill(line, width) for line in lines if line)
    figure.suptitle(text, x=0.01, ha="left", fontsize=10)


def note(figure: Figure, *lines: str) -> None:
    """Write definitions, and what was left out, below the axes."""
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=7.5, color="#404040")


def share_time(axes: Iterable[Axes], span: Span) -> None:
    """Give axes above one another the same axis of time (s), labelled at the bottom."""
    *above, bottom = axes
    for each in above:
        each.sharex(bottom)
        each.tick_params(labelbottom=False)
    bottom.set(xlabel="time (s)", xlim=span)
    bottom.ticklabel_format(axis="x", useOffset=False)


def plain_numbers(axis: Axis, few: bool) -> None:
    """Label a logarithmic axis 0.1, 1, 10 instead of with powers; unless few, also 2 and 5."""
    axis.set_major_locator(LogLocator(subs=(1,) if few else (1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if not few:
        axis.set_minor_locator(NullLocator())


def label_lines(axes: Axes, places: np.ndarray, labels: Sequence[str], fontsize: float) -> None:
    """Label lines at these places on the y axis, only every n-th if space is short."""
    step = int(np.ceil(1.2 * fontsize * len(labels) / height(axes))) or 1
    axes.set_yticks(places[::step], labels[::step], fontsize=fontsize)


def height(axes: Axes) -> float:
    """Height of axes (points), before there is room made for what stands around them."""
    return 72 / axes.figure.dpi * axes.get_window_extent().height


def within(times: np.ndarray, span: Span) -> np.ndarray:
    """The times in a stretch, its ends included."""
    return times[(times >= span[0]) & (times <= span[1])]


def time_text(seconds: float) -> str:
    """A time (s) in s or, below 1 s, in ms, with its unit."""
    return f"{seconds:.4g} s" if seconds >= 1 else f"{ms_text(seconds)} ms"


def key_text(key: str) -> str:
    """A key of a parameter file in short: "excitatory reach" of "synapses.excitatory.reach"."""
    return " ".join(key.replace("_", " ").split(".")[-2:])


def ms_text(seconds: float) -> str:
    """A time (s) in ms, without unit."""
    return f"{1e3 * seconds:.4g}"


def spikes_text(recording: Recording, span: Span) -> str:
    """Spikes, electrodes and pulses of a recording, and the stretch that they are of."""
    n_spikes = sum(within(train, span).size for train in recording.spike_trains)
    n_pulses = within(recording.stimulus_times, span).size
    pulses = f", {n_pulses:,} pulses" if n_pulses else ""
    stretch = stretch_text(recording, span)
    return f"{n_spikes:,} spikes on {electrodes_text(recording)}{pulses}, {stretch}"


def electrodes_text(recording: Recording) -> str:
    """Number of electrodes, and of silent ones if there are any."""
    n_silent = sum(not train.size for train in recording.spike_trains)
    silent = f" ({n_silent:,} silent)" if n_silent else ""
    return f"{recording.n_electrodes:,} electrode{'s' * (recording.n_electrodes != 1)}{silent}"


def stretch_text(recording: Recording, span: Span, which: str = "") -> str:
    """Length of a stretch, and of what; `which` may say which stretch, as in "the busiest "."""
    length = span[1] - span[0]
    if np.isclose(length, recording.duration):
        return f"all {time_text(length)}"
    return f"{which}{time_text(length)} of {time_text(recording.duration)}"
