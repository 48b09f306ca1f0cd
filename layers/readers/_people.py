"""People from polygon files and tables of points."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from layers.checking.population_rows import LAYER, CellRows
from layers.county import PopulationFile
from layers.crs import layer_to_metric
from layers.errors import Fault, PlanningError
from layers.progress import Progress
from layers.readers._cells import Cells
from layers.readers._columns import find_columns, text
from layers.readers._counts import count_people
from layers.readers._files import VECTORS, read_vector
from layers.readers._points import point_table
from layers.readers.datum_rows import Written, as_points

_GROUP = re.compile(r"(\d+_\d+|\d+_plus|total|residents)")
_FIELDS = ("cell", "lon", "lat", "lonlat", "latlon")


@dataclass(frozen=True)
class _Part:
    """The rows of one file: positions, sizes and people by row, and where they stand."""

    places: pd.DataFrame
    people: pd.DataFrame
    rows: CellRows
    shapes: NDArray[np.object_]


def read_cells(folder: Path, files: Sequence[PopulationFile], crs: CRS, faults: list[Fault], progress: Progress) -> Cells:
    """Read files whose rows are cells: the rows of all files together, which must count the same groups.

    Raises
    ------
    PlanningError
        When a file cannot be read, names no groups or other groups than the first, or nobody lives in any row.
    """
    parts = []
    for order, spec in enumerate(files):
        progress("stage.read.population", order, len(files))
        parts.append(_file(folder, spec, crs, faults))
    progress("stage.read.population", len(files), len(files))
    groups = list(parts[0].people.columns)
    for spec, part in zip(files, parts, strict=True):
        if set(part.people.columns) != set(groups):
            raise PlanningError("population.groups_differ", faults=faults, file=spec.file, first=files[0].file)
    places = pd.concat([part.places for part in parts])
    people = pd.concat([part.people for part in parts])[groups]
    if len(parts) > 1 and not places.index.is_unique:
        places.index = people.index = pd.RangeIndex(len(places))
    shapes = np.concatenate([part.shapes for part in parts])
    return _inhabited(places, people.rename_axis("cell"), _together(parts), shapes, faults)


def _together(parts: Sequence[_Part]) -> CellRows:
    rows = [part.rows for part in parts]
    return CellRows(
        specs=tuple(each.specs[0] for each in rows),
        spec=np.repeat(np.arange(len(rows)), [len(each.row) for each in rows]),
        row=np.concatenate([each.row for each in rows]),
        heads=tuple(each.heads[0] for each in rows),
        written=np.concatenate([each.written for each in rows]),
        ids=np.concatenate([each.ids for each in rows]),
    )


def _inhabited(places: pd.DataFrame, people: pd.DataFrame, rows: CellRows, shapes: NDArray[np.object_], faults: list[Fault]) -> Cells:
    lived = (people > 0).any(axis=1)
    located = places["x"].notna()
    file = rows.specs[0].file
    if not lived.any():
        raise PlanningError("population.nobody", faults=faults, file=file)
    if not lived.all():
        faults.append(Fault("note", "population.empty_rows", LAYER, file, values={"count": int((~lived).sum()), "rows": len(people)}))
    for group, total in people.sum().items():
        faults.append(Fault("note", "population.read", LAYER, file, value=f"{total:.1f}", values={"group": group, "cells": int(lived.sum())}))
    kept = (lived & located).to_numpy()
    if not kept.any():
        raise PlanningError("population.no_positions", faults=faults, file=file, rows=len(people))
    x, y, size = (places[name].to_numpy(dtype=float)[kept] for name in ("x", "y", "size"))
    drawn = None if shapely.is_missing(shapes).all() else shapes[kept]
    return Cells(x, y, size, people.loc[kept], people.loc[~located].sum(), rows.take(kept), drawn)


def _file(folder: Path, spec: PopulationFile, crs: CRS, faults: list[Fault]) -> _Part:
    """Read one file."""
    read, sizes, shapes, written = _rows(folder, spec, crs, faults)
    faults.append(Fault("note", "table.rows", LAYER, spec.file, values={"read": len(read), "kept": len(read), "excluded": 0}))
    groups = {group: head for group, head in spec.columns.items() if group not in _FIELDS}
    groups = groups or {name: name for name in map(str, read.columns) if _GROUP.fullmatch(name)}
    heads = [str(head) for head in read.columns]
    if not groups:
        raise PlanningError("population.no_groups", file=spec.file, heads="、".join(heads))
    columns = find_columns(heads, "population", spec.columns, file=spec.file, layer=LAYER)
    groups = {group: columns.get(group, head) for group, head in groups.items()}
    people = pd.DataFrame({group: count_people(read[head], group, spec, faults) for group, head in groups.items()}, index=read.index)
    places = pd.DataFrame({"x": read.geometry.x, "y": read.geometry.y, "size": sizes}, index=read.index)
    ids = _ids(read, columns.get("cell"))
    numbers = [text(cell) for cell in read[columns["cell"]]] if "cell" in columns else [""] * len(read)
    where = read.index.to_numpy(dtype=np.int64)
    told = CellRows((spec,), np.zeros(len(read), np.int64), where, ({**columns, **groups},), written, np.array(numbers, dtype=object))
    return _Part(places.set_axis(ids, axis=0), people.set_axis(ids, axis=0), told, shapes)


def _rows(
    folder: Path, spec: PopulationFile, crs: CRS, faults: list[Fault]
) -> tuple[gpd.GeoDataFrame, NDArray[np.float64], NDArray[np.object_], NDArray[np.float64]]:
    """Return rows with a point each, their sizes, their areas where they are drawn, and their positions as written."""
    if PurePosixPath(spec.file).suffix.lower() not in VECTORS:
        seen: list[Written] = []
        read, found = point_table(folder, spec, LAYER, crs, kind="population", seen=seen)
        faults.extend(found)
        places = np.column_stack([seen[0].x, seen[0].y]) if seen else np.full((len(read), 2), np.nan)
        return read, np.full(len(read), spec.cell_m or np.nan), np.full(len(read), None, dtype=object), places
    layer = read_vector(folder, spec.file, LAYER, encoding=spec.encoding)
    read = layer_to_metric(layer, spec.datum, crs, file=spec.file)
    shapes = np.asarray(read.geometry.array)
    flat = shapely.get_dimensions(shapes) == 2
    sizes = np.sqrt(np.where(flat, shapely.area(shapes), (spec.cell_m or np.nan) ** 2))
    points = read.set_geometry(as_points(shapes), crs=crs)
    lost = points.index[points.geometry.isna()]
    faults.extend(Fault("warning", "point.no_position", LAYER, spec.file, row=int(row)) for row in lost)
    areas = shapes.copy()
    areas[~flat] = None
    return points, sizes, areas, _written(np.asarray(layer.geometry.array))


def _written(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the middle of each shape as the file has it; NaN where there is none."""
    boxes = shapely.bounds(shapes)
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2, dtype=np.float64)


def _ids(read: gpd.GeoDataFrame, column: str | None) -> pd.Index[int]:
    """Return the file's own cell numbers where they are unique whole numbers, else its row numbers."""
    if column is not None:
        stated = pd.to_numeric(read[column].astype("str"), errors="coerce")
        if stated.notna().all() and stated.is_unique and (stated % 1 == 0).all() and (stated.abs() < 2**53).all():
            return pd.Index(stated.astype("int64"), name="cell")
    return pd.Index(read.index.astype("int64"), name="cell")
