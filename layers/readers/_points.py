"""Tables of points: from a csv file or sheet with longitude and latitude, or from a vector file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.crs import DEGREES, SHIFTED, SHIFTED_BOX, layer_to_metric, to_metric
from layers.errors import Fault, PlanningError, Severity
from layers.readers._columns import find_columns, number, text
from layers.readers._files import TABLES, VECTORS, read_table, read_vector


class Spec(Protocol):
    """What every layer of county.toml says of its file."""

    @property
    def file(self) -> str:
        """Path inside the folder."""

    @property
    def datum(self) -> str:
        """Datum as stated."""

    @property
    def encoding(self) -> str | None:
        """Text encoding."""

    @property
    def columns(self) -> dict[str, str]:
        """Heads by field."""


def point_table(folder: Path, spec: Spec, layer: str, crs: CRS, *, kind: str = "place") -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Read a layer of points into the metric CRS.

    Parameters
    ----------
    folder : Path
        The county's folder.
    spec : Spec
        The layer as listed; ``sheet`` and ``header_row`` are taken where it has them.
    layer : str
        Name for errors and findings.
    crs : CRS
        Metric CRS.
    kind : str
        Table of ``columns.toml`` that knows the aliases of ``lon`` and ``lat``.

    Returns
    -------
    GeoDataFrame
        All rows, the file's columns as they are, geometry: a point, or None where the row has no usable position.
    list of Fault
        Rows without position (warnings) and with an impossible one (errors naming the field).
    """
    suffix = PurePosixPath(spec.file).suffix.lower()
    sheet = getattr(spec, "sheet", None)
    if suffix in VECTORS:
        read = read_vector(folder, spec.file, layer, encoding=spec.encoding, sublayer=sheet)
        moved = layer_to_metric(read, spec.datum, crs, file=spec.file)
        return moved.set_geometry(as_points(np.asarray(moved.geometry.array)), crs=crs), _without_shape(moved, spec, layer)
    if suffix not in TABLES:
        raise PlanningError("file.format", file=spec.file, layer=layer, suffix=suffix or "-", formats=" ".join((*TABLES, *VECTORS)))
    table = read_table(folder, spec.file, layer, encoding=spec.encoding, sheet=sheet, header_row=getattr(spec, "header_row", 1))
    columns = find_columns(table.columns, kind, spec.columns, file=spec.file, layer=layer)
    return _located(table, columns, spec, layer, crs)


def as_points(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return points as they are and a point inside every other shape: its centroid where that lies inside; None for empty shapes."""
    centres = shapely.centroid(shapes)
    astray = ~shapely.intersects(shapes, centres)
    centres[astray] = shapely.point_on_surface(shapes[astray])
    centres[shapely.is_empty(centres) | shapely.is_missing(centres)] = None
    return np.asarray(shapely.force_2d(centres), dtype=object)


def _without_shape(layer: gpd.GeoDataFrame, spec: Spec, name: str) -> list[Fault]:
    lost = layer.index[layer.geometry.isna() | layer.geometry.is_empty]
    return [Fault("warning", "point.no_position", name, spec.file, row=int(row)) for row in lost]


def _located(table: pd.DataFrame, columns: Mapping[str, str], spec: Spec, layer: str, crs: CRS) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    if not {"lon", "lat"} <= set(columns):
        faults = [Fault("warning", "point.no_columns", layer, spec.file, values={"heads": "、".join(table.columns), "count": len(table)})]
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(_nowhere(len(table)), index=table.index, crs=crs)), faults
    if spec.datum == "file":
        raise PlanningError("datum.unstated", file=spec.file)
    faults = []
    degrees = np.full((len(table), 2), np.nan)
    for position, row in enumerate(table.index):
        pair, fault = _pair(table.loc[row, columns["lon"]], table.loc[row, columns["lat"]], spec.datum)
        degrees[position] = pair
        if fault is not None:
            field, code, severity = fault
            heads = {"lon": columns["lon"], "lat": columns["lat"], "": ""}
            value = text(table.loc[row, heads[field]]) if field else ""
            faults.append(Fault(severity, code, layer, spec.file, getattr(spec, "sheet", None) or "", int(row), heads[field], value))
    known = np.isfinite(degrees).all(axis=1)
    points = _nowhere(len(table))
    if known.any():
        points[known] = shapely.points(*to_metric(degrees[known, 0], degrees[known, 1], spec.datum, crs))
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, index=table.index, crs=crs), crs=crs), faults


def _nowhere(count: int) -> NDArray[np.object_]:
    return np.empty(count, dtype=np.object_)


def _pair(lon: object, lat: object, datum: str) -> tuple[tuple[float, float], tuple[str, str, Severity] | None]:
    """Return a position, or NaN and what is wrong with it: field, code, severity."""
    nowhere = (np.nan, np.nan)
    x, y = number(lon), number(lat)
    if x is None or y is None:
        return nowhere, ("lon" if x is None else "lat", "point.no_number", "error")
    if np.isnan(x) or np.isnan(y) or (x == 0 and y == 0):
        return nowhere, ("", "point.no_position", "warning")
    if datum in DEGREES and not (abs(x) <= 180 and abs(y) <= 90):
        swapped = abs(y) <= 180 and abs(x) <= 90
        return nowhere, ("lon", "point.swapped" if swapped else "point.impossible", "error")
    if datum in SHIFTED and not (SHIFTED_BOX[0] <= x <= SHIFTED_BOX[2] and SHIFTED_BOX[1] <= y <= SHIFTED_BOX[3]):
        return nowhere, ("lon", "point.not_china", "error")
    return (x, y), None
