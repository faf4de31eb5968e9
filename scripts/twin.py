#!/usr/bin/env python3
"""How like single real dishes are their twins?

Fits each recording as `spikinggrid fit RECORDING` does, and prints how far the twin is from it: in
the stretch that was fitted, in further stretches by which it was not chosen, and in other wirings
of the same parameters, beside how far the recording is from itself. The pool should have followed
neither these recordings nor others of their cultures (`spikinggrid pool --without NAME ...`).

    scripts/twin.py $SPIKINGGRID_DATA/recordings/*.h5 --pool without.h5 --minutes 10 --folder twins

What was fitted is kept in the folder: the same command goes on. On a machine that does other work
as well, `--jobs 1 --processor-time` counts the minutes by what the fit itself has used.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import results

from spikinggrid.cli.options import add_workers, positive
from spikinggrid.fitting import pool as pools
from spikinggrid.fitting.aim import GOOD
from spikinggrid.fitting.twin import MINUTES, fit_twin
from spikinggrid.plotting import twin as figures
from spikinggrid.plotting.style import save
from spikinggrid.recordings import read
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import RefusalError, exit_code
from spikinggrid.utils.missing import json_text
from spikinggrid.utils.progress import Progress

#: Younger cultures hardly have network spikes: they get a verdict, and do not count (days).
YOUNGEST = 10

PUBLISHED = feature_space.NAMES[: feature_space.N_PUBLISHED]

COLUMNS = (
    *("recording", "minutes", "dishes", "itself", "start", "twin"),
    *("other stretches", "other wirings"),
    *("within 10 / 20 %: itself", "other stretches", "other wirings", "good twin?"),
)


def main() -> None:
    """Fit all recordings that the folder lacks, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--minutes", type=positive, default=MINUTES, help="for each (default 10)")
    results.add_clock(parser)
    parser.add_argument("--folder", type=Path, default=Path("twins"), help="default: twins")
    results.add_argument(parser)
    add_workers(parser)
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    told = {path.stem: _fitted(path, arguments) for path in arguments.recordings}
    results.show(_table(told, arguments), arguments.json)


def _fitted(path: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what is told of the twin of a recording, which is found unless it was before."""
    answer = arguments.folder / f"{path.stem}.json"
    if not answer.exists():
        print(path.stem, file=sys.stderr)
        try:
            with Progress(60 * arguments.minutes, "s") as progress:
                twin = fit_twin(
                    read(path),
                    pools.read(arguments.pool),
                    minutes=arguments.minutes,
                    path=answer.with_suffix(".simulations.jsonl"),
                    where=arguments.cluster,
                    jobs=arguments.jobs,
                    progress=progress,
                    clock=results.clock(arguments),
                )
        except RefusalError as refusal:
            answer.write_text(json_text({"refusal": str(refusal)}))
        else:
            save(figures.twin(twin), answer.with_suffix(".png"))
            twin.save(answer.with_suffix(".toml"))
            answer.write_text(json_text(twin.as_dict()))
    return json.loads(answer.read_text())


def _table(told: dict[str, dict[str, Any]], arguments: argparse.Namespace) -> results.Table:
    rows, fitted = [], []
    for name, answer in told.items():
        if "refusal" in answer:
            rows.append([name, *[None] * (len(COLUMNS) - 2), "nothing to fit"])
            continue
        age = re.search(r"DIV_?(\d+)", name)
        if age is None or int(age[1]) >= YOUNGEST:
            fitted.append(answer)
        distances, stretches = answer["distance"], answer["stretches"]
        own, *further = stretches["recording"]
        rows.append(
            [
                name,
                f"{answer['seconds'] / 60:.1f}",
                f"{answer['simulated']:,}",
                *(
                    None if distances[kind] is None else f"{distances[kind]:.2f}"
                    for kind in ("itself", "start", "twin", "others", "wirings")
                ),
                *(
                    _counts_text(own, table)
                    for table in (further, stretches["others"], stretches["wirings"])
                ),
                "yes" if answer["good"] else "no",
            ]
        )
    return results.Table(
        "Twins of single recordings", COLUMNS, rows, _notes(fitted, arguments) if fitted else ""
    )


def _notes(fitted: Sequence[dict[str, Any]], arguments: argparse.Namespace) -> str:
    near = sum(answer["distance"]["others"] <= GOOD for answer in fitted)
    medians = {}
    for kind in ("recording", "others", "wirings"):
        counts = []
        for answer in fitted:
            stretches = answer["stretches"]
            own, table = stretches["recording"][0], stretches[kind]
            rows = table[1:] if kind == "recording" else table
            counts.append([_median_within(own, rows, share) for share in (0.1, 0.2)])
        medians[kind] = "{:g} and {:g}".format(*np.nanmedian(counts, axis=0))
    pool = fitted[0]["pool"]
    return (
        f"Distances: medians over stretches, see `spikinggrid.fitting.aim`; {GOOD:g} or less is"
        f" what nine recordings of ten are from themselves. {near} of {len(fitted)} twins are as"
        " near on their other stretches. Median of published features within 10 % and 20 %: the"
        f" recordings themselves {medians['recording']}, other stretches of the twins"
        f" {medians['others']}, other wirings {medians['wirings']}. Minutes:"
        f" {'of processor time' if arguments.processor_time else 'of waiting'};"
        f" dishes: simulated after a look into a pool of {pool:,} that followed none of these"
        f" cultures. Cultures of less than {YOUNGEST} days do not count."
    )


def _counts_text(own: dict[str, float], table: Sequence[dict[str, float]]) -> str | None:
    if not table:
        return None
    return "{:g} / {:g}".format(*(_median_within(own, table, share) for share in (0.1, 0.2)))


def _median_within(own: dict[str, Any], table: Sequence[dict[str, Any]], share: float) -> float:
    """Return how many published features of a dish are within a share of another's, median."""
    counts = [sum(_is_within(own[name], row[name], share) for name in PUBLISHED) for row in table]
    return float(np.median(counts)) if counts else np.nan


def _is_within(own: float | None, value: float | None, share: float) -> bool:
    if own is None or value is None:
        return own is value
    return abs(value - own) <= share * abs(own)


if __name__ == "__main__":
    sys.exit(exit_code(main))
