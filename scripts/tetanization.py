#!/usr/bin/env python3
"""Does a simulated culture learn what a living one learns from a tetanus?

Runs the experiment of Ruaro, Bonifazi & Torre (2005, IEEE TBME 52:371) on several cultures, as
`spikinggrid.assays.tetanization` says, and prints the digitised biology beside it.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import results

from spikinggrid.assays import tetanization
from spikinggrid.cli.options import add_workers
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting import fit as fit_figures
from spikinggrid.plotting.provenance import cultures_text
from spikinggrid.plotting.style import save
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress

CASES = tetanization.CASES


def main() -> None:
    """Run the experiment on several cultures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="lagani2021/tetanization", help="preset or file")
    parser.add_argument("--neurons", type=int, help="another number of neurons")
    parser.add_argument("--engine", help="another engine than the file's")
    parser.add_argument("--seeds", type=int, default=4, help="number of cultures (default 4)")
    parser.add_argument("--first-seed", type=int, default=0, help="seed of the first (default 0)")
    add_workers(parser)
    parser.add_argument("--output", type=Path, default=Path("tetanization.png"), help="figure")
    results.add_argument(parser)
    arguments = parser.parse_args()
    overrides = []
    if arguments.neurons:
        overrides.append(f"culture.n_neurons={arguments.neurons}")
    if arguments.engine:
        overrides.append(f"simulation.engine={arguments.engine}")
    parameters = parameter_files.load(arguments.parameters, overrides)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    tasks = [(parameters, seed) for seed in seeds]
    with Progress(len(tasks), "culture") as progress:
        responses = np.array(gather(tetanize, tasks, arguments.cluster, arguments.jobs, progress))
    title = f"Tetanus on the L: {parameters.culture.n_neurons:,} neurons, {len(responses)} cultures"
    figure = fit_figures.time_courses(responses, title, cultures_text(parameters, seeds))
    save(figure, arguments.output)
    results.show(as_table(responses, title), arguments.json)


def tetanize(parameters: Parameters, seed: int) -> np.ndarray:
    """Return the mean responses of one culture."""
    return tetanization.tetanize(Dish(parameters, seed))


def as_table(responses: np.ndarray, title: str) -> results.Table:
    """Return counts, ratios and distances, from shape (n_cultures, 4, n_bins), beside biology."""
    counts, living = tetanization.counts(responses), tetanization.living()
    measured, (real,) = ratios(counts), ratios(living.counts[None]).T
    features = tetanization.features(responses)
    rows = [
        [", ".join(case).replace("-", " "), _mean_and_spread(own), f"{mean:.2f} ({sd:.2f})"]
        for case, own, mean, sd in zip(CASES, counts.T, living.counts, living.count_sd, strict=True)
    ]
    names = ("L, after / before", "inverted L, after / before", "selectivity, the ratio of the two")
    rows += [
        [f"{name} (standard error)", _mean_and_spread(own, len(own)), f"{value:.2f}"]
        for name, own, value in zip(names, measured, real, strict=True)
    ]
    rows.append(["RMSE of the four time courses", f"{features['rmse']:.3f}", None])
    rows.append(["spread between cultures, of the living ones'", f"{features['spread']:.2f}", None])
    columns = ["count in 50 ms, mean (sd over cultures)", "simulated", "living, 4 cultures"]
    return results.Table(title, columns, rows, "Living: Ruaro et al. (2005).")


def ratios(counts: np.ndarray) -> np.ndarray:
    """Return the ratios of both patterns and their ratio, shape (3, n_cultures), of all counts."""
    trained, untrained = counts[:, 2] / counts[:, 0], counts[:, 3] / counts[:, 1]
    return np.array([trained, untrained, trained / untrained])


def _mean_and_spread(values: np.ndarray, n: int = 1) -> str:
    """Return mean and standard deviation over cultures, of the mean of `n` such values."""
    if len(values) < 2:
        return f"{values.mean():.2f}"
    return f"{values.mean():.2f} ({values.std(ddof=1) / np.sqrt(n):.2f})"


if __name__ == "__main__":
    sys.exit(exit_code(main))
