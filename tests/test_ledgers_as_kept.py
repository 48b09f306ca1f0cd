"""Workbooks as clerks keep them, written here: what table comes out and what is told is known by how each was made."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import re
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from layers.county import County
from layers.errors import PlanningError
from layers.readers._columns import find_cut_columns
from layers.readers.facilities import read_facilities
from layers.readers.ledger_cells import quantity, year_of
from layers.readers.outlines import read_outlines

GK = CRS.from_epsg(4543)
CELLS = [
    ("120张", "count", 120, "unit"), ("１２０", "count", 120, "text"), (" 1,020 ", "count", 1020, "text"), (120, "count", 120, ""),
    ("约1.5万人", "count", 15_000, "estimate"), ("30余张", "count", 30, "estimate"), ("100左右", "count", 100, "estimate"),
    ("0.8公顷", "area", 8000, "unit"), ("3亩", "area", 2000, "unit"), ("1.2万平方米", "area", 12_000, "unit"), ("600㎡", "area", 600, "unit"),
    ("1.2亿元", "investment", 12_000, "unit"), ("120万元", "investment", 120, "unit"), ("50000元", "investment", 5, "unit"),
    ("120万", "investment", 120, "unit"),
    ("", "count", math.nan, ""), ("不详", "count", math.nan, ""), (None, "count", math.nan, ""),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "kind", "value", "how"), CELLS)
def test_cells_with_units(cell, kind, value, how):
    reading = quantity(cell, kind)
    assert reading is not None
    assert reading.value == pytest.approx(value, nan_ok=True)
    assert reading.how == how


@pytest.mark.parametrize(
    ("cell", "kind"), [("100-120", "count"), ("0.8公顷", "count"), ("50%", "count"), ("无床位", "count"), ("一百", "count"), (True, "count")]
)
def test_cells_that_are_no_number(cell, kind):
    assert quantity(cell, kind) is None


def test_a_cells_own_unit_wins_over_the_heads():
    assert quantity("0.8公顷", "area", 2000 / 3).value == 8000
    assert quantity("3", "area", 2000 / 3).value == pytest.approx(2000)
    assert quantity("3百", "area", 2.0).value == 600  # no unit of its own: the head's


@pytest.mark.parametrize(
    ("cell", "year"),
    [("2015年6月", 2015), ("2015.6", 2015), (2015.6, 2015), ("2015/6/1", 2015), ("201506", 2015), (20150601, 2015), ("二〇一五年六月", 2015),
     ("二零一五", 2015),
     (dt.datetime(2015, 6, 1, tzinfo=dt.UTC), 2015), (dt.date(2015, 6, 1), 2015), (" ２０１５年 ", 2015), (2015, 2015), ("2015", 2015)],
)  # fmt: skip
def test_years_in_every_style(cell, year):
    assert year_of(cell).value == year
    assert year_of(cell).how == ""


def test_a_date_that_became_a_number_is_said():
    day = (dt.date(2015, 6, 1) - dt.date(1899, 12, 30)).days
    assert (year_of(day).value, year_of(day).how) == (2015, "serial")
    assert year_of("去年") is None


@given(number=st.integers(0, 10**6), unit=st.sampled_from(["张", "个", "床", "人", ""]), wide=st.booleans(), spaced=st.booleans())
def test_whole_numbers_in_any_dress(number, unit, wide, spaced):
    written = f"{number}{unit}"
    if wide:
        written = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in written)
    assert quantity(f" {written} " if spaced else written, "count").value == number


def test_names_cut_at_ten_bytes():
    aliases = {"care_beds": ("护理型床位数量",), "year": ("建成年份", "建成年度"), "name": ("设施的全名称",), "type": ("设施的全类型",)}
    gb = "护理型床位数量".encode("gb18030")[:10].decode("gb18030")
    assert find_cut_columns([gb, "别的"], aliases, {}) == {"care_beds": gb}
    assert find_cut_columns(["建成年"], aliases, {}) == {"year": "建成年"}  # UTF-8: three characters and a byte
    assert find_cut_columns(["设施的"], aliases, {}) == {}  # name or type: nobody knows
    assert find_cut_columns([gb], aliases, {"care_beds": "床"}) == {}


def read(folder, *, townships=None, **ledger):
    entry = {"file": "l.xlsx", "datum": "WGS84", "type": "elder_institution", **ledger}
    spec = County.model_validate(
        {"name": "示例县", "population": [{"file": "p.csv"}], "streets": {"file": "s.pbf"}, "facilities": [entry], **(townships or {})}
    )
    outlines, _ = read_outlines(folder, spec, GK)
    layer, faults = read_facilities(folder, spec, outlines, GK)
    assert all(fault.say(lang) for fault in faults for lang in ("zh", "en"))
    for fault in faults:
        if fault.code == "table.rows":
            assert fault.values["read"] == fault.values["kept"] + fault.values["excluded"]
    return layer.table, faults


def of(faults, *codes):
    return [(fault.severity, fault.code.split(".")[1], fault.row, fault.field, fault.value) for fault in faults if fault.code.split(".")[1] in codes]


def test_title_two_row_heads_merges_totals_and_foot(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    page.append(["示例县养老服务设施台账"])
    page.append(["填报单位：示例县民政局", None, None, None, None, None, None, "2025年3月"])
    page.append(["序号", "设施名称", "所属乡镇", "床位数（张）", None, None, "位置", None, "建筑面积（亩）"])
    page.append([None, None, None, "总数", "护理型", "已入住", "经度", "纬度", None])
    page.append([1, "赵家养老院 ", "太平镇", "１２０", 40, "约60人", 102.0, 25.0, "0.8公顷"])
    page.append([2, "钱家养老院", None, 80, "20张", 30, 102.1, 25.0, 3])
    page.append(["小计", None, None, 200, 60, None, None, None, None])
    page.append(["二、长乐乡"])
    page.append([3, "孙家养老院", "长乐乡", 50, 10, 20, 102.2, 25.0, None])
    page.append(["序号", "设施名称", "所属乡镇", None, None, None, None, None, "建筑面积（亩）"])
    page.append([4, "李家养老院", "长乐乡", "50-60", 10, 20, 102.3, 25.0, None])
    page.append(["合计", None, None, 999, 80, None, None, None, None])
    page.append(["备注：床位数含在建。"])
    page.append(["填表人：王某", None, "审核人：周某"])
    for span in ("A1:I1", "A3:A4", "B3:B4", "C3:C4", "D3:F3", "G3:H3", "I3:I4", "C5:C6", "A8:I8"):
        page.merge_cells(span)
    page.row_dimensions[6].hidden = True
    book.save(tmp_path / "l.xlsx")
    table, faults = read(tmp_path)
    assert table["source_row"].tolist() == [5, 6, 9, 11]
    assert table["name"].tolist() == ["赵家养老院", "钱家养老院", "孙家养老院", "李家养老院"]
    assert table["capacity"].tolist() == pytest.approx([120, 80, 50, np.nan], nan_ok=True)
    assert table["care_beds"].tolist() == [40, 20, 10, 10]
    assert table["residents"].tolist() == [60, 30, 20, 20]
    assert table["floor_area"].tolist()[:2] == pytest.approx([8000, 2000])
    assert table.geometry.notna().all()
    rows = next(fault for fault in faults if fault.code == "table.rows")
    assert rows.values == {"read": 10, "kept": 4, "excluded": 6}
    head = next(fault for fault in faults if fault.code == "ledger.header_found")
    assert (head.severity, head.values["top"], head.values["bottom"]) == ("note", 3, 4)
    left = [(fault.row, fault.code.split(".")[1]) for fault in faults if fault.row and fault.severity == "note" and "repaired" not in fault.values]
    assert sorted(left) == [(7, "total_row"), (8, "heading_row"), (10, "head_repeats"), (12, "total_row"), (13, "foot_row"), (14, "foot_row")]
    assert of(faults, "estimate") == [("warning", "estimate", 5, "床位数（张）/已入住", "约60人")]
    assert of(faults, "unit_in_cell") == [
        ("note", "unit_in_cell", 6, "床位数（张）/护理型", "20张"),
        ("note", "unit_in_cell", 5, "建筑面积（亩）", "0.8公顷"),
    ]
    repaired = [fault.values["repaired"] for fault in faults if fault.code == "ledger.unit_in_cell"]
    assert repaired == [{"E6": 20}, {"I5": 12}]  # 0.8 ha are 12 mu
    assert of(faults, "no_number") == [("error", "no_number", 11, "床位数（张）/总数", "50-60")]
    # 40 + 20 = 60 and 40 + 20 + 10 + 10 = 80; the beds of 999 cannot be compared, as a range is among them.
    assert of(faults, "sum_differs") == []
    assert next(fault for fault in faults if fault.code == "ledger.hidden_rows").values["rows"] == "6"


def test_all_sheets_one_per_township(tmp_path):
    book = openpyxl.Workbook()
    for sheet, names, state in (("太平镇", ["赵院", "钱院"], "visible"), ("长乐乡", ["孙院"], "hidden")):
        page = book.create_sheet(sheet)
        page.append(["台账"])
        page.append(["设施名称", "床位数"])
        for name in names:
            page.append([name, 30])
        page.sheet_state = state
    book["Sheet"].append(["填表说明", "请逐行填写"])
    book.save(tmp_path / "l.xlsx")
    places = gpd.GeoDataFrame(
        {"code": ["530127101", "530127102"], "name": ["太平镇", "长乐乡"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=GK
    )
    places.to_file(tmp_path / "t.gpkg", layer="t", engine="pyogrio")
    townships = {"outlines": {"townships": {"file": "t.gpkg"}}}
    table, faults = read(tmp_path, townships=townships, sheet="*")
    assert table["name"].tolist() == ["赵院", "钱院", "孙院"]
    assert table["township"].tolist() == ["530127101", "530127101", "530127102"]
    assert table.index.is_unique
    assert [(fault.sheet, fault.values["read"]) for fault in faults if fault.code == "table.rows"] == [("太平镇", 2), ("长乐乡", 1)]
    assert [fault.sheet for fault in faults if fault.code == "ledger.sheet_skipped"] == ["Sheet"]
    assert [fault.sheet for fault in faults if fault.code == "ledger.hidden_sheet"] == ["长乐乡"]
    with pytest.raises(PlanningError) as caught:
        read(tmp_path, sheet="没有")
    assert caught.value.code == "table.no_sheet"
    del book["Sheet"]
    book["太平镇"].append(["李院", 20])
    for sheet in ("太平镇", "长乐乡"):
        book[sheet]["C2"] = "乡镇"
    book.save(tmp_path / "l.xlsx")
    _, faults = read(tmp_path)
    (others,) = [fault for fault in faults if fault.code == "ledger.other_sheets"]
    assert (others.severity, others.values["sheets"]) == ("warning", "长乐乡")


def with_stored_values(path, stored):
    """Write values of formulas into a workbook, as Excel does; openpyxl cannot."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    for cell, value in stored.items():
        parts[name] = re.sub(rb'(<c r="%s"[^>]*>\s*<f>[^<]*</f>\s*)<v\s*/?>(</v>)?' % cell.encode(), rb"\g<1><v>%d</v>" % value, parts[name])
    _write_parts(path, parts)


