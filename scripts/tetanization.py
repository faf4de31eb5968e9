#!/usr/bin/env python3
"""Does a simulated culture learn what a living one learns from a tetanus?

Runs the experiment of Ruaro, Bonifazi & Torre (2005, IEEE TBME 52:371) on several cultures, as
`spikinggrid.assays.tetanization` says, and prints the digitised biology beside it.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from spikinggrid.assays import tetanization
from spikinggrid.parallel import client as cluster
from spikinggrid.parameters import files as parameter_files
from spikinggrid.plotting import fit as fit_figures
from spikinggrid.plotting import recordings as plots
from spikinggrid.utils.errors import exit_code

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
    cluster.add_arguments(parser)
    parser.add_argument("--output", type=Path, default=Path("tetanization.png"), help="figure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    overrides = []
    if arguments.neurons:
        overrides.append(f"culture.n_neurons={arguments.neurons}")
    if arguments.engine:
        overrides.append(f"simulation.engine={arguments.engine}")
    parameters = parameter_files.load(arguments.parameters, overrides)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    tasks = [(parameters, seed) for seed in seeds]
    responses = np.array(
        cluster.results(tetanization.tetanize, tasks, arguments.cluster, arguments.jobs, "cultures")
    )
    outcome = summarise(responses)
    title = f"Tetanus on the L: {parameters.culture.n_neurons:,} neurons, {len(responses)} cultures"
    plots.save(fit_figures.time_courses(responses, title), arguments.output)
    print(json.dumps(outcome, indent=2) if arguments.json else as_table(outcome))


def summarise(responses: np.ndarray) -> dict:
    """Counts, ratios and distances from the biology, from shape (n_cultures, 4, n_bins)."""
    counts, living = tetanization.counts(responses), tetanization.living()
    biology, found = living.counts, tetanization.features(responses)
    return {
        "n_cultures": len(responses),
        "window": "50 to 100 ms",
        "cases": [" ".join(case) for case in CASES],
        "counts": {
            "simulated_mean": counts.mean(axis=0).tolist(),
            "simulated_sd": counts.std(axis=0, ddof=1).tolist() if len(counts) > 1 else None,
            "biology_mean": biology.tolist(),
            "biology_sd": living.count_sd.tolist(),
        },
        "ratio_L": _mean_and_sem(counts[:, 2] / counts[:, 0]),
        "ratio_inverted_L": _mean_and_sem(counts[:, 3] / counts[:, 1]),
        "selectivity": _mean_and_sem(counts[:, 2] / counts[:, 0] / (counts[:, 3] / counts[:, 1])),
        "biology": {
            "ratio_L": biology[2] / biology[0],
            "ratio_inverted_L": biology[3] / biology[1],
            "selectivity": biology[2] / biology[0] / (biology[3] / biology[1]),
        },
        "rmse": found["rmse"],
        "spread": found["spread"],
    }


def _mean_and_sem(values: np.ndarray) -> dict[str, float]:
    sem = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    return {"mean": float(values.mean()), "sem": float(sem)}


def as_table(outcome: dict) -> str:
    """The outcome for reading."""
    counts = outcome["counts"]
    sds = counts["simulated_sd"] or [float("nan")] * len(CASES)
    lines = [f"{'count in 50 ms, mean (sd over cultures)':<42}{'simulated':>16}{'biology':>16}"]
    for case, mean, sd, real, real_sd in zip(
        outcome["cases"],
        counts["simulated_mean"],
        sds,
        counts["biology_mean"],
        counts["biology_sd"],
        strict=True,
    ):
        lines.append(f"  {case:<40}{mean:>8.2f} ({sd:.2f}) {real:>8.2f} ({real_sd:.2f})")
    lines.append(f"{'after / before, mean (standard error)':<42}")
    for key in ("ratio_L", "ratio_inverted_L", "selectivity"):
        value = outcome[key]
        lines.append(
            f"  {key.replace('_', ' '):<40}{value['mean']:>8.2f} ({value['sem']:.2f})"
            f" {outcome['biology'][key]:>8.2f}"
        )
    lines.append(f"{'RMSE of the four time courses':<42}{outcome['rmse']:>8.3f}")
    lines.append(f"{'spread between cultures, simulated / living':<42}{outcome['spread']:>8.2f}")
    lines.append(f"{outcome['n_cultures']} cultures; biology: 4 (Ruaro et al. 2005)")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(exit_code(main))
