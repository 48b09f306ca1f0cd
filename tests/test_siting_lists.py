"""The p-median on short lists: whatever is left out of a list, values are exact, bounds hold and proofs are proofs."""

from __future__ import annotations

import itertools
from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from layers.errors import Cancelled
from planning.siting import PMedian, SitingPlan, SitingProblem, heuristic, lagrange, list_kernels, listed_search, propose, trip_rows
from planning.siting import kernels as kernels_of_rows
from planning.siting.heuristic import greedy as greedy_on_rows
from planning.siting.heuristic import loss
from planning.siting.lists import greedy, lists
from planning.siting.models import pmedian
from planning.siting.reduce import reduce_costs
from planning.siting.trip_rows import TripRows
from planning.workbench.warming import ask_for_least_travel
from tests import test_siting_stopped
from tests.siting_drawings import problem_of, spread
from tests.test_siting_every_model import CASES, QUESTIONS, asked, check_keeps, check_plan, check_refusal
from tests.test_siting_lagrange import questions


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch):
    """Return a switch: every problem on lists of so many entries together."""

    def switch(entries: int) -> None:
        monkeypatch.setattr(pmedian, "COPIED", -1)
        monkeypatch.setattr(listed_search, "_ENTRIES", entries)

    return switch


def rows_of(problem: SitingProblem, beyond: float = np.inf) -> TripRows:
    return trip_rows.trip_rows(problem, beyond)


def answer(plan: SitingPlan) -> str:
    return repr(astuple(replace(plan, seconds=0.0)))


@pytest.mark.parametrize("name", ["pmedian", "pmedian to the limit"])
@pytest.mark.parametrize("entries", [1, 40])
def test_lists_find_what_trying_all_plans_finds(short, name, entries):
    question, refused, branched = QUESTIONS[name], 0, 0
    short(entries)
    for seed in range(CASES):
        case, worth = asked(name, seed)
        plan = propose(case.problem, question.model(case))
        branched += plan.nodes
        if worth:
            check_keeps(case, question, check_plan(case, question, plan, worth), worth)
        else:
            refused += 1
            check_refusal(plan)
    assert refused >= CASES // 5
    assert entries > 1 or branched > 100  # lists so short that prices alone prove little


@pytest.mark.parametrize("name", ["pmedian", "pmedian to the limit"])
def test_stopped_at_each_look_the_answer_is_a_plan_and_its_bound_holds(short, name, monkeypatch):
    short(12)
    test_siting_stopped.test_stopped_at_each_look_the_answer_is_a_plan_and_its_bound_holds(name, monkeypatch)


def test_plans_are_those_of_whole_lists(short):
    problems = [(problem_of(table, people, limit=limit, **status), seed) for seed in range(200) for table, people, limit, status in [questions(seed)]]
    models = [PMedian(2 + seed % 3, "refuse" if seed % 5 else "limit") for _, seed in problems]
    whole = [propose(problem, model) for (problem, _), model in zip(problems, models, strict=True)]
    short(30)
    for (problem, seed), model, other in zip(problems, models, whole, strict=True):
        plan = propose(problem, model)
        assert (plan.status, plan.opened, plan.left_out, plan.left_out_people) == (
            other.status, other.opened, other.left_out, other.left_out_people
        ), seed  # fmt: skip
        assert plan.greedy_value == pytest.approx(other.greedy_value, rel=1e-12, nan_ok=True), seed


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("most", [0, 60, 150])
def test_no_plan_costs_less_on_lists_than_it_may(seed, most):
    table, people = spread(30, 9, 14.0 if seed % 2 else 1e9, seed)
    problem = problem_of(table, people, limit=14.0 if seed % 2 else np.inf, s03="kept" if seed % 3 else "candidate")
    rows, rng = rows_of(problem), np.random.default_rng(seed)
    count = len(rows.sites)
    opened, stays = np.isin(np.arange(count), rng.choice(count, 3, replace=False)), rng.random(count) < 0.8
    listed = lists(rows, opened, stays, most, lambda: None, long=np.zeros(len(rows.weight), bool))
    assert (np.diff(listed.start) > 0).all()
    assert len(listed.site) <= max(most, len(rows.weight)) + len(rows.weight)
    for chosen in itertools.chain(*(itertools.combinations(np.flatnonzero(stays | opened), size) for size in (1, 2, 3))):
        plan = np.isin(np.arange(count), chosen)
        assert loss(listed, plan) <= rows.cost_of(plan) * (1 + 1e-12)
        assert rows.cost_of(plan) == pytest.approx(loss(reduce_costs(problem, beyond=np.inf), plan), rel=1e-12)
    if most == 150:
        assert loss(listed, opened) == pytest.approx(rows.cost_of(opened), rel=1e-12)


