"""Receptive fields of a culture that was taught digits: what was learned.

    receptive_fields    one of the two
    learned             for each class, what its label neurons receive and respond to
    every_neuron        the same of every neuron of the culture, before and after

They take a `BenchmarkResult` and return a figure of the culture of its first seed. A
label neuron lies under a label electrode of its class, a neuron under its nearest electrode.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.plotting.provenance import benchmark_text
from spikinggrid.plotting.style import (
    VERMILLION,
    entitle,
    height,
    many,
    new_axes,
    new_figure,
    note,
    scale,
)
from spikinggrid.utils.errors import InputError

#: Rows and columns of single neurons beside the means of a class.
SINGLE = (2, 2)

#: Of all values, this share lies within the colours; the colour bar says that others do not.
WITHIN = 0.97

#: Differences from the mean image have this scale, of white.
IMAGE_SCALE = 0.4

DIVERGING, SEQUENTIAL, NOTHING = "RdBu_r", "Greys", "#d9d9d9"

STAGES = ("before", "after")


def receptive_fields(result: BenchmarkResult, file: str = "", every: bool = False) -> Figure:
    """Return a page with receptive fields.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.
    every : bool
        Whether to show every neuron, before and after, instead of what label neurons have learned.

    Returns
    -------
    Figure
        As of `every_neuron` or `learned`.
    """
    return every_neuron(result, file) if every else learned(result, file)


def learned(result: BenchmarkResult, file: str = "") -> Figure:
    """Return a page with the fields of each class's label neurons, and its mean digit.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        For each class k axes "digit k"; "difference k" and "response k", the mean digit and the
        mean image at spikes, both less the mean of all images; "before k", "after k" and
        "change k", the strengths from each pixel; and "single k" of single neurons.

    Raises
    ------
    InputError
        If the result was written before results held mean digits.
    """
    seed, measured = next(iter(result.seeds.items()))
    task = measured["task"]
    if "mean_digits" not in task:
        raise InputError(f"{file or 'result'}: lacks mean digits; measure again to draw fields")
    classes, fields = task["classes"], _Fields(measured)
    names = list(COLUMNS)
    side = 1.6 if len(classes) <= 5 else 1.15
    figure = new_figure((len(names) * side + 0.8, len(classes) * (side + 0.2) + 2.2))
    rows = [[f"{name} {k}" for name in names] for k in range(len(classes))]
    bars = ["none", *["images"] * 2, *["strengths"] * 4]
    axes = new_axes(figure, [*rows, bars], [1] * len(classes) + [0.07])
    axes["none"].set_axis_off()
    strengths = Normalize(*np.array([-1, 1]) * fields.largest_strength())
    images = Normalize(-IMAGE_SCALE, IMAGE_SCALE)
    for k, digit in enumerate(classes):
        _draw_map(axes[f"digit {k}"], task["mean_digits"][k], Normalize(0, 1), SEQUENTIAL)
        _draw_map(axes[f"difference {k}"], task["mean_digits"][k] - task["mean_image"], images)
        _draw_map(axes[f"response {k}"], fields.response(k), images)
        for stage in STAGES:
            means = fields.strengths(k, stage).mean(axis=0)
            _draw_map(axes[f"{stage} {k}"], means, strengths)
        change = fields.change(k)
        _draw_map(axes[f"change {k}"], change.mean(axis=0), strengths)
        _draw_map(axes[f"single {k}"], _tiled(_some(change), SINGLE), strengths)
        axes[f"digit {k}"].set_ylabel(f"{digit}", rotation=0, fontsize=15, ha="right", va="center")
        axes[f"digit {k}"].set_xlabel(fields.text(k), fontsize=7)
    for name, title in COLUMNS.items():
        axes[f"{name} 0"].set_title(title, fontsize=8)
    _draw_bar(axes["images"], axes["response 0"], "share of white")
    _draw_bar(axes["strengths"], axes["after 0"], "excitatory strength by pixel (mV)")
    accuracy = result.accuracy
    entitle(
        figure,
        "What was learned: receptive fields of the label neurons",
        f"Label electrodes answer {100 * accuracy:.1f} % of the {result.split} images right"
        + (f" (mean over {len(result.seeds)} cultures)" if len(result.seeds) > 1 else ""),
    )
    note(
        figure,
        "Strength by pixel: sum of the excitatory strengths of all neurons under the electrode that"
        " shows the pixel. Image at spikes: mean of the images, weighted by a neuron's spikes in"
        " response to them after the training. Fields are means over the label neurons of a class;"
        " grey: no electrode, or no spikes.",
        benchmark_text(result, file, seed),
    )
    return figure


#: What stands in each column of `learned`.
COLUMNS = {
    "digit": "mean digit\n",
    "difference": "mean digit\nless mean of all",
    "response": "image at spikes\nless mean of all",
    "before": "strengths\nbefore training",
    "after": "strengths\nafter training",
    "change": "strengths\nafter less before",
    "single": "after less before,\nsingle neurons",
}


def every_neuron(result: BenchmarkResult, file: str = "") -> Figure:
    """Return a page with the fields of every neuron at its place on the dish, before and after.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        Axes "excitatory before", "excitatory after", "response before", "response after" and,
        where synapses from electrodes have learned, "input before" and "input after".
    """
    seed, measured = next(iter(result.seeds.items()))
    task = measured["task"]
    kinds = ["excitatory", "response"]
    if not np.array_equal(measured["before"]["input"], measured["after"]["input"]):
        kinds.insert(0, "input")
    tiles = {
        f"{kind} {stage}": _arranged(_all_fields(measured, kind, stage), task)
        for kind in kinds
        for stage in STAGES
    }
    size = _panel_size(tiles["excitatory after"])
    figure = new_figure((2 * size[0] + 1.2, len(kinds) * (size[1] + 0.4) + 1.2))
    axes = new_axes(figure, [[f"{kind} {stage}" for stage in STAGES] for kind in kinds])
    for kind in kinds:
        panels = [axes[f"{kind} {stage}"] for stage in STAGES]
        norm = _norm_of(kind, [tiles[f"{kind} {stage}"] for stage in STAGES])
        colours = DIVERGING if kind == "response" else SEQUENTIAL
        for stage, panel in zip(STAGES, panels, strict=True):
            drawn = _draw_map(panel, _joined(tiles[f"{kind} {stage}"]), norm, colours)
            panel.set_title(f"{KINDS[kind]}, {stage}", fontsize=9 * scale(figure))
        extend = "both" if kind == "response" else "max"
        figure.colorbar(drawn, ax=panels, fraction=0.02, aspect=30, label=BARS[kind], extend=extend)
        _write_classes(panels[1], measured, tiles[f"{kind} after"])
    entitle(figure, "Receptive fields of every neuron")
    n_silent = int(np.isnan(measured["after"]["triggered"][:, 0, 0]).sum())
    note(
        figure,
        "Every neuron is a tile at its place on the dish (rank of x, then of y), label neurons with"
        " their class. In a tile of strengths, a pixel is the electrode that the sources lie under"
        " (or that is the source), and strengths are summed. Image at spikes: mean of the images,"
        " weighted by a neuron's spikes in response to them, less the mean of all images; grey:"
        f" never fired ({n_silent:,} after the training).",
        benchmark_text(result, file, seed),
    )
    return figure


#: What the panels and the colour bars of `every_neuron` are called.
KINDS = {
    "input": "strengths from electrodes",
    "excitatory": "excitatory strengths",
    "response": "image at spikes",
}
BARS = {"input": "strength (mV)", "excitatory": "strength (mV)", "response": "share of white"}


def neurons_under(task: dict) -> np.ndarray:
    """Return the nearest electrode of each neuron, shape (n_neurons,).

    Parameters
    ----------
    task : dict
        Of a culture's result: positions of neurons and electrodes.
    """
    distances = np.hypot(
        task["x"][:, None] - task["electrode_x"], task["y"][:, None] - task["electrode_y"]
    )
    return distances.argmin(axis=1)


def on_array(values: np.ndarray, task: dict) -> np.ndarray:
    """Return values of electrodes on the grid of the array.

    Parameters
    ----------
    values : ndarray, shape (..., n_electrodes)
    task : dict
        Of a culture's result, with the positions of electrodes.

    Returns
    -------
    ndarray, shape (..., rows, columns)
        NaN where there is no electrode.
    """
    column, row = grid(task)
    image = np.full((*values.shape[:-1], row.max() + 1, column.max() + 1), np.nan)
    image[..., row, column] = values
    return image


def grid(task: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return column and row of each electrode."""
    column, row = (
        np.unique(np.round(task[name], 9), return_inverse=True)[1]
        for name in ("electrode_x", "electrode_y")
    )
    return column, row


