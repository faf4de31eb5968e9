#!/usr/bin/env python3
"""Does the guard stay quiet on the model's own cultures, and does it notice tampering?

Cultures of the model that no simulation in the store has, and real recordings, each as it is, with
its spikes shuffled between electrodes, and with spike times jittered (normal, 5, 20 and 100 ms).
Prints how many are refused, by their features alone and by too short intervals as well (the dead
time of the array's electrodes), then the verdict on every real recording.

    spikinggrid infer posterior --check      # makes the store
    scripts/guard_power.py posterior.simulations.h5 C57_*.h5 CTX_*.h5 TC107*.h5
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import results
from tqdm import tqdm

from spikinggrid.assays.assay import CultureError
from spikinggrid.assays.spontaneous import record
from spikinggrid.fit import misspecification as guard
from spikinggrid.fit import parameter_space as bounds
from spikinggrid.fit import simulation_store as simulations
from spikinggrid.parallel import client as cluster
from spikinggrid.recordings import read
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.randomness import random_generator

JITTERS = (0.005, 0.02, 0.1)
KINDS = (
    "as they are",
    "spikes shuffled between electrodes",
    *(f"jittered by {1e3 * sd:g} ms" for sd in JITTERS),
)


def main() -> None:
    """Judge all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", type=Path, help="simulations of `infer`")
    parser.add_argument("recordings", nargs="*", type=Path, help="real recordings")
    parser.add_argument("--dishes", type=int, default=60, help="cultures of the model (default 60)")
    results.add_argument(parser)
    cluster.add_arguments(parser)
    arguments = parser.parse_args()
    known = simulations.load(arguments.store)
    judging = guard.Guard(known)
    duration = known.plan.parameters.simulation.duration
    real = {path.stem: read(path) for path in arguments.recordings}
    tasks = [(judging, known.plan, number) for number in range(arguments.dishes)]
    tasks += [(judging, each, duration) for each in real.values()]
    measured = {}
    with cluster.connected(arguments.cluster, arguments.jobs) as client:
        done = cluster.completed(client, variants, tasks)
        measured = dict(tqdm(done, total=len(tasks), unit="recording", disable=None))
    dishes = [measured[k] for k in range(arguments.dishes) if measured[k] is not None]
    lives = dict(zip(real, (measured[k] for k in range(arguments.dishes, len(tasks))), strict=True))
    rows = {
        kind: {
            who: [each[kind] for each in some]
            for who, some in (("model", dishes), ("real", lives.values()))
        }
        for kind in KINDS
    }
    verdicts = {name: each[KINDS[0]]["says"] for name, each in lives.items()}
    results.show(as_table(rows, verdicts), arguments.json)


def variants(judging: guard.Guard, source, which) -> dict[str, dict] | None:
    """The verdicts on a recording as it is and tampered with, by kind.

    Of a culture of the model (a plan and a number), those with all features alone; else None.
    """
    if isinstance(source, simulations.Plan):
        generator = random_generator(which, "guard power")
        point = generator.random(len(source.bounds))
        candidate = bounds.moved(source.parameters, source.bounds, point)
        try:
            source = record(candidate, int(generator.integers(2**31)))
        except CultureError:
            return None
        duration, may_lack = source.duration, False
    else:
        generator, duration, may_lack = (
            random_generator(0, "guard power", source.source),
            which,
            True,
        )
    t_start, t_stop = source.t_start, source.t_start + duration
    trains = [train[train < t_stop] for train in source.spike_trains]
    tampered = [trains, shuffled(trains, generator)]
    tampered += [jittered(trains, sd, t_start, t_stop, generator) for sd in JITTERS]
    found = {}
    for kind, each in zip(KINDS, tampered, strict=True):
        values = replace(source, spike_trains=each).features(t_stop=t_stop)
        if kind == KINDS[0] and feature_space.missing(values) and not may_lack:
            return None
        verdicts = judging.judge(values), judging.judge(values, judging.n_too_close(each))
        found[kind] = {
            "by_features": not verdicts[0].inside,
            "refused": not verdicts[1].inside,
            "says": verdicts[1].sentence(),
        }
    return found


def shuffled(trains: list[np.ndarray], generator: np.random.Generator) -> list[np.ndarray]:
    """The same spikes, each on a random electrode; electrodes keep their numbers of spikes."""
    times = np.concatenate(trains)
    electrodes = generator.permutation(np.repeat(np.arange(len(trains)), [t.size for t in trains]))
    return [np.sort(times[electrodes == number]) for number in range(len(trains))]


def jittered(
    trains: list[np.ndarray],
    sd: float,
    t_start: float,
    t_stop: float,
    generator: np.random.Generator,
) -> list[np.ndarray]:
    """The same spikes, each moved in time."""
    moved = (train + sd * generator.standard_normal(train.size) for train in trains)
    return [np.sort(np.clip(train, t_start, t_stop)) for train in moved]


def as_table(rows: dict, verdicts: dict[str, str]) -> results.Table:
    """Return how many are refused of each kind, and the verdict on each real recording."""
    sources = [who for who in ("model", "real") if rows[KINDS[0]][who]]
    heads = [f"{who}, {how}" for who in sources for how in ("by features", "by intervals too")]
    cells = [
        [
            kind,
            *(
                f"{sum(each[how] for each in row[who])} of {len(row[who])}"
                for who in sources
                for how in ("by_features", "refused")
            ),
        ]
        for kind, row in rows.items()
    ]
    notes = "\n".join(f"- {name}: {said}" for name, said in verdicts.items())
    return results.Table(
        "Recordings that the guard refuses", ["tampered with", *heads], cells, notes
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
