"""Prices by moving shares and prices in turns: what they prove holds for every plan, and comes near what the linear program itself proves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from layers.errors import Cancelled
from layers.progress import silent
from planning.siting import MCLP, propose, reduced_search
from planning.siting.heuristic import loss
from planning.siting.reduce import Reduced, reduce_cover
from planning.siting.saddle import _Saddle, saddle, within
from planning.siting.watch import Watch
from tests.siting_drawings import problem_of, spread


def region(seed: int, cells: int, sites: int, reach: float) -> Reduced:
    table, people = spread(cells, sites, reach, seed)
    return reduce_cover(problem_of(table, people if seed % 2 else people / 7, limit=reach), reach)


def watch_with(reduced: Reduced, plan: np.ndarray) -> Watch:
    watch = Watch(silent, 60.0, 0.0)
    watch.offer(plan, loss(reduced, plan))
    return watch


def linear_bound(reduced: Reduced, most: int) -> float:
    """Return the textbook's linear program, solved whole: uncovered + sites >= 1 for each row, at most so many sites."""
    rows, sites = len(reduced.weight), len(reduced.sites)
    has = sparse.csr_array((np.ones(len(reduced.site)), reduced.site, reduced.start), shape=(rows, sites))
    need = sparse.hstack([-has, -sparse.eye_array(rows)])
    limit = np.concatenate([np.ones(sites), np.zeros(rows)])[None, :]
    cost = np.concatenate([np.zeros(sites), reduced.weight * reduced.beyond])
    found = linprog(cost, sparse.vstack([need, limit]), np.concatenate([-np.ones(rows), [most]]), bounds=(0, 1))
    return float(found.fun)


@pytest.mark.parametrize("seed", range(12))
def test_what_prices_prove_holds_for_every_plan(seed):
    reduced = region(seed, 60, 10, 30.0)
    count = len(reduced.sites)
    plans = np.array([np.isin(np.arange(count), chosen) for size in range(4) for chosen in itertools.combinations(range(count), size)])
    costs = np.array([loss(reduced, plan) for plan in plans])
    rank = int(np.argsort(costs)[seed % 5])  # a good plan, not always the best
    watch = watch_with(reduced, plans[rank])
    known = saddle(reduced, 3, watch, lambda: None)
    assert watch.bound <= costs.min() * (1 + 1e-9)
    assert (known.price >= 0).all()
    assert (known.price <= reduced.beyond).all()
    for plan, cost in zip(plans, costs, strict=True):
        if cost < costs[rank] * (1 - 1e-9):
            assert (known.low <= plan).all()
            assert (plan <= known.high).all()


@pytest.mark.parametrize("seed", range(4))
def test_bound_comes_near_the_linear_program(seed):
    reduced = region(seed, 800, 80, 18.0)
    begin = np.arange(len(reduced.sites)) < 8
    watch = watch_with(reduced, begin)
    saddle(reduced, 8, watch, lambda: None)
    whole = linear_bound(reduced, 8)
    assert whole - 0.05 * (loss(reduced, begin) - whole) <= watch.bound <= whole + 1e-6 * loss(reduced, begin)


def test_every_turn_keeps_a_bound_and_a_stop_is_let_through():
    reduced = region(1, 400, 40, 20.0)
    whole = linear_bound(reduced, 4)

    def stop(*_: object, **__: object) -> None:
        calls.append(1)
        if len(calls) > 3:
            raise Cancelled

    calls: list[int] = []
    watch = Watch(stop, 60.0, 0.0)
    begin = np.arange(len(reduced.sites)) < 4
    watch.offer(begin, loss(reduced, begin))
    watch._told = -np.inf
    search = _Saddle(reduced, 4, watch, lambda: watch._progress("", 0, 0))
    with pytest.raises(Cancelled):
        search.run()
    assert watch.bound <= whole + 1e-6 * abs(whole)


@pytest.mark.parametrize("seed", range(10))
def test_shares_within_the_limits_are_the_nearest(seed):
    rng = np.random.default_rng(seed)
    shares, spread_of, most = rng.normal(0.4, 0.8, 12), rng.uniform(0.2, 3.0, 12), int(rng.integers(1, 8))
    found = within(shares, spread_of, most)
    assert found.sum() <= most + 1e-9
    assert ((found >= 0) & (found <= 1)).all()
    # No exchange between two sites, and no move of one, comes nearer (the distance is convex).
    far = lambda y: float(((y - shares) ** 2 / spread_of).sum())  # noqa: E731
    for one, other in itertools.permutations(range(12), 2):
        step = np.zeros(12)
        step[one], step[other] = 1e-4, -1e-4
        for move in (step, np.where(step < 0, step, 0.0), np.where(step > 0, step, 0.0)):
            moved = np.clip(found + move, 0, 1)
            if moved.sum() <= most:
                assert far(moved) >= far(found) - 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_questions_bounded_so_have_the_same_answer(seed, monkeypatch):
    table, people = spread(500, 60, 25.0, seed)
    problem = problem_of(table, people, limit=25.0)
    plain = propose(problem, MCLP(9, 25.0))
    monkeypatch.setattr(reduced_search, "_LARGE", 0)
    monkeypatch.setattr(reduced_search, "_SATURATED", 1.0)
    priced = propose(problem, MCLP(9, 25.0))
    assert (plain.status, priced.status) == ("proven", "proven")
    assert priced.value == plain.value
    assert priced.checked == "whole"
