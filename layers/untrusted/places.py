"""Coordinate systems that name no file, and shapes whose coordinates are finite numbers."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from layers.errors import PlanningError
from layers.untrusted import opening

# PROJ opens the grid files that a definition names, wherever they lie.
_NAMES_FILES = re.compile(r"grids|PARAMETERFILE|\+init=|\bfile=|\.(gsb|gtx|tif|tiff|gvb|lla)\b", re.IGNORECASE)
_FARTHEST = 1e9  # degrees or metres
_COLLECTION = 7  # GEOS cannot make every collection valid, even one that is


def check_crs(crs: CRS | None, path: Path, file: str, layer: str) -> None:
    """Refuse a coordinate system that names files, or that cannot be converted to degrees.

    Raises
    ------
    PlanningError
    """
    if crs is None:
        return
    with opening(path, "untrusted.crs", file=file, layer=layer):
        if _NAMES_FILES.search(crs.to_wkt()) or _NAMES_FILES.search(crs.srs):
            raise PlanningError("untrusted.crs_files", file=file, layer=layer)
        Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)


def sound_shapes(layer: gpd.GeoDataFrame, file: str, name: str) -> gpd.GeoDataFrame:
    """Return a layer of plane shapes in which every coordinate is finite: points that have others are without position.

    Heights are dropped: nothing here uses those of shapes, and one that is no number would spoil the place when it is converted.

    Raises
    ------
    PlanningError
        When a line or an area has coordinates that are no numbers, or cannot be made valid; its rows are named.
    """
    if layer.geometry.has_z.any():
        layer = layer.set_geometry(gpd.GeoSeries(shapely.force_2d(layer.geometry.to_numpy()), index=layer.index, crs=layer.crs))
    shapes = np.asarray(layer.geometry.array, dtype=object)
    bad = _not_finite(shapes)
    points: NDArray[np.bool_] = bad & np.isin(shapely.get_type_id(shapes), (0, 4))
    if layer.crs is not None and layer.crs.is_geographic:
        bad[_off_the_globe(shapes) & ~np.isin(shapely.get_type_id(shapes), (0, 4))] = True
    rows = layer.index[(bad & ~points) | _beyond_repair(_without(shapes, bad))]
    if len(rows):
        raise PlanningError("untrusted.shapes", file=file, layer=name, rows="、".join(map(str, rows[:5])))
    if not points.any():
        return layer
    return layer.set_geometry(gpd.GeoSeries(_without(shapes, points), index=layer.index, crs=layer.crs))


def _without(shapes: NDArray[np.object_], which: NDArray[np.bool_]) -> NDArray[np.object_]:
    kept = shapes.copy()
    kept[which] = None
    return kept


def _not_finite(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    places, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=np.bool_)
    bad[owner[~(np.abs(places) < _FARTHEST).all(axis=1)]] = True
    return bad


def _off_the_globe(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which shapes in degrees reach beyond the poles, where no projection goes."""
    bounds = shapely.bounds(shapes)
    return np.asarray((np.abs(bounds[:, [1, 3]]) > 90).any(axis=1), dtype=np.bool_)


def _beyond_repair(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which shapes the geometry library cannot make valid."""
    lost = np.zeros(len(shapes), dtype=np.bool_)
    doubtful: NDArray[np.bool_] = (~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)) | (shapely.get_type_id(shapes) == _COLLECTION)
    for row in np.flatnonzero(doubtful).tolist():
        try:
            shapely.make_valid(shapes[row])
        except shapely.errors.GEOSException:
            lost[row] = True
    return lost
