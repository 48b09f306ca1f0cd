"""Faults in exclusion areas and in candidate sites."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import shapely

from layers.crs import to_wgs84
from layers.demo.dirt.features import close_gpkg, open_gpkg
from layers.demo.dirt.ground import Ground
from layers.demo.dirt.outlines import crossed
from layers.demo.dirt.planted import GEOMETRY, Planted, Row, Sheet, Slip, number, said, shape_of
from layers.demo.dirt.slips import Heads, lose, placed, repeat, send_far, share_id
from layers.demo.files import write_csv

PREMISES = Heads("编号", "名称", "", "经度", "纬度")
_TYPES = "适用类型"


def plant_exclusions(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant faults in the areas where no cemetery may be."""
    del ground  # every layer is planted alike
    path = folder / "layers" / "殡葬禁建区.gpkg"
    sheet, read = open_gpkg(path, "exclusions", rng)
    whole = partial(_is_whole, "规则")
    sheet.slip([
        Slip("unknown_rule", "规则", lambda _: "X99", whole),
        Slip("no_area", GEOMETRY, lambda _: shapely.Polygon(), whole),
        Slip("crossing", GEOMETRY, lambda row: crossed(shapely.get_parts(shape_of(row))[0]), whole, 2),
        Slip("bad_buffer", "缓冲距离", lambda _: -50.0, whole),
        Slip("unknown_kind", "管控", lambda _: "禁入", whole),
        Slip("unknown_domain", "适用", lambda _: "殡葬、婚姻", whole),
    ])  # fmt: skip
    close_gpkg(path, sheet, read)
    return sheet.planted


def _is_whole(rule: str, row: Row) -> bool:
    """Return whether a feature is one area with a rule."""
    shape = row[GEOMETRY]
    return isinstance(shape, shapely.Polygon | shapely.MultiPolygon) and len(shapely.get_parts(shape)) == 1 and bool(row[rule])


def plant_candidates(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Write the places of one file in another datum than county.toml states, and plant faults in single rows of both files."""
    del ground  # every layer is planted alike
    plots = _plant_plots(folder, rng)
    path = folder / "layers" / "闲置用房.csv"
    heads, *body = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    rows = {row: dict[str, object](zip(heads, cells, strict=True)) for row, cells in enumerate(body, start=2)}
    sheet = Sheet("candidates", "layers/闲置用房.csv", "", rows, rng)
    first = {row: dict(cells) for row, cells in rows.items()}
    _write_as_wgs84(sheet)
    share_id(sheet, PREMISES.id)
    sheet.slip([Slip("unknown_type", _TYPES, lambda _: "澡堂", lambda row: placed(PREMISES, row))])
    send_far(sheet, PREMISES, 1)
    lose(sheet, PREMISES, 2)
    repeat(sheet)
    write_csv(path, [*heads, _TYPES], ([said(cells.get(head)) for head in (*heads, _TYPES)] for cells in sheet.rows.values()), "utf-8-sig")
    return [*(_as_it_was(fault, first) for fault in sheet.planted), *plots]


def _as_it_was(fault: Planted, first: dict[int, Row]) -> Planted:
    """Return a fault of a place with what stood there in the clean file, before the datum was changed."""
    if fault.row not in first or fault.field != PREMISES.lon:
        return fault
    cells = first[fault.row]
    both = ", " in fault.before
    return replace(fault, before=f"{cells[PREMISES.lon]}, {cells[PREMISES.lat]}" if both else said(cells[PREMISES.lon]))


def _plant_plots(folder: Path, rng: np.random.Generator) -> list[Planted]:
    path = folder / "layers" / "公墓备选地块.gpkg"
    sheet, read = open_gpkg(path, "candidates", rng)
    share_id(sheet, "编号")
    close_gpkg(path, sheet, read)
    return sheet.planted


def _write_as_wgs84(sheet: Sheet) -> None:
    """Write the places in WGS 84; county.toml goes on stating BD-09."""
    for cells in sheet.rows.values():
        lon, lat = to_wgs84(number(cells[PREMISES.lon]), number(cells[PREMISES.lat]), "BD-09")
        cells[PREMISES.lon], cells[PREMISES.lat] = round(float(lon), 6), round(float(lat), 6)
    sheet.list("datum", None, "datum", "WGS84", "BD-09")
