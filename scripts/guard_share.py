#!/usr/bin/env python3
"""How many real recordings are like dishes of the pool, and does the guard notice tampering?

Judges the first 300 s of real recordings as they are, with their spikes shuffled between
electrodes, and with spike times jittered (normal, 5, 20 and 100 ms); and so new dishes, which have
parameters of the pool and another wiring. Recordings are those of the shipped table of published
dishes; those of cultures that the pool did not follow are told apart. Of the tampered, those count
whose originals are inside. The same for parts of the pool: the share must not hang on how large it
is.

    scripts/guard_share.py RECORDING.h5 ... --dishes 200 --json docs/results/likeness.json

With `--halves FOLDER` cultures are split in two at random. Two pools are made in the folder, after
the same draws between the bounds: one follows the recordings of one half, the other those of the
other. Each judges the half that it did not follow; that table is written beside the first one. The
same command goes on.

    scripts/guard_share.py RECORDING.h5 ... --halves halves --json docs/results/likeness.json
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
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
from spikinggrid.fitting.pool_making import (
    culture_of,
    grow_pool,
    identity,
    pool_of,
    pool_space,
    published_aims,
)
from spikinggrid.fitting.simulation_store import SimulationStore
from spikinggrid.parallel.client import connected, gather
from spikinggrid.parameters.files import load
from spikinggrid.recordings import Recording
from spikinggrid.recordings import read as read_recording
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress
from spikinggrid.utils.randomness import random_generator

#: Shares of the pool that guards are made of.
PARTS = (0.4, 0.7, 1.0)

#: Tampering that should be noticed.
CLEAR = tuple(kind for kind in KINDS[1:] if kind != KINDS[2])

#: What is told of a group of recordings.
SHARES = ("inside", *KINDS[1:], *(f"{kind}, with intervals" for kind in CLEAR))

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
    parser.add_argument("--halves", type=Path, metavar="FOLDER", help="split cultures in two")
    parser.add_argument(
        "--pool-dishes", type=int, default=2000, help="of the pool of each half (default 2000)"
    )
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    pool = read(arguments.pool) if arguments.pool else shipped()
    published = {dish.name: dish for dish in published_dishes()}
    pools = []
    if arguments.halves:
        pools = [pool_following(names, arguments) for names in halves(sorted(published))]
    paths = [path for path in arguments.recordings if path.stem in published]
    tasks: list[tuple] = [(pool, path) for path in paths]
    tasks += [(pool, number) for number in range(arguments.dishes)]
    with Progress(len(tasks), "recording") as progress:
        measured = gather(measure, tasks, arguments.cluster, arguments.jobs, progress)
    recordings = {path.stem: own for path, own in zip(paths, measured, strict=False) if own}
    dishes = [own for own in measured[len(paths) :] if own]
    results.show(as_table(pool, recordings, dishes), arguments.json)
    if pools:
        path = arguments.json
        path = path and path.with_name(f"{path.stem}_halves.json")
        results.show(as_table_of_halves(pools, recordings, dishes), path)


def halves(names: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the names of the recordings of two halves of the cultures, split at random."""
    cultures = sorted({culture_of(name) for name in names})
    order = random_generator(0, "halves").permutation(len(cultures))
    chosen = {cultures[place] for place in order[: len(cultures) // 2]}
    first = {name for name in names if culture_of(name) in chosen}
    return first, set(names) - first


def pool_following(names: set[str], arguments: argparse.Namespace) -> Pool:
    """Return a pool that followed some recordings, which is made unless the folder has it."""
    make_folder(arguments.halves)
    space = pool_space(load("twin"))
    aims = {name: aim for name, aim in published_aims(space).items() if name in names}
    store_path = arguments.halves / f"{min(names)}.simulations.jsonl"
    with (
        SimulationStore(store_path, identity(space)) as store,
        connected(arguments.cluster, arguments.jobs) as client,
        Progress(arguments.pool_dishes, "dish") as progress,
    ):
        n = arguments.pool_dishes
        grow_pool(space, list(aims.values()), n, store, client, progress=progress)
        return pool_of(space, store, sorted(aims))


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


def as_table(pool: Pool, recordings: dict[str, Measured], dishes: list[Measured]) -> results.Table:
    """Return how many are inside, and how many of the tampered are refused, by parts of a pool."""
    followed = {culture_of(name) for name in pool.followed}
    groups = by_region(recordings)
    others = [own for name, own in recordings.items() if culture_of(name) not in followed]
    groups |= {"not followed": others} if others else {}
    rows = []
    for part in PARTS:
        seeds = np.unique(pool.seeds)
        chosen = random_generator(0, "guard parts").permutation(seeds)[: round(part * len(seeds))]
        kept = np.isin(pool.seeds, chosen)
        guard = PoolGuard(pool.coordinates[kept], pool.seeds[kept])
        for name, group in (groups | {"new dishes": dishes}).items():
            rows.append([f"{kept.sum():,}", name, *_shares([(guard, own) for own in group])])
    notes = (
        "Inside: share that is as near to dishes of the pool as 95 % of these are. Others: share of"
        " those inside that is refused once tampered with, by features alone; last, by intervals"
        " below the dead time as well."
    )
    return results.Table(
        "Recordings like dishes of the pool", ["pool", "recordings", *SHARES], rows, notes
    )


def as_table_of_halves(
    pools: Sequence[Pool], recordings: dict[str, Measured], dishes: list[Measured]
) -> results.Table:
    """Return the same by two pools, each of which judges what it did not follow."""
    judged: dict[str, list[tuple[PoolGuard, Measured]]] = {}
    for pool in pools:
        guard = PoolGuard.of(pool)
        others = {name: own for name, own in recordings.items() if name not in pool.followed}
        groups = by_region(others) | {"both": list(others.values()), "new dishes": dishes}
        for name, group in groups.items():
            judged.setdefault(name, []).extend((guard, own) for own in group)
    sizes = " and ".join(
        f"{len(pool):,} hearings of {len(np.unique(pool.seeds)):,} dishes that followed"
        f" {len(pool.followed)} recordings"
        for pool in pools
    )
    notes = (
        f"Two pools: {sizes}. Each half of the cultures is judged by the pool that followed the"
        " other; new dishes, of the whole pool, by both. Columns as in the table above."
    )
    rows = [[name, *_shares(group)] for name, group in judged.items()]
    return results.Table("Halves of the cultures", ["recordings", *SHARES], rows, notes)


def by_region(recordings: dict[str, Measured]) -> dict[str, list[Measured]]:
    """Return recordings by what they are of."""
    regions = {dish.name: dish.region for dish in published_dishes()}
    names = {"ctx": "cortex", "hpc": "hippocampus"}
    return {
        name: [own for dish, own in recordings.items() if regions[dish] == region]
        for region, name in names.items()
    }


def _shares(group: Sequence[tuple[PoolGuard, Measured]]) -> Iterator[str]:
    """Return shares of recordings, each judged by a guard of its own, as `SHARES` names them."""
    inside = [(guard, own) for guard, own in group if guard.judge(own[KINDS[0]][0]).inside]
    yield _share(len(inside), len(group))
    for kind in KINDS[1:]:
        refused = [not guard.judge(own[kind][0]).inside for guard, own in inside]
        yield _share(sum(refused), len(inside))
    for kind in CLEAR:
        noticed = [
            own[kind][1] > 0 or not guard.judge(own[kind][0]).inside for guard, own in inside
        ]
        yield _share(sum(noticed), len(inside))


def _share(n: int, of: int) -> str:
    return f"{n / of:.2f} of {of}" if of else "-"


if __name__ == "__main__":
    sys.exit(exit_code(main))
