"""A benchmark that all tests of its figures share."""

import pytest

from spikinggrid.digits.benchmark import measure
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.parameters.files import dumps, load

SMALL = [
    "culture.n_neurons=60",
    "digits.presentation=50 ms",
    "digits.n_presentations=30",
    "digits.evaluation_interval=10",
    "digits.evaluation_images=10",
    "digits.n_images=100",
]


@pytest.fixture(scope="session")
def result():
    parameters = load("digits/bundled", SMALL)
    seeds = {seed: measure(parameters, seed, "validation") for seed in (3, 4)}
    return BenchmarkResult(dumps(parameters), "validation", seeds)
