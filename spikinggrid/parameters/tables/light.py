"""Light instead of electrodes: what lights the dish, and what its neurons express."""

from typing import Literal

from pydantic import Field, model_validator

from spikinggrid.parameters.opsins import catalogue
from spikinggrid.parameters.tables.base import (
    Frequency,
    Irradiance,
    Length,
    Table,
    Time,
    check_electrodes,
    key,
    optional,
    refuse,
    require,
)
from spikinggrid.parameters.units import format_quantity


class LightTable(Table):
    """A screen or projector that lights the dish, and the opsin that its neurons express."""

    source: Literal["screen", "projector"] = key(
        "screen: pixels at some distance that shine in all directions (Lambert's law); projector:"
        " sharp pixels in the plane of the neurons, blurred by a Gaussian",
        "projector",
    )
    rows: int = key("rows of pixels", 60, ge=1, le=10_000)
    columns: int = key("columns of pixels", 100, ge=1, le=10_000)
    pitch: Length = key(
        "side of a pixel in the plane of the screen, or of its image; the picture lies in the"
        " middle of the dish",
        "50 um",
        ge=1e-7,
        le=0.1,
    )
    distance: Length | None = optional(
        "screen: from the pixels to the neurons, such as the thickness of the glass",
        "170 um",
        ge=1e-7,
        le=1.0,
    )
    spread: Length | None = optional(
        "projector: standard deviation of the blur", "10 um", ge=1e-9, le=0.1
    )
    irradiance: Irradiance = key(
        "of neurons under a large white area; an ordinary screen has 2 uW/mm2 to 16 uW/mm2, a"
        " projector 1 mW/mm2 and more",
        "0.5 mW/mm2",
        ge=0,
        le=1e8,
    )
    wavelength: Length = key("of the light", "590 nm", ge=1e-7, le=2e-6)
    frame_rate: Frequency = key("pictures per second", "60 Hz", ge=1e-3, le=1e6)
    flash: Time = key(
        "digits by light: each pulse of the encoding lights its place for", "5 ms", gt=0, le=1e3
    )
    spot: Length = key(
        "patterns and digits light a square of this side around each electrode",
        "500 um",
        ge=1e-7,
        le=1.0,
    )
    opsin: Literal[
        "ChR2-PyRhO",
        "ChR2-PyRhO-three",
        "ChR2",
        "ChR2-H134R",
        "vf-Chrimson",
        "Chrimson",
        "GtACR2",
    ] = key("the channel that light opens", "Chrimson")
    expressing: float = key("share of the neurons that express it", 0.8, ge=0, le=1)
    expressing_inhibitory: float | None = optional(
        "the same for inhibitory neurons, where it differs", 0.0, ge=0, le=1
    )
    expression_cv: float = key(
        "coefficient of variation of its amount over these neurons, log-normal around the"
        " published conductance",
        0.3,
        ge=0,
        le=5,
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        own, other = ("distance", "spread")[:: 1 if self.source == "screen" else -1]
        require(self, f'source = "{self.source}"', own)
        refuse(self, f'source = "{self.source}"', other)
        opsin = catalogue()[self.opsin]
        if opsin.sensitivity(self.wavelength) == 0:
            first, last = (format_quantity(w, "m") for w in opsin.spectrum[[0, -1], 0])
            raise ValueError(
                f"wavelength: found {format_quantity(self.wavelength, 'm')}, but the spectrum of"
                f" {self.opsin} is known from {first} to {last}; it peaks at"
                f" {format_quantity(opsin.peak, 'm')}"
            )
        return self


class IlluminationTable(Table):
    """One entry of what is shown to the dish by light."""

    kind: Literal["image", "movie", "pattern"] = key(
        "image: a picture; movie: several, one after another; pattern: squares around electrodes",
        "pattern",
    )
    file: str | None = optional(
        "image, movie: a file of any format that Pillow reads, such as PNG, TIFF or an animated"
        " GIF; it is made grey and stretched over all pixels",
        "stripes.png",
    )
    electrodes: str | list[int | str] | None = optional(
        'pattern: numbers or names of electrodes, or "all", "centre", "L", "inverted-L"', "L"
    )
    start: Time = key(
        "when it begins, counted from the start of the recording", "30 s", ge=0, le=1e8
    )
    duration: Time = key(
        "how long it is shown; a movie begins again where it is shorter", "100 ms", gt=0, le=1e8
    )
    rate: Frequency | None = optional("movie: pictures per second", "30 Hz", gt=0, le=1e6)
    repeats: int = Field(1, description="how often it is shown", examples=[20], ge=1, le=10**7)
    interval: Time | None = optional("time from one repeat to the next", "1 s", gt=0, le=1e8)
    brightness: float = Field(
        1.0, description="of white, relative to light.irradiance", examples=[1.0], gt=0, le=1
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        of_kind = {"image": ("file",), "movie": ("file", "rate"), "pattern": ("electrodes",)}
        kind, own = f'kind = "{self.kind}"', of_kind[self.kind]
        require(self, kind, *own)
        refuse(self, kind, *sorted({"file", "rate", "electrodes"} - set(own)))
        if isinstance(self.electrodes, list):
            check_electrodes("electrodes", self.electrodes)
        if self.repeats > 1:
            require(self, "repeats", "interval")
        if self.interval and self.interval < self.duration:
            raise ValueError("interval must not be shorter than duration")
        return self


class PhotodetectorTable(Table):
    """A camera or photodiodes that see the calcium of neurons."""

    indicator: Literal["GCaMP6f", "GCaMP6s"] = key("what makes calcium visible", "GCaMP6f")
    expressing: float = key("share of the neurons that have it", 1.0, ge=0, le=1)
    sites: Literal["camera", "electrodes"] = key(
        "camera: pixels over the middle of the dish; electrodes: a photodiode over each electrode",
        "camera",
    )
    rows: int | None = optional("camera: rows of pixels", 30, ge=1, le=10_000)
    columns: int | None = optional("camera: columns of pixels", 50, ge=1, le=10_000)
    pitch: Length | None = optional(
        "camera: side of a pixel on the dish", "100 um", ge=1e-7, le=0.1
    )
    diameter: Length | None = optional("of a photodiode", "500 um", ge=1e-7, le=0.1)
    frame_rate: Frequency = key("pictures per second", "60 Hz", ge=1e-3, le=1e6)
    noise: float = key(
        "standard deviation of dF/F of one neuron in 1/60 s; it falls with the root of time and of"
        " the neurons that a site sees; 0.038 for GCaMP6f and 0.030 for GCaMP6s in vivo (Chen et"
        " al. 2013, doi:10.1038/nature12354)",
        0.038,
        ge=0,
        le=100,
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        of_sites = {"camera": ("rows", "columns", "pitch"), "electrodes": ("diameter",)}
        for sites, names in of_sites.items():
            check = require if sites == self.sites else refuse
            check(self, f'sites = "{self.sites}"', *names)
        return self
