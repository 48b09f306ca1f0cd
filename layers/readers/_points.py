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

from layers.checking.origins import GEOMETRY
from layers.crs import DEGREES, layer_to_metric, to_metric
from layers.errors import Fault, PlanningError
from layers.readers._columns import find_columns
from layers.readers._files import TABLES, VECTORS, read_table, read_vector
from layers.readers.datum_rows import Origin, Written, as_points, placed_rows, written_shapes, wrong_places

_MOST = 0.5


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


def point_table(
    folder: Path, spec: Spec, layer: str, crs: CRS, *, kind: str = "place", seen: list[Written] | None = None
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
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
    seen : list of Written, optional
        Takes the positions as the file has them, for judging their datum (:mod:`layers.readers.datum_judging`).

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
        read, found = _plausible(read_vector(folder, spec.file, layer, encoding=spec.encoding, sublayer=sheet), spec, layer)
        moved = layer_to_metric(read, spec.datum, crs, file=spec.file)
        if seen is not None:
            seen.append(written_shapes(read, Origin(layer, spec.file, sheet or "", spec.datum), kind, spec.columns))
        return moved.set_geometry(as_points(np.asarray(moved.geometry.array)), crs=crs), found
    if suffix not in TABLES:
        raise PlanningError("file.format", file=spec.file, layer=layer, suffix=suffix or "-", formats=" ".join((*TABLES, *VECTORS)))
    table = read_table(folder, spec.file, layer, encoding=spec.encoding, sheet=sheet, header_row=getattr(spec, "header_row", None) or 1)
    columns = find_columns(table.columns, kind, spec.columns, file=spec.file, layer=layer)
    return _located(table, columns, Origin(layer, spec.file, sheet or "", spec.datum), crs, seen)


def table_points(
    table: pd.DataFrame, columns: Mapping[str, str], origin: Origin, crs: CRS, seen: list[Written] | None = None
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return a table whose cells were read already with a point per row, as :func:`point_table` does."""
    return _located(table, columns, origin, crs, seen)


def _plausible(read: gpd.GeoDataFrame, spec: Spec, layer: str) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return features without the places that cannot be, and a finding for each, as for the rows of a table.

    Where most of a file's degrees are none, nothing is taken away: the datum is wrong then, and the file is refused with what to state.
    """
    points = as_points(np.asarray(read.geometry.array))
    wrong = np.where(pd.isna(points), "point.no_position", "").astype(object)
    located = np.flatnonzero(wrong == "")
    if len(located) and (spec.datum in DEGREES or (spec.datum == "file" and read.crs is not None and read.crs.is_geographic)):
        places = shapely.get_coordinates(points[located])
        codes = wrong_places(places[:, 0], places[:, 1], "WGS84" if spec.datum == "file" else spec.datum)
        wrong[located] = codes if np.mean(codes != "") < _MOST else ""
    faults = [_fault(str(code), spec, layer, int(row), point) for code, row, point in zip(wrong, read.index, points, strict=True) if code]
    shapes = np.array(read.geometry.array, dtype=np.object_)
    shapes[wrong != ""] = None
    return read.set_geometry(gpd.GeoSeries(shapes, index=read.index, crs=read.crs)), faults


def _fault(code: str, spec: Spec, layer: str, row: int, point: shapely.Point | None) -> Fault:
    value = "" if point is None else f"{point.x:.10g}, {point.y:.10g}"
    return Fault("warning" if code == "point.no_position" else "error", code, layer, spec.file, row=row, field=GEOMETRY, value=value)


def _located(
    table: pd.DataFrame, columns: Mapping[str, str], origin: Origin, crs: CRS, seen: list[Written] | None
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    if not {"lon", "lat"} <= set(columns) and not {"lonlat", "latlon"} & set(columns):
        values = {"heads": "、".join(map(str, table.columns)), "count": len(table)}
        faults = [Fault("warning", "point.no_columns", origin.layer, origin.file, values=values)]
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(_nowhere(len(table)), index=table.index, crs=crs)), faults
    if origin.datum == "file":
        raise PlanningError("datum.unstated", file=origin.file)
    placed, faults, written = placed_rows(table, columns, origin)
    if seen is not None:
        seen.append(written)
    known = np.isfinite(placed).all(axis=1)
    points = _nowhere(len(table))
    if known.any():
        points[known] = shapely.points(*to_metric(placed[known, 0], placed[known, 1], origin.datum, crs))
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, index=table.index, crs=crs), crs=crs), faults


def _nowhere(count: int) -> NDArray[np.object_]:
    return np.empty(count, dtype=np.object_)
