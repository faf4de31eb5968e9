"""The command `spikinggrid statistics`: features of recordings, as a table or as JSON."""

import argparse
import json
from pathlib import Path

NAME = "statistics"
SUMMARY = "features of recordings, simulated and real alike"
EPILOG = """\
A recording is an HDF5 file of `simulate`, an HDF5 file of Charlesworth et al. (2015),
or a CSV spike list with a column for time and one for electrode; .gz is fine.

example:
  spikinggrid statistics culture.h5 my_dish.csv"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Print the features of all files."""
    from spikinggrid.recordings import read

    rows = [features_of(path, read(path)) for path in arguments.files]
    print_features(rows, arguments.json)


def features_of(path: Path, made) -> dict:
    """Return the features of a recording, and its responses to stimuli: ready for JSON."""
    import numpy as np

    from spikinggrid.statistics.evoked import responses_per_pattern
    from spikinggrid.statistics.features import features

    places = np.column_stack([made.x, made.y])
    values = features(made.spike_trains, made.t_start, made.t_stop, places)
    row = {"file": str(path), "features": values}
    if len(made.stimulus_times):
        row["responses"] = responses_per_pattern(
            made.spike_trains, made.stimulus_times, made.stimulus_electrodes
        )
    return row


def print_features(rows: list[dict], as_json: bool) -> None:
    """Print a table with a row for each feature and a column for each file, or JSON."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    from spikinggrid.statistics.features import UNITS

    for start in range(0, len(rows), 4):
        some = rows[start : start + 4]
        names = [Path(row["file"]).name for row in some]
        widths = [max(12, len(name)) for name in names]
        print(f"{'':<38}", *(f"{name:>{w}}" for name, w in zip(names, widths, strict=True)))
        for feature in some[0]["features"]:
            label = f"{feature} ({UNITS[feature]})"
            style = ",.0f" if UNITS[feature] == "count" else ".4g"
            values = [format(row["features"][feature], style) for row in some]
            print(f"{label:<38}", *(f"{v:>{w}}" for v, w in zip(values, widths, strict=True)))
        print()
    for row in rows:
        _print_responses(row)


def _print_responses(row: dict) -> None:
    """Print the evoked spikes of each pattern of electrodes, where there were stimuli."""
    if "responses" not in row:
        return
    print(f"{Path(row['file']).name}: spikes per stimulus, 5 to 100 ms after it, on all electrodes")
    for response in row["responses"]:
        numbers = response["electrodes"]
        names = ", ".join(map(str, numbers[:6])) + (" ..." if len(numbers) > 6 else "")
        latency = ""
        if response["latency"] is not None:
            latency = f", after {1e3 * response['latency']:.1f} ms"
        print(
            f"  {response['n_stimuli']} stimuli on {len(numbers)} electrodes ({names}):"
            f" {response['count']:.1f} +- {response['count_sem']:.1f} (standard error);"
            f" {response['baseline']:.1f} in as long a time before;"
            f" {100 * response['probability']:.0f} % of electrodes and stimuli answered{latency}"
        )
    print()
