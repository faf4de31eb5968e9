"""The arrays that the kernels of the native engine work on, and how they are made.

    Kinetics       constants of the neurons for one step
    Neurons        state of the neurons, and what differs between them
    Synapses       a projection in rows, with its spike queue
    SpikeHistory   postsynaptic spikes, for updates of weights that are pending
    Region         synapses that modulated plasticity changes
    ExternalInput  noise, kicks and pulses of some steps

Membranes and thresholds count from rest, near which single precision is finest. All numbers have
the engine's precision (`dtype`): one double among them would halve the speed of a kernel.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from spikinggrid.network.background import Background
from spikinggrid.network.connectivity import Projection
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.engines import distinct_tau

#: The spike history covers this many blocks of at most so many steps, all powers of two.
N_BLOCKS = 16
LONGEST_BLOCK = 256

#: Weight of an absent synapse of a dense projection: adding a strength does not change it.
ABSENT = -1e30

#: Arrays over neurons are padded to a multiple of this, a cache line of single precision, with
#: neurons that never fire, so that loops over neurons end with a full vector.
LANES = 16

#: A projection is stored as a matrix if at least this share of its synapses exists: a pass over a
#: whole row then takes less time than one over its synapses alone. Matrices of more bytes than
#: `LARGEST_FILLED_UP` are made only of projections that are stored densely already.
DENSE = 0.1
LARGEST_FILLED_UP = 1 << 23


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
    add_traces: bool  # whether a spike adds 1 to its trace or sets it to 1
    v_reset: float
    v_lower_bound: float
    kick: float
    depression: float
    tau_depression: float  # steps
    n_excitatory: int
    relay: bool


class Neurons(NamedTuple):
    """State of the neurons and what differs between them, each of shape (n_padded,).

    Here and below, `n_padded` counts the neurons and the padding. Copies of a culture that run
    together lie one after another, so that arrays are as many times as long.
    """

    v: np.ndarray
    v_threshold: np.ndarray
    drive: np.ndarray  # what it adds to the membrane in a step
    membrane_input: np.ndarray  # sum of what moves a membrane in this step unless it is refractory
    refractory_left: np.ndarray  # steps
    refractory_steps: np.ndarray
    i_excitatory: np.ndarray
    i_slow: np.ndarray
    i_inhibitory: np.ndarray
    adaptation: np.ndarray
    adaptation_step: np.ndarray
    resources: np.ndarray  # of a neuron's synapses just after its last spike
    last_spike: np.ndarray  # step
    post_trace: np.ndarray
    fired: np.ndarray  # 1 where a neuron fires in this step, else 0


class Synapses(NamedTuple):
    """A projection in rows: row `source * n_delays + k` has the delay `delays[k]`.

    A dense projection has one delay and no `targets`; three empty rows at its end let rows always
    be taken four at a time. In each row, plastic synapses come before static ones. A spike waits
    in the slot `step % longest_delay` of the queue; copies of a culture have slots of their own.
    """

    n_pre: int
    n_post: int  # n_padded
    is_dense: bool
    learns: bool  # online
    weights: np.ndarray  # (n_synapses,); dense: ((n_pre + 3) * n_padded,)
    targets: np.ndarray  # (n_synapses,); dense: (0,)
    row_start: np.ndarray  # (n_rows + 1,)
    static_start: np.ndarray  # (n_rows,), where the static synapses of each row start
    n_learning: int  # synapses onto the neurons before this number are plastic
    sums_seen: np.ndarray  # (n_synapses,), the history's sums at the last update; dense: (0,)
    delays: np.ndarray  # (n_delays,), steps from a neuron's spike to its effect, ascending
    arrivals: np.ndarray  # (n_padded,), what targets receive in the next step
    queue_sources: np.ndarray  # (n_slots, n_pre), which sources spiked
    queue_amounts: np.ndarray  # (n_slots, n_pre), how strongly, in units of a rested synapse
    queue_lengths: np.ndarray  # (n_slots,), how many did
    nu_pre: float
    nu_post: float
    upper_bound: float
    pre_trace: np.ndarray  # (n_rows,), presynaptic trace in the step of the last update
    last_update: np.ndarray  # (n_rows,), step up to which weights are up to date
    scratch_order: np.ndarray  # (n_pre,), of `kernels.sort_by_last_update`
    scratch_next: np.ndarray  # (n_pre,), the same


class SpikeHistory(NamedTuple):
    """For each neuron, the sum of exp(-h / tau_pre) over its spikes at h steps from a base.

    Each block of steps has a base of its own, which keeps the numbers near 1. The sums of all
    covered blocks go on growing, so one difference gives what a row has missed since any step.
    """

    sums: np.ndarray  # (n_blocks, n_padded), up to now
    snapshots: np.ndarray  # (n_covered, n_padded), of its block, after each step; without
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
    first_kick: np.ndarray  # (n_steps + 1,)
    kicked: np.ndarray  # (n_kicks,), neurons
    first_pulse: np.ndarray  # (n_steps + 1,)
    electrodes: np.ndarray  # (n_pulses,)
    amplitudes: np.ndarray  # (n_pulses,)


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
        decay, gain = 0.0, 0.0
        if tau is not None:
            tau = distinct_tau(tau, table.tau_m)
            decay = np.exp(-dt / tau)
            gain = tau / (tau - table.tau_m) * (decay - np.exp(-dt / table.tau_m))
        constants |= {f"decay_{current}": dtype(decay), f"gain_{current}": dtype(gain)}
    online = plasticity.rule == "online"
    lowest = -np.inf if table.v_lower_bound is None else table.v_lower_bound - table.v_rest
    return Kinetics(
        decay_v=dtype(np.exp(-dt / table.tau_m)),
        **constants,
        slow_share=dtype(excitatory.slow_share or 0),
        decay_post_trace=dtype(np.exp(-dt / (plasticity.tau_post or np.inf)) if online else 0),
        add_traces=plasticity.trace == "add",
        v_reset=dtype(table.v_reset - table.v_rest),
        v_lower_bound=dtype(lowest),
        kick=dtype(parameters.noise.kick_amplitude),
        depression=dtype(excitatory.depression or 0),
        tau_depression=dtype((excitatory.tau_depression or 0) / dt),
        n_excitatory=culture.n_excitatory,
        relay=culture.relay,
    )


def padded(
    values: np.ndarray | float, n_neurons: int, dtype: type, padding: float = 0
) -> np.ndarray:
    """Return one value for each neuron, and `padding` for those that never fire."""
    full: np.ndarray = np.full(-(-n_neurons // LANES) * LANES, padding, dtype)
    full[:n_neurons] = values
    return full


def noise(background: Background, dtype: type) -> np.ndarray:
    """Return the table of a background, padded like the neurons."""
    return np.pad(background.table, (0, LANES)).astype(dtype)


def neurons(culture: Culture, parameters: Parameters, dtype: type) -> Neurons:
    """Return the neurons of a culture at rest."""
    n, table, dt = culture.n_neurons, parameters.neuron, parameters.simulation.dt
    t_inhibitory = table.t_refractory_inhibitory
    t_refractory = np.where(
        culture.is_inhibitory,
        table.t_refractory if t_inhibitory is None else t_inhibitory,
        table.t_refractory,
    )
    adaptation = 0.0 if table.adaptation is None else table.adaptation
    zeros = {
        name: padded(0, n, dtype)
        for name in (
            "v",
            "membrane_input",
            "i_excitatory",
            "i_slow",
            "i_inhibitory",
            "adaptation",
            "post_trace",
            "fired",
        )
    }
    return Neurons(
        **zeros,
        v_threshold=padded(culture.v_threshold - table.v_rest, n, dtype, padding=np.inf),
        drive=padded(-np.expm1(-dt / table.tau_m) * culture.drive, n, dtype),
        refractory_left=padded(0, n, np.int32),
        refractory_steps=padded(np.rint(t_refractory / dt), n, np.int32),
        adaptation_step=padded(np.where(culture.is_inhibitory, 0.0, adaptation), n, dtype),
        resources=padded(1, n, dtype),
        last_spike=padded(0, n, np.int64),
    )


def synapses(name: str, culture: Culture, parameters: Parameters, dtype: type) -> Synapses:
    """Return a projection at rest, in rows."""
    projection: Projection = getattr(culture, name)
    rates = getattr(parameters.plasticity, name)
    learns = rates is not None and parameters.plasticity.rule == "online"
    delays = _delays(name, culture, parameters)
    n_pre, arrivals = projection.n_pre, padded(0, projection.n_post, dtype)
    n_learning = len(arrivals)
    is_target = culture.plastic_region(name)[1]
    if learns and not is_target.all():
        n_learning = int(np.count_nonzero(is_target))  # the excitatory neurons, which come first
    is_dense = len(delays) == 1 and _belongs_in_a_matrix(projection, dtype)
    if is_dense:
        rows = _dense_rows(projection, len(arrivals), n_learning, dtype)
    else:
        rows = _sparse_rows(name, culture, parameters, delays, n_learning, dtype)
    bound = np.inf if rates is None or rates.upper_bound is None else rates.upper_bound
    np.minimum(rows["weights"], dtype(bound), out=rows["weights"])
    return Synapses(
        n_pre=n_pre,
        n_post=len(arrivals),
        is_dense=is_dense,
        learns=learns,
        **rows,
        n_learning=n_learning,
        sums_seen=np.zeros(0 if is_dense or not learns else len(rows["weights"]), dtype),
        delays=delays,
        arrivals=arrivals,
        queue_sources=np.zeros((delays[-1], n_pre), np.int64),
        queue_amounts=np.zeros((delays[-1], n_pre), dtype),
        queue_lengths=np.zeros(delays[-1], np.int64),
        nu_pre=dtype((rates.nu_pre or 0) if rates else 0),
        nu_post=dtype(rates.nu_post if rates else 0),
        upper_bound=dtype(bound),
        pre_trace=np.zeros(len(rows["row_start"]) - 1, dtype),
        last_update=np.full(len(rows["row_start"]) - 1, -1),
        scratch_order=np.zeros(n_pre, np.int64),
        scratch_next=np.zeros(n_pre, np.int64),
    )


def region(name: str, culture: Culture, parameters: Parameters, dtype: type) -> Region | None:
    """Return what modulated plasticity changes of a projection, or None."""
    rates, plasticity = getattr(parameters.plasticity, name), parameters.plasticity
    if rates is None or plasticity.rule != "modulated":
        return None
    sources, is_target = culture.plastic_region(name)
    targets = np.flatnonzero(is_target)
    place = np.full(culture.n_neurons, -1)
    place[targets] = np.arange(len(targets))
    return Region(
        sources=sources,
        targets=targets,
        place=place,
        gain=dtype(-rates.nu_post if name == "inhibitory" else rates.nu_post),
        upper_bound=dtype(np.inf if rates.upper_bound is None else rates.upper_bound),
        decay=dtype(np.exp(-parameters.simulation.dt / (plasticity.tau_pre or np.inf))),
    )


def frozen_copies(synapses: Synapses, n_copies: int) -> Synapses:
    """Return a projection at rest that does not learn, for copies that share its weights."""
    n_slots, n_pre = synapses.queue_sources.shape
    return synapses._replace(
        learns=False,
        arrivals=np.zeros(n_copies * synapses.n_post, synapses.arrivals.dtype),
        queue_sources=np.zeros((n_copies * n_slots, n_pre), synapses.queue_sources.dtype),
        queue_amounts=np.zeros((n_copies * n_slots, n_pre), synapses.queue_amounts.dtype),
        queue_lengths=np.zeros(n_copies * n_slots, synapses.queue_lengths.dtype),
    )


def _belongs_in_a_matrix(projection: Projection, dtype: type) -> bool:
    n_pairs = projection.n_pre * projection.n_post
    is_small = n_pairs * np.dtype(dtype).itemsize <= LARGEST_FILLED_UP
    return projection.is_dense or (is_small and projection.n_synapses >= DENSE * n_pairs)


def _dense_rows(
    projection: Projection, n_padded: int, n_learning: int, dtype: type
) -> dict[str, np.ndarray]:
    """Return rows of a matrix with absent synapses."""
    n_pre, n_post = projection.n_pre, projection.n_post
    weights: np.ndarray = np.full((n_pre + 3, n_padded), ABSENT, dtype)
    if projection.is_dense:
        for row, strengths in zip(weights, projection.weights, strict=False):
            np.copyto(row[:n_post], strengths, where=strengths >= 0)
    else:
        weights[projection.pairs()] = projection.weights
    return {
        "weights": weights.ravel(),
        "targets": np.empty(0, np.uint32),
        "row_start": np.arange(n_pre + 1) * n_padded,
        "static_start": np.arange(n_pre) * n_padded + n_learning,
    }


def _sparse_rows(
    name: str,
    culture: Culture,
    parameters: Parameters,
    delays: np.ndarray,
    n_learning: int,
    dtype: type,
) -> dict[str, np.ndarray]:
    """Return rows of the synapses that exist, by source, delay and target."""
    projection = getattr(culture, name)
    n_synapses, n_rows = projection.n_synapses, projection.n_pre * len(delays)
    weights, targets = np.empty(n_synapses, dtype), np.empty(n_synapses, np.uint32)
    row_start, static_start = np.zeros(n_rows + 1, np.int64), np.zeros(n_rows, np.int64)
    blocks = zip(projection.blocks(), by_delay(name, culture, parameters, delays), strict=True)
    for (pre, post, strengths), (own, order) in blocks:
        weights[own], targets[own] = strengths[order], post[order]
        steps = _delay_steps(name, culture, parameters, pre, post)
        first, last = pre[0] * len(delays), (pre[-1] + 1) * len(delays)
        rows = pre * len(delays) + np.searchsorted(delays, steps) - first
        row_start[first + 1 : last + 1] = np.bincount(rows, minlength=last - first)
        static_start[first:last] = np.bincount(rows[post < n_learning], minlength=last - first)
    np.cumsum(row_start, out=row_start)
    static_start += row_start[:-1]
    return {
        "weights": weights,
        "targets": targets,
        "row_start": row_start,
        "static_start": static_start,
    }


def by_delay(
    name: str, culture: Culture, parameters: Parameters, delays: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield, for each of `Projection.blocks`, its place in the rows and the order there."""
    end = 0
    for pre, post, _ in getattr(culture, name).blocks():
        begin, end = end, end + len(pre)
        order = np.arange(len(pre))
        if len(delays) > 1:
            steps = _delay_steps(name, culture, parameters, pre, post)
            order = np.lexsort((steps, pre))
        yield slice(begin, end), order


