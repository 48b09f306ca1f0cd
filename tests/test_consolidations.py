"""A generated county's homes for people in extreme hardship, consolidated, and the scenario measured as any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layers.crs import from_metric
from layers.errors import PlanningError
from planning.siting.consolidation import Choices, NewPlace, Prices, Rules
from planning.travel.costs import within
from planning.workbench.bench import Workbench, open_county
from planning.workbench.columns import Measure
from planning.workbench.consolidations import Consolidated, ConsolidationSettings, consolidate
from scenarios.document import Scenario
from scenarios.edits import Resize

KEY = "elder_wujing"
LIMIT = 1800.0
# Illustrative, in 10,000 yuan: the sums below are of no county.
PRICES = Prices(build=8.0, convert=2.0, reduce=0.1, close=10.0, move=0.2, run_home=40.0, run_bed=1.0)
RULES = Rules(limit=LIMIT, transfer_limit=LIMIT, care_share=0.6)
SETTINGS = ConsolidationSettings(RULES, PRICES, Choices(sizes=(40.0, 60.0), care_share=0.6))


@pytest.fixture(scope="module")
def bench(demo_county: Path) -> Workbench:
    return open_county(demo_county)


@pytest.fixture(scope="module")
def answer(bench: Workbench) -> Consolidated:
    return consolidate(bench, KEY, SETTINGS)


def nearest(bench: Workbench, scenario: Scenario | None) -> np.ndarray:
    sites = bench.state(scenario).layer.of_type(KEY).geometry
    cost = np.full(len(bench.facts.population.cells), np.inf)
    for cells, costs in bench.costs(sites, Measure("drive", "s", LIMIT)).columns():
        cost[cells] = np.minimum(cost[cells], costs)
    return cost


def test_homes_merge_and_nobody_ends_beyond_the_limit(bench, answer):
    plan, after = answer.plan, bench.state(answer.scenario)
    assert (plan.status, plan.ties_broken) == ("proven", True)
    merged = after.actions.loc[after.actions["action"] == "merge"]
    assert len(merged) >= 2
    assert set(merged.index) == {move.site for move in plan.moves}
    people = bench.facts.population.demand("elders").to_numpy()
    before, now = within(nearest(bench, None), LIMIT), within(nearest(bench, answer.scenario), LIMIT)
    assert people[before & ~now].sum() == 0
    assert before.any()
    assert all(move.way <= LIMIT for move in plan.moves)


def test_the_scenario_leads_to_the_plans_figures(bench, answer):
    homes, before = bench.state(answer.scenario).layer.of_type(KEY), bench.state().layer.of_type(KEY)
    figures = answer.plan.figures
    assert homes["residents"].sum() == before["residents"].sum() == figures.residents
    assert (homes["capacity"].sum(), homes["care_beds"].sum(), len(homes)) == (figures.beds, figures.care_beds, figures.homes)
    assert (homes["capacity"] >= homes["residents"]).all()
    assert homes["care_beds"].sum() >= 0.6 * homes["capacity"].sum()
    assert all(edit.name == before.loc[edit.facility, "name"] for edit in answer.scenario.edits)


def test_ways_between_homes_are_trips_along_the_streets(bench, answer):
    ways = answer.problem.transfers
    points = bench.state().layer.of_type(KEY).geometry
    straight = np.hypot(points.x.to_numpy()[:, None] - points.x.to_numpy(), points.y.to_numpy()[:, None] - points.y.to_numpy())
    assert (np.diag(ways) == 0).all()
    assert np.isfinite(ways).all()
    apart = straight > 0
    assert (straight[apart] / ways[apart] < 120 / 3.6).all()  # nobody drives faster than the law allows


def test_a_new_home_where_the_small_ones_may_go(bench):
    centre = bench.state().layer.of_type(KEY).geometry.iloc[0]
    lon, lat = from_metric([centre.x + 50], [centre.y], "WGS84", bench.facts.crs)
    places = {"new-1": NewPlace(KEY, "新建中心敬老院", float(lon[0]), float(lat[0]))}
    rules = Rules(limit=7200.0, transfer_limit=7200.0, least_beds=150.0)
    found = consolidate(bench, KEY, ConsolidationSettings(rules, PRICES, Choices(sizes=(200.0,)), frozenset(places), places))
    after = bench.state(found.scenario)
    assert found.plan.figures.homes == 1
    assert after.actions.loc["new-1", "action"] == "new"
    assert set(after.actions.loc[after.actions["action"] == "merge", "into"]) == {"new-1"}
    assert after.layer.table.loc["new-1", ["capacity", "residents"]].tolist() == [200.0, found.plan.figures.residents]


def test_where_nothing_is_feasible_the_homes_are_named(bench):
    found = consolidate(bench, KEY, ConsolidationSettings(Rules(limit=LIMIT, transfer_limit=LIMIT, least_beds=1000.0), PRICES))
    assert found.scenario is None
    assert found.plan.status == "infeasible"
    assert [way.rules for way in found.plan.ways_out] == [("size",)]
    assert found.plan.ways_out[0].homes[0] in found.plan.say("zh")


def test_what_cannot_be_consolidated_is_refused(bench):
    def refused(settings: ConsolidationSettings, key: str = KEY, base: Scenario | None = None) -> str:
        with pytest.raises(PlanningError) as caught:
            consolidate(bench, key, settings, base)
        assert caught.value.say("zh")
        assert caught.value.say("en")
        return caught.value.code

    first = str(bench.state().layer.of_type(KEY).index[0])
    assert refused(ConsolidationSettings(RULES, PRICES, stays=frozenset({"nobody"}))) == "consolidation.absent"
    assert refused(ConsolidationSettings(RULES, PRICES, places={first: NewPlace(KEY, "新院", 103.0, 25.0)})) == "workbench.same_ids"
    assert refused(SETTINGS, "elder_mutual_rural") == "consolidation.unknown"
    assert refused(SETTINGS, "rescue_station_of_nowhere") == "workbench.unknown_type"


def test_it_starts_from_a_scenario(bench):
    first = bench.state().layer.of_type(KEY).iloc[0]
    base = Scenario(title="先扩建", edits=(Resize(facility=str(first.name), capacity=90.0),))
    found = consolidate(bench, KEY, ConsolidationSettings(RULES, PRICES, Choices(sizes=(60.0,), care_share=0.6)), base)
    assert found.problem.home(str(first.name)).options[0].beds == 90.0
    assert found.scenario.edits[:1] == base.edits
    assert bench.state(found.scenario).steps == len(found.scenario.edits)
