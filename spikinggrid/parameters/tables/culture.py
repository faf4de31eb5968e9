"""The dish and the neurons on it."""

from typing import Literal

from pydantic import model_validator

from spikinggrid.parameters.tables.base import Length, Table, key, optional, refuse, require


class CultureTable(Table):
    """The dish and the neurons on it."""

    n_neurons: int = key("number of neurons", 1000, ge=1, le=10**15)
    width: Length = key("width of the dish", "1.6 mm", ge=1e-6, le=1.0)
    height: Length = key("height of the dish", "1.6 mm", ge=1e-6, le=1.0)
    placement: Literal["random", "grid", "clumps"] = key(
        "neurons lie uniformly at random, on a grid from which each is displaced, or in part in"
        " clumps, into which cultured neurons gather (Okujeni et al. 2017,"
        " doi:10.1523/JNEUROSCI.2552-16.2017)",
        "random",
    )
    jitter: float | None = optional(
        "largest displacement from the grid, as a share of its spacing", 0.5, ge=0, le=0.5
    )
    clump_fraction: float | None = optional("share of neurons that lie in clumps", 0.3, ge=0, le=1)
    n_clumps: int | None = optional("number of clumps, anywhere in the dish", 30, ge=1, le=10**6)
    clump_sd: Length | None = optional(
        "standard deviation of the distance, in x and y, from the middle of a clump; the border of"
        " the dish reflects",
        "70 um",
        gt=0,
        le=1.0,
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
        placement = f'placement = "{self.placement}"'
        check = require if self.placement == "grid" else refuse
        check(self, placement, "jitter")
        check = require if self.placement == "clumps" else refuse
        check(self, placement, "clump_fraction", "n_clumps", "clump_sd")
        if self.inhibition == "dale":
            require(self, 'inhibition = "dale"', "inhibitory_fraction")
        else:
            refuse(self, 'inhibition = "relay"', "inhibitory_fraction")
        return self
