"""Lagrangian prices: what they prove holds for every plan there is."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from layers.progress import silent
from planning.siting import PMedian, propose
from planning.siting.bound import Goal, Relaxation
from planning.siting.groups import groups_of_rows
from planning.siting.heuristic import loss
from planning.siting.lagrange import _Prices, narrowed, priced
from planning.siting.reduce import Reduced, reduce_costs
from planning.siting.watch import Watch
from tests.siting_drawings import best, drawn, problem_of, spread


def small(seed: int) -> Reduced:
    """Return a problem of ten sites, with costs up to a limit or all of them, and people in fractions or all alike."""
    table, people = spread(40, 10, 1e9, seed)
    limit = [25.0, math.inf][seed % 2]
    people = people if seed % 3 else people / 7
    return reduce_costs(problem_of(table, people, limit=limit), beyond=limit)


def every_plan(reduced: Reduced, most: int) -> tuple[np.ndarray, np.ndarray]:
    count = len(reduced.sites)
    plans = np.array([np.isin(np.arange(count), chosen) for size in range(most + 1) for chosen in itertools.combinations(range(count), size)])
    return plans, np.array([loss(reduced, plan) for plan in plans])


def watch_with(reduced: Reduced, plan: np.ndarray) -> Watch:
    watch = Watch(silent, 60.0, 0.0)
    watch.offer(plan, loss(reduced, plan))
    return watch


@pytest.mark.parametrize("seed", range(20))
def test_any_prices_give_a_bound_and_decide_rightly(seed):
    reduced, rng = small(seed), np.random.default_rng(seed)
    plans, costs = every_plan(reduced, 3)
    rank = int(np.argsort(costs)[seed % 6])  # a good plan, not always the best
    for _ in range(10):
        prices = _Prices(reduced, 3, watch_with(reduced, plans[rank]), None)
        base = np.where(np.isfinite(reduced.beyond), reduced.beyond, 60.0)
        prices.price = np.minimum(rng.random(len(base)) * base, prices.price * rng.uniform(0.8, 1.6))
        bound, _ = prices._bound()
        assert bound <= costs.min() * (1 + 1e-12)
        for plan in plans[costs < costs[rank] * (1 - 1e-9)]:
            assert (prices.decisions.low <= plan).all()
            assert (plan <= prices.decisions.high).all()


@pytest.mark.parametrize("seed", range(20))
def test_search_keeps_every_better_plan_and_comes_near_the_best(seed):
    reduced = small(seed)
    plans, costs = every_plan(reduced, 3)
    rank = int(np.argsort(costs)[seed % 6])
    watch = watch_with(reduced, plans[rank])
    known = priced(reduced, 3, watch)
    assert costs.min() * 0.97 <= watch.bound <= costs.min() * (1 + 1e-9) or watch.proven
    less = narrowed(reduced, known.high, plans[rank])
    assert (np.diff(less.start) > 0).all()
    assert loss(less, plans[rank]) == costs[rank]
    for plan, cost in zip(plans, costs, strict=True):
        if cost < costs[rank] * (1 - 1e-9):
            assert (known.low <= plan).all()
            assert (plan <= known.high).all()
            assert loss(less, plan) == cost


@pytest.mark.parametrize("seed", range(10))
def test_program_that_learns_the_prices_starts_with_their_bound(seed):
    reduced = small(seed)
    plans, costs = every_plan(reduced, 3)
    watch = watch_with(reduced, plans[np.argmin(costs)])
    known = priced(reduced, 3, watch)
    proven = _Prices(reduced, 3, watch, known)._bound()[0]
    relaxation = Relaxation(reduced, Goal(most=3), groups_of_rows(reduced), lambda: None)
    relaxation.learn(known.price)
    bound = relaxation.solve().bound
    assert proven * (1 - 1e-9) <= bound <= costs.min() * (1 + 1e-9)


def test_whole_costs_close_at_the_next_whole_number():
    watch = Watch(silent, 60.0, 0.0)
    watch.step = 1.0
    watch.offer(np.ones(1, bool), 10.0)
    watch.raise_bound(8.9)
    assert (watch.bound, watch.proven) == (9.0, False)
    watch.raise_bound(9.01)
    assert watch.proven


def questions(seed: int) -> tuple[np.ndarray, np.ndarray, float, dict[str, str]]:
    """Return a drawn problem; of three, two have round costs (ties), and some have a short limit (so that few sites cannot serve all)."""
    table, people, limit, status = drawn(seed + 40_000)
    table = np.round(table / 10) * 10 if seed % 3 else table
    limit = limit if seed % 4 else 30.0
    table[table > limit] = np.inf
    return table, people, limit, status


@pytest.mark.parametrize("block", range(3))
def test_trips_are_those_of_the_best_of_all_plans(block):
    infeasible = ties = kept = 0
    for seed in range(block * 100, block * 100 + 100):
        table, people, limit, status = questions(seed)
        problem = problem_of(table, people, limit=limit, **status)
        model = PMedian(2 + seed % 3, "refuse" if seed % 5 else "limit")
        expected, plan = best(problem, model, table), propose(problem, model)
        kept += "kept" in status.values()
        ties += bool(seed % 3)
        if expected is None:
            infeasible += 1
            assert plan.status == "infeasible", seed
            continue
        assert (plan.status, plan.gap, plan.bound) == ("proven", 0.0, plan.value), seed
        assert plan.value == pytest.approx(expected, rel=1e-9, abs=1e-9), seed
        assert {site for site, kind in status.items() if kind == "must_open"} <= set(plan.opened), seed
    assert min(infeasible, ties, kept) >= 20
