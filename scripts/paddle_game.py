#!/usr/bin/env python3
"""Does a dish learn a paddle game, as Kagan et al. (2022, doi:10.1016/j.neuron.2022.09.001) report?

Eight electrodes tell where the ball is: which of them, its height; how fast their pulses come, its
distance (4 to 40 Hz). Two regions of eight electrodes each move the paddle up and down. After a
hit all eight give pulses at 100 Hz for 100 ms, after a miss one electrode after another at random
at 5 Hz for 4 s, while the game waits. Controls:

no feedback    nothing follows a hit or a miss, and the game goes on
silent         the same waits as with feedback, without pulses
shuffled       feedback of hits and misses in random order, as often
no plasticity  feedback, but synapses do not learn

Each dish plays under each condition, from the same start. What counts is the share of hits of the
last half of the time less that of the first.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import results

import spikinggrid as sg
from spikinggrid import cl1 as cl
from spikinggrid.cl1.paddle import Game
from spikinggrid.plotting.closed_loop import timeline
from spikinggrid.plotting.style import save
from spikinggrid.utils.errors import exit_code

CONDITIONS = ("feedback", "no feedback", "silent", "shuffled", "no plasticity")

SENSORY = tuple(range(8, 16))  # the second column, from top to bottom
UP = (40, 41, 42, 43, 48, 49, 50, 51)
DOWN = (44, 45, 46, 47, 52, 53, 54, 55)

TICKS = 50  # per s

CURRENT = 2.0  # uA

#: Over which spikes of the regions are averaged: to move the paddle, to know what is usual, s.
MOMENT, USUAL = 0.2, 30.0

HIT, MISS = 0.1, 4.0  # how long feedback takes, s

#: What makes the preset learn: nearest pairs, a little more depression than potentiation.
PLASTICITY = {
    "plasticity.rule": "online",
    "plasticity.trace": "set",
    "plasticity.tau_pre": "20 ms",
    "plasticity.tau_post": "20 ms",
    "plasticity.normalise": False,
    "plasticity.excitatory": {"nu_pre": "44 uV", "nu_post": "40 uV", "upper_bound": "30 mV"},
}


def main() -> None:
    """Let all dishes play under all conditions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dishes", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--duration", type=float, default=480.0, help="of a game, s (default 480)")
    parser.add_argument("--games", type=Path, help="keep games here, and go on with those in it")
    parser.add_argument("--figure", type=Path, help="draw 30 s of the first dish here")
    results.add_argument(parser)
    arguments = parser.parse_args()
    if arguments.figure:
        draw(arguments.figure)
        return
    games = {}
    if arguments.games and arguments.games.exists():
        for line in arguments.games.read_text().splitlines():
            played = json.loads(line)
            games[played["seed"], played["condition"], played["duration"]] = played
    for seed in range(1, arguments.dishes + 1):
        for condition in CONDITIONS:
            key = seed, condition, arguments.duration
            if key not in games:
                games[key] = play(seed, condition, arguments.duration)
                if arguments.games:
                    with arguments.games.open("a") as file:
                        file.write(json.dumps(games[key]) + "\n")
    seeds, duration = range(1, arguments.dishes + 1), arguments.duration
    rates = {
        condition: np.array([halves(games[seed, condition, duration]) for seed in seeds])
        for condition in CONDITIONS
    }
    rows = [row_of(condition, rates) for condition in CONDITIONS]
    columns = ["", "hits, first half", "hits, last half", "gain", "gain less that of feedback"]
    title = f"Paddle game: {len(seeds)} dishes, {duration:g} s each, 95 % intervals over dishes"
    results.show(results.Table(title, columns, rows), arguments.json)


def draw(path: Path) -> None:
    """Draw half a minute of the game of one dish."""
    with tempfile.TemporaryDirectory() as folder:
        play(1, "feedback", 30.0, Path(folder))
        recording = next(Path(folder).glob("*.h5"))
        save(timeline(recording, "game", [("ball", "paddle"), ("hits", "misses")]), path)


