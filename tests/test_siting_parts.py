"""The parts of the siting search, each against a plain count."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from layers.progress import silent
from planning.siting import MCLP, PMedian, propose
from planning.siting.bound import Goal, Relaxation
from planning.siting.equal import equal_segments, first_equal
from planning.siting.groups import groups_of_rows
from planning.siting.heuristic import Swaps, charged, greedy, interchange, loss, nearest, without_idle
from planning.siting.reduce import _rows, reduce_costs, reduce_cover
from planning.siting.tree import Tree
from planning.siting.watch import Watch
from tests.siting_drawings import drawn, problem_of, spread


def seen(opened: np.ndarray) -> None:
    """Take note of nothing."""


@pytest.mark.parametrize("seed", range(40))
def test_reduced_problem_costs_what_the_raw_one_costs(seed):
    table, people, limit, status = drawn(seed)
    problem = problem_of(table, people, limit=limit, **status)
    reduced = reduce_costs(problem, beyond=limit)
    fixed = [j for j, name in enumerate(problem.costs.sites) if status[name] in {"kept", "must_open"}]
    usable = [j for j, name in enumerate(problem.costs.sites) if status[name] != "forbidden"]
    counted = np.isfinite(table[:, usable]).any(axis=1) & (people > 0) if usable else np.zeros(len(people), bool)
    for bits in itertools.product([False, True], repeat=len(reduced.sites)):
        chosen = [list(problem.costs.sites).index(name) for name, is_open in zip(reduced.sites, bits, strict=True) if is_open]
        near = table[:, fixed + chosen].min(axis=1) if fixed + chosen else np.full(len(people), np.inf)
        raw = (people * np.minimum(near, limit))[counted].sum()
        assert loss(reduced, np.array(bits, bool)) + reduced.settled == pytest.approx(raw, rel=1e-12, abs=1e-9)
    assert reduced.left_out.sum() == ((people > 0) & ~counted).sum()


def test_equal_cells_and_equal_sites_merge():
    reduced = reduce_cover(problem_of([[1.0, 1, 9, 9], [1, 1, 9, 9], [9, 9, 1, 9], [1, 1, 1, 9]], [1, 2, 4, 8]), 2.0)
    assert reduced.sites == ("s00", "s02")  # s01 serves as s00 does, s03 serves nobody
    assert sorted(reduced.weight) == [3.0, 4.0, 8.0]


def test_rows_stand_cheapest_first_then_by_site():
    rng = np.random.default_rng(4)
    cell, site = np.nonzero(rng.random((60, 40)) < 0.5)
    cost = rng.integers(0, 5, len(cell)).astype(float)
    start, sites, costs = _rows(cell, site.astype(np.int32), cost.copy())
    order = np.lexsort((site, cost, cell))
    assert start.tolist() == [0, *np.cumsum(np.bincount(cell))]
    assert (sites == site[order]).all()
    assert (costs == cost[order]).all()


def test_segments_whose_hashes_collide_are_compared():
    start, key = np.array([0, 2, 4, 6, 8, 9]), np.array([1, 2, 1, 3, 1, 2, 1, 2, 1], np.int32)
    value, extra = np.array([0.0, 0, 0, 0, -0.0, 0, 0, 9, 0]), np.zeros(5)
    assert first_equal(np.full(5, 7, np.uint64), start, key, value, extra).tolist() == [0, 1, 0, 3, 4]
    assert equal_segments(start, key, value, extra).tolist() == [0, 1, 0, 3, 4]


@pytest.mark.parametrize("seed", range(20))
def test_equal_segments_are_what_tuples_say(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 200))
    start = np.concatenate([[0], np.cumsum(rng.integers(0, 4, count))]).astype(np.int64)
    key, value = rng.integers(0, 3, start[-1]).astype(np.int32), rng.integers(0, 2, start[-1]).astype(float)
    extra = rng.integers(0, 2, count).astype(float)
    known: dict[tuple, int] = {}
    parts = [(extra[j], *key[start[j] : start[j + 1]], *value[start[j] : start[j + 1]]) for j in range(count)]
    assert equal_segments(start, key, value, extra).tolist() == [known.setdefault(part, j) for j, part in enumerate(parts)]


@pytest.mark.parametrize("seed", range(20))
def test_columns_are_the_rows_turned(seed):
    table, people, limit, _ = drawn(seed)
    problem = problem_of(table, people, limit=limit)
    for reduced in (reduce_costs(problem, beyond=limit), reduce_cover(problem, 30.0)):
        of_rows = {(int(site), int(row), float(cost)) for site, row, cost in zip(reduced.site, reduced.row, reduced.cost, strict=True)}
        of_sites = [(site, int(row), float(cost)) for site in range(len(reduced.sites)) for row, cost in zip(*reduced.column(site), strict=True)]
        assert of_sites == sorted(of_rows, key=lambda entry: entry[:2])
        for opened in (np.zeros(len(reduced.sites), bool), np.arange(len(reduced.sites)) % 3 == 0, np.ones(len(reduced.sites), bool)):
            near = nearest(reduced, opened, reduced.beyond)
            for row in range(len(reduced.weight)):
                entries = [(cost, site) for site, at, cost in of_rows if at == row and opened[site]]
                costs = [*sorted(entries), (reduced.beyond[row], -1), (reduced.beyond[row], -1)]
                assert (near.cost[row], near.site[row], near.second[row]) == (*costs[0], costs[1][0])


@pytest.mark.parametrize("seed", range(25))
def test_swaps_know_what_each_swap_saves(seed):
    table, people, limit, _ = drawn(seed)
    reduced = reduce_costs(problem_of(table, people, limit=limit), beyond=limit)
    count = len(reduced.sites)
    if count < 3:
        return
    opened = np.zeros(count, bool)
    opened[: count // 2] = True
    swaps = Swaps(reduced, opened, charged(reduced))
    for _ in range(4):
        before = loss(reduced, swaps.opened)
        saved = {}
        for come, (place, go) in itertools.product(np.flatnonzero(~swaps.opened), enumerate(swaps.inside)):
            other = swaps.opened.copy()
            other[come], other[go] = True, False
            saved[int(come), place] = before - loss(reduced, other)
        come, place, most = swaps.best()
        assert most == pytest.approx(max(saved.values()), abs=1e-6)
        assert saved[come, place] == pytest.approx(most, abs=1e-6)
        swaps.swap(come, place)


def test_interchange_mends_what_greedy_does_not_see():
    # Greedy takes the middle site (6 people), then one end (3); both ends together serve 10.
    table = [[1.0, 9, 1], [9, 1, 1], [1, 9, 9], [9, 1, 9]]
    reduced = reduce_cover(problem_of(table, [3, 3, 2, 2]), 2.0)
    first = greedy(reduced, 2, seen)
    assert loss(reduced, first) == 2.0
    assert loss(reduced, interchange(reduced, first, seen)) == 0.0


def test_idle_sites_leave():
    reduced = reduce_cover(problem_of([[1.0, 1], [1, 9]], [1, 1]), 2.0)
    assert without_idle(reduced, np.array([True, True])).tolist() == [True, False]


@pytest.mark.parametrize("seed", range(30))
def test_cuts_hold_for_every_plan_and_are_tight_where_they_were_made(seed):
    table, people, limit, _ = drawn(seed)
    reduced = reduce_costs(problem_of(table, people, limit=limit), beyond=limit)
    group, count = groups_of_rows(reduced), len(reduced.sites)
    if not count:
        return
    relaxation = Relaxation(reduced, Goal(most=2), group, lambda: None)
    shares = np.random.default_rng(seed).random(count)
    at = [np.zeros(count), np.ones(count), shares, np.round(shares)]
    for y in at:
        coefficient, constant = relaxation.cuts(y)
        for bits in itertools.product([0.0, 1.0], repeat=count):
            plan = np.array(bits)
            least = (constant - coefficient[:, :count] @ plan).sum() * relaxation.scale
            true = loss(reduced, plan > 0.5)
            assert least <= true + 1e-6
            if (plan == y).all():
                assert least == pytest.approx(true, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_from_any_prices_hold(seed):
    table, people, limit, _ = drawn(seed)
    reduced = reduce_costs(problem_of(table, people, limit=limit), beyond=limit)
    if len(reduced.sites) < 3:
        return
    relaxation = Relaxation(reduced, Goal(most=2), groups_of_rows(reduced), lambda: None)
    best = min(loss(reduced, np.isin(np.arange(len(reduced.sites)), pair)) for pair in itertools.combinations(range(len(reduced.sites)), 2))
    for _ in range(30):
        answer = relaxation.solve()
        assert answer.bound <= best * (1 + 1e-9) + 1e-9
        if not relaxation.separate(answer, answer.y):
            break
    rows = relaxation.program.rows
    for wrong in (np.zeros(rows), np.ones(rows), np.random.default_rng(seed).random(rows)):
        assert relaxation.program.priced(wrong)[0] * relaxation.unit <= best + 1e-9  # a solver's wrong prices cost time, not truth


def test_greedy_alone_is_not_called_proven():
    table, people = spread(300, 60, 6.0)
    problem = problem_of(table, people, limit=6.0)
    for model in (MCLP(5, 3.0), PMedian(5, "limit")):
        plan = propose(problem, model)
        assert plan.status == "proven"
        assert plan.nodes >= 1 or plan.model == "pmedian"  # whose prices alone can prove it


@pytest.mark.parametrize("seed", range(40))
def test_fixing_keeps_every_better_plan(seed):
    table, people = spread(25, 9, 100.0, seed)
    reduced, goal = reduce_costs(problem_of(table, people), beyond=np.inf), Goal(most=3)
    plans = [np.isin(np.arange(9), chosen) for chosen in itertools.combinations(range(9), 3)]
    costs = np.array([loss(reduced, plan) for plan in plans])
    watch = Watch(silent, 60.0, 0.0)
    rank = int(np.argsort(costs)[3 + seed % 8])  # a good plan, but not the best
    watch.offer(plans[rank], costs[rank])
    tree = Tree(reduced, goal, groups_of_rows(reduced), watch)
    for _ in range(30):
        answer = tree.relaxation.solve()
        tree._fix(answer)
        for plan in itertools.compress(plans, costs < costs[rank] * (1 - 1e-9)):
            assert (tree._low <= plan).all()
            assert (plan <= tree._high).all()
        if not tree.relaxation.separate(answer, answer.y):
            break
