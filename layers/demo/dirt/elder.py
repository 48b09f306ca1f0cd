"""Faults in the ledger of facilities for elders, an Excel workbook."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import Planted, Row, Sheet, Slip, number, positive, said
from layers.demo.dirt.slips import Heads, enter_twice, gather, lose, repeat, send_far, share_id, swap, zero
from layers.demo.files import SHEET, settled
from layers.demo.ledgers import ELDER
from layers.demo.names import COUNTY
from layers.types import facility_types

BEDS, CARE, RESIDENTS, FLOOR, LAND = "床位数（张）", "护理型床位数（张）", "入住人数", "建筑面积（平方米）", "用地面积（平方米）"
YEAR, COST, TYPE, TOWN, STATUS = "建成年份", "总投资（万元）", "设施类型", "所属乡镇", "运营状态"
HEADS = Heads("编号", "设施名称", TOWN, "经度", "纬度")
_FIRST = 3


def _with_beds(row: Row) -> bool:
    """Return whether a row is a home whose beds, care beds and residents are known: floor per bed and care beds are told of homes only."""
    homes = {kind.name_zh for kind in facility_types().values() if kind.capacity_unit == "beds"}
    return row[TYPE] in homes and all(number(row[head]) > 0 for head in (BEDS, CARE, RESIDENTS, FLOOR))


def _many(row: Row) -> bool:
    """Return whether a row is of a type that has so many that an outlying size stands out."""
    return row[TYPE] in {"社区养老服务站", "农村幸福院"} and number(row[BEDS]) > 0


def _slips(ground: Ground) -> list[Slip]:
    return [
        Slip("care_exceeds", CARE, lambda row: number(row[BEDS]) + 10, _with_beds, 2),
        Slip("residents_exceed", RESIDENTS, lambda row: 2 * number(row[BEDS]) + 3, _with_beds, 2),
        Slip("area_per_bed", FLOOR, lambda row: number(row[BEDS]), _with_beds, 2),
        Slip("outlying", BEDS, lambda row: 40 * number(row[BEDS]), _many, 2),
        Slip("negative", BEDS, lambda row: -number(row[BEDS]), positive(BEDS), 2),
        Slip("no_number", RESIDENTS, lambda _: "若干", positive(RESIDENTS)),
        Slip("no_number", RESIDENTS, lambda row: f"{said(row[RESIDENTS])}-{number(row[RESIDENTS]) + 9:.0f}", positive(RESIDENTS)),
        Slip("wrong_unit", LAND, lambda _: "120张"),
        Slip("wrong_unit", FLOOR, lambda _: "3层"),
        Slip("estimate", FLOOR, lambda row: f"约{said(row[FLOOR])}", positive(FLOOR)),
        Slip("estimate", LAND, lambda _: "近1.2万", positive(LAND)),
        Slip("formula", COST, lambda row: f"={said(row[COST])}*1.1", positive(COST)),
        Slip("formula", BEDS, lambda row: f"={said(row[BEDS])}+6", positive(BEDS)),
        Slip("cell_error", COST, lambda _: "#REF!", positive(COST)),
        Slip("future_year", YEAR, lambda _: 2099, count=2),
        Slip("early_year", YEAR, lambda _: 1023),
        Slip("date_number", YEAR, lambda _: 42156),
        Slip("no_name", HEADS.name, lambda _: None, count=2),
        Slip("no_type", TYPE, lambda _: None),
        Slip("unknown_type", TYPE, lambda _: "养老驿站旗舰店"),
        Slip("unknown_status", STATUS, lambda _: "待定"),
        Slip("unknown_township", TOWN, lambda _: "望海镇", count=2),
        Slip("other_township", TOWN, lambda row: ground.other(row[TOWN]), lambda row: _deep(row, ground), 2),
        Slip("bad_coordinate", HEADS.lat, lambda _: "二十五度"),
    ]


def _deep(row: Row, ground: Ground) -> bool:
    return ground.deep_in(row[HEADS.lon], row[HEADS.lat], "GCJ-02") == row[TOWN]


def plant(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant the faults and return their list."""
    path = folder / "layers" / ELDER
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(path)
    page: Worksheet = book[SHEET]
    sheet = _open(page, ground, rng)
    merged = _merge(sheet)
    share_id(sheet, HEADS.id)
    sheet.slip(_slips(ground))
    for mistake, count in ((swap, 2), (lose, 2), (zero, 1), (send_far, 2)):
        mistake(sheet, HEADS, count)
    gather(sheet, HEADS, ground, "GCJ-02")
    enter_twice(sheet, HEADS, ground, "GCJ-02", (f"{COUNTY}*", "*服务站"))
    repeat(sheet)
    _total_up(sheet)
    _write(page, sheet, merged)
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(settled(held.getvalue()))
    return sheet.planted


def _open(page: Worksheet, ground: Ground, rng: np.random.Generator) -> Sheet:
    """Return the rows between the heads and the total."""
    heads = [said(cell.value) for cell in page[_FIRST - 1]]
    rows: dict[int, Row] = {row: {head: cell.value for head, cell in zip(heads, page[row], strict=True)} for row in range(_FIRST, page.max_row)}
    return Sheet("facilities", f"layers/{ELDER}", SHEET, rows, rng, {row for row, cells in rows.items() if cells[HEADS.id] in ground.named})


def _merge(sheet: Sheet) -> list[int]:
    """Merge the beds of two rows into one cell, as if they were those of both; return the first row."""
    free = [row for row in sheet.rows if {row, row + 1} <= sheet.rows.keys() - sheet.untouched]
    pairs = [row for row in free if all(number(sheet.rows[each][BEDS]) > 0 for each in (row, row + 1))]
    chosen: list[int] = sheet.rng.permutation(pairs)[:1].tolist()
    for row in chosen:
        below = number(sheet.rows[row + 1][BEDS])
        before = f"{said(sheet.rows[row][BEDS])}；{said(below)}"
        sheet.untouched.update((row, row + 1))
        sheet.plant("merged_number", row, BEDS, number(sheet.rows[row][BEDS]) + below, before=before)
        sheet.rows[row + 1][BEDS] = None
    return chosen


def _total_up(sheet: Sheet) -> None:
    """Add the total: right but for one sum. The row that repeats another counts once."""
    repeated = {each.row for each in sheet.planted if each.kind == "row_repeats"}
    kept = [cells for row, cells in sheet.rows.items() if row not in repeated]
    sums: Row = {head: int(np.nansum([number(cells[head]) for cells in kept])) for head in (BEDS, CARE, RESIDENTS)}
    last, heads = max(sheet.rows) + 1, list(kept[0])
    sheet.rows[last] = {**dict.fromkeys(heads), heads[0]: "合计", **sums}
    sheet.plant("wrong_sum", last, BEDS, number(sums[BEDS]) + 100)


def _write(page: Worksheet, sheet: Sheet, merged: list[int]) -> None:
    heads = list(sheet.rows[_FIRST])
    for row, cells in sheet.rows.items():
        for column, head in enumerate(heads, start=1):
            page.cell(row, column).value = cells[head]  # type: ignore[assignment]  # what a cell may hold
    column = heads.index(BEDS) + 1
    for row in merged:
        page.merge_cells(start_row=row, end_row=row + 1, start_column=column, end_column=column)
