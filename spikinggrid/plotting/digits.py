"""Figures of a benchmark's result: what was learned, and where.

    learning_curve        accuracy during the training, next to the controls
    confusion             which digits are taken for which
    receptive_fields      what each neuron responds to, before and after
    weights               strengths before and after, and where they changed
    responses             activity over time and on the array, to known and unknown patterns
    output_distributions  spikes at each class's label electrodes, for each pattern

Each takes a `benchmark.BenchmarkResult` and gives a Matplotlib `Figure`; those of a single
culture show the first seed and say so. Nothing is simulated again. y runs downwards.
"""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.digits.benchmark import BenchmarkResult, summary
from spikinggrid.digits.benchmark import confusion as confusion_matrix
from spikinggrid.digits.receptive_fields import BIN, STRENGTH_EDGES
from spikinggrid.digits.training import READOUTS
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    entitle,
    new_axes,
    new_figure,
    note,
)

#: Of Okabe & Ito (2008), one for each readout.
COLOURS = dict(zip(READOUTS, (VERMILLION, ORANGE, BLUE, "#56B4E9", BLACK), strict=True))

STAGES = ("before", "after")
N_PATTERNS, RANDOM = 11, 10


def learning_curve(result: BenchmarkResult) -> Figure:
    """Accuracy of each readout at the evaluations: mean over cultures, and their range.

    Returns
    -------
    Figure
        Axes "accuracy".
    """
    outcome, seeds = summary(result), list(result.seeds.values())
    figure = new_figure((9, 5.5))
    axes = new_axes(figure, [["accuracy"]])["accuracy"]
    shown = seeds[0]["evaluations"]["presentation"]
    for name, colour in COLOURS.items():
        values = np.array([each["evaluations"][name] for each in seeds])
        axes.plot(shown, values.mean(axis=0), "o-", color=colour, markersize=3, label=name)
        if len(seeds) > 1:
            low, high = values.min(axis=0), values.max(axis=0)
            axes.fill_between(shown, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.plot(
        0,
        outcome["controls"]["untrained"],
        "x",
        color=VERMILLION,
        clip_on=False,
        label="label, untrained",
    )
    for name, style in (
        ("pixels_logistic", "--"),
        ("shuffled_labels", "-."),
        ("largest_class", ":"),
    ):
        axes.axhline(outcome["controls"][name], color=GREY, linestyle=style, label=name)
    axes.set(
        xlabel="training presentations", ylabel="accuracy on validation images", ylim=(0, 1.01)
    )
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    entitle(figure, "Accuracy during the training", _title(result))
    images = "lines: mean over cultures; shades: their range" if len(seeds) > 1 else "one culture"
    note(figure, f"{images}; evaluations are on fewer images than final figures")
    return figure


def confusion(result: BenchmarkResult) -> Figure:
    """Share of each class's images that label electrodes take for each class.

    Returns
    -------
    Figure
        Axes "confusion".
    """
    shares, outcome = confusion_matrix(result), summary(result)
    classes, n = outcome["classes"], len(outcome["classes"])
    figure = new_figure((3.2 + 0.45 * n, 3 + 0.45 * n))
    axes = new_axes(figure, [["confusion"]])["confusion"]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(n, n):
        colour = "white" if shares[row, column] > 0.5 else BLACK
        text = f"{100 * shares[row, column]:.0f}"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(n), classes)
    axes.set_yticks(range(n), classes)
    axes.set(xlabel="answer of the label electrodes", ylabel="digit shown")
    accuracy = outcome["readouts"]["label"]["final_mean"]
    entitle(figure, f"Confusion (% of each row), accuracy {accuracy:.3f}", _title(result))
    return figure


