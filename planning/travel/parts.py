"""Parts: which streets of a mode hang together, and who lives at those that do not."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers.streets import BACKWARD, FORWARD, StreetNetwork
from layers.types import Mode
from planning.travel.costs import within

MAIN = 0
NOWHERE = -1


@dataclass(frozen=True)
class Parts:
    """Connected parts of the streets that a mode may use.

    A part is a strongly connected component: from each of its points every other can be reached, and back. Trips use the main part alone unless
    county.toml says ``components = "all"`` (convention 8).

    Attributes
    ----------
    mode : {"walk", "drive"}
    table : DataFrame
        Index ``part``: 0 is the main one, the others by their number of points. Columns ``points`` (of the street file), ``metres`` (of segments
        with both ends in the part, once for both directions), ``x`` and ``y`` (a point of the part near its middle, metric CRS).
    between_m : float
        Metres of one-way segments that lead from one part to another.
    nearest : int32, shape (cells,)
        Part with the street nearest to each cell, -1 where none is within the snap distance. Of equally near parts the larger counts.
    """

    mode: Mode
    table: pd.DataFrame
    between_m: float
    nearest: NDArray[np.int32]


def parts_of(streets: StreetNetwork, mode: Mode, cells: gpd.GeoSeries, snap_m: float) -> Parts:
    """Find the connected parts of the streets of a mode, and the one nearest to each cell.

    Parameters
    ----------
    streets : StreetNetwork
    mode : {"walk", "drive"}
    cells : GeoSeries, shape (cells,)
        Points in the CRS of the streets.
    snap_m : float
        Farthest way to the nearest street, in m.

    Returns
    -------
    Parts

    Notes
    -----
    Components after R. E. Tarjan (1972), Depth-first search and linear graph algorithms, SIAM J. Comput. 1, as scipy has them.
    """
    usable = np.flatnonzero(streets.allowed[mode])
    nodes, ends = np.unique(np.concatenate([streets.tail[usable], streets.head[usable]]), return_inverse=True)
    tail, head = ends[: len(usable)], ends[len(usable) :]
    part = ranked(components(streets.allowed[mode][usable], tail, head, len(nodes)))
    inside = part[tail] == part[head]
    length = streets.length[usable]
    count = int(part.max(initial=-1)) + 1
    table = pd.DataFrame(
        {"points": np.bincount(part, minlength=count), "metres": np.bincount(part[tail[inside]], length[inside], count)},
        index=pd.RangeIndex(count, name="part"),
    )
    middle = _middles(part, streets.x[nodes], streets.y[nodes])
    table["x"], table["y"] = streets.x[nodes][middle], streets.y[nodes][middle]
    of_segment = part[tail[inside]]
    nearest = nearest_segments(streets, usable[inside], of_segment, cells, snap_m)
    at = np.where(nearest == NOWHERE, NOWHERE, of_segment[nearest] if len(of_segment) else NOWHERE).astype(np.int32)
    return Parts(mode, table, float(length[~inside].sum()), at)


def components(allowed: NDArray[np.uint8], tail: NDArray[np.int64], head: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    """Return the strongly connected component of each node, shape (nodes,), of segments open in the directions of ``allowed``."""
    forward, backward = (allowed & FORWARD) > 0, (allowed & BACKWARD) > 0
    leave, arrive = np.concatenate([tail[forward], head[backward]]), np.concatenate([head[forward], tail[backward]])
    graph = coo_array((np.ones(len(leave), np.int8), (leave, arrive)), shape=(count, count))
    _, component = connected_components(graph, directed=True, connection="strong")
    return np.asarray(component, dtype=np.int32)


def ranked(component: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return components numbered by size, of equal ones that of the first point of the file first: the main one is 0."""
    _, first, sizes = np.unique(component, return_index=True, return_counts=True)
    rank = np.empty(len(sizes), np.int32)
    rank[np.lexsort([first, -sizes])] = np.arange(len(sizes), dtype=np.int32)
    return rank[component]


def _middles(part: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each part the point of it that is nearest to the mean of its points, shape (parts,)."""
    size = np.maximum(np.bincount(part), 1)
    far = np.hypot(x - (np.bincount(part, x) / size)[part], y - (np.bincount(part, y) / size)[part])
    order = np.lexsort((np.round(far, 3), part))
    return order[np.searchsorted(part[order], np.arange(len(size)))] if len(part) else np.empty(0, np.int64)


def nearest_segments(
    streets: StreetNetwork, segments: NDArray[np.int64], rank: NDArray[np.int32], cells: gpd.GeoSeries, snap_m: float
) -> NDArray[np.int64]:
    """Return the position among ``segments`` of the nearest one of each cell, -1 where none is within the snap distance, shape (cells,).

    Of equally near segments that of the smallest ``rank`` counts, then the first in the file.
    """
    found = np.full(len(cells), NOWHERE, np.int64)
    if not len(segments):
        return found
    places = np.asarray(cells.array)
    # 1 cm more than the limit: the comparison is made on rounded distances, once and for all by `within`.
    tree = shapely.STRtree(drawn_segments(streets, segments))
    (cell, segment), far = tree.query_nearest(places, max_distance=snap_m + 0.01, return_distance=True, all_matches=True)
    near = within(far, snap_m)
    cell, segment = cell[near], segment[near]
    order = np.lexsort((segment, rank[segment], cell))
    which, first = np.unique(cell[order], return_index=True)
    found[which] = segment[order][first]
    return found


def drawn_segments(streets: StreetNetwork, segments: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return segments as lines."""
    tail, head = streets.tail[segments], streets.head[segments]
    ends = np.stack([streets.x[tail], streets.y[tail], streets.x[head], streets.y[head]], axis=1)
    return np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)))
