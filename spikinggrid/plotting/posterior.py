"""Figures of posteriors.

pairs           every parameter, and every two of them, of points drawn from a posterior
predictive      features of dishes drawn from it beside the recording's, and rasters
check           whether intervals are as wide as they say
"""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from scipy.stats import binom

from spikinggrid.fitting.coverage import Coverage
from spikinggrid.fitting.inference_result import Inference
from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.plotting.artists.rasters import draw_rasters
from spikinggrid.plotting.excerpt import beginnings
from spikinggrid.plotting.provenance import cultures_text, recording_text
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    VERMILLION,
    entitle,
    feature_text,
    halves,
    key_text,
    micro,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.recordings import Recording
from spikinggrid.statistics import feature_space
from spikinggrid.statistics.feature_glossary import FEATURES

#: Number of bins between the bounds of a parameter.
N_BINS = 30

#: Columns of features, and of parameters.
FEATURE_COLUMNS, PARAMETER_COLUMNS = 5, 4

#: Length of the stretch of recordings that is drawn (s).
SPAN = 60.0


def pairs(inference: Inference) -> Figure:
    """Return histograms of all parameters, and of all pairs of them, between their bounds.

    Returns
    -------
    Figure
        Axes "KEY" on the diagonal, and "KEY / OTHER" below it.
    """
    bounds, points = inference.prior.bounds, inference.points
    n = len(bounds)
    figure = new_figure((1.15 * n + 1, 1.15 * n + 1))
    grid: Any = figure.subplots(n, n, squeeze=False)
    edges = np.linspace(0, 1, N_BINS + 1)
    for row, column in np.ndindex(n, n):
        panel = grid[row, column]
        panel.tick_params(labelsize=6, length=2, labelbottom=row == n - 1, labelleft=False)
        panel.set(xlim=(0, 1), yticks=[])
        _label_bounds(panel.xaxis, bounds[column])
        if column > row:
            panel.set_axis_off()
        elif column == row:
            panel.set_label(bounds[row].key)
            panel.hist(points[:, row], edges, color=BLUE, density=True)
            panel.axhline(1, color=GREY, linewidth=0.8)
            panel.set_title(_in_lines(key_text(bounds[row].key)), fontsize=7)
        else:
            panel.set_label(f"{bounds[row].key} / {bounds[column].key}")
            panel.hist2d(points[:, column], points[:, row], [edges, edges], cmap="cividis")
            panel.set_ylim(0, 1)
        if row == n - 1:
            panel.set_xlabel(_in_lines(key_text(bounds[column].key)), fontsize=7)
        if column == 0 and row:
            _label_bounds(panel.yaxis, bounds[row])
            panel.tick_params(labelleft=True)
            panel.set_ylabel(_in_lines(key_text(bounds[row].key)), fontsize=7)
    entitle(figure, f"Posterior: {inference.recording.source}")
    note(
        figure,
        "Axes run from bound to bound (on a logarithmic scale where the bound says so). Bars: the"
        " posterior of one parameter; grey line: before anything was known. Squares: the posterior"
        " of two, brighter where denser.",
        *_sources(inference),
    )
    return figure


def predictive(inference: Inference, recordings: Mapping[str, Recording]) -> Figure:
    """Return the features of dishes drawn from a posterior beside those of the recording.

    Parameters
    ----------
    inference : Inference
    recordings : mapping of str to Recording
        The recording and some dishes, by what they are, whose rasters are drawn.

    Returns
    -------
    Figure
        Axes with the names of features, and "raster" and "rate" with the names of recordings.
    """
    rows = inference.predictive.to_dict("index")
    names = [*rows, *(f"empty {k}" for k in range(-len(rows) % FEATURE_COLUMNS))]
    lines = [names[k : k + FEATURE_COLUMNS] for k in range(0, len(names), FEATURE_COLUMNS)]
    figure = new_figure((11, 5.5 + 1.6 * len(lines)))
    above, below = halves(figure, [1.6 * max(len(lines), 1), 5])
    axes = new_axes(above, lines) if lines else {}
    for name in names[len(rows) :]:
        axes[name].set_axis_off()
    for name, row in rows.items():
        _draw_feature(axes[name], str(name), row)
    draw_rasters(below, beginnings(recordings, SPAN), list(recordings))
    entitle(
        figure,
        f"Dishes drawn from the posterior: {inference.n_held} of the {feature_space.N_PUBLISHED}"
        " published features of the recording within their 90 % interval",
    )
    others = [FEATURES[name].label for name in feature_space.NAMES[feature_space.N_PUBLISHED :]]
    note(
        figure,
        "Blue: 90 % interval and median of the dishes' features. Diamond: the recording (red where"
        f" outside). Not among the published ones: {', '.join(others)}.",
        *_sources(inference),
    )
    return figure


