"""The command `spikinggrid connectivity`: which electrodes fire together, as a graph."""

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from spikinggrid.cli.options import FIGURES, add_output, fraction, length, whole
from spikinggrid.cli.reading import add_reading, read_recordings
from spikinggrid.utils.extras import check_installed
from spikinggrid.utils.files import check_outputs
from spikinggrid.utils.missing import json_text, number_text

if TYPE_CHECKING:
    from spikinggrid.simulation.networks import Network

NAME = "connectivity"
SUMMARY = "which electrodes fire together more than by chance, and their graph"
EPILOG = """\
Two electrodes connect if their spike time tiling coefficient exceeds that of trains
shifted in time. The graph of the connected ones has degrees, clustering, paths, modules
and hubs. In cultures that burst as a whole nearly all pairs connect, and the graph has no
shape: --density 0.1 keeps the strongest tenth of all pairs.

Of a simulated recording the true wiring is known: the figure shows it beside, and precision
and recall are printed, with those of shuffled electrodes and of the nearest pairs.

examples:
  spikinggrid connectivity my_dish.h5
  spikinggrid connectivity culture.h5 --density 0.1 --output network.png --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="recording")
    parser.add_argument(
        "--window",
        type=length,
        default=0.01,
        metavar="TIME",
        help="half the window of coincidence (default: 10 ms)",
    )
    parser.add_argument(
        "--shifts", type=whole(1), default=200, metavar="N", help="shifted trains (default: 200)"
    )
    parser.add_argument(
        "--tail",
        type=fraction,
        default=0.05,
        metavar="SHARE",
        help="of shifted trains that may reach the coefficient of a pair (default: 0.05)",
    )
    parser.add_argument(
        "--density",
        type=fraction,
        metavar="SHARE",
        help="of all pairs that connect at most, the strongest (default: no limit)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_output(parser, *FIGURES, what="figure to draw, or .pdf, .svg")
    add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print what the graph is like, and draw it where asked to."""
    from spikinggrid.simulation.networks import infer_network

    check_installed("the graph of electrodes", "groups", "networkx")
    if arguments.output is not None:
        check_outputs(arguments.output, force=arguments.force, inputs=[arguments.file])
    (recording,) = read_recordings([arguments.file], arguments)
    network = infer_network(
        recording,
        dt=arguments.window,
        n_shifts=arguments.shifts,
        tail=arguments.tail,
        density=arguments.density,
    )
    if arguments.json:
        print(json_text(as_dict(network)))
    else:
        _print(network)
    if arguments.output is not None:
        from spikinggrid.plotting import connectivity, style

        style.save(connectivity.connectivity(network), arguments.output)
        print(f"wrote {arguments.output}", file=sys.stderr)


def as_dict(network: "Network") -> dict[str, Any]:
    """Return a network, ready for JSON: measures, nodes, edges, agreement with the wiring."""
    names, inferred = network.recording.electrode_names, network.inferred
    adjacency = inferred.adjacency
    nodes = [
        {"electrode": name} | {key: float(values[number]) for key, values in network.nodes.items()}
        for number, name in enumerate(names)
    ]
    pairs = [(a, b) for a in range(len(names)) for b in range(a) if adjacency[a, b]]
    edges = [
        {
            "electrodes": [names[b], names[a]],
            "sttc": float(adjacency[a, b]),
            "p": float(inferred.p[a, b]),
        }
        for a, b in pairs
    ]
    found: dict[str, Any] = {
        "file": network.recording.source,
        "window": inferred.dt,
        "shifts": inferred.n_shifts,
        "tail": inferred.tail,
        "density": inferred.density,
        "measures": network.measures,
        "nodes": nodes,
        "edges": edges,
    }
    if network.agreement is not None:
        found["wiring"] = {
            key: asdict(value) if hasattr(value, "precision") else value
            for key, value in network.agreement.items()
        }
    return found


def _print(network: "Network") -> None:
    from spikinggrid.statistics.graphs import MEASURES

    for name, feature in MEASURES.items():
        head = f"{name} ({feature.unit})"
        value = number_text(network.measures[name])
        print(f"{head:<36}{value:>10}  {feature.label}, {feature.aggregate}")
    if network.agreement is None:
        return
    told = network.agreement
    print(
        f"\nBeside the wiring of {told['n_pairs']:,} pairs, of which"
        f" {100 * told['true_share']:.0f} % have a synapse:"
    )
    columns = ("edges", "precision", "recall", "AUC", "AUC at equal distance")
    print(f"{'':<24}", *(f"{column:>{max(10, len(column))}}" for column in columns))
    for name, what in (
        ("inferred", "inferred"),
        ("shuffled", "shuffled electrodes"),
        ("distance", "nearest pairs"),
    ):
        values = list(asdict(told[name]).values())
        cells = [f"{values[0]:,.0f}", *(number_text(value, ".3f") for value in values[1:])]
        print(
            f"{what:<24}",
            *(f"{cell:>{max(10, len(c))}}" for cell, c in zip(cells, columns, strict=True)),
        )
