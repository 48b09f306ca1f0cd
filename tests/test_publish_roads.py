"""Closed and built streets on the plate, on the HTML map, in the tables and in the GeoPackage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest
import shapely

from planning.publish import geopackage, html_map, plate, tables
from planning.publish.plate.roads import crosses
from planning.publish.roads import roads
from scenarios.roads import Built, Closed
from tests import publish_fixture as fixture

BOTH = (("walk", 3), ("drive", 3))
FAST = (("walk", 1.0), ("drive", 10.0))


def with_streets(**told):
    sheet = fixture.sheet(**told)
    west, south, east, north = sheet.facts.outlines.county.bounds
    x, y = (west + east) / 2, (south + north) / 2
    wide = (east - west) / 4
    closed = Closed(1, "=老桥", ("drive",), 3, (0,), (((x - wide, y), (x, y), (x + wide, y)),), note="危桥")
    built = Built(3, "tertiary", "tertiary", ((x, y - 500), (x, y + 500), (x + 1200, y + 500)), (), BOTH, FAST)
    return replace(sheet, state=replace(sheet.state, streets=(closed, built)))


@pytest.fixture(scope="module")
def sheet():
    return with_streets()


def test_rows_say_what_where_and_how_long(sheet):
    closed, built = roads(sheet)
    assert (closed.number, closed.action, closed.name, closed.highway, closed.modes, closed.note) == (1, "closed", "=老桥", "", "行车", "危桥")
    assert (built.number, built.action, built.name, built.highway, built.modes) == (3, "built", "支路、乡道", "支路、乡道", "步行、行车")
    assert built.length == pytest.approx(1000 + 1200)


def test_the_workbook_has_a_table_of_them_only_where_there_are_some(sheet):
    (table,) = [table for table in tables.tables(sheet) if table.name == "道路变动一览表"]
    assert [row[:2] for row in table.rows] == [(1, "封闭道路"), (3, "新建道路")]
    assert not [table for table in tables.tables(fixture.sheet()) if table.name == "道路变动一览表"]
    assert tables.workbook(sheet) == tables.workbook(sheet)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_plate_draws_them_and_its_legend_names_them(lang):
    with mpl.rc_context(plate.SETTINGS):
        page = plate.compose(with_streets(lang=lang))
        plain = plate.compose(fixture.sheet(lang=lang))
    said = {"zh": ("封闭道路", "新建道路"), "en": ("street closed", "road to be built")}[lang]
    texts = [text.get_text() for text in page.axes.texts]
    assert all(text in texts for text in said)
    assert not any(text.get_text() in said for text in plain.axes.texts)


def test_closed_lines_are_crossed_out_evenly():
    line = shapely.LineString([(0, 0), (100, 0)])
    np.testing.assert_allclose(crosses(line, 30), [(100 / 6, 0), (50, 0), (500 / 6, 0)])
    np.testing.assert_allclose(crosses(line, 500), [(50, 0)])


def test_the_html_map_has_a_layer_of_each(sheet):
    text = html_map.page(sheet).decode("utf-8")
    closed, built = (json.dumps(name)[1:-1] for name in ("封闭道路", "新建道路"))
    assert closed in text
    assert built in text
    assert closed not in html_map.page(fixture.sheet()).decode("utf-8")
    assert html_map.page(sheet) == html_map.page(sheet)


def test_the_geopackage_has_them_with_their_style(sheet, tmp_path: Path):
    path = tmp_path / "plan.gpkg"
    path.write_bytes(geopackage.content(sheet))
    read = gpd.read_file(path, layer="changed_streets", engine="pyogrio")
    assert read["action"].tolist() == ["closed", "built"]
    assert read.geometry.length.tolist() == pytest.approx([road.length for road in roads(sheet)])
    styles = gpd.read_file(path, layer="layer_styles", engine="pyogrio")
    assert "SimpleLine" in styles.set_index("f_table_name").loc["changed_streets", "styleQML"]
