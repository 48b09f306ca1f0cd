"""Problems large enough to branch, against the textbook integer programs solved whole by another solver interface."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from planning.siting import LSCP, MCLP, PMedian, propose
from tests.siting_drawings import problem_of


def drawn_plane(seed: int, cells: int, sites: int, *, whole: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 30, (cells + sites, 2))
    people = rng.integers(1, 30, cells).astype(float) if whole else rng.lognormal(2, 0.8, cells)
    return np.hypot(*(places[:cells, None] - places[None, cells:]).transpose(2, 0, 1)).round(3), people


def solved(cost: np.ndarray, rows: list[tuple[sparse.sparray, float, float]], whole: int) -> float:
    """Return the optimum of a program in 0-1 variables, of which the first ``whole`` must be whole numbers."""
    limits = [LinearConstraint(matrix.tocsr(), low, high) for matrix, low, high in rows]
    integrality = (np.arange(len(cost)) < whole).astype(int)
    answer = milp(cost, constraints=limits, integrality=integrality, bounds=Bounds(0, 1), options={"mip_rel_gap": 0.0})
    assert answer.status == 0
    return float(answer.fun)


def covering_rows(near: np.ndarray) -> sparse.sparray:
    """Return the rows: the sites near a cell, less its being covered."""
    return sparse.hstack([sparse.csr_array(near.astype(float)), -sparse.eye_array(len(near))])


def most_covered(table: np.ndarray, people: np.ndarray, threshold: float, sites: int) -> float:
    cells, count = table.shape
    number = sparse.csr_array(np.concatenate([np.ones(count), np.zeros(cells)])[None, :])
    rows = [(covering_rows(table <= threshold), 0.0, np.inf), (number, 0.0, float(sites))]
    return -solved(np.concatenate([np.zeros(count), -people]), rows, count)


def fewest_sites(table: np.ndarray, people: np.ndarray, threshold: float, share: float) -> float:
    cells, count = table.shape
    covered = sparse.csr_array(np.concatenate([np.zeros(count), people])[None, :])
    rows = [(covering_rows(table <= threshold), 0.0, np.inf), (covered, share * float(people.sum()), np.inf)]
    return round(solved(np.concatenate([np.ones(count), np.zeros(cells)]), rows, count))


def least_travel(table: np.ndarray, people: np.ndarray, sites: int) -> float:
    cells, count = table.shape
    ways = cells * count
    once = sparse.hstack([sparse.csr_array((cells, count)), sparse.kron(sparse.eye_array(cells), np.ones((1, count)))])
    only_open = sparse.hstack([sparse.kron(np.ones((cells, 1)), sparse.eye_array(count)), -sparse.eye_array(ways)])
    number = sparse.csr_array(np.concatenate([np.ones(count), np.zeros(ways)])[None, :])
    cost = np.concatenate([np.zeros(count), (people[:, None] * table).ravel()])
    return solved(cost, [(once, 1.0, 1.0), (only_open, 0.0, np.inf), (number, float(sites), float(sites))], count)


@pytest.mark.parametrize("seed", range(16))
def test_covering_agrees(seed):
    whole = seed % 2 == 0
    table, people = drawn_plane(seed, 160, 60, whole=whole)
    plan = propose(problem_of(table, people), MCLP(7, 5.0))
    assert plan.value == pytest.approx(most_covered(table, people, 5.0, 7), rel=1e-7)
    assert plan.status == "proven"
    share = 0.85 if seed % 4 < 2 else 0.95
    reached = (table <= 5.0).any(axis=1)
    fewest = propose(problem_of(table, people), LSCP(5.0, share, "coverable"))
    assert (fewest.value, fewest.status) == (fewest_sites(table[reached], people[reached], 5.0, share), "proven")


@pytest.mark.parametrize("seed", range(6))
def test_whole_cover_agrees(seed):
    table, people = drawn_plane(seed, 300, 90, whole=True)
    reached = (table <= 5.0).any(axis=1)
    plan = propose(problem_of(table, people), LSCP(5.0, 1.0, "coverable"))
    assert (plan.value, plan.status) == (fewest_sites(table[reached], people[reached], 5.0, 1.0), "proven")


@pytest.mark.parametrize("seed", range(6))
def test_p_median_agrees(seed):
    table, people = drawn_plane(seed, 50, 30, whole=False)
    plan = propose(problem_of(table, people), PMedian(4))
    assert plan.value == pytest.approx(least_travel(table, people, 4), rel=1e-7)
    assert plan.status == "proven"


def test_these_problems_branch():
    nodes = []
    for seed in range(16):
        table, people = drawn_plane(seed, 160, 60, whole=seed % 2 == 0)
        nodes.append(propose(problem_of(table, people), MCLP(7, 5.0)).nodes)
    assert sum(count > 1 for count in nodes) >= 3, nodes
