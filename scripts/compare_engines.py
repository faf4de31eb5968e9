#!/usr/bin/env python3
"""Do both engines give the same spikes, whatever a parameter file asks for?

Draws random parameter files over all options, runs each in double precision on both engines, with
random pulses, learning, frozen and learning again, and compares spike for spike and strength for
strength. Prints one row for each kind of plasticity; exits with 1 if anything differs, and then
names the files, which can be run again by their number.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator

import numpy as np
import results

from spikinggrid.network.culture import PROJECTIONS
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.engines.brian import BrianEngine
from spikinggrid.simulation.engines.native import NativeEngine
from spikinggrid.utils.errors import InputError, exit_code
from spikinggrid.utils.progress import Progress

#: Largest difference of strengths, as a share of the largest strength.
TOLERANCE = 1e-9

#: Steps of the three runs of a comparison: learning, frozen, learning.
RUNS = ((300, True), (60, False), (140, True))

OFF = "none"

#: One electrode shows an image, the others carry labels.
DIGITS = (
    '{dataset = "bundled", classes = [0, 1], image_rows = 1, image_columns = 1,'
    ' encoding = "poisson", image_rate = "9 Hz", labels = "beside-image", label_rate = "9 Hz",'
    ' presentation = "100 ms", teaching = "taught", evaluation_interval = 1}'
)

#: What all files have in common: neurons that fire often, so that there is something to compare.
COMMON = {
    "culture.width": "1 mm",
    "culture.height": "0.8 mm",
    "mea.layout": "grid",
    "mea.pitch": "250 um",
    "simulation.engine": "native",
    "simulation.precision": "float64",
}


def main() -> int:
    """Compare the engines, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=120, help="parameter files (default 120)")
    parser.add_argument("--first", type=int, default=0, help="number of the first (default 0)")
    parser.add_argument(
        "--target", default="numpy", help='code of Brian2, numpy or cython (default "numpy")'
    )
    results.add_argument(parser)
    arguments = parser.parse_args()
    import brian2

    brian2.prefs.codegen.target = arguments.target
    outcomes = []
    with Progress(arguments.files, "file", "comparing") as progress:
        for number in range(arguments.first, arguments.first + arguments.files):
            outcomes.append(compare(number))
            progress.advance()
            if not outcomes[-1].is_equal:
                print(f"file {number}: {outcomes[-1]}", file=sys.stderr)
    results.show(as_table(outcomes), arguments.json)
    return 0 if all(outcome.is_equal for outcome in outcomes) else 1


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one comparison."""

    rule: str
    n_spikes: int
    n_mismatches: int
    strength_error: float
    seconds: float

    @property
    def is_equal(self) -> bool:
        """Whether both engines did the same."""
        return self.n_mismatches == 0 and self.strength_error <= TOLERANCE


def compare(number: int) -> Outcome:
    """Draw the parameter file of a number and run it on both engines."""
    begin = time.perf_counter()
    parameters = drawn(number)
    dish = Dish(parameters)
    engines = NativeEngine(dish.culture, parameters), BrianEngine(dish.culture, parameters)
    generator = np.random.default_rng([number, 1])
    n_spikes = n_mismatches = 0
    error = 0.0
    for n_steps, plastic in RUNS:
        pulses = random_pulses(n_steps, dish.array.n_electrodes, generator)
        native, brian = (set(zip(*e.run(n_steps, pulses, plastic), strict=True)) for e in engines)
        n_spikes += len(brian)
        n_mismatches += len(native ^ brian)
        if parameters.plasticity.rule == "modulated":
            for engine in engines:
                engine.modulate(-0.5)
        elif parameters.plasticity.normalise:
            for engine in engines:
                engine.normalise()
        error = max(error, strength_error(*engines))
    seconds = time.perf_counter() - begin
    return Outcome(parameters.plasticity.rule, n_spikes, n_mismatches, error, seconds)


def strength_error(one, other) -> float:
    """Return the largest difference of strengths, as a share of the largest in a projection."""
    errors = [0.0]
    for name in PROJECTIONS:
        strengths, expected = one.strengths(name), other.strengths(name)
        if len(expected) and expected.max() > 0:
            errors.append(np.abs(strengths - expected).max() / expected.max())
    return float(max(errors))


def random_pulses(n_steps: int, n_electrodes: int, generator: np.random.Generator):
    """Return steps, electrodes and amplitudes: some at once, some negative."""
    n = n_steps // 3
    steps = np.sort(generator.integers(0, n_steps, n))
    return steps, generator.integers(0, n_electrodes, n), generator.uniform(-0.2, 1, n)


def as_table(outcomes: list[Outcome]) -> results.Table:
    """Return a row for each kind of plasticity."""
    rows = []
    for rule in ("static", "online", "modulated"):
        of_rule = [outcome for outcome in outcomes if outcome.rule == rule]
        if of_rule:
            rows.append(
                [
                    rule,
                    f"{len(of_rule)}",
                    f"{sum(outcome.n_spikes for outcome in of_rule):,}",
                    f"{sum(outcome.n_mismatches for outcome in of_rule)}",
                    f"{max(outcome.strength_error for outcome in of_rule):.1e}",
                ]
            )
    columns = ["plasticity", "files", "spikes", "mismatching spikes", "largest error of strengths"]
    notes = "Error: of all strengths, as a share of the largest in their projection."
    return results.Table("Native engine against Brian2, float64", columns, rows, notes)


# --- random parameter files ------------------------------------------------------------


def drawn(number: int) -> Parameters:
    """Return the parameter file of a number; one that contradicts itself is drawn anew."""
    generator = np.random.default_rng([number, 0])
    while True:
        overrides = [f"{key}={value}" for key, value in random_keys(Draw(generator))]
        try:
            parameters = parameter_files.load("culture", [*overrides, f"simulation.seed={number}"])
            Dish(parameters)
        except InputError:
            continue
        return parameters


class Draw:
    """Random choices as parameter files write them."""

    def __init__(self, generator: np.random.Generator):
        self._generator = generator

    def one(self, *values):
        """Return one of some values."""
        return values[self._generator.integers(len(values))]

    def among(self, low: float, high: float, unit: str = "") -> str:
        """Return a number of three digits between two bounds, all orders of magnitude alike."""
        value = np.exp(self._generator.uniform(np.log(low), np.log(high)))
        return f"{value:.3g} {unit}".strip()

    def chance(self, share: float) -> bool:
        """Return whether something with this chance happens."""
        return bool(self._generator.random() < share)


def random_keys(draw: Draw) -> Iterator[tuple[str, object]]:
    """Yield the keys of one file with their values."""
    yield from COMMON.items()
    yield "simulation.dt", draw.one("0.1 ms", "0.2 ms", "0.3 ms", "0.5 ms", "0.7 ms", "1 ms")
    n_rows, n_columns = draw.one(1, 2, 3), draw.one(1, 3)
    yield from {"mea.rows": n_rows, "mea.columns": n_columns}.items()
    n_neurons = draw.one(1, 2, 20, 20, 47, 47, 90, 90)
    yield "culture.n_neurons", n_neurons
    relay = draw.chance(0.3)
    yield "culture.inhibition", "relay" if relay else "dale"
    share = draw.one(0, 0.2, 0.3, 0.5, 1) if n_neurons > 2 else draw.one(0, 1)
    yield "culture.inhibitory_fraction", OFF if relay else share
    yield from _neuron_keys(draw, relay)
    for name in ("excitatory", "inhibitory"):
        yield from _synapse_keys(draw, name, n_neurons, relay)
    yield from _input_keys(draw)
    yield from _plasticity_keys(draw, n_electrodes=n_rows * n_columns)
    shared = draw.chance(0.4)
    yield "noise.common_sd", draw.among(0.1, 3, "mV") if shared else OFF
    yield "noise.tau_common", draw.among(2, 500, "ms") if shared else OFF


def _neuron_keys(draw: Draw, relay: bool) -> Iterator[tuple[str, object]]:
    yield "neuron.tau_m", draw.among(5, 60, "ms")
    yield "neuron.t_refractory", draw.one("0 ms", "2 ms", "3.3 ms")
    apart = draw.chance(0.5) and not relay
    yield "neuron.t_refractory_inhibitory", "1.2 ms" if apart else OFF
    yield "neuron.v_lower_bound", draw.one(OFF, "-71 mV")
    adapts = draw.chance(0.5)
    yield "neuron.adaptation", draw.among(0.1, 2, "mV") if adapts else OFF
    yield "neuron.tau_adaptation", draw.one("20 ms", "200 ms") if adapts else OFF
    yield "noise.drive", draw.among(9, 18, "mV")
    yield "noise.drive_spread", draw.one("0 mV", "3 mV")
    yield "noise.membrane_sd", draw.one("0 mV", "2 mV")
    kicks = draw.chance(0.5)
    yield "noise.kick_rate", draw.among(1, 40, "Hz") if kicks else "0 Hz"
    yield "noise.kick_amplitude", draw.among(1, 10, "mV") if kicks else "0 mV"


def _synapse_keys(
    draw: Draw, name: str, n_neurons: int, relay: bool
) -> Iterator[tuple[str, object]]:
    table, by_strength = f"synapses.{name}", draw.chance(0.5) or n_neurons == 1
    yield f"{table}.rule", "strength" if by_strength else "probability"
    yield f"{table}.reach", draw.among(0.15, 2, "mm")
    apart = draw.chance(0.4) and not relay
    yield f"{table}.reach_onto_inhibitory", draw.among(0.15, 2, "mm") if apart else OFF
    yield f"{table}.cutoff", draw.among(1e-4, 0.5) if by_strength else OFF
    yield f"{table}.incoming", draw.among(10, 80, "mV") if by_strength else OFF
    n_synapses = draw.among(0.5, max(0.6, 0.4 * (n_neurons - 1)))
    yield f"{table}.synapses_per_neuron", OFF if by_strength else n_synapses
    strength = draw.one("0 mV", draw.among(1, 12, "mV"), draw.among(1, 12, "mV"))
    yield f"{table}.strength", OFF if by_strength else strength
    yield f"{table}.strength_cv", OFF if by_strength else draw.one(0, 0.5, 1.2)
    apart = draw.chance(0.4) and not (relay or by_strength)
    yield f"{table}.strength_onto_inhibitory", draw.among(1, 9, "mV") if apart else OFF
    current = draw.chance(0.6)
    yield f"{table}.kinetics", "exponential" if current else "instantaneous"
    yield f"{table}.tau", draw.one("20 ms", draw.among(1, 30, "ms")) if current else OFF
    yield f"{table}.delay", draw.one("1 ms", draw.among(0.4, 6, "ms"))
    yield f"{table}.conduction_velocity", draw.one(OFF, draw.among(0.05, 0.5, "m/s"))
    if name == "excitatory":
        slow = current and draw.chance(0.5)
        yield f"{table}.slow_share", draw.among(0.02, 0.3) if slow else OFF
        yield f"{table}.tau_slow", draw.among(40, 150, "ms") if slow else OFF
        depresses = draw.chance(0.5)
        yield f"{table}.depression", draw.among(0.1, 1) if depresses else OFF
        yield f"{table}.tau_depression", draw.among(20, 500, "ms") if depresses else OFF


def _input_keys(draw: Draw) -> Iterator[tuple[str, object]]:
    by_strength = draw.chance(0.5)
    yield "synapses.input.rule", "strength" if by_strength else "field"
    yield "synapses.input.reach", draw.among(0.1, 0.5, "mm")
    yield "synapses.input.cutoff", draw.among(1e-4, 0.1)
    yield "synapses.input.incoming", draw.among(10, 60, "mV") if by_strength else OFF
    yield "synapses.input.strength", OFF if by_strength else draw.among(5, 40, "mV")


def _plasticity_keys(draw: Draw, n_electrodes: int) -> Iterator[tuple[str, object]]:
    rule = draw.one("static", "online", "online", "modulated")
    if rule == "static":
        return
    online = rule == "online"
    yield "plasticity.rule", rule
    yield "plasticity.tau_pre", draw.among(3, 60, "ms")
    yield "plasticity.tau_post", draw.among(3, 60, "ms") if online else OFF
    yield "plasticity.trace", draw.one("set", "add") if online else OFF
    yield "plasticity.normalise", draw.one("true", "false") if online else OFF
    regions = ["all", "onto-excitatory"]
    if not online and n_electrodes > 2:
        regions.append("image-to-labels")
        yield "digits", DIGITS
    for name in ("input", "excitatory", "inhibitory"):
        if name != "excitatory" and draw.chance(0.4):
            continue
        table = f"plasticity.{name}"
        yield f"{table}.nu_pre", draw.among(0.01, 0.5, "mV") if online else OFF
        yield f"{table}.nu_post", draw.among(0.01, 1, "mV")
        yield f"{table}.upper_bound", draw.one(OFF, draw.among(3, 20, "mV"))
        yield f"{table}.plastic", draw.one(*regions)


if __name__ == "__main__":
    sys.exit(exit_code(main))
