"""What a culture answers, read from counts of its spikes.

label_answers     the class whose label electrodes hear most spikes a neuron
linear_accuracy   what a linear classifier makes of counts (logistic regression)
nearest_accuracy  what the nearest class mean makes of them
mean_and_interval      a mean over cultures and its 95 % interval
accuracy_and_interval  the same for accuracies, within 0 and 1
"""

import warnings
from collections.abc import Sequence

import numpy as np
from scipy import special, stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits


def label_answers(scores: np.ndarray, usual: np.ndarray | None = None) -> np.ndarray:
    """Return the class of the highest score of each image; of equal ones, the first.

    Parameters
    ----------
    scores : ndarray, shape (n_images, n_classes)
        Mean number of spikes of a neuron at the label electrodes of each class.
    usual : ndarray, shape (n_classes,), optional
        Mean scores over training images, which scores are divided by: a label electrode
        whose neurons fire much at any image then does not win for that alone.

    Returns
    -------
    ndarray of int, shape (n_images,)
        Places in the classes.
    """
    if usual is None:
        return np.argmax(scores, axis=1)
    return np.argmax(scores / np.where(usual > 0, usual, 1), axis=1)


def linear_accuracy(
    counts: np.ndarray,
    truth: np.ndarray,
    test_counts: np.ndarray,
    test_truth: np.ndarray,
    penalty: float | None = None,
) -> float:
    """Accuracy on test images of a logistic regression on the counts of training images.

    Parameters
    ----------
    counts, test_counts : ndarray, shape (n_images, n_features)
    truth, test_truth : ndarray of int, shape (n_images,)
    penalty : float, optional
        Weight of half the sum of squared weights beside the mean loss of an image; one over the
        number of images unless given, which is little where there are many.
    """
    strength = 1.0 if penalty is None else 1 / (penalty * len(truth))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=300))
    return _fitted_accuracy(model, counts, truth, test_counts, test_truth)


def nearest_accuracy(
    counts: np.ndarray, truth: np.ndarray, test_counts: np.ndarray, test_truth: np.ndarray
) -> float:
    """Return the same of the nearest mean of a class; parameters as for `linear_accuracy`."""
    return _fitted_accuracy(NearestCentroid(), counts, truth, test_counts, test_truth)


def _fitted_accuracy(model, counts, truth, test_counts, test_truth) -> float:
    if len(np.unique(truth)) < 2 or not np.ptp(counts, axis=0).any():  # nothing to tell apart
        return float(np.mean(test_truth == np.bincount(truth).argmax()))
    # threads of small matrix products wait for each other where other work goes on
    with warnings.catch_warnings(), threadpool_limits(1), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # near the optimum is enough
        warnings.filterwarnings("ignore", message=".*zero standard deviation")  # black pixels
        model.fit(counts.astype(np.float64), truth)
    return float(model.score(test_counts.astype(np.float64), test_truth))


def mean_and_interval(
    values: Sequence[float] | np.ndarray,
) -> tuple[float, tuple[float, float] | None]:
    """Return a mean over cultures and its 95 % interval (Student's t); None for one culture."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, None
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return mean, (mean - half, mean + half)


def accuracy_and_interval(
    accuracies: Sequence[float] | np.ndarray,
) -> tuple[float, tuple[float, float] | None]:
    """Return the mean accuracy of some cultures and its 95 % interval, which stays within 0 and 1.

    Student's interval about the logit of the mean m, whose standard error is that of the mean
    over m (1 - m) (delta method).

    Parameters
    ----------
    accuracies : sequence of float
        One for each culture, 0 to 1.

    Returns
    -------
    mean : float
    interval : tuple of float or None
        None for a single culture, which tells nothing about others.
    """
    mean, interval = mean_and_interval(accuracies)
    if interval is None or interval[0] == interval[1]:
        return mean, interval
    half, logit = (interval[1] - mean) / (mean * (1 - mean)), special.logit(mean)
    return mean, (float(special.expit(logit - half)), float(special.expit(logit + half)))
