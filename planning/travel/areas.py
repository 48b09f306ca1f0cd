"""Areas around streets, for drawing: by buffers, or by the contour of a distance raster."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import shapely
from numpy.typing import NDArray

Method: TypeAlias = Literal["buffer", "contour"]

LARGEST = 4_000_000
"""Nodes of a raster; wider areas are drawn coarser."""


def widened(parts: NDArray[np.float64], width_m: float, by: Method) -> shapely.Geometry:
    """Return everything within a distance of some straight lines.

    Parameters
    ----------
    parts : float64, shape (parts, 2, 2)
        Begin and end of each, x and y in a metric CRS.
    width_m : float
        The distance, in m.
    by : {"buffer", "contour"}
        ``buffer`` joins the buffers of the lines, round to 1/16 of a circle. ``contour`` takes the distance to the lines at the nodes of a
        raster of half the width (by the distance transform of Maurer et al. 2003) and draws the line of equal distance between them: many times
        faster, and off by less than the raster's step. Where that raster would have more than :data:`LARGEST` nodes it is coarser, and the
        area as much wider.

    Returns
    -------
    Polygon or MultiPolygon
        Valid; empty without lines.
    """
    if not len(parts):
        return shapely.MultiPolygon()
    # Most streets are reached from both ends: once is enough.
    parts = np.unique(parts[np.arange(len(parts))[:, None], np.lexsort([parts[..., 1], parts[..., 0]])], axis=0)
    return shapely.union_all(shapely.buffer(shapely.linestrings(parts), width_m, quad_segs=4)) if by == "buffer" else _contour(parts, width_m)


def _contour(parts: NDArray[np.float64], width_m: float) -> shapely.Geometry:
    from contourpy import FillType, contour_generator

    (west, south), (east, north) = parts.min(axis=(0, 1)), parts.max(axis=(0, 1))
    step = max(width_m / 2, float(np.sqrt((east - west) * (north - south) / LARGEST)))
    width = max(width_m, 2 * step)
    # One node beyond the area on each side: there it ends.
    x = np.arange(west - width - step, east + width + 2 * step, step)
    y = np.arange(south - width - step, north + width + 2 * step, step)
    distance = _distance(_samples(parts, step / 2), x, y)
    found = cast("tuple[list[Any], list[Any]]", contour_generator(x, y, distance, fill_type=FillType.OuterOffset).filled(-1.0, width))
    areas = [_polygon(points, offsets, step) for points, offsets in zip(*found, strict=True)]
    area = areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)
    # A contour may touch itself in a point.
    return area if area.is_valid else shapely.make_valid(area, method="structure", keep_collapsed=False)


def _samples(parts: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return points along straight lines at most ``step`` apart, both ends included, shape (points, 2)."""
    along = parts[:, 1] - parts[:, 0]
    count = np.ceil(np.hypot(along[:, 0], along[:, 1]) / step).astype(np.int64) + 1
    part = np.repeat(np.arange(len(parts)), count)
    number = np.arange(len(part)) - np.repeat(np.cumsum(count) - count, count)
    share = number / np.maximum(count[part] - 1, 1)
    points: NDArray[np.float64] = parts[part, 0] + share[:, None] * along[part]
    return points


def _distance(points: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance from each node of a raster to about the nearest point, shape (rows, columns)."""
    from scipy.ndimage import distance_transform_edt

    step = x[1] - x[0]
    column, row = np.round((points[:, 0] - x[0]) / step).astype(np.int64), np.round((points[:, 1] - y[0]) / step).astype(np.int64)
    # A node with points near it holds the one nearest to it, which is written last.
    order = np.argsort(-np.hypot(points[:, 0] - x[column], points[:, 1] - y[row]), kind="stable")
    held = np.full((len(y), len(x)), -1, np.int64)
    held[row[order], column[order]] = order
    nearest_row, nearest_column = distance_transform_edt(held < 0, return_distances=False, return_indices=True)
    nearest = points[held[nearest_row, nearest_column]]
    distance: NDArray[np.float64] = np.hypot(nearest[..., 0] - x[None, :], nearest[..., 1] - y[:, None])
    return distance


def _polygon(points: NDArray[np.float64], offsets: NDArray[np.integer], step: float) -> shapely.Polygon:
    """Return a part with its holes, but for those no larger than a square of the raster: between two nodes its line is a guess."""
    outer, *holes = (points[begin:end] for begin, end in pairwise(offsets.tolist()))
    return shapely.Polygon(outer, [hole for hole in holes if shapely.Polygon(hole).area > step**2])
