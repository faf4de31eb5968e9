"""What an assay is: a way to grow one culture, put it to a test and measure it.

`Assay`            what every assay offers
`Trial`            what came of one culture
`CultureError`   raised while a culture is tested that is of no use, such as a silent one
`attempt`          measure a culture, and turn its failure into a trial

An assay has a name, by which target files refer to it, and the name of the figure that shows
what it measured. Everything that handles cultures of several kinds (targets, searches, sweeps,
figures) asks the assay, and never which assay it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError


class CultureError(Exception):
    """A culture is silent, runs away, or cannot be tested further.

    Parameters
    ----------
    reason : str
        One line without the name of the culture, such as "silent for 60 s".
    survived : float
        Share (0-1) of the assay that was done.
    """

    def __init__(self, reason: str, survived: float = 0.0):
        super().__init__(reason)
        self.reason, self.survived = reason, survived


@dataclass(frozen=True)
class Trial:
    """What came of one culture in an assay.

    Attributes
    ----------
    measured : dict
        What `Assay.summarise` takes; empty if the culture failed.
    failure : str
        Why the culture was given up, or "".
    survived : float
        Share (0-1) of the assay that was done.
    """

    measured: dict[str, Any] = field(default_factory=dict)
    failure: str = ""
    survived: float = 1.0


class Assay(Protocol):
    """One culture put to a test.

    Assays are equal if they do the same, and can be sent to other processes.
    """

    @property
    def name(self) -> str:
        """Name by which target files refer to the assay."""

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of everything that `summarise` returns."""

    @property
    def figure(self) -> str:
        """Name of the figure of what is measured: "rasters", "responses" or "accuracies"."""

    @property
    def is_recorded(self) -> bool:
        """Whether cultures are recorded for `simulation.duration`, as dishes in a laboratory are.

        Features of recordings can then be compared with those of cultures.
        """

    def check(self, parameters: Parameters) -> None:
        """Refuse parameters that no culture could be tested with.

        Raises
        ------
        InputError
            If tables or files are missing, or parameters ask for what the assay has no use for.
        """

    def run(self, parameters: Parameters, seed: int) -> Trial:
        """Grow one culture and test it.

        Parameters
        ----------
        parameters : Parameters
        seed : int
            Of wiring and background, whatever the parameters say.

        Raises
        ------
        InputError
            If files are missing. Parameters that no culture can be grown with are a failure of
            the culture instead.
        """

    def summarise(self, measured: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Return features of several cultures together, from `Trial.measured` of each."""


def attempt(measure: Callable[[], dict[str, Any]]) -> Trial:
    """Measure a culture; its failure, and parameters that contradict one another, make a trial.

    Parameters
    ----------
    measure : callable
        Return what was measured; may raise CultureError or InputError.
    """
    try:
        return Trial(measure())
    except CultureError as failure:
        return Trial(failure=failure.reason, survived=failure.survived)
    except InputError as error:  # such as a reach too short for so many synapses
        return Trial(failure=str(error), survived=0.0)


def medians(measured: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each feature over the cultures that have it; NaN where none has."""
    columns = {name: np.array([row[name] for row in measured], float) for name in measured[0]}
    existing = {name: column[~np.isnan(column)] for name, column in columns.items()}
    return {
        name: float(np.median(column)) if column.size else np.nan
        for name, column in existing.items()
    }


def refuse_stimulation(parameters: Parameters, assay: str) -> None:
    """Refuse a protocol of stimuli or of light, which an assay has no use for.

    Raises
    ------
    InputError
        If the parameters have a table [[stimulation]] or [[illumination]].
    """
    for name in ("stimulation", "illumination"):
        if parameters.value(name):
            raise InputError(
                f"{name}: {assay} has no use for it; take parameters without [[{name}]]"
            )
