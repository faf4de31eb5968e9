"""What a parameter file may say: one frozen model per table, one field per key.

Every field states its meaning; `spikinggrid parameters show NAME` prints it beside the
value. Values are plain floats in SI base units, read from text such as `"20 ms"` (see
`units`). There are no hidden defaults: a key that may be left out is off when it is
absent or "none". How files are found, combined and written is in `parameter_files`.
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from spikinggrid import units


class Quantity:
    """Marks a field as a quantity of one dimension, given as text with a unit."""

    def __init__(self, dimension: str):
        self.dimension = dimension


def _quantity(dimension: str):
    return Annotated[
        float, BeforeValidator(lambda text: units.parse(text, dimension)), Quantity(dimension)
    ]


def _none_is_off(value: object) -> object:
    return None if value == "none" else value


Time = _quantity("s")
Voltage = _quantity("V")
Length = _quantity("m")
Frequency = _quantity("Hz")
Velocity = _quantity("m/s")


class Table(BaseModel):
    """A table of a parameter file: no unknown keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_that_are_off(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: _none_is_off(value) for key, value in data.items()}


def key(description: str, example: object, **limits):
    """A key that must be given."""
    return Field(description=description, examples=[example], **limits)


def optional(description: str, example: object, **limits):
    """A key that is off unless given."""
    return Field(default=None, description=description, examples=[example], **limits)


def _require(table: Table, when: str, *keys: str) -> None:
    for name in keys:
        if getattr(table, name) is None:
            example = json.dumps(type(table).model_fields[name].examples[0])
            raise ValueError(f"{name} is missing, which {when} needs; for example {name} = {example}")


def _refuse(table: Table, when: str, *keys: str) -> None:
    for name in keys:
        if getattr(table, name) is not None:
            raise ValueError(f'{name} means nothing with {when}; leave it out or set it to "none"')


class CultureTable(Table):
    """The dish and the neurons on it."""

    n_neurons: int = key("number of neurons", 1000, ge=1)
    width: Length = key("width of the dish", "1.6 mm", gt=0)
    height: Length = key("height of the dish", "1.6 mm", gt=0)
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
        "share of inhibitory neurons (dale)", 0.2, gt=0, lt=1
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        if self.placement == "grid":
            _require(self, 'placement = "grid"', "jitter")
        else:
            _refuse(self, 'placement = "random"', "jitter")
        if self.inhibition == "dale":
            _require(self, 'inhibition = "dale"', "inhibitory_fraction")
        else:
            _refuse(self, 'inhibition = "relay"', "inhibitory_fraction")
        return self


class NeuronTable(Table):
    """The leaky integrate-and-fire neuron."""

    v_rest: Voltage = key("membrane potential without any input", "-70 mV")
    v_reset: Voltage = key("membrane potential after a spike", "-65 mV")
    v_threshold: Voltage = key("membrane potential at which a neuron fires (mean)", "-55 mV")
    threshold_spread: Voltage = key("standard deviation of it over neurons", "0.5 mV", ge=0)
    v_lower_bound: Voltage | None = optional("the membrane never falls below", "-90 mV")
    tau_m: Time = key("membrane time constant", "20 ms", gt=0)
    t_refractory: Time = key("time after a spike without input or spikes", "3 ms", ge=0)
    t_refractory_inhibitory: Time | None = optional(
        "the same for inhibitory neurons, where it differs", "2 ms", ge=0
    )
    adaptation: Voltage | None = optional(
        "each spike of an excitatory neuron lowers its drive by", "0.2 mV", gt=0
    )
    tau_adaptation: Time | None = optional("time constant of the recovery", "11 s", gt=0)

    @model_validator(mode="after")
    def _keys_agree(self):
        lowest_threshold = self.v_threshold - 3 * self.threshold_spread
        if lowest_threshold <= max(self.v_reset, self.v_rest):
            raise ValueError(
                "v_threshold less three times threshold_spread must lie above v_reset and v_rest"
            )
        if self.v_lower_bound is not None and self.v_lower_bound > min(self.v_reset, self.v_rest):
            raise ValueError("v_lower_bound must not lie above v_rest or v_reset")
        if (self.adaptation is None) != (self.tau_adaptation is None):
            raise ValueError("adaptation and tau_adaptation go together: give both or neither")
        return self


