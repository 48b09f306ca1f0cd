"""Reading outlines of the county, its townships and villages, and telling which township a place lies in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.county import County, Outline
from layers.crs import layer_to_metric
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.readers._columns import find_columns, text
from layers.readers._files import TABLES, read_rows, read_table, read_vector
from layers.readers._points import point_table
from layers.readers.datum_rows import Written

_SUFFIX = re.compile(r"(街道办事处|街道|社区居民委员会|居民委员会|村民委员会|社区|镇|乡|村|区|县|市)$")


def read_outlines(folder: Path, county: County, crs: CRS, *, seen: list[Written] | None = None) -> tuple[Outlines, tuple[Fault, ...]]:
    """Read the outlines that county.toml lists.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        Which files they are, and the county's name and code.
    crs : CRS
        Metric CRS.
    seen : list of Written, optional
        Takes the positions of the villages as written.

    Returns
    -------
    Outlines
        With one township, the county, where neither townships nor villages are known.
    tuple of Fault
        Findings.

    Raises
    ------
    PlanningError
        When a listed file cannot be read, or polygons are asked for and there are none.
    """
    files = county.outlines
    faults: list[Fault] = []
    outline = None if files.county is None else _county(folder, files.county, crs)
    villages = _villages(folder, files.villages, crs, faults, seen)
    townships = _townships(folder, files.townships, crs, faults)
    if townships is None:
        townships = _from_villages(villages) if len(villages) and (villages["township"] != "").all() else None
    if townships is None:
        townships = _as_places({"township": [county.code or "county"], "name": [county.name]}, [outline], crs)
    drawn = townships.geometry.notna()
    if outline is None and len(townships) and drawn.all():
        outline = _polygon(shapely.union_all(np.asarray(townships.geometry.array)))
    estimated = not drawn.any() and len(townships) > 1
    read = Outlines(outline, townships, villages, estimated, crs)
    return replace(read, villages=_with_townships(villages, read)), tuple(faults)


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


def _county(folder: Path, spec: Outline, crs: CRS) -> shapely.Polygon | shapely.MultiPolygon:
    layer = layer_to_metric(read_vector(folder, spec.file, "outlines.county", encoding=spec.encoding), spec.datum, crs, file=spec.file)
    return _polygon(shapely.union_all(_areas(layer, spec, "outlines.county")))


def _areas(layer: gpd.GeoDataFrame, spec: Outline, name: str) -> NDArray[np.object_]:
    shapes = shapely.make_valid(np.asarray(layer.geometry.array))
    if not np.isin(shapely.get_dimensions(shapes), 2).any():
        raise PlanningError("outline.no_polygons", file=spec.file, layer=name)
    return shapes


def _polygon(shape: shapely.Geometry) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the areas of a shape; making valid may leave lines and points beside them."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon | shapely.MultiPolygon)]
    whole = shapely.union_all(parts)
    return whole if isinstance(whole, shapely.Polygon | shapely.MultiPolygon) else shapely.MultiPolygon()


def _townships(folder: Path, spec: Outline | None, crs: CRS, faults: list[Fault]) -> gpd.GeoDataFrame | None:
    if spec is None:
        return None
    layer = "outlines.townships"
    if PurePosixPath(spec.file).suffix.lower() in TABLES:
        codes, names = _code_table(folder, spec.file, spec.encoding, spec.columns, layer)
        return _as_places({"township": codes, "name": names}, [None] * len(codes), crs)
    read = layer_to_metric(read_vector(folder, spec.file, layer, encoding=spec.encoding), spec.datum, crs, file=spec.file)
    columns = find_columns(map(str, read.columns), "place", spec.columns, file=spec.file, layer=layer)
    if "code" not in columns and "name" not in columns:
        raise PlanningError("table.needs_column", file=spec.file, layer=layer, column="code", heads="、".join(map(str, read.columns)))
    codes = [text(value) for value in read[columns.get("code", columns.get("name", ""))]]
    names = _names(folder, spec, codes, [text(value) for value in read[columns["name"]]] if "name" in columns else codes, layer)
    shapes = _areas(read, spec, layer)
    merged = {code: _polygon(shapely.union_all(shapes[[code == other for other in codes]])) for code in dict.fromkeys(codes)}
    named = dict(zip(codes, names, strict=True))
    _note_nameless(spec, layer, named, faults)
    return _as_places({"township": list(merged), "name": [named[code] for code in merged]}, list(merged.values()), crs)


def _note_nameless(spec: Outline, layer: str, named: dict[str, str], faults: list[Fault]) -> None:
    nameless = [code for code, name in named.items() if name == code]
    if nameless:
        faults.append(Fault("note", "outline.no_names", layer, spec.file, values={"count": len(nameless)}))


def _villages(folder: Path, spec: Outline | None, crs: CRS, faults: list[Fault], seen: list[Written] | None) -> gpd.GeoDataFrame:
    if spec is None:
        return _as_places({"village": [], "name": [], "township": []}, [], crs)
    layer = "outlines.villages"
    if PurePosixPath(spec.file).suffix.lower() in TABLES and not _has_position(folder, spec):
        codes, names = _code_table(folder, spec.file, spec.encoding, spec.columns, layer)
        faults.append(Fault("note", "outline.no_positions", layer, spec.file, values={"count": len(codes)}))
        return _as_places({"village": codes, "name": names, "township": [code[:9] for code in codes]}, [None] * len(codes), crs)
    read, found = point_table(folder, spec, layer, crs, kind="village", seen=seen)
    faults.extend(found)
    columns = find_columns(map(str, read.columns), "village", spec.columns, file=spec.file, layer=layer)
    codes = [text(value) for value in read[columns["code"]]] if "code" in columns else [str(row) for row in read.index]
    names = [text(value) for value in read[columns["name"]]] if "name" in columns else codes
    _refuse_repeats(codes, spec.file, layer)
    parents = [text(value) for value in read[columns["township"]]] if "township" in columns else [_parent(code) for code in codes]
    return _as_places({"village": codes, "name": names, "township": parents}, list(read.geometry), crs)


def _parent(code: str) -> str:
    """Return the township part of a village's twelve-digit code (GB/T 10114), or nothing."""
    return code[:9] if len(code) == 12 and code.isdigit() else ""


