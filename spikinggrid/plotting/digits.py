"""Figures of a benchmark's result: what was learned, and where.

    learning_curve        accuracy during the training, next to the controls
    confusion             which digits are taken for which
    receptive_fields      what label neurons receive and respond to, or what every neuron does
    electrodes            which electrodes show the image, carry labels, and hear the image
    weights               strengths before and after, and where they changed
    responses             activity over time and on the array, to known and unknown patterns
    output_distributions  spikes at each class's label electrodes, for each pattern

Each takes a `BenchmarkResult` and returns a Matplotlib `Figure`; those of a single
culture show that of the first seed and say so. Nothing is simulated again. y runs downwards.
"""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.digits.receptive_fields import BIN, STRENGTH_EDGES
from spikinggrid.plotting.electrode_roles import electrodes, write_classes
from spikinggrid.plotting.fields import neurons_under, on_array, receptive_fields
from spikinggrid.plotting.provenance import benchmark_text
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    VERMILLION,
    entitle,
    label_ends,
    many,
    new_axes,
    new_figure,
    note,
    plain_numbers,
)

__all__ = (
    "confusion",
    "electrodes",
    "learning_curve",
    "output_distributions",
    "receptive_fields",
    "responses",
    "weights",
)

#: Readouts, with names and colours.
READOUTS = {
    "label": ("label electrodes", VERMILLION),
    "label_corrected": ("label electrodes, corrected", ORANGE),
    "electrodes": ("all electrodes, linear", BLUE),
    "electrodes_without_input": ("electrodes beside the image, linear", SKY),
    "neurons": ("all neurons, linear", BLACK),
}

#: Controls, with names and line styles.
CONTROLS = {
    "pixels_logistic": ("control: pixels, linear", "--"),
    "shuffled_labels": ("control: shuffled labels", "-."),
    "largest_class": ("control: largest class", ":"),
}

STAGES = ("before", "after")
N_PATTERNS, RANDOM = 11, 10

#: Images that cultures are probed with.
RESPONSE_SPLIT = "validation"


def learning_curve(result: BenchmarkResult, file: str = "") -> Figure:
    """Return the accuracy of each readout at the evaluations, from chance to 1.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        Axes "accuracy" with the mean over cultures, and their range.
    """
    outcome, cultures = result.as_dict(), list(result.seeds.values())
    figure = new_figure((9.5, 5.5))
    axes = new_axes(figure, [["accuracy"]])["accuracy"]
    shown = cultures[0]["evaluations"]["presentation"]
    ends, labels, colours = [], [], []
    for name, (label, colour) in READOUTS.items():
        values = np.array([culture["evaluations"][name] for culture in cultures])
        mean = values.mean(axis=0)
        (line,) = axes.plot(shown, mean, "o-", color=colour, clip_on=False, label=label)
        line.set(markersize=3, linewidth=1.2)
        if len(cultures) > 1:
            low, high = values.min(axis=0), values.max(axis=0)
            axes.fill_between(shown, low, high, color=colour, alpha=0.15, linewidth=0)
        ends.append(mean[-1])
        labels.append(f"{label}: {outcome['readouts'][name]['final_mean']:.3f}")
        colours.append(colour)
    for name, (label, style) in CONTROLS.items():
        value = outcome["controls"][name]
        axes.axhline(value, color=GREY, linestyle=style, linewidth=1, label=label)
        ends.append(value)
        labels.append(f"{label}: {value:.3f}")
        colours.append("#606060")
    untrained = outcome["controls"]["untrained"]
    axes.plot(0, untrained, "x", color=VERMILLION, clip_on=False, label="untrained")
    axes.annotate(
        "untrained",
        (0, untrained),
        (7, 5),
        textcoords="offset points",
        fontsize=8,
        color=VERMILLION,
    )
    lowest = min(1 / len(outcome["classes"]), untrained, *ends)
    axes.set(xlabel="training images", ylabel="accuracy", xlim=(0, shown[-1]))
    axes.set_ylim(lowest - 0.03 * (1 - lowest), 1)
    label_ends(axes, shown[-1], ends, labels, colours)
    entitle(figure, f"Learning digits {_digits(outcome)}", _cultures(outcome))
    ranges = "Lines: mean over cultures; shades: their range. " if len(cultures) > 1 else ""
    note(
        figure,
        f"{ranges}Curves are of evaluations between training images, on fewer images than the final"
        " accuracies beside the labels. The lower end of the axis is chance, or the lowest value.",
        benchmark_text(result, file),
    )
    return figure


