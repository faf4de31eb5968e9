"""Which electrodes show the image, which carry the labels, and what lies under them.

An image lies at the top left of the array, one electrode for each pixel. Label electrodes are
those that the table `digits` gives to each class. A neuron lies under its nearest electrode.
"""

import numpy as np
from scipy.spatial import cKDTree

from spikinggrid.mea.array import Mea
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.experiment_tables import DigitsTable
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError


def image_electrodes(digits: DigitsTable, mea: Mea) -> np.ndarray:
    """The electrode of each pixel, shape (image_rows, image_columns); -1 where there is none.

    Raises
    ------
    InputError
        If the image is larger than the array.
    """
    rows, columns = (np.unique(place, return_inverse=True) for place in (mea.rows, mea.columns))
    numbers = np.full((len(rows[0]), len(columns[0])), -1)
    numbers[rows[1], columns[1]] = np.arange(mea.n_electrodes)
    for axis, key in enumerate(("image_rows", "image_columns")):
        if getattr(digits, key) > numbers.shape[axis]:
            raise InputError(
                f"digits.{key}: found {getattr(digits, key)}, but the layout {mea.table.layout}"
                f" has {numbers.shape[axis]}"
            )
    return numbers[: digits.image_rows, : digits.image_columns]


def label_electrodes(digits: DigitsTable, mea: Mea) -> list[np.ndarray]:
    """The electrodes that stand for each class, in the order of `classes`.

    Those beside the image are taken row by row, the same number for each class; what remains
    at the end stands for none.

    Raises
    ------
    InputError
        If they are not one set for each class, one does not exist, shows the image or is given
        twice, or none is left beside the image.
    """
    n_classes, shown = len(digits.classes), image_electrodes(digits, mea)
    if digits.labels == "beside-image":
        beside = np.setdiff1d(np.arange(mea.n_electrodes), shown)
        each = len(beside) // n_classes
        if each == 0:
            raise InputError(
                f"digits.labels: {len(beside)} electrodes beside the image are too few for"
                f" {n_classes} classes; make the image smaller"
            )
        return np.split(beside[: each * n_classes], n_classes)
    if len(digits.labels) != n_classes:
        raise InputError(
            f"digits.labels: found {len(digits.labels)} sets of electrodes for {n_classes} classes"
        )
    try:
        labels = [mea.select(electrodes) for electrodes in digits.labels]
    except InputError as error:
        raise InputError(f"digits.labels: {error}") from None
    given, counts = np.unique(np.concatenate(labels), return_counts=True)
    for wrong, why in (
        (given[counts > 1], "is given twice"),
        (np.intersect1d(given, shown), "shows a pixel"),
    ):
        if len(wrong):
            raise InputError(f"digits.labels: electrode {wrong[0]} {why}")
    return labels


def nearest_electrodes(culture: Culture, mea: Mea) -> np.ndarray:
    """The electrode that each neuron lies under, shape (n_neurons,)."""
    return cKDTree(mea.positions).query(np.column_stack([culture.x, culture.y]))[1]


def plastic_region(
    name: str, culture: Culture, parameters: Parameters
) -> tuple[np.ndarray, np.ndarray]:
    """Which sources and which targets of a projection have the synapses that learn.

    Parameters
    ----------
    name : {"input", "excitatory", "inhibitory"}
    culture : Culture
    parameters : Parameters

    Returns
    -------
    sources, targets : ndarray of bool, shapes (n_pre,) and (n_neurons,)
        A synapse learns if both its ends do.
    """
    n_pre, plastic = getattr(culture, name).n_pre, getattr(parameters.plasticity, name).plastic
    if plastic == "all":
        return np.ones(n_pre, bool), np.ones(culture.n_neurons, bool)
    if plastic == "onto-excitatory":
        return np.ones(n_pre, bool), ~culture.is_inhibitory
    mea = Mea.place(parameters)
    shown = image_electrodes(parameters.digits, mea)
    labels = np.concatenate(label_electrodes(parameters.digits, mea))
    above = nearest_electrodes(culture, mea)
    first = culture.first_source(name)
    sources = np.arange(n_pre) if name == "input" else above[first : first + n_pre]
    return np.isin(sources, shown), np.isin(above, labels)
