"""Checks of outlines, villages, exclusion areas and candidates, on squares whose areas are known by hand."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from layers.checking.areas import Townships, check_townships, find_crossings
from layers.checking.origins import Origin
from layers.county import County
from layers.crs import from_metric
from layers.errors import Fault, PlanningError
from layers.readers.candidates import read_candidates
from layers.readers.exclusions import read_exclusions
from layers.readers.facilities import read_facilities
from layers.readers.outlines import read_outlines

GK = CRS.from_epsg(4543)
X0, Y0 = 600_000.0, 2_800_000.0
BOW_TIE = [(0, 0), (400, 400), (400, 0), (0, 400)]


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def bow_tie(west: float = 0.0) -> shapely.Polygon:
    return shapely.Polygon([(X0 + west + x, Y0 + y) for x, y in BOW_TIE])


def degrees(x: float, y: float) -> str:
    lon, lat = from_metric(X0 + x, Y0 + y, "WGS84", GK)
    return f"{float(lon):.7f},{float(lat):.7f}"


def county(**layers: object) -> County:
    base = {"name": "示例县", "code": "530127", "population": [{"file": "p.csv"}], "streets": {"file": "s.pbf"}}
    return County.model_validate({**base, **layers})


def told(faults: tuple[Fault, ...] | list[Fault], *, notes: bool = False) -> list[tuple[str, str, int | None, str]]:
    return [(fault.severity, fault.code, fault.row, fault.field) for fault in faults if notes or fault.severity != "note"]


def townships(shapes: list[shapely.Geometry | None], codes: str = "abcdefg", names: list[str] | None = None) -> Townships:
    labels = list(codes[: len(shapes)])
    origins = [Origin("t.gpkg", "", row, {"code": "代码", "name": "名称"}, "outlines.townships") for row in range(1, len(shapes) + 1)]
    return Townships(np.array(shapes, dtype=object), labels, names or [f"{label}镇" for label in labels], origins)


def test_townships_that_tile_their_county_are_right():
    pair = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
    assert check_townships(townships(pair), box(0, 0, 2000, 1000)) == []
    assert check_townships(townships(pair), None) == []


def test_a_strip_as_wide_as_a_border_is_drawn_is_no_overlap_and_no_gap():
    overlapping = [box(0, 0, 1040, 1000), box(1000, 0, 2000, 1000)]
    apart = [box(0, 0, 960, 1000), box(1000, 0, 2000, 1000)]
    for pair in (overlapping, apart):
        assert check_townships(townships(pair), box(0, 0, 2000, 1000)) == []


def test_an_overlap_is_told_of_the_later_township_in_hectares():
    (fault,) = check_townships(townships([box(0, 0, 1200, 1000), box(1000, 0, 2000, 1000)]), None)
    assert told([fault]) == [("warning", "area.overlap", 2, "geometry")]
    assert (fault.values["hectares"], fault.values["other"], fault.values["first"]) == ("20.0", "a镇", 1)


def test_a_gap_is_told_of_the_township_with_the_longest_border_to_it():
    # The hole is 300 m x 200 m; three of its sides lie along b, one along a.
    b = shapely.difference(box(1000, 0, 2000, 1000), box(1000, 400, 1300, 600))
    (fault,) = check_townships(townships([box(0, 0, 1000, 1000), b]), box(0, 0, 2000, 1000))
    assert told([fault]) == [("warning", "area.gap", 2, "geometry")]
    assert (fault.values["hectares"], fault.values["count"]) == ("6.0", 1)


def test_a_township_beyond_the_county_is_told_from_a_twentieth_of_its_area_on():
    inside = box(0, 0, 2000, 1000)
    just, more = box(0, 0, 1000, 1040), box(1000, 0, 2000, 1100)
    (fault,) = check_townships(townships([just, more]), inside)
    assert told([fault]) == [("warning", "area.beyond", 2, "geometry")]
    assert (fault.values["hectares"], fault.values["share"]) == ("10.0", "9%")


def test_codes_and_names_that_do_not_tell_townships_apart():
    shapes = [box(1000 * n, 0, 1000 * (n + 1), 1000) for n in range(3)]
    assert told(check_townships(townships(shapes, "aab", ["甲镇", "乙镇", "丙镇"]), None)) == [("warning", "area.code_repeats", 2, "代码")]
    assert told(check_townships(townships(shapes, "abc", ["甲镇", "甲镇", "丙镇"]), None)) == [("warning", "area.name_repeats", 2, "名称")]
    blank = Townships(np.array(shapes[:2], dtype=object), ["a", ""], ["甲镇", "乙镇"], townships(shapes[:2]).origins)
    assert told(check_townships(blank, None)) == [("warning", "area.no_code", 2, "代码")]
    parts = townships(shapes, "aab", ["甲镇", "甲镇", "丙镇"])
    assert check_townships(parts, None) == []  # an exclave has the code and the name of its township


def test_a_township_without_area_and_outlines_that_cross_themselves():
    found = check_townships(townships([box(0, 0, 1000, 1000), None, shapely.Polygon()]), None)
    assert told(found) == [("error", "area.none", 2, "geometry"), ("error", "area.none", 3, "geometry")]
    origins = townships([None, None, None]).origins
    crossing = find_crossings(np.array([box(0, 0, 1, 1), bow_tie(), None], dtype=object), origins)
    assert told(list(crossing)) == [("warning", "area.invalid", 2, "geometry")]


def write(path: Path, shapes: list[shapely.Geometry | None], **columns: list[object]) -> None:
    gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=GK), crs=GK).to_file(path, engine="pyogrio")


def outlined(folder: Path, *shapes: shapely.Geometry | None) -> dict[str, object]:
    names = ["甲镇", "乙乡", "丙镇", "丁乡"][: len(shapes)]
    write(folder / "t.gpkg", list(shapes), code=[f"53012710{n}" for n in range(1, len(shapes) + 1)], name=names)
    return {"townships": {"file": "t.gpkg"}}


PAIR = (box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000))


def test_a_township_without_area_keeps_its_code_and_name(tmp_path):
    outlines, faults = read_outlines(tmp_path, county(outlines=outlined(tmp_path, *PAIR, None)), GK)
    assert told(faults) == [("error", "area.none", 3, "geometry")]
    assert outlines.townships["name"].tolist() == ["甲镇", "乙乡", "丙镇"]
    assert outlines.townships.geometry.notna().tolist() == [True, True, False]
    (rows,) = [fault.values for fault in faults if fault.code == "table.rows"]
    assert rows == {"read": 3, "kept": 3, "excluded": 0}


def test_the_first_of_two_names_for_one_code_counts(tmp_path):
    write(tmp_path / "t.gpkg", list(PAIR), code=["a", "a"], name=["甲镇", "乙镇"])
    outlines, faults = read_outlines(tmp_path, county(outlines={"townships": {"file": "t.gpkg"}}), GK)
    assert told(faults) == [("warning", "area.code_repeats", 2, "code")]
    assert outlines.townships["name"].to_dict() == {"a": "甲镇"}
    assert outlines.townships.geometry.area.tolist() == pytest.approx([2e6])


def villages(folder: Path, *rows: str) -> County:
    (folder / "v.csv").write_text("村代码,村名,乡镇,经度,纬度\n" + "\n".join(rows) + "\n", "utf-8")
    return county(outlines={**outlined(folder, *PAIR), "villages": {"file": "v.csv", "datum": "WGS84"}})


def test_villages_in_doubt_are_named_and_none_disappears(tmp_path):
    spec = villages(
        tmp_path,
        f"v1,一村,甲镇,{degrees(500, 500)}",
        f"v1,二村,甲镇,{degrees(400, 500)}",  # the code of the first
        f"v3,三村,丙乡,{degrees(1500, 500)}",  # of no township
        f"v4,四村,甲镇,{degrees(1500, 500)}",  # in the other township
        f"v5,五村,甲镇,{degrees(500, 5000)}",  # beyond the county
        f"v6,,乙乡,{degrees(1600, 500)}",
        "v7,七村,乙乡,,",
        f"v1,一村,甲镇,{degrees(500, 500)}",  # the first again
        f"v9,九村,甲镇,{degrees(1020, 500)}",  # 20 m over a border
    )
    outlines, faults = read_outlines(tmp_path, spec, GK)
    assert sorted(told(faults), key=lambda each: each[2]) == [
        ("warning", "place.id_repeats", 3, "村代码"), ("warning", "facility.unknown_township", 4, "乡镇"),
        ("warning", "facility.other_township", 5, "乡镇"), ("warning", "facility.outside", 6, "经度"), ("warning", "place.no_name", 7, "村名"),
        ("warning", "point.no_position", 8, "经度"), ("error", "ledger.row_repeats", 9, ""),
    ]  # fmt: skip
    assert all(fault.layer == "outlines.villages" for fault in faults if fault.row)
    assert outlines.villages.index.tolist() == ["v1", "v1#v-3", "v3", "v4", "v5", "v6", "v7", "v9"]
    # As written, where that is known; else where it lies.
    assert [code[-1] for code in outlines.villages["township"]] == ["1", "1", "2", "1", "1", "2", "2", "1"]
    (rows,) = [fault.values for fault in faults if fault.code == "table.rows" and fault.file == "v.csv"]
    assert rows == {"read": 9, "kept": 8, "excluded": 1}


def test_candidates_of_one_id_and_rows_that_repeat(tmp_path):
    (tmp_path / "c.csv").write_text(
        "编号,名称,适用类型,经度,纬度\n"
        f"B1,旧校舍,,{degrees(500, 500)}\nB1,空地,澡堂,{degrees(600, 500)}\nB1,旧校舍,,{degrees(500, 500)}\n"
        f"B4,远处,,{degrees(500, 9000)}\nB5,无,,,\n",
        "utf-8",
    )
    spec = county(outlines=outlined(tmp_path, *PAIR), candidates=[{"file": "c.csv", "datum": "WGS84"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_candidates(tmp_path, spec, outlines, GK)
    assert layer is not None
    assert layer.table.index.tolist() == ["B1", "B1#c-3", "B4"]
    assert sorted(told(faults), key=lambda each: each[2]) == [
        ("warning", "candidate.unknown_type", 3, "适用类型"), ("warning", "place.id_repeats", 3, "编号"), ("error", "ledger.row_repeats", 4, ""),
        ("warning", "facility.outside", 5, "经度"), ("error", "point.no_position", 6, "经度"),
    ]  # fmt: skip
    (rows,) = [fault.values for fault in faults if fault.code == "table.rows"]
    assert rows == {"read": 5, "kept": 3, "excluded": 2}


def test_what_exclusion_areas_say_is_understood_or_told(tmp_path):
    shapes = [box(0, 0, 100, 100), bow_tie(200), None, box(0, 0, 50, 50), box(0, 0, 60, 60), box(0, 0, 70, 70), box(0, 0, 80, 80)]
    write(
        tmp_path / "e.gpkg", shapes,
        规则=["X01", "X04", "X01", "X99", "本县-3", "Y05", None], 缓冲距离=[0.0, 0.0, 0.0, 0.0, -50.0, 0.0, 0.0],
        管控=["禁建", None, None, None, None, "禁入", None], 适用=["殡葬", None, None, None, None, None, "殡葬、婚姻"],
    )  # fmt: skip
    exclusions, faults = read_exclusions(tmp_path, county(exclusions=[{"file": "e.gpkg", "buffer_m": 10}]), GK)
    assert sorted(told(faults), key=lambda each: each[2]) == [
        ("warning", "area.invalid", 2, "geometry"), ("error", "exclusion.no_area", 3, "geometry"), ("warning", "exclusion.unknown_rule", 4, "规则"),
        ("warning", "exclusion.bad_buffer", 5, "缓冲距离"), ("warning", "exclusion.unknown_kind", 6, "管控"),
        ("warning", "exclusion.unknown_domain", 7, "适用"),
    ]  # fmt: skip
    assert exclusions.table["rule"].tolist() == ["X01", "X04", "X99", "本县-3", "Y05", ""]  # a rule of one's own is no fault
    assert exclusions.table["domains"].tolist()[-1] == ("burial",)
    assert exclusions.table.geometry.area.tolist()[1] == pytest.approx(2 * 400 * 200 / 2)  # both halves of the bow-tie
    (rows,) = [fault.values for fault in faults if fault.code == "table.rows"]
    assert rows == {"read": 7, "kept": 6, "excluded": 1}


def ledger(folder: Path, *points: tuple[float, float]) -> County:
    columns = {"名称": [f"{n}院" for n in range(1, len(points) + 1)], "类型": ["养老机构"] * len(points)}
    gpd.GeoDataFrame(columns, geometry=[shapely.Point(point) for point in points], crs=4326).to_file(folder / "f.geojson", engine="pyogrio")
    return county(facilities=[{"file": "f.geojson", "datum": "WGS84"}])


def test_a_feature_whose_axes_are_swapped_is_one_finding(tmp_path):
    spec = ledger(tmp_path, (103.0, 25.3), (103.01, 25.3), (25.3, 103.02), (103.03, 25.3), (0, 0), (590_000.0, 2_800_000.0), (103.0, 25.4))
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_facilities(tmp_path, spec, outlines, GK)
    assert told(faults) == [
        ("error", "point.swapped", 3, "geometry"), ("warning", "point.no_position", 5, "geometry"), ("error", "point.metres", 6, "geometry"),
    ]  # fmt: skip
    assert [fault.value for fault in faults if fault.code == "point.swapped"] == ["25.3, 103.02"]
    assert layer.table.geometry.notna().tolist() == [True, True, False, True, False, False, True]


def test_a_layer_of_swapped_axes_is_refused_with_what_to_state(tmp_path):
    spec = ledger(tmp_path, (25.3, 103.0), (25.3, 103.1), (103.0, 25.3))
    outlines, _ = read_outlines(tmp_path, spec, GK)
    with pytest.raises(PlanningError) as caught:
        read_facilities(tmp_path, spec, outlines, GK)
    assert caught.value.code == "datum.not_degrees"


def test_two_features_that_say_the_same_are_two_where_they_stand_apart(tmp_path):
    columns = {"名称": ["儿童之家"] * 3, "类型": ["儿童之家"] * 3, "产权": ["公办"] * 3, "状态": ["运营"] * 3, "备注": ["新"] * 3}
    points = [shapely.Point(103.0, 25.3), shapely.Point(103.02, 25.3), shapely.Point(103.0, 25.3)]
    gpd.GeoDataFrame(columns, geometry=points, crs=4326).to_file(tmp_path / "f.geojson", engine="pyogrio")
    spec = county(facilities=[{"file": "f.geojson", "datum": "WGS84"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_facilities(tmp_path, spec, outlines, GK)
    assert layer.table["source_row"].tolist() == [1, 2]
    assert ("error", "ledger.row_repeats", 3, "") in told(faults)
