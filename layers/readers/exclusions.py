"""Reading areas where nothing may, or should not, be built."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

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

    def cells(field: str) -> list[object]:
        return list(read[columns[field]]) if field in columns else [None] * len(read)

    buffers = [_buffer(cell, spec, row, faults) for row, cell in zip(read.index, cells("buffer_m"), strict=True)]
    shapes = _buffered(shapely.make_valid(np.asarray(read.geometry.array)), np.array(buffers, dtype=np.float64))
    usable = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    faults.extend(Fault("error", "exclusion.no_area", _LAYER, spec.file, row=int(row)) for row in read.index[~usable])
    if not usable.any():
        raise PlanningError("exclusion.no_areas", file=spec.file)
    data = {
        "name": [text(cell) or Path(spec.file).stem for cell in cells("name")],
        "rule": [text(cell) or spec.rule for cell in cells("rule")],
        "domains": [_domains(text(cell)) or spec.domains for cell in cells("domains")],
        "kind": [_kind(text(cell), spec, row, faults) for row, cell in zip(read.index, cells("kind"), strict=True)],
        "buffer": buffers,
        "source": [spec.file] * len(read),
    }
    table = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    return table.loc[usable]


def _buffer(cell: object, spec: ExclusionFile, row: object, faults: list[Fault]) -> float:
    value = number(cell)
    if value is None or value < 0:
        faults.append(
            Fault("warning", "exclusion.bad_buffer", _LAYER, spec.file, row=int(str(row)), value=text(cell), values={"used": spec.buffer_m})
        )
        return spec.buffer_m
    return spec.buffer_m if np.isnan(value) else value


def _kind(written: str, spec: ExclusionFile, row: object, faults: list[Fault]) -> str:
    if written and written not in _KINDS:
        faults.append(Fault("warning", "exclusion.unknown_kind", _LAYER, spec.file, row=int(str(row)), value=written, values={"used": spec.kind}))
    return _KINDS.get(written, spec.kind)


def _domains(written: str) -> tuple[str, ...]:
    words = written.replace("、", ",").replace("，", ",").replace(" ", ",").split(",")
    return tuple(dict.fromkeys(_DOMAINS[word] for word in words if word in _DOMAINS))


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
