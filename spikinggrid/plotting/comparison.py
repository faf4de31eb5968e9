"""Figures of a comparison of cultures with other networks.

accuracy    accuracy against the number of labelled images
energy      accuracy against the joules of a decision
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.digits.comparison_result import MAIN_READOUTS, ComparisonResult, Subject
from spikinggrid.digits.readouts import accuracy_and_interval
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    entitle,
    label_ends,
    new_axes,
    new_figure,
    note,
)

COLOURS = {
    "pixels": GREY,
    "random": "#b0b0b0",
    "random, not whitened": "#b0b0b0",
    "HWTA": BLUE,
    "k-WTA": SKY,
    "soft-WTA": GREEN,
    "HPCA": PURPLE,
    "backpropagation": ORANGE,
    "culture": VERMILLION,
    "untrained culture": BLACK,
}

#: Numbers of labels, mean accuracies, and how far intervals reach, of each subject.
Curves = dict[Subject, tuple[np.ndarray, np.ndarray, np.ndarray]]

#: Markers of what did or could do a decision.
MARKERS = {
    "living tissue": "o",
    "dish with incubator": "s",
    "neuromorphic chip": "^",
    "arithmetic of a network": "D",
    "this computer": "x",
}

#: Marker of published chips.
PUBLISHED = "*"


def accuracy(result: ComparisonResult) -> Figure:
    """Return accuracies against the number of labelled images, with 95 % intervals.

    Returns
    -------
    Figure
        Axes with the names of sizes, such as "6x6".
    """
    sizes = list(dict.fromkeys(subject.size for subject in result.subjects))
    names = [f"{rows}x{columns}" for rows, columns in sizes]
    figure = new_figure((5.4 * len(sizes) + 1.5, 5.6))
    axes = new_axes(figure, [names])
    table = result.table
    for size, name in zip(sizes, names, strict=True):
        curves = {s: _curve(table, s) for s in _drawn(result) if s.size == size}
        _draw_curves(axes[name], curves)
        axes[name].set_title(f"{name} pixels", fontsize=9)
        lowest = min(means.min() for _, means, _ in curves.values())
        axes[name].set_ylim(lowest - 0.1 * (1 - lowest), 1)
        axes[name].set_xticks(result.labels, [f"{n:,}" for n in result.labels])
        axes[name].set_xlim(min(result.labels) / 1.15, max(result.labels) * 1.15)
        _label(axes[name], curves)
    entitle(figure, "What labelled images are worth")
    note(
        figure,
        f"Accuracy on {result.split} images; linear readouts, except of backpropagation and of"
        " label electrodes. Bars: 95 % intervals over draws of labelled images or cultures. Dashed:"
        " convolution. What learns without labels saw all training images.",
    )
    return figure


def _drawn(result: ComparisonResult) -> list[Subject]:
    return [subject for subject in result.subjects if subject.readout in MAIN_READOUTS]


def _curve(table: pd.DataFrame, subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return numbers of labels, mean accuracies, and how far their intervals reach down and up."""
    chosen = table[
        (table["size"] == f"{subject.size[0]}x{subject.size[1]}")
        & (table["subject"] == subject.name)
        & (table["readout"] == subject.readout)
    ]
    means = chosen["accuracy"].to_numpy()
    reach = np.nan_to_num([means - chosen["low"], chosen["high"] - means])
    return chosen["labels"].to_numpy(), means, reach


def _draw_curves(axes: Axes, curves: Curves) -> None:
    for subject, (labels, means, reach) in curves.items():
        axes.errorbar(
            labels,
            means,
            reach,
            color=_colour(subject),
            linestyle=_line(subject),
            linewidth=2 if "culture" in subject.name else 1.1,
            marker=".",
            capsize=2,
            elinewidth=0.8,
        )
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set(xlabel="labelled images", ylabel="accuracy")


def _label(axes: Axes, curves: Curves) -> None:
    """Name the curves at their ends."""
    ends = {subject: means[-1] for subject, (_, means, _) in curves.items()}
    label_ends(
        axes,
        max(labels[-1] for labels, _, _ in curves.values()),
        list(ends.values()),
        [f"{_name(subject)}: {end:.3f}" for subject, end in ends.items()],
        [_colour(subject) for subject in ends],
        fontsize=7,
    )


def energy(result: ComparisonResult, watts: float | None = None) -> Figure:
    """Return accuracies with the most labelled images against the joules of a decision.

    Parameters
    ----------
    result : ComparisonResult
    watts : float, optional
        What a busy core of this computer takes.

    Returns
    -------
    Figure
        Axes "energy".
    """
    figure = new_figure((9.5, 5.6))
    axes = new_axes(figure, [["energy"]])["energy"]
    n, used, lowest = max(result.labels), set(), 1.0
    for subject in _drawn(result):
        values = result.accuracies(subject, n)
        if not values:
            continue
        mean, interval = accuracy_and_interval(values)
        low, high = interval or (mean, mean)
        lowest = min(lowest, mean)
        for account in result.accounts(subject, n, watts)["decision"]:
            if account.name not in MARKERS or account.joules.high <= 0:
                continue
            middle = np.sqrt(account.joules.low * account.joules.high)
            axes.errorbar(
                middle,
                mean,
                [[mean - low], [high - mean]],
                [[middle - account.joules.low], [account.joules.high - middle]],
                color=_colour(subject),
                marker=MARKERS[account.name],
                markersize=5,
                markerfacecolor="white" if subject.size[0] > 8 else _colour(subject),
                elinewidth=0.9,
            )
            used.add(account.name)
    for number, chip in enumerate(result.chips):
        axes.plot(chip.decision, chip.accuracy, PUBLISHED, color=BLACK, markersize=8)
        at, side = (chip.decision, chip.accuracy), -1 if number % 2 else 1
        axes.annotate(
            chip.name,
            at,
            (6 * side, 0),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=6.5,
        )
    _key(axes, result, used)
    axes.set_xscale("log")
    axes.set_ylim(lowest - 0.1 * (1 - lowest), 1)
    axes.set(xlabel="energy of a decision (J)", ylabel=f"accuracy with {n:,} labelled images")
    entitle(figure, "Accuracy and energy")
    note(
        figure,
        "Bars: 95 % intervals of the accuracy, and the range of joules that sources leave open."
        " Open markers: images of full size. Each way to do it leaves something out: arithmetic"
        " has no memory, tissue no incubator; the table of energies says what."
        + (" Stars: as published, on test images." if result.chips else ""),
    )
    return figure


def _key(axes: Axes, result: ComparisonResult, used: set[str]) -> None:
    """Explain markers and colours."""
    for name, marker in MARKERS.items():
        if name in used:
            axes.plot([], [], marker, color=BLACK, label=name, markersize=5)
    if result.chips:
        axes.plot([], [], PUBLISHED, color=BLACK, label="published chip", markersize=8)
    names = dict.fromkeys(subject.name.removeprefix("conv ") for subject in _drawn(result))
    for name in names:
        axes.plot([], [], "-", color=COLOURS.get(name, GREY), label=name)
    axes.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1.01, 0.5))


def _colour(subject: Subject) -> str:
    return COLOURS.get(subject.name.removeprefix("conv "), GREY)


def _line(subject: Subject) -> str:
    if subject.name.startswith("conv "):
        return "--"
    return ":" if subject.readout == "label electrodes" else "-"


def _name(subject: Subject) -> str:
    return f"{subject.name}, {subject.readout}" if "culture" in subject.name else subject.name
