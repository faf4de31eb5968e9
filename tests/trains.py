"""Spike trains by hand and at random, for tests of their statistics."""

import numpy as np
from hypothesis import strategies as st

# The worked examples of the published definitions.
# fmt: off
BURST_TRAIN = np.array([
    0.50, 0.55, 0.60, 0.83, 0.87, 1.15, 1.45, 1.51, 1.57, 4.00, 4.02, 4.04, 4.06, 4.08, 7.00,
    7.30, 7.35, 7.40, 7.58, 7.60, 7.62, 8.30, 8.54, 12.000, 12.005, 12.010, 12.015, 12.020,
    12.025, 15.0,
])
THETA_ISI = [0.010, 0.012, 0.150, 0.160, 0.011, 0.140, 0.155, 0.013, 0.170, 0.012, 0.500, 0.009]
THETA_TRAIN = np.cumsum([1.0, *THETA_ISI])
# fmt: on

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


def network_spike_without_a_width():
    """Twelve electrodes at once; six of them at every 3 ms, half the height and never below."""
    always = 2.0005 + 0.003 * np.arange(301)
    electrodes = [np.array([2.4505])] * 6 + [always] * 6
    electrodes[0] = np.array([0.1, 2.4505, 4.9])
    return electrodes


def network_burst():
    """Four electrodes burst for 0.625 s each, three of them at once from 10.25 to 10.75 s."""
    burst = np.arange(11) / 16
    electrodes = [burst + start for start in (10, 10.125, 10.25, 10.5)]
    return electrodes + [np.array([1.0])] * 11 + [np.array([])] * 5  # 15 firing: 3 are 20 %
