"""Search: what it costs to get from cells to sites along the streets (conventions 4, 7 and 8)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.progress import Progress, silent
from layers.streets import BACKWARD, FORWARD
from layers.types import Unit
from planning.travel.costs import TravelCosts, within
from planning.travel.kernels import Lists, search_sites, workspace
from planning.travel.network import Network
from planning.travel.snapping import Snapped

BLOCK = 64


@dataclass(frozen=True)
class Attached:
    """Cells attached to a network in one unit: the part of a search that stays the same for all sites.

    Attributes
    ----------
    network : Network
    cells : Snapped
        Cells, snapped to ``network``.
    unit : {"m", "s"}
    arcs : Lists
        Arcs by the node they end at, with their cost.
    entries : Lists
        Cells by the node their trips may enter the network at, with the cost of getting there.
    by_segment : int64, shape (cells,)
        Positions of the cells in the order of their segments.
    """

    network: Network
    cells: Snapped
    unit: Unit
    arcs: Lists
    entries: Lists
    by_segment: NDArray[np.int64]


def attach(network: Network, cells: Snapped, unit: Unit) -> Attached:
    """Attach cells to a network, for any number of searches.

    Parameters
    ----------
    network : Network
        Usable streets of one mode.
    cells : Snapped
        Cells snapped to it.
    unit : {"m", "s"}
        Whether trips are measured in metres or seconds; the cheapest way in that unit counts.
    """
    arcs = Lists(network.start, network.source, network.segment_cost(unit)[network.arc])
    # A trip starts at the cell's street and runs with the traffic: to the head forwards, to the tail backwards.
    point, node, cost = _ends(network, cells, unit, to_head=FORWARD, to_tail=BACKWARD)
    entries = _by_list(node, point, cost, len(network.x))
    return Attached(network, cells, unit, arcs, entries, np.argsort(cells.segment, kind="stable"))


def search(attached: Attached, sites: Snapped, limit: float, *, threads: int = 1, progress: Progress = silent) -> TravelCosts:
    """Search the cost of the trips from all cells to each site, up to a limit.

    Parameters
    ----------
    attached : Attached
        Cells on a network, and the unit.
    sites : Snapped
        Sites snapped to the same network.
    limit : float
        Search limit in the unit; a cost equal to it, after rounding to 1 mm or 1 ms, is kept.
    threads : int
        Searches that run at the same time; the result does not depend on it.
    progress : Progress
        Called with the stage ``stage.search`` after each block of sites; what it raises stops the search.

    Returns
    -------
    TravelCosts
        Access at both ends included, walked whatever the mode; float64.
    """
    blocks = [slice(begin, min(begin + BLOCK, len(sites.index))) for begin in range(0, len(sites.index), BLOCK)]
    found = []
    progress("stage.search", 0, len(sites.index))
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        # A few blocks in flight at a time: after a cancel nothing but these has to run out.
        ahead = max(1, threads) + 1
        waiting = [pool.submit(_block, attached, sites, block, limit) for block in blocks[:ahead]]
        for number, block in enumerate(blocks):
            found.append(waiting[number].result())
            if number + ahead < len(blocks):
                waiting.append(pool.submit(_block, attached, sites, blocks[number + ahead], limit))
            progress("stage.search", block.stop, len(sites.index))
    widths = np.concatenate([[0], *(np.diff(start) for start, _, _ in found)])
    cell = np.concatenate([np.empty(0, np.int32), *(cell for _, cell, _ in found)])
    cost = np.concatenate([np.empty(0), *(cost for _, _, cost in found)])
    unsnapped = tuple(str(site) for site in sites.index[~sites.reachable])
    return TravelCosts(
        sites.index, attached.cells.index, np.cumsum(widths).astype(np.int64), cell, cost, attached.unit, attached.network.mode, limit,
        attached.cells.reachable, unsnapped,
    )  # fmt: skip


def _block(attached: Attached, sites: Snapped, block: slice, limit: float) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    network, some = attached.network, sites.part(block)
    seeds = seeds_of(attached, some)
    work = workspace(len(network.x), len(network.source), len(seeds.item))
    # 1 mm or 1 ms more: convention 4 compares rounded costs, and rounding is done once, by `within`.
    start, cell, cost = search_sites(attached.arcs, seeds, attached.entries, on_same_segment(attached, some), limit + 1e-3, work)
    kept = within(cost, limit)
    counts = np.concatenate([[0], np.cumsum(kept)])[start]
    return counts.astype(np.int64), cell[kept], cost[kept]


def seeds_of(attached: Attached, sites: Snapped) -> Lists:
    """Return per site the nodes its trips may come from last, with the cost from there to the site."""
    site, node, cost = _ends(attached.network, sites, attached.unit, to_head=BACKWARD, to_tail=FORWARD)
    return _by_list(site, node, cost, len(sites.index))


def _by_list(lists: NDArray[np.integer], item: NDArray[np.integer], cost: NDArray[np.float64], count: int) -> Lists:
    order = np.lexsort([item, lists])
    start = np.concatenate([[0], np.cumsum(np.bincount(lists, minlength=count))]).astype(np.int64)
    return Lists(start, item[order].astype(np.int32), cost[order])


def _ends(
    network: Network, points: Snapped, unit: Unit, *, to_head: int, to_tail: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return point, node and cost between them for both ends of each point's segment, as far as its directions allow.

    A point at the very end of a segment is at the node, whatever the directions.
    """
    near = np.flatnonzero(points.reachable)
    segment, fraction = points.segment[near], points.fraction[near]
    access, whole, allowed = points.access[near] * network.access_rate(unit), network.segment_cost(unit)[segment], network.allowed[segment]
    head, tail = ((allowed & to_head) > 0) | (fraction == 1), ((allowed & to_tail) > 0) | (fraction == 0)
    point = np.concatenate([near[head], near[tail]])
    node = np.concatenate([network.head[segment[head]], network.tail[segment[tail]]])
    cost = np.concatenate([(access + (1 - fraction) * whole)[head], (access + fraction * whole)[tail]])
    return point, node, cost


def on_same_segment(attached: Attached, sites: Snapped) -> Lists:
    """Return per site the cells on its own segment with the smaller of the way along it and, when walking, the straight way."""
    network, cells, unit = attached.network, attached.cells, attached.unit
    ordered = cells.segment[attached.by_segment]
    first, last = np.searchsorted(ordered, sites.segment, "left"), np.searchsorted(ordered, sites.segment, "right")
    count = np.where(sites.reachable, last - first, 0)
    site = np.repeat(np.arange(len(count)), count)
    cell = attached.by_segment[np.arange(len(site)) - np.repeat(np.cumsum(count) - count, count) + first[site]]
    segment, rate = sites.segment[site], network.access_rate(unit)
    onward = sites.fraction[site] - cells.fraction[cell]
    allowed = ((onward >= 0) & (network.allowed[segment] & FORWARD > 0)) | ((onward <= 0) & (network.allowed[segment] & BACKWARD > 0))
    along = (cells.access[cell] + sites.access[site]) * rate + np.abs(onward) * network.segment_cost(unit)[segment]
    cost = np.where(allowed | (onward == 0), along, np.inf)
    if network.mode == "walk":
        cost = np.minimum(cost, np.hypot(cells.x[cell] - sites.x[site], cells.y[cell] - sites.y[site]) * rate)
    return _by_list(site[np.isfinite(cost)], cell[np.isfinite(cost)], cost[np.isfinite(cost)], len(sites.index))
