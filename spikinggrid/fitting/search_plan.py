"""What a search looks for, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikinggrid.fitting import targets as target_files
from spikinggrid.fitting.parameter_space import Bound, moved
from spikinggrid.fitting.targets import Targets
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters

#: Points in the final.
N_FINALISTS = 4


@dataclass(frozen=True)
class SearchPlan:
    """What is fitted, and how.

    Attributes
    ----------
    parameters : Parameters
        Where the search starts, and everything that does not vary.
    targets : Targets
    bounds : tuple of Bound
        What varies.
    generations, population : int
        Number of generations, and of candidates in each.
    step : float
        Standard deviation of the first candidates about the start, as a share of the range.
    n_cultures : int
        Cultures that each candidate grows.
    n_checks : int
        Cultures that the winner is measured on in the end.
    """

    parameters: Parameters
    targets: Targets
    bounds: tuple[Bound, ...]
    generations: int = 30
    population: int = 12
    step: float = 0.2
    n_cultures: int = 2
    n_checks: int = 5

    @property
    def seeds(self) -> range:
        """Seeds of the cultures that each candidate grows."""
        first = self.parameters.simulation.seed
        return range(first, first + self.n_cultures)

    @property
    def final_seeds(self) -> range:
        """Those that the finalists grow besides."""
        return range(self.seeds.stop, self.seeds.stop + self.n_cultures)

    @property
    def check_seeds(self) -> range:
        """Those that the winner is measured on, which took no part in the search."""
        return range(self.final_seeds.stop, self.final_seeds.stop + self.n_checks)

    @property
    def n_simulated(self) -> int:
        """Cultures of the whole fit, at most: of start, search, final and check."""
        searched = 1 + self.generations * self.population
        return (searched + 2 * N_FINALISTS) * self.n_cultures + self.n_checks

    def at(self, point: Sequence[float] | np.ndarray) -> Parameters:
        """Return the parameters at a point, in shares (0-1) of the bounds.

        Raises
        ------
        InputError
            If keys contradict one another there.
        """
        return moved(self.parameters, self.bounds, np.asarray(point))

    def identity(self) -> dict[str, Any]:
        """Return all that decides which cultures are grown, and how they fare, as JSON."""
        return {
            "parameters": parameter_files.dumps(self.parameters),
            "targets": target_files.dumps(self.targets),
            "bounds": [str(bound) for bound in self.bounds],
            "population": self.population,
            "step": self.step,
            "cultures": self.n_cultures,
        }
