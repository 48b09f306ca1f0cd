"""Telling which township a place lies in, and which one a name means."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers.outlines import Outlines

_SUFFIX = re.compile(r"(街道办事处|街道|社区居民委员会|居民委员会|村民委员会|社区|镇|乡|村|区|县|市)$")


def townships_of(outlines: Outlines, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return the township each point lies in, and whether that is estimated.

    A point inside a township's outline takes its code (of two that share a border, the smaller code); one in no outline takes the nearest outline,
    and without outlines the township of the nearest village: both are estimated. With neither the county is one area.

    Parameters
    ----------
    outlines : Outlines
        In the same CRS as the points.
    x, y : float64 arrays, shape (points,)
        Easting and northing, m.

    Returns
    -------
    codes : object array, shape (points,)
        Township codes; empty where several townships are known and nothing tells which one.
    estimated : bool array, shape (points,)
    """
    drawn = outlines.townships[outlines.townships.geometry.notna()]
    if len(outlines.townships) == 1:
        return _same(str(outlines.townships.index[0]), len(x)), np.zeros(len(x), dtype=np.bool_)
    points = np.asarray(shapely.points(x, y), dtype=np.object_)
    if len(drawn):
        return _by_outline(drawn, points)
    located = outlines.villages[outlines.villages.geometry.notna()]
    if not len(located):
        return _same("", len(x)), np.ones(len(x), dtype=np.bool_)
    nearest = _nearest(np.asarray(located.geometry.array), points)
    return located["township"].to_numpy(dtype=object)[nearest], np.ones(len(x), dtype=np.bool_)


def within_county(outlines: Outlines, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points lie inside the county's outline; all where none is given."""
    if outlines.county is None:
        return np.ones(len(x), dtype=bool)
    shapely.prepare(outlines.county)
    return np.asarray(shapely.intersects_xy(outlines.county, x, y), dtype=bool)


def township_code(outlines: Outlines, written: str) -> str:
    """Return the code of a township written by code or name (with or without 镇, 乡, 街道), or an empty text."""
    if written in outlines.townships.index:
        return written
    named = {name: code for code, name in outlines.townships["name"].items()}
    if written in named:
        return str(named[written])
    short = [code for name, code in named.items() if _short(name) == _short(written)]
    return str(short[0]) if written and len(short) == 1 else ""


def _same(code: str, count: int) -> NDArray[np.object_]:
    codes = np.empty(count, dtype=np.object_)
    codes[:] = code
    return codes


def _short(name: str) -> str:
    return _SUFFIX.sub("", name) or name


def _by_outline(drawn: gpd.GeoDataFrame, points: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    ordered = drawn.sort_index()
    outlines = np.asarray(ordered.geometry.array)
    names = ordered.index.to_numpy(dtype=object)
    found = np.full(len(points), len(names), dtype=np.int64)
    point, area = shapely.STRtree(points).query(outlines, predicate="intersects")[::-1]
    np.minimum.at(found, point, area)
    lost = found == len(names)
    if lost.any():
        found[lost] = _nearest(outlines, points[lost])
    return names[found], lost


def _nearest(shapes: NDArray[np.object_], points: NDArray[np.object_]) -> NDArray[np.int64]:
    point, shape = shapely.STRtree(shapes).query_nearest(points, all_matches=True)
    nearest = np.full(len(points), len(shapes), dtype=np.int64)
    np.minimum.at(nearest, point, shape)
    return nearest
