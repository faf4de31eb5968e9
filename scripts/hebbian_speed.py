#!/usr/bin/env python3
"""How much faster are Hebbian rules as matrix products (FastHebb) than unit by unit?

The plain form is that of published code (github.com/GabrieleLagani/HebbianLearning, hebb/hebb.py):
what each unit learns from each image of a batch is an array (images, units, pixels), whose weighted
sum is the change. Both forms change the same weights by the same batches; prints how far the
weights then differ, as a share of the largest, and the time of a batch, the median of some.
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
import results
from threadpoolctl import threadpool_limits

from spikinggrid.digits.comparators.hebbian import (
    TINY,
    cosines,
    hard_winners,
    hpca_learn,
    random_weights,
    soft_winners,
    unit_rows,
    wta_learn,
)
from spikinggrid.utils.errors import exit_code

N_PIXELS, N_UNITS, N_IMAGES = 784, 400, 64
RATE = 0.02

#: Changes weights in place, by images, what units answer, and a rate.
Learn = Callable[[np.ndarray, np.ndarray, np.ndarray, float], None]


def plain_wta_learn(
    weights: np.ndarray, images: np.ndarray, winners: np.ndarray, rate: float
) -> None:
    """As `wta_learn`, each unit and image by itself."""
    sums = winners.sum(axis=0)
    sums[sums <= TINY] = np.inf
    weights += rate * plain_change(weights[None, :, :], images, winners, 1 / sums)


def plain_hpca_learn(
    weights: np.ndarray, images: np.ndarray, outputs: np.ndarray, rate: float
) -> None:
    """As `hpca_learn`, each unit and image by itself."""
    explained = np.cumsum(outputs[:, :, None] * weights[None, :, :], axis=1)
    share = np.full(len(weights), 1 / len(images), np.float32)
    weights += rate * plain_change(explained, images, outputs, share)


def plain_change(
    explained: np.ndarray, images: np.ndarray, gates: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Step of each unit by each image, then their sum, in which each has a share."""
    steps = gates[:, :, None] * (images[:, None, :] - explained)
    return (steps * shares[None, :, None]).sum(axis=0)


def outputs_of_wta(winners: Callable) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """How much units win."""
    return lambda weights, images: winners(cosines(images, weights))


#: Of each rule: what units answer, and both forms of learning.
RULES: dict[str, tuple[Callable, Learn, Learn]] = {
    "HWTA": (outputs_of_wta(hard_winners), wta_learn, plain_wta_learn),
    "soft-WTA": (outputs_of_wta(soft_winners), wta_learn, plain_wta_learn),
    "HPCA": (lambda weights, images: images @ weights.T, hpca_learn, plain_hpca_learn),
}


def main() -> None:
    """Measure all rules."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=5, help="batches of the plain form")
    parser.add_argument("--threads", type=int, default=1, help="of BLAS (default 1)")
    results.add_argument(parser)
    arguments = parser.parse_args()
    with threadpool_limits(arguments.threads):
        rows = [[name, *measured(name, arguments.batches)] for name in RULES]
        notes = f"The two products of WTA alone take {1e3 * time_of_products():.2f} ms."
    title = f"{N_PIXELS} pixels to {N_UNITS} units, {N_IMAGES} images a batch, float32"
    columns = ["rule", "plain, ms", "matrix products, ms", "times faster", "weights differ by"]
    results.show(results.Table(title, columns, rows, notes), arguments.json)


def time_of_products(n_times: int = 50) -> float:
    """Median time (s) of images times weights, and of winners times images."""
    generator = np.random.default_rng(1)
    images, weights = (random_weights(n, N_PIXELS, generator) for n in (N_IMAGES, N_UNITS))
    times = []
    for _ in range(n_times):
        begin = time.process_time()
        _ = (images @ weights.T).T @ images
        times.append(time.process_time() - begin)
    return float(np.median(times))


def measured(name: str, n_batches: int) -> list[str]:
    """Times of both forms, their ratio, and how far their weights differ."""
    answers, fast, plain = RULES[name]
    generator = np.random.default_rng(1)
    images = [unit_rows(random_weights(N_IMAGES, N_PIXELS, generator)) for _ in range(n_batches)]
    start = unit_rows(random_weights(N_UNITS, N_PIXELS, generator))
    slow_time, slow_weights = run(start, images, answers, plain)
    fast_time, fast_weights = run(start, images, answers, fast)
    # a batch of matrix products is too short to be timed once
    fast_time = min(fast_time, *(run(start, images, answers, fast)[0] for _ in range(9)))
    difference = np.abs(fast_weights - slow_weights).max() / np.abs(slow_weights).max()
    return [
        f"{1e3 * slow_time:.0f}",
        f"{1e3 * fast_time:.2f}",
        f"{slow_time / fast_time:.0f}",
        f"{difference:.1e}",
    ]


def run(
    start: np.ndarray, images: list[np.ndarray], answers: Callable, learn: Learn
) -> tuple[float, np.ndarray]:
    """Median time of a batch (s, of the processor), and the weights after all."""
    times, weights = [], start.copy()
    for batch in images:
        begin = time.process_time()
        learn(weights, batch, answers(weights, batch), RATE)
        times.append(time.process_time() - begin)
    return float(np.median(times)), weights


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; nothing was written"))
