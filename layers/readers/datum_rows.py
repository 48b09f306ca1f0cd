"""Rows of coordinates put into the form that their datum has; each row that was changed is counted and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.crs import DEGREES, SHIFTED, SHIFTED_BOX, datum_crs
from layers.errors import Fault, Severity
from layers.readers._columns import find_columns, text
from layers.readers.coordinates import Coordinates, read_coordinates
from layers.readers.datum_gauss import GaussKrueger, gauss_krueger, in_metres, meridian_of, settled, zone_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Origin:
    """Where coordinates come from, and the datum that county.toml states for them."""

    layer: str
    file: str
    sheet: str
    datum: str


@dataclass(frozen=True)
class Written:
    """Positions of a table as the file has them: longitude or easting first as its heads say, nothing converted.

    Attributes
    ----------
    x, y : float64 arrays, shape (rows,)
        Degrees or metres; NaN where there is none.
    rows : int64 array, shape (rows,)
        Rows as the file's own program counts them.
    townships : tuple of str
        Township written in each row, empty where none is; no entries where the table has no such column.
    heads : tuple of str
        Heads of the columns of longitude and latitude, or of the one column with both.
    """

    origin: Origin
    x: Floats
    y: Floats
    rows: NDArray[np.int64]
    townships: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()


def placed_rows(table: pd.DataFrame, columns: Mapping[str, str], origin: Origin) -> tuple[Floats, list[Fault], Written]:
    """Return coordinates of a table's rows in their datum.

    Parameters
    ----------
    table : DataFrame
        Cells as read; the index counts rows.
    columns : mapping
        Head by field: ``lon`` and ``lat``, or ``lonlat`` or ``latlon`` for one column with both.
    origin : Origin
        With the datum as stated.

    Returns
    -------
    float64 array, shape (rows, 2)
        As :func:`layers.crs.to_wgs84` takes them; NaN where a row has no usable position.
    list of Fault
        Rows without position (warnings), with an impossible one (errors), and how many were rewritten (notes).
    Written
        The positions before anything but their notation was changed.
    """
    heads, read = _read(table, columns)
    rows = table.index.to_numpy(dtype=np.int64)
    zone = None if origin.datum in DEGREES else gauss_krueger(datum_crs(origin.datum))
    x, y, notes = _in_order(read, zone)
    wrong = wrong_places(x, y, origin.datum, read.bad, zone)
    faults = [
        _fault(str(code), int(row), table, heads, origin, str(read.bad[at])) for at, (row, code) in enumerate(zip(rows, wrong, strict=True)) if code
    ]
    used = wrong == ""
    kinds = {"sexagesimal": read.sexagesimal, "joined": read.joined, "turned": read.turned, **notes}
    faults += [_note(f"point.was_{kind}", rows[flags & used], origin) for kind, flags in kinds.items() if (flags & used).any()]
    townships = tuple(text(cell) for cell in table[columns["township"]]) if "township" in columns else ()
    placed = np.where(used[:, None], np.column_stack([x, y]), np.nan)
    return placed, faults, Written(origin, read.x, read.y, rows, townships, heads)


def written_shapes(layer: gpd.GeoDataFrame, origin: Origin, kind: str, stated: Mapping[str, str]) -> Written:
    """Return the positions of a layer of shapes as its file has them; degrees of the file's own CRS where that is what is stated."""
    crs = layer.crs
    if origin.datum == "file" and crs is not None and crs.is_projected:
        layer = layer.to_crs(CRS.from_epsg(4326))
    points = as_points(np.asarray(layer.geometry.array))
    placed = ~pd.isna(points)
    places = np.full((len(layer), 2), np.nan)
    places[placed] = shapely.get_coordinates(points[placed])
    columns = find_columns(map(str, layer.columns), kind, stated, file=origin.file, layer=origin.layer)
    townships = tuple(text(cell) for cell in layer[columns["township"]]) if "township" in columns else ()
    return Written(origin, places[:, 0], places[:, 1], layer.index.to_numpy(dtype=np.int64), townships)


