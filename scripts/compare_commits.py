#!/usr/bin/env python3
"""How much processor time do a dish and a presentation take, beside an earlier commit?

The dish is the default culture (or --parameters): grown, run for its warm-up and 300 s, heard by
its electrodes, all features measured. The presentation is a training presentation (100 ms) of 240
neurons of the network of Lagani et al. (2021), in which all three projections learn.

Both checkouts do the same alternately, each time in a process of its own and once before anything
is timed. Processor time, not the clock, so that other load matters less; medians over rounds. The
earlier checkout may be of commit ae8ef69:

  git worktree add ../before ae8ef69
  scripts/compare_commits.py --before ../before
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

DURATION = 300.0

#: Presentations in a round, and dishes.
N_PRESENTATIONS, N_DISHES = 120, 2

PRESENTATION = 0.1

PARTS = {
    "growth": "growing the culture",
    "engine": "making the engine ready",
    "dynamics": f"dynamics, {DURATION:g} s and warm-up",
    "detection": "detection",
    "features": "features",
    "dish": "the dish as a whole",
    "presentation": "a presentation, 240 neurons",
}


def main() -> None:
    """Time both checkouts and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=Path, required=True, help="checkout to compare with")
    parser.add_argument("--parameters", default="culture", help='preset (default "culture")')
    parser.add_argument("--rounds", type=int, default=5, help="of both (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as well")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measure(arguments.parameters, arguments.one)))
        return
    checkouts = arguments.before.resolve(), Path(__file__).resolve().parents[1]
    rounds: tuple[list[dict], list[dict]] = ([], [])
    for number in range(arguments.rounds):
        for checkout, own in zip(checkouts, rounds, strict=True):
            own.append(in_own_process(checkout, arguments.parameters, number))
    import results  # of this checkout; --one runs in the other as well

    results.show(as_table(*rounds, arguments.parameters), arguments.json)


def in_own_process(checkout: Path, parameters: str, number: int) -> dict[str, Any]:
    """Measure one checkout."""
    command = [sys.executable, __file__, "--before", ".", "--parameters", parameters]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    run = subprocess.run(
        [*command, "--one", str(number)], check=True, stdout=subprocess.PIPE, env=environment
    )
    return json.loads(run.stdout.splitlines()[-1])


def measure(preset: str, number: int) -> dict[str, Any]:
    """Return the seconds of each part, and what came of it, of the package on the path."""
    try:
        from spikinggrid.parameters import files as parameter_files
    except ImportError:  # commit ae8ef69
        from spikinggrid import parameter_files
    seeds = range(1 + N_DISHES * number, 1 + N_DISHES * (number + 1))
    dishes = []
    for seed, duration in [(seeds[0], 2.0), *((seed, DURATION) for seed in seeds)]:
        changes = [f"simulation.seed={seed}", f"simulation.duration={duration} s"]
        dishes.append(one_dish(parameter_files.load(preset, changes)))
    of_dishes = {part: [dish[part] for dish in dishes[1:]] for part in dishes[0]}
    return of_dishes | presentations(parameter_files)


def one_dish(parameters) -> dict[str, float]:
    """Return the seconds of each part of a dish, and its spikes."""
    simulation = parameters.simulation
    try:
        from spikinggrid.simulation.dish import Dish
    except ImportError:  # commit ae8ef69
        return _one_dish_before(parameters)
    dish, growth = timed(lambda: Dish(parameters))
    simulator, engine = timed(lambda: dish.simulator)
    _, warmup = timed(lambda: simulator.run(simulation.warmup))
    spikes, run = timed(lambda: simulator.run(simulation.duration))
    recording, detection = timed(lambda: dish.hear(spikes))
    _, features = timed(recording.features)
    return _parts(growth, engine, warmup + run, detection, features, len(spikes))


