"""The array that a recording was made on, and a dish that fits under it.

thinned(recording)                   a recording of no more electrodes than are of use
recognised(recording, parameters)    its array, a `RecordedArray`
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from spikinggrid.mea.array import Mea
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.recordings import Recording
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Electrodes lie where a layout has them if they are no farther off than this (m).
TOLERANCE = 2e-6

#: The dish reaches so far beyond the electrodes, at least (m).
MARGIN = 0.1e-3

#: Layouts that are looked for, those of the parameters first.
KNOWN = ("8x8-200um-59", "8x8-200um", "6x10-200um", "6x10-500um")

#: Of more electrodes, so many are taken.
MOST_ELECTRODES = 128

#: A side of a dish that any of these layouts fits (m).
LARGE = 10e-3

#: Without positions, so many electrodes at most are taken for those of the usual array.
MOST_WITHOUT_POSITIONS = 64


@dataclass(frozen=True, eq=False)
class RecordedArray:
    """The array of a recording.

    Attributes
    ----------
    changes : dict of str to object
        What parameters have otherwise for a dish under this array; empty if nothing.
    array : Mea or None
        An array of no known layout; None where the parameters say it all.
    text : str
        What it is, in a few words.
    """

    changes: Mapping[str, object]
    array: Mea | None
    text: str


def thinned(recording: Recording) -> Recording:
    """Return a recording of `MOST_ELECTRODES` electrodes, drawn at random, if it has more.

    Correlations of all pairs of a thousand electrodes take far longer than the dish itself, and
    tell hardly more.
    """
    n = recording.n_electrodes
    if n <= MOST_ELECTRODES:
        return recording
    order = random_generator(0, "thinned", n).permutation(n)
    kept = np.sort(order[:MOST_ELECTRODES]).tolist()
    return replace(
        recording,
        spike_trains=[recording.spike_trains[electrode] for electrode in kept],
        electrode_names=[recording.electrode_names[electrode] for electrode in kept],
        x=recording.x[kept],
        y=recording.y[kept],
        n_sites=0,
        stimulus_times=np.empty(0),
        stimulus_electrodes=np.empty(0, int),
        stimulus_amplitudes=np.empty(0),
        source=f"{recording.source}, {MOST_ELECTRODES} of its {n:,} electrodes",
    )


def recognised(recording: Recording, parameters: Parameters) -> RecordedArray:
    """Return the array of a recording.

    The dish of the parameters grows, at the same density of neurons, where the array is larger.

    Parameters
    ----------
    recording : Recording
    parameters : Parameters
        Of the dishes that are to be recorded by it.

    Raises
    ------
    InputError
        If positions are unknown, and electrodes too many for the array of the parameters.
    """
    own = needed(parameters.mea, "mea", "a recording").layout
    positions = recording.positions
    if not np.isfinite(positions).all():
        if recording.n_sites > MOST_WITHOUT_POSITIONS:
            raise InputError(
                f"{recording.source}: the positions of its {recording.n_sites} electrodes are"
                " unknown; right would be a file that has them"
            )
        return RecordedArray({}, None, f"taken for {own}, as positions are unknown")
    for layout in dict.fromkeys((own, *KNOWN)):
        sites = _sites(layout, parameters)
        if recording.n_sites <= len(sites) and _lies_on(positions, sites):
            change: dict[str, object] = {} if layout == own else {"mea.layout": layout}
            dish = _dish(sites.max(axis=0) - sites.min(axis=0), parameters)
            return RecordedArray(change | dish, None, layout)
    size = positions.max(axis=0) - positions.min(axis=0)
    changes = _dish(size, parameters)
    sides = [_new(changes, parameters, f"culture.{side}") for side in ("width", "height")]
    x, y = (positions - positions.min(axis=0) + (np.array(sides) - size) / 2).T
    names = recording.electrode_names
    if len(set(names)) < len(names):
        names = [str(number) for number in range(len(names))]
    array = Mea(names, x, y)
    width, height = 1e3 * size
    text = f"{array.n_electrodes:,} electrodes on {width:.3g} x {height:.3g} mm"
    return RecordedArray(changes, array, text)


def _sites(layout: str, parameters: Parameters) -> np.ndarray:
    """Return where a layout has electrodes, on a dish that is large enough."""
    large = {"culture.width": LARGE, "culture.height": LARGE, "mea.layout": layout}
    return Mea.place(parameters.replace(large)).positions


def _lies_on(positions: np.ndarray, sites: np.ndarray) -> bool:
    """Return whether electrodes lie on some of the sites, wherever the corner of the array is."""
    for shift in sites - positions[0]:
        off = np.abs(positions[:, None] + shift - sites[None]).max(axis=2).min(axis=1)
        if (off < TOLERANCE).all():
            return True
    return False


def _dish(size: np.ndarray, parameters: Parameters) -> dict[str, object]:
    """Return changes for a dish that is large enough for an array of some size (m)."""
    culture = parameters.culture
    old = np.array([culture.width, culture.height])
    new = np.maximum(old, np.round(size + 2 * MARGIN, 6))
    if (new == old).all():
        return {}
    growth = float(np.prod(new) / np.prod(old))
    changes: dict[str, object] = {
        "culture.width": float(new[0]),
        "culture.height": float(new[1]),
        "culture.n_neurons": round(culture.n_neurons * growth),
    }
    if culture.n_clumps is not None:
        changes["culture.n_clumps"] = round(culture.n_clumps * growth)
    return changes


def _new(changes: Mapping[str, object], parameters: Parameters, key: str) -> float:
    value = changes.get(key, parameters.value(key))
    assert isinstance(value, float)
    return value