def _delays(name: str, culture: Culture, parameters: Parameters) -> np.ndarray:
    """Return the delays of a projection in steps, ascending."""
    projection, one = getattr(culture, name), np.zeros(1, np.int64)
    if name == "input" or projection.n_synapses == 0:
        return one + 1
    if np.isinf(getattr(culture, f"{name}_velocity")):
        return _delay_steps(name, culture, parameters, one, one)
    delays = [
        np.unique(_delay_steps(name, culture, parameters, pre, post))
        for pre, post, _ in projection.blocks()
    ]
    return np.unique(np.concatenate(delays))


def _delay_steps(
    name: str, culture: Culture, parameters: Parameters, pre: np.ndarray, post: np.ndarray
) -> np.ndarray:
    """Return the steps from a neuron's spike to its effect through some synapses."""
    if name == "input":
        return np.ones(len(pre), np.int64)
    relayed = int(name == "inhibitory" and culture.relay)
    return culture.delay_steps(name, pre, post, parameters.simulation.dt) + relayed


def history(
    culture: Culture, parameters: Parameters, has_snapshots: bool, dtype: type
) -> SpikeHistory:
    """Return an empty spike history for the presynaptic time constant; tiny where nothing learns.

    A block lasts four time constants at most, so that rounding errors grow by exp(4) at most.
    """
    online = parameters.plasticity.rule == "online"
    tau = (parameters.plasticity.tau_pre or 0.0) / parameters.simulation.dt if online else 1.0
    block_bits = int(np.log2(np.clip(4 * tau, 1, LONGEST_BLOCK))) if online else 0
    block = 1 << block_bits
    n_padded = len(padded(0, culture.n_neurons, dtype)) if online else 0
    n_covered = N_BLOCKS * block
    return SpikeHistory(
        sums=np.zeros((N_BLOCKS, n_padded), dtype),
        snapshots=np.zeros((n_covered, n_padded if has_snapshots else 0), dtype),
        growth=np.exp(np.arange(block) / tau).astype(dtype),
        decay=np.exp(-np.arange(n_covered) / tau).astype(dtype),
        block_bits=block_bits,
        scratch_first=np.full(n_covered, -1, np.int64),
        scratch_keys=np.zeros(n_covered, np.int64),
    )
