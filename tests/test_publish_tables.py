"""Tables: the usual columns, sums that hold, nothing run as a formula, the same bytes each time."""

import csv
import dataclasses
import io
import math
import time
import zipfile

import numpy as np
import openpyxl
import pytest

from planning.publish import tables
from planning.publish.workbook import Column, Table, comma_separated, excel
from tests import publish_fixture as fixture

BOTH = ("elder_station_city", "elder_daycare")


@pytest.fixture(scope="module")
def sheet():
    return fixture.sheet(types=BOTH)


@pytest.fixture(scope="module")
def book(sheet):
    return openpyxl.load_workbook(io.BytesIO(tables.workbook(sheet)))


def rows(table: Table) -> list[dict]:
    heads = [column.head for column in table.columns]
    return [dict(zip(heads, row, strict=True)) for row in table.rows]


def of(sheet, name: str) -> list[dict]:
    return rows(next(table for table in tables.tables(sheet) if table.name == name))


def test_sheets_and_usual_columns(book):
    assert book.sheetnames == ["现状设施一览表", "规划设施一览表", "分乡镇覆盖与需求表", "规划指标表", "撤并整合一览表", "说明"]
    heads = [cell.value for cell in book["现状设施一览表"][3]]
    for head in (
        "序号",
        "名称",
        "类型",
        "级别",
        "所在乡镇",
        "地址",
        "经度",
        "纬度",
        "护理型床位",
        "在住人数",
        "利用率",
        "建成年份",
        "产权",
        "运营方式",
        "备注",
    ):
        assert head in heads
    heads = [cell.value for cell in book["规划设施一览表"][3]]
    for head in (
        "编号",
        "名称",
        "类型",
        "建设方式",
        "规划规模",
        "建筑面积（m²）",
        "用地面积（m²）",
        "用地性质代码",
        "服务范围",
        "服务人口（就近分配）",
        "实施时序",
    ):
        assert head in heads


def test_present_facilities_are_all_there_and_unknown_is_empty(sheet):
    told = of(sheet, "现状设施一览表")
    assert len(told) == 17  # 12 kept and 5 that change
    assert told[0]["名称"] == "<b>城关</b>站 $5$"
    assert math.isnan(told[0]["规模（床位/墓位等）"])
    assert told[1]["规模（床位/墓位等）"] == 25.0
    assert told[1]["利用率"] == 11 / 25
    assert 101.9 < told[1]["经度"] < 102.5
    assert 24.9 < told[1]["纬度"] < 25.6


def test_planned_sites_carry_the_numbers_of_the_plate(sheet):
    told = of(sheet, "规划设施一览表")
    assert [row["编号"] for row in told] == list(sheet.sites["number"]) == list(range(1, 22))
    by_action = {action: [row for row in told if row["建设方式"] == action] for action in ("新建", "扩建", "迁建", "转型", "撤并", "保留")}
    assert {action: len(found) for action, found in by_action.items()} == {"新建": 4, "扩建": 1, "迁建": 1, "转型": 1, "撤并": 1, "保留": 13}
    assert by_action["扩建"][0]["规模变化与去向"] == "25 → 60 人"
    merged = by_action["撤并"][0]
    into = next(row for row in told if row["名称"] == sheet.sites["name"]["F008"])
    assert merged["规划规模"] == 0
    assert merged["规模变化与去向"] == f"35 人 并入 {into['编号']} 号"


def test_served_people_add_up_to_the_covered(sheet):
    told = of(sheet, "规划设施一览表")
    served = sum(row["服务人口（就近分配）"] for row in told if row["类型"] == "社区养老服务站" and not np.isnan(row["服务人口（就近分配）"]))
    assert served == pytest.approx(sheet.coverage.totals["covered"])


def test_townships_add_up_to_the_county(sheet):
    told = [row for row in of(sheet, "分乡镇覆盖与需求表") if row["类型"] == "社区养老服务站"]
    county, *parts = told
    assert county["所在乡镇"] == "全县"
    assert {row["所在乡镇"] for row in parts} >= set(fixture.NAMES)
    for head in ("服务人口", "现状覆盖人口", "规划覆盖人口", "规划未覆盖", "不可达", "未定位", "规划设施数", "规划规模"):
        assert sum(row[head] for row in parts) == pytest.approx(county[head]), head
    # Convention 3, to one person.
    assert county["规划覆盖人口"] + county["规划未覆盖"] + county["不可达"] + county["未定位"] == pytest.approx(county["服务人口"])


def test_requirements_show_shares_as_per_cent_with_their_source(sheet):
    row = next(row for row in of(sheet, "规划指标表") if row["范围"] == "全县" and row["单位"] == "%")
    county = sheet.evaluations_after["elder_station_city"].county
    assert row["规划值"] == pytest.approx(100 * county["covered_share"])
    assert row["目标值"] == 100
    assert row["规划是否达标"] == "未达标"
    assert "贵州" in row["依据"]


