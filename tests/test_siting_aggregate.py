"""Cells that the same sites cover become one row: against sets of Python."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from planning.siting import MCLP, aggregate, propose
from planning.siting.aggregate import merged_cells
from planning.siting.reduce import reduce_cover
from tests.siting_drawings import drawn, problem_of


def columns_of(near: np.ndarray, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.permutation(np.flatnonzero(column)).astype(np.int32) for column in near.T]  # in any order, as searches leave them


@pytest.mark.parametrize("seed", range(40))
def test_rows_are_the_distinct_sets_of_sites(seed):
    rng = np.random.default_rng(seed)
    near = rng.random((int(rng.integers(1, 60)), int(rng.integers(0, 6)))) < rng.choice([0.0, 0.2, 0.6])
    columns = columns_of(near, seed)
    covered = merged_cells(lambda: columns, *near.shape)
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in near]
    distinct = [one for one in dict.fromkeys(sets[cell] for column in columns for cell in column) if one]  # as the columns meet them
    assert [covered.site[begin:end].tolist() for begin, end in itertools.pairwise(covered.start)] == [sorted(one) for one in distinct]
    assert covered.row.tolist() == [distinct.index(one) if one else -1 for one in sets]


def test_cells_whose_sums_collide_are_told_apart(monkeypatch):
    kept, drawn_seeds = aggregate._numbers, []

    def colliding(seed: int, sites: int) -> np.ndarray:
        drawn_seeds.append(seed)
        return np.ones((2, sites), np.uint64) if seed == 1 else kept(seed, sites)

    monkeypatch.setattr(aggregate, "_numbers", colliding)
    columns = [np.array([0, 2], np.int32), np.array([1], np.int32)]
    covered = merged_cells(lambda: columns, 3, 2)
    assert covered.row.tolist() == [0, 1, 0]
    assert drawn_seeds == [1, 2]


@pytest.mark.parametrize("seed", range(30))
def test_people_are_settled_in_a_row_or_left_out(seed):
    table, people, limit, status = drawn(seed)
    problem = problem_of(table, people, limit=limit, **status)
    reduced = reduce_cover(problem, 30.0)
    kinds = np.array([status[name] for name in problem.costs.sites])
    near = table <= 30.0005
    settled = near[:, np.isin(kinds, ["kept", "must_open"])].any(axis=1)
    coverable = near[:, kinds == "candidate"].any(axis=1) & ~settled
    assert reduced.settled_people == pytest.approx(people[settled].sum())
    assert reduced.weight.sum() == pytest.approx(people[coverable].sum())
    assert (reduced.left_out == ((people > 0) & ~settled & ~coverable)).all()
    assert (reduced.cost == 0).all()
    assert len(reduced.cost) == len(reduced.site)


def test_many_equal_cells_are_one_row():
    table = np.repeat([[1.0, 9.0], [9.0, 1.0]], 5000, axis=0)
    problem = problem_of(table, np.ones(10_000))
    assert reduce_cover(problem, 2.0).weight.tolist() == [5000.0, 5000.0]
    assert propose(problem, MCLP(1, 2.0)).value == 5000.0
