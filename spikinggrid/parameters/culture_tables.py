"""The tables of a parameter file about the culture: dish, neurons, noise, synapses, plasticity."""

from typing import Literal

from pydantic import Field, model_validator

from spikinggrid.parameters.tables import (
    Frequency,
    Length,
    Table,
    Time,
    Velocity,
    Voltage,
    key,
    optional,
    refuse,
    require,
)


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
            require(self, 'placement = "grid"', "jitter")
        else:
            refuse(self, 'placement = "random"', "jitter")
        if self.inhibition == "dale":
            require(self, 'inhibition = "dale"', "inhibitory_fraction")
        else:
            refuse(self, 'inhibition = "relay"', "inhibitory_fraction")
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
            require(self, rule, *of_strength)
            refuse(self, rule, *of_probability, "strength_onto_inhibitory")
        else:
            require(self, rule, *of_probability)
            refuse(self, rule, *of_strength)
        kinetics = f'kinetics = "{self.kinetics}"'
        if self.kinetics == "exponential":
            require(self, kinetics, "tau")
        else:
            refuse(self, kinetics, "tau")
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
        used, unused = (
            ("incoming", "strength") if self.rule == "strength" else ("strength", "incoming")
        )
        require(self, rule, used)
        refuse(self, rule, unused)
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
            refuse(self, rule, *keys, "input", "excitatory", "inhibitory")
            return self
        require(self, rule, *(keys if self.rule == "online" else ("tau_pre",)))
        if self.rule == "modulated":  # all pairs count, and pre-before-post alone
            refuse(self, rule, "trace", "tau_post", "normalise")
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
            needs = ' needs; for example nu_pre = "4 uV"' if online else "; leave it out"
            raise ValueError(f'{name}.nu_pre {what} rule = "{self.rule}"{needs}')
        if online and rates.plastic == "image-to-labels":
            raise ValueError(f'{name}.plastic = "{rates.plastic}" needs rule = "modulated"')