def test_consolidation_lists_what_moves_and_how_far(sheet):
    told = {row["建设方式"]: row for row in of(sheet, "撤并整合一览表")}
    assert set(told) == {"撤并", "转型", "迁建"}
    points = sheet.facts.facilities.table.geometry
    assert told["撤并"]["转运距离（m，直线）"] == pytest.approx(points["F003"].distance(points["F008"]))
    assert told["迁建"]["转运距离（m，直线）"] == pytest.approx(math.dist((points["F004"].x, points["F004"].y), (524_000, 2_783_500)))
    assert told["转型"]["处置方式"] == "转为社区老年人日间照料中心"
    assert told["撤并"]["在住人数"] == 11


def test_notes_name_inputs_sources_and_secrecy(sheet):
    told = {row["项目"]: row["内容"] for row in of(sheet, "说明")}
    assert told["输入文件 county.toml"] == "sha256 " + "cd" * 32
    assert told["使用范围"] == "内部工作用图 · 不得公开"
    assert told["县域"] == "云岭县（虚构示例）"
    assert told["模型"] == "MCLP"


def test_nothing_is_run_as_a_formula(book, sheet):
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    daring = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert {"=1+1 镇", '=HYPERLINK("http://x") 日间照料中心'} <= {cell.value for cell in daring}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in daring)
    table = Table("t", "t", "", (Column("a"), Column("b", "count")), (("=1+1", -5.0), ("+86", 1), ("-", 2), ("@x", 3), ("山", 4)))
    told = list(csv.reader(io.StringIO(comma_separated(table).decode("utf-8-sig"))))
    assert told[1:] == [["'=1+1", "-5.0"], ["'+86", "1"], ["'-", "2"], ["'@x", "3"], ["山", "4"]]


def test_heads_stay_in_sight_and_columns_are_wide_enough(book):
    for page in book:
        assert page.freeze_panes.endswith("4")
        widths = [page.column_dimensions[cell.column_letter].width for cell in page[3]]
        most = 110 if len(widths) == 2 else 46  # items and sentences
        assert all(6 <= width <= most for width in widths)
        for row in page.iter_rows(min_row=4):
            for cell, width in zip(row, widths, strict=True):
                letters = sum(2 if ord(letter) > 255 else 1 for letter in cell.value) if isinstance(cell.value, str) else 0
                if letters > width:  # broken into lines, each at least 12 points high
                    assert page.row_dimensions[cell.row].height >= 12 * letters / width
    names = book["现状设施一览表"]
    longest = max(sum(2 if ord(letter) > 255 else 1 for letter in str(row[1].value)) for row in names.iter_rows(min_row=4))
    assert names.column_dimensions["B"].width >= min(46, longest)


def test_numbers_are_whole_and_only_shown_rounded(book, sheet):
    page = book["分乡镇覆盖与需求表"]
    heads = [cell.value for cell in page[3]]
    cell = page.cell(4, heads.index("规划覆盖人口") + 1)
    assert cell.value == pytest.approx(sheet.coverage.totals["covered"], rel=1e-12)
    assert cell.number_format == "#,##0"
    assert page.cell(4, heads.index("规划覆盖率") + 1).number_format == "0.0%"


def test_same_bytes_at_another_time(sheet):
    first = tables.workbook(sheet)
    time.sleep(1.1)
    assert tables.workbook(fixture.sheet(types=BOTH)) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = openpyxl.load_workbook(io.BytesIO(first)).properties
    assert properties.created == properties.modified
    assert properties.modified.date() == fixture.DATE


def test_control_characters_do_not_break_a_workbook():
    table = Table("t", "t\x07", "", (Column("a"),), (("坏\x0b字",),))
    book = openpyxl.load_workbook(io.BytesIO(excel([table], title="\x01t", author="", date=fixture.DATE)))
    assert book["t"]["A4"].value == "坏字"


def test_rows_that_do_not_fit_are_a_programmers_error():
    with pytest.raises(ValueError, match="do not fit"):
        Table("t", "t", "", (Column("a"),), (("x", 1),))


def test_csv_files_open_in_excel(sheet):
    files = tables.csv_files(sheet)
    assert next(iter(files)) == "现状设施一览表.csv"
    assert len(files) == 6
    assert all(content.startswith(b"\xef\xbb\xbf") for content in files.values())


def test_settings_are_named(sheet):
    given = dataclasses.replace(sheet, parameters={"sites": 4, "share": "", "own": "x"})
    told = {row["项目"]: row["内容"] for row in of(given, "说明")}
    assert (told["新增处数"], told["own"]) == ("4", "x")
    assert "目标覆盖率" not in told


def test_notes_say_which_ages_are_estimates(sheet):
    assert "推算的年龄组" not in {row["项目"] for row in of(sheet, "说明")}
    estimated = dataclasses.replace(sheet.facts.population, estimated_groups=("60_plus",))
    told = {row["项目"]: row["内容"] for row in of(dataclasses.replace(sheet, facts=dataclasses.replace(sheet.facts, population=estimated)), "说明")}
    assert "60_plus" in told["推算的年龄组"]
    assert "Sprague" in told["推算的年龄组"]
    with pytest.raises(ValueError, match="estimated groups"):
        dataclasses.replace(sheet.facts.population, estimated_groups=("80_plus",))
