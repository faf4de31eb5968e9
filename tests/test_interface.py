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
