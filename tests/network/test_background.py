"""The background: random numbers that engines share, and the membrane that they make."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spikinggrid.network.background import TABLE_SIZE, Background
from spikinggrid.parameters.files import load

pytestmark = pytest.mark.filterwarnings("error")

CHANCE = 1e-4


def background(*overrides, n_neurons=50, seed=1):
    return Background(load("culture", [*overrides, f"simulation.seed={seed}"]), n_neurons)


def joined(parts, sizes):
    """Draws one after the other as if they were one."""
    before = np.cumsum([0, *sizes])[:-1]
    offsets, kick_steps, kicked = zip(*parts, strict=True)
    kick_steps = [steps + start for steps, start in zip(kick_steps, before, strict=True)]
    return tuple(np.concatenate(values) for values in (offsets, kick_steps, kicked))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.sampled_from([0, 3, 500]))
def test_drawing_in_parts_gives_the_same_numbers(sizes, kick_rate):
    kicks = f"noise.kick_rate={kick_rate} Hz"
    whole = background(kicks).draw(sum(sizes))
    one = background(kicks)
    parts = joined([one.draw(size) for size in sizes], sizes)
    for found, expected in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_every_window_lies_in_the_table():
    one = background(n_neurons=200)
    offsets, _, _ = one.draw(100_000)
    assert len(one.table) == TABLE_SIZE + 200
    assert 0 <= offsets.min() < 100
    assert TABLE_SIZE - 100 < offsets.max() < TABLE_SIZE
    assert stats.kstest(offsets / TABLE_SIZE, "uniform").pvalue > CHANCE


def test_the_table_is_normal():
    table = background().table
    assert stats.kstest(table / table.std(), "norm").pvalue > CHANCE
    assert abs(table.mean()) < 4 * table.std() / np.sqrt(len(table))
    assert abs(np.corrcoef(table[:-1], table[1:])[0, 1]) < 4 / np.sqrt(len(table))


@pytest.mark.parametrize(
    ("dt", "tau_m", "membrane_sd"), [(1e-3, 20e-3, 2.5e-3), (1e-4, 10e-3, 1e-3), (5e-3, 5e-3, 4e-3)]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_free_membrane_has_its_standard_deviation(dt, tau_m, membrane_sd, seed):
    n_neurons, n_steps = 200, 20_000
    one = background(
        f"simulation.dt={dt * 1e3:g} ms",
        f"neuron.tau_m={tau_m * 1e3:g} ms",
        f"noise.membrane_sd={membrane_sd * 1e3:g} mV",
        "synapses.excitatory.delay=10 ms",
        "synapses.inhibitory.delay=10 ms",
        n_neurons=n_neurons,
        seed=seed,
    )
    decay = np.exp(-dt / tau_m)
    start = int(10 * tau_m / dt)  # by then the beginning is forgotten
    v, squares = np.zeros(n_neurons), 0.0
    for step, offset in enumerate(one.draw(start + n_steps)[0]):
        v = v * decay + one.table[offset : offset + n_neurons]
        if step >= start:
            squares += np.mean(v**2)
    sd = np.sqrt(squares / n_steps)
    # of an autoregressive process, and of a table of finite size
    correlated = (1 + decay**2) / (1 - decay**2)
    error = np.sqrt(correlated / (2 * n_neurons * n_steps) + 1 / (2 * TABLE_SIZE))
    assert sd == pytest.approx(membrane_sd, rel=4 * error)
    assert error < 0.01


def test_neurons_are_independent():
    one = background(n_neurons=20)
    noise = np.stack([one.table[offset : offset + 20] for offset in one.draw(20_000)[0]])
    off_diagonal = np.corrcoef(noise.T) - np.eye(20)
    assert np.abs(off_diagonal).max() < 5 / np.sqrt(20_000)
    assert abs(np.corrcoef(noise[:-1, 0], noise[1:, 0])[0, 1]) < 4 / np.sqrt(20_000)


@pytest.mark.parametrize("rate", [0.5, 20.0, 1500.0])
def test_kicks_have_their_rate(rate):
    n_neurons, n_steps = 100, 5000
    kick_rate = f"noise.kick_rate={rate} Hz"
    offsets, steps, kicked = background(kick_rate, n_neurons=n_neurons).draw(n_steps)
    mean = rate * n_neurons * n_steps * 1e-3
    assert len(offsets) == n_steps
    assert len(kicked) == len(steps) == pytest.approx(mean, abs=4 * np.sqrt(mean))
    assert np.all(np.diff(steps) >= 0)
    assert 0 <= steps.min() <= steps.max() < n_steps
    per_neuron = np.bincount(kicked, minlength=n_neurons)
    assert len(per_neuron) == n_neurons
    assert stats.chisquare(per_neuron).pvalue > CHANCE
    per_step = np.bincount(steps, minlength=n_steps)
    tolerance = 4 * np.sqrt(2 / n_steps + 1 / mean)
    assert per_step.var() / per_step.mean() == pytest.approx(1, abs=tolerance)  # Poisson


def test_a_kick_has_its_amplitude():
    assert background("noise.kick_amplitude=3 mV").kick == 3e-3


def test_without_noise_there_is_none():
    one = background("noise.membrane_sd=0 mV", "noise.kick_rate=0 Hz")
    assert not one.table.any()
    _, steps, kicked = one.draw(1000)
    assert len(steps) == len(kicked) == 0


def test_the_seed_decides():
    kicks = "noise.kick_rate=10 Hz"
    first, same, other = (background(kicks, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.table, same.table)
    assert np.any(first.table != other.table)
    draws = [one.draw(100) for one in (first, same, other)]
    for number in range(3):
        np.testing.assert_array_equal(draws[0][number], draws[1][number])
        assert not np.array_equal(draws[0][number], draws[2][number])


def test_kicks_do_not_change_the_noise():
    quiet, kicked = background(), background("noise.kick_rate=100 Hz")
    np.testing.assert_array_equal(quiet.table, kicked.table)
    np.testing.assert_array_equal(quiet.draw(100)[0], kicked.draw(100)[0])


# --- the drive that all neurons share ----------------------------------------------------------

COMMON = ("noise.common_sd=0.25 mV", "noise.tau_common=0.3 s")


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_the_common_drive_does_not_depend_on_the_pieces(sizes):
    whole, one = background(*COMMON).draw_common(sum(sizes)), background(*COMMON)
    parts = [one.draw_common(size) for size in sizes]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    skipped = background(*COMMON)
    skipped.skip(sizes[0])
    np.testing.assert_array_equal(skipped.draw_common(10), one_after(sizes[0]))


def one_after(n_steps):
    return background(*COMMON).draw_common(n_steps + 10)[n_steps:]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_common_drive_is_an_ornstein_uhlenbeck_process(seed):
    """Its mean over T has the variance 2 tau / T; its autocovariance falls as exp(-t / tau)."""
    gain = -np.expm1(-1 / 20)  # of a step of 1 ms, with tau_m of 20 ms
    drive = background(*COMMON, seed=seed).draw_common(1_000_000) / gain
    assert abs(drive.mean()) < 4 * 0.25e-3 * np.sqrt(2 * 0.3 / 1000)
    assert drive.std() == pytest.approx(0.25e-3, rel=0.1)
    for lag in (100, 300):
        covariance = np.mean(drive[lag:] * drive[:-lag])
        assert covariance / drive.var() == pytest.approx(np.exp(-lag / 300), abs=0.1)


def test_the_common_drive_shares_no_numbers_with_the_noise():
    alone, shared = background(), background(*COMMON)
    np.testing.assert_array_equal(alone.table, shared.table)
    shared.draw_common(50)
    for one, other in zip(alone.draw(100), shared.draw(100), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not alone.draw_common(10).any()
