#!/usr/bin/env python3
"""Run the same programs on `spikinggrid.cl1` and on Cortical Labs' own simulator.

The programs are those of tests/cl1/programs.py. The simulator, cl-sdk, is not part of SpikingGrid:
its licence is CC BY-NC 4.0. Where it is installed, in an environment of its own (Python 3.12 or
later), name that environment's Python:

    python scripts/compare_cl_sdk.py --python PATH/TO/bin/python

Each program has to return the same on both. Then each reads the other's recording.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import results

from spikinggrid.utils.errors import exit_code

ROOT = Path(__file__).resolve().parents[1]

#: Runs one program on a module and prints what it returns.
RUN = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
import programs
program = next(own for own in programs.PROGRAMS if own.__name__ == sys.argv[3])
answer = program(importlib.import_module(sys.argv[2]), sys.argv[4])
print("ANSWER", json.dumps(answer), flush=True)
"""

#: Reads a recording with the simulator's own view.
READ = """
import glob, json, sys
from cl import RecordingView
view = RecordingView(glob.glob(sys.argv[1] + "/*.h5")[0])
shape, said = list(view.samples.shape), view.attributes["application"]
answer = [len(view.spikes), len(view.stims), shape, said]
print("ANSWER", json.dumps(answer))
"""

TIMEOUT = 120  # s


def main() -> None:
    """Compare them, program by program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", required=True, help="Python that has cl-sdk installed")
    results.add_argument(parser)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "cl1"))
    import programs

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for program in programs.PROGRAMS:
            answers = []
            for python, module in ((sys.executable, "spikinggrid.cl1"), (arguments.python, "cl")):
                place = Path(folder, module, program.__name__)
                place.mkdir(parents=True)
                words = (str(ROOT / "tests" / "cl1"), module, program.__name__, str(place))
                answers.append(answer_of(python, RUN, *words))
            same = "same" if answers[0] == answers[1] else "differs"
            rows.append([program.__name__, same, *(answers if same == "differs" else ("", ""))])
        ours = Path(folder, "spikinggrid.cl1", "recorded")
        rows.append(
            ["our recording in their view", answer_of(arguments.python, READ, str(ours)), "", ""]
        )
        rows.append(
            ["their recording in `sg.read`", ours_reads(Path(folder, "cl", "recorded")), "", ""]
        )
    title = f"{len(programs.PROGRAMS)} programs on spikinggrid.cl1 and on cl-sdk"
    results.show(results.Table(title, ["program", "", "ours", "theirs"], rows), arguments.json)


def answer_of(python: str, code: str, *words: str) -> str:
    """Run code with some Python and return what it answers, or how it failed."""
    surroundings = {**os.environ, "CL_SDK_ACCELERATED_TIME": "1"}
    if python == sys.executable:
        surroundings["PYTHONPATH"] = str(ROOT)
    else:
        surroundings.pop("PYTHONPATH", None)
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(
        [python, "-c", code, *words], text=True, env=surroundings, start_new_session=True, **pipes
    )
    try:
        output, errors = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"no answer within {TIMEOUT} s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and the processes that it began
    for line in output.splitlines():
        if line.startswith("ANSWER "):
            return line.removeprefix("ANSWER ")
    return (errors.strip().splitlines() or ["nothing"])[-1]


def ours_reads(folder: Path) -> str:
    """Read a recording of the simulator with SpikingGrid."""
    import spikinggrid as sg

    recording = sg.read(next(folder.glob("*.h5")))
    numbers = [recording.n_spikes, len(recording.stimulus_times), recording.duration]
    return json.dumps(numbers)


if __name__ == "__main__":
    sys.exit(exit_code(main))
