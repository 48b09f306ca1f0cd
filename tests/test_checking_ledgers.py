"""Checks on facility tables built here: what each finds is known by how the table was made."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from pyproj import CRS

from layers.checking.ledger_names import core_name, likeness
from layers.checking.ledger_sums import Line, find_wrong_sums
from layers.checking.ledgers import check_ledgers
from layers.checking.origins import Origin
from layers.county import County
from layers.facilities import COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS
from layers.readers.facilities import read_facilities
from layers.readers.outlines import read_outlines

GK = CRS.from_epsg(4543)
X0, Y0 = 600_000.0, 2_800_000.0
HEADS = {"name": "设施名称", "capacity": "床位数", "care_beds": "护理型床位", "residents": "入住人数", "year": "建成年份", "floor_area": "建筑面积"}


def table(*rows):
    """Return a facility table and its origins; ``at`` is (east, north) in m, far apart where absent."""
    data = {column: [row.get(column, "") for row in rows] for column in TEXT_COLUMNS}
    data["type"] = [row.get("type", "elder_institution") for row in rows]
    data["source_file"] = ["l.xlsx"] * len(rows)
    data |= {column: np.array([row.get(column, np.nan) for row in rows], dtype=float) for column in NUMBER_COLUMNS}
    data["source_row"] = list(range(2, 2 + len(rows)))
    places = [row.get("at", (5000 * k, 0)) for k, row in enumerate(rows)]
    points = [None if place is None else shapely.Point(X0 + place[0], Y0 + place[1]) for place in places]
    made = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(points, crs=GK), crs=GK)[list(COLUMNS)]
    return made, [Origin("l.xlsx", "台账", row, HEADS) for row in data["source_row"]]


def found(*rows, **more):
    made, origins = table(*rows)
    findings = check_ledgers(made, origins, this_year=2026, **more)
    assert all(finding.fault.say(lang) and finding.fault.repair(lang) for finding in findings for lang in ("zh", "en"))
    return [(finding.fault.severity, finding.fault.code.removeprefix("ledger."), finding.fault.row, finding.fault.field) for finding in findings]


def test_a_sound_table_has_no_finding():
    assert found({"name": "甲院", "capacity": 100, "care_beds": 100, "residents": 100, "year": 2026, "floor_area": 3000}, {"name": "乙院"}) == []


def test_care_beds_and_residents_beyond_the_beds():
    rows = ({"name": "甲院", "capacity": 100, "care_beds": 101, "residents": 101}, {"name": "乙院", "care_beds": 5, "residents": 7})
    assert found(*rows) == [("error", "care_beds_exceed", 2, "护理型床位"), ("warning", "residents_exceed", 2, "入住人数")]
    # Of a community's square metres residents are no part.
    assert found({"name": "丙", "type": "community_centre", "capacity": 700, "residents": 4000}) == []


def test_years_that_are_not_yet():
    rows = ({"name": "甲院", "year": 2027}, {"name": "乙院", "year": 2027, "status": "building"}, {"name": "丙院", "year": 2026})
    assert found(*rows) == [("error", "future_year", 2, "建成年份")]


def test_sizes_beyond_ten_times_or_a_twentieth_of_the_norm():
    # elder_institution: 20 to 500 beds, so 1 to 3,000 (the ceiling of beds is lower than ten norms); elder_daycare: 350 to 750 m2.
    rows = [{"name": f"{name}院", "capacity": beds} for name, beds in zip("甲乙丙", (3000, 3001, 0.5), strict=True)]
    assert found(*rows) == [("warning", "size", 3, "床位数"), ("warning", "size", 4, "床位数")]
    areas = [{"name": name, "type": "elder_daycare", "floor_area": area} for name, area in zip("甲乙丙丁", (17, 18, 7500, 7501), strict=True)]
    assert found(*areas) == [("warning", "size", 2, "建筑面积"), ("warning", "size", 5, "建筑面积")]


def test_floor_of_a_bed_between_3_and_500_m2():
    areas = (300, 299, 50_000, 50_001)
    rows = [{"name": f"{name}院", "capacity": 100, "floor_area": area} for name, area in zip("甲乙丙丁", areas, strict=True)]
    assert found(*rows) == [("warning", "area_per_bed", 3, "建筑面积"), ("warning", "area_per_bed", 5, "建筑面积")]


def test_a_digit_too_many_stands_out_of_its_ledger():
    beds = [50, 60, 55, 48, 70, 52, 65]
    rows = [{"name": f"{name}院", "capacity": value} for name, value in zip("赵钱孙李周吴郑", beds, strict=True)]
    assert found(*rows, {"name": "王院", "capacity": 580}) == [("warning", "outlying", 9, "床位数")]
    assert found(*rows, {"name": "王院", "capacity": 300}) == []  # less than eight medians
    assert found(*rows[1:], {"name": "王院", "capacity": 580}) == []  # seven rows tell no spread


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("示例县 太平镇中心敬老院", "太平"),
        ("示例太平乡敬老院（公办）", "太平公办"),
        ("太平镇养老服务中心", "太平"),
        ("敬老院", "敬老院"),
        ("第二敬老院", "第二"),
        ("", ""),
    ],
)
def test_core_names(name, core):
    assert core_name(name, "示例县") == core


def test_likeness_is_symmetric_and_heeds_numbers():
    assert likeness("太平", "太平") == 1
    assert likeness("太平康乐", "太平康泰") == likeness("太平康泰", "太平康乐") == pytest.approx(2 * 3 / 8)
    assert likeness("太平第一", "太平第二") == 0
    assert likeness("东街太平", "西街太平") == 0


def test_duplicates_by_name_and_distance():
    one = {"name": "示例县太平镇敬老院", "township": "01", "at": (0, 0)}
    same_name_far = {"name": "太平镇 敬老院", "township": "01", "at": (9000, 0)}
    assert found(one, same_name_far, county="示例县") == [("warning", "duplicate_near", 3, "设施名称")]
    assert found(one, {**same_name_far, "township": "02"}, county="示例县") == []
    assert found(one, {**same_name_far, "type": "elder_wujing"}, county="示例县") == []
    assert found(one, {**same_name_far, "at": None}, county="示例县") == [("warning", "duplicate", 3, "设施名称")]
    near = [{"name": "康乐长青养老院", "township": "01", "at": (0, 0)}, {"name": "康乐常青养老院", "township": "02", "at": (299, 0)}]
    assert found(*near) == [("warning", "duplicate_near", 3, "设施名称")]
    assert found(near[0], {**near[1], "at": (301, 0)}) == []
    # A third is told against the first, once.
    assert [row for _, _, row, _ in found(*near, {**near[0], "at": (0, 100)})] == [3, 4]


def test_one_point_for_many():
    three = [
        {"name": name, "type": kind, "at": (0, 0)}
        for name, kind in (("东院", "elder_institution"), ("南站", "elder_daycare"), ("西社", "elder_wujing"))
    ]
    assert [item[1:3] for item in found(*three)] == [("shared_point", 2), ("shared_point", 3), ("shared_point", 4)]
    assert found(*three[:2]) == []  # a home and its day care under one roof
    assert [item[1:3] for item in found(three[0], {**three[0], "name": "北楼"})] == [("shared_point", 2), ("shared_point", 3)]
    assert found(three[0], {**three[0], "name": "北楼", "at": (2, 0)}) == []


def line(row, kind, township, **numbers):
    return Line(row, kind, township, numbers)


def test_sums_by_head_arithmetic():
    rows = [line(2, "row", "甲镇", beds=10.0), line(3, "row", "甲镇", beds=20.0), line(4, "part", "", beds=30.0)]
    rows += [line(5, "row", "乙乡", beds=5.0), line(6, "row", "甲镇", beds=1.0), line(7, "part", "", beds=7.0)]
    rows += [line(8, "part", "甲镇", beds=31.0), line(9, "whole", "", beds=36.0), line(10, "whole", "", beds=37.0)]
    wrong = list(find_wrong_sums(rows, ["beds"]))
    assert [(item.row, item.given, item.summed) for item in wrong] == [(7, 7, 6), (10, 37, 36)]


def test_sums_are_compared_as_they_are_rounded_and_never_over_bad_cells():
    rows = [line(2, "row", "", area=1.26), line(3, "row", "", area=2.26)]
    assert list(find_wrong_sums([*rows, line(4, "whole", "", area=3.5)], ["area"])) == []  # 3.52
    assert [item.summed for item in find_wrong_sums([*rows, line(4, "whole", "", area=3.6)], ["area"])] == [pytest.approx(3.52)]
    assert list(find_wrong_sums([line(2, "row", "", area=None), line(3, "whole", "", area=9.0)], ["area"])) == []
    assert list(find_wrong_sums([line(2, "whole", "", area=9.0)], ["area"])) == []


def county(folder, rows, **more):
    """Write a ledger and two townships side by side, each 10 km wide, and read it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "l.xlsx")
    places = gpd.GeoDataFrame(
        {"code": ["530127101", "530127102"], "name": ["太平镇", "长乐乡"]},
        geometry=[shapely.box(X0, Y0, X0 + 10_000, Y0 + 20_000), shapely.box(X0 + 10_000, Y0, X0 + 20_000, Y0 + 20_000)],
        crs=GK,
    )
    places.to_file(folder / "t.gpkg", layer="t", engine="pyogrio")
    ledger = {"file": "l.xlsx", "datum": "WGS84", "type": "elder_institution", **more}
    spec = County.model_validate({
        "name": "示例县", "population": [{"file": "p.csv"}], "streets": {"file": "s.pbf"}, "facilities": [ledger],
        "outlines": {"townships": {"file": "t.gpkg"}},
    })  # fmt: skip
    outlines, _ = read_outlines(folder, spec, GK)
    return read_facilities(folder, spec, outlines, GK)


