"""Whatever is measured of a scenario is measured along its streets: evaluation, proposal, candidates and review."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from layers.costs import CostTable
from layers.tasks import PlanTask
from planning.review import Project
from planning.workbench import Workbench, as_json, propose_task, review_project
from planning.workbench.bench import CHANGED_KEPT
from planning.workbench.columns import TravelColumns
from scenarios.document import Scenario, apply
from scenarios.edits import BuildStreet, CloseStreet, Edit
from tests.small_county import Y0, facility_layer, facts, lonlat
from tests.street_drawings import NORTH, read, write_osm

TYPE = "elder_daycare"
ROAD = {"highway": "residential"}
# Cells of 2.5, 3, 4 and 5 elders at x = -1500, -500, 500, 1500 and y = 0; a ring on each side of a river, joined by a bridge at y = 0.
PLACES = {1: (-1500, 0), 2: (-100, 0), 3: (100, 0), 4: (1500, 0), 5: (-1500, 300), 6: (-100, 300), 8: (100, 300), 9: (1500, 300)}
STREETS = [([5, 1, 2, 6, 5], ROAD), ([2, 3], {**ROAD, "bridge": "yes"}), ([3, 4, 9, 8, 3], ROAD)]
OUT = CloseStreet(lon=lonlat(0, 4)[0], lat=lonlat(0, 4)[1])
BACK = BuildStreet(name="新桥", highway="residential", points=(lonlat(-100, 300), lonlat(100, 300)))
TASK = {"key": "t", "title": "增设", "type": TYPE, "requirement": "E08-reach", "sites": 1}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Return a river county with a day-care centre at its west end, whose standard is 2,600 m of walk."""
    places = {node: (x, y + Y0 - NORTH) for node, (x, y) in PLACES.items()}
    streets, _ = read(write_osm(tmp_path_factory.mktemp("river"), places, STREETS))
    layer = facility_layer({"id": "a", "type": TYPE, "name": "甲", "capacity": 20.0, "residents": 1.0, "at": (-1500, 0), "township": "01"})
    known = facts(layer, travel={"snap_m": 100}, standards={TYPE: {"E08-reach": {"radius_m": 2600.5}}})
    known = replace(known, streets=streets)
    return Workbench(known, TravelColumns(known.streets, known.population, known.county.travel))


def scenario(*edits: Edit) -> Scenario:
    return Scenario(title="桥", edits=edits)


def measured(bench: Workbench, *edits: Edit) -> tuple[list[str], list[float]]:
    coverage = bench.measure_type(TYPE, scenario(*edits)).coverage
    assert coverage is not None
    return coverage.cells["state"].tolist(), coverage.cells["cost"].tolist()


def m(*values: float) -> Any:
    return pytest.approx(list(values), abs=0.1, nan_ok=True)


def test_closing_the_bridge_makes_the_far_bank_unreachable_and_a_new_one_brings_it_back(bench: Workbench) -> None:
    assert measured(bench) == (["covered", "covered", "covered", "uncovered"], m(0, 1000, 2000, 3000))
    states, costs = measured(bench, OUT)
    assert states == ["covered", "covered", "unreachable", "unreachable"]
    assert costs[:2] == m(0, 1000)
    # From x = 500: 400 m and 300 m to the new bridge, 200 m over it, 1400 m and 300 m on; from x = 1500 1000 m more.
    states, costs = measured(bench, OUT, BACK)
    assert states == ["covered", "covered", "covered", "uncovered"]
    assert costs == m(0, 1000, 2600, 3600)
    totals = bench.measure_type(TYPE, scenario(OUT)).coverage.totals  # type: ignore[union-attr]
    assert totals["unreachable"] == pytest.approx(9)
    assert sum(totals.values()) == pytest.approx(14.5)  # convention 3


def test_who_closes_a_bridge_beside_an_imported_table_is_told_that_the_table_stays(bench: Workbench) -> None:
    nobody = np.full(len(bench.facts.population.cells), -1, np.int32)
    site = bench.facts.facilities.table.geometry.iloc[:1]
    table = CostTable("bus.csv", "walk", "m", "search", site, nobody, np.array([0, 1]), np.zeros(1, np.int32), np.ones(1))
    known = replace(bench.facts, costs=(table,))
    notes = apply(scenario(OUT), known).notes
    assert [(note.code, note.values) for note in notes if note.code == "scenario.tables_stay"] == [("scenario.tables_stay", {"files": "bus.csv"})]
    quiet = (apply(scenario(), known), apply(scenario(OUT), bench.facts))
    assert not [note for state in quiet for note in state.notes if note.code == "scenario.tables_stay"]


def test_the_county_s_own_columns_are_left_alone_and_few_others_kept(bench: Workbench) -> None:
    state = bench.state(scenario(OUT))
    assert bench.columns_of(state) is bench.columns_of(bench.state(scenario(OUT)))
    assert bench.columns_of(bench.state(scenario())) is bench.columns_of(bench.state()) is bench.columns
    for height in range(CHANGED_KEPT + 2):
        bench.columns_of(bench.state(scenario(OUT, BACK.model_copy(update={"kmh": 30.0 + height}))))
    assert len(bench._changed) == CHANGED_KEPT
    assert bench.columns_of(state) is not bench.columns
    assert measured(bench)[1] == m(0, 1000, 2000, 3000)


def test_a_proposal_goes_along_the_scenario_s_streets(bench: Workbench) -> None:
    task = PlanTask.model_validate({**TASK, "candidates": {"origin": "villages"}})  # at x = -1500, -500 and 1000
    far = propose_task(bench, task, scenario())
    assert far.plan.value == pytest.approx(14.5)
    assert far.after.coverage is not None
    assert far.after.coverage.cells["state"].tolist() == ["covered"] * 4
    cut = propose_task(bench, task, scenario(OUT))
    assert cut.plan.value == pytest.approx(5.5)  # the candidate on the far bank is on no usable street, nor are its people
    assert cut.after.coverage is not None
    assert cut.after.coverage.totals["unreachable"] == pytest.approx(9)


def test_candidates_on_streets_stand_on_the_scenario_s_streets(bench: Workbench) -> None:
    task = PlanTask.model_validate({**TASK, "candidates": {"origin": "streets", "spacing_m": 1000}})

    def eastings(base: Scenario) -> list[float]:
        return sorted(round(point.x - 500_000) for point in propose_task(bench, task, base).candidates.table.geometry)

    assert max(eastings(scenario())) == 1500
    assert max(eastings(scenario(OUT))) == -100
    lane = BuildStreet(highway="path", points=(lonlat(-100, 300), lonlat(-100, 700), lonlat(-600, 700)))
    table = propose_task(bench, task, scenario(lane)).candidates.table
    assert len(table) > 0


def test_a_review_goes_along_the_scenario_s_streets(bench: Workbench) -> None:
    lon, lat = lonlat(500, 10)
    project = Project.model_validate({"key": "p", "name": "新院", "type": TYPE, "lon": lon, "lat": lat, "capacity": 20, "documents": ()})

    def told(*edits: Edit) -> dict[str, Any]:
        found = json.loads(as_json(review_project(bench, project, scenario(*edits), peers=())))
        return {item["id"]: item["value"] for item in found["items"]}

    # Newly served are the 5 elders at x = 1500, 1,000 m off; with the bridge out neither they nor the project are on a usable street.
    assert told()["A2"] == pytest.approx(5)
    assert told(OUT)["A2"] == 0
    assert told(OUT, BACK)["A2"] == pytest.approx(5)
