"""Reduce a siting problem, exactly: what is decided already leaves, and what is equal becomes one.

The result is one small problem that all models share. Choose ``y`` in {0, 1} for each free candidate so that

* cell row ``j`` costs ``weight[j] * min(beyond[j], cheapest open site of the row)``, and
* a row with ``beyond[j] = inf`` has an open site.

Covering is the same with cost 0 within the threshold and ``beyond = 1``: the cost of a plan is then the people it leaves uncovered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.errors import Cancelled
from planning.siting.aggregate import Look, merged_cells, nothing
from planning.siting.equal import equal_segments, segments, sum_columns
from planning.siting.kernels import kept, kept_costs, sort_rows, turned, turned_costs
from planning.siting.problem import SitingProblem
from planning.siting.sites import choosable, of_status, places_of
from planning.siting.survey import Survey, covered_cells, survey_costs, survey_cover


class Columns(NamedTuple):
    """Entries site by site.

    Attributes
    ----------
    start : int64, shape (sites + 1,)
        Site ``i`` stands at ``start[i]:start[i + 1]`` of ``row`` and ``cost``.
    row : int32, shape (entries,)
        Ascending within a site.
    cost : float64, shape (entries,)
    """

    start: NDArray[np.int64]
    row: NDArray[np.int32]
    cost: NDArray[np.float64]


@dataclass(frozen=True)
class Reduced:
    """Rows of equal demand by free candidate sites.

    Attributes
    ----------
    sites : tuple of str
        Sites to choose from that can help anybody: those that exist and may close, then candidates, each sorted by id. Of sites that serve the same
        rows at the same costs only the cheapest is kept, of these the first.
    weight : float64, shape (rows,)
        People.
    beyond : float64, shape (rows,)
        Cost of one person when no free candidate serves the row: that of the sites that are open anyhow; inf where the row must be served.
    start : int64, shape (rows + 1,)
        Row ``j`` stands at ``start[j]:start[j + 1]`` of ``site`` and ``cost``, cheapest first, then by site; every row has an entry.
    site : int32, shape (entries,)
    cost : float64, shape (entries,)
        Always below ``beyond`` of the row. Where serving costs nothing, as in covering, a view of one zero: see :func:`no_costs`.
    settled, settled_people : float
        Cost and people of the cells that an open site serves and no free candidate serves better.
    left_out : bool, shape (cells,)
        Cells with people that no usable site serves at all; they are in no row and in no cost.
    unmerged : Survey or None
        What is known where the planner stopped the reduction: ``sites``, what is settled and who is left out are true, but everybody else stands
        in one row without an entry, so that nothing can be searched.
    """

    sites: tuple[str, ...]
    weight: NDArray[np.float64]
    beyond: NDArray[np.float64]
    start: NDArray[np.int64]
    site: NDArray[np.int32]
    cost: NDArray[np.float64]
    settled: float
    settled_people: float
    left_out: NDArray[np.bool_]
    unmerged: Survey | None = None

    @cached_property
    def covers(self) -> bool:
        """Serving costs nothing: all that counts is whether a row has an open site."""
        return self.cost.strides == (0,) or not self.cost.any()

    @cached_property
    def row(self) -> NDArray[np.int32]:
        """Row of each entry, shape (entries,): as large as the problem itself, so where many entries may be, ask for columns instead."""
        return np.repeat(np.arange(len(self.weight), dtype=np.int32), np.diff(self.start))

    @cached_property
    def columns(self) -> Columns:
        """The same entries, site by site."""
        start, row = turned(self.start, self.site, len(self.sites))
        return Columns(start, row, no_costs(len(row)) if self.covers else turned_costs(self.site, self.cost, start))

    def column(self, site: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the rows that a site serves, ascending, and at what cost."""
        span = slice(self.columns.start[site], self.columns.start[site + 1])
        return self.columns.row[span], self.columns.cost[span]

    def times(self, rate: float) -> Reduced:
        """Return the problem with each person counting for so many."""
        unmerged = None if self.unmerged is None else self.unmerged.times(rate)
        return replace(self, weight=self.weight * rate, unmerged=unmerged)


