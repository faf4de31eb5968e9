"""The networks of `compare_speed.py` in other simulators, each as its own users write it.

`training` is the network of Lagani et al. (2021). BindsNET computes the same model; Brian2
standalone and NEST differ in details and do less: neither normalises nor resets, and NEST's
inhibition does not learn. `frozen` is the same network in BindsNET, 64 images at a time. `sparse`
is the sparse dish; in NEST, its synapses that learn do not depress, and are as much weaker.
`spontaneous` is the default culture with all its parts. Both rivals hold the membrane at its reset
while it is refractory and draw their own noise, so that they fire a little more or less.
"""

import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np

from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters

STEPS = 100
DT = 1e-3
DECAY_M, DECAY_TRACE = 50.0, 20.0  # ms
VOLTS = 0.04  # one unit of the dimensionless voltage of the published network
MV = 1e-3


def timed(repeats: int, call: Callable[[int], int]) -> tuple[float, list[int]]:
    """Median time of `call(number)`, and the numbers of spikes that it returns."""
    times, spikes = [], []
    for number in range(repeats):
        start = time.perf_counter()
        spikes.append(call(number))
        times.append(time.perf_counter() - start)
    return float(np.median(times)), spikes


def raster(stimulus: Stimulus) -> np.ndarray:
    """The pulses of one presentation as an array of shape (n_steps, n_electrodes)."""
    pulses = np.zeros((STEPS, 60), np.uint8)
    pulses[np.rint(stimulus.times / DT).astype(int), stimulus.electrodes] = 1
    return pulses


# --- BindsNET ----------------------------------------------------------------------------


def bindsnet_training(
    culture: Culture, inputs: Sequence[Stimulus], n_threads: int
) -> tuple[float, list[int]]:
    """Time of a training presentation, and the spikes of each."""
    import torch

    network, monitor, absent = _bindsnet(culture, n_threads, batch_size=1)
    rasters = [torch.from_numpy(raster(stimulus)) for stimulus in inputs]

    def present(number: int) -> int:
        network.run({"X": rasters[number]}, time=STEPS, masks=absent)
        spikes = int(monitor.get("s").sum())
        network.reset_state_variables()
        return spikes

    return timed(len(inputs), present)


def bindsnet_frozen(
    culture: Culture, inputs: Sequence[Stimulus], n_threads: int
) -> tuple[float, list[int]]:
    """Time of one of many images that are shown at once, and the spikes of all."""
    import torch

    network, monitor, _ = _bindsnet(culture, n_threads, batch_size=len(inputs))
    network.train(False)
    images = torch.from_numpy(np.stack([raster(stimulus) for stimulus in inputs], axis=1))

    def show(_: int) -> int:
        network.run({"X": images}, time=STEPS)
        spikes = int(monitor.get("s").sum())
        network.reset_state_variables()
        return spikes

    show(0)
    seconds, spikes = timed(3, show)
    return seconds / len(inputs), spikes[:1]


