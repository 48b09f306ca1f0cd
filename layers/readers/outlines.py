"""Reading outlines of the county, its townships and villages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.checking.areas import Townships, check_townships, find_crossings
from layers.checking.origins import Origin, place_heads
from layers.county import County, Outline
from layers.crs import layer_to_metric
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.readers._codes import as_places, code_table
from layers.readers._columns import find_columns, text
from layers.readers._files import TABLES, read_vector
from layers.readers.datum_rows import Written
from layers.readers.townships import township_code, townships_of, within_county
from layers.readers.villages import in_townships, read_villages

__all__ = ["read_outlines", "township_code", "townships_of", "within_county"]

Area = shapely.Polygon | shapely.MultiPolygon


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
    outline = None if files.county is None else _county(folder, files.county, crs, faults)
    villages = read_villages(folder, files.villages, crs, faults, seen)
    townships = None if files.townships is None else _townships(folder, files.townships, crs, outline, faults)
    if townships is None:
        townships = _from_villages(villages.table) if len(villages.table) and (villages.table["township"] != "").all() else None
    if townships is None:
        townships = as_places({"township": [county.code or "county"], "name": [county.name]}, [outline], crs)
    drawn = townships.geometry.notna()
    if outline is None and len(townships) and drawn.all():
        outline = _polygon(shapely.union_all(np.asarray(townships.geometry.array)))
    estimated = not drawn.any() and len(townships) > 1
    read = Outlines(outline, townships, villages.table, estimated, crs)
    return replace(read, villages=in_townships(villages, read, faults)), tuple(faults)


def _county(folder: Path, spec: Outline, crs: CRS, faults: list[Fault]) -> Area:
    layer = layer_to_metric(read_vector(folder, spec.file, "outlines.county", encoding=spec.encoding), spec.datum, crs, file=spec.file)
    shapes, _ = _areas(layer, spec, "outlines.county", {}, faults)
    return _polygon(shapely.union_all(shapes))


def _areas(
    layer: gpd.GeoDataFrame, spec: Outline, name: str, columns: dict[str, str], faults: list[Fault]
) -> tuple[NDArray[np.object_], Sequence[Origin]]:
    """Return the valid areas of a layer, and where each was read."""
    counts = {"read": len(layer), "kept": len(layer), "excluded": 0}
    faults.append(Fault("note", "table.rows", name, spec.file, values=counts))
    origins = [Origin(spec.file, "", int(row), place_heads(columns), name) for row in layer.index]
    written = np.asarray(layer.geometry.array)
    shapes = shapely.make_valid(written)
    if not np.isin(shapely.get_dimensions(shapes), 2).any():
        raise PlanningError("outline.no_polygons", file=spec.file, layer=name)
    faults.extend(find_crossings(written, origins))
    return np.array([_polygon(shape) for shape in shapes], dtype=np.object_), origins


def _polygon(shape: shapely.Geometry | None) -> Area:
    """Return the areas of a shape; making valid may leave lines and points beside them."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon | shapely.MultiPolygon)]
    whole = shapely.union_all(parts)
    return whole if isinstance(whole, shapely.Polygon | shapely.MultiPolygon) else shapely.MultiPolygon()


def _townships(folder: Path, spec: Outline, crs: CRS, county: Area | None, faults: list[Fault]) -> gpd.GeoDataFrame:
    layer = "outlines.townships"
    if PurePosixPath(spec.file).suffix.lower() in TABLES:
        codes, names = code_table(folder, spec.file, spec.encoding, spec.columns, layer)
        return as_places({"township": codes, "name": names}, [None] * len(codes), crs)
    read = layer_to_metric(read_vector(folder, spec.file, layer, encoding=spec.encoding), spec.datum, crs, file=spec.file)
    columns = find_columns(map(str, read.columns), "place", spec.columns, file=spec.file, layer=layer)
    if "code" not in columns and "name" not in columns:
        raise PlanningError("table.needs_column", file=spec.file, layer=layer, column="code", heads="、".join(map(str, read.columns)))
    codes = [text(value) for value in read[columns.get("code", columns.get("name", ""))]]
    names = _names(folder, spec, codes, [text(value) for value in read[columns["name"]]] if "name" in columns else codes)
    shapes, origins = _areas(read, spec, layer, columns, faults)
    faults.extend(check_townships(Townships(shapes, codes, names, origins), county))
    return _merged([code or name for code, name in zip(codes, names, strict=True)], names, shapes, crs, (spec, faults))


def _merged(codes: list[str], names: list[str], shapes: NDArray[np.object_], crs: CRS, told: tuple[Outline, list[Fault]]) -> gpd.GeoDataFrame:
    """Return townships by code: features that share one are its parts, and the first says its name."""
    named = dict(reversed(list(zip(codes, names, strict=True))))
    kept = list(dict.fromkeys(codes))
    wholes = [_polygon(shapely.union_all(shapes[[code == other for other in codes]])) for code in kept]
    _note_nameless(told[0], named, told[1])
    return as_places({"township": kept, "name": [named[code] for code in kept]}, [None if whole.is_empty else whole for whole in wholes], crs)


def _note_nameless(spec: Outline, named: dict[str, str], faults: list[Fault]) -> None:
    nameless = [code for code, name in named.items() if name == code]
    if nameless:
        faults.append(Fault("note", "outline.no_names", "outlines.townships", spec.file, values={"count": len(nameless)}))


def _names(folder: Path, spec: Outline, codes: list[str], names: list[str]) -> list[str]:
    if spec.names is None:
        return names
    known = dict(zip(*code_table(folder, spec.names, None, {}, "outlines.townships"), strict=True))
    return [known.get(code, name) for code, name in zip(codes, names, strict=True)]


def _from_villages(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    codes = sorted(set(villages["township"]))
    return as_places({"township": codes, "name": codes}, [None] * len(codes), villages.crs)
