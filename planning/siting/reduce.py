"""Reduce a siting problem, exactly: what is decided already leaves, and what is equal becomes one.

The result is one small problem that all models share. Choose ``y`` in {0, 1} for each free candidate so that

* cell row ``j`` costs ``weight[j] * min(beyond[j], cheapest open site of the row)``, and
* a row with ``beyond[j] = inf`` has an open site.

Covering is the same with cost 0 within the threshold and ``beyond = 1``: the cost of a plan is then the people it leaves uncovered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.aggregate import merged_cells
from planning.siting.kernels import sort_rows
from planning.siting.problem import SitingProblem
from planning.travel.costs import within


@dataclass(frozen=True)
class Reduced:
    """Rows of equal demand by free candidate sites.

    Attributes
    ----------
    sites : tuple of str
        Free candidates that can help anybody, sorted by id; of candidates that serve the same rows at the same costs only the first is kept.
    weight : float64, shape (rows,)
        People.
    beyond : float64, shape (rows,)
        Cost of one person when no free candidate serves the row: that of the sites that are open anyhow; inf where the row must be served.
    start : int64, shape (rows + 1,)
        Row ``j`` stands at ``start[j]:start[j + 1]`` of ``site`` and ``cost``, cheapest first, then by site; every row has an entry.
    site : int32, shape (entries,)
    cost : float64, shape (entries,)
        Always below ``beyond`` of the row.
    settled, settled_people : float
        Cost and people of the cells that an open site serves and no free candidate serves better.
    left_out : bool, shape (cells,)
        Cells with people that no usable site serves at all; they are in no row and in no cost.
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

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """Row of each entry, shape (entries,)."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.start))

    @cached_property
    def column_start(self) -> NDArray[np.int64]:
        """Where each site's entries start in ``by_column``, shape (sites + 1,)."""
        return np.concatenate([[0], np.cumsum(np.bincount(self.site, minlength=len(self.sites)))]).astype(np.int64)

    @cached_property
    def by_column(self) -> NDArray[np.int64]:
        """Entries site by site, shape (entries,)."""
        # Turning a sparse matrix counts where sorting compares: the same order, many times faster.
        entries = sparse.csr_array((np.arange(len(self.site)), self.site, self.start), shape=(len(self.weight), len(self.sites)))
        return np.asarray(entries.tocsc().data, dtype=np.int64)

    def column(self, site: int) -> NDArray[np.int64]:
        """Return the entries of one site."""
        return self.by_column[self.column_start[site] : self.column_start[site + 1]]


def of_status(problem: SitingProblem, *statuses: str) -> list[str]:
    """Return the sites of some statuses, sorted by id."""
    return sorted(site for site, status in problem.status.items() if status in statuses)


def reduce_cover(problem: SitingProblem, threshold: float, *, beyond: float = 1.0) -> Reduced:
    """Reduce a problem to who is within a threshold of what.

    Parameters
    ----------
    problem : SitingProblem
    threshold : float
        In the unit of the costs; a cost equal to it is covered (convention 4).
    beyond : float
        1: a person who can be covered and is not costs 1; inf: every person who can be covered must be.

    Raises
    ------
    ValueError
        When the threshold exceeds the search limit, so that costs needed are not there.
    """
    problem.check_threshold(threshold)
    settled = np.zeros(len(problem.people), bool)
    for cells in _covered(problem, of_status(problem, "kept", "must_open"), threshold, problem.people > 0):
        settled[cells] = True
    names = of_status(problem, "candidate")
    open_to_all = (problem.people > 0) & ~settled
    merged = merged_cells(lambda: _covered(problem, names, threshold, open_to_all), len(settled), len(names))
    in_row = merged.row >= 0
    weight = np.bincount(merged.row[in_row], weights=problem.people[in_row], minlength=merged.rows).astype(np.float64)
    settled_people, left_out = float(problem.people[settled].sum()), open_to_all & ~in_row
    whole = Reduced(
        tuple(names), weight, np.full(merged.rows, beyond), merged.start, merged.site, np.zeros(len(merged.site)), 0.0, settled_people, left_out
    )
    return _distinct_sites(whole)


def _covered(problem: SitingProblem, sites: list[str], threshold: float, wanted: NDArray[np.bool_]) -> Iterator[NDArray[np.int32]]:
    """Yield the cells wanted that each site covers: site by site, as the costs may be mapped from disk and larger than memory."""
    costs, everybody = problem.costs, bool(wanted.all())
    for site in costs.sites.get_indexer(costs.sites.__class__(sites)):
        span = slice(costs.start[site], costs.start[site + 1])
        cells, values = costs.cell[span], costs.cost[span]
        if len(values) and not within(values.max(keepdims=True), threshold)[0]:
            cells = cells[within(values, threshold)]
        yield cells if everybody else cells[wanted[cells]]


