"""Figures of fits.

fit                 every feature against its target, and rasters or responses
time_courses        responses before and after a tetanus, simulated and living
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from spikinggrid.assays import tetanization
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.targets import FARTHEST, Targets
from spikinggrid.plotting.artists.rasters import draw_rasters
from spikinggrid.plotting.excerpt import beginnings
from spikinggrid.plotting.provenance import cultures_text
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    VERMILLION,
    entitle,
    feature_text,
    halves,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.recordings import Recording
from spikinggrid.utils.missing import number_text

#: Length of the stretch of recordings that is drawn (s).
SPAN = 60.0

#: So many letters of the source of targets are written.
MAX_SOURCE = 300


def fit(result: SearchResult, recordings: Mapping[str, Recording]) -> Figure:
    """Return a page with every feature of a fitted culture against its target.

    Below are recordings, or the responses of the tetanization.

    Parameters
    ----------
    result : SearchResult
    recordings : mapping of str to Recording
        Two recordings to be drawn side by side, by what they are; of a tetanization none.

    Returns
    -------
    Figure
        Axes "features", "values", and "raster" and "rate" with the names of `recordings`, or
        one for each case of the tetanization, such as "before L".
    """
    targets, n_checks = result.plan.targets, len(result.cultures)
    figure = new_figure((11, 10))
    above, below = halves(figure, [1, 1])
    axes = new_axes(above, [["features", "values"]], widths=[5, 2.6])
    alone = [c for c in result.cultures if c.keys() >= targets.features.keys()]
    _draw_deviations(axes["features"], targets, result, alone)
    _draw_values(axes["values"], targets, result)
    if targets.assay.figure == "responses":
        _draw_responses(below, np.array([culture["responses"] for culture in result.cultures]))
    elif recordings:
        draw_rasters(below, beginnings(recordings, SPAN), list(recordings))
    more = " ..." * (len(targets.source) > MAX_SOURCE)
    entitle(
        figure,
        f"Fit to {targets.name}: {result.n_within} of {len(targets.features)} features within the"
        f" band, on {n_checks} cultures that took no part in the search",
        targets.source[:MAX_SOURCE] + more,
    )
    dots = "small dots: single cultures; " if alone else ""
    note(
        figure,
        f"Blue: the fitted culture, those cultures together; {dots}grey: the start of the search."
        f" Green: the target's band. What is farther off than {FARTHEST:g} spreads is drawn at the"
        " edge.",
        f"Start: {cultures_text(result.plan.parameters)}; fitted cultures have seeds"
        f" {result.plan.check_seeds[0]} to {result.plan.check_seeds[-1]}.",
    )
    return figure


def time_courses(responses: np.ndarray, title: str, small_print: str = "") -> Figure:
    """Return the responses before and after a tetanus, simulated and living.

    Parameters
    ----------
    responses : ndarray, shape (n_cultures, 4 cases, n_bins)
        As `tetanization.tetanize` returns them.
    title : str
    small_print : str
        Where the cultures come from.

    Returns
    -------
    Figure
        One of axes for each case, such as "before L".
    """
    figure = new_figure((9, 6))
    _draw_responses(figure, responses)
    entitle(figure, title)
    note(
        figure,
        "Response: fading spike count per neuron, mean over 60 electrodes. Bands: standard"
        " deviation over cultures. Grey: stimulus.",
        small_print,
    )
    return figure


def _draw_deviations(
    axes: Axes, targets: Targets, result: SearchResult, alone: Sequence[dict[str, Any]]
) -> None:
    """Draw how many spreads each feature is off, before the fit and after it."""
    rows = np.arange(len(targets.features))
    axes.axvspan(-1, 1, color=GREEN, alpha=0.15, linewidth=0)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.hlines(rows, -FARTHEST, FARTHEST, color="0.9", linewidth=0.6, zorder=0)

    def draw(values: Mapping[str, float], label: str, **style: Any) -> None:
        z = np.clip(list(targets.deviations(values).values()), -FARTHEST, FARTHEST)
        axes.plot(z, rows, linestyle="none", label=label, clip_on=False, **style)

    if result.start:
        draw(result.start, "start", marker="o", color=GREY, markersize=5)
    for culture in alone:
        draw(culture, "single cultures", marker=".", color=BLUE, markersize=4)
    draw(result.fitted, "fitted", marker="o", color=BLUE, markersize=7)
    names = [feature_text(name, targets.units[name]) for name in targets.features]
    axes.set_yticks(rows, names, fontsize=8)
    axes.set(xlabel="distance from the target's centre (spreads)", xlim=(-FARTHEST, FARTHEST))
    axes.set_ylim(len(rows) - 0.5, -1.2)


def _draw_values(axes: Axes, targets: Targets, result: SearchResult) -> None:
    """Write target, start and fitted value of each feature."""
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(targets.features) - 0.5, -1.2))
    columns = {"target": 0.2, "band": 0.6, "start": 0.8, "fitted": 1.0}
    for name, place in columns.items():
        axes.text(place, -0.9, name, ha="right", va="center", fontsize=8)
    for row, (name, target) in enumerate(targets.features.items()):
        fitted = result.fitted[name]
        cells = {
            "target": f"{target.centre:.3g}",
            "band": f"{target.low:.3g} to {target.high:.3g}",
            "start": number_text(result.start[name], ".3g") if result.start else "failed",
            "fitted": number_text(fitted, ".3g"),
        }
        for column, text in cells.items():
            weight = "bold" if column == "fitted" and target.holds(fitted) else "normal"
            axes.text(
                columns[column], row, text, ha="right", va="center", fontsize=8, fontweight=weight
            )


def _draw_responses(figure: Figure | SubFigure, responses: np.ndarray) -> None:
    """Draw the responses in the four cases, in ms from the start of a presentation."""
    names = [" ".join(case) for case in tetanization.CASES]
    axes = new_axes(figure, [names[:2], names[2:]])
    shown, living = tetanization.SHOWN, tetanization.living()
    time = (np.arange(shown.start, shown.stop) + 0.5) * tetanization.BIN * 1e3
    courses = responses[:, :, shown]
    mean, sd = courses.mean(axis=0), courses.std(axis=0)
    top = 1.05 * max((mean + sd).max(), (living.mean + living.sd).max())
    pulsed = np.array([tetanization.ONSET, tetanization.ONSET + tetanization.PULSED]) * 1e3
    for number, (name, (when, pattern)) in enumerate(zip(names, tetanization.CASES, strict=True)):
        panel = axes[name]
        for centre, spread, label, colour in (
            (mean[number], sd[number], f"simulated, {len(responses)} cultures", BLUE),
            (living.mean[number], living.sd[number], "living (Ruaro et al. 2005)", VERMILLION),
        ):
            panel.plot(time, centre, "o-", color=colour, label=label, markersize=4)
            low, high = centre - spread, centre + spread
            panel.fill_between(time, low, high, color=colour, alpha=0.2, linewidth=0)
        panel.axvspan(*pulsed, color="0.9", zorder=0)
        panel.set_title(f"{when} the tetanus, {pattern.replace('-', ' ')}", loc="left", fontsize=9)
        panel.set(ylim=(0, top))
    for name in names[::2]:
        axes[name].set_ylabel("response")
    for name in names[2:]:
        axes[name].set_xlabel("time (ms)")
    axes[names[0]].legend(frameon=False, fontsize=8)
