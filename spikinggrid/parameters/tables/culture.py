"""The dish and the neurons on it."""

from typing import Literal

from pydantic import model_validator

from spikinggrid.parameters.tables.base import Length, Table, key, optional, refuse, require


class CultureTable(Table):
    """The dish and the neurons on it."""

    n_neurons: int = key("number of neurons", 1000, ge=1, le=10**15)
    width: Length = key("width of the dish", "1.6 mm", ge=1e-6, le=1.0)
    height: Length = key("height of the dish", "1.6 mm", ge=1e-6, le=1.0)
    placement: Literal["random", "grid"] = key(
        "neurons lie uniformly at random, or on a grid from which each is displaced", "random"
    )
    jitter: float | None = optional(
        "largest displacement from the grid, as a share of its spacing", 0.5, ge=0, le=0.5
    )
    inhibition: Literal["dale", "relay"] = key(
        "dale: a part of the neurons is inhibitory; relay: every neuron also inhibits, one step"
        " later, through a private interneuron (Lagani et al. 2021)",
        "dale",
    )
    inhibitory_fraction: float | None = optional(
        "share of inhibitory neurons (dale)", 0.2, ge=0, le=1
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        if self.placement == "grid":
            require(self, 'placement = "grid"', "jitter")
        else:
            refuse(self, 'placement = "random"', "jitter")
        if self.inhibition == "dale":
            require(self, 'inhibition = "dale"', "inhibitory_fraction")
        else:
            refuse(self, 'inhibition = "relay"', "inhibitory_fraction")
        return self
