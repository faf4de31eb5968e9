"""The figure of a culture that changes: its parameters at each recording, and how like it is."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.fitting.aim import FARTHEST
from spikinggrid.fitting.changes_result import CHANGE, PERCENT, Changes, change_text
from spikinggrid.fitting.twin_result import N_PUBLISHED, WITHIN
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    VERMILLION,
    entitle,
    feature_text,
    key_text,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.statistics.features import FEATURES

#: Panels of parameters in a row.
N_COLUMNS = 4


def changes(result: Changes) -> Figure:
    """Return a page with what changes in a culture.

    Parameters
    ----------
    result : Changes

    Returns
    -------
    Figure
        Axes "0", "1", ..., a parameter each, and "features 0", ..., a recording each.
    """
    places = np.flatnonzero(result.changing)
    n_rows = -(-len(places) // N_COLUMNS)
    n = len(result.recorded)
    width = N_COLUMNS * n
    mosaic = []
    for row in range(n_rows):
        numbers = range(row * N_COLUMNS, (row + 1) * N_COLUMNS)
        mosaic.append([str(k) if k < len(places) else "." for k in numbers for _ in range(n)])
    mosaic.append([f"features {k}" for k in range(n) for _ in range(width // n)])
    figure = new_figure((13, 2.6 * n_rows + 5.2))
    axes = new_axes(figure, mosaic, heights=[1.0] * n_rows + [1.9])
    for number, place in enumerate(places):
        _draw_parameter(axes[str(number)], result, int(place))
    for number in range(n):
        _draw_features(axes[f"features {number}"], result, number)
    entitle(figure, "What changes in one culture", *result.verdict().split("\n"))
    note(
        figure,
        "Parameters: median and interval of 90 % of what all recordings together leave open, and"
        " (crosses) the one dish that is nearest; vermillion where the interval of the change"
        " since the first recording leaves out no change. Where nothing changed, one in ten does"
        " so by chance. Features: how far off the dish is in each recording, in standard"
        " deviations of a difference between two stretches; open: further stretches.",
        f"First {result.recorded[0].span:g} s of each recording, seed {result.seed};"
        f" {result.n_simulated:,} tries.",
    )
    return figure


def _draw_parameter(axes: Axes, result: Changes, place: int) -> None:
    """Draw a parameter against the recordings, on the scale of its bounds."""
    bound = result.space.bounds[place]
    low, median, high = np.percentile(result.draws[..., place], PERCENT, axis=0)
    x = np.arange(len(result.recorded))
    rows = result.table.loc[bound.key]
    axes.plot(x, median, color=GREY, linewidth=0.8)
    for number, has_moved in enumerate(rows["moved"]):
        ends = [[median[number] - low[number]], [high[number] - median[number]]]
        colour = VERMILLION if has_moved else BLUE
        axes.errorbar(x[number], median[number], ends, fmt="o", color=colour, capsize=3)
    axes.plot(x + 0.12, result.points[:, place], "x", color=BLACK, markersize=5)
    ticks = np.linspace(0, 1, 5)
    labels = [bound.text(float(f"{bound.value(share):.2g}")) for share in ticks]
    axes.set_yticks(ticks, labels, fontsize=7)
    axes.set_xticks(x, result.names if len(x) <= 2 else map(str, x + 1), fontsize=7)
    axes.set(ylim=(-0.03, 1.03), xlim=(-0.4, len(x) - 0.6))
    last = change_text(bound, *rows.iloc[-1][CHANGE])
    axes.set_title(f"{key_text(bound.key)}\n{last}", loc="left", fontsize=7.5)


def _draw_features(axes: Axes, result: Changes, number: int) -> None:
    """Draw how far the dish is off in a recording."""
    dish = result.recorded[number]
    rows = np.arange(len(COMPARED))
    off = dish.own.deviations
    axes.axvspan(-WITHIN, WITHIN, color=GREEN, alpha=0.15, linewidth=0)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.plot(off(coordinates([result.twins[number]])[0]), rows, "o", color=BLUE, clip_on=False)
    others = off(coordinates(result.others[number]))
    axes.plot(
        others.ravel(), np.tile(rows, len(others)), "o", mfc="none", color=BLUE, clip_on=False
    )
    axes.axhline(N_PUBLISHED - 0.5, color=GREY, linewidth=0.6, linestyle=":")
    names = [feature_text(name, FEATURES[name].unit) for name in COMPARED]
    axes.set_yticks(rows, names if number == 0 else [""] * len(rows), fontsize=7)
    axes.set(xlim=(-FARTHEST, FARTHEST), xlabel="off by (spreads)")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title(f"{number + 1}: {result.names[number]}", loc="left", fontsize=8)
