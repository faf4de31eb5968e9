"""The stimulation protocol."""

from typing import Literal

from pydantic import Field, model_validator

from spikinggrid.parameters.tables.base import (
    Frequency,
    Table,
    Time,
    check_electrodes,
    key,
    optional,
    refuse,
    require,
)


class StimulationTable(Table):
    """One entry of the stimulation protocol."""

    kind: Literal["pulse", "poisson", "regular", "burst", "tetanus"] = key(
        "pulse: single pulses; poisson, regular: trains of a rate; burst: a pulse at every time"
        " step; tetanus: repeated fast trains",
        "pulse",
    )
    electrodes: str | list[int | str] = key(
        'numbers or names of electrodes, or a pattern: "all", "centre", "L", "inverted-L"',
        [27, 28],
    )
    start: Time = key(
        "when it begins, counted from the start of the recording", "30 s", ge=0, le=1e8
    )
    duration: Time | None = optional("length of one train or burst", "10 ms", gt=0, le=1e8)
    rate: Frequency | None = optional("pulses per second on each electrode", "200 Hz", gt=0, le=1e6)
    repeats: int = Field(1, description="how often it is given", examples=[20], ge=1, le=10**12)
    interval: Time | None = optional("time from one repeat to the next", "1 s", gt=0, le=1e8)
    amplitude: float = Field(
        1.0, description="strength relative to a nominal pulse", examples=[1.0], gt=0, le=1e3
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        kind = f'kind = "{self.kind}"'
        of_kind = {
            "pulse": (),
            "burst": ("duration",),
            "poisson": ("duration", "rate"),
            "regular": ("duration", "rate"),
            "tetanus": ("duration", "rate"),
        }[self.kind]
        require(self, kind, *of_kind)
        refuse(self, kind, *({"duration", "rate"} - set(of_kind)))
        if not isinstance(self.electrodes, str):
            check_electrodes("electrodes", self.electrodes)
        if self.repeats > 1:
            require(self, "repeats", "interval")
        if self.interval and self.duration and self.interval < self.duration:
            raise ValueError("interval must not be shorter than duration")
        return self
