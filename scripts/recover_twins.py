#!/usr/bin/env python3
"""Does `spikinggrid infer RECORDING` find the parameters that a dish was simulated with?

Draws true parameters as the pool has them (some dish, each parameter moved a little), simulates one
recording with them, of a wiring of its own, and infers its parameters by the pool and by new dishes
around it. Prints, for each parameter, how far off medians are and how many 90 % intervals hold the
truth. Goes on where it was broken off, if started again with the same folder.

    scripts/recover_twins.py --truths 20 --json docs/results/twin_recovery.json

With `--flows` it says in the notes what flows make of the pool alone, too: neural posterior
estimation, as `spikinggrid infer PARAMETERS RECORDING` does it (the extra `inference`).
"""

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import results

from spikinggrid.assays.assay import CultureError
from spikinggrid.assays.spontaneous import record
from spikinggrid.cli.options import add_workers
from spikinggrid.fitting.inference import infer_from_pool
from spikinggrid.fitting.pool import Pool, read, shipped
from spikinggrid.fitting.pool_posterior import STEP, LocalPosterior, PoolPrior
from spikinggrid.fitting.prior import Prior, Simulations
from spikinggrid.fitting.proposals import vary
from spikinggrid.recordings import Recording
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder
from spikinggrid.utils.progress import Progress
from spikinggrid.utils.randomness import random_generator

#: Ends of the intervals, and the middle.
QUANTILES = (0.05, 0.5, 0.95)

#: Draws by which intervals from the pool alone are told.
N_DRAWN = 10_000


def main() -> None:
    """Recover all truths and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pool", type=Path, help="the shipped one unless given")
    parser.add_argument("--truths", type=int, default=20, help="to recover (default 20)")
    parser.add_argument(
        "--simulations", type=int, default=300, help="dishes around each (default 300)"
    )
    parser.add_argument("--folder", type=Path, default=Path("recovery"), help="default: recovery")
    parser.add_argument("--flows", action="store_true", help="compare with flows, a few minutes")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    make_folder(arguments.folder)
    pool = read(arguments.pool) if arguments.pool else shipped()
    possible = PoolPrior(pool)
    recovered = []
    with Progress(arguments.truths, "truth") as progress:
        for number in range(arguments.truths):
            recovered.append(recover(number, pool, possible, arguments))
            progress.advance()
    results.show(as_table(recovered, possible, arguments), arguments.json)


def recover(
    number: int, pool: Pool, possible: PoolPrior, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Return a truth and what is inferred of it, in shares of the bounds."""
    answer = arguments.folder / f"truth_{number}.json"
    if not answer.exists():
        truth, recording = new_truth(number, possible)
        inferred = infer_from_pool(
            recording,
            pool,
            answer.with_suffix(".simulations.jsonl"),
            n_simulations=arguments.simulations,
            n_dishes=0,
            anyway=True,
            where=arguments.cluster,
            jobs=arguments.jobs,
        )
        alone = LocalPosterior(possible.pooled).sample(inferred.features, N_DRAWN)
        assert inferred.coverage is not None
        told = {
            "truth": truth.tolist(),
            "features": {name: inferred.features[name] for name in feature_space.COMPARED},
            "pool": np.quantile(alone, QUANTILES, axis=0).tolist(),
            "around": np.quantile(inferred.points, QUANTILES, axis=0).tolist(),
            "inside": inferred.verdict.inside,
            "coverage": inferred.coverage.as_dict()["coverage_90"],
        }
        answer.write_text(json.dumps(told))
    return json.loads(answer.read_text())


def new_truth(number: int, possible: PoolPrior) -> tuple[np.ndarray, Recording]:
    """Return parameters that a pool makes possible, and a recording of a dish that has them."""
    generator = random_generator(number, "truth of a twin")
    while True:
        start = possible.pooled.points[generator.integers(len(possible.pooled))]
        truth = vary(possible.prior, start, generator, STEP, 1.0)
        with suppress(CultureError):
            recording = record(possible.prior.at(truth), int(generator.integers(2**31)))
            if not feature_space.missing(recording.features(), feature_space.COMPARED):
                return truth, recording


