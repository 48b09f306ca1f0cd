"""Races of Buju's travel search against scipy, pandana and networkx: the same work in one process, warm, in turns.

Usage: ``python -m benchmarks.travel --streets FILE [--cells FILE|N] [--sites N] [--reach 1km|30min] [--peer scipy|pandana|networkx]
[--task triples|nearest|knearest|reading] [--k 5] [--repeats 5] [--threads 1]``.

Sites are random nodes; cells are all nodes of the network as drawn, N random ones, or those nearest to the places of a file (.tif, .csv with
lon and lat, vector layers). ``1km`` is walked, ``30min`` driven. Without a peer, ``--threads 2`` races two threads against one. Costs must agree,
else the exit code is 1. The last line of a comparison is ``ratio``: median of the peer / median of Buju.
"""

from __future__ import annotations

import os

if __name__ == "__main__":
    # Before any library starts threads of its own: pandana would take all cores.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import Graph, Networkx, Pandana, Scipy, Triples, graph_of
from benchmarks.reading import reading
from benchmarks.timing import Timed, print_ratio, print_times, race
from benchmarks.workload import Ints, Reach, at_nodes, choose_cells, choose_sites, network_of
from planning.travel import Attached, Network, Snapped, TravelCosts, attach, build_hierarchy, nearest, search, search_blocks

OURS = "Buju"
PREPARED = "Buju, hierarchy ready"


@dataclass(frozen=True)
class Work:
    """One task, the same for everybody."""

    network: Network
    graph: Graph
    reach: Reach
    sites: Ints
    cells: Ints | None


def main() -> int:
    given = _arguments()
    reach = Reach.parse(given.reach)
    if given.task == "reading":
        return reading(given.streets, reach, given.repeats)
    network = network_of(given.streets, reach.mode)
    graph = graph_of(network, reach.unit)
    wanted = given.sites or (100 if given.task == "triples" and reach.mode == "drive" else 1000)
    work = Work(network, graph, reach, choose_sites(network, wanted), choose_cells(network, given.cells))
    cells = "all nodes" if work.cells is None else f"{len(work.cells):,} nodes"
    print(f"{given.streets.name}, {reach.mode}: {graph.nodes:,} nodes, {len(graph.cost):,} arcs; {len(work.sites):,} sites, cells: {cells}")
    return TASKS[given.task](work, given)


def triples(work: Work, given: argparse.Namespace) -> int:
    """Race for site, cell and cost of all cells within the reach."""
    began = time.process_time()
    attached, sites = attach(work.network, at_nodes(work.network, work.cells), work.reach.unit), at_nodes(work.network, work.sites)
    print(f"{OURS}: attached in {time.process_time() - began:.2f} s")

    def ours(threads: int) -> Callable[[], TravelCosts]:
        return lambda: search(attached, sites, work.reach.limit, threads=threads)

    contenders: dict[str, Callable[[], Any]] = {OURS: ours(given.threads)}
    if work.reach.mode == "drive":
        contenders[PREPARED] = _prepared(attached, sites, work.reach.limit, given.threads)
    peer = _peer(work, given, against=True)
    if peer is not None:
        contenders[given.peer] = lambda: peer.triples(work.sites, work.reach.limit, work.cells)
        if isinstance(peer, Scipy):
            print("scipy:", peer.tune(lambda: peer.triples(work.sites[:50], work.reach.limit, work.cells)))
            contenders["scipy, contracted"] = _on_junctions(attached, peer.batch, len(work.sites), work.reach.limit)
    elif given.threads > 1:
        return _threads(attached, sites, work.reach.limit, given)
    timed, results = race(contenders, given.repeats)
    print_times(timed)
    found = _as_triples(results[OURS], work.cells)
    settled = len(found.cost) if work.cells is None else _settled(work)
    print(f"{len(found.cost):,} triples; ns per settled node: " + _each(timed, settled))
    if peer is None:
        return 0
    agreed = compare_triples(found, results[given.peer], work, peer.tolerance)
    if PREPARED in contenders:
        agreed &= compare_triples(_as_triples(results[PREPARED], work.cells), found, work, 0.0)
        print(f"{given.peer} / {PREPARED}: {np.median(timed[given.peer].cpu) / np.median(timed[PREPARED].cpu):.1f} by processor time")
    print_ratio(timed[given.peer], timed[OURS], by_clock=given.threads > 1)
    return 0 if agreed else 1


def _threads(attached: Attached, sites: Snapped, limit: float, given: argparse.Namespace) -> int:
    """Race threads against one, the columns taken block by block as a county's cache takes them."""

    def streamed(threads: int) -> Callable[[], tuple[int, float]]:
        return lambda: _sums(cost for _, _, _, cost in search_blocks(attached, sites, limit, threads=threads))

    timed, results = race({OURS: streamed(given.threads), "one thread": streamed(1)}, given.repeats)
    print_times(timed)
    agreed = search(attached, sites, limit, threads=given.threads).cost.tobytes() == search(attached, sites, limit).cost.tobytes()
    print(f"{results[OURS][0]:,} triples; costs {'are the same bytes' if agreed else 'DISAGREE'}")
    print_ratio(timed["one thread"], timed[OURS], by_clock=True)
    return 0 if agreed else 1


def _sums(costs: Iterable[Any]) -> tuple[int, float]:
    count, total = 0, 0.0
    for cost in costs:
        count, total = count + len(cost), total + float(cost[-1:].sum())
    return count, total


