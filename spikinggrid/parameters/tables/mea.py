"""The multi-electrode array."""

from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from spikinggrid.parameters.arrays import CATALOGUE, FILES
from spikinggrid.parameters.tables.base import (
    Frequency,
    Length,
    Table,
    Time,
    key,
    optional,
    refuse,
    require,
)

#: Electrode layouts that have a name.
LAYOUTS = (*CATALOGUE, "grid")

#: Keys of what electrodes make of spikes: other values need no other simulation.
READOUT_KEYS = (
    "readout",
    "radius",
    "radius_cv",
    "heard_fraction",
    "max_units",
    "detection_spread",
    "silent_fraction",
    "electrode_seed",
    "sampling_rate",
    "dead_time",
    "artefact_reach",
    "blanking",
)


def _known_layout(name: str) -> str:
    if name not in LAYOUTS and not name.endswith(FILES):
        known = ", ".join(f"'{layout}'" for layout in LAYOUTS)
        raise ValueError(f"input should be {known} or the name of a file {' or '.join(FILES)}")
    return name


class MeaTable(Table):
    """The multi-electrode array and how it hears neurons."""

    layout: Annotated[str, AfterValidator(_known_layout)] = key(
        f"electrode layout: {', '.join(LAYOUTS)}; grid: see the next three keys; or a file .csv"
        " with columns name, x and y (um), or .json of probeinterface",
        "8x8-200um-59",
    )
    rows: int | None = optional("grid: number of rows", 8, ge=1, le=1000)
    columns: int | None = optional("grid: number of columns", 8, ge=1, le=1000)
    pitch: Length | None = optional("grid: distance between neighbours", "200 um", ge=1e-6, le=1.0)
    n_recorded: int | None = optional(
        "hd-26400: number of sites that are connected, spread evenly", 1024, ge=1, le=1024
    )
    readout: Literal["region", "radius"] = key(
        "region: each neuron is heard by the nearest electrode; radius: an electrode hears the"
        " neurons around it",
        "radius",
    )
    radius: Length | None = optional("how far an electrode hears", "60 um", ge=1e-6, le=1.0)
    radius_cv: float | None = optional(
        "coefficient of variation of the radius between electrodes, log-normal; off: all alike"
        " (impedance and the seal of cells on electrodes differ: Obien et al. 2015,"
        " doi:10.3389/fnins.2014.00423)",
        0.4,
        ge=0,
        le=2,
    )
    heard_fraction: float = key("share of those neurons that it does hear", 1.0, gt=0, le=1)
    max_units: int | None = optional(
        "an electrode hears at most so many of them, the nearest; off: all (sorting finds 8 to 10"
        " at best: Pedreira et al. 2012, doi:10.1016/j.jneumeth.2012.07.010)",
        4,
        ge=1,
        le=10_000,
    )
    detection_spread: float | None = optional(
        "s of exp(-s |z|), the chance that a spike of a heard neuron is detected, with a standard"
        " normal z for each electrode and neuron; off: every spike (those of distant neurons drown"
        " in noise: Buzsaki 2004, doi:10.1038/nn1233)",
        0.8,
        ge=0,
        le=5,
    )
    silent_fraction: float = key("share of electrodes that record nothing", 0.0, ge=0, lt=1)
    electrode_seed: int | None = optional(
        "seed of what differs between electrodes; off: simulation.seed", 1, ge=0, le=2**63 - 1
    )
    sampling_rate: Frequency = key("spike times lie on this grid", "25000 Hz", ge=100, le=1e7)
    dead_time: Time = key(
        "after a spike an electrode detects no other for", "1.08 ms", ge=0, le=1e3
    )
    artefact_reach: Length | None = optional(
        "a pulse is detected as a spike on all electrodes within", "500 um", ge=0, le=10.0
    )
    blanking: Time = key("these electrodes record nothing after a pulse for", "2 ms", ge=0, le=1e3)

    @model_validator(mode="after")
    def _keys_agree(self):
        layout, readout = f'layout = "{self.layout}"', f'readout = "{self.readout}"'
        check = require if self.layout == "grid" else refuse
        check(self, layout, "rows", "columns", "pitch")
        check = require if self.layout == "hd-26400" else refuse
        check(self, layout, "n_recorded")
        check = require if self.readout == "radius" else refuse
        check(self, readout, "radius")
        if self.readout == "region":
            refuse(self, readout, "radius_cv", "max_units")
        if self.blanking > 0 and self.artefact_reach is None:
            raise ValueError("blanking needs artefact_reach: which electrodes does a pulse blank?")
        return self
