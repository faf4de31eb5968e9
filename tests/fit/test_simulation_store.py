"""Simulations in a file: the same however they were made, and never half-written."""

import h5py
import numpy as np
import pytest

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fit import parameter_space as bounds
from spikinggrid.fit import simulation_store as simulations
from spikinggrid.fit.simulation_store import Plan
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import InputError

SMALL = [
    "simulation.duration=4 s",
    "simulation.warmup=1 s",
    "culture.n_neurons=150",
    "synapses.excitatory.synapses_per_neuron=10.0",
    "synapses.inhibitory.synapses_per_neuron=8.0",
]
VARIED = ("noise.drive=4 mV:9 mV", "neuron.adaptation=0.05 mV:0.4 mV:log")


def plan(*overrides: str) -> Plan:
    parameters = parameter_files.load("dissociated", [*SMALL, *overrides])
    varied = tuple(bounds.parse(*entry.split("=")) for entry in VARIED)
    return Plan(SPONTANEOUS, parameters, varied)


def assert_same(trials, others) -> None:
    """Equal to the digit; what does not exist is NaN, which is not equal to itself."""
    for one, other in zip(trials, others, strict=True):
        assert (one.failure, one.survived) == (other.failure, other.survived)
        assert one.measured == pytest.approx(other.measured, rel=0, abs=0, nan_ok=True)


def test_simulations_are_added_to_a_file_and_do_not_depend_on_how(client, tmp_path):
    done = []
    simulations.simulated(tmp_path / "parts.h5", plan(), 2, client)
    parts = simulations.simulated(tmp_path / "parts.h5", plan(), 5, client, done.append)
    assert done == [2, 3, 4, 5]
    whole = simulations.simulated(tmp_path / "whole.h5", plan(), 5, client)
    assert parts.numbers.tolist() == whole.numbers.tolist() == [0, 1, 2, 3, 4]
    assert np.array_equal(parts.points, whole.points)
    assert all(
        np.array_equal(parts.features[name], whole.features[name], equal_nan=True)
        for name in whole.features
    )
    again = simulations.load(tmp_path / "parts.h5")
    assert again.plan.identity() == plan().identity()
    assert_same(again.trials(), whole.trials())
    assert len(simulations.simulated(tmp_path / "parts.h5", plan(), 1, client)) == 5


def test_a_simulation_is_that_of_its_point_and_seed(client, tmp_path):
    made = simulations.simulated(tmp_path / "x.h5", plan(), 1, client)
    point, seed = simulations.draw(plan(), 0)
    alone = SPONTANEOUS.run(bounds.moved(plan().parameters, plan().bounds, point), seed)
    assert_same(made.trials()[:1], [alone])
    assert made.points[0].tolist() == point.tolist()


def test_points_of_ones_own_choice_have_wirings_that_no_simulation_has(client):
    points = np.array([[0.5, 0.5], [0.5, 0.5]])
    first, second = simulations.tried(plan(), points, client)
    assert first.measured != second.measured
    of_trials = {simulations.seed_of_trial(plan(), n) for n in range(200)}
    of_simulations = {simulations.draw(plan(), n)[1] for n in range(200)}
    assert len(of_trials) == len(of_simulations) == 200
    assert not of_trials & of_simulations


def test_cultures_that_cannot_be_grown_are_kept_as_failures(client, tmp_path):
    # at some points a reach is too short for so many synapses
    few = Plan(
        SPONTANEOUS,
        plan("synapses.excitatory.synapses_per_neuron=25.0").parameters,
        (*plan().bounds, bounds.parse("synapses.excitatory.reach", "40 um:1 mm:log")),
    )
    made = simulations.simulated(tmp_path / "x.h5", few, 8, client)
    failed = np.array([bool(why) for why in made.failures])
    assert 0 < failed.sum() < 8
    assert np.isnan(made.features["fir.rate"][failed]).all()
    assert np.isfinite(made.features["fir.rate"][~failed]).all()
    assert_same(simulations.load(tmp_path / "x.h5").trials(), made.trials())


def test_a_file_of_other_simulations_is_refused(client, tmp_path):
    path = tmp_path / "x.h5"
    simulations.simulated(path, plan(), 1, client)
    with pytest.raises(InputError, match=r"x\.h5: holds simulations with other parameters"):
        simulations.simulated(path, plan("neuron.tau_m=30 ms"), 1, client)
    other = Plan(SPONTANEOUS, plan().parameters, plan().bounds[::-1])
    with pytest.raises(InputError, match="other bounds"):
        simulations.simulated(path, other, 1, client)


def test_files_that_hold_no_simulations_are_refused(client, tmp_path):
    path = tmp_path / "x.h5"
    with pytest.raises(InputError, match="no such file"):
        simulations.load(path)
    path.write_bytes(b"not HDF5")
    with pytest.raises(InputError, match=r"x\.h5: is damaged or not an HDF5 file"):
        simulations.load(path)
    with h5py.File(path, "w") as file:
        file["something"] = 1
    with pytest.raises(InputError, match="does not hold simulations"):
        simulations.load(path)
    simulations.simulated(tmp_path / "whole.h5", plan(), 1, client)
    content = (tmp_path / "whole.h5").read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="is damaged"):
        simulations.load(path)


def test_an_interrupted_run_keeps_what_was_done(client, tmp_path):
    def interrupt(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    path = tmp_path / "x.h5"
    with pytest.raises(KeyboardInterrupt):
        simulations.simulated(path, plan(), 6, client, interrupt)
    assert len(simulations.load(path)) == 3
    assert [each.name for each in tmp_path.iterdir()] == ["x.h5"]