class NoiseTable(Table):
    """Background that reaches every neuron without any other neuron's doing."""

    drive: Voltage = key("steady drive, as the shift of v_rest it causes (mean)", "5 mV")
    drive_spread: Voltage = key("standard deviation of it over neurons", "2 mV", ge=0)
    membrane_sd: Voltage = key(
        "standard deviation of the free membrane under Gaussian noise", "2.5 mV", ge=0
    )
    kick_rate: Frequency = key("miniature events per neuron, Poisson", "0 Hz", ge=0)
    kick_amplitude: Voltage = key("what one of them adds to the membrane", "0 mV")


class SynapseTable(Table):
    """What excitatory and inhibitory synapses have in common."""

    rule: Literal["strength", "probability"] = key(
        "strength: all pairs connect, strength falls with distance; probability: a set number"
        " of synapses, whose chance falls with distance",
        "probability",
    )
    reach: Length = key("width of the Gaussian in distance", "200 um", gt=0)
    reach_onto_inhibitory: Length | None = optional(
        "the same onto inhibitory neurons, where it differs", "200 um", gt=0
    )
    cutoff: float | None = optional(
        "strength rule: weaker connections do not exist (before normalisation)", 1e-3, gt=0
    )
    incoming: Voltage | None = optional(
        "strength rule: sum of the strengths that each neuron receives", "40 mV", gt=0
    )
    synapses_per_neuron: float | None = optional(
        "probability rule: mean number of synapses that a neuron makes", 80.0, gt=0
    )
    strength: Voltage | None = optional(
        "probability rule: mean of what one spike adds", "10 mV", gt=0
    )
    strength_onto_inhibitory: Voltage | None = optional(
        "the same onto inhibitory neurons, where it differs", "10 mV", gt=0
    )
    strength_cv: float | None = optional(
        "probability rule: coefficient of variation of the log-normal strengths", 0.5, ge=0
    )
    kinetics: Literal["instantaneous", "exponential"] = key(
        "a spike moves the membrane at once, or adds to a current that decays", "exponential"
    )
    tau: Time | None = optional("time constant of that current", "5 ms", gt=0)
    delay: Time = key("time from spike to effect, at least one step", "1 ms", gt=0)
    conduction_velocity: Velocity | None = optional(
        "adds distance / velocity to the delay", "0.3 m/s", gt=0
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        of_strength = ("cutoff", "incoming")
        of_probability = ("synapses_per_neuron", "strength", "strength_cv")
        rule = f'rule = "{self.rule}"'
        if self.rule == "strength":
            _require(self, rule, *of_strength)
            _refuse(self, rule, *of_probability, "strength_onto_inhibitory")
        else:
            _require(self, rule, *of_probability)
            _refuse(self, rule, *of_strength)
        kinetics = f'kinetics = "{self.kinetics}"'
        if self.kinetics == "exponential":
            _require(self, kinetics, "tau")
        else:
            _refuse(self, kinetics, "tau")
        return self


class ExcitatorySynapseTable(SynapseTable):
    """Synapses of excitatory neurons (of all neurons where inhibition is relayed)."""

    slow_share: float | None = optional(
        "a spike adds this share of the strength to a slow, NMDA-like current as well", 0.04, gt=0
    )
    tau_slow: Time | None = optional("time constant of the slow current", "100 ms", gt=0)
    depression: float | None = optional(
        "share U of the resources that a spike uses up (Tsodyks & Markram 1997)", 0.7, gt=0, le=1
    )
    tau_depression: Time | None = optional("time constant of their recovery", "150 ms", gt=0)

    @model_validator(mode="after")
    def _pairs_agree(self):
        if (self.slow_share is None) != (self.tau_slow is None):
            raise ValueError("slow_share and tau_slow go together: give both or neither")
        if self.slow_share is not None and self.kinetics != "exponential":
            raise ValueError('slow_share needs kinetics = "exponential"')
        if (self.depression is None) != (self.tau_depression is None):
            raise ValueError("depression and tau_depression go together: give both or neither")
        return self


class InhibitorySynapseTable(SynapseTable):
    """Synapses of inhibitory neurons, or of the interneurons that relay inhibition."""


class InputTable(Table):
    """How a pulse on an electrode reaches the neurons, one step later."""

    rule: Literal["strength", "field"] = key(
        "strength: random strengths that fall with distance (Lagani et al. 2021); field: every"
        " neuron at one distance is driven alike",
        "field",
    )
    reach: Length = key("width of the Gaussian in distance", "100 um", gt=0)
    cutoff: float = key("connections below this relative strength do not exist", 1e-3, gt=0)
    incoming: Voltage | None = optional(
        "strength rule: sum of the strengths that each neuron receives", "40 mV", gt=0
    )
    strength: Voltage | None = optional(
        "field rule: what a nominal pulse adds to a membrane at its electrode", "30 mV", gt=0
    )

    @model_validator(mode="after")
    def _keys_agree(self):
        rule = f'rule = "{self.rule}"'
        used, unused = ("incoming", "strength") if self.rule == "strength" else (
            "strength", "incoming"
        )  # fmt: skip
        _require(self, rule, used)
        _refuse(self, rule, unused)
        return self


class SynapsesTable(Table):
    """The three projections of a culture."""

    input: InputTable
    excitatory: ExcitatorySynapseTable
    inhibitory: InhibitorySynapseTable


class RatesTable(Table):
    """Spike-timing-dependent plasticity of one projection."""

    nu_pre: Voltage | None = optional(
        "online: strength lost at a presynaptic spike, times the trace", "4 uV", ge=0
    )
    nu_post: Voltage = key(
        "strength gained at a postsynaptic spike, times the trace (modulated: and the signal)",
        "0.4 mV",
        ge=0,
    )
    upper_bound: Voltage | None = optional(
        "no strength is ever beyond, not even after scaling", "1 mV", gt=0
    )
    plastic: Literal["all", "onto-excitatory", "image-to-labels"] = Field(
        "all",
        description="which synapses of the projection learn: all, those onto excitatory neurons, or"
        " (modulated) those from neurons under the image to neurons under label electrodes, which"
        " the table digits names",
        examples=["all"],
    )


class PlasticityTable(Table):
    """Which synapses learn, and how."""

    rule: Literal["static", "online", "modulated"] = key(
        "static: strengths never change; online: pair STDP at every spike (Song et al. 2000);"
        " modulated: pairs gather during a presentation, at whose end a signal says what they"
        " are worth; what strengthens excitation weakens inhibition",
        "static",
    )
    trace: Literal["set", "add"] | None = optional(
        "a spike sets its trace to 1 (nearest pairs), or adds 1 to it (all pairs)", "set"
    )
    tau_pre: Time | None = optional("time constant of the presynaptic trace", "20 ms", gt=0)
    tau_post: Time | None = optional("time constant of the postsynaptic trace", "20 ms", gt=0)
    normalise: bool | None = optional(
        "after a presentation, each neuron's incoming strengths are scaled to the sum they had",
        True,
    )
    input: RatesTable | None = optional("rates of the synapses from electrodes", {})
    excitatory: RatesTable | None = optional("rates of the excitatory synapses", {})
    inhibitory: RatesTable | None = optional("rates of the inhibitory synapses", {})

    @model_validator(mode="after")
    def _keys_agree(self):
        rule, keys = f'rule = "{self.rule}"', ("trace", "tau_pre", "tau_post", "normalise")
        if self.rule == "static":
            _refuse(self, rule, *keys, "input", "excitatory", "inhibitory")
            return self
        _require(self, rule, *(keys if self.rule == "online" else ("tau_pre",)))
        if self.rule == "modulated":  # all pairs count, and pre-before-post alone
            _refuse(self, rule, "trace", "tau_post", "normalise")
        learning = {name: getattr(self, name) for name in ("input", "excitatory", "inhibitory")}
        if not any(learning.values()):
            raise ValueError(
                "no projection learns; give [plasticity.excitatory] its keys, such as nu_post"
            )
        for name, rates in learning.items():
            if rates is not None:
                self._check_rates(name, rates)
        return self

    def _check_rates(self, name: str, rates: RatesTable) -> None:
        online = self.rule == "online"
        if online == (rates.nu_pre is None):
            what = "is missing, which" if online else "means nothing with"
            needs = " needs; for example nu_pre = \"4 uV\"" if online else "; leave it out"
            raise ValueError(f'{name}.nu_pre {what} rule = "{self.rule}"{needs}')
        if online and rates.plastic == "image-to-labels":
            raise ValueError(f'{name}.plastic = "{rates.plastic}" needs rule = "modulated"')


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
        check = _require if self.layout == "grid" else _refuse
        check(self, layout, "rows", "columns", "pitch")
        check = _require if self.layout == "hd-26400" else _refuse
        check(self, layout, "n_recorded")
        check = _require if self.readout == "radius" else _refuse
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
    electrodes: str | list[int] = key(
        'electrode numbers, or a pattern by name: "all", "centre", "L", "inverted-L"', [27, 28]
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
            "pulse": (), "burst": ("duration",), "poisson": ("duration", "rate"),
            "regular": ("duration", "rate"), "tetanus": ("duration", "rate"),
        }[self.kind]  # fmt: skip
        _require(self, kind, *of_kind)
        _refuse(self, kind, *({"duration", "rate"} - set(of_kind)))
        if self.repeats > 1:
            _require(self, "repeats", "interval")
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
    labels: Literal["beside-image"] | list[list[int]] = key(
        "label electrodes of each class; beside-image: all beyond the image, row by row",
        "beside-image",
    )
    label_rate: Frequency = key("pulse rate of the teaching signal, on label electrodes", "200 Hz", gt=0)
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
        check = _refuse if self.encoding == "latency" else _require
        check(self, f'encoding = "{self.encoding}"', "image_rate")
        check = _require if self.teaching == "contrastive" else _refuse
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


class Parameters(Table):
    """Everything that makes an experiment: the content of one parameter file."""

    culture: CultureTable
    neuron: NeuronTable
    noise: NoiseTable
    synapses: SynapsesTable
    plasticity: PlasticityTable
    mea: MeaTable
    simulation: SimulationTable
    stimulation: list[StimulationTable] = Field(default_factory=list)
    digits: DigitsTable | None = None
    calibration: CalibrationTable | None = None

    @model_validator(mode="after")
    def _tables_agree(self):
        if self.culture.inhibition == "relay":
            _refuse_apart(self.neuron, "neuron", "t_refractory_inhibitory")
            for name in ("excitatory", "inhibitory"):
                table = getattr(self.synapses, name)
                _refuse_apart(table, f"synapses.{name}", "reach_onto_inhibitory")
                _refuse_apart(table, f"synapses.{name}", "strength_onto_inhibitory")
        for name in ("excitatory", "inhibitory"):
            if getattr(self.synapses, name).delay < self.simulation.dt / 2:
                raise ValueError(f"synapses.{name}.delay is shorter than a step, simulation.dt")
        if self.simulation.duration < self.simulation.dt:
            raise ValueError("simulation.duration is shorter than a step, simulation.dt")
        self._check_learning()
        return self

    def _check_learning(self) -> None:
        modulated = self.plasticity.rule == "modulated"
        rates = (self.plasticity.input, self.plasticity.excitatory, self.plasticity.inhibitory)
        if self.digits is None:
            if any(r is not None and r.plastic == "image-to-labels" for r in rates):
                raise ValueError('digits: is missing, which plastic = "image-to-labels" needs')
            return
        contrastive = self.digits.teaching == "contrastive"
        if contrastive and not modulated:
            raise ValueError('digits.teaching = "contrastive" needs plasticity.rule = "modulated"')
        if self.digits.final_signal is not None and not modulated:
            raise ValueError('digits.final_signal needs plasticity.rule = "modulated"')


def _refuse_apart(table: Table, name: str, key_name: str) -> None:
    if getattr(table, key_name) is not None:
        raise ValueError(
            f'{name}.{key_name} means nothing with culture.inhibition = "relay", which has no'
            ' inhibitory neurons; leave it out or set it to "none"'
        )
