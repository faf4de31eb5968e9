#!/usr/bin/env python3
"""How much faster are two workers than one, and do they find the same?

Measures the same set of spontaneous cultures by one worker, by two, and so on, each several times
in turn, and prints the seconds of each run (without the start of the workers, and after one culture
that loads the compiled code), the ratio of medians, and whether all features are equal, bit for
bit.
"""

import argparse
import sys
import time

import numpy as np
import results

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.parallel.client import completed, connected
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.processors import n_processors
from spikinggrid.utils.progress import Progress


def main() -> int:
    """Time all numbers of workers; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="culture", help="preset or file")
    parser.add_argument("--duration", default="5 min", help='of each recording (default "5 min")')
    parser.add_argument("--cultures", type=int, default=16, help="in a run (default 16)")
    parser.add_argument("--most", type=int, default=2, help="workers at most (default 2)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each number (default 3)")
    results.add_argument(parser)
    arguments = parser.parse_args()
    outcome = measure(arguments)
    results.show(as_table(outcome), arguments.json)
    return 0 if outcome["equal"] else 1


def measure(arguments: argparse.Namespace) -> dict:
    """Return the seconds of each run by number of workers, and whether all features are equal."""
    parameters = parameter_files.load(
        arguments.parameters, [f"simulation.duration={arguments.duration}"]
    )
    tasks = [(parameters, seed) for seed in range(1, arguments.cultures + 1)]
    numbers, seconds, trials = range(1, arguments.most + 1), {}, []
    order = [number for _ in range(arguments.repeats) for number in numbers]
    with Progress(len(order), "run") as progress:
        for number in order:
            with connected(jobs=number) as client:
                dict(completed(client, SPONTANEOUS.run, tasks[:1] * 2 * number))  # warm up
                begin = time.perf_counter()
                done = dict(completed(client, SPONTANEOUS.run, tasks))
                seconds.setdefault(number, []).append(time.perf_counter() - begin)
            trials.append([done[place] for place in range(len(tasks))])
            progress.advance()
    medians = {number: float(np.median(each)) for number, each in seconds.items()}
    return {
        "cultures": arguments.cultures,
        "duration": arguments.duration,
        "processors": n_processors(),
        "seconds": seconds,
        "speed_up": {number: medians[1] / medians[number] for number in numbers},
        "equal": all(of_run == trials[0] for of_run in trials),
        "failed": sum(bool(trial.failure) for trial in trials[0]),
    }


def as_table(outcome: dict) -> results.Table:
    """Return times and ratios by number of workers."""
    rows = [
        [
            str(number),
            f"{np.median(seconds):.1f} ({', '.join(f'{value:.1f}' for value in seconds)})",
            f"{outcome['speed_up'][number]:.2f}",
        ]
        for number, seconds in outcome["seconds"].items()
    ]
    equal = "All features are equal, bit for bit" if outcome["equal"] else "FEATURES DIFFER"
    return results.Table(
        f"Time of {outcome['cultures']} cultures of {outcome['duration']}",
        ["workers", "seconds, median (each run)", "times as fast as one"],
        rows,
        f"{outcome['processors']} processors; {outcome['failed']} cultures were silent or ran"
        f" away. {equal}.",
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