def told(faults, *codes):
    return [(fault.severity, fault.code, fault.row, fault.field, fault.value) for fault in faults if not codes or fault.code in codes]


def test_errors_make_values_unknown_and_repeated_rows_leave(tmp_path):
    rows = [
        ["序号", "设施名称", "乡镇", "床位数", "护理型床位", "建成年份"],
        [1, "赵家养老院", "太平", 40, 41, 1899],
        [2, "钱家养老院", "太平振", 50, 20, 2099],
        [3, "孙家养老院", "何处", 30, 10, 2001],
        [4, "孙家养老院", "何处", 30, 10, 2001],
        ["小计", None, None, 150, 71, None],
        ["合计", None, None, 151, 81, None],
    ]
    layer, faults = county(tmp_path, rows)
    known = layer.table.set_index("source_row")
    assert known.index.tolist() == [2, 3, 4]
    assert known["care_beds"].tolist() == pytest.approx([np.nan, 20, 10], nan_ok=True)
    assert known["year"].tolist() == pytest.approx([np.nan, np.nan, 2001], nan_ok=True)
    assert known["capacity"].tolist() == [40, 50, 30]
    warned = told(faults, "ledger.row_repeats", "ledger.care_beds_exceed", "ledger.future_year", "facility.impossible", "ledger.sum_differs")
    assert warned == [
        ("error", "ledger.row_repeats", 5, "", ""),
        # Without the repeated row: 40 + 50 + 30 = 120 beds, 41 + 20 + 10 = 71 care beds.
        ("warning", "ledger.sum_differs", 6, "床位数", "150"),
        ("warning", "ledger.sum_differs", 7, "床位数", "151"),
        ("warning", "ledger.sum_differs", 7, "护理型床位", "81"),
        ("error", "facility.impossible", 2, "建成年份", "1899"),
        ("error", "ledger.care_beds_exceed", 2, "护理型床位", "41"),
        ("error", "ledger.future_year", 3, "建成年份", "2099"),
    ]
    assert told(faults, "ledger.township_like", "facility.unknown_township") == [
        ("warning", "ledger.township_like", 3, "乡镇", "太平振"),
        ("warning", "facility.unknown_township", 4, "乡镇", "何处"),
    ]
    near = next(fault for fault in faults if fault.code == "ledger.township_like")
    assert "太平镇" in near.say("zh")
    counted = next(fault for fault in faults if fault.code == "table.rows")
    assert counted.values == {"read": 6, "kept": 3, "excluded": 3}
    assert all(fault.say(lang) for fault in faults for lang in ("zh", "en"))


def test_township_subtotals_sum_their_township(tmp_path):
    heads = ["乡镇", "设施名称", "床位数"]
    rows = [
        heads,
        ["太平镇", "赵院", 10],
        ["长乐乡", "钱院", 20],
        ["太平镇", "孙院", 30],
        ["太平镇小计", None, 40],
        ["长乐乡 小计", None, 21],
        ["合计", "", 60],
    ]
    _, faults = county(tmp_path, rows)
    assert told(faults, "ledger.sum_differs") == [("warning", "ledger.sum_differs", 6, "床位数", "21")]
    assert next(fault for fault in faults if fault.code == "table.rows").values == {"read": 6, "kept": 3, "excluded": 3}
