"""What the kernels of the native engine work on, by meaning, and how it is laid out.

Membranes and thresholds count from rest, near which single precision is finest. Numbers are
of the engine's precision (`dtype`) throughout, since one double among them would slow a
kernel down to half its speed.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from spikinggrid.mea.electrode_roles import plastic_region
from spikinggrid.network.background import Background
from spikinggrid.network.connectivity import Projection
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.engines import apart

#: The ledger covers this many blocks of at most so many steps, all powers of two.
N_BLOCKS = 16
LONGEST_BLOCK = 256

#: An absent synapse of a dense projection. Adding a strength to it gives the same number.
GONE = -1e30

#: Numbers of neurons are filled up to a multiple of this, a cache line of single precision, with
#: neurons that never fire: loops over neurons then end with a full vector.
LANE = 16

#: A projection is stored as a matrix if this share of its synapses exists, as a pass over a row
#: then takes less time than one over its synapses alone; unless that matrix is large (bytes).
DENSE = 0.1
LARGEST_FILLED_UP = 1 << 23


class Kinetics(NamedTuple):
    """Constants of the neurons, for one step."""

    keep_v: float  # exp(-dt / tau_m)
    keep_excitatory: float  # the same for each current, 0 where there is none ...
    keep_slow: float
    keep_inhibitory: float
    keep_adaptation: float
    gain_excitatory: float  # ... and what it moves the membrane by in a step
    gain_slow: float
    gain_inhibitory: float
    gain_adaptation: float
    slow_share: float
    keep_post_trace: float
    add_traces: bool  # "add": a spike adds 1 to its trace; "set": it sets it to 1
    v_reset: float
    v_lower_bound: float
    kick: float
    depression: float  # 0 where there is none
    tau_depression: float  # steps
    n_excitatory: int
    relay: bool


class Neurons(NamedTuple):
    """State of the neurons and what differs between them, shape (n_filled,) each.

    `n_filled` is the number of neurons and of those that never fire, here and below. Arrays of
    copies of a culture are as many times as long.
    """

    v: np.ndarray
    v_threshold: np.ndarray
    drive: np.ndarray  # what it moves a membrane by in a step
    push: np.ndarray  # what moves a membrane in the present step, unless it is refractory
    refractory_left: np.ndarray  # steps
    refractory_steps: np.ndarray
    i_excitatory: np.ndarray
    i_slow: np.ndarray
    i_inhibitory: np.ndarray
    adaptation: np.ndarray
    adaptation_step: np.ndarray
    resources: np.ndarray  # of a neuron's synapses, just after its last spike ...
    last_spike: np.ndarray  # ... in this step
    post_trace: np.ndarray
    fired: np.ndarray  # 1 where a neuron fires in the present step


class Synapses(NamedTuple):
    """A projection in rows: row `source * n_delays + k` has the delay `delays[k]`.

    Dense projections have one delay and no `targets`; their last three rows are nobody's,
    without a synapse, so that rows can always be taken four at a time.
    """

    n_pre: int
    n_post: int  # n_filled
    is_dense: bool
    learns: bool  # online
    weights: np.ndarray  # (n_synapses,); dense: ((n_pre + 3) * n_filled,)
    targets: np.ndarray  # (n_synapses,)
    pointer: np.ndarray  # (n_rows + 1,), where each row begins
    n_learning: int  # synapses onto the neurons before this number learn; they come first ...
    static: np.ndarray  # (n_rows,) ... and the others begin here
    noted: np.ndarray  # (n_synapses,), the ledger's sum when a row was settled; unless dense
    delays: np.ndarray  # (n_delays,), steps from a neuron's spike to the effect
    arrived: np.ndarray  # (n_filled,), what the next step gets
    senders: np.ndarray  # (longest delay, n_pre): who fired in a step, modulo the longest delay,
    amounts: np.ndarray  # how strong that spike is, in units of a rested synapse,
    n_senders: np.ndarray  # (longest delay,) and how many did (in each copy of a culture)
    nu_pre: float
    nu_post: float
    upper_bound: float
    trace: np.ndarray  # (n_rows,), presynaptic trace in the step ...
    settled: np.ndarray  # (n_rows,) ... up to which a row has been given what it is owed
    order: np.ndarray  # (n_pre,), scratch of `kernels.sort`
    following: np.ndarray  # (n_pre,), scratch of `kernels.sort`


class Ledger(NamedTuple):
    """For each neuron, the sum of exp(-h / tau_pre) over its spikes at h steps from a base.

    Each block of steps has a base of its own, which keeps the numbers near 1. The sums of all
    blocks covered go on growing, so that one difference settles a row, whenever it was last.
    """

    sums: np.ndarray  # (n_blocks, n_filled), as they are now
    entries: np.ndarray  # (n_covered, n_filled), as they were after each step, of its block;
    # without columns where no dense projection learns
    growth: np.ndarray  # (length of a block,), exp(h / tau_pre)
    decay: np.ndarray  # (n_covered,), exp(-h / tau_pre)
    bits: int  # the length of a block is two to this power
    first: np.ndarray  # (n_covered,), scratch of `kernels.sort`
    keys: np.ndarray  # (n_covered,), scratch of `kernels.sort`


class Visit(NamedTuple):
    """A spike at a dense row, for one pass over its synapses."""

    row: int
    block: int  # of the ledger's sums that cover it
    entry: int  # of the ledger in the step in which it was settled last
    amount: float  # how strong the spike is
    owed: float  # per unit of the ledger
    gain: float  # where the target fires in this step


class Region(NamedTuple):
    """The synapses of a projection that modulated plasticity changes, and how."""

    sources: np.ndarray  # (n_pre,), whether its synapses may learn
    targets: np.ndarray  # (n_targets,), the neurons onto which they may
    place: np.ndarray  # (n_neurons,), of each neuron in `targets`, or -1
    gain: float  # nu_post, or for inhibition, which a signal changes the other way, -nu_post
    upper_bound: float
    keep: float  # exp(-dt / tau_pre)


class World(NamedTuple):
    """What the outside does; kicks of step n are `first_kick[n]:first_kick[n + 1]`."""

    noise: np.ndarray
    offsets: np.ndarray  # (n_steps, n_copies), where in `noise` each step begins
    first_kick: np.ndarray
    kicked: np.ndarray
    first_pulse: np.ndarray
    electrodes: np.ndarray
    amplitudes: np.ndarray


def kinetics(culture: Culture, parameters: Parameters, dtype: type) -> Kinetics:
    """The exact solution of the membrane equation over one step (`MEMBRANE`, `CURRENT`).

    A current I that decays with tau moves the membrane by I times
    tau / (tau - tau_m) (exp(-dt / tau) - exp(-dt / tau_m)), its gain.
    """
    dt, table, plasticity = parameters.simulation.dt, parameters.neuron, parameters.plasticity
    excitatory, inhibitory = parameters.synapses.excitatory, parameters.synapses.inhibitory
    constants = {}
    for current, tau in {
        "excitatory": excitatory.tau,
        "slow": excitatory.tau_slow,
        "inhibitory": inhibitory.tau,
        "adaptation": table.tau_adaptation,
    }.items():
        keep, gain = 0.0, 0.0
        if tau is not None:
            tau = apart(tau, table.tau_m)
            keep = np.exp(-dt / tau)
            gain = tau / (tau - table.tau_m) * (keep - np.exp(-dt / table.tau_m))
        constants |= {f"keep_{current}": dtype(keep), f"gain_{current}": dtype(gain)}
    online = plasticity.rule == "online"
    lowest = -np.inf if table.v_lower_bound is None else table.v_lower_bound - table.v_rest
    return Kinetics(
        keep_v=dtype(np.exp(-dt / table.tau_m)),
        **constants,
        slow_share=dtype(excitatory.slow_share or 0),
        keep_post_trace=dtype(np.exp(-dt / plasticity.tau_post) if online else 0),
        add_traces=plasticity.trace == "add",
        v_reset=dtype(table.v_reset - table.v_rest),
        v_lower_bound=dtype(lowest),
        kick=dtype(parameters.noise.kick_amplitude),
        depression=dtype(excitatory.depression or 0),
        tau_depression=dtype((excitatory.tau_depression or 0) / dt),
        n_excitatory=culture.n_excitatory,
        relay=culture.relay,
    )


def filled(
    values: np.ndarray | float, n_neurons: int, dtype: type, beyond: float = 0
) -> np.ndarray:
    """One value for each neuron, and another one for those that never fire."""
    full = np.full(-(-n_neurons // LANE) * LANE, beyond, dtype)
    full[:n_neurons] = values
    return full


def noise(background: Background, dtype: type) -> np.ndarray:
    """The table of a background, longer by as much as neurons have been filled up."""
    return np.pad(background.table, (0, LANE)).astype(dtype)


def neurons(culture: Culture, parameters: Parameters, dtype: type) -> Neurons:
    """The neurons of a culture, at rest."""
    n, table, dt = culture.n_neurons, parameters.neuron, parameters.simulation.dt
    t_inhibitory = table.t_refractory_inhibitory
    t_refractory = np.where(
        culture.is_inhibitory,
        table.t_refractory if t_inhibitory is None else t_inhibitory,
        table.t_refractory,
    )
    adaptation = 0.0 if table.adaptation is None else table.adaptation
    zeros = {
        name: filled(0, n, dtype)
        for name in (
            "v",
            "push",
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
        v_threshold=filled(culture.v_threshold - table.v_rest, n, dtype, beyond=np.inf),
        drive=filled(-np.expm1(-dt / table.tau_m) * culture.drive, n, dtype),
        refractory_left=filled(0, n, np.int32),
        refractory_steps=filled(np.rint(t_refractory / dt), n, np.int32),
        adaptation_step=filled(np.where(culture.is_inhibitory, 0.0, adaptation), n, dtype),
        resources=filled(1, n, dtype),
        last_spike=filled(0, n, np.int64),
    )


def synapses(name: str, culture: Culture, parameters: Parameters, dtype: type) -> Synapses:
    """A projection at rest, in rows."""
    projection: Projection = getattr(culture, name)
    rates = getattr(parameters.plasticity, name)
    learns = rates is not None and parameters.plasticity.rule == "online"
    delays = _delays(name, culture, parameters)
    n_pre, arrived = projection.n_pre, filled(0, projection.n_post, dtype)
    n_learning = len(arrived)
    if rates is not None and rates.plastic == "onto-excitatory":
        n_learning = culture.n_excitatory
    is_dense = len(delays) == 1 and _belongs_in_a_matrix(projection, dtype)
    if is_dense:
        rows = _dense_rows(projection, len(arrived), n_learning, dtype)
    else:
        rows = _sparse_rows(name, culture, parameters, delays, n_learning, dtype)
    bound = np.inf if rates is None or rates.upper_bound is None else rates.upper_bound
    np.minimum(rows["weights"], dtype(bound), out=rows["weights"])
    return Synapses(
        n_pre=n_pre,
        n_post=len(arrived),
        is_dense=is_dense,
        learns=learns,
        **rows,
        n_learning=n_learning,
        noted=np.zeros(0 if is_dense or not learns else len(rows["weights"]), dtype),
        delays=delays,
        arrived=arrived,
        senders=np.zeros((delays[-1], n_pre), np.int64),
        amounts=np.zeros((delays[-1], n_pre), dtype),
        n_senders=np.zeros(delays[-1], np.int64),
        nu_pre=dtype((rates.nu_pre or 0) if rates else 0),
        nu_post=dtype(rates.nu_post if rates else 0),
        upper_bound=dtype(bound),
        trace=np.zeros(len(rows["pointer"]) - 1, dtype),
        settled=np.full(len(rows["pointer"]) - 1, -1),
        order=np.zeros(n_pre, np.int64),
        following=np.zeros(n_pre, np.int64),
    )


def region(name: str, culture: Culture, parameters: Parameters, dtype: type) -> Region | None:
    """What modulated plasticity changes of a projection, if anything."""
    rates, plasticity = getattr(parameters.plasticity, name), parameters.plasticity
    if rates is None or plasticity.rule != "modulated":
        return None
    sources, is_target = plastic_region(name, culture, parameters)
    targets = np.flatnonzero(is_target)
    place = np.full(culture.n_neurons, -1)
    place[targets] = np.arange(len(targets))
    return Region(
        sources=sources,
        targets=targets,
        place=place,
        gain=dtype(-rates.nu_post if name == "inhibitory" else rates.nu_post),
        upper_bound=dtype(np.inf if rates.upper_bound is None else rates.upper_bound),
        keep=dtype(np.exp(-parameters.simulation.dt / plasticity.tau_pre)),
    )


def frozen_copies(synapses: Synapses, n_copies: int) -> Synapses:
    """A projection at rest that does not learn, of copies of a culture that share strengths."""
    n_slots, n_pre = synapses.senders.shape
    return synapses._replace(
        learns=False,
        arrived=np.zeros(n_copies * synapses.n_post, synapses.arrived.dtype),
        senders=np.zeros((n_copies * n_slots, n_pre), synapses.senders.dtype),
        amounts=np.zeros((n_copies * n_slots, n_pre), synapses.amounts.dtype),
        n_senders=np.zeros(n_copies * n_slots, synapses.n_senders.dtype),
    )


def _belongs_in_a_matrix(projection: Projection, dtype: type) -> bool:
    n_pairs = projection.n_pre * projection.n_post
    is_small = n_pairs * np.dtype(dtype).itemsize <= LARGEST_FILLED_UP
    return projection.is_dense or (is_small and projection.n_synapses >= DENSE * n_pairs)


def _dense_rows(
    projection: Projection, n_filled: int, n_learning: int, dtype: type
) -> dict[str, np.ndarray]:
    """Rows of a matrix, which holds absent synapses as well."""
    n_pre, n_post = projection.n_pre, projection.n_post
    weights = np.full((n_pre + 3, n_filled), GONE, dtype)
    if projection.is_dense:
        for row, strengths in zip(weights, projection.weights, strict=False):
            np.copyto(row[:n_post], strengths, where=strengths >= 0)
    else:
        weights[projection.pairs()] = projection.weights
    return {
        "weights": weights.ravel(),
        "targets": np.empty(0, np.uint32),
        "pointer": np.arange(n_pre + 1) * n_filled,
        "static": np.arange(n_pre) * n_filled + n_learning,
    }


def _sparse_rows(
    name: str,
    culture: Culture,
    parameters: Parameters,
    delays: np.ndarray,
    n_learning: int,
    dtype: type,
) -> dict[str, np.ndarray]:
    """Rows of the synapses that exist, by source, delay and target."""
    projection = getattr(culture, name)
    n_synapses, n_rows = projection.n_synapses, projection.n_pre * len(delays)
    weights, targets = np.empty(n_synapses, dtype), np.empty(n_synapses, np.uint32)
    pointer, static = np.zeros(n_rows + 1, np.int64), np.zeros(n_rows, np.int64)
    blocks = zip(projection.blocks(), by_delay(name, culture, parameters, delays), strict=True)
    for (pre, post, strengths), (own, order) in blocks:
        weights[own], targets[own] = strengths[order], post[order]
        steps = _delay_steps(name, culture, parameters, pre, post)
        first, last = pre[0] * len(delays), (pre[-1] + 1) * len(delays)
        rows = pre * len(delays) + np.searchsorted(delays, steps) - first
        pointer[first + 1 : last + 1] = np.bincount(rows, minlength=last - first)
        static[first:last] = np.bincount(rows[post < n_learning], minlength=last - first)
    np.cumsum(pointer, out=pointer)
    static += pointer[:-1]
    return {"weights": weights, "targets": targets, "pointer": pointer, "static": static}


def by_delay(
    name: str, culture: Culture, parameters: Parameters, delays: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Where the synapses of each of `Projection.blocks` are in rows, and in which order."""
    end = 0
    for pre, post, _ in getattr(culture, name).blocks():
        begin, end = end, end + len(pre)
        order = np.arange(len(pre))
        if len(delays) > 1:
            steps = _delay_steps(name, culture, parameters, pre, post)
            order = np.lexsort((steps, pre))
        yield slice(begin, end), order


