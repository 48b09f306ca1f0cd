"""Cover where it matters how many open sites reach a cell, whose township it is in, and which sites exclude each other.

Covering once, with nothing else asked, is reduced further in :mod:`planning.siting.reduce`; here equal sites are not merged, because two of them are
a backup for each other and may exclude different others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.aggregate import Look, nothing
from planning.siting.equal import equal_segments
from planning.siting.model import Blocked
from planning.siting.problem import SitingProblem
from planning.siting.sites import choosable, nearest_rival, of_status, places_of, prices
from planning.siting.survey import covered_cells
from planning.travel.costs import within

Array = NDArray[np.float64]
Open = NDArray[np.bool_]


@dataclass(frozen=True)
class Counted:
    """Rows of people who are within reach of the same free candidates, of as many sites open anyhow, and live in the same township.

    Attributes
    ----------
    sites : tuple of str
        Sites to choose from that reach anybody and that no site open anyhow excludes: those that may close,
        then candidates, each sorted by id.
    people : float64, shape (rows,)
    already : int64, shape (rows,)
        Sites open anyhow within reach, counted up to 2.
    town : int64, shape (rows,)
    reach : csr_array of float64, shape (rows, sites)
        1 where a site is within reach.
    towns : tuple of str
        Names, sorted; one empty name where the problem has no townships.
    first, second : float64, shape (towns,)
        People, outside the rows, whom one and two sites open anyhow reach.
    excluding : int64, shape (pairs, 2)
        Positions of sites that exclude each other, the smaller first.
    left_out : bool, shape (cells,)
        Cells with people that no usable site reaches.
    town_of_cell, row_of_cell : int64, shape (cells,)
        Township, and row or -1.
    stays : bool, shape (sites,)
        Sites that exist and may close.
    price : float64, shape (sites,)
        What a site costs while it is open.
    """

    sites: tuple[str, ...]
    people: Array
    already: NDArray[np.int64]
    town: NDArray[np.int64]
    reach: sparse.csr_array
    towns: tuple[str, ...]
    first: Array
    second: Array
    excluding: NDArray[np.int64]
    left_out: NDArray[np.bool_]
    town_of_cell: NDArray[np.int64]
    row_of_cell: NDArray[np.int64]
    stays: Open
    price: Array

    @cached_property
    def by_site(self) -> sparse.csr_array:
        """The transpose of ``reach``, shape (sites, rows)."""
        return sparse.csr_array(self.reach.T)

    @cached_property
    def exclusion(self) -> sparse.csr_array:
        """1 where two sites exclude each other, shape (sites, sites)."""
        ends = np.vstack([self.excluding, self.excluding[:, ::-1]])
        return sparse.csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(self.sites), len(self.sites)))

    def counts(self, opened: Open) -> Array:
        """Return how many open sites reach each row, shape (rows,)."""
        return np.asarray(self.already + self.reach @ opened.astype(np.float64))

    def covered(self, opened: Open) -> tuple[Array, Array]:
        """Return the people of each township whom at least one and at least two open sites reach, each shape (towns,)."""
        counts = self.counts(opened)
        return (
            self.first + np.bincount(self.town, weights=self.people * (counts >= 1), minlength=len(self.towns)),
            self.second + np.bincount(self.town, weights=self.people * (counts >= 2), minlength=len(self.towns)),
        )

    def missed(self, opened: Open) -> NDArray[np.bool_]:
        """Return the cells with people that neither these sites nor those open anyhow reach, though some usable site does, shape (cells,)."""
        missed = np.append(self.counts(opened) < 1, False)
        return np.asarray(missed[self.row_of_cell])

    def agrees(self, opened: Open) -> bool:
        """Return whether no two open sites exclude each other."""
        return not len(self.excluding) or not bool(opened[self.excluding].all(axis=1).any())


def count_cover(problem: SitingProblem, threshold: float, *, by_town: bool = False, look: Look = nothing) -> Counted | Blocked:
    """Reduce a problem to who is within a threshold of how many sites; a site reaches nobody to whom a competitor is nearer.

    Parameters
    ----------
    problem : SitingProblem
    threshold : float
        In the unit of the costs; a cost equal to it is within (convention 4).
    by_town : bool
        Keep the people of different townships apart.
    look : callable
        Called between sites and between steps; may raise Cancelled.

    Returns
    -------
    Counted, or Blocked when sites that must open exclude each other or are excluded by ones that stay.

    Raises
    ------
    ValueError
        When the threshold exceeds the search limit, so that costs needed are not there.
    """
    problem.check_threshold(threshold)
    fixed, required = set(of_status(problem, "kept", "must_open")), set(of_status(problem, "must_open"))
    standing = fixed | set(of_status(problem, "competitor"))
    against = [pair for pair in problem.conflicts if standing.issuperset(pair) and not required.isdisjoint(pair)]
    if against:
        named = "；".join(" – ".join(sorted(pair)) for pair in sorted(map(sorted, against))[:5])
        return Blocked("siting.infeasible.required_exclude", {"pairs": len(against), "named": named})
    free = _agreeing(problem)
    reach, already = _reach(problem, free, threshold, look), _reach(problem, sorted(fixed), threshold, look).sum(axis=1)
    look()
    names, town = _towns(problem, by_town=by_town)
    look()
    return _merged(problem, free, reach, np.minimum(np.asarray(already), 2).astype(np.int64), names, town)


def reachable(problem: SitingProblem, threshold: float) -> NDArray[np.bool_]:
    """Return the cells with people that some usable site reaches, shape (cells,): what one reading of the costs tells."""
    cells_of, reached = covered_cells(problem, threshold, problem.people > 0), np.zeros(len(problem.people), bool)
    for place in places_of(problem, _agreeing(problem) + of_status(problem, "kept", "must_open")):
        reached[cells_of(place)] = True
    return reached


def _agreeing(problem: SitingProblem) -> list[str]:
    """Return the sites to choose from that no site open anyhow excludes."""
    standing = set(of_status(problem, "kept", "must_open", "competitor"))
    ruled_out = {site for pair in problem.conflicts if not standing.isdisjoint(pair) for site in pair}
    return [site for site in choosable(problem) if site not in ruled_out]


def _reach(problem: SitingProblem, sites: list[str], threshold: float, look: Look) -> sparse.csr_array:
    """Return 1 where a site is within the threshold of a cell with people, shape (cells, sites)."""
    near, counts, rival = [], [], nearest_rival(problem)
    for site in sites:
        look()
        cells, costs = problem.costs.column(site)
        mine = np.sort(cells[within(costs, threshold if rival is None else np.minimum(rival[cells], threshold)) & (problem.people[cells] > 0)])
        near.append(mine)
        counts.append(len(mine))
    index = np.concatenate([np.empty(0, np.int32), *near])
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    look()
    by_site = sparse.csc_array((np.ones(len(index)), index, start), shape=(len(problem.people), len(sites)))
    return sparse.csr_array(by_site)


def _towns(problem: SitingProblem, *, by_town: bool) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    if not by_town or problem.towns is None:
        return ("",), np.zeros(len(problem.people), np.int64)
    code, names = pd.factorize(np.asarray(problem.towns, dtype=object), sort=True)
    return tuple(map(str, names)), code.astype(np.int64)


def _merged(
    problem: SitingProblem, free: list[str], reach: sparse.csr_array, already: NDArray[np.int64], towns: tuple[str, ...], town: NDArray[np.int64]
) -> Counted:
    """Merge equal cells; drop sites that reach nobody."""
    people, width = problem.people, np.diff(reach.indptr)
    settled = (people > 0) & (width == 0)
    rows = np.flatnonzero((people > 0) & (width > 0))
    part = sparse.csr_array(reach[rows])
    part.sort_indices()
    key = (town[rows] * 3 + already[rows]).astype(np.float64)
    same = equal_segments(part.indptr.astype(np.int64), part.indices.astype(np.int32), part.data, key)
    first, kind = np.unique(same, return_inverse=True)
    row_of_cell = np.full(len(people), -1, dtype=np.int64)
    row_of_cell[rows] = kind
    helpful = np.flatnonzero(np.bincount(part.indices, minlength=len(free)) > 0)
    sites = tuple(free[index] for index in helpful)
    place = {site: index for index, site in enumerate(sites)}
    pairs = sorted({tuple(sorted((place[one], place[other]))) for one, other in problem.conflicts if one in place and other in place})
    return Counted(
        sites, np.bincount(kind, weights=people[rows], minlength=len(first)).astype(np.float64), already[rows][first], town[rows][first],
        sparse.csr_array(part[first][:, helpful]), towns,
        np.bincount(town[settled & (already >= 1)], weights=people[settled & (already >= 1)], minlength=len(towns)).astype(np.float64),
        np.bincount(town[settled & (already >= 2)], weights=people[settled & (already >= 2)], minlength=len(towns)).astype(np.float64),
        np.array(pairs, dtype=np.int64).reshape(-1, 2), settled & (already == 0), town, row_of_cell,
        np.isin(sites, of_status(problem, "may_close")), prices(problem, sites),
    )  # fmt: skip
