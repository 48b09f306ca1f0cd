"""Readers of each layer on small files written here: conservation of people and rows, positions, findings."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS

from layers.county import County
from layers.crs import from_wgs84, to_metric
from layers.errors import PlanningError
from layers.readers._groups import demand_groups
from layers.readers.candidates import read_candidates
from layers.readers.exclusions import read_exclusions
from layers.readers.facilities import read_facilities
from layers.readers.outlines import read_outlines, township_code, townships_of
from layers.readers.population import read_population

GK = CRS.from_epsg(4543)
X0, Y0 = 600_000.0, 2_800_000.0
STREETS = {"file": "s.pbf"}


def county(**layers):
    base = {"name": "示例县", "code": "530127", "population": [{"file": "p.csv"}], "streets": STREETS}
    return County.model_validate({**base, **layers})


def square(x, y, side):
    return shapely.box(X0 + x, Y0 + y, X0 + x + side, Y0 + y + side)


def raster(path, values, *, nodata=-99999.0, west=X0, north=Y0 + 300.0, pixel=100.0, crs="EPSG:4543", dtype="float32"):
    array = np.asarray(values, dtype=dtype)
    profile = {"driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1, "dtype": dtype, "nodata": nodata, "crs": crs}
    with rasterio.open(path, "w", transform=Affine(pixel, 0, west, 0, -pixel, north), **profile) as target:
        target.write(array, 1)


def townships(folder):
    """Write two townships side by side, each 150 m wide, with codes and names; together the county."""
    places = gpd.GeoDataFrame(
        {"code": ["530127101", "530127102"], "name": ["甲镇", "乙乡"]},
        geometry=[shapely.box(X0, Y0, X0 + 150, Y0 + 300), shapely.box(X0 + 150, Y0, X0 + 300, Y0 + 300)],
        crs=GK,
    )
    places.to_file(folder / "t.gpkg", layer="t", engine="pyogrio")
    return {"outlines": {"townships": {"file": "t.gpkg"}}}


def codes(faults):
    return [fault.code for fault in faults]


def test_rasters_conserve_people_over_nodata_negative_and_nan(tmp_path):
    raster(tmp_path / "a.tif", [[1.5, -99999, 2.25], [0, np.nan, 0], [-3, 0, 4]])
    raster(tmp_path / "b.tif", [[0, 0, 0], [7.5, 0, 0], [0, 0, 0.25]])
    files = [{"file": "a.tif", "group": "60_79"}, {"file": "b.tif", "group": "80_plus"}]
    spec = county(population=files)
    outlines, _ = read_outlines(tmp_path, spec, GK)
    grid, faults = read_population(tmp_path, spec, outlines, GK)
    assert grid.people.sum().to_dict() == {"60_79": 7.75, "80_plus": 7.75}
    assert grid.people.index.tolist() == [0, 2, 3, 8]  # row x width + column
    assert grid.people.loc[3].tolist() == [0.0, 7.5]
    centre = grid.cells.geometry.loc[3]
    assert (centre.x, centre.y) == (X0 + 50, Y0 + 150)
    assert grid.cells["size"].tolist() == pytest.approx([100.0] * 4)
    assert grid.groups == {"elders": ("60_79", "80_plus")}
    negative = next(fault for fault in faults if fault.code == "raster.negative")
    assert (negative.severity, negative.file, negative.row, negative.field, negative.value) == ("error", "a.tif", 7, "60_79", "-3")
    unknown = next(fault for fault in faults if fault.code == "raster.undeclared")
    assert (unknown.severity, unknown.row, unknown.value, unknown.values["declared"]) == ("warning", 5, "nan", "-99999")
    assert grid.cells["township"].unique().tolist() == ["530127"]


def test_rasters_on_other_grids_are_refused(tmp_path):
    raster(tmp_path / "a.tif", np.ones((3, 3)))
    raster(tmp_path / "b.tif", np.ones((3, 3)), west=X0 + 5)
    spec = county(population=[{"file": "a.tif", "group": "60_79"}, {"file": "b.tif", "group": "80_plus"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    with pytest.raises(PlanningError) as caught:
        read_population(tmp_path, spec, outlines, GK)
    assert caught.value.code == "raster.grids_differ"
    assert "b.tif" in caught.value.say()


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"II*\x00broken", "raster.unreadable"), (b"<OGRVRTDataSource/>", "file.not_its_suffix"), (b"", "file.empty"), (None, "file.missing")],
)
def test_unreadable_rasters(tmp_path, content, code):
    if content is not None:
        (tmp_path / "a.tif").write_bytes(content)
    spec = county(population=[{"file": "a.tif", "group": "60_79"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    with pytest.raises(PlanningError) as caught:
        read_population(tmp_path, spec, outlines, GK)
    assert caught.value.code == code
    assert "a.tif" in caught.value.say("zh")


def test_people_beyond_the_townships_are_outside_and_each_cell_has_its_township(tmp_path):
    raster(tmp_path / "a.tif", [[1, 2, 4, 8]], north=Y0 + 200, dtype="float64")  # the last column lies beyond
    spec = county(population=[{"file": "a.tif", "group": "total"}], **townships(tmp_path))
    outlines, _ = read_outlines(tmp_path, spec, GK)
    grid, faults = read_population(tmp_path, spec, outlines, GK)
    assert grid.outside["total"] == 8
    assert grid.people["total"].sum() + grid.outside["total"] == 15
    # The middle column's centre lies on the border: the smaller code takes it.
    assert grid.cells["township"].tolist() == ["530127101", "530127101", "530127102"]
    assert not grid.cells["estimated"].any()
    (beyond,) = (fault for fault in faults if fault.code == "population.much_outside")
    assert (beyond.severity, beyond.file, beyond.values["people"], beyond.values["share"]) == ("warning", "a.tif", "8.0", "53.3%")


def test_townships_by_brute_force(tmp_path):
    townships(tmp_path)
    outlines, _ = read_outlines(tmp_path, county(outlines={"townships": {"file": "t.gpkg"}}), GK)
    random = np.random.default_rng(2)
    x, y = X0 + random.uniform(-50, 350, 300), Y0 + random.uniform(-50, 350, 300)
    found, estimated = townships_of(outlines, x, y)
    for k in range(300):
        distance = outlines.townships.geometry.distance(shapely.Point(x[k], y[k]))
        assert distance[found[k]] == distance.min()
        assert estimated[k] == (distance.min() > 0)


def test_without_outlines_the_nearest_village_tells_the_township(tmp_path):
    lon, lat = [103.0, 103.1], [25.3, 25.3]
    pd.DataFrame({"村代码": ["530127101001", "530127102001"], "村名": ["东村", "西村"], "经度": lon, "纬度": lat}).to_csv(
        tmp_path / "v.csv", index=False
    )
    pd.DataFrame({"lon": [103.01, 103.09, None], "lat": [25.3, 25.3, None], "total": [3.5, 4.5, 2]}).to_csv(tmp_path / "p.csv", index=False)
    spec = county(population=[{"file": "p.csv", "datum": "WGS84"}], outlines={"villages": {"file": "v.csv", "datum": "WGS84"}})
    outlines, _ = read_outlines(tmp_path, spec, GK)
    grid, faults = read_population(tmp_path, spec, outlines, GK)
    assert outlines.estimated
    assert grid.cells["township"].tolist() == ["530127101", "530127102"]
    assert grid.cells["estimated"].all()
    assert grid.not_located["total"] == 2
    assert grid.people["total"].sum() + grid.not_located_people("residents") == 10
    assert {"population.estimated", "point.no_position"} <= set(codes(faults))


def test_polygon_cells_take_their_inside_point_and_size(tmp_path):
    u_shape = shapely.difference(square(0, 0, 90), shapely.box(X0 + 30, Y0 + 10, X0 + 60, Y0 + 90))
    shapes = [square(100, 0, 100), u_shape]
    gpd.GeoDataFrame({"cell": [11, 5], "人口": [10.0, "x"], "k": [1, 1]}, geometry=shapes, crs=GK).to_file(tmp_path / "c.gpkg", engine="pyogrio")
    spec = county(population=[{"file": "c.gpkg", "columns": {"total": "人口", "households": "k"}}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    grid, faults = read_population(tmp_path, spec, outlines, GK)
    assert grid.people.index.tolist() == [11, 5]
    assert grid.cells["size"].tolist() == pytest.approx([100, math.sqrt(90 * 90 - 30 * 80)])
    assert all(shape.intersects(point) for shape, point in zip(shapes, grid.cells.geometry, strict=True))
    assert grid.people["total"].tolist() == [10.0, 0.0]
    bad = next(fault for fault in faults if fault.code == "population.bad_number")
    assert (bad.severity, bad.row, bad.field, bad.value) == ("error", 2, "人口", "x")


def test_totals_are_met_and_the_factor_is_noted(tmp_path):
    raster(tmp_path / "a.tif", [[1, 2, 4]], north=Y0 + 200)
    raster(tmp_path / "b.tif", [[0.5, 1, 1]], north=Y0 + 200)
    (tmp_path / "totals.csv").write_text("乡镇,人口\n甲镇,30\n乙乡,2\n丙镇,5\n", "utf-8")
    spec = county(
        population=[{"file": "a.tif", "group": "total"}, {"file": "b.tif", "group": "60_plus"}], population_totals="totals.csv", **townships(tmp_path)
    )
    outlines, _ = read_outlines(tmp_path, spec, GK)
    grid, faults = read_population(tmp_path, spec, outlines, GK)
    assert grid.people["total"].tolist() == pytest.approx([10, 20, 2])
    assert grid.people["60_plus"].tolist() == pytest.approx([5, 10, 0.5])
    assert [fault.values["factor"] for fault in faults if fault.code == "population.scaled"] == ["10", "0.5"]
    assert [(fault.row, fault.field, fault.value) for fault in faults if fault.code == "population.township_unknown"] == [(4, "乡镇", "丙镇")]
    assert [(fault.row, fault.field) for fault in faults if fault.code == "population.factor_far"] == [(2, "人口"), (3, "人口")]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["60_64", "65_69", "70_plus"], {"elders": ("60_64", "65_69", "70_plus")}),
        (["80_plus", "60_79"], {"elders": ("60_79", "80_plus")}),
        (["60_64", "70_plus"], {}),  # a gap is not elders
        (["60_plus", "80_plus"], {"elders": ("60_plus",)}),  # an overlap is not counted twice
        (["20_plus", "60_plus"], {"elders": ("60_plus",)}),  # nobody under 20 given: residents are unknown
        (["0_17", "18_59", "60_plus"], {"elders": ("60_plus",), "minors": ("0_17",), "residents": ("0_17", "18_59", "60_plus")}),
        (["total", "60_plus"], {"elders": ("60_plus",), "residents": ("total",)}),
        (["jobs"], {}),
    ],
)
def test_demand_groups_are_guessed_only_without_gap_or_overlap(columns, expected):
    assert demand_groups(columns, {}) == expected


def test_stated_groups_win_and_unknown_columns_are_refused():
    assert demand_groups(["a", "60_plus"], {"elders": ["a"]})["elders"] == ("a",)
    with pytest.raises(PlanningError) as caught:
        demand_groups(["a"], {"elders": ["b"]})
    assert caught.value.code == "population.unknown_group"


HEADS = ["序号", "名称", "类型", "级别", "所在乡镇", "地址", "经度", "纬度", "床位/墓位", "护理型床位", "在住人数", "利用率", "建筑面积(平方米)",
         "用地面积（亩）", "建成年份", "产权", "运营方式", "备注"]  # fmt: skip
SPOT = from_wgs84(103.0, 25.3, "GCJ-02")
ROWS = [
    [
        1,
        "甲敬老院",
        "敬老院",
        "乡镇级",
        "甲镇",
        "一号",
        *SPOT,
        40,
        None,
        "12人",
        "30%",
        1200,
        3,
        "2009年",
        "公有",
        "公办",
        "",
    ],
    [2, "乙养老院", "养老机构", "县级", "乙", "二号", None, None, "1,020张", 5, 30, "", "约900", "", 2015.0, "", "民办", "旧"],
    [3, "丙日间照料中心", "社区老年人日间照料中心", "", "丁镇", "", SPOT[1], SPOT[0], -3, 0, 0, "", 200, 0, 1066, "", "", ""],
    [4, "丁", "澡堂", "", "", "", *SPOT, 1, 1, 1, "", 1, 1, 2001, "", "", ""],
    [None, "合计", None, None, None, None, None, None, 1060, 5, 42, None, None, None, None, None, None, None],
]


def write_ledger(path, kind):
    if kind == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "台账"
        sheet.append(["示例县设施台账"])
        for row in [HEADS, *ROWS]:
            sheet.append(row)
        book.save(path / "l.xlsx")
        return {"file": "l.xlsx", "sheet": "台账", "header_row": 2, "datum": "GCJ-02"}
    table = pd.DataFrame(ROWS, columns=HEADS)
    if kind in {"utf-8", "utf-8-sig", "gb18030"}:
        table.to_csv(path / "l.csv", index=False, encoding=kind)
        return {"file": "l.csv", "datum": "GCJ-02", **({"encoding": kind} if kind == "gb18030" else {})}
    places = [None if pd.isna(x) or x is None or x < 90 else shapely.Point(x, y) for x, y in zip(table["经度"], table["纬度"], strict=True)]
    layer = gpd.GeoDataFrame(table.astype("str").where(table.notna(), None), geometry=places, crs="EPSG:4326")
    name = {"gpkg": "l.gpkg", "geojson": "l.geojson", "shp": "l.shp"}[kind]
    if kind == "shp":
        layer = layer.rename(columns=dict(zip(HEADS, [head[:3] for head in HEADS], strict=True)))
    layer.to_file(path / name, engine="pyogrio", **({"encoding": "gb18030"} if kind == "shp" else {}))
    renamed = {"capacity": "床位/", "floor_area": "建筑面", "land_area": "用地面", "year": "建成年", "care_beds": "护理型", "residents": "在住人",
               "township": "所在乡", "ownership": "产权"}  # fmt: skip
    return {"file": name, "datum": "GCJ-02", **({"columns": renamed, "encoding": "gb18030"} if kind == "shp" else {})}


@pytest.mark.parametrize("kind", ["xlsx", "utf-8", "utf-8-sig", "gb18030", "gpkg", "geojson", "shp"])
def test_a_ledger_reads_the_same_from_every_format(tmp_path, kind):
    spec = county(facilities=[write_ledger(tmp_path, kind)], **townships(tmp_path))
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_facilities(tmp_path, spec, outlines, GK)
    table = layer.table
    assert table["type"].tolist() == ["elder_wujing", "elder_institution", "elder_daycare"]
    assert table["name"].tolist() == ["甲敬老院", "乙养老院", "丙日间照料中心"]
    first = 3 if kind == "xlsx" else 1 if kind in {"gpkg", "geojson", "shp"} else 2
    assert table["source_row"].tolist() == [first, first + 1, first + 2]
    assert table.index[0] == f"elder_wujing-{first}"
    assert table["capacity"].tolist() == pytest.approx([40, 1020, np.nan], nan_ok=True)  # negative: unknown, not 0
    assert table["care_beds"].tolist() == pytest.approx([np.nan, 5, 0], nan_ok=True)  # missing: unknown, not 0
    assert table["residents"].tolist() == [12, 30, 0]
    assert table["floor_area"].tolist() == [1200, 900, 200]  # 约900 is an estimate, and said to be one
    if kind != "shp":  # a shapefile cuts the head and with it the unit
        assert table["land_area"].iloc[0] == pytest.approx(2000)  # 3 mu
    assert table["year"].tolist() == pytest.approx([2009, 2015, np.nan], nan_ok=True)
    assert table["township"].tolist()[:2] == ["530127101", "530127102"]
    x, y = to_metric(103.0, 25.3, "WGS84", GK)
    assert table.geometry.iloc[0].distance(shapely.Point(x, y)) < 0.01
    assert layer.located.index.tolist() == [table.index[0]]
    rows = next(fault for fault in faults if fault.code == "table.rows")
    assert rows.values == {"read": 5, "kept": 3, "excluded": 2}
    said = set(codes(faults))
    assert {"facility.unknown_type", "facility.total_row", "facility.impossible", "ledger.estimate", "facility.unknown_township"} <= said
    assert all(fault.say("zh") and fault.say("en") for fault in faults)


def test_swapped_coordinates_are_named(tmp_path):
    spec = county(facilities=[write_ledger(tmp_path, "utf-8")])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    _, faults = read_facilities(tmp_path, spec, outlines, GK)
    swapped = next(fault for fault in faults if fault.code == "point.swapped")
    assert (swapped.severity, swapped.row, swapped.field) == ("error", 4, "经度")


def test_an_unstated_encoding_is_found_and_said(tmp_path):
    entry = write_ledger(tmp_path, "gb18030")
    spec = county(facilities=[{**entry, "encoding": None}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_facilities(tmp_path, spec, outlines, GK)
    assert layer.table["name"].tolist() == ["甲敬老院", "乙养老院", "丙日间照料中心"]
    assert [fault.values["encoding"] for fault in faults if fault.code == "ledger.encoding_found"] == ["gb18030"]
    with pytest.raises(PlanningError) as caught:
        read_facilities(tmp_path, county(facilities=[{**entry, "encoding": "utf-8"}]), outlines, GK)
    assert caught.value.code == "file.encoding"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "file.empty"),
        ("名称,类型,经度,纬度\n", "table.no_rows"),
        ("名称,经度,纬度\n甲,103,25\n", "facility.no_type"),
        ("甲,甲\n1,2\n", "table.heads"),
    ],
)
def test_ledgers_that_cannot_be_used(tmp_path, content, code):
    (tmp_path / "l.csv").write_text(content, "utf-8")
    spec = county(facilities=[{"file": "l.csv", "datum": "WGS84"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    with pytest.raises(PlanningError) as caught:
        read_facilities(tmp_path, spec, outlines, GK)
    assert caught.value.code == code


def test_two_ledgers_keep_their_ids_and_repeats_are_renamed(tmp_path):
    text = "编号,名称,类型,经度,纬度\nA1,甲,养老机构,103,25.3\nA1,乙,养老机构,103,25.3\n,丙,养老机构,103,25.3\n"
    (tmp_path / "a.csv").write_text(text, "utf-8")
    (tmp_path / "b.csv").write_text(text, "utf-8")
    spec = county(facilities=[{"file": "a.csv", "datum": "WGS84"}, {"file": "b.csv", "datum": "WGS84"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_facilities(tmp_path, spec, outlines, GK)
    assert layer.table.index.tolist() == ["A1", "A1#a-3", "elder_institution-4", "A1#b-2", "A1#b-3", "elder_institution-2-4"]
    assert codes(faults).count("facility.id_repeats") == 3


def test_township_names_are_understood_with_and_without_their_kind(tmp_path):
    townships(tmp_path)
    outlines, _ = read_outlines(tmp_path, county(outlines={"townships": {"file": "t.gpkg"}}), GK)
    written = ["530127101", "甲镇", "甲", "乙乡", "乙街道", "丙镇", ""]
    assert [township_code(outlines, word) for word in written] == ["530127101", "530127101", "530127101", "530127102", "530127102", "", ""]


def test_names_come_from_a_table_without_heads(tmp_path):
    townships(tmp_path)
    (tmp_path / "n.csv").write_text('530127101,"嵩阳街道",530127,53\n530127102,"杨桥街道",530127,53\n', "utf-8")
    spec = county(outlines={"townships": {"file": "t.gpkg", "names": "n.csv"}})
    outlines, _ = read_outlines(tmp_path, spec, GK)
    assert outlines.townships["name"].to_dict() == {"530127101": "嵩阳街道", "530127102": "杨桥街道"}
    assert outlines.county.area == pytest.approx(300 * 300)


def test_exclusions_are_buffered_and_columns_win_over_the_file(tmp_path):
    gpd.GeoDataFrame(
        {"名称": ["水源", None], "kind": [None, "avoid"], "buffer_m": [np.nan, 10.0], "domains": ["殡葬", None]},
        geometry=[shapely.Point(X0, Y0), square(1000, 0, 100)],
        crs=GK,
    ).to_file(tmp_path / "e.gpkg", engine="pyogrio")
    spec = county(exclusions=[{"file": "e.gpkg", "buffer_m": 500, "rule": "X01"}])
    exclusions, _ = read_exclusions(tmp_path, spec, GK)
    table = exclusions.table
    assert table["name"].tolist() == ["水源", "e"]
    assert table.geometry.area.tolist() == pytest.approx([math.pi * 500**2, 120**2], rel=0.02)
    assert exclusions.of_domain("burial").index.tolist() == [0]
    assert exclusions.of_domain("elder").empty
    assert exclusions.of_domain("elder", "avoid")["name"].tolist() == ["e"]


def test_a_candidate_written_in_another_notation_is_used_and_noted(tmp_path):
    (tmp_path / "c.csv").write_text('名称,坐标\n旧校舍,"25°18′N，103°E"\n空地,"103.0 25.3"\n坏,一百零三度\n', "utf-8")
    spec = county(candidates=[{"file": "c.csv", "datum": "WGS84"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_candidates(tmp_path, spec, outlines, GK)
    x, y = to_metric(103.0, 25.3, "WGS84", GK)
    assert layer.table.index.tolist() == ["c2", "c3"]
    assert layer.table.distance(shapely.Point(x, y)).max() < 0.01
    told = {(fault.severity, fault.code, fault.row, fault.values.get("rows")) for fault in faults if fault.code.startswith("point.")}
    assert told == {
        ("error", "point.no_number", 4, None), ("note", "point.was_sexagesimal", None, "2"), ("note", "point.was_joined", None, "2-3"),
        ("note", "point.was_turned", None, "2"),
    }  # fmt: skip


def test_candidates_take_ids_townships_and_types(tmp_path):
    bd = from_wgs84(103.0, 25.3, "BD-09")
    (tmp_path / "c.csv").write_text(
        f"编号,名称,适用类型,经度,纬度\nB1,旧校舍,养老机构、澡堂,{bd[0]},{bd[1]}\n,空地,,{bd[0]},{bd[1]}\nB3,无,,,\n", "utf-8"
    )
    spec = county(candidates=[{"file": "c.csv", "datum": "BD-09", "types": ["elder_daycare"]}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_candidates(tmp_path, spec, outlines, GK)
    assert layer.table.index.tolist() == ["B1", "c3"]
    assert layer.table["types"].tolist() == [("elder_institution",), ("elder_daycare",)]
    assert [(fault.severity, fault.code) for fault in faults if fault.row == 4] == [("error", "point.no_position")]
    assert read_candidates(tmp_path, county(), outlines, GK) == (None, ())


@pytest.mark.parametrize("file", ["../l.csv", "/etc/hosts.csv", "a\\b.csv", "link.csv"])
def test_files_outside_the_folder_are_not_opened(tmp_path, file):
    folder = tmp_path / "county"
    folder.mkdir()
    (tmp_path / "l.csv").write_text("名称,类型\n甲,养老机构\n", "utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "l.csv")
    spec = county(facilities=[{"file": file}])
    outlines, _ = read_outlines(folder, spec, GK)
    with pytest.raises(PlanningError) as caught:
        read_facilities(folder, spec, outlines, GK)
    assert caught.value.code == "file.outside"


def test_facilities_being_built_count_as_standing_and_are_noted(tmp_path):
    rows = [("甲院", "运营"), ("乙院", "在建"), ("丙院", "拟建"), ("丁院", "关闭")]
    text = "名称,状态,经度,纬度,床位数\n" + "".join(f"{name},{status},103.0,25.0,40\n" for name, status in rows)
    (tmp_path / "f.csv").write_text(text, "utf-8")
    spec = county(facilities=[{"file": "f.csv", "type": "elder_institution", "datum": "WGS84"}])
    outlines, _ = read_outlines(tmp_path, spec, GK)
    layer, faults = read_facilities(tmp_path, spec, outlines, GK)
    assert list(layer.of_type("elder_institution")["name"]) == ["甲院", "乙院", "丙院"]
    (note,) = [fault for fault in faults if fault.code == "facility.building"]
    assert (note.severity, note.values["count"], note.values["names"]) == ("note", 2, "乙院、丙院")
