"""Which electrodes show the image, and which carry the labels.

    image_electrodes      the electrode of each pixel
    label_electrodes      the electrodes of each class
    nearest_electrodes    the electrode that each neuron lies under

An image has one electrode for each pixel: side by side, spread over the array, or from a list.
Label electrodes are those that the table `digits` gives to each class. A neuron lies under its
nearest electrode.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from spikinggrid.mea.array import Mea
from spikinggrid.parameters.tables.digits import DigitsTable
from spikinggrid.utils.errors import InputError


def image_electrodes(digits: DigitsTable, array: Mea) -> np.ndarray:
    """Return the electrode of each pixel.

    Parameters
    ----------
    digits : DigitsTable
    array : Mea

    Returns
    -------
    ndarray of int, shape (image_rows, image_columns)
        -1 where there is none.

    Raises
    ------
    InputError
        If the image is larger than the array, or an electrode does not exist or is given twice.
    """
    size = digits.image_rows, digits.image_columns
    if not isinstance(digits.image, str):
        return _selected(digits.image, array, "digits.image").reshape(size)
    numbers = np.full((array.rows.max() + 1, array.columns.max() + 1), -1)
    numbers[array.rows, array.columns] = np.arange(array.n_electrodes)
    for axis, key in enumerate(("image_rows", "image_columns")):
        if getattr(digits, key) > numbers.shape[axis]:
            raise InputError(
                f"digits.{key}: found {getattr(digits, key)}, but the layout {array.layout}"
                f" has {numbers.shape[axis]}"
            )
    if digits.image == "top-left":
        return numbers[: size[0], : size[1]]
    return numbers[np.ix_(*map(_spread, numbers.shape, size))]


def _spread(n_lines: int, n_pixels: int) -> np.ndarray:
    """Return which rows or columns of an array have pixels where these are spread over it."""
    return np.rint(np.linspace(0, n_lines - 1, n_pixels)).astype(int)


def _selected(electrodes: Sequence[int | str], array: Mea, key: str) -> np.ndarray:
    try:
        numbers = array.select(electrodes)
    except InputError as error:
        raise InputError(f"{key}: {error}") from None
    named, counts = np.unique(numbers, return_counts=True)
    if (counts > 1).any():
        raise InputError(f"{key}: electrode {named[counts > 1][0]} is given twice")
    return numbers


def label_electrodes(
    digits: DigitsTable, array: Mea, answers: np.ndarray | None = None
) -> list[np.ndarray]:
    """Return the electrodes that stand for each class, in the order of `classes`.

    Unless they are listed, each class gets the same number of those that are not of the image:
    row by row, dealt in turn, or by preference; what remains at the end stands for none.

    Parameters
    ----------
    digits : DigitsTable
    array : Mea
    answers : ndarray, shape (n_electrodes,) or (n_electrodes, n_classes), optional
        How much each electrode answers a pulse on all pixels, where labels are "probed": only
        those that do are taken, the strongest first. How much it prefers each class, where labels
        are "preferred": together they prefer their classes as much as can be.

    Raises
    ------
    InputError
        If they are not one set for each class, one does not exist, shows the image or is given
        twice, or none is left beside the image.
    """
    n_classes, image = len(digits.classes), image_electrodes(digits, array)
    if isinstance(digits.labels, str):
        beside = np.setdiff1d(np.arange(array.n_electrodes), image)
        if digits.labels == "probed" and answers is not None:
            beside = beside[np.argsort(-answers[beside], kind="stable")]
            beside = beside[answers[beside] > 0]
        n_of_class = len(beside) // n_classes
        if n_of_class == 0:
            raise InputError(
                f"digits.labels: {len(beside)} electrodes beside the image"
                f"{' that answer it' * (answers is not None)} are too few for {n_classes} classes;"
                " make the image smaller"
            )
        taken = beside[: n_of_class * n_classes]
        if digits.labels == "preferred" and answers is not None:
            return _by_preference(taken, answers[taken])
        if digits.labels == "beside-image":
            return np.split(taken, n_classes)
        return [np.sort(taken[first::n_classes]) for first in range(n_classes)]
    if len(digits.labels) != n_classes:
        raise InputError(
            f"digits.labels: found {len(digits.labels)} sets of electrodes for {n_classes} classes"
        )
    lengths = [len(electrodes) for electrodes in digits.labels]
    labels = _selected(list(chain(*digits.labels)), array, "digits.labels")
    if len(wrong := np.intersect1d(labels, image)):
        raise InputError(f"digits.labels: electrode {wrong[0]} shows a pixel")
    return np.split(labels, np.cumsum(lengths)[:-1])


def _by_preference(electrodes: np.ndarray, preference: np.ndarray) -> list[np.ndarray]:
    """Deal electrodes evenly to the classes so that their preferences sum to the most."""
    n_of_class = len(electrodes) // preference.shape[1]
    _, places = linear_sum_assignment(-np.repeat(preference, n_of_class, axis=1))
    return [electrodes[places // n_of_class == k] for k in range(preference.shape[1])]


def nearest_electrodes(array: Mea, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the electrode that each neuron at `x`, `y` (m) lies under, shape (n_neurons,)."""
    return cKDTree(array.positions).query(np.column_stack([x, y]))[1]
