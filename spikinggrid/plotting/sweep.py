"""The figure of a sweep: curves of one key, heat maps of two.

See `spikinggrid.plotting.recordings` for what figures have in common.
"""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.fitting.sweep import SweepResult
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    entitle,
    new_axes,
    new_figure,
    note,
)

#: Features that are drawn; the table has all.
DRAWN = (
    "fir.rate",
    "burst.rate",
    "burst.dur",
    "spikes.in.bursts",
    "CV.IBI",
    "burst.fir.rate",
    "theta.burst",
    "corr",
    "num.n.s",
    "n.s.peak",
    "n.s.dur",
    "network_burst.rate",
)
N_COLUMNS = 4

#: Heat maps with more cells have no numbers in them.
MOST_NUMBERED = 36

#: So many combinations with failed cultures are named.
MOST_NAMED = 4


def draw(result: SweepResult, name: str) -> Figure:
    """What was measured against the values of one key, or of the first two.

    Parameters
    ----------
    result : SweepResult
    name : str
        Of the parameter file.

    Returns
    -------
    Figure
        Axes with the names of features; of digits, "accuracy", and as a heat map
        "accuracy_untrained".
    """
    digits, keys = result.plan.assay.figure == "accuracies", list(result.plan.values)
    alone = len(keys) == 1
    if digits:
        names = ["accuracy"] if alone else ["accuracy", "accuracy_untrained"]
        figure = new_figure((5 * len(names), 4.2))
        axes = new_axes(figure, [names])
    else:
        names = list(DRAWN)
        figure = new_figure((13, 8.5))
        rows = [names[k : k + N_COLUMNS] for k in range(0, len(names), N_COLUMNS)]
        axes = new_axes(figure, rows)
    if alone:
        for each in names:
            _draw_curve(axes[each], result, each, BLUE)
        if digits:
            _draw_curve(axes["accuracy"], result, "accuracy_untrained", GREY)
            axes["accuracy"].set_ylim(0, 1.03)
            axes["accuracy"].set_ylabel("accuracy of the label electrodes")
            axes["accuracy"].legend(frameon=False, fontsize=8)
    else:
        limits = (0.0, 1.0) if digits else None
        for each in names:
            _draw_map(axes[each], result, each, limits)
    entitle(
        figure,
        f"Sweep of {name}: {' and '.join(keys[:2])}, {len(result.plan.seeds)} cultures each",
    )
    width = int(15 * figure.get_figwidth())  # letters of a note to the inch
    note(figure, *(textwrap.fill(line, width) for line in _notes(result)))
    return figure


def _draw_curve(axes: Axes, result: SweepResult, name: str, colour: str) -> None:
    """Mean and standard deviation over cultures, and each culture, at the values of the one key."""
    ((key, texts),) = result.plan.values.items()
    places = np.arange(len(texts))
    means, sds = (
        np.array([getattr(cell, which)(name) for cell in result.cells]) for which in ("mean", "sd")
    )
    for place, cell in zip(places, result.cells, strict=True):
        found = cell.existing(name)
        axes.plot(np.full(len(found), place), found, ".", color=colour, alpha=0.35, markersize=5)
        if not cell.measured:
            axes.text(
                place,
                0.02,
                "failed",
                transform=axes.get_xaxis_transform(),
                ha="center",
                fontsize=7,
                color=GREY,
            )
    label = {"accuracy": "after the training", "accuracy_untrained": "untrained"}.get(name)
    axes.errorbar(
        places,
        means,
        np.nan_to_num(sds),
        fmt="o-",
        color=colour,
        capsize=3,
        markersize=4,
        label=label,
    )
    axes.set_xticks(places, texts)
    axes.set_xlim(-0.4, len(texts) - 0.6)
    axes.set(xlabel=key, ylabel=f"{name} ({result.units[name]})")


def _draw_map(
    axes: Axes, result: SweepResult, name: str, limits: tuple[float, float] | None
) -> None:
    """Means of each value of the first key (rows) with each of the second (columns)."""
    (row_key, rows), (column_key, columns), *_ = result.plan.values.items()
    values = _means(result, name)
    low, high = limits or (np.nanmin(values, initial=np.inf), np.nanmax(values, initial=-np.inf))
    if not low < high:
        low, high = (low, low + 1) if np.isfinite(low) else (0, 1)
    shown = axes.imshow(values, cmap="cividis", vmin=low, vmax=high, aspect="auto", origin="lower")
    axes.set_facecolor("0.85")  # shows where all cultures failed
    if values.size <= MOST_NUMBERED:
        for row, column in np.ndindex(values.shape):
            value = values[row, column]
            text = "failed" if np.isnan(value) else f"{value:.3g}"
            dark = np.isfinite(value) and value < (low + high) / 2
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                fontsize=7,
                color="white" if dark else BLACK,
            )
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=column_key, ylabel=row_key)
    axes.set_title(
        f"{name.replace('_untrained', ', untrained')} ({result.units[name]})", fontsize=9
    )
    axes.figure.colorbar(shown, ax=axes, shrink=0.9).ax.tick_params(labelsize=7)


def _means(result: SweepResult, name: str) -> np.ndarray:
    """Mean of each value of the first key with each of the second, over all cultures."""
    n_rows, n_columns = (len(texts) for texts in list(result.plan.values.values())[:2])
    found = [[[] for _ in range(n_columns)] for _ in range(n_rows)]
    for (row, column, *_), cell in zip(result.plan.points, result.cells, strict=True):
        found[row][column] += cell.existing(name)
    return np.array([[np.mean(each) if each else np.nan for each in row] for row in found])


def _notes(result: SweepResult) -> list[str]:
    """What is drawn, what it is averaged over, and which cultures failed."""
    keys = list(result.plan.values)
    if len(keys) == 1:
        lines = ["Mean and standard deviation over cultures; dots: single cultures."]
    else:
        over = " and ".join(["cultures", *(f"the values of {key}" for key in keys[2:])])
        lines = [f"Means over {over}."]
    failed = [cell for cell in result.cells if cell.failures]
    if failed:
        named = "; ".join(cell.failure_text() for cell in failed[:MOST_NAMED])
        more = f"; and {len(failed) - MOST_NAMED} more" if len(failed) > MOST_NAMED else ""
        lines.append(f"Not averaged, since they failed: {named}{more}.")
    return lines
