"""Which electrodes show the image, and which carry the labels.

    image_electrodes      the electrode of each pixel
    label_electrodes      the electrodes of each class
    nearest_electrodes    the electrode that each neuron lies under

An image lies at the top left of the array, one electrode for each pixel. Label electrodes are
those that the table `digits` gives to each class. A neuron lies under its nearest electrode.
"""

import numpy as np
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
        If the image is larger than the array.
    """
    numbers = np.full((array.rows.max() + 1, array.columns.max() + 1), -1)
    numbers[array.rows, array.columns] = np.arange(array.n_electrodes)
    for axis, key in enumerate(("image_rows", "image_columns")):
        if getattr(digits, key) > numbers.shape[axis]:
            raise InputError(
                f"digits.{key}: found {getattr(digits, key)}, but the layout {array.layout}"
                f" has {numbers.shape[axis]}"
            )
    return numbers[: digits.image_rows, : digits.image_columns]


def label_electrodes(digits: DigitsTable, array: Mea) -> list[np.ndarray]:
    """Return the electrodes that stand for each class, in the order of `classes`.

    Those beside the image are taken row by row, the same number for each class; what remains
    at the end stands for none.

    Parameters
    ----------
    digits : DigitsTable
    array : Mea

    Raises
    ------
    InputError
        If they are not one set for each class, one does not exist, shows the image or is given
        twice, or none is left beside the image.
    """
    n_classes, image = len(digits.classes), image_electrodes(digits, array)
    if digits.labels == "beside-image":
        beside = np.setdiff1d(np.arange(array.n_electrodes), image)
        n_of_class = len(beside) // n_classes
        if n_of_class == 0:
            raise InputError(
                f"digits.labels: {len(beside)} electrodes beside the image are too few for"
                f" {n_classes} classes; make the image smaller"
            )
        return np.split(beside[: n_of_class * n_classes], n_classes)
    if len(digits.labels) != n_classes:
        raise InputError(
            f"digits.labels: found {len(digits.labels)} sets of electrodes for {n_classes} classes"
        )
    try:
        labels = [array.select(electrodes) for electrodes in digits.labels]
    except InputError as error:
        raise InputError(f"digits.labels: {error}") from None
    named, counts = np.unique(np.concatenate(labels), return_counts=True)
    for wrong, why in (
        (named[counts > 1], "is given twice"),
        (np.intersect1d(named, image), "shows a pixel"),
    ):
        if len(wrong):
            raise InputError(f"digits.labels: electrode {wrong[0]} {why}")
    return labels


def nearest_electrodes(array: Mea, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the electrode that each neuron at `x`, `y` (m) lies under, shape (n_neurons,)."""
    return cKDTree(array.positions).query(np.column_stack([x, y]))[1]
