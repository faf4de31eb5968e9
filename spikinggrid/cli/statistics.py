"""The command `spikinggrid statistics`: features of recordings, as a table or as JSON."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spikinggrid.cli.options import FIGURES, add_output, file_name, names, near
from spikinggrid.cli.reading import add_reading, read_wells
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.files import check_outputs, written_beside
from spikinggrid.utils.missing import json_text, number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from spikinggrid.statistics.groups import GroupComparison

NAME = "statistics"
SUMMARY = "features of recordings, simulated and real alike, and of groups of them"
EPILOG = """\
A recording is an HDF5 file of `simulate`, of a vendor (MCS, MaxWell, 3Brain, Cortical
Labs) or of Charlesworth et al. (2015), NWB, MATLAB, or a spike list (CSV or other text)
with a column for time and one for electrode; .gz is fine. Each well of a plate is a
recording. A dash is a value that does not exist.

Groups of dishes are compared by --groups: a table (CSV) with the columns file, group and
culture, which names the preparation that dishes share, and maybe well. Cultures count,
not dishes or electrodes: see the guide on groups.

examples:
  spikinggrid statistics culture.h5 my_dish.csv
  spikinggrid statistics plate_spike_list.csv --well D3
  spikinggrid statistics spikes.txt --columns time,electrode --time-unit ms
  spikinggrid statistics recordings/ --groups groups.csv --figure groups.png"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="recordings, or their folder"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_reading(parser)
    group = parser.add_argument_group("groups of dishes")
    group.add_argument(
        "--groups",
        type=Path,
        metavar="TABLE",
        help="compare groups of the recordings in a folder, as this table names them",
    )
    group.add_argument(
        "--features",
        type=names,
        metavar="NAME,NAME",
        help="compare these alone, chosen beforehand (default: all)",
    )
    group.add_argument(
        "--figure", type=file_name(*FIGURES), metavar="FILE.png", help="draw them, or .pdf, .svg"
    )
    add_output(parser, ".csv", what="write the comparison as a table")


def run(arguments: argparse.Namespace) -> None:
    """Print the features of all files, or the comparison of their groups."""
    if arguments.groups is not None:
        _compare(arguments)
        return
    for option in ("features", "figure", "output"):
        if getattr(arguments, option) is not None:
            raise InputError(f"--{option}: goes with --groups")
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


def _compare(arguments: argparse.Namespace) -> None:
    """Compare groups of dishes; print the result, and write and draw it where asked to."""
    from spikinggrid.statistics.feature_glossary import FEATURES

    for name in arguments.features or ():
        if name not in FEATURES:
            raise InputError(f"--features: found {quoted(name)}, no feature{near(name, FEATURES)}")
    for output in (arguments.output, arguments.figure):
        if output is not None:
            check_outputs(output, force=arguments.force, inputs=[arguments.groups])
    comparison = compared(arguments, arguments.features)
    if arguments.json:
        print(json_text(comparison.to_dict()))
    else:
        print_comparison(comparison)
    if arguments.output is not None:
        with written_beside(arguments.output) as beside:
            comparison.table.to_csv(beside, index=False)
        print(f"wrote {arguments.output}", file=sys.stderr)
    if arguments.figure is not None:
        from spikinggrid.plotting import groups, style

        style.save(groups.groups(comparison), arguments.figure)
        print(f"wrote {arguments.figure}", file=sys.stderr)


def compared(
    arguments: argparse.Namespace, features: "Sequence[str] | None" = None
) -> "GroupComparison":
    """Return the comparison of the groups of a folder's recordings.

    Parameters
    ----------
    arguments : Namespace
        Of a command with FILE, --groups and `add_reading`.
    features : sequence of str, optional
        Which to compare; all unless given.

    Raises
    ------
    InputError
        If there is not one folder, or the table or a recording cannot be used.
    """
    from spikinggrid.recordings.group_table import measured, read_group_table
    from spikinggrid.statistics.groups import compare_groups

    if len(arguments.files) > 1:
        raise InputError("--groups: goes with one folder, whose files the table names")
    if arguments.well is not None:
        raise InputError("--well: goes without --groups, whose table has a column for wells")
    rows = read_group_table(arguments.groups, arguments.files[0])
    paths = list(dict.fromkeys(row.path for row in rows))
    return compare_groups(measured(rows, read_wells(paths, arguments)), features)


def print_comparison(comparison: "GroupComparison") -> None:
    """Print a table with a row for each feature and pair of groups."""
    from spikinggrid.statistics import groups as of_groups
    from spikinggrid.statistics.feature_glossary import FEATURES

    for group in comparison.groups:
        n_dishes, n_cultures = comparison.size_of(group)
        print(f"{group}: {n_cultures} cultures, {n_dishes} dishes")
    medians = comparison.summary.set_index(["feature", "group"])
    pairs = comparison.pairs.set_index(["reference", "group"])
    for reference, group in dict.fromkeys(pairs.index):
        rows = [
            ["", f"{reference} (n)", f"{group} (n)", "difference", "Cliff's delta", "p", "adjusted"]
        ]
        for pair in pairs.loc[[(reference, group)]].itertuples():
            rows.append(
                [
                    f"{pair.feature} ({FEATURES[pair.feature].unit})",
                    *(
                        _median_text(medians.loc[(pair.feature, name)])
                        for name in (reference, group)
                    ),
                    _interval_text(pair.difference, pair.difference_low, pair.difference_high),
                    _interval_text(pair.delta, pair.delta_low, pair.delta_high, ".2f"),
                    number_text(pair.p, ".2g"),
                    number_text(pair.p_adjusted, ".2g"),
                ]
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        print()
        for name, *cells in rows:
            text = [f"{cell:>{w}}" for cell, w in zip(cells, widths[1:], strict=True)]
            print(f"{name:<{widths[0]}}", *text, sep="  ")
    print(
        f"\np: {of_groups.TEST}.\nadjusted: {of_groups.CORRECTION}"
        + (f"; {of_groups.CORRECTION_OF_PAIRS}" if len(comparison.groups) > 2 else "")
        + f".\nIn brackets: {of_groups.INTERVAL}."
    )
    smallest = comparison.tests["smallest_p"].min()
    if smallest > 0.05:
        print(f"So few cultures cannot give a p below {smallest:.2g}, however groups differ.")


def _median_text(row: "pd.Series") -> str:
    return f"{_interval_text(row['median'], row['low'], row['high'])} ({row['n_cultures']:.0f})"


def _interval_text(value: float, low: float, high: float, style: str = ".3g") -> str:
    interval = "" if math.isnan(low) else f" [{low:{style}}, {high:{style}}]"
    return number_text(value, style) + interval


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
