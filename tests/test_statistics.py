"""Statistics of spike trains, held against published values, SciPy, NumPy and analytic results."""

import csv
import time

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde

from spikinggrid import statistics

pytestmark = pytest.mark.filterwarnings("error")

PUBLISHED = [
    "burst.rate",
    "burst.dur",
    "spikes.in.bursts",
    "CV.IBI",
    "num.n.s",
    "n.s.peak",
    "n.s.dur",
    "fir.rate",
    "burst.fir.rate",
    "corr",
    "theta.burst",
]
OURS = [
    "n_electrodes",
    "n_bursting_electrodes",
    "n_spikes",
    "share_of_spikes_in_bursts",
    "network_burst.rate",
    "network_burst.duration",
    "network_burst.share_of_electrodes",
]
DETAILED = "C57_CTX_G2CEPHYS1_TC11_DIV14_A"
BURST_TRAIN = np.fromstring(
    "0.50 0.55 0.60 0.83 0.87 1.15 1.45 1.51 1.57 4.00 4.02 4.04 4.06 4.08 7.00 7.30 7.35 7.40 "
    "7.58 7.60 7.62 8.30 8.54 12.000 12.005 12.010 12.015 12.020 12.025 15.0",
    sep=" ",
)

# Times on a grid of 1/512 s: exact in floating point, so shifts by whole seconds are exact too.
trains = st.lists(st.integers(0, 20 * 512), max_size=80, unique=True).map(
    lambda ticks: np.sort(np.array(ticks, dtype=float)) / 512
)
dense_trains = st.lists(st.sampled_from([1, 10, 40, 51, 52, 100, 128, 129, 300, 450]), max_size=60)
bursting_trains = dense_trains.map(lambda isis: np.cumsum([512, *isis]) / 512)
cultures = st.lists(trains | bursting_trains, max_size=6)
T_STOP = 64.0


def poisson(rate, duration, seed):
    random = np.random.default_rng(seed)
    return np.sort(random.uniform(0, duration, random.poisson(rate * duration)))


def network_spike(n_at_peak=12, at=2.0):
    """The network spike of the published definitions, plus a spike long before and long after."""
    electrodes = [[] for _ in range(12)]
    for step, n_firing in enumerate([2, 7, n_at_peak, 8, 3]):
        for electrode in electrodes[:n_firing]:
            electrode.append(at + 0.0005 + 0.003 * step)
    electrodes[0].append(0.2)
    electrodes[1].append(4.5)
    return [np.sort(electrode) for electrode in electrodes]


# Real recordings


@pytest.fixture(scope="module")
def recordings(data_folder):
    """Name -> (spike trains, t_start, t_stop, published row)."""
    folder = data_folder / "recordings"
    found = {}
    with open(folder / "published_features.csv", newline="") as table:
        for row in csv.DictReader(table):
            name = row[""]
            with h5py.File(folder / f"{name}.h5") as file:
                ends = np.cumsum(file["sCount"][:])
                spike_trains = np.split(file["spikes"][:], ends[:-1])
                found[name] = (spike_trains, *file["recordingtime"][:], row)
    assert len(found) == 12
    return found


def test_published_features_of_real_recordings(recordings):
    theta_equal = 0
    for name, (spike_trains, t_start, t_stop, row) in recordings.items():
        ours = statistics.published_features(spike_trains, t_start, t_stop)
        assert list(ours) == PUBLISHED
        published = {feature: float(row[feature]) for feature in PUBLISHED}
        theta_equal += ours.pop("theta.burst") == pytest.approx(published.pop("theta.burst"))
        assert ours == pytest.approx(published, rel=1e-9, abs=0), name
    assert theta_equal >= 11


def test_one_real_recording_in_detail(recordings):
    spike_trains, t_start, t_stop, _ = recordings[DETAILED]
    n_bursts = np.array([statistics.find_bursts(train).first.size for train in spike_trains])
    assert n_bursts.sum() == 4025
    assert np.sum(n_bursts >= 3) == 47
    assert sum(statistics.is_theta_bursting(train) for train in spike_trains) == 10
    ours = statistics.features(spike_trains, t_start, t_stop)
    assert ours["n_electrodes"] == 56
    assert ours["n_bursting_electrodes"] == 51
    assert ours["n_spikes"] == 145643


