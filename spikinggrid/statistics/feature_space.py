"""Features as coordinates, in which distances between cultures mean something.

    encoded(table, names)                 coordinates of many cultures
    coordinates(rows, names)              the same, with NaN where a feature does not exist
    missing(values, names)                which features a culture does not have

Rates, times and other ratios count by their logarithm, shares as they are. A culture that never
bursts has no burst duration: it has no place in this space.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from spikinggrid.statistics.feature_glossary import FEATURES

#: The features looked at: the published eleven of Charlesworth et al. (2015), the number of active
#: electrodes, and how much firing rates vary over electrodes and intervals over time, which tell of
#: an order that the others are silent about.
NAMES = (
    "burst.rate",
    "burst.dur",
    "spikes.in.bursts",
    "CV.IBI",
    "num.n.s",
    "n.s.peak",
    "n.s.dur",
    "fir.rate",
    "burst.fir.rate",
    "corr",
    "theta.burst",
    "n_electrodes",
    "fir.rate.cv",
    "isi.cv",
    "isi.lv",
)

#: The first of them are the published ones.
N_PUBLISHED = 11

#: What a dish and its twin are compared by: how flat correlation is over the dish, too.
COMPARED = (*NAMES, "corr.ratio")

#: Those of them that are shares, or count up to the number of electrodes, and may be 0.
LINEAR = ("spikes.in.bursts", "corr", "theta.burst", "n_electrodes", "corr.ratio")


def missing(values: Mapping[str, float], names: Sequence[str] = NAMES) -> list[str]:
    """Name the features that a culture lacks, as the duration of bursts where there are none."""
    return [name for name in names if not _exists(name, np.array(values[name]))]


def encoded(
    table: Mapping[str, np.ndarray], names: Sequence[str] = NAMES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates of many cultures.

    Parameters
    ----------
    table : mapping of str to (n,) array
        Features by name; NaN where a culture failed or does not have one.
    names : sequence of str
        Of the features that are coordinates, in their order.

    Returns
    -------
    coordinates : (n_placed, n_names) array
        Of those cultures that have all features.
    placed : (n,) array of bool
        Which these are.
    """
    columns = [np.asarray(table[name], float) for name in names]
    placed = np.all([_exists(*pair) for pair in zip(names, columns, strict=True)], axis=0)
    coordinates = [
        column[placed] if name in LINEAR else np.log(column[placed])
        for name, column in zip(names, columns, strict=True)
    ]
    return np.column_stack(coordinates), placed


def coordinates(rows: Sequence[Mapping[str, float]], names: Sequence[str] = COMPARED) -> np.ndarray:
    """Return the coordinates of cultures, NaN where a feature does not exist.

    Parameters
    ----------
    rows : sequence of mapping of str to float
        Features of each culture by name.
    names : sequence of str
        Of the features that are coordinates, in their order.

    Returns
    -------
    ndarray, shape (n_cultures, n_names)
    """
    values = np.array([[row[name] for name in names] for row in rows], float)
    values = values.reshape(len(rows), len(names))
    for column, name in zip(values.T, names, strict=True):
        exists = _exists(name, column)
        column[~exists] = np.nan
        if name not in LINEAR:
            column[exists] = np.log(column[exists])
    return values


def decoded(name: str, coordinate: float) -> float:
    """Return the value of a feature at a coordinate."""
    return float(coordinate if name in LINEAR else np.exp(coordinate))


def text(name: str, value: float) -> str:
    """Return a value of a feature with its unit."""
    return f"{value:.3g} {FEATURES[name].unit}"


def _exists(name: str, values: np.ndarray) -> np.ndarray:
    return np.isfinite(values) & ((name in LINEAR) | (values > 0))
