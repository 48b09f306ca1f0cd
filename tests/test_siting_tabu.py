"""A share of the people with few sites: what swaps save is what counting afresh gives, and answers equal those of trying every plan."""

from __future__ import annotations

import contextlib
import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from layers.errors import Cancelled
from layers.progress import silent
from planning.siting import LSCP, propose
from planning.siting.bound import Goal
from planning.siting.dominance import table_of
from planning.siting.heuristic import greedy, loss
from planning.siting.reduce import Reduced, reduce_cover
from planning.siting.swap_kernels import enter, leave, swap
from planning.siting.tabu import Walk, _begun
from planning.siting.watch import Watch
from tests.siting_drawings import best, drawn, problem_of, spread


def region(seed: int = 5, cells: int = 1200, sites: int = 120) -> Reduced:
    table, people = spread(cells, sites, 12.0, seed)
    return reduce_cover(problem_of(table, people, limit=12.0), 6.0)


def has_of(reduced: Reduced) -> np.ndarray:
    has = np.zeros((len(reduced.weight), len(reduced.sites)), bool)
    has[reduced.row, reduced.site] = True
    return has


@pytest.mark.parametrize("seed", range(4))
def test_what_swaps_save_is_what_counting_afresh_gives(seed):
    reduced, rng = region(seed, 400, 60), np.random.default_rng(seed)
    has, table, opened = has_of(reduced), table_of(reduced), np.zeros(len(reduced.sites), bool)
    opened[rng.choice(len(opened), 8, replace=False)] = True
    state = _begun(table, reduced.weight, opened)
    for _ in range(12):
        swap(table, reduced.weight, state, (2, 7), 1, 0.0)
        plan = state.place >= 0
        near = has[:, plan].sum(axis=1)
        alone = [(near == 1) & has[:, site] for site in state.inside]
        assert plan.sum() == 8
        assert state.inside[state.place[plan]].tolist() == np.flatnonzero(plan).tolist()
        assert state.cost[0] == pytest.approx(loss(reduced, plan))
        assert state.gain == pytest.approx(reduced.weight @ (has & (near == 0)[:, None]))
        assert state.loss == pytest.approx(np.array([reduced.weight @ rows for rows in alone]))
        assert state.both == pytest.approx(np.array([reduced.weight @ (has & rows[:, None]) for rows in alone]))
        assert (state.near == near).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_best_swap_is_made_and_the_sites_it_moved_rest(seed):
    reduced = region(seed, 200, 25)
    table, opened = table_of(reduced), np.arange(len(reduced.sites)) < 5
    state = _begun(table, reduced.weight, opened)
    for _ in range(6):
        before, step = state.place >= 0, state.step[0] + 1
        costs = {}
        for go, come in itertools.product(np.flatnonzero(before), np.flatnonzero(~before)):
            plan = before.copy()
            plan[[go, come]] = False, True
            cost = loss(reduced, plan)
            if cost < state.cost[1] - 1e-9 or (state.until[go] < step and state.until[come] < step):
                costs[go, come] = cost
        swap(table, reduced.weight, state, (1, 9), 1, 0.0)
        after = state.place >= 0
        assert loss(reduced, after) == pytest.approx(min(costs.values()))
        (go,), (come,) = np.flatnonzero(before & ~after), np.flatnonzero(after & ~before)
        assert (state.until[come], state.until[go]) == (step + 1, step + 9)


def test_a_site_that_leaves_and_comes_back_changes_nothing():
    reduced = region(3, 300, 40)
    table, opened = table_of(reduced), np.arange(len(reduced.sites)) % 6 == 0
    state, fresh = (_begun(table, reduced.weight, opened) for _ in range(2))
    for at in range(len(state.inside)):
        site = int(state.inside[at])
        leave(table, reduced.weight, state, at)
        enter(table, reduced.weight, state, site, at)
    for name in ("near", "sole", "inside", "place", "gain", "loss", "both", "cost"):
        assert getattr(state, name) == pytest.approx(getattr(fresh, name)), name


@pytest.mark.parametrize("block", range(6))
def test_a_share_takes_as_few_sites_as_trying_all_plans(block):
    infeasible = 0
    for seed in range(3000 + block * 60, 3060 + block * 60):
        table, people, limit, status = drawn(seed)
        problem, rng = problem_of(table, people, limit=limit, **status), np.random.default_rng(seed)
        model = LSCP(float(rng.integers(5, 50)), float(rng.choice([0.3, 0.6, 0.8, 0.9, 0.95, 0.99])), ("people", "coverable")[seed % 3 == 0])
        expected, plan = best(problem, model, table), propose(problem, model)
        infeasible += expected is None
        assert (plan.status, plan.value) == ("proven", expected) if expected is not None else plan.status == "infeasible", seed
    assert infeasible >= 6


@pytest.mark.parametrize(
    ("cells", "sites", "threshold", "share", "seed"), [(500, 90, 6.0, 0.95, 1), (600, 80, 4.0, 0.9, 2), (400, 120, 5.0, 0.99, 3)]
)
def test_a_share_takes_as_few_sites_as_the_textbook_program_says(cells, sites, threshold, share, seed):
    table, people = spread(cells, sites, 12.0, seed)
    near = sparse.csr_array(table <= threshold, dtype=float)
    lived_in = near.sum(axis=1) > 0
    rows = sparse.hstack([near[lived_in], -sparse.eye_array(int(lived_in.sum()))])  # covered only with an open site
    counted = np.concatenate([np.zeros(sites), people[lived_in]])
    limits = [LinearConstraint(rows, 0.0), LinearConstraint(counted[None], share * people[lived_in].sum() - 1e-6)]
    kinds = np.concatenate([np.ones(sites), np.zeros(int(lived_in.sum()))])
    found = milp(kinds, constraints=limits, integrality=kinds, bounds=Bounds(0, 1))
    assert found.success
    plan = propose(problem_of(table, people, limit=12.0), LSCP(threshold, share, "coverable"))
    assert (plan.status, plan.value) == ("proven", round(found.fun))


@pytest.mark.parametrize("looks", [1, 4, 9, 30])
def test_stopped_at_any_look_it_leaves_a_plan_within_the_budget(looks):
    reduced, asked = region(), itertools.count()
    goal, watch = Goal(budget=0.02 * float(reduced.weight.sum())), Watch(silent, 60.0, 0.0)
    first = greedy(reduced, len(reduced.sites), lambda opened: None, enough=goal.budget)
    watch.offer(first, float(first.sum()))

    def look(plan: object = None) -> None:
        if next(asked) >= looks:
            raise Cancelled

    watch.look = look  # type: ignore[assignment]
    with contextlib.suppress(Cancelled):
        Walk(reduced, goal, watch).run()
    assert watch.opened is not None
    assert loss(reduced, watch.opened) <= goal.budget
    assert watch.cost == watch.opened.sum() <= first.sum()


def test_the_search_for_fewer_sites_mends_what_greedy_does_not_see_and_is_the_same_each_time():
    plans = []
    for _ in range(2):
        reduced = region()
        goal, watch = Goal(budget=0.02 * float(reduced.weight.sum())), Watch(silent, 60.0, 0.0)
        first = greedy(reduced, len(reduced.sites), lambda opened: None, enough=goal.budget)
        watch.offer(first, float(first.sum()))
        Walk(reduced, goal, watch).run()
        assert watch.cost < first.sum()
        plans.append(watch.opened)
    assert (plans[0] == plans[1]).all()
