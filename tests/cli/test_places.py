"""What is computed hangs neither on the folder, nor on the shell, nor on the machine's load."""

import json
import os
import subprocess
import sys

import pytest

from tests.cli.test_main import SMALL

ENVIRONMENTS = {
    "one thread": {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "1"},
    "many threads": {"OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "7", "PYTHONHASHSEED": "2"},
    "another language": {"LC_ALL": "C", "LANG": "de_DE.UTF-8", "TZ": "Asia/Kolkata"},
}


def spikinggrid(folder, *arguments, **environment):
    """Run the command line as a program in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "spikinggrid", *map(str, arguments)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_results_are_the_same_everywhere(tmp_path):
    (tmp_path / "small.toml").write_text(SMALL)
    quick = ["culture.n_neurons=60", "digits.presentation=50 ms", "digits.n_presentations=20"]
    quick += ["digits.evaluation_interval=10", "digits.n_images=60"]
    overrides = [word for line in quick for word in ("--set", line)]
    outcomes = []
    for name, environment in ({"as it is": {}} | ENVIRONMENTS).items():
        folder = tmp_path / name
        folder.mkdir()
        recorded = spikinggrid(folder, "simulate", "../small.toml", "--json", **environment)
        learned = spikinggrid(
            folder, "benchmark", *overrides, "--output", "b", "--json", **environment
        )
        assert (recorded.returncode, learned.returncode) == (0, 0), recorded.stderr + learned.stderr
        outcome = json.loads(learned.stdout)
        outcome.pop("seconds")
        outcome["energy"] = {  # that of this computer hangs on its load
            what: [row for row in rows if not row["name"].startswith("this computer")]
            for what, rows in outcome["energy"].items()
        }
        assert outcome["energy"]["decision"]
        outcomes.append((json.loads(recorded.stdout)[0]["features"], outcome))
    assert all(outcome == outcomes[0] for outcome in outcomes)


@pytest.mark.parametrize(
    "backend", ["module://matplotlib_inline.backend_inline", "TkAgg", "notebook", "no such thing"]
)
def test_figures_are_drawn_whatever_a_notebook_asks_for(backend, tmp_path):
    (tmp_path / "small.toml").write_text(SMALL)
    drawn = spikinggrid(tmp_path, "plot", "small.toml", "wiring", MPLBACKEND=backend)
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "small-wiring.png").stat().st_size > 10_000
