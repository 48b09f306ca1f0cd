"""Routes and service areas for drawing; nothing is counted from them (convention 9)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planning.travel.areas import Method, widened
from planning.travel.attaching import Attached
from planning.travel.bundles import GRAIN, Points
from planning.travel.search import highest
from planning.travel.settling import Workspace, settle, workspace
from planning.travel.snapping import Snapped

WIDTH_M = 40.0


def path(attached: Attached, cell: int, sites: Snapped, site: str) -> shapely.LineString | None:
    """Return the cheapest way from a cell to a site.

    Parameters
    ----------
    attached : Attached
        Cells on a network, and the unit that counts.
    cell : int
        Label of a cell.
    sites : Snapped
        Sites snapped to the same network.
    site : str
        Label of a site.

    Returns
    -------
    LineString or None
        From the cell's point over both access legs to the site's point, in the metric CRS; None where there is no way.

    Raises
    ------
    KeyError
        When there is no such cell or site.
    """
    here, there = _position(attached.cells, cell), _position(sites, site)
    if not (attached.cells.reachable[here] and sites.reachable[there]):
        return None
    some, cells = sites.part(slice(there, there + 1)), attached.on_chains
    work, _ = _settled(attached, some, np.inf)
    by_ends = np.array([work.label[cells.tails[here]] + cells.by_tail[here], work.label[cells.heads[here]] + cells.by_head[here]])
    at = int(np.flatnonzero(cells.order == here)[0])
    hung = attached.sites(some)
    own = np.arange(len(hung.beside)) + (cells.first[hung.own[0]] if len(hung.beside) else 0) == at
    direct = float(hung.beside[own].min(initial=np.inf))
    if not np.isfinite(min(direct, *by_ends)):
        return None
    if direct <= by_ends.min():
        return _drawn(
            attached, here, some, _between(attached, cells.points, at, hung.points), straight=_goes_straight(attached, here, at, some, direct)
        )
    end = int(np.argmin(by_ends))
    nodes = _from_point(attached, int(cells.points.chain[at]), int(cells.points.place[at]), to_head=end == 1)
    return _drawn(attached, here, some, nodes + _onward(attached, work, int((cells.tails, cells.heads)[end][here]), some), straight=False)


def service_area(attached: Attached, sites: Snapped, limit: float, width_m: float = WIDTH_M, *, by: Method = "buffer") -> shapely.Geometry:
    """Return the streets from which any of the sites can be reached within a limit, widened: a picture, not a measure.

    Parameters
    ----------
    attached : Attached
        Gives network and unit; its cells do not matter.
    sites : Snapped
        Sites snapped to the same network.
    limit : float
        Threshold in the unit.
    width_m : float
        Half width of the drawn streets in m.
    by : {"buffer", "contour"}
        See :func:`planning.travel.areas.widened`: the second is for many sites or wide areas.

    Returns
    -------
    Polygon or MultiPolygon
        In the metric CRS, valid, empty where nothing is reached. A street that is reached in part is drawn in that part. It is never a hull: the
        other bank of a river belongs to it only where a bridge leads there within the limit, or where the river is narrower than the drawn streets.
    """
    return widened(reached(attached, sites, limit), width_m, by)


def reached(attached: Attached, sites: Snapped, limit: float) -> NDArray[np.float64]:
    """Return the straight parts of streets from which any of the sites can be reached within a limit, begin and end, shape (parts, 2, 2)."""
    lines = [np.empty((0, 2, 2))]
    for position in np.flatnonzero(sites.reachable).tolist():
        site = sites.part(slice(position, position + 1))
        work, _ = _settled(attached, site, limit)
        chains = attached.network.chains
        lines += [
            _outward(attached, np.flatnonzero(np.isfinite(work.label[chains.tail])), work.label[chains.tail], limit, way=1),
            _outward(attached, np.flatnonzero(np.isfinite(work.label[chains.head])), work.label[chains.head], limit, way=0),
            *_around(attached, site, limit),
        ]
    return np.concatenate(lines)


def _settled(attached: Attached, site: Snapped, limit: float) -> tuple[Workspace, NDArray[np.int32]]:
    hung, work = attached.sites(site), workspace(attached.arcs, attached.longest)
    count = settle(attached.arcs, hung.ends[0], hung.costs[0], highest(limit), work, True)
    return work, work.settled[:count]


def _position(points: Snapped, label: object) -> int:
    position = int(points.index.get_indexer(pd.Index([label]))[0])
    if position < 0:
        raise KeyError(label)
    return position


def _nodes(attached: Attached, places: range, *, ends: bool) -> list[int]:
    """Return the nodes at the ends (along the chain) or at the beginnings of the segments at some places."""
    network, chains = attached.network, attached.network.chains
    some = np.arange(places.start, places.stop, places.step)
    segment, at_head = chains.segment[some], chains.against[some] != ends
    return [int(node) for node in np.where(at_head, network.head[segment], network.tail[segment])]


def _from_point(attached: Attached, chain: int, place: int, *, to_head: bool) -> list[int]:
    """Return the nodes from a place on a chain to its head, or to its tail."""
    start = attached.network.chains.start
    if to_head:
        return _nodes(attached, range(place, int(start[chain + 1])), ends=True)
    return _nodes(attached, range(place, int(start[chain]) - 1, -1), ends=False)


def _between(attached: Attached, cells: Points, cell: int, sites: Points) -> list[int]:
    """Return the nodes between two points of one chain."""
    at, to = int(cells.place[cell]), int(sites.place[0])
    return _nodes(attached, range(at, to), ends=True) if at < to else _nodes(attached, range(at, to, -1), ends=False)


def _onward(attached: Attached, work: Workspace, junction: int, site: Snapped) -> list[int]:
    """Return the nodes after a junction, on the marked way to the site."""
    chains, found = attached.network.chains, []
    while work.via[junction] >= 0:
        chain = int(attached.by_chain[work.via[junction]])
        begin, end = int(chains.start[chain]), int(chains.start[chain + 1])
        with_it = int(chains.tail[chain]) == junction
        found += _nodes(attached, range(begin, end), ends=True) if with_it else _nodes(attached, range(end - 1, begin - 1, -1), ends=False)
        junction = int(chains.head[chain] if with_it else chains.tail[chain])
    hung = attached.sites(site)
    from_tail = hung.ends[0, 0] == junction and hung.costs[0, 0] == work.label[junction]
    chain, place = int(hung.points.chain[0]), int(hung.points.place[0])
    if from_tail:
        return found + _nodes(attached, range(int(chains.start[chain]), place), ends=True)
    return found + _nodes(attached, range(int(chains.start[chain + 1]) - 1, place, -1), ends=False)


def _goes_straight(attached: Attached, cell: int, at: int, site: Snapped, cost: float) -> bool:
    """Return whether the way between two points of one segment leaves the street: only walkers do, and only where it is shorter."""
    points, cells = attached.on_chains.points, attached.cells
    if attached.straight == np.inf or cells.segment[cell] != site.segment[0]:
        return False
    way = 0 if points.fraction[at] <= attached.sites(site).points.fraction[0] else 1
    share = abs(float(cells.fraction[cell]) - float(site.fraction[0]))
    paid = share * attached.along.cost[way, points.place[at]] if share else 0.0
    return bool(cost < points.access[at] + attached.sites(site).points.access[0] + paid - 2 / GRAIN)


def _drawn(attached: Attached, cell: int, site: Snapped, nodes: list[int], *, straight: bool) -> shapely.LineString:
    cells, network = attached.cells, attached.network
    begin, end = (cells.x[cell], cells.y[cell]), (site.x[0], site.y[0])
    between = [_foot(attached, cells.part(slice(cell, cell + 1))), *zip(network.x[nodes], network.y[nodes], strict=True), _foot(attached, site)]
    points = [begin, *([] if straight else between), end]
    kept = [point for point, before in zip(points, [None, *points[:-1]], strict=True) if point != before]
    return shapely.LineString(kept if len(kept) > 1 else points[:1] * 2)


def _foot(attached: Attached, point: Snapped) -> tuple[float, float]:
    network, segment, fraction = attached.network, point.segment[0], point.fraction[0]
    tail, head = network.tail[segment], network.head[segment]
    x = network.x[tail] + fraction * (network.x[head] - network.x[tail])
    y = network.y[tail] + fraction * (network.y[head] - network.y[tail])
    return float(x), float(y)


def _outward(attached: Attached, chains: NDArray[np.int64], label: NDArray[np.float64], limit: float, *, way: int) -> NDArray[np.float64]:
    """Return the parts of some chains from which their tail (``way`` 1) or head (``way`` 0) is reached with what is left of the limit."""
    start, along = attached.network.chains.start, attached.along
    width = start[chains + 1] - start[chains]
    place = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width) + np.repeat(start[chains], width)
    chain = np.repeat(chains, width)
    low, high = (start[chain], place) if way == 1 else (place + 1, start[chain + 1])
    open_ = along.closed[way, high] == along.closed[way, low]
    left = limit - label[chain] - (along.sum[way, high] - along.sum[way, low])
    return _parts(attached, place, np.where(open_, left, -1.0), way)


def _around(attached: Attached, site: Snapped, limit: float) -> list[NDArray[np.float64]]:
    """Return the parts of the site's own chain from which it is reached without leaving the chain."""
    points, start, along = attached.sites(site).points, attached.network.chains.start, attached.along
    chain, at, fraction, foot = int(points.chain[0]), int(points.place[0]), float(points.fraction[0]), np.array(_foot(attached, site))
    left, found = limit - float(points.access[0]), []
    for way, share, places in ((0, fraction, range(at - 1, start[chain] - 1, -1)), (1, 1.0 - fraction, range(at + 1, start[chain + 1]))):
        cost = float(along.cost[way, at])
        if share > 0 and np.isfinite(cost) and left >= 0:
            begin, end = _ends(attached, np.array([at]))
            target = (begin if way == 0 else end)[0]
            part = min(1.0, left / max(share * cost, 1e-9))
            found.append(np.array([[foot, foot + part * (target - foot)]]))
        some = np.array(places, np.int64)
        paid = share * cost if share > 0 else 0.0
        before = np.cumsum(np.concatenate([[0.0], along.cost[way, some][:-1]])) if len(some) else np.empty(0)
        found.append(_parts(attached, some, left - paid - before, way))
    return found


def _ends(attached: Attached, place: NDArray[np.integer]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the segments at some places begin and end along their chains, shape (places, 2)."""
    network, chains = attached.network, attached.network.chains
    segment, against = chains.segment[place], chains.against[place]
    first, last = np.where(against, network.head[segment], network.tail[segment]), np.where(against, network.tail[segment], network.head[segment])
    return np.column_stack([network.x[first], network.y[first]]), np.column_stack([network.x[last], network.y[last]])


def _parts(attached: Attached, place: NDArray[np.integer], left: NDArray[np.float64], way: int) -> NDArray[np.float64]:
    """Return the parts of segments that what is left pays for: from their beginning (``way`` 1) or end (``way`` 0) outward."""
    cost = attached.along.cost[way, place]
    usable = (left >= 0) & np.isfinite(cost)
    begin, end = _ends(attached, place[usable])
    if way == 0:
        begin, end = end, begin
    share = np.clip(left[usable] / np.maximum(cost[usable], 1e-9), 0.0, 1.0)[:, None]
    return np.stack([begin, begin + share * (end - begin)], axis=1)
