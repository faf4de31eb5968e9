"""The tables of a parameter file about what is done with a culture: array, run, stimuli, digits, fit."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from spikinggrid.parameters.tables import (
    Frequency,
    Length,
    Table,
    Time,
    key,
    optional,
    refuse,
    require,
)


class MeaTable(Table):
    """The multi-electrode array and how it hears neurons."""

    layout: Literal["6x10-500um", "6x10-200um", "8x8-200um", "8x8-200um-59", "hd-26400", "grid"] = (
        key("name of the electrode layout; grid: see the next three keys", "8x8-200um-59")
    )
    rows: int | None = optional("grid: number of rows", 8, ge=1)
    columns: int | None = optional("grid: number of columns", 8, ge=1)
    pitch: Length | None = optional("grid: distance between neighbours", "200 um", gt=0)
    n_recorded: int | None = optional(
        "hd-26400: number of sites that are connected, spread evenly", 1024, ge=1, le=1024
    )
    readout: Literal["region", "radius"] = key(
        "region: each neuron is heard by the nearest electrode; radius: an electrode hears the"
        " neurons around it",
        "radius",
    )
    radius: Length | None = optional("how far an electrode hears", "60 um", gt=0)
    heard_fraction: float = key("share of those neurons that it does hear", 1.0, gt=0, le=1)
    silent_fraction: float = key("share of electrodes that record nothing", 0.0, ge=0, lt=1)
    sampling_rate: Frequency = key("spike times lie on this grid", "25000 Hz", gt=0)
    dead_time: Time = key("after a spike an electrode detects no other for", "1.08 ms", ge=0)
    artefact_reach: Length | None = optional(
        "a pulse is detected as a spike on all electrodes within", "500 um", ge=0
    )
    blanking: Time = key("these electrodes record nothing after a pulse for", "2 ms", ge=0)

    @model_validator(mode="after")
    def _keys_agree(self):
        layout, readout = f'layout = "{self.layout}"', f'readout = "{self.readout}"'
        check = require if self.layout == "grid" else refuse
        check(self, layout, "rows", "columns", "pitch")
        check = require if self.layout == "hd-26400" else refuse
        check(self, layout, "n_recorded")
        check = require if self.readout == "radius" else refuse
        check(self, readout, "radius")
        if self.blanking > 0 and self.artefact_reach is None:
            raise ValueError("blanking needs artefact_reach: which electrodes does a pulse blank?")
        return self


class SimulationTable(Table):
    """How a culture is run."""

    dt: Time = key("length of a time step", "1 ms", gt=0)
    duration: Time = key("biological time that is recorded", "60 s", gt=0)
    warmup: Time = key("biological time before the recording starts", "10 s", ge=0)
    seed: int = key("every random number comes from it", 1, ge=0)
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
    start: Time = key("when it begins, counted from the start of the recording", "30 s", ge=0)
    duration: Time | None = optional("length of one train or burst", "10 ms", gt=0)
    rate: Frequency | None = optional("pulses per second on each electrode", "200 Hz", gt=0)
    repeats: int = Field(1, description="how often it is given", examples=[20], ge=1)
    interval: Time | None = optional("time from one repeat to the next", "1 s", gt=0)
    amplitude: float = Field(
        1.0, description="strength relative to a nominal pulse", examples=[1.0], gt=0
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
        if self.repeats > 1:
            require(self, "repeats", "interval")
        if self.interval and self.duration and self.interval < self.duration:
            raise ValueError("interval must not be shorter than duration")
        return self


class DigitsTable(Table):
    """The digit task: what is shown and taught, and when the culture is asked."""

    dataset: Literal["bundled", "mnist"] = key(
        "images: bundled, 8x8 pixels, come with scikit-learn; mnist, 28x28, are looked for or"
        " downloaded",
        "bundled",
    )
    n_images: int | None = optional(
        "training images are those of the classes among so many first ones; off: among all",
        10_000,
        ge=1,
    )
    classes: list[int] = key("digits to tell apart", [0, 1], min_length=2)
    image_rows: int = key("rows of pixels, from the top left of the array", 6, ge=1)
    image_columns: int = key("columns of pixels", 6, ge=1)
    encoding: Literal["poisson", "poisson-intervals", "regular", "latency"] = key(
        "poisson: random pulses; poisson-intervals: intervals of a Poisson-distributed number of"
        " steps (Lagani et al. 2021); regular: evenly spaced pulses, each electrode with its own"
        " phase; latency: one pulse for each pixel, the earlier the brighter",
        "regular",
    )
    image_rate: Frequency | None = optional(
        "pulse rate of a white pixel (all but latency)", "200 Hz", gt=0
    )
    labels: Literal["beside-image"] | list[list[int | str]] = key(
        "label electrodes of each class; beside-image: all beyond the image, row by row",
        "beside-image",
    )
    label_rate: Frequency = key(
        "pulse rate of the teaching signal, on label electrodes", "200 Hz", gt=0
    )
    presentation: Time = key("how long an image is shown", "100 ms", gt=0)
    teaching: Literal["taught", "contrastive"] = key(
        "taught: each image is shown with its label; contrastive: first without it (free), and"
        " then again with it",
        "contrastive",
    )
    free_signal: float | None = optional(
        "contrastive: the signal at the end of a free presentation; a taught one has 1", -2.0
    )
    only_errors: bool | None = optional(
        "contrastive: both signals come only where the free answer is wrong", True
    )
    final_signal: float | None = optional(
        "signals fall linearly to this share over the training", 0.02, ge=0, le=1
    )
    n_presentations: int | None = optional(
        "training presentations; off: each training image once", 1000, ge=1
    )
    evaluation_interval: int = key(
        "training presentations from one evaluation to the next; the last is at the end", 100, ge=1
    )
    evaluation_images: int | None = optional(
        "so many validation images are shown in an evaluation; off: all", 500, ge=1
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        if wrong := [c for c in self.classes if not 0 <= c <= 9]:
            raise ValueError(f"classes: found {wrong[0]}, but digits are 0 to 9")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes: a digit is given twice")
        check = refuse if self.encoding == "latency" else require
        check(self, f'encoding = "{self.encoding}"', "image_rate")
        check = require if self.teaching == "contrastive" else refuse
        check(self, f'teaching = "{self.teaching}"', "free_signal", "only_errors")
        return self


def _flat(table: object) -> object:
    """Tables within tables as one, so that `neuron.tau_m` may be written with quotes or without.

    What is "none" does not vary after all: so a file says that it extends another one that does.
    """
    if not isinstance(table, dict):
        return table
    flat = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": entry for inner, entry in _flat(value).items()}
        elif value != "none":
            flat[name] = value
    return flat


class CalibrationTable(Table):
    """How a culture is fitted to recordings."""

    bounds: Annotated[dict[str, str], BeforeValidator(_flat)] = key(
        'what varies, as KEY = "LOW : HIGH" or "LOW : HIGH : log" for a logarithmic scale',
        {"noise.drive": "2 mV : 9 mV"},
    )