def test_formulas_count_by_their_stored_value_or_are_errors(tmp_path):
    book = openpyxl.Workbook()
    rows = [["设施名称", "床位数", "护理型床位", "入住人数"], ["赵院", "=10+20", "=5+5", 3], ["钱院", 40, "#REF!", 4]]
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "l.xlsx")
    with_stored_values(tmp_path / "l.xlsx", {"B2": 30})
    table, faults = read(tmp_path)
    assert table["capacity"].tolist() == [30, 40]
    assert table["care_beds"].isna().all()
    assert of(faults, "no_stored_value", "cell_error") == [
        ("error", "no_stored_value", 2, "护理型床位", ""),
        ("error", "cell_error", 3, "护理型床位", ""),
    ]
    assert [fault.values["cell"] for fault in faults if fault.severity == "error"] == ["C2", "C3"]


def test_a_number_merged_over_rows_is_nobodys(tmp_path):
    book = openpyxl.Workbook()
    for row in [["设施名称", "床位数"], ["赵院", 60], ["钱院", None]]:
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    book.save(tmp_path / "l.xlsx")
    table, faults = read(tmp_path)
    assert table["capacity"].isna().all()
    assert of(faults, "merged_number") == [("error", "merged_number", 2, "床位数", "60")]


def test_numbers_as_text_are_one_note_per_column(tmp_path):
    book = openpyxl.Workbook()
    for row in [["设施名称", "床位数", "入住人数"], ["赵院", "60", 5], ["钱院", " ７０ ", 6], ["孙院", 80, 7]]:
        book.active.append(row)
    book.save(tmp_path / "l.xlsx")
    table, faults = read(tmp_path)
    assert table["capacity"].tolist() == [60, 70, 80]
    (note,) = [fault for fault in faults if fault.code == "ledger.numbers_as_text"]
    assert (note.severity, note.field, note.values["repaired"]) == ("note", "床位数", {"B2": 60, "B3": 70})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_in_any_encoding(tmp_path, encoding):
    text = "示例县台账,\n设施名称,床位数\n赵家养老院,60\n注：截至年底,\n"
    (tmp_path / "l.csv").write_bytes(text.encode(encoding))
    table, faults = read(tmp_path, file="l.csv")
    assert table["name"].tolist() == ["赵家养老院"]
    assert table["capacity"].tolist() == [60]
    told = {"gbk": "gb18030", "gb18030": "gb18030"}.get(encoding)
    assert [fault.values["encoding"] for fault in faults if fault.code == "ledger.encoding_found"] == ([told] if told else [])
    assert [fault.row for fault in faults if fault.code == "ledger.foot_row"] == [4]


