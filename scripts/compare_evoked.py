#!/usr/bin/env python3
"""Does a simulated culture answer patterned stimulation as living ones do?

Reads responses of living rat cortical cultures to two hidden sources (Isomura et al. 2015 and 2023;
recordings/README.md says where the files are), gives simulated cultures the same stimulation, and
measures the same of both: spikes in each state of the sources, how much electrodes prefer one
source, and how well a linear readout, tested on trials it has not seen, tells the sources.

The window and the interval of the living cultures' counts are not in the files. The simulated
counts are of 5 to 100 ms after pulses one second apart, and absolute counts cannot be compared.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import results

from spikinggrid.assays import source_separation
from spikinggrid.assays.source_separation import Responses
from spikinggrid.cli.options import add_workers
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting.style import (
    BLUE,
    VERMILLION,
    entitle,
    new_axes,
    new_figure,
    note,
    save,
)
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

STATES = ((0, 0), (1, 0), (0, 1), (1, 1))
ARRAY = ["mea.layout=grid", "mea.rows=8", "mea.columns=8", "mea.pitch=200 um"]


def main() -> None:
    """Measure all cultures, print the table, draw the figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.mat", help="living cultures")
    parser.add_argument("--parameters", default="culture", help="preset or file")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides")
    parser.add_argument("--seeds", type=int, default=4, help="simulated cultures (default 4)")
    parser.add_argument("--sessions", type=int, default=4, help="of 256 trials each (default 4)")
    add_workers(parser)
    parser.add_argument("--output", type=Path, default=Path("evoked.png"), help="figure")
    results.add_argument(parser)
    arguments = parser.parse_args()
    parameters = parameter_files.load(arguments.parameters, [*ARRAY, *arguments.overrides])
    living = [each for path in arguments.files for each in source_separation.load(path)]
    seeds = range(1, arguments.seeds + 1)
    alike = living[:: max(1, len(living) // len(seeds))]
    tasks = [
        (parameters, like, arguments.sessions, seed, f"simulated {seed}, as {like.name}")
        for seed, like in zip(seeds, alike, strict=False)
    ]
    with Progress(len(tasks), "culture") as progress:
        simulated = gather(simulate, tasks, arguments.cluster, arguments.jobs, progress)
    rows = {"living": list(map(measure, living)), "simulated": list(map(measure, simulated))}
    save(draw(rows), arguments.output)
    results.show(as_table(rows), arguments.json)


def simulate(
    parameters: Parameters, like: Responses, n_sessions: int, seed: int, name: str
) -> Responses:
    """Return the responses of a simulated culture."""
    return source_separation.simulate(Dish(parameters, seed), like, n_sessions, name)


def measure(responses: Responses) -> dict:
    """What the table shows of one culture."""
    preference = source_separation.preference(responses)
    right, chance = source_separation.decode(responses)
    return {
        "name": responses.name,
        "n_trials": len(responses.counts),
        "spikes": [float(responses.in_state(*state).sum(axis=1).mean()) for state in STATES],
        "preference": np.abs(preference[np.isfinite(preference)]).tolist(),
        "right": right.tolist(),
        "chance": chance.tolist(),
    }


def as_table(rows: dict[str, list[dict]]) -> results.Table:
    """Return a row for each culture."""
    cells = []
    for row in (*rows["living"], *rows["simulated"]):
        low, middle, high = np.percentile(row["preference"], [25, 50, 75])
        cells.append(
            [
                row["name"],
                f"{row['n_trials']:,}",
                ", ".join(f"{value:.0f}" for value in row["spikes"]),
                results.with_interval(middle, (low, high), 2),
                *(", ".join(f"{value:.2f}" for value in row[key]) for key in ("right", "chance")),
            ]
        )
    columns = [
        "culture",
        "trials",
        "spikes a trial with sources 00, 10, 01, 11",
        "electrodes' preference, median (quartiles)",
        "first, second source decoded",
        "chance",
    ]
    return results.Table("Responses to two hidden sources", columns, cells)


def draw(rows: dict[str, list[dict]]):
    """Spikes by state, preferences of the electrodes, and decoding, of both kinds of culture."""
    figure = new_figure((11, 4.2))
    axes = new_axes(figure, [["spikes", "preference", "decoding"]])
    places = np.arange(len(STATES))
    for (kind, cultures), colour in zip(rows.items(), (VERMILLION, BLUE), strict=True):
        for number, row in enumerate(cultures):
            label = kind if number == 0 else None
            relative = np.array(row["spikes"]) / max(row["spikes"][1] + row["spikes"][2], 1e-9) * 2
            axes["spikes"].plot(places, relative, "o-", color=colour, alpha=0.7, label=label)
            values = np.sort(row["preference"])
            share = np.arange(1, values.size + 1) / values.size
            axes["preference"].step(
                values, share, where="post", color=colour, alpha=0.7, label=label
            )
            axes["decoding"].plot(row["chance"], row["right"], "o", color=colour, label=label)
    axes["spikes"].set_xticks(places, ["none", "first", "second", "both"])
    axes["spikes"].set(
        xlabel="sources that are on", ylabel="spikes, relative to one source", ylim=(0, None)
    )
    axes["preference"].set(
        xlabel="preference for one source, |a - b| / (a + b)",
        ylabel="share of electrodes",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes["decoding"].axline((0.5, 0.5), slope=1, color="0.7", linewidth=0.8)
    axes["decoding"].set(
        xlabel="chance",
        ylabel="source decoded, share of unseen trials",
        xlim=(0.48, 0.65),
        ylim=(0.48, 1.02),
    )
    axes["spikes"].legend(frameon=False, fontsize=8)
    counts = " and ".join(f"{len(cultures)} {kind}" for kind, cultures in rows.items())
    entitle(figure, f"Responses to two hidden sources: {counts} cultures")
    note(
        figure,
        "A line, or two dots, for each culture. Living: Isomura et al. (2015, 2023). Decoding:"
        " linear readout of all electrodes,",
        "learned from three quarters of the trials; on the grey line it would be no better than"
        " always saying what is more frequent.",
    )
    return figure


if __name__ == "__main__":
    sys.exit(exit_code(main))
