"""The check-up of scenarios and projects: every mistake at once, by file and field, on a county of three homes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from layers.facts import Facts
from planning.workbench.choices import check_choices
from scenarios.document import parse_scenario
from scenarios.mistakes import find_mistakes
from tests.small_county import facility_layer, facts, lonlat

BEDS = {"type": "elder_wujing", "township": "01"}


@pytest.fixture
def known() -> Facts:
    return facts(
        facility_layer(
            {**BEDS, "id": "A", "name": "西镇敬老院", "capacity": 50, "care_beds": 20, "residents": 30, "at": (-1000, 0)},
            {**BEDS, "id": "B", "name": "西山敬老院", "capacity": 20, "care_beds": 5, "residents": 12, "at": (-500, 500)},
            {**BEDS, "id": "D", "name": "旧敬老院", "status": "closed", "capacity": 9, "at": (0, 0)},
        )
    )


def edit(action: str, **fields: object) -> str:
    return f'[[edits]]\naction = "{action}"\n' + "".join(
        f'{key} = "{value}"\n' if isinstance(value, str) else f"{key} = {value}\n" for key, value in fields.items()
    )


def mistakes(known: Facts, *edits: str) -> list[tuple[str, str, str]]:
    scenario = parse_scenario('title = "甲"\n' + "".join(edits))
    return [(fault.code, fault.field, fault.value) for fault in find_mistakes(scenario, known)]


def test_a_sound_scenario_has_no_mistake(known):
    assert mistakes(known, edit("resize", facility="A", capacity=60), edit("close", facility="B")) == []


def test_every_edit_is_looked_at_and_named_by_its_number_and_field(known):
    lon, lat = lonlat(1000, 0)
    far, _ = lonlat(500_000, 0)
    home = {"id": "N", "type": "elder_wujing", "name": "新院", "lon": lon, "lat": lat}
    assert mistakes(
        known,
        edit("close", facility="Z"),
        edit("close", facility="A", name="东镇敬老院"),
        edit("close", facility="D"),
        edit("open", **{**home, "lon": far}),
        edit("open", **{**home, "type": "hotel"}),
        edit("open", **home, capacity=10, care_beds=20),
        edit("open", **home, township="天镇"),
        edit("open", **{**home, "id": "A"}),
        edit("convert", facility="A", to="hotel"),
        edit("open", **home),
        edit("close", facility="B"),
    ) == [
        ("scenario.unknown_facility", "edits[1].facility", "Z"), ("scenario.wrong_name", "edits[2].name", "东镇敬老院"),
        ("scenario.closed", "edits[3].facility", "D"), ("scenario.outside", "edits[4].lon", str(far)),
        ("scenario.unknown_type", "edits[5].type", "hotel"), ("scenario.care_beds", "edits[6].care_beds", "20.0"),
        ("scenario.unknown_township", "edits[7].township", "天镇"), ("scenario.taken", "edits[8].id", "A"),
        ("scenario.unknown_type", "edits[9].to", "hotel"),
    ]  # fmt: skip


def test_an_edit_after_a_refused_one_is_checked_against_what_stands(known):
    found = mistakes(known, edit("close", facility="A", name="东镇敬老院"), edit("close", facility="A"), edit("close", facility="A"))
    assert found == [("scenario.wrong_name", "edits[1].name", "东镇敬老院"), ("scenario.closed", "edits[3].facility", "A")]


def test_standards_of_types_that_do_not_exist(known):
    found = mistakes(known, "[standards.hotel.X01]\nlo = 3\n")
    assert found == [("scenario.standard_type", "standards", "hotel")]


PROJECT = 'key = "{key}"\nname = "扩建"\ntype = "elder_wujing"\n'


def test_files_are_named_with_what_is_wrong_in_them(known, tmp_path):
    put(
        tmp_path / "scenarios" / "a.toml",
        'title = "甲"\n' + edit("open", id="N", type="elder_wujing", name="新院", lon=lonlat(0, 0)[0], lat=lonlat(0, 0)[1]),
    )
    put(tmp_path / "scenarios" / "b.toml", 'title = "乙"\n' + edit("destroy", facility="A"))
    put(tmp_path / "scenarios" / "c.toml", "title = ")
    put(tmp_path / "scenarios" / "d.toml", 'title = "丁"\n' + edit("close", facility="Z"))
    put(tmp_path / "projects" / "a.toml", PROJECT.format(key="a") + 'kind = "expand"\nfacility = "Z"\ncapacity = 10\ncare_beds = 11\n')
    put(tmp_path / "projects" / "b.toml", PROJECT.format(key="b") + 'kind = "expand"\nfacility = "N"\n')  # that scenario a opens
    put(tmp_path / "projects" / "c.toml", PROJECT.format(key="c") + "capacity = -1\nrooms = 3\n")
    put(tmp_path / "projects" / "d.toml", PROJECT.format(key="d") + "capacity = 30\ncare_beds = 30\n")
    found = check_choices(replace(known, folder=tmp_path))
    assert {fault.severity for fault in found} == {"error"}
    assert [(fault.file, fault.code, fault.field) for fault in found] == [
        ("scenarios/b.toml", "scenario.action_unknown", "edits[1]"), ("scenarios/c.toml", "scenario.not_toml", ""),
        ("scenarios/d.toml", "scenario.unknown_facility", "edits[1].facility"), ("projects/a.toml", "review.no_facility", "facility"),
        ("projects/a.toml", "choice.care_beds", "care_beds"), ("projects/c.toml", "review.key_wrong", "capacity"),
        ("projects/c.toml", "review.key_unknown", "rooms"),
    ]  # fmt: skip
    for fault in found:
        assert fault.say("zh")
        assert fault.say("en")
        assert fault.repair("zh") or fault.layer == "projects"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def test_a_county_without_scenarios_and_projects_has_no_mistake(known, tmp_path):
    assert check_choices(replace(known, folder=tmp_path)) == ()
