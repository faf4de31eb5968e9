"""Inferred edges beside the true wiring, which only a simulated dish tells.

agreement    precision, recall and controls: an `Agreement` each
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from spikinggrid.statistics.connectivity import Connectivity
from spikinggrid.utils.randomness import random_generator

#: Width of the classes of distance within which wiring is told apart (m).
DISTANCE_CLASS = 0.05e-3

#: How often electrodes are shuffled as a control.
N_SHUFFLES = 200


@dataclass(frozen=True)
class Agreement:
    """How well inferred edges agree with the true ones; NaN where a share has no denominator.

    Attributes
    ----------
    n_edges : float
        Inferred edges.
    precision : float
        Share of them that are true.
    recall : float
        Share of the true ones that are inferred.
    auc : float
        Chance that a true edge has a higher score than a pair without one: 0.5 knows nothing.
    auc_at_a_distance : float
        The same for a true edge and a pair as far apart (classes of 0.05 mm): what is known beyond
        distance.
    """

    n_edges: float
    precision: float
    recall: float
    auc: float
    auc_at_a_distance: float


def agreement(
    connectivity: Connectivity,
    is_true: np.ndarray,
    positions: np.ndarray,
    is_judged: np.ndarray | None = None,
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare inferred edges with the true wiring, and with what would be right by chance.

    Parameters
    ----------
    connectivity : Connectivity
    is_true : (n_electrodes, n_electrodes) bool array
        Which pairs are connected by synapses; symmetric.
    positions : (n_electrodes, 2) array
        Where the electrodes lie (m).
    is_judged : (n_electrodes, n_electrodes) bool array, optional
        Pairs of active electrodes to judge; all of them unless given.
    seed : int
        Of the shuffles.

    Returns
    -------
    dict
        `n_pairs` judged, `true_share` of them that are true, and an `Agreement` each: `inferred`;
        `shuffled`, the same edges between shuffled electrodes (mean of 200 times); `distance`, as
        many edges between the nearest pairs.
    """
    nodes = connectivity.is_active[:, None] & connectivity.is_active
    judged = nodes if is_judged is None else nodes & is_judged
    first, second = np.nonzero(np.triu(judged, 1))
    truth = is_true[first, second]
    distance = cdist(positions, positions)[first, second]
    classes = np.floor((distance + 1e-9) / DISTANCE_CLASS)
    adjacency, sttc = connectivity.adjacency, np.nan_to_num(connectivity.sttc)
    inferred = adjacency[first, second] > 0
    generator = random_generator(seed, "shuffled electrodes")
    active, order = np.flatnonzero(connectivity.is_active), np.arange(len(sttc))
    shuffled = []
    for _ in range(N_SHUFFLES):
        order[active] = generator.permutation(active)
        edges, scores = (matrix[order[first], order[second]] for matrix in (adjacency, sttc))
        shuffled.append(_agree(edges > 0, scores, truth, classes))
    nearest = np.zeros(first.size, bool)
    nearest[np.argsort(distance, kind="stable")[: inferred.sum()]] = True
    return {
        "n_pairs": int(first.size),
        "true_share": float(truth.mean()) if truth.size else np.nan,
        "inferred": _agree(inferred, sttc[first, second], truth, classes),
        "shuffled": Agreement(
            *(float(np.mean([getattr(one, own.name) for one in shuffled])) for own in FIELDS)
        ),
        "distance": _agree(nearest, -distance, truth, classes),
    }


FIELDS = fields(Agreement)


def _agree(
    inferred: np.ndarray, score: np.ndarray, truth: np.ndarray, classes: np.ndarray
) -> Agreement:
    n_right, n_inferred, n_true = np.sum(inferred & truth), inferred.sum(), truth.sum()
    of_classes = [classes == number for number in np.unique(classes)]
    aucs = np.array([_auc(score[own], truth[own]) for own in of_classes])
    sizes = np.array([truth[own].sum() * (~truth[own]).sum() for own in of_classes])
    known = np.isfinite(aucs)
    return Agreement(
        float(n_inferred),
        float(n_right / n_inferred) if n_inferred else np.nan,
        float(n_right / n_true) if n_true else np.nan,
        _auc(score, truth),
        float(np.average(aucs[known], weights=sizes[known])) if known.any() else np.nan,
    )


def _auc(score: np.ndarray, truth: np.ndarray) -> float:
    n_true, n_false = int(truth.sum()), int((~truth).sum())
    if not (n_true and n_false):
        return np.nan
    ranks = rankdata(score)
    return float((ranks[truth].sum() - n_true * (n_true + 1) / 2) / (n_true * n_false))
