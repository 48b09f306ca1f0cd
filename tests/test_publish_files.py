"""Files: map without internet, GeoPackage with styles, record of the run, and nothing half written."""

import hashlib
import json
import re
import sqlite3
import time
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pytest

from layers import saving
from layers.errors import Cancelled, PlanningError
from planning.publish import Run, geopackage, html_map, run_record
from planning.publish.writing import staged, write_files
from tests import publish_fixture as fixture


@pytest.fixture(scope="module")
def sheet():
    return fixture.sheet()


@pytest.fixture(scope="module")
def html(sheet):
    return html_map.page(sheet).decode("utf-8")


@pytest.fixture(scope="module")
def package(sheet, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "plan.gpkg"
    path.write_bytes(geopackage.content(sheet))
    return path


@pytest.fixture
def impatient(monkeypatch):
    """Give up at once where a test holds a file."""
    monkeypatch.setattr(saving, "PATIENCE_S", 0.0)


def holding(monkeypatch, name):
    """Refuse to replace files of a name, as Windows does while Excel has them open."""
    replace = Path.replace

    def refuse(self, target):
        if Path(target).name == name:
            raise PermissionError(13, "held")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)


def test_map_fetches_nothing(html):
    assert re.findall(r"https?://", html) == []
    assert all(url.startswith("data:") for url in re.findall(r'(?:src|href)="([^"]*)"', html))
    assert "url(images/" not in html


def test_map_has_every_layer_and_site(html, sheet):
    for name in ("新建（4 处）", "撤并（1 处）", "保留（12 处）", "道路", "乡镇界（示意）", "禁止建设区域", "规划后服务覆盖"):
        assert json.dumps(name)[1:-1] in html or name in html
    assert html.count('"rows":') == len(sheet.sites)


def test_names_are_text_and_never_html(html):
    assert "<b>城关" not in html
    assert "滇源<镇>" not in html
    evil = fixture.sheet(name="</script><script>alert(1)</script>{{ 7*7 }}`${1}`")
    page = html_map.page(evil).decode("utf-8")
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page
    assert page.count("</script>") == html.count("</script>")


def test_same_map_each_time(sheet):
    assert html_map.page(fixture.sheet()) == html_map.page(sheet)


