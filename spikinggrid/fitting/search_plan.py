"""What a search looks for, and how."""

from dataclasses import dataclass
from typing import Any

from spikinggrid.fitting import targets as target_files
from spikinggrid.fitting.parameter_space import ParameterSpace
from spikinggrid.fitting.targets import Targets
from spikinggrid.parameters import files as parameter_files

#: Points in the final.
N_FINALISTS = 4


@dataclass(frozen=True)
class SearchPlan(ParameterSpace):
    """What is fitted, and how; the search starts where the parameters are.

    Attributes
    ----------
    targets : Targets
    generations, population : int
        Number of generations, and of candidates in each.
    step : float
        Standard deviation of the first candidates about the start, as a share of the range.
    n_cultures : int
        Cultures that each candidate grows.
    n_checks : int
        Cultures that the winner is measured on in the end.
    """

    targets: Targets
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