def _prepared(attached: Attached, sites: Snapped, limit: float, threads: int) -> Callable[[], TravelCosts]:
    """Return the search with a hierarchy that is there already, as a county's cache keeps it."""
    build_hierarchy(attached.arcs)  # compiles, or loads what was compiled
    began = time.process_time()
    hierarchy = build_hierarchy(attached.arcs)
    print(f"hierarchy: {len(hierarchy.rank):,} junctions in {time.process_time() - began:.2f} s")
    return lambda: search(attached, sites, limit, threads=threads, hierarchy=hierarchy)


def _on_junctions(attached: Attached, batch: int, sites: int, limit: float) -> Callable[[], Triples]:
    """Return scipy's search on the contracted graph, from as many junctions: it then knows the costs of junctions alone."""
    chains, arcs = attached.network.chains, attached.arcs
    x, y = attached.network.x[chains.junction], attached.network.y[chains.junction]
    target = np.repeat(np.arange(len(x)), np.diff(arcs.start))
    peer = Scipy(Graph(x, y, arcs.item, target, arcs.cost), batch)
    chosen = np.random.default_rng(3).choice(len(x), min(sites, len(x)), replace=False)
    return lambda: peer.triples(chosen, limit, None)


def nearest_sites(work: Work, given: argparse.Namespace) -> int:
    """Race for the nearest site, or the k nearest, of all cells, however far: Buju says which, the peers only how far, which is quicker."""
    k = given.k if given.task == "knearest" else 1
    began = time.process_time()
    attached, sites = attach(work.network, at_nodes(work.network, work.cells), work.reach.unit), at_nodes(work.network, work.sites)
    print(f"{OURS}: attached in {time.process_time() - began:.2f} s")
    contenders: dict[str, Callable[[], Any]] = {OURS: lambda: nearest(attached, sites, k)}
    # A peer that wants a largest distance gets the largest that is needed, and no more.
    farthest = float(contenders[OURS]().cost.max()) + 1.0
    peer = _peer(work, given, against=False)
    if peer is not None:
        if isinstance(peer, Scipy):
            print("scipy:", peer.tune(lambda: peer.nearest(work.sites[:50], k, np.inf)) if k > 1 else "min_only")
        limit = farthest if isinstance(peer, Pandana) else np.inf
        contenders[given.peer] = lambda: peer.nearest(work.sites, k, limit)
    timed, results = race(contenders, given.repeats)
    print_times(timed)
    ours = results[OURS].cost
    labels = ours.size
    print(f"{labels:,} labels, farthest {farthest - 1:,.0f} {work.reach.unit}; ns per label: " + _each(timed, labels))
    if peer is None:
        return 0
    theirs = results[given.peer] if work.cells is None else results[given.peer][work.cells]
    apart = np.abs(ours - theirs).max()
    agreed = bool(apart <= peer.tolerance)
    print(f"costs {'agree' if agreed else 'DISAGREE'}: at most {apart:.2g} {work.reach.unit} apart")
    print_ratio(timed[given.peer], timed[OURS])
    return 0 if agreed else 1


def _each(timed: Mapping[str, Timed], count: int) -> str:
    return ", ".join(f"{name} {np.median(one.cpu) / max(count, 1) * 1e9:,.0f}" for name, one in timed.items())


def compare_triples(ours: Triples, theirs: Triples, work: Work, tolerance: float) -> bool:
    """Print and return whether the costs agree; a trip of the limit's own cost may be missing on one side."""
    mine, yours = (one.site.astype(np.int64) * work.graph.nodes + one.cell for one in (ours, theirs))
    _, here, there = np.intersect1d(mine, yours, assume_unique=True, return_indices=True)
    apart = np.abs(ours.cost[here] - theirs.cost[there]).max(initial=0.0)
    lone = np.concatenate([np.delete(ours.cost, here), np.delete(theirs.cost, there)])
    off = (work.reach.limit - lone).max(initial=0.0)
    agreed = bool(apart <= tolerance and off <= tolerance + 1e-3)
    print(f"costs {'agree' if agreed else 'DISAGREE'}: at most {apart:.2g} {work.reach.unit} apart, {len(lone)} at the limit on one side only")
    return agreed


def _as_triples(costs: TravelCosts, cells: Ints | None) -> Triples:
    site = np.repeat(np.arange(len(costs.sites)), np.diff(costs.start))
    return Triples(site, costs.cell if cells is None else cells[costs.cell], costs.cost)


def _settled(work: Work) -> int:
    """Return how many nodes of the network as drawn lie within the reach of the sites, in sum."""
    attached = attach(work.network, at_nodes(work.network, None), work.reach.unit)
    return len(search(attached, at_nodes(work.network, work.sites), work.reach.limit).cost)


def _peer(work: Work, given: argparse.Namespace, *, against: bool) -> Scipy | Pandana | Networkx | None:
    if given.peer is None:
        return None
    peer: Scipy | Pandana | Networkx
    peer = Pandana(work.graph, against) if given.peer == "pandana" else (Scipy if given.peer == "scipy" else Networkx)(work.graph)
    print(f"{given.peer}: {peer.prepared}")
    return peer


TASKS: dict[str, Callable[[Work, argparse.Namespace], int]] = {"triples": triples, "nearest": nearest_sites, "knearest": nearest_sites}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streets", type=Path, required=True)
    parser.add_argument("--cells")
    parser.add_argument("--sites", type=int)
    parser.add_argument("--reach", default="1km")
    parser.add_argument("--peer", choices=("scipy", "pandana", "networkx"))
    parser.add_argument("--task", choices=(*TASKS, "reading"), default="triples")
    parser.add_argument("--k", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