def _read(table: pd.DataFrame, columns: Mapping[str, str]) -> tuple[tuple[str, ...], Coordinates]:
    if {"lon", "lat"} <= set(columns):
        heads: tuple[str, ...] = (columns["lon"], columns["lat"])
        return heads, read_coordinates(table[heads[0]].tolist(), table[heads[1]].tolist())
    field = "lonlat" if "lonlat" in columns else "latlon"
    return (columns[field],), read_coordinates(table[columns[field]].tolist(), [None] * len(table), lat_first=field == "latlon")


def _in_order(read: Coordinates, zone: GaussKrueger | None) -> tuple[Floats, Floats, dict[str, Flags]]:
    if zone is None:
        return read.x, read.y, {}
    x, y, turned, renumbered = settled(read.x, read.y, zone)
    return x, y, {"northing": turned, "numbered": renumbered}


def wrong_places(x: Floats, y: Floats, datum: str, bad: NDArray[np.object_] | None = None, zone: GaussKrueger | None = None) -> NDArray[np.object_]:
    """Return the code of what is wrong with each place, empty where nothing is.

    Parameters
    ----------
    x, y : float64 arrays, shape (rows,)
        Degrees or metres, NaN where there is none.
    datum : str
        As stated.
    bad : object array, shape (rows,), optional
        Not empty where a cell is no coordinate.
    zone : GaussKrueger, optional
        Of a stated projection.
    """
    known = np.isfinite(x) & np.isfinite(y)
    degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    swapped = (np.abs(y) <= 180) & (np.abs(x) <= 90)
    west, south, east, north = SHIFTED_BOX
    tests: list[tuple[str, Flags]] = [
        ("point.no_number", np.zeros(len(x), np.bool_) if bad is None else bad != ""),
        ("point.no_position", ~known | ((x == 0) & (y == 0))),
    ]
    if datum in DEGREES:
        tests += [("point.metres", in_metres(x, y)), ("point.swapped", ~degrees & swapped), ("point.impossible", ~degrees)]
    if datum in SHIFTED:
        tests.append(("point.not_china", ~((x >= west) & (x <= east) & (y >= south) & (y <= north))))
    if zone is not None:
        numbers = zone_of(x)
        meridians = np.array([meridian_of(number) if number else zone.meridian for number in numbers.tolist()])
        tests += [("point.degrees", degrees), ("point.other_zone", meridians != zone.meridian)]
    codes = np.full(len(x), "", dtype=np.object_)
    for code, flags in reversed(tests):
        codes[flags] = code
    return codes


def _fault(code: str, row: int, table: pd.DataFrame, heads: Sequence[str], origin: Origin, bad: str) -> Fault:
    severity: Severity = "warning" if code == "point.no_position" else "error"
    lacking = [head for head in heads if not text(table.loc[row, head])] if code == "point.no_position" else []
    head = lacking[0] if lacking else heads[-1] if bad == "lat" else heads[0]
    value = text(table.loc[row, head])
    return Fault(severity, code, origin.layer, origin.file, origin.sheet, row, head, value)


def _note(code: str, rows: NDArray[np.int64], origin: Origin) -> Fault:
    return Fault("note", code, origin.layer, origin.file, origin.sheet, values={"count": len(rows), "rows": ranges(rows)})


def ranges(rows: NDArray[np.int64], most: int = 12) -> str:
    """Return row numbers as ``3-20、25``, at most so many ranges."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    spans = [(int(part[0]), int(part[-1])) for part in np.split(rows, breaks) if len(part)]
    said = [f"{first}" if first == last else f"{first}-{last}" for first, last in spans[:most]]
    return "、".join(said) + ("…" if len(spans) > most else "")


def as_points(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return points as they are and a point inside every other shape: its centroid where that lies inside; None for empty shapes."""
    centres = shapely.centroid(shapes)
    astray = ~shapely.intersects(shapes, centres)
    centres[astray] = shapely.point_on_surface(shapes[astray])
    centres[shapely.is_empty(centres) | shapely.is_missing(centres)] = None
    return np.asarray(shapely.force_2d(centres), dtype=object)
