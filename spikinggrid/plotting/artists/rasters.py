"""Spikes, their rate and the stimuli over time."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import SubFigure

from spikinggrid.plotting.excerpt import Excerpt
from spikinggrid.plotting.style import (
    BLACK,
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

#: Where marks would cover a larger share of the axes, density is drawn instead.
MOST_COVERED = 0.3

#: Least height of a mark (points), and most rows of density to a point.
MARK, ROWS_TO_A_POINT = 1.5, 2

#: Most bins of time of densities and of rates.
MAX_DENSITY_BINS, MAX_RATE_BINS = 500, 1000


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
    figure: SubFigure, excerpts: Mapping[str, Excerpt], titles: Sequence[str]
) -> dict[str, Axes]:
    """Draw rasters and rates of recordings side by side, on one scale of rates.

    Parameters
    ----------
    figure : SubFigure
    excerpts : mapping of str to Excerpt
        By name.
    titles : sequence of str
        One above each.

    Returns
    -------
    dict of str to Axes
        "raster" and "rate" with the names of the recordings.
    """
    rows = [[f"{row} {name}" for name in excerpts] for row in ("raster", "rate")]
    axes = new_axes(figure, rows, [3, 1])
    for (name, excerpt), title in zip(excerpts.items(), titles, strict=True):
        column = axes[f"raster {name}"], axes[f"rate {name}"]
        draw_raster(column[0], excerpt)
        draw_rate(column[1], excerpt)
        share_time(column, excerpt.span)
        letters = int(width(column[0]) / 4.2)
        lines = (textwrap.fill(line, letters) for line in (title, excerpt.spikes_text()))
        column[0].set_title("\n".join(lines), loc="left", fontsize=8)
    top = max(axes[f"rate {name}"].get_ylim()[1] for name in excerpts)
    for name in excerpts:
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
