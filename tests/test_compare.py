"""Comparison of scenarios against the evaluations they are made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layers.types import facility_types
from planning.compare import MEASURES, compare
from planning.evaluation import COUNTY, Evaluation, evaluate
from planning.travel.costs import TravelCosts
from scenarios.document import Scenario, apply
from scenarios.edits import Convert, Merge, Move, Open, Resize
from tests.cost_tables import from_matrix
from tests.small_county import facility_layer, facts, lonlat, outlines, population

HOME = {"type": "elder_wujing", "township": "01", "capacity": 30, "care_beds": 3, "residents": 10}
HERE = facts(
    facility_layer(
        *({**HOME, "id": key, "name": f"{key}院", "at": (-1500 + 100 * place, 0)} for place, key in enumerate("ABCDE")),
        {"id": "U", "type": "elder_wujing", "name": "U院", "at": None},
    )
)
TYPES = ("elder_wujing", "elder_town_centre")


def measured(scenario: Scenario) -> dict[str, Evaluation]:
    """Evaluate with straight distances as costs."""
    layer = apply(scenario, HERE).layer
    found = {}
    for key in TYPES:
        kind = facility_types()[key]
        sites = layer.of_type(key)
        sites = sites.loc[~sites.geometry.is_empty]
        east = population().cells.geometry.x.to_numpy()
        made = from_matrix(np.abs(east[:, None] - sites.geometry.x.to_numpy()[None, :]), sites=list(sites.index))
        costs = TravelCosts(**{**vars(made), "cells": population().cells.index, "unit": "m"})
        reach = kind.reach.model_copy(update={"mode": "walk", "radius_m": 500.0})  # type: ignore[union-attr]
        found[key] = evaluate(kind, population(), outlines(), layer, costs, requirement=reach)
    return found


@pytest.fixture(scope="module")
def evaluations() -> dict[str, dict[str, Evaluation]]:
    lon, lat = lonlat(1500, 0)
    plan = Scenario(
        title="方案一",
        edits=(
            Open(id="N", type="elder_wujing", name="新院", lon=lon, lat=lat, capacity=100, care_beds=60),
            Merge(facility="A", into="N"),
            Resize(facility="B", capacity=20),
            Convert(facility="C", to="elder_town_centre"),
            Move(facility="D", lon=lonlat(500, 0)[0], lat=lonlat(500, 0)[1]),
        ),
    )
    return {"现状": measured(Scenario(title="现状")), "方案一": measured(plan), "不变": measured(Scenario(title="不变"))}


def test_county_rows_are_the_evaluations(evaluations: dict[str, dict[str, Evaluation]]) -> None:
    county = compare(evaluations).county
    assert county.index.to_list() == [(key, title) for key in TYPES for title in evaluations]
    for key in TYPES:
        for title, found in evaluations.items():
            row, base = found[key].townships.loc[COUNTY], evaluations["现状"][key].townships.loc[COUNTY]
            for name in set(MEASURES) - {"unmet_count", "unknown_count"}:
                assert county.loc[(key, title), name] == pytest.approx(row[name], nan_ok=True)
                assert county.loc[(key, title), f"{name}_change"] == pytest.approx(row[name] - base[name], nan_ok=True)
    # A's site is given up, N and D open the east: 2.5 elders fewer at no site but B, C, E; head count by hand:
    assert county.loc[("elder_wujing", "现状"), "covered"] == 2.5
    assert county.loc[("elder_wujing", "方案一"), "covered_change"] == 9  # both eastern cells, 4 and 5 elders
    assert county.loc[("elder_wujing", "方案一"), "facilities_change"] == -1  # + N - A - C
    assert county.loc[("elder_wujing", "方案一"), "capacity_change"] == 100 - 10 - 30


def test_what_does_not_differ_is_zero(evaluations: dict[str, dict[str, Evaluation]]) -> None:
    found = compare(evaluations)
    changes = [f"{name}_change" for name in MEASURES]
    assert (found.county.xs("不变", level="scenario")[changes].fillna(0) == 0).all(axis=None)
    assert "不变" not in found.facilities.index.get_level_values("scenario")


def test_townships_add_up(evaluations: dict[str, dict[str, Evaluation]]) -> None:
    found = compare(evaluations)
    sums = ["people", "covered", "uncovered", "facilities", "capacity", "covered_change", "capacity_change"]
    added = found.townships.groupby(level=["type", "scenario"])[sums].sum()
    pd.testing.assert_frame_equal(added.sort_index(), found.county[sums].sort_index(), check_dtype=False)


def test_facilities_that_differ(evaluations: dict[str, dict[str, Evaluation]]) -> None:
    found = compare(evaluations).facilities
    assert found["change"].to_dict() == {
        ("elder_wujing", "A", "方案一"): "close",
        ("elder_wujing", "B", "方案一"): "reduce",
        ("elder_wujing", "C", "方案一"): "convert",
        ("elder_wujing", "D", "方案一"): "move",
        ("elder_wujing", "N", "方案一"): "new",
        ("elder_town_centre", "C", "方案一"): "convert",
    }
    assert found.loc[("elder_wujing", "B", "方案一"), ["capacity_before", "capacity_after"]].to_list() == [30, 20]


def test_contracts(evaluations: dict[str, dict[str, Evaluation]]) -> None:
    with pytest.raises(ValueError, match="nothing"):
        compare({})
    with pytest.raises(ValueError, match="same types"):
        compare({"甲": evaluations["现状"], "乙": {}})
    assert compare({"甲": {}}).county.empty