def _bindsnet(culture: Culture, n_threads: int, batch_size: int):
    import torch
    from bindsnet.learning import PostPre
    from bindsnet.network import Network
    from bindsnet.network.monitors import Monitor
    from bindsnet.network.nodes import Input, LIFNodes, Nodes
    from bindsnet.network.topology import Connection

    class Relay(Nodes):
        """Fires one step after its neuron."""

        def forward(self, x: torch.Tensor) -> None:
            self.s = x > 0
            super().forward(x)

    torch.set_num_threads(n_threads)
    n = culture.n_neurons
    network = Network(dt=1.0, learning=True, batch_size=batch_size)
    options = {"traces": True, "tc_trace": DECAY_TRACE}
    neurons = LIFNodes(
        n=n, thresh=1.0, rest=0.5, reset=0.5, refrac=5, tc_decay=DECAY_M, lbound=0.0, **options
    )
    layers = {"X": Input(n=60, **options), "Y": neurons, "Z": Relay(n=n, **options)}
    for name, layer in layers.items():
        network.add_layer(layer, name)
    learning = {"update_rule": PostPre, "nu": (1e-4, 1e-2)}
    absent: dict[tuple[str, str], torch.Tensor] = {}

    def connect(source: str, projection, sign: int, norm: float) -> None:
        matrix = torch.from_numpy(projection.matrix() / np.float32(VOLTS) * sign)
        bounds = {"wmin": 0.0} if sign > 0 else {"wmax": 0.0, "nu": (-1e-4, -1e-2)}
        connection = Connection(layers[source], neurons, w=matrix, norm=norm, **(learning | bounds))
        network.add_connection(connection, source, "Y")
        absent[source, "Y"] = matrix == 0

    connect("X", culture.input, 1, 1.0)
    connect("Y", culture.excitatory, 1, 1.0)
    connect("Z", culture.inhibitory, -1, 10.0)  # its normalisation keeps signs
    network.add_connection(Connection(neurons, layers["Z"], w=torch.eye(n)), "Y", "Z")
    monitor = Monitor(neurons, ["s"], time=STEPS, batch_size=batch_size)
    network.add_monitor(monitor, "Y")
    return network, monitor, absent


# --- NEST --------------------------------------------------------------------------------


def nest_training(
    culture: Culture, inputs: Sequence[Stimulus], n_threads: int
) -> tuple[float, list[int]]:
    """Time of a training presentation, and the spikes of all."""
    nest = _nest(n_threads)
    neurons = nest.Create(
        "iaf_psc_delta",
        culture.n_neurons,
        params={
            "E_L": 0.5,
            "V_m": 0.5,
            "V_reset": 0.5,
            "V_th": 1.0,
            "V_min": 0.0,
            "tau_m": DECAY_M,
            "C_m": DECAY_M,
            "t_ref": 5.0,
            "tau_minus": DECAY_TRACE,
        },
    )
    generators = nest.Create("spike_generator", 60)
    electrodes = nest.Create("parrot_neuron", 60)
    nest.Connect(generators, electrodes, "one_to_one")
    # additive pair STDP with the published rates; static inhibition, whose sign NEST keeps apart
    plastic = {"lambda": 1e-4, "alpha": 0.01, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 100.0}
    nest.CopyModel("stdp_synapse", "plastic", plastic)
    for sources, projection, model, delay, sign in (
        (electrodes, culture.input, "plastic", 1.0, 1),
        (neurons, culture.excitatory, "plastic", 1.0, 1),
        (neurons, culture.inhibitory, "static_synapse", 2.0, -1),
    ):
        pre, post = projection.pairs()
        weights = sign * projection.strengths().astype(float) / VOLTS
        _nest_connect(sources, neurons, pre, post, model, weights, np.full(len(pre), delay))
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    times = []
    for stimulus in inputs:
        begin = nest.biological_time
        for electrode, generator in enumerate(generators):
            own = stimulus.times[stimulus.electrodes == electrode] * 1e3
            generator.spike_times = (begin + 1.0 + np.rint(own)).tolist()
        times.append(_nest_run(STEPS))
    return float(np.median(times)), [recorder.n_events]


