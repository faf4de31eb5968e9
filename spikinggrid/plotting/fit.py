"""Figures of fits.

    fit                 every feature against its target, and rasters or time courses
    time_courses        responses before and after a tetanus, simulated and living

See `spikinggrid.plotting.recordings` for what figures have in common.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.assays import tetanization
from spikinggrid.fitting.targets import FARTHEST, Targets
from spikinggrid.plotting.artists import draw_rasters
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    VERMILLION,
    entitle,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.recordings import Recording
from spikinggrid.utils.missing import number_text


def fit(
    targets: Targets,
    start: dict[str, float] | None,
    checked: dict[str, float],
    per_culture: Sequence[dict],
    pair: dict[str, Recording],
    duration: float = 60.0,
) -> Figure:
    """Every feature of a fitted culture against its target; below, two recordings or responses.

    Parameters
    ----------
    targets : Targets
    start, checked : dict of float
        Features before the fit (None if a culture failed) and after it, on further cultures.
    per_culture : sequence of dict
        What was measured of each of those.
    pair : dict of str to Recording
        Two recordings to be drawn side by side, by what they are; of a tetanization none.
    duration : float
        Length of the stretch that is drawn of both (s).

    Returns
    -------
    Figure
        Axes "features", "values", and "raster" and "rate" with the names of `pair`, or
        "response" with a case of the tetanization.
    """
    figure = new_figure((11, 10))
    above, below = figure.subfigures(2, 1, height_ratios=[5, 5])
    axes = new_axes(above, [["features", "values"]], widths=[5, 2.4])
    alone = [culture for culture in per_culture if culture.keys() >= targets.features.keys()]
    _draw_deviations(axes["features"], targets, start, checked, alone)
    _draw_values(axes["values"], targets, start, checked)
    if targets.assay.figure == "responses":
        responses = np.array([each["responses"] for each in per_culture])
        _draw_time_courses(below, responses)
    else:
        draw_rasters(below, pair, list(pair), duration)
    entitle(
        figure,
        f"Fit to {targets.name}: {targets.n_within(checked)} of {len(targets.features)} features"
        f" within the band, on {len(per_culture)} cultures that took no part in the search",
        targets.source if len(targets.source) < 300 else f"{targets.source[:300]} ...",
    )
    dots = "small dots: single cultures; " if alone else ""
    note(
        figure,
        f"Blue: the fitted culture, those cultures together; {dots}grey: the start of the search."
        f" Green: the target's band. What is farther off than {FARTHEST:g} spreads is drawn at the edge.",
    )
    return figure


def time_courses(responses: np.ndarray, title: str) -> Figure:
    """Responses before and after a tetanus, simulated and living, with the spread over cultures.

    Parameters
    ----------
    responses : ndarray, shape (n_cultures, 4 cases, n_bins)
        As `tetanization.tetanize` gives them.
    title : str
    """
    figure = new_figure((9, 6))
    _draw_time_courses(figure, responses)
    entitle(figure, title)
    note(
        figure,
        "Response: fading spike count per neuron, mean over 60 electrodes. Bands: standard deviation"
        " over cultures. Grey: stimulus.",
    )
    return figure


def _draw_deviations(
    axes: Axes,
    targets: Targets,
    start: dict[str, float] | None,
    checked: dict[str, float],
    alone: Sequence[dict],
) -> None:
    """Draw how many spreads each feature is off, before the fit and after it."""
    rows = np.arange(len(targets.features))
    axes.axvspan(-1, 1, color="#009E73", alpha=0.15, linewidth=0)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.hlines(rows, -FARTHEST, FARTHEST, color="0.9", linewidth=0.6, zorder=0)
    drawn = [(start, "o", GREY, 5, "start")] if start else []
    drawn += [(each, ".", BLUE, 4, "single cultures") for each in alone]
    drawn.append((checked, "o", BLUE, 7, "fitted"))
    for values, marker, colour, size, label in drawn:
        z = np.clip(list(targets.deviations(values).values()), -FARTHEST, FARTHEST)
        axes.plot(z, rows, marker, color=colour, markersize=size, label=label, clip_on=False)
    names = [f"{name} ({targets.units[name]})" for name in targets.features]
    axes.set_yticks(rows, names, fontsize=8)
    axes.set(xlabel="distance from the target's centre (spreads)", xlim=(-FARTHEST, FARTHEST))
    axes.set_ylim(len(rows) - 0.5, -1.5)


def _draw_values(
    axes: Axes, targets: Targets, start: dict[str, float] | None, checked: dict[str, float]
) -> None:
    """Write target, start and fitted value of each feature."""
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(targets.features) - 0.5, -1.5))
    columns = {"target": 0.25, "band": 0.62, "start": 0.8, "fitted": 1.0}
    for name, place in columns.items():
        axes.text(place, -1, name, ha="right", va="center", fontsize=8)
    for row, (name, target) in enumerate(targets.features.items()):
        cells = {
            "target": f"{target.centre:.3g}",
            "band": f"{target.low:.3g} to {target.high:.3g}",
            "start": number_text(start[name], ".3g") if start else "failed",
            "fitted": number_text(checked[name], ".3g"),
        }
        for column, text in cells.items():
            bold = "bold" if column == "fitted" and target.holds(checked[name]) else "normal"
            axes.text(
                columns[column], row, text, ha="right", va="center", fontsize=8, fontweight=bold
            )


def _draw_time_courses(figure, responses: np.ndarray) -> None:
    """Draw the responses in the four cases, in ms from the start of a presentation."""
    names = [" ".join(case) for case in tetanization.CASES]
    axes = new_axes(figure, [names[:2], names[2:]])
    shown, living = tetanization.SHOWN, tetanization.living()
    time = (np.arange(shown.start, shown.stop) + 0.5) * tetanization.BIN * 1e3
    courses = responses[:, :, shown]
    mean, sd = courses.mean(axis=0), courses.std(axis=0)
    top = 1.05 * max((mean + sd).max(), (living.mean + living.sd).max())
    for number, name in enumerate(names):
        both = (
            (mean[number], sd[number], f"simulated, {len(responses)} cultures", BLUE),
            (living.mean[number], living.sd[number], "living (Ruaro et al. 2005)", VERMILLION),
        )
        for centre, spread, label, colour in both:
            axes[name].plot(time, centre, "o-", color=colour, label=label, markersize=4)
            axes[name].fill_between(
                time, centre - spread, centre + spread, color=colour, alpha=0.2, linewidth=0
            )
        axes[name].axvspan(50, 60, color="0.9", zorder=0)
        axes[name].set_title(
            f"{name.split()[0]} the tetanus, {name.split()[1]}", loc="left", fontsize=9
        )
        axes[name].set(ylim=(0, top), ylabel="response", xlabel="time (ms)")
    axes[names[0]].legend(frameon=False, fontsize=8)
