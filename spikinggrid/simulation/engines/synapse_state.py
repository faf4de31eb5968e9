"""How the arrays of projections are made, which the kernels of the native engine work on.

synapses         a projection at rest, in rows
frozen_copies    the same for copies of a culture that share weights and do not learn
by_delay         synapses of a projection by their delay
scaling          the sums that synaptic scaling restores in it
upper_bound      of its strengths
region           what modulated plasticity changes of it
history          an empty history of postsynaptic spikes
"""

from collections.abc import Iterator

import numpy as np

from spikinggrid.network.connectivity import Projection
from spikinggrid.network.culture import Culture
from spikinggrid.network.neighbours import curve_order
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.engines.state import (
    ABSENT,
    BLOCK,
    LANES,
    Plasticity,
    Region,
    Rows,
    Scaling,
    SpikeHistory,
    SpikeQueue,
    Synapses,
    Tiles,
    multiple,
    power_of_two,
    zeros,
)

#: A projection is stored as a matrix if at least this share of its synapses exists: a pass over a
#: whole row then takes less time than one over its synapses alone. Matrices of more bytes than
#: `LARGEST_FILLED_UP` are made only of projections that are stored densely already.
DENSE = 0.1
LARGEST_FILLED_UP = 1 << 23

#: Sparse rows that learn are laid in tiles where at least this share of them is filled, if their
#: targets are so many that what a synapse needs of them exceeds the first cache.
FILLED = 0.5
MANY_TARGETS = 4096

#: The spike history covers this many blocks of at most so many steps, all powers of two.
N_BLOCKS = 16
LONGEST_BLOCK = 256


def synapses(name: str, culture: Culture, parameters: Parameters, dtype: type) -> Synapses:
    """Return a projection at rest, in rows."""
    projection: Projection = getattr(culture, name)
    rates = getattr(parameters.plasticity, name)
    learns = rates is not None and parameters.plasticity.rule == "online"
    delays = _delays(name, culture, parameters)
    n_padded, n_columns = multiple(projection.n_post, BLOCK), multiple(projection.n_post, LANES)
    n_learning = n_columns
    is_target = culture.plastic_region(name)[1]
    if learns and not is_target.all():
        n_learning = int(np.count_nonzero(is_target))  # the excitatory neurons, which come first
    is_dense = len(delays) == 1 and _belongs_in_a_matrix(projection, dtype)
    if is_dense:
        rows = _dense_rows(projection, n_columns, n_learning, dtype)
    else:
        rows = _sparse_rows(name, culture, parameters, delays, n_learning, dtype)
    tiles = _tiles(np.empty(0, int), np.empty(0, int), 0, dtype)
    adds_up = parameters.plasticity.trace == "add"
    if learns and not is_dense and len(delays) == 1 and n_learning == n_columns and not adds_up:
        laid = _in_tiles(rows, culture, parameters, n_columns, dtype)
        rows, tiles = laid if laid else (rows, tiles)
    is_tiled = len(tiles.first_place) > 0
    if (bound := upper_bound(name, parameters, dtype)) is not None:
        np.minimum(rows["weights"], bound, out=rows["weights"])
    n_rows, n_sources = (projection.n_pre * len(delays), projection.n_pre) if learns else (0, 0)
    n_changing = n_learning if learns else 0
    return Synapses(
        n_post=n_padded,
        rows=Rows(projection.n_pre, n_columns, is_dense, **rows, delays=delays),
        queue=_queue(power_of_two(delays[-1]), 1, projection.n_pre, dtype),
        arrivals=zeros(n_padded, dtype),
        plasticity=Plasticity(
            learns=learns,
            n_learning=n_learning,
            nu_pre=dtype((rates.nu_pre or 0) if rates else 0),
            nu_post=dtype(rates.nu_post if rates else 0),
            upper_bound=bound if learns else None,
            pre_trace=np.zeros(n_rows, dtype),
            last_update=np.full(n_rows, -1),
            sums_seen=np.zeros(
                0 if is_dense or is_tiled or not learns else len(rows["weights"]), dtype
            ),
            changes=zeros(n_changing, dtype),
            sums_now=zeros(0 if is_dense else n_changing, dtype),
            missed=zeros(n_changing if is_dense else 0, dtype),
            is_tiled=is_tiled,
            tiles=tiles,
            scratch_order=np.zeros(n_sources, np.int64),
            scratch_next=np.zeros(n_sources, np.int64),
        ),
    )