def nest_sparse(
    culture: Culture, parameters: Parameters, seconds: int, n_threads: int
) -> tuple[float, list[int]]:
    """Time of a biological second, and the spikes of all."""
    nest = _nest(n_threads)
    table, noise, synapses = parameters.neuron, parameters.noise, parameters.synapses
    excitatory, inhibitory = synapses.excitatory, synapses.inhibitory
    tau_m, rates = table.tau_m / DT, parameters.plasticity.excitatory
    neurons = nest.Create(
        "iaf_psc_exp",
        culture.n_neurons,
        params={  # with this capacitance, 1 pA moves the membrane towards 1 mV
            "E_L": table.v_rest / MV,
            "V_m": table.v_rest / MV,
            "V_reset": table.v_reset / MV,
            "tau_m": tau_m,
            "C_m": tau_m,
            "t_ref": table.t_refractory / DT,
            "tau_syn_ex": excitatory.tau / DT,
            "tau_syn_in": inhibitory.tau / DT,
            "tau_minus": parameters.plasticity.tau_post / DT,
        },
    )
    neurons.V_th = (culture.v_threshold / MV).tolist()
    nest.CopyModel(
        "tsodyks2_synapse",
        "depressing",
        {"U": excitatory.depression, "u": excitatory.depression, "tau_fac": 0.0}
        | {"tau_rec": excitatory.tau_depression / DT, "x": 1.0},
    )
    rested = _rested_share(excitatory.depression, excitatory.tau_depression, rate=2.5)
    most = rested * rates.upper_bound / MV
    gain = {"lambda": rates.nu_post / rates.upper_bound, "alpha": rates.nu_pre / rates.nu_post}
    nest.CopyModel(
        "stdp_synapse", "plastic", gain | {"mu_plus": 0.0, "mu_minus": 0.0, "Wmax": most}
    )
    for pre, post, strengths in culture.excitatory.blocks():
        delays = culture.delay_steps("excitatory", pre, post, DT).astype(float)
        learns = post < culture.n_excitatory
        for own, model, factor in (
            (learns, "plastic", rested),
            (~learns, "depressing", 1 / excitatory.depression),
        ):
            weights = factor * strengths[own].astype(float) / MV
            _nest_connect(neurons, neurons, pre[own], post[own], model, weights, delays[own])
    for pre, post, strengths in culture.inhibitory.blocks():
        delays = culture.delay_steps("inhibitory", pre, post, DT).astype(float)
        weights = -strengths.astype(float) / MV
        first = culture.first_source("inhibitory")
        _nest_connect(neurons, neurons, pre + first, post, "static_synapse", weights, delays)
    _nest_noise(neurons, noise.drive, noise.membrane_sd, tau_m)
    return _nest_seconds(neurons, seconds)


def nest_spontaneous(
    culture: Culture, parameters: Parameters, seconds: int, n_threads: int
) -> tuple[float, list[int]]:
    """Time of a biological second of the default culture, and the spikes of all.

    Fast and slow currents are synapses of their own; adaptation is a synapse onto oneself.
    """
    nest = _nest(n_threads)
    table, noise = parameters.neuron, parameters.noise
    excitatory, inhibitory = parameters.synapses.excitatory, parameters.synapses.inhibitory
    tau_m, n_excitatory = table.tau_m / DT, culture.n_excitatory
    taus = (excitatory.tau, excitatory.tau_slow, inhibitory.tau, table.tau_adaptation)
    neurons = nest.Create(
        "iaf_psc_exp_multisynapse",
        culture.n_neurons,
        params={  # with this capacitance, 1 pA moves the membrane towards 1 mV
            "E_L": table.v_rest / MV,
            "V_m": table.v_rest / MV,
            "V_reset": table.v_reset / MV,
            "tau_m": tau_m,
            "C_m": tau_m,
            "tau_syn": [tau / DT for tau in taus],
        },
    )
    neurons.V_th = (culture.v_threshold / MV).tolist()
    neurons.I_e = (culture.drive / MV).tolist()
    neurons[:n_excitatory].t_ref = table.t_refractory / DT
    neurons[n_excitatory:].t_ref = table.t_refractory_inhibitory / DT
    used = excitatory.depression
    nest.CopyModel(
        "tsodyks2_synapse",
        "depressing",
        {"U": used, "u": used, "tau_fac": 0.0, "tau_rec": excitatory.tau_depression / DT, "x": 1.0},
    )
    for name, model, ports in (
        ("excitatory", "depressing", {1: 1 / used, 2: excitatory.slow_share / used}),
        ("inhibitory", "static_synapse", {3: -1.0}),
    ):
        pre, post = getattr(culture, name).pairs()
        delays = culture.delay_steps(name, pre, post, DT).astype(float)
        strengths = getattr(culture, name).strengths().astype(float) / MV
        for port, factor in ports.items():
            first = culture.first_source(name)
            weights = factor * strengths
            _nest_connect(neurons, neurons, pre + first, post, model, weights, delays, port)
    own, delay = np.arange(n_excitatory), np.ones(n_excitatory)
    adaptation = np.full(n_excitatory, -table.adaptation / MV)
    _nest_connect(neurons, neurons, own, own, "static_synapse", adaptation, delay, 4)
    _nest_noise(neurons, 0.0, noise.membrane_sd, tau_m)
    return _nest_seconds(neurons, seconds)


