"""The check-up of datums: a county is clean, one datum is stated wrongly, and the finding names the layer and the datum it was written in."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from layers.crs import from_wgs84, to_metric
from layers.demo import write_demo
from layers.errors import Fault
from layers.readers import propose_county, read_county
from layers.readers.datum_check import agrees
from layers.readers.datum_judging import Evidence, Judgement, Reading
from layers.readers.datum_rows import Origin
from tests.test_readers_county import wuhan

COMMUNITY = 'file = "layers/社区服务设施.csv"\nencoding = "gb18030"\ndatum = "WGS84"'
ELDER = 'header_row = 2\ndatum = "GCJ-02"'


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("datums") / "county"
    write_demo(folder, seed=3, cells=2500)
    return folder


@pytest.fixture
def county(demo, tmp_path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "county"))


def restated(folder: Path, old: str, new: str) -> list[Fault]:
    path = folder / "county.toml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8", newline="\n")
    return datums(folder)


def datums(folder: Path) -> list[Fault]:
    return [fault for fault in read_county(folder).faults if fault.code.startswith("datum.") and fault.severity == "warning"]


def rewritten(folder: Path, **columns: object) -> None:
    """Write the community ledger anew with other coordinate columns."""
    path = folder / "layers" / "社区服务设施.csv"
    table = pd.read_csv(path, encoding="gb18030", dtype=str)
    assert {"经度", "纬度"} <= set(table.columns)
    table.assign(**columns).to_csv(path, index=False, encoding="gb18030")


def degrees(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    table = pd.read_csv(folder / "layers" / "社区服务设施.csv", encoding="gb18030")
    return table["经度"].to_numpy(), table["纬度"].to_numpy()


def test_a_clean_county_has_no_warning_and_tells_what_was_converted(demo):
    faults = read_county(demo).faults
    assert datums(demo) == []
    told = {(fault.code, fault.file, fault.value) for fault in faults if fault.code.startswith("datum.")}
    assert ("datum.converted", "layers/养老服务设施台账.xlsx", "GCJ-02") in told
    assert ("datum.converted", "layers/闲置用房.csv", "BD-09") in told
    assert {file for code, file, _ in told if code == "datum.outline"} == {"layers/county.geojson", "layers/townships.geojson"}


@pytest.mark.parametrize("stated", ["GCJ-02", "BD-09"])
def test_a_ledger_under_a_wrong_datum_is_named_with_its_evidence(county, stated):
    (fault,) = restated(county, COMMUNITY, COMMUNITY.replace("WGS84", stated))
    assert (fault.code, fault.layer, fault.file, fault.field, fault.value) == (
        "datum.contradicted", "facilities", "layers/社区服务设施.csv", "datum", stated,
    )  # fmt: skip
    assert fault.values["best"] == "WGS84"
    assert float(fault.values["best_street"]) < float(fault.values["stated_street"])
    assert 'datum = "WGS84"' in fault.repair("zh")
    assert "WGS84" in fault.say("en")


def test_a_ledger_of_amap_stated_as_gps(county):
    (fault,) = restated(county, ELDER, ELDER.replace("GCJ-02", "WGS84"))
    assert (fault.file, fault.sheet, fault.values["best"]) == ("layers/养老服务设施台账.xlsx", "养老服务设施", "GCJ-02")


def test_an_outline_under_a_wrong_datum_asks_and_townships_then_tell_nothing(county):
    old = 'file = "layers/county.geojson"\ndatum = "GCJ-02"'
    (fault,) = restated(county, old, old.replace("GCJ-02", "BD-09"))
    assert (fault.code, fault.layer, fault.values["best"], fault.value) == ("datum.outline_doubt", "outlines.county", "GCJ-02", "BD-09")
    assert "请向边界的提供方确认" in fault.repair("zh")


def test_a_file_that_says_wgs84_itself_and_holds_amap_positions(county):
    path = county / "layers" / "儿童福利和未成年人保护设施.geojson"
    layer = gpd.read_file(path)
    known = layer.geometry.notna()
    lon, lat = from_wgs84(layer.geometry[known].x.to_numpy(), layer.geometry[known].y.to_numpy(), "GCJ-02")
    layer.loc[known, layer.geometry.name] = gpd.points_from_xy(lon, lat, crs=layer.crs)
    path.unlink()
    layer.to_file(path, driver="GeoJSON")
    (fault,) = datums(county)
    assert (fault.file, fault.value, fault.values["best"]) == ("layers/儿童福利和未成年人保护设施.geojson", "WGS84", "GCJ-02")


def test_turned_columns_are_named_with_the_line_to_write(county):
    lon, lat = degrees(county)
    rewritten(county, 经度=lat, 纬度=lon)
    (fault,) = datums(county)
    assert (fault.code, fault.values["best"]) == ("datum.turned", "WGS84")
    line = 'columns = { lon = "纬度", lat = "经度" }'
    assert 'lon = "纬度"、lat = "经度"' in fault.repair("zh")
    assert restated(county, COMMUNITY, f"{COMMUNITY}\n{line}") == []


def test_metres_under_degrees_are_named_with_their_code(county):
    lon, lat = degrees(county)
    east, north = from_wgs84(lon, lat, "EPSG:4522")
    rewritten(county, 经度=np.round(north, 2), 纬度=np.round(east, 2))  # X is the northing
    (fault,) = datums(county)
    assert (fault.code, fault.values["best"], fault.values["stated_near"]) == ("datum.elsewhere", "EPSG:4522", "0%")
    assert restated(county, COMMUNITY, COMMUNITY.replace("WGS84", "EPSG:4522")) == []
    (other,) = restated(county, 'encoding = "gb18030"\ndatum = "EPSG:4522"', 'encoding = "gb18030"\ndatum = "EPSG:4544"')  # one zone further
    assert (other.code, other.values["best"]) == ("datum.elsewhere", "EPSG:4522")


@pytest.mark.parametrize("written", ["one cell in BD-09, latitude first", "turned columns in GCJ-02", "metres, northing first"])
def test_a_proposal_judges_notation_order_and_datum(county, written):
    lon, lat = degrees(county)
    if written.startswith("one cell"):
        x, y = from_wgs84(lon, lat, "BD-09")
        rewritten(county, 经度=[f"{b:.6f}，{a:.6f}" for a, b in zip(x, y, strict=True)], 纬度="")
        path = county / "layers" / "社区服务设施.csv"
        table = pd.read_csv(path, encoding="gb18030", dtype=str).drop(columns="纬度").rename(columns={"经度": "坐标"})
        table.to_csv(path, index=False, encoding="gb18030")
    elif written.startswith("turned"):
        x, y = from_wgs84(lon, lat, "GCJ-02")
        rewritten(county, 经度=y, 纬度=x)
    else:
        x, y = from_wgs84(lon, lat, "EPSG:4543")
        rewritten(county, 经度=np.round(y, 3), 纬度=np.round(x, 3))
    (county / "county.toml").unlink()
    proposal = propose_county(county, name="小县")
    (county / "county.toml").write_text(proposal.text, "utf-8", newline="\n")
    facts = read_county(county)
    table = facts.facilities.table
    found = table[table["source_file"] == "layers/社区服务设施.csv"]
    east, north = to_metric(lon, lat, "WGS84", facts.crs)
    assert len(found) == len(lon)
    assert np.hypot(found.geometry.x - east, found.geometry.y - north).max() < 0.2
    assert [fault.file for fault in facts.faults if fault.code.startswith("datum.") and fault.severity == "warning"] == []


def evidence(datum: str, margin: float) -> Evidence:
    return Evidence(Reading(datum), 1.0, margin=margin)


@pytest.mark.parametrize(
    ("stated", "rows", "margin", "agreed"),
    [("WGS84", 40, 2.4, True), ("WGS84", 40, 2.6, False), ("WGS84", 7, 9.0, True), ("BD-09", 40, 0.0, True), ("CGCS2000", 40, 9.0, False)],
)
def test_little_evidence_leaves_a_stated_datum_standing(stated, rows, margin, agreed):
    judgement = Judgement(evidence("BD-09", margin), (evidence("WGS84", margin),), "open", rows)
    assert agrees(judgement, Origin("facilities", "a.csv", "", stated)) is agreed


@pytest.mark.shared
def test_wuhans_outline_shows_who_lives_outside_proposes_and_asks(shared, tmp_path):
    facts = read_county(wuhan(shared, tmp_path, "WGS84"))
    doubts = [fault for fault in facts.faults if fault.code == "datum.outline_doubt" and fault.layer == "outlines.county"]
    (fault,) = doubts
    assert (fault.severity, fault.value, fault.values["best"]) == ("warning", "WGS84", "GCJ-02")
    assert (fault.values["wgs84_cells"], fault.values["wgs84_people"]) == (20, "42.5")
    assert (fault.values["gcj02_cells"], fault.values["bd09_cells"]) == (0, 21)
    assert "请向边界的提供方确认" in fault.repair("zh")
