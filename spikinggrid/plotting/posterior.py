"""Figures of posteriors.

    pairs           every parameter, and every two of them, of points drawn from a posterior
    predictive      features of dishes drawn from it beside the recording's, and rasters
    check           whether intervals are as wide as they say

See `spikinggrid.plotting.recordings` for what figures have in common.
"""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binom

from spikinggrid.fitting.coverage import Coverage
from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.plotting.artists import draw_rasters
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    VERMILLION,
    entitle,
    key_text,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.recordings import Recording
from spikinggrid.statistics import feature_space
from spikinggrid.statistics.features import FEATURES

#: Number of bins between the bounds of a parameter.
N_BINS = 30


def pairs(bounds: Sequence[Bound], drawn: np.ndarray, source: str) -> Figure:
    """Histograms of all parameters, and of all pairs of them, between their bounds.

    Parameters
    ----------
    bounds : sequence of Bound
    drawn : ndarray, shape (n_drawn, n_bounds)
        Shares of the bounds, drawn from the posterior.
    source : str
        What it is the posterior of.
    """
    n = len(bounds)
    figure = new_figure((1.15 * n + 1, 1.15 * n + 1))
    grid = figure.subplots(n, n, squeeze=False)
    edges = np.linspace(0, 1, N_BINS + 1)
    for row, column in np.ndindex(n, n):
        axes = grid[row, column]
        axes.tick_params(labelsize=6, length=2, labelbottom=row == n - 1, labelleft=False)
        axes.set(xlim=(0, 1), yticks=[])
        _label_bounds(axes.xaxis, bounds[column])
        if column > row:
            axes.set_axis_off()
        elif column == row:
            axes.hist(drawn[:, row], edges, color=BLUE, density=True)
            axes.axhline(1, color=GREY, linewidth=0.8)
            axes.set_title(_in_lines(bounds[row].key), fontsize=7)
        else:
            axes.hist2d(drawn[:, column], drawn[:, row], [edges, edges], cmap="cividis")
            axes.set_ylim(0, 1)
        if row == n - 1:
            axes.set_xlabel(_in_lines(bounds[column].key), fontsize=7)
        if column == 0 and row:
            _label_bounds(axes.yaxis, bounds[row])
            axes.tick_params(labelleft=True)
            axes.set_ylabel(_in_lines(bounds[row].key), fontsize=7)
    entitle(figure, f"Posterior of {source}")
    note(
        figure,
        "Axes run from bound to bound (on a logarithmic scale where the bound says so). Bars: the"
        " posterior of one parameter; grey line: before anything was known.",
        "Squares: the posterior of two, brighter where denser.",
    )
    return figure