class _Fields:
    """Fields of the label neurons of each class of a culture."""

    def __init__(self, measured: dict):
        self.measured, self.task = measured, measured["task"]
        self.classes = self.task["labels"][neurons_under(self.task)]

    def strengths(self, k: int, stage: str) -> np.ndarray:
        """Return the strengths from each pixel (mV), shape (n_neurons, rows, columns)."""
        shown = self.task["shown"]
        strengths = 1e3 * self.measured[stage]["excitatory"][:, self.classes == k].T
        if not len(strengths):
            return np.full((1, *shown.shape), np.nan)
        return np.where(shown >= 0, strengths[:, shown], np.nan)

    def change(self, k: int) -> np.ndarray:
        """Return the strengths after less those before (mV)."""
        return self.strengths(k, "after") - self.strengths(k, "before")

    def response(self, k: int) -> np.ndarray:
        """Return the mean image at spikes, less the mean of all, mean over those that fired."""
        images = self.measured["after"]["triggered"][self.classes == k]
        fired = images[~np.isnan(images[:, 0, 0])]
        empty = np.full(self.task["mean_image"].shape, np.nan)
        return fired.mean(axis=0) - self.task["mean_image"] if len(fired) else empty

    def text(self, k: int) -> str:
        """Return how many label neurons there are, and how many fired after the training."""
        images = self.measured["after"]["triggered"][self.classes == k]
        return f"{many(len(images), 'neuron')}, {np.isfinite(images[:, 0, 0]).sum():,} fired"

    def largest_strength(self) -> float:
        """Return the largest of the means that are drawn, but for a few (mV)."""
        means = np.abs(
            [
                field.mean(axis=0)
                for k in range(len(self.task["classes"]))
                for field in (*(self.strengths(k, stage) for stage in STAGES), self.change(k))
            ]
        )
        drawn = means[np.isfinite(means)]
        return max(float(np.quantile(drawn, WITHIN)) if drawn.size else 0.0, 1e-9)


