"""Lists of codes and names, and tables of places by code."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.errors import PlanningError
from layers.readers._columns import find_columns, text
from layers.readers._files import read_rows, read_table


def code_table(folder: Path, file: str, encoding: str | None, stated: dict[str, str], layer: str) -> tuple[list[str], list[str]]:
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


def _refuse_repeats(codes: Iterable[str], file: str, layer: str) -> None:
    counts = pd.Series(list(codes), dtype="str").value_counts()
    repeated = list(counts[counts > 1].index)
    if repeated:
        raise PlanningError("outline.codes_repeat", file=file, layer=layer, codes="、".join(repeated[:5]))


def as_places(columns: dict[str, list[str]], shapes: list[shapely.Geometry | None], crs: CRS | None) -> gpd.GeoDataFrame:
    index, *others = columns
    data = {name: pd.Series(columns[name], dtype="str") for name in others}
    places = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(np.array(shapes, dtype=np.object_), crs=crs), crs=crs)
    return places.set_index(pd.Index(columns[index], dtype="str", name=index))