def _nest_noise(neurons, drive: float, membrane_sd: float, tau_m: float) -> None:
    import nest

    step_sd = membrane_sd * np.sqrt(-np.expm1(-2 / tau_m)) / -np.expm1(-1 / tau_m)
    current = {"mean": drive / MV, "std": step_sd / MV, "dt": 1.0}
    nest.Connect(nest.Create("noise_generator", params=current), neurons)


def _nest_seconds(neurons, seconds: int) -> tuple[float, list[int]]:
    """Median time of a biological second, after half of one, and the spikes of all."""
    import nest

    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    _nest_run(500)
    before = recorder.n_events
    times = [_nest_run(1000) for _ in range(seconds)]
    return float(np.median(times)), [recorder.n_events - before]


def _rested_share(depression: float, tau: float, rate: float) -> float:
    """Resources of a depressing synapse at a steady rate (Tsodyks & Markram 1997)."""
    recovered = np.exp(-1 / (rate * tau))
    return float((1 - recovered) / (1 - (1 - depression) * recovered))


def _nest(n_threads: int):
    import nest

    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution = 1.0
    nest.local_num_threads = n_threads
    return nest


def _nest_connect(
    sources, targets, pre, post, model: str, weights, delays, port: int | None = None
) -> None:
    import nest

    receptor = {} if port is None else {"receptor_type": np.full(len(pre), port)}
    nest.Connect(
        np.array(sources.tolist())[pre],
        np.array(targets.tolist())[post],
        "one_to_one",
        {"synapse_model": model, "weight": weights, "delay": delays} | receptor,
    )


def _nest_run(n_steps: int) -> float:
    import nest

    start = time.perf_counter()
    nest.Simulate(float(n_steps))
    return time.perf_counter() - start


# --- Brian2 standalone -------------------------------------------------------------------


def brian2_training(culture: Culture, inputs: Sequence[Stimulus]) -> tuple[float, list[int]]:
    """Time of a training presentation, and the spikes of all."""
    import brian2 as b2

    def build() -> list:
        neurons = b2.NeuronGroup(
            culture.n_neurons,
            "dv/dt = (0.5 - v)/(50*ms) : 1 (unless refractory)",
            threshold="v >= 1",
            reset="v = 0.5",
            refractory=5 * b2.ms,
            method="exact",
        )
        neurons.v = 0.5
        neurons.run_regularly("v = clip(v, 0, inf)")
        times = np.concatenate([s.times + k * STEPS * DT for k, s in enumerate(inputs)])
        electrodes = np.concatenate([stimulus.electrodes for stimulus in inputs])
        pulses = b2.SpikeGeneratorGroup(60, electrodes, times * b2.second)
        made = [neurons, pulses]
        for source, projection, sign, delay in (
            (pulses, culture.input, "+", 1),
            (neurons, culture.excitatory, "+", 1),
            (neurons, culture.inhibitory, "-", 2),
        ):
            synapses = b2.Synapses(
                source,
                neurons,
                "w : 1\n" + BRIAN2_TRACES,
                on_pre=f"v_post {sign}= w*int(not_refractory_post)\n"
                "pre = 1\nw = clip(w - 1e-4*post, 0, inf)",
                on_post="post = 1\nw = w + 1e-2*pre",
                delay=delay * b2.ms,
            )
            pre, post = projection.pairs()
            synapses.connect(i=pre, j=post)
            synapses.w = projection.strengths().astype(float) / VOLTS
            made.append(synapses)
        return made

    seconds, spikes = _brian2_run(build, len(inputs) * STEPS)
    return seconds / len(inputs), [spikes]


