"""Prices, budgets and the fixed charge: by head, against textbook integer programs, and what is said when the money does not reach."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from planning.siting import MCLP, FixedCharge, PMedian, SitingProblem, frontier, propose
from planning.siting.reduce import reduce_costs, reduce_cover
from planning.siting.value import affordable, spent
from tests.siting_drawings import problem_of
from tests.test_siting_textbook import covering_rows, drawn_plane, solved

APART = [[1.0, 9, 9], [9, 1, 9], [9, 9, 1]]


def priced(table: object, people: object, price: dict[str, float], **status: str) -> SitingProblem:
    return replace(problem_of(table, people, **status), price=price)


def test_a_budget_is_not_a_number_of_sites():
    # 10 people for 4, or 6 + 5 people for 3.
    problem = priced(APART, [10, 6, 5], {"s00": 4.0, "s01": 1.5, "s02": 1.5})
    assert propose(problem, MCLP(1, 2.0)).opened == ("s00",)
    within = propose(problem, MCLP(threshold=2.0, budget=4.0))
    assert (within.opened, within.value, within.spent) == (("s01", "s02"), 11.0, 3.0)
    both = propose(problem, MCLP(1, 2.0, budget=3.0))
    assert (both.opened, both.value, both.spent) == (("s01",), 6.0, 1.5)
    assert propose(problem, MCLP(threshold=2.0, budget=5.5)).opened == ("s00", "s01")
    assert propose(problem, MCLP(threshold=2.0, budget=0.0)).value == 0.0


def test_exactly_the_budget_can_be_spent():
    problem = priced(APART, [10, 6, 5], {"s00": 0.1, "s01": 0.2, "s02": 0.4})
    plan = propose(problem, MCLP(threshold=2.0, budget=0.3))  # 0.1 + 0.2 is more than 0.3 in floats
    assert (plan.opened, plan.status) == (("s00", "s01"), "proven")
    assert affordable(problem, plan.opened, 0.3)
    assert not affordable(problem, plan.opened, 0.2999)
    assert propose(problem, MCLP(threshold=2.0, budget=0.2999)).opened == ("s00",)


def test_sites_that_stay_are_paid_too_and_closing_one_saves_its_price():
    price = {"s00": 3.0, "s01": 2.0, "s02": 2.0}
    kept = propose(priced(APART, [10, 6, 5], price, s00="kept"), MCLP(threshold=2.0, budget=5.0))
    assert (kept.opened, kept.value, kept.spent) == (("s01",), 16.0, 5.0)
    closing = propose(priced(APART, [4, 6, 5], price, s00="may_close"), MCLP(threshold=2.0, budget=4.0))
    assert (closing.opened, closing.closed, closing.spent) == (("s01", "s02"), ("s00",), 4.0)
    others = propose(priced(APART, [10, 6, 5], price, s00="competitor"), MCLP(threshold=2.0, budget=4.0))
    assert (others.opened, others.value, others.spent) == (("s01", "s02"), 11.0, 4.0)


def test_what_is_open_in_any_case_may_cost_more_than_the_budget():
    problem = priced(APART, [1, 1, 1], {"s00": 3.0, "s01": 2.5}, s00="kept", s01="must_open")
    for model in (MCLP(threshold=2.0, budget=5.0), PMedian(budget=5.0), FixedCharge(1.0, budget=5.0)):
        plan = propose(problem, model)
        assert (plan.status, plan.stopped_by) == ("infeasible", "siting.infeasible.over_budget")
        assert plan.reason == {"budget": 5.0, "needed": 5.5, "over": 0.5}
        assert "5.50" in plan.say("zh")
        assert "0.50 more" in plan.say("en")
        assert math.isnan(plan.spent)


def test_a_budget_that_leaves_people_without_a_site_names_them():
    table = [[1.0, np.inf], [np.inf, 2.0]]
    plan = propose(priced(table, [5, 3], {"s00": 2.0, "s01": 2.0}), PMedian(budget=3.0))
    assert (plan.stopped_by, plan.left_out, plan.left_out_people) == ("siting.infeasible.unserved_budget", (101,), 3.0)
    both = propose(priced(table, [5, 3], {"s00": 2.0, "s01": 2.0}), PMedian(2, budget=3.0))
    assert both.stopped_by == "siting.infeasible.unserved_sites_budget"
    assert propose(priced(table, [5, 3], {"s00": 2.0, "s01": 2.0}), PMedian(budget=4.0)).value == 11.0


def test_a_site_is_opened_when_it_saves_more_than_it_costs():
    # With s00 alone 10 people go 8 farther: 80 person-metres are worth 40 at 0.5 each.
    table = [[1.0, 9], [9, 1]]
    for price, opened in ((39.0, ("s00", "s01")), (41.0, ("s00",))):
        plan = propose(priced(table, [20, 10], {"s00": 5.0, "s01": price}), FixedCharge(0.5))
        travel = 30.0 if len(opened) == 2 else 110.0
        assert (plan.opened, plan.status) == (opened, "proven")
        assert plan.value == plan.spent + 0.5 * travel
    assert propose(priced(table, [20, 10], {"s00": 5.0, "s01": 39.0}), FixedCharge(0.5, sites=1)).opened == ("s00",)
    assert propose(priced(table, [20, 10], {"s00": 5.0, "s01": 39.0}), FixedCharge(0.5, budget=43.0)).opened == ("s00",)


def test_of_equal_sites_the_cheapest_remains_then_the_existing_one():
    table = [[1.0, 1, 1, 1]]
    problem = priced(table, [3], {"s00": 2.0, "s01": 1.0, "s02": 1.0, "s03": 1.0}, s02="may_close")
    for reduced in (reduce_cover(problem, 5.0), reduce_costs(problem, beyond=np.inf)):
        assert reduced.sites == ("s02",)
    assert propose(problem, MCLP(threshold=5.0, budget=1.0)).closed == ()
    assert propose(replace(problem, price={"s02": 2.0}), MCLP(threshold=5.0, budget=5.0)).opened == ("s00",)
    assert propose(replace(problem, price={"s02": 2.0}), MCLP(threshold=5.0, budget=5.0)).closed == ("s02",)


def prices(seed: int, count: int, *, whole: bool) -> np.ndarray:
    rng = np.random.default_rng(seed + 900)
    return rng.integers(5, 30, count).astype(float) if whole else rng.uniform(5, 30, count)


def with_prices(table: np.ndarray, people: np.ndarray, price: np.ndarray) -> SitingProblem:
    problem = problem_of(table, people)
    return replace(problem, price=dict(zip(problem.costs.sites, price.tolist(), strict=True)))


@pytest.mark.parametrize("seed", range(10))
def test_cover_within_a_budget_agrees_with_the_textbook(seed):
    table, people = drawn_plane(seed, 120, 40, whole=seed % 2 == 0)
    price = prices(seed, 40, whole=seed % 4 < 2)
    money = sparse.csr_array(np.concatenate([price, np.zeros(len(people))])[None, :])
    rows = [(covering_rows(table <= 5.0), 0.0, np.inf), (money, 0.0, 90.0)]
    plan = propose(with_prices(table, people, price), MCLP(threshold=5.0, budget=90.0))
    assert plan.status == "proven"
    assert plan.value == pytest.approx(-solved(np.concatenate([np.zeros(40), -people]), rows, 40), rel=1e-7)
    assert plan.spent <= 90.0 + 1e-6


def travel_program(table: np.ndarray, people: np.ndarray, price: np.ndarray, budget: float, *, charged: bool) -> float:
    cells, count = table.shape
    ways = cells * count
    once = sparse.hstack([sparse.csr_array((cells, count)), sparse.kron(sparse.eye_array(cells), np.ones((1, count)))])
    only_open = sparse.hstack([sparse.kron(np.ones((cells, 1)), sparse.eye_array(count)), -sparse.eye_array(ways)])
    money = sparse.csr_array(np.concatenate([price, np.zeros(ways)])[None, :])
    cost = np.concatenate([price if charged else np.zeros(count), (people[:, None] * table).ravel()])
    return solved(cost, [(once, 1.0, 1.0), (only_open, 0.0, np.inf), (money, 0.0, budget)], count)


@pytest.mark.parametrize("seed", range(6))
def test_travel_and_money_agree_with_the_textbook(seed):
    table, people = drawn_plane(seed, 40, 16, whole=seed % 2 == 0)
    price = prices(seed, 16, whole=seed % 2 == 0)
    problem = with_prices(table, people, price)
    plan = propose(problem, PMedian(budget=60.0))
    assert plan.status == "proven"
    assert plan.value == pytest.approx(travel_program(table, people, price, 60.0, charged=False), rel=1e-7)
    for budget in (None, 50.0):
        plan = propose(problem, FixedCharge(0.02, budget=budget))
        expected = travel_program(table, 0.02 * people, price, 1e6 if budget is None else budget, charged=True)
        assert plan.status == "proven"
        assert plan.value == pytest.approx(expected, rel=1e-7)
        assert plan.spent == pytest.approx(spent(problem, plan.opened))


def test_a_frontier_over_money_and_one_that_keeps_existing_sites():
    problem = priced(APART, [10, 6, 5], {"s00": 4.0, "s01": 1.5, "s02": 1.5})
    points = frontier(problem, MCLP(threshold=2.0, budget=7.0), [1.5, 3.0, 5.5, 7.0]).points
    assert [point.plan.value for point in points] == [6.0, 11.0, 16.0, 21.0]
    stages = frontier(problem_of(APART, [10, 6, 5], s01="may_close", s00="may_close"), MCLP(3, 2.0), nested=True).points
    assert [point.plan.opened for point in stages] == [(), (), ("s02",)]
    assert [point.plan.closed for point in stages] == [("s01",), (), ()]


def test_parameters_that_make_no_sense_are_refused():
    for broken in (
        lambda: MCLP(threshold=5.0),
        lambda: MCLP(3),
        lambda: MCLP(1, 5.0, -1.0),
        PMedian,
        lambda: PMedian(budget=math.inf),
        lambda: FixedCharge(0.0),
        lambda: FixedCharge(1.0, sites=0),
        lambda: FixedCharge(1.0, budget=math.nan),
    ):
        with pytest.raises(ValueError, match="needs"):
            broken()
    problem = problem_of([[1.0]])
    for price in ({"s00": -1.0}, {"s00": math.inf}, {"x": 1.0}):
        with pytest.raises(ValueError, match="prices"):
            replace(problem, price=price)
    with pytest.raises(ValueError, match="status"):
        replace(problem, status={"s00": "closed"})
