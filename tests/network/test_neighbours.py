"""Large dishes: the same culture however it is grown, and numbers of neurons along a curve."""

import numpy as np
import pytest

from spikinggrid.network import neighbours
from spikinggrid.utils import processors


@pytest.mark.parametrize(("n_threads", "n_at_a_time"), [("1", 1 << 10), ("3", 37)])
def test_any_number_of_threads_grows_the_same(monkeypatch, n_threads, n_at_a_time):
    post = np.random.default_rng(0).uniform(0, 1e-3, (300, 2))

    def chosen():
        generator = np.random.default_rng(1)
        return neighbours.choose_neighbours(post[50:], post, np.full(300, 2e-4), 40, generator, 50)

    pointer, targets = chosen()
    monkeypatch.setenv(processors.VARIABLE, n_threads)
    monkeypatch.setattr(neighbours, "SOURCES_AT_A_TIME", n_at_a_time)
    for found, expected in zip(chosen(), (pointer, targets), strict=True):
        np.testing.assert_array_equal(found, expected)
    of_one = [targets[pointer[i] : pointer[i + 1]] for i in range(250)]
    assert all((np.diff(own) > 0).all() for own in of_one)


def test_targets_of_two_sources_are_independent():
    post = np.random.default_rng(0).uniform(0, 1e-3, (400, 2))
    pointer, targets = neighbours.choose_neighbours(
        post, post, np.full(400, 1.0), 100, np.random.default_rng(1), 0
    )
    connects = np.zeros((400, 400))
    connects[np.repeat(np.arange(400), np.diff(pointer)), targets] = 1
    correlations = np.corrcoef(connects)[np.triu_indices(400, k=1)]
    assert abs(correlations.mean()) < 5 / np.sqrt(400 * len(correlations))
    assert correlations.std() == pytest.approx(1 / np.sqrt(400), rel=0.05)


def test_random_numbers_of_pairs_are_uniform():
    numbers = np.arange(200_000, dtype=np.uint64)
    uniform = np.array([neighbours._uniform(np.uint64(7), number) for number in numbers])
    counts, _ = np.histogram(uniform, 100, (0, 1))
    chi_squared = ((counts - 2000) ** 2 / 2000).sum()
    assert 99 - 5 * np.sqrt(2 * 99) < chi_squared < 99 + 5 * np.sqrt(2 * 99)


@pytest.mark.parametrize("side", [2, 16, 64])
def test_the_curve_visits_neighbours_one_after_another(side):
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    order = neighbours.curve_order(np.random.default_rng(0).permutation(grid) * 1e-4)
    assert sorted(order) == list(range(side**2))
    visited = np.random.default_rng(0).permutation(grid)[order]
    assert (np.abs(np.diff(visited, axis=0)).sum(axis=1) == 1).all()


def test_neurons_at_one_place_keep_their_order():
    np.testing.assert_array_equal(neighbours.curve_order(np.ones((3, 2))), [0, 1, 2])
