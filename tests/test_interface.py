"""The Python interface: every public name exists, is documented, and its examples run."""

import ast
import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import spikinggrid as sg

DOCUMENTED = [name for name in sg.__all__ if name not in ("__version__", "plot")]


def test_importing_takes_no_time_and_loads_nothing_heavy():
    program = (
        "import sys, time; begin = time.perf_counter(); import spikinggrid;"
        "print(time.perf_counter() - begin, *sorted(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    seconds, *modules = answer.stdout.split()
    assert float(seconds) < 0.3
    assert not {"numpy", "scipy", "brian2", "numba", "matplotlib", "pydantic"} & set(modules)


def test_type_checkers_see_the_names_that_are_imported_lazily():
    tree = ast.parse(Path(sg.__file__).read_text())
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.asname or alias.name
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == set(sg.__all__) - {"__version__"}
    assert set(sg.__all__) <= set(dir(sg))


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'simulate_brain'"):
        sg.simulate_brain  # noqa: B018


def test_a_table_takes_one_recording_alone(tmp_path):
    mine = sg.Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0, source="mine")
    mine.save(tmp_path / "mine.h5")
    expected = sg.table([mine])
    for one in (mine, tmp_path / "mine.h5", str(tmp_path / "mine.h5")):
        assert sg.table(one).equals(expected)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_run(name, tmp_path, monkeypatch):
    thing = getattr(sg, name)
    assert inspect.getdoc(thing)
    monkeypatch.chdir(tmp_path)
    finder = doctest.DocTestFinder(recurse=True)
    module = sys.modules[thing.__module__]
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in finder.find(thing, name, module=module):
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


@pytest.fixture(scope="module")
def small():
    """Parameters of a small culture that bursts."""
    changes = {
        "culture.n_neurons": 200,
        "synapses.excitatory.synapses_per_neuron": 40.0,
        "synapses.inhibitory.synapses_per_neuron": 30.0,
        "simulation.duration": "4 s",
        "simulation.warmup": "1 s",
    }
    return sg.load("dissociated").replace(changes)


def test_a_fit_to_a_recording_can_be_run_looked_at_and_saved(small, tmp_path):
    recording = sg.Dish(small, seed=5).record()
    recording.save(tmp_path / "my_dish.h5")
    fit = sg.fit(
        tmp_path / "my_dish.h5",
        start=small,
        vary={"noise.drive": "4 mV : 6 mV", "noise.membrane_sd": "2 mV : 3 mV"},
        generations=1,
        population=4,
        n_cultures=1,
        n_checks=1,
        jobs=1,
    )
    assert 4e-3 <= fit.parameters.noise.drive <= 6e-3
    assert fit.table.loc["fir.rate", "target"] == pytest.approx(recording.features()["fir.rate"])
    assert fit.parameters.simulation.duration == pytest.approx(recording.duration)
    assert "features within the band" in repr(fit) and "<table" in fit._repr_html_()
    assert fit.plot().axes
    again = sg.fit(
        recording,
        start=small,
        vary={"noise.drive": "4 mV : 6 mV", "noise.membrane_sd": "2 mV : 3 mV"},
        generations=1,
        population=4,
        n_cultures=1,
        n_checks=1,
        jobs=1,
    )
    assert again.fitted == fit.fitted
    fit.save(tmp_path / "mine.toml")
    assert sg.load(tmp_path / "mine.toml") == fit.parameters


def test_a_recording_that_is_too_short_is_refused_before_anything_is_simulated(small):
    recording = sg.Dish(small).record()
    with pytest.raises(sg.InputError, match="lasts 4 s; a twin needs 60 s or more"):
        sg.infer(recording, jobs=1)
    pytest.importorskip("sbi", reason="the extra spikinggrid[inference] is not installed")
    with pytest.raises(sg.InputError, match="lasts 4 s, the simulations 300 s"):
        sg.infer(recording, "posterior", jobs=1)


def test_options_of_an_inference_of_the_other_kind_are_refused(small):
    recording = sg.Dish(small).record()
    with pytest.raises(sg.InputError, match="vary: goes with a prior"):
        sg.infer(recording, vary={"noise.drive": "4 mV : 6 mV"})
    with pytest.raises(sg.InputError, match="pool: goes with a recording alone"):
        sg.infer(recording, small, pool="pool.h5")


def test_a_benchmark_tells_its_accuracy_and_draws_itself():
    changes = {
        "culture.n_neurons": 60,
        "digits.presentation": "50 ms",
        "digits.n_presentations": 30,
        "digits.evaluation_interval": 10,
        "digits.evaluation_images": 10,
        "digits.n_images": 100,
    }
    result = sg.benchmark(sg.load("digits/bundled").replace(changes), seeds=[4], jobs=1)
    assert result.table.loc["label", "final"] == result.accuracy
    assert repr(result) == f"<Benchmark: digits 0, 1, 1 cultures, accuracy {result.accuracy:.3f}>"
    assert "<table" in result._repr_html_()
    assert result.plot("learning-curve").axes
    with pytest.raises(sg.InputError, match="kind: found 'curve'; right would be one of"):
        result.plot("curve")