def reduce_cover(problem: SitingProblem, threshold: float, *, beyond: float = 1.0, look: Look = nothing) -> Reduced:
    """Reduce a problem to who is within a threshold of what; a site covers nobody to whom a competitor is nearer.

    Parameters
    ----------
    problem : SitingProblem
    threshold : float
        In the unit of the costs; a cost equal to it is covered (convention 4).
    beyond : float
        1: a person who can be covered and is not costs 1; inf: every person who can be covered must be.
    look : callable
        Called between columns; where it raises Cancelled nothing is merged, and ``unmerged`` of the result holds what is known by then.

    Raises
    ------
    ValueError
        When the threshold exceeds the search limit, so that costs needed are not there.
    """
    problem.check_threshold(threshold)
    settled, cells_of = np.zeros(len(problem.people), bool), covered_cells(problem, threshold, problem.people > 0)
    for place in places_of(problem, of_status(problem, "kept", "must_open")):
        settled[cells_of(place)] = True
    names, open_to_all = choosable(problem), (problem.people > 0) & ~settled
    places, cells_of = places_of(problem, names), covered_cells(problem, threshold, open_to_all)
    survey = survey_cover(problem, lambda site: cells_of(places[site]), len(names), beyond)
    sums = {"settled": 0.0, "settled_people": float(problem.people[settled].sum()), "left_out": open_to_all & (survey.people == 0)}
    try:
        merged = merged_cells(lambda: (cells_of(place) for place in places), len(settled), len(names), look)
    except Cancelled:
        return _unmerged(tuple(names), beyond, survey, sums)
    in_row = merged.row >= 0
    weight = np.bincount(merged.row[in_row], weights=problem.people[in_row], minlength=merged.rows).astype(np.float64)
    whole = Reduced(tuple(names), weight, np.full(merged.rows, beyond), merged.start, merged.site, no_costs(len(merged.site)), **sums)
    return _distinct_sites(whole, problem.price)


def _unmerged(names: tuple[str, ...], beyond: float, survey: Survey, sums: dict[str, Any]) -> Reduced:
    nobody, start = np.empty(0, np.int32), np.zeros(2, np.int64)
    return Reduced(names, np.array([survey.people.sum()]), np.array([beyond]), start, nobody, np.empty(0), **sums, unmerged=survey)


def reduce_costs(problem: SitingProblem, *, beyond: float, look: Look = nothing) -> Reduced:
    """Reduce a problem to what each person's trip costs; ``beyond`` is charged where no open site is in the table (inf: must be served).

    Where ``look`` raises Cancelled nothing is merged, and ``unmerged`` of the result holds what is known.
    """
    try:
        return _reduced(problem, _cells_by_sites(problem, look), beyond)
    except Cancelled:
        survey, left_out = survey_costs(problem, beyond)
        return _unmerged(tuple(choosable(problem)), beyond, survey, {"settled": 0.0, "settled_people": 0.0, "left_out": left_out})


def _cells_by_sites(problem: SitingProblem, look: Look) -> sparse.csr_array:
    """Return travel costs cell by cell; columns: usable sites, first those to choose from, then those open anyhow."""
    costs, wanted = problem.costs, problem.people > 0
    usable = places_of(problem, choosable(problem) + of_status(problem, "kept", "must_open"))

    def columns() -> Iterator[tuple[NDArray[np.int32], NDArray[np.float64]]]:
        # Site by site: the costs may be mapped from disk and larger than memory; what is not wanted is never copied.
        for site in usable:
            look()
            span = slice(costs.start[site], costs.start[site + 1])
            cells, values = costs.cell[span], costs.cost[span]
            kept = wanted[cells]
            yield cells[kept], values[kept].astype(np.float64)

    counts = np.zeros(len(costs.cells), np.int64)
    for cells, _ in columns():
        counts[cells] += 1
    start = np.concatenate([[0], np.cumsum(counts)])
    free, index, data = start[:-1].copy(), np.empty(start[-1], np.int32), np.empty(start[-1])
    for column, (cells, values) in enumerate(columns()):
        # A cell stands once in a column, so each takes the next free place of its row, and columns ascend within the row.
        index[free[cells]], data[free[cells]] = column, values
        free[cells] += 1
    return sparse.csr_array((data, index, start), shape=(len(costs.cells), len(usable)))


