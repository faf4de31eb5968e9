"""Figures of groups and of functional connectivity show what was found."""

import numpy as np
import pandas as pd
import pytest

from spikinggrid.plotting import connectivity as network_figures
from spikinggrid.plotting import groups as group_figures
from spikinggrid.plotting.artists.networks import draw_network
from spikinggrid.plotting.style import new_axes, new_figure
from spikinggrid.simulation.networks import infer_network
from spikinggrid.statistics.groups import compare_groups
from tests.figures import dish, drawn, named, nowhere, said
from tests.trains import poisson


def paired_dishes() -> pd.DataFrame:
    """Five cultures with two dishes each in both groups; nobody bursts."""
    group, culture, number = np.meshgrid([0, 1], np.arange(5), [0, 1], indexing="ij")
    rate = 2.0 * culture + 0.5 * group + 0.1 * number
    table = {"group": group.ravel(), "culture": culture.ravel(), "fir.rate": rate.ravel()}
    table = pd.DataFrame(table).replace({"group": {0: "before", 1: "after"}})
    return table.assign(**{"burst.dur": np.nan})


def test_dishes_cultures_and_medians():
    figure = group_figures.groups(compare_groups(paired_dishes()))
    panels = named(figure)
    assert list(panels) == ["fir.rate"]  # nothing is drawn of what no dish has
    axes = panels["fir.rate"]
    assert axes.get_title(loc="left") == "median firing rate (Hz)"
    joined = [line for line in axes.lines if line.get_xdata().tolist() == [0, 1]]
    assert sorted(line.get_ydata().tolist() for line in joined) == [
        pytest.approx([2 * culture + 0.05, 2 * culture + 0.55]) for culture in range(5)
    ]
    assert drawn(axes, "dishes").get_ydata().size == 10
    assert drawn(axes, "cultures").get_ydata().size == 5
    assert drawn(axes, "median").get_ydata().tolist() == pytest.approx([4.05, 4.05])
    assert axes.get_xlabel() == "p 0.062, adjusted 0.062"
    assert "before: 10 dishes of 5 cultures" in said(figure)
    assert "cannot give a p below 0.062" in said(figure)


def test_edges_lie_between_their_electrodes():
    recording = dish([[1.0]] * 4)
    weights = np.zeros((4, 4))
    weights[0, 3] = weights[3, 0] = 0.5
    axes = new_axes(new_figure((3, 3)), [["graph"]])["graph"]
    assert draw_network(axes, recording, weights) == 1
    (edge,) = drawn(axes, "edges").get_segments()
    assert sorted(edge.tolist()) == [[0, 0], [200, 200]]


def test_networks_with_and_without_positions():
    leader = poisson(3, 10, 0)
    trains = [leader, *(np.clip(leader + 0.001 * k, 0, 10) for k in range(1, 4)), []]
    recording = dish([np.array(train) for train in trains])
    figure = network_figures.connectivity(infer_network(recording, n_shifts=99))
    assert "inferred: 6 edges" in named(figure)["graph"].get_title()
    assert "in all but 5 %" in said(figure) and "node degree 3;" in said(figure)
    alone = network_figures.connectivity(infer_network(nowhere(recording), n_shifts=99))
    assert not named(alone)["graph"].axison


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("trains", [[[]], [[0.5]], [[], []], [[0.1, 0.2], [0.3]]])
def test_networks_without_edges(trains):
    recording = nowhere(dish([np.array(train) for train in trains]))
    network = infer_network(recording, n_shifts=5)
    assert "inferred: 0 edges" in named(network_figures.connectivity(network))["graph"].get_title()