def scaling(name: str, culture: Culture, parameters: Parameters, dtype: type) -> Scaling | None:
    """Return the sums that synaptic scaling restores in a projection, or None: nothing learns."""
    if getattr(parameters.plasticity, name) is None or parameters.plasticity.rule == "static":
        return None
    incoming = getattr(parameters.synapses, name).incoming
    n_padded = multiple(culture.n_neurons, BLOCK)
    return Scaling(
        incoming=getattr(culture, name).incoming()
        if incoming is None
        else np.full(culture.n_neurons, incoming),
        is_scaled=culture.plastic_region(name)[1],
        sums=np.zeros(n_padded),
        factors=np.ones(n_padded, dtype),
        upper_bound=upper_bound(name, parameters, dtype),
    )


def upper_bound(name: str, parameters: Parameters, dtype: type) -> float | None:
    """Return what no strength of a projection exceeds, or None."""
    rates = getattr(parameters.plasticity, name)
    return None if rates is None or rates.upper_bound is None else dtype(rates.upper_bound)


def _queue(n_steps: int, n_copies: int, n_pre: int, dtype: type) -> SpikeQueue:
    """Return an empty queue for spikes of some steps, which are a power of two."""
    return SpikeQueue(
        n_steps=n_steps,
        sources=np.zeros((n_steps * n_copies, n_pre), np.int64),
        amounts=np.zeros((n_steps * n_copies, n_pre), dtype),
        lengths=np.zeros(n_steps * n_copies, np.int64),
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
    queue, dtype = synapses.queue, synapses.arrivals.dtype.type
    return synapses._replace(
        queue=_queue(queue.n_steps, n_copies, synapses.rows.n_pre, dtype),
        arrivals=zeros(n_copies * synapses.n_post, dtype),
        plasticity=synapses.plasticity._replace(learns=False, upper_bound=None),
    )


def _belongs_in_a_matrix(projection: Projection, dtype: type) -> bool:
    n_pairs = projection.n_pre * projection.n_post
    is_small = n_pairs * np.dtype(dtype).itemsize <= LARGEST_FILLED_UP
    return projection.is_dense or (is_small and projection.n_synapses >= DENSE * n_pairs)


def _dense_rows(
    projection: Projection, n_columns: int, n_learning: int, dtype: type
) -> dict[str, np.ndarray]:
    """Return rows of a matrix with absent synapses."""
    n_pre, n_post = projection.n_pre, projection.n_post
    weights = zeros((n_pre + 3, n_columns), dtype)
    weights[:] = ABSENT
    if projection.is_dense:
        for row, strengths in zip(weights, projection.weights, strict=False):
            np.copyto(row[:n_post], strengths, where=strengths >= 0)
    else:
        weights[projection.pairs()] = projection.weights
    return {
        "weights": weights.ravel(),
        "targets": np.empty(0, _index_type(n_columns)),
        "row_start": np.arange(n_pre + 1) * n_columns,
        "static_start": np.arange(n_pre) * n_columns + n_learning,
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
    weights, targets = (
        np.empty(n_synapses, dtype),
        np.empty(n_synapses, _index_type(projection.n_post)),
    )
    row_start, static_start = np.zeros(n_rows + 1, np.int64), np.zeros(n_rows, np.int64)
    blocks = zip(projection.blocks(), by_delay(name, culture, parameters, delays), strict=True)
    for (pre, post, strengths), (own, order, rows) in blocks:
        weights[own], targets[own] = strengths[order], post[order]
        first, last = pre[0] * len(delays), (pre[-1] + 1) * len(delays)
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


def _in_tiles(
    rows: dict[str, np.ndarray],
    culture: Culture,
    parameters: Parameters,
    n_columns: int,
    dtype: type,
) -> tuple[dict[str, np.ndarray], Tiles] | None:
    """Return sparse rows in tiles, or None where these would be small or hardly filled."""
    n, start = culture.n_neurons, rows["row_start"]
    if n < MANY_TARGETS or len(rows["targets"]) == 0:
        return None
    neurons = np.arange(n_columns)
    neurons[:n] = curve_order(np.column_stack([culture.x, culture.y]))
    place = np.argsort(neurons)[rows["targets"]]
    per_row = n_columns // LANES
    groups = np.repeat(np.arange(len(start) - 1) * per_row, np.diff(start)) + place // LANES
    used, group = np.unique(groups, return_inverse=True)
    if len(groups) < FILLED * LANES * len(used):
        return None
    first_place = used % per_row * LANES
    weights = zeros(LANES * len(used), dtype)
    weights[:] = ABSENT
    weights[LANES * group + place % LANES] = rows["weights"]
    targets = neurons[first_place[:, None] + np.arange(LANES)].ravel()
    row_start = LANES * np.searchsorted(used, np.arange(len(start)) * per_row)
    tiled = {
        "weights": weights,
        "targets": targets.astype(rows["targets"].dtype),
        "row_start": row_start,
        "static_start": row_start[1:].copy(),
    }
    return tiled, _tiles(first_place, neurons, N_BLOCKS << _block_bits(parameters), dtype)


def _tiles(first_place: np.ndarray, neurons: np.ndarray, n_covered: int, dtype: type) -> Tiles:
    """Return tiles with empty columns."""
    n_columns = len(neurons)
    return Tiles(
        first_place=first_place.astype(_index_type(n_columns)),
        neurons=neurons,
        changes=zeros(n_columns, dtype),
        snapshots=zeros((n_covered, n_columns), dtype),
        sums=zeros((N_BLOCKS, n_columns), dtype),
        is_set=np.zeros(N_BLOCKS, bool),
        arrivals=zeros(n_columns, dtype),
    )


def places_in_tiles(rows: Rows) -> np.ndarray:
    """Return where the synapses of rows in tiles are, in the order of `Projection.pairs`."""
    exists = np.flatnonzero(rows.weights >= 0)
    sources = np.searchsorted(rows.row_start, exists, side="right") - 1
    return exists[np.argsort(sources * rows.n_columns + rows.targets[exists], kind="stable")]


def _index_type(n_neurons: int) -> type:
    """Return the smallest type of the targets' numbers."""
    return np.uint16 if n_neurons <= 1 << 16 else np.uint32


def by_delay(
    name: str, culture: Culture, parameters: Parameters, delays: np.ndarray
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield place in the rows, order there and rows, from its first, of `Projection.blocks`."""
    end = 0
    for pre, post, _ in getattr(culture, name).blocks():
        begin, end = end, end + len(pre)
        rows = pre - pre[0]
        if len(delays) > 1:
            steps = _delay_steps(name, culture, parameters, pre, post)
            rows = rows * len(delays) + np.searchsorted(delays, steps)
        small = rows.astype(_index_type(rows.max() + 1))  # sorted faster
        yield slice(begin, end), np.argsort(small, kind="stable"), rows


def _delays(name: str, culture: Culture, parameters: Parameters) -> np.ndarray:
    """Return the delays of a projection in steps, ascending."""
    projection, one = getattr(culture, name), np.zeros(1, np.int64)
    if name == "input" or projection.n_synapses == 0:
        return one + 1
    if np.isinf(getattr(culture, f"{name}_velocity")):
        return _delay_steps(name, culture, parameters, one, one)
    occurs = [
        np.flatnonzero(np.bincount(_delay_steps(name, culture, parameters, pre, post)))
        for pre, post, _ in projection.blocks()
    ]
    return np.unique(np.concatenate(occurs))


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
) -> SpikeHistory | None:
    """Return an empty spike history for the presynaptic time constant, or None: nothing learns."""
    if parameters.plasticity.rule != "online":
        return None
    tau = (parameters.plasticity.tau_pre or 0.0) / parameters.simulation.dt
    block_bits = _block_bits(parameters)
    block, n_columns = 1 << block_bits, multiple(culture.n_neurons, LANES)
    n_covered = N_BLOCKS * block
    return SpikeHistory(
        sums=zeros((N_BLOCKS, n_columns), dtype),
        snapshots=zeros((n_covered, n_columns if has_snapshots else 0), dtype),
        growth=np.exp(np.arange(block) / tau).astype(dtype),
        decay=np.exp(-np.arange(n_covered) / tau).astype(dtype),
        block_bits=block_bits,
        scratch_first=np.full(n_covered, -1, np.int64),
        scratch_keys=np.zeros(n_covered, np.int64),
    )


def _block_bits(parameters: Parameters) -> int:
    """Return the power of two that is the number of steps of a block of the spike history.

    A block lasts four time constants at most, so that rounding errors grow by exp(4) at most.
    """
    tau = (parameters.plasticity.tau_pre or 0.0) / parameters.simulation.dt
    return int(np.log2(np.clip(4 * tau, 1, LONGEST_BLOCK)))
