"""Hebbian rules of artificial networks: units that learn from images without labels.

    unit_rows, Whitening         what images are made of before units learn from them
    cosines                      how similar units are to images
    hard_winners, soft_winners   which units learn from which image
    wta_learn, hpca_learn        change weights by a batch of images
    learn_wta, learn_hpca        weights from images

A change by a whole batch is a few matrix products (FastHebb: Lagani et al. 2022, arXiv 2207.03172);
unit by unit and image by image it is the same sum. With x an image, w_i the weights of unit i and
z_i how much unit i wins,

    winner takes all      dw_i = eta z_i (x - w_i), the mean over a batch weighted with z_i
    principal components  dw_i = eta y_i (x - sum over j <= i of y_j w_j), y_i = w_i x (Sanger 1989)

Beside the published rules are a bias against units that win often, and rates that fall.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.linalg import get_blas_funcs

#: Images of a batch: of winners, whose means need some, and of principal components.
WTA_BATCH, HPCA_BATCH = 250, 64

#: Learning rates at the begin, and how often units see all images.
WTA_RATE, HPCA_RATE, N_EPOCHS = 0.1, 0.2, 3

#: A unit that wins twice as often as others loses so much similarity, and how fast that is known.
CONSCIENCE, FORGETTING = 0.02, 0.02

#: Softness of competition, in units of the cosine.
TEMPERATURE = 0.02

#: Variance that whitening takes for noise, as a share of that of the first component.
NOISE_SHARE = 0.02

#: Principal components that learn at a time.
AT_ONCE = 64

TINY = 1e-8

#: Similarities of a batch to units, (n_images, n_units), to how much each unit wins.
Winners = Callable[[np.ndarray], np.ndarray]


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Return rows scaled to length 1; those of length 0 stay."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY)


def cosines(images: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the cosine of each image, of length 1, and the weights of each unit."""
    lengths = np.sqrt(np.vecdot(weights, weights))
    return images @ weights.T / np.maximum(lengths, TINY)


