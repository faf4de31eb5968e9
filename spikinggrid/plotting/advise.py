"""The figure of an advice: how the goal depends on each parameter, and what came of it."""

import numpy as np
from matplotlib.figure import Figure

from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    entitle,
    key_text,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.prediction.advise import SHARES, Advice

N_COLUMNS = 3


def advice(given: Advice, checked: dict[str, list[float]]) -> Figure:
    """The goal against each parameter, what matters, and cultures now and as advised.

    Parameters
    ----------
    given : Advice
    checked : dict
        "now" and "advised": the goal in cultures that were grown to see.
    """
    order = np.argsort(-given.total)
    bounds = given.plan.bounds
    keys = [bounds[k].key for k in order]
    names = ["what matters", "what came of it", *keys]
    names += [f"empty {k}" for k in range(-len(names) % N_COLUMNS)]
    rows = [names[k : k + N_COLUMNS] for k in range(0, len(names), N_COLUMNS)]
    figure = new_figure((11, 2.7 * len(rows) + 0.8))
    axes = new_axes(figure, rows)
    _draw_what_matters(axes["what matters"], given, order)
    _draw_checked(axes["what came of it"], given, checked)
    for k in order:
        _draw_dependence(axes[bounds[k].key], given, k)
    for name in names:
        if name.startswith("empty"):
            axes[name].set_axis_off()
    entitle(figure, f"What to grow for {given.goal.name}: {len(given.values)} simulations")
    note(
        figure,
        "Dots: simulations, in which all parameters vary. Blue: what is expected with this parameter alone"
        " changed, all others as advised, with 90 % band. Orange: advised, with 90 % interval; grey: now.",
        "What matters: share of the variance between the bounds that a parameter has a part in (light) and"
        " makes alone (dark).",
    )
    return figure


def _draw_what_matters(axes, given: Advice, order: np.ndarray) -> None:
    places = np.arange(len(order))
    axes.barh(places, given.total[order], color="#9ecae1")
    axes.barh(places, given.alone[order], color=BLUE)
    axes.set_yticks(places, [key_text(given.plan.bounds[k].key) for k in order], fontsize=7)
    axes.set(ylim=(len(order) - 0.5, -0.5), xlabel="share of variance")


def _draw_checked(axes, given: Advice, checked: dict[str, list[float]]) -> None:
    expected = (given.expected_current, given.expected_advised)
    for place, (name, values) in enumerate(checked.items()):
        mean, low, high = expected[place]
        axes.plot([place - 0.2] * 2, [low, high], color=BLUE, linewidth=4, solid_capstyle="butt")
        axes.plot(place - 0.2, mean, "_", color=BLACK, markersize=10)
        spread = place + 0.15 + 0.1 * np.linspace(-1, 1, len(values))
        axes.plot(spread, values, ".", color=VERMILLION, markersize=5)
        axes.plot(place + 0.15, np.mean(values), "_", color=BLACK, markersize=14)
    axes.set_xticks([0, 1], ["now", "as advised"])
    axes.set(xlim=(-0.6, 1.6), ylabel=_short_goal(given))
    axes.set_title("expected (blue), measured (red)", fontsize=8)


def _draw_dependence(axes, given: Advice, k: int) -> None:
    bound = given.plan.bounds[k]
    x = [bound.value(share) for share in SHARES]
    axes.plot(
        [bound.value(share) for share in given.points[:, k]],
        given.values,
        ".",
        color=GREY,
        markersize=3,
        alpha=0.6,
    )
    axes.fill_between(
        x, given.curves["low"][k], given.curves["high"][k], color=BLUE, alpha=0.2, linewidth=0
    )
    axes.plot(x, given.curves["mean"][k], color=BLUE)
    axes.axvspan(
        bound.value(given.low[k]), bound.value(given.high[k]), color=ORANGE, alpha=0.15, linewidth=0
    )
    axes.axvline(bound.value(given.advised[k]), color=ORANGE)
    axes.axvline(bound.value(given.current[k]), color=GREY, linestyle="--")
    if bound.log:
        axes.set_xscale("log")
    ends = [bound.low, bound.value(0.5), bound.high]
    axes.set_xticks(ends, [bound.text(float(f"{end:.2g}")) for end in ends], fontsize=7)
    axes.minorticks_off()
    axes.set_title(key_text(bound.key), fontsize=8)
    axes.set_ylabel(_short_goal(given), fontsize=8)


def _short_goal(given: Advice) -> str:
    return given.goal.name.partition(" ")[0]
