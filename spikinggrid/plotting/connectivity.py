"""The functional connectivity of a recording, beside the true wiring where that is known.

connectivity    a page: the graph on the array, its matrix, the rich club, the wiring
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikinggrid.plotting.artists.networks import draw_matrix, draw_network
from spikinggrid.plotting.provenance import recording_text
from spikinggrid.plotting.style import (
    entitle,
    many,
    ms_text,
    new_axes,
    new_figure,
    note,
)
from spikinggrid.simulation.networks import Network
from spikinggrid.statistics.graphs import MEASURES
from spikinggrid.statistics.wiring_agreement import Agreement
from spikinggrid.utils.missing import number_text


def connectivity(network: Network) -> Figure:
    """Draw which electrodes fire together more than by chance, and what their graph is like.

    Of a simulated recording the true wiring is drawn beside.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Figure
    """
    recording, inferred, wiring = network.recording, network.inferred, network.wiring
    figure = new_figure((10.5, 6.2) if wiring is None else (15.0, 6.2))
    names = ["graph", "matrix"] if wiring is None else ["graph", "wiring", "matrix"]
    panels = new_axes(figure, [names])
    adjacency = inferred.adjacency
    n_drawn = draw_network(panels["graph"], recording, adjacency, network.nodes)
    panels["graph"].set_title(_edges_text("inferred", inferred.n_edges, n_drawn), fontsize=9)
    draw_matrix(panels["matrix"], recording, adjacency, network.nodes["module"], "STTC")
    panels["matrix"].set_title("coefficients of edges, by module", fontsize=9)
    if wiring is not None:
        weights = np.where(wiring.is_connected, wiring.n_synapses + wiring.n_synapses.T, 0)
        n_true = int(np.count_nonzero(weights)) // 2
        n_drawn = draw_network(panels["wiring"], recording, weights)
        panels["wiring"].set_title(_edges_text("synapses", n_true, n_drawn), fontsize=9)
    measures = [
        f"{feature.label} {number_text(network.measures[name], '.3g')}"
        for name, feature in MEASURES.items()
    ]
    entitle(figure, "; ".join(measures))
    limit = "" if inferred.density is None else f"; the strongest {100 * inferred.density:g} %"
    note(
        figure,
        f"Edges: pairs whose spike time tiling coefficient ({ms_text(inferred.dt)} ms to either"
        f" side) exceeds that of {inferred.n_shifts} shifted trains in all but"
        f" {100 * inferred.tail:g} %{limit}. Nodes: size by strength, colour by module, black rim:"
        " hub, open: fires too rarely.",
        "" if network.agreement is None else _agreement_text(network.agreement),
        recording_text(recording),
    )
    return figure


def _edges_text(what: str, n_edges: int, n_drawn: int) -> str:
    drawn = "" if n_drawn == n_edges else f", the strongest {n_drawn:,} drawn"
    return f"{what}: {many(n_edges, 'edge')}{drawn}"


def _agreement_text(agreement: Mapping[str, Any]) -> str:
    """Return how well the edges agree with the wiring, in words."""
    parts = []
    for name, what in (
        ("inferred", "inferred edges"),
        ("distance", "as many of the nearest pairs"),
        ("shuffled", "shuffled electrodes"),
    ):
        of_kind: Agreement = agreement[name]
        precision, recall, auc = (
            number_text(value, ".2f") for value in (of_kind.precision, of_kind.recall, of_kind.auc)
        )
        parts.append(f"{what}: precision {precision}, recall {recall}, AUC {auc}")
    return (
        f"Beside the wiring of {agreement['n_pairs']:,} pairs, of which"
        f" {100 * agreement['true_share']:.0f} % have a synapse: {'; '.join(parts)}."
    )