def _has_position(folder: Path, spec: Outline) -> bool:
    rows = read_rows(folder, spec.file, "outlines.villages", encoding=spec.encoding)
    heads = [text(cell) for cell in rows[0]] if rows else []
    return {"lon", "lat"} <= set(find_columns(heads, "village", spec.columns, file=spec.file))


def _code_table(folder: Path, file: str, encoding: str | None, stated: dict[str, str], layer: str) -> tuple[list[str], list[str]]:
    """Read codes and names; a table without heads has the code in its first column and the name in its second."""
    rows = read_rows(folder, file, layer, encoding=encoding)
    if rows and text(rows[0][0]).isdigit():
        pairs = [(text(row[0]), text(row[1]) if len(row) > 1 else "") for row in rows if any(row)]
    else:
        table = read_table(folder, file, layer, encoding=encoding)
        kind = "village" if layer == "outlines.villages" else "place"
        columns = find_columns(table.columns, kind, stated, file=file, layer=layer)
        if "code" not in columns:
            raise PlanningError("table.needs_column", file=file, layer=layer, column="code", heads="、".join(table.columns))
        names = table[columns.get("name", columns["code"])]
        pairs = [(text(code), text(name)) for code, name in zip(table[columns["code"]], names, strict=True)]
    if not pairs:
        raise PlanningError("table.no_rows", file=file, layer=layer, row=1)
    codes = [code for code, _ in pairs]
    _refuse_repeats(codes, file, layer)
    return codes, [name or code for code, name in pairs]


def _names(folder: Path, spec: Outline, codes: list[str], names: list[str], layer: str) -> list[str]:
    if spec.names is None:
        return names
    known = dict(zip(*_code_table(folder, spec.names, None, {}, layer), strict=True))
    return [known.get(code, name) for code, name in zip(codes, names, strict=True)]


def _with_townships(villages: gpd.GeoDataFrame, outlines: Outlines) -> gpd.GeoDataFrame:
    """Return villages with their township's code: the one written, by code or name, or else the one they lie in."""
    codes = pd.Series([township_code(outlines, written) or written for written in villages["township"]], index=villages.index, dtype="str")
    open_ = (codes == "") & villages.geometry.notna()
    if open_.any() and outlines.townships.geometry.notna().any():
        places = shapely.get_coordinates(np.asarray(villages.loc[open_].geometry.array))
        codes[open_] = townships_of(outlines, places[:, 0], places[:, 1])[0]
    return villages.assign(township=codes)


def _refuse_repeats(codes: Iterable[str], file: str, layer: str) -> None:
    counts = pd.Series(list(codes), dtype="str").value_counts()
    repeated = list(counts[counts > 1].index)
    if repeated:
        raise PlanningError("outline.codes_repeat", file=file, layer=layer, codes="、".join(repeated[:5]))


def _from_villages(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    codes = sorted(set(villages["township"]))
    return _as_places({"township": codes, "name": codes}, [None] * len(codes), villages.crs)


def _as_places(columns: dict[str, list[str]], shapes: list[shapely.Geometry | None], crs: CRS | None) -> gpd.GeoDataFrame:
    index, *others = columns
    data = {name: pd.Series(columns[name], dtype="str") for name in others}
    places = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(np.array(shapes, dtype=np.object_), crs=crs), crs=crs)
    return places.set_index(pd.Index(columns[index], dtype="str", name=index))
