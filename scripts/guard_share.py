#!/usr/bin/env python3
"""How many real recordings are like dishes of the pool, and does the guard notice tampering?

Judges the first 300 s of real recordings as they are, with their spikes shuffled between
electrodes, and with spike times jittered (normal, 5, 20 and 100 ms); and so new dishes, which have
parameters of the pool and another wiring. Recordings are those of the shipped table of published
dishes; those of cultures that the pool did not follow are told apart. Of the tampered, those count
whose originals are inside. The same for parts of the pool: the share must not hang on how large it
is.

    scripts/guard_share.py RECORDING.h5 ... --dishes 200 --json docs/results/twin_guard.json
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import results
from guard_power import JITTERS, KINDS, jittered, shuffled

from spikinggrid.assays.assay import CultureError
from spikinggrid.cli.options import add_workers
from spikinggrid.fitting.hearings import heard, run
from spikinggrid.fitting.misspecification import count_too_close
from spikinggrid.fitting.pool import Pool, read, shipped
from spikinggrid.fitting.pool_guard import PoolGuard
from spikinggrid.parallel.client import gather
from spikinggrid.recordings import Recording
from spikinggrid.recordings import read as read_recording
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress
from spikinggrid.utils.randomness import random_generator

#: Shares of the pool that guards are made of.
PARTS = (0.4, 0.7, 1.0)

#: What is measured of a recording: features, and intervals below the dead time, by kind.
Measured = dict[str, tuple[dict[str, float], int]]


def main() -> None:
    """Judge all and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING.h5")
    parser.add_argument("--pool", type=Path, help="the shipped one unless given")
    parser.add_argument("--dishes", type=int, default=200, help="new dishes (default 200)")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    pool = read(arguments.pool) if arguments.pool else shipped()
    followed = {culture_of(name) for name in pool.followed}
    regions = {dish.name: dish.region for dish in published_dishes()}
    paths = [path for path in arguments.recordings if path.stem in regions]
    tasks: list[tuple] = [(pool, path) for path in paths]
    tasks += [(pool, number) for number in range(arguments.dishes)]
    with Progress(len(tasks), "recording") as progress:
        measured = gather(measure, tasks, arguments.cluster, arguments.jobs, progress)
    real = [
        (regions[path.stem], culture_of(path.stem) in followed, own)
        for path, own in zip(paths, measured, strict=False)
    ]
    groups = {
        "cortex": _existing([own for region, _, own in real if region == "ctx"]),
        "hippocampus": _existing([own for region, _, own in real if region == "hpc"]),
        "not followed": _existing([own for _, is_followed, own in real if not is_followed]),
        "new dishes": _existing(measured[len(paths) :]),
    }
    results.show(as_table(pool, groups), arguments.json)


def measure(pool: Pool, source: Path | int) -> Measured | None:
    """Measure a recording, or a new dish of a number, as it is and tampered with.

    None if a dish is of no use, or lacks features.
    """
    parameters = pool.space.parameters
    duration = parameters.simulation.duration
    recording = new_dish(pool, source) if isinstance(source, int) else read_recording(source)
    if recording is None:
        return None
    generator = random_generator(0, "tampering", source if isinstance(source, int) else source.stem)
    t_start, t_stop = recording.t_start, recording.t_start + duration
    trains = [train[train < t_stop] for train in recording.spike_trains]
    tampered = [trains, shuffled(trains, generator)]
    tampered += [jittered(trains, sd, t_start, t_stop, generator) for sd in JITTERS]
    measured: Measured = {}
    for kind, spike_trains in zip(KINDS, tampered, strict=True):
        features = replace(recording, spike_trains=spike_trains).features_of_first(duration)
        measured[kind] = features, count_too_close(spike_trains, parameters)
    if feature_space.missing(measured[KINDS[0]][0], feature_space.COMPARED):
        return None
    return measured


def new_dish(pool: Pool, number: int) -> Recording | None:
    """Simulate a dish with parameters of the pool and a wiring that no dish there has."""
    generator = random_generator(number, "guard share")
    row, seed = int(generator.integers(len(pool))), int(generator.integers(2**31))
    dish = Dish(pool.space.at(pool.points[row]), seed)
    try:
        return heard(dish, run(dish), dish.parameters)
    except CultureError:
        return None


def as_table(pool: Pool, groups: dict[str, list[Measured]]) -> results.Table:
    """Return how many are inside, and how many of the tampered are refused."""
    rows = []
    for part in PARTS:
        dishes = np.unique(pool.seeds)
        chosen = random_generator(0, "guard parts").permutation(dishes)[: round(part * len(dishes))]
        own = np.isin(pool.seeds, chosen)
        guard = PoolGuard(pool.coordinates[own], pool.seeds[own])
        for name, group in groups.items():
            rows.append([f"{own.sum():,}", name, *_shares(guard, group)])
    columns = ["pool", "recordings", "inside", *KINDS[1:]]
    columns = [*columns, "any of them, with intervals"]
    notes = (
        "Inside: share that is as near to dishes of the pool as 95 % of these are. Others: share of"
        " those inside that is refused once tampered with, by features alone; last, from 20 ms on"
        " or shuffled, by intervals below the dead time as well."
    )
    return results.Table("Recordings like dishes of the pool", columns, rows, notes)


def _shares(guard: PoolGuard, group: list[Measured]) -> Iterator[str]:
    inside = [own for own in group if guard.judge(own[KINDS[0]][0]).inside]
    yield _share(len(inside), len(group))
    for kind in KINDS[1:]:
        refused = [not guard.judge(own[kind][0]).inside for own in inside]
        yield _share(sum(refused), len(inside))
    clear = [kind for kind in KINDS[1:] if kind != KINDS[2]]
    noticed = [
        own[kind][1] > 0 or not guard.judge(own[kind][0]).inside for own in inside for kind in clear
    ]
    yield _share(sum(noticed), len(noticed))


def _share(n: int, of: int) -> str:
    return f"{n / of:.2f} of {of}" if of else "-"


def _existing(measured: list[Measured | None]) -> list[Measured]:
    return [own for own in measured if own is not None]


def culture_of(name: str) -> str:
    """Return the name of a recording without the age: cultures were recorded at several."""
    return re.sub(r"[-_]?DIV_?\d\d", "", name)


if __name__ == "__main__":
    sys.exit(exit_code(main))