def as_table(
    recovered: list[dict[str, Any]], possible: PoolPrior, arguments: argparse.Namespace
) -> results.Table:
    """Return errors and coverage of each parameter, and of all."""
    truths = np.array([row["truth"] for row in recovered])
    guess = np.median(possible.pooled.points, axis=0)
    off, holds = compared(recovered, possible, "around")
    off_guess = np.abs(guess - truths) / possible.pooled.points.std(axis=0)
    around = np.array([row["around"][1] for row in recovered])
    relative = relative_errors(possible.prior, truths, around)
    n = len(truths)
    rows: list[list[results.Cell]] = [
        [
            f"`{bound.key}`",
            f"{np.median(off[:, place]):.2f}",
            f"{np.median(off_guess[:, place]):.2f}",
            "-" if bound.low == 0 else f"{100 * np.median(relative[:, place]):.0f} %",
            f"{holds[:, place].sum()} of {n}",
        ]
        for place, bound in enumerate(possible.prior.bounds)
    ]
    all_together = [f"{np.median(off):.2f}", f"{np.median(off_guess):.2f}"]
    all_together += [f"{100 * np.nanmedian(relative):.0f} %", f"{holds.sum()} of {holds.size}"]
    rows.append(["all", *all_together])
    spread = holds.mean(axis=1).std(ddof=1) / np.sqrt(n)
    further = [told("the pool alone", *compared(recovered, possible, "pool"))]
    if arguments.flows:
        further.append(told("flows from the pool alone", *compared_flows(recovered, possible)))
    notes = (
        f"{n} truths, {arguments.simulations} dishes around each;"
        f" {sum(row['inside'] for row in recovered)} of the recordings are inside of what the pool"
        " can do. Errors are medians over truths, in standard deviations over the pool; guessed:"
        f" of the median of the pool. {told('the command', off, holds)} (standard error"
        f" {spread:.3f}), {', '.join(further)}; what `infer` says by the dishes around each:"
        f" {np.median([row['coverage'] for row in recovered]):.3f} (median)."
    )
    columns = ["parameter", "error (sd)", "guessed (sd)", "error, relative", "in 90 % intervals"]
    return results.Table("Parameters of dishes recovered", columns, rows, notes)


def told(what: str, off: np.ndarray, holds: np.ndarray) -> str:
    """Return in a few words how far off something is, and how often its intervals are right."""
    rms = np.sqrt(np.mean(np.square(off)))
    return f"{what}: error {np.median(off):.2f} (root mean square {rms:.2f}), {holds.mean():.3f} in"


def compared(
    recovered: list[dict[str, Any]], possible: PoolPrior, way: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return errors (sd over the pool), and whether 90 % intervals hold, by truth and parameter."""
    truths = np.array([row["truth"] for row in recovered])
    low, median, high = np.array([row[way] for row in recovered]).transpose(1, 0, 2)
    off = np.abs(median - truths) / possible.pooled.points.std(axis=0)
    return off, (low <= truths) & (truths <= high)


def compared_flows(
    recovered: list[dict[str, Any]], possible: PoolPrior
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same of flows that learned from the first hearing of each dish of the pool."""
    from spikinggrid.fitting.posterior import estimate

    pooled = possible.pooled
    numbers, first = np.unique(pooled.numbers, return_index=True)
    features = {name: values[first] for name, values in pooled.features.items()}
    points = pooled.points[first]
    learned = estimate(Simulations(pooled.prior, numbers, points, features, [""] * len(first), 0.0))
    table = {
        name: np.array([row["features"][name] for row in recovered])
        for name in feature_space.COMPARED
    }
    drawn = np.quantile(learned.sample(table, N_DRAWN), QUANTILES, axis=0)
    asked = [row | {"flows": drawn[:, place].tolist()} for place, row in enumerate(recovered)]
    return compared(asked, possible, "flows")


def relative_errors(prior: Prior, truths: np.ndarray, medians: np.ndarray) -> np.ndarray:
    """Return errors as shares of the true values; NaN where a bound is zero."""
    errors = np.full(truths.shape, np.nan)
    for place, bound in enumerate(prior.bounds):
        if bound.low > 0:
            true = np.array([bound.value(share) for share in truths[:, place]])
            found = np.array([bound.value(share) for share in medians[:, place]])
            errors[:, place] = np.abs(found - true) / true
    return errors


if __name__ == "__main__":
    sys.exit(exit_code(main))
