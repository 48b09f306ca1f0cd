"""Covering everybody with few sites: what is left out decides nothing, the search finds covers, and answers equal those of trying every plan."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from layers.errors import Cancelled
from layers.progress import silent
from planning.siting import LSCP, SitingProblem, propose
from planning.siting.cover import CoverSearch
from planning.siting.dominance import decisive, table_of
from planning.siting.reduce import Reduced, reduce_cover
from planning.siting.watch import Watch
from planning.siting.weighting import Weighting
from tests.siting_drawings import best, drawn, problem_of, spread


def covers(reduced: Reduced) -> np.ndarray:
    """Return whether each row has each site, shape (rows, sites)."""
    has = np.zeros((len(reduced.weight), len(reduced.sites)), bool)
    has[reduced.row, reduced.site] = True
    return has


def fewest(has: np.ndarray) -> int:
    """Return how few columns touch every row, by trying them all."""
    counts = (
        count for count in range(has.shape[1] + 1) for some in itertools.combinations(range(has.shape[1]), count) if has[:, some].any(axis=1).all()
    )
    return next(counts)


def dense(seed: int, rows: int = 14, sites: int = 9) -> np.ndarray:
    """Return a random table of rows by sites in which every row has a site, and rows and sites are often equal or part of another."""
    rng = np.random.default_rng(seed)
    has = rng.random((int(rng.integers(1, rows)), int(rng.integers(1, sites)))) < rng.choice([0.15, 0.3, 0.6])
    has[np.arange(len(has)), rng.integers(0, has.shape[1], len(has))] = True
    return has


def reduced_of(has: np.ndarray) -> Reduced:
    return reduce_cover(problem_of(np.where(has, 1.0, 9.0)), 2.0, beyond=np.inf)


def seen() -> None:
    """Take note of nothing."""


@pytest.mark.parametrize("block", range(5))
def test_rows_and_sites_left_out_decide_nothing(block):
    smaller = 0
    for seed in range(block * 60, block * 60 + 60):
        whole = reduced_of(dense(seed))
        left, _ = decisive(whole, seen)
        has, kept = covers(whole), covers(left)
        assert left.sites == whole.sites
        assert fewest(kept) == fewest(has), seed
        for some in itertools.product([False, True], repeat=len(whole.sites)):
            if kept[:, some].any(axis=1).all():
                assert has[:, some].any(axis=1).all(), (seed, some)
        # Nothing more can leave: no row has all sites of another, no site all rows of another.
        rows, sites = kept, kept[:, kept.any(axis=0)].T
        for table in (rows, ~sites):
            assert not any((table[one] <= table[other]).all() for one, other in itertools.permutations(range(len(table)), 2)), seed
        smaller += len(left.site) < len(whole.site)
    assert smaller > 30


@pytest.mark.parametrize("more", [1, 2])
def test_of_sites_that_cover_the_same_the_smaller_id_stays(more):
    # Whoever covers the last row covers the one before it; without that one s01 and s02 cover the same, whichever of them covered more before.
    left, _ = decisive(reduced_of(np.array([[0, 1, 1, 0], [0, more == 1, more == 2, 1], [0, 0, 0, 1]], bool)), seen)
    assert sorted({left.sites[site] for site in left.site}) == ["s01", "s03"]


def test_rows_stand_both_ways_round():
    whole = reduced_of(dense(5))
    table, has = table_of(whole), covers(whole)
    assert [table.site[table.start[row] : table.start[row + 1]].tolist() for row in range(len(has))] == [np.flatnonzero(row).tolist() for row in has]
    columns = [table.row[table.column_start[site] : table.column_start[site + 1]].tolist() for site in range(has.shape[1])]
    assert columns == [np.flatnonzero(column).tolist() for column in has.T]


@pytest.mark.parametrize("block", range(5))
def test_weighing_rows_finds_the_smallest_cover_of_small_tables(block):
    for seed in range(block * 60, block * 60 + 60):
        whole = reduced_of(dense(seed, 25, 11))
        search, has = Weighting(whole), covers(whole)
        while not search.tired:
            search.turn(0)
            assert has[:, search.best].any(axis=1).all()
        assert search.best.sum() == fewest(has), seed


def test_weights_and_scores_are_what_counting_afresh_gives():
    table, _ = spread(600, 90, 9.0)
    whole = reduced_of(np.isfinite(table)[np.isfinite(table).any(axis=1)])
    search, has = Weighting(whole), covers(whole)
    for _ in range(3):
        search.turn(0)
        state = search._state
        count = has[:, state.opened].sum(axis=1)
        assert (state.near == count).all()
        gained = (has & (count == 0)[:, None]).T @ state.weight
        lost = (has & (count == 1)[:, None]).T @ state.weight
        assert (state.score == np.where(state.opened, -lost, gained)).all()
        assert sorted(state.missing[: state.figure[0]]) == np.flatnonzero(count == 0).tolist()


@pytest.mark.parametrize("block", range(6))
def test_covering_everybody_takes_as_few_sites_as_trying_all_plans(block):
    infeasible = 0
    for seed in range(1000 + block * 60, 1060 + block * 60):
        table, people, limit, status = drawn(seed)
        problem, rng = problem_of(table, people, limit=limit, **status), np.random.default_rng(seed)
        model = LSCP(float(rng.integers(10, 60)), 1.0, ("people", "coverable")[seed % 2])
        expected, plan = best(problem, model, table), propose(problem, model)
        infeasible += expected is None
        assert (plan.status, plan.value) == ("proven", expected) if expected is not None else plan.status == "infeasible", seed
    assert infeasible >= 6


def textbook(problem: SitingProblem, threshold: float) -> float:
    """Return the fewest sites by the textbook program, solved by HiGHS as scipy calls it."""
    near = [problem.costs.cell[slice(*problem.costs.start[site : site + 2])] for site in range(len(problem.costs.sites))]
    near = [cells[problem.costs.cost[slice(*problem.costs.start[site : site + 2])] <= threshold] for site, cells in enumerate(near)]
    sites = np.repeat(np.arange(len(near)), [len(cells) for cells in near])
    has = sparse.csr_array((np.ones(len(sites)), (np.concatenate(near), sites)), shape=(len(problem.people), len(near)))
    has = has[has.sum(axis=1) > 0]
    found = milp(np.ones(len(near)), constraints=LinearConstraint(has, 1.0), integrality=np.ones(len(near)), bounds=Bounds(0, 1))
    assert found.success
    return round(found.fun)


@pytest.mark.parametrize(("cells", "sites", "threshold", "seed"), [(1500, 120, 6.0, 1), (1500, 150, 9.0, 2), (3000, 200, 5.0, 3), (800, 160, 4.0, 4)])
def test_covering_everybody_takes_as_few_sites_as_the_textbook_program_says(cells, sites, threshold, seed):
    table, people = spread(cells, sites, 12.0, seed)
    problem = problem_of(table, people, limit=12.0)
    plan = propose(problem, LSCP(threshold, 1.0, "coverable"))
    assert (plan.status, plan.value) == ("proven", textbook(problem, threshold))


def hard() -> SitingProblem:
    """Return a problem that bound and plan do not close at once."""
    table, people = spread(4000, 300, 12.0, 5)
    return problem_of(table, people, limit=12.0)


def test_the_order_of_the_sites_and_another_run_change_nothing():
    problem, model = hard(), LSCP(7.0, 1.0, "coverable")
    turned = replace(problem, costs=problem.costs.take(pd.Index(list(problem.costs.sites)[::-1])))
    plans = [replace(propose(given, model), seconds=0.0) for given in (problem, problem, turned)]
    assert plans[0] == plans[1] == plans[2]


@pytest.mark.parametrize("looks", [1, 2, 5, 9])
def test_a_search_stopped_at_any_turn_leaves_a_cover_and_a_bound(looks):
    whole, asked = reduce_cover(hard(), 7.0, beyond=np.inf), itertools.count()
    watch = Watch(silent, 60.0, 0.0)
    watch.offer(np.ones(len(whole.sites), bool), float(len(whole.sites)))
    watch.look = lambda plan=None: next(asked) < looks or _stop()  # type: ignore[assignment]
    with contextlib.suppress(Cancelled):
        CoverSearch(whole, watch).run()
    assert watch.opened is not None
    assert covers(whole)[:, watch.opened].any(axis=1).all()
    assert watch.cost == watch.opened.sum()


def _stop() -> bool:
    raise Cancelled
