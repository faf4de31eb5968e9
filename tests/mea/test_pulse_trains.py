"""Pulse trains against counts and distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spikinggrid.mea.pulse_trains import (
    Stimulus,
    burst,
    latency,
    pattern,
    poisson,
    poisson_intervals,
    pulses,
    regular,
    tetanus,
)
from spikinggrid.utils.errors import InputError

pytestmark = pytest.mark.filterwarnings("error")

DT = 1e-3
CHANCE = 1e-4


def random(seed=0):
    return np.random.default_rng(seed)


def steps(stimulus, electrode=None, dt=DT):
    """Time steps of the pulses, of one electrode only if it is given."""
    chosen = slice(None) if electrode is None else stimulus.electrodes == electrode
    return np.floor(stimulus.times[chosen] / dt + 1e-9).astype(int)


def triples(stimulus):
    return list(zip(stimulus.times, stimulus.electrodes, stimulus.amplitudes, strict=True))


# --- stimuli in general ------------------------------------------------------------------

events = st.lists(st.tuples(st.floats(0, 10), st.integers(0, 59), st.floats(0.1, 2)), max_size=20)


def stimulus_of(made):
    times, electrodes, amplitudes = np.array(made, float).reshape(-1, 3).T
    return Stimulus.of(times, electrodes.astype(int), amplitudes)


def test_a_stimulus_puts_its_pulses_in_order():
    stimulus = Stimulus([0.3, 0.1, 0.1], [3, 2, 1], [1, 0.5, 2])
    assert triples(stimulus) == [(0.1, 2, 0.5), (0.1, 1, 2.0), (0.3, 3, 1.0)]
    assert stimulus.electrodes.dtype == np.int64


@pytest.mark.parametrize("parts", [([0.1], [1, 2], [1, 1]), (0.1, 1, 1.0), ([[0.1]], [[1]], [[1]])])
def test_a_stimulus_that_does_not_add_up_is_refused(parts):
    with pytest.raises(InputError, match="one of each for every pulse"):
        Stimulus(*parts)


@given(events)
def test_pulses_are_in_order_and_none_is_lost(made):
    stimulus = stimulus_of(made)
    assert sorted(triples(stimulus)) == sorted(made)
    assert np.all(np.diff(stimulus.times) >= 0)
    assert len(stimulus) == len(made)
    kinds = (stimulus.times.dtype, stimulus.electrodes.dtype, stimulus.amplitudes.dtype)
    assert kinds == (np.float64, np.int64, np.float64)


@given(events, events)
def test_stimuli_add_up(made, other):
    together = stimulus_of(made) + stimulus_of(other)
    assert sorted(triples(together)) == sorted(made + other)
    assert np.all(np.diff(together.times) >= 0)


def test_no_pulse_at_all():
    assert len(Stimulus.none()) == 0
    assert triples(Stimulus.none() + pulses([1], [0.5])) == [(0.5, 1, 1.0)]


def test_pulses_are_on_all_electrodes_at_all_times():
    made = pulses([7, 3], [0.2, 0.1], amplitude=0.5)
    assert triples(made) == [(0.1, 3, 0.5), (0.1, 7, 0.5), (0.2, 3, 0.5), (0.2, 7, 0.5)]


@pytest.mark.parametrize("dt", [1e-3, 1e-4])
def test_a_burst_is_a_pulse_at_every_step(dt):
    made = burst([4, 8], start=0.05, duration=0.01, dt=dt, amplitude=2.0)
    first, n_steps = round(0.05 / dt), round(0.01 / dt)
    for electrode in (4, 8):
        np.testing.assert_array_equal(steps(made, electrode, dt), first + np.arange(n_steps))
    assert len(made) == 2 * n_steps
    assert set(made.amplitudes) == {2.0}


@pytest.mark.parametrize(("rate", "n_pulses"), [(250.0, 100), (100.0, 40), (30.0, 12)])
def test_a_tetanus_is_given_on_all_electrodes_together(rate, n_pulses):
    made = tetanus([4, 8], rate, start=0.05, duration=0.4, amplitude=2.0)
    for electrode in (4, 8):
        train = made.times[made.electrodes == electrode]
        np.testing.assert_allclose(train, 0.05 + np.arange(n_pulses) / rate)
    assert len(made) == 2 * n_pulses
    assert set(made.amplitudes) == {2.0}


# --- Poisson trains ----------------------------------------------------------------------


@pytest.mark.parametrize("rate", [5.0, 200.0, 900.0])
@pytest.mark.parametrize("dt", [1e-3, 1e-4])
def test_poisson_trains_have_their_rate(rate, dt):
    duration, electrodes = 20.0, np.arange(20)
    made = poisson(electrodes, rate, 1.0, duration, dt, random())
    n_draws, chance = 20 * duration / dt, rate * dt
    tolerance = 4 * np.sqrt(n_draws * chance * (1 - chance))
    assert len(made) == pytest.approx(n_draws * chance, abs=tolerance)
    assert made.times.min() >= 1.0
    assert made.times.max() < 1.0 + duration - dt / 2
    assert set(made.electrodes) == set(electrodes)


def test_every_electrode_may_have_a_rate_of_its_own():
    rates = np.array([0.0, 10.0, 100.0, 1000.0])
    made = poisson([9, 7, 5, 3], rates, 0.0, 10.0, DT, random())
    counts = [np.count_nonzero(made.electrodes == electrode) for electrode in (9, 7, 5, 3)]
    assert counts[0] == 0
    assert counts[1] == pytest.approx(100, abs=40)
    assert counts[2] == pytest.approx(1000, abs=4 * np.sqrt(900))
    assert counts[3] == 10_000


def test_poisson_pulses_are_independent():
    n_steps, chance = 50_000, 0.2
    made = poisson(np.arange(4), 200.0, 0.0, n_steps * DT, DT, random())
    train = np.zeros((4, n_steps))
    train[made.electrodes, steps(made)] = 1
    assert train.sum() == len(made)
    tolerance = 4 / np.sqrt(n_steps)
    between = np.corrcoef(train) - np.eye(4)
    assert np.abs(between).max() < tolerance
    for one in train:
        for lag in (1, 2, 5):
            assert abs(np.corrcoef(one[:-lag], one[lag:])[0, 1]) < tolerance
        intervals = np.diff(np.flatnonzero(one))
        observed = np.bincount(np.minimum(intervals, 21), minlength=22)[1:]
        expected = stats.geom.pmf(np.arange(1, 21), chance)
        expected = len(intervals) * np.append(expected, 1 - expected.sum())
        assert stats.chisquare(observed, expected).pvalue > CHANCE


# --- Poisson-distributed intervals -------------------------------------------------------


@pytest.mark.parametrize("rate", [200.0, 50.0])
def test_intervals_are_poisson_distributed(rate):
    train = poisson_intervals([0], rate, 0.0, 200.0, DT, random())
    intervals = np.diff(steps(train))
    observed = np.bincount(intervals)
    expected = stats.poisson.pmf(np.arange(len(observed)), 1 / (rate * DT))
    expected[1] += expected[0]
    enough = np.flatnonzero(expected * len(intervals) > 10)
    enough = enough[enough > 0]
    counts, means = observed[enough], expected[enough] * len(intervals)
    test = stats.chisquare(
        [*counts, len(intervals) - counts.sum()], [*means, len(intervals) - means.sum()]
    )
    assert test.pvalue > CHANCE


def test_the_published_input_is_of_this_kind(oracle_file):
    """Intervals on the label electrodes of the oracle run, 200 Hz, against ours."""
    spikes = np.load(oracle_file)["input_spikes"]
    trains = [np.flatnonzero(train) for shown in spikes for train in shown.T[9::10]]
    published = np.concatenate([np.diff(train) for train in trains if len(train)])
    own = np.concatenate(
        [np.diff(steps(poisson_intervals([0], 200.0, 0.0, 0.1, DT, random(k)))) for k in range(99)]
    )
    assert stats.ks_2samp(published, own).pvalue > CHANCE
    process = [np.diff(steps(poisson([0], 200.0, 0.0, 0.1, DT, random(k)))) for k in range(99)]
    assert stats.ks_2samp(published, np.concatenate(process)).pvalue < CHANCE


def test_no_pulse_at_a_rate_of_zero():
    train = poisson_intervals([3, 4], np.array([0.0, 100.0]), 0.0, 1.0, DT, random())
    assert set(train.electrodes) == {4}


# --- regular trains ----------------------------------------------------------------------


@given(st.floats(1, 1000), st.integers(1, 3000), st.integers(0, 100))
def test_regular_trains_have_exactly_their_rate(rate, n_steps, seed):
    electrodes = [2, 4, 6]
    made = regular(electrodes, rate, 0.0, n_steps * DT, DT, random(seed))
    for electrode in electrodes:
        train = steps(made, electrode)
        assert abs(len(train) - rate * n_steps * DT) < 1 + 1e-6
        assert np.all(np.abs(np.diff(train) - 1 / (rate * DT)) < 1 + 1e-6)
        assert np.all((train >= 0) & (train < n_steps))


@pytest.mark.parametrize("rate", [10.0, 100.0, 250.0])
def test_regular_trains_are_as_regular_as_steps_allow(rate):
    made = regular(np.arange(50), rate, 0.5, 4.0, DT, random())
    for electrode in range(50):
        assert np.count_nonzero(made.electrodes == electrode) == 4 * rate
        assert set(np.diff(steps(made, electrode))) == {round(1 / (rate * DT))}


def test_phases_are_random():
    made = regular(np.arange(2000), 10.0, 0.0, 0.1, DT, random())
    assert len(made) == 2000  # one interval: one pulse on each electrode
    first = made.times[np.argsort(made.electrodes)]
    smoothed = first + random(1).uniform(0, DT, 2000)  # times lie on steps
    assert stats.kstest(smoothed, stats.uniform(0, 0.1).cdf).pvalue > CHANCE
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 4 / np.sqrt(2000)


def test_regular_rates_by_electrode():
    made = regular([9, 7, 5], np.array([0.0, 50.0, 1000.0]), 0.0, 1.0, DT, random())
    assert [np.count_nonzero(made.electrodes == e) for e in (9, 7, 5)] == [0, 50, 1000]


@pytest.mark.parametrize("train", [poisson, regular])
def test_one_pulse_a_step_is_the_most(train):
    assert len(train([0], 1000.0, 0.0, 0.1, DT, random())) == 100
    with pytest.raises(InputError, match=r"rate: found 1001 Hz, .* 1000 Hz"):
        train([0], 1001.0, 0.0, 0.1, DT, random())
    with pytest.raises(InputError, match="rate: found 1001 Hz"):
        train([0, 1], np.array([1.0, 1001.0]), 0.0, 0.1, DT, random())


@pytest.mark.parametrize("train", [poisson, regular])
def test_the_generator_decides(train):
    made = [train([0, 1], 100.0, 0.0, 1.0, DT, random(seed)) for seed in (1, 1, 2)]
    assert triples(made[0]) == triples(made[1])
    assert triples(made[0]) != triples(made[2])


# --- latency ------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.1, 0.25]))
def test_the_stronger_the_input_the_earlier_the_pulse(intensity, duration):
    made = latency(range(len(intensity)), intensity, 1.0, duration, DT)
    assert sorted(made.electrodes) == list(np.flatnonzero(intensity))
    assert np.all((made.times >= 1.0) & (made.times < 1.0 + duration - DT / 2))
    assert np.all(np.diff(np.array(intensity)[made.electrodes]) <= DT / duration + 1e-9)
    late = (1 - np.array(intensity)[made.electrodes]) * duration
    assert np.all(np.abs(made.times - 1.0 - late) <= DT + 1e-9)


# --- patterns -----------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([3.0, 20.0, 200.0]))
def test_pulses_of_a_pattern_come_together_and_show_grey(intensity, rate):
    made = pattern(range(len(intensity)), np.array(intensity), rate, 1.0, 0.3)
    n_pulses = {3.0: 1, 20.0: 6, 200.0: 60}[rate]
    together = np.rint((made.times - 1.0) * rate)
    assert np.allclose(made.times, 1.0 + together / rate)
    assert set(together) <= set(range(n_pulses))
    counts = np.bincount(made.electrodes, minlength=len(intensity))
    assert np.all(np.abs(counts - n_pulses * np.array(intensity)) <= 0.5 + 1e-9)
    assert len(set(triples(made))) == len(made)


def test_a_pattern_without_a_rate_comes_once():
    made = pattern([7, 8, 9], np.array([0.49, 0.5, 1.0]), None, 1.0, 0.3)
    assert triples(made) == [(1.0, 8, 1.0), (1.0, 9, 1.0)]
