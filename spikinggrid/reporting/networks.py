"""What a report tells of functional connectivity: which electrodes fire together."""

from importlib.util import find_spec

import numpy as np

from spikinggrid.plotting.connectivity import connectivity
from spikinggrid.plotting.style import many
from spikinggrid.recordings import Recording
from spikinggrid.reporting.page import Block, Cell, Row, Section, Table, Text
from spikinggrid.reporting.pictures import picture
from spikinggrid.simulation.networks import infer_network
from spikinggrid.statistics.graphs import MEASURES
from spikinggrid.utils.missing import number_text

#: Of more electrodes with spikes it takes longer than one waits for a page.
MOST_ELECTRODES = 130

TITLE = "Connectivity"


def section(recording: Recording) -> Section:
    """Return the graph of electrodes that fire together more than by chance, and its measures.

    Parameters
    ----------
    recording : Recording
    """
    n_active = int(np.sum([train.size > 0 for train in recording.spike_trains]))
    if find_spec("networkx") is None:
        return Section(TITLE, [Text("Not measured: it needs pip install 'spikinggrid[groups]'.")])
    if n_active > MOST_ELECTRODES:
        text = f"Not measured here: {many(n_active, 'electrode')} would take minutes."
        return Section(TITLE, [Text(text)])
    network = infer_network(recording)
    rows = [
        Row(measure.label_with_unit, measure.aggregate, [Cell(number_text(value))])
        for value, measure in ((network.measures[name], MEASURES[name]) for name in MEASURES)
    ]
    blocks: list[Block] = [picture(connectivity(network), _alternative(network.inferred.n_edges))]
    return Section(TITLE, [*blocks, Table("The graph of electrodes", ["measure", "value"], rows)])


def _alternative(n_edges: int) -> str:
    return f"The graph of electrodes on the array and its matrix, with {many(n_edges, 'edge')}."
