"""What the kernels of the native engine work on, by meaning, and how it is laid out.

Membranes and thresholds count from rest, near which single precision is finest. Numbers are
of the engine's precision (`dtype`) throughout, since one double among them would slow a
kernel down to half its speed.
"""

from typing import NamedTuple

import numpy as np

from spikinggrid.culture import Culture
from spikinggrid.engines import apart
from spikinggrid.parameters import Parameters
from spikinggrid.regions import plastic_region
from spikinggrid.wiring import ABSENT, Projection

#: The ledger covers this many blocks of at most so many steps.
N_BLOCKS = 5
LONGEST_BLOCK = 256

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
    """State of the neurons and what differs between them, shape (n_neurons,) each."""

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

    is_dense: bool
    learns: bool  # online
    weights: np.ndarray  # (n_synapses,); dense: ((n_pre + 3) * n_neurons,)
    targets: np.ndarray  # (n_synapses,)
    pointer: np.ndarray  # (n_rows + 1,), where each row begins
    delays: np.ndarray  # (n_delays,), steps from a neuron's spike to the effect
    arrived: np.ndarray  # (n_neurons,), what the next step gets
    senders: np.ndarray  # (longest delay, n_pre): who fired in a step, modulo the longest delay,
    amounts: np.ndarray  # how strong that spike is, in units of a rested synapse,
    n_senders: np.ndarray  # (longest delay,) and how many did
    nu_pre: float
    nu_post: float
    upper_bound: float
    limit: np.ndarray  # (n_neurons,), upper bound of who has fired since strengths were set
    trace: np.ndarray  # (n_rows,), presynaptic trace in the step ...
    settled: np.ndarray  # (n_rows,) ... up to which a row has been given what it is owed
    order: np.ndarray  # (n_pre,), scratch of `kernels.sort`
    following: np.ndarray  # (n_pre,), scratch of `kernels.sort`


class Ledger(NamedTuple):
    """For each neuron, the sum of exp(-h / tau_pre) over its spikes at h steps from a base.

    Each block of steps has a base of its own, which keeps the numbers near 1. The sums of all
    blocks covered go on growing, so that one difference settles a row, whenever it was last.
    """

    sums: np.ndarray  # (n_blocks, n_neurons), as they are now
    entries: np.ndarray  # (n_covered, n_neurons), as they were after each step, of its block
    growth: np.ndarray  # (length of a block,), exp(h / tau_pre)
    decay: np.ndarray  # (n_covered,), exp(-h / tau_pre)
    first: np.ndarray  # (n_covered,), scratch of `kernels.sort`
    keys: np.ndarray  # (n_covered,), scratch of `kernels.sort`


class Visit(NamedTuple):
    """A spike at a dense row, for one pass over its synapses."""

    weights: np.ndarray
    now: np.ndarray  # sums of the ledger
    then: np.ndarray  # the same in the step in which the row was settled last
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
    offsets: np.ndarray  # (n_steps,), where in `noise` each step begins
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
        name: np.zeros(n, dtype)
        for name in (
            "v", "push", "i_excitatory", "i_slow", "i_inhibitory", "adaptation", "post_trace",
            "fired",
        )
    }  # fmt: skip
    return Neurons(
        **zeros,
        v_threshold=(culture.v_threshold - table.v_rest).astype(dtype),
        drive=(-np.expm1(-dt / table.tau_m) * culture.drive).astype(dtype),
        refractory_left=np.zeros(n, np.int32),
        refractory_steps=np.rint(t_refractory / dt).astype(np.int32),
        adaptation_step=np.where(culture.is_inhibitory, 0.0, adaptation).astype(dtype),
        resources=np.ones(n, dtype),
        last_spike=np.zeros(n, np.int64),
    )


def synapses(
    name: str, culture: Culture, parameters: Parameters, dtype: type
) -> tuple[Synapses, np.ndarray | slice]:
    """A projection at rest, in rows.

    Returns
    -------
    synapses : Synapses
    order : ndarray of int, shape (n_synapses,), or slice
        Place in `Projection.pairs` of each synapse of a sparse projection.
    """
    projection: Projection = getattr(culture, name)
    n_pre, n_post = projection.n_pre, projection.n_post
    delays, which = np.unique(_delay_steps(name, culture, parameters), return_inverse=True)
    n_rows, order = n_pre * len(delays), slice(None)
    is_dense = projection.is_dense and len(delays) == 1
    if is_dense:
        weights, targets = np.empty((n_pre + 3, n_post), dtype), np.empty(0, np.uint32)
        weights[:n_pre], weights[n_pre:] = projection.weights, ABSENT
        pointer = np.arange(n_pre + 1) * n_post
    else:
        rows, targets = projection.pairs()
        if len(delays) > 1:
            rows = rows * len(delays) + which
            order = np.argsort(rows, kind="stable")
            rows = rows[order]
        weights = projection.strengths()[order].astype(dtype)
        targets = targets[order].astype(np.uint32)
        pointer = np.searchsorted(rows, np.arange(n_rows + 1))
    rates = getattr(parameters.plasticity, name)
    bound = np.inf if rates is None or rates.upper_bound is None else rates.upper_bound
    rows = Synapses(
        is_dense=is_dense,
        learns=rates is not None and parameters.plasticity.rule == "online",
        weights=weights.ravel(),
        targets=targets,
        pointer=pointer,
        delays=delays,
        arrived=np.zeros(n_post, dtype),
        senders=np.zeros((delays[-1], n_pre), np.int32),
        amounts=np.zeros((delays[-1], n_pre), dtype),
        n_senders=np.zeros(delays[-1], np.int64),
        nu_pre=dtype((rates.nu_pre or 0) if rates else 0),
        nu_post=dtype(rates.nu_post if rates else 0),
        upper_bound=dtype(bound),
        limit=np.full(n_post, np.inf, dtype),
        trace=np.zeros(n_rows, dtype),
        settled=np.full(n_rows, -1),
        order=np.zeros(n_pre, np.int64),
        following=np.zeros(n_pre, np.int64),
    )
    return rows, order


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


def _delay_steps(name: str, culture: Culture, parameters: Parameters) -> np.ndarray:
    """Steps from a neuron's spike to its effect, of every synapse, or of all of them alike."""
    projection, one = getattr(culture, name), np.zeros(1, np.int64)
    if name == "input" or projection.n_synapses == 0:
        return one + 1
    alike = np.isinf(getattr(culture, f"{name}_velocity"))
    pairs = (one, one) if alike else projection.pairs()
    relayed = int(name == "inhibitory" and culture.relay)
    return culture.delay_steps(name, *pairs, parameters.simulation.dt) + relayed


def ledger(culture: Culture, parameters: Parameters, dtype: type) -> Ledger:
    """A ledger of spikes for the presynaptic time constant; tiny where nothing learns.

    A block of four time constants lets rounding errors grow by exp(4) at most.
    """
    online = parameters.plasticity.rule == "online"
    tau = parameters.plasticity.tau_pre / parameters.simulation.dt if online else 1.0
    block = min(max(int(4 * tau), 1), LONGEST_BLOCK) if online else 1
    n_neurons, n_covered = culture.n_neurons if online else 0, N_BLOCKS * block
    return Ledger(
        sums=np.zeros((N_BLOCKS, n_neurons), dtype),
        entries=np.zeros((n_covered, n_neurons), dtype),
        growth=np.exp(np.arange(block) / tau).astype(dtype),
        decay=np.exp(-np.arange(n_covered) / tau).astype(dtype),
        first=np.full(n_covered, -1, np.int64),
        keys=np.zeros(n_covered, np.int64),
    )
