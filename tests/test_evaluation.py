"""Evaluation of a small county against head arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layers.facilities import FacilityLayer
from layers.population import PopulationGrid
from layers.texts import codes, say
from layers.types import CapacityDeaths, FacilityType, PerArea, Reach, Size, facility_types
from planning.evaluation import COUNTY, UNASSIGNED, Evaluation, evaluate
from planning.travel.costs import TravelCosts
from tests.cost_tables import from_matrix
from tests.small_county import facility_layer, outlines, population

NAN = np.nan
SUMS = [
    *("people", "covered", "uncovered", "unreachable", "not_located", "facilities", "capacity", "capacity_unknown"),
    *("needed", "available", "available_unknown", "balance"),
]
REACH = Reach(id="R", source=("MEM",), confidence="H", mode="walk", radius_m=500)


def costs_to(sites: list[str], matrix: list[list[float]], *, reachable: list[bool] | None = None) -> TravelCosts:
    made = from_matrix(np.array(matrix, dtype=float).reshape(len(matrix), len(sites)), sites=sites, reachable=reachable)
    return TravelCosts(**{**vars(made), "cells": population().cells.index})


def kind(key: str, *requirements: object, **changes: object) -> FacilityType:
    return facility_types()[key].model_copy(update={"requirements": requirements, **changes})


@pytest.fixture
def homes() -> FacilityLayer:
    home = {"type": "elder_institution"}
    return facility_layer(
        {**home, "id": "A", "name": "西院", "township": "01", "capacity": 10, "care_beds": 4, "residents": 5, "floor_area": 400, "at": (-1500, 0)},
        {**home, "id": "B", "name": "东院", "township": "02", "capacity": 30, "care_beds": 20, "residents": 33, "at": (1500, 0)},
        {**home, "id": "C", "name": "无址院", "township": "", "at": None},
        {**home, "id": "D", "name": "旧院", "township": "02", "status": "closed", "capacity": 99, "at": (0, 0)},
        {"id": "E", "type": "elder_wujing", "name": "敬老院", "township": "02", "capacity": 7, "care_beds": 7, "at": (500, 0)},
    )


# cells: 01: 2.5 and 3 elders, 02: 4 and 5 elders, 1 more without position
PEOPLE = {"g60_69": 1.0}
COSTS = [[0, 3000], [500, 2000], [1500, 1000.0], [NAN, NAN]]


def measured(homes: FacilityLayer, *, people: PopulationGrid | None = None, requirement: Reach | None = REACH) -> Evaluation:
    costs = costs_to(["A", "B"], COSTS, reachable=[True, True, True, False])
    return evaluate(facility_types()["elder_institution"], people or population(**PEOPLE), outlines(), homes, costs, requirement=requirement)


def test_people_by_state_and_township(homes: FacilityLayer) -> None:
    table = measured(homes).townships
    assert table.index.to_list() == [COUNTY, "01", "02", UNASSIGNED]
    assert table["name"].to_list() == ["", "西镇", "东乡", ""]
    assert table["people"].to_list() == [15.5, 5.5, 9, 1]
    assert table["covered"].to_list() == [5.5, 5.5, 0, 0]
    assert table["uncovered"].to_list() == [4, 0, 4, 0]
    assert table["unreachable"].to_list() == [5, 0, 5, 0]
    assert table["not_located"].to_list() == [1, 0, 0, 1]
    assert table["covered_share"].to_list() == pytest.approx([5.5 / 15.5, 1, 0, 0])


def test_capacity_and_balance(homes: FacilityLayer) -> None:
    table = measured(homes).townships
    assert table["facilities"].to_list() == [3, 1, 1, 1]
    assert table["capacity"].to_list() == [40, 10, 30, 0]
    assert table["capacity_unknown"].to_list() == [1, 0, 0, 1]
    assert table["needed"].to_list() == pytest.approx([0.62, 0.22, 0.36, 0.04])
    assert table["available"].to_list() == [47, 10, 37, 0]  # with the home for people in hardship
    assert table["balance"].to_list() == pytest.approx([46.38, 9.78, 36.64, -0.04])
    # 10 beds for 5.5 people within 500 m; nobody within 500 m of B; mean over the 9.5 people on the network
    assert table["access_per_1000"].to_list()[:3] == pytest.approx([10_000 / 9.5, 10_000 / 5.5, 0])


@pytest.mark.parametrize("lost", [{}, PEOPLE])
def test_townships_add_up_to_the_county(homes: FacilityLayer, lost: dict[str, float]) -> None:
    table = measured(homes, people=population(**lost)).townships
    pd.testing.assert_series_equal(table.loc[table.index != COUNTY, SUMS].sum(), table.loc[COUNTY, SUMS].astype(float), check_names=False)
    states = table[["covered", "uncovered", "unreachable", "not_located"]].sum(axis=1)
    pd.testing.assert_series_equal(states, table["people"], check_names=False)


def test_facilities(homes: FacilityLayer) -> None:
    table = measured(homes).facilities
    assert table.index.to_list() == ["A", "B", "C"]
    assert table["occupancy"].to_list()[:2] == [0.5, 1.1]
    assert np.isnan(table.loc["C", "occupancy"])
    assert table["assigned"].to_list() == [5.5, 0, 0]
    assert table["beyond"].to_list() == [0, 4, 0]
    assert table["position"].to_list() == ["located", "located", "not_located"]
    assert table["size"].to_list() == ["unmet", "met", "unknown"]
    assert table.loc["A", "township_name"] == "西镇"


def rows(evaluation: Evaluation, id: str) -> dict[str, tuple]:
    chosen = evaluation.requirements.loc[evaluation.requirements["id"] == id].set_index("area")
    return {row.Index: (row.value, row.target, row.met, row.reason.removeprefix("evaluation.")) for row in chosen.itertuples()}


def test_reach_by_share(homes: FacilityLayer) -> None:
    found = rows(measured(homes), "R")
    assert found[COUNTY] == (pytest.approx(5.5 / 15.5), 1, "unmet", "")
    assert found["01"] == (1, 1, "met", "")
    assert rows(measured(homes, requirement=REACH.model_copy(update={"share": 0.35})), "R")[COUNTY][2] == "met"
    assert rows(measured(homes), "E01-reach")[COUNTY][2:] == ("unknown", "not_measured")


def test_nobody_is_no_zero_and_no_whole(homes: FacilityLayer) -> None:
    empty = pd.DataFrame({"0_17": [0.0] * 4, "18_59": 0.0, "60_69": [0.0, 0, 3, 4], "70_plus": 0.0})
    found = measured(homes, people=population(empty))
    assert rows(found, "R")["01"][2:] == ("unknown", "no_people")
    assert np.isnan(found.townships.loc["01", "covered_share"])
    assert rows(found, "E01-beds")["01"][2:] == ("unknown", "no_people")


def test_reach_is_met_to_one_person(homes: FacilityLayer) -> None:
    people = pd.DataFrame({"0_17": [0.0] * 4, "18_59": 0.0, "60_69": [900.0, 99.6, 0.4, 0], "70_plus": 0.0})
    assert rows(measured(homes, people=population(people)), "R")[COUNTY][2] == "met"
    people["60_69"] = [900.0, 99.4, 0.6, 0]
    assert rows(measured(homes, people=population(people)), "R")[COUNTY][2] == "unmet"


def test_capacity_requirement(homes: FacilityLayer) -> None:
    found = rows(measured(homes), "E01-beds")
    assert found[COUNTY] == (47, pytest.approx(0.62), "met", "")  # what is known is enough already
    assert found["01"][2:] == ("met", "information")
    crowded = population(pd.DataFrame({"0_17": [0.0] * 4, "18_59": 0.0, "60_69": [1000.0] * 4, "70_plus": 0.0}))
    found = rows(measured(homes, people=crowded), "E01-beds")
    assert found[COUNTY] == (47, 160, "unknown", "capacity_unknown")
    assert found["01"] == (10, 80, "unmet", "information")
    assert "01" not in measured(homes, people=crowded).unmet.query("id == 'E01-beds'")["area"].to_list()


def test_care_beds_are_a_ratio_over_known_numbers(homes: FacilityLayer) -> None:
    found = rows(measured(homes), "E03-care")
    assert found[COUNTY] == (31 / 47, 0.55, "unknown", "numbers_unknown")
    assert found["01"] == (0.4, 0.55, "unmet", "information")
    assert found["02"] == (27 / 37, 0.55, "met", "information")


def test_sizes(homes: FacilityLayer) -> None:
    found = rows(measured(homes), "E01-size")
    assert found == {COUNTY: (1, 3, "unmet", ""), "01": (0, 1, "unmet", ""), "02": (1, 1, "met", "")}


def test_free_plots_count_towards_deaths() -> None:
    deaths = CapacityDeaths(id="P", source=("S18",), confidence="H", death_rate=0.007, years=20)
    yards = facility_layer(
        {"id": "A", "type": "cemetery_town", "name": "甲", "township": "01", "capacity": 100, "residents": 90, "at": (-1500, 0)},
        {"id": "B", "type": "cemetery_town", "name": "乙", "township": "02", "capacity": 100, "at": (1500, 0)},
        {"id": "C", "type": "cemetery_town", "name": "丙", "township": "02", "capacity": 50, "residents": 60, "at": (1500, 0)},
    )
    people = population(pd.DataFrame({"0_17": [97_500.0] * 4, "18_59": 0.0, "60_69": 0.0, "70_plus": 0.0}))
    found = evaluate(kind("cemetery_town", deaths), people, outlines(), yards, None)
    assert found.townships.loc[COUNTY, "needed"] == pytest.approx(2730 * 20)  # 390,000 x 7 per mille
    assert found.townships.loc[COUNTY, ["available", "available_unknown", "capacity"]].to_list() == [10, 1, 250]
    assert rows(found, "P")[COUNTY][2:] == ("unknown", "capacity_unknown")
    assert rows(found, "P")["01"][2:] == ("unmet", "")


def test_sites_per_township_and_per_people() -> None:
    one = PerArea(id="T", source=("S22",), confidence="H", area="township")
    many = PerArea(id="M", source=("S12",), confidence="M", area="township", per_people=30_000)
    whole = PerArea(id="W", source=("S12",), confidence="M", area="county", at_least=2)
    people = population(pd.DataFrame({"0_17": [15_000.0, 15_000, 15_000, 15_001], "18_59": 0.0, "60_69": 0.0, "70_plus": 0.0}))
    yards = facility_layer(
        {"id": "A", "type": "cemetery_town", "name": "甲", "township": "01", "at": (-1500, 0)},
        {"id": "B", "type": "cemetery_town", "name": "乙", "township": "02", "at": (1500, 0)},
    )
    found = evaluate(kind("cemetery_town", one, many, whole), people, outlines(), yards, None)
    assert rows(found, "T") == {COUNTY: (2, 2, "met", ""), "01": (1, 1, "met", ""), "02": (1, 1, "met", "")}
    assert rows(found, "M") == {COUNTY: (1, 2, "unmet", ""), "01": (1, 1, "met", ""), "02": (1, 2, "unmet", "")}
    assert rows(found, "W") == {COUNTY: (2, 2, "met", "")}
    astray = facility_layer({"id": "A", "type": "cemetery_town", "name": "甲", "township": "", "at": (-1500, 0)})
    found = evaluate(kind("cemetery_town", one), people, outlines(), astray, None)
    assert rows(found, "T")[COUNTY] == (0, 2, "unknown", "township_unknown")


def test_sites_per_village() -> None:
    rule = PerArea(id="V", source=("S60",), confidence="H", area="village")
    # (-100, 0) lies 400 m from 西二村 and 1,100 m from 东村; told to be of the east it belongs to 东村
    points = facility_layer(
        {"id": "A", "type": "child_home", "name": "甲", "township": "01", "at": (-1400, 0)},
        {"id": "B", "type": "child_home", "name": "乙", "township": "02", "at": (-100, 0)},
    )
    found = evaluate(kind("child_home", rule), population(), outlines(), points, None)
    assert rows(found, "V") == {COUNTY: (2, 3, "unmet", ""), "0101": (1, 1, "met", ""), "0102": (0, 1, "unmet", ""), "0201": (1, 1, "met", "")}
    assert found.requirements.set_index("area").loc["0101", ["level", "area_name"]].to_list() == ["village", "西一村"]
    lost = facility_layer({"id": "A", "type": "child_home", "name": "甲", "township": "01", "at": None})
    assert rows(evaluate(kind("child_home", rule), population(), outlines(), lost, None), "V")["0101"][2:] == ("unknown", "village_unknown")
    assert rows(evaluate(kind("child_home", rule), population(), outlines(villages=False), lost, None), "V")[COUNTY][2:] == ("unknown", "no_villages")
    per = rule.model_copy(update={"per_people": 15})  # 10, 20 and 70 minors
    assert [row[1] for row in rows(evaluate(kind("child_home", per), population(), outlines(), points, None), "V").values()] == [3, 1, 2, 5]


def test_floor_area_per_100_households() -> None:
    station = {"type": "community_centre", "township": "01"}
    rule = next(item for item in facility_types()["community_centre"].requirements if item.id == "M01-area")
    places = facility_layer({**station, "id": "A", "name": "甲", "floor_area": 60, "at": (0, 0)})
    people = population(pd.DataFrame({"0_17": [262.0, 0, 262, 262], "18_59": 0.0, "60_69": 0.0, "70_plus": 0.0}))  # 100 and 200 households
    found = rows(evaluate(kind("community_centre", rule), people, outlines(), places, None), "M01-area")
    assert found == {COUNTY: (pytest.approx(20), 30, "unmet", ""), "01": (pytest.approx(60), 30, "met", ""), "02": (0, 30, "unmet", "")}


def test_a_type_without_ledger_covers_nobody() -> None:
    station = facility_types()["elder_station_city"]
    found = evaluate(station, population(), outlines(), facility_layer(), costs_to([], [[]] * 4, reachable=[True, True, True, False]))
    assert found.status == "evaluated"
    assert found.townships.loc[COUNTY, ["covered", "uncovered", "unreachable", "facilities", "capacity"]].to_list() == [0, 9.5, 5, 0, 0]
    assert found.facilities.empty
    assert rows(found, "E10-size")[COUNTY][2:] == ("unknown", "no_facilities")


def test_a_type_without_demand_group_is_not_evaluated(homes: FacilityLayer) -> None:
    whole = population()
    few = PopulationGrid(whole.cells, whole.people, whole.outside, whole.not_located, {"minors": ("0_17",)})
    found = evaluate(facility_types()["elder_institution"], few, outlines(), homes, None)
    assert (found.status, found.reason, found.coverage) == ("not_evaluated", "evaluation.no_demand_group", None)
    assert found.townships[["people", "covered", "covered_share", "needed", "balance"]].isna().all(axis=None)
    assert found.townships.loc[COUNTY, "capacity"] == 40  # what is known of the facilities stays
    assert rows(found, "E01-beds")[COUNTY][2:] == ("unknown", "no_demand_group")
    assert rows(found, "E01-size")[COUNTY][2] == "unmet"


def test_contracts(homes: FacilityLayer) -> None:
    costs = costs_to(["A"], [[0]] * 4)
    with pytest.raises(ValueError, match="no travel costs"):
        evaluate(facility_types()["elder_institution"], population(), outlines(), homes, costs, requirement=REACH)
    drive = REACH.model_copy(update={"mode": "drive"})
    with pytest.raises(ValueError, match="walk in m"):
        evaluate(facility_types()["elder_institution"], population(), outlines(), homes, costs, requirement=drive)


def test_more_columns_change_nothing(homes: FacilityLayer) -> None:
    more = costs_to(["Z", "B", "A"], [[1, *row[::-1]] for row in COSTS], reachable=[True, True, True, False])
    one = measured(homes)
    other = evaluate(facility_types()["elder_institution"], population(**PEOPLE), outlines(), homes, more, requirement=REACH)
    pd.testing.assert_frame_equal(one.townships, other.townships)
    pd.testing.assert_frame_equal(one.requirements, other.requirements)


@pytest.mark.parametrize("key", sorted(facility_types()))
def test_every_type_can_be_evaluated(key: str, homes: FacilityLayer) -> None:
    here = facility_types()[key]
    costs = None
    if here.reach is not None:
        sites = homes.of_type(key).index.difference(["C"]).to_list()
        made = costs_to(sites, [[1.0] * len(sites)] * 4)
        costs = TravelCosts(**{**vars(made), "unit": here.reach.unit, "mode": here.reach.mode})
    found = evaluate(here, population(), outlines(), homes, costs)
    assert set(found.requirements["id"]) == {item.id for item in here.requirements}
    assert set(found.requirements["met"]) <= {"met", "unmet", "unknown"}
    assert (found.requirements.loc[found.requirements["met"] == "unknown", "reason"] != "").all()
    assert set(found.requirements["reason"]) - {""} <= codes()


def test_size_bounds_are_within() -> None:
    rule = Size(id="S", source=("MEM",), confidence="M", of="floor_area", lo=350, hi=750)
    places = [
        {"id": str(area), "type": "elder_daycare", "name": "x", "township": "01", "floor_area": area, "at": (0, 0)} for area in (349, 350, 750, 751)
    ]
    found = evaluate(kind("elder_daycare", rule), population(), outlines(), facility_layer(*places), None)
    assert found.facilities["size"].to_list() == ["unmet", "met", "met", "unmet"]


def test_every_text_stands_in_both_languages() -> None:
    for code in codes():
        if code.startswith(("evaluation.", "demand.")):
            assert say(code, "zh")
            assert say(code, "en")
