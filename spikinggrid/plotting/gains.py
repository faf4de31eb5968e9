"""The figure of what changes bring: gains with intervals by readout, and what came of the best."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    VERMILLION,
    entitle,
    many,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.prediction.gains import Gains
from spikinggrid.prediction.gains_page import HEADS
from spikinggrid.prediction.laboratory import GROUPS

#: Height of a line, and of all around them (inches).
LINE, AROUND = 0.21, 1.6

#: Letters in a line of the title of what was followed.
WIDE = 24

NOTE = (
    "Mean of the paired differences between the same wirings with the change and without, and its"
    " 95 % interval. Blue: sure gain, red: sure loss, by Holm's correction for all changes of a"
    " readout; grey: not sure. Under drugs cultures are asked and not taught."
)


def gains(gains: Gains) -> Figure:
    """Return what each change brings by each readout, and what came of those that were followed.

    Returns
    -------
    Figure
        Axes with the names of `HEADS`, and "followed".
    """
    figure = new_figure((11, height(gains)))
    draw_gains(figure, gains)
    entitle(figure, f"What to grow: {title(gains)}")
    note(figure, NOTE)
    return figure


def height(gains: Gains) -> float:
    """Return how high the axes are (inches)."""
    return AROUND + LINE * (len(gains.tried) + len(_groups(gains.table)))


def title(gains: Gains) -> str:
    """Return what was done, in a line."""
    changes, wirings = many(len(gains.tried), "change"), many(len(gains.twins.wirings), "wiring")
    return f"{changes}, each in the same {wirings}"


def draw_gains(figure: Figure | SubFigure, gains: Gains) -> dict[str, Axes]:
    """Draw what each change brings, one line each, by group; return the axes by name."""
    axes = new_axes(figure, [[*HEADS, "followed"]], widths=[2.2, 2.2, 2.2, 1.2])
    table = gains.table
    places = _places(table)
    for readout, head in HEADS.items():
        rows = table[table["readout"] == readout]
        _draw_readout(axes[readout], rows, places)
        mean, _ = gains.accuracy_now(readout)
        axes[readout].set_title(f"{head}\n(as it is: {mean:.3f})", fontsize=8)
    _label_lines(axes[next(iter(HEADS))], table, places)
    _draw_followed(axes["followed"], gains)
    return axes


def _groups(table: pd.DataFrame) -> list[str]:
    return [group for group in GROUPS if (table["group"] == group).any()]


def _places(table: pd.DataFrame) -> dict[str, int]:
    """Return the line of each change, and of each group's head, from the top."""
    lines: list[str] = []
    for group in _groups(table):
        lines += [group, *dict.fromkeys(table[table["group"] == group]["change"])]
    return {line: place for place, line in enumerate(lines)}


def _draw_readout(axes: Axes, rows: pd.DataFrame, places: dict[str, int]) -> None:
    for row in rows.itertuples():
        colour = GREY if not row.sure else BLUE if row.gain > 0 else VERMILLION
        place = places[str(row.change)]
        axes.plot([row.low, row.high], [place] * 2, color=colour, linewidth=1.5)
        axes.plot(row.gain, place, "o", color=colour, markersize=4)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(axis="x", color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("gain in accuracy", fontsize=8)


def _label_lines(axes: Axes, table: pd.DataFrame, places: dict[str, int]) -> None:
    axes.set_yticks(list(places.values()), list(places), fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    groups = _groups(table)
    for label in axes.get_yticklabels():
        if label.get_text() in groups:
            label.set_fontweight("bold")


def _draw_followed(axes: Axes, gains: Gains) -> None:
    followed = gains.followed
    if followed is None:
        axes.set_axis_off()
        return
    for place, values in enumerate((followed.predicted, followed.measured)):
        spread = place + 0.15 * np.linspace(-1, 1, len(values))
        axes.plot(spread, values, ".", color=(BLUE, VERMILLION)[place], markersize=5)
        axes.plot(place, values.mean(), "_", color=BLACK, markersize=18)
    axes.axhline(0, color=BLACK, linewidth=0.8)
    axes.set_xticks([0, 1], ["expected", "measured"], fontsize=7.5)
    axes.set_xlim(-0.6, 1.6)
    names = " and ".join(change.name for change in followed.changes)
    axes.set_title(textwrap.fill(f"followed: {names}", WIDE), fontsize=8)
    axes.set_ylabel("gain of label electrodes", fontsize=8)
