"""Every model against trying all plans, what stops a search, and what is said when there is no plan."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from layers.errors import Cancelled
from planning.siting import LSCP, MCLP, PMedian, SitingProblem, propose
from planning.siting.value import covered_people
from tests.siting_drawings import best, drawn, problem_of, spread


def models_for(seed: int) -> list[MCLP | LSCP | PMedian]:
    rng = np.random.default_rng(seed + 1000)
    threshold, sites = float(rng.integers(5, 40)), int(rng.integers(1, 5))
    share, of = float(rng.choice([1.0, 0.5, 0.8, 0.93])), str(rng.choice(["people", "coverable"]))
    return [MCLP(sites, threshold), LSCP(threshold, share, of), PMedian(sites), PMedian(sites, "limit")]  # type: ignore[arg-type]


@pytest.mark.parametrize("block", range(12))
def test_every_model_finds_what_trying_all_plans_finds(block):
    for seed in range(block * 30, block * 30 + 30):
        table, people, limit, status = drawn(seed)
        problem = problem_of(table, people, limit=limit, **status)
        for model in models_for(seed):
            expected, plan = best(problem, model, table), propose(problem, model)
            if expected is None:
                assert plan.status == "infeasible", (seed, model)
                assert plan.opened == ()
                assert plan.say("zh")
                assert plan.say("en")
                continue
            assert (plan.status, plan.stopped_by, plan.gap) == ("proven", "proof", 0.0), (seed, model)
            assert plan.value == pytest.approx(expected, rel=1e-9, abs=1e-9), (seed, model)
            assert plan.bound == plan.value
            allowed = {"candidate", "must_open"}
            assert all(problem.status[site] in allowed for site in plan.opened), (seed, model)
            assert {site for site, kind in problem.status.items() if kind == "must_open"} <= set(plan.opened), (seed, model)
            assert list(plan.opened) == sorted(plan.opened)


def test_equal_to_the_threshold_is_covered_and_beyond_a_millimetre_is_not():
    problem = problem_of([[1000.0004], [1000.0006], [np.inf]], [3, 4, 5])
    assert propose(problem, MCLP(1, 1000.0)).value == 3.0


def test_equal_sites_give_the_smaller_id_whatever_the_order_of_the_table():
    table = np.array([[1.0, 1, 9, 1], [9, 9, 1, 9]])
    problem = problem_of(table, [5, 2])
    assert propose(problem, MCLP(1, 2.0)).opened == ("s00",)
    turned = replace(problem, costs=problem.costs.take(pd.Index(["s03", "s02", "s01", "s00"])))
    for model in (MCLP(1, 2.0), LSCP(2.0), PMedian(2)):
        assert propose(turned, model).opened == propose(problem, model).opened


def test_same_input_gives_the_same_plan():
    table, people = spread(400, 60, 8.0)
    problem = problem_of(table, people, limit=8.0)
    for model in (MCLP(6, 5.0), LSCP(8.0, 0.9, "coverable"), PMedian(9, "limit")):
        first, again = propose(problem, model), propose(problem, model)
        assert replace(first, seconds=0.0) == replace(again, seconds=0.0)


def test_kept_sites_serve_and_are_not_counted():
    table = [[1.0, 9, 9], [9, 1, 9], [9, 9, 1]]
    plan = propose(problem_of(table, [10, 5, 3], s00="kept"), MCLP(1, 2.0))
    assert (plan.opened, plan.value) == (("s01",), 15.0)
    assert propose(problem_of(table, [10, 5, 3], s00="kept"), LSCP(2.0)).value == 2


def test_sites_that_must_open_count_as_new_and_forbidden_ones_stay_closed():
    table = [[1.0, 9, 9], [9, 1, 9], [9, 9, 1]]
    plan = propose(problem_of(table, [10, 5, 3], s02="must_open", s00="forbidden"), MCLP(2, 2.0))
    assert (plan.opened, plan.value) == (("s01", "s02"), 8.0)


def test_a_site_that_helps_nobody_is_not_proposed():
    plan = propose(problem_of([[1.0, 1.5, 1.5]], [4]), MCLP(3, 2.0))
    assert (len(plan.opened), plan.value, plan.status) == (1, 4.0, "proven")


def test_nobody_at_all_and_no_candidate_at_all():
    nobody = problem_of([[1.0, 2.0]], [0])
    assert propose(nobody, MCLP(1, 5.0)).value == 0.0
    assert propose(nobody, LSCP(5.0)).value == 0.0
    kept = problem_of([[1.0], [7.0]], [2, 3], s00="kept")
    assert propose(kept, LSCP(9.0)).opened == ()
    assert propose(kept, MCLP(1, 5.0)).stopped_by == "siting.infeasible.too_few_candidates"


@pytest.mark.parametrize(
    ("status", "model", "code"),
    [
        ({"s00": "must_open", "s01": "must_open"}, MCLP(1, 5.0), "siting.infeasible.too_many_required"),
        ({}, PMedian(3), "siting.infeasible.too_few_candidates"),
        ({}, LSCP(5.0), "siting.infeasible.beyond_reach"),
        ({}, LSCP(5.0, 0.9), "siting.infeasible.beyond_reach"),
        ({}, PMedian(1), "siting.infeasible.unserved"),
    ],
)
def test_infeasible_says_what_blocks(status, model, code):
    plan = propose(problem_of([[1.0, np.inf], [np.inf, 2.0], [np.inf, np.inf]], [2, 3, 5], **status), model)
    assert (plan.status, plan.stopped_by, plan.opened) == ("infeasible", code, ())
    assert math.isnan(plan.value)
    assert math.isnan(plan.bound)
    assert math.isnan(plan.gap)
    assert "{" not in plan.say("zh") + plan.say("en")


def test_infeasible_names_the_cells():
    problem = problem_of([[1.0, np.inf], [np.inf, 2.0], [np.inf, np.inf]], [2, 3, 5])
    plan = propose(problem, LSCP(5.0))
    assert (plan.left_out, plan.left_out_people) == ((102,), 5.0)
    assert plan.reason["best_share"] == 0.5
    assert propose(problem, LSCP(5.0, 0.5)).value == 2
    assert propose(problem, PMedian(1)).left_out == (100,)  # the greedy plan serves the three people of cell 101


def test_a_share_of_all_people_counts_those_without_position():
    problem = problem_of([[1.0, 9, 9], [9, 1, 9], [9, 9, 1]], [10, 5, 3])
    assert propose(problem, LSCP(2.0, 0.8)).value == 2  # 14.4 of 18: two sites cover 15
    assert propose(problem, LSCP(2.0, 0.8, not_located=2.0)).value == 3  # 16 of 20: three sites cover 18
    assert propose(problem, LSCP(2.0, 0.9, not_located=2.0)).value == 3  # exactly 18 of 20
    for share in (0.91, 1.0):
        plan = propose(problem, LSCP(2.0, share, not_located=2.0))
        assert (plan.status, plan.reason["best_share"]) == ("infeasible", 0.9)
        assert "2 人没有可用位置" in plan.say("zh")
    assert propose(problem, LSCP(2.0, 1.0, "coverable", not_located=2.0)).value == 3


def test_people_whom_no_site_serves_are_counted_beside_the_p_median():
    problem = problem_of([[10.0, 30], [20, 40], [np.inf, np.inf]], [2, 3, 5])
    plan = propose(problem, PMedian(1))
    assert (plan.opened, plan.value, plan.left_out, plan.left_out_people) == (("s00",), 80.0, (102,), 5.0)


def test_people_beyond_the_limit_count_with_it_when_asked():
    problem = problem_of([[10.0, np.inf], [np.inf, 20.0]], [2, 3], limit=50.0)
    assert propose(problem, PMedian(1)).status == "infeasible"
    plan = propose(problem, PMedian(1, "limit"))
    assert (plan.opened, plan.value) == (("s01",), 3 * 20 + 2 * 50)


def test_parameters_that_make_no_sense_are_refused():
    problem = problem_of([[1.0]], limit=500.0)
    with pytest.raises(ValueError, match="beyond the search limit"):
        propose(problem, MCLP(1, 501.0))
    for broken in (
        lambda: MCLP(0, 5.0),
        lambda: MCLP(1, math.inf),
        lambda: LSCP(5.0, 0.0),
        lambda: LSCP(5.0, 1.1),
        lambda: LSCP(5.0, not_located=-1.0),
        lambda: PMedian(0),
    ):
        with pytest.raises(ValueError, match="needs"):
            broken()
    with pytest.raises(ValueError, match="time limit"):
        propose(problem, MCLP(1, 5.0), time_limit=0)


class Telling:
    """A progress that notes what it is told and stops the search after some calls."""

    def __init__(self, calls: float = math.inf) -> None:
        self.calls, self.told, self.stopped_at = calls, [], math.nan

    def __call__(self, stage: str, done: float, total: float, **more: float) -> None:
        self.told.append((stage, done, total, more))
        if len(self.told) >= self.calls:
            self.stopped_at = time.monotonic()
            raise Cancelled


@pytest.mark.parametrize("model", [MCLP(30, 6.0), LSCP(6.0, 1.0, "coverable"), LSCP(6.0, 0.7), PMedian(30, "limit")], ids=str)
@pytest.mark.parametrize("calls", [1, 3, 8])
def test_cancel_answers_at_once_with_the_best_plan_and_a_valid_bound(model, calls):
    table, people = spread(2000, 250, 12.0)
    problem = problem_of(table, people, limit=12.0)
    telling = Telling(calls)
    plan = propose(problem, model, progress=telling)
    if plan.status == "proven":
        assert len(telling.told) <= calls  # it was faster than the planner
        return
    assert (plan.status, plan.stopped_by) == ("cancelled", "cancel")
    assert time.monotonic() - telling.stopped_at < 2.0
    assert len(telling.told) == calls  # it is not called again after it raised
    if not math.isnan(plan.value):
        assert (plan.bound >= plan.value) if isinstance(model, MCLP) else (plan.bound <= plan.value)
        assert plan.gap == pytest.approx(abs(plan.bound - plan.value) / plan.value, rel=1e-9) if plan.value else plan.gap > 0
    assert plan.say("zh")


def test_time_limit_answers_with_a_gap_and_the_bound_holds():
    table, people = spread(1500, 200, 12.0)
    problem = problem_of(table, people, limit=12.0)
    short, long = propose(problem, MCLP(12, 5.0), time_limit=0.25), propose(problem, MCLP(12, 5.0))
    assert short.value <= long.value * (1 + 1e-12)
    assert short.bound >= long.value * (1 - 1e-12)
    assert short.status in {"proven", "within_gap", "heuristic"}
    assert short.seconds < 3.0


def test_asking_for_a_gap_ends_the_search_there():
    table, people = spread(600, 120, 8.0)
    plan = propose(problem_of(table, people, limit=8.0), MCLP(10, 4.0), gap=0.2)
    assert plan.status in {"within_gap", "proven"}
    assert plan.gap <= 0.2


def test_progress_is_told_value_bound_and_gap():
    table, people = spread(1500, 200, 12.0)
    telling = Telling()
    plan = propose(problem_of(table, people, limit=12.0), MCLP(12, 5.0), progress=telling)
    gaps = [more["gap"] for _, _, _, more in telling.told if "gap" in more]
    assert gaps == sorted(gaps, reverse=True)
    # While the costs are read nothing is known; from then on something always is.
    assert all({"value", "bound"} <= set(more) for stage, _, _, more in telling.told if stage != "siting.stage.reduce")
    assert plan.greedy_value <= plan.value


def test_value_is_recomputed_and_refuses_sites_that_may_not_open():
    problem = problem_of([[1.0, 9], [9, 1]], [10, 5], s01="forbidden")
    assert covered_people(problem, ["s00"], 2.0) == 10.0
    with pytest.raises(ValueError, match="only candidate"):
        covered_people(problem, ["s01"], 2.0)


def test_an_answer_that_the_raw_problem_contradicts_is_not_given(monkeypatch):
    from planning.siting import value

    monkeypatch.setattr("planning.siting.models.mclp.covered_people", lambda *given: value.covered_people(*given) + 1.0)
    with pytest.raises(ValueError, match="not the plan's value"):
        propose(problem_of([[1.0]], [10]), MCLP(1, 2.0))


def test_problem_needs_one_status_per_site_and_people_per_cell():
    problem = problem_of([[1.0, 2.0]])
    with pytest.raises(ValueError, match="status"):
        SitingProblem(problem.people, problem.costs, {"s00": "kept"})
    with pytest.raises(ValueError, match="people"):
        SitingProblem(np.array([-1.0]), problem.costs, problem.status)