def row_of(condition: str, rates: dict[str, np.ndarray]) -> list[str | None]:
    """Return a line of the table."""
    early, late = rates[condition].T
    of_feedback = np.subtract(*rates["feedback"].T[::-1])
    difference = None if condition == "feedback" else interval(late - early - of_feedback)
    return [condition, interval(early), interval(late), interval(late - early), difference]


def interval(values: np.ndarray) -> str:
    """Return the mean of some dishes and its 95 % interval, by bootstrap."""
    draws = np.random.default_rng(1).choice(values, (10_000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return results.with_interval(float(np.mean(values)), (float(low), float(high)))


def halves(game: dict) -> tuple[float, float]:
    """Return the share of hits in the first and last half of a game."""
    times, hits = np.array(game["times"]), np.array(game["hits"], float)
    is_early = times < game["duration"] / 2
    return float(hits[is_early].mean()), float(hits[~is_early].mean())


def play(seed: int, condition: str, duration: float, folder: Path | None = None) -> dict:
    """Let a dish play, and return when balls came and whether they were met.

    Parameters
    ----------
    seed : int
        Of dish and game.
    condition : str
    duration : float
        s
    folder : Path, optional
        Where the game is recorded, with ball, paddle and score in the data stream "game".
    """
    random = np.random.default_rng(seed + 1000)
    dish = sg.Dish(sg.load("cl1").replace({**PLASTICITY, "simulation.seed": seed}))
    game, times, hits = Game(seed), [], []
    moment, usual = np.zeros(2), np.zeros(2)
    free_at = next_pulse = 0.0  # until when the game waits; when the ball is told again
    is_miss, n_spikes = False, 0
    with cl.open(dish=dish, plastic=condition != "no plasticity") as neurons:
        stream = neurons.create_data_stream("game")
        if folder:
            neurons.record(condition, str(folder), include_raw_samples=False)
        for tick in neurons.loop(ticks_per_second=TICKS, stop_after_seconds=duration):
            now = tick.iteration / TICKS
            channels = [spike.channel for spike in tick.analysis.spikes]
            n_spikes += len(channels)
            counts = np.array([sum(c in region for c in channels) for region in (UP, DOWN)])
            moment += (counts - moment) / (MOMENT * TICKS)
            usual += (counts - usual) / (min(USUAL, now + 1) * TICKS)
            stream.append(tick.iteration_timestamp, state_of(game))
            if now < free_at:
                if is_miss and condition != "silent" and tick.iteration % (TICKS // 5) == 0:
                    neurons.stim(int(random.choice(SENSORY)), CURRENT)
                continue
            up, down = moment / np.maximum(usual, 1e-9)
            outcome = game.step(1 / TICKS, int(np.sign(down - up)))
            if outcome is not None:
                times.append(now)
                hits.append(outcome)
                told = outcome
                if condition == "shuffled":  # as often a hit as there were hits so far
                    told = bool(random.uniform() < np.mean(hits))
                if condition != "no feedback":
                    is_miss, free_at = not told, now + (HIT if told else MISS)
                    if told and condition != "silent":
                        design = cl.StimDesign(160, -CURRENT, 160, CURRENT)
                        neurons.stim(cl.ChannelSet(*SENSORY), design, cl.BurstDesign(10, 100))
            elif now >= next_pulse:
                place = min(int(game.y * len(SENSORY)), len(SENSORY) - 1)
                neurons.stim(SENSORY[place], CURRENT)
                next_pulse = now + 1 / (4 + 36 * (1 - game.x))
    return {
        "seed": seed,
        "condition": condition,
        "duration": duration,
        "times": times,
        "hits": hits,
        "rate": n_spikes / duration,
    }


def state_of(game: Game) -> dict:
    """Return what a figure of a game shows."""
    return {"ball": game.y, "paddle": game.paddle, "hits": game.n_hits, "misses": game.n_misses}


if __name__ == "__main__":
    sys.exit(exit_code(main))
