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
from spikinggrid.statistics.features import UNITS, features, published_features
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
    "fir.rate.cv",
    "isi.cv",
    "isi.lv",
    "avalanche.size",
    "avalanche.duration",
    "corr.near",
    "corr.far",
]
DETAILED = "C57_CTX_G2CEPHYS1_TC11_DIV14_A"

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
    begin = time.perf_counter()
    published_features(spike_trains, t_start, t_stop)
    assert time.perf_counter() - begin < 1


# By hand


def test_features_of_the_published_bursts():
    ours = features([BURST_TRAIN], 0, 100)
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


def test_variation_of_intervals_of_a_poisson_train_is_one():
    ours = features([poisson(10, 400, seed) for seed in range(5)], 0, 400)
    assert ours["isi.cv"] == pytest.approx(1, abs=0.05)
    assert ours["isi.lv"] == pytest.approx(1, abs=0.05)


def test_share_of_electrodes_that_theta_burst():
    assert published_features([THETA_TRAIN, [1.0, 1.1], []], 0, 10)["theta.burst"] == 0.5


# Of any recording


@pytest.mark.parametrize("electrodes", [[], [[]], [[]] * 59])
def test_a_silent_recording_is_all_zeros(electrodes):
    ours = features(electrodes, 0, 10)
    assert ours == dict.fromkeys(PUBLISHED + OURS, 0.0)


@given(cultures, st.booleans())
@settings(deadline=None, max_examples=50)
def test_features_are_finite_and_do_not_depend_on_the_zero_of_time(electrodes, together):
    if together and electrodes:  # twelve electrodes at once: network spikes too
        electrodes = [electrodes[0]] * 12 + electrodes
    ours = features(electrodes, 0, T_STOP)
    assert list(ours) == PUBLISHED + OURS
    assert all(type(value) is float and np.isfinite(value) for value in ours.values())
    shifted = features([train + 1000 for train in electrodes], 1000, 1000 + T_STOP)
    assert shifted == ours


@given(cultures)
@settings(deadline=None, max_examples=30)
def test_features_ignore_silent_electrodes_their_order_and_spikes_outside(electrodes):
    ours = features(electrodes, 0, T_STOP)
    more = [np.concatenate([[-5.0], train, [T_STOP + 1]]) for train in reversed(electrodes)]
    assert features([[], *more, []], 0, T_STOP) == pytest.approx(ours, rel=1e-12)


def test_every_feature_has_a_unit():
    assert list(UNITS) == PUBLISHED + OURS
