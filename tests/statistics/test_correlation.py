"""The spike time tiling coefficient, held against published values and counts on a fine grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.statistics import correlation
from tests.trains import T_STOP, cultures, poisson, trains

pytestmark = pytest.mark.filterwarnings("error")


def test_tiling_coefficient_of_the_published_example():
    a, b, c = [1.0, 2.0, 3.0], [1.004, 2.006, 5.0], [0.002, 0.004, 0.012, 9.997]
    assert correlation.sttc(a, b, 0, 10) == pytest.approx(0.330663997, abs=5e-10)
    assert correlation.sttc(a, c, 0, 10) == pytest.approx(-0.00275, abs=5e-10)
    assert correlation.sttc(b, c, 0, 10) == pytest.approx(-0.00275, abs=5e-10)
    assert correlation.mean_sttc([a, b, c, []], 0, 10) == pytest.approx(0.108387999, abs=5e-10)


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
    ours = correlation.sttc(a, b, 0, 20, dt)
    assert ours == pytest.approx(tiling_counted(a, b, 20, dt), abs=1e-9)


@given(cultures, st.sampled_from([0.001, 0.005, 0.05, 0.5]))
@settings(deadline=None)
def test_tiling_coefficients_are_symmetric_and_bounded(electrodes, dt):
    matrix = correlation.sttc_matrix(electrodes, 0, T_STOP, dt)
    defined = np.isfinite(matrix)
    assert np.array_equal(matrix, matrix.T, equal_nan=True)
    assert np.all(np.abs(matrix[defined]) <= 1)
    silent = np.array([len(train) == 0 for train in electrodes], dtype=bool)
    assert np.array_equal(defined, ~(silent[:, None] | silent))
    assert np.all(np.diag(matrix)[~silent] == 1)


@given(cultures, st.sampled_from([0.001, 0.005, 0.05]), st.sampled_from([86_400, 1.7e9]))
def test_tiling_coefficients_do_not_hang_on_the_start(electrodes, dt, start):
    # Samples of 40 us: many spikes lie exactly dt apart, and most times have no exact float.
    sampled = [np.round(train * 512) / 25_000 for train in electrodes]
    later = [np.round((train + start) * 1e6) / 1e6 for train in sampled]
    matrix = correlation.sttc_matrix(sampled, 0, 10, dt)
    shifted = correlation.sttc_matrix(later, start, start + 10, dt)
    np.testing.assert_allclose(shifted, matrix, rtol=0, atol=1e-12)


def test_no_pairs_have_no_mean():
    assert np.isnan(correlation.mean_sttc([[1.0], []], 0, 10))


def test_independent_trains_do_not_correlate():
    electrodes = [poisson(rate, 1800, seed) for seed, rate in enumerate([2, 2, 5, 5, 10, 10])]
    assert correlation.mean_sttc(electrodes, 0, 1800) == pytest.approx(0, abs=0.002)
    matrix = correlation.sttc_matrix(electrodes, 0, 1800)
    assert np.abs(matrix[~np.eye(6, dtype=bool)]).max() < 0.01


def test_correlation_by_distance_is_the_mean_over_the_pairs():
    places = np.array([[0, 0], [0.2e-3, 0], [0.6e-3, 0], [np.nan, np.nan], [0, 0.2e-3]])
    matrix = np.arange(25.0).reshape(5, 5)
    matrix = matrix + matrix.T
    matrix[0, 2] = matrix[2, 0] = np.nan
    edges, mean, n_pairs = correlation.sttc_by_distance(matrix, places, 0.2e-3)
    assert edges == pytest.approx(np.arange(5) * 0.2e-3)
    assert n_pairs.tolist() == [0, 3, 1, 1]  # 0-1, 0-4 and 1-4; 1-2; 2-4
    expected = [
        np.nan,
        (matrix[0, 1] + matrix[0, 4] + matrix[1, 4]) / 3,
        matrix[1, 2],
        matrix[2, 4],
    ]
    assert mean == pytest.approx(expected, nan_ok=True)


def test_correlation_of_a_real_culture_falls_with_distance(data_folder):
    from spikinggrid.recordings import read

    made = read(data_folder / "recordings" / "C57_CTX_G2CEPHYS1_TC11_DIV21_A.h5")
    matrix = correlation.sttc_matrix(made.spike_trains, made.t_start, made.t_stop)
    places = np.column_stack([made.x, made.y])
    _, mean, n_pairs = correlation.sttc_by_distance(matrix, places)
    assert n_pairs.sum() == made.n_electrodes * (made.n_electrodes - 1) / 2
    assert mean[1] > mean[4]


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: correlation.sttc([1.0], [2.0], 0, 10, dt=-1), "dt must be positive, got -1"),
        (
            lambda: correlation.sttc_by_distance(np.eye(1), np.zeros((1, 2)), 0),
            "bin_size must be positive",
        ),
    ],
)
def test_bad_values(call, said):
    with pytest.raises(ValueError, match=said) as error:
        call()
    assert "\n" not in str(error.value)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.001, 0.02]))
@settings(max_examples=10)
def test_many_electrodes_are_as_their_pairs(seed, dt):
    # Among few spikes all within dt are looked at, in the burst one spike of each electrode.
    random = np.random.default_rng(seed)
    burst = [np.round(4 + 0.05 * random.random(3), 3) for _ in range(50)]
    alone = [np.round(random.uniform(0, 10, 6), 3) for _ in range(50)]
    electrodes = [np.sort(np.concatenate(parts)) for parts in zip(burst, alone, strict=True)]
    matrix = correlation.sttc_matrix(electrodes, 0, 10, dt)
    pairs = [(a, b) for a in range(0, 50, 7) for b in range(a, 50)]
    expected = [correlation.sttc(electrodes[a], electrodes[b], 0, 10, dt) for a, b in pairs]
    assert [matrix[pair] for pair in pairs] == expected
