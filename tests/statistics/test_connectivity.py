"""Functional connectivity: chance by theory, graphs of known shape, and networkx."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from spikinggrid.statistics.connectivity import Connectivity, infer_connectivity
from spikinggrid.statistics.correlation import sttc_matrix
from spikinggrid.statistics.graphs import MEASURES, _density_above, _rewired, network_measures
from spikinggrid.statistics.wiring_agreement import agreement
from tests.trains import cultures, poisson

pytestmark = pytest.mark.filterwarnings("error")


def test_independent_trains_connect_as_rarely_as_the_tail_says():
    trains = [poisson(2, 120, seed) for seed in range(40)]
    found = infer_connectivity(trains, 0, 120, n_shifts=99)
    n_pairs = 40 * 39 / 2
    assert found.n_edges / n_pairs == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / n_pairs))
    # p of pairs that have nothing to do with one another is as likely to be low as high.
    p = found.p[np.triu_indices(40, 1)]
    assert np.quantile(p, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.08)


def test_followers_are_found_and_bursts_alone_are_not():
    random = np.random.default_rng(1)
    leader = poisson(3, 100, 1)
    follower = np.sort(leader[leader < 99] + 0.003 + 0.001 * random.random(np.sum(leader < 99)))
    # Two electrodes that burst at times of their own have high rates in common, and no edge.
    bursts = [
        np.sort((start + 0.05 * random.random((30, 12))).ravel())
        for start in random.uniform(0, 99, (2, 30, 1))
    ]
    found = infer_connectivity([leader, follower, *bursts, []], 0, 100)
    edges = found.adjacency
    assert edges[0, 1] == found.sttc[0, 1] > 0.9
    assert np.count_nonzero(edges) == 2
    assert found.is_active.tolist() == [True] * 4 + [False]


@given(cultures)
@settings(max_examples=15)
def test_edges_are_positive_coefficients_of_active_pairs(electrodes):
    found = infer_connectivity(electrodes, 0, 64, n_shifts=19)
    edges = found.adjacency
    matrix = sttc_matrix(electrodes, 0, 64, 0.01)
    assert np.array_equal(found.sttc, matrix, equal_nan=True)
    assert np.array_equal(edges, edges.T)
    assert np.all(edges[edges != 0] == matrix[edges != 0]) and np.all(edges >= 0)
    assert np.all(np.isnan(found.p) == np.isnan(matrix))
    assert np.all((found.p[~np.isnan(found.p)] >= 1 / 20) & (found.p[~np.isnan(found.p)] <= 1))
    again = infer_connectivity(electrodes, 0, 64, n_shifts=19)
    assert np.array_equal(found.p, again.p, equal_nan=True)


def test_two_cliques_with_a_bridge():
    graph = nx.barbell_graph(6, 1)
    found = network_measures(nx.to_numpy_array(graph, sorted(graph)))
    assert list(found.summary) == list(MEASURES)
    assert found.summary["network.size"] == 13
    assert found.summary["network.density"] == pytest.approx(nx.density(graph))
    assert found.summary["network.clustering"] == pytest.approx(nx.average_clustering(graph))
    path_length = nx.average_shortest_path_length(graph)
    assert found.summary["network.path_length"] == pytest.approx(path_length)
    assert found.summary["network.efficiency"] == pytest.approx(nx.global_efficiency(graph))
    assert found.summary["network.modules"] in (2, 3)
    module = found.nodes["module"]
    assert len(set(module[:6])) == len(set(module[7:])) == 1 and module[0] != module[12]
    assert found.nodes["participation"][0] == pytest.approx(0)
    assert found.nodes["participation"][6] == pytest.approx(0.5, abs=0.01) or module[6] >= 0
    assert found.nodes["betweenness"].argmax() == 6


@pytest.mark.parametrize("n, n_edges", [(30, 60), (30, 20), (40, 600)])
def test_nodes_are_as_in_networkx(n, n_edges):
    graph = nx.gnm_random_graph(n, n_edges, seed=n_edges)
    found = network_measures(nx.to_numpy_array(graph))
    nodes, summary = found.nodes, found.summary
    assert nodes["degree"].tolist() == [degree for _, degree in graph.degree]
    assert nodes["clustering"] == pytest.approx(list(nx.clustering(graph).values()))
    assert nodes["betweenness"] == pytest.approx(list(nx.betweenness_centrality(graph).values()))
    closeness = list(nx.closeness_centrality(graph, wf_improved=False).values())
    connected = nodes["degree"] > 0
    assert 1 / nodes["path_length"][connected] == pytest.approx(np.array(closeness)[connected])
    assert np.isnan(nodes["path_length"][~connected]).all()
    assert summary["network.efficiency"] == pytest.approx(nx.global_efficiency(graph))
    largest = graph.subgraph(max(nx.connected_components(graph), key=len))
    path_length = nx.average_shortest_path_length(largest)
    assert summary["network.path_length"] == pytest.approx(path_length)
    club = nx.rich_club_coefficient(graph, normalized=False)
    ours = _density_above(nx.to_numpy_array(graph) > 0)
    for k, value in club.items():
        assert ours[k] == pytest.approx(value)


def test_small_world_and_rich_club_of_known_graphs():
    small_world = network_measures(nx.to_numpy_array(nx.watts_strogatz_graph(50, 6, 0.05, seed=1)))
    by_chance = network_measures(nx.to_numpy_array(nx.gnm_random_graph(50, 150, seed=1)))
    assert small_world.summary["network.small_world"] > 2.5
    assert by_chance.summary["network.small_world"] == pytest.approx(1, abs=0.35)
    # Ten hubs that all know one another, and sixty others that know two of them.
    club = nx.complete_graph(10)
    random = np.random.default_rng(0)
    for node in range(10, 70):
        club.add_edges_from((node, int(hub)) for hub in random.choice(10, 2, replace=False))
        club.add_edge(node, 10 + (node + 1) % 60)
    apart = club.copy()
    apart.remove_edges_from(nx.complete_graph(10).edges)
    rich, poor = (network_measures(nx.to_numpy_array(graph)) for graph in (club, apart))
    assert rich.summary["network.rich_club"] > 1.05 > poor.rich_club[10]
    assert np.flatnonzero(rich.nodes["is_hub"] == 1).max() < 10


def test_random_graphs_keep_degrees():
    edges = nx.to_numpy_array(nx.gnm_random_graph(40, 200, seed=3)) > 0
    null = _rewired(edges, np.random.default_rng(0))
    assert np.array_equal(null, null.T) and not np.diag(null).any()
    assert np.array_equal(null.sum(axis=0), edges.sum(axis=0))
    assert np.sum(null & edges) < 0.5 * edges.sum()


@pytest.mark.parametrize("n, n_edges", [(0, 0), (1, 0), (4, 0), (5, 10)])
def test_graphs_without_a_shape(n, n_edges):
    graph = np.ones((n, n)) - np.eye(n) if n_edges else np.zeros((n, n))
    summary = network_measures(graph).summary
    assert summary["network.size"] == n
    complete = n_edges > 0
    assert np.isnan(summary["network.path_length"]) == (not complete)
    assert np.isnan(summary["network.small_world"]) == (not complete)
    assert np.isnan(summary["network.density"]) == (n < 2)
    if complete:
        assert summary["network.small_world"] == summary["network.rich_club"] == 1


def test_electrodes_that_are_no_nodes_have_no_values():
    graph = np.zeros((4, 4))
    graph[0, 2] = graph[2, 0] = 0.5
    found = network_measures(graph, np.array([True, False, True, True]))
    assert found.summary["network.size"] == 3
    assert np.isnan(found.nodes["degree"]).tolist() == [False, True, False, False]
    assert found.nodes["module"].tolist()[::2] == [0, 0] and found.nodes["module"][3] == -1


def test_agreement_with_the_wiring_by_hand():
    positions = 1e-4 * np.column_stack([[0, 1, 2.1, 3.3, 4.6, 6], np.zeros(6)])
    truth = np.zeros((6, 6), bool)
    for a, b in [(0, 1), (1, 2), (0, 5)]:
        truth[a, b] = truth[b, a] = True
    sttc = np.eye(6)
    for (a, b), value in {(0, 1): 0.9, (0, 5): 0.8, (2, 3): 0.7}.items():
        sttc[a, b] = sttc[b, a] = value
    p = np.where(sttc > 0, 0.01, 0.9)
    inferred = Connectivity(sttc, p, np.ones(6, bool), 0.01, 100, 0.05)
    result = agreement(inferred, truth, positions)
    assert (result["n_pairs"], result["true_share"]) == (15, 3 / 15)
    ours = result["inferred"]
    assert (ours.n_edges, ours.precision, ours.recall) == (3, 2 / 3, 2 / 3)
    assert ours.auc == pytest.approx((12 + 12 + 5.5) / 36)  # 1-2 ties with eleven of twelve
    assert result["distance"].n_edges == 3 and result["distance"].precision == 2 / 3
    chance = result["shuffled"]
    assert (chance.precision, chance.auc) == pytest.approx((3 / 15, 0.5), abs=0.05)
    judged = np.ones((6, 6), bool)
    judged[0, 5] = judged[5, 0] = False
    assert agreement(inferred, truth, positions, judged)["n_pairs"] == 14


def test_bad_values():
    with pytest.raises(ValueError, match="n_shifts must be positive, got 0"):
        infer_connectivity([[1.0]], 0, 2, n_shifts=0)
