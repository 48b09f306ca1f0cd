"""Frontiers, free and in stages: every level against trying all plans; what holds between levels; stopped at every call."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from layers.errors import Cancelled
from planning.siting import LSCP, MCLP, BackupCover, EquityCover, PCenter, PMedian, SitingProblem, frontier, propose
from planning.siting.frontier_bounds import graded, staged, tightened
from planning.siting.problem import SitingPlan
from tests.siting_drawings import drawn, problem_of, spread

MORE = (MCLP, BackupCover, EquityCover)


def worth(problem: SitingProblem, model, table: np.ndarray, standing: set[str], new: set[str]) -> tuple[float, ...] | None:
    """Return what a plan is worth, more is better, first aim first; None where it breaks a condition of the model."""
    people, names = problem.people, list(problem.costs.sites)
    columns = table[:, [names.index(site) for site in sorted(standing)]]
    near = columns.min(axis=1, initial=np.inf)
    usable = table[:, [j for j, name in enumerate(names) if problem.status[name] != "forbidden"]].min(axis=1, initial=np.inf)
    counted = (people > 0) & np.isfinite(usable)
    if isinstance(model, PMedian):
        return (-float((people * np.minimum(near, problem.costs.limit))[counted].sum()),)
    if isinstance(model, PCenter):
        return (-float(near[counted].round(3).max(initial=0.0)),)
    covered = near <= model.threshold + 5e-4
    if isinstance(model, MCLP):
        return (float(people[covered].sum()),)
    if isinstance(model, BackupCover):
        return float(people[covered].sum()), float(people[(columns <= model.threshold + 5e-4).sum(axis=1) >= 2].sum())
    if isinstance(model, EquityCover):
        living = {town: people[problem.towns == town].sum() for town in set(problem.towns)}
        shares = [people[covered & (problem.towns == town)].sum() / count for town, count in living.items() if count > 0]
        return float(min(shares, default=1.0)), float(people[covered].sum())
    coverable = people[usable <= model.threshold + 5e-4].sum()
    return (-float(len(new)),) if people[covered].sum() >= model.share * coverable * (1 - 1e-9) else None


def best(problem: SitingProblem, model, table: np.ndarray, kept: frozenset[str] = frozenset()) -> tuple[float, ...] | None:
    """Return what the best of all plans is worth that open some sites."""
    of = {kind: {site for site, status in problem.status.items() if status == kind} for kind in ("kept", "must_open", "candidate")}
    must, candidates = of["must_open"] | kept, sorted(of["candidate"] - kept)
    room = getattr(model, "sites", math.inf) - len(must)
    if room < 0 or (room < math.inf and room > len(candidates)):
        return None
    found = []
    for count in range(int(min(room, len(candidates))) + 1):
        for chosen in itertools.combinations(candidates, count):
            new = must | set(chosen)
            found.append(worth(problem, model, table, new | of["kept"], new))
    possible = [value for value in found if value is not None and math.isfinite(value[0])]
    return max(possible, default=None)


def case(seed: int) -> tuple[SitingProblem, np.ndarray]:
    table, people, limit, status = drawn(seed)
    towns = np.array(["东镇", "西乡"])[np.random.default_rng(seed).integers(0, 2, len(people))]
    return replace(problem_of(table, people, limit=limit, **status), towns=towns), table


def crowded(seed: int) -> tuple[SitingProblem, np.ndarray]:
    """Return a problem with eight candidates around the same people, where the best two are seldom the best one and another."""
    rng = np.random.default_rng(seed + 7000)
    places = rng.integers(0, 50, (28, 2))
    table = np.hypot(*(places[:20, None] - places[None, 20:]).transpose(2, 0, 1))
    problem = problem_of(table, rng.integers(1, 9, 20), limit=80.0)
    return replace(problem, towns=np.array(["东镇", "西乡"])[rng.integers(0, 2, 20)]), table


def question(seed: int):
    rng = np.random.default_rng(seed + 9000)
    sites, threshold = int(rng.integers(2, 6)), float(rng.integers(5, 40))
    kinds = [
        MCLP(sites, threshold), PMedian(sites, "limit"), PCenter(sites), BackupCover(sites, threshold), EquityCover(sites, threshold),
        LSCP(threshold, 1.0, "coverable"),
    ]  # fmt: skip
    return kinds[seed % len(kinds)]


def at(model, level: float):
    return replace(model, share=level) if isinstance(model, LSCP) else replace(model, sites=int(level))


def value_of(plan: SitingPlan, model) -> tuple[float, ...]:
    sign = 1.0 if isinstance(model, MORE) else -1.0
    return (sign * plan.value,) if math.isnan(plan.second_value) else (sign * plan.value, plan.second_value)


@pytest.mark.parametrize("block", range(6))
def test_every_level_is_the_best_of_all_plans(block):
    several = 0
    for seed in range(block * 40, block * 40 + 40):
        (problem, table), model = case(seed), question(seed)
        found = frontier(problem, model)
        assert found.varies == ("share" if isinstance(model, LSCP) else "sites")
        several += len(found.points) >= 3
        for point in found.points:
            expected = best(problem, at(model, point.level), table)
            if expected is None:
                assert point.plan.status == "infeasible", (seed, point.level)
                continue
            assert (point.plan.status, point.plan.gap) == ("proven", 0.0), (seed, point.level)
            assert value_of(point.plan, model) == pytest.approx(expected, rel=1e-9, abs=1e-9), (seed, point.level)
    assert several >= 15


@pytest.mark.parametrize("block", range(3))
def test_stages_keep_their_sites_and_each_is_the_best_that_does(block):
    dearer = 0
    for seed in range(block * 40, block * 40 + 40):
        (problem, table), model = crowded(seed) if seed % 2 else case(seed), question(seed // 2)
        found, kept = frontier(problem, model, nested=True), frozenset()
        assert found.nested
        for point in found.points:
            plan, free, step = point.plan, best(problem, at(model, point.level), table), best(problem, at(model, point.level), table, kept)
            if free is None:
                assert plan.status == "infeasible", (seed, point.level)
                continue
            assert kept <= set(plan.opened), (seed, point.level)
            kept = frozenset(plan.opened)
            assert point.step_gap == 0.0
            assert value_of(plan, model) == pytest.approx(step, rel=1e-9, abs=1e-9), (seed, point.level)
            # The gap is the distance to the best plan of that level by itself, whose value is the bound.
            assert plan.bound == pytest.approx(abs(free[0]), rel=1e-9, abs=1e-9)
            if plan.gap > 0:
                dearer += 1
                assert plan.stopped_by == "nested"
                assert "分期" in plan.say("zh")
            else:
                assert (plan.status, plan.value) == ("proven", pytest.approx(abs(free[0])))
    assert dearer >= 5


def test_existing_sites_that_may_close_stay_in_all_later_stages():
    # The middle, which exists, reaches 6 of 8; the two ends together reach all.
    table = [[1.0, 9, 1], [1, 9, 1], [1, 9, 1], [1, 9, 9], [9, 1.0, 1], [9, 1, 1], [9, 1, 1], [9, 1, 9]]
    problem = problem_of(table, s02="may_close")
    free, stages = (frontier(problem, MCLP(2, 2.0), nested=nested).points for nested in (False, True))
    assert [(point.plan.opened, point.plan.closed, point.plan.value) for point in free] == [((), (), 6.0), (("s00", "s01"), ("s02",), 8.0)]
    assert [(point.plan.opened, point.plan.closed, point.plan.value) for point in stages] == [((), (), 6.0), (("s00",), (), 7.0)]


def test_one_marginal_gain_by_head():
    # Three places apart, of 50, 30 and 10 people; every site covers its own.
    found = frontier(problem_of([[0.0, 9, 9], [9, 0.0, 9], [9, 9, 0.0]], [10, 50, 30]), MCLP(3, 1.0), (1, 3))
    assert [point.plan.value for point in found.points] == [50.0, 90.0]
    assert math.isnan(found.marginal[0])
    assert found.marginal[1] == 20.0  # 40 people by two sites


def test_the_price_of_stages_by_head():
    # The middle reaches 6 of 8; the two ends together reach all, the middle and one end 7.
    table = [[1.0, 9, 1], [1, 9, 1], [1, 9, 1], [1, 9, 9], [9, 1.0, 1], [9, 1, 1], [9, 1, 1], [9, 1, 9]]
    free, staged_ = (frontier(problem_of(table), MCLP(2, 2.0), nested=nested) for nested in (False, True))
    assert [(point.plan.opened, point.plan.value) for point in free.points] == [(("s02",), 6.0), (("s00", "s01"), 8.0)]
    first, second = staged_.points
    assert (first.plan.opened, first.plan.status) == (("s02",), "proven")
    assert (second.plan.opened, second.plan.value, second.plan.bound, second.step_gap) == (("s00", "s02"), 7.0, 8.0, 0.0)
    assert (second.plan.checked, second.plan.checked_bound) == ("whole", 8.0)  # what was checked is the bound of the level by itself
    assert second.plan.gap == pytest.approx(1 / 7)


def test_levels_are_those_of_the_model_from_what_must_open_on():
    problem = problem_of(np.eye(5) * -9 + 9.0, s01="must_open", s03="must_open")
    assert [point.level for point in frontier(problem, MCLP(4, 1.0)).points] == [2, 3, 4]
    shares = frontier(problem_of(np.eye(5) * -9 + 9.0), LSCP(1.0, 0.8)).points
    assert [(point.level, point.plan.value) for point in shares] == [(0.5, 3), (0.6, 3), (0.7, 4), (0.8, 4)]


def test_levels_that_make_no_sense_are_refused():
    problem = problem_of([[1.0, 2.0]])
    for levels, text in (((2, 1), "ascend"), ((1, 1), "ascend"), ((1.5,), "whole"), ((0, 1), "at least one")):
        with pytest.raises(ValueError, match=text):
            frontier(problem, MCLP(2, 5.0), levels)
    with pytest.raises(ValueError, match="time limit"):
        frontier(problem, MCLP(2, 5.0), time_limit=0)
    assert frontier(problem, MCLP(2, 5.0), ()).points == ()


class Stop:
    """A progress that stops at a call, and notes the levels it was told."""

    def __init__(self, at_call: float = math.inf) -> None:
        self.at_call, self.levels = at_call, []

    def __call__(self, stage: str, done: float, total: float, **more: float) -> None:
        self.levels.append(more["level"])
        if len(self.levels) >= self.at_call:
            raise Cancelled


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("model", [MCLP(6, 5.0), PMedian(6, "limit"), PCenter(2), BackupCover(5, 5.0), LSCP(5.0, 0.8, "coverable")], ids=str)
def test_a_stop_at_any_call_answers_with_the_levels_reached_and_valid_gaps(model, nested):
    table, people = spread(90, 24, 70.0)
    problem = problem_of(table, people, limit=70.0)
    whole, told = frontier(problem, model, nested=nested), Stop()
    best_values = [point.plan.value for point in frontier(problem, model, progress=told).points]
    for call in range(1, 10):
        stop = Stop(call)
        found = frontier(problem, model, nested=nested, progress=stop)
        assert len(stop.levels) <= call  # it is not asked again
        assert [point.level for point in found.points] == [point.level for point in whole.points][: len(found.points)]
        reached = len(set(stop.levels))
        assert reached - 1 <= len(found.points) <= reached
        for point, true in zip(found.points, best_values, strict=False):
            plan, sign = point.plan, 1.0 if isinstance(model, MORE) else -1.0
            if math.isnan(plan.value):
                assert plan.gap == math.inf
                continue
            assert sign * plan.value <= sign * true * (1 + sign * 1e-9)
            assert sign * plan.bound >= sign * true * (1 - sign * 1e-9)
            assert plan.status != "proven" or plan.value == pytest.approx(true) or nested


def test_short_of_time_every_level_still_has_a_plan_and_values_never_fall():
    table, people = spread(1200, 200, 12.0)
    problem = problem_of(table, people, limit=12.0)
    for nested in (False, True):
        points = frontier(problem, MCLP(15, 4.0), time_limit=0.3, nested=nested).points
        assert len(points) == 15
        values, bounds = [point.plan.value for point in points], [point.plan.bound for point in points]
        assert values == sorted(values)
        assert bounds == sorted(bounds)
        assert all(bound >= value for value, bound in zip(values, bounds, strict=True))
        if nested:
            assert all(set(one.plan.opened) <= set(other.plan.opened) for one, other in itertools.pairwise(points))


def test_a_frontier_equals_proposals_one_by_one():
    table, people = spread(400, 80, 9.0)
    problem = problem_of(table, people, limit=9.0)
    for model in (MCLP(7, 4.0), PMedian(7, "limit"), BackupCover(5, 4.0)):
        for point in frontier(problem, model).points:
            alone = propose(problem, at(model, point.level))
            assert (point.plan.value, point.plan.status) == (pytest.approx(alone.value, rel=1e-12), "proven")
            assert point.plan.second_value == pytest.approx(alone.second_value, nan_ok=True)


def plan_of(value: float, bound: float, opened: str = "a", status: str = "heuristic") -> SitingPlan:
    return SitingPlan("mclp", (opened,), value, bound, abs(bound - value) / value, status, value, 1, 1.0, "time")  # type: ignore[arg-type]


def test_neighbours_lend_plans_to_looser_and_bounds_to_tighter_levels():
    # 2 sites were found worse than 1, and their bound is weaker than that of 3.
    plans = [plan_of(100, 130, "a"), plan_of(90, 140, "b"), plan_of(110, 120, "c")]
    one, two, three = tightened(plans, 0.0, more_is_better=True, ascends=True)
    assert (one.value, one.bound, one.opened) == (100, 120, ("a",))
    assert (two.value, two.bound, two.opened) == (100, 120, ("a",))
    assert (three.value, three.bound) == (110, 120)
    assert two.gap == pytest.approx(0.2)
    # Fewest sites for a share: a plan for the greater share is one for the smaller, whose bound holds for the greater.
    small, great = tightened([plan_of(9, 7, "a"), plan_of(8, 5, "b")], 0.0, more_is_better=False, ascends=False)
    assert (small.value, small.bound, small.opened) == (8, 7, ("b",))
    assert (great.value, great.bound) == (8, 7)


def test_a_bound_that_meets_the_value_is_a_proof():
    plan = graded(plan_of(100, 100 + 1e-8), 0.0)
    assert (plan.status, plan.stopped_by, plan.gap, plan.bound) == ("proven", "proof", 0.0, 100)
    stage = staged(plan_of(100, 100, status="proven"), plan_of(100.2, 100.2, status="proven"), 0.0)
    assert (stage.status, stage.stopped_by, stage.bound) == ("within_gap", "nested", 100.2)
