"""Project review: one project worked out by hand, missing evidence, vetoes, ranking, and the planted merit of the demo projects."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity

from layers.demo.projects import PLANTED_RANK
from layers.errors import PlanningError
from layers.outlines import Exclusions
from layers.population import PopulationGrid
from layers.types import CapacityDeaths, facility_types
from planning.publish.review_form import word_bytes
from planning.review import Context, Project, as_json, parse_project, rank, result_line, review
from planning.review.rubric import rubric
from planning.workbench import open_county, projects, read_project, review_all, review_project
from scenarios.document import Scenario
from tests import small_county

GROUPS = {"elders": ("60_79", "80_plus")}
# Elders: 100, 200, 300, 400; everybody 1,000, 2,000, 2,900, 4,100; of 80 and over 130 of 10,000.
PEOPLE = pd.DataFrame({"0_59": [900.0, 1800, 2600, 3700], "60_79": [90.0, 180, 240, 360], "80_plus": [10.0, 20, 60, 40]})
HOME = {"id": "h1", "type": "elder_institution", "name": "老院", "at": (-500, 0), "capacity": 30.0, "residents": 18.0, "investment": 90.0}
ALL = ("plan", "land_use_code", "land_document", "operator", "staff", "running_cost", "targets", "baseline", "date", "above_ground")


def project(**changes: object) -> Project:
    told = {
        "key": "p", "name": "新院", "type": "elder_institution", "lon": 102.0, "lat": 25.0, "capacity": 50, "floor_area": 1500, "land_area": 2200,
        "investment_wan": 200, "confirmed_funds_wan": 150,
        "documents": ("plan", "land_document", "operator", "targets", "date", "above_ground"),
    }  # fmt: skip
    return Project.model_validate({**told, **changes})


def areas() -> Exclusions:
    """An excluded area that begins 50 m east of the project (100 m kept), two areas to avoid and one to prefer; the project is in two of them."""
    rows = [
        ("水源地", "X04", "exclude", 100.0, shapely.box(50, -500, 900, 500)),
        ("公路", "Y02", "avoid", 50.0, shapely.box(-50, -50, 40, 50)),
        ("风口", "Y03", "avoid", 0.0, shapely.box(-900, -50, -800, 50)),
        ("医院", "Y04", "prefer", 1000.0, shapely.box(-1000, -500, 20, 500)),
    ]
    moved = [shapely.affinity.translate(shape, small_county.X0, small_county.Y0) for *_, shape in rows]
    table = gpd.GeoDataFrame(
        {
            "name": [row[0] for row in rows], "rule": [row[1] for row in rows], "kind": [row[2] for row in rows],
            "buffer": [row[3] for row in rows], "domains": [("elder",)] * 4, "source": "S",
        },
        geometry=moved, crs=small_county.METRIC,
    )  # fmt: skip
    return Exclusions(table)


def context(told: Project | None = None, **changes: object) -> Context:
    """A project that reaches cells 1 and 2 (500 elders), of which cell 1 (200) is served by the old home within reach."""
    layer = small_county.facility_layer(HOME)
    cells = small_county.population().cells
    people = PEOPLE.set_axis(cells.index)
    none = pd.Series(0.0, index=people.columns)
    facts = dataclasses.replace(small_county.facts(layer), population=PopulationGrid(cells, people, none, none, GROUPS), exclusions=areas())
    kind = facts.county.type("elder_institution")
    peers = (project(key="q", investment_wan=100, capacity=40), project(key="r", investment_wan=160, capacity=50))
    base = Context(
        facts, told or project(), kind, kind.reach, small_county.at(0, 0), True, people[["60_79", "80_plus"]].sum(axis=1).to_numpy(),
        np.array([False, True, True, False]), np.array([True, True, False, False]), layer.table, layer.table,
        np.array([100.0, 300, 400, 500]), np.array([210.0, 90]), 30.0, peers,
        layer,
    )  # fmt: skip
    return dataclasses.replace(base, **changes)


BY_HAND = {
    "A1": 12.0,  # 300 of 500 are not served: 0.6 / 0.5 > 1
    "A2": 8 * 2 / 4,  # 300 newly covered; 100 and 300 of the four places cover no more
    "A3": 10 * (40 - 30) / 50,  # 40 beds per 1,000 of 1,000 elders, 30 there are
    "A4": 5 * ((80 / 4900) / (130 / 10000) - 1) / 0.5,
    "B1": 8 * (1 - 200 / 500),
    "B2": 6 * (18 / 30 - 0.4) / 0.4,
    "B3": 6 * (1 - (210 / 300 - 0.6) / 0.4),
    "C1": 6 * ((50 + 100) / 100 - 1),
    "C2": 4 * 1 / 2,
    "C3": 5.0,  # a street at 30 m, and the hospital
    "C4": 6 * 2 / 3,
    "C5": 4 * (150 / 200 - 0.5) / 0.5,
    "D1": 5 * (1 - (35 - 30) / 35),  # 30 m2 a bed, 35 wanted
    "D2": 4 * (1 - (4.0 / 3.0 - 1) / 0.5),  # 4 against the median of 3, 2.5 and 3.2
    "D3": 3 * 1 / 4,
    "E1": 4 * 1 / 3,
    "E2": 4 * 2 / 3,
}


def test_one_project_worked_out_by_hand():
    found = review(context())
    points = {scored.item.id: scored.points for scored in found.scored}
    assert points == pytest.approx(BY_HAND)
    assert found.points == pytest.approx(sum(BY_HAND.values()))
    assert found.points == pytest.approx(59.228, abs=5e-4)
    assert found.assessable == 100
    assert not found.hits
    assert found.band.zh == "不予支持"  # 59.2 is under 60
    assert not found.provisional
    assert found.fiscal_points()["筹资合规性"] == pytest.approx(20 * BY_HAND["C5"] / 4)
    needed = ("A1", "A3", "A4", "B1", "B2")
    assert found.fiscal_points()["立项必要性"] == pytest.approx(20 * sum(BY_HAND[item] for item in needed) / (12 + 10 + 5 + 8 + 6))


def test_the_gap_counts_what_an_evaluation_counts():
    nursing = {"id": "n1", "type": "elder_nursing_home", "name": "护理院", "at": (500, 0), "capacity": 6.0}
    closed = {"id": "c1", "type": "elder_institution", "name": "旧院", "at": (500, 0), "capacity": 99.0, "status": "closed"}
    gap = {scored.item.id: scored for scored in review(context(layer=small_county.facility_layer(HOME, nursing, closed))).scored}["A3"]
    assert gap.evidence.value == 40 - 30 - 6  # the beds of nursing homes count towards 40 per 1,000 elders
    assert gap.points == pytest.approx(10 * 4 / 50)
    # Of plots only the free ones count: 1,000 there are, 990 of them used.
    grave = {"id": "g1", "type": "cemetery_city", "name": "公墓", "at": (0, 0), "capacity": 1000.0, "residents": 990.0}
    plots = project(type="cemetery_city", capacity=1000)
    kind = facility_types()["cemetery_city"]
    base = context(plots, kind=kind, layer=small_county.facility_layer(grave))
    groups = {**GROUPS, "residents": tuple(PEOPLE.columns)}
    base = dataclasses.replace(base, facts=dataclasses.replace(base.facts, population=dataclasses.replace(base.facts.population, groups=groups)))
    norm = next(item for item in kind.requirements if isinstance(item, CapacityDeaths))
    gap = {scored.item.id: scored for scored in review(base).scored}["A3"]
    assert gap.evidence.value == pytest.approx(10_000 * norm.death_rate * norm.years * norm.share - 10)


def test_a_scenario_measures_projects_by_its_own_standards(demo_county):
    bench = open_county(demo_county)
    project = next(read_project(path) for path in projects(bench).values() if read_project(path).type == "elder_institution")
    stricter = Scenario(title="严", standards={"elder_institution": {"E01-reach": {"time_min": 2.0}}})
    loose, strict = (review_project(bench, project, scenario) for scenario in (None, stricter))
    people = [{s.item.id: s for s in found.scored}["A1"].evidence.values["people"] for found in (loose, strict)]
    assert people[1] < people[0]


def test_missing_evidence_earns_nothing_and_is_listed():
    bare = project(capacity=None, floor_area=None, land_area=None, investment_wan=None, confirmed_funds_wan=None, documents=None)
    found = review(context(bare, rivals=np.empty(0)))
    lacking = {scored.item.id for scored in found.missing}
    assert lacking == {"A2", "A3", "C4", "C5", "D1", "D2", "D3", "E1", "E2"}
    assert all(scored.points == 0 for scored in found.missing)
    assert found.assessable == 100 - sum(rubric().items[item].max for item in lacking)
    assert found.provisional
    line = result_line(found)
    assert "暂定" in line
    assert f"/ 可评 {found.assessable:.0f} / 满分 100" in line


@pytest.mark.parametrize(
    ("changes", "told", "hit"),
    [
        ({"catchment": np.array([True, True, False, False])}, {}, ()),  # 100 % overlap, yet the home is 60 % full
        ({"point": small_county.at(60, 0)}, {}, ("V1",)),
        ({"point": None}, {}, ("V2",)),
        ({"inside": False}, {}, ("V2",)),
        ({}, {"documents": ("plan",)}, ("V3",)),
        ({}, {"documents": ("land_document",)}, ("V6",)),
        ({}, {"capacity": 19}, ("V7",)),
        ({}, {"capacity": 20}, ()),
        ({}, {"capacity": 501}, ("V7",)),
        ({}, {"documents": (*ALL, "underground")}, ("V8",)),
    ],
)
def test_vetoes(changes, told, hit):
    found = review(context(project(**told), **changes))
    assert tuple(veto.id for veto, _ in found.hits) == hit
    if hit:
        assert found.band.zh == "不予支持"


def test_a_duplicate_beside_a_half_empty_home_is_vetoed():
    neighbours = context().neighbours.assign(residents=11.0)  # 11 / 30 = 0.367
    overlapping = {"catchment": np.array([True, True, False, False])}
    assert [veto.id for veto, _ in review(context(neighbours=neighbours, **overlapping)).hits] == ["V5"]
    assert not review(context(neighbours=neighbours.assign(residents=12.0), **overlapping)).hits  # 0.4 is not under 0.4
    assert not review(context(neighbours=neighbours)).hits  # 40 % overlap


def test_ranking_puts_vetoes_last_and_spans_the_weights():
    good, poor = review(context(project(key="good", documents=ALL))), review(context(project(key="poor")))
    vetoed = review(context(project(key="vetoed", documents=(*ALL, "underground"))))
    table = rank([vetoed, poor, good])
    assert list(table["key"]) == ["good", "poor", "vetoed"]
    assert (table["best_rank"] <= table.index).all()
    assert (table["worst_rank"] >= table.index).all()


def test_the_demo_projects_come_out_in_the_order_of_their_planted_merit(demo_county):
    reviews = review_all(open_county(demo_county))
    table = rank(reviews)
    assert list(table["key"]) == sorted(PLANTED_RANK, key=PLANTED_RANK.__getitem__)
    vetoes = dict(zip(table["key"], table["vetoes"], strict=True))
    assert vetoes["apartments_for_elders"] == "V5"
    assert "V1" in vetoes["cemetery_lakeside"]


def test_form_and_record_say_the_same(demo_county):
    found = review(context(project(name="<b>新院</b>")))
    record = json.loads(as_json(found))
    assert record["points"] == round(found.points, 2)
    assert sum(item["points"] for item in record["items"]) == pytest.approx(found.points, abs=0.1)
    first = word_bytes(found, date(2026, 1, 1), county="小县")
    assert first == word_bytes(found, date(2026, 1, 1), county="小县")
    text = zipfile.ZipFile(io.BytesIO(first)).read("word/document.xml").decode()
    assert "&lt;b&gt;新院&lt;/b&gt;" in text
    assert "59.2 / 可评 100 / 满分 100" in text


@pytest.mark.parametrize(
    "text", ["key = ", 'key = "a"\nname = "b"\ntype = "casino"', 'key = "a"\nname = "b"\ntype = "elder_institution"\nkind = "expand"']
)
def test_a_bad_project_file_is_one_sentence(text):
    with pytest.raises(PlanningError) as caught:
        parse_project(text, "甲.toml")
    assert "甲.toml" in caught.value.say("zh")
