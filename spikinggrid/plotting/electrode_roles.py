"""Which electrodes show the image, which carry the labels, and which of them hear it."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.plotting.fields import NOTHING, SEQUENTIAL, grid, on_array
from spikinggrid.plotting.provenance import benchmark_text
from spikinggrid.plotting.style import entitle, many, new_axes, new_figure, note
from spikinggrid.utils.errors import InputError

#: Arrays with more electrodes have no digits written on them.
MAX_WRITTEN = 128

#: Colours of the classes.
CLASSES = "tab10"

#: Electrodes without a part in the task.
UNUSED = "#f3ead8"


def electrodes(result: BenchmarkResult, file: str = "") -> Figure:
    """Return the part of each electrode in the task, and what it hears of a pulse on all pixels.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        Axes "roles" and "probing".

    Raises
    ------
    InputError
        If the result was written before results held what electrodes hear of a pulse.
    """
    seed, measured = next(iter(result.seeds.items()))
    task = measured["task"]
    if "probed" not in task:
        raise InputError(
            f"{file or 'result'}: lacks what electrodes hear of a pulse; measure again"
        )
    figure = new_figure((11, 5.6))
    axes = new_axes(figure, [["roles", "probing"]])
    _draw_roles(axes["roles"], task)
    _draw_probing(axes["probing"], task)
    labels, shown = task["labels"] >= 0, task["shown"][task["shown"] >= 0]
    hearing = labels & (task["probed"] > 0)
    entitle(
        figure,
        "Electrodes of the task",
        f"{many(len(shown), 'electrode')} for the {task['shown'].size} pixels of the image,"
        f" {labels.sum()} for labels, of which {hearing.sum()} answer a pulse before the training",
    )
    note(
        figure,
        "Left: grey, the darker the brighter the pixel is in the mean image; coloured: label"
        " electrodes, by class; sand: no part in the task. Right: spikes that an electrode detects"
        " more after a pulse on all pixels at once than after none, mean over presentations, before"
        " the training. White on the left, grey on the right: no electrode.",
        benchmark_text(result, file, seed),
    )
    return figure


def _draw_roles(axes: Axes, task: dict) -> None:
    n, classes = len(task["electrode_x"]), task["classes"]
    colours = np.tile(to_rgba(UNUSED), (n, 1))
    pixels = task["shown"] >= 0
    brightness = task["mean_image"] / max(task["mean_image"].max(), 1e-12)
    colours[task["shown"][pixels]] = colormaps[SEQUENTIAL](0.1 + 0.8 * brightness[pixels])
    of_class = colormaps[CLASSES](np.arange(len(classes)))
    labelled = task["labels"] >= 0
    colours[labelled] = of_class[task["labels"][labelled]]
    picture = np.moveaxis(on_array(colours.T, task), 0, -1)
    picture[np.isnan(picture[..., 0])] = to_rgba("white")
    axes.imshow(picture, interpolation="nearest")
    write_classes(axes, task)
    patches = [
        Patch(color=colour, label=str(digit))
        for digit, colour in zip(classes, of_class, strict=True)
    ]
    axes.legend(
        handles=patches,
        title="label",
        fontsize=8,
        title_fontsize=8,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )
    _finish(axes, "roles")


def _draw_probing(axes: Axes, task: dict) -> None:
    axes.set_facecolor(NOTHING)
    heard = on_array(task["probed"], task)
    most = max(float(np.nanmax(np.abs(heard))), 1e-9)
    drawn = axes.imshow(
        np.ma.masked_invalid(heard), cmap="RdBu_r", vmin=-most, vmax=most, interpolation="nearest"
    )
    write_classes(axes, task)
    axes.figure.colorbar(drawn, ax=axes, label="spikes more after a pulse", shrink=0.8)
    _finish(axes, "what a pulse on all pixels makes electrodes hear")


def write_classes(axes: Axes, task: dict) -> None:
    """Write the class of each label electrode onto a map of the array, unless it is large."""
    if len(task["labels"]) > MAX_WRITTEN:
        return
    for column, row, label in zip(*grid(task), task["labels"], strict=True):
        if label >= 0:
            text = axes.text(column, row, task["classes"][label], ha="center", va="center")
            text.set(fontsize=8, path_effects=[withStroke(linewidth=2, foreground="white")])


def _finish(axes: Axes, title: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=9)