class Whitening:
    """Make pixels uncorrelated and about equally variable (ZCA).

    Parameters
    ----------
    images : ndarray of float32, shape (n_images, n_pixels)
        Whose means and covariance are taken.
    """

    def __init__(self, images: np.ndarray):
        self.mean = images.mean(axis=0)
        variances, components = np.linalg.eigh(np.cov((images - self.mean).T))
        noise = NOISE_SHARE * variances[-1]
        scales = 1 / np.sqrt(np.maximum(variances, 0) + noise)
        self.matrix = ((components * scales) @ components.T).astype(np.float32)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return whitened images, shape (n_images, n_pixels)."""
        return (images - self.mean) @ self.matrix


# --- who learns --------------------------------------------------------------------------


def hard_winners(similarities: np.ndarray, n_winners: int = 1) -> np.ndarray:
    """Return 1 for the units that are most similar to each image, and 0 for all others."""
    winners = np.zeros_like(similarities)
    best = np.argpartition(similarities, -n_winners, axis=1)[:, -n_winners:]
    np.put_along_axis(winners, best, 1, axis=1)
    return winners


def soft_winners(similarities: np.ndarray, temperature: float = TEMPERATURE) -> np.ndarray:
    """Return shares of each image that add up to 1: the softmax of similarities."""
    shares = similarities / temperature
    shares -= shares.max(axis=1, keepdims=True)
    np.exp(shares, out=shares)
    return shares / shares.sum(axis=1, keepdims=True)


# --- what they learn ---------------------------------------------------------------------


def wta_learn(weights: np.ndarray, images: np.ndarray, winners: np.ndarray, rate: float) -> None:
    """Change the weights of winners, in place, by what they learn from a batch.

    Parameters
    ----------
    weights : ndarray, shape (n_units, n_pixels)
        In the order of C.
    images : ndarray, shape (n_images, n_pixels)
    winners : ndarray, shape (n_images, n_units)
        How much each unit wins each image; one that wins nothing does not change.
    rate : float
        Learning rate.
    """
    sums = winners.sum(axis=0)
    won = sums > TINY
    some = weights if won.all() else weights[won]
    _add_product(some, winners[:, won] / sums[won], images, rate, keep=1 - rate)
    if some is not weights:
        weights[won] = some


def hpca_learn(weights: np.ndarray, images: np.ndarray, outputs: np.ndarray, rate: float) -> None:
    """Do the same to principal components, whose outputs have shape (n_images, n_units).

    Block by block of units, as each learns from what those before it leave of the images: a matrix
    of products of all units, half of which count, takes twice as long.
    """
    rate, left = rate / len(images), images.copy()
    for begin in range(0, len(weights), AT_ONCE):
        block, some = weights[begin : begin + AT_ONCE], outputs[:, begin : begin + AT_ONCE]
        before = block.copy()
        _add_product(block, some, left, rate)
        _add_product(block, np.triu(some.T @ some), before, -rate)
        _add_product(left, some.T, before, -1)


def _add_product(
    result: np.ndarray, a: np.ndarray, b: np.ndarray, factor: float, keep: float = 1
) -> None:
    """Add a factor times a.T @ b to what is kept of an array in the order of C, in place."""
    assert result.flags.c_contiguous  # else a copy would change
    (gemm,) = get_blas_funcs(("gemm",), (result,))
    # transposed, as BLAS's order is that of Fortran
    gemm(factor, b.T, a.T, beta=keep, c=result.T, trans_b=True, overwrite_c=True)


# --- learning ----------------------------------------------------------------------------


def learn_wta(
    images: np.ndarray, n_units: int, generator: np.random.Generator, winners: Winners
) -> np.ndarray:
    """Return the weights of competing units, shape (n_units, n_pixels).

    Parameters
    ----------
    images : ndarray of float32, shape (n_images, n_pixels)
    n_units : int
    generator : Generator
        Of the first weights and of the order of the images.
    winners : callable
        `hard_winners` or `soft_winners`.
    """
    images = unit_rows(images)
    weights = unit_rows(random_weights(n_units, images.shape[1], generator))
    wins = np.full(n_units, np.nan, np.float32)  # of each unit, mean of an image
    for batch, done in _batches(len(images), WTA_BATCH, generator):
        some = images[batch]
        similarities = cosines(some, weights)
        often = np.nan_to_num(wins / wins.mean() - 1)
        won = winners(similarities - CONSCIENCE * often)
        share = won.mean(axis=0)
        wins = share if np.isnan(wins[0]) else wins + FORGETTING * (share - wins)
        wta_learn(weights, some, won, WTA_RATE * (1 - done))
    return weights


def learn_hpca(images: np.ndarray, n_units: int, generator: np.random.Generator) -> np.ndarray:
    """Return the weights of units that learn principal components, shape (n_units, n_pixels).

    Parameters
    ----------
    images : ndarray of float32, shape (n_images, n_pixels)
    n_units : int
        At most `n_pixels`.
    generator : Generator
        Of the first weights and of the order of the images.
    """
    images = images - images.mean(axis=0)
    images /= np.sqrt((images**2).sum(axis=1).mean())
    n_pixels = images.shape[1]
    weights = random_weights(n_units, n_pixels, generator) / np.float32(2 * np.sqrt(n_pixels))
    for batch, done in _batches(len(images), HPCA_BATCH, generator):
        some = images[batch]
        hpca_learn(weights, some, some @ weights.T, HPCA_RATE * (1 - 0.9 * done))
    return weights


def random_weights(n_units: int, n_pixels: int, generator: np.random.Generator) -> np.ndarray:
    """Return weights from the standard normal distribution, shape (n_units, n_pixels)."""
    return generator.standard_normal((n_units, n_pixels), np.float32)


def _batches(
    n_images: int, size: int, generator: np.random.Generator
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the images of each batch, and which share of the learning is done."""
    size = min(size, n_images)
    n_batches = n_images // size
    for epoch in range(N_EPOCHS):
        order = generator.permutation(n_images)
        for k in range(n_batches):
            done = (epoch * n_batches + k) / (N_EPOCHS * n_batches)
            yield order[k * size : (k + 1) * size], done
