"""What all figures have in common: frames, colours and words.

    new_figure, halves, new_axes    an empty figure, its parts, its axes by name
    own_axes                        the axes of a caller, or a figure's only ones
    root                            the whole figure of axes
    save                            a figure as PNG, PDF or SVG
    entitle, note                   the words above and below the axes
    share_time                      one axis of time for axes that lie above one another
    plain_numbers, label_lines      tick labels
    label_ends                      names at the right ends of curves
    height, width                   of axes, in points
    scale                           of the letters of a large page
    time_text, ms_text, many        a time, or a number of things, in words
    key_text, feature_text, micro   a key, a feature and a quantity, for readers

Figures are made without pyplot: they need no window, no backend, and are not kept after use. A
notebook shows them, and axes of theirs, as pictures. Colours are those of Okabe & Ito (2008),
which colour-blind readers can tell apart.
"""

import io
import os
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, LogLocator, MultipleLocator, NullLocator

from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside

#: Begin and end of a stretch of time (s), or of an axis.
Span = tuple[float, float]

#: A time as users give it: in s, or with a unit, as text or as a Brian2 quantity.
Time = Any

BLACK, GREY, BLUE, ORANGE, VERMILLION = "#000000", "#8c8c8c", "#0072B2", "#E69F00", "#D55E00"
SKY, GREEN, PURPLE = "#56B4E9", "#009E73", "#CC79A7"

HOUR = 3600.0

#: Kinds of files that figures are written as.
SUFFIXES = (".png", ".pdf", ".svg")

#: Width of a page that is seen as a whole (inches).
SCREEN = 14.0

#: Letters of a title and of a note to the inch.
TITLE_LETTERS, NOTE_LETTERS = 11, 15


class PlainFigure(Figure):
    """A figure that a notebook shows as a picture, whether pyplot was imported or not."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


class PlainAxes(Axes):
    """Axes that a notebook shows as the picture of their figure."""

    def _repr_png_(self) -> bytes | None:
        figure = root(self)
        return figure._repr_png_() if isinstance(figure, PlainFigure) else None


def new_figure(size: Span) -> Figure:
    """Return an empty figure of this width and height (inches), which makes room for its words."""
    return PlainFigure(size, layout="constrained")


def new_axes(
    figure: Figure | SubFigure,
    mosaic: list[list[str]],
    heights: list[float] | None = None,
    widths: list[float] | None = None,
) -> dict[str, Axes]:
    """Return axes by name, arranged as the rows of `mosaic`, of these relative sizes.

    Parameters
    ----------
    figure : Figure or SubFigure
    mosaic : list of lists of str
        Names of the axes in each row; one that spans several places is there as often.
    heights, widths : list of float, optional
        Relative sizes of rows and columns.
    """
    rows: list[Any] = mosaic  # the type that Matplotlib declares is narrower than what it takes
    axes = figure.subplot_mosaic(
        rows,
        height_ratios=heights,
        width_ratios=widths,
        subplot_kw={"axes_class": PlainAxes},
    )
    for panel in axes.values():
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    return axes


def root(axes: Axes) -> Figure:
    """Return the whole figure that axes are part of."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("axes that were removed from their figure cannot be drawn")
    return figure


def halves(figure: Figure, heights: list[float]) -> tuple[SubFigure, SubFigure]:
    """Return the upper and the lower part of a figure, of these relative heights.

    Parameters
    ----------
    figure : Figure
    heights : list of float
        Relative, of both.
    """
    parts = figure.add_gridspec(2, 1, height_ratios=heights)
    return figure.add_subfigure(parts[0]), figure.add_subfigure(parts[1])


def own_axes(ax: Axes | None, name: str, size: Span, *small_print: str) -> Axes:
    """Return `ax`, or, if that is None, the only axes of a new figure.

    Parameters
    ----------
    ax : Axes or None
    name : str
        Of new axes.
    size : (float, float)
        Width and height (inches) of a new figure.
    small_print : str
        Lines at the bottom of a new figure.
    """
    if ax is not None:
        return ax
    figure = new_figure(size)
    note(figure, *small_print)
    return new_axes(figure, [[name]])[name]


