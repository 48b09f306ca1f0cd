"""Consolidation against every assignment of actions, head arithmetic, and the state that its edits lead to."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import numpy as np
import pytest

from layers.errors import Cancelled
from planning.siting.consolidation import (
    Choices,
    Consolidation,
    Deed,
    Home,
    NewPlace,
    Option,
    Prices,
    Rules,
    consolidate,
    edits_of,
    existing_home,
    new_home,
)
from planning.siting.consolidation.value import figures_of
from scenarios.edits import Place
from scenarios.state import State, present
from tests.consolidation_drawings import best_of, best_of_many, drawn
from tests.siting_drawings import costs_of
from tests.small_county import METRIC, facility_layer, lonlat, outlines

SMALL = [(seed, 3 + (seed % 2 if seed < 100 else 0), seed % 5 > 0) for seed in range(300)]
TWELVE = range(4)


@functools.cache
def tried(seed: int, count: int, tight: bool):
    problem, rules = drawn(seed, count, tight=tight)
    return problem, rules, *best_of(problem, rules)


@pytest.mark.parametrize(("seed", "count", "tight"), SMALL)
def test_small_ones_equal_every_assignment_of_actions(seed, count, tight):
    problem, rules, best, least = tried(seed, count, tight)
    plan = consolidate(problem, rules)
    if best is None:
        assert plan.status == "infeasible"
        assert plan.deeds == ()
        alone = {way.rules[0]: way.amount[way.rules[0]] for way in plan.ways_out if len(way.rules) == 1}
        assert alone == pytest.approx({rule: lack for rule, lack in least.items() if lack < np.inf}, abs=1e-6)
        assert plan.ways_out
        for way in plan.ways_out:
            assert way.say("zh")
            assert way.say("en")
            assert way.cells or way.homes or set(way.rules) <= {"changes", "budget", "care"}
        return
    assert plan.status == "proven"
    assert plan.ties_broken
    assert (plan.value, plan.bound, plan.gap) == pytest.approx((best.cost, best.cost, 0.0))
    assert plan.figures.resident_travel == pytest.approx(best.travel)
    assert plan.deeds == best.deeds


def test_small_ones_are_not_all_of_one_kind():
    found = [tried(*kind) for kind in SMALL]
    assert sum(best is None for *_, best, _ in found) >= len(found) // 5
    plans = [best for *_, best, _ in found if best is not None]
    assert sum(any(deed.option is None for deed in best.deeds) for best in plans) >= len(found) // 5
    named = {rule for *_, best, least in found if best is None for rule, lack in least.items() if lack < np.inf}
    assert {"beds", "size", "stay", "far", "care", "budget", "changes"} <= named  # cells: by head arithmetic below


@pytest.mark.parametrize("seed", range(10))
def test_the_quick_enumeration_is_the_plain_one(seed):
    problem, rules = drawn(seed, 4, tight=False)
    best, quick = best_of(problem, rules)[0], best_of_many(problem, rules)
    assert (best and best.key) == (quick and quick.key)


@pytest.mark.parametrize("seed", TWELVE)
def test_twelve_homes_equal_every_assignment_of_actions(seed):
    problem, rules = drawn(seed, 12, tight=False)
    best, plan = best_of_many(problem, rules), consolidate(problem, rules)
    if best is None:
        assert plan.status == "infeasible"
        return
    assert (plan.status, plan.ties_broken, plan.deeds) == ("proven", True, best.deeds)
    assert (plan.value, plan.figures.resident_travel) == pytest.approx((best.cost, best.travel))


def test_a_program_whose_plan_is_in_hand_is_not_called_infeasible():
    problem, rules = drawn(2, 20, tight=False)  # HiGHS 1.15.1 with presolve says so of one of its later programs
    plan = consolidate(problem, rules)
    assert (plan.status, plan.value, plan.ties_broken) == ("proven", 46.0, True)


@pytest.mark.parametrize("seed", range(6))
def test_order_of_homes_and_cells_is_of_no_account(seed):
    problem, rules = drawn(seed, 5, tight=False)
    turned = Consolidation(tuple(reversed(problem.homes)), problem.transfers[::-1, ::-1].copy(), problem.people, problem.costs)
    assert consolidate(turned, rules).deeds == consolidate(problem, rules).deeds


def line(*homes: Home, cells: tuple[float, ...] = (), people: float = 10.0) -> Consolidation:
    """Return homes 10 apart on a line, and cells at some places of it."""
    at = 10.0 * np.arange(len(homes))
    places = np.array(cells)
    return Consolidation(
        homes, np.abs(at[:, None] - at), np.full(len(places), people), costs_of(np.abs(places[:, None] - at), sites=[home.site for home in homes])
    )


PRICES = Prices(build=5.0, convert=1.0, reduce=0.5, close=20.0, move=0.1, run_home=30.0, run_bed=1.0)


def three() -> tuple[Home, Home, Home]:
    """A small home, a large one with empty beds, and a middling one."""
    return (
        existing_home("A", (12.0, 2.0), 8.0, PRICES),
        existing_home("B", (60.0, 40.0), 30.0, PRICES, Choices(sizes=(90.0,), care_share=0.6)),
        existing_home("C", (30.0, 10.0), 20.0, PRICES, Choices(to=("elder_town_centre",))),
    )


def test_head_arithmetic():
    # A moves to B (8 + 30 <= 60), C too (58 <= 60): running 30 + 60 a year for ten years, closing 2 x 20, moving 28 x 0.1.
    plan = consolidate(line(*three(), cells=(0.0, 20.0)), Rules(limit=10.0, transfer_limit=10.0))
    assert plan.deeds == (Deed("A", None, "B"), Deed("B", 0), Deed("C", None, "B"))
    assert plan.value == pytest.approx(10 * 90 + 40 + 2.8)
    assert [(move.site, move.into, move.residents, move.way) for move in plan.moves] == [("A", "B", 8.0, 10.0), ("C", "B", 20.0, 10.0)]
    assert (plan.figures.farthest, plan.figures.moved, plan.figures.changes, plan.figures.homes) == (10.0, 28.0, 2, 1)


def test_what_is_exactly_at_the_limit_is_within():
    problem = line(*three(), cells=(0.0,))
    assert consolidate(problem, Rules(limit=10.0, transfer_limit=10.0)).figures.homes == 1
    assert consolidate(problem, Rules(limit=9.99, transfer_limit=10.0)).figures.homes == 2  # A or what serves its cell must stay
    assert consolidate(problem, Rules(limit=10.0, transfer_limit=9.99)).figures.homes == 3


def test_people_beyond_the_limit_today_stop_nothing():
    assert consolidate(line(*three(), cells=(0.0, 500.0)), Rules(limit=10.0, transfer_limit=10.0)).figures.homes == 1


def test_must_stay_and_care_share_and_changes():
    homes = three()
    stays = line(replace(homes[0], stays=True), *homes[1:])
    assert [deed.option for deed in consolidate(stays, Rules(limit=10.0, transfer_limit=10.0)).deeds] == [0, 0, None]
    once = consolidate(line(*homes), Rules(limit=10.0, transfer_limit=10.0, changes=1))
    assert once.deeds == (Deed("A", 0), Deed("B", 0), Deed("C", None, "B"))  # C saves 30 + 30 a year, A 30 + 12
    care = consolidate(line(*homes), Rules(limit=10.0, transfer_limit=10.0, care_share=0.7))
    assert care.status == "infeasible"  # B alone has 40 of 60, enlarged 54 of 90
    assert [way.rules for way in care.ways_out] == [("care",)]
    assert care.ways_out[0].amount["care"] == pytest.approx(0.7 * 60 - 40)


def test_infeasible_names_the_home_and_the_cells_in_the_way():
    lonely = existing_home("Z", (8.0, 4.0), 6.0, PRICES)
    problem = line(*three(), lonely, cells=(0.0, 35.0))
    plan = consolidate(problem, Rules(limit=8.0, transfer_limit=5.0, least_beds=10.0))
    assert plan.status == "infeasible"
    ways = {way.rules: way for way in plan.ways_out}
    assert ways["size",].homes == ("Z",)
    assert ("far",) not in ways  # whoever takes them in, the cell beside Z has no other home within the limit
    assert "Z" in plan.say("zh")
    far = consolidate(line(*three(), lonely), Rules(limit=8.0, transfer_limit=5.0, least_beds=10.0))
    assert {way.rules: way.homes for way in far.ways_out}[("far",)] == ("Z",)
    near = consolidate(problem, Rules(limit=8.0, transfer_limit=10.0, least_beds=10.0))
    (cells,) = [way for way in near.ways_out if way.rules == ("cells",)]
    assert cells.cells == (101,)
    assert cells.amount == {"cells": 10.0}


def test_nothing_at_all_gives_way_where_a_home_has_no_bed_to_go_to():
    plan = consolidate(line(Home("A", 5.0, ())), Rules(limit=1.0, transfer_limit=1.0))
    assert plan.status == "infeasible"
    assert plan.ways_out == ()
    assert plan.say("en").endswith("loosened.")


def test_a_cancel_and_the_clock_answer_with_what_is_known():
    def stop(*_: object, **__: object) -> None:
        raise Cancelled

    problem, rules = drawn(3, 12, tight=False)
    plan = consolidate(problem, rules, progress=stop)
    assert plan.status == "cancelled"
    assert math.isnan(plan.value)
    assert plan.say()
    hurried = consolidate(problem, rules, time_limit=1e-9)
    assert (hurried.status, hurried.stopped_by) == ("heuristic", "time")
    with pytest.raises(ValueError, match="time limit"):
        consolidate(problem, rules, time_limit=0)


def test_figures_tell_every_rule_that_is_broken():
    problem = line(replace(three()[0], stays=True), *three()[1:], cells=(0.0,))
    rules = Rules(limit=5.0, transfer_limit=5.0, least_beds=70.0, care_share=0.9, changes=0, budget=1.0)
    deeds = (Deed("A", None, "C"), Deed("B", None, "C"), Deed("C", 0))
    assert figures_of(problem, rules, deeds).broken == ("beds", "budget", "care", "cells", "changes", "far", "size", "stay")
    assert "home" in figures_of(problem, rules, (Deed("A", None), Deed("B", 0), Deed("C", 0))).broken
    with pytest.raises(ValueError, match="every home once"):
        figures_of(problem, rules, deeds[:2])


@pytest.fixture
def state() -> State:
    beds = {"type": "elder_wujing", "township": "01"}
    return present(
        facility_layer(
            {**beds, "id": "A", "name": "西镇敬老院", "capacity": 12, "care_beds": 2, "residents": 8, "at": (-1000, 0)},
            {**beds, "id": "B", "name": "西山敬老院", "capacity": 60, "care_beds": 40, "residents": 30, "at": (-500, 500)},
            {**beds, "id": "C", "name": "东乡敬老院", "capacity": 30, "care_beds": 10, "residents": 20, "at": (1000, 0)},
            {**beds, "id": "D", "name": "空敬老院", "capacity": 20, "care_beds": 0, "residents": 0, "at": (0, 0)},
        )
    )


@pytest.mark.parametrize(
    ("rules", "actions"),
    [
        (Rules(limit=50.0, transfer_limit=50.0), {"A": "merge", "B": "keep", "C": "merge", "D": "close"}),
        (Rules(limit=50.0, transfer_limit=50.0, least_beds=80.0, most_beds=90.0), {"A": "merge", "B": "enlarge", "C": "merge", "D": "close"}),
        (Rules(limit=10.0, transfer_limit=10.0, least_beds=31.0), {"A": "merge", "B": "keep", "C": "convert", "D": "close", "N": "new"}),
    ],
)
def test_edits_lead_to_the_same_figures(state, rules, actions):
    empty = existing_home("D", (20.0, 0.0), 0.0, PRICES)
    fresh = new_home("N", (40.0,), PRICES, care_share=0.6, must_open="N" in actions)
    homes = [*three(), empty, fresh]
    if "N" in actions:
        homes[1] = replace(homes[1], stays=True)
        homes[2] = replace(homes[2], stays=True)
    problem = line(*homes, cells=(0.0, 20.0))
    plan = consolidate(problem, rules)
    places = {"N": NewPlace("elder_wujing", "新敬老院", *lonlat(1500, 0))}
    after, place = state, Place(METRIC, outlines())
    for edit in edits_of(problem, plan, places):
        after = edit.apply(after, place)
    assert after.actions["action"].to_dict() == actions
    standing = after.layer.table.query("status != 'closed'")
    figures = plan.figures
    assert (standing["capacity"].sum(), standing["care_beds"].sum()) == (figures.beds, figures.care_beds)
    assert (standing["residents"].sum(), len(standing)) == (figures.residents, figures.homes)
    assert len(after.changed) == figures.changes
    assert not after.notes
    assert {row.Index: row.into for row in after.actions.itertuples() if row.into} == {move.site: move.into for move in plan.moves}


def test_edits_need_a_plan_and_the_places_of_new_homes():
    problem = line(*three(), new_home("N", (40.0,), PRICES, must_open=True))
    plan = consolidate(problem, Rules(limit=10.0, transfer_limit=10.0))
    with pytest.raises(ValueError, match="new sites"):
        edits_of(problem, plan)
    with pytest.raises(ValueError, match="no plan"):
        edits_of(problem, replace(plan, deeds=()))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Option("keep", 5.0, 6.0),
        lambda: Option("leave", 5.0),
        lambda: Option("convert", 5.0),
        lambda: Option("keep", 5.0, cost=math.inf),
        lambda: Home("A", math.nan, ()),
        lambda: Home("A", 3.0, (), new=True),
        lambda: Home("A", 3.0, (Option("leave"),)),
        lambda: Rules(-1.0, 1.0),
        lambda: Rules(1.0, 1.0, care_share=2.0),
        lambda: replace(line(*three()), transfers=np.zeros((2, 2))),
        lambda: replace(line(*three()), people=np.ones(3)),
        lambda: line(three()[0], three()[0]),
    ],
)
def test_what_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        wrong()
