"""The synapses: what neurons, interneurons and electrodes do to neurons."""

from typing import Literal

from pydantic import model_validator

from spikinggrid.parameters.tables.base import (
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


class SynapseTable(Table):
    """What excitatory and inhibitory synapses have in common."""

    rule: Literal["strength", "probability"] = key(
        "strength: all pairs connect, strength falls with distance; probability: a set number"
        " of synapses, whose chance falls with distance",
        "probability",
    )
    reach: Length = key("width of the Gaussian in distance", "200 um", ge=1e-6, le=100.0)
    reach_onto_inhibitory: Length | None = optional(
        "the same onto inhibitory neurons, where it differs", "200 um", ge=1e-6, le=100.0
    )
    cutoff: float | None = optional(
        "strength rule: weaker connections do not exist (before normalisation)", 1e-3, gt=0, le=10
    )
    incoming: Voltage | None = optional(
        "strength rule: sum of the strengths that each neuron receives", "40 mV", ge=0, le=1e3
    )
    synapses_per_neuron: float | None = optional(
        "probability rule: mean number of synapses that a neuron makes", 80.0, ge=1e-3, le=1e6
    )
    strength: Voltage | None = optional(
        "probability rule: mean of what one spike adds", "10 mV", ge=0, le=1e3
    )
    strength_onto_inhibitory: Voltage | None = optional(
        "the same onto inhibitory neurons, where it differs", "10 mV", ge=0, le=1e3
    )
    strength_cv: float | None = optional(
        "probability rule: coefficient of variation of the log-normal strengths", 0.5, ge=0, le=100
    )
    kinetics: Literal["instantaneous", "exponential"] = key(
        "a spike moves the membrane at once, or adds to a current that decays", "exponential"
    )
    tau: Time | None = optional("time constant of that current", "5 ms", ge=1e-6, le=1e3)
    delay: Time = key("time from spike to effect, at least one step", "1 ms", ge=1e-6, le=10.0)
    conduction_velocity: Velocity | None = optional(
        "adds distance / velocity to the delay", "0.3 m/s", ge=1e-3, le=1e6
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
        "a spike adds this share of the strength to a slow, NMDA-like current as well",
        0.04,
        gt=0,
        le=100,
    )
    tau_slow: Time | None = optional("time constant of the slow current", "100 ms", ge=1e-6, le=1e3)
    depression: float | None = optional(
        "share U of the resources that a spike uses up (Tsodyks & Markram 1997)", 0.7, gt=0, le=1
    )
    tau_depression: Time | None = optional(
        "time constant of their recovery", "150 ms", ge=1e-6, le=1e5
    )

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
    """How a pulse on an electrode reaches the neurons, one step later; an array needs it."""

    rule: Literal["strength", "field", "current"] = key(
        "strength: random strengths that fall with distance (Lagani et al. 2021); field: every"
        " neuron at one distance is driven alike; current: the same, and the current that a neuron"
        " needs grows with the square of its distance (Stoney et al. 1968)",
        "field",
    )
    reach: Length = key(
        "width of the Gaussian in distance; current: distance at which a neuron needs twice the"
        " current",
        "100 um",
        ge=1e-6,
        le=100.0,
    )
    cutoff: float = key("connections below this relative strength do not exist", 1e-3, gt=0, le=10)
    incoming: Voltage | None = optional(
        "strength rule: sum of the strengths that each neuron receives", "40 mV", ge=0, le=1e3
    )
    strength: Voltage | None = optional(
        "field and current: what a nominal pulse adds to a membrane at its electrode",
        "30 mV",
        ge=0,
        le=1e3,
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
    """The projections of a culture; without an array there is no input."""

    input: InputTable | None = None
    excitatory: ExcitatorySynapseTable
    inhibitory: InhibitorySynapseTable
