"""Backup cover, equity and excluding sites on problems large enough to branch, against the textbook integer programs solved whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from planning.siting import LSCP, MCLP, BackupCover, EquityCover, SitingProblem, propose
from planning.siting.apart import kept_apart
from tests.siting_drawings import problem_of

CELLS, SITES, NEAR, MOST, MANY = 120, 40, 5.0, 6, 12


def region(seed: int) -> tuple[SitingProblem, np.ndarray]:
    """Return a problem of five townships with a minimum distance between sites, and who is near what."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 30, (CELLS + SITES, 2))
    people = rng.integers(1, 30, CELLS).astype(float) if seed % 2 else rng.lognormal(2, 0.8, CELLS)
    table = np.hypot(*(places[:CELLS, None] - places[None, CELLS:]).transpose(2, 0, 1)).round(3)
    towns = np.array([f"镇{int(x // 6)}" for x in places[:CELLS, 0]])
    return kept_apart(replace(problem_of(table, people), towns=towns), places[CELLS:], 4.0), (table <= NEAR).astype(float)


class Textbook:
    """Variables: sites, covered once, covered twice, the worst share; rows that hold for all models."""

    def __init__(self, problem: SitingProblem, near: np.ndarray, *, most: float) -> None:
        self.problem, self.size = problem, SITES + 2 * CELLS + 1
        names = list(problem.costs.sites)
        self.rows = [(self.row(sites=np.ones(SITES)), -np.inf, most)]
        for one, other in problem.conflicts:
            pair = np.zeros(SITES)
            pair[[names.index(one), names.index(other)]] = 1.0
            self.rows.append((self.row(sites=pair), -np.inf, 1.0))
        for cell in range(CELLS):
            unit = np.eye(CELLS)[cell]
            self.rows.append((self.row(sites=near[cell], once=-unit, twice=-unit), 0.0, np.inf))
            self.rows.append((self.row(once=unit, twice=-unit), 0.0, np.inf))

    def row(self, sites=0.0, once=0.0, twice=0.0, worst=0.0) -> np.ndarray:
        row = np.zeros(self.size)
        row[:SITES], row[SITES : SITES + CELLS], row[SITES + CELLS : -1], row[-1] = sites, once, twice, worst
        return row

    def best(self, objective: np.ndarray) -> float:
        """Return the greatest value of an objective."""
        limits = LinearConstraint(np.array([row for row, _, _ in self.rows]), [low for _, low, _ in self.rows], [high for _, _, high in self.rows])
        whole = (np.arange(self.size) < SITES).astype(int)
        answer = milp(-objective, constraints=limits, integrality=whole, bounds=Bounds(0, 1), options={"mip_rel_gap": 0.0})
        assert answer.status == 0
        return -float(answer.fun)


@pytest.mark.parametrize("seed", range(6))
def test_backup_agrees(seed):
    problem, near = region(seed)
    people, book = problem.people, Textbook(problem, near, most=MANY)
    plan, weighed = propose(problem, BackupCover(MANY, NEAR)), propose(problem, BackupCover(MANY, NEAR, 0.4))
    assert weighed.value == pytest.approx(book.best(book.row(once=people, twice=0.4 * people)), rel=1e-6)
    most = book.best(book.row(once=people))
    book.rows.append((book.row(once=people), most * (1 - 1e-9), np.inf))
    assert (plan.value, plan.second_value) == pytest.approx((most, book.best(book.row(twice=people))), rel=1e-6, abs=1e-4)
    assert {plan.status, weighed.status} == {"proven"}
    assert propose(problem, MCLP(MANY, NEAR)).value == pytest.approx(most, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_equity_agrees(seed):
    problem, near = region(seed)
    people, towns, book = problem.people, problem.towns, Textbook(problem, near, most=MOST)
    for town in set(towns):
        mine = people * (towns == town)
        book.rows.append((book.row(once=mine / mine.sum(), worst=-1.0), 0.0, np.inf))
    plan = propose(problem, EquityCover(MOST, NEAR))
    worst = book.best(book.row(worst=1.0))
    book.rows.append((book.row(worst=1.0), worst * (1 - 1e-7), np.inf))
    assert (plan.value, plan.second_value) == pytest.approx((worst, book.best(book.row(once=people))), rel=1e-5)
    assert plan.status == "proven"


@pytest.mark.parametrize("seed", range(6))
def test_fewest_sites_that_keep_apart_agree(seed):
    problem, near = region(seed)
    people, book = problem.people, Textbook(problem, near, most=np.inf)
    book.rows.append((book.row(once=people), 0.8 * people.sum(), np.inf))
    plan = propose(problem, LSCP(NEAR, 0.8))
    assert (plan.value, plan.status) == (round(-book.best(book.row(sites=-1.0))), "proven")


def test_these_problems_branch():
    assert all(propose(region(seed)[0], EquityCover(MOST, NEAR)).nodes > 10 for seed in (0, 1))
