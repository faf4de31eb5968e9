#!/usr/bin/env python3
"""Do pairs of electrodes that fire together share synapses?

Cultures are grown and recorded, edges inferred from their spikes alone, and compared with the
synapses between the neurons that electrodes hear. Two electrodes that hear a neuron in common are
left out. Beside them: as many edges between the nearest pairs, and the same edges between shuffled
electrodes. AUC at equal distance compares only pairs as far apart as one another.
"""

import argparse
import sys

import numpy as np
import results

from spikinggrid.cli.options import add_workers, whole
from spikinggrid.parallel.client import gather
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.electrode_wiring import electrode_wiring
from spikinggrid.statistics.connectivity import infer_connectivity
from spikinggrid.statistics.wiring_agreement import agreement
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

PRESETS = ("fitted/cortex_div21", "fitted/hippocampus_div21")

#: Half windows of coincidence (s) and limits of the density of edges.
SETTINGS = ((0.002, None), (0.01, None), (0.05, None), (0.01, 0.2), (0.01, 0.05))

DURATION = 300.0


def main() -> None:
    """Grow, record and compare all cultures, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=whole(1), default=5, metavar="N", help="cultures of each")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    tasks = [(preset, seed) for preset in PRESETS for seed in range(11, 11 + arguments.seeds)]
    with Progress(len(tasks), "culture") as progress:
        compared = gather(agreements, tasks, arguments.cluster, arguments.jobs, progress)
    rows = []
    for number, preset in enumerate(PRESETS):
        own = compared[number * arguments.seeds : (number + 1) * arguments.seeds]
        for place, setting in enumerate(SETTINGS):
            rows.append([preset, *as_cells(setting, [each[place] for each in own])])
    columns = [
        "culture", "window (ms)", "limit (%)", "pairs wired (%)", "edges", "precision", "recall",
        "precision, nearest", "precision, shuffled", "AUC", "AUC, nearest",
        "AUC at equal distance",
    ]  # fmt: skip
    notes = (
        f"{arguments.seeds} wirings of each culture, {DURATION:g} s; means and ranges over wirings."
    )
    table = results.Table("Inferred edges beside the true wiring", columns, rows, notes)
    results.show(table, arguments.json)


def agreements(preset: str, seed: int) -> list[dict]:
    """Return how edges agree with the wiring of one culture, for each setting."""
    dish = Dish(preset, seed=seed)
    recording, wiring = dish.record(DURATION), electrode_wiring(dish)
    compared = []
    for dt, density in SETTINGS:
        inferred = infer_connectivity(
            recording.spike_trains, recording.t_start, recording.t_stop, dt=dt, density=density
        )
        told = agreement(inferred, wiring.is_connected, recording.positions, wiring.is_judged)
        compared.append(told)
    return compared


def as_cells(setting: tuple[float, float | None], compared: list[dict]) -> list[str]:
    """Return the cells of one setting."""
    dt, density = setting
    return [
        f"{1e3 * dt:g}",
        "none" if density is None else f"{100 * density:g}",
        f"{100 * np.mean([each['true_share'] for each in compared]):.0f}",
        f"{np.mean([each['inferred'].n_edges for each in compared]):.0f}",
        _ranged([each["inferred"].precision for each in compared]),
        *(
            f"{np.mean([getattr(each[name], of) for each in compared]):.2f}"
            for name, of in (
                ("inferred", "recall"),
                ("distance", "precision"),
                ("shuffled", "precision"),
            )
        ),
        _ranged([each["inferred"].auc for each in compared]),
        _ranged([each["distance"].auc for each in compared]),
        _ranged([each["inferred"].auc_at_a_distance for each in compared]),
    ]


def _ranged(values: list[float]) -> str:
    return results.with_interval(float(np.mean(values)), (min(values), max(values)), 2)


if __name__ == "__main__":
    sys.exit(exit_code(main))