def save(figure: Figure | Axes, path: str | os.PathLike) -> None:
    """Write a figure in the format that the suffix of the path names.

    Parameters
    ----------
    figure : Figure or Axes
        The figure, or axes of it.
    path : path-like
        Ends in .png, .pdf or .svg.

    Raises
    ------
    InputError
        If the suffix is not .png, .pdf or .svg, or the file cannot be written; an existing
        file is then left as it was.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: found suffix {suffix!r}; right would be {', '.join(SUFFIXES)}")
    whole = root(figure) if isinstance(figure, Axes) else figure
    with written_beside(path) as beside:
        whole.savefig(beside, format=suffix[1:], dpi=200)


def entitle(figure: Figure, *lines: str) -> None:
    """Write title and summary, broken into lines, above the axes."""
    text = _in_lines(lines, TITLE_LETTERS * figure.get_figwidth() / scale(figure))
    figure.suptitle(text, x=0.01, ha="left", fontsize=10 * scale(figure))


def note(figure: Figure, *lines: str) -> None:
    """Write definitions, what was left out, and where it all comes from, below the axes."""
    text = _in_lines(lines, NOTE_LETTERS * figure.get_figwidth() / scale(figure))
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7.5 * scale(figure), color="#404040")


def _in_lines(lines: Iterable[str], letters: float) -> str:
    return "\n".join(textwrap.fill(line, int(letters)) for line in lines if line)


def scale(figure: Figure) -> float:
    """Return how much larger than usual the letters of a large page are."""
    return max(1.0, figure.get_figwidth() / SCREEN)


def share_time(axes: Iterable[Axes], span: Span) -> None:
    """Give axes above one another the same axis of time (s), labelled at the bottom.

    Parameters
    ----------
    axes : iterable of Axes
        From the top.
    span : (float, float)
        Begin and end (s).
    """
    *above, bottom = axes
    for panel in above:
        panel.sharex(bottom)
        panel.tick_params(labelbottom=False)
        panel.set_xlabel("")
    label_time(bottom, span)


def label_time(axes: Axes, span: Span) -> None:
    """Label an axis of time, in s or, if it is longer than two hours, in h.

    Parameters
    ----------
    axes : Axes
    span : (float, float)
        Begin and end (s).
    """
    axes.set(xlabel="time (s)", xlim=span)
    if span[1] - span[0] <= 2 * HOUR:
        axes.ticklabel_format(axis="x", useOffset=False)
        return
    step = next((h for h in (0.5, 1, 2, 4, 6, 12) if (span[1] - span[0]) / HOUR / h <= 10), 24)
    axes.set_xlabel("time (h)")
    axes.xaxis.set_major_locator(MultipleLocator(step * HOUR))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds / HOUR:g}"))


def plain_numbers(axis: Axis, few: bool) -> None:
    """Label a logarithmic axis 0.1, 1, 10 instead of with powers; unless few, also 2 and 5.

    Parameters
    ----------
    axis : Axis
    few : bool
        Whether there is room for powers of ten alone.
    """
    axis.set_major_locator(LogLocator(subs=(1,) if few else (1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if not few:
        axis.set_minor_locator(NullLocator())


def label_lines(axes: Axes, places: np.ndarray, labels: Sequence[str], fontsize: float) -> None:
    """Label lines at these places on the y axis, only every n-th if space is short.

    Parameters
    ----------
    axes : Axes
        With their final limits of y.
    places : ndarray, shape (n_lines,)
    labels : sequence of str
    fontsize : float
        In points.
    """
    step = int(np.ceil(1.2 * fontsize * len(labels) / height(axes))) or 1
    axes.set_yticks(places[::step], labels[::step], fontsize=fontsize)


def label_ends(
    axes: Axes,
    x: float,
    heights: Sequence[float],
    labels: Sequence[str],
    colours: Sequence[str],
    fontsize: float = 8,
) -> None:
    """Write names beside the right ends of curves, moved apart where ends lie close together.

    Parameters
    ----------
    axes : Axes
        With their final limits of y.
    x : float
        Where the curves end.
    heights : sequence of float
        Of the ends.
    labels, colours : sequence of str
        One for each curve.
    """
    low, high = axes.get_ylim()
    gap = 1.35 * fontsize * abs(high - low) / height(axes)
    for end, place, label, colour in zip(
        heights,
        _apart(np.asarray(heights, float), gap, max(low, high)),
        labels,
        colours,
        strict=True,
    ):
        axes.annotate(
            label,
            (x, end),
            (1.04, place),
            xycoords="data",
            textcoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=fontsize,
            color=colour,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.6,
                "relpos": (0, 0.5),
                "shrinkB": 0,
            },
        )


def _apart(places: np.ndarray, gap: float, top: float) -> np.ndarray:
    """Return places at least a gap apart and not above `top`, in their order, little moved."""
    order = np.argsort(-places, kind="stable")
    moved = places[order]
    # Every group of labels that touch is centred on the mean of its ends.
    groups = [[place, 1] for place in moved]
    merged: list[list[float]] = []
    for centre, size in groups:
        merged.append([centre, size])
        while len(merged) > 1 and _touch(merged[-2], merged[-1], gap):
            (a, n), (b, m) = merged[-2:]
            merged[-2:] = [[(a * n + b * m) / (n + m), n + m]]
        first = merged[0]
        first[0] = min(first[0], top - (first[1] - 1) / 2 * gap)
    result = np.empty(len(places))
    result[order] = [
        centre + ((size - 1) / 2 - k) * gap for centre, size in merged for k in range(int(size))
    ]
    return result


def _touch(above: list[float], below: list[float], gap: float) -> bool:
    return above[0] - below[0] < (above[1] + below[1]) / 2 * gap - 1e-12


def height(axes: Axes) -> float:
    """Return the height of axes (points), before there is room for what stands around them."""
    return 72 / axes.figure.dpi * axes.get_window_extent().height


def width(axes: Axes) -> float:
    """Return the width of axes (points), before there is room for what stands around them."""
    return 72 / axes.figure.dpi * axes.get_window_extent().width


def time_text(seconds: float) -> str:
    """Return a time (s) in h, s or ms, with its unit."""
    if seconds > 2 * HOUR:
        return f"{seconds / HOUR:.3g} h"
    return f"{seconds:.4g} s" if seconds >= 1 else f"{ms_text(seconds)} ms"


def ms_text(seconds: float) -> str:
    """Return a time (s) in ms, without unit."""
    return f"{1e3 * seconds:.4g}"


def many(n: int, thing: str) -> str:
    """Return a number of things in words, such as "1 electrode" or "1,008 electrodes".

    Parameters
    ----------
    n : int
    thing : str
        In the singular.
    """
    plural = {"stimulus": "stimuli", "dish": "dishes"}.get(thing, f"{thing}s")
    return f"{n:,} {thing if n == 1 else plural}"


def key_text(key: str) -> str:
    """Return a key in short, such as "excitatory reach" of "synapses.excitatory.reach"."""
    return " ".join(key.replace("_", " ").split(".")[-2:])


def feature_text(name: str, unit: str) -> str:
    """Return what figures call a feature, or whatever else an assay measures, with its unit.

    Parameters
    ----------
    name : str
        As an assay calls it.
    unit : str
    """
    if name in FEATURES:
        return FEATURES[name].label_with_unit
    return f"{name.replace('.', ' ').replace('_', ' ')} ({unit})"


def micro(text: str) -> str:
    """Return a quantity with µ, which parameter files write as u: "200 µm" of "200 um"."""
    return re.sub(r"(?<=[\d ])u(?=[mVs]\b)", "µ", text)
