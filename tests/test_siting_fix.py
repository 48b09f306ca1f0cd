"""Sites fixed closed leave the rows: what is left costs every plan without them the same, group by group."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from planning.siting import MCLP, PMedian, propose, tree
from planning.siting.bound import Goal, Relaxation
from planning.siting.fix import without_sites
from planning.siting.groups import groups_of_rows
from planning.siting.heuristic import nearest
from planning.siting.reduce import Reduced, reduce_costs, reduce_cover
from tests.siting_drawings import drawn, problem_of, spread


def by_group(reduced: Reduced, group: np.ndarray, opened: np.ndarray, groups: int) -> np.ndarray:
    return np.bincount(group, weights=reduced.weight * nearest(reduced, opened, reduced.beyond).cost, minlength=groups)


@pytest.mark.parametrize("seed", range(40))
def test_plans_without_the_closed_sites_cost_the_same(seed):
    table, people, limit, _ = drawn(seed)
    problem, rng = problem_of(table, people, limit=limit), np.random.default_rng(seed)
    for reduced in (reduce_costs(problem, beyond=limit), reduce_cover(problem, 30.0)):
        count, rows = len(reduced.sites), len(reduced.weight)
        if not count:
            continue
        group = rng.integers(0, 3, rows) if seed % 2 else groups_of_rows(reduced)
        groups, closed = int(group.max()) + 1, rng.random(count) < 0.6
        left, its_group = without_sites(reduced, closed, group)
        assert not closed[left.site].any()
        assert left.weight.sum() == pytest.approx(reduced.weight.sum())
        for bits in itertools.product([False, True], repeat=count):
            opened = np.array(bits) & ~closed
            assert by_group(left, its_group, opened, groups) == pytest.approx(by_group(reduced, group, opened, groups), abs=1e-9)


def test_rows_that_become_equal_merge_within_their_group():
    reduced = reduce_cover(problem_of([[1.0, 1, 9], [1, 9, 9], [9, 1, 9], [9, 9, 1]], [1, 2, 4, 8]), 2.0)
    closed = np.array([False, True, False])
    left, _ = without_sites(reduced, closed, np.zeros(4, np.int64))
    assert sorted(left.weight.tolist()) == [3.0, 4.0, 8.0]  # the third cell has no site left
    assert left.weight[-1] == 4.0
    apart, _ = without_sites(reduced, closed, np.arange(4))
    assert sorted(apart.weight.tolist()) == [1.0, 2.0, 4.0, 8.0]


def test_a_row_that_must_be_served_and_has_lost_its_sites_says_that_nothing_is_feasible():
    reduced = reduce_cover(problem_of([[1.0, 9], [9, 1]], [1, 2]), 2.0, beyond=np.inf)
    left, group = without_sites(reduced, np.array([True, False]), np.arange(2))
    relaxation = Relaxation(reduced, Goal(most=1), np.arange(2), lambda: None)
    relaxation.limit(np.zeros(2), np.array([0.0, 1.0]))
    relaxation.take(left, group)
    assert (relaxation.cuts(np.zeros(2))[1] == 0).all()
    answer = relaxation.solve()
    while answer.state == "solved" and relaxation.separate(answer, answer.y):
        answer = relaxation.solve()
    assert answer.state == "infeasible"


def test_forgetting_changes_no_answer(monkeypatch):
    table, people = spread(600, 90, 6.0)
    problem, calls = problem_of(table, people, limit=6.0), []

    def counted(*asked):
        calls.append(1)
        return without_sites(*asked)

    monkeypatch.setattr(tree, "without_sites", counted)
    for model in (MCLP(5, 3.0), PMedian(6, "limit")):
        plan = propose(problem, model)
        with monkeypatch.context() as never:
            never.setattr(tree, "_FORGOTTEN", 2.0)
            whole = propose(problem, model)
        assert (plan.value, plan.status) == (whole.value, "proven")
    assert calls
