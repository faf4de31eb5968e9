#!/usr/bin/env python3
"""Does a fit find the parameters that a recording was made with?

Draws true parameters at random between the bounds of five that vary, simulates one recording with
them, and fits a culture to it by `spikinggrid fit`'s search, which starts in the middle of the
bounds, and whose cultures are wired from other seeds. Prints how far off each parameter is, as a
share of its true value: the median over all truths, and what it would be had the middle been
guessed. Goes on where it was broken off, if started again with the same folder.
"""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import results
from matplotlib.figure import Figure

from spikinggrid.assays.assay import CultureError
from spikinggrid.assays.spontaneous import record
from spikinggrid.cli.options import add_workers
from spikinggrid.fitting import search, targets
from spikinggrid.fitting.parameter_space import Bound, ParameterSpace
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.parameters import files as parameter_files
from spikinggrid.plotting.style import BLACK, BLUE, entitle, new_axes, new_figure, note, save
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress
from spikinggrid.utils.randomness import random_generator

VARIED = (
    "noise.drive=3.5 mV:7 mV:log",
    "noise.membrane_sd=1.8 mV:3.6 mV:log",
    "synapses.excitatory.strength=8 mV:16 mV:log",
    "synapses.excitatory.reach=120 um:300 um:log",
    "mea.radius=40 um:80 um:log",
)
# One strength for all targets, so that it is one parameter.
ALIKE = "synapses.excitatory.strength_onto_inhibitory=none"
FIRST_TRUE_SEED = 1001  # far from the seeds of the search


def main() -> None:
    """Recover all truths and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="dissociated", help="preset or file")
    parser.add_argument("--truths", type=int, default=10, help="to recover (default 10)")
    parser.add_argument("--duration", default="3 min", help='of a recording (default "3 min")')
    parser.add_argument("--generations", type=int, default=8, help="of each search (default 8)")
    parser.add_argument("--population", type=int, default=8, help="candidates (default 8)")
    parser.add_argument("--cultures", type=int, default=1, help="of each candidate (default 1)")
    add_workers(parser)
    parser.add_argument(
        "--output", type=Path, default=Path("recovery"), help="folder for simulations and figure"
    )
    results.add_argument(parser)
    arguments = parser.parse_args()
    bounds = tuple(map(Bound.parse, VARIED))
    make_folder(arguments.output)
    parameters = parameter_files.load(
        arguments.parameters, [ALIKE, f"simulation.duration={arguments.duration}"]
    )
    rows = []
    with Progress(arguments.truths, "truth") as progress:
        for number in range(arguments.truths):
            rows.append(recover(number, ParameterSpace(parameters, bounds), arguments))
            progress.advance()
    save(draw(rows, bounds), arguments.output / "recovery.png")
    results.show(as_table(rows, bounds), arguments.json)


def recover(number: int, space: ParameterSpace, arguments: argparse.Namespace) -> dict:
    """Draw a truth and fit to a recording of it; return true and fitted values by key."""
    draw_point = random_generator(number, "truth").random
    recording = None
    while recording is None:  # until a culture lives
        truth = draw_point(len(space.bounds))
        with suppress(CultureError):
            recording = record(space.at(truth), FIRST_TRUE_SEED + number)
    plan = SearchPlan(
        space.at(np.full(len(space.bounds), 0.5)),
        space.bounds,
        targets.from_recordings([recording], f"truth {number}"),
        arguments.generations,
        arguments.population,
        0.25,
        arguments.cultures,
        1,
    )
    store = arguments.output / f"truth_{number}.simulations.jsonl"
    result = search.fit(plan, store, where=arguments.cluster, jobs=arguments.jobs)
    return {
        "truth": {b.key: b.value(share) for b, share in zip(space.bounds, truth, strict=True)},
        "fitted": {
            b.key: b.value(share) for b, share in zip(space.bounds, result.point, strict=True)
        },
        "distance": result.distance,
        "cultures": result.n_simulated,
        "seconds": result.seconds,
    }


def errors(rows: list[dict], key: str, guess: float | None = None) -> np.ndarray:
    """Return how far off the fits (or one guess for all) are, as shares of the true values."""
    true = np.array([row["truth"][key] for row in rows])
    fitted = np.array([row["fitted"][key] for row in rows]) if guess is None else guess
    return np.abs(fitted - true) / true


def as_table(rows: list[dict], bounds: tuple[Bound, ...]) -> results.Table:
    """Return the errors of each parameter."""
    cells = []
    for bound in bounds:
        low, middle, high = 100 * np.percentile(errors(rows, bound.key), [25, 50, 75])
        guessed = 100 * np.median(errors(rows, bound.key, bound.value(0.5)))
        cells.append(
            [
                f"`{bound.key}`",
                f"{bound.text(bound.low)} to {bound.text(bound.high)}",
                f"{middle:.1f} %",
                f"{low:.1f} to {high:.1f} %",
                f"{guessed:.1f} %",
            ]
        )
    n_cultures = sum(row["cultures"] for row in rows)
    minutes = sum(row["seconds"] for row in rows) / 60
    return results.Table(
        "How far fitted parameters are from the true ones",
        ["parameter", "bounds", "error, median", "quartiles", "of the middle of the bounds"],
        cells,
        f"{len(rows)} truths, {n_cultures:,} simulations, {minutes:.0f} min one after the other.",
    )


def draw(rows: list[dict], bounds: tuple[Bound, ...]) -> Figure:
    """Draw fitted against true values."""
    figure = new_figure((13, 3.4))
    axes = new_axes(figure, [[bound.key for bound in bounds]])
    scale = {"V": (1e3, "mV"), "m": (1e6, "um"), "s": (1e3, "ms")}
    for bound in bounds:
        factor, unit = scale[bound.dimension]
        ends = factor * np.array([bound.low, bound.high])
        panel = axes[bound.key]
        panel.plot(ends, ends, color=BLACK, linewidth=0.8)
        panel.fill_between(ends, 0.85 * ends, 1.15 * ends, color="#009E73", alpha=0.15, linewidth=0)
        panel.plot(
            [factor * row["truth"][bound.key] for row in rows],
            [factor * row["fitted"][bound.key] for row in rows],
            "o",
            color=BLUE,
            clip_on=False,
        )
        panel.set(xlabel=f"true ({unit})", ylabel=f"fitted ({unit})", xlim=ends, ylim=ends)
        panel.set_title(bound.key, fontsize=9)
    entitle(figure, f"Parameters recovered from one recording each, {len(rows)} truths")
    note(figure, "Green: within 15 % of the truth. Axes are the bounds of the search.")
    return figure


if __name__ == "__main__":
    sys.exit(exit_code(main))
