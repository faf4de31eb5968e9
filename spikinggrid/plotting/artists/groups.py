"""Dishes by group: a feature of each, cultures, medians and their intervals."""

import numpy as np
from matplotlib.axes import Axes

from spikinggrid.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION
from spikinggrid.statistics.groups import GroupComparison

#: Colours of groups.
COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY)

#: How far dishes lie beside the value of their culture, and medians beside it.
BESIDE, MEDIAN_BESIDE = 0.16, 0.3


def draw_groups(axes: Axes, comparison: GroupComparison, feature: str) -> None:
    """Draw a feature of each dish and culture by group, with the medians and their intervals.

    Dishes are open circles, cultures dots; a line joins the values of a culture that has dishes in
    several groups. A bar beside them is the median over cultures, with its 95 % interval.

    Parameters
    ----------
    axes : Axes
    comparison : GroupComparison
    feature : str
        One of `comparison.features`.
    """
    values = comparison.values.pivot_table(
        index="culture", columns="group", values=feature, sort=False
    ).reindex(columns=list(comparison.groups))
    for row in values.to_numpy():
        places = np.flatnonzero(np.isfinite(row))
        axes.plot(places, row[places], color=GREY, linewidth=0.7, zorder=1)
    summary = comparison.summary[comparison.summary["feature"] == feature].set_index("group")
    for number, group in enumerate(comparison.groups):
        colour = COLOURS[number % len(COLOURS)]
        dishes = comparison.dishes.loc[comparison.dishes["group"] == group, feature].dropna()
        of_cultures = values[group].dropna()
        axes.plot(
            np.full(len(dishes), number - BESIDE),
            dishes,
            "o",
            markersize=3,
            markerfacecolor="none",
            markeredgecolor=colour,
            markeredgewidth=0.6,
            label="dishes",
        )
        axes.plot(
            np.full(len(of_cultures), number), of_cultures, "o", markersize=4.5, color=colour,
            label="cultures",
        )  # fmt: skip
        median, low, high = summary.loc[group, ["median", "low", "high"]]
        place = number + MEDIAN_BESIDE
        axes.plot([place - 0.1, place + 0.1], [median] * 2, color=BLACK, label="median")
        axes.plot([place] * 2, [low, high], color=BLACK, linewidth=0.9, label="interval")
    axes.set_xticks(range(len(comparison.groups)), comparison.groups, fontsize=8)
    axes.set_xlim(-0.5, len(comparison.groups) - 0.4)
