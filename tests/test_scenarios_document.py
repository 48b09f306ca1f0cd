"""Scenario documents: what is written is read back, mistakes are told all at once, files are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.errors import PlanningError
from scenarios.document import Scenario, apply, fingerprint, parse_scenario, scenario_text
from scenarios.edits import Close, Convert, Merge, Move, Open, Place, Resize
from scenarios.files import read_scenario, write_scenario
from scenarios.state import present
from tests.small_county import facility_layer, facts, lonlat

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = words.map(str.strip).filter(bool)
sizes = st.floats(min_value=0.001, max_value=1e9)
lons, lats = st.floats(-180, 180), st.floats(-90, 90)
maybe = st.none() | sizes
edits = st.one_of(
    st.builds(Open, id=names, type=names, name=names, lon=lons, lat=lats, capacity=maybe, floor_area=maybe, township=words, note=words),
    st.builds(Resize, facility=names, name=words, capacity=sizes, care_beds=maybe, note=words),
    st.builds(Close, facility=names, note=words),
    st.builds(Merge, facility=names, into=names, capacity=maybe),
    st.builds(Convert, facility=names, to=names, capacity=maybe),
    st.builds(Move, facility=names, lon=lons, lat=lats),
)
standards = st.dictionaries(
    names,
    st.dictionaries(names, st.dictionaries(names, st.booleans() | words | st.integers(-(2**40), 2**40) | sizes, max_size=3), max_size=2),
    max_size=2,
)
scenarios = st.builds(
    Scenario,
    title=names,
    note=words,
    author=words,
    datum=st.sampled_from(["WGS84", "GCJ-02"]),
    edits=st.lists(edits, max_size=5).map(tuple),
    standards=standards,
)


@settings(deadline=None)
@given(scenarios)
def test_what_is_written_is_read_back(scenario: Scenario) -> None:
    again = parse_scenario(scenario_text(scenario))
    assert again == scenario
    assert fingerprint(again) == fingerprint(scenario)
    assert scenario_text(again) == scenario_text(scenario)


def test_the_fingerprint_is_of_content_not_layout() -> None:
    one = parse_scenario(
        'format = 1\ntitle = "甲"\n[[edits]]\naction = "close"\nfacility = "A"\n[standards.elder_institution.E01-beds]\nper_1000 = 35\n'
    )
    other = parse_scenario(
        'edits = [{ facility = "A", note = "", action = "close" }] # 说明\n'
        'title = "甲"\nauthor = ""\nstandards.elder_institution.E01-beds.per_1000 = 35.0\n'
    )
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(one.model_copy(update={"title": "乙"}))
    # sha256 of {"format":1,"title":"甲"}: fingerprints stay the same from version to version
    assert fingerprint(Scenario(title="甲")) == "c1d20b9f449e72a4ba280870f8326e5e7a96247e2bff5532d9dbecd97a27b034"


def test_the_fingerprint_knows_no_order_of_keys() -> None:
    standards = {"elder_institution": {"E01-beds": {"per_1000": 35, "group": "elders"}, "E01-reach": {"time_min": 45}}}
    turned = {"elder_institution": {"E01-reach": {"time_min": 45}, "E01-beds": {"group": "elders", "per_1000": 35}}}
    assert fingerprint(Scenario(title="甲", standards=standards)) == fingerprint(Scenario(title="甲", standards=turned))


def test_order_of_edits_is_content() -> None:
    first, second = Close(facility="A"), Close(facility="B")
    assert fingerprint(Scenario(title="甲", edits=(first, second))) != fingerprint(Scenario(title="甲", edits=(second, first)))


MISTAKEN = """
title = ""
author = 3
colour = "red"
[[edits]]
action = "close"
[[edits]]
action = "opne"
[[edits]]
action = "open"
id = "N"
type = "elder_wujing"
name = "新院"
lon = "一百零三"
lat = 103.2
capacity = -5
[[edits]]
action = "resize"
facility = "A"
"""


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(PlanningError) as caught:
        parse_scenario(MISTAKEN, "甲.toml")
    told = {fault.field: fault.code.removeprefix("scenario.") for fault in caught.value.faults}
    assert told == {
        "title": "field_empty",
        "author": "field_text",
        "colour": "field_unknown",
        "edits[1].facility": "field_missing",
        "edits[2]": "action_unknown",
        "edits[3].lon": "field_number",
        "edits[3].lat": "field_high",
        "edits[3].capacity": "field_low",
        "edits[4]": "no_size",
    }
    for fault in caught.value.faults:
        assert fault.say("zh").startswith("甲.toml：")
        assert fault.repair("zh")
        assert fault.say("en").startswith("甲.toml: ")
    assert "9" in caught.value.say()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'format = 2\ntitle = "x"\nwhat = "later"', "newer"),
        ('title = "甲"\n'.encode("gb18030"), "not_utf8"),
        (b'title = "x\n', "not_toml"),
        (b"title = 1979-05-27", "field_text"),
        (b'title = "x"\n[standards.a.b]\nc = 1979-05-27', "no_plain_value"),
        (b'title = "x"\nedits = 3', "field_table"),
        (b'title = "x"\nedits = [3]', "field_table"),
        (b'title = "x"\n[standards]\na = 1', "field_table"),
        (b"", "field_missing"),
        (b'title = "x"\ndatum = "GCJ02"', "field_choice"),
        (b"title = 3\nnote = 4", "mistakes"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(PlanningError) as caught:
        read_scenario(path)
    assert caught.value.code == f"scenario.{code}"
    assert "a.toml" in caught.value.say()


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(PlanningError, match=r"none\.toml"):
        read_scenario(tmp_path / "none.toml")


def test_written_whole_and_read_with_a_byte_order_mark(tmp_path: Path) -> None:
    scenario = Scenario(title="甲", edits=(Resize(facility="A", capacity=60.0),))
    path = tmp_path / "甲.toml"
    write_scenario(scenario, path)
    assert path.read_bytes() == 'format = 1\ntitle = "甲"\n\n[[edits]]\naction = "resize"\nfacility = "A"\ncapacity = 60\n'.encode()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_scenario(path) == scenario
    assert [item.name for item in tmp_path.iterdir()] == ["甲.toml"]


def test_six_edits_in_order() -> None:
    homes = [
        {
            "id": key,
            "type": "elder_wujing",
            "name": key,
            "township": "01",
            "capacity": 30,
            "care_beds": 3,
            "residents": 10,
            "at": (-1000 + 100 * n, 0),
        }
        for n, key in enumerate("ABCDE")
    ]
    lon, lat = lonlat(1000, 0)
    scenario = Scenario(
        title="甲",
        edits=(
            Open(id="N", type="elder_wujing", name="新院", lon=lon, lat=lat, capacity=100, care_beds=60),
            Merge(facility="A", into="N"),
            Resize(facility="B", capacity=60),
            Close(facility="C"),
            Convert(facility="D", to="elder_town_centre"),
            Move(facility="E", lon=lon, lat=lat),
        ),
    )
    state = apply(scenario, facts(facility_layer(*homes)))
    assert state.actions["action"].to_dict() == {"A": "merge", "B": "enlarge", "C": "close", "D": "convert", "E": "move", "N": "new"}
    assert state.layer.table["capacity"].to_dict() == {"A": 0, "B": 60, "C": 0, "D": 30, "E": 30, "N": 130}
    swapped = scenario.model_copy(update={"edits": scenario.edits[::-1]})
    with pytest.raises(PlanningError) as caught:  # merged into a home that is not there yet
        apply(swapped, facts(facility_layer(*homes)))
    assert caught.value.values["edit"] == 5


@pytest.mark.parametrize(
    ("standards", "code"),
    [
        ({"elder": {}}, "standard_type"),
        ({"elder_institution": {"E99": {}}}, "standard_id"),
        ({"elder_institution": {"E01-beds": {"per_1000": -1}}}, "standard_field"),
        ({"elder_institution": {"E01-beds": {"beds": 1}}}, "standard_field"),
    ],
)
def test_standards_are_checked(standards: dict[str, dict[str, dict[str, object]]], code: str) -> None:
    with pytest.raises(PlanningError) as caught:
        apply(Scenario(title="甲", standards=standards), facts(facility_layer()))
    assert caught.value.code == f"scenario.{code}"
    assert caught.value.say()


def opening(number: int, dx: float, **told: object) -> Open:
    lon, lat = lonlat(dx, 10.0 * number)
    return Open(**{"id": f"n{number}", "type": "elder_town_centre", "name": f"新{number}", "lon": lon, "lat": lat, **told})


def test_opening_many_at_once_is_opening_one_by_one() -> None:
    county = facts(facility_layer({"id": "f1", "type": "elder_institution", "name": "老院", "at": (-500, 0), "capacity": 10}))
    edits = (
        opening(1, -1500, capacity=20),
        opening(2, 1500, township="西镇", note="近镇政府"),
        Resize(facility="f1", capacity=30),
        *(opening(n, 100.0 * n) for n in (3, 4)),
    )
    together = apply(Scenario(title="一起", edits=edits), county)
    by_one = present(county.facilities)
    for edit in edits:
        by_one = edit.apply(by_one, Place(county.crs, county.outlines))
    pd.testing.assert_frame_equal(together.layer.table, by_one.layer.table)
    pd.testing.assert_frame_equal(together.actions, by_one.actions)
    assert together.steps == by_one.steps == 5
    assert list(together.layer.table.loc[["n1", "n2", "n3"], "township"]) == ["01", "01", "02"]


@pytest.mark.parametrize(
    ("third", "code"),
    [
        ({"id": "n1"}, "scenario.taken"),
        ({"id": "f1"}, "scenario.taken"),
        ({"lon": 90.0}, "scenario.outside"),
        ({"type": "casino"}, "scenario.unknown_type"),
    ],
)
def test_of_many_openings_the_wrong_one_is_named(third: dict[str, object], code: str) -> None:
    county = facts(facility_layer({"id": "f1", "type": "elder_institution", "name": "老院", "at": (-500, 0)}))
    edits = (opening(1, 100), opening(2, 200), opening(3, 300, **third), opening(4, 400, lon=91.0))
    with pytest.raises(PlanningError) as caught:
        apply(Scenario(title="错", edits=edits), county)
    assert (caught.value.code, caught.value.values["edit"]) == (code, 3)
