"""The catalogue of drugs, `drugs.toml`: what each blocks, at which dose, with sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from spikinggrid.parameters import units


@dataclass(frozen=True)
class Drug:
    """A drug that blocks a receptor.

    Attributes
    ----------
    receptor : {"ampa", "nmda", "gaba_a"}
    ic50 : float
        Dose that leaves half of the current, M.
    hill : float
        How steeply more leaves less.
    source : str
        Where the numbers are from.
    """

    receptor: str
    ic50: float
    hill: float
    source: str

    def bound(self, dose: float) -> float:
        """Return how many receptors a dose (M) blocks for each that it leaves free."""
        return (dose / self.ic50) ** self.hill


def _catalogue() -> dict[str, Drug]:
    text = resources.files(__package__).joinpath("drugs.toml").read_text("utf-8")
    return {
        name: Drug(**entry | {"ic50": units.parse(entry["ic50"], "M")})
        for name, entry in tomllib.loads(text).items()
    }


#: All of them.
DRUGS: Mapping[str, Drug] = _catalogue()
