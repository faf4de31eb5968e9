"""Hebbian networks and their readouts, against theory and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from spikinggrid.digits.comparators import hebbian, networks, supervised
from spikinggrid.digits.images import load
from tests.scripts import load_script

plain = load_script("hebbian_speed")


def gaussian_images(variances, n_images=4000, seed=0):
    """Images whose principal components have these variances, in random directions."""
    generator = np.random.default_rng(seed)
    directions = np.linalg.qr(generator.standard_normal((len(variances),) * 2))[0]
    scores = generator.standard_normal((n_images, len(variances))) * np.sqrt(variances)
    return (scores @ directions.T).astype(np.float32)


# --- rules ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", plain.RULES)
@given(seed=st.integers(0, 2**32 - 1), n_images=st.integers(1, 9), n_units=st.integers(1, 8))
def test_matrix_products_are_the_sum_over_units_and_images(name, seed, n_images, n_units):
    answers, fast, slow = plain.RULES[name]
    generator = np.random.default_rng(seed)
    weights, images = (
        hebbian.unit_rows(hebbian.random_weights(n, 12, generator)) for n in (n_units, n_images)
    )
    outputs, other = answers(weights, images), weights.copy()
    fast(weights, images, outputs, plain.RATE)
    slow(other, images, outputs, plain.RATE)
    assert np.abs(weights - other).max() <= 3e-7


def test_components_learn_in_blocks_as_they_do_at_once():
    generator = np.random.default_rng(7)
    n_units = 2 * hebbian.AT_ONCE + 5
    weights, images = (hebbian.random_weights(n, 9, generator) / 9 for n in (n_units, 6))
    outputs, other = images @ weights.T, weights.copy()
    hebbian.hpca_learn(weights, images, outputs, 0.5)
    plain.plain_hpca_learn(other, images, outputs, 0.5)
    assert np.abs(weights - other).max() <= 1e-6


def test_hpca_finds_the_principal_components_in_their_order():
    images = gaussian_images([8, 4, 2, 1, 0.2, 0.2, 0.1, 0.1], 30_000)
    weights = hebbian.learn_hpca(images, 3, np.random.default_rng(1))
    expected = PCA(3).fit(images).components_
    assert np.abs(np.sum(hebbian.unit_rows(weights) * expected, axis=1)) == pytest.approx(
        1, abs=0.02
    )
    assert np.linalg.norm(weights, axis=1) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("rule", ["HWTA", "soft-WTA"])
def test_competing_units_find_clusters(rule):
    generator = np.random.default_rng(2)
    centres = np.linalg.qr(generator.standard_normal((20, 6)))[0].T
    images = np.repeat(centres, 5000, axis=0) + 0.03 * generator.standard_normal((30_000, 20))
    weights = networks.COMPETING[rule](images.astype(np.float32), 6, generator)
    cosines = hebbian.unit_rows(weights) @ centres.T
    assert cosines.max(axis=0) == pytest.approx(1, abs=0.05)
    assert len(set(cosines.argmax(axis=1))) == 6


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_winners_are_the_most_similar_units(seed, n_winners):
    similarities = np.random.default_rng(seed).standard_normal((7, 6))
    won = hebbian.hard_winners(similarities, n_winners)
    assert (won.sum(axis=1) == n_winners).all()
    for values, wins in zip(similarities, won > 0, strict=True):
        assert values[wins].min() >= values[~wins].max(initial=-np.inf)
    shares = hebbian.soft_winners(similarities, 0.5)
    assert shares == pytest.approx(
        np.exp(2 * similarities) / np.exp(2 * similarities).sum(1)[:, None]
    )


def test_a_unit_that_wins_nothing_keeps_its_weights():
    weights = np.eye(3, dtype=np.float32)
    won = np.array([[1.0, 0, 0]], np.float32)
    hebbian.wta_learn(weights, np.array([[0.0, 1, 0]], np.float32), won, 0.25)
    assert np.array_equal(weights, [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 1]])


def test_whitened_pixels_are_uncorrelated():
    images = gaussian_images([9, 4, 1, 1])
    covariance = np.cov(hebbian.Whitening(images)(images).T)
    assert covariance - np.diag(np.diag(covariance)) == pytest.approx(0, abs=0.08)


# --- networks ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", networks.networks(28, 28))
def test_networks_are_reproducible_and_count_their_features(name):
    images = load("bundled", "training")[:300].resized(28, 28).pixels.astype(np.float32) / 255
    make = networks.networks(28, 28)[name]

    def features(seed):
        network = networks.Standardised(make()).fit(images, np.random.default_rng(seed))
        return network.transform(images[:20])

    first = features(1)
    n_features = {"pixels": 784, "HPCA": 200, "conv HPCA": 768}
    assert first.shape == (20, n_features.get(name, 384 if "conv" in name else 400))
    assert np.array_equal(first, features(1))
    assert (name == "pixels") == np.array_equal(first, features(2))


def test_a_convolution_is_the_sum_over_every_place():
    generator = np.random.default_rng(3)
    images = generator.random((300, 12, 12), np.float32)
    network = networks.Convolution(hebbian.learn_hpca).fit(images, generator)
    patch = images[0, 2:7, 5:10].reshape(1, -1)
    row = network.whitening(patch - patch.mean())
    kernels = hebbian.unit_rows(network.weights)
    blank = np.zeros((1, 12, 12), np.float32)
    at_the_corner, elsewhere = blank.copy(), network.transform(blank)[0]
    at_the_corner[0, :5, :5] = images[0, 2:7, 5:10]
    assert network.multiply_adds == 64 * kernels.size
    # 8 places along a side, 2 in an area: its first place is the patch, the others see parts of it
    only = networks._both_signs(row @ kernels.T)[0]
    first_area = network.transform(at_the_corner)[0].reshape(4, 4, -1)[0, 0]
    others = sum(
        networks._both_signs(network.whitening(part - part.mean()) @ kernels.T)[0]
        for part in (
            at_the_corner[0, r : r + 5, c : c + 5].reshape(1, -1)
            for r, c in ((0, 1), (1, 0), (1, 1))
        )
    )
    assert first_area == pytest.approx(only + others, rel=1e-3, abs=1e-3)
    assert elsewhere.reshape(4, 4, -1)[3, 3] == pytest.approx(
        network.transform(at_the_corner)[0].reshape(4, 4, -1)[3, 3], abs=1e-4
    )


def test_small_images_have_no_convolution():
    assert not any("conv" in name for name in networks.networks(8, 8))
    assert not any("conv" in name for name in networks.networks(28, 30))


# --- readouts ------------------------------------------------------------------------------


def blobs(seed=4, n=300):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 3, n)
    centres = np.array([[2.0, 0, 0], [0, 2, 0], [0, 0, 2]])
    features = centres[truth] + 0.5 * generator.standard_normal((n, 3))
    return (features - features.mean(axis=0)).astype(np.float32), truth


def test_class_means_are_what_the_supervised_rule_ends_at():
    features, truth = blobs()
    weights, generator = np.zeros((3, 3)), np.random.default_rng(5)
    for k in range(30_000):
        i = generator.integers(len(truth))
        teacher = np.eye(3)[truth[i]]
        weights += 0.05 / (1 + k / 1000) * teacher[:, None] * (features[i] - weights)
    answers = np.argmax(features @ hebbian.unit_rows(weights).T, axis=1)
    assert np.mean(answers == supervised.class_means(features, truth, features)) > 0.98


def test_contrastive_learning_of_a_linear_layer_ends_at_least_squares():
    features, truth = blobs()
    answers = supervised.contrastive(features, truth, features, np.random.default_rng(6))
    least_squares = LinearRegression().fit(features, np.eye(3)[truth]).predict(features)
    assert np.mean(answers == least_squares.argmax(axis=1)) > 0.98


def test_contrastive_learning_is_stable_where_all_features_are_alike():
    features = np.tile(np.linspace(-3, 3, 40, dtype=np.float32)[:, None], 200)
    truth = (features[:, 0] > 0).astype(int)
    answers = supervised.contrastive(features, truth, features, np.random.default_rng(8))
    assert np.array_equal(answers, truth)


def test_backpropagation_learns_what_no_linear_readout_can(monkeypatch):
    monkeypatch.setattr(supervised, "N_BATCHES", 400)
    generator = np.random.default_rng(7)
    features = generator.choice([-1.0, 1.0], (200, 2)) + 0.1 * generator.standard_normal((200, 2))
    truth = (features[:, 0] * features[:, 1] > 0).astype(int)
    answers = supervised.backpropagation(features, truth, features, seed=1)
    assert np.mean(answers == truth) > 0.95
    assert np.array_equal(answers, supervised.backpropagation(features, truth, features, seed=1))


def test_an_interrupted_training_gives_no_answers(monkeypatch):
    def interrupted(*of, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(supervised.MLPClassifier, "_backprop", interrupted)
    features, truth = blobs()
    with pytest.raises(KeyboardInterrupt):
        supervised.backpropagation(features, truth, features, seed=1)
