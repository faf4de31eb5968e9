"""What is made of features and a few labels.

    class_means           a supervised Hebbian classifier (SHC): weights are class means
    contrastive           contrastive Hebbian learning (CHL) of a linear output layer
    backpropagation       a network of one hidden layer that learns end to end

A linear readout by gradient descent is `readouts.linear_accuracy`; on Hebbian features it makes
what Lagani et al. call a hybrid network.

Contrastive Hebbian learning (Movellan 1991; Xie & Seung 2003, doi:10.1162/089976603762552988)
changes weights by eta (y x of a taught phase - y x of a free phase). A single linear layer has
y = W x where it is free, and where it is taught y = t, the teacher, 1 for the class and 0 for the
others: dW = eta (t - W x) x. That descends on the squared error. No formula of what Lagani et al.
call CHL could be verified.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from spikinggrid.digits.comparators.hebbian import TINY, unit_rows

#: Contrastive learning: images of a batch, batches in all, and the first learning rate, which
#: falls, for features whose squares sum up to 1; beyond 2 it would be unstable.
CHL_BATCH, CHL_N_BATCHES, CHL_RATE = 50, 2000, 1.0

#: Hidden units of the network that learns end to end, and batches of 50 images in all.
N_HIDDEN, BATCH, N_BATCHES = 400, 50, 3000


def class_means(features: np.ndarray, truth: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Return the answers of a supervised Hebbian classifier.

    Its rule, dw_c = eta t_c (x - w_c) with the teacher t, ends at the mean of each class; the
    answer is the class whose weights, at length 1, are most like the features.

    Parameters
    ----------
    features : ndarray, shape (n_images, n_features)
        Of labelled images.
    truth : ndarray of int, shape (n_images,)
        Class of each, from 0.
    tested : ndarray, shape (n_tested, n_features)

    Returns
    -------
    ndarray of int, shape (n_tested,)
    """
    means = np.stack([features[truth == c].mean(axis=0) for c in range(truth.max() + 1)])
    return np.argmax(tested @ unit_rows(means).T, axis=1)


def contrastive(
    features: np.ndarray, truth: np.ndarray, tested: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return the answers of an output layer that learns from free and taught phases.

    Parameters
    ----------
    features, truth, tested
        As for `class_means`; features have mean 0.
    generator : Generator
        Of the order of the images.
    """
    teacher = np.eye(truth.max() + 1, dtype=np.float32)[truth]
    usual = teacher.mean(axis=0)
    weights = np.zeros((teacher.shape[1], features.shape[1]), np.float32)
    for k in range(CHL_N_BATCHES):
        which = generator.integers(0, len(features), CHL_BATCH)
        some = features[which]
        free, taught = some @ weights.T, teacher[which] - usual
        # by the sum of squares the step is stable, however alike the images of a batch are
        rate = np.float32(CHL_RATE * (1 - k / CHL_N_BATCHES)) / max((some**2).sum(), TINY)
        weights += rate * ((taught - free).T @ some)
    return np.argmax(tested @ weights.T + usual, axis=1)


def backpropagation(
    features: np.ndarray, truth: np.ndarray, tested: np.ndarray, seed: int
) -> np.ndarray:
    """Return the answers of `N_HIDDEN` rectified units and an output layer, by Adam.

    Parameters
    ----------
    features, truth, tested
        As for `class_means`, of pixels.
    seed : int
        Of the first weights and of the order of the images.
    """
    batches = -(-len(features) // BATCH)
    model = MLPClassifier(
        (N_HIDDEN,),
        batch_size=min(BATCH, len(features)),
        max_iter=max(1, N_BATCHES // batches),
        random_state=seed,
        n_iter_no_change=10**6,
    )
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        # scikit-learn takes Ctrl-C for the end of the training, and goes on
        warnings.filterwarnings("error", "Training interrupted")
        try:
            model.fit(features, truth)
        except UserWarning:
            raise KeyboardInterrupt from None
        return model.predict(tested)
