"""Snapping: where cells and sites reach the streets (convention 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.progress import Progress, silent
from planning.travel.costs import within
from planning.travel.network import Network

_BLOCK = 20_000
NOWHERE = -1


@dataclass(frozen=True)
class Snapped:
    """Points and the nearest point of the nearest usable segment.

    Attributes
    ----------
    index : Index
        Labels of the points.
    x, y : float64, shape (points,)
        The points themselves in the metric CRS, NaN where there is no position.
    segment : int32, shape (points,)
        Position of the segment in the network, -1 where none is near enough: the point is *unreachable*.
    fraction : float64, shape (points,)
        Where on the segment, 0 at its tail to 1 at its head.
    access : float64, shape (points,)
        Metres in a straight line to there; NaN where unreachable.
    """

    index: pd.Index[Any]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    segment: NDArray[np.int32]
    fraction: NDArray[np.float64]
    access: NDArray[np.float64]

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Where a point has a segment near enough, shape (points,)."""
        near: NDArray[np.bool_] = self.segment != NOWHERE
        return near

    def part(self, block: slice | NDArray[np.integer]) -> Snapped:
        """Return some of the points, by a slice or their positions."""
        return Snapped(self.index[block], self.x[block], self.y[block], self.segment[block], self.fraction[block], self.access[block])


def snap(network: Network, points: gpd.GeoSeries, *, progress: Progress = silent) -> Snapped:
    """Snap points to the nearest point of the nearest segment, at most ``network.snap_m`` away.

    Parameters
    ----------
    network : Network
        Usable streets of one mode.
    points : GeoSeries, shape (points,)
        Points in the network's CRS with unique labels; missing and empty ones are unreachable.
    progress : Progress
        Called with the stage ``stage.snap`` between blocks of points.

    Raises
    ------
    ValueError
        When points and network are in different CRS.

    Notes
    -----
    Of equally near segments the first in the file counts. A distance equal to ``snap_m`` is near enough, after rounding to 1 mm.
    """
    if points.crs is not None and points.crs != network.crs:
        raise ValueError("points and network must be in one CRS")
    # An empty point has no x to ask for; without it there is nothing to snap either.
    places = np.asarray(points.where(~points.is_empty, None).array)
    x, y = shapely.get_x(places), shapely.get_y(places)
    segment = np.full(len(places), NOWHERE, np.int32)
    for begin in range(0, len(places), _BLOCK):
        progress("stage.snap", begin, len(places))
        block = slice(begin, begin + _BLOCK)
        segment[block] = _nearest(network, places[block])
    fraction, access = _foot(network, x, y, segment)
    far = ~within(access, network.snap_m)
    segment[far], fraction[far], access[far] = NOWHERE, np.nan, np.nan
    progress("stage.snap", len(places), len(places))
    return Snapped(points.index, x, y, segment, fraction, access)


def _nearest(network: Network, places: NDArray[np.object_]) -> NDArray[np.int32]:
    found = np.full(len(places), NOWHERE, np.int32)
    # 1 cm more than the limit: the exact comparison is made afterwards, on rounded distances.
    point, segment = network.tree.query_nearest(places, max_distance=network.snap_m + 0.01, all_matches=True)
    order = np.lexsort([segment, point])
    point, segment = point[order], segment[order]
    first = np.concatenate([[True], point[1:] != point[:-1]]) if len(point) else np.empty(0, bool)
    found[point[first]] = segment[first]
    return found


def _foot(
    network: Network, x: NDArray[np.float64], y: NDArray[np.float64], segment: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the fraction of the perpendicular foot on each segment and the distance to it, infinite without segment."""
    tail, head = network.tail[segment], network.head[segment]
    along_x, along_y = network.x[head] - network.x[tail], network.y[head] - network.y[tail]
    square = along_x**2 + along_y**2
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = ((x - network.x[tail]) * along_x + (y - network.y[tail]) * along_y) / square
    fraction = np.where(square > 0, np.clip(fraction, 0.0, 1.0), 0.0)
    distance = np.hypot(x - network.x[tail] - fraction * along_x, y - network.y[tail] - fraction * along_y)
    return fraction, np.where(segment == NOWHERE, np.inf, distance)
