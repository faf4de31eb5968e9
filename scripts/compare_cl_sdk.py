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

#: Runs all programs on a module and prints what each returns.
RUN = """
import importlib, json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import programs
module = importlib.import_module(sys.argv[2])
for program in programs.PROGRAMS:
    folder = Path(sys.argv[3], program.__name__)
    folder.mkdir()
    try:
        answer = program(module, str(folder))
    except Exception as error:
        answer = repr(error)
    print("ANSWER", json.dumps(answer, default=int), flush=True)
"""

#: Reads a recording with the simulator's own view.
READ = """
import glob, json, sys
from cl import RecordingView
view = RecordingView(glob.glob(sys.argv[1] + "/*.h5")[0])
shape, said = list(view.samples.shape), view.attributes["application"]
answer = [len(view.spikes), len(view.stims), shape, said]
print("ANSWER", json.dumps(answer, default=int))
"""

#: Counts spikes of a second while four electrodes of the middle are stimulated five times: those
#: around them just after the pulses and just before, and all.
STIMULATE = """
import json, sys
import cl
if sys.argv[1]:
    cl.sim.set_simulator_data_source("spikinggrid.cl1.data_source:dish", config={"seed": 3})
around, near, total = (26, 27, 28, 29, 34, 35, 36, 37), {1: 0, 19: 0}, 0
with cl.open() as neurons:
    for tick in neurons.loop(100, stop_after_seconds=1, ignore_jitter=True):
        turn = tick.iteration % 20
        if turn == 0:
            neurons.stim(cl.ChannelSet(27, 28, 35, 36), 3.0)
        total += len(tick.analysis.spikes)
        if turn in near:
            near[turn] += sum(spike.channel in around for spike in tick.analysis.spikes)
print("ANSWER", json.dumps([near[1], near[19], total]))
"""

TIMEOUT = 600  # s

#: Their simulator waits some 10 s for a dish, which takes longer to grow on a busy machine.
TRIES = 3


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

    names = [program.__name__ for program in programs.PROGRAMS]
    with tempfile.TemporaryDirectory() as folder:
        answers = []
        for python, module in ((sys.executable, "spikinggrid.cl1"), (arguments.python, "cl")):
            place = Path(folder, module)
            place.mkdir()
            words = str(ROOT / "tests" / "cl1"), module, str(place)
            answers.append(answers_of(python, RUN, len(names), *words))
        rows = [
            [name, "same", "", ""] if ours == theirs else [name, "differs", ours, theirs]
            for name, ours, theirs in zip(names, *answers, strict=True)
        ]
        place = str(Path(folder, "spikinggrid.cl1", "recorded"))
        view = answers_of(arguments.python, READ, 1, place)[0]
        rows.append(["our recording in their view", view, "", ""])
        read = ours_reads(Path(folder, "cl", "recorded"))
        rows.append(["their recording in `sg.read`", read, "", ""])
        recording = str(next(Path(place).glob("*.h5")))
        replayed = answers_of(arguments.python, STIMULATE, 1, "", CL_SDK_REPLAY_PATH=recording)[0]
        rows.append(["our recording replayed there: after pulses, before, all", replayed, "", ""])
        behind = ""
        for _ in range(TRIES):
            behind = (
                behind
                or answers_of(arguments.python, STIMULATE, 1, "dish", PYTHONPATH=str(ROOT))[0]
            )
        rows.append(["our dish behind it: after pulses, before, all", behind, "", ""])
    title = f"{len(programs.PROGRAMS)} programs on spikinggrid.cl1 and on cl-sdk"
    results.show(results.Table(title, ["program", "", "ours", "theirs"], rows), arguments.json)


def answers_of(python: str, code: str, count: int, *words: str, **more: str) -> list[str]:
    """Run code with some Python and return so many answers, the last ones empty if it fails."""
    surroundings = {**os.environ, "CL_SDK_ACCELERATED_TIME": "1"}
    surroundings.pop("PYTHONPATH", None)
    if python == sys.executable:
        surroundings["PYTHONPATH"] = str(ROOT)
    surroundings |= more
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(
        [python, "-c", code, *words], text=True, env=surroundings, start_new_session=True, **pipes
    )
    try:
        output, errors = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired as expired:
        output, errors = (expired.stdout or b"").decode(), f"no answer within {TIMEOUT} s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and the processes that it began
    lines = [line for line in output.splitlines() if line.startswith("ANSWER ")]
    found = [line.removeprefix("ANSWER ") for line in lines]
    if len(found) < count:
        print(errors, file=sys.stderr)
    return found + [""] * (count - len(found))


def ours_reads(folder: Path) -> str:
    """Read a recording of the simulator with SpikingGrid."""
    import spikinggrid as sg

    recording = sg.read(next(folder.glob("*.h5")))
    numbers = [recording.n_spikes, len(recording.stimulus_times), recording.duration]
    return json.dumps(numbers)


if __name__ == "__main__":
    sys.exit(exit_code(main))