def receptive_fields(result: BenchmarkResult) -> Figure:
    """Receptive fields of every neuron, and their means by electrode, before and after.

    Returns
    -------
    Figure
        Axes "input before", "input after", ... for every neuron and "input before, mean", ...
        for electrodes.
    """
    seed, measured = next(iter(result.seeds.items()))
    task = measured["task"]
    rows = ("input", "excitatory", "triggered")
    mosaic = [
        [f"{row} {stage}{mean}" for mean in ("", ", mean") for stage in STAGES] for row in rows
    ]
    figure = new_figure((17, 9))
    axes = new_axes(figure, mosaic)
    for row in rows:
        before, after = (_fields(measured[stage], row, task) for stage in STAGES)
        for stage, fields in zip(STAGES, (before, after), strict=True):
            every, means = axes[f"{row} {stage}"], axes[f"{row} {stage}, mean"]
            _draw_tiles(every, _arranged(fields, task["x"], task["y"]), row)
            _draw_tiles(means, _means_by_electrode(fields, task), row)
            _write_classes(means, task, fields.shape[1:])
            every.set_title(f"{_NAMES[row]}, {stage}: every neuron", fontsize=9)
            means.set_title(f"{_NAMES[row]}, {stage}: mean by electrode", fontsize=9)
    entitle(figure, "Receptive fields", f"{_title(result)}; shown: seed {seed}")
    silent = np.isnan(measured["after"]["triggered"][:, 0, 0]).sum()
    note(
        figure,
        "Every neuron is a tile at its place on the dish (rank of x, then of y); tiles of strengths"
        " have a grey scale of their own each, from 0 to their largest value. Excitatory strengths"
        " are summed by the electrode that the source lies under.",
        "Image at spikes: mean image shown at a neuron's spikes less the mean of all images, from"
        f" -0.25 (blue) to 0.25 (red) of white; {silent} neurons never fired after the training (grey)."
        " Digits: what an electrode stands for.",
    )
    return figure


_NAMES = {
    "input": "strengths from electrodes",
    "excitatory": "excitatory strengths",
    "triggered": "image at spikes",
}


def weights(result: BenchmarkResult) -> Figure:
    """How many synapses have which strength before and after, and where strengths changed.

    Returns
    -------
    Figure
        Axes "excitatory", "inhibitory" with counts, and "excitatory change", "inhibitory
        change" with changes between electrodes.
    """
    seed, measured = next(iter(result.seeds.items()))
    names = ("excitatory", "inhibitory")
    figure = new_figure((12, 9))
    axes = new_axes(figure, [list(names), [f"{name} change" for name in names]], [1, 1.6])
    for name in names:
        counts = [measured[stage][f"{name}_counts"] for stage in STAGES]
        for values, stage, colour in zip(counts, STAGES, (GREY, BLUE), strict=True):
            below = f"{stage} ({values[0]:,} below 0.1 µV)"
            axes[name].stairs(values[1:], 1e3 * STRENGTH_EDGES, color=colour, label=below)
        axes[name].set(xscale="log", xlabel="strength (mV)", ylabel="number of synapses")
        axes[name].set_title(name, fontsize=9)
        seen = np.flatnonzero(np.sum(counts, axis=0)[1:])
        axes[name].set_xlim(1e3 * STRENGTH_EDGES[seen[0]], 1e3 * STRENGTH_EDGES[seen[-1] + 1])
        axes[name].legend(fontsize=8)
        _draw_change(axes[f"{name} change"], measured, name)
    entitle(figure, "Strengths before and after the training", f"{_title(result)}; seed {seed}")
    note(
        figure,
        "Below: mean over a target electrode's neurons of what they receive from all"
        " neurons under a source electrode. Electrodes are numbered row by row.",
    )
    return figure


