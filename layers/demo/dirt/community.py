"""Faults in the ledger of community facilities, a csv file in gb18030."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from pyproj import CRS

from layers.crs import to_metric
from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import Planted, Row, Sheet, Slip, number, positive, said
from layers.demo.dirt.slips import Heads, enter_twice, lose, placed, repeat, send_far, share_id, swap
from layers.demo.files import write_csv
from layers.demo.frame import EPSG
from layers.demo.ledgers import COMMUNITY
from layers.demo.names import COUNTY

HEADS = Heads("设施编号", "名称", "所在街道（乡镇）", "经度", "纬度")
AREA, FLOOR, YEAR, TYPE = "服务面积", "建筑面积", "建成时间", "类别"


def _slips(ground: Ground) -> list[Slip]:
    return [
        Slip("negative", FLOOR, lambda row: f"-{row[FLOOR]}", positive(FLOOR)),
        Slip("no_number", AREA, lambda _: "两间", positive(AREA)),
        Slip("size", FLOOR, lambda _: "12", lambda row: row[TYPE] == "街道社区服务中心"),
        Slip("outlying", AREA, lambda row: f"{number(row[AREA]) * 60:.0f}", lambda row: row[TYPE] == "村级综合服务设施"),
        Slip("future_year", YEAR, lambda _: "2088年"),
        Slip("unknown_type", TYPE, lambda _: "多功能厅"),
        Slip("unknown_township", HEADS.township, lambda _: "望海街道"),
        Slip("other_township", HEADS.township, lambda row: ground.other(row[HEADS.township]), lambda row: _deep(row, ground)),
        Slip("impossible_place", HEADS.lon, lambda row: f"2{said(row[HEADS.lon])[1:]}", lambda row: placed(HEADS, row)),
        Slip("bad_coordinate", HEADS.lon, lambda _: "103.1.2"),
    ]


def _deep(row: Row, ground: Ground) -> bool:
    return ground.deep_in(row[HEADS.lon], row[HEADS.lat], "WGS84") == row[HEADS.township]


def plant(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant the faults and return their list."""
    path = folder / "layers" / COMMUNITY
    heads, *body = csv.reader(io.StringIO(path.read_text("gb18030"), newline=""))
    rows: dict[int, Row] = {row: dict(zip(heads, cells, strict=True)) for row, cells in enumerate(body, start=2)}
    named = {row for row, cells in rows.items() if cells[HEADS.id] in ground.named}
    sheet = Sheet("facilities", f"layers/{COMMUNITY}", "", rows, rng, named)
    share_id(sheet, HEADS.id)
    sheet.slip(_slips(ground))
    _write_metres(sheet, 2)
    swap(sheet, HEADS, 1)
    lose(sheet, HEADS, 1)
    send_far(sheet, HEADS, 1)
    enter_twice(sheet, HEADS, ground, "WGS84", (f"{COUNTY}*",))
    repeat(sheet)
    write_csv(path, heads, ([cells[head] for head in heads] for cells in sheet.rows.values()), "gb18030")
    return sheet.planted


def _write_metres(sheet: Sheet, count: int) -> None:
    """Write eastings and northings into the columns of degrees."""
    for row in sheet.take(count, lambda cells: placed(HEADS, cells)):
        cells = sheet.rows[row]
        before = f"{cells[HEADS.lon]}, {cells[HEADS.lat]}"
        x, y = to_metric(number(cells[HEADS.lon]), number(cells[HEADS.lat]), "WGS84", CRS.from_epsg(EPSG))
        sheet.plant("metres", row, HEADS.lon, f"{float(x):.1f}", before=before)
        cells[HEADS.lat] = f"{float(y):.1f}"