def _draw_map(
    axes: Axes, values: np.ndarray, norm: Normalize, colours: str = DIVERGING
) -> AxesImage:
    """Draw one image without ticks; what is not a number is grey."""
    axes.set_facecolor(NOTHING)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    masked = np.ma.masked_invalid(values)
    return axes.imshow(masked, norm=norm, cmap=colours, interpolation="nearest")


def _draw_bar(axes: Axes, panel: Axes, label: str) -> None:
    """Draw the colour bar of a panel on axes of its own."""
    bar = axes.figure.colorbar(panel.images[0], cax=axes, orientation="horizontal", extend="both")
    bar.set_label(label, fontsize=8)


def _some(fields: np.ndarray) -> np.ndarray:
    """Return as many of the fields as there are places for single neurons, evenly chosen."""
    n = min(len(fields), SINGLE[0] * SINGLE[1])
    return fields[np.linspace(0, len(fields) - 1, n).round().astype(int)]


def _tiled(fields: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return fields as one image of rows and columns of tiles."""
    tiles = np.full((shape[0] * shape[1], *fields.shape[1:]), np.nan)
    tiles[: len(fields)] = fields
    return _joined(tiles.reshape(*shape, *fields.shape[1:]))


def _joined(tiles: np.ndarray) -> np.ndarray:
    """Return tiles, shape (n_rows, n_columns, rows, columns), as one image with lines between."""
    n_rows, n_columns, rows, columns = tiles.shape
    padded = np.full((n_rows, n_columns, rows + 1, columns + 1), np.nan)
    padded[:, :, :-1, :-1] = tiles
    return padded.swapaxes(1, 2).reshape(n_rows * (rows + 1), -1)[:-1, :-1]


def _all_fields(measured: dict, kind: str, stage: str) -> np.ndarray:
    """Return a map of each neuron: of the array for strengths (mV), of the image for images."""
    if kind == "response":
        return measured[stage]["triggered"] - measured["task"]["mean_image"]
    return on_array(1e3 * measured[stage][kind].T, measured["task"])


def _arranged(fields: np.ndarray, task: dict) -> np.ndarray:
    """Return rows and columns of tiles in which neurons keep their order on the dish."""
    columns = _columns(task)
    tiles = np.full((max(map(len, columns)), len(columns), *fields.shape[1:]), np.nan)
    for place, column in enumerate(columns):
        tiles[: len(column), place] = fields[column]
    return tiles


def _columns(task: dict) -> list[np.ndarray]:
    """Return the neurons of each column of tiles, from the top."""
    x, y = task["x"], task["y"]
    n_columns = max(1, round(np.sqrt(len(x) * np.ptp(x) / max(np.ptp(y), 1e-12))))
    return [column[np.argsort(y[column])] for column in np.array_split(np.argsort(x), n_columns)]


def _panel_size(tiles: np.ndarray) -> tuple[float, float]:
    """Return width and height (inches) at which a pixel of a tile is two of the picture's."""
    n_rows, n_columns, rows, columns = tiles.shape
    wide = float(np.clip(n_columns * (columns + 1) / 100, 6, 14))
    return wide, wide * n_rows * (rows + 1) / (n_columns * (columns + 1))


def _norm_of(kind: str, tiles: list[np.ndarray]) -> Normalize:
    """Return one scale for both stages."""
    if kind == "response":
        return Normalize(-IMAGE_SCALE, IMAGE_SCALE)
    return Normalize(0, max(np.nanquantile(tiled, WITHIN) for tiled in tiles))


def _write_classes(axes: Axes, measured: dict, tiles: np.ndarray) -> None:
    """Write the class of each label neuron into the corner of its tile."""
    task = measured["task"]
    classes = task["labels"][neurons_under(task)]
    _, _, rows, columns = tiles.shape
    size = np.clip(0.35 * height(axes) / tiles.shape[0], 2, 7)
    for place, column in enumerate(_columns(task)):
        for row, neuron in enumerate(column):
            if classes[neuron] >= 0:
                axes.text(
                    place * (columns + 1) - 0.3,
                    row * (rows + 1) - 0.3,
                    task["classes"][classes[neuron]],
                    color=VERMILLION,
                    fontsize=size,
                    va="top",
                    ha="left",
                )