def reduce_costs(problem: SitingProblem, *, beyond: float) -> Reduced:
    """Reduce a problem to what each person's trip costs; ``beyond`` is charged where no open site is in the table (inf: must be served)."""
    return _reduced(problem, _cells_by_sites(problem), beyond)


def _cells_by_sites(problem: SitingProblem) -> sparse.csr_array:
    """Return travel costs cell by cell; columns: usable sites sorted by id, first the free ones, then those open anyhow."""
    costs, wanted = problem.costs, problem.people > 0
    usable = costs.sites.get_indexer(costs.sites.__class__(of_status(problem, "candidate") + of_status(problem, "kept", "must_open")))

    def columns() -> Iterator[tuple[NDArray[np.int32], NDArray[np.float64]]]:
        # Site by site: the costs may be mapped from disk and larger than memory; what is not wanted is never copied.
        for site in usable:
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
    people, free = problem.people, len(of_status(problem, "candidate"))
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
    names = tuple(of_status(problem, "candidate"))
    whole = Reduced(
        names, weight, fallback[improvable][first], start, site, cost,
        settled=float(np.sum(people[settled] * fallback[settled])), settled_people=float(people[settled].sum()), left_out=(people > 0) & ~known,
    )  # fmt: skip
    return _distinct_sites(whole)


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


def _distinct_sites(reduced: Reduced) -> Reduced:
    """Keep the first of equal columns; drop columns without an entry."""
    order, bounds = reduced.by_column, reduced.column_start
    filled = np.flatnonzero(np.diff(bounds))
    start = np.append(bounds[:-1][filled], bounds[-1])
    same = equal_segments(start, reduced.row[order].astype(np.int32), reduced.cost[order], np.zeros(len(filled)))
    kept = filled[np.unique(same)]
    position = np.full(len(reduced.sites), -1, dtype=np.int32)
    position[kept] = np.arange(len(kept), dtype=np.int32)
    return with_sites(reduced, tuple(reduced.sites[index] for index in kept), position)


def with_sites(reduced: Reduced, sites: tuple[str, ...], position: NDArray[np.int32]) -> Reduced:
    """Return the problem with some sites only; ``position`` holds each old site's new place, -1 where it leaves."""
    stays = position[reduced.site] >= 0
    counts = np.bincount(reduced.row[stays], minlength=len(reduced.weight))
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return replace(reduced, sites=sites, start=start, site=position[reduced.site[stays]], cost=reduced.cost[stays])


def equal_segments(start: NDArray[np.int64], key: NDArray[np.int32], value: NDArray[np.float64], extra: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each segment the first segment equal to it, shape (segments,).

    Segments are hashed with two 64-bit sums; what collides is compared, entry by entry, before it is called equal.

    Parameters
    ----------
    start : int64, shape (segments + 1,)
        Segment ``j`` is ``start[j]:start[j + 1]`` of ``key`` and ``value``, in a canonical order, and holds at least one entry.
    key : int32, shape (entries,)
    value : float64, shape (entries,)
    extra : float64, shape (segments,)
        One more value that must be equal.
    """
    count = len(start) - 1
    if count == 0:
        return np.empty(0, dtype=np.int64)
    lengths = np.diff(start)
    hashes = [np.add.reduceat(_mixed(key, value, seed), start[:-1]) for seed in (1, 2)]
    order = np.lexsort((np.arange(count), hashes[1], hashes[0], extra, lengths))
    fresh = np.ones(count, dtype=bool)
    for column in (lengths, extra, *hashes):
        fresh[1:] &= column[order][1:] == column[order][:-1]
    fresh[1:] = ~fresh[1:]
    first = np.empty(count, dtype=np.int64)
    first[order] = order[np.flatnonzero(fresh)[np.cumsum(fresh) - 1]]
    others = np.flatnonzero(first != np.arange(count))
    mine, bounds = segments(start, others)
    theirs, _ = segments(start, first[others])
    differs = (key[mine] != key[theirs]) | (value[mine] != value[theirs])
    if differs.any():  # a collision of both hashes: leave those segments alone
        wrong = np.unique(np.repeat(others, np.diff(bounds))[differs])
        first[wrong] = wrong
    return first


def _mixed(key: NDArray[np.int32], value: NDArray[np.float64], seed: int) -> NDArray[np.uint64]:
    table = np.random.default_rng(seed).integers(0, 2**64, size=int(key.max(initial=0)) + 1, dtype=np.uint64)
    mixed = table[key] ^ ((value + 0.0).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed * np.uint64(0xBF58476D1CE4E5B9) ^ (mixed >> np.uint64(27)))


def segments(start: NDArray[np.int64], chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the entries of chosen segments, one after the other, and where each starts."""
    lengths = np.diff(start)[chosen]
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    entries = np.arange(bounds[-1]) + np.repeat(start[chosen] - bounds[:-1], lengths)
    return entries, bounds
