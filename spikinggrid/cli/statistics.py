"""The command `spikinggrid statistics`: features of recordings, as a table or as JSON."""

import argparse
from pathlib import Path

from spikinggrid.cli.options import add_reading, read_wells
from spikinggrid.utils.missing import json_text, number_text

NAME = "statistics"
SUMMARY = "features of recordings, simulated and real alike"
EPILOG = """\
A recording is an HDF5 file of `simulate`, of a vendor (MCS, MaxWell, 3Brain, Cortical
Labs) or of Charlesworth et al. (2015), NWB, MATLAB, or a spike list (CSV or other text)
with a column for time and one for electrode; .gz is fine. Each well of a plate is a
recording. A dash is a value that does not exist.

examples:
  spikinggrid statistics culture.h5 my_dish.csv
  spikinggrid statistics plate_spike_list.csv --well D3
  spikinggrid statistics spikes.txt --columns time,electrode --time-unit ms"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the features of all files."""
    recordings = read_wells(arguments.files, arguments)
    rows = [features_of(Path(path), recording) for path, recording in recordings]
    print_features(rows, arguments.json)


def features_of(path: Path, made) -> dict:
    """Return the features of a recording, and its responses to stimuli: ready for JSON."""
    from spikinggrid.statistics.evoked import responses_per_pattern

    row = {"file": str(path), "features": made.features()}
    if made.well:
        row["well"] = made.well
    if made.notes:
        row["notes"] = made.notes
    if len(made.stimulus_times):
        row["responses"] = responses_per_pattern(
            made.spike_trains, made.stimulus_times, made.stimulus_electrodes
        )
    return row


def print_features(rows: list[dict], as_json: bool) -> None:
    """Print a table with a row for each feature and a column for each file, or JSON."""
    if as_json:
        print(json_text(rows))
        return
    from spikinggrid.statistics.feature_glossary import FEATURES

    for start in range(0, len(rows), 4):
        some = rows[start : start + 4]
        names = [" ".join([Path(row["file"]).name, *row.get("well", "").split()]) for row in some]
        widths = [max(12, len(name)) for name in names]
        print(f"{'':<42}", *(f"{name:>{w}}" for name, w in zip(names, widths, strict=True)))
        for name, feature in FEATURES.items():
            style = ",.0f" if feature.unit == "count" else ".4g"
            values = [number_text(row["features"][name], style) for row in some]
            cells = [f"{value:>{w}}" for value, w in zip(values, widths, strict=True)]
            meaning = f"  {feature.label}, {feature.aggregate}"
            print(f"{f'{name} ({feature.unit})':<42}", *cells, meaning)
        print()
    for row in rows:
        _print_responses(row)


def _print_responses(row: dict) -> None:
    """Print the evoked spikes of each pattern of electrodes, where there were stimuli."""
    if "responses" not in row:
        return
    from spikinggrid.recordings.spike_data import UNKNOWN_ELECTRODE

    print(f"{Path(row['file']).name}: spikes per stimulus, 5 to 100 ms after it, on all electrodes")
    for response in row["responses"]:
        numbers = response["electrodes"]
        shown = ["?" if number == UNKNOWN_ELECTRODE else str(number) for number in numbers[:6]]
        names = ", ".join(shown) + (" ..." if len(numbers) > 6 else "")
        latency = number_text(1e3 * response["latency"], ".1f")
        error = number_text(response["count_sem"], ".1f")
        print(
            f"  {response['n_stimuli']} stimuli on {len(numbers)} electrodes ({names}):"
            f" {response['count']:.1f} +- {error} (standard error);"
            f" {response['baseline']:.1f} in as long a time before;"
            f" {100 * response['probability']:.0f} % of electrodes and stimuli answered,"
            f" after {latency} ms"
        )
    print()