def _one_dish_before(parameters) -> dict[str, float]:
    from spikinggrid.features import features as features_of
    from spikinggrid.simulator import Simulator
    from spikinggrid.stimuli import Stimulus

    from spikinggrid import experiment

    simulation, none = parameters.simulation, Stimulus.none()
    (mea, culture), growth = timed(lambda: experiment.grow(parameters))
    simulator, engine = timed(lambda: Simulator(culture, parameters))
    _, warmup = timed(lambda: simulator.run(simulation.warmup))
    spikes, run = timed(lambda: simulator.run(simulation.duration))
    recording, detection = timed(lambda: experiment.record(spikes, none, mea, culture, parameters))
    places = np.column_stack([recording.x, recording.y])
    _, features = timed(
        lambda: features_of(recording.spike_trains, recording.t_start, recording.t_stop, places)
    )
    return _parts(growth, engine, warmup + run, detection, features, len(spikes))


def _parts(growth, engine, dynamics, detection, features, n_spikes) -> dict[str, float]:
    seconds = growth, engine, dynamics, detection, features
    return dict(zip(PARTS, (*seconds, sum(seconds)), strict=False)) | {"spikes": n_spikes}


def presentations(parameter_files) -> dict[str, list[float]]:
    """Return the seconds of each training presentation, and their spikes."""
    try:
        from spikinggrid.mea.pulse_trains import Stimulus
        from spikinggrid.simulation.dish import Dish
        from spikinggrid.simulation.simulator import Simulator
    except ImportError:  # commit ae8ef69
        from spikinggrid.experiment import grow
        from spikinggrid.simulator import Simulator
        from spikinggrid.stimuli import Stimulus
    else:
        grow = None
    parameters = parameter_files.load("lagani2021/240_bio", ["culture.n_neurons=240"])
    culture = Dish(parameters).culture if grow is None else grow(parameters)[1]
    simulator, generator = Simulator(culture, parameters), np.random.default_rng(0)
    times, n_spikes = [], []
    for number in range(20 + N_PRESENTATIONS):
        n_pulses = generator.integers(220, 260)
        pulse_times = np.sort(generator.integers(0, 100, n_pulses)) * 1e-3
        electrodes = generator.integers(0, 60, n_pulses)
        stimulus = Stimulus(pulse_times, electrodes, np.ones(n_pulses))
        spikes, seconds = timed(lambda shown=stimulus: simulator.present(shown, PRESENTATION))
        if number >= 20:
            times.append(seconds)
            n_spikes.append(len(spikes))
    return {"presentation": times, "presentation spikes": n_spikes}


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns and its processor time, s."""
    begin = process_time()
    result = call()
    return result, process_time() - begin


def as_table(before: Sequence[dict], now: Sequence[dict], preset: str):
    """Return a row for each part."""
    import results

    rows = []
    for part, name in PARTS.items():
        old, new = (np.median(np.concatenate([r[part] for r in own])) for own in (before, now))
        rows.append([name, milliseconds(old), milliseconds(new), f"{old / new:.2f}"])
    speeds = [np.median(np.concatenate([r["dynamics"] for r in own])) for own in (before, now)]
    n_seconds = DURATION + _warmup(preset)
    old, new = (n_seconds / seconds for seconds in speeds)
    same = [
        "the same" if all(a[key] == b[key] for a, b in zip(before, now, strict=True)) else "others"
        for key in ("spikes", "presentation spikes")
    ]
    notes = (
        f"Biological seconds in a second of processor time: {old:.0f} before, {new:.0f} now."
        f" Numbers of spikes, before and now: {same[0]} in the dishes, {same[1]} in the"
        " presentations."
    )
    title = f'Processor time of a dish of {DURATION:g} s ("{preset}") and of a presentation'
    columns = ["", "before (ms)", "now (ms)", "times faster"]
    return results.Table(title, columns, rows, notes)


def milliseconds(seconds: float) -> str:
    """Return a time in ms with three digits at least."""
    return f"{1e3 * seconds:,.0f}" if seconds >= 0.1 else f"{1e3 * seconds:.3g}"


def _warmup(preset: str) -> float:
    from spikinggrid.parameters.files import load

    return load(preset).simulation.warmup


if __name__ == "__main__":
    main()
