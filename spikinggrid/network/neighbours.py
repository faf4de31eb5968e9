"""Synapses of the probability rule in large dishes, where only near pairs are looked at.

    choose_neighbours    which targets each source connects to
    curve_order          an order of neurons in which near ones have near numbers

Targets lie in the cells of a grid, cell after cell, so that those within reach of a source are a
few stretches of memory. Whether a pair connects is decided by a random number that belongs to the
pair (SplitMix64; Steele et al. 2014, doi:10.1145/2660193.2660195), so any number of threads grows
the same culture.
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from spikinggrid.utils.compiled import cached_njit
from spikinggrid.utils.processors import n_processors
from spikinggrid.utils.progress import NO_PROGRESS, Progress

#: Sources that a thread works on at a time.
SOURCES_AT_A_TIME = 1 << 10

#: exp(-t) of more than this is below the smallest chance, 2^-24.
FARTHEST = 24 * np.log(2)

#: Options of kernels. Without `fastmath`, what they compute depends neither on the processor nor on
#: whether they were compiled now or before.
EXACT: dict[str, Any] = {"nogil": True, "error_model": "numpy"}

#: Partial sums, which the compiler turns into vector instructions.
LANES = 16

#: Bits of each coordinate in `curve_order`.
CURVE_BITS = 10


class _Grid(NamedTuple):
    """Targets in the order of the cells in which they lie; row after row of cells."""

    size: float  # of a cell, m
    low: np.ndarray  # (2,), corner of the first cell, m
    n_columns: int
    n_rows: int
    start: np.ndarray  # (n_cells + 1,), where each cell starts
    target: np.ndarray  # (n_post,), who it is
    x: np.ndarray  # (n_post,), m
    y: np.ndarray
    inverse: np.ndarray  # (n_post,), 1 / (sqrt(2) reach), 1/m
    radius: float  # beyond which nobody connects, m


def choose_neighbours(
    pre: np.ndarray,
    post: np.ndarray,
    reach: np.ndarray,
    synapses_per_neuron: float,
    generator: np.random.Generator,
    first_pre: int,
    progress: Progress = NO_PROGRESS,
) -> tuple[np.ndarray, np.ndarray]:
    """Choose targets as `connectivity.connect_by_probability` says.

    Parameters
    ----------
    pre, post : ndarray, shape (n, 2)
        Positions in m.
    reach : ndarray, shape (n_post,)
        Width of the Gaussian in m.
    synapses_per_neuron : float
        Mean number of synapses that a source makes.
    generator : numpy.random.Generator
    first_pre : int
        Place of the first source among the targets.
    progress : Progress
        Is told of the sources that have their targets.

    Returns
    -------
    pointer : ndarray of int, shape (n_pre + 1,)
        The synapses of source i are `pointer[i]:pointer[i + 1]`.
    targets : ndarray of int32, shape (n_synapses,)

    Raises
    ------
    TooFewNearError
        If a source has not enough others near enough.
    """
    grid = _grid(post, reach)
    seed = generator.integers(1 << 63, dtype=np.uint64)
    starts = range(0, len(pre), SOURCES_AT_A_TIME)

    def choose(start: int) -> tuple[np.ndarray, np.ndarray]:
        sources = pre[start : start + SOURCES_AT_A_TIME]
        expected = synapses_per_neuron * len(sources)
        targets = np.empty(int(expected + 20 * np.sqrt(expected) + 100), np.int32)
        counts, first = np.empty(len(sources), np.int64), first_pre + start
        fewest = _choose(sources, first, grid, synapses_per_neuron, seed, counts, targets)
        if fewest < np.inf:
            raise TooFewNearError(fewest)
        return counts, targets[: counts.sum()].copy()

    chosen = []
    for part in _in_threads(choose, starts):
        chosen.append(part)
        progress.advance(len(part[0]))
    counts, targets = zip(*chosen, strict=True)
    pointer = np.zeros(len(pre) + 1, np.int64)
    np.cumsum(np.concatenate(counts), out=pointer[1:])
    return pointer, np.concatenate(targets)


class TooFewNearError(Exception):
    """A source has only so many others near enough."""

    def __init__(self, n_near: float):
        super().__init__(n_near)
        self.n_near = n_near


def _in_threads(work: Callable, items: range) -> Iterator:
    with ThreadPoolExecutor(n_processors()) as pool:
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C need not wait for all


def _grid(post: np.ndarray, reach: np.ndarray) -> _Grid:
    """Put the targets into cells about half as wide as they reach, but not far more than them."""
    low, extent = post.min(axis=0), np.ptp(post, axis=0).max()
    size = max(reach.max() / 2, extent / np.sqrt(len(post)), 1e-9)
    column, row = ((post - low) / size).astype(np.int64).T
    n_columns, n_rows = int(column.max()) + 1, int(row.max()) + 1
    cell = row * n_columns + column
    order = np.argsort(cell, kind="stable")
    return _Grid(
        size=float(size),
        low=low,
        n_columns=n_columns,
        n_rows=n_rows,
        start=np.searchsorted(cell[order], np.arange(n_columns * n_rows + 1)),
        target=order,
        x=post[order, 0].astype(np.float32),
        y=post[order, 1].astype(np.float32),
        inverse=(1 / (np.sqrt(2) * reach[order])).astype(np.float32),
        radius=float(np.sqrt(2 * FARTHEST) * reach.max()),
    )


@cached_njit(**EXACT)
def _choose(sources, first, grid, wanted, seed, counts, targets):
    """Write the targets of some sources and their numbers.

    Return infinity, or how many others a source has near enough if that is not `wanted`.
    """
    chance = np.empty(len(grid.target), np.float32)
    near = np.empty(len(grid.target), np.int32)
    n_chosen = 0
    for i in range(len(sources)):
        n_near = _find_near(sources[i], grid, near, chance)
        for m in range(n_near):
            if near[m] == first + i:
                chance[m] = 0
        total = _scale_to_sum(chance[:n_near], np.float32(wanted))
        if abs(total - wanted) > 1e-3 * wanted:
            return total
        begin, pair = n_chosen, np.uint64(first + i) * np.uint64(len(grid.target))
        for m in range(n_near):
            if _uniform(seed, pair + np.uint64(near[m])) < chance[m] and n_chosen < len(targets):
                targets[n_chosen] = near[m]
                n_chosen += 1
        counts[i] = n_chosen - begin
        targets[begin:n_chosen].sort()
    return np.inf


@cached_njit(**EXACT)
def _find_near(source, grid, near, chance):
    """Write targets that may be near and their Gaussians; return their number."""
    x, y, n_near = source[0], source[1], 0
    bottom = max(0, int((y - grid.radius - grid.low[1]) / grid.size))
    top = min(grid.n_rows - 1, int((y + grid.radius - grid.low[1]) / grid.size))
    for row in range(bottom, top + 1):
        below = grid.low[1] + row * grid.size - y
        apart = max(0.0, below, -below - grid.size)
        half_width = math.sqrt(max(0.0, grid.radius**2 - apart**2))
        left = max(0, int((x - half_width - grid.low[0]) / grid.size))
        right = min(grid.n_columns - 1, int((x + half_width - grid.low[0]) / grid.size))
        begin = grid.start[row * grid.n_columns + left]
        end = grid.start[row * grid.n_columns + right + 1]
        _gaussian(
            np.float32(x),
            np.float32(y),
            grid.x[begin:end],
            grid.y[begin:end],
            grid.inverse[begin:end],
            chance[n_near : n_near + end - begin],
        )
        near[n_near : n_near + end - begin] = grid.target[begin:end]
        n_near += end - begin
    return n_near


@cached_njit(**EXACT)
def _gaussian(x, y, xs, ys, inverse, values):
    """Write exp(-t) of scaled squared distances t, to five digits: exp(-t / 256) to the 256.

    Arithmetic alone, which the compiler turns into vector instructions; `math.exp` takes 30 times
    as long.
    """
    one, share = np.float32(1), np.float32(1 / 256)
    farthest = np.float32(2 * FARTHEST)
    half, third, quarter = np.float32(1 / 2), np.float32(1 / 3), np.float32(1 / 4)
    for j in range(len(values)):
        dx, dy = (xs[j] - x) * inverse[j], (ys[j] - y) * inverse[j]
        squared = dx * dx + dy * dy
        t = -share * (squared if squared < farthest else farthest)
        power = one + t * (one + half * t * (one + third * t * (one + quarter * t)))
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        power *= power
        values[j] = power


@cached_njit(**EXACT)
def _scale_to_sum(chance, wanted):
    """Scale chances, none above 1, to sum to `wanted`; return the sum that was reached."""
    one, total = np.float32(1), _sum(chance)
    for _ in range(100):
        if abs(total - wanted) < 1e-3 * wanted:
            break
        factor = np.float32(wanted / max(total, 1e-30))
        for m in range(len(chance)):
            scaled = factor * chance[m]
            chance[m] = scaled if scaled < one else one
        total = _sum(chance)
    return total


@cached_njit(**EXACT)
def _sum(values):
    sums, last = np.zeros(LANES, np.float32), len(values) // LANES * LANES
    for begin in range(0, last, LANES):
        for lane in range(LANES):
            sums[lane] += values[begin + lane]
    total = 0.0
    for lane in range(LANES):
        total += sums[lane]
    for m in range(last, len(values)):
        total += values[m]
    return total


@cached_njit(**EXACT)
def _uniform(seed, number):
    """Return the number of a stream that has this place in it, at least 0 and below 1."""
    z = seed + (number + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * 2.0**-53


def curve_order(positions: np.ndarray) -> np.ndarray:
    """Return neurons in the order in which a Hilbert curve visits them.

    Parameters
    ----------
    positions : ndarray, shape (n, 2)
        m

    Returns
    -------
    ndarray of int, shape (n,)
    """
    low, extent = positions.min(axis=0), max(np.ptp(positions, axis=0).max(), 1e-9)
    x, y = ((positions - low) / extent * ((1 << CURVE_BITS) - 1)).astype(np.int64).T
    place = np.zeros(len(x), np.int64)
    for bit in range(CURVE_BITS - 1, -1, -1):
        right, upper = (x >> bit) & 1, (y >> bit) & 1
        place += ((3 * right) ^ upper) << (2 * bit)
        mask = (1 << bit) - 1
        x, y = x & mask, y & mask
        flips = (upper == 0) & (right == 1)
        x, y = np.where(flips, mask - x, x), np.where(flips, mask - y, y)
        x, y = np.where(upper == 0, y, x), np.where(upper == 0, x, y)
    return np.argsort(place, kind="stable")
