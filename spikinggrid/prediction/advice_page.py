"""An advice on one page, in Markdown."""

import numpy as np

from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.parameters.reference import key as described
from spikinggrid.prediction import gains_page
from spikinggrid.prediction.advise import Advice, accuracy
from spikinggrid.prediction.gains import Gains

EXPLANATION = (
    "The interval of a parameter says where the best culture may be as far as the simulations tell;"
    " one that fills the bounds means that it hardly matters, or that more simulations are needed."
    " Matters: the share of the variance of the goal between the bounds that the parameter has a"
    " part in, and that it makes alone (Sobol's indices). Measured cultures have a wiring that no"
    " simulation had. A gain is positive where it is for the better."
)


def page(advice: Advice | None, gains: Gains | None = None, picture: str = "") -> str:
    """Return an advice on one page, in Markdown.

    Parameters
    ----------
    advice : Advice or None
        Which values parameters should have.
    gains : Gains, optional
        What changes bring that a laboratory can make; they come first.
    picture : str
        File of a figure to show, seen from the page; "" for none.
    """
    lines = [f"# What to grow for {_goal(advice, gains)}", ""]
    if gains:
        lines += ["## Changes that a laboratory can make", "", *gains_page.lines(gains)]
    if gains and advice:
        lines += ["## Parameters between bounds", ""]
    if advice:
        lines += [*_lines(advice), ""]
    if picture:
        lines += [f"![What each change brings, and each parameter]({picture})", ""]
    return "\n".join(lines[:-1]) + "\n"


def _goal(advice: Advice | None, gains: Gains | None) -> str:
    if advice:
        return advice.goal.name
    assert gains is not None
    digits = gains.twins.cultures[0].digits
    assert digits is not None
    return accuracy(len(digits.classes)).name


def _lines(advice: Advice) -> list[str]:
    explained = 100 * max(advice.explained, 0)
    lines = [
        f"From {len(advice.values)} simulated cultures between the bounds below. The model of them"
        f" explains {explained:.0f} % of how they differ; the rest is chance (wiring, noise) or not"
        " understood.",
        "",
        "| parameter | meaning | now | advised | 90 % interval | matters (total, alone) |",
        "|---|---|---|---|---|---|",
    ]
    for k in np.argsort(-advice.total):
        bound = advice.prior.bounds[k]
        now, advised, low, high = (
            _short(bound, share)
            for share in (advice.current[k], advice.advised[k], advice.low[k], advice.high[k])
        )
        lines.append(
            f"| `{bound.key}` | {described(bound.key).meaning} | {now} | **{advised}** |"
            f" {low} to {high} | {advice.total[k]:.2f}, {advice.alone[k]:.2f} |"
        )
    lines += [
        "",
        "| | now | as advised | gain |",
        "|---|---|---|---|",
        f"| expected (90 % interval) | {_interval(advice.expected_current)} |"
        f" {_interval(advice.expected_advised)} | {_interval(advice.expected_gain)} |",
    ]
    if advice.comparison:
        grown = advice.comparison
        lines.append(
            f"| measured, {len(grown.now)} cultures each (95 % interval of the gain) |"
            f" {np.mean(grown.now):.3g} | {np.mean(grown.advised):.3g} |"
            f" {_interval(grown.gain())} |"
        )
    return [*lines, "", EXPLANATION]


def _short(bound: Bound, share: float) -> str:
    """Return a value with three digits."""
    return bound.text(float(f"{bound.value(share):.3g}"))


def _interval(values: tuple[float, float, float]) -> str:
    return "{:.3g} ({:.3g} to {:.3g})".format(*values)