def responses(result: BenchmarkResult) -> Figure:
    """Activity after training over time and on the array, to known and unknown patterns.

    Returns
    -------
    Figure
        Axes of each pattern: "NAME 0" ... on the array, "NAME over time".
    """
    seed, measured = next(iter(result.seeds.items()))
    task, patterns = measured["task"], _grouped_patterns(measured)
    n_bins = measured["after"]["patterns"].shape[1]
    edges = np.unique(np.rint(np.linspace(0, n_bins, 5)).astype(int))
    mosaic = [
        [f"{name} {k}" for k in range(len(edges) - 1)] + [f"{name} over time"] for name in patterns
    ]
    figure = new_figure((13, 1.2 + 1.25 * len(patterns)))
    axes = new_axes(figure, mosaic, widths=[1] * (len(edges) - 1) + [1.6])
    most = max(
        after[first:last].mean(axis=0).max()
        for _, after in patterns.values()
        for first, last in pairwise(edges)
    )
    for name, (before, after) in patterns.items():
        for k, (first, last) in enumerate(pairwise(edges)):
            image = _on_array(after[first:last].mean(axis=0), task)
            drawn = axes[f"{name} {k}"].imshow(image, cmap="viridis", vmin=0, vmax=most)
            axes[f"{name} {k}"].set(xticks=[], yticks=[])
            if name == next(iter(patterns)):
                span = f"{1e3 * first * BIN:.0f} to {1e3 * last * BIN:.0f} ms"
                axes[f"{name} {k}"].set_title(span, fontsize=8)
        axes[f"{name} 0"].set_ylabel(name, fontsize=8)
        over_time = axes[f"{name} over time"]
        time = 1e3 * BIN * (np.arange(n_bins) + 0.5)
        for values, style, colour, stage in zip(
            (before, after), ("--", "-"), (GREY, BLUE), STAGES, strict=True
        ):
            over_time.plot(time, values.mean(axis=1), style, color=colour, label=stage)
        over_time.set_ylim(0)
        over_time.set_ylabel("spikes", fontsize=8)
    over_time.set_xlabel("time (ms)", fontsize=8)
    axes[f"{next(iter(patterns))} over time"].legend(fontsize=7)
    figure.colorbar(
        drawn,
        ax=list(axes.values()),
        shrink=0.5,
        label=f"spikes on an electrode in {1e3 * BIN:.0f} ms",
    )
    entitle(
        figure,
        "Responses to known digits, unknown digits and random images",
        f"{_title(result)}; seed {seed}, 20 validation images of each",
    )
    note(
        figure,
        f"Left: the array after the training, mean over the time above. Right: mean over"
        f" electrodes, bins of {1e3 * BIN:.0f} ms.",
    )
    return figure


def output_distributions(result: BenchmarkResult) -> Figure:
    """Spikes at the label electrodes of each class, for each digit and random images.

    Returns
    -------
    Figure
        Axes "before" and "after".
    """
    seed, measured = next(iter(result.seeds.items()))
    classes = measured["task"]["classes"]
    figure = new_figure((12, 7))
    axes = new_axes(figure, [["before"], ["after"]])
    width = 0.7 / len(classes)
    for stage in STAGES:
        means, sds = measured[stage]["scores_mean"], measured[stage]["scores_sd"]
        for place, digit in enumerate(classes):
            x = np.arange(N_PATTERNS) + (place - (len(classes) - 1) / 2) * width
            colour = (VERMILLION, BLUE, ORANGE, BLACK)[place % 4]
            axes[stage].errorbar(
                x, means[:, place], sds[:, place], fmt="none", ecolor=colour, elinewidth=1
            )
            axes[stage].plot(
                x,
                means[:, place],
                marker=f"${digit}$",
                linestyle="none",
                color=colour,
                markersize=7,
            )
        names = [str(d) if d in classes else f"{d}\n(unknown)" for d in range(RANDOM)]
        axes[stage].set_xticks(range(N_PATTERNS), [*names, "random"])
        axes[stage].set(ylabel="spikes per neuron", ylim=(0, None), title=stage)
    axes["after"].set_xlabel("image shown")
    entitle(figure, "Output at the label electrodes", f"{_title(result)}; seed {seed}")
    note(
        figure,
        "Markers name the class whose label electrodes are counted; mean and standard"
        " deviation over 20 validation images of each digit.",
    )
    return figure


# --- parts -----------------------------------------------------------------------------


def _title(result: BenchmarkResult) -> str:
    outcome = summary(result)
    digits, n_seeds = ", ".join(map(str, outcome["classes"])), len(outcome["seeds"])
    many = "s" * (n_seeds > 1)
    return f"digits {digits}; {n_seeds} culture{many}; final figures on {result.split} images"


def _fields(look: dict, row: str, task: dict) -> np.ndarray:
    """Maps of each neuron: of the array for strengths, of the image for images."""
    if row == "triggered":
        return look["triggered"] - task["mean_image"]
    return np.array([_on_array(strengths, task) for strengths in look[row].T])


def _on_array(values: np.ndarray, task: dict) -> np.ndarray:
    """A value for each electrode on the grid of the array; NaN where there is none."""
    column, row = _grid(task)
    image = np.full((row.max() + 1, column.max() + 1), np.nan)
    image[row, column] = values
    return image


