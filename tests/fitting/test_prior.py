"""Draws of a prior: the same cultures however they are grown, and kept for later."""

import re

import numpy as np
import pytest

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting import prior as priors
from spikinggrid.fitting.parameter_space import Bound
from spikinggrid.fitting.prior import Prior, grow_at, load, simulate_prior
from spikinggrid.fitting.simulation_store import SimulationStore
from spikinggrid.parallel.client import ThisProcess
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import NO_PROGRESS, Progress

SMALL = [
    "simulation.duration=4 s",
    "simulation.warmup=1 s",
    "culture.n_neurons=150",
    "synapses.excitatory.synapses_per_neuron=10.0",
    "synapses.inhibitory.synapses_per_neuron=8.0",
]
VARIED = ("noise.drive=4 mV:9 mV", "neuron.adaptation=0.05 mV:0.4 mV:log")


def prior(*overrides: str) -> Prior:
    parameters = parameter_files.load("dissociated", [*SMALL, *overrides])
    return Prior(parameters, tuple(map(Bound.parse, VARIED)), SPONTANEOUS)


def assert_same(trials, others) -> None:
    """Equal to the digit; what does not exist is NaN, which is not equal to itself."""
    for one, other in zip(trials, others, strict=True):
        assert (one.failure, one.survived) == (other.failure, other.survived)
        assert one.measured == pytest.approx(other.measured, rel=0, abs=0, nan_ok=True)


def simulated(path, n: int, client=None, of: Prior | None = None, progress=NO_PROGRESS):
    """The first n cultures, by this process unless there is a client."""
    of = of or prior()
    with SimulationStore(path, of.identity()) as store:
        return simulate_prior(of, n, store, client or ThisProcess(), progress)


def test_cultures_are_added_to_a_file_and_do_not_depend_on_how(client, tmp_path):
    simulated(tmp_path / "parts.jsonl", 2)
    parts = simulated(tmp_path / "parts.jsonl", 5, client)
    whole = simulated(tmp_path / "whole.jsonl", 5, client)
    assert parts.numbers.tolist() == whole.numbers.tolist() == [0, 1, 2, 3, 4]
    assert np.array_equal(parts.points, whole.points)
    for name, values in whole.features.items():
        assert np.array_equal(parts.features[name], values, equal_nan=True), name
    again = load(tmp_path / "parts.jsonl")
    assert again.prior == prior()
    assert_same(again.trials(), whole.trials())
    assert len(simulated(tmp_path / "parts.jsonl", 1)) == 5


def test_a_culture_is_that_of_its_point_and_seed(tmp_path):
    simulations = simulated(tmp_path / "x.jsonl", 1)
    key = prior().draw(0)
    assert_same(simulations.trials(), [SPONTANEOUS.run(prior().at(key.point), key.seed)])
    assert simulations.points[0].tolist() == list(key.point)


def test_points_of_ones_own_choice_have_wirings_that_no_draw_has(tmp_path):
    points = np.array([[0.5, 0.5], [0.5, 0.5]])
    with SimulationStore(tmp_path / "x.jsonl", prior().identity()) as store:
        first, second = grow_at(points, prior(), store, ThisProcess())
        assert first.measured != second.measured
        again = grow_at(points, prior(), store, ThisProcess())
        assert_same(again, [first, second])
        assert len(store) == 2
        assert len(simulate_prior(prior(), 1, store, ThisProcess())) == 1  # they are no draws
    unused = {prior().unused_seed(n) for n in range(200)}
    drawn = {prior().draw(n).seed for n in range(200)}
    assert len(unused) == len(drawn) == 200
    assert not unused & drawn


def test_cultures_that_cannot_be_grown_are_kept_as_failures(client, tmp_path):
    # at some points a reach is too short for so many synapses
    sparse = prior("synapses.excitatory.synapses_per_neuron=25.0")
    reach = Bound.parse("synapses.excitatory.reach=40 um:1 mm:log")
    wide = Prior(sparse.parameters, (*sparse.bounds, reach), SPONTANEOUS)
    simulations = simulated(tmp_path / "x.jsonl", 8, client, wide)
    failed = np.array([bool(why) for why in simulations.failures])
    assert 0 < failed.sum() < 8
    assert np.isnan(simulations.features["fir.rate"][failed]).all()
    assert np.isfinite(simulations.features["fir.rate"][~failed]).all()
    assert_same(load(tmp_path / "x.jsonl").trials(), simulations.trials())


def test_bounds_within_which_nothing_lives_are_given_up_early(tmp_path, monkeypatch):
    monkeypatch.setattr(priors, "N_TO_JUDGE", 3)
    silent = prior("noise.membrane_sd=0 mV")
    silent = Prior(silent.parameters, (Bound.parse("noise.drive=-9 mV:-1 mV"),) * 2, SPONTANEOUS)
    said = "all 3 simulated cultures failed, the first one being silent for 4 s; take other bounds"
    with pytest.raises(InputError, match=said):
        simulated(tmp_path / "x.jsonl", 100, of=silent)


def test_how_long_all_will_take_is_said_after_the_first(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("spikinggrid.fitting.simulation_store.LONG", 0.0)
    with Progress(4, "simulation") as progress:
        simulated(tmp_path / "x.jsonl", 4, progress=progress)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("3 cultures, about ")
    assert re.search(r"on 1 processor, if each takes .* s as the first did$", line)


def test_an_interrupted_run_keeps_what_was_done(tmp_path):
    class Interrupting(Progress):
        def advance(self, n: float = 1) -> None:
            super().advance(n)
            if self._display.done == 3:
                raise KeyboardInterrupt

    path = tmp_path / "x.jsonl"
    with Interrupting(6, "simulation") as progress, pytest.raises(KeyboardInterrupt):
        simulated(path, 6, progress=progress)
    assert len(load(path)) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["x.jsonl"]


def test_a_file_of_other_cultures_is_refused(tmp_path):
    path = tmp_path / "x.jsonl"
    simulated(path, 1)
    said = (
        r"x\.jsonl: holds simulations with other parameters: neuron.tau_m is 20 ms there, and here"
    )
    with pytest.raises(InputError, match=said):
        simulated(path, 1, of=prior("neuron.tau_m=30 ms"))
    other = Prior(prior().parameters, prior().bounds[::-1], SPONTANEOUS)
    with pytest.raises(InputError, match=r"other bounds: noise\.drive=4 mV:9 mV"):
        simulated(path, 1, of=other)


def test_files_without_draws_are_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load(tmp_path / "x.jsonl")
    SimulationStore(tmp_path / "y.jsonl", {"values": {}})
    with pytest.raises(InputError, match="holds no simulations between bounds"):
        load(tmp_path / "y.jsonl")
