"""A county's consolidation task against head arithmetic (tests/road_county.py), and the generated county's against the streets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from layers.consolidation import ConsolidationTask
from layers.errors import PlanningError
from planning.siting.consolidation import WHOLE
from planning.travel.costs import within
from planning.workbench import ConsolidationAnswer, consolidate_task, consolidation_record, consolidation_task_of, open_county
from planning.workbench.bench import Workbench
from planning.workbench.columns import Measure
from tests import road_county


def asked(folder: Path, **settings) -> ConsolidationAnswer:
    bench = open_county(road_county.write(folder, **settings))
    return consolidate_task(bench, consolidation_task_of(bench))


@pytest.fixture(scope="module")
def road(tmp_path_factory) -> ConsolidationAnswer:
    return asked(tmp_path_factory.mktemp("road") / "km")


def test_who_moves_where_on_one_road(road):
    # D alone serves km 29. Of A, B and C one has to stand, with 40 + beds a year; only B, in the middle, takes both others in: 6 + 4 + 10
    # are its 20 beds.
    assert road.plan.status == "proven"
    assert road.deeds["action"].to_dict() == {"B": "keep", "D": "keep", "A": "merge", "C": "merge"}
    moves = road.moves
    assert moves["into"].to_dict() == {"A": "B", "C": "B"}
    assert moves["residents"].to_dict() == {"A": 4.0, "C": 10.0}
    assert [road.shown(way) for way in moves["way"]] == pytest.approx([5.0, 5.0], rel=1e-3)
    assert moves["straight"].tolist() == pytest.approx([5000.0, 5000.0], abs=0.5)
    assert (moves.loc["C", "lon"], moves.loc["C", "lat"]) == pytest.approx(road_county.lonlat(10), abs=1e-7)
    assert (moves.loc["C", "into_lon"], moves.loc["C", "into_lat"]) == pytest.approx(road_county.lonlat(5), abs=1e-7)
    assert moves.loc["C", "into_x"] - moves.loc["C", "x"] == pytest.approx(-5000.0, abs=0.5)


def test_beds_people_and_money_before_and_after(road):
    whole = road.balance.loc[WHOLE]
    assert (whole["homes_before"], whole["homes_after"], whole["converted_after"]) == (4, 2, 0)
    assert (whole["beds_before"], whole["beds_after"]) == (68, 28)
    assert (whole["care_beds_before"], whole["care_beds_after"]) == (14, 6)
    assert whole["residents_before"] == whole["residents_after"] == 20
    assert whole["people"] == whole["served_before"] == whole["served_after"] == 170
    # Two homes close (10 each) and 14 residents move (0.5 each); a year: 40 + beds of each home.
    once = {"building": 0.0, "converting": 0.0, "reducing": 0.0, "ending": 27.0, "once": 27.0}
    assert road.money == pytest.approx({**once, "running_before": 228, "running_after": 108, "years": 10, "cost": 1107, "cost_before": 2280})
    assert road.deeds["residents_after"].to_dict() == {"B": 20.0, "D": 0.0, "A": 0.0, "C": 0.0}
    assert road.deeds["coming"].to_dict() == {"B": 14.0, "D": 0.0, "A": 0.0, "C": 0.0}
    assert road.deeds["once"].to_dict() == {"B": 0.0, "D": 0.0, "A": 12.0, "C": 15.0}


def test_minutes_at_60_km_an_hour_are_kilometres(tmp_path, road):
    timed = asked(tmp_path / "min", unit="min")
    assert timed.settings.unit == "s"
    assert timed.deeds["action"].equals(road.deeds["action"])
    assert [timed.shown(way) for way in timed.moves["way"]] == pytest.approx([5.0, 5.0], rel=1e-3)


def test_the_settings_bind(tmp_path):
    # Home C stays: then B's 6 residents go to A's or C's empty beds, or C keeps and A goes to B; A to C is 10 km, too far.
    # {B, C} stand: 600 + 700 + 12; {A, C}: 500 + 700 + 13 = 1,213, the least.
    kept = asked(tmp_path / "a", more='stays = ["丙敬老院"]')
    assert kept.plan.value == pytest.approx(480 + 1213)
    assert kept.deeds.loc["B", ["action", "into"]].tolist() in (["merge", "A"], ["merge", "C"])
    # One change at most: of A, B and C the dearest that can end is C, into B (15 + 10 x 0 beds more): 1,200 -> saves 700 - 15.
    one = asked(tmp_path / "b", more="changes = 1")
    assert one.deeds["action"].to_dict() == {"A": "keep", "B": "keep", "D": "keep", "C": "merge"}
    # 13 of money: A may end (12), C (15) may not, B (13) may; ending B saves 600 - 13, ending A 500 - 12.
    poor = asked(tmp_path / "c", more="budget = 13")
    assert poor.deeds["action"].to_dict() == {"A": "keep", "C": "keep", "D": "keep", "B": "merge"}
    # Reduced to 20 beds, C saves 10 a year for 10 x 0.1; B has 20 already and A's 10 may not grow cheaper than to end.
    small = asked(tmp_path / "d", far=1, more="sizes = [20]\nmost_beds = 20")
    assert small.deeds.loc["C", ["action", "beds_after", "once"]].tolist() == ["reduce", 20.0, pytest.approx(1.0)]


def test_converted_homes_count_for_people_around_only_where_that_is_said(tmp_path):
    # Nothing below 9 beds: D with 8 must grow, end or convert; alone near km 29, it may only convert where a converted home still counts.
    rules = 'least_beds = 9\nsizes = [30]\nconvert_to = ["elder_nursing_home"]'
    assert asked(tmp_path / "a", more=rules).deeds.loc["D", ["action", "beds_after"]].tolist() == ["enlarge", 30.0]
    said = asked(tmp_path / "b", more=f"{rules}\nconverted_serve = true")
    assert said.deeds.loc["D", ["action", "to", "once"]].tolist() == ["convert", "elder_nursing_home", 16.0]
    assert said.balance.loc[WHOLE, "converted_after"] == 1


def test_a_new_home_opens_where_the_settings_allow_it(tmp_path):
    folder = road_county.write(tmp_path / "new", far=4.6, more='least_beds = 40\nsizes = [50]\n[consolidate.open]\norigin = "file"\n')
    lon, lat = road_county.lonlat(3)
    (folder / "layers" / "地块.csv").write_text(f"编号,名称,经度,纬度\nP1,三里坪,{lon!r},{lat!r}\n", "utf-8")
    text = (folder / "county.toml").read_text("utf-8")
    (folder / "county.toml").write_text(text + '[[candidates]]\nfile = "layers/地块.csv"\ndatum = "WGS84"\n', "utf-8")
    bench = open_county(folder)
    answer = consolidate_task(bench, consolidation_task_of(bench))
    # Every home that stands has 50 beds and costs 900 in ten years. Neighbours are 5 km apart, too far; at km 3 a new one takes A and B in:
    # 50 x 8 + 12 + 13; C grows by 20 and D, alone near km 29, by 42 beds. Without the new home A and B would grow as well.
    assert answer.plan.value == pytest.approx(400 + 25 + 160 + 336 + 3 * 900)
    assert answer.deeds["action"].to_dict() == {"homes-P1": "new", "C": "enlarge", "D": "enlarge", "A": "merge", "B": "merge"}
    assert answer.deeds.loc["homes-P1", ["number", "beds_before", "beds_after", "residents_after"]].tolist() == [1, 0.0, 50.0, 10.0]
    assert answer.deeds.loc["homes-P1", "name"].startswith("三里坪")
    assert [answer.shown(way) for way in answer.moves["way"]] == pytest.approx([3.0, 2.0], rel=1e-3)
    assert bench.state(answer.scenario).layer.table.loc["homes-P1", ["capacity", "residents"]].tolist() == [50.0, 10.0]


def test_what_stands_in_the_way_is_named_and_nothing_is_tabled(tmp_path):
    # At least 15 beds: A (10) may move nowhere within 3 km, D (8) is alone near km 29.
    stuck = asked(tmp_path / "stuck", far=3, more="least_beds = 15")
    assert (stuck.plan.status, stuck.scenario) == ("infeasible", None)
    assert [(way.rules, way.homes, way.amount["size"]) for way in stuck.plan.ways_out] == [(("size",), ("A", "D"), 2.0)]
    assert len(stuck.deeds) == len(stuck.moves) == len(stuck.balance) == 0
    record = consolidation_record(stuck)
    assert (record["figures"], record["homes"], record["ways_out"][0]["homes"]) == (None, [], ["A", "D"])


def test_tasks_are_found_by_key_and_homes_by_name(tmp_path, road):
    bench = open_county(road_county.write(tmp_path / "named"))
    task = consolidation_task_of(bench)
    assert consolidation_task_of(bench, "homes") is task

    def refused(call) -> str:
        with pytest.raises(PlanningError) as caught:
            call()
        assert caught.value.say("zh")
        assert caught.value.say("en")
        return caught.value.code

    assert refused(lambda: consolidation_task_of(bench, "house")) == "consolidation.unknown_task"
    assert refused(lambda: consolidate_task(bench, task.model_copy(update={"stays": ("戊敬老院",)}))) == "consolidation.absent"


# ---- the generated county -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bench(demo_county) -> Workbench:
    return open_county(demo_county)


@pytest.fixture(scope="module")
def demo(bench) -> ConsolidationAnswer:
    return consolidate_task(bench, consolidation_task_of(bench))


def test_the_demo_countys_homes_are_merged_and_everybody_keeps_a_bed_and_a_home(bench, demo):
    assert demo.plan.status == "proven"
    assert len(demo.moves) >= 2
    homes = bench.state().layer.of_type("elder_wujing")
    assert demo.deeds["residents_after"].sum() == homes["residents"].sum() == demo.balance.loc[WHOLE, "residents_after"]
    assert (demo.deeds["residents_after"] <= demo.deeds["beds_after"]).all()
    towns = demo.balance.drop(index=WHOLE)
    numbers = towns.columns.drop("name")
    assert towns[numbers].sum().to_numpy() == pytest.approx(demo.balance.loc[WHOLE, numbers].to_numpy(dtype=float))
    # Nobody who has a home within 30 minutes today ends beyond it: measured as any scenario is.
    people = bench.facts.population.demand("elders").to_numpy()
    after = bench.state(demo.scenario).layer.of_type("elder_wujing").geometry
    near = {}
    for when, sites in (("before", homes.geometry), ("after", after)):
        near[when] = np.zeros(len(people), dtype=bool)
        for cells, costs in bench.costs(sites, Measure("drive", "s", 1800.0)).columns():
            near[when][cells] |= within(costs, 1800.0)
        assert demo.balance.loc[WHOLE, f"served_{when}"] == pytest.approx(people[near[when]].sum())
    assert people[near["before"] & ~near["after"]].sum() == 0
    assert demo.before.coverage.totals["covered"] == pytest.approx(demo.balance.loc[WHOLE, "served_before"])
    assert demo.after.coverage.totals["covered"] == pytest.approx(demo.balance.loc[WHOLE, "served_after"])


def test_every_way_of_the_demo_county_is_a_trip_of_at_most_30_minutes(bench, demo):
    """Each transfer searched again on its own: the home that takes over as the only site, the home that ends as the only cell."""
    from dataclasses import replace

    import geopandas as gpd

    from planning.workbench.columns import TravelColumns

    population = bench.facts.population
    for move in demo.moves.itertuples():
        cells = population.cells.iloc[[0]].copy()
        cells["geometry"] = gpd.GeoSeries(gpd.points_from_xy([move.x], [move.y]), index=cells.index, crs=cells.crs)
        one = replace(population, cells=cells, people=population.people.iloc[[0]])
        columns = TravelColumns(bench.facts.streets, one, bench.facts.county.travel, bench.columns.cache)
        site = gpd.GeoSeries(gpd.points_from_xy([move.into_x], [move.into_y]), index=["target"], crs=cells.crs)
        _, costs = columns.costs(site, Measure("drive", "s", 1e6)).column("target")
        assert costs[0] == pytest.approx(move.way, abs=0.01)
        assert costs[0] <= 1800.0


def test_the_record_is_json_and_says_what_the_tables_say(demo):
    from planning.cli.showing import _plain

    record = json.loads(json.dumps(_plain(consolidation_record(demo)), allow_nan=False))
    assert record["figures"]["moved"] == demo.moves["residents"].sum()
    assert record["figures"]["farthest"] == demo.moves["way"].max() <= 1800.0
    assert record["money"]["once"] == pytest.approx(demo.deeds["once"].sum())
    assert [row["facility"] for row in record["homes"]] == list(demo.deeds.index)
    assert sum(row["residents"] for row in record["moves"]) == record["figures"]["moved"]
    assert record["townships"][0]["beds_after"] == record["figures"]["beds"]


def test_a_task_refuses_what_contradicts_itself():
    good = {"key": "a", "title": "甲", "type": "elder_wujing", "limit": 30, "transfer_limit": 30, "prices": dict.fromkeys(
        ("build", "convert", "reduce", "close", "move", "run_home", "run_bed"), 1.0) | {"source": "算例"}}  # fmt: skip
    ConsolidationTask.model_validate(good)
    for wrong in ({"least_beds": 50, "most_beds": 40}, {"sizes": [10], "least_beds": 20}, {"open": {}}, {"colour": 1}, {"limit": 0}):
        with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own
            ConsolidationTask.model_validate({**good, **wrong})
    for price in good["prices"]:
        with pytest.raises(ValueError, match=price):
            ConsolidationTask.model_validate({**good, "prices": {name: value for name, value in good["prices"].items() if name != price}})
