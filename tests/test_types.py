"""Facility types against the table of norms they were written from."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from layers.county import County
from layers.types import LOCAL, CapacityDeaths, CapacityPer, PerArea, Ratio, Reach, Size, facility_types, sources

# Every kind the planners asked for.
ASKED = {
    "elder_institution", "elder_nursing_home", "elder_town_centre", "elder_station_city", "elder_daycare", "elder_mutual_rural", "elder_wujing",
    "child_welfare_city", "child_welfare_county", "minor_protection_centre", "minor_station", "child_home",
    "cemetery_city", "cemetery_town", "cemetery_village", "columbarium", "funeral_home",
    "community_centre", "community_centre_street", "village_centre", "rescue_station", "social_work_station",
}  # fmt: skip
TYPES = list(facility_types().values())
REQUIREMENTS = [(kind, item) for kind in TYPES for item in kind.requirements]


@pytest.fixture(scope="module")
def norms(shared: Path) -> dict[str, dict[str, str]]:
    path = shared.parent / "domain" / "norms.tsv"
    if not path.is_file():
        pytest.skip(f"the table of norms is absent ({path})")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["row_id"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_every_type_asked_for_is_there_under_its_own_file():
    assert set(facility_types()) == ASKED
    folder = Path(__file__).resolve().parent.parent / "layers" / "types"
    assert {path.stem for path in folder.glob("*.toml")} - {"sources"} == ASKED
    assert all(key == kind.key for key, kind in facility_types().items())


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.key)
def test_a_type_speaks_both_languages_and_names_only_what_exists(kind):
    assert re.search("[一-鿿]", kind.name_zh)
    assert not re.search("[一-鿿]", kind.name_en)
    assert kind.demand_group in {"elders", "residents", "minors"}
    assert set(kind.convert_to) < ASKED
    assert kind.key not in kind.convert_to
    ids = [item.id for item in kind.requirements]
    assert len(ids) == len(set(ids))
    assert kind.levels
    assert kind.requirements


@pytest.mark.parametrize(("kind", "item"), REQUIREMENTS, ids=lambda value: getattr(value, "key", getattr(value, "id", "")))
def test_a_requirement_says_where_it_comes_from_in_both_languages(kind, item):
    assert set(item.source) <= set(sources())
    assert re.search("[一-鿿]", item.note_zh)
    assert item.note_en
    assert not re.search("[一-鿿]", item.note_en)
    # What nobody has read on a page or in a plan is not shown as sure; one row of norms is (GB 50180, app. C).
    if {sources()[key].seen for key in item.source} <= {"memory", "derived"} and item.id != "M01-reach":
        assert item.confidence in {"M", "L"}
    assert set(getattr(item, "also", ())) < ASKED - {kind.key}


def test_no_two_types_look_alike_or_are_written_alike():
    looks = Counter((kind.symbol.shape, kind.symbol.colour) for kind in TYPES)
    assert max(looks.values()) == 1
    assert len({kind.symbol.colour for kind in TYPES}) == len(TYPES)
    within = Counter((kind.domain, kind.symbol.shape) for kind in TYPES)
    assert max(within.values()) == 1  # also told apart in black and white
    written = Counter(word for kind in TYPES for word in {kind.name_zh, *kind.written_as})
    assert [word for word, count in written.items() if count > 1] == []


def test_the_radius_binds_where_a_norm_gives_radius_and_time():
    both = [item for _, item in REQUIREMENTS if isinstance(item, Reach) and item.radius_m and item.time_min]
    assert len(both) >= 7
    assert all((item.unit, item.threshold) == ("m", item.radius_m) for item in both)
    by_time = facility_types()["elder_town_centre"].requirement("E06-reach")
    assert (by_time.unit, by_time.threshold) == ("s", 1800.0)


def test_reaches_are_those_of_the_table_of_norms(norms):
    for kind, item in REQUIREMENTS:
        row = norms[item.id[:3]]
        assert row["key"].startswith(kind.key.removesuffix("_city") if kind.key == "community_centre" else kind.key), item.id
        if isinstance(item, Reach):
            told = tuple(float(row[column]) if row[column] else None for column in ("radius_m", "time_min"))
            assert (item.radius_m, item.time_min, item.mode) == (*told, row["mode"]), item.id


def test_numbers_are_those_of_the_table_of_norms(norms):
    for _, item in REQUIREMENTS:
        row = norms[item.id[:3]]
        if isinstance(item, CapacityPer):
            assert item.per_1000 == float(row["norm_value"])
        elif isinstance(item, CapacityDeaths):
            assert item.years == 20
        elif isinstance(item, Ratio) and item.id in {"E03-care", "M01-area"}:
            assert item.at_least == float(row["norm_value"])
        elif isinstance(item, Size) and item.of != "residents":
            assert item.lo is None or item.lo == float(row["size_lo"]), item.id
            assert item.hi is None or item.hi == float(row["size_hi"]), item.id
        elif isinstance(item, PerArea) and row["norm_value"]:
            assert item.at_least == float(row["norm_value"]), item.id


def test_every_source_of_the_domain_table_is_explained(shared):
    path = shared.parent / "domain" / "sources.tsv"
    if not path.is_file():
        pytest.skip(f"the table of sources is absent ({path})")
    with path.open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file, delimiter="\t")}
    assert ids <= set(sources())
    assert all(entry.zh and entry.en and not re.search("[一-鿿]", entry.en) for entry in sources().values())


def test_a_changed_standard_says_whose_it_is():
    county = County.model_validate(
        {
            "name": "小县", "population": [{"file": "p.csv"}], "streets": {"file": "s.gpkg"},
            "standards": {"elder_station_city": {"E10-reach": {"radius_m": 500}, "E10-size": {"lo": 350}}},
        }
    )  # fmt: skip
    before, changed = facility_types()["elder_station_city"], county.type("elder_station_city")
    assert changed.reach.threshold == 500
    assert changed.reach.source == (LOCAL, *before.reach.source)
    assert changed.reach.confidence == "L"
    assert changed.requirement("E10-size") == before.requirement("E10-size")  # 350 is what it was
    again = county.type("elder_station_city", {"elder_station_city": {"E10-reach": {"radius_m": 600, "source": ["S22"], "confidence": "H"}}})
    assert (again.reach.threshold, again.reach.source, again.reach.confidence) == (600, ("S22",), "H")
    assert county.type("elder_institution") == facility_types()["elder_institution"]
