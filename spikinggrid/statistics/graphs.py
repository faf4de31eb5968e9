"""Graphs of electrodes: degree, clustering, paths, small world, rich club, modules and hubs.

    network_measures    all measures of a graph: `NetworkMeasures`
    MEASURES            what each of them is, by name

Nodes and edges are those of `spikinggrid.statistics.connectivity`. Needs `networkx`, of the extra
`spikinggrid[groups]`. Edges count as such, but for strength, participation and modules, where they
count by their weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from spikinggrid.statistics.feature_glossary import Feature
from spikinggrid.utils.compiled import cached_njit
from spikinggrid.utils.extras import check_installed
from spikinggrid.utils.randomness import random_generator

if TYPE_CHECKING:
    import networkx as nx

#: Random graphs of the same degrees, and tries to swap each edge in them.
N_NULL_GRAPHS, SWAPS_PER_EDGE = 20, 10

#: Runs of the Louvain method, of which the one of highest modularity counts.
N_LOUVAIN = 20

#: A hub is among this share of nodes in so many of four ways.
HUB_SHARE, HUB_SCORE = 0.2, 3

#: Electrodes that must be left for a coefficient of the rich club to mean something.
FEWEST_RICH = 5

MEA_NAP = "as in MEA-NAP, Sit et al. 2024, doi:10.1101/2024.02.05.578738"

#: Every measure of a graph, by name, in the order of `NetworkMeasures.summary`.
MEASURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature(
            "network.size",
            "network size",
            "electrodes",
            "of the dish",
            "Electrodes that fire often enough to be nodes: at 0.01 Hz or more.",
            MEA_NAP,
        ),
        Feature(
            "network.density",
            "network density",
            "share",
            "of the dish",
            "Pairs of nodes that connect, among all pairs.",
            MEA_NAP,
        ),
        Feature(
            "network.degree",
            "node degree",
            "edges",
            "mean over nodes",
            "Nodes that a node connects to.",
            MEA_NAP,
        ),
        Feature(
            "network.strength",
            "node strength",
            "STTC",
            "mean over nodes",
            "Sum of the coefficients of a node's edges.",
            MEA_NAP,
        ),
        Feature(
            "network.edge_weight",
            "edge weight",
            "STTC",
            "mean over edges",
            "Spike time tiling coefficient of a pair that connects.",
            MEA_NAP,
        ),
        Feature(
            "network.clustering",
            "clustering coefficient",
            "ratio",
            "mean over nodes",
            "Share of the pairs of a node's neighbours that connect to one another.",
            "Watts & Strogatz 1998, doi:10.1038/30918",
        ),
        Feature(
            "network.path_length",
            "path length",
            "edges",
            "mean over pairs of the largest component",
            "Fewest edges from one node to another.",
            "Watts & Strogatz 1998, doi:10.1038/30918",
        ),
        Feature(
            "network.efficiency",
            "global efficiency",
            "ratio",
            "mean over pairs of nodes",
            "One over the fewest edges between two nodes, 0 where there is no way.",
            "Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701",
        ),
        Feature(
            "network.small_world",
            "small-worldness",
            "ratio",
            "of the dish",
            "Clustering over that of random graphs of the same degrees, divided by path length over"
            " theirs: above 1 in a small world.",
            "Humphries & Gurney 2008, doi:10.1371/journal.pone.0002051",
        ),
        Feature(
            "network.rich_club",
            "rich-club coefficient",
            "ratio",
            "largest over degrees",
            "Density among nodes of more than so many edges, over that in random graphs of the same"
            " degrees: above 1 if hubs connect to hubs.",
            "Colizza et al. 2006, doi:10.1038/nphys209",
        ),
        Feature(
            "network.modules",
            "modules",
            "count",
            "of the dish",
            "Groups of two nodes or more with more edges within than between them, by the Louvain"
            " method.",
            "Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008",
        ),
        Feature(
            "network.modularity",
            "modularity",
            "ratio",
            "of the dish",
            "Weight of edges within modules, less what chance would give.",
            "Newman 2006, doi:10.1073/pnas.0601602103",
        ),
        Feature(
            "network.hubs",
            "hubs",
            "share",
            "share of nodes",
            "Nodes in three or more of: the fifth with the greatest strength, with the greatest"
            " betweenness, with the shortest paths, with the least clustering.",
            "van den Heuvel et al. 2010, doi:10.1523/JNEUROSCI.2874-10.2010",
        ),
    )
}


@dataclass(frozen=True, eq=False)
class NetworkMeasures:
    """What a graph of electrodes is like.

    Attributes
    ----------
    summary : dict of str to float
        By name, in the order of `MEASURES`; NaN where a value does not exist.
    nodes : dict of str to (n_electrodes,) array
        `degree`, `strength`, `clustering`, `betweenness`, `path_length` (mean to the other nodes
        of its component), `module` (number, -1 for none), `participation` (how evenly its edges
        spread over modules), `is_hub`; NaN of electrodes that are no nodes.
    rich_club : (n_degrees,) array
        Normalised coefficient of nodes with more than 0, 1, 2 ... edges.
    """

    summary: dict[str, float]
    nodes: dict[str, np.ndarray]
    rich_club: np.ndarray


def network_measures(
    adjacency: np.ndarray, is_node: np.ndarray | None = None, *, seed: int = 0
) -> NetworkMeasures:
    """Measure a graph of electrodes.

    Parameters
    ----------
    adjacency : (n_electrodes, n_electrodes) array
        Weights of edges, 0 where there is none; symmetric.
    is_node : (n_electrodes,) bool array, optional
        Which electrodes are nodes; all unless given.
    seed : int
        Of random graphs, and of the search for modules.

    Returns
    -------
    NetworkMeasures

    Raises
    ------
    InputError
        If `networkx` is not installed.
    """
    check_installed("the graph of electrodes", "groups", "networkx")
    import networkx as nx

    numbers = np.arange(len(adjacency)) if is_node is None else np.flatnonzero(is_node)
    weights = adjacency[np.ix_(numbers, numbers)]
    graph = nx.from_numpy_array(weights)
    edges = weights > 0
    distance = _distances(edges)
    generator = random_generator(seed, "random graphs")
    nulls = [_rewired(edges, generator) for _ in range(N_NULL_GRAPHS)] if edges.any() else []
    modules = _modules(graph, seed)
    nodes = _nodes(weights, distance, modules)
    rich_club = _rich_club(edges, nulls)
    n, n_edges, others = len(numbers), edges.sum() / 2, ~np.eye(len(numbers), dtype=bool)
    enough = np.array([np.sum(edges.sum(axis=0) > k) for k in range(rich_club.size)]) >= FEWEST_RICH
    summary = {
        "network.size": float(n),
        "network.density": float(2 * n_edges / (n * (n - 1))) if n > 1 else np.nan,
        "network.degree": _mean(nodes["degree"]),
        "network.strength": _mean(nodes["strength"]),
        "network.edge_weight": _mean(weights[edges]),
        "network.clustering": _mean(nodes["clustering"]),
        "network.path_length": _path_length(distance),
        "network.efficiency": float(np.mean(1 / distance[others])) if n > 1 else np.nan,
        "network.small_world": _small_world(edges, distance, nulls),
        "network.rich_club": _largest(rich_club[enough]),
        "network.modules": float(sum(len(module) > 1 for module in modules)) if n else np.nan,
        "network.modularity": _modularity(graph, modules),
        "network.hubs": _mean(nodes["is_hub"]),
    }
    of_all = {name: np.full(len(adjacency), np.nan) for name in nodes}
    for name, values in nodes.items():
        of_all[name][numbers] = values
    return NetworkMeasures({name: summary[name] for name in MEASURES}, of_all, rich_club)


def _nodes(
    weights: np.ndarray, distance: np.ndarray, modules: Sequence[set[int]]
) -> dict[str, np.ndarray]:
    """Return what each node is like, by name."""
    n = len(weights)
    edges = weights > 0
    degree, strength = edges.sum(axis=0).astype(float), weights.sum(axis=0)
    clustering = _clustering(edges)
    first, second = np.nonzero(edges)
    betweenness = _betweenness(np.searchsorted(first, np.arange(n + 1)), second)
    n_reached = np.sum(np.isfinite(distance), axis=0) - 1
    total = np.where(np.isfinite(distance), distance, 0).sum(axis=0)
    paths = np.divide(total, n_reached, out=np.full(n, np.nan), where=n_reached > 0)
    module = np.full(n, -1.0)
    of_modules = np.zeros((n, len(modules)))
    for number, members in enumerate(sorted(modules, key=len, reverse=True)):
        own = sorted(members)
        of_modules[:, number] = weights[:, own].sum(axis=1)
        if len(own) > 1:
            module[own] = number
    share = of_modules / np.where(strength > 0, strength, np.nan)[:, None]
    hub_score = sum(
        _is_among_first(values) for values in (strength, betweenness, -paths, -clustering)
    )
    return {
        "degree": degree,
        "strength": strength,
        "clustering": clustering,
        "betweenness": betweenness,
        "path_length": paths,
        "module": module,
        "participation": 1 - np.sum(share**2, axis=1),
        "is_hub": (hub_score >= HUB_SCORE) & (degree > 0),
    }


def _is_among_first(values: np.ndarray) -> np.ndarray:
    """Return whether each value is one of the largest fifth, of which no tie is a member."""
    rank = rankdata(-np.nan_to_num(values, nan=-np.inf), method="max")
    return (rank <= HUB_SHARE * len(values)).astype(int)


def _modules(graph: "nx.Graph", seed: int) -> list[set[int]]:
    import networkx as nx

    if not graph.number_of_edges():
        return [{node} for node in graph]
    found = [
        nx.community.louvain_communities(graph, seed=seed % 2**32 + run) for run in range(N_LOUVAIN)
    ]
    return max(found, key=lambda modules: nx.community.modularity(graph, modules))


def _modularity(graph: "nx.Graph", modules: Sequence[set[int]]) -> float:
    import networkx as nx

    if not graph.number_of_edges():
        return np.nan
    return float(nx.community.modularity(graph, modules))


def _clustering(edges: np.ndarray) -> np.ndarray:
    """Return the share of pairs of each node's neighbours that connect; 0 of fewer than two."""
    as_numbers, degree = edges.astype(float), edges.sum(axis=0)
    triangles = np.sum(as_numbers @ as_numbers * as_numbers, axis=0)
    pairs = degree * (degree - 1)
    return np.divide(triangles, pairs, out=np.zeros(len(edges)), where=pairs > 0)


