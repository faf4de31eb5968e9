"""Statistics of spike trains, held against published values, SciPy, NumPy and analytic results."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde

from spikinggrid.statistics import spiking as statistics
from tests.trains import (
    BURST_TRAIN,
    THETA_TRAIN,
    bursting_trains,
    cultures,
    network_burst,
    network_spike,
    network_spike_without_a_width,
    poisson,
    trains,
)

pytestmark = pytest.mark.filterwarnings("error")


# Rates and intervals


def test_rates_count_only_the_span():
    rates = statistics.firing_rates([[0.5, 1.0, 2.0, 3.0, 3.5], []], 1.0, 3.0)
    assert rates.tolist() == [1.5, 0.0]


@pytest.mark.parametrize("shape", [1, 2, 5])
def test_interval_measures_of_gamma_trains(shape):
    intervals = np.random.default_rng(3).gamma(shape, 0.1 / shape, 40_000)
    train = np.cumsum(intervals)
    isi = statistics.isi(train)
    assert statistics.cv(isi) == pytest.approx(shape**-0.5, rel=0.03)
    assert statistics.lv(isi) == pytest.approx(3 / (2 * shape + 1), rel=0.03)
    rate = statistics.firing_rates([train], 0, train[-1])[0]
    assert rate == pytest.approx(10, rel=0.03)


def test_local_variation_is_blind_to_slow_changes_of_rate():
    slow, fast = poisson(2, 2000, 1), 2000 + poisson(40, 2000, 2)
    isi = statistics.isi(np.concatenate([slow, fast]))
    assert statistics.cv(isi) > 1.5
    assert statistics.lv(isi) == pytest.approx(1, rel=0.03)


def test_interval_measures_of_short_and_regular_trains():
    assert statistics.isi([]).size == statistics.isi([1.0]).size == 0
    for measure in (statistics.cv, statistics.lv):
        assert np.isnan(measure([])) and np.isnan(measure([0.1]))
        assert measure([0.25, 0.25, 0.25]) == 0
    assert statistics.lv([0.0, 0.0, 0.1]) == pytest.approx(1.5)
    assert np.isnan(statistics.cv([0.0, 0.0]))


# Bursts


def test_bursts_of_the_published_example():
    bursts = statistics.find_bursts(BURST_TRAIN)
    assert bursts.first.tolist() == [0, 15]
    assert bursts.last.tolist() == [8, 20]
    assert bursts.n_spikes.tolist() == [9, 6]
    assert bursts.start.tolist() == [0.5, 7.3]
    assert bursts.stop.tolist() == [1.57, 7.62]
    assert bursts.duration == pytest.approx([1.07, 0.32])
    assert bursts.ibi == pytest.approx([7.3 - 1.57])


def bursts_walked(train, max_isi_start, max_isi_end, min_ibi, min_duration, min_spikes):
    """The definition, word for word, one ISI after another."""
    candidates, first = [], None
    for spike in range(len(train) - 1):
        isi = train[spike + 1] - train[spike]
        if first is None and isi < max_isi_start:
            first = spike
        elif first is not None and isi > max_isi_end:
            candidates.append([first, spike])
            first = None
    if first is not None:
        candidates.append([first, len(train) - 1])
    merged = []
    for candidate in candidates:
        if merged and train[candidate[0]] - train[merged[-1][1]] < min_ibi:
            merged[-1][1] = candidate[1]
        else:
            merged.append(candidate)
    return [
        (first, last)
        for first, last in merged
        if train[last] - train[first] >= min_duration and last - first + 1 >= min_spikes
    ]


ON_THE_GRID = {  # limits that ISIs, gaps and durations of these trains meet exactly
    "max_isi_start": 52 / 512,
    "max_isi_end": 128 / 512,
    "min_ibi": 300 / 512,
    "min_duration": 52 / 512,
    "min_spikes": 3,
}


@given(bursting_trains | trains)
@settings(deadline=None, max_examples=300)
def test_bursts_equal_the_definition_walked_by_hand(train):
    bursts = statistics.find_bursts(train)
    assert list(zip(bursts.first, bursts.last, strict=True)) == bursts_walked(
        train, 0.1, 0.25, 0.8, 0.05, 6
    )
    assert np.all(bursts.ibi >= 0.8)
    assert np.all(bursts.start == train[bursts.first])
    assert np.all(bursts.stop == train[bursts.last])
    bursts = statistics.find_bursts(train, **ON_THE_GRID)
    assert list(zip(bursts.first, bursts.last, strict=True)) == bursts_walked(train, **ON_THE_GRID)


@pytest.mark.parametrize("isis, n_found", [([51, 1], 1), ([52, 1], 0), ([50, 1], 0)])
def test_limits_of_bursts_are_strict(isis, n_found):
    train = np.cumsum([0, *isis]) / 512  # opens below 52 ticks, lasts at least 52 ticks
    assert statistics.find_bursts(train, **ON_THE_GRID).first.size == n_found


@pytest.mark.parametrize("gap, n_found", [(299, 1), (300, 2)])
def test_bursts_just_far_enough_apart_stay_two(gap, n_found):
    train = np.cumsum([0, 40, 40, gap, 40, 40]) / 512
    assert statistics.find_bursts(train, **ON_THE_GRID).first.size == n_found


def test_limits_of_bursts_are_parameters():
    bursts = statistics.find_bursts(BURST_TRAIN, min_spikes=5, min_duration=0.02, min_ibi=0.5)
    assert bursts.n_spikes.tolist() == [5, 5, 6, 6]
    assert bursts.start.tolist() == [0.5, 4.0, 7.3, 12.0]
    assert statistics.find_bursts(BURST_TRAIN, max_isi_start=0.001).first.size == 0
    assert statistics.find_bursts(BURST_TRAIN, max_isi_end=5.0).n_spikes.tolist() == [30]


# Activity of the network


def test_network_spike_of_the_published_example():
    spikes = statistics.network_spikes(network_spike())
    assert spikes.peaks.tolist() == [12]
    assert spikes.times == pytest.approx([2.0065], abs=0.0015)
    assert spikes.widths == pytest.approx([0.0078])


@pytest.mark.parametrize("n_at_peak, n_found", [(10, 0), (11, 1)])
def test_network_spikes_take_eleven_of_59_electrodes(n_at_peak, n_found):
    electrodes = network_spike(n_at_peak) + [[]] * 47
    assert statistics.network_spikes(electrodes).times.size == n_found


@pytest.mark.parametrize("n_at_peak, n_found", [(2, 0), (3, 1)])
def test_network_spikes_of_a_well_take_three_of_16_electrodes(n_at_peak, n_found):
    at_once = [[0.2, 1.0, 2.9]] * n_at_peak
    electrodes = at_once + [[]] * (16 - n_at_peak)
    assert statistics.network_spikes(electrodes).times.size == n_found


def network_spikes_counted(spike_trains, bin_size, min_electrodes, margin):
    """Times, peaks and number at the ends, by a count in every bin from first to last."""
    begin = np.floor(min((train[0] for train in spike_trains if len(train)), default=0))
    end = np.ceil(max((train[-1] for train in spike_trains if len(train)), default=0))
    counts = [0] * int(np.ceil((end - begin) / bin_size))
    for train in spike_trains:
        for place in {int((time - begin) // bin_size) for time in train}:
            if place < len(counts):
                counts[place] += 1
    found, at_the_ends, run = [], 0, []
    for place, count in enumerate(counts):
        if count:
            run.append(place)
        elif run:
            peak = max(run, key=lambda each: counts[each])
            if counts[peak] >= min_electrodes:
                inside = peak >= margin and peak + margin + 1 < len(counts)
                at_the_ends += not inside
                found += [(begin + (peak + 0.5) * bin_size, counts[peak])] if inside else []
            run = []
    return found, at_the_ends


@given(cultures, st.sampled_from([1 / 64, 1 / 8, 0.5]), st.integers(1, 3), st.integers(0, 4))
def test_network_spikes_equal_a_count_in_every_bin(electrodes, bin_size, min_electrodes, margin):
    found = statistics.network_spikes(
        electrodes, bin_size=bin_size, min_electrodes=min_electrodes, margin=margin
    )
    counted = network_spikes_counted(electrodes, bin_size, min_electrodes, margin)
    assert (list(zip(found.times, found.peaks, strict=True)), found.n_at_the_ends) == counted


def test_network_spikes_of_sparse_events_take_no_memory():
    away = 1e9  # s: 30 years, in bins of 3 ms
    electrodes = [np.concatenate([train, train + away]) for train in network_spike()]
    tracemalloc.start()
    found = statistics.network_spikes(electrodes)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.peaks.tolist() == [12, 12]
    assert found.widths == pytest.approx([0.0078, 0.0078])
    assert most < 1e6


def test_network_spikes_at_the_ends_are_left_out():
    spikes = statistics.network_spikes(network_spike(at=0.25))
    assert spikes.times.size == 0
    assert spikes.n_at_the_ends == 1


@pytest.mark.parametrize("peak", range(8))
def test_network_spikes_need_a_margin(peak):
    # Eight bins: two must lie before the peak, three after it; a run into the last is no run.
    times = [(peak + 0.5) * 0.25]
    electrodes = [times, times, [0.0], [2.0]]
    spikes = statistics.network_spikes(electrodes, bin_size=0.25, min_electrodes=2, margin=2)
    assert spikes.times.tolist() == (times if peak in (2, 3, 4) else [])
    assert spikes.n_at_the_ends == (peak in (0, 1, 5, 6))


def test_network_spikes_lie_at_the_first_highest_bin():
    electrodes = [[0.6, 0.9, 1.1], [0.9, 1.1], [0.0], [2.0]]
    spikes = statistics.network_spikes(electrodes, bin_size=0.25, min_electrodes=2, margin=2)
    assert spikes.times.tolist() == [0.875]
    assert spikes.peaks.tolist() == [2]


def test_network_spike_without_a_width():
    spikes = statistics.network_spikes(network_spike_without_a_width())
    assert spikes.peaks.tolist() == [12]
    assert np.isnan(spikes.widths).all()


def test_network_burst_by_hand():
    electrodes = network_burst()
    bursts = statistics.network_bursts(electrodes)
    assert bursts.start.tolist() == [10.25]
    assert bursts.stop.tolist() == [10.75]
    assert bursts.share == pytest.approx([4 / 15])
    within = [(np.array(train) >= 10.25) & (np.array(train) <= 10.75) for train in electrodes]
    assert bursts.n_spikes.tolist() == [sum(each.sum() for each in within)]
    assert statistics.network_bursts([*electrodes[1:], np.array([2.0])]).start.size == 1
    assert statistics.network_bursts([*electrodes[1:], [2.0], [2.0]]).start.size == 0
    assert statistics.network_bursts(electrodes[2:4]).start.size == 0


def test_network_bursts_that_only_touch_are_one():
    burst = np.arange(11) / 16
    early, late = burst + 10, burst + 10.625
    one = statistics.network_bursts([early, early, late, late], min_electrodes=2)
    assert (one.start.tolist(), one.stop.tolist()) == ([10], [11.25])
    touched = statistics.network_bursts([early, early, late], min_electrodes=2)
    assert (touched.stop.tolist(), touched.share.tolist()) == ([10.625], [1])
    assert statistics.network_bursts([early, early, late]).start.size == 0


@given(cultures)
@settings(deadline=None, max_examples=50)
def test_network_bursts_equal_a_count_at_every_moment(electrodes):
    found = statistics.network_bursts(electrodes, min_electrodes=2)
    firing = [train for train in electrodes if len(train)]
    bursts = [statistics.find_bursts(train) for train in firing]
    moments = np.arange(0, 64 * 1024) / 1024 + 1 / 2048  # between the ticks
    n_bursting = sum(
        ((b.start[:, None] < moments) & (moments < b.stop[:, None])).sum(axis=0) for b in bursts
    ) + np.zeros(moments.size)
    inside = ((found.start[:, None] < moments) & (moments < found.stop[:, None])).any(axis=0)
    assert np.array_equal(inside, (n_bursting >= 2) & (n_bursting >= 0.2 * len(firing)))
    assert np.all(found.start[1:] > found.stop[:-1])
    assert np.all((found.share > 0) & (found.share <= 1))


# Avalanches


def test_avalanches_by_hand():
    found = statistics.avalanches([[0.0, 0.5, 4.0], [1.25, 9.0]], bin_size=1.0)
    assert found.sizes.tolist() == [3, 1, 1]
    assert found.durations.tolist() == [2, 1, 1]
    mean_interval = statistics.avalanches([[0.0, 0.5, 4.0], [1.25, 9.0]])
    assert mean_interval.bin_size == 9.0 / 4
    assert mean_interval.sizes.tolist() == [4, 1]


def test_avalanches_of_a_poisson_process_are_geometric():
    # A bin is empty with chance p = exp(-1): an avalanche lasts 1 / p bins on average, and bins
    # that are not empty hold 1 / (1 - p) spikes.
    found = statistics.avalanches([poisson(50, 2000, 7)])
    p = np.exp(-1)
    assert found.durations.mean() / found.bin_size == pytest.approx(1 / p, rel=0.03)
    assert found.sizes.mean() == pytest.approx(1 / (p * (1 - p)), rel=0.03)


@given(cultures, st.sampled_from([1 / 64, 1 / 8, 1.0]))
@settings(deadline=None)
def test_avalanches_hold_all_spikes_and_are_apart(electrodes, bin_size):
    found = statistics.avalanches(electrodes, bin_size)
    times = np.sort(np.concatenate([[], *electrodes]))
    assert found.sizes.sum() == times.size
    filled = np.unique(np.floor((times - times[:1]) / bin_size))
    assert found.sizes.size == np.sum(np.diff(filled, prepend=-np.inf) > 1)
    assert found.durations.sum() == pytest.approx(filled.size * bin_size)


def test_too_few_spikes_for_a_mean_interval_are_no_avalanche():
    for electrodes in ([], [[]], [[1.0]], [[1.0], [1.0]]):
        assert statistics.avalanches(electrodes).sizes.size == 0


# Theta bursting


def test_theta_bursting_of_the_published_example():
    intervals, density = statistics.isi_density(THETA_TRAIN)
    assert np.log(intervals[[0, -1]]) == pytest.approx([-7.202214, 1.798536], abs=1e-6)
    peaks = np.flatnonzero((density[1:-1] > density[:-2]) & (density[1:-1] > density[2:])) + 1
    assert intervals[peaks] == pytest.approx([0.011224, 0.166174], abs=1e-6)
    assert density[peaks] == pytest.approx([0.238879, 0.216722], abs=1e-6)
    assert statistics.is_theta_bursting(THETA_TRAIN)
    assert not statistics.is_theta_bursting(THETA_TRAIN, theta_band=(0.02, 0.1))


def test_interval_density_equals_an_exact_kernel_density():
    train = poisson(5, 200, 4)
    intervals, density = statistics.isi_density(train)
    x = np.log(np.diff(train))
    sd, (q1, q3) = x.std(ddof=1), np.percentile(x, [25, 75])
    bandwidth = 0.9 * min(sd, (q3 - q1) / 1.34) * x.size**-0.2
    exact = gaussian_kde(x, bandwidth / sd)(np.log(intervals))
    assert density == pytest.approx(exact, abs=2e-3 * exact.max())
    assert np.trapezoid(density, np.log(intervals)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("period", [0.2, 0.05])
@pytest.mark.parametrize("n_spikes", [3, 4, 5, 10, 1000])
def test_interval_density_of_regular_trains(period, n_spikes):
    # Rounding leaves a spread of 1e-16 between equal ISIs, which must not become the bandwidth.
    intervals, density = statistics.isi_density(np.arange(1, n_spikes + 1) * period)
    assert np.isfinite(density).all()
    assert intervals[density.argmax()] == pytest.approx(period, rel=0.02)
    assert intervals[-1] > 2 * intervals[0]


def test_few_or_coincident_spikes_do_not_theta_burst():
    for train in ([], [1.0], [1.0, 1.15], [1.0, 1.0, 1.0, 1.15]):
        assert not statistics.is_theta_bursting(train)


# Bad values


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: statistics.isi([2.0, 1.0]), "sorted"),
        (lambda: statistics.find_bursts([2.0, 1.0]), "sorted"),
        (lambda: statistics.find_bursts([1.0], max_isi_start=0.3), "exceeds max_isi_end"),
        (lambda: statistics.is_theta_bursting([np.nan]), "finite"),
        (lambda: statistics.network_spikes([[1.0]], bin_size=0), "bin_size must be positive"),
        (lambda: statistics.network_spikes([[2.0, 1.0]]), "sorted"),
        (lambda: statistics.network_bursts([[1.0]], min_electrodes=0), "min_electrodes"),
        (lambda: statistics.network_bursts([[2.0, 1.0]]), "sorted"),
        (lambda: statistics.avalanches([[1.0]], bin_size=-1), "bin_size must be positive"),
    ],
)
def test_bad_values(call, said):
    with pytest.raises(ValueError, match=said) as error:
        call()
    assert "\n" not in str(error.value)