def test_a_shapefile_with_cut_names(tmp_path):
    names = {"设施名称": ["赵院"], "护理型床位": [5], "核定床位数": [30], "建成年份": [2011]}
    gpd.GeoDataFrame(names, geometry=[shapely.Point(102, 25)], crs="EPSG:4326").to_file(tmp_path / "l.shp", engine="pyogrio", encoding="gb18030")
    table, faults = read(tmp_path, file="l.shp", encoding="gb18030", datum="file")
    assert table[["capacity", "care_beds", "year"]].iloc[0].tolist() == [30, 5, 2011]
    (said,) = [fault for fault in faults if fault.code == "ledger.columns"]
    assert "care_beds = 护理型床位" in said.say("zh")


def test_broken_workbooks_are_planning_errors(tmp_path):
    book = openpyxl.Workbook()
    for row in [["设施名称", "床位数"], ["赵院", "=1+1"], ["钱院", 30]]:
        book.active.append(row)
    book.active.merge_cells("D1:E2")
    book.save(tmp_path / "l.xlsx")
    with zipfile.ZipFile(tmp_path / "l.xlsx") as old:
        parts = {name: old.read(name) for name in old.namelist()}
    random = np.random.default_rng(7)
    for _ in range(60):
        name = str(random.choice(sorted(parts)))
        at, size = int(random.integers(len(parts[name]))), int(random.integers(1, 30))
        spoilt = {**parts, name: parts[name][:at] + bytes(random.integers(0, 256, size, dtype=np.uint8)) + parts[name][at + size :]}
        _write_parts(tmp_path / "l.xlsx", spoilt)
        with contextlib.suppress(PlanningError):
            read(tmp_path)


def test_cells_merged_over_everything_are_refused_before_loading(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["设施名称", "床位数"])
    book.active.merge_cells("D1:E2")
    book.save(tmp_path / "l.xlsx")
    with zipfile.ZipFile(tmp_path / "l.xlsx") as old:
        parts = {name: old.read(name).replace(b"D1:E2", b"D1:XFD1048576") for name in old.namelist()}
    _write_parts(tmp_path / "l.xlsx", parts)
    with pytest.raises(PlanningError) as caught:
        read(tmp_path)
    assert caught.value.code == "table.too_large"


def _write_parts(path, parts):
    with zipfile.ZipFile(path, "w") as new:
        for part, content in parts.items():
            new.writestr(part, content)
