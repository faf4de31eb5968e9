"""What a culture is like before and after training: the stuff that figures are made of.

probe          receptive fields, strengths, and responses to known and unknown patterns
mean_images    what the images of each class have in common
"""

import numpy as np

from spikinggrid.digits.images import DigitImages
from spikinggrid.digits.task import WHITE, DigitTask, Responses, TaskImages
from spikinggrid.digits.training import Training
from spikinggrid.mea.electrode_roles import nearest_electrodes
from spikinggrid.network.connectivity import Projection

#: Responses are shown in bins of this length, s.
BIN = 0.01

#: Strengths are counted between these edges, V; what is below the first one is as good as 0.
STRENGTH_EDGES = np.geomspace(1e-7, 1, 141)


def probe(training: Training, images: TaskImages, responses: Responses) -> dict[str, np.ndarray]:
    """Look at a culture without changing it.

    Parameters
    ----------
    training : Training
    images : TaskImages
    responses : Responses
        To the final images, as the culture is now.

    Returns
    -------
    dict
        "input", "excitatory", "inhibitory": strengths onto each neuron, summed by the electrode
        that the source is or lies under, shape (n_electrodes, n_neurons), V.
        "excitatory_counts", "inhibitory_counts": number of strengths between `STRENGTH_EDGES`,
        after the number of those below.
        "triggered": mean image of each neuron's spikes, shape (n_neurons, rows, columns), 0 to 1,
        NaN where it never fired.
        "spikes": mean number of spikes of each neuron in response to each class.
        "patterns": mean spikes on each electrode over time in response to each probe pattern,
        shape (n_patterns, n_bins, n_electrodes); "scores_mean", "scores_sd", shape
        (n_patterns, n_classes), of the label readout.
    """
    task, culture = training.task, training.simulator.culture
    above = nearest_electrodes(task.array, culture.x, culture.y)
    n_electrodes = task.array.n_electrodes
    measures = {"input": culture.input.matrix().astype(np.float32)}
    for name in ("excitatory", "inhibitory"):
        projection, first = getattr(culture, name), culture.first_source(name)
        sources = above[first : first + projection.n_pre]
        measures[name] = _by_electrode(projection, sources, n_electrodes)
        strengths = projection.strengths()
        counts = np.histogram(strengths, STRENGTH_EDGES)[0]
        measures[f"{name}_counts"] = np.concatenate([[len(strengths) - counts.sum()], counts])
    measures["triggered"] = _triggered(responses.neurons, images.final.pixels / WHITE)
    measures["spikes"] = np.array(
        [responses.neurons[responses.truth == c].mean(axis=0) for c in range(len(task.classes))]
    )
    return measures | _to_patterns(training, images)


def mean_images(task: DigitTask, images: DigitImages) -> dict[str, np.ndarray]:
    """Return the mean of images, which receptive fields are compared with.

    Returns
    -------
    dict
        "mean_image" of all images, shape (rows, columns), and "mean_digits" of those of each
        class, shape (n_classes, rows, columns), both 0 to 1.
    """
    places = task.class_indices(images)
    digits = [images.pixels[places == k].mean(axis=0) for k in range(len(task.classes))]
    return {
        "mean_image": images.pixels.mean(axis=0) / WHITE,
        "mean_digits": np.array(digits) / WHITE,
    }


def _by_electrode(projection: Projection, electrodes: np.ndarray, n_electrodes: int) -> np.ndarray:
    """Sum the strengths onto each neuron over the sources under each electrode."""
    sums = np.zeros((n_electrodes, projection.n_post), np.float32)
    if projection.is_dense:
        for electrode in range(n_electrodes):
            rows = projection.weights[electrodes == electrode]
            sums[electrode] = np.maximum(rows, 0).sum(axis=0)
    else:
        pre, post = projection.pairs()
        np.add.at(sums, (electrodes[pre], post), projection.strengths())
    return sums


def _triggered(counts: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return the mean image at the spikes of each neuron."""
    sums = np.tensordot(counts.T.astype(np.float64), pixels, axes=1)
    n_spikes = counts.sum(axis=0).astype(np.float64)
    n_spikes[n_spikes == 0] = np.nan
    return (sums / n_spikes[:, None, None]).astype(np.float32)


def _to_patterns(training: Training, images: TaskImages) -> dict[str, np.ndarray]:
    """Return responses to every digit, known or not, and to random images."""
    task, n_bins = training.task, round(training.task.duration / BIN)
    means, score_means, score_sds = [], [], []
    for number, patterns in enumerate(images.probes):
        stimuli = list(task.stimuli(patterns, "probe", number))
        spikes = task.show(training.simulator, stimuli)
        counts = [task.electrode_counts(*pair) for pair in zip(spikes, stimuli, strict=True)]
        scores = task.score(np.array(counts))
        by_time = sum(task.electrode_counts_over_time(response, n_bins) for response in spikes)
        means.append(by_time / len(stimuli))
        score_means.append(scores.mean(axis=0))
        score_sds.append(scores.std(axis=0))
    return {
        "patterns": np.array(means, np.float32),
        "scores_mean": np.array(score_means),
        "scores_sd": np.array(score_sds),
    }
