#!/usr/bin/env python3
"""Do dishes drawn from the posterior of a recording measure like that recording?

Prints, for each real recording, the guard's verdict and how many of the eleven published features
lie within the 90 % interval of dishes drawn from its posterior; and for each feature in how many
recordings. Answers are forced where the guard refuses: the table says so.

    spikinggrid infer posterior --check      # makes the store
    scripts/posterior_predictive.py posterior.simulations.h5 *_DIV21_*.h5
"""

import argparse
import sys
from pathlib import Path

import results

from spikinggrid.cli import answers as cli_posterior
from spikinggrid.fit import misspecification as guard
from spikinggrid.fit import posterior
from spikinggrid.fit import simulation_store as simulations
from spikinggrid.parallel import client as cluster
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import exit_code


def main() -> None:
    """Answer for all recordings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("store", type=Path, help="simulations of `infer`")
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--dishes", type=int, default=40, help="of each posterior (default 40)")
    results.add_argument(parser)
    cluster.add_arguments(parser)
    arguments = parser.parse_args()
    known = simulations.load(arguments.store)
    judging, estimated = guard.Guard(known), posterior.estimate(known)
    rows = {}
    with cluster.connected(arguments.cluster, arguments.jobs) as client:
        for path in arguments.recordings:
            real = cli_posterior.named(path)
            values = real.features_of_first(known.plan.parameters.simulation.duration)
            drawn = cli_posterior.drawn_for(estimated, values)
            dishes = cli_posterior.dishes_of(known.plan, drawn, arguments.dishes, client)
            verdict = judging.judge(values, judging.n_too_close(real.spike_trains))
            answer = cli_posterior.Answer(estimated, real, values, verdict, drawn, dishes)
            rows[path.stem] = answer.as_json()
    results.show(as_table(rows), arguments.json)


def as_table(rows: dict[str, dict]) -> results.Table:
    """Return a row for each recording; by feature in the notes."""
    published = feature_space.NAMES[: feature_space.N_PUBLISHED]
    held = {
        name: [each for each in published if row["predictive"][each]["holds"]]
        for name, row in rows.items()
    }
    cells = [
        [
            name,
            "inside" if row["guard"]["inside"] else "refused",
            len(held[name]),
            ", ".join(each for each in published if each not in held[name]) or None,
        ]
        for name, row in rows.items()
    ]
    by_feature = (f"{each} {sum(each in own for own in held.values())}" for each in published)
    return results.Table(
        "Features of a recording within the 90 % intervals of dishes drawn from its posterior",
        ["recording", "guard", f"features held, of {len(published)}", "outside"],
        cells,
        f"By feature, of {len(rows)} recordings: {', '.join(by_feature)}.",
    )


if __name__ == "__main__":
    sys.exit(exit_code(main))
