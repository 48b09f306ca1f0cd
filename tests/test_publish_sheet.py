"""The sheet: who may see it, and what becomes of each site."""

import dataclasses
import math
from types import SimpleNamespace

import pytest

from layers.errors import PlanningError
from planning.publish import Imprint, Sheet
from planning.publish.sites import counts
from planning.publish.wording import number, percent, size_change
from tests import publish_fixture as fixture


def test_public_without_review_number_is_refused_with_the_way_out():
    with pytest.raises(PlanningError) as caught:
        Imprint("养老", fixture.DATE, secrecy="公开")
    assert caught.value.code == "publish.no_review_number"
    assert "审图号" in caught.value.say("zh")
    assert "内部" in caught.value.say("zh")
    Imprint("养老", fixture.DATE, secrecy="公开", review_number="云S(2026)012号")
    with pytest.raises(PlanningError):
        Imprint("养老", fixture.DATE, secrecy="公开", review_number="  ")


def test_unknown_status_and_empty_title_are_a_programmers_error():
    with pytest.raises(ValueError, match="secrecy"):
        Imprint("养老", fixture.DATE, secrecy="机密")
    with pytest.raises(ValueError, match="title"):
        Imprint(" ", fixture.DATE)
    given = fixture.sheet()
    with pytest.raises(ValueError, match="type"):
        dataclasses.replace(given, kinds=())


def test_fictional_counties_say_so_once():
    assert fixture.sheet().heading == "云岭县（虚构示例）养老服务设施布局规划图"
    assert fixture.sheet(fictional=False).heading == "云岭县养老服务设施布局规划图"
    assert fixture.sheet(name="云岭县（虚构）").county_name == "云岭县（虚构）"


def test_a_heading_does_not_say_layout_twice():
    given = fixture.sheet(fictional=False)
    heading = dataclasses.replace(given, imprint=Imprint("养老站布局（步行）", fixture.DATE)).heading
    assert heading == "云岭县养老站布局（步行）规划图"


def test_sites_are_numbered_by_action_with_everything_that_stood_or_will_stand():
    sites = fixture.sheet().sites
    assert list(sites["number"]) == list(range(1, 21))
    assert counts(sites) == {"new": 4, "enlarge": 1, "move": 1, "convert": 1, "merge": 1, "keep": 12}
    assert list(sites["action"]) == ["new"] * 4 + ["enlarge", "move", "convert", "merge"] + ["keep"] * 12
    merged = sites.loc["F003"]
    assert (merged["into"], merged["capacity_before"]) == ("F008", 35.0)
    assert math.isnan(merged["capacity"])
    assert merged.geometry.equals(fixture.facilities().table.geometry["F003"])
    # Converted away: it was of the sheet's type, so the sheet shows it.
    assert (sites["type"]["F002"], sites["type_before"]["F002"]) == ("elder_daycare", "elder_station_city")
    moved = sites.loc["F004"]
    assert not moved.geometry.equals(moved["origin"])


def test_a_closed_facility_counts_as_given_up_and_one_closed_before_is_no_site():
    given = fixture.sheet()
    from scenarios.state import Change, present

    table = given.facts.facilities.table.copy()
    table.loc["F000", "status"] = "closed"
    layer = dataclasses.replace(given.facts.facilities, table=table)
    state = present(layer).after([Change("F005", {"status": "closed"}, "close")])
    sites = dataclasses.replace(given, state=state).sites
    assert "F000" not in sites.index
    assert sites["action"]["F005"] == "merge"
    assert sites["into"]["F005"] == ""


def test_sheet_without_evaluations_is_not_evaluated_rather_than_zero():
    given = fixture.sheet()
    bare = Sheet(given.facts, given.kinds, given.state, {}, {}, given.imprint)
    assert bare.coverage is None
    assert bare.coverage_before is None


@pytest.mark.parametrize(("share", "shown"), [(0.0, "0.0%"), (0.0001, "0.1%"), (0.5, "50.0%"), (0.99996, "99.9%"), (1.0, "100.0%")])
def test_nobody_left_out_is_rounded_away(share, shown):
    assert percent(share) == shown


def test_unknown_numbers_are_a_dash():
    assert number(math.nan) == "—"
    assert number(1234.5, 1) == "1,234.5"


def test_a_site_of_unknown_capacity_shows_its_floor_area():
    def site(**told: object) -> SimpleNamespace:
        return SimpleNamespace(action="new", type="elder_daycare", capacity_before=math.nan, **told)

    sheet = fixture.sheet()
    assert size_change(sheet, site(capacity=math.nan, floor_area=1350.0)) == "1,350 m²"
    assert size_change(sheet, site(capacity=math.nan, floor_area=math.nan)) == "不详"
    assert size_change(sheet, site(capacity=20.0, floor_area=1350.0)).startswith("20 ")
