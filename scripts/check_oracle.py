#!/usr/bin/env python3
"""Replay a run of an independent simulator and compare spike for spike.

The file (NumPy .npz) holds the wiring, the input spikes and the outcome of plastic
presentations and of frozen ones after them, of the network of Lagani et al. (2021) with
dimensionless voltages: 0 is -90 mV and 1 is -50 mV. Prints one JSON object for each engine; exits
with 1 if any spike differs or a weight is off by more than 1e-9 of the largest in its projection.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import results

from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.network.connectivity import Projection
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.simulator import Simulator
from spikinggrid.utils.errors import InputError, exit_code

VOLTS = 0.04  # one dimensionless unit of voltage
METRES = 3e-3  # one dimensionless unit of length


def main() -> int:
    """Run the comparison; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="oracle run (.npz)")
    parser.add_argument(
        "--parameters", default="lagani2021/240_bio", help="preset of the same network"
    )
    parser.add_argument(
        "--engine", nargs="+", default=["native"], help="native, brian2 or both (default native)"
    )
    results.add_argument(parser)
    arguments = parser.parse_args()
    oracle = _read(arguments.file)
    outcomes = {}
    for engine in arguments.engine:
        overrides = [f"simulation.engine={engine}", "simulation.precision=float64"]
        parameters = parameter_files.load(arguments.parameters, overrides)
        outcomes[engine] = compare(oracle, parameters)
        print(json.dumps(outcomes[engine]))
    if arguments.json:
        results.write(as_table(outcomes), arguments.json)
    return 0 if all(map(equal, outcomes.values())) else 1


def equal(outcome: dict) -> bool:
    """Return whether no spike differs and weights are equal but for rounding."""
    mismatches = outcome["spike_mismatches"] + outcome["frozen_spike_mismatches"]
    return not any(mismatches) and outcome["max_weight_error"] <= 1e-9


def as_table(outcomes: dict[str, dict]) -> results.Table:
    """Return the comparison of each engine as a row."""
    rows = [
        [
            engine,
            len(outcome["spike_mismatches"]),
            sum(outcome["spike_mismatches"]),
            len(outcome["frozen_spike_mismatches"]),
            sum(outcome["frozen_spike_mismatches"]),
            f"{outcome['max_weight_error']:.1g}",
        ]
        for engine, outcome in outcomes.items()
    ]
    columns = [
        "engine",
        "presentations with learning",
        "spikes that differ",
        "presentations without",
        "spikes that differ",
        "largest weight error, of the largest weight",
    ]
    return results.Table("Runs of an independent simulator, replayed", columns, rows)


def compare(oracle: dict[str, np.ndarray], parameters: Parameters) -> dict:
    """Replay all presentations; mismatching spikes of each, and the largest weight error."""
    simulator = Simulator(oracle_culture(oracle, parameters), parameters)
    weight_errors = []
    mismatches = []
    for number, (given, expected) in enumerate(
        zip(oracle["input_spikes"], oracle["spikes"], strict=True), start=1
    ):
        mismatches.append(_mismatches(simulator, given, expected, plastic=True))
        for name in PROJECTIONS:
            if f"w_{name}_after{number}" in oracle:
                weight_errors.append(
                    _weight_error(simulator.culture, name, oracle[f"w_{name}_after{number}"])
                )
    labels = np.arange(10) == 9  # the last column of the 6 x 10 electrodes taught the class
    images = np.where(np.tile(labels, 6), 0, oracle["input_spikes"])
    frozen = [
        _mismatches(simulator, given, expected, plastic=False)
        for given, expected in zip(images, oracle["frozen_spikes"], strict=False)
    ]
    return {
        "spike_mismatches": mismatches,
        "frozen_spike_mismatches": frozen,
        "max_weight_error": max(weight_errors, default=0.0),
    }


def oracle_culture(oracle: dict[str, np.ndarray], parameters: Parameters) -> Culture:
    """The preset's culture with the placement and wiring of the file."""
    n_neurons = len(oracle["x"])
    if parameters.culture.n_neurons != n_neurons:
        raise InputError(
            f"--parameters: the preset has {parameters.culture.n_neurons} neurons, the file"
            f" {n_neurons}; give the preset of the same network"
        )
    grown = Culture.grow(parameters, Mea.place(parameters))
    return Culture(
        **{
            **vars(grown),
            "x": oracle["x"] * METRES,
            "y": oracle["y"] * METRES,
            **{
                name: Projection.from_matrix(np.abs(oracle[f"w_{name}_start"]) * VOLTS)
                for name in PROJECTIONS
            },
        }
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            oracle = dict(file)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as an oracle run (.npz): {error}") from error
    needed = ["input_spikes", "spikes", "frozen_spikes", "x", "y"]
    needed += [f"w_{name}_start" for name in PROJECTIONS]
    missing = [name for name in needed if name not in oracle]
    if missing:
        raise InputError(f"{path}: is not an oracle run: {', '.join(missing)} missing")
    return oracle


def _mismatches(
    simulator: Simulator, given: np.ndarray, expected: np.ndarray, plastic: bool
) -> int:
    """Present input spikes, shape (n_steps, n_electrodes); entries that differ in the output."""
    n_steps, dt = len(given), simulator.dt
    step, electrode = np.nonzero(given)
    spikes = simulator.present(Stimulus.of(step * dt, electrode), n_steps * dt, plastic)
    counts = spikes.counts(expected.shape[1], dt)
    return int(np.count_nonzero(counts != expected))


def _weight_error(culture: Culture, name: str, stored: np.ndarray) -> float:
    expected = np.abs(stored) * VOLTS
    got = getattr(culture, name).matrix()
    return float(np.max(np.abs(got - expected)) / np.max(expected))


if __name__ == "__main__":
    sys.exit(exit_code(main))
