"""Backup cover, equity, and sites that exclude each other: against trying all plans; what is said when there is no plan."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from layers.errors import Cancelled, PlanningError
from layers.progress import silent
from planning.siting import LSCP, MCLP, BackupCover, EquityCover, PMedian, SitingProblem, propose
from planning.siting.apart import Homes, kept_apart, kept_away, near_dense, too_near_pairs
from planning.siting.counted import Counted, count_cover
from planning.siting.counted_program import Aim, CountedProgram
from planning.siting.value import people_reached
from tests.siting_drawings import drawn, problem_of, spread

CASES = 300
SECOND = (0.0, 1.0, 0.25)


@dataclass(frozen=True)
class Case:
    """A small problem with its dense table."""

    table: np.ndarray
    problem: SitingProblem
    threshold: float
    sites: int


def case(seed: int, *, conflicts: bool) -> Case:
    """Return a random problem: gaps, ties, kept, required and forbidden sites, townships, and on demand sites that exclude each other."""
    table, people, limit, status = drawn(seed)
    rng = np.random.default_rng(seed + 5000)
    names = list(status)
    pairs = [pair for pair in itertools.combinations(names, 2) if rng.random() < rng.choice([0.1, 0.4])] if conflicts else []
    towns = np.array(["东镇", "西乡", "南镇"])[rng.integers(0, 3, len(people))]
    problem = replace(problem_of(table, people, limit=limit, **status), conflicts=tuple(pairs), towns=towns)
    return Case(table, problem, float(rng.integers(5, 40)), int(rng.integers(1, 5)))


def plans(this: Case, *, most: int | None) -> list[tuple[list[int], list[int]]]:
    """Return all plans that keep the conditions: new sites, and open sites (columns of the table)."""
    names = list(this.problem.costs.sites)
    of = {kind: [j for j, name in enumerate(names) if this.problem.status[name] == kind] for kind in ("kept", "must_open", "candidate")}
    room = len(of["candidate"]) if most is None else most - len(of["must_open"])
    if room < 0 or room > len(of["candidate"]):
        return []
    against = [{names.index(one), names.index(other)} for one, other in this.problem.conflicts]
    found = []
    for count in range(room + 1):
        for chosen in itertools.combinations(of["candidate"], count):
            new = [*of["must_open"], *chosen]
            standing = {*new, *of["kept"]}
            if not any(pair <= standing and not pair.isdisjoint(new) for pair in against):
                found.append((new, sorted(standing)))
    return found


def reached(this: Case, standing: list[int]) -> np.ndarray:
    return (this.table[:, standing] <= this.threshold + 5e-4).sum(axis=1)


def people_with(this: Case, standing: list[int], count: int) -> float:
    return float(this.problem.people[reached(this, standing) >= count].sum())


def worst_share(this: Case, standing: list[int], base: np.ndarray) -> float:
    people, towns, near = this.problem.people, this.problem.towns, reached(this, standing) >= 1
    shares = [
        people[near & (towns == town)].sum() / people[base & (towns == town)].sum() for town in set(towns) if people[base & (towns == town)].sum() > 0
    ]
    return float(min(shares, default=1.0))


def usable(this: Case) -> np.ndarray:
    """Return the cells that a site can reach which may be open in some plan."""
    names, status = list(this.problem.costs.sites), this.problem.status
    fixed = {name for name in names if status[name] in {"kept", "must_open"}}
    out = {name for pair in this.problem.conflicts if fixed & set(pair) for name in pair} - fixed
    return reached(this, [j for j, name in enumerate(names) if status[name] != "forbidden" and name not in out]) >= 1


def check(this: Case, plan, seed: int) -> None:
    """Check what holds for every answer that proposes a plan."""
    assert (plan.status, plan.stopped_by, plan.gap) == ("proven", "proof", 0.0), seed
    assert plan.bound == plan.value
    names = list(this.problem.costs.sites)
    new = [names.index(site) for site in plan.opened]
    assert any(sorted(new) == sorted(other) for other, _ in plans(this, most=None)), seed
    assert list(plan.opened) == sorted(plan.opened)


def refused(plan, seed: int) -> None:
    assert (plan.status, plan.opened) == ("infeasible", ()), seed
    assert "{" not in plan.say("zh") + plan.say("en")
    assert plan.say("zh") != plan.say("en")


@pytest.mark.parametrize("block", range(6))
@pytest.mark.parametrize("conflicts", [False, True], ids=["free", "excluding"])
def test_backup_finds_what_trying_all_plans_finds(block, conflicts):
    for seed in range(block * CASES // 6, (block + 1) * CASES // 6):
        this, weight = case(seed, conflicts=conflicts), SECOND[seed % 3]
        all_plans = plans(this, most=this.sites)
        plan = propose(this.problem, BackupCover(this.sites, this.threshold, weight))
        if not all_plans:
            refused(plan, seed)
            continue
        check(this, plan, seed)
        both = [(people_with(this, standing, 1), people_with(this, standing, 2)) for _, standing in all_plans]
        best = max(once + weight * twice for once, twice in both)
        assert plan.value == pytest.approx(best, rel=1e-9, abs=1e-9), seed
        if weight == 0:
            second = max(twice for once, twice in both if once >= best - 1e-9)
            assert plan.second_value == pytest.approx(second, rel=1e-8, abs=1e-8), seed
            assert plan.second_bound == plan.second_value
        assert len(plan.opened) <= this.sites


@pytest.mark.parametrize("block", range(6))
@pytest.mark.parametrize("conflicts", [False, True], ids=["free", "excluding"])
def test_equity_finds_what_trying_all_plans_finds(block, conflicts):
    for seed in range(block * CASES // 6, (block + 1) * CASES // 6):
        this, of = case(seed, conflicts=conflicts), ("people", "coverable")[seed % 2]
        all_plans = plans(this, most=this.sites)
        plan = propose(this.problem, EquityCover(this.sites, this.threshold, of))
        if not all_plans:
            refused(plan, seed)
            continue
        check(this, plan, seed)
        base = usable(this) if of == "coverable" else np.ones(len(this.table), bool)
        both = [(worst_share(this, standing, base), people_with(this, standing, 1)) for _, standing in all_plans]
        best = max(worst for worst, _ in both)
        assert plan.value == pytest.approx(best, rel=1e-8, abs=1e-8), seed
        second = max(total for worst, total in both if worst >= best - 1e-9)
        assert plan.second_value == pytest.approx(second, rel=1e-8, abs=1e-8), seed
        assert plan.second_bound == plan.second_value


@pytest.mark.parametrize("block", range(6))
def test_cover_with_sites_that_exclude_each_other_finds_what_trying_all_plans_finds(block):
    for seed in range(block * CASES // 6, (block + 1) * CASES // 6):
        this = case(seed, conflicts=True)
        if not this.problem.conflicts:
            continue
        all_plans = plans(this, most=this.sites)
        plan = propose(this.problem, MCLP(this.sites, this.threshold))
        if all_plans:
            check(this, plan, seed)
            assert plan.value == pytest.approx(max(people_with(this, standing, 1) for _, standing in all_plans), rel=1e-9, abs=1e-9), seed
        else:
            refused(plan, seed)
        share, of = (1.0, 0.5, 0.8, 0.93)[seed % 4], ("people", "coverable")[seed // 4 % 2]
        plan = propose(this.problem, LSCP(this.threshold, share, of))
        people = this.problem.people
        base = people.sum() if of == "people" else people[usable(this)].sum()
        enough = [len(new) for new, standing in plans(this, most=None) if people_with(this, standing, 1) >= share * base * (1 - 1e-9)]
        if enough:
            check(this, plan, seed)
            assert plan.value == min(enough), seed
        else:
            refused(plan, seed)


def test_the_drawn_problems_are_what_they_should_be():
    cases = [case(seed, conflicts=True) for seed in range(CASES)]
    impossible = sum(not plans(this, most=this.sites) for this in cases)
    with_kept = sum("kept" in this.problem.status.values() for this in cases)
    tied = 0
    for this in cases:
        values = [people_with(this, standing, 1) for _, standing in plans(this, most=this.sites)]
        tied += bool(values) and values.count(max(values)) > 1
    assert min(impossible, with_kept, tied) >= CASES // 5


def test_nobody_goes_without_so_that_others_have_two():
    # One site reaches 10 people, the two beside it the same 9: two of them give 9 people two sites and leave 3 without.
    table = [[1.0, 1, 9], [9, 9, 1]]
    problem = problem_of(table, [9, 3])
    plan = propose(problem, BackupCover(2, 2.0))
    assert (plan.opened, plan.value, plan.second_value, plan.second_bound) == (("s00", "s02"), 12.0, 0.0, 0.0)
    weighed = propose(problem, BackupCover(2, 2.0, weight=1.0))
    assert (weighed.opened, weighed.value, weighed.second_value) == (("s00", "s01"), 18.0, 9.0)
    assert propose(problem, BackupCover(3, 2.0)).second_value == 9.0


def test_kept_sites_back_up_new_ones():
    plan = propose(problem_of([[1.0, 1, 9], [9, 9, 1]], [9, 3], s00="kept"), BackupCover(2, 2.0))
    assert (plan.opened, plan.value, plan.second_value) == (("s01", "s02"), 12.0, 9.0)


def test_the_worst_township_comes_first_and_then_the_total():
    # A site reaches 100 of the 100 in one township, or 2 of the 4 in the other; with two sites 50 or 80 more can be had beside the 2.
    table = np.full((4, 4), 9.0)
    np.fill_diagonal(table, 1.0)
    problem = replace(problem_of(table, [80, 20, 2, 2]), towns=np.array(["东镇", "东镇", "西乡", "西乡"]))
    one = propose(problem, EquityCover(1, 2.0))
    assert (one.value, one.opened, one.second_value) == (0.0, ("s00",), 80.0)
    two = propose(problem, EquityCover(2, 2.0))
    assert (two.value, two.opened, two.second_value) == (0.5, ("s00", "s02"), 82.0)


def test_a_township_out_of_reach_holds_the_share_of_all_people_at_nothing():
    problem = replace(problem_of([[1.0, 9], [9, 1], [np.inf, np.inf]], [5, 3, 4]), towns=np.array(["东镇", "南镇", "西乡"]))
    everybody, some = propose(problem, EquityCover(2, 2.0)), propose(problem, EquityCover(2, 2.0, "coverable"))
    assert (everybody.value, everybody.second_value, everybody.left_out) == (0.0, 8.0, (102,))
    assert (some.value, some.second_value) == (1.0, 8.0)
    with pytest.raises(ValueError, match="township"):
        propose(problem_of([[1.0]]), EquityCover(1, 2.0))


def test_exactly_the_minimum_distance_is_allowed():
    sites, places = ["b", "a", "c", "d"], np.array([[0.0, 0.0], [500.0, 0.0], [999.9996, 0.0], [1500.9996, 0.0]])
    assert too_near_pairs(sites, places, 500.0) == ()  # 499.9996 m is 500 m to the millimetre
    assert too_near_pairs(sites, places, 500.1) == (("a", "b"), ("a", "c"))
    assert too_near_pairs(sites, places, 501.001) == (("a", "b"), ("a", "c"), ("c", "d"))
    assert too_near_pairs(sites, places, 0.0) == ()


def test_new_sites_keep_away_from_each_other_and_from_kept_ones():
    problem = problem_of([[1.0, 9, 9, 9], [9, 1, 9, 9], [9, 9, 1, 9], [9, 9, 9, 1]], [9, 8, 7, 1], s03="kept")
    places = np.array([[0.0, 0], [100, 0], [300, 0], [350, 0]])
    apart = kept_apart(problem, places, 150.0)
    assert apart.conflicts == (("s00", "s01"), ("s02", "s03"))
    assert propose(apart, MCLP(2, 2.0)).opened == ("s00",)  # s02 is too near the kept s03
    assert propose(apart, MCLP(2, 2.0)).value == 10.0
    assert propose(kept_apart(problem, places, 100.0), MCLP(2, 2.0)).opened == ("s00", "s01")


def test_what_excludes_is_named():
    table = [[1.0, 9], [9, 1]]
    excluding = replace(problem_of(table, [4, 3]), conflicts=(("s00", "s01"),))
    plan = propose(excluding, LSCP(2.0))
    assert (plan.status, plan.stopped_by, plan.left_out, plan.left_out_people) == ("infeasible", "siting.infeasible.exclusions", (101,), 3.0)
    assert plan.reason == {"pairs": 1, "reached": 4.0, "wanted": 7.0, "cells": 1}
    required = replace(problem_of(table, [4, 3], s00="must_open", s01="must_open"), conflicts=(("s00", "s01"),))
    plan = propose(required, BackupCover(2, 2.0))
    assert plan.stopped_by == "siting.infeasible.required_exclude"
    assert "s00 – s01" in plan.say("zh")
    with pytest.raises(ValueError, match="exclude each other"):
        propose(excluding, PMedian(1, "limit"))
    for wrong in ((("s00", "s00"),), (("s00", "x"),)):
        with pytest.raises(ValueError, match="two different"):
            replace(excluding, conflicts=wrong)


def test_sites_near_dense_population_are_forbidden():
    places, homes = np.array([[0.0, 0], [1000.0, 0], [1500.0, 0]]), np.array([[0.0, 400.0], [0, 450], [1000, 100]])
    people = np.array([60.0, 60.0, 90.0])
    crowd = Homes(homes, people, 100.0, 50.0)
    assert near_dense(["a", "b", "c"], places, crowd, 500.0) == ("a",)
    assert near_dense(["a", "b", "c"], places, crowd, 400.0) == ()  # exactly 400 m is far enough
    assert near_dense(["a", "b", "c"], places, Homes(homes, people, 90.0, 0.0), 600.0) == ("b", "c")
    problem = problem_of([[1.0, 2.0]], s01="must_open")
    assert kept_away(problem, ["s00"], 500.0).status["s00"] == "forbidden"
    with pytest.raises(PlanningError, match="s01"):
        kept_away(problem, ["s01"], 500.0)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("second", SECOND)
def test_cuts_hold_for_every_plan_and_are_tight_where_they_were_made(seed, second):
    this = case(seed, conflicts=False)
    rows = count_cover(this.problem, this.threshold, by_town=True)
    assert isinstance(rows, Counted)
    count = len(rows.sites)
    if not count:
        return
    program = CountedProgram(rows, Aim(2, second=second), lambda: None)
    shares = np.random.default_rng(seed).random(count)
    for at in (np.zeros(count), np.ones(count), shares, np.round(shares)):
        slope, constant = program.cuts(at, second)
        for bits in itertools.product([0.0, 1.0], repeat=count):
            y = np.array(bits)
            once, twice = rows.covered(y > 0.5)
            true = (once - rows.first).sum() + second * (twice - rows.second).sum()
            most = (constant + slope @ y).sum() * program.scale
            assert most >= true - 1e-6
            if (y == at).all():
                assert most == pytest.approx(true, abs=1e-6)


@pytest.mark.parametrize("kind", ["total", "worst"])
@pytest.mark.parametrize("seed", range(15))
def test_bounds_from_any_prices_hold(seed, kind):
    this = case(seed, conflicts=True)
    rows = count_cover(this.problem, this.threshold, by_town=True)
    if not isinstance(rows, Counted) or len(rows.sites) < 3:
        return
    base = rows.covered(np.ones(len(rows.sites), bool))[0]
    aim = Aim(2, kind, base=base) if kind == "worst" else Aim(2, kind, second=0.5)
    program = CountedProgram(rows, aim, lambda: None)
    best = min(aim.cost(rows, np.array(bits)) for bits in itertools.product([False, True], repeat=len(rows.sites)))
    for _ in range(30):
        answer, bound = program.solve()
        assert bound <= best + 1e-7
        if not program.separate(answer, answer.x[: program.sites]):
            break
    settled = float(rows.first.sum() + 0.5 * rows.second.sum())
    for wrong in (np.zeros(program.program.rows), np.ones(program.program.rows), np.random.default_rng(seed).random(program.program.rows)):
        proven = program.program.priced(wrong)[0]
        assert (1.0 + proven if kind == "worst" else proven * program.scale - settled) <= best + 1e-7


def spread_problem(seed: int = 7) -> SitingProblem:
    table, people = spread(1500, 150, 12.0, seed)
    rng = np.random.default_rng(seed)
    pairs = tuple(
        (f"s{one:02d}", f"s{other:02d}")
        for one, other in sorted({tuple(sorted(pair)) for pair in rng.integers(0, 99, (120, 2)).tolist() if pair[0] != pair[1]})
    )
    towns = np.array([f"镇{index}" for index in np.argmin(np.where(np.isfinite(table[:, :9]), table[:, :9], 99.0), axis=1)])
    return replace(problem_of(table, people, limit=12.0), conflicts=pairs, towns=towns)


@pytest.mark.parametrize(
    "model", [BackupCover(12, 6.0), BackupCover(12, 6.0, 0.5), EquityCover(12, 6.0), MCLP(12, 6.0), LSCP(6.0, 0.7, "coverable")], ids=str
)
@pytest.mark.parametrize("calls", [1, 3, 8])
def test_cancel_answers_at_once_with_the_best_plan_and_a_valid_bound(model, calls):
    problem, told = spread_problem(), []

    def progress(*_: object, **__: float) -> None:
        told.append(1)
        if len(told) >= calls:
            raise Cancelled

    plan = propose(problem, model, progress=progress)
    if plan.status == "proven":
        assert len(told) <= calls
        return
    assert (plan.status, plan.stopped_by) == ("cancelled", "cancel")
    assert len(told) == calls
    if not math.isnan(plan.value):
        assert (plan.bound <= plan.value) if isinstance(model, LSCP) else (plan.bound >= plan.value * (1 - 1e-9))
        assert math.isnan(plan.second_bound) or plan.second_bound >= plan.second_value * (1 - 1e-9)
    assert plan.say("zh")


def test_same_input_gives_the_same_plan_and_two_is_counted_by_other_code():
    problem = spread_problem()
    first, again = (propose(problem, BackupCover(8, 6.0), time_limit=30, progress=silent) for _ in range(2))
    if "time" not in {first.stopped_by, again.stopped_by}:
        assert replace(first, seconds=0.0) == replace(again, seconds=0.0)
    counts = np.zeros(len(problem.people), int)
    for site in first.opened:
        cells, costs = problem.costs.column(site)
        counts[cells[np.round(costs, 3) <= 6.0]] += 1
    once, twice = people_reached(problem, first.opened, 6.0)
    assert (once, twice) == (problem.people[counts >= 1].sum(), problem.people[counts >= 2].sum())
    assert (first.value, first.second_value) == (once, twice)


def test_parameters_that_make_no_sense_are_refused():
    for broken in (lambda: BackupCover(0, 5.0), lambda: BackupCover(1, math.inf), lambda: BackupCover(1, 5.0, 1.5), lambda: EquityCover(0, 5.0)):
        with pytest.raises(ValueError, match="needs"):
            broken()
    with pytest.raises(ValueError, match="beyond the search limit"):
        propose(problem_of([[1.0]], limit=500.0), BackupCover(1, 501.0))
