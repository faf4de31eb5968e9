#!/usr/bin/env python3
"""Do a dish's network bursts become rarer when it is stimulated as each begins?

A network burst begins when 8 channels or more detect spikes within 20 ms. Then a train of pulses
is given on 16 electrodes, and nothing for a second. Controls: no stimulation; as many trains in the
same dish, at random times that have the same refractory second; and trains when the bursts of
another dish begin (yoked), which come as regularly as bursts do. Wagenaar et al. (2005,
doi:10.1523/JNEUROSCI.4209-04.2005) calmed cultures by pulses spread over many electrodes.

Bursts are counted alike under all conditions: onsets as above after 250 ms without a burst.
"""

import argparse
import sys
from collections import deque

import numpy as np
import results

import spikinggrid as sg
from spikinggrid import cl1 as cl
from spikinggrid.utils.errors import exit_code

TICKS = 100  # per s

#: So many channels within so many ticks are a burst, the next one after so many ticks without.
CHANNELS, WINDOW, APART = 8, 2, 25

#: No train within so many ticks of the last.
REFRACTORY = 100

#: Every second electrode of the second and of the last column but one, and of two between.
ELECTRODES = cl.ChannelSet(*(8 * column + row for column in (1, 3, 4, 6) for row in (0, 2, 5, 7)))


def main() -> None:
    """Measure some dishes with and without control."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dishes", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--duration", type=float, default=300.0, help="of each run, s (300)")
    parser.add_argument("--current", type=float, default=2.0, help="of a pulse, uA (2)")
    parser.add_argument("--pulses", type=int, default=10, help="of a train at 50 Hz (10)")
    results.add_argument(parser)
    arguments = parser.parse_args()
    train, duration = (arguments.current, arguments.pulses), arguments.duration
    seeds = range(1, arguments.dishes + 1)
    bursts: dict[str, list[int]] = {}
    bursts["no stimulation"] = [len(run(seed, duration, train, set())[0]) for seed in seeds]
    controlled = [run(seed, duration, train) for seed in seeds]
    bursts["train when a burst begins"] = [len(onsets) for onsets, _ in controlled]
    given = [set(ticks) for _, ticks in controlled]
    at_random = [
        random_ticks(seed, len(ticks), round(duration * TICKS))
        for seed, ticks in zip(seeds, given, strict=True)
    ]
    of_another = given[1:] + given[:1]
    for name, times in (
        ("as many trains at random times", at_random),
        ("trains when bursts of another dish begin", of_another),
    ):
        bursts[name] = [
            len(run(seed, duration, train, ticks)[0])
            for seed, ticks in zip(seeds, times, strict=True)
        ]
    rates = {name: 60 * np.array(counts) / duration for name, counts in bursts.items()}
    free, counts = rates["no stimulation"], [len(ticks) for ticks in given]
    rows = [
        [name, interval(own), None if own is free else interval(own / free)]
        for name, own in rates.items()
    ]
    title = (
        f"Burst control: {arguments.dishes} dishes, {arguments.duration:g} s each, trains of"
        f" {arguments.pulses} pulses of {arguments.current:g} uA at 50 Hz on 16 electrodes"
    )
    notes = (
        f"Means and 95 % intervals over dishes, by bootstrap; {np.mean(counts):.0f} trains a dish"
        f" ({min(counts)} to {max(counts)})."
    )
    columns = ["", "network bursts a minute", "relative to no stimulation"]
    results.show(results.Table(title, columns, rows, notes), arguments.json)


def run(
    seed: int, duration: float, train: tuple[float, int], times: set[int] | None = None
) -> tuple[list[int], list[int]]:
    """Return the ticks at which bursts began, and those at which trains were given.

    Parameters
    ----------
    seed : int
        Of the dish.
    duration : float
        s
    train : tuple of float and int
        Current in uA, and number of pulses.
    times : set of int, optional
        Ticks at which a train is given; those at which bursts begin unless given.
    """
    current, n_pulses = train
    design, burst = cl.StimDesign(160, -current, 160, current), cl.BurstDesign(n_pulses, 50)
    dish = sg.Dish(sg.load("cl1").replace({"simulation.seed": seed}))
    recent, onsets, given, last = deque(maxlen=WINDOW), [], [], -APART
    with cl.open(dish=dish) as neurons:
        for tick in neurons.loop(ticks_per_second=TICKS, stop_after_seconds=duration):
            recent.append({spike.channel for spike in tick.analysis.spikes})
            is_burst = len(set().union(*recent)) >= CHANNELS
            begins = is_burst and tick.iteration - last >= APART
            last = tick.iteration if is_burst else last
            if begins:
                onsets.append(tick.iteration)
            is_free = not given or tick.iteration - given[-1] >= REFRACTORY
            if is_free and (begins if times is None else tick.iteration in times):
                neurons.stim(ELECTRODES, design, burst)
                given.append(tick.iteration)
    return onsets, given


def random_ticks(seed: int, count: int, n_ticks: int) -> set[int]:
    """Draw ticks at random, all at least the refractory time apart."""
    room = n_ticks - count * REFRACTORY
    draws = np.sort(np.random.default_rng(seed).integers(0, max(room, 1), count))
    return set((draws + REFRACTORY * np.arange(count)).tolist())


def interval(values: np.ndarray) -> str:
    """Return the mean of some dishes and its 95 % interval, by bootstrap."""
    draws = np.random.default_rng(1).choice(values, (10_000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return results.with_interval(float(np.mean(values)), (float(low), float(high)), 2)


if __name__ == "__main__":
    sys.exit(exit_code(main))
