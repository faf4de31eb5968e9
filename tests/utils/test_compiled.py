"""Compiled functions, and what is said when compiling takes long."""

import time

import numpy as np
import pytest
from numba import njit

from spikinggrid.utils import compiled


def _add(values, amount):
    values += amount


def test_a_specialised_kernel_is_what_numba_compiles():
    values = np.zeros(3)
    add = compiled.specialised(njit(_add), values, 2.0)
    add(values, 2.0)
    assert values.tolist() == [2.0, 2.0, 2.0]


class _SlowKernel:
    def compile(self, types):
        time.sleep(0.2)
        return types


@pytest.mark.parametrize(("on_terminal", "n_lines"), [(True, 1), (False, 0)])
def test_slow_compiling_is_mentioned_on_a_terminal(monkeypatch, capsys, on_terminal, n_lines):
    monkeypatch.setattr(compiled, "PATIENCE", 0.05)
    monkeypatch.setattr("sys.stderr.isatty", lambda: on_terminal)
    compiled.specialised(_SlowKernel(), 1)
    said = capsys.readouterr().err
    assert said.count("Compiling") == said.count("\n") == n_lines


def test_fast_compiling_is_not_mentioned(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    compiled.specialised(_SlowKernel(), 1)
    time.sleep(0.1)
    assert capsys.readouterr().err == ""
