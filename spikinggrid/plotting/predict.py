"""The figure of a prediction: what each twin of a dish reaches, beside controls."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.fitting.aim import GOOD
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    SKY,
    VERMILLION,
    entitle,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.prediction.predict import CONTROLS, READOUTS, SHARE, Prediction


def prediction(prediction: Prediction) -> Figure:
    """Draw what the twins reach by each readout and control, and how near they are to the dish.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    Figure
        Axes "accuracy" and "nearness".
    """
    figure = new_figure((11, 4.5))
    axes = new_axes(figure, [["accuracy", "accuracy", "nearness"]])
    _draw_accuracies(axes["accuracy"], prediction)
    _draw_nearness(axes["nearness"], prediction)
    first = prediction.results[0]
    digits = ", ".join(map(str, first.classes))
    entitle(
        figure,
        f"What this dish would reach on digits {digits}",
        prediction.nearness(),
    )
    note(
        figure,
        f"Dots: twins, each of another wiring. Bars: {100 * SHARE:.0f} % of such dishes; black:"
        f" mean. Accuracy on {first.split} images. Grey line: always the largest class.",
    )
    return figure


def _draw_accuracies(axes: Axes, prediction: Prediction) -> None:
    names = [name for name in READOUTS | CONTROLS if name != "largest_class"]
    table = prediction.table
    for place, name in enumerate(names):
        row, values = table.loc[name], prediction.values(name)
        light, dark = (SKY, BLUE) if name in READOUTS else ("#dddddd", GREY)
        axes.plot([row.low, row.high], [place] * 2, color=light, linewidth=9, solid_capstyle="butt")
        spread = place + 0.22 * np.linspace(-1, 1, len(values))
        axes.plot(values, spread, "o", color=dark, markersize=4)
        axes.plot(row["mean"], place, "|", color=BLACK, markersize=20, markeredgewidth=2)
    axes.axvline(table.loc["largest_class", "mean"], color=GREY, linestyle="--")
    axes.set_yticks(range(len(names)), [table.loc[name, "what"] for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(right=1.0)
    axes.set_xlabel("accuracy (share of images)")


def _draw_nearness(axes: Axes, prediction: Prediction) -> None:
    labels = prediction.values("label")
    axes.plot(prediction.distances, labels, "o", color=BLUE, markersize=4)
    axes.axvline(GOOD, color=VERMILLION, linestyle="--")
    axes.set_xlabel("distance of the twin from the dish")
    axes.set_ylabel("label electrodes, trained")
    axes.set_title(f"as near as the dish is to itself: left of {GOOD:g}", fontsize=8)
