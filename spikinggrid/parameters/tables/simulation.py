"""How a culture is run."""

from typing import Literal

from pydantic import model_validator

from spikinggrid.parameters.tables.base import Table, Time, key, optional


class SimulationTable(Table):
    """How a culture is run."""

    dt: Time = key("length of a time step", "1 ms", ge=1e-6, le=0.1)
    duration: Time = key("biological time that is recorded", "60 s", gt=0, le=1e8)
    warmup: Time = key("biological time before the recording starts", "10 s", ge=0, le=1e8)
    seed: int = key("every random number comes from it", 1, ge=0, le=2**63 - 1)
    engine: Literal["native", "brian2"] = key(
        "what computes the model: native, compiled for speed; brian2, the definition to read and"
        " change",
        "native",
    )
    precision: Literal["float32", "float64"] | None = optional(
        "of the computation; unless given, native uses float32 and brian2 float64", "float64"
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        if self.engine == "brian2" and self.precision == "float32":
            raise ValueError(
                'precision = "float32" is for engine = "native"; brian2 computes in float64'
            )
        return self