def confusion(result: BenchmarkResult, file: str = "") -> Figure:
    """Return the share of each class's images that label electrodes take for each class.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        Axes "confusion".
    """
    shares, outcome = result.confusion.to_numpy(), result.as_dict()
    classes, n = outcome["classes"], len(outcome["classes"])
    figure = new_figure((4.2 + 0.42 * n, 3.2 + 0.42 * n))
    axes = new_axes(figure, [["confusion"]])["confusion"]
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(n, n):
        colour = "white" if shares[row, column] > 0.5 else BLACK
        text = f"{100 * shares[row, column]:.0f}"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(n), classes)
    axes.set_yticks(range(n), classes)
    axes.set(xlabel="answer of the label electrodes", ylabel="digit shown")
    bar = figure.colorbar(image, ax=axes, shrink=0.8, label="% of the images of a digit")
    percents = range(0, 101, 20)
    bar.set_ticks([percent / 100 for percent in percents], labels=list(map(str, percents)))
    entitle(figure, "Confusion", _cultures(outcome))
    note(figure, benchmark_text(result, file))
    return figure


def weights(result: BenchmarkResult, file: str = "") -> Figure:
    """Return how many synapses have which strength before and after, and where strengths changed.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        Axes "excitatory", "inhibitory" with counts; "excitatory incoming", "excitatory outgoing"
        and so on with changes on the array.
    """
    seed, measured = next(iter(result.seeds.items()))
    names = ("excitatory", "inhibitory")
    figure = new_figure((10, 10))
    kinds = ("incoming", "outgoing")
    rows = [list(names), *([f"{name} {kind}" for name in names] for kind in kinds)]
    axes = new_axes(figure, rows, [1, 1.2, 1.2])
    for name in names:
        _draw_counts(axes[name], measured, name)
        for kind in kinds:
            _draw_change(axes[f"{name} {kind}"], measured, name, kind)
    entitle(figure, "Strengths before and after the training", _cultures(result.as_dict()))
    note(
        figure,
        "Change, incoming: of what a neuron under an electrode receives in all, mean over those"
        " neurons; outgoing: of what the neurons under an electrode send to all others together."
        " Digits: what label electrodes stand for; grey: no neuron.",
        benchmark_text(result, file, seed),
    )
    return figure


def responses(result: BenchmarkResult, file: str = "") -> Figure:
    """Return the activity after training over time and on the array, to known and unknown images.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        Axes of each kind of image: "NAME 0" ... on the array, "NAME over time".
    """
    seed, measured = next(iter(result.seeds.items()))
    task, patterns = measured["task"], _grouped_patterns(measured)
    n_bins = measured["after"]["patterns"].shape[1]
    edges = np.unique(np.rint(np.linspace(0, n_bins, 5)).astype(int))
    spans = list(pairwise(edges))
    mosaic = [
        [f"{name} {k}" for k in range(len(spans))] + [f"{name} over time"] for name in patterns
    ]
    bars = ["bar"] * len(spans) + ["none"]
    figure = new_figure((10.5, 1.6 + 1.05 * len(patterns)))
    axes = new_axes(figure, [*mosaic, bars], [1] * len(patterns) + [0.08], [1] * len(spans) + [1.5])
    axes["none"].set_axis_off()
    images = {
        name: [on_array(after[first:last].mean(axis=0), task) for first, last in spans]
        for name, (_, after) in patterns.items()
    }
    most = np.nanquantile(list(images.values()), 0.998)
    for name, (before, after) in patterns.items():
        for k, image in enumerate(images[name]):
            panel = axes[f"{name} {k}"]
            drawn = panel.imshow(image, cmap="viridis", vmin=0, vmax=most)
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
        axes[f"{name} 0"].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
        _draw_over_time(axes[f"{name} over time"], before, after)
    first_name, last_name = next(iter(patterns)), list(patterns)[-1]
    for k, (first, last) in enumerate(spans):
        title = f"{1e3 * first * BIN:.0f} to {1e3 * last * BIN:.0f} ms"
        axes[f"{first_name} {k}"].set_title(title, fontsize=8)
    axes[f"{first_name} over time"].set_title("spikes per electrode in a bin", fontsize=8)
    axes[f"{first_name} over time"].legend(fontsize=7, frameon=False, loc="lower right")
    axes[f"{last_name} over time"].tick_params(labelbottom=True)
    axes[f"{last_name} over time"].set_xlabel("time (ms)", fontsize=8)
    bar = figure.colorbar(drawn, cax=axes["bar"], orientation="horizontal", extend="max")
    bar.set_label(f"spikes on an electrode in {1e3 * BIN:.0f} ms", fontsize=8)
    entitle(figure, "Responses to known digits, unknown digits and random images")
    note(
        figure,
        f"Mean over 20 {RESPONSE_SPLIT} images of each. Left: the array after the training, mean"
        f" over the time above. Right: mean over electrodes, bins of {1e3 * BIN:.0f} ms.",
        benchmark_text(result, file, seed),
    )
    return figure


