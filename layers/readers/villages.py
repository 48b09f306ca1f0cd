"""Reading villages: their codes, names, townships and places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.checking.origins import Origin, place_heads
from layers.county import Outline
from layers.errors import Fault
from layers.outlines import Outlines
from layers.readers._codes import as_places, code_table
from layers.readers._columns import find_columns, text
from layers.readers._files import TABLES, VECTORS, read_rows
from layers.readers._points import point_table
from layers.readers.datum_rows import Written
from layers.readers.ledger_townships import with_townships
from layers.readers.repeats import cells_of, repeated_rows, unique_ids
from layers.readers.townships import township_code, townships_of

_LAYER = "outlines.villages"


@dataclass(frozen=True)
class Villages:
    """Villages as written.

    Attributes
    ----------
    table : GeoDataFrame
        Index ``village``; columns ``name``, ``township`` as written, ``geometry``.
    origins : tuple of Origin
        Where each was read; none where the file is a list of codes and names without places.
    """

    table: gpd.GeoDataFrame
    origins: tuple[Origin, ...] = ()


def read_villages(folder: Path, spec: Outline | None, crs: CRS, faults: list[Fault], seen: list[Written] | None) -> Villages:
    """Read the villages that county.toml lists, with their townships as written.

    A row that repeats another in every column is left out; of a code that stands twice the later village is given another.

    Raises
    ------
    PlanningError
        When the file cannot be read, or a list of codes without places names one twice.
    """
    if spec is None:
        return Villages(as_places({"village": [], "name": [], "township": []}, [], crs))
    if PurePosixPath(spec.file).suffix.lower() in TABLES and not _has_position(folder, spec):
        codes, names = code_table(folder, spec.file, spec.encoding, spec.columns, _LAYER)
        faults.append(Fault("note", "outline.no_positions", _LAYER, spec.file, values={"count": len(codes)}))
        return Villages(as_places({"village": codes, "name": names, "township": [code[:9] for code in codes]}, [None] * len(codes), crs))
    read, found = point_table(folder, spec, _LAYER, crs, kind="village", seen=seen)
    faults.extend(found)
    columns = find_columns(map(str, read.columns), "village", spec.columns, file=spec.file, layer=_LAYER)
    return _villages(read, columns, spec, faults)


def _villages(read: gpd.GeoDataFrame, columns: dict[str, str], spec: Outline, faults: list[Fault]) -> Villages:
    heads = place_heads(columns)
    repeated = repeated_rows(cells_of(read, places=PurePosixPath(spec.file).suffix.lower() in VECTORS))
    kept = read.drop(index=list(repeated))
    counts = {"read": len(read), "kept": len(kept), "excluded": len(repeated)}
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, values=counts))
    faults += [Origin(spec.file, "", row, heads, _LAYER).fault("error", "ledger.row_repeats", first=first) for row, first in repeated.items()]
    origins = tuple(Origin(spec.file, "", int(row), heads, _LAYER) for row in kept.index)

    def cells(field: str, otherwise: list[str]) -> list[str]:
        return [text(value) for value in kept[columns[field]]] if field in columns else otherwise

    written = cells("code", [])
    codes = unique_ids(written or [str(row) for row in kept.index], origins, faults, code="place.id_repeats", field="code")
    names = cells("name", codes)
    faults += [origin.fault("warning", "place.no_name", "name") for origin, name in zip(origins, names, strict=True) if not name]
    parents = cells("township", [_parent(code) for code in written or codes])
    return Villages(as_places({"village": codes, "name": names, "township": parents}, list(kept.geometry), read.crs), origins)


def in_townships(villages: Villages, outlines: Outlines, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Return villages with their township's code: the one written, by code or name, or else the one they lie in.

    Where townships have outlines, villages of unknown townships, in other townships than written, or beyond the county are reported.
    """
    table, drawn = villages.table, outlines.townships.geometry.notna().any()
    if drawn and len(outlines.townships) > 1 and villages.origins:
        return with_townships(table, villages.origins, outlines, faults)
    codes = pd.Series([township_code(outlines, written) or written for written in table["township"]], index=table.index, dtype="str")
    open_ = (codes == "") & table.geometry.notna()
    if open_.any() and drawn:
        places = shapely.get_coordinates(np.asarray(table.loc[open_].geometry.array))
        codes[open_] = townships_of(outlines, places[:, 0], places[:, 1])[0]
    return table.assign(township=codes)


def _parent(code: str) -> str:
    """Return the township part of a village's twelve-digit code (GB/T 10114), or nothing."""
    return code[:9] if len(code) == 12 and code.isdigit() else ""


def _has_position(folder: Path, spec: Outline) -> bool:
    rows = read_rows(folder, spec.file, _LAYER, encoding=spec.encoding)
    heads = [text(cell) for cell in rows[0]] if rows else []
    found = set(find_columns(heads, "village", spec.columns, file=spec.file))
    return {"lon", "lat"} <= found or bool({"lonlat", "latlon"} & found)
