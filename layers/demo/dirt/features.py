"""Faults in ledgers that are map layers: of cemeteries (GeoPackage) and of children's facilities (GeoJSON)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import GEOMETRY, Planted, Row, Sheet, Slip, number, positive, said
from layers.demo.dirt.slips import EAST, FAR, repeat, share_id
from layers.demo.files import write_geojson, write_gpkg
from layers.demo.ledgers import BURIAL, CHILD
from layers.demo.names import COUNTY

_METRES = 100_000.0


def open_gpkg(path: Path, layer: str, rng: np.random.Generator) -> tuple[Sheet, gpd.GeoDataFrame]:
    """Return the features of a GeoPackage as a table, and as they were read."""
    read = pyogrio.read_dataframe(path)
    rows = {row: dict(zip(read.columns, cells, strict=True)) for row, cells in enumerate(read.itertuples(index=False, name=None), start=1)}
    return Sheet(layer, f"layers/{path.name}", "", rows, rng), read


def close_gpkg(path: Path, sheet: Sheet, read: gpd.GeoDataFrame) -> None:
    """Write a table of features back; a column that took a text becomes one of texts, as in the program it was edited with."""
    heads = list(dict.fromkeys([*read.columns, *(head for cells in sheet.rows.values() for head in cells)]))
    data = {head: pd.Series([cells.get(head) for cells in sheet.rows.values()], dtype=_kind(sheet, read, head)) for head in heads if head != GEOMETRY}
    shapes = np.array([cells[GEOMETRY] for cells in sheet.rows.values()], dtype=object)
    write_gpkg(path, gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, crs=read.crs), crs=read.crs))


def _kind(sheet: Sheet, read: gpd.GeoDataFrame, head: str) -> str:
    texts = any(isinstance(cells.get(head), str) for cells in sheet.rows.values())
    if texts:
        for cells in sheet.rows.values():
            cells[head] = said(cells.get(head)) or None
    return "object" if texts or head not in read.columns else str(read[head].dtype)


def _of_village(row: Row) -> bool:
    return row["类型"] == "村级公益性公墓"


def plant_burial(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant faults in the ledger of cemeteries, whose places are in metres."""
    path = folder / "layers" / BURIAL
    sheet, read = open_gpkg(path, "facilities", rng)
    sheet.untouched |= {row for row, cells in sheet.rows.items() if cells["编号"] in ground.named}
    sheet.slip([
        Slip("outlying", "总量", lambda row: number(row["总量"]) * 60, _of_village),
        Slip("negative", "总量", lambda row: -number(row["总量"]), _of_village),
        Slip("residents_exceed", "已用", lambda row: number(row["总量"]) + 500, _of_village),
        Slip("early_year", "建成年份", lambda _: 203.0),
        Slip("unknown_type", "类型", lambda _: "生态陵园"),
        Slip("no_name", "名称", lambda _: None),
        Slip("unknown_township", "乡镇", lambda _: "望海乡"),
        Slip("no_position", GEOMETRY, lambda _: None),
        Slip("outside", GEOMETRY, lambda row: _shifted(row, _METRES)),
    ])  # fmt: skip
    repeat(sheet)
    close_gpkg(path, sheet, read)
    return sheet.planted


def plant_child(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant faults in the ledger of children's facilities."""
    path = folder / "layers" / CHILD
    features = json.loads(path.read_text("utf-8"))["features"]
    rows = {row: {**each["properties"], GEOMETRY: shapely.geometry.shape(each["geometry"])} for row, each in enumerate(features, start=1)}
    sheet = Sheet("facilities", f"layers/{CHILD}", "", rows, rng, {row for row, cells in rows.items() if cells["编号"] in ground.named})
    share_id(sheet, "编号")
    sheet.slip([
        Slip("no_number", "建筑面积", lambda _: "一百平", positive("建筑面积")),
        Slip("no_name", "名称", lambda _: None),
        Slip("no_type", "类型", lambda _: None),
        Slip("other_township", "所属乡镇", lambda row: ground.other(row["所属乡镇"]), lambda row: _deep(row, ground)),
        Slip("no_position", GEOMETRY, lambda _: None),
        Slip("swapped", GEOMETRY, lambda row: shapely.Point(*reversed(row[GEOMETRY].coords[0]))),  # type: ignore[attr-defined]
        Slip("outside", GEOMETRY, lambda row: _shifted(row, FAR)),
    ])  # fmt: skip
    _gather(sheet)
    for row in sheet.take(1, lambda cells: _deep(cells, ground) and not said(cells["名称"]).startswith(COUNTY)):
        old = sheet.rows[row]
        name = f"{COUNTY}{said(old['名称'])}"
        sheet.append(
            "twice", {**old, "编号": f"{old['编号']}-1", "名称": name, GEOMETRY: _shifted(old, EAST)}, "名称", f"{said(old['名称'])}（{row}）"
        )
    shapes = [cells[GEOMETRY] for cells in sheet.rows.values()]
    write_geojson(path, shapes, [{head: cell for head, cell in cells.items() if head != GEOMETRY} for cells in sheet.rows.values()])  # type: ignore[arg-type]
    return sheet.planted


def _gather(sheet: Sheet) -> None:
    """Put three children's homes of one township at one point."""
    for first in sheet.take(1, lambda row: row["类型"] == "儿童之家"):
        place, town = _shifted(sheet.rows[first], EAST / 5), sheet.rows[first]["所属乡镇"]
        for row in [first, *sheet.take(2, partial(_home_in, town))]:
            sheet.plant("shared_point", row, GEOMETRY, place)


def _home_in(town: object, row: Row) -> bool:
    return row["类型"] == "儿童之家" and row["所属乡镇"] == town


def _deep(row: Row, ground: Ground) -> bool:
    point = row[GEOMETRY]
    return isinstance(point, shapely.Point) and ground.deep_in(point.x, point.y, "WGS84") == row["所属乡镇"]


def _shifted(row: Row, east: float) -> shapely.Point:
    point = row[GEOMETRY]
    if not isinstance(point, shapely.Point):
        raise TypeError("only a point can be shifted")
    return shapely.Point(round(point.x + east, 6), point.y)