def output_distributions(result: BenchmarkResult, file: str = "") -> Figure:
    """Return the spikes at the label electrodes of each class, for each digit and random images.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it comes from, for the small print.

    Returns
    -------
    Figure
        Axes "before" and "after".
    """
    seed, measured = next(iter(result.seeds.items()))
    classes = measured["task"]["classes"]
    figure = new_figure((12, 7))
    axes = new_axes(figure, [["before"], ["after"]])
    space, patterns = 0.7 / len(classes), np.arange(N_PATTERNS)
    for stage in STAGES:
        panel = axes[stage]
        means, sds = measured[stage]["scores_mean"], measured[stage]["scores_sd"]
        for place, digit in enumerate(classes):
            x = patterns + (place - (len(classes) - 1) / 2) * space
            for chosen, colour in ((patterns != digit, GREY), (patterns == digit, VERMILLION)):
                values, spread = means[chosen, place], sds[chosen, place]
                panel.errorbar(x[chosen], values, spread, fmt="none", ecolor=colour, zorder=1)
                ink = BLACK if colour == GREY else colour
                (marks,) = panel.plot(x[chosen], values, color=ink, clip_on=False, zorder=3)
                marks.set(marker=f"${digit}$", linestyle="none")
        names = [str(d) if d in classes else f"{d}\n(unknown)" for d in range(RANDOM)]
        panel.set_xticks(range(N_PATTERNS), [*names, "random"])
        panel.set(ylabel="spikes per neuron", ylim=(0, None))
        panel.set_title(f"{stage} the training", fontsize=9, loc="left")
    axes["after"].set_xlabel("image shown")
    entitle(figure, "Spikes at the label electrodes of each class", _cultures(result.as_dict()))
    note(
        figure,
        "Markers: the class whose label electrodes are counted (red: that of the image); mean and"
        f" standard deviation over 20 {RESPONSE_SPLIT} images of each digit.",
        benchmark_text(result, file, seed),
    )
    return figure


# --- parts -----------------------------------------------------------------------------


def _digits(outcome: dict) -> str:
    """Return the digits that were to be told apart."""
    return ", ".join(map(str, outcome["classes"]))


def _cultures(outcome: dict) -> str:
    """Return how many cultures there are, and their accuracy."""
    accuracy = outcome["readouts"]["label"]["final_mean"]
    cultures = many(len(outcome["seeds"]), "culture")
    return f"{cultures}; final accuracy of the label electrodes {accuracy:.3f}"


def _draw_counts(axes: Axes, measured: dict, name: str) -> None:
    """Draw how many synapses of a projection have which strength."""
    counts = [measured[stage][f"{name}_counts"] for stage in STAGES]
    for values, stage, colour in zip(counts, STAGES, (GREY, BLUE), strict=True):
        below = f"{stage} ({values[0]:,} below 0.1 µV)"
        axes.stairs(values[1:], 1e3 * STRENGTH_EDGES, color=colour, label=below)
    axes.set(xscale="log", xlabel="strength (mV)", ylabel="number of synapses")
    axes.set_title(f"{name} synapses", fontsize=9)
    seen = np.flatnonzero(np.sum(counts, axis=0)[1:])
    axes.set_xlim(1e3 * STRENGTH_EDGES[seen[0]], 1e3 * STRENGTH_EDGES[seen[-1] + 1])
    plain_numbers(axes.xaxis, few=True)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.legend(fontsize=8, frameon=False)


def _draw_change(axes: Axes, measured: dict, name: str, kind: str) -> None:
    """Draw the change of incoming or outgoing strength (mV) on the array."""
    task = measured["task"]
    under = neurons_under(task)[:, None] == np.arange(len(task["electrode_x"]))
    change = 1e3 * (measured["after"][name] - measured["before"][name])
    sums = change.sum(axis=0) @ under / np.maximum(under.sum(axis=0), 1)
    if kind == "outgoing":
        sums = change.sum(axis=1)
    sums = np.where(under.any(axis=0), sums, np.nan)
    most = max(np.nanmax(np.abs(sums)), 1e-9)
    axes.set_facecolor("0.85")
    image = np.ma.masked_invalid(on_array(sums, task))
    drawn = axes.imshow(image, cmap="RdBu_r", vmin=-most, vmax=most)
    axes.set(xticks=[], yticks=[])
    axes.set_title(f"{name} synapses, {kind}", fontsize=9)
    write_classes(axes, task)
    axes.figure.colorbar(drawn, ax=axes, label="change of strength (mV)", shrink=0.8)


def _draw_over_time(axes: Axes, before: np.ndarray, after: np.ndarray) -> None:
    """Draw the mean over electrodes of responses, shape (n_bins, n_electrodes), over time."""
    time = 1e3 * BIN * (np.arange(len(after)) + 0.5)
    lines = ((before, "--", GREY, "before"), (after, "-", BLUE, "after"))
    for values, style, colour, stage in lines:
        axes.plot(time, values.mean(axis=1), style, color=colour, label=stage)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelbottom=False, labelsize=7)


def _grouped_patterns(measured: dict) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return responses before and after to known digits, all unknown ones, and random images."""
    classes = measured["task"]["classes"].tolist()
    groups = {f"digit {digit}": [digit] for digit in classes}
    if unknown := [digit for digit in range(RANDOM) if digit not in classes]:
        groups["unknown digits"] = unknown
    groups["random images"] = [RANDOM]
    before, after = (measured[stage]["patterns"] for stage in STAGES)
    return {
        name: (before[which].mean(axis=0), after[which].mean(axis=0))
        for name, which in groups.items()
    }
