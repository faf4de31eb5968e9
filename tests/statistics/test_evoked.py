"""Evoked responses, held against NumPy, analytic results and counts by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.statistics import evoked
from tests.trains import poisson, trains

pytestmark = pytest.mark.filterwarnings("error")

GOOD = [[1.0, 2.0]]


def test_histogram_of_spikes_on_the_grid_of_steps():
    steps = np.arange(1, 1001) * 113
    stimuli, answers = steps * 0.001, (steps + 7) * 0.001  # rounded differently
    edges, rates = evoked.psth([answers, []], stimuli, 0.01, 0.02, 0.001)
    assert edges == pytest.approx(np.arange(-10, 21) * 0.001)
    expected = np.zeros((2, 30))
    expected[0, 17] = 1000  # a spike a stimulus in a bin of 1 ms
    assert rates == pytest.approx(expected)


@given(trains, trains.filter(len), st.integers(0, 20), st.integers(1, 20))
@settings(deadline=None)
def test_histogram_equals_numpy_and_the_counts(train, stimuli, n_before, n_after):
    bin_size = 1 / 64
    edges, rates = evoked.psth([train], stimuli, n_before * bin_size, n_after * bin_size, bin_size)
    relative = (train[:, None] - stimuli).ravel()
    relative = relative[relative < edges[-1]]  # NumPy alone counts the last edge
    expected = np.histogram(relative, edges)[0] / (stimuli.size * bin_size)
    assert rates[0] == pytest.approx(expected)
    counts = evoked.evoked_counts([train], stimuli, (edges[0], edges[-1]))
    assert counts.shape == (stimuli.size, 1)
    assert rates.sum() * bin_size * stimuli.size == pytest.approx(counts.sum())


def test_histogram_of_a_poisson_train_is_its_rate():
    train = poisson(50, 1000, 5)
    _, rates = evoked.psth([train], np.arange(1, 999), 0.5, 0.5, 0.05)
    assert rates.shape == (1, 20)
    assert rates == pytest.approx(np.full((1, 20), 50), rel=0.1)
    assert rates.mean() == pytest.approx(50, rel=0.02)


def test_evoked_responses_by_hand():
    stimuli = [10.0, 30.0, 20.0]
    answering = [10.005, 10.02, 10.05, 20.015, 25.0, 30.1]
    electrodes = [answering, [9.99, 10.1]]
    window = (0.0, 0.05)
    counts = evoked.evoked_counts(electrodes, stimuli, window)
    assert counts.tolist() == [[2, 0], [0, 0], [1, 0]]
    probability = evoked.response_probability(electrodes, stimuli, window)
    assert probability == pytest.approx([2 / 3, 0])
    latency = evoked.first_spike_latency(electrodes, stimuli, window)
    assert latency == pytest.approx([0.010, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: evoked.psth(GOOD, [1.0], 0.1, 0.1, 0), "bin_size must be positive"),
        (lambda: evoked.psth(GOOD, [1.0], 0.1, 0.1, np.nan), "bin_size must be positive"),
        (lambda: evoked.psth(GOOD, [1.0], 0.1, 0.15, 0.1), "whole numbers of bins of 0.1 s"),
        (lambda: evoked.psth(GOOD, [1.0], -0.1, 0.3, 0.1), "not negative"),
        (lambda: evoked.psth(GOOD, [1.0], 0, 0, 0.1), "not both 0"),
        (lambda: evoked.psth(GOOD, [1.0], 0, np.inf, 0.1), "got 0 s and inf s"),
        (lambda: evoked.psth(GOOD, [], 0.1, 0.1, 0.1), "one or more"),
        (lambda: evoked.psth([[2.0, 1.0]], [1.0], 0.1, 0.1, 0.1), "sorted"),
        (lambda: evoked.evoked_counts(GOOD, [np.nan], (0, 0.1)), "stimulus_times"),
        (lambda: evoked.evoked_counts(GOOD, [1.0], (0.1, 0.1)), "window must be finite"),
        (lambda: evoked.response_probability(GOOD, [], (0, 0.1)), "stimulus_times"),
        (lambda: evoked.first_spike_latency([[2.0, 1.0]], [1.0], (0, 0.1)), "sorted"),
    ],
)
def test_bad_values(call, said):
    with pytest.raises(ValueError, match=said) as error:
        call()
    assert "\n" not in str(error.value)


def test_pulses_close_in_time_are_one_stimulus():
    times = np.array([1.0, 1.01, 3.0, 1.02, 3.1])
    stimuli = evoked.group_pulses(times, np.array([4, 5, 4, 4, 7]))
    assert stimuli.onsets.tolist() == [1.0, 3.0, 3.1]  # 0.1 s apart is apart
    assert np.allclose(stimuli.durations, [0.02, 0, 0])
    assert stimuli.patterns == (frozenset({4, 5}), frozenset({4}), frozenset({7}))


def test_responses_are_counted_for_each_pattern():
    trains = [np.array([0.95, 1.05, 1.06, 2.05, 3.004]), np.array([1.02, 3.05, 3.2])]
    times, electrodes = np.array([1.0, 1.0, 2.0, 3.0, 3.0]), np.array([0, 1, 1, 1, 0])
    both, one = evoked.responses_per_pattern(trains, times, electrodes)
    assert both["electrodes"] == [0, 1]
    assert (both["n_stimuli"], both["count"], both["baseline"]) == (2, 2.0, 0.5)
    assert both["count_sem"] == pytest.approx(1.0)  # counts of 3 and 1
    assert (one["electrodes"], one["count"]) == ([1], 1.0)
    assert np.isnan(one["count_sem"])
    # The first electrode answers the first of both stimuli, the second answers each.
    assert both["probability"] == 0.75
    assert both["latency"] == pytest.approx((0.05 + (0.02 + 0.05) / 2) / 2)
    silent = evoked.responses_per_pattern([[]], times[:1], electrodes[:1])[0]
    assert silent["probability"] == 0
    assert np.isnan(silent["latency"])


def test_selectivity_between_two_stimuli():
    counts_a, counts_b = np.array([[3, 0, 1, 0], [1, 0, 1, 0]]), np.array([[0, 2, 1, 0]])
    assert evoked.selectivity(counts_a, counts_b).tolist()[:3] == [1, -1, 0]
    assert np.isnan(evoked.selectivity(counts_a, counts_b)[3])


# Conditions


def kinds(times, electrodes) -> list[tuple]:
    return [
        (kind.electrodes, kind.offsets, kind.after, kind.onsets.tolist())
        for kind in evoked.conditions(np.array(times), np.array(electrodes))
    ]


def test_patterns_are_conditions_in_order_of_first_use():
    assert kinds([1, 3, 3.01, 5, 8], [7, 2, 4, 7, 7]) == [
        ((7,), (0.0,), None, [1, 5, 8]),
        ((2, 4), (0.0, 0.01), None, [3]),
    ]


def test_single_and_double_pulses_are_apart():
    assert kinds([1, 3, 3.05, 5, 7, 7.05], [0] * 6) == [
        ((0,), (0.0,), None, [1, 5]),
        ((0,), (0.0, 0.05), None, [3, 7]),
    ]


def test_random_timing_is_one_condition():
    gaps = np.random.default_rng(1).uniform(0.01, 0.09, (20, 5))
    times = np.arange(20)[:, None] * 5 + np.cumsum(gaps, axis=1)
    (kind,) = evoked.conditions(times.ravel(), np.zeros(100, int))
    assert kind.offsets == (0.0,)
    assert kind.onsets == pytest.approx(times[:, 0])


@pytest.mark.parametrize("gap", [0.1, 0.3, 1.0])
def test_second_stimuli_of_pairs_are_apart(gap):
    first = np.arange(5) * 4.0
    pairs = np.sort(np.concatenate([first, first + gap]))
    assert [kind[2:] for kind in kinds(pairs, [0] * 10)] == [
        (None, first.tolist()),
        (gap, (first + gap).tolist()),
    ]


@pytest.mark.parametrize("gap", [0.2, 1.0])
def test_stimuli_at_regular_intervals_are_no_pairs(gap):
    assert len(kinds(np.arange(10) * gap, [0] * 10)) == 1
