"""Which synapses learn, and how."""

from typing import Literal

from pydantic import Field, model_validator

from spikinggrid.parameters.tables.base import Table, Time, Voltage, key, optional, refuse, require


class RatesTable(Table):
    """Spike-timing-dependent plasticity of one projection."""

    nu_pre: Voltage | None = optional(
        "online: strength lost at a presynaptic spike, times the trace", "4 uV", ge=0, le=1e3
    )
    nu_post: Voltage = key(
        "strength gained at a postsynaptic spike, times the trace (modulated: and the signal)",
        "0.4 mV",
        ge=0,
        le=1e3,
    )
    upper_bound: Voltage | None = optional(
        "no strength is ever beyond, not even after scaling", "1 mV", gt=0, le=1e3
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
    tau_pre: Time | None = optional(
        "time constant of the presynaptic trace", "20 ms", ge=1e-6, le=1e3
    )
    tau_post: Time | None = optional(
        "time constant of the postsynaptic trace", "20 ms", ge=1e-6, le=1e3
    )
    normalise: bool | None = optional(
        "after a presentation (modulated: one with a signal), each neuron's incoming strengths are"
        " scaled to the sum they had (synaptic scaling, Turrigiano et al. 1998)",
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
            refuse(self, rule, "trace", "tau_post")
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