def _reduced(problem: SitingProblem, matrix: sparse.csr_array, beyond: float) -> Reduced:
    people, free = problem.people, len(choosable(problem))
    cell = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    is_free = matrix.indices < free
    fallback = np.full(len(people), beyond)
    np.minimum.at(fallback, cell[~is_free], matrix.data[~is_free])
    useful = is_free & (matrix.data < fallback[cell])
    known = np.bincount(cell, minlength=len(people)) > 0
    improvable = np.bincount(cell[useful], minlength=len(people)) > 0
    settled = np.flatnonzero((people > 0) & known & ~improvable)
    start, site, cost = _rows(cell[useful], matrix.indices[useful], matrix.data[useful])
    first, weight, start, site, cost = _merged(start, site, cost, fallback[improvable], people[improvable])
    names = tuple(choosable(problem))
    whole = Reduced(
        names, weight, fallback[improvable][first], start, site, cost,
        settled=float(np.sum(people[settled] * fallback[settled])), settled_people=float(people[settled].sum()), left_out=(people > 0) & ~known,
    )  # fmt: skip
    return _distinct_sites(whole, problem.price)


_Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]


def _rows(cell: NDArray[np.int64], site: NDArray[np.int32], cost: NDArray[np.float64]) -> _Rows:
    """Return start, site and cost of the cells that have an entry, cheapest first, then by site; entries come cell by cell, sites ascending."""
    counts = np.bincount(cell)
    start = np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64)
    site, cost = site.astype(np.int32), cost.astype(np.float64)
    sort_rows(start, site, cost)
    return start, site, cost


def _merged(
    start: NDArray[np.int64], site: NDArray[np.int32], cost: NDArray[np.float64], beyond: NDArray[np.float64], people: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Merge equal rows; return the first of each kind, the people of each kind, and start, site and cost."""
    first, kind = np.unique(equal_segments(start, site, cost, beyond), return_inverse=True)
    weight = np.bincount(kind, weights=people, minlength=len(first)).astype(np.float64)
    entries, start = segments(start, first)
    return first, weight, start, site[entries], cost[entries]


def _distinct_sites(reduced: Reduced, price: Mapping[str, float]) -> Reduced:
    """Keep the cheapest of equal columns, of these the first; drop columns without an entry."""
    sums, width = sum_columns(reduced.start, reduced.site, reduced.cost, len(reduced.sites))
    first: dict[tuple[int, ...], list[int]] = {}
    keys = list(zip(*sums.T.tolist(), width.tolist(), strict=True))
    for site in sorted(range(len(keys)), key=lambda site: price.get(reduced.sites[site], 0.0)):
        # Of columns with equal sums each is compared with those that stay; hardly ever are there two.
        alike = first.setdefault(keys[site], [])
        if width[site] and not any(_equal_columns(reduced, site, other) for other in alike):
            alike.append(site)
    left = np.sort(np.array([site for alike in first.values() for site in alike], dtype=np.int64))
    if len(left) == len(reduced.sites):
        return reduced
    place = np.full(len(reduced.sites), -1, dtype=np.int32)
    place[left] = np.arange(len(left), dtype=np.int32)
    return with_sites(reduced, tuple(reduced.sites[index] for index in left), place)


def _equal_columns(reduced: Reduced, one: int, other: int) -> bool:
    (rows, costs), (other_rows, other_costs) = reduced.column(one), reduced.column(other)
    return np.array_equal(rows, other_rows) and np.array_equal(costs, other_costs)


def with_sites(reduced: Reduced, sites: tuple[str, ...], place: NDArray[np.int32]) -> Reduced:
    """Return the problem with some sites only; ``place`` holds each old site's new place, int32, -1 where it leaves."""
    start, site = kept(reduced.start, reduced.site, place)
    cost = no_costs(len(site)) if reduced.covers else kept_costs(reduced.site, reduced.cost, place, len(site))
    return replace(reduced, sites=sites, start=start, site=site, cost=cost)


def no_costs(entries: int) -> NDArray[np.float64]:
    """Return costs of nothing, shape (entries,), that take no memory: a view of one zero, which cannot be written to."""
    # numpy calls arrays of one entry contiguous whatever their strides, and the loops would be compiled once more for them.
    return np.broadcast_to(np.float64(0.0), (entries,)) if entries > 1 else np.zeros(entries)