def _distances(edges: np.ndarray) -> np.ndarray:
    """Return the fewest edges from each node to each other; infinite where there is no way."""
    distance = np.where(edges, 1.0, np.inf)
    np.fill_diagonal(distance, 0)
    as_numbers, length = edges.astype(np.float32), 1
    while True:
        reached = np.isfinite(distance)
        further = ((distance == length).astype(np.float32) @ as_numbers > 0) & ~reached
        if not further.any():
            return distance
        length += 1
        distance[further] = length


def _path_length(distance: np.ndarray) -> float:
    """Return the mean path length in the largest component; NaN if that is one node."""
    reached = np.isfinite(distance)
    if reached.sum(axis=0).max(initial=1) < 2:
        return np.nan
    own = reached[reached.sum(axis=0).argmax()]
    return float(distance[np.ix_(own, own)].sum() / (own.sum() * (own.sum() - 1)))


@cached_njit()
def _betweenness(pointer, neighbours):
    """Return the share of shortest paths of other pairs that lead through each node (Brandes 2001).

    The neighbours of a node are `neighbours[pointer[node]:pointer[node + 1]]`.
    """
    n = len(pointer) - 1
    between = np.zeros(n)
    for source in range(n):
        queue, n_queued, n_done = np.empty(n, np.int64), 1, 0
        queue[0] = source
        steps, n_paths, share = np.full(n, -1), np.zeros(n), np.zeros(n)
        steps[source], n_paths[source] = 0, 1.0
        while n_done < n_queued:
            node = queue[n_done]
            n_done += 1
            for other in neighbours[pointer[node] : pointer[node + 1]]:
                if steps[other] < 0:
                    steps[other] = steps[node] + 1
                    queue[n_queued] = other
                    n_queued += 1
                if steps[other] == steps[node] + 1:
                    n_paths[other] += n_paths[node]
        for place in range(n_queued - 1, 0, -1):
            node = queue[place]
            for other in neighbours[pointer[node] : pointer[node + 1]]:
                if steps[other] == steps[node] - 1:
                    share[other] += n_paths[other] / n_paths[node] * (1 + share[node])
            between[node] += share[node]
    return between / max((n - 1) * (n - 2), 1)


