"""The arrays that the kernels of the native engine work on; see `synapse_state` for projections.

    Kinetics       constants of the neurons for one step
    Features       which parts of the model a parameter file uses
    Neurons        state of the neurons, and what differs between them
    Synapses       a projection: rows of weights, a spike queue, arrivals, plasticity
    SpikeHistory   postsynaptic spikes, for updates of weights that are pending
    Region         synapses that modulated plasticity changes
    ExternalInput  noise, kicks and pulses of some steps
    Light          what light opens in them

Membranes and thresholds count from rest, near which single precision is finest. All numbers have
the engine's precision (`dtype`): one double among them would halve the speed of a kernel.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from spikinggrid.network.background import Background
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.opsins import catalogue
from spikinggrid.simulation.engines import distinct_tau

#: Neurons of a block. Their state lies together in memory, variable after variable.
BLOCK = 128

#: Where each variable of a block starts: threshold, what the drive adds in a step, membrane,
#: currents, adaptation; and under light, what it opens.
THRESHOLD, DRIVE, V, I_EXCITATORY, I_SLOW, I_INHIBITORY, ADAPTATION = range(0, 7 * BLOCK, BLOCK)
OPENING = 7 * BLOCK

#: Variables that change; 0 at rest.
CHANGING = slice(V, 7 * BLOCK)

#: Adding this to a voltage that matters changes nothing; it is far from the denormal numbers.
TINY = 1e-30

#: Bytes that processors move at a time.
CACHE_LINE = 64

#: Rows of dense projections are padded to a multiple of this, a cache line of single precision,
#: so that loops over them end with a full vector.
LANES = 16

#: Weight of an absent synapse of a dense projection: adding a strength does not change it.
ABSENT = -1e30


class Kinetics(NamedTuple):
    """Constants of the neurons for one step; those of absent currents are 0."""

    decay_v: float  # exp(-dt / tau_m)
    decay_excitatory: float  # exp(-dt / tau) of each current
    decay_slow: float
    decay_inhibitory: float
    decay_adaptation: float
    gain_excitatory: float  # what a unit of each current adds to the membrane in a step
    gain_slow: float
    gain_inhibitory: float
    gain_adaptation: float
    slow_share: float
    decay_post_trace: float
    v_reset: float
    v_lower_bound: float
    kick: float
    depression: float
    tau_depression: float  # steps
    n_excitatory: int
    relay: bool
    rate_v: float  # dt / tau_m, and dt / tau of each current; they matter under light
    rate_excitatory: float
    rate_slow: float
    rate_inhibitory: float
    rate_adaptation: float
    per_drive: float  # the drive, per unit of what it adds in a step
    v_light: float  # reversal potential of what light opens


class Features(NamedTuple):
    """Which parts of the model the neurons need, for `kernels.neuron_update`."""

    excitation: bool  # currents, rather than instantaneous effects
    slow: bool
    inhibition: bool
    adaptation: bool
    common: bool
    lower_bound: bool
    arrivals: bool  # something reaches the culture in this step
    light: bool  # channels are open


class Refractory(NamedTuple):
    """Neurons in their refractory time, in one linked list for each step in which it ends."""

    n_steps: np.ndarray  # (n_padded,), how long it is
    v_after: np.ndarray  # (n_padded,), membrane after it
    first: np.ndarray  # (n_slots,), neuron of each step, or -1
    following: np.ndarray  # (n_padded,), next neuron of the same step, or -1


class Neurons(NamedTuple):
    """State of the neurons and what differs between them.

    Here and below, `n_padded` counts the neurons and the padding, a multiple of `BLOCK`. Copies of
    a culture that run together lie one after another, so that arrays are as many times as long.
    """

    blocks: np.ndarray  # (n_blocks, 7 or 8 * BLOCK), membrane and so on; NaN while refractory
    refractory: Refractory
    adaptation_step: np.ndarray  # (n_padded,)
    resources: np.ndarray  # (n_padded,), of a neuron's synapses just after its last spike
    last_spike: np.ndarray  # (n_padded,), step
    post_trace: np.ndarray  # (n_padded,)
    firing: np.ndarray | None  # (n_padded,), 1 where a neuron fires in this step, else 0; None
    # unless traces add up


class Rows(NamedTuple):
    """The weights of a projection: row `source * n_delays + k` has the delay `delays[k]`.

    A dense projection has one delay and no `targets`; three empty rows at its end let rows always
    be taken four at a time. In each row, plastic synapses come before static ones. Sparse rows in
    tiles (`Tiles`) have absent synapses, too.
    """

    n_pre: int
    n_columns: int  # of a dense projection, a multiple of `LANES`
    is_dense: bool
    weights: np.ndarray  # (n_synapses,); dense: ((n_pre + 3) * n_columns,)
    targets: np.ndarray  # (n_synapses,); dense: (0,)
    row_start: np.ndarray  # (n_rows + 1,)
    static_start: np.ndarray  # (n_rows,), where the static synapses of each row start
    delays: np.ndarray  # (n_delays,), steps from a neuron's spike to its effect, ascending


class SpikeQueue(NamedTuple):
    """Spikes on their way: those of a step wait in the slot `step % n_steps` of each copy."""

    n_steps: int  # a power of two
    sources: np.ndarray  # (n_slots, n_pre)
    amounts: np.ndarray  # (n_slots, n_pre), in units of a rested synapse
    lengths: np.ndarray  # (n_slots,), how many spikes wait


class Tiles(NamedTuple):
    """Sparse rows whose synapses lie in groups of `LANES` along a curve through the culture.

    Near neurons have near places on the curve, so that a row which reaches all neurons around its
    source fills most of its groups. One vector instruction then does what took one for each
    synapse, at a place of its own. Columns are places on the curve.
    """

    first_place: np.ndarray  # (n_synapses / LANES,), of each group of synapses
    neurons: np.ndarray  # (n_columns,), at each place
    changes: np.ndarray  # (n_columns,), of `kernels.set_changes`
    snapshots: np.ndarray  # (n_covered, n_columns), of the history, of its block, after a step
    sums: np.ndarray  # (n_blocks, n_columns), of the history before this step
    is_set: np.ndarray  # (n_blocks,), whether they are those of this step
    arrivals: np.ndarray  # (n_columns,)


class Plasticity(NamedTuple):
    """Online plasticity of a projection; arrays are empty where there is none."""

    learns: bool
    n_learning: int  # synapses onto the neurons before this number are plastic
    nu_pre: float
    nu_post: float
    upper_bound: float | None
    pre_trace: np.ndarray  # (n_rows,), presynaptic trace in the step of the last update
    last_update: np.ndarray  # (n_rows,), step up to which weights are up to date
    sums_seen: np.ndarray  # (n_synapses,), the history's sums at the last update; dense or in
    # tiles: (0,)
    changes: np.ndarray  # (n_learning,), of `kernels.set_changes`
    sums_now: np.ndarray  # (n_learning,), the same; dense: (0,)
    missed: np.ndarray  # (n_learning,), of `kernels.update_dense_rows`; sparse: (0,)
    is_tiled: bool
    tiles: Tiles  # empty unless rows are in tiles
    scratch_order: np.ndarray  # (n_pre,), of `kernels.sort_by_last_update`
    scratch_next: np.ndarray  # (n_pre,), the same


class Synapses(NamedTuple):
    """A projection."""

    n_post: int  # n_padded
    rows: Rows
    queue: SpikeQueue
    arrivals: np.ndarray  # (n_padded,), what targets receive in the next step
    plasticity: Plasticity


class Scaling(NamedTuple):
    """What the strengths onto each neuron of a projection should sum to."""

    incoming: np.ndarray  # (n_post,)
    is_scaled: np.ndarray  # (n_post,), whether the neuron's strengths are scaled at all
    sums: np.ndarray  # (n_padded,), of `kernels.normalise`; in double precision
    factors: np.ndarray  # (n_padded,), the same; 1 where nothing is scaled
    upper_bound: float | None


class SpikeHistory(NamedTuple):
    """For each neuron, the sum of exp(-h / tau_pre) over its spikes at h steps from a base.

    Each block of steps has a base of its own, which keeps the numbers near 1. The sums of all
    covered blocks go on growing, so one difference gives what a row has missed since any step.
    """

    sums: np.ndarray  # (n_blocks, n_columns), up to now
    snapshots: np.ndarray  # (n_covered, n_columns), of its block, after each step; without
    # columns where no dense projection learns
    growth: np.ndarray  # (length of a block,), exp(h / tau_pre)
    decay: np.ndarray  # (n_covered,), exp(-h / tau_pre)
    block_bits: int  # a block is two to this power steps long
    scratch_first: np.ndarray  # (n_covered,), of `kernels.sort_by_last_update`
    scratch_keys: np.ndarray  # (n_covered,), the same


class RowUpdate(NamedTuple):
    """What a spike at a dense row needs for one pass over its synapses."""

    row: int
    block: int  # of the history's sums that cover the last update
    snapshot: int  # of the history in the step of the last update
    amount: float  # how strong the spike is
    pending_factor: float  # pending update per unit of the history
    gain: float  # what a synapse gains where its target fires in this step


class Region(NamedTuple):
    """The synapses of a projection that modulated plasticity changes, and how."""

    sources: np.ndarray  # (n_pre,), whether the synapses of a source may learn
    targets: np.ndarray  # (n_targets,), neurons onto which they may
    place: np.ndarray  # (n_neurons,), of each neuron in `targets`, or -1
    gain: float  # nu_post; -nu_post for inhibition, which a signal changes the other way
    upper_bound: float
    decay: float  # exp(-dt / tau_pre)


class ExternalInput(NamedTuple):
    """What reaches the culture from outside in some steps.

    Kicks of step n are `first_kick[n]:first_kick[n + 1]`, pulses likewise.
    """

    noise: np.ndarray  # (n_table,), what noise adds to the membranes
    offsets: np.ndarray  # (n_steps, n_copies), where in `noise` each step starts
    common: np.ndarray  # (n_steps, n_copies), what the common drive adds to each membrane
    first_kick: np.ndarray  # (n_steps + 1,)
    kicked: np.ndarray  # (n_kicks,), neurons
    first_pulse: np.ndarray  # (n_steps + 1,)
    electrodes: np.ndarray  # (n_pulses,)
    amplitudes: np.ndarray  # (n_pulses,)


class Light(NamedTuple):
    """What light opens in some steps."""

    openings: np.ndarray  # (n_steps, n_copies * n_padded), conductance relative to the membrane's
    is_lit: np.ndarray  # (n_steps, n_copies), whether a channel is open


def kinetics(culture: Culture, parameters: Parameters, dtype: type) -> Kinetics:
    """Return the exact solution of the membrane equation over one step (`MEMBRANE`, `CURRENT`).

    A current I that decays with tau moves the membrane by I times
    tau / (tau - tau_m) (exp(-dt / tau) - exp(-dt / tau_m)), its gain.
    """
    dt, table, plasticity = parameters.simulation.dt, parameters.neuron, parameters.plasticity
    excitatory, inhibitory = parameters.synapses.excitatory, parameters.synapses.inhibitory
    constants: dict[str, Any] = {}
    for current, tau in {
        "excitatory": excitatory.tau,
        "slow": excitatory.tau_slow,
        "inhibitory": inhibitory.tau,
        "adaptation": table.tau_adaptation,
    }.items():
        decay, gain, rate = 0.0, 0.0, 0.0
        if tau is not None:
            tau = distinct_tau(tau, table.tau_m)
            rate = dt / tau
            decay = np.exp(-dt / tau)
            gain = tau / (tau - table.tau_m) * (decay - np.exp(-dt / table.tau_m))
        constants |= {f"decay_{current}": dtype(decay), f"gain_{current}": dtype(gain)}
        constants[f"rate_{current}"] = dtype(rate)
    online = plasticity.rule == "online"
    lowest = -np.inf if table.v_lower_bound is None else table.v_lower_bound - table.v_rest
    return Kinetics(
        decay_v=dtype(np.exp(-dt / table.tau_m)),
        **constants,
        slow_share=dtype(excitatory.slow_share or 0),
        decay_post_trace=dtype(np.exp(-dt / (plasticity.tau_post or np.inf)) if online else 0),
        v_reset=dtype(table.v_reset - table.v_rest),
        v_lower_bound=dtype(lowest),
        kick=dtype(parameters.noise.kick_amplitude),
        depression=dtype(excitatory.depression or 0),
        tau_depression=dtype((excitatory.tau_depression or 0) / dt),
        n_excitatory=culture.n_excitatory,
        relay=culture.relay,
        rate_v=dtype(dt / table.tau_m),
        per_drive=dtype(-1 / np.expm1(-dt / table.tau_m)),
        v_light=dtype(_v_light(parameters)),
    )


def _v_light(parameters: Parameters) -> float:
    """Return the reversal potential of what light opens, from rest; 0 where there is no light."""
    if parameters.light is None:
        return 0.0
    return catalogue()[parameters.light.opsin].reversal - parameters.neuron.v_rest


def features(parameters: Parameters, arrivals: bool, light: bool = False) -> Features:
    """Return which parts of the model a parameter file uses."""
    synapses, neuron = parameters.synapses, parameters.neuron
    return Features(
        excitation=synapses.excitatory.tau is not None,
        slow=synapses.excitatory.tau_slow is not None,
        inhibition=synapses.inhibitory.tau is not None,
        adaptation=neuron.tau_adaptation is not None,
        common=parameters.noise.common_sd is not None,
        lower_bound=neuron.v_lower_bound is not None,
        arrivals=arrivals,
        light=light,
    )


def multiple(n: int, unit: int) -> int:
    """Return the smallest multiple of `unit` that is not below n."""
    return -(-n // unit) * unit


def zeros(shape: int | tuple[int, ...], dtype: type) -> np.ndarray:
    """Return zeros that start at a cache line, so that no vector of them lies in two."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + n_bytes].view(dtype).reshape(shape)


