"""What networks make of images before anything is said about labels.

Each has `fit(images, generator)`, which looks at unlabelled images, and `transform(images)`, which
returns features, shape (n_images, n_features); `NETWORKS` has them by name. `multiply_adds` counts
what an image costs, and `multiply_adds_of_learning` what all of `fit` does.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from spikinggrid.digits.comparators.hebbian import (
    N_EPOCHS,
    Whitening,
    hard_winners,
    learn_hpca,
    learn_wta,
    random_weights,
    soft_winners,
    unit_rows,
)

#: Units of dense networks; of principal components, at most half as many as pixels.
N_UNITS, N_COMPONENTS = 400, 100

#: Kernels of the convolution and the pixels along their sides, and areas along an image over which
#: their answers are summed.
N_KERNELS, SIDE, N_AREAS = 24, 5, 4

#: Images of which kernels see patches, and patches of each; the brightest pixel that one has.
N_SEEN, N_PATCHES, INK = 10_000, 20, 0.2

#: Images whose patches are in memory at once.
AT_ONCE = 250

#: Features vary so much more than they seem to, as a share of all: some are hardly ever there.
SMOOTHING = 1e-3

#: Units that k-WTA lets win.
K = 5

#: Unlabelled images, number of units and random numbers to weights.
Rule = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


def _random(images: np.ndarray, n_units: int, generator: np.random.Generator) -> np.ndarray:
    return random_weights(n_units, images.shape[1], generator)


#: Rules by name: of units that compete, and of no learning, their control.
COMPETING: Mapping[str, Rule] = {
    "random": _random,
    "HWTA": partial(learn_wta, winners=hard_winners),
    "k-WTA": partial(learn_wta, winners=partial(hard_winners, n_winners=K)),
    "soft-WTA": partial(learn_wta, winners=soft_winners),
}


class Network(Protocol):
    """Features of images, learned without labels."""

    multiply_adds: float
    multiply_adds_of_learning: float

    def fit(self, images: np.ndarray, generator: np.random.Generator) -> Self:
        """Learn from images, float32, shape (n_images, n_rows, n_columns), 0 to 1."""

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return features, shape (n_images, n_features)."""


class Pixels:
    """No network at all."""

    multiply_adds = multiply_adds_of_learning = 0.0

    def fit(self, images: np.ndarray, generator: np.random.Generator) -> Self:
        """Do nothing."""
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return the pixels of each image in a row."""
        return images.reshape(len(images), -1)


class Competing:
    """Units that compete for images; an output is how far its cosine exceeds the mean.

    Parameters
    ----------
    rule : callable
        One of `COMPETING`.
    whitened : bool
        Whether pixels are whitened first.
    """

    def __init__(self, rule: Rule, whitened: bool = True):
        self.rule, self.whitened = rule, whitened

    def fit(self, images: np.ndarray, generator: np.random.Generator) -> Self:
        """Learn `N_UNITS` units."""
        rows = images.reshape(len(images), -1)
        self.whitening = Whitening(rows) if self.whitened else None
        self.weights = self.rule(self._whitened(rows), N_UNITS, generator)
        whitening = rows.shape[1] ** 2 if self.whitened else 0
        self.multiply_adds = float(whitening + self.weights.size)
        self.multiply_adds_of_learning = len(rows) * (2 * whitening + N_EPOCHS * _of_wta(self))
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return features, shape (n_images, n_units)."""
        rows = self._whitened(images.reshape(len(images), -1))
        return _above_mean(unit_rows(rows) @ unit_rows(self.weights).T)

    def _whitened(self, rows: np.ndarray) -> np.ndarray:
        return rows if self.whitening is None else self.whitening(rows)


