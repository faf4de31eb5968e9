#!/usr/bin/env python3
"""Does the guard stay quiet on the model's own cultures, and does it notice tampering?

Cultures of the model that no simulation in the store has, and real recordings, each as it is, with
its spikes shuffled between electrodes, and with spike times jittered (normal, 5, 20 and 100 ms).
Prints how many are refused, by their features alone and by too short intervals as well (the dead
time of the array's electrodes), then the verdict on every real recording.

    spikinggrid infer posterior --check      # makes the store
    scripts/guard_power.py posterior.simulations.jsonl C57_*.h5 CTX_*.h5 TC107*.h5
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import results

from spikinggrid.assays.assay import CultureError
from spikinggrid.assays.spontaneous import record
from spikinggrid.cli.options import add_workers
from spikinggrid.fitting.misspecification import Misspecification, count_too_close
from spikinggrid.fitting.prior import Prior, load
from spikinggrid.parallel.client import gather
from spikinggrid.recordings import Recording, read
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress
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
    add_workers(parser)
    arguments = parser.parse_args()
    simulations = load(arguments.store)
    prior, misspecification = simulations.prior, Misspecification(simulations)
    real = {path.stem: read(path) for path in arguments.recordings}
    tasks = [(misspecification, prior, number) for number in range(arguments.dishes)]
    tasks += [(misspecification, prior, recording) for recording in real.values()]
    with Progress(len(tasks), "recording") as progress:
        verdicts = gather(verdicts_on, tasks, arguments.cluster, arguments.jobs, progress)
    of_model = [by_kind for by_kind in verdicts[: arguments.dishes] if by_kind is not None]
    of_real = verdicts[arguments.dishes :]
    rows = {
        kind: {
            "model": [by_kind[kind] for by_kind in of_model],
            "real": [by_kind[kind] for by_kind in of_real],
        }
        for kind in KINDS
    }
    sentences = [by_kind[KINDS[0]]["says"] for by_kind in of_real]
    results.show(as_table(rows, dict(zip(real, sentences, strict=True))), arguments.json)


def verdicts_on(
    misspecification: Misspecification, prior: Prior, source: int | Recording
) -> dict[str, dict] | None:
    """Return the verdicts on a recording as it is and tampered with, by kind.

    Of a culture of the model (a number), None if it fails or lacks features.
    """
    if isinstance(source, int):
        generator = random_generator(source, "guard power")
        parameters = prior.at(generator.random(len(prior.bounds)))
        try:
            recording = record(parameters, int(generator.integers(2**31)))
        except CultureError:
            return None
        if feature_space.missing(recording.features()):
            return None
    else:
        recording, generator = source, random_generator(0, "guard power", source.source)
    t_start = recording.t_start
    t_stop = t_start + prior.parameters.simulation.duration
    trains = [train[train < t_stop] for train in recording.spike_trains]
    tampered = [trains, shuffled(trains, generator)]
    tampered += [jittered(trains, sd, t_start, t_stop, generator) for sd in JITTERS]
    verdicts = {}
    for kind, spike_trains in zip(KINDS, tampered, strict=True):
        values = replace(recording, spike_trains=spike_trains).features(t_stop=t_stop)
        n_too_close = count_too_close(spike_trains, prior.parameters)
        verdict = misspecification.judge(values, n_too_close)
        verdicts[kind] = {
            "by_features": not misspecification.judge(values).inside,
            "refused": not verdict.inside,
            "says": verdict.sentence(),
        }
    return verdicts


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
                f"{sum(verdict[how] for verdict in row[who])} of {len(row[who])}"
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