def _delays(name: str, culture: Culture, parameters: Parameters) -> np.ndarray:
    """Steps that there are from a neuron's spike to its effect, ascending."""
    projection, one = getattr(culture, name), np.zeros(1, np.int64)
    if name == "input" or projection.weights.size == 0:
        return one + 1
    if np.isinf(getattr(culture, f"{name}_velocity")):
        return _delay_steps(name, culture, parameters, one, one)
    found = [
        np.unique(_delay_steps(name, culture, parameters, pre, post))
        for pre, post, _ in projection.blocks()
    ]
    return np.unique(np.concatenate(found))


def _delay_steps(
    name: str, culture: Culture, parameters: Parameters, pre: np.ndarray, post: np.ndarray
) -> np.ndarray:
    """Steps from a neuron's spike to its effect through some synapses."""
    if name == "input":
        return np.ones(len(pre), np.int64)
    relayed = int(name == "inhibitory" and culture.relay)
    return culture.delay_steps(name, pre, post, parameters.simulation.dt) + relayed


def ledger(culture: Culture, parameters: Parameters, has_entries: bool, dtype: type) -> Ledger:
    """A ledger of spikes for the presynaptic time constant; tiny where nothing learns.

    A block of four time constants at most lets rounding errors grow by exp(4) at most.
    """
    online = parameters.plasticity.rule == "online"
    tau = parameters.plasticity.tau_pre / parameters.simulation.dt if online else 1.0
    bits = int(np.log2(np.clip(4 * tau, 1, LONGEST_BLOCK))) if online else 0
    block = 1 << bits
    n_filled = len(filled(0, culture.n_neurons, dtype)) if online else 0
    n_covered = N_BLOCKS * block
    return Ledger(
        sums=np.zeros((N_BLOCKS, n_filled), dtype),
        entries=np.zeros((n_covered, n_filled if has_entries else 0), dtype),
        growth=np.exp(np.arange(block) / tau).astype(dtype),
        decay=np.exp(-np.arange(n_covered) / tau).astype(dtype),
        bits=bits,
        first=np.full(n_covered, -1, np.int64),
        keys=np.zeros(n_covered, np.int64),
    )
