#!/usr/bin/env python3
"""What does a step of a closed loop cost, and listening to a culture?

Times a closed loop of a preset piece by piece, and a run of 300 s in one piece: the dynamics
alone, and what the electrodes detect of it; with --ticks a loop of `spikinggrid.cl1` instead, which
stimulates where a spike is detected. Processor time of this process.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import results

from spikinggrid import cl1 as cl
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.units import to_si
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.recorder import Recorder
from spikinggrid.utils.errors import exit_code

#: Time before anything is measured, in which kernels are compiled (s).
WARMUP = 1.0

LISTENED = 300.0  # s


def main() -> None:
    """Measure one culture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="culture", help="preset or file")
    parser.add_argument("--every", default="5 ms", help='length of a step (default "5 ms")')
    parser.add_argument("--steps", type=int, default=4000, help="number of steps (default 4000)")
    parser.add_argument("--ticks", type=float, help="measure spikinggrid.cl1, ticks per second")
    results.add_argument(parser)
    arguments = parser.parse_args()
    if arguments.ticks:
        measure_cl1(arguments)
        return
    dish = Dish(parameter_files.load(arguments.parameters))
    dish.run(WARMUP)
    every = to_si(arguments.every, "s", "--every")
    costs = steps_of_a_loop(dish, every, arguments.steps)
    rows = [
        ["step of the loop, median (ms)", f"{1e3 * np.median(costs):.3f}"],
        ["step of the loop, 99 of 100 are below (ms)", f"{1e3 * np.quantile(costs, 0.99):.3f}"],
        ["of it simulation, mean (ms)", f"{1e3 * bare_steps(dish, every, arguments.steps):.3f}"],
        ["step of the loop, mean (ms)", f"{1e3 * np.mean(costs):.3f}"],
    ]
    dynamics, spikes = timed(lambda: dish.run(LISTENED))
    recorder = Recorder(dish.culture, dish.array, dish.parameters)
    listening, _ = timed(lambda: recorder.add(spikes))
    rows += [
        [f"{LISTENED:g} s in one run, dynamics (s)", f"{dynamics:.3f}"],
        [f"{LISTENED:g} s in one run, detection (s)", f"{listening:.3f}"],
        ["detection, share of the dynamics", f"{listening / dynamics:.1%}"],
    ]
    title = (
        f"Closed loop on {dish.culture.n_neurons:,} neurons and {dish.array.n_electrodes}"
        f" electrodes ({arguments.parameters}), every {arguments.every}"
    )
    results.show(results.Table(title, ["", "measured"], rows), arguments.json)


def measure_cl1(arguments: argparse.Namespace) -> None:
    """Measure a loop of `spikinggrid.cl1`."""
    dish, ticks = Dish(parameter_files.load(arguments.parameters)), arguments.ticks
    seconds = arguments.steps / ticks
    stimulate_spikes(dish, ticks, WARMUP)
    cost, (n_spikes, n_stims) = timed(lambda: stimulate_spikes(dish, ticks, seconds))
    rows = [
        ["real-time factor, biological time to processor time", f"{seconds / cost:.1f}"],
        ["turn of the loop, mean (ms)", f"{1e3 * cost / (seconds * ticks):.3f}"],
        ["spikes detected a second", f"{n_spikes / seconds:.0f}"],
        ["pulses given a second", f"{n_stims / seconds:.0f}"],
    ]
    title = (
        f"Loop of spikinggrid.cl1 at {ticks:g} ticks a second for {seconds:g} s on"
        f" {dish.culture.n_neurons:,} neurons ({arguments.parameters}), one core"
    )
    results.show(results.Table(title, ["", "measured"], rows), arguments.json)


def stimulate_spikes(dish: Dish, ticks: float, seconds: float) -> tuple[int, int]:
    """Stimulate wherever a spike is detected, and return the numbers of spikes and pulses."""
    n_spikes = n_stims = 0
    with cl.open(dish=dish) as neurons:
        for tick in neurons.loop(ticks, stop_after_seconds=seconds):
            n_spikes += len(tick.analysis.spikes)
            n_stims += len(tick.analysis.stims)
            for spike in tick.analysis.spikes:
                neurons.stim(spike.channel, 1.0)
    return n_spikes, n_stims


def steps_of_a_loop(dish: Dish, every: float, n_steps: int) -> np.ndarray:
    """Return the processor time of each step of a loop that stimulates in some of them, s."""
    costs, begin = [], time.process_time()
    for step in dish.closed_loop((n_steps + 1) * every, every):
        if len(step.spikes) > 20:
            step.stimulate("centre")
        end = time.process_time()
        costs.append(end - begin)
        begin = end
    return np.array(costs[1:])


def bare_steps(dish: Dish, every: float, n_steps: int) -> float:
    """Return the mean processor time of as many runs without recording, s."""
    seconds, _ = timed(lambda: [dish.run(every) for _ in range(n_steps)])
    return seconds / n_steps


def timed(work: Callable) -> tuple[float, Any]:
    """Return the processor time of some work in s, and its result."""
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


if __name__ == "__main__":
    sys.exit(exit_code(main))
