"""A workbook as a clerk keeps it, made of the demo county's clean ledger: what is wrong and what would be right is known."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl

ELDER = "养老服务设施台账.xlsx"
HEADS = [
    "序号",
    "编号",
    "设施名称",
    "设施类型",
    "级别",
    "所属乡镇",
    "经度",
    "纬度",
    "总数",
    "护理型",
    "入住人数",
    "建筑面积（平方米）",
    "建成年份",
    "运营状态",
    "备注",
]
TAKEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17]
FIRST = 4
COUNT = 24


@dataclass
class Dirty:
    """The workbook, its planted faults by row as (severity, code), and the right text of each spoiled cell by (row, column from 0)."""

    content: bytes
    planted: set[tuple[str, str, int]] = field(default_factory=set)
    right: dict[tuple[int, int], str] = field(default_factory=dict)
    repeated: int = 0
    twin: int = 0
    clean: dict[int, list[object]] = field(default_factory=dict)


def dirty_workbook(ledger: Path) -> Dirty:
    """Return a spoiled workbook of the first rows of the demo county's clean ledger."""
    page = openpyxl.load_workbook(ledger).active
    rows = [[row[at] for at in TAKEN] for row in page.iter_rows(min_row=3, max_row=2 + COUNT, values_only=True)]
    made = Dirty(b"")
    twin = [COUNT + 1, "YL900", *rows[10][2:]]
    twin[6] = round(rows[10][6] + 0.002, 6)  # 200 m away
    clean = [list(row) for row in (*rows, twin)]
    made.twin, made.repeated = FIRST + COUNT, FIRST + COUNT + 1
    other = next(row[5] for row in rows if row[5] != rows[3][5])
    spoiled = [("note", "ledger.unit_in_cell", 0, 8, f"{rows[0][8]}张"), ("warning", "facility.other_township", 3, 5, other),
               ("error", "ledger.care_beds_exceed", 4, 9, 99), ("error", "facility.unknown_type", 5, 3, "敬佬院"),
               ("error", "facility.impossible", 6, 8, -5), ("error", "ledger.future_year", 7, 12, 2091),
               ("warning", "ledger.estimate", 8, 8, f"约{rows[8][8]}")]  # fmt: skip
    for severity, code, at, column, value in spoiled:
        made.planted.add((severity, code, FIRST + at))
        made.right[FIRST + at, column] = str(rows[at][column])
        rows[at][column] = value
    rows[1][10] = str(rows[1][10])  # a number as text
    rows[2][6], rows[2][7] = rows[2][7], rows[2][6]
    made.planted.add(("error", "point.swapped", FIRST + 2))
    made.right |= {(FIRST + 2, 6): str(rows[2][7]), (FIRST + 2, 7): str(rows[2][6])}
    made.planted |= {("error", "ledger.row_repeats", made.repeated), ("warning", "ledger.duplicate_near", made.twin)}
    made.clean = dict(enumerate(clean, start=FIRST))
    sums = [sum(int(row[at] or 0) for row in clean) if at in {8, 9, 10} else None for at in range(1, len(HEADS))]
    made.content = _written([*rows, twin, [COUNT + 2, *rows[9][1:]]], ["合计", *sums])
    return made


def _written(rows: list[list[object]], total: list[object]) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "养老"
    page.append(["云岭县养老服务设施台账"])
    page.append([head if head not in {"总数", "护理型"} else "床位" if head == "总数" else None for head in HEADS])
    page.append([head if head in {"总数", "护理型"} else None for head in HEADS])
    page.merge_cells("A1:O1")
    page.merge_cells("I2:J2")
    for column, head in enumerate(HEADS, start=1):
        if head not in {"总数", "护理型"}:
            page.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)
    for row in (*rows, total, ["备注：本表由各乡镇填报"]):
        page.append(row)
    page.column_dimensions["C"].width = 40
    book.create_sheet("说明").append(["=1+1", "不动"])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