def predictive(rows: dict[str, dict], recordings: dict[str, Recording]) -> Figure:
    """Features of dishes drawn from a posterior beside those of the recording, and rasters.

    Parameters
    ----------
    rows : dict of str to dict
        By feature: "recording", "median", "low", "high" (of the 90 % interval), "holds".
    recordings : dict of str to Recording
        The recording and some dishes, by what they are.
    """
    figure = new_figure((11, 9))
    above, below = figure.subfigures(2, 1, height_ratios=[4, 5])
    half = -(-len(rows) // 2)
    names = [*rows, "empty"][: 2 * half]
    axes = new_axes(above, [names[:half], names[half:]])
    if "empty" in axes:
        axes["empty"].set_axis_off()
    for name, row in rows.items():
        _draw_feature(axes[name], name, row)
    draw_rasters(below, recordings, list(recordings), 60.0)
    n = sum(row["holds"] for row in list(rows.values())[: feature_space.N_PUBLISHED])
    entitle(
        figure,
        f"Dishes drawn from the posterior: {n} of the {feature_space.N_PUBLISHED} published features of"
        " the recording within their 90 % interval",
    )
    note(
        figure,
        "Blue: 90 % interval and median of the dishes' features. Diamond: the recording (red where"
        f" outside). {', '.join(feature_space.NAMES[feature_space.N_PUBLISHED :])} are not among the"
        " published ones.",
    )
    return figure


def check(checked: Coverage) -> Figure:
    """Coverage, ranks and recovery of a posterior."""
    n = len(checked.keys)
    n_columns = 4
    n_rows = -(-n // n_columns)
    figure = new_figure((11, 4 + 2.4 * n_rows))
    above, below = figure.subfigures(2, 1, height_ratios=[3.4, 2.4 * n_rows])
    axes = new_axes(above, [["coverage", "ranks"]])
    _draw_coverage(axes["coverage"], checked)
    _draw_ranks(axes["ranks"], checked)
    names = [key_text(key) for key in checked.keys]
    padded = names + [f"empty {k}" for k in range(n_rows * n_columns - n)]
    panels = new_axes(below, [padded[k : k + n_columns] for k in range(0, len(padded), n_columns)])
    recovery = checked.recovery()
    for place, name in enumerate(names):
        each = panels[name]
        each.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        each.plot(
            checked.truths[:, place], checked.medians[:, place], ".", color=BLUE, markersize=3
        )
        each.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        each.set_title(f"{name}: r = {recovery[place]:.2f}", fontsize=8)
        each.set(xlabel="true", ylabel="estimated")
    for name in padded[n:]:
        panels[name].set_axis_off()
    entitle(
        figure,
        f"Check of the posterior on {len(checked.truths)} simulated cultures that it did not learn from",
    )
    note(
        figure,
        "Coverage: share of cultures whose true parameter lies in the central interval of a level."
        " Ranks: share of cultures whose rank is below, less what a right posterior has;",
        "grey: where 95 % of right posteriors lie. Below: true parameters against medians, in shares of"
        " the bounds.",
    )
    return figure


def _draw_feature(axes: Axes, name: str, row: dict) -> None:
    axes.plot([0, 0], [row["low"], row["high"]], color=BLUE, linewidth=5, solid_capstyle="butt")
    axes.plot(0, row["median"], "_", color=BLACK, markersize=14)
    axes.plot(0, row["recording"], "D", color=BLACK if row["holds"] else VERMILLION, markersize=6)
    axes.set(xlim=(-1, 1), xticks=[])
    axes.set_title(f"{name}\n({FEATURES[name].unit})", fontsize=8)
    axes.margins(y=0.15)


def _draw_coverage(axes: Axes, checked: Coverage) -> None:
    levels = np.linspace(0.02, 0.98, 49)
    curves = np.array([checked.coverage(level) for level in levels])
    low, high = (
        binom.ppf(q, len(checked.truths), levels) / len(checked.truths) for q in (0.025, 0.975)
    )
    axes.fill_between(levels, low, high, color="0.88", linewidth=0)
    axes.plot(levels, curves, color=BLUE, linewidth=0.7, alpha=0.6)
    axes.plot(levels, curves.mean(axis=1), color=BLACK, linewidth=1.6, label="mean over parameters")
    axes.set(
        xlabel="level of the interval", ylabel="share of truths within", xlim=(0, 1), ylim=(0, 1)
    )
    axes.legend(frameon=False, fontsize=8)


def _draw_ranks(axes: Axes, checked: Coverage) -> None:
    n = len(checked.ranks)
    grid = np.linspace(0, 1, 101)
    low, high = (binom.ppf(q, n, grid) / n - grid for q in (0.025, 0.975))
    axes.fill_between(grid, low, high, color="0.88", linewidth=0)
    for ranks in checked.ranks.T:
        below = np.searchsorted(np.sort(ranks), grid, side="right") / n
        axes.plot(grid, below - grid, color=BLUE, linewidth=0.9, alpha=0.7)
    axes.axhline(0, color=BLACK, linewidth=0.8)
    axes.set(xlabel="rank of the truth", ylabel="cumulative share, less the rank", xlim=(0, 1))


def _label_bounds(axis, bound: Bound) -> None:
    axis.set_ticks([0, 1], [bound.text(bound.low), bound.text(bound.high)])


def _in_lines(key: str) -> str:
    """The same in narrow lines."""
    return textwrap.fill(key_text(key), 15)
