"""Routes and service areas for drawing; nothing is counted from them (convention 9)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planning.travel.areas import Method, widened
from planning.travel.costs import within
from planning.travel.kernels import Lists, Workspace, settle, workspace
from planning.travel.search import Attached, on_same_segment, seeds_of
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
    some = sites.part(slice(there, there + 1))
    work = _settled(attached, some, np.inf)[0]
    entries = np.flatnonzero(attached.entries.item == here)
    nodes = np.searchsorted(attached.entries.start, entries, side="right") - 1
    known = work.stamp[nodes] == 1
    costs = work.label[nodes[known]] + attached.entries.cost[entries[known]]
    direct = on_same_segment(attached, some)
    straight = direct.cost[direct.item == here].min(initial=np.inf)
    if straight <= costs.min(initial=np.inf):
        return _beside(attached, here, some) if np.isfinite(straight) else None
    return _line(attached, here, some, _nodes(work, int(nodes[known][np.argmin(costs)])))


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
    network, whole = attached.network, attached.network.segment_cost(attached.unit)
    lines = []
    for position in np.flatnonzero(sites.reachable).tolist():
        site = sites.part(slice(position, position + 1))
        work, nodes = _settled(attached, site, limit)
        spans = [np.arange(network.start[node], network.start[node + 1]) for node in nodes]
        arcs = np.concatenate([np.empty(0, np.int64), *spans])
        target = np.repeat(nodes, [len(span) for span in spans])
        lines.append(_parts(_places(attached, target), _places(attached, network.source[arcs]), limit - work.label[target], whole[network.arc[arcs]]))
        own, access = seeds_of(attached, site), site.access[0] * network.access_rate(attached.unit)
        lines.append(_parts(np.array([_foot(attached, site)]), _places(attached, own.item), limit - access, own.cost - access))
    return np.concatenate([np.empty((0, 2, 2)), *lines])


def _settled(attached: Attached, site: Snapped, limit: float) -> tuple[Workspace, NDArray[np.int32]]:
    seeds: Lists = seeds_of(attached, site)
    work = workspace(len(attached.network.x), len(attached.network.source), len(seeds.item))
    count = settle(attached.arcs, seeds, 0, limit, work)
    nodes = work.settled[:count]
    return work, nodes[within(work.label[nodes], limit)]


def _parts(begin: NDArray[np.float64], end: NDArray[np.float64], left: NDArray[np.float64] | float, cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the first part of straight lines that what is left of the limit pays for, shape (lines, 2, 2)."""
    share = np.clip(left / np.maximum(cost, 1e-9), 0.0, 1.0)[:, None]
    return np.stack([begin + 0 * end, begin + share * (end - begin)], axis=1)


def _position(points: Snapped, label: object) -> int:
    position = int(points.index.get_indexer(pd.Index([label]))[0])
    if position < 0:
        raise KeyError(label)
    return position


def _nodes(work: Workspace, node: int) -> list[int]:
    found = []
    while node >= 0:
        found.append(node)
        node = int(work.via[node])
    return found


def _beside(attached: Attached, cell: int, site: Snapped) -> shapely.LineString:
    """Return the way between points on one segment: straight when walking, else along it."""
    if attached.network.mode == "walk":
        return shapely.LineString([(attached.cells.x[cell], attached.cells.y[cell]), (site.x[0], site.y[0])])
    return _line(attached, cell, site, [])


def _line(attached: Attached, cell: int, site: Snapped, nodes: list[int]) -> shapely.LineString:
    cells, network = attached.cells, attached.network
    ends = [_foot(attached, cells.part(slice(cell, cell + 1))), _foot(attached, site)]
    points = [(cells.x[cell], cells.y[cell]), ends[0], *zip(network.x[nodes], network.y[nodes], strict=True), ends[1], (site.x[0], site.y[0])]
    return shapely.LineString([point for point, before in zip(points, [None, *points[:-1]], strict=True) if point != before])


def _foot(attached: Attached, point: Snapped) -> tuple[float, float]:
    network, segment, fraction = attached.network, point.segment[0], point.fraction[0]
    tail, head = _places(attached, network.tail[[segment]])[0], _places(attached, network.head[[segment]])[0]
    x, y = tail + fraction * (head - tail)
    return float(x), float(y)


def _places(attached: Attached, nodes: NDArray[np.integer]) -> NDArray[np.float64]:
    return np.column_stack([attached.network.x[nodes], attached.network.y[nodes]])
