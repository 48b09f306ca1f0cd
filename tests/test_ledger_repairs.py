"""Repaired copies of ledgers: what is certain is changed, nothing else is, and a second check finds it no more."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import openpyxl
import pandas as pd
import pytest
from pyproj import CRS
from typer.testing import CliRunner

from layers.checking import certain_repairs, repaired
from layers.county import County
from layers.readers.facilities import read_facilities
from layers.readers.outlines import read_outlines
from planning.cli import app

GK = CRS.from_epsg(4543)
CERTAIN = {"ledger.unit_in_cell", "ledger.serial_in_cell", "ledger.numbers_as_text", "ledger.row_repeats"}
HEADS = ["序号", "设施名称", "床位数", "建筑面积（亩）", "建成年份", "备注", "电话"]
ROWS = [
    [1, "赵家养老院", "120张", "0.8公顷", 42156, "=旧", "08711"],
    [2, "钱家养老院", "８０", 3, 2001, None, dt.date(2020, 5, 1)],
    [3, "钱家养老院", "８０", 3, 2001, None, dt.date(2020, 5, 1)],
    [4, "孙家养老院", "50-60", 2, 1850, None, None],
    ["合计", None, 200, 17, None, None, None],
    ["备注：样表"],
]


def read(folder, file="l.xlsx"):
    entry = {"file": file, "datum": "WGS84", "type": "elder_institution"}
    spec = County.model_validate({"name": "示例县", "population": [{"file": "p.csv"}], "streets": {"file": "s.pbf"}, "facilities": [entry]})
    outlines, _ = read_outlines(folder, spec, GK)
    layer, faults = read_facilities(folder, spec, outlines, GK)
    counted = next(fault.values for fault in faults if fault.code == "table.rows")
    assert counted["read"] == counted["kept"] + counted["excluded"]
    return layer.table, faults, counted


def workbook(path):
    book = openpyxl.Workbook()
    page = book.active
    page.append(["示例县台账"])
    page.append(HEADS)
    for row in ROWS:
        page.append(row)
    page["F3"].data_type = "s"  # a text that begins with =
    page.merge_cells("A1:G1")
    page.merge_cells("A8:G8")
    page.row_dimensions[4].hidden = True
    other = book.create_sheet("说明")
    other.append(["=1+1", "不动"])
    other.sheet_state = "hidden"
    book.save(path)


def test_a_workbook_is_repaired_and_a_second_check_is_shorter(tmp_path):
    workbook(tmp_path / "l.xlsx")
    before, faults, counted = read(tmp_path)
    assert counted == {"read": 6, "kept": 3, "excluded": 3}
    repairs = certain_repairs(faults, "l.xlsx")
    # 0.8 ha are 12 mu; day 42156 is in June 2015; row 5 repeats row 4.
    assert repairs[""].cells == {(3, 3): 120, (3, 4): 12, (3, 5): 2015, (4, 3): 80}
    assert repairs[""].removed == {5}
    (tmp_path / "l.xlsx").write_bytes(repaired(tmp_path / "l.xlsx", repairs))
    after, again, counted = read(tmp_path)
    assert counted == {"read": 5, "kept": 3, "excluded": 2}
    assert {fault.code for fault in faults} >= CERTAIN
    assert not CERTAIN & {fault.code for fault in again}
    remaining = [(fault.severity, fault.code, fault.field, fault.value) for fault in faults if fault.code not in CERTAIN | {"table.rows"}]
    told = [(fault.severity, fault.code, fault.field, fault.value) for fault in again if fault.code != "table.rows"]
    assert told == remaining
    same = [column for column in before.columns if column not in {"source_row", "geometry"}]
    pd.testing.assert_frame_equal(pd.DataFrame(before[same]).reset_index(drop=True), pd.DataFrame(after[same]).reset_index(drop=True))


def test_untouched_cells_and_sheets_are_kept(tmp_path):
    workbook(tmp_path / "l.xlsx")
    _, faults, _ = read(tmp_path)
    (tmp_path / "copy.xlsx").write_bytes(repaired(tmp_path / "l.xlsx", certain_repairs(faults, "l.xlsx")))
    book = openpyxl.load_workbook(tmp_path / "copy.xlsx")
    page = book.worksheets[0]
    cells = [[cell.value for cell in row] for row in page.iter_rows()]
    assert cells[1] == HEADS
    assert cells[2] == [1, "赵家养老院", 120, 12, 2015, "=旧", "08711"]
    assert (page["F3"].data_type, page["G3"].data_type) == ("s", "s")
    assert cells[3] == [2, "钱家养老院", 80, 3, 2001, None, dt.datetime(2020, 5, 1)]  # noqa: DTZ001 - a workbook knows no zone
    assert cells[4] == [4, "孙家养老院", "50-60", 2, 1850, None, None]
    assert {str(span) for span in page.merged_cells.ranges} == {"A1:G1", "A7:G7"}
    assert page.row_dimensions[4].hidden
    assert (book["说明"]["A1"].value, book["说明"]["B1"].value, book["说明"].sheet_state) == ("=1+1", "不动", "hidden")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_keeps_its_encoding(tmp_path, encoding):
    text = '设施名称,床位数,备注\n赵家养老院,120张,"a,b"\n钱家养老院,８０,007\n'
    (tmp_path / "l.csv").write_bytes(text.encode(encoding))
    _, faults, _ = read(tmp_path, "l.csv")
    found = repaired(tmp_path / "l.csv", certain_repairs(faults, "l.csv"), encoding=encoding)
    assert found == text.replace("120张", "120").replace("８０", "80").encode(encoding)
    (tmp_path / "l.csv").write_bytes(found)
    table, again, _ = read(tmp_path, "l.csv")
    assert table["capacity"].tolist() == [120, 80]
    assert not CERTAIN & {fault.code for fault in again}


def test_no_other_format_is_written(tmp_path):
    with pytest.raises(ValueError, match="xlsx and csv"):
        repaired(tmp_path / "l.gpkg", {})


def test_the_command_writes_copies_and_leaves_the_ledger(demo_county, tmp_path):
    folder = tmp_path / "县"
    shutil.copytree(demo_county, folder, ignore=shutil.ignore_patterns(".cache", "outputs"))
    (ledger,) = (folder / "layers").glob("养老*.xlsx")
    book = openpyxl.load_workbook(ledger)
    page = book.worksheets[0]
    column = next(cell.column for cell in page[2] if str(cell.value).startswith("床位数"))
    beds = page.cell(3, column).value
    page.cell(3, column).value = f"{beds}张"
    book.save(ledger)
    content = ledger.read_bytes()
    out = tmp_path / "out"
    answer = CliRunner().invoke(app, ["check", str(folder), "--repair", str(out), "--json"])
    assert answer.exit_code == 0
    record = json.loads(answer.stdout)
    (copy,) = record["repaired"]
    assert (copy["cells"], copy["rows"]) == (1, 0)
    assert [note["repaired"] for note in record["notes"] if note["code"] == "ledger.unit_in_cell"] == [{page.cell(3, column).coordinate: beds}]
    assert ledger.read_bytes() == content
    assert openpyxl.load_workbook(out / ledger.relative_to(folder)).worksheets[0].cell(3, column).value == beds
    assert CliRunner().invoke(app, ["check", str(folder), "--repair", str(out)]).exit_code != 0  # nothing is overwritten
    shutil.copy(out / ledger.relative_to(folder), ledger)
    answer = CliRunner().invoke(app, ["check", str(folder), "--repair", str(out)])
    assert answer.exit_code == 0
    assert "没有可以确定修正的内容" in answer.stdout