#: Pair STDP as Brian2's documentation writes it, with event-driven traces.
BRIAN2_TRACES = (
    "dpre/dt = -pre/(20*ms) : 1 (event-driven)\ndpost/dt = -post/(20*ms) : 1 (event-driven)\n"
)


def brian2_sparse(
    culture: Culture, parameters: Parameters, seconds: int
) -> tuple[float, list[int]]:
    """Time of a biological second, and the spikes of all."""
    import brian2 as b2

    table, noise = parameters.neuron, parameters.noise
    excitatory, inhibitory = parameters.synapses.excitatory, parameters.synapses.inhibitory
    rates = parameters.plasticity.excitatory
    constants = {
        "tau_m": table.tau_m * b2.second,
        "tau_e": excitatory.tau * b2.second,
        "tau_i": inhibitory.tau * b2.second,
        "drive": noise.drive / MV,
        "step_sd": noise.membrane_sd * np.sqrt(-np.expm1(-2 * DT / table.tau_m)) / MV,
        "lowest": (table.v_reset - table.v_rest) / MV,
        "U": excitatory.depression,
        "tau_d": excitatory.tau_depression * b2.second,
        "most": rates.upper_bound / MV,
        "nu_pre": rates.nu_pre / MV,
        "nu_post": rates.nu_post / MV,
    }
    depressing = "w : 1\ndx/dt = (1 - x)/tau_d : 1 (event-driven)\n"

    def build() -> list:
        neurons = b2.NeuronGroup(
            culture.n_neurons,
            "dv/dt = (drive + i_e - i_i - v)/tau_m : 1 (unless refractory)\n"
            "di_e/dt = -i_e/tau_e : 1\ndi_i/dt = -i_i/tau_i : 1\nthreshold : 1 (constant)",
            threshold="v >= threshold",
            reset="v = lowest",
            refractory=table.t_refractory * b2.second,
            method="exact",
            namespace=constants,
        )
        neurons.threshold = (culture.v_threshold - table.v_rest) / MV
        neurons.run_regularly("v += step_sd*randn()*int(not_refractory)")
        pre, post = culture.excitatory.pairs()
        learns = post < culture.n_excitatory
        send = "i_e_post += w*x\nx -= U*x\n"
        made = [neurons]
        for name, own, model, on_pre, on_post in (
            (
                "excitatory",
                learns,
                depressing + BRIAN2_TRACES,
                send + "pre = 1\nw = clip(w - nu_pre*post, 0, most)",
                "post = 1\nw = clip(w + nu_post*pre, 0, most)",
            ),
            ("excitatory", ~learns, depressing, send, None),
            ("inhibitory", slice(None), "w : 1", "i_i_post += w", None),
        ):
            pre, post = (ends[own] for ends in getattr(culture, name).pairs())
            synapses = b2.Synapses(
                neurons, neurons, model, on_pre=on_pre, on_post=on_post, namespace=constants
            )
            synapses.connect(i=pre + culture.first_source(name), j=post)
            synapses.delay = culture.delay_steps(name, pre, post, DT) * b2.ms
            synapses.w = getattr(culture, name).strengths()[own].astype(float) / MV
            if "x" in synapses.variables:
                synapses.x = 1
            made.append(synapses)
        return made

    total, spikes = _brian2_run(build, 1000 * seconds)
    return total / seconds, [spikes]


