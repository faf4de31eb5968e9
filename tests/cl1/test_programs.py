"""Programs for a CL1, written from its documentation, on a simulated dish."""

import importlib.util
from pathlib import Path

import pytest

from spikinggrid import cl1 as cl

_spec = importlib.util.spec_from_file_location("programs", Path(__file__).with_name("programs.py"))
programs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(programs)

#: What cl-sdk 1.0.0 returned (scripts/compare_cl_sdk.py), or what the documentation says.
EXPECTED = {
    "hello": [64, 25_000, 40.0, "int"],
    "wrong_channels": ["ValueError"] * 2,
    "wrong_designs": ["ValueError"] * 6,
    "wrong_stims": ["ValueError"] * 5,
    "ticks": [[number, 104, 0, 104] for number in range(3)],
    "seconds": [50],
    "stopped": [7],
    "frames": [(25, 64), "int16"],
    "reading": [(250, 64), "int16", (50, 64), True],
    "spikes": [True, True, "int", "int"],
    "snippets": [(75,), "float32", "float"],
    "single_stims": [[[2, 27]], [[2, 8]], [[25, 27]]],
    "queued_stims": [[[2, 27], [127, 27]]],
    "bursts": [[[2, 27], [252, 27], [502, 27]]],
    "synchronised": [[[2, 27], [252, 27], [502, 28]]],
    "late": ["TimeoutError", "TimeoutError", [60, 60, 60]],
    "recorded": [True, (25_000, 64), [25_000, 25_000, 64], {"dish": "seven", "score": 3}, True,
                 [[2, 27]], (75,)],
    "streamed": ["RuntimeError", [[5, {"x": 0.5, "hit": True}], [9, [0, 1, 2]]], {"score": 2}],
}  # fmt: skip


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda program: program.__name__)
def test_programs_return_what_a_cl1_does(program, tmp_path):
    answer = program(cl, str(tmp_path))
    assert answer == EXPECTED.get(program.__name__, answer)
    assert answer
