"""The figure of a sweep: curves of one key, heat maps of two."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.fitting.sweep import SweepResult
from spikinggrid.plotting.provenance import cultures_text
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    entitle,
    feature_text,
    micro,
    new_axes,
    new_figure,
    note,
    root,
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

#: What accuracies are called.
ACCURACIES = {"accuracy": "after the training", "accuracy_untrained": "untrained"}

#: Heat maps with more cells have no numbers in them.
MOST_NUMBERED = 36

#: So many combinations with failed cultures are named.
MOST_NAMED = 4


def draw(result: SweepResult, name: str) -> Figure:
    """Return what was measured against the values of one key, or of the first two.

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
    names = list(ACCURACIES) if digits else list(DRAWN)
    if len(keys) == 1:
        figure = _draw_accuracies(result) if digits else _draw_curves(result, names)
    else:
        figure, axes = _frames(names)
        for feature in names:
            _draw_map(axes[feature], result, feature, (0.0, 1.0) if digits else None)
    entitle(
        figure,
        f"Sweep of {name}: {' and '.join(keys[:2])}, {len(result.plan.seeds)} cultures each",
    )
    note(figure, *_notes(result), cultures_text(result.plan.parameters, result.plan.seeds))
    return figure


def _frames(names: list[str]) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with axes of these names, four in a row."""
    rows = [names[k : k + N_COLUMNS] for k in range(0, len(names), N_COLUMNS)]
    few = len(names) < N_COLUMNS
    figure = new_figure((5.2 * len(names), 4.5) if few else (13, 2.8 * len(rows) + 0.6))
    return figure, new_axes(figure, rows)


def _draw_accuracies(result: SweepResult) -> Figure:
    """Draw accuracies after the training and before it on the same axes."""
    figure, axes = _frames(["accuracy"])
    panel = axes["accuracy"]
    for name, colour in zip(ACCURACIES, (BLUE, GREY), strict=True):
        _draw_curve(panel, result, name, colour)
    panel.set(ylim=(0, 1.03), xlabel=next(iter(result.plan.values)))
    panel.set_ylabel("accuracy of the label electrodes")
    panel.legend(frameon=False, fontsize=8)
    return figure


def _draw_curves(result: SweepResult, names: list[str]) -> Figure:
    """Draw each feature against the values of the one key."""
    figure, axes = _frames(names)
    for place, name in enumerate(names):
        _draw_curve(axes[name], result, name, BLUE)
        axes[name].set_title(feature_text(name, result.units[name]), fontsize=9)
        if place + N_COLUMNS >= len(names):
            axes[name].set_xlabel(next(iter(result.plan.values)), fontsize=9)
    return figure


def _draw_curve(axes: Axes, result: SweepResult, name: str, colour: str) -> None:
    """Draw mean and standard deviation over cultures, and each culture."""
    (texts,) = result.plan.values.values()
    places = np.arange(len(texts))
    means = np.array([cell.mean(name) for cell in result.cells])
    sds = np.array([cell.sd(name) for cell in result.cells])
    for place, cell in enumerate(result.cells):
        values = cell.existing(name)
        axes.plot(np.full(len(values), place), values, ".", color=colour, alpha=0.35, markersize=5)
        if not cell.measured:
            where = axes.get_xaxis_transform()
            axes.text(place, 0.02, "failed", transform=where, ha="center", fontsize=7, color=GREY)
    axes.errorbar(
        places,
        means,
        np.nan_to_num(sds),
        fmt="o-",
        color=colour,
        capsize=3,
        markersize=4,
        label=ACCURACIES.get(name),
    )
    axes.set_xticks(places, [micro(text) for text in texts])
    axes.set_xlim(-0.4, len(texts) - 0.6)


def _draw_map(
    axes: Axes, result: SweepResult, name: str, limits: tuple[float, float] | None
) -> None:
    """Draw the means of each value of the first key (rows) with each of the second (columns)."""
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
            ink = "white" if dark else BLACK
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=ink)
    axes.set_xticks(range(len(columns)), [micro(text) for text in columns])
    axes.set_yticks(range(len(rows)), [micro(text) for text in rows])
    axes.set_xlabel(column_key, fontsize=8)
    axes.set_ylabel(row_key, fontsize=8)
    axes.set_title(_title(result, name), fontsize=9)
    bar = root(axes).colorbar(shown, ax=axes, shrink=0.9)
    bar.ax.tick_params(labelsize=7)


def _title(result: SweepResult, name: str) -> str:
    if name in ACCURACIES:
        return f"accuracy of the label electrodes, {ACCURACIES[name]}"
    return feature_text(name, result.units[name])


def _means(result: SweepResult, name: str) -> np.ndarray:
    """Return the mean of each value of the first key with each of the second, over all cultures."""
    n_rows, n_columns = (len(texts) for texts in list(result.plan.values.values())[:2])
    values: list[list[list[float]]] = [[[] for _ in range(n_columns)] for _ in range(n_rows)]
    for point, cell in zip(result.plan.points, result.cells, strict=True):
        values[int(point[0])][int(point[1])] += cell.existing(name)
    return np.array([[np.mean(cell) if cell else np.nan for cell in row] for row in values])


def _notes(result: SweepResult) -> list[str]:
    """Return what is drawn, what it is averaged over, and which cultures failed."""
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