def _grid(task: dict) -> tuple[np.ndarray, np.ndarray]:
    """Column and row of each electrode."""
    places = (np.round(task[name], 9) for name in ("electrode_x", "electrode_y"))
    return tuple(np.unique(place, return_inverse=True)[1] for place in places)


def _arranged(fields: np.ndarray, x: np.ndarray, y: np.ndarray) -> list[list[np.ndarray]]:
    """Rows of tiles in which neurons keep their order on the dish."""
    n_columns = max(1, round(np.sqrt(len(x) * np.ptp(x) / max(np.ptp(y), 1e-12))))
    columns = np.array_split(np.argsort(x), n_columns)
    tiles = [[fields[i] for i in column[np.argsort(y[column])]] for column in columns]
    empty = np.full(fields.shape[1:], np.nan)
    n_rows = max(map(len, tiles))
    return [[c[r] if r < len(c) else empty for c in tiles] for r in range(n_rows)]


def _means_by_electrode(fields: np.ndarray, task: dict) -> list[list[np.ndarray]]:
    """Rows of tiles: the mean over the neurons that lie under each electrode."""
    column, row = _grid(task)
    distances = np.hypot(
        task["x"][:, None] - task["electrode_x"], task["y"][:, None] - task["electrode_y"]
    )
    above = distances.argmin(axis=1)
    empty = np.full(fields.shape[1:], np.nan)
    tiles = [[empty] * (column.max() + 1) for _ in range(row.max() + 1)]
    for electrode in range(len(column)):
        under = fields[above == electrode]
        fired = under[~np.isnan(under[:, 0, 0])] if len(under) else under
        if len(fired):
            tiles[row[electrode]][column[electrode]] = fired.mean(axis=0)
    return tiles


def _draw_tiles(axes: Axes, tiles: list[list[np.ndarray]], row: str) -> None:
    """All tiles in one image, with a line of nothing between them."""
    if row != "triggered":
        tiles = [[tile / max(np.nanmax(tile, initial=0), 1e-12) for tile in line] for line in tiles]
    padded = [[np.pad(t, 1, constant_values=np.nan)[1:, 1:] for t in line] for line in tiles]
    image = np.ma.masked_invalid(np.block(padded))
    limits = (-0.25, 0.25) if row == "triggered" else (0, 1)
    colours = "RdBu_r" if row == "triggered" else "Greys"
    axes.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1], interpolation="nearest")
    axes.set_facecolor("#d0d0d0")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _write_classes(axes: Axes, task: dict, shape: tuple[int, ...]) -> None:
    """The digit that each label electrode stands for, in the corner of its tile."""
    column, row = _grid(task)
    for electrode in np.flatnonzero(task["labels"] >= 0):
        digit = task["classes"][task["labels"][electrode]]
        x, y = column[electrode] * (shape[1] + 1), row[electrode] * (shape[0] + 1)
        axes.text(x, y, digit, color=VERMILLION, fontsize=6, va="top", ha="left")


def _draw_change(axes: Axes, measured: dict, name: str) -> None:
    """After less before, from electrode to electrode."""
    task = measured["task"]
    distances = np.hypot(
        task["x"][:, None] - task["electrode_x"], task["y"][:, None] - task["electrode_y"]
    )
    under = distances.argmin(axis=1)[:, None] == np.arange(len(task["electrode_x"]))
    share = under / np.maximum(under.sum(axis=0), 1)
    change = 1e3 * (measured["after"][name] - measured["before"][name]) @ share
    most = max(np.abs(change).max(), 1e-9)
    drawn = axes.imshow(change, cmap="RdBu_r", vmin=-most, vmax=most)
    axes.set(xlabel="target electrode", ylabel="source electrode")
    axes.set_title(f"{name}: change", fontsize=9)
    axes.figure.colorbar(drawn, ax=axes, label="change of incoming strength (mV)", shrink=0.8)


def _grouped_patterns(measured: dict) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Responses before and after: to each known digit, all unknown ones, and random images."""
    classes = measured["task"]["classes"].tolist()
    groups = {f"digit {digit}": [digit] for digit in classes}
    if unknown := [digit for digit in range(RANDOM) if digit not in classes]:
        groups["unknown digits"] = unknown
    groups["random images"] = [RANDOM]
    return {
        name: tuple(measured[stage]["patterns"][which].mean(axis=0) for stage in STAGES)
        for name, which in groups.items()
    }
