"""The model as a Brian2 network: THE definition, in equations, for reading and changing.

A step of time happens in this order, which Brian2's schedule is set to:

    start        the outside world: noise, kicks and pulses of this step are laid ready
    groups       membranes and currents decay exactly, traces too
    synapses     spikes sent `delay` steps ago arrive
    thresholds   what arrived moves the membrane, unless it is refractory; who fires?
    resets       reset; refractory time, adaptation and trace are set; the lower bound
    end          plasticity: potentiation and depression with these traces, then bounds
"""

from collections.abc import Callable, Sequence

import brian2 as b2
import numpy as np
import psutil

from spikinggrid.network.background import Background
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.opsins import catalogue
from spikinggrid.parameters.tables.plasticity import RatesTable
from spikinggrid.simulation.engines import Openings, Pulses, distinct_tau
from spikinggrid.utils.errors import InputError

SCHEDULE = ["start", "groups", "synapses", "thresholds", "resets", "end"]

# Leaky integrate-and-fire (Gerstner et al. 2014, Neuronal Dynamics).
# A refractory membrane decays to rest and is deaf to everything else. Currents are given
# as the shift of the membrane that they would cause if they lasted.
MEMBRANE = """
dv/dt = (v_rest - v + listening*(drive{currents}{light}))/tau_m : volt
listening = int(refractory_left <= 0) : 1 (constant over dt)
refractory_left : integer
refractory_steps : integer (constant)
v_threshold : volt (constant)
drive : volt (constant)
noise : volt
arriving : volt
"""
ARRIVE = """
v += listening*(arriving + noise)
arriving = 0*volt
refractory_left = clip(refractory_left - 1, 0, refractory_steps)
"""
RESET = """
v = v_reset
refractory_left = refractory_steps
"""

# Synaptic currents decay exponentially (Dayan & Abbott 2001, Theoretical Neuroscience); so do the
# slow, NMDA-like one and the adaptation current that each spike raises (Gerstner et al. 2014).
CURRENT = "d{current}/dt = -{current}/tau_{current} : volt\n"

# Channels that light opens (`spikinggrid.light`): their conductance relative to the membrane's own,
# held within a step, and its reversal potential.
LIGHT = " - opening*(v - v_light)"
OPENING = "opening : 1 (constant)\n"

# A trace of each neuron's own spikes, for plasticity (Morrison et al. 2008; Song,
# Miller & Abbott 2000). "set": only the nearest spike counts; "add": all do.
POST_TRACE = "dpost_trace/dt = -post_trace/tau_post : 1\n"
PRE_TRACE = "dpre_trace/dt = -pre_trace/tau_pre : 1 (event-driven)\n"
SPIKE_TRACE = {"set": "{trace} = 1", "add": "{trace} += 1"}

# Pair STDP. A delay is axonal: the spike reaches the synapse one step before its effect.
DEPRESS = "w = clip(w - learning*learns*nu_pre*post_trace_post, 0*volt, upper_bound)"
POTENTIATE = "w += learning*learns*nu_post*pre_trace"
BOUND = "w = clip(w, 0*volt, upper_bound)"

# Modulated plasticity: pairs gather during a presentation, with the same traces, and a third
# factor says in the end what they are worth (Fremaux & Gerstner 2016, Front. Neural Circuits
# 9:85, doi:10.3389/fncir.2015.00085; `modulate`).
GATHER = "eligibility += learning*pre_trace"

# Depression: each spike uses up a share of resources that recover between spikes (Tsodyks &
# Markram 1997, PNAS 94:719). A strength is what a rested synapse gives.
RESOURCES = "dresources/dt = (1 - resources)/tau_depression : 1 (event-driven)\n"

#: Peak while a network is built and all of it fires; `scripts/measure_brian2_memory.py`.
BYTES_PER_SYNAPSE = {"static": 70, "plastic": 240}


