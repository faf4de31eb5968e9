"""The figure of an advice: what changes bring, what parameters do, and what came of it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from spikinggrid.plotting import gains as gains_figure
from spikinggrid.plotting.provenance import cultures_text
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    VERMILLION,
    entitle,
    halves,
    key_text,
    micro,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.prediction.advise import SHARES, Advice
from spikinggrid.prediction.gains import Gains

N_COLUMNS = 3

#: Height of a row of axes (inches).
ROW = 2.7

#: How names of axes begin that show nothing.
EMPTY = "empty"


def advice(advice: Advice, gains: Gains | None = None) -> Figure:
    """Return the goal against each parameter, what matters, and cultures now and as advised.

    Parameters
    ----------
    advice : Advice
    gains : Gains, optional
        What changes bring that a laboratory can make, to be drawn above.

    Returns
    -------
    Figure
        Axes "what matters", "what came of it", and one with the key of each parameter, those that
        matter most first; before these, those of `plotting.gains`.
    """
    order = np.argsort(-advice.total)
    rows = _rows(advice, order)
    height = ROW * len(rows) + 1
    figure = new_figure((11, height + (gains_figure.height(gains) if gains else 0)))
    part: Figure | SubFigure = figure
    if gains:
        above, part = halves(figure, [gains_figure.height(gains), height])
        gains_figure.draw_gains(above, gains)
    axes = new_axes(part, rows)
    _draw_what_matters(axes["what matters"], advice, order)
    _draw_comparison(axes["what came of it"], advice)
    for k in order:
        _draw_dependence(axes[advice.prior.bounds[k].key], advice, int(k))
    for name in axes:
        if name.startswith(EMPTY):
            axes[name].set_axis_off()
    learned = f"learned from {len(advice.values):,} cultures"
    entitle(
        figure,
        f"What to grow: {advice.goal.name}",
        f"{gains_figure.title(gains)}; below, {learned}" if gains else learned.capitalize(),
    )
    note(
        figure,
        gains_figure.NOTE if gains else "",
        "Dots: simulations, in which all parameters vary. Blue: what is expected with this"
        " parameter alone changed, all others as advised, with 90 % band. Orange: advised, with"
        " 90 % interval; grey: now. What matters: share of the variance between the bounds that a"
        " parameter has a part in (light) and makes alone (dark).",
        f"Now: {cultures_text(advice.prior.parameters)}",
    )
    return figure


def _rows(advice: Advice, order: np.ndarray) -> list[list[str]]:
    """Return names of axes in rows, the last of which is filled up with empty ones."""
    names = ["what matters", "what came of it", *(advice.prior.bounds[k].key for k in order)]
    names += [f"{EMPTY} {k}" for k in range(-len(names) % N_COLUMNS)]
    return [names[k : k + N_COLUMNS] for k in range(0, len(names), N_COLUMNS)]


def _draw_what_matters(axes: Axes, advice: Advice, order: np.ndarray) -> None:
    places = np.arange(len(order))
    axes.barh(places, advice.total[order], color=SKY)
    axes.barh(places, advice.alone[order], color=BLUE)
    axes.set_yticks(places, [key_text(advice.prior.bounds[k].key) for k in order], fontsize=7)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xlabel("share of variance", fontsize=8)


def _draw_comparison(axes: Axes, advice: Advice) -> None:
    grown = advice.comparison
    expected = (advice.expected_current, advice.expected_advised)
    for place, values in enumerate((grown.now, grown.advised) if grown else ()):
        mean, low, high = expected[place]
        axes.plot([place - 0.2] * 2, [low, high], color=BLUE, linewidth=4, solid_capstyle="butt")
        axes.plot(place - 0.2, mean, "_", color=BLACK, markersize=10)
        spread = place + 0.15 + 0.1 * np.linspace(-1, 1, len(values))
        axes.plot(spread, values, ".", color=VERMILLION, markersize=5)
        axes.plot(place + 0.15, np.mean(values), "_", color=BLACK, markersize=14)
    axes.set_xticks([0, 1], ["now", "as advised"])
    axes.set_xlim(-0.6, 1.6)
    axes.set_ylabel(_short_goal(advice), fontsize=8)
    axes.set_title("expected (blue), measured (red)", fontsize=8)


def _draw_dependence(axes: Axes, advice: Advice, k: int) -> None:
    bound = advice.prior.bounds[k]
    x = [bound.value(share) for share in SHARES]
    points = [bound.value(share) for share in advice.points[:, k]]
    axes.plot(points, advice.values, ".", color=GREY, markersize=3, alpha=0.6)
    low, high = advice.curves["low"][k], advice.curves["high"][k]
    axes.fill_between(x, low, high, color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(x, advice.curves["mean"][k], color=BLUE)
    interval = bound.value(advice.low[k]), bound.value(advice.high[k])
    axes.axvspan(*interval, color=ORANGE, alpha=0.15, linewidth=0)
    axes.axvline(bound.value(advice.advised[k]), color=ORANGE)
    axes.axvline(bound.value(advice.current[k]), color=GREY, linestyle="--")
    if bound.log:
        axes.set_xscale("log")
    ends = [bound.low, bound.value(0.5), bound.high]
    texts = [micro(bound.text(float(f"{end:.2g}"))) for end in ends]
    axes.set_xticks(ends, texts, fontsize=7)
    axes.minorticks_off()
    axes.set_title(key_text(bound.key), fontsize=8)
    axes.set_ylabel(_short_goal(advice), fontsize=8)


def _short_goal(advice: Advice) -> str:
    return advice.goal.name.partition(" ")[0]