def check(coverage: Coverage) -> Figure:
    """Return coverage, ranks and recovery of a posterior.

    Returns
    -------
    Figure
        Axes "coverage" and "ranks", and one with the key of each parameter.
    """
    n = len(coverage.keys)
    names = [*coverage.keys, *(f"empty {k}" for k in range(-n % PARAMETER_COLUMNS))]
    lines = [names[k : k + PARAMETER_COLUMNS] for k in range(0, len(names), PARAMETER_COLUMNS)]
    figure = new_figure((11, 4 + 2.2 * len(lines)))
    above, below = halves(figure, [3.4, 2.2 * len(lines)])
    axes = new_axes(above, [["coverage", "ranks"]])
    _draw_coverage(axes["coverage"], coverage)
    _draw_ranks(axes["ranks"], coverage)
    panels = new_axes(below, lines)
    recovery = zip(coverage.keys, coverage.recovery(), strict=True)
    for place, (key, correlation) in enumerate(recovery):
        panel = panels[key]
        panel.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        truths, medians = coverage.truths[:, place], coverage.medians[:, place]
        panel.plot(truths, medians, ".", color=BLUE, markersize=3)
        panel.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        panel.set_title(f"{key_text(key)}: r = {correlation:.2f}", fontsize=8)
        if place + PARAMETER_COLUMNS >= n:
            panel.set_xlabel("true", fontsize=9)
        if place % PARAMETER_COLUMNS == 0:
            panel.set_ylabel("estimated", fontsize=9)
    for name in names[n:]:
        panels[name].set_axis_off()
    entitle(
        figure,
        f"Check of the posterior on {len(coverage.truths):,} simulated cultures that it did not"
        " learn from",
    )
    note(
        figure,
        "Coverage: share of cultures whose true parameter lies in the central interval of a level."
        " Ranks: share of cultures whose rank is below, less what a right posterior has. Grey:"
        " where 95 % of right posteriors lie. Below: true parameters against medians, in shares of"
        " the bounds.",
    )
    return figure


def _sources(inference: Inference) -> tuple[str, str]:
    """Return where the recording and the simulations come from."""
    simulations = inference.posterior.simulations
    return (
        f"Recording: {recording_text(inference.recording)}",
        f"Simulations: {len(simulations):,}; {cultures_text(inference.prior.parameters)}",
    )


def _draw_feature(axes: Axes, name: str, row: Mapping[str, float]) -> None:
    axes.plot([row["low"], row["high"]], [0, 0], color=BLUE, linewidth=6, solid_capstyle="butt")
    axes.plot(row["median"], 0, "|", color=BLACK, markersize=14)
    colour = BLACK if row["holds"] else VERMILLION
    axes.plot(row["recording"], 0, "D", color=colour, markersize=6, clip_on=False)
    axes.set(ylim=(-1, 1), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(_in_lines(feature_text(name, FEATURES[name].unit), 26), fontsize=8)
    axes.margins(x=0.15)


def _draw_coverage(axes: Axes, coverage: Coverage) -> None:
    levels, n = np.linspace(0.02, 0.98, 49), len(coverage.truths)
    curves = np.array([coverage.coverage(level) for level in levels])
    low, high = (binom.ppf(q, n, levels) / n for q in (0.025, 0.975))
    axes.fill_between(levels, low, high, color="0.88", linewidth=0)
    axes.plot(levels, curves, color=BLUE, linewidth=0.7, alpha=0.6)
    axes.plot([], color=BLUE, linewidth=0.7, label="single parameters")
    axes.plot(levels, curves.mean(axis=1), color=BLACK, linewidth=1.6, label="their mean")
    axes.set(xlabel="level of the interval", ylabel="share of truths within")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False, fontsize=8)


def _draw_ranks(axes: Axes, coverage: Coverage) -> None:
    n = len(coverage.ranks)
    grid = np.linspace(0, 1, 101)
    low, high = (binom.ppf(q, n, grid) / n - grid for q in (0.025, 0.975))
    axes.fill_between(grid, low, high, color="0.88", linewidth=0)
    for ranks in coverage.ranks.T:
        below = np.searchsorted(np.sort(ranks), grid, side="right") / n
        axes.plot(grid, below - grid, color=BLUE, linewidth=0.9, alpha=0.7)
    axes.axhline(0, color=BLACK, linewidth=0.8)
    axes.set(xlabel="rank of the truth", ylabel="cumulative share, less the rank", xlim=(0, 1))


def _label_bounds(axis: Axis, bound: Bound) -> None:
    axis.set_ticks([0, 1], labels=[micro(bound.text(end)) for end in (bound.low, bound.high)])


def _in_lines(text: str, letters: int = 15) -> str:
    """Return the same in narrow lines."""
    return textwrap.fill(text, letters)