class BrianEngine:
    """A culture as a Brian2 network. See `engine.Engine` for what the methods do."""

    def __init__(self, culture: Culture, parameters: Parameters):
        _check_memory(culture, parameters)
        self.culture, self.parameters = culture, parameters
        self.background = Background(parameters, culture.n_neurons)
        self.clock = b2.Clock(parameters.simulation.dt * b2.second)
        self.neurons = self._make_neurons()
        self.electrodes = b2.NeuronGroup(
            max(1, culture.input.n_pre),  # Brian2 has no empty groups
            "pulse : 1\namplitude : 1",
            threshold="pulse > 0",
            reset="amplitude = pulse",
            clock=self.clock,
        )
        sources = self._sources()
        self._firing = [self.neurons, self.electrodes, *self._relays[:1]]
        self.synapses = {
            name: self._make_synapses(name, sources[name])
            for name in PROJECTIONS
            if getattr(culture, name).n_synapses > 0
        }
        for name in self.synapses:
            self.set_strengths(name, getattr(culture, name).strengths())
        self._incoming = {
            name: getattr(parameters.synapses, name).incoming or getattr(culture, name).incoming()
            for name in self.synapses
        }
        self.monitor = b2.SpikeMonitor(self.neurons)
        self.network = b2.Network(
            self.neurons,
            self.electrodes,
            self.monitor,
            *self._relays,
            *self.synapses.values(),
            b2.NetworkOperation(self._lay_ready, clock=self.clock, when="start"),
            b2.NetworkOperation(self._keep_last_spikes, clock=self.clock, when="after_end"),
        )
        self.network.schedule = SCHEDULE
        self.reset()

    def run(
        self,
        n_steps: int,
        pulses: Pulses,
        plastic: bool,
        progress: Callable[[int], None] | None = None,
        light: Openings | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Advance by some steps; see `Engine.run`."""
        self._light = light
        first = round(float(self.clock.t / self.clock.dt))
        recorded = self.monitor.num_spikes
        self._external = _ExternalInput(self.background, n_steps, pulses)
        for name, synapses in self.synapses.items():
            if self._rates(name):
                synapses.learning = int(plastic)
        report = {}
        if progress:
            report = {
                "report": lambda elapsed, share, start, duration: progress(round(share * n_steps)),
                "report_period": 0.2 * b2.second,
            }
        self.network.run(n_steps * self.clock.dt, **report)
        for group, last_spikes in self._last_spikes.items():
            group.variables["_spikespace"].get_value()[:] = last_spikes
        steps = np.rint(np.asarray(self.monitor.t[recorded:] / self.clock.dt)).astype(np.int64)
        return steps - first, np.asarray(self.monitor.i[recorded:], dtype=np.int64)

    def evaluate(
        self,
        n_steps: int,
        presentations: Sequence[Pulses],
        lights: Sequence[Openings | None] | None = None,
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Show presentations to the frozen culture at rest; see `Engine.evaluate`."""
        background = self.background
        self.background = Background(self.parameters, self.culture.n_neurons, "evaluation")
        spikes = []
        lights = [None] * len(presentations) if lights is None else lights
        for pulses, light in zip(presentations, lights, strict=True):
            self.reset()
            spikes.append(self.run(n_steps, pulses, plastic=False, light=light))
        self.reset()
        self.background = background
        return spikes

    def skip(self, n_steps: int) -> None:
        """Let the background of some steps go by unused."""
        self.background.skip(n_steps)

    def reset(self) -> None:
        """Put everything but the strengths to rest."""
        neurons, table = self.neurons, self.parameters.neuron
        neurons.v = table.v_rest * b2.volt
        neurons.refractory_left = 0
        for state in ("i_excitatory", "i_slow", "i_inhibitory", "adaptation", "post_trace"):
            if state in neurons.variables:
                setattr(neurons, f"{state}_", 0.0)
        for synapses in self.synapses.values():
            if "eligibility" in synapses.variables:
                synapses.eligibility = 0
            if "pre_trace" in synapses.variables:
                synapses.pre_trace = 0
            if "resources" in synapses.variables:
                synapses.resources = 1
        self._drop_spikes_on_their_way()

    def normalise(self) -> None:
        """Scale what each neuron receives through plastic projections; see `Engine.normalise`."""
        for name, synapses in self.synapses.items():
            if not self._rates(name):
                continue
            sums = np.bincount(synapses.j, synapses.w_, minlength=self.culture.n_neurons)
            scale = self._incoming[name] / np.where(sums > 0, sums, 1)
            scale[~self.culture.plastic_region(name)[1]] = 1
            self.set_strengths(name, synapses.w_ * scale[synapses.j])

    def modulate(self, signal: float) -> None:
        """Apply what pairs of spikes gathered, times a signal; see `Engine.modulate`."""
        for name, synapses in self.synapses.items():
            if rates := self._rates(name):
                sources, targets = self.culture.plastic_region(name)
                gathered = np.array(synapses.eligibility)
                learns = sources[synapses.i] & targets[synapses.j] & (gathered > 0)
                sign = -1 if name == "inhibitory" else 1
                changed = synapses.w_ + sign * signal * rates.nu_post * gathered
                synapses.w_ = np.where(learns, np.clip(changed, 0, rates.upper_bound), synapses.w_)
                synapses.eligibility = 0

    def strengths(self, name: str) -> np.ndarray:
        """Return the strengths of a projection in the order of `Projection.pairs`, V."""
        return np.array(self.synapses[name].w_) if name in self.synapses else np.empty(0)

    def set_strengths(self, name: str, strengths: np.ndarray) -> None:
        """Replace the strengths of a projection."""
        rates = self._rates(name)
        bound = np.inf if rates is None or rates.upper_bound is None else rates.upper_bound
        self.synapses[name].w_ = np.minimum(strengths.astype(np.float64), bound)

    # --- building ----------------------------------------------------------------------

    def _make_neurons(self) -> b2.NeuronGroup:
        culture, table = self.culture, self.parameters.neuron
        excitatory, inhibitory = (
            self.parameters.synapses.excitatory,
            self.parameters.synapses.inhibitory,
        )
        time_constants = {
            "i_excitatory": ("+", excitatory.tau),
            "i_slow": ("+", excitatory.tau_slow),
            "i_inhibitory": ("-", inhibitory.tau),
            "adaptation": ("-", table.tau_adaptation),
        }
        equations, currents, reset, namespace = "", "", RESET, {}
        light = self.parameters.light
        if light is not None:
            equations += OPENING
            namespace["v_light"] = catalogue()[light.opsin].reversal * b2.volt
        for current, (sign, tau) in time_constants.items():
            if tau is not None:
                equations += CURRENT.format(current=current)
                currents += f" {sign} {current}"
                namespace[f"tau_{current}"] = distinct_tau(tau, table.tau_m) * b2.second
        if table.adaptation is not None:
            reset += "adaptation += adaptation_step\n"
            equations += "adaptation_step : volt (constant)\n"
        plasticity = self.parameters.plasticity
        if plasticity.rule == "online":
            equations += POST_TRACE
            reset += SPIKE_TRACE[plasticity.trace or "set"].format(trace="post_trace")
            namespace["tau_post"] = plasticity.tau_post * b2.second
        neurons = b2.NeuronGroup(
            culture.n_neurons,
            MEMBRANE.format(currents=currents, light=LIGHT if light else "") + equations,
            threshold="v >= v_threshold",
            reset=reset,
            method="exact",
            clock=self.clock,
            namespace=namespace
            | {
                "v_rest": table.v_rest * b2.volt,
                "v_reset": table.v_reset * b2.volt,
                "tau_m": table.tau_m * b2.second,
            },
        )
        neurons.run_regularly(ARRIVE, when="before_thresholds", clock=self.clock)
        if table.v_lower_bound is not None:
            neurons.namespace["v_lower_bound"] = table.v_lower_bound * b2.volt
            neurons.run_regularly(
                "v = clip(v, v_lower_bound, inf*volt)", when="after_resets", clock=self.clock
            )
        neurons.v_threshold_ = culture.v_threshold
        neurons.drive_ = culture.drive
        t_inhibitory = table.t_refractory_inhibitory
        t_refractory = np.where(
            culture.is_inhibitory,
            table.t_refractory if t_inhibitory is None else t_inhibitory,
            table.t_refractory,
        )
        neurons.refractory_steps = np.rint(t_refractory / self.parameters.simulation.dt)
        if table.adaptation is not None:
            neurons.adaptation_step_ = np.where(culture.is_inhibitory, 0.0, table.adaptation)
        return neurons

    def _sources(self) -> dict[str, b2.Group]:
        """Return what fires into each projection; build the interneurons of the relay."""
        culture, n_excitatory = self.culture, self.culture.n_excitatory
        self._relays = []
        sources = {"input": self.electrodes}
        if n_excitatory > 0:
            sources["excitatory"] = self.neurons[:n_excitatory]
        if n_excitatory < culture.n_neurons:
            sources["inhibitory"] = self.neurons[n_excitatory:]
        if not culture.relay:
            return sources
        interneurons = b2.NeuronGroup(
            culture.n_neurons, "due : 1", threshold="due > 0", reset="due = 0", clock=self.clock
        )
        relay = b2.Synapses(self.neurons, interneurons, on_pre="due_post = 1", clock=self.clock)
        relay.connect(j="i")
        self._relays = [interneurons, relay]
        return sources | {"inhibitory": interneurons}

    def _make_synapses(self, name: str, source: b2.Group) -> b2.Synapses:
        projection, rates = getattr(self.culture, name), self._rates(name)
        plasticity = self.parameters.plasticity
        model, namespace = "w : volt\n", {}
        before, after = {"arrive": self._effect(name)}, {}
        table = getattr(self.parameters.synapses, name)
        if name == "excitatory" and table.depression is not None:
            model += RESOURCES
            before["arrive"] += "resources *= 1 - depression\n"
            namespace["tau_depression"] = table.tau_depression * b2.second
            namespace["depression"] = table.depression
        if name == "excitatory" and table.slow_share is not None:
            namespace["slow_share"] = table.slow_share
        if rates:
            model += "learning : 1 (shared)\n" + PRE_TRACE
            namespace["tau_pre"] = plasticity.tau_pre * b2.second
        if rates and plasticity.rule == "modulated":
            model += "eligibility : 1\n"
            before["trace"] = SPIKE_TRACE["add"].format(trace="pre_trace")
            after["gather"] = GATHER
        elif rates:
            model += "learns : 1 (constant)\n"
            before |= {
                "trace": SPIKE_TRACE[plasticity.trace or "set"].format(trace="pre_trace"),
                "depress": DEPRESS,
            }
            after |= {"potentiate": POTENTIATE, "bound": BOUND}
            namespace |= {
                "nu_pre": rates.nu_pre * b2.volt,
                "nu_post": rates.nu_post * b2.volt,
                "upper_bound": (np.inf if rates.upper_bound is None else rates.upper_bound)
                * b2.volt,
            }
        synapses = b2.Synapses(
            source,
            self.neurons,
            model,
            on_pre=before,
            on_post=after or None,
            clock=self.clock,
            namespace=namespace,
        )
        pre, post = projection.pairs()
        synapses.connect(i=pre, j=post)
        if "learns" in synapses.variables:
            synapses.learns = self.culture.plastic_region(name)[1][post]
        if name != "input":
            self._set_delays(synapses, name, before, pre, post)
        for order, pathway in enumerate(("trace", "gather", "potentiate", "depress", "bound")):
            if pathway in before or pathway in after:
                getattr(synapses, pathway).when = "end"
                getattr(synapses, pathway).order = order
        return synapses

    def _effect(self, name: str) -> str:
        """Return the code of what one arriving spike does to its target."""
        table = getattr(self.parameters.synapses, name)
        if name == "input":
            return "arriving_post += amplitude_pre*w\n"
        if name == "inhibitory":
            target = "arriving_post -=" if table.tau is None else "i_inhibitory_post +="
            return f"{target} w\n"
        strength = "w" if table.depression is None else "resources*w"
        target = "arriving_post" if table.tau is None else "i_excitatory_post"
        slow = f"i_slow_post += slow_share*{strength}\n" if table.slow_share is not None else ""
        return f"{target} += {strength}\n{slow}"

    def _set_delays(self, synapses, name, pathways, pre, post) -> None:
        """Set delays; a Brian2 spike without delay arrives in the next step's `synapses` slot."""
        steps = self.culture.delay_steps(name, pre, post, self.parameters.simulation.dt)
        if np.any(steps > 1):
            for pathway in pathways:
                getattr(synapses, pathway).delay = (steps - 1) * self.clock.dt

    def _rates(self, name: str) -> RatesTable | None:
        return getattr(self.parameters.plasticity, name)

    # --- running -----------------------------------------------------------------------

    def _lay_ready(self) -> None:
        """Lay the noise, kicks and pulses of the present step ready."""
        noise, kicked, electrodes, amplitudes = self._external.next_step()
        self.neurons.variables["noise"].get_value()[:] = noise
        if len(kicked):
            arriving = self.neurons.variables["arriving"].get_value()
            np.add.at(arriving, kicked, self.background.kick)
        if "opening" in self.neurons.variables:
            opened = None if self._light is None else self._light.next(1)
            opening = self.neurons.variables["opening"].get_value()
            opening[:] = 0 if opened is None else opened[0]
        pulse = self.electrodes.variables["pulse"].get_value()
        pulse[:] = 0
        np.add.at(pulse, electrodes, amplitudes)

    def _keep_last_spikes(self) -> None:
        """Keep the spikes of a run's last step, which Brian2 forgets and the next run delivers."""
        if self._external.is_over:
            self._last_spikes = {
                group: group.variables["_spikespace"].get_value().copy() for group in self._firing
            }

    def _drop_spikes_on_their_way(self) -> None:
        """Empty the queues of delayed spikes, for which Brian2 has no public call."""
        for group in self._firing:
            group.variables["_spikespace"].get_value()[-1] = 0
        for synapses in (*self.synapses.values(), *self._relays[1:]):
            for pathway in synapses._pathways:
                if pathway.queue is not None:
                    pathway.queue._restore_from_full_state(None)
        if self._relays:
            self._relays[0].due = 0
        self.neurons.arriving_ = 0.0


class _ExternalInput:
    """What reaches the culture from outside in each step of one run."""

    def __init__(self, background: Background, n_steps: int, pulses: Pulses):
        self.background = background
        self.offsets, kick_steps, self.kicked = background.draw(n_steps)
        self.common = background.draw_common(n_steps)
        steps, self.electrodes, self.amplitudes = pulses
        edges = np.arange(n_steps + 1)
        self.first_kick = np.searchsorted(kick_steps, edges)
        self.first_pulse = np.searchsorted(steps, edges)
        self.step = 0

    @property
    def is_over(self) -> bool:
        return self.step == len(self.offsets)

    def next_step(self) -> tuple[np.ndarray, ...]:
        step, offset = self.step, self.offsets[self.step]
        self.step += 1
        kicks = slice(self.first_kick[step], self.first_kick[step + 1])
        pulses = slice(self.first_pulse[step], self.first_pulse[step + 1])
        noise = self.background.table[offset : offset + self.background.n_neurons]
        noise = noise + self.common[step]
        return noise, self.kicked[kicks], self.electrodes[pulses], self.amplitudes[pulses]


def _check_memory(culture: Culture, parameters: Parameters) -> None:
    """Refuse a network that would not fit, instead of being killed while it is built."""
    needed = sum(
        getattr(culture, name).n_synapses
        * BYTES_PER_SYNAPSE["plastic" if getattr(parameters.plasticity, name) else "static"]
        for name in PROJECTIONS
    )
    available = psutil.virtual_memory().available
    if needed > available:
        n_synapses = sum(getattr(culture, name).n_synapses for name in PROJECTIONS)
        raise InputError(
            f"simulation.engine: brian2 needs about {needed / 1e9:.1f} GB for {n_synapses:,}"
            f' synapses, and {available / 1e9:.1f} GB are free; engine = "native" needs a'
            " fraction of it, or make culture.n_neurons or the reach of the synapses smaller"
        )
