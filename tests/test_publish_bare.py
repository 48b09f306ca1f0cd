"""Counties that have little: no site, no evaluation, no outlines, no streets, sites without position."""

import dataclasses

import geopandas as gpd
import matplotlib as mpl
import pytest
import shapely

from planning.publish import geopackage, html_map, plate, tables
from scenarios.state import present
from tests import publish_fixture as fixture


def told(sheet) -> str:
    """Publish a sheet in every form and return the words of its plate."""
    with mpl.rc_context(plate.SETTINGS):
        page = plate.compose(sheet)
    assert html_map.page(sheet)
    assert tables.workbook(sheet)
    assert geopackage.content(sheet)
    return "\n".join(text.get_text() for text in page.axes.texts)


@pytest.fixture(scope="module")
def given():
    return fixture.sheet()


def without_sites(given):
    table = given.facts.facilities.table.iloc[:0]
    return dataclasses.replace(given, state=present(dataclasses.replace(given.facts.facilities, table=table)))


def test_no_site(given):
    assert "设施一览表（共 0 处）" in told(without_sites(given))


def test_not_evaluated_is_said_and_nothing_is_zero(given):
    words = told(dataclasses.replace(without_sites(given), evaluations_before={}, evaluations_after={}, plan=None))
    assert "未评价" in words
    assert "0.0%" not in words


def test_no_outlines_no_streets_and_a_site_without_position(given):
    facts = given.facts
    townships = facts.outlines.townships
    county = gpd.GeoDataFrame({"name": ["云岭县"], "geometry": [None]}, index=townships.index[:1], geometry="geometry", crs=townships.crs)
    table = facts.facilities.table.copy()
    table.loc["F001", "geometry"] = shapely.Point()
    none = slice(0, 0)
    streets = dataclasses.replace(
        facts.streets, tail=facts.streets.tail[none], head=facts.streets.head[none], length=facts.streets.length[none], rise=facts.streets.rise[none],
        street=facts.streets.street[none], allowed={"walk": facts.streets.allowed["walk"][none]}, speed={"walk": facts.streets.speed["walk"][none]},
    )  # fmt: skip
    outlines = dataclasses.replace(facts.outlines, county=None, townships=county.rename_axis("township"))
    layer = dataclasses.replace(facts.facilities, table=table)
    bare = dataclasses.replace(facts, outlines=outlines, facilities=layer, streets=streets)
    words = told(dataclasses.replace(given, facts=bare, state=present(layer)))
    assert "另有 1 处无可用坐标，未上图" in words
    assert "设施一览表（共 16 处）" in words
