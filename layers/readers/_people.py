"""People from polygon files and tables of points."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.county import PopulationFile
from layers.crs import layer_to_metric
from layers.errors import Fault, PlanningError
from layers.progress import Progress
from layers.readers._cells import Cells
from layers.readers._columns import find_columns, number, text
from layers.readers._files import VECTORS, read_vector
from layers.readers._points import point_table
from layers.readers.datum_rows import as_points

_LAYER = "population"
_GROUP = re.compile(r"(\d+_\d+|\d+_plus|total|residents)")
_FIELDS = ("cell", "lon", "lat")


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
    groups = list(parts[0][1].columns)
    for spec, (_, people) in zip(files, parts, strict=True):
        if set(people.columns) != set(groups):
            raise PlanningError("population.groups_differ", file=spec.file, first=files[0].file)
    places = pd.concat([place for place, _ in parts])
    people = pd.concat([counts for _, counts in parts])[groups]
    if len(parts) > 1 and not places.index.is_unique:
        places.index = people.index = pd.RangeIndex(len(places))
    return _inhabited(places, people.rename_axis("cell"), files[0], faults)


def _inhabited(places: pd.DataFrame, people: pd.DataFrame, spec: PopulationFile, faults: list[Fault]) -> Cells:
    lived = (people > 0).any(axis=1)
    located = places["x"].notna()
    if not lived.any():
        raise PlanningError("population.nobody", file=spec.file)
    if not lived.all():
        faults.append(Fault("note", "population.empty_rows", _LAYER, spec.file, values={"count": int((~lived).sum()), "rows": len(people)}))
    for group, total in people.sum().items():
        faults.append(Fault("note", "population.read", _LAYER, spec.file, value=f"{total:.1f}", values={"group": group, "cells": int(lived.sum())}))
    kept = lived & located
    chosen = places.loc[kept]
    return Cells(
        chosen["x"].to_numpy(dtype=float),
        chosen["y"].to_numpy(dtype=float),
        chosen["size"].to_numpy(dtype=float),
        people.loc[kept],
        people.loc[~located].sum(),
    )


def _file(folder: Path, spec: PopulationFile, crs: CRS, faults: list[Fault]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read one file: x, y, size of each row, and people by group, under one index."""
    read, sizes = _rows(folder, spec, crs, faults)
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, values={"read": len(read), "kept": len(read), "excluded": 0}))
    groups = {group: head for group, head in spec.columns.items() if group not in _FIELDS}
    groups = groups or {name: name for name in map(str, read.columns) if _GROUP.fullmatch(name)}
    heads = [str(head) for head in read.columns]
    if not groups:
        raise PlanningError("population.no_groups", file=spec.file, heads="、".join(heads))
    columns = find_columns(heads, "population", spec.columns, file=spec.file, layer=_LAYER)
    people = pd.DataFrame({group: _counts(read[columns.get(group, head)], group, spec, faults) for group, head in groups.items()}, index=read.index)
    places = pd.DataFrame({"x": read.geometry.x, "y": read.geometry.y, "size": sizes}, index=read.index)
    ids = _ids(read, columns.get("cell"))
    return places.set_axis(ids, axis=0), people.set_axis(ids, axis=0)


def _rows(folder: Path, spec: PopulationFile, crs: CRS, faults: list[Fault]) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    if PurePosixPath(spec.file).suffix.lower() in VECTORS:
        read = layer_to_metric(read_vector(folder, spec.file, _LAYER, encoding=spec.encoding), spec.datum, crs, file=spec.file)
        shapes = np.asarray(read.geometry.array)
        areas = np.where(shapely.get_dimensions(shapes) == 2, shapely.area(shapes), np.nan)
        sizes = np.where(np.isnan(areas), spec.cell_m or np.nan, np.sqrt(areas))
        return read.set_geometry(as_points(shapes), crs=crs), sizes
    read, found = point_table(folder, spec, _LAYER, crs, kind="population")
    faults.extend(found)
    return read, np.full(len(read), spec.cell_m or np.nan)


def _counts(cells: pd.Series, group: str, spec: PopulationFile, faults: list[Fault]) -> list[float]:
    """Return people per row; what is no number, negative or blank is reported and counts nobody."""
    counts, blank = [], 0
    for row, cell in cells.items():
        value = number(cell)
        if value is None or value < 0 or value == float("inf"):
            faults.append(Fault("error", "population.bad_number", _LAYER, spec.file, row=int(str(row)), field=str(cells.name), value=text(cell)))
            value = 0.0
        blank += bool(np.isnan(value))
        counts.append(0.0 if np.isnan(value) else value)
    if blank:
        faults.append(Fault("warning", "population.blank", _LAYER, spec.file, field=str(cells.name), values={"count": blank, "group": group}))
    return counts


def _ids(read: gpd.GeoDataFrame, column: str | None) -> pd.Index[int]:
    """Return the file's own cell numbers where they are unique whole numbers, else its row numbers."""
    if column is not None:
        stated = pd.to_numeric(read[column].astype("str"), errors="coerce")
        if stated.notna().all() and stated.is_unique and (stated % 1 == 0).all() and (stated.abs() < 2**53).all():
            return pd.Index(stated.astype("int64"), name="cell")
    return pd.Index(read.index.astype("int64"), name="cell")