def test_cultures_of_two_weeks_burst_together(recordings):
    for name, (spike_trains, t_start, t_stop, row) in recordings.items():
        ours = statistics.features(spike_trains, t_start, t_stop)
        assert 0 < ours["network_burst.share_of_electrodes"] <= 1
        if row["age"] == "21":
            # As often as the median electrode within a factor of four, and much longer than 50 ms.
            assert 1 / 4 < ours["network_burst.rate"] / ours["burst.rate"] < 4, name
            assert ours["network_burst.duration"] > 0.1, name


def test_features_of_a_recording_take_less_than_a_second(recordings):
    spike_trains, t_start, t_stop, _ = recordings[DETAILED]
    begin = time.perf_counter()
    statistics.published_features(spike_trains, t_start, t_stop)
    assert time.perf_counter() - begin < 1


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
    ours = statistics.features([BURST_TRAIN], 0, 100)
    assert ours["burst.rate"] == pytest.approx(1.2)
    assert ours["burst.dur"] == 0.695
    assert ours["spikes.in.bursts"] == 50
    assert ours["burst.fir.rate"] == pytest.approx(13.580607, abs=5e-7)
    assert ours["CV.IBI"] == 0
    assert ours["n_spikes"] == 30
    assert ours["share_of_spikes_in_bursts"] == 0.5


def test_variation_of_inter_burst_intervals():
    burst = np.arange(6) / 64
    length = burst[-1]
    train = np.concatenate([burst, burst + length + 2, burst + 2 * length + 6])
    regular = np.concatenate([burst, burst + 2, burst + 4])  # a CV of 0 is not published
    assert statistics.find_bursts(train).ibi.tolist() == [2, 4]
    assert statistics.published_features([train, regular, burst], 0, 20)["CV.IBI"] == 0.471


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
    electrodes = network_spike()
    spikes = statistics.network_spikes(electrodes)
    assert spikes.peaks.tolist() == [12]
    assert spikes.times == pytest.approx([2.0065], abs=0.0015)
    assert spikes.widths == pytest.approx([0.0078])
    ours = statistics.published_features(electrodes, 0, 60)
    assert ours["num.n.s"] == 1
    assert ours["n.s.peak"] == 12
    assert ours["n.s.dur"] == pytest.approx(0.0078)


@pytest.mark.parametrize("n_at_peak, n_found", [(10, 0), (11, 1)])
def test_network_spikes_take_eleven_electrodes(n_at_peak, n_found):
    assert statistics.network_spikes(network_spike(n_at_peak)).times.size == n_found


def test_network_spikes_at_the_ends_are_left_out():
    spikes = statistics.network_spikes(network_spike(at=0.25))
    assert spikes.times.size == 0
    assert spikes.n_at_the_ends == 1
    ours = statistics.published_features(network_spike(at=0.25), 0, 30)
    assert [ours[name] for name in ("num.n.s", "n.s.peak", "n.s.dur")] == [2, 0, 0]


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
    always = 2.0005 + 0.003 * np.arange(301)
    electrodes = [np.array([2.4505])] * 6 + [always] * 6
    electrodes[0] = np.array([0.1, 2.4505, 4.9])
    spikes = statistics.network_spikes(electrodes)
    assert spikes.peaks.tolist() == [12]
    assert np.isnan(spikes.widths).all()
    ours = statistics.published_features(electrodes, 0, 60)
    assert [ours[name] for name in ("num.n.s", "n.s.peak", "n.s.dur")] == [1, 12, 0]


