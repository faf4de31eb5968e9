"""The drugs in the dish: what they leave of transmission, on the same wiring."""

from spikinggrid.parameters.drugs import DRUGS
from spikinggrid.parameters.tables.base import Concentration, Table, optional

#: Receptors, as the keys of the table name them.
RECEPTORS = ("ampa", "nmda", "gaba_a")

#: Largest dose, M, and largest factor.
MOST_DOSE, MOST_FACTOR = 1.0, 10.0


class PharmacologyTable(Table):
    """Drugs by dose, or what is left of a current; the wiring stays as it is.

    A dose leaves 1 / (1 + (dose / IC50)^h) of the current of its receptor; IC50, Hill coefficient
    and source of each drug are in `drugs.toml`.
    """

    bicuculline: Concentration | None = optional(
        "dose of bicuculline, which blocks GABA_A", "10 uM", ge=0, le=MOST_DOSE
    )
    gabazine: Concentration | None = optional(
        "dose of gabazine, which blocks GABA_A", "5 uM", ge=0, le=MOST_DOSE
    )
    cnqx: Concentration | None = optional(
        "dose of CNQX, which blocks AMPA", "10 uM", ge=0, le=MOST_DOSE
    )
    apv: Concentration | None = optional(
        "dose of D-APV (D-AP5), which blocks NMDA", "50 uM", ge=0, le=MOST_DOSE
    )
    ampa: float | None = optional(
        "factor on the fast excitatory current, besides drugs", 0.5, ge=0, le=MOST_FACTOR
    )
    nmda: float | None = optional(
        "factor on the slow excitatory current, besides drugs", 0.5, ge=0, le=MOST_FACTOR
    )
    gaba_a: float | None = optional(
        "factor on the inhibitory current, besides drugs", 0.1, ge=0, le=MOST_FACTOR
    )

    def remaining(self, receptor: str) -> float:
        """Return what is left of the current of a receptor.

        Drugs of one receptor compete for it.

        Parameters
        ----------
        receptor : {"ampa", "nmda", "gaba_a"}
        """
        bound = sum(
            drug.bound(getattr(self, name) or 0.0)
            for name, drug in DRUGS.items()
            if drug.receptor == receptor
        )
        factor = getattr(self, receptor)
        return (1.0 if factor is None else factor) / (1.0 + bound)

    def acting_on(self, receptor: str) -> list[str]:
        """Return the keys that are given and act on a receptor."""
        drugs = [name for name, drug in DRUGS.items() if drug.receptor == receptor]
        return [name for name in (*drugs, receptor) if getattr(self, name) is not None]
