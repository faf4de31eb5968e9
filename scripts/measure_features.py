#!/usr/bin/env python3
"""How long do all features of a recording take, and how much memory, on large arrays?

Electrodes of 60 um pitch fire at 1 Hz, once independently of one another and once in network
bursts of half a second alone, in which every electrode has a spike near many of every other. Each
recording is measured in a process of its own, after a small one, so that compiling does not count.
"""

import argparse
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import process_time

import numpy as np
import results

from spikinggrid.statistics.features import features
from spikinggrid.utils.errors import exit_code

#: Electrodes and duration (s) of each recording.
SIZES = ((60, 600), (1024, 600), (4096, 300))

RATE, PITCH, BURST, BURST_INTERVAL = 1.0, 60e-6, 0.5, 5.0


def main() -> None:
    """Measure all sizes and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    results.add_argument(parser)
    arguments = parser.parse_args()
    rows = []
    for n_electrodes, duration in SIZES:
        for name, bursting in (("independent", False), ("in network bursts", True)):
            task = (n_electrodes, duration, bursting)
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                seconds, gigabytes, n_spikes = alone.submit(measure, *task).result()
            cells = [f"{n_spikes:,}", f"{seconds:.2f}", f"{gigabytes:.2f}"]
            rows.append([f"{n_electrodes:,}", f"{duration / 60:g}", name, *cells])
    columns = ["electrodes", "minutes", "spikes are", "spikes", "CPU time (s)", "peak memory (GB)"]
    results.show(results.Table("All features of a recording", columns, rows), arguments.json)


def measure(n_electrodes: int, duration: float, bursting: bool) -> tuple[float, float, int]:
    """Return processor time (s) and peak memory of the process (GB), and the number of spikes."""
    generator = np.random.default_rng(0)
    trains = [spike_train(generator, duration, bursting) for _ in range(n_electrodes)]
    positions = PITCH * np.column_stack(np.divmod(np.arange(n_electrodes), 64))
    features(trains[:20], 0.0, duration, positions[:20])
    begin = process_time()
    features(trains, 0.0, duration, positions)
    seconds = process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return seconds, peak, sum(train.size for train in trains)


def spike_train(generator: np.random.Generator, duration: float, bursting: bool) -> np.ndarray:
    """Return the spikes of one electrode (s)."""
    n_spikes = generator.poisson(RATE * duration)
    if not bursting:
        return np.sort(generator.uniform(0, duration, n_spikes))
    bursts = BURST_INTERVAL * generator.integers(duration // BURST_INTERVAL, size=n_spikes)
    return np.sort(bursts + BURST * generator.random(n_spikes))


if __name__ == "__main__":
    sys.exit(exit_code(main))