def test_network_burst_by_hand():
    burst = np.arange(11) / 16  # 0.625 s
    electrodes = [burst + start for start in (10, 10.125, 10.25, 10.5)]
    electrodes += [np.array([1.0])] * 11 + [np.array([])] * 5  # 15 firing: 3 are 20 %
    bursts = statistics.network_bursts(electrodes)
    assert bursts.start.tolist() == [10.25]
    assert bursts.stop.tolist() == [10.75]
    assert bursts.share == pytest.approx([4 / 15])
    ours = statistics.features(electrodes, 0, 30)
    assert ours["network_burst.rate"] == 2
    assert ours["network_burst.duration"] == 0.5
    assert ours["network_burst.share_of_electrodes"] == pytest.approx(4 / 15)
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


# Correlation


def test_tiling_coefficient_of_the_published_example():
    a, b, c = [1.0, 2.0, 3.0], [1.004, 2.006, 5.0], [0.002, 0.004, 0.012, 9.997]
    assert statistics.sttc(a, b, 0, 10) == pytest.approx(0.330663997, abs=5e-10)
    assert statistics.sttc(a, c, 0, 10) == pytest.approx(-0.00275, abs=5e-10)
    assert statistics.sttc(b, c, 0, 10) == pytest.approx(-0.00275, abs=5e-10)
    assert statistics.mean_sttc([a, b, c, []], 0, 10) == pytest.approx(0.108387999, abs=5e-10)


def tiling_counted(a, b, t_stop, dt):
    """The definition on a fine grid of moments and on all pairs of spikes."""
    moments = (np.arange(64 * 1024) + 0.5) / 1024
    moments = moments[moments < t_stop]
    distance = np.abs(a[:, None] - b)
    p_a, p_b = (distance.min(axis=1) <= dt).mean(), (distance.min(axis=0) <= dt).mean()
    t_a, t_b = ((np.abs(x[:, None] - moments) < dt).any(axis=0).mean() for x in (a, b))
    return ((p_a - t_b) / (1 - p_a * t_b) + (p_b - t_a) / (1 - p_b * t_a)) / 2


@given(trains.filter(len), trains.filter(len))
@settings(deadline=None, max_examples=50)
def test_tiling_coefficient_equals_counting(a, b):
    dt = 3 / 512
    ours = statistics.sttc(a, b, 0, 20, dt)
    assert ours == pytest.approx(tiling_counted(a, b, 20, dt), abs=1e-9)


@given(cultures, st.sampled_from([0.001, 0.005, 0.05, 0.5]))
@settings(deadline=None)
def test_tiling_coefficients_are_symmetric_and_bounded(electrodes, dt):
    matrix = statistics.sttc_matrix(electrodes, 0, T_STOP, dt)
    defined = np.isfinite(matrix)
    assert np.array_equal(matrix, matrix.T, equal_nan=True)
    assert np.all(np.abs(matrix[defined]) <= 1)
    silent = np.array([len(train) == 0 for train in electrodes], dtype=bool)
    assert np.array_equal(defined, ~(silent[:, None] | silent))
    assert np.all(np.diag(matrix)[~silent] == 1)


def test_independent_trains_do_not_correlate():
    electrodes = [poisson(rate, 1800, seed) for seed, rate in enumerate([2, 2, 5, 5, 10, 10])]
    assert statistics.mean_sttc(electrodes, 0, 1800) == pytest.approx(0, abs=0.002)
    matrix = statistics.sttc_matrix(electrodes, 0, 1800)
    assert np.abs(matrix[~np.eye(6, dtype=bool)]).max() < 0.01


# Theta bursting

THETA_ISI = [0.010, 0.012, 0.150, 0.160, 0.011, 0.140, 0.155, 0.013, 0.170, 0.012, 0.500, 0.009]
THETA_TRAIN = np.cumsum([1.0, *THETA_ISI])


def test_theta_bursting_of_the_published_example():
    intervals, density = statistics.isi_density(THETA_TRAIN)
    assert np.log(intervals[[0, -1]]) == pytest.approx([-7.202214, 1.798536], abs=1e-6)
    peaks = np.flatnonzero((density[1:-1] > density[:-2]) & (density[1:-1] > density[2:])) + 1
    assert intervals[peaks] == pytest.approx([0.011224, 0.166174], abs=1e-6)
    assert density[peaks] == pytest.approx([0.238879, 0.216722], abs=1e-6)
    assert statistics.is_theta_bursting(THETA_TRAIN)
    assert not statistics.is_theta_bursting(THETA_TRAIN, theta_band=(0.02, 0.1))
    assert statistics.published_features([THETA_TRAIN, [1.0, 1.1], []], 0, 10)["theta.burst"] == 0.5


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


# The whole table


@pytest.mark.parametrize("electrodes", [[], [[]], [[]] * 59])
def test_a_silent_recording_is_all_zeros(electrodes):
    ours = statistics.features(electrodes, 0, 10)
    assert ours == dict.fromkeys(PUBLISHED + OURS, 0.0)


@given(cultures, st.booleans())
@settings(deadline=None, max_examples=50)
def test_features_are_finite_and_do_not_depend_on_the_zero_of_time(electrodes, together):
    if together and electrodes:  # twelve electrodes at once: network spikes too
        electrodes = [electrodes[0]] * 12 + electrodes
    ours = statistics.features(electrodes, 0, T_STOP)
    assert list(ours) == PUBLISHED + OURS
    assert all(type(value) is float and np.isfinite(value) for value in ours.values())
    shifted = statistics.features([train + 1000 for train in electrodes], 1000, 1000 + T_STOP)
    assert shifted == ours


@given(cultures)
@settings(deadline=None, max_examples=30)
def test_features_ignore_silent_electrodes_their_order_and_spikes_outside(electrodes):
    ours = statistics.features(electrodes, 0, T_STOP)
    more = [np.concatenate([[-5.0], train, [T_STOP + 1]]) for train in reversed(electrodes)]
    assert statistics.features([[], *more, []], 0, T_STOP) == pytest.approx(ours, rel=1e-12)


# Evoked responses


def test_histogram_of_spikes_on_the_grid_of_steps():
    steps = np.arange(1, 1001) * 113
    stimuli, answers = steps * 0.001, (steps + 7) * 0.001  # rounded differently
    edges, rates = statistics.psth([answers, []], stimuli, 0.01, 0.02, 0.001)
    assert edges == pytest.approx(np.arange(-10, 21) * 0.001)
    expected = np.zeros((2, 30))
    expected[0, 17] = 1000  # a spike a stimulus in a bin of 1 ms
    assert rates == pytest.approx(expected)


@given(trains, trains.filter(len), st.integers(0, 20), st.integers(1, 20))
@settings(deadline=None)
def test_histogram_equals_numpy_and_the_counts(train, stimuli, n_before, n_after):
    bin_size = 1 / 64
    edges, rates = statistics.psth(
        [train], stimuli, n_before * bin_size, n_after * bin_size, bin_size
    )
    relative = (train[:, None] - stimuli).ravel()
    relative = relative[relative < edges[-1]]  # NumPy alone counts the last edge
    expected = np.histogram(relative, edges)[0] / (stimuli.size * bin_size)
    assert rates[0] == pytest.approx(expected)
    counts = statistics.evoked_counts([train], stimuli, (edges[0], edges[-1]))
    assert counts.shape == (stimuli.size, 1)
    assert rates.sum() * bin_size * stimuli.size == pytest.approx(counts.sum())


def test_histogram_of_a_poisson_train_is_its_rate():
    train = poisson(50, 1000, 5)
    _, rates = statistics.psth([train], np.arange(1, 999), 0.5, 0.5, 0.05)
    assert rates.shape == (1, 20)
    assert rates == pytest.approx(np.full((1, 20), 50), rel=0.1)
    assert rates.mean() == pytest.approx(50, rel=0.02)


def test_evoked_responses_by_hand():
    stimuli = [10.0, 30.0, 20.0]
    answering = [10.005, 10.02, 10.05, 20.015, 25.0, 30.1]
    electrodes = [answering, [9.99, 10.1]]
    window = (0.0, 0.05)
    counts = statistics.evoked_counts(electrodes, stimuli, window)
    assert counts.tolist() == [[2, 0], [0, 0], [1, 0]]
    probability = statistics.response_probability(electrodes, stimuli, window)
    assert probability == pytest.approx([2 / 3, 0])
    latency = statistics.first_spike_latency(electrodes, stimuli, window)
    assert latency == pytest.approx([0.010, np.nan], nan_ok=True)


# Bad values

GOOD = [[1.0, 2.0]]


@pytest.mark.parametrize("function", ["firing_rates", "sttc_matrix", "mean_sttc", "features"])
@pytest.mark.parametrize(
    "spike_trains, t_start, t_stop, said",
    [
        ([[2.0, 1.0]], 0, 10, "sorted, got 2.0 s before 1.0 s"),
        ([[1.0, np.nan]], 0, 10, "finite"),
        ([[1.0, np.inf]], 0, 10, "finite"),
        ([[[1.0, 2.0]]], 0, 10, r"1-D array of times, got shape \(1, 2\)"),
        (GOOD, 10, 10, "got 10 s to 10 s"),
        (GOOD, 10, 0, "got 10 s to 0 s"),
        (GOOD, 0, np.nan, "got 0 s to nan s"),
    ],
)
def test_bad_trains_and_spans(function, spike_trains, t_start, t_stop, said):
    with pytest.raises(ValueError, match=said) as error:
        getattr(statistics, function)(spike_trains, t_start, t_stop)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: statistics.isi([2.0, 1.0]), "sorted"),
        (lambda: statistics.find_bursts([2.0, 1.0]), "sorted"),
        (lambda: statistics.find_bursts([1.0], max_isi_start=0.3), "exceeds max_isi_end"),
        (lambda: statistics.is_theta_bursting([np.nan]), "finite"),
        (lambda: statistics.network_spikes(GOOD, bin_size=0), "bin_size must be positive, got 0"),
        (lambda: statistics.network_spikes([[2.0, 1.0]]), "sorted"),
        (lambda: statistics.network_bursts(GOOD, min_electrodes=0), "min_electrodes"),
        (lambda: statistics.network_bursts([[2.0, 1.0]]), "sorted"),
        (lambda: statistics.sttc([1.0], [2.0], 0, 10, dt=-1), "dt must be positive, got -1"),
        (lambda: statistics.psth(GOOD, [1.0], 0.1, 0.1, 0), "bin_size must be positive"),
        (lambda: statistics.psth(GOOD, [1.0], 0.1, 0.1, np.nan), "bin_size must be positive"),
        (lambda: statistics.psth(GOOD, [1.0], 0.1, 0.15, 0.1), "whole numbers of bins of 0.1 s"),
        (lambda: statistics.psth(GOOD, [1.0], -0.1, 0.3, 0.1), "not negative"),
        (lambda: statistics.psth(GOOD, [1.0], 0, 0, 0.1), "not both 0"),
        (lambda: statistics.psth(GOOD, [1.0], 0, np.inf, 0.1), "got 0 s and inf s"),
        (lambda: statistics.psth(GOOD, [], 0.1, 0.1, 0.1), "one or more"),
        (lambda: statistics.psth([[2.0, 1.0]], [1.0], 0.1, 0.1, 0.1), "sorted"),
        (lambda: statistics.evoked_counts(GOOD, [np.nan], (0, 0.1)), "stimulus_times"),
        (lambda: statistics.evoked_counts(GOOD, [1.0], (0.1, 0.1)), "window must be finite"),
        (lambda: statistics.response_probability(GOOD, [], (0, 0.1)), "stimulus_times"),
        (lambda: statistics.first_spike_latency([[2.0, 1.0]], [1.0], (0, 0.1)), "sorted"),
    ],
)
def test_other_bad_values(call, said):
    with pytest.raises(ValueError, match=said) as error:
        call()
    assert "\n" not in str(error.value)
