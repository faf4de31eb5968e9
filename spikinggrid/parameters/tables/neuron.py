"""The neurons, and the background that reaches them."""

from pydantic import model_validator

from spikinggrid.parameters.tables.base import (
    Frequency,
    Resistance,
    Table,
    Time,
    Voltage,
    key,
    optional,
)


class NeuronTable(Table):
    """The leaky integrate-and-fire neuron."""

    v_rest: Voltage = key("membrane potential without any input", "-70 mV", ge=-1.0, le=1.0)
    v_reset: Voltage = key("membrane potential after a spike", "-65 mV", ge=-1.0, le=1.0)
    v_threshold: Voltage = key(
        "membrane potential at which a neuron fires (mean)", "-55 mV", ge=-1.0, le=1.0
    )
    threshold_spread: Voltage = key("standard deviation of it over neurons", "0.5 mV", ge=0, le=1.0)
    v_lower_bound: Voltage | None = optional(
        "the membrane never falls below", "-90 mV", ge=-1.0, le=1.0
    )
    tau_m: Time = key("membrane time constant", "20 ms", ge=1e-6, le=1e3)
    membrane_resistance: Resistance | None = optional(
        "input resistance, which turns currents into shifts of the membrane; cultured hippocampal"
        " neurons have 236 MOhm +- 8.8 (s.e.m.; doi:10.1038/srep19106, table 1)",
        "236 MOhm",
        ge=1e5,
        le=1e11,
    )
    t_refractory: Time = key("time after a spike without input or spikes", "3 ms", ge=0, le=1e3)
    t_refractory_inhibitory: Time | None = optional(
        "the same for inhibitory neurons, where it differs", "2 ms", ge=0, le=1e3
    )
    adaptation: Voltage | None = optional(
        "each spike of an excitatory neuron lowers its drive by", "0.2 mV", gt=0, le=1.0
    )
    tau_adaptation: Time | None = optional("time constant of the recovery", "11 s", ge=1e-6, le=1e5)

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

    drive: Voltage = key(
        "steady drive, as the shift of v_rest it causes (mean)", "5 mV", ge=-1.0, le=1.0
    )
    drive_spread: Voltage = key("standard deviation of it over neurons", "2 mV", ge=0, le=1.0)
    membrane_sd: Voltage = key(
        "standard deviation of the free membrane under Gaussian noise", "2.5 mV", ge=0, le=1.0
    )
    kick_rate: Frequency = key("miniature events per neuron, Poisson", "0 Hz", ge=0, le=1e6)
    kick_amplitude: Voltage = key("what one of them adds to the membrane", "0 mV", ge=-1.0, le=1.0)
    common_sd: Voltage | None = optional(
        "standard deviation of a slow drive that all neurons share, an Ornstein-Uhlenbeck process;"
        " off: none. Excitability of a whole dish wanders; fits to single recordings want 0.2 mV to"
        " 0.3 mV",
        "0.25 mV",
        ge=0,
        le=1.0,
    )
    tau_common: Time | None = optional("its correlation time", "300 ms", ge=1e-6, le=1e5)

    @model_validator(mode="after")
    def _keys_agree(self):
        if (self.common_sd is None) != (self.tau_common is None):
            raise ValueError("common_sd and tau_common go together: give both or neither")
        return self
