"""Existing sites that may close and sites run by others, by head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from planning.siting import LSCP, MCLP, BackupCover, EquityCover, FixedCharge, PCenter, PMedian, SitingProblem, propose
from planning.siting.value import covered_people, people_reached, standing
from tests.siting_drawings import problem_of
from tests.test_siting_every_model import QUESTIONS, asked

APART = [[1.0, 9, 9], [9, 1, 9], [9, 9, 1]]


def test_an_existing_site_may_be_given_up_for_a_better_place():
    problem = problem_of(APART, [10, 5, 3], s02="may_close")
    plan = propose(problem, MCLP(2, 2.0))
    assert (plan.opened, plan.closed, plan.value) == (("s00", "s01"), ("s02",), 15.0)
    all_three = propose(problem, MCLP(3, 2.0))
    assert (all_three.opened, all_three.closed, all_three.value) == (("s00", "s01"), (), 18.0)
    assert standing(problem, plan.opened, plan.closed) == ("s00", "s01")
    assert standing(problem, all_three.opened, all_three.closed) == ("s00", "s01", "s02")


def test_set_covering_counts_an_existing_site_that_stays():
    plan = propose(problem_of(APART, [10, 5, 3], s02="may_close"), LSCP(2.0))
    assert (plan.value, plan.opened, plan.closed) == (3.0, ("s00", "s01"), ())
    most = propose(problem_of(APART, [10, 5, 3], s02="may_close"), LSCP(2.0, 0.8))
    assert (most.value, most.opened, most.closed) == (2.0, ("s00", "s01"), ("s02",))


@pytest.mark.parametrize(
    "model", [MCLP(1, 5.0), LSCP(5.0), PMedian(1), PCenter(1), BackupCover(1, 5.0), FixedCharge(1.0)], ids=lambda model: model.key
)
def test_of_equal_plans_the_one_that_keeps_what_exists_is_taken(model):
    # s00 and s02 reach the same people at the same cost; a cell without people tells them apart.
    problem = problem_of([[2.0, 4, 2], [2, 4, 2], [1, 9, 7]], [3, 4, 0], s02="may_close")
    plan = propose(problem, model)
    assert (plan.opened, plan.closed) == ((), ())


def test_a_site_nearer_than_a_competitor_or_as_near_wins():
    # The competitor s02 stands 3 from the first cell, 2 from the second and 8 from the third.
    table = [[3.0, 9, 3], [3, 9, 2], [9, 4, 8]]
    problem = problem_of(table, [10, 6, 5], s02="competitor")
    assert propose(problem, MCLP(2, 5.0)).value == 15.0  # the second cell goes to the competitor
    assert propose(problem, MCLP(1, 5.0)).opened == ("s00",)
    assert covered_people(problem, ["s00"], 5.0) == 10.0
    assert covered_people(replace(problem, costs=problem_of(np.add(table, [0.0006, 0, 0])).costs), ["s00"], 5.0) == 0.0
    assert covered_people(replace(problem, costs=problem_of(np.add(table, [0.0004, 0, 0])).costs), ["s00"], 5.0) == 10.0  # equal to the millimetre
    assert propose(problem, LSCP(5.0, 0.7)).value == 2.0
    blocked = propose(problem, LSCP(5.0))
    assert (blocked.status, blocked.left_out, blocked.left_out_people) == ("infeasible", (101,), 6.0)
    assert "他方" in blocked.say("zh")
    assert "competitor" in blocked.say("en")
    assert propose(problem, LSCP(5.0, 1.0, "coverable")).value == 2.0


def test_a_second_site_counts_only_where_it_is_no_farther_than_the_competitor():
    problem = problem_of([[1.0, 3, 2], [1, 3, 4]], [10, 6], s02="competitor")
    assert people_reached(problem, ["s00", "s01"], 5.0) == (16.0, 6.0)
    plan = propose(problem, BackupCover(2, 5.0))
    assert (plan.value, plan.second_value) == (16.0, 6.0)


def test_equity_looks_at_our_own_cover_of_each_township():
    problem = replace(problem_of([[1.0, 9, 9], [9, 4, 3], [9, 2, 3]], [10, 6, 2], s02="competitor"), towns=np.array(["东镇", "西乡", "西乡"]))
    plan = propose(problem, EquityCover(2, 5.0))
    assert (plan.value, plan.second_value) == (0.25, 12.0)
    assert propose(problem, EquityCover(2, 5.0, "coverable")).value == 1.0


def test_a_trip_to_a_competitor_is_a_trip():
    # Least travel would take s00, the smallest radius s01; the third cell goes to the competitor s02.
    problem = problem_of([[1.0, 6, np.inf], [9, 6, np.inf], [np.inf, np.inf, 5]], [100, 1, 7], s02="competitor")
    assert (propose(problem, PMedian(1)).opened, propose(problem, PMedian(1)).value) == (("s00",), 100.0 + 9 + 35)
    center = propose(problem, PCenter(1))
    assert (center.opened, center.value, center.left_out) == (("s01",), 6.0, ())
    assert propose(problem, FixedCharge(1.0)).value == 100.0 + 6 + 35


def test_a_site_that_may_close_is_treated_like_a_candidate_in_conflicts():
    apart = problem_of(APART, [10, 5, 3], s00="may_close", s01="may_close")
    plan = propose(replace(apart, conflicts=(("s00", "s01"),)), MCLP(3, 2.0))
    assert (plan.opened, plan.closed, plan.value) == (("s02",), ("s01",), 13.0)
    beside = replace(problem_of(APART, [10, 5, 3], s00="may_close", s01="competitor"), conflicts=(("s00", "s01"),))
    assert propose(beside, MCLP(2, 2.0)).closed == ("s00",)
    required = replace(problem_of(APART, [10, 5, 3], s00="must_open", s01="competitor"), conflicts=(("s00", "s01"),))
    assert propose(required, MCLP(1, 2.0)).stopped_by == "siting.infeasible.required_exclude"


def test_only_what_may_close_can_be_closed():
    problem = problem_of(APART, s00="kept")
    with pytest.raises(ValueError, match="may close"):
        standing(problem, ["s01"], ["s00"])
    with pytest.raises(ValueError, match="can be chosen"):
        covered_people(problem, ["s00"], 5.0)


def turned(problem: SitingProblem) -> SitingProblem:
    """Return the same problem with its sites in the opposite order."""
    names = list(problem.status)[::-1]
    return replace(problem, costs=problem.costs.take(pd.Index(names)), status={name: problem.status[name] for name in names})


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_order_of_the_table_changes_nothing(name):
    for seed in range(0, 300, 20):
        case, worth = asked(name, seed)
        if worth:
            one, other = (propose(problem, QUESTIONS[name].model(case)) for problem in (case.problem, turned(case.problem)))
            assert replace(one, seconds=0.0) == replace(other, seconds=0.0)
