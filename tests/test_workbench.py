"""The workbench on the demo county: conservation, one evaluation path, columns kept per site."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import tomllib

import numpy as np
import pytest

from layers.errors import Cancelled, PlanningError
from layers.tasks import PlanTask
from planning.workbench import (
    Order,
    check_county,
    draft_open,
    fault_record,
    open_county,
    plan_county,
    propose_task,
    sheet_of,
    task_of,
    warm_up,
    write_county_toml,
    write_papers,
)
from scenarios.document import Scenario

DATE = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def bench(demo_county):
    return open_county(demo_county)


def test_every_person_is_in_one_state(bench):
    population = bench.facts.population
    given = {name: float(population.demand(name).sum()) + population.not_located_people(name) for name in population.groups}
    measured = bench.measure()
    assert len(measured) == 22
    for evaluation in measured.values():
        if evaluation.coverage is None:
            continue
        totals = evaluation.coverage.totals
        assert set(totals) == {"covered", "uncovered", "unreachable", "not_located"}
        assert sum(totals.values()) == pytest.approx(given[evaluation.kind.demand_group], abs=1e-6)
        assert totals["unreachable"] > 0, "nobody lives on the island"


def test_a_proposal_is_a_scenario_like_any_other(bench):
    task = task_of(bench, bench.facts.county.plan[0].key)
    proposal = propose_task(bench, task)
    again = bench.measure_type(task.type, proposal.scenario, requirement=task.requirement)
    assert again.coverage.totals == proposal.after.coverage.totals
    # The solver's value is the covered people, counted by the evaluation that knows nothing of the solver.
    if task.model == "mclp":
        assert proposal.after.coverage.totals["covered"] == pytest.approx(proposal.plan.value, rel=1e-9)
    assert proposal.plan.status in {"proven", "within_gap"}
    assert len(proposal.opened) == len(proposal.plan.opened) <= task.sites
    assert (task.type, task.capacity) == ("elder_station_city", 30)
    assert {(site.capacity, site.floor_area) for site in proposal.opened} == {(30.0, 350.0)}  # the norm's smallest floor area


def test_everybody_who_can_be_is_covered_unless_a_share_is_told(bench):
    told = {"key": "few", "title": "少", "type": "elder_station_city", "requirement": "E10-reach", "model": "lscp", "candidates": {"origin": "file"}}
    everybody = propose_task(bench, PlanTask.model_validate(told))
    coverage = everybody.after.coverage
    given = sum(coverage.totals.values())
    # Unreachable people live on an island: no plan covers all, and all whom a site can cover are.
    assert coverage.totals["unreachable"] > 0
    assert coverage.totals["covered"] == pytest.approx(given - everybody.plan.left_out_people)
    share = 0.9 * coverage.totals["covered"] / given
    some = propose_task(bench, PlanTask.model_validate({**told, "share": share}))
    assert share <= some.after.coverage.covered_share < coverage.covered_share
    assert len(some.opened) < len(everybody.opened)
    with pytest.raises(PlanningError, match="share"):
        propose_task(bench, PlanTask.model_validate({**told, "share": 1.0}))


def test_a_share_is_of_all_people_given_also_of_those_without_position(bench):
    population = bench.facts.population
    elders = list(population.groups["elders"])
    lost = population.not_located.copy()
    lost[elders] = population.people[elders].sum() / 4  # four fifths have a position
    moved = dataclasses.replace(bench, facts=dataclasses.replace(bench.facts, population=dataclasses.replace(population, not_located=lost)))
    told = {"key": "few", "title": "少", "type": "elder_station_city", "requirement": "E10-reach", "model": "lscp", "candidates": {"origin": "file"}}
    best = propose_task(moved, PlanTask.model_validate(told)).after.coverage.covered_share
    share = 0.95 * best
    assert share <= propose_task(moved, PlanTask.model_validate({**told, "share": share})).after.coverage.covered_share


def test_opening_a_site_searches_one_column(bench):
    scenario = Scenario(title="试")
    key = "elder_station_city"
    before = bench.measure_type(key, scenario)
    spot = bench.facts.population.people.sum(axis=1).groupby(before.coverage.cells["state"].to_numpy()).idxmax()["uncovered"]
    place = _lonlat(bench, bench.facts.population.cells.geometry[spot])
    edit = draft_open(bench, key, place, scenario)
    counted = []
    after = bench.measure_type(
        key,
        scenario.model_copy(update={"edits": (edit,)}),
        progress=lambda stage, done, total, **_: counted.append(total) if stage == "stage.search" else None,
    )
    assert set(counted) == {1}
    assert after.coverage.totals["covered"] > before.coverage.totals["covered"]
    assert after.coverage.cells.loc[spot, "state"] == "covered"
    assert after.coverage.cells.loc[spot, "site"] == edit.id


def test_a_place_outside_or_excluded_is_refused(bench):
    with pytest.raises(PlanningError, match="outside"):
        draft_open(bench, "elder_station_city", (90.0, 25.0), Scenario(title="试"))
    areas = bench.facts.exclusions.of_domain("burial")
    inside = areas.geometry.iloc[0].representative_point()
    with pytest.raises(PlanningError, match="excluded"):
        draft_open(bench, "cemetery_town", _lonlat(bench, inside), Scenario(title="试"))


def test_the_same_sheet_gives_the_same_bytes_and_public_needs_a_number(bench, tmp_path):
    order = Order(("elder_town_centre",), DATE)
    first = write_papers(sheet_of(bench, None, order), tmp_path / "a", ("png", "xlsx", "html"))
    second = write_papers(sheet_of(bench, None, order), tmp_path / "b", ("png", "xlsx", "html"))
    for paper, path in first.items():
        assert path.read_bytes() == second[paper].read_bytes(), paper
    with pytest.raises(PlanningError):
        sheet_of(bench, None, Order(("elder_town_centre",), DATE, secrecy="公开"))


def test_before_and_after_are_measured_by_one_standard(bench):
    stricter = Scenario(title="严", standards={"elder_institution": {"E01-reach": {"time_min": 5.0}}})
    sheet = sheet_of(bench, stricter, Order(("elder_institution",), DATE))
    before, after = sheet.coverage_before, sheet.coverage
    assert (before.threshold, after.threshold) == (300.0, 300.0)
    assert before.totals == after.totals  # nothing is opened or closed
    assert before.totals["covered"] < bench.measure_type("elder_institution").coverage.totals["covered"]


@pytest.mark.slow
def test_a_plan_writes_everything_and_a_cancel_nothing(bench, demo_county):
    def stop(stage, done, total, **more):
        if stage == "stage.publish":
            raise Cancelled

    with pytest.raises(Cancelled):
        plan_county(bench, DATE, progress=stop)
    outputs = demo_county / "outputs"
    assert not outputs.exists() or not list(outputs.iterdir())
    run = plan_county(bench, DATE)
    assert len(run.proposals) == len(bench.facts.county.plan) == 5
    names = {path.relative_to(run.folder).as_posix() for path in run.files}
    assert {"规划布局图.pdf", "规划布局图.svg", "规划布局图.png", "规划布局地图.html", "规划附表.xlsx", "规划成果.gpkg", "run.toml"} <= names
    assert len([name for name in names if name.startswith("项目评审/") and name.endswith(".docx")]) == 6
    record = tomllib.loads((run.folder / "run.toml").read_text("utf-8"))
    assert record["inputs"] == dict(bench.facts.inputs)
    assert np.isfinite(record["made"]["seconds"])
    actions = set(bench.state(run.scenario).actions["action"])
    assert {"keep", "enlarge", "new", "convert"} <= actions
    assert actions & {"merge", "close"}


def test_bad_input_is_one_sentence_and_nothing_is_written(demo_county, tmp_path):
    folder = tmp_path / "county"
    shutil.copytree(demo_county, folder, ignore=shutil.ignore_patterns("outputs", ".cache"))
    text = (folder / "county.toml").read_text("utf-8")
    with pytest.raises(PlanningError):
        write_county_toml(folder, text + "\nunknown_key = 1\n", known=None)
    assert (folder / "county.toml").read_text("utf-8") == text
    (folder / "layers" / "population.gpkg").unlink()
    found = check_county(folder)
    assert not found.usable
    sentence = found.failure.say("zh")
    assert "population.gpkg" in sentence
    assert any("一" <= letter <= "鿿" for letter in sentence)


def test_a_fault_as_json_has_the_keys_machines_expect(bench):
    record = fault_record(bench.faults[0])
    assert {"code", "severity", "file", "sheet", "row", "field", "value", "repair"} <= set(record)


def _lonlat(bench, point):
    from layers import crs

    lon, lat = crs.from_metric(np.array([point.x]), np.array([point.y]), "WGS84", bench.facts.crs)
    return float(lon[0]), float(lat[0])


def test_kernels_are_warmed_by_a_real_plan(tmp_path):
    warm_up(tmp_path)
