"""Wiring rules against theory, SciPy's distributions and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.optimize import brentq

from spikinggrid.network import connectivity as wiring
from spikinggrid.network.connectivity import (
    ABSENT,
    Projection,
    connect_by_field,
    connect_by_probability,
    connect_by_strength,
)
from spikinggrid.utils.errors import InputError

pytestmark = pytest.mark.filterwarnings("error")

WIDTH = 1e-3  # of the square on which the neurons of these tests lie, m
ANY_STRENGTH = 1e-12  # a cutoff below every strength
#: Random numbers that are right are refused this often, as by four standard errors.
CHANCE = 1e-4
HALF_NORMAL_MEAN = np.sqrt(2 / np.pi)


def neurons(n, seed=0):
    return np.random.default_rng(seed).uniform(0, WIDTH, (n, 2))


def gaussian(pre, post, reach):
    """exp(-d^2 / (2 reach^2)) for all pairs, in double precision."""
    squared = ((pre[:, None] - post[None]) ** 2).sum(axis=2)
    return np.exp(-squared / (2 * np.broadcast_to(reach, len(post)) ** 2))


def by_strength(pre, post, reach, cutoff=1e-3, incoming=0.04, seed=0, first_pre=None):
    generator = np.random.default_rng(seed)
    return connect_by_strength(pre, post, reach, cutoff, incoming, generator, first_pre)


def by_probability(n, reach=2e-4, synapses=40, strength=0.01, cv=0.5, seed=0, first_pre=0):
    post = neurons(n, seed)
    generator = np.random.default_rng(seed + 1)
    return post, connect_by_probability(
        post[first_pre:], post, reach, synapses, strength, cv, generator, first_pre
    )


# --- storage -----------------------------------------------------------------------------

# single precision, 0 where there is no synapse
matrices = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.just(0.0) | st.floats(2**-10, 1, width=32))
)


def dense(matrix):
    return Projection(*matrix.shape, np.where(matrix > 0, matrix, np.float32(ABSENT)))


def sparse(matrix):
    pointer = np.concatenate([[0], (matrix > 0).sum(axis=1).cumsum()])
    return Projection(*matrix.shape, matrix[matrix > 0], pointer, np.nonzero(matrix)[1])


@given(matrices)
def test_storages_agree(matrix):
    pre, post = np.nonzero(matrix)
    for projection in (dense(matrix), sparse(matrix), Projection.from_matrix(matrix)):
        assert (projection.n_pre, projection.n_post) == matrix.shape
        assert projection.n_synapses == len(pre)
        np.testing.assert_array_equal(projection.pairs(), (pre, post))
        np.testing.assert_array_equal(projection.strengths(), matrix[pre, post])
        np.testing.assert_array_equal(projection.matrix(), matrix)
        np.testing.assert_allclose(
            projection.incoming(), matrix.sum(axis=0, dtype=float), rtol=1e-12
        )
    assert dense(matrix).is_dense
    assert not sparse(matrix).is_dense


@given(matrices, st.data())
def test_storages_agree_on_new_strengths(matrix, data):
    n_synapses = np.count_nonzero(matrix)
    strengths = data.draw(arrays(np.float32, int(n_synapses), elements=st.floats(0, 1, width=32)))
    wanted = np.zeros_like(matrix)
    wanted[matrix > 0] = strengths
    for projection in (dense(matrix), sparse(matrix)):
        before = projection.strengths().copy()
        changed = projection.with_strengths(strengths)
        assert changed.n_synapses == n_synapses  # one that is depressed to 0 is still there
        np.testing.assert_array_equal(changed.strengths(), strengths)
        np.testing.assert_array_equal(changed.pairs(), projection.pairs())
        np.testing.assert_array_equal(changed.matrix(), wanted)
        np.testing.assert_array_equal(projection.strengths(), before)


@given(matrices)
def test_density_decides_storage(matrix):
    assert Projection.from_matrix(matrix).is_dense == (np.mean(matrix > 0) > 0.5)


@pytest.mark.parametrize(("reach", "is_dense"), [(WIDTH, True), (WIDTH / 50, False)])
def test_the_strength_rule_stores_what_suits_its_density(reach, is_dense):
    grown = by_strength(neurons(100), neurons(100), reach, first_pre=0)
    assert grown.is_dense == is_dense
    assert (grown.n_synapses > 100 * 100 / 2) == is_dense


@pytest.mark.parametrize(("synapses", "is_dense"), [(80, True), (20, False)])
def test_the_probability_rule_stores_what_suits_its_density(synapses, is_dense):
    assert by_probability(120, WIDTH, synapses)[1].is_dense == is_dense


@pytest.mark.parametrize("reach", [WIDTH, WIDTH / 20])
def test_working_in_blocks_changes_nothing(reach, monkeypatch):
    positions = neurons(90)
    field = connect_by_field(positions, positions, reach, 0.01, 0.03)
    strength = by_strength(positions, positions, reach, first_pre=0)
    monkeypatch.setattr(wiring, "PAIRS_AT_A_TIME", 7 * 90)
    in_blocks = connect_by_field(positions, positions, reach, 0.01, 0.03)
    np.testing.assert_array_equal(in_blocks.matrix(), field.matrix())
    in_blocks = by_strength(positions, positions, reach, first_pre=0)
    np.testing.assert_array_equal(in_blocks.pairs(), strength.pairs())
    np.testing.assert_allclose(in_blocks.matrix(), strength.matrix(), rtol=1e-6)


# --- strength rule -----------------------------------------------------------------------


@pytest.mark.parametrize("reach", [WIDTH, WIDTH / 10], ids=["dense", "sparse"])
@pytest.mark.parametrize("incoming", [0.04, 32.0])
def test_incoming_strengths_sum_to_what_was_asked(reach, incoming):
    grown = by_strength(neurons(300), neurons(300), reach, incoming=incoming, first_pre=0)
    np.testing.assert_allclose(grown.incoming(), incoming, rtol=1e-6)
    np.testing.assert_allclose(grown.matrix().sum(axis=0, dtype=float), incoming, rtol=1e-6)


def test_a_target_out_of_reach_receives_nothing():
    far = np.array([[WIDTH, WIDTH], [100 * WIDTH, 0]])
    grown = by_strength(neurons(50), far, WIDTH)
    np.testing.assert_allclose(grown.incoming(), [0.04, 0], rtol=1e-6)


def test_strengths_are_half_normal():
    pre, post = np.zeros((20_000, 2)), np.zeros((1, 2))
    total = len(pre) * HALF_NORMAL_MEAN  # so that scaling changes almost nothing
    grown = by_strength(pre, post, WIDTH, ANY_STRENGTH, total)
    assert stats.kstest(grown.strengths(), stats.halfnorm.cdf).pvalue > CHANCE


@pytest.mark.parametrize("reach", [WIDTH / 2, WIDTH / 8])
def test_strength_falls_with_distance_as_a_gaussian(reach):
    pre, post = neurons(20_000), np.array([[WIDTH / 2, WIDTH / 2]])
    expected = gaussian(pre, post, reach)[:, 0]
    total = expected.sum() * HALF_NORMAL_MEAN
    strength = by_strength(pre, post, reach, ANY_STRENGTH, total).matrix()[:, 0]
    distance = np.hypot(*(pre - post).T)
    rings = np.digitize(distance, reach * np.arange(0.5, 3.5, 0.5))
    for ring in np.unique(rings):
        mean = HALF_NORMAL_MEAN * expected[rings == ring].sum()
        sd = np.sqrt((1 - 2 / np.pi) * (expected[rings == ring] ** 2).sum())
        assert abs(strength[rings == ring].sum() - mean) < 4 * sd + 0.01 * mean


def test_each_target_may_have_a_reach_of_its_own():
    pre, post = neurons(200_000), np.full((2, 2), WIDTH / 2)
    reach = np.array([WIDTH / 10, WIDTH / 20])
    strength = by_strength(pre, post, reach, ANY_STRENGTH).matrix().astype(float)
    squared_distance = ((pre - post[0]) ** 2).sum(axis=1)
    mean = (strength * squared_distance[:, None]).sum(axis=0) / strength.sum(axis=0)
    np.testing.assert_allclose(mean, 2 * reach**2, rtol=0.1)  # second moment in the plane


def test_the_cutoff_applies_before_scaling():
    pre, post, cutoff = np.zeros((50_000, 2)), np.zeros((1, 2)), 0.5
    strength = by_strength(pre, post, WIDTH, cutoff, incoming=0.04).strengths()
    share = stats.halfnorm.sf(cutoff)
    assert len(strength) == pytest.approx(share * len(pre), abs=4 * np.sqrt(share * len(pre)))
    mean = stats.truncnorm(cutoff, np.inf).mean()  # of those above the cutoff
    assert strength.min() / strength.mean() == pytest.approx(cutoff / mean, rel=0.01)


def test_the_sum_that_is_asked_for_does_not_decide_who_connects():
    positions = neurons(200)
    weak = by_strength(positions, positions, WIDTH / 5, 0.1, incoming=0.04, first_pre=0)
    strong = by_strength(positions, positions, WIDTH / 5, 0.1, incoming=0.4, first_pre=0)
    np.testing.assert_array_equal(weak.pairs(), strong.pairs())
    np.testing.assert_allclose(strong.strengths(), 10 * weak.strengths(), rtol=1e-5)


@pytest.mark.parametrize("cutoff", [1e-3, 0.3])
def test_the_number_of_synapses_is_what_the_cutoff_leaves(cutoff):
    pre, post = neurons(400, seed=1), neurons(300, seed=2)
    chance = stats.halfnorm.sf(cutoff / gaussian(pre, post, WIDTH / 5))
    found = by_strength(pre, post, WIDTH / 5, cutoff).n_synapses
    assert abs(found - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())


@pytest.mark.parametrize("first_pre", [0, 30])
@pytest.mark.parametrize("pairs_at_a_time", [1 << 22, 700])
def test_nobody_connects_to_itself_by_strength(first_pre, pairs_at_a_time, monkeypatch):
    monkeypatch.setattr(wiring, "PAIRS_AT_A_TIME", pairs_at_a_time)
    positions = neurons(100)
    everywhere = 1000 * WIDTH
    grown = by_strength(positions[first_pre:], positions, everywhere, 1e-30, first_pre=first_pre)
    absent = grown.matrix() == 0
    np.testing.assert_array_equal(
        np.nonzero(absent), (np.arange(100 - first_pre), np.arange(first_pre, 100))
    )


def test_electrodes_connect_to_all():
    positions = neurons(100)
    assert by_strength(positions, positions, 1000 * WIDTH, 1e-30).n_synapses == 100 * 100


# --- probability rule --------------------------------------------------------------------


@pytest.fixture(params=["all pairs", "near pairs"])
def pairs(request, monkeypatch):
    """Which pairs are looked at: the second is for large dishes."""
    if request.param == "near pairs":
        monkeypatch.setattr(wiring, "LARGE", 0)


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("reach", [WIDTH, WIDTH / 10])
@pytest.mark.parametrize("synapses", [10, 80])
def test_the_mean_number_of_synapses(reach, synapses):
    n = 1500
    _, grown = by_probability(n, reach, synapses)
    tolerance = 4 * np.sqrt(synapses / n) + 1e-3 * synapses
    assert grown.n_synapses / n == pytest.approx(synapses, abs=tolerance)


def chances(pre, post, reach, synapses, first_pre):
    """The chance of every pair: min(1, c g) with c from a root search for each source."""
    expected = gaussian(pre, post, reach)
    expected[np.arange(len(pre)), np.arange(len(pre)) + first_pre] = 0
    for row in expected:
        scale = brentq(lambda c, row=row: np.minimum(1, c * row).sum() - synapses, 0, 1e6)
        row[:] = np.minimum(1, scale * row)
    return expected


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("synapses", [20, 100])
def test_chance_falls_with_distance_as_a_gaussian(synapses):
    first_pre, n = 200, 800
    reach = np.where(np.arange(n) < 400, WIDTH / 5, WIDTH / 10)  # for each half of the targets
    post, grown = by_probability(n, reach, synapses, first_pre=first_pre)
    pre = post[first_pre:]
    chance = chances(pre, post, reach, synapses, first_pre)
    exists = grown.matrix() > 0
    distance = np.sqrt(((pre[:, None] - post[None]) ** 2).sum(axis=2))
    ring = np.digitize(distance, WIDTH / 10 * np.arange(1, 6)) + 10 * (np.arange(n) < 400)
    assert len(np.unique(ring)) == 12
    for number in np.unique(ring):
        inside = ring == number
        mean, variance = chance[inside].sum(), (chance * (1 - chance))[inside].sum()
        assert abs(exists[inside].sum() - mean) < 4 * np.sqrt(variance) + 2e-3 * mean


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("cv", [0.2, 1.0])
def test_strengths_are_log_normal(cv):
    _, grown = by_probability(500, strength=0.01, cv=cv)
    expected = stats.lognorm(s=np.sqrt(np.log1p(cv**2)), scale=0.01 / np.sqrt(1 + cv**2))
    assert expected.mean() == pytest.approx(0.01)
    assert expected.std() / expected.mean() == pytest.approx(cv)
    strengths = grown.strengths()
    assert stats.kstest(strengths, expected.cdf).pvalue > CHANCE
    assert strengths.mean() == pytest.approx(0.01, rel=4 * cv / np.sqrt(len(strengths)))


def test_strengths_without_spread_are_all_equal():
    _, grown = by_probability(200, strength=0.01, cv=0.0)
    np.testing.assert_allclose(grown.strengths(), 0.01, rtol=1e-6)


@pytest.mark.usefixtures("pairs")
def test_each_target_may_have_a_strength_of_its_own():
    strength = np.linspace(0.001, 0.02, 200)
    _, grown = by_probability(200, strength=strength, cv=0.0)
    np.testing.assert_allclose(grown.strengths(), strength[grown.pairs()[1]], rtol=1e-6)


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("pairs_at_a_time", [1 << 22, 700])
def test_nobody_connects_to_itself_by_probability(pairs_at_a_time, monkeypatch):
    monkeypatch.setattr(wiring, "PAIRS_AT_A_TIME", pairs_at_a_time)
    _, grown = by_probability(100, 1000 * WIDTH, synapses=99, first_pre=30)
    np.testing.assert_array_equal(
        np.nonzero(grown.matrix() == 0), (np.arange(70), np.arange(30, 100))
    )


@pytest.mark.usefixtures("pairs")
def test_more_synapses_than_neurons_are_refused():
    with pytest.raises(InputError, match=r"synapses_per_neuron: found 100, but .* only 99 others"):
        by_probability(100, WIDTH, synapses=100)


@pytest.mark.usefixtures("pairs")
def test_a_reach_that_is_too_short_is_refused():
    with pytest.raises(InputError, match="reach: too short for 80 synapses_per_neuron"):
        by_probability(100, WIDTH / 1000, synapses=80)


# --- field rule --------------------------------------------------------------------------


@pytest.mark.parametrize("reach", [WIDTH, WIDTH / 10])
@pytest.mark.parametrize("cutoff", [0.01, 0.5])
def test_a_field_is_the_formula(reach, cutoff):
    pre, post = neurons(20, seed=1), neurons(300, seed=2)
    relative = gaussian(pre, post, reach)
    found = connect_by_field(pre, post, reach, cutoff, 0.03).matrix()
    clear = np.abs(relative - cutoff) > 1e-5  # single precision may fall to either side
    expected = np.where(relative >= cutoff, 0.03 * relative, 0)
    np.testing.assert_allclose(found[clear], expected[clear], rtol=1e-5)


def test_a_field_is_strongest_at_its_electrode():
    field = connect_by_field(np.zeros((1, 2)), np.zeros((1, 2)), WIDTH, 0.01, 0.03)
    assert field.strengths() == pytest.approx([0.03])


# --- seeds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "connect",
    [
        lambda seed: by_strength(neurons(80), neurons(80), WIDTH, seed=seed, first_pre=0),
        lambda seed: connect_by_probability(
            neurons(80), neurons(80), WIDTH, 20, 0.01, 0.5, np.random.default_rng(seed), 0
        ),
    ],
    ids=["strength", "probability"],
)
def test_the_generator_decides(connect):
    np.testing.assert_array_equal(connect(1).matrix(), connect(1).matrix())
    assert np.any(connect(1).matrix() != connect(2).matrix())
