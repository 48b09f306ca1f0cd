"""The trips of a siting problem, column by column as they stand, for problems whose trips are too many to be copied cell by cell.

Nothing here holds more than a few numbers per cell: the costs may be mapped from disk and larger than memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.siting.list_kernels import insert, survey
from planning.siting.problem import SitingProblem
from planning.siting.reduce import Reduced
from planning.siting.sites import choosable, of_status
from planning.siting.survey import Survey

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Look = Callable[[], None]

_GOLDEN = 0x9E3779B97F4A7C15
# Whole costs up to here are sums of floats that err by far less than one.
_EXACT = 1e9


@dataclass(frozen=True)
class Near:
    """The cheapest open sites of each row.

    Attributes
    ----------
    cost : float64, shape (rows, k)
        Ascending; ``beyond`` where there are fewer.
    site : int64, shape (rows,)
        The cheapest one, of equal costs the smaller id; -1 where there is none below ``beyond``.
    """

    cost: Array
    site: Ints


@dataclass(frozen=True)
class TripRows:
    """Cells whose trips are equal as rows, and the columns of the free candidates.

    Attributes
    ----------
    problem : SitingProblem
    sites : tuple of str
        Sites to choose from: those that exist and may close, then candidates, each sorted by id.
    place : int64, shape (sites,)
        Where they stand in the travel costs.
    row : int64, shape (cells,)
        Row of the first cell of each row; -1 for all other cells.
    weight, beyond, least : float64, shape (rows,)
        People, cost of one person when no free candidate serves the row, and cost to the cheapest free candidate, which is below it.
    nearest : int64, shape (rows,)
        That candidate.
    settled, settled_people : float
    left_out : bool, shape (cells,)
        As in :class:`~planning.siting.reduce.Reduced`.
    dearest : float
        The greatest cost there is.
    whole : bool
        Every plan costs a whole number, small enough that sums of floats are exact to less than one.
    """

    problem: SitingProblem
    sites: tuple[str, ...]
    place: Ints
    row: Ints
    weight: Array
    beyond: Array
    least: Array
    nearest: Ints
    settled: float
    settled_people: float
    left_out: NDArray[np.bool_]
    dearest: float
    whole: bool

    def column(self, site: int) -> tuple[Ints, Array]:
        """Return the rows that a free candidate serves, and their costs."""
        costs, place = self.problem.costs, self.place[site]
        span = slice(costs.start[place], costs.start[place + 1])
        rows, cost = self.row[costs.cell[span]], costs.cost[span]
        known = rows >= 0
        return (rows, exact(cost)) if known.all() else (rows[known], exact(cost[known]))

    @property
    def pays(self) -> Array:
        """What a person of each row pays before any free site is open, a high price where one must be served."""
        return np.where(np.isfinite(self.beyond), self.beyond, deterrent(self.dearest))

    def near(self, opened: NDArray[np.bool_], k: int, look: Look = lambda: None) -> Near:
        """Return the ``k`` cheapest open sites of each row."""
        found = Near(np.repeat(self.beyond[:, None], k, axis=1), np.full(len(self.beyond), -1, np.int64))
        for site in np.flatnonzero(opened).tolist():
            look()
            rows, cost = self.column(site)
            insert(rows, cost, site, found.cost, found.site)
        return found

    def cost_of(self, opened: NDArray[np.bool_]) -> float:
        """Return what a plan costs over the rows, exactly; inf when a row that must be served is not."""
        return float(np.sum(self.weight * self.near(opened, 1).cost[:, 0]))

    def survey(self) -> Survey:
        """Return the rows as people of whom only the cheapest trip is known, for a first plan at once."""

        def column(site: int) -> tuple[NDArray[np.int32], Array]:
            rows, cost = self.column(site)
            return rows.astype(np.int32), cost

        return Survey(self.weight, self.beyond, self.least, np.full(len(self.sites), np.inf), deterrent(self.dearest), column)

    def reduced(self) -> Reduced:
        """Return the sites, and what is known without any of them, as a reduced problem without rows."""
        nothing = np.empty(0)
        start, site = np.zeros(1, np.int64), np.empty(0, np.int32)
        return Reduced(self.sites, nothing, nothing, start, site, nothing, self.settled, self.settled_people, self.left_out)


def trip_rows(problem: SitingProblem, beyond: float, look: Look = lambda: None) -> TripRows:
    """Read all trips of a problem once, and merge cells whose trips are equal.

    Parameters
    ----------
    problem : SitingProblem
    beyond : float
        Charged where no open site is known (inf: must be served).
    look : callable
        Called between columns; may raise Cancelled.
    """
    survey = _Survey(problem, beyond, look)
    survey.read()
    return survey.rows()


def deterrent(dearest: float) -> float:
    """Return a high but finite price of a person who must be served and is not, so that plans that fail can be compared."""
    return 1000.0 * (dearest + 1.0)


class _Survey:
    """What one pass over the trips says of each cell."""

    def __init__(self, problem: SitingProblem, beyond: float, look: Look) -> None:
        self.problem, self._look, cells = problem, look, len(problem.people)
        self.names = choosable(problem)
        self.lived_in = problem.people > 0
        self.fallback = np.full(cells, beyond)
        self.least, self.nearest = np.full(cells, np.inf), np.full(cells, -1, np.int64)
        self.sums, self.width = np.zeros(cells, np.uint64), np.zeros(cells, np.int64)
        self.known = np.zeros(cells, bool)
        self.whole = bool((problem.people == np.floor(problem.people)).all())
        self.dearest = 0.0

    def read(self) -> None:
        for name in of_status(self.problem, "kept", "must_open"):
            self._look()
            cells, given = self.problem.costs.column(name)
            self.known[cells] = True
            self.fallback[cells] = np.minimum(self.fallback[cells], exact(given))
            self._note(exact(given))
        below = np.where(self.lived_in, self.fallback, -1.0)
        salts = np.random.default_rng(1).integers(0, 2**64, size=len(self.names), dtype=np.uint64)
        for site, name in enumerate(self.names):
            self._look()
            cells, given = self.problem.costs.column(name)
            cost = exact(given)
            survey(cells.astype(np.int64), cost, cost.view(np.uint64), site, salts[site], below, self.least, self.nearest, self.sums, self.width)
            self._note(cost)

    def _note(self, cost: Array) -> None:
        self.dearest = max(self.dearest, float(cost.max(initial=0.0)))
        self.whole = self.whole and bool((cost == np.floor(cost)).all())

    def rows(self) -> TripRows:
        people, improvable = self.problem.people, self.width > 0
        self.known |= np.isfinite(self.least)
        settled = self.lived_in & self.known & ~improvable
        first, kind = self._merged(np.flatnonzero(improvable))
        row = np.full(len(people), -1, np.int64)
        row[first] = np.arange(len(first))
        dearest = max(self.dearest, float(self.fallback[np.isfinite(self.fallback)].max(initial=0.0)))
        place = self.problem.costs.sites.get_indexer(self.problem.costs.sites.__class__(self.names)).astype(np.int64)
        return TripRows(
            self.problem, tuple(self.names), place, row, np.bincount(kind, weights=people[improvable], minlength=len(first)).astype(np.float64),
            self.fallback[first], self.least[first], self.nearest[first], float(np.sum(people[settled] * self.fallback[settled])),
            float(people[settled].sum()), self.lived_in & ~self.known, dearest,
            self.whole and dearest * float(people.sum()) < _EXACT and dearest % 1.0 == 0.0,
        )  # fmt: skip

    def _merged(self, cells: Ints) -> tuple[Ints, Ints]:
        """Return the first cell of each row, ascending, and the row of each cell given."""
        key = self.sums[cells] ^ (exact(self.fallback[cells]).view(np.uint64) * np.uint64(_GOLDEN)) ^ self.width[cells].astype(np.uint64)
        _, first, same = np.unique(key, return_index=True, return_inverse=True)
        leader = cells[first[same]]
        differs = (self.fallback[leader] != self.fallback[cells]) | (self.width[leader] != self.width[cells])
        followers = np.flatnonzero((leader != cells) & ~differs)
        differs[followers] = self._unequal(cells[followers], leader[followers])
        leader[differs] = cells[differs]  # a collision: cells that differ are left alone
        return np.unique(leader, return_inverse=True)

    def _unequal(self, cells: Ints, leaders: Ints) -> NDArray[np.bool_]:
        """Return where a cell's trips are not those of its leader, compared one by one."""
        wrong, dense = np.zeros(len(cells), bool), np.full(len(self.lived_in), np.inf)
        for name in self.names if len(cells) else ():
            self._look()
            place, cost = self.problem.costs.column(name)
            dense[place] = exact(cost)
            mine, theirs = (np.where(dense[some] < self.fallback[some], dense[some], np.inf) for some in (cells, leaders))
            wrong |= mine != theirs
            dense[place] = np.inf
        return wrong


def exact(cost: NDArray[np.floating]) -> Array:
    """Return costs as float64, exactly as they are; a negative zero is a zero."""
    same: Array = np.add(cost, 0.0, dtype=np.float64)
    return same
