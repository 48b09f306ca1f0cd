"""Reading areas where nothing may, or should not, be built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.checking.areas import find_crossings
from layers.checking.origins import GEOMETRY, Origin
from layers.county import County, ExclusionFile
from layers.crs import layer_to_metric
from layers.errors import Fault, PlanningError
from layers.outlines import Exclusions
from layers.readers._columns import find_columns, number, text
from layers.readers._files import read_vector
from layers.types import Domain

_LAYER = "exclusions"
_KINDS = {
    "exclude": "exclude",
    "avoid": "avoid",
    "prefer": "prefer",
    "禁止": "exclude",
    "禁建": "exclude",
    "避让": "avoid",
    "限建": "avoid",
    "宜建": "prefer",
}
_DOMAINS = {**{name: name for name in get_args(Domain)}, "养老": "elder", "儿童": "child", "殡葬": "burial", "社区": "community"}
RULES = (*(f"X{n:02d}" for n in range(1, 12)), *(f"Y{n:02d}" for n in range(1, 7)), *(f"Z{n:02d}" for n in range(1, 5)))
"""Ids of the siting rules for cemeteries (X), homes for elders (Y) and for children (Z); docs/places.md says what each is."""
_RULE_ID = re.compile("[A-Za-z][0-9]{1,3}")


def read_exclusions(folder: Path, county: County, crs: CRS) -> tuple[Exclusions, tuple[Fault, ...]]:
    """Read the areas that county.toml lists, with their distance kept already added.

    What a column says of a feature wins over what county.toml says of the file. Points and lines need a distance to become areas.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        The files.
    crs : CRS
        Metric CRS.

    Raises
    ------
    PlanningError
        When a file cannot be read or holds no area.
    """
    faults: list[Fault] = []
    parts = [_none(crs), *(_file(folder, spec, crs, faults) for spec in county.exclusions)]
    joined = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return Exclusions(gpd.GeoDataFrame(joined, crs=crs)), tuple(faults)


def _file(folder: Path, spec: ExclusionFile, crs: CRS, faults: list[Fault]) -> gpd.GeoDataFrame:
    read = layer_to_metric(read_vector(folder, spec.file, _LAYER, encoding=spec.encoding), spec.datum, crs, file=spec.file)
    columns = find_columns(map(str, read.columns), "exclusion", spec.columns, file=spec.file, layer=_LAYER)
    origins = [Origin(spec.file, "", int(row), columns, _LAYER) for row in read.index]

    def cells(field: str) -> list[object]:
        return list(read[columns[field]]) if field in columns else [None] * len(read)

    def told(field: str) -> Iterator[tuple[str, Origin]]:
        return zip(map(text, cells(field)), origins, strict=True)

    buffers = [_buffer(cell, spec, origin, faults) for cell, origin in zip(cells("buffer_m"), origins, strict=True)]
    shapes = _areas(read, buffers, origins, faults)
    usable = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    counts = {"read": len(read), "kept": int(usable.sum()), "excluded": int((~usable).sum())}
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, values=counts))
    if not usable.any():
        raise PlanningError("exclusion.no_areas", file=spec.file)
    data = {
        "name": [word or Path(spec.file).stem for word, _ in told("name")],
        "rule": [_rule(word, origin, faults) or spec.rule for word, origin in told("rule")],
        "domains": [_domains(word, spec, origin, faults) for word, origin in told("domains")],
        "kind": [_kind(word, spec, origin, faults) for word, origin in told("kind")],
        "buffer": buffers,
        "source": [spec.file] * len(read),
    }
    table = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    return table.loc[usable]


def _areas(read: gpd.GeoDataFrame, buffers: list[float], origins: list[Origin], faults: list[Fault]) -> NDArray[np.object_]:
    """Return the areas with their distances added; those that are none, or were drawn wrong, are reported."""
    written = np.asarray(read.geometry.array)
    faults.extend(find_crossings(written, origins))
    shapes = _buffered(shapely.make_valid(written), np.array(buffers, dtype=np.float64))
    lost = np.flatnonzero(shapely.is_empty(shapes) | shapely.is_missing(shapes)).tolist()
    faults.extend(origins[position].fault("error", "exclusion.no_area", GEOMETRY) for position in lost)
    return shapes


def _buffer(cell: object, spec: ExclusionFile, origin: Origin, faults: list[Fault]) -> float:
    value = number(cell)
    if value is None or value < 0:
        faults.append(origin.fault("warning", "exclusion.bad_buffer", "buffer_m", text(cell), used=spec.buffer_m))
        return spec.buffer_m
    return spec.buffer_m if np.isnan(value) else value


def _rule(written: str, origin: Origin, faults: list[Fault]) -> str:
    """Return a rule as written; one that looks like an id of the table and is none is reported. Bureaus may name rules of their own."""
    if _RULE_ID.fullmatch(written) and written not in RULES:
        faults.append(origin.fault("warning", "exclusion.unknown_rule", "rule", written, known="、".join(RULES)))
    return written


def _kind(written: str, spec: ExclusionFile, origin: Origin, faults: list[Fault]) -> str:
    if written and written not in _KINDS:
        faults.append(origin.fault("warning", "exclusion.unknown_kind", "kind", written, used=spec.kind))
    return _KINDS.get(written, spec.kind)


def _domains(written: str, spec: ExclusionFile, origin: Origin, faults: list[Fault]) -> tuple[str, ...]:
    words = [word for word in re.split(r"[,，、;；\s]+", written) if word]
    known = tuple(dict.fromkeys(_DOMAINS[word] for word in words if word in _DOMAINS))
    used = known or spec.domains
    unknown = [word for word in words if word not in _DOMAINS]
    faults.extend(origin.fault("warning", "exclusion.unknown_domain", "domains", word, used="、".join(used)) for word in unknown)
    return used


def _none(crs: CRS) -> gpd.GeoDataFrame:
    data = {name: pd.Series([], dtype="object") for name in ("name", "rule", "domains", "kind", "buffer", "source")}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def _buffered(shapes: NDArray[np.object_], buffers: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return shapes widened; many points or lines of one feature one by one: where they overlap, all at once would fill the memory."""
    several = np.isin(shapely.get_type_id(shapes), (4, 5))
    at_once = shapes.copy()
    at_once[several] = None
    widened: NDArray[np.object_] = np.asarray(shapely.buffer(at_once, buffers), dtype=np.object_)
    for row in np.flatnonzero(several).tolist():
        parts = shapes[row] if shapely.get_type_id(shapes[row]) == 5 else shapely.extract_unique_points(shapes[row])
        widened[row] = shapely.union_all(shapely.buffer(shapely.get_parts(parts), buffers[row]))
    return widened
