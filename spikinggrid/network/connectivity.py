"""Who connects to whom: projections, and the rules that grow them from positions.

    connect_by_strength       all pairs, strength falls with distance (Lagani et al. 2021)
    connect_by_probability    a set number of synapses, whose chance falls with distance
    connect_by_field          strength is a function of distance alone (electrical pulses)
    connect_by_current        the same, after the current that neurons need (Stoney et al. 1968)

Strengths are magnitudes in volts; a projection does not know whether it excites or inhibits.
They are kept in single precision: 98 million of them fit into 0.4 GB, and no synapse is known to
seven digits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import erfc

from spikinggrid.network.neighbours import TooFewNearError, choose_neighbours
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import NO_PROGRESS, Progress

#: Marks the absent synapses of a dense projection. A strength is never negative, and one
#: that has been depressed to 0 is still there and may grow again.
ABSENT = -1.0

#: Pairs that are worked on at a time, so that temporaries stay far below the result.
PAIRS_AT_A_TIME = 1 << 22
SYNAPSES_AT_A_TIME = 1 << 20

#: In dishes of more neurons than this, the probability rule looks only at pairs that are near.
LARGE = 5000

#: Random numbers in single precision are multiples of this, so that a smaller chance that is not 0
#: would come true this often: in a large dish, synapses at distances where there are none.
SMALLEST_CHANCE = np.float32(2**-24)


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """Synapses from one set of sources onto all neurons, dense or sparse.

    Attributes
    ----------
    n_pre, n_post : int
        Number of sources and of targets.
    weights : ndarray
        Strengths in V. Dense: shape (n_pre, n_post), `ABSENT` where there is no synapse.
        Sparse: shape (n_synapses,), ordered by source, then by target.
    pointer, post : ndarray or None
        Sparse only. The synapses of source i are `pointer[i]:pointer[i + 1]`, and `post`
        holds the target of each.
    """

    n_pre: int
    n_post: int
    weights: np.ndarray
    pointer: np.ndarray | None = None
    post: np.ndarray | None = None

    def __repr__(self) -> str:
        sizes = f"{self.n_pre:,} sources, {self.n_post:,} targets"
        return f"<Projection: {sizes}, {self.n_synapses:,} synapses>"

    @property
    def is_dense(self) -> bool:
        """Whether the weights are a matrix; chosen when more than half of all pairs connect."""
        return self.post is None

    @property
    def n_synapses(self) -> int:
        """Number of synapses that exist."""
        if not self.is_dense:
            return len(self.weights)
        rows = _row_blocks(self.n_pre, self.n_post)
        return sum(int(np.count_nonzero(self.weights[own] >= 0)) for own in rows)

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return source and target of every synapse, ordered by source, then by target."""
        if self.pointer is None or self.post is None:
            pre, post = np.nonzero(self.weights >= 0)
            return pre, post
        return np.repeat(np.arange(self.n_pre), np.diff(self.pointer)), self.post

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield source, target and strength of the synapses in the same order, part by part."""
        n_of_one = -(-self.weights.size // max(1, self.n_pre))
        n_at_a_time = max(1, SYNAPSES_AT_A_TIME // max(1, n_of_one))
        for start in range(0, self.n_pre, n_at_a_time):
            rows = slice(start, min(start + n_at_a_time, self.n_pre))
            if self.pointer is None or self.post is None:
                place, post = np.nonzero(self.weights[rows] >= 0)
                pre, strengths = place + start, self.weights[rows][place, post]
            else:
                pointer = self.pointer[rows.start : rows.stop + 1]
                synapses = slice(pointer[0], pointer[-1])
                pre = np.repeat(np.arange(rows.start, rows.stop), np.diff(pointer))
                post, strengths = self.post[synapses], self.weights[synapses]
            if len(pre):
                yield pre, post, strengths

    def strengths(self) -> np.ndarray:
        """Return the strength in V of every synapse, in the order of `pairs`."""
        return self.weights[self.weights >= 0] if self.is_dense else self.weights

    def with_strengths(self, strengths: np.ndarray) -> "Projection":
        """Return the same synapses with other strengths, in the order of `pairs`."""
        if not self.is_dense:
            return replace(self, weights=strengths)
        weights = np.full(self.weights.shape, ABSENT, strengths.dtype)
        weights[self.weights >= 0] = strengths
        return replace(self, weights=weights)

    def matrix(self) -> np.ndarray:
        """Return the strengths, shape (n_pre, n_post), 0 where there is no synapse."""
        if self.is_dense:
            return np.maximum(self.weights, 0)
        matrix = np.zeros((self.n_pre, self.n_post), self.weights.dtype)
        matrix[self.pairs()] = self.weights
        return matrix

    def incoming(self) -> np.ndarray:
        """Return the sum of the strengths that each target receives, shape (n_post,), V."""
        sums = np.zeros(self.n_post)
        if self.is_dense:
            for rows in _row_blocks(self.n_pre, self.n_post):
                sums += np.maximum(self.weights[rows], 0).sum(axis=0, dtype=np.float64)
        else:
            for _, post, strengths in self.blocks():
                sums += np.bincount(post, strengths, minlength=self.n_post)
        return sums

    @classmethod
    def empty(cls, n_pre: int, n_post: int) -> "Projection":
        """Return a projection without synapses."""
        pointer = np.zeros(n_pre + 1, np.int64)
        return cls(n_pre, n_post, np.empty(0, np.float32), pointer, np.empty(0, np.int32))

    @classmethod
    def from_matrix(cls, matrix: np.ndarray) -> "Projection":
        """Return a projection whose synapses are the entries of a matrix that are not 0."""
        n_pre, n_post = matrix.shape
        growth = _Growth(n_pre, n_post, float(np.mean(matrix != 0)), matrix.dtype)
        return growth.projection(lambda rows: matrix[rows])


def connect_by_strength(
    pre: np.ndarray,
    post: np.ndarray,
    reach: float | np.ndarray,
    cutoff: float,
    incoming: float,
    generator: np.random.Generator,
    first_pre: int | None,
) -> Projection:
    """Connect all pairs with strength `|N(0, 1)| exp(-d^2 / (2 reach^2))`.

    The rule of Lagani et al. (2021), doi:10.1109/NER49283.2021.9441166: strengths below
    `cutoff` are dropped, then each target's strengths are scaled to sum to `incoming`.

    Parameters
    ----------
    pre, post : ndarray, shape (n, 2)
        Positions in m.
    reach : float or ndarray, shape (n_post,)
        Width of the Gaussian in m.
    cutoff : float
        Smallest strength before scaling.
    incoming : float
        Sum of the strengths that each target receives, V.
    generator : numpy.random.Generator
    first_pre : int or None
        Place of the first source among the targets, so that no neuron connects to itself;
        None where the sources are not among them.
    """

    def strengths(rows: slice) -> np.ndarray:
        block = _gaussian(pre[rows], post, reach)
        block *= np.abs(generator.standard_normal(block.shape, np.float32))
        block[block < cutoff] = 0
        if first_pre is not None:
            _disconnect_selves(block, rows, first_pre)
        return block

    density = _expected_density(pre, post, reach, cutoff)
    growth = _Growth(len(pre), len(post), density)
    return _scaled_to(growth.projection(strengths), incoming)


def connect_by_probability(
    pre: np.ndarray,
    post: np.ndarray,
    reach: float | np.ndarray,
    synapses_per_neuron: float,
    strength: float | np.ndarray,
    strength_cv: float,
    generator: np.random.Generator,
    first_pre: int,
    progress: Progress = NO_PROGRESS,
) -> Projection:
    """Give every source a number of synapses, near targets being more likely.

    The chance of a synapse is min(1, c exp(-d^2 / (2 reach^2))) with c such that each
    source makes `synapses_per_neuron` on average; strengths are log-normal. In dishes of more
    than `LARGE` neurons, only pairs whose chance is above 2^-24 are looked at.

    Parameters
    ----------
    pre, post : ndarray, shape (n, 2)
        Positions in m; the sources are the targets from number `first_pre` on.
    reach, strength : float or ndarray, shape (n_post,)
        Width of the Gaussian in m; mean strength in V.
    synapses_per_neuron : float
        Mean number of synapses that a source makes.
    strength_cv : float
        Coefficient of variation of the strengths.
    generator : numpy.random.Generator
    first_pre : int
        Place of the first source among the targets.
    progress : Progress
        Is told of the sources of a large dish that have their targets.

    Raises
    ------
    InputError
        If a source is to make more synapses than there are other neurons.
    """
    if synapses_per_neuron > len(post) - 1:
        raise InputError(
            f"synapses_per_neuron: found {synapses_per_neuron:g}, but a neuron has only"
            f" {len(post) - 1} others to connect to; make culture.n_neurons larger"
        )
    log_variance = np.log1p(strength_cv**2)
    strength = np.broadcast_to(np.float32(strength), len(post))

    def drawn(targets: np.ndarray) -> np.ndarray:
        normal = generator.standard_normal(len(targets))
        spread = np.exp(np.sqrt(log_variance) * normal - log_variance / 2)
        return strength[targets] * spread

    def strengths(rows: slice) -> np.ndarray:
        chance = _gaussian(pre[rows], post, reach)
        _disconnect_selves(chance, rows, first_pre)
        _scale_to_sum(chance, synapses_per_neuron)
        chance[chance < SMALLEST_CHANCE] = 0
        source, target = np.nonzero(generator.random(chance.shape, np.float32) < chance)
        block = np.zeros_like(chance)
        block[source, target] = drawn(target)
        return block

    growth = _Growth(len(pre), len(post), synapses_per_neuron / len(post))
    if growth.dense or len(post) <= LARGE:
        return growth.projection(strengths)
    return _connect_neighbours(
        pre, post, reach, synapses_per_neuron, drawn, generator, first_pre, progress
    )


def _connect_neighbours(
    pre: np.ndarray,
    post: np.ndarray,
    reach: float | np.ndarray,
    synapses_per_neuron: float,
    drawn: Callable[[np.ndarray], np.ndarray],
    generator: np.random.Generator,
    first_pre: int,
    progress: Progress,
) -> Projection:
    """Return the projection of a large dish, for which other random numbers are drawn."""
    reach = np.broadcast_to(np.asarray(reach, np.float64), len(post))
    try:
        pointer, targets = choose_neighbours(
            pre, post, reach, synapses_per_neuron, generator, first_pre, progress
        )
    except TooFewNearError as error:
        raise _too_short(synapses_per_neuron, error.n_near) from None
    weights = np.empty(len(targets), np.float32)
    for start in range(0, len(targets), SYNAPSES_AT_A_TIME):
        own = slice(start, start + SYNAPSES_AT_A_TIME)
        weights[own] = drawn(targets[own])
    return Projection(len(pre), len(post), weights, pointer, targets)


def connect_by_field(
    pre: np.ndarray, post: np.ndarray, reach: float, cutoff: float, strength: float
) -> Projection:
    """Connect with strength x exp(-d^2 / (2 reach^2)), where that exceeds cutoff x strength.

    Parameters
    ----------
    pre, post : ndarray, shape (n, 2)
        Positions in m.
    reach : float
        Width of the Gaussian in m.
    cutoff : float
        Smallest strength, relative to that at distance 0.
    strength : float
        Strength at distance 0, V.
    """

    def strengths(rows: slice) -> np.ndarray:
        block = _gaussian(pre[rows], post, reach)
        block[block < cutoff] = 0
        return block * np.float32(strength)

    return _Growth(len(pre), len(post), density=0.0).projection(strengths)


def connect_by_current(
    pre: np.ndarray, post: np.ndarray, reach: float, cutoff: float, strength: float
) -> Projection:
    """Connect with strength / (1 + (d / reach)^2), where that exceeds cutoff x strength.

    A neuron at distance d needs 1 + (d / reach)^2 times the current of one at the electrode.

    Parameters
    ----------
    pre, post : ndarray, shape (n, 2)
        Positions in m.
    reach : float
        Distance at which a neuron needs twice the current, m.
    cutoff : float
        Smallest strength, relative to that at distance 0.
    strength : float
        Strength at distance 0, V.
    """

    def strengths(rows: slice) -> np.ndarray:
        squared = ((pre[rows, None] - post) ** 2).sum(axis=2)
        block = (1 / (1 + squared / reach**2)).astype(np.float32)
        block[block < cutoff] = 0
        return block * np.float32(strength)

    return _Growth(len(pre), len(post), density=0.0).projection(strengths)


class _Growth:
    """What builds a projection from blocks of rows, in the storage that suits its density."""

    def __init__(self, n_pre: int, n_post: int, density: float, dtype: npt.DTypeLike = np.float32):
        self.n_pre, self.n_post, self.dtype = n_pre, n_post, dtype
        self.dense = density > 0.5

    def projection(self, strengths: Callable[[slice], np.ndarray]) -> Projection:
        """Return the projection whose rows are `strengths(rows)`, in which 0 is no synapse."""
        blocks = _row_blocks(self.n_pre, self.n_post)
        if self.dense:
            weights = np.empty((self.n_pre, self.n_post), self.dtype)
            for rows in blocks:
                block = strengths(rows)
                weights[rows] = np.where(block > 0, block, ABSENT)
            return Projection(self.n_pre, self.n_post, weights)
        pointer = np.zeros(self.n_pre + 1, np.int64)
        targets: list[np.ndarray] = []
        parts: list[np.ndarray] = []
        for rows in blocks:
            block = strengths(rows)
            source, target = np.nonzero(block)
            pointer[rows.start + 1 : rows.stop + 1] = np.bincount(source, minlength=len(block))
            targets.append(target.astype(np.int32))
            parts.append(block[source, target].astype(self.dtype))
        weights = np.concatenate(parts)
        parts.clear()  # before more memory is asked for
        post = np.concatenate(targets)
        return Projection(self.n_pre, self.n_post, weights, pointer.cumsum(), post)


def _row_blocks(n_pre: int, n_post: int) -> list[slice]:
    size = max(1, PAIRS_AT_A_TIME // n_post)
    return [slice(start, min(start + size, n_pre)) for start in range(0, n_pre, size)]


def _gaussian(pre: np.ndarray, post: np.ndarray, reach: float | np.ndarray) -> np.ndarray:
    """Return exp(-d^2 / (2 reach^2)) of all pairs, shape (n_pre, n_post), single precision."""
    inverse = (1 / (np.sqrt(2) * np.broadcast_to(reach, len(post)))).astype(np.float32)
    squared = np.zeros((len(pre), len(post)), np.float32)
    for axis in (0, 1):
        step = pre[:, axis, None].astype(np.float32) - post[:, axis].astype(np.float32)
        step *= inverse
        step *= step
        squared += step
    return np.exp(np.negative(squared, out=squared), out=squared)


def _disconnect_selves(block: np.ndarray, rows: slice, first_pre: int) -> None:
    block[np.arange(len(block)), np.arange(rows.start, rows.stop) + first_pre] = 0


def _scale_to_sum(chance: np.ndarray, wanted: float) -> None:
    """Scale each row so that its entries, none above 1, sum to `wanted`; in place."""
    for _ in range(100):
        sums = chance.sum(axis=1, dtype=np.float64)
        if np.all(np.abs(sums - wanted) < 1e-3 * wanted):
            return
        chance *= (wanted / np.maximum(sums, 1e-30)).astype(np.float32)[:, None]
        np.minimum(chance, 1, out=chance)
    raise _too_short(wanted, sums.min())


def _too_short(wanted: float, n_near: float) -> InputError:
    return InputError(
        f"reach: too short for {wanted:g} synapses_per_neuron: some neuron has only"
        f" {n_near:.1f} others near enough; make reach longer or the number smaller"
    )


def _expected_density(
    pre: np.ndarray, post: np.ndarray, reach: float | np.ndarray, cutoff: float
) -> float:
    """Return the expected share of pairs with |N(0, 1)| x Gaussian >= cutoff, from some rows."""
    some = np.linspace(0, len(pre) - 1, min(len(pre), 32)).astype(int)
    gaussian = _gaussian(pre[some], post, reach).astype(np.float64)
    return float(np.mean(erfc(cutoff / np.maximum(gaussian, 1e-30) / np.sqrt(2))))


def _scaled_to(projection: Projection, incoming: float) -> Projection:
    """Scale what each target receives to sum to `incoming`; in place, to spare memory."""
    sums = projection.incoming()
    scale = (incoming / np.where(sums > 0, sums, 1)).astype(np.float32)
    weights = projection.weights
    if projection.is_dense:
        for rows in _row_blocks(projection.n_pre, projection.n_post):
            np.multiply(weights[rows], scale, out=weights[rows], where=weights[rows] > 0)
    else:
        weights *= scale[projection.post]
    return projection
