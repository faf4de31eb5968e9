"""The features of two recordings side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    plain_numbers,
)
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.missing import number_text

#: Features that a comparison of two recordings shows: the published ones.
COMPARED = (
    "burst.rate",
    "burst.dur",
    "spikes.in.bursts",
    "CV.IBI",
    "burst.fir.rate",
    "fir.rate",
    "num.n.s",
    "n.s.peak",
    "n.s.dur",
    "corr",
    "theta.burst",
)


def feature_values(table: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Return those of the features of two recordings that are compared, shape (2, n_features)."""
    return np.array([[column[name] for name in COMPARED] for column in table])


def draw_ratios(axes: Axes, values: np.ndarray, names: Sequence[str]) -> None:
    """Draw the ratio of the first to the second recording's features where both are positive.

    Parameters
    ----------
    axes : Axes
    values : ndarray, shape (2, n_features)
        As `feature_values` returns them.
    names : sequence of str
        Of both recordings.
    """
    rows = np.arange(len(COMPARED))
    drawn = (values > 0).all(axis=0)
    ratio = values[0, drawn] / values[1, drawn]
    limit = 1.3 * np.exp(np.abs(np.log(ratio)).max(initial=np.log(2)))
    axes.axvline(1, color=BLACK, linewidth=0.8)
    axes.hlines(rows[drawn], 1, ratio, color=GREY, linewidth=0.8)
    axes.plot(ratio, rows[drawn], "o", color=BLUE, markersize=6)
    axes.set(xscale="log", xlim=(1 / limit, limit), xlabel=f"{' / '.join(names)} (ratio)")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    plain_numbers(axes.xaxis, few=limit > 30)
    axes.set_yticks(rows, [FEATURES[name].label_with_unit for name in COMPARED], fontsize=9)


def write_features(axes: Axes, beside: Axes, values: np.ndarray, names: Sequence[str]) -> None:
    """Write the values of features beside the rows of `draw_ratios`.

    Parameters
    ----------
    axes : Axes
        Of the ratios.
    beside : Axes
        To the right of them.
    values : ndarray, shape (2, n_features)
        As `feature_values` returns them.
    names : sequence of str
        Of both recordings.
    """
    beside.set_axis_off()
    for panel in (axes, beside):
        panel.set_ylim(values.shape[1] - 0.5, -1.5)
    for place, name, column in zip((0.4, 0.95), names, values, strict=True):
        beside.text(place, -1, name, ha="right", va="center", fontsize=9)
        for row, value in enumerate(column):
            beside.text(place, row, number_text(value, ".3g"), ha="right", va="center", fontsize=9)
