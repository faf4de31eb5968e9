"""Small jobs of every command that keeps or writes something, for scripts that disturb them.

write_inputs(folder)            the parameter files that the jobs read
JOBS["fit"].words               the command, to be run in that folder
spikinggrid(words, folder)      start a command as a user does
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results import ROOT

from spikinggrid.parameters import files as parameter_files

#: A culture that bursts, and is simulated in a fraction of a second.
SMALL = [
    *("culture.n_neurons=150", "simulation.duration=15 s", "simulation.warmup=1 s"),
    "synapses.excitatory.synapses_per_neuron=30.0",
    "synapses.inhibitory.synapses_per_neuron=8.0",
    *("mea.radius=100 um", "noise.drive=6 mV", "calibration.bounds={}"),
]

#: A culture that hardly learns, but quickly.
TAUGHT = [
    *("culture.n_neurons=60", "digits.presentation=50 ms", "digits.n_presentations=30"),
    *("digits.evaluation_interval=3", "digits.evaluation_images=10", "digits.n_images=100"),
]

VARY = ["--vary", "noise.drive=5.5 mV:7 mV", "--vary", "neuron.adaptation=0.1 mV:0.3 mV:log"]


@dataclass(frozen=True)
class Job:
    """A command with its results.

    Attributes
    ----------
    words : tuple of str
        The command line, without the name of the program.
    outputs : tuple of str
        What it writes; a name ending in "/" is a folder.
    keeps : tuple of str
        Where it keeps what is done, as patterns of file names.
    """

    words: tuple[str, ...]
    outputs: tuple[str, ...]
    keeps: tuple[str, ...] = ()


def _job(line: str, *words: str, outputs: str, keeps: str = "") -> Job:
    return Job((*line.split(), *words), tuple(outputs.split()), tuple(keeps.split()))


STORE = "x.simulations.jsonl"

JOBS = {
    "simulate": _job("simulate small.toml --output x.h5 --csv x.csv --json", outputs="x.h5 x.csv"),
    "sweep": _job(
        "sweep small.toml --seeds 3 --output x.png --json --vary",
        "noise.drive=5 mV,7 mV",
        outputs="x.png",
        keeps=STORE,
    ),
    "fit": _job(
        "fit small.toml cortex_div21 --generations 2 --population 4 --cultures 1 --checks 1"
        " --output x.toml --json --duration",
        *("15 s", *VARY),
        outputs="x.toml x.png",
        keeps=STORE,
    ),
    "infer": _job(
        f"infer small.toml --check --simulations 260 --store {STORE} --output x.toml --json",
        *VARY,
        outputs="x-check.png",
        keeps=STORE,
    ),
    "advise": _job(
        "advise small.toml --like cortex_div21 --simulations 20 --checks 2 --output x.md --json",
        *VARY,
        outputs="x.md x.png x.toml",
        keeps=STORE,
    ),
    "benchmark": _job(
        "benchmark taught.toml --seeds 2 --output b --json",
        outputs="b/result.h5",
        keeps="b/seed-*.h5",
    ),
}


def write_inputs(folder: Path) -> None:
    """Write the parameter files that the jobs read."""
    for name, preset, overrides in (
        ("small.toml", "dissociated", SMALL),
        ("taught.toml", "digits/bundled", TAUGHT),
    ):
        text = parameter_files.dumps(parameter_files.load(preset, overrides))
        (folder / name).write_text(text, encoding="utf-8")


def spikinggrid(words: tuple[str, ...], folder: Path, **more: Any) -> subprocess.Popen:
    """Start a command in a folder, as a user does, with all that it says in pipes.

    `more` goes to `Popen`.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "spikinggrid", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )
