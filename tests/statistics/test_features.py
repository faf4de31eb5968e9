"""Features of recordings, held against published tables and what holds for any recording."""

import csv
import time

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.statistics import correlation
from spikinggrid.statistics import spiking as statistics
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.features import features, published_features
from tests.trains import (
    BURST_TRAIN,
    T_STOP,
    THETA_TRAIN,
    cultures,
    network_burst,
    network_spike,
    network_spike_without_a_width,
    poisson,
)

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
    "fir.rate.mean",
    "fir.rate.cv",
    "isi.cv",
    "isi.lv",
    "avalanche.size",
    "avalanche.duration",
    "corr.near",
    "corr.far",
    "corr.ratio",
    "network_burst.size.cv",
    "isi.short",
]
MEDIANS = {*PUBLISHED, "isi.cv", "isi.lv"} - {"num.n.s", "corr", "theta.burst"}
DETAILED = "C57_CTX_G2CEPHYS1_TC11_DIV14_A"

# Real recordings


@pytest.fixture(scope="module")
def recordings(data_folder):
    """Name -> (spike trains, t_start, t_stop, published row)."""
    folder = data_folder / "recordings"
    found = {}
    with (folder / "published_features.csv").open(newline="") as table:
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
        ours = published_features(spike_trains, t_start, t_stop)
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
    ours = features(spike_trains, t_start, t_stop)
    assert ours["n_electrodes"] == 56
    assert ours["n_bursting_electrodes"] == 51
    assert ours["n_spikes"] == 145643


def test_cultures_of_two_weeks_burst_together(recordings):
    for name, (spike_trains, t_start, t_stop, row) in recordings.items():
        ours = features(spike_trains, t_start, t_stop)
        assert 0 < ours["network_burst.share_of_electrodes"] <= 1
        if row["age"] == "21":
            # As often as the median electrode within a factor of four, and much longer than 50 ms.
            assert 1 / 4 < ours["network_burst.rate"] / ours["burst.rate"] < 4, name
            assert ours["network_burst.duration"] > 0.1, name


def test_features_of_a_recording_take_less_than_a_second(recordings):
    spike_trains, t_start, t_stop, _ = recordings[DETAILED]
    begin = time.process_time()
    published_features(spike_trains, t_start, t_stop)
    assert time.process_time() - begin < 1


# By hand


def test_features_of_the_published_bursts():
    ours = features([BURST_TRAIN], 0, 100)
    assert ours["burst.rate"] == pytest.approx(1.2)
    assert ours["burst.dur"] == 0.695
    assert ours["spikes.in.bursts"] == 50
    assert ours["burst.fir.rate"] == pytest.approx(13.580607, abs=5e-7)
    assert np.isnan(ours["CV.IBI"])
    assert published_features([BURST_TRAIN], 0, 100)["CV.IBI"] == 0
    assert ours["n_spikes"] == 30
    assert ours["share_of_spikes_in_bursts"] == 0.5


def test_variation_of_inter_burst_intervals():
    burst = np.arange(6) / 64
    length = burst[-1]
    train = np.concatenate([burst, burst + length + 2, burst + 2 * length + 6])
    regular = np.concatenate([burst, burst + 2, burst + 4])  # a CV of 0 is not published
    assert statistics.find_bursts(train).ibi.tolist() == [2, 4]
    assert published_features([train, regular, burst], 0, 20)["CV.IBI"] == 0.471


@pytest.mark.parametrize(
    "electrodes, duration, expected",
    [
        (network_spike(), 60, [1, 12, 0.0078]),
        (network_spike(at=0.25), 30, [2, 0, 0]),  # too near the first spike
        (network_spike_without_a_width(), 60, [1, 12, 0]),
    ],
)
def test_features_of_network_spikes(electrodes, duration, expected):
    ours = published_features(electrodes, 0, duration)
    assert [ours[name] for name in ("num.n.s", "n.s.peak", "n.s.dur")] == pytest.approx(expected)


def test_features_of_a_network_burst():
    ours = features(network_burst(), 0, 30)
    assert ours["network_burst.rate"] == 2
    assert ours["network_burst.duration"] == 0.5
    assert ours["network_burst.share_of_electrodes"] == pytest.approx(4 / 15)


def test_near_and_far_pairs_average_to_all_pairs():
    electrodes = [BURST_TRAIN, BURST_TRAIN + 0.001, THETA_TRAIN, BURST_TRAIN[::2]]
    places = np.array([[0, 0], [0.4e-3, 0], [0.4e-3, 0.4e-3], [2e-3, 0]])
    ours = features(electrodes, 0, 20, places)
    near = [(0, 1), (1, 2)]
    matrix = correlation.sttc_matrix(electrodes, 0, 20)
    assert ours["corr.near"] == pytest.approx(np.mean([matrix[pair] for pair in near]))
    all_pairs = 2 / 6 * ours["corr.near"] + 4 / 6 * ours["corr.far"]
    assert all_pairs == pytest.approx(ours["corr"])
    assert ours["corr.ratio"] == pytest.approx(ours["corr.far"] / ours["corr.near"])


def test_nothing_is_compared_with_near_electrodes_that_are_not_correlated():
    electrodes = [poisson(5, 100, seed) for seed in range(3)]
    ours = features(electrodes, 0, 100, np.array([[0, 0], [0.4e-3, 0], [2e-3, 0]]))
    assert abs(ours["corr.near"]) < 0.05
    assert np.isnan(ours["corr.ratio"])


def test_short_intervals_are_counted_among_those_within_bursts():
    train = np.cumsum([1, 0.001, 0.002, 0.0019, 0.005, 0.01, 0.5])  # neither 2 nor 10 ms count
    assert features([train, [3.0, 3.001]], 0, 5)["isi.short"] == pytest.approx(3 / 5)


def test_sizes_of_network_bursts_vary():
    electrodes = [np.concatenate([10 + np.arange(40) / 20, 30 + np.arange(20) / 20])] * 3
    expected = np.std([120, 60], ddof=1) / 90
    assert features(electrodes, 0, 40)["network_burst.size.cv"] == pytest.approx(expected)


def test_variation_of_intervals_of_a_poisson_train_is_one():
    ours = features([poisson(10, 400, seed) for seed in range(5)], 0, 400)
    assert ours["isi.cv"] == pytest.approx(1, abs=0.05)
    assert ours["isi.lv"] == pytest.approx(1, abs=0.05)


def test_share_of_electrodes_that_theta_burst():
    assert published_features([THETA_TRAIN, [1.0, 1.1], []], 0, 10)["theta.burst"] == 0.5


# Of any recording


@pytest.mark.parametrize("electrodes", [[], [[]], [[]] * 59])
def test_what_a_silent_recording_lacks_is_not_zero(electrodes):
    ours = features(electrodes, 0, 10)
    counted = [name for name, feature in FEATURES.items() if feature.unit in ("count", "/min")]
    counted.remove("burst.rate")  # of the electrodes that burst, and there are none
    assert {name: ours[name] for name in counted} == dict.fromkeys(counted, 0.0)
    assert all(np.isnan(value) for name, value in ours.items() if name not in counted)
    assert published_features(electrodes, 0, 10) == dict.fromkeys(PUBLISHED, 0.0)


LACKING_BURSTS = ["burst.rate", "burst.dur", "spikes.in.bursts", "CV.IBI", "burst.fir.rate"]


@pytest.mark.parametrize(
    ("electrodes", "positions", "lacking"),
    [
        ([[1.0, 3.0, 5.0]] * 2, [[0, 0], [1e-4, 0]], {"corr.far"}),
        ([[1.0, 3.0, 5.0]] * 2, [[0, 0], [1e-3, 0]], {"corr.near"}),
        ([[1.0, 3.0, 5.0]] * 2, [[0, 0], [np.nan, 0]], {"corr.near", "corr.far"}),
        ([[1.0, 3.0, 5.0]], None, {"corr", "corr.near", "corr.far", "fir.rate.cv"}),
        ([[1.0, 3.0], [2.0]], None, {"corr.near", "corr.far", "isi.cv", "isi.lv"}),
    ],
)
def test_what_does_not_exist_is_nan(electrodes, positions, lacking):
    ours = features(electrodes, 0, 10, positions and np.array(positions))
    lacking |= {*LACKING_BURSTS, "n.s.peak", "n.s.dur"}
    lacking |= {"network_burst.duration", "network_burst.share_of_electrodes"}
    lacking |= {"network_burst.size.cv", "isi.short"}
    lacking.add("corr.ratio")
    assert {name for name, value in ours.items() if np.isnan(value)} == lacking


def test_equal_intervals_of_zero_do_not_hide_the_other_electrodes():
    assert features([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]], 0, 10)["isi.cv"] == pytest.approx(
        np.std([1, 2], ddof=1) / 1.5
    )


@given(cultures, st.booleans())
@settings(deadline=None, max_examples=50)
def test_features_do_not_depend_on_the_zero_of_time(electrodes, together):
    if together and electrodes:  # twelve electrodes at once: network spikes too
        electrodes = [electrodes[0]] * 12 + electrodes
    ours = features(electrodes, 0, T_STOP)
    assert list(ours) == PUBLISHED + OURS
    assert all(type(value) is float and not np.isinf(value) for value in ours.values())
    shifted = features([train + 1000 for train in electrodes], 1000, 1000 + T_STOP)
    assert shifted == pytest.approx(ours, rel=1e-12, nan_ok=True)


@given(cultures)
@settings(deadline=None, max_examples=50)
def test_published_features_are_those_that_exist(electrodes):
    electrodes = [*electrodes, *[[]] * (59 - len(electrodes))]
    ours = features(electrodes, 0, T_STOP)
    published = published_features(electrodes, 0, T_STOP)
    for name, value in published.items():
        assert value == ours[name] or (value == 0 and np.isnan(ours[name]))


@given(cultures)
@settings(deadline=None, max_examples=30)
def test_features_ignore_silent_electrodes_their_order_and_spikes_outside(electrodes):
    ours = features(electrodes, 0, T_STOP, min_electrodes=3)
    more = [np.concatenate([[-5.0], train, [T_STOP + 1]]) for train in reversed(electrodes)]
    again = features([[], *more, []], 0, T_STOP, min_electrodes=3)
    assert again == pytest.approx(ours, rel=1e-12, nan_ok=True)


def test_thresholds_are_parameters_and_follow_the_number_of_electrodes():
    well = [np.array([0.2, 1.0, 2.9]) + 1e-4 * n for n in range(4)] + [[]] * 12
    assert features(well, 0, 3)["num.n.s"] == 20  # 3 of 16: the spike at 1 s
    assert features([*well, *[[]] * 43], 0, 3)["num.n.s"] == 0  # 11 of 59
    assert features(well, 0, 3, min_electrodes=5)["num.n.s"] == 0
    limits = {"min_spikes": 5, "min_duration": 0.02, "min_ibi": 0.5}
    ours = features([BURST_TRAIN], 0, 60, burst_limits=limits)
    assert ours["burst.rate"] == pytest.approx(4, abs=0.03)
    assert features([BURST_TRAIN], 0, 60)["burst.rate"] == pytest.approx(2, abs=0.05)


def test_every_feature_says_what_it_is():
    assert list(FEATURES) == PUBLISHED + OURS
    labels = [feature.label for feature in FEATURES.values()]
    assert len(set(labels)) == len(labels)
    for name, feature in FEATURES.items():
        assert feature.name == name
        assert all((feature.unit, feature.aggregate, feature.definition, feature.source))
        assert ("median over" in feature.aggregate) == (name in MEDIANS)


def test_mean_rate_counts_electrodes_that_fire():
    ours = features([[1.0], [1.0, 2.0, 3.0], [1.0, 2.0], []], 0, 2.5)
    assert ours["fir.rate.mean"] == pytest.approx((1 + 2 + 2) / 3 / 2.5)
    assert ours["fir.rate"] == pytest.approx(2 / 2.5)
