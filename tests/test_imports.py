"""The house: packages by job, imports downwards only, nothing heavy at the door."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "spikinggrid"

#: Sub-packages from the lowest floor to the highest; each may import those before it. Modules that
#: lie directly in `spikinggrid`, such as `__init__`, stand above all.
ORDER = (
    "utils", "parameters", "parallel", "statistics", "mea", "network", "light", "recordings",
    "simulation", "cl1", "assays", "digits", "fitting", "prediction", "plotting", "reporting",
    "interface", "cli",
)  # fmt: skip

#: Sub-packages that may import less than all below them.
RESTRICTED = {"parallel": {"utils", "parameters"}}  # the tables of files, no parameters


def _import_graph():
    spec = importlib.util.spec_from_file_location(
        "import_graph", ROOT / "scripts" / "import_graph.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


import_graph = _import_graph()
MODULES = import_graph.module_graph(PACKAGE)


def test_no_modules_import_one_another_in_a_circle():
    assert import_graph.circles(MODULES) == []


def test_every_sub_package_has_its_place_in_the_order():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages - set(ORDER) == set()


def test_no_package_imports_one_above_it():
    upwards = [
        f"{importer} > {imported}"
        for importer, others in MODULES.items()
        for imported in others
        if not _may_import(_room(importer), _room(imported))
    ]
    assert upwards == []


def test_no_script_imports_a_command():
    importing = {
        path.name
        for path in (ROOT / "scripts").glob("*.py")
        if any(_is_command(name) for name in import_graph.imported_names(path))
    }
    assert not importing


def test_engines_do_not_know_digits():
    engines = list((PACKAGE / "simulation" / "engines").glob("*.py"))
    assert engines
    for path in engines:
        module = f"spikinggrid.simulation.engines.{path.stem}"
        names = import_graph.imported_names(path, module)
        assert not any(_lies_in(name, "spikinggrid.digits") for name in names), path
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert "digits" not in attributes, path


def test_importing_the_package_is_quick_and_loads_nothing_heavy():
    code = (
        "import json, sys, time; begin = time.perf_counter(); import spikinggrid;"
        " print(json.dumps([time.perf_counter() - begin, list(sys.modules)]))"
    )
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True, check=True,
            ).stdout
        )
        for _ in range(2)
    ]  # fmt: skip
    assert min(seconds for seconds, _ in runs) < 1  # the first may find the disk cold
    assert {"brian2", "numba", "matplotlib", "scipy"}.isdisjoint(runs[0][1])


def _room(module: str) -> str:
    """Return the sub-package of a module, `spikinggrid` for a module that lies directly in it."""
    name = import_graph.package_of(module).rpartition(".")[2]
    return name if (PACKAGE / name).is_dir() else "spikinggrid"


def _may_import(importer: str, imported: str) -> bool:
    if importer in ("spikinggrid", imported):
        return True
    return imported in RESTRICTED.get(importer, ORDER[: ORDER.index(importer)])


def _is_command(name: str) -> bool:
    """Say whether a module is one of the command line, but for the options that scripts share."""
    return _lies_in(name, "spikinggrid.cli") and not _lies_in(name, "spikinggrid.cli.options")


def _lies_in(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")