def _small_world(edges: np.ndarray, distance: np.ndarray, nulls: Sequence[np.ndarray]) -> float:
    if not nulls:
        return np.nan
    clustering = np.mean([_clustering(null).mean() for null in nulls])
    length = np.mean([_path_length(_distances(null > 0)) for null in nulls])
    if not clustering > 0:
        return np.nan
    return float(_clustering(edges).mean() / clustering / (_path_length(distance) / length))


def _rich_club(edges: np.ndarray, nulls: Sequence[np.ndarray]) -> np.ndarray:
    """Return the normalised coefficient for each degree; NaN where random graphs have none."""
    coefficients = _density_above(edges)
    if not nulls:
        return np.full(coefficients.size, np.nan)
    of_random = np.mean([_density_above(null) for null in nulls], axis=0)
    out = np.full(coefficients.size, np.nan)
    return np.divide(coefficients, of_random, out=out, where=of_random > 0)


def _density_above(edges: np.ndarray) -> np.ndarray:
    """Return the density among nodes of more than 0, 1, ... edges; NaN of fewer than two nodes."""
    degree = edges.sum(axis=0, dtype=int)
    largest = int(degree.max(initial=0))
    first, second = np.nonzero(edges)
    of_edges = np.minimum(degree[first], degree[second])  # up to which degree both ends count
    n_edges, n_nodes = (
        np.bincount(least, minlength=largest + 1)[::-1].cumsum()[::-1][1:]
        for least in (of_edges, degree)
    )
    n_pairs = n_nodes * (n_nodes - 1)
    return np.divide(n_edges, n_pairs, out=np.full(largest, np.nan), where=n_pairs > 0)


def _rewired(edges: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return a random graph of the same degrees (Maslov & Sneppen 2002)."""
    first, second = np.nonzero(np.triu(edges))
    n_tries = SWAPS_PER_EDGE * first.size
    tries = generator.integers(first.size, size=(n_tries, 2))
    graph = edges.astype(np.uint8)
    _swap(graph, first, second, tries, generator.random(n_tries) < 0.5)
    return graph


@cached_njit()
def _swap(graph, first, second, tries, crossed):
    """Swap the ends of pairs of edges in place, where no edge is doubled or ends where it began."""
    for number in range(len(tries)):
        one, other = tries[number]
        a, b, c, d = first[one], second[one], first[other], second[other]
        if crossed[number]:
            c, d = d, c
        if a in (c, d) or b in (c, d) or graph[a, d] or graph[c, b]:
            continue
        graph[a, b] = graph[b, a] = graph[c, d] = graph[d, c] = 0
        graph[a, d] = graph[d, a] = graph[c, b] = graph[b, c] = 1
        second[one] = d
        first[other], second[other] = c, b


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _largest(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.max()) if values.size else np.nan
