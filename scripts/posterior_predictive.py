#!/usr/bin/env python3
"""Do dishes drawn from the posterior of a recording measure like that recording?

Prints, for each real recording, the guard's verdict and how many of the eleven published features
lie within the 90 % interval of dishes drawn from its posterior; and for each feature in how many
recordings. Answers are forced where the guard refuses: the table says so.

    spikinggrid infer posterior --check      # makes the store
    scripts/posterior_predictive.py posterior.simulations.jsonl *_DIV21_*.h5
"""

import argparse
import sys
from pathlib import Path

import results

from spikinggrid.cli.options import add_workers
from spikinggrid.fitting.inference import draw
from spikinggrid.fitting.inference_result import Inference
from spikinggrid.fitting.misspecification import Misspecification, count_too_close
from spikinggrid.fitting.posterior import estimate
from spikinggrid.fitting.prior import grow_at, load
from spikinggrid.fitting.simulation_store import SimulationStore
from spikinggrid.parallel.client import connected
from spikinggrid.recordings import read
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.progress import Progress


def main() -> None:
    """Answer for all recordings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", type=Path, help="simulations of `infer`")
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--dishes", type=int, default=40, help="of each posterior (default 40)")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    simulations = load(arguments.store)
    misspecification, posterior = Misspecification(simulations), estimate(simulations)
    prior = simulations.prior
    parameters = prior.parameters
    inferences = {}
    with (
        SimulationStore(arguments.store, prior.identity()) as store,
        connected(arguments.cluster, arguments.jobs) as client,
        Progress(len(arguments.recordings) * arguments.dishes, "dish") as progress,
    ):
        for path in arguments.recordings:
            recording = read(path)
            features = recording.features_of_first(parameters.simulation.duration)
            n_too_close = count_too_close(recording.spike_trains, parameters)
            points = draw(posterior, features)
            inferences[path.stem] = Inference(
                posterior,
                recording,
                features,
                misspecification.judge(features, n_too_close),
                points,
                grow_at(points[: arguments.dishes], prior, store, client, progress),
            )
    results.show(as_table(inferences), arguments.json)


def as_table(inferences: dict[str, Inference]) -> results.Table:
    """Return a row for each recording; by feature in the notes."""
    published = feature_space.NAMES[: feature_space.N_PUBLISHED]
    held = {
        name: [feature for feature in published if inference.predictive.holds[feature]]
        for name, inference in inferences.items()
    }
    cells = [
        [
            name,
            "inside" if inference.verdict.inside else "refused",
            len(held[name]),
            ", ".join(feature for feature in published if feature not in held[name]) or None,
        ]
        for name, inference in inferences.items()
    ]
    by_feature = (f"{name} {sum(name in own for own in held.values())}" for name in published)
    return results.Table(
        "Features of a recording within the 90 % intervals of dishes drawn from its posterior",
        ["recording", "guard", f"features held, of {len(published)}", "outside"],
        cells,
        f"By feature, of {len(inferences)} recordings: {', '.join(by_feature)}.",
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
