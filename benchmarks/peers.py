"""What a planner could pick instead of Buju's search: the same work for scipy, pandana and networkx on the same graph, each at its best."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from layers.types import Unit
from planning.travel import Network

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]
BATCHES = (1, 10, 50)
INSTALL = "{name} is not installed: `python -m uv pip install --group bench` in the project's folder brings the peers of the benchmarks."


class Triples(NamedTuple):
    """Position of the site, node of the cell, cost of the trip cell → site; shape (entries,) each."""

    site: Ints
    cell: Ints
    cost: Floats


@dataclass(frozen=True)
class Graph:
    """Trips along arcs ``tail`` → ``head`` of one cost; of parallel arcs only the cheapest, which all peers agree on."""

    x: Floats
    y: Floats
    tail: Ints
    head: Ints
    cost: Floats

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.x)

    @property
    def symmetric(self) -> bool:
        """Whether every arc has one back at the same cost."""
        back = np.lexsort([self.tail, self.head])
        return all(np.array_equal(one, other[back]) for one, other in ((self.tail, self.head), (self.head, self.tail), (self.cost, self.cost)))

    def against(self) -> csr_array:
        """Return the graph to search from the sites against the trips, as scipy wants it."""
        return csr_array((self.cost, (self.head, self.tail)), shape=(self.nodes, self.nodes))


def graph_of(network: Network, unit: Unit) -> Graph:
    """Return the network as it is before chains are contracted."""
    there, against = network.costs(unit)
    onward, back = np.isfinite(there), np.isfinite(against)
    tail, head = np.concatenate([network.tail[onward], network.head[back]]), np.concatenate([network.head[onward], network.tail[back]])
    cost = np.concatenate([there[onward], against[back]])
    order = np.lexsort([cost, head, tail])
    tail, head, cost = tail[order], head[order], cost[order]
    first = np.concatenate([[True], (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])]) & (tail != head)
    return Graph(network.x, network.y, tail[first], head[first], cost[first])


@dataclass
class Scipy:
    """``scipy.sparse.csgraph.dijkstra``; ``batch`` sources per call, the best of :data:`BATCHES` once tuned."""

    graph: Graph
    batch: int = BATCHES[0]
    tolerance: float = 1e-3
    prepared: str = "prepared in 0 s"
    matrix: csr_array = field(init=False)

    def __post_init__(self) -> None:
        self.matrix = self.graph.against()

    def tune(self, run: Callable[[], object]) -> str:
        """Take the batch a run is fastest with; return what was measured."""
        took = {}
        for self.batch in BATCHES:
            began = time.process_time()
            run()
            took[self.batch] = time.process_time() - began
        self.batch = min(took, key=lambda batch: took[batch])
        return "batches " + ", ".join(f"{batch}: {seconds * 1e3:,.0f} ms" for batch, seconds in took.items()) + f"; {self.batch} is used"

    def triples(self, sites: Ints, limit: float, cells: Ints | None) -> Triples:
        """Return all trips within a limit to sites from cells, None for all nodes."""
        parts = []
        for begin in range(0, len(sites), self.batch):
            rows = dijkstra(self.matrix, indices=sites[begin : begin + self.batch], limit=limit)
            rows = rows if cells is None else rows[:, cells]
            site, cell = np.nonzero(np.isfinite(rows))
            parts.append(Triples(site + begin, cell, rows[site, cell]))
        found = Triples(*map(np.concatenate, zip(*parts, strict=True)))
        return found if cells is None else found._replace(cell=cells[found.cell])

    def nearest(self, sites: Ints, k: int, limit: float) -> Floats:
        """Return the costs of the k nearest sites of every node, shape (nodes, k); infinite beyond the limit."""
        if k == 1:
            return np.asarray(dijkstra(self.matrix, indices=sites, min_only=True, limit=limit))[:, None]
        best = np.full((k, self.graph.nodes), np.inf)
        for begin in range(0, len(sites), self.batch):
            rows = dijkstra(self.matrix, indices=sites[begin : begin + self.batch], limit=limit)
            best = np.partition(np.concatenate([best, rows]), k - 1, axis=0)[:k]
        return np.sort(best, axis=0).T


@dataclass
class Networkx:
    """``networkx``: one search per site, or one from all sites."""

    graph: Graph
    tolerance: float = 1e-3
    prepared: str = field(init=False)
    against: Any = field(init=False)

    def __post_init__(self) -> None:
        import networkx as nx

        began = time.perf_counter()
        self.against = nx.DiGraph()
        self.against.add_nodes_from(range(self.graph.nodes))
        arcs = zip(self.graph.head.tolist(), self.graph.tail.tolist(), self.graph.cost.tolist(), strict=True)
        self.against.add_weighted_edges_from(arcs)
        self.prepared = f"prepared in {time.perf_counter() - began:.1f} s"

    def triples(self, sites: Ints, limit: float, cells: Ints | None) -> Triples:
        """Return all trips within a limit to sites from cells, None for all nodes."""
        import networkx as nx

        wanted = None if cells is None else set(cells.tolist())
        parts = []
        for position, site in enumerate(sites.tolist()):
            costs = nx.single_source_dijkstra_path_length(self.against, site, cutoff=limit)
            cell, cost = np.fromiter(costs, np.int32, len(costs)), np.fromiter(costs.values(), np.float64, len(costs))
            kept = np.ones(len(cell), bool) if wanted is None else np.array([node in wanted for node in costs], bool)
            parts.append(Triples(np.full(int(kept.sum()), position), cell[kept], cost[kept]))
        return Triples(*map(np.concatenate, zip(*parts, strict=True)))

    def nearest(self, sites: Ints, k: int, limit: float) -> Floats:
        """Return the costs of the k nearest sites of every node, shape (nodes, k)."""
        import networkx as nx

        if k > 1:
            raise SystemExit("networkx has no search for the k nearest: choose scipy or pandana.")
        costs = nx.multi_source_dijkstra_path_length(self.against, sites.tolist(), cutoff=limit)
        best = np.full((self.graph.nodes, 1), np.inf)
        best[list(costs), 0] = list(costs.values())
        return best


@dataclass
class Pandana:
    """``pandana``: range queries against the trips, nearest points of interest along them, after its contraction.

    It keeps costs as whole thousandths, cut off: here they come rounded, so that an arc is at most 0.5 mm or ms off and what is added up can be
    compared. Streets open both ways are handed over once, which halves its graph. One impedance: with two, it lists each of the k nearest twice.
    """

    graph: Graph
    against: bool
    tolerance: float = 0.05
    prepared: str = field(init=False)
    network: Any = field(init=False)
    category: tuple[float, int] | None = None

    def __post_init__(self) -> None:
        import pandas as pd

        try:
            with _quiet():
                pandana = import_module("pandana")
        except ModuleNotFoundError:
            raise SystemExit(INSTALL.format(name="pandana")) from None
        graph, twoway = self.graph, self.graph.symmetric
        once = graph.tail < graph.head if twoway else np.ones(len(graph.cost), bool)
        ends = (graph.head[once], graph.tail[once]) if self.against else (graph.tail[once], graph.head[once])
        # A little more than the whole thousandth, lest single precision falls below it and is cut off.
        cost = pd.DataFrame({"cost": np.round(graph.cost[once], 3) + 1e-4})
        began = time.perf_counter()
        with _quiet():
            self.network = pandana.Network(pd.Series(graph.x), pd.Series(graph.y), *map(pd.Series, ends), cost, twoway=twoway)
        self.prepared = f"prepared (contracted) in {time.perf_counter() - began:.1f} s"

    def triples(self, sites: Ints, limit: float, cells: Ints | None) -> Triples:
        """Return all trips within a limit to sites from cells, None for all nodes."""
        found = self.network.nodes_in_range(sites, limit)
        order = np.argsort(sites)
        site = order[np.searchsorted(sites[order], found["source"].to_numpy())]
        triples = Triples(site, found["destination"].to_numpy(), found["cost"].to_numpy())
        if cells is None:
            return triples
        wanted = np.zeros(self.graph.nodes, bool)
        wanted[cells] = True
        kept = wanted[triples.cell]
        return Triples(triples.site[kept], triples.cell[kept], triples.cost[kept])

    def nearest(self, sites: Ints, k: int, limit: float) -> Floats:
        """Return the costs of the k nearest sites of every node, shape (nodes, k)."""
        import pandas as pd

        if self.category != (limit, k):
            with _quiet():
                self.network.set_pois("sites", limit, k, pd.Series(self.graph.x[sites]), pd.Series(self.graph.y[sites]))
            self.category = (limit, k)
        found = self.network.nearest_pois(limit, "sites", num_pois=k, max_distance=np.inf)
        return np.asarray(found, np.float64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what a library prints below Python."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