@pytest.mark.browser
def test_map_opens_from_disk_without_network(html, tmp_path, browser):
    file = tmp_path / "map.html"
    file.write_text(html, "utf-8")
    asked: list[str] = []
    errors: list[str] = []
    context = browser.new_context(offline=True, viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector(".site")
    assert page.locator(".site svg").count() == 20
    page.locator(".site").nth(8).click()
    told = page.locator(".leaflet-popup-content").inner_text()
    assert page.locator(".leaflet-tooltip", has_text="城关").count() > 1  # a township's name, and the site under the mouse
    assert page.locator(".site b, .leaflet-tooltip b, .leaflet-popup b").count() == 0
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    assert "<b>城关</b>站 $5$" in told


def test_geopackage_holds_the_plan(package, sheet):
    sites = gpd.read_file(package, layer="sites")
    assert list(sites["number"]) == list(range(1, 21))
    assert sites.crs.to_epsg() == 4543
    assert sites.geometry.distance(gpd.GeoSeries(sheet.sites.geometry.to_numpy(), crs=4543)).max() == 0
    cells = gpd.read_file(package, layer="cells")
    assert cells.loc[cells["state"] == "covered", "people"].sum() == pytest.approx(sheet.coverage.totals["covered"])
    assert set(cells["size"]) == {500.0}
    townships = gpd.read_file(package, layer="townships")
    assert townships["covered_after"].sum() == pytest.approx(sheet.coverage.totals["covered"])
    assert len(gpd.read_file(package, layer="exclusions")) == 2


def test_geopackage_brings_a_style_for_each_layer(package):
    with sqlite3.connect(package) as database:
        found = database.execute("SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles").fetchall()
        geometry = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert {name for name, *_ in found} == set(geometry) == {"sites", "townships", "county", "exclusions", "cells"}
    for name, column, qml, default in found:
        assert (column, default) == (geometry[name], 1)
        root = ET.fromstring(qml)
        renderer = root.find("renderer-v2")
        if renderer.get("type") == "categorizedSymbol":
            field = renderer.get("attr")
            values = {category.get("value") for category in renderer.iter("category")}
            layer = gpd.read_file(package, layer=name)
            assert set(layer[field].astype(str)) <= values
            symbols = {symbol.get("name") for symbol in renderer.find("symbols")}
            assert {category.get("symbol") for category in renderer.iter("category")} == symbols


def test_same_geopackage_at_another_time(package):
    time.sleep(1.1)
    assert geopackage.content(fixture.sheet()) == package.read_bytes()


def test_record_tells_everything_and_keeps_time_apart(sheet):
    run = Run(
        "云岭县",
        fixture.DATE,
        sheet.facts.inputs,
        {"sites": 4, "share": None, "speeds": {"b": 1.5, "a": True}},
        {"近期": "ab12"},
        {"home": {"model": sheet.plan.model, "opened": sheet.plan.opened, "second_value": None, "parameters": {"sites": 4, "apart_m": 300.5}}},
    )
    told = tomllib.loads(run_record.content(run, outputs={"a.pdf": "00"}, made={"seconds": 1.25}).decode())
    assert told["inputs"] == dict(sheet.facts.inputs)
    assert told["parameters"] == {"sites": 4, "speeds": {"a": True, "b": 1.5}}
    assert told["plans"]["home"]["opened"] == ["N1", "N2", "N3", "N4"]
    assert told["plans"]["home"]["parameters"] == {"apart_m": 300.5, "sites": 4}
    assert "second_value" not in told["plans"]["home"]
    assert told["made"]["seconds"] == 1.25
    again = tomllib.loads(run_record.content(run, outputs={"a.pdf": "00"}, made={"seconds": 7.0}).decode())
    assert {key: value for key, value in again.items() if key != "made"} == {key: value for key, value in told.items() if key != "made"}


def test_hashes_are_those_of_the_files(tmp_path):
    write_files(tmp_path / "run", {"plan.pdf": b"%PDF", "说明.txt": b""})
    told = run_record.hashes(tmp_path / "run")
    assert told == {"plan.pdf": hashlib.sha256(b"%PDF").hexdigest(), "说明.txt": hashlib.sha256(b"").hexdigest()}


def test_stopping_leaves_no_file(tmp_path):
    def stop():
        with staged(tmp_path / "run") as stage:
            (stage / "plan.pdf").write_bytes(b"%PDF")
            raise Cancelled

    with pytest.raises(Cancelled):
        stop()
    assert list(tmp_path.iterdir()) == []


def test_failing_leaves_old_files_as_they_were(tmp_path):
    write_files(tmp_path / "out", {"a.txt": b"old", "b.txt": b"old"})

    def fail():
        with staged(tmp_path / "out") as stage:
            (stage / "a.txt").write_bytes(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {"a.txt": b"old", "b.txt": b"old"}
    write_files(tmp_path / "out", {"a.txt": b"new"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {"a.txt": b"new", "b.txt": b"old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize("note", ["excel", "libreoffice", None])
def test_a_held_file_is_kept_beside_and_says_who_holds_it(tmp_path, monkeypatch, impatient, note):
    write_files(tmp_path, {"布局.xlsx": b"old", "z.txt": b"old"})
    if note == "excel":
        owner = "王会计"
        narrow = b"\x06" + owner.encode("gb18030").ljust(54, b" ")
        (tmp_path / "~$布局.xlsx").write_bytes(narrow + bytes([len(owner), 0]) + owner.encode("utf-16-le").ljust(108, b" \0"[:1]))
    elif note == "libreoffice":
        (tmp_path / ".~lock.布局.xlsx#").write_text(",王会计,PC-07,15.01.2026 09:00,file:///x;", "utf-8")
    holding(monkeypatch, "布局.xlsx")
    with pytest.raises(PlanningError) as caught:
        write_files(tmp_path, {"布局.xlsx": b"new", "z.txt": b"new"})
    assert caught.value.code == "publish.held"
    assert (tmp_path / "布局.xlsx").read_bytes() == b"old"
    assert (tmp_path / "布局.xlsx.unsaved").read_bytes() == b"new"
    assert (tmp_path / "z.txt").read_bytes() == b"new"
    assert ("王会计" in caught.value.say("zh")) == (note is not None)
    assert ("PC-07" in caught.value.say("zh")) == (note == "libreoffice")


def test_a_folder_that_cannot_be_made_is_the_planners_to_repair(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PlanningError) as caught:
        write_files(tmp_path / "file" / "out", {"a": b""})
    assert caught.value.code == "saving.blocked"


def test_missing_map_files_are_said_plainly(sheet, monkeypatch, tmp_path):
    monkeypatch.setattr(html_map, "STATIC", tmp_path)
    with pytest.raises(PlanningError) as caught:
        html_map.page(sheet)
    assert "leaflet" in caught.value.say("zh")


def test_vendored_files_are_as_published():
    folder = Path(html_map.__file__).parents[2] / "static"
    told = dict(re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (folder / "THIRD_PARTY.md").read_text("utf-8")))
    assert set(told) >= {"leaflet.js", "leaflet.css", "images/layers.png"}
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