def brian2_spontaneous(
    culture: Culture, parameters: Parameters, seconds: int, n_threads: int
) -> tuple[float, list[int]]:
    """Time of a biological second of the default culture, and the spikes of all."""
    import brian2 as b2

    table, noise = parameters.neuron, parameters.noise
    excitatory, inhibitory = parameters.synapses.excitatory, parameters.synapses.inhibitory
    constants = {
        "tau_m": table.tau_m * b2.second,
        "tau_e": excitatory.tau * b2.second,
        "tau_s": excitatory.tau_slow * b2.second,
        "tau_i": inhibitory.tau * b2.second,
        "tau_a": table.tau_adaptation * b2.second,
        "share": excitatory.slow_share,
        "step_sd": noise.membrane_sd * np.sqrt(-np.expm1(-2 * DT / table.tau_m)) / MV,
        "lowest": (table.v_reset - table.v_rest) / MV,
        "U": excitatory.depression,
        "tau_d": excitatory.tau_depression * b2.second,
    }

    def build() -> list:
        neurons = b2.NeuronGroup(
            culture.n_neurons,
            "dv/dt = (drive + i_e + i_s - i_i - a - v)/tau_m : 1 (unless refractory)\n"
            "di_e/dt = -i_e/tau_e : 1\ndi_s/dt = -i_s/tau_s : 1\ndi_i/dt = -i_i/tau_i : 1\n"
            "da/dt = -a/tau_a : 1\nthreshold : 1 (constant)\ndrive : 1 (constant)\n"
            "a_step : 1 (constant)\nlag : second (constant)",
            threshold="v >= threshold",
            reset="v = lowest\na += a_step",
            refractory="lag",
            method="exact",
            namespace=constants,
        )
        neurons.threshold = (culture.v_threshold - table.v_rest) / MV
        neurons.drive = culture.drive / MV
        neurons.a_step = np.where(culture.is_inhibitory, 0.0, table.adaptation / MV)
        lags = np.where(culture.is_inhibitory, table.t_refractory_inhibitory, table.t_refractory)
        neurons.lag = lags * b2.second
        neurons.run_regularly("v += step_sd*randn()*int(not_refractory)")
        made = [neurons]
        for name, model, on_pre in (
            (
                "excitatory",
                "w : 1\ndx/dt = (1 - x)/tau_d : 1 (event-driven)\n",
                "i_e_post += w*x\ni_s_post += share*w*x\nx -= U*x\n",
            ),
            ("inhibitory", "w : 1", "i_i_post += w"),
        ):
            pre, post = getattr(culture, name).pairs()
            synapses = b2.Synapses(neurons, neurons, model, on_pre=on_pre, namespace=constants)
            synapses.connect(i=pre + culture.first_source(name), j=post)
            synapses.delay = culture.delay_steps(name, pre, post, DT) * b2.ms
            synapses.w = getattr(culture, name).strengths().astype(float) / MV
            if "x" in synapses.variables:
                synapses.x = 1
            made.append(synapses)
        return made

    total, spikes = _brian2_run(build, 1000 * seconds, n_threads)
    return total / seconds, [spikes]


def _brian2_run(build: Callable[[], list], n_steps: int, n_threads: int = 0) -> tuple[float, int]:
    """Build a network, whose neurons come first, and run it; time and spikes of the run."""
    import brian2 as b2

    with tempfile.TemporaryDirectory() as folder:
        b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
        b2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
        b2.prefs.devices.cpp_standalone.openmp_threads = n_threads
        b2.defaultclock.dt = 1 * b2.ms
        objects = build()
        monitor = b2.SpikeMonitor(objects[0], record=False)
        b2.Network(*objects, monitor).run(n_steps * b2.ms)
        b2.device.build(directory=folder, run=False)
        b2.device.run(with_output=False)
        return b2.device._last_run_time, int(monitor.num_spikes)