def padded(
    values: np.ndarray | float, n_neurons: int, dtype: type, padding: float = 0
) -> np.ndarray:
    """Return one value for each neuron, and `padding` for those that never fire."""
    full = zeros(multiple(n_neurons, BLOCK), dtype)
    full[:n_neurons] = values
    full[n_neurons:] = padding
    return full


def noise(background: Background, dtype: type) -> np.ndarray:
    """Return the table of a background, padded like the neurons."""
    return np.pad(background.table, (0, BLOCK)).astype(dtype)


def neurons(culture: Culture, parameters: Parameters, dtype: type) -> Neurons:
    """Return the neurons of a culture at rest."""
    n, table, dt = culture.n_neurons, parameters.neuron, parameters.simulation.dt
    drive = padded(-np.expm1(-dt / table.tau_m) * culture.drive, n, dtype)
    drive[np.abs(drive) < TINY] = TINY  # so that membranes at rest are no denormal numbers
    threshold = padded(culture.v_threshold - table.v_rest, n, dtype, padding=np.inf)
    n_variables = 7 if parameters.light is None else 8
    blocks = zeros((len(drive) // BLOCK, n_variables * BLOCK), dtype)
    blocks[:, DRIVE : DRIVE + BLOCK] = drive.reshape(-1, BLOCK)
    blocks[:, THRESHOLD : THRESHOLD + BLOCK] = threshold.reshape(-1, BLOCK)
    adaptation = 0.0 if table.adaptation is None else table.adaptation
    plasticity = parameters.plasticity
    adds_traces = plasticity.rule == "online" and plasticity.trace == "add"
    return Neurons(
        blocks=blocks,
        refractory=_refractory(culture, parameters, dtype),
        adaptation_step=padded(np.where(culture.is_inhibitory, 0.0, adaptation), n, dtype),
        resources=padded(1, n, dtype),
        last_spike=padded(0, n, np.int64),
        post_trace=padded(0, n, dtype),
        firing=padded(0, n, dtype) if adds_traces else None,
    )


def _refractory(culture: Culture, parameters: Parameters, dtype: type) -> Refractory:
    """Return the refractory times, in which membranes decay from reset towards rest."""
    table, dt = parameters.neuron, parameters.simulation.dt
    t_inhibitory = table.t_refractory_inhibitory
    t_refractory = np.where(
        culture.is_inhibitory,
        table.t_refractory if t_inhibitory is None else t_inhibitory,
        table.t_refractory,
    )
    n_steps = padded(np.rint(t_refractory / dt), culture.n_neurons, np.int32)
    decay, v = dtype(np.exp(-dt / table.tau_m)), [dtype(table.v_reset - table.v_rest)]
    for _ in range(n_steps.max()):
        v.append(v[-1] * decay)  # rounded after each step, as kernels do
    return Refractory(
        n_steps=n_steps,
        v_after=np.array(v, dtype)[n_steps],
        first=np.full(power_of_two(n_steps.max() + 2), -1),
        following=np.full(len(n_steps), -1),
    )


def power_of_two(n: int) -> int:
    """Return the smallest power of two that is not below n."""
    return 1 << int(n - 1).bit_length()


def copies_of(neurons: Neurons, n_copies: int) -> Neurons:
    """Return the neurons of copies of a culture at rest that do not learn, one after another."""
    refractory = neurons.refractory
    n_blocks, width = neurons.blocks.shape
    blocks = zeros((n_copies * n_blocks, width), neurons.blocks.dtype.type)
    blocks.reshape(n_copies, *neurons.blocks.shape)[:] = neurons.blocks
    return Neurons(
        blocks=blocks,
        refractory=Refractory(
            n_steps=np.tile(refractory.n_steps, n_copies),
            v_after=np.tile(refractory.v_after, n_copies),
            first=refractory.first.copy(),
            following=np.tile(refractory.following, n_copies),
        ),
        adaptation_step=np.tile(neurons.adaptation_step, n_copies),
        resources=np.tile(neurons.resources, n_copies),
        last_spike=np.tile(neurons.last_spike, n_copies),
        post_trace=np.tile(neurons.post_trace, n_copies),
        firing=None,
    )


def light(openings: Sequence[np.ndarray | None], n_steps: int, n_padded: int, dtype: type) -> Light:
    """Return what light opens in some steps in copies of a culture, None where it opens nothing."""
    is_lit = np.zeros((n_steps, len(openings)), bool)
    if all(own is None for own in openings):
        return Light(zeros((1, 1), dtype), is_lit)
    whole = zeros((n_steps, len(openings) * n_padded), dtype)
    for copy, own in enumerate(openings):
        if own is not None:
            whole[:, copy * n_padded : copy * n_padded + own.shape[1]] = own
            is_lit[:, copy] = own.any(axis=1)
    return Light(whole, is_lit)


def external_input(
    noise: np.ndarray,
    offsets: np.ndarray,
    common: np.ndarray,
    kicks: Sequence[np.ndarray],
    pulses: Sequence[np.ndarray],
) -> ExternalInput:
    """Return what reaches the culture in some steps, which number `len(offsets)`.

    Kicks are steps (ascending) and neurons; pulses steps (ascending), electrodes and amplitudes.
    """
    edges = np.arange(len(offsets) + 1)
    kick_steps, kicked = kicks
    pulse_steps, electrodes, amplitudes = pulses
    return ExternalInput(
        noise=noise,
        offsets=offsets,
        common=common.astype(noise.dtype),
        first_kick=np.searchsorted(kick_steps, edges),
        kicked=np.array(kicked, np.int64),
        first_pulse=np.searchsorted(pulse_steps, edges),
        electrodes=np.array(electrodes, np.int64),
        amplitudes=np.array(amplitudes, np.float64),
    )