def textbook(table: np.ndarray, people: np.ndarray, sites: int) -> float:
    """Return the least travel by the textbook integer program."""
    cells, count = table.shape
    cost = np.concatenate([np.zeros(count), (people[:, None] * table).ravel()])
    assign = sparse.hstack([sparse.csr_array((cells, count)), sparse.kron(sparse.eye(cells), np.ones((1, count)))])
    linked = sparse.hstack([sparse.vstack([sparse.eye(count)] * cells), -sparse.eye(cells * count)])
    most = sparse.hstack([np.ones((1, count)), sparse.csr_array((1, cells * count))])
    limits = [LinearConstraint(assign, 1, 1), LinearConstraint(linked, 0, np.inf), LinearConstraint(most, 0, sites)]
    whole = np.concatenate([np.ones(count), np.zeros(cells * count)])
    return float(milp(cost, constraints=limits, integrality=whole, bounds=Bounds(0, 1)).fun)


@pytest.mark.parametrize(("seed", "sites", "entries"), [(1, 4, 1800), (2, 6, 1500), (3, 3, 2400)])
def test_value_and_bound_enclose_the_textbook_answer_whenever_it_is_stopped(short, seed, sites, entries):
    table, people = spread(120, 30, 1e9, seed)
    least, problem = textbook(table, people, sites), problem_of(table, people)
    short(entries)
    found = propose(problem, PMedian(sites))
    assert (found.status, found.value) == ("proven", pytest.approx(least, rel=1e-7))
    for calls in range(0, 180, 12):
        left = iter(range(calls))

        def stop(*_: object, left=left, **__: float) -> None:
            if next(left, None) is None:
                raise Cancelled

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("planning.siting.watch._PAUSE", -1.0)  # told at every look, stopped at any
            plan = propose(problem, PMedian(sites), progress=stop)
        assert plan.bound <= least * (1 + 1e-7), calls
        assert plan.opened == () or plan.value >= least * (1 - 1e-7), calls


def test_same_bytes_whatever_the_order_of_sites(short):
    table, people = spread(400, 40, 1e9, 5)
    problem = problem_of(table, people, s11="kept", s12="must_open", s13="forbidden")
    short(3000)
    plan = propose(problem, PMedian(5))
    mixed = replace(problem, costs=problem.costs.take(problem.costs.sites[np.random.default_rng(1).permutation(40)]))
    assert answer(propose(mixed, PMedian(5))) == answer(plan) == answer(propose(problem, PMedian(5)))


def test_single_precision_and_costs_that_cannot_be_written_are_read_exactly(short):
    table, people = spread(300, 30, 1e9, 3)
    table = table.astype(np.float32).astype(float)
    problem = problem_of(table, people)
    single = problem.costs.cost.astype(np.float32)
    single.flags.writeable = False
    cell = problem.costs.cell.copy()
    cell.flags.writeable = False
    short(5000)
    assert answer(propose(replace(problem, costs=replace(problem.costs, cost=single, cell=cell)), PMedian(4))) == answer(propose(problem, PMedian(4)))


def doubled() -> tuple[SitingProblem, int]:
    """Return a problem in which each cell stands twice, one of the copies in another order of its column, and how many differ."""
    table, people = spread(60, 12, 1e9, 2)
    return problem_of(np.vstack([table, table[::-1]]), np.concatenate([people, people])), 60