class Components:
    """Units that learn principal components; each has an output for both signs."""

    def fit(self, images: np.ndarray, generator: np.random.Generator) -> Self:
        """Learn `N_COMPONENTS` units, or half as many as there are pixels."""
        rows = images.reshape(len(images), -1)
        self.mean, n_pixels = rows.mean(axis=0), rows.shape[1]
        self.weights = learn_hpca(rows, min(N_COMPONENTS, n_pixels // 2), generator)
        self.multiply_adds = float(self.weights.size)
        self.multiply_adds_of_learning = N_EPOCHS * len(rows) * _of_hpca(self.weights)
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return features, shape (n_images, 2 n_units)."""
        return _both_signs((images.reshape(len(images), -1) - self.mean) @ self.weights.T)


class Convolution:
    """Kernels at every place of an image; what they say is summed over areas.

    Parameters
    ----------
    rule : callable
        One of `COMPETING`, or `learn_hpca`.
    """

    def __init__(self, rule: Rule):
        self.rule = rule

    def fit(self, images: np.ndarray, generator: np.random.Generator) -> Self:
        """Learn `N_KERNELS` kernels from whitened patches that are not blank."""
        seen = images[generator.permutation(len(images))[:N_SEEN]]
        patches = _patches(seen)
        places = generator.integers(0, patches.shape[1], (len(seen), N_PATCHES))
        some = patches[np.arange(len(seen))[:, None], places].reshape(-1, SIDE * SIDE)
        some = some[some.max(axis=1) > INK]
        some -= some.mean(axis=1, keepdims=True)
        self.whitening = Whitening(some)
        self.weights = self.rule(self.whitening(some), N_KERNELS, generator)
        n_places, n_pixels = patches.shape[1], SIDE * SIDE
        # the mean of a patch, whitening and kernels are one matrix
        centring = np.eye(n_pixels, dtype=np.float32) - np.float32(1 / n_pixels)
        kernels = self.whitening.matrix @ unit_rows(self.weights).T
        self._kernels, self._offset = centring @ kernels, self.whitening.mean @ kernels
        self.multiply_adds = float(n_places * self.weights.size)
        learning = _of_hpca(self.weights) if self.rule is learn_hpca else _of_wta(self)
        self.multiply_adds_of_learning = len(some) * (n_pixels**2 * 2 + N_EPOCHS * learning)
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return features, shape (n_images, n_areas x n_areas x n_kernels)."""
        parts = [images[k : k + AT_ONCE] for k in range(0, len(images), AT_ONCE)]
        return np.concatenate([self._summed(part) for part in parts])

    def _summed(self, images: np.ndarray) -> np.ndarray:
        patches = _patches(images).reshape(-1, SIDE * SIDE)
        outputs = patches @ self._kernels - self._offset
        answers = (_both_signs if self.rule is learn_hpca else _above_mean)(outputs)
        n_along = math.isqrt(len(patches) // len(images))
        answers = answers.reshape(len(images), n_along, n_along, -1)
        begins = np.arange(N_AREAS) * n_along // N_AREAS
        summed = np.add.reduceat(np.add.reduceat(answers, begins, axis=1), begins, axis=2)
        return summed.reshape(len(images), -1)


def _patches(images: np.ndarray) -> np.ndarray:
    """Return all parts of square images, shape (n_images, n_places, SIDE x SIDE)."""
    views = sliding_window_view(images, (SIDE, SIDE), axis=(1, 2))  # type: ignore[call-overload]
    return views.reshape(len(images), -1, SIDE * SIDE)


def _above_mean(outputs: np.ndarray) -> np.ndarray:
    return np.maximum(outputs - outputs.mean(axis=1, keepdims=True), 0)


def _both_signs(outputs: np.ndarray) -> np.ndarray:
    return np.concatenate([np.maximum(outputs, 0), np.maximum(-outputs, 0)], axis=1)


def _of_wta(network: Competing | Convolution) -> float:
    """Return the multiply-adds of one image and epoch: similarities, and what winners learn."""
    return 0.0 if network.rule is _random else 2.0 * network.weights.size


def _of_hpca(weights: np.ndarray) -> float:
    """Return the multiply-adds of one image: outputs, products, and of the batch its share."""
    n_units, n_pixels = weights.shape
    return 2.0 * weights.size + n_units**2 * (1 + n_pixels / 64)


class Standardised:
    """A network whose features have mean 0 and standard deviation 1 over unlabelled images.

    Parameters
    ----------
    network : Network
    n_images : int
        So many unlabelled images say what mean and standard deviation are.
    """

    def __init__(self, network: Network, n_images: int = 5000):
        self.network, self.n_images = network, n_images

    @property
    def multiply_adds(self) -> float:
        """Return those of the network, to which an image adds next to nothing."""
        return self.network.multiply_adds

    @property
    def multiply_adds_of_learning(self) -> float:
        """Return those of the network and of what it makes of the images."""
        return self.network.multiply_adds_of_learning + self.n_images * self.multiply_adds

    def fit(self, images: np.ndarray, generator: np.random.Generator) -> Self:
        """Learn from images."""
        self.network.fit(images, generator)
        features = self.network.transform(images[: self.n_images])
        self.mean = features.mean(axis=0)
        self.scale = features.std(axis=0) + SMOOTHING * features.std() + 1e-12
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return features, shape (n_images, n_features)."""
        return ((self.network.transform(images) - self.mean) / self.scale).astype(np.float32)


#: What makes a network, by its name in tables. Kernels of 5x5 pixels need larger images than 8x8.
DENSE: Mapping[str, Callable[[], Network]] = {
    "pixels": Pixels,
    "random, not whitened": partial(Competing, _random, whitened=False),
    **{name: partial(Competing, rule) for name, rule in COMPETING.items()},
    "HPCA": Components,
}
CONVOLUTIONAL: Mapping[str, Callable[[], Network]] = {
    **{
        f"conv {name}": partial(Convolution, rule)
        for name, rule in COMPETING.items()
        if name != "k-WTA"
    },
    "conv HPCA": partial(Convolution, learn_hpca),
}


def networks(n_rows: int, n_columns: int) -> dict[str, Callable[[], Network]]:
    """Return what makes each network that images of a size can be given to."""
    square_and_large = n_rows == n_columns and n_rows - SIDE + 1 >= 2 * N_AREAS
    return dict(DENSE) | (dict(CONVOLUTIONAL) if square_and_large else {})
