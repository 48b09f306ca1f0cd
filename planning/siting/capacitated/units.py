"""Who is to be placed and where that is possible: people of cells or townships, by sites with a number of places.

The question that both models share: choose ``y`` in {0, 1} for each free site, at most so many, and people ``x`` of units at sites, so that

* ``sum of x[u, i] over sites + left[u] = weight[u]`` for each unit, ``sum of x[u, i] over units <= capacity[i] * y[i]``, and
* ``sum of cost[u, i] * x[u, i] + beyond * left[u]`` is small; where units are whole each stands at one site or is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.aggregate import Look, nothing
from planning.siting.equal import equal_segments, segments
from planning.siting.problem import SitingProblem
from planning.siting.sites import choosable, of_status
from planning.travel.costs import within

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Source = Literal["split", "cell", "township"]
SOURCES = ("split", "cell", "township")

# A unit fits where places are short of this share of its people: the accuracy of float64 sums.
FITS = 1e-9


@dataclass(frozen=True)
class Units:
    """Units of people by usable sites, unit by unit.

    Attributes
    ----------
    sites : tuple of str
        Usable sites: those open anyhow, then those that exist and may close, then new ones, each sorted by id: of equal sites the first is taken.
    capacity : float64, shape (sites,)
    fixed : bool, shape (sites,)
        Open anyhow.
    whole : bool
        A unit stands at one site, or is left.
    beyond : float
        What a person costs who is left.
    weight : float64, shape (units,)
        People.
    start : int64, shape (units + 1,)
        Unit ``u`` stands at ``start[u]:start[u + 1]`` of ``site`` and ``cost``, sites ascending.
    site : int32, shape (entries,)
    cost : float64, shape (entries,)
    unit : int64, shape (cells,)
        Unit of each cell, -1 where the cell is in none.
    left_out : bool, shape (cells,)
        Cells with people that no usable site reaches.
    """

    sites: tuple[str, ...]
    capacity: Array
    fixed: Flags
    whole: bool
    beyond: float
    weight: Array
    start: Ints
    site: NDArray[np.int32]
    cost: Array
    unit: Ints
    left_out: Flags

    @cached_property
    def row(self) -> Ints:
        """Unit of each entry, shape (entries,)."""
        return np.repeat(np.arange(len(self.weight)), np.diff(self.start))

    @cached_property
    def columns(self) -> tuple[Ints, Ints, Array, Ints]:
        """Start of each site, then unit, cost and place in ``site`` of each entry, site by site, units ascending."""
        entries = sparse.csr_array((np.arange(len(self.site)), self.site, self.start), shape=(len(self.weight), len(self.sites)))
        order = np.asarray(entries.tocsc().data, dtype=np.int64)
        start = np.concatenate([[0], np.cumsum(np.bincount(self.site, minlength=len(self.sites)))]).astype(np.int64)
        return start, self.row[order], self.cost[order], order

    @cached_property
    def exact(self) -> bool:
        """Whether every plan costs a whole number, small enough for sums of floats to be exact to less than one."""
        capacity = np.empty(0) if self.whole else self.capacity
        figures = (self.weight, capacity, self.cost, np.array([self.beyond]))
        dearest = max(float(self.cost.max(initial=0.0)), self.beyond)
        return float(self.weight.sum()) * dearest < 1e9 and all(bool((figure == np.round(figure)).all()) for figure in figures)


def units_of(problem: SitingProblem, source: Source, threshold: float = np.inf, *, travel: bool = True, look: Look = nothing) -> Units:
    """Return the units of a problem and the sites that can take them.

    Parameters
    ----------
    problem : SitingProblem
        With ``capacity``, and with ``towns`` where the source is a township.
    source : {"split", "cell", "township"}
        ``split``: cells whose people may go to several sites; equal ones are one unit. ``cell``: each cell. ``township``: each township, at a cost
        that is the mean of its cells' by people; only a site that reaches each of its inhabited cells can take it, where cells that no usable site
        reaches do not count.
    threshold : float
        Cost up to which a site reaches a cell; infinity: up to the search limit.
    travel : bool
        True: travel counts, and a person who is left costs more than any way of placing people differently can save. False: travel costs nothing, and
        a person who is left costs 1.
    look : callable
        Called between sites and between steps; may raise Cancelled.

    Raises
    ------
    ValueError
        When a usable site has no capacity, or townships are not known.
    """
    standing = of_status(problem, "kept", "must_open")
    names = standing + choosable(problem)
    lacking = [site for site in names if site not in problem.capacity]
    if lacking:
        raise ValueError(f"every usable site needs a capacity: SitingProblem(..., capacity=...); {lacking[:3]} have none")
    if source == "township" and problem.towns is None:
        raise ValueError("source 'township' needs to know the township of each cell: SitingProblem(..., towns=...)")
    table, left_out = _reached(problem, names, threshold, look, travel=travel)
    make = {"split": _alike, "cell": _cells, "township": _townships}[source]
    table, weight, unit = make(problem, table, look)
    capacity = np.array([problem.capacity[name] for name in names], dtype=np.float64)
    if source != "split":
        table = _fitting(table, weight, capacity)
    # Every detour over all sites is cheaper than leaving somebody.
    beyond = (2.0 * len(names) + 2.0) * (float(table.data.max(initial=0.0)) + 1.0) if travel else 1.0
    fixed = np.arange(len(names)) < len(standing)
    return Units(
        tuple(names), capacity, fixed, source != "split", beyond, weight,
        table.indptr.astype(np.int64), table.indices.astype(np.int32), table.data, unit, left_out,
    )  # fmt: skip


_Made = tuple[sparse.csr_array, Array, Ints]


def _reached(problem: SitingProblem, names: list[str], threshold: float, look: Look, *, travel: bool) -> tuple[sparse.csr_array, Flags]:
    """Return costs of inhabited cells by sites, shape (cells, sites), and the inhabited cells that no site reaches."""
    lived, found = problem.people > 0, []
    for name in names:
        look()
        cells, costs = problem.costs.column(name)
        near = lived[cells] if threshold == np.inf else lived[cells] & within(costs, threshold)
        order = np.argsort(cells[near], kind="stable")
        found.append((cells[near][order], costs[near][order].astype(np.float64) * travel))
    look()
    start = np.cumsum([0, *(len(cells) for cells, _ in found)])
    cell = np.concatenate([np.empty(0, np.int32), *(cells for cells, _ in found)])
    cost = np.concatenate([np.empty(0), *(costs for _, costs in found)])
    look()
    table = sparse.csc_array((cost, cell, start), shape=(len(lived), len(names))).tocsr()
    look()
    return table, lived & (np.diff(table.indptr) == 0)


def _cells(problem: SitingProblem, table: sparse.csr_array, look: Look) -> _Made:
    """Return each cell that a site reaches as a unit."""
    look()
    lived = np.flatnonzero(np.diff(table.indptr))
    unit = np.full(len(problem.people), -1, dtype=np.int64)
    unit[lived] = np.arange(len(lived))
    return _rows(table, lived), problem.people[lived].astype(np.float64), unit


def _alike(problem: SitingProblem, table: sparse.csr_array, look: Look) -> _Made:
    """Return the cells with the same sites at the same costs as one unit."""
    table, people, unit = _cells(problem, table, look)
    look()
    equal = equal_segments(table.indptr.astype(np.int64), table.indices.astype(np.int32), table.data, np.zeros(len(people)))
    first, kind = np.unique(equal, return_inverse=True)
    unit[unit >= 0] = kind
    look()
    return _rows(table, first), np.bincount(kind, weights=people, minlength=len(first)).astype(np.float64), unit


def _townships(problem: SitingProblem, table: sparse.csr_array, look: Look) -> _Made:
    """Return each township as a unit: sites that reach all its cells, at the mean cost of its people."""
    counted = np.diff(table.indptr) > 0
    towns = np.asarray(problem.towns, dtype=object)
    names, kind = np.unique(towns[counted].astype(str), return_inverse=True)
    unit = np.full(len(problem.people), -1, dtype=np.int64)
    unit[counted] = kind
    look()
    cell = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    place, size = unit[cell] * table.shape[1] + table.indices, len(names) * table.shape[1]
    reached = np.bincount(place, minlength=size).reshape(len(names), table.shape[1]) == np.bincount(kind, minlength=len(names))[:, None]
    look()
    travel = np.bincount(place, weights=table.data * problem.people[cell], minlength=size).reshape(len(names), table.shape[1])
    weight = np.bincount(kind, weights=problem.people[counted], minlength=len(names)).astype(np.float64)
    town, site = np.nonzero(reached)
    start = np.concatenate([[0], np.cumsum(reached.sum(axis=1))])
    return sparse.csr_array((travel[town, site] / weight[town], site, start), shape=reached.shape), weight, unit


def _rows(table: sparse.csr_array, rows: Ints) -> sparse.csr_array:
    """Return some rows of a table; costs of 0 stay entries."""
    entries, start = segments(table.indptr.astype(np.int64), rows)
    return sparse.csr_array((table.data[entries], table.indices[entries], start), shape=(len(rows), table.shape[1]))


def _fitting(table: sparse.csr_array, weight: Array, capacity: Array) -> sparse.csr_array:
    """Drop the sites with fewer places than a whole unit has people."""
    row = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    fits = weight[row] <= capacity[table.indices] + FITS * weight[row]
    start = np.concatenate([[0], np.cumsum(np.bincount(row[fits], minlength=table.shape[0]))])
    return sparse.csr_array((table.data[fits], table.indices[fits], start), shape=table.shape)