def test_cells_with_equal_trips_become_one_row():
    problem, different = doubled()
    rows = rows_of(problem)
    assert len(rows.weight) == different
    assert rows.weight.sum() == problem.people.sum()
    apart = replace(problem, costs=replace(problem.costs, cost=problem.costs.cost + np.tile(np.repeat([0.0, 1e-9], 60), 12)))
    assert len(rows_of(apart).weight) == 2 * different


def test_cells_are_not_taken_for_equal_because_their_sums_are(monkeypatch):
    problem, different = doubled()
    plan = np.arange(12) < 3
    cost, survey = rows_of(problem).cost_of(plan), trip_rows.survey

    def colliding(*given):
        survey(*given)
        given[8][:] = 7

    monkeypatch.setattr(trip_rows, "survey", colliding)
    rows = rows_of(problem)
    assert len(rows.weight) >= different
    assert rows.cost_of(plan) == pytest.approx(cost, rel=1e-12)


def test_greedy_on_columns_is_greedy_on_rows():
    for seed in range(20):
        table, people = spread(80, 15, 1e9, seed)
        problem = problem_of(np.round(table) if seed % 2 else table, people, s02="kept")
        on_rows = greedy_on_rows(reduce_costs(problem, beyond=np.inf), 4, lambda _: None)
        assert greedy(rows_of(problem), 4, lambda _: None).tolist() == on_rows.tolist()


def test_no_site_that_serves_nobody_better_is_proposed(short):
    table = np.array([[0.0, 0.0, 9.0], [0.0, 0.0, 9.0], [5.0, 5.0, 0.0]])
    short(1)
    plan = propose(problem_of(table), PMedian(3))
    assert (plan.opened, plan.value) == (("s00", "s02"), 0.0)


def test_labels_of_cells_left_out_are_those_of_the_problem(short):
    table = np.array([[np.inf, np.inf], [3.0, 4.0], [2.0, 8.0]])
    short(1)
    plan = propose(problem_of(table, [5.0, 1.0, 1.0], limit=10.0), PMedian(1))
    assert (plan.opened, plan.value, plan.left_out, plan.left_out_people) == (("s00",), 5.0, (100,), 5.0)
    assert isinstance(problem_of(table).costs.cells, pd.Index)


def test_warmed_kernels_are_those_that_a_city_asks_for(short):
    """Single precision, mapped read-only, with existing sites: nothing is compiled that warming did not compile."""
    ask_for_least_travel(PMedian(4))
    kernels = [
        kernel for module in (heuristic, kernels_of_rows, lagrange, list_kernels) for kernel in vars(module).values() if hasattr(kernel, "signatures")
    ]
    before = [len(kernel.signatures) for kernel in kernels]
    table, people = spread(300, 30, 1e9, 3)
    problem = problem_of(table, people, s01="may_close", s02="kept")
    single, cell = problem.costs.cost.astype(np.float32), problem.costs.cell.copy()
    single.flags.writeable = cell.flags.writeable = False
    short(5000)
    propose(replace(problem, costs=replace(problem.costs, cost=single, cell=cell)), PMedian(4))
    assert [kernel.py_func.__name__ for kernel, count in zip(kernels, before, strict=True) if len(kernel.signatures) > count] == []


def test_a_stop_before_anything_is_read_is_answered_by_many_sites_and_no_bound_below_nothing(short):
    table, people = spread(400, 40, 1e9, 5)
    short(3000)

    def stop(*_: object, **__: float) -> None:
        raise Cancelled

    plan = propose(problem_of(table, people), PMedian(5), progress=stop)
    assert (plan.status, len(plan.opened), plan.bound) == ("cancelled", 5, 0.0)
    nearest = table[:, [int(site[1:]) for site in plan.opened]].min(axis=1)
    assert plan.value == pytest.approx(float((people * nearest).sum()), rel=1e-12)
