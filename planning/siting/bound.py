"""A bound on the cost of every plan: a linear program over the sites that learns what plans cost by cuts.

Benders' decomposition (Cordeau, Furini & Ljubić 2019 for covering; García, Labbé & Marín 2011 and Durán-Mateluna, Ales & Elloumi 2023 for the
p-median): one variable per site and one ``theta`` per group of rows, and for the sites ``y`` of the moment the cut

    theta[g] >= sum over rows j of g:  weight[j] * (d[j] - sum over sites i cheaper than d[j]:  (d[j] - cost[i, j]) * y[i])

where ``d[j]`` is the cost at which the opened shares of the row's cheapest sites add up to one (``beyond`` if they never do). Rows that must be
served but are not add ``sum of their sites >= 1``.

Bounds are never read off the solver (:mod:`planning.siting.program`). A solver that errs therefore costs time, not truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.journal import Origin
from planning.siting.kernels import add_shares, cut_cover, cut_groups
from planning.siting.program import Program
from planning.siting.purse import Purse
from planning.siting.reduce import Reduced

Array = NDArray[np.float64]

# A row counts as served, and a cut as violated, beyond these.
_SERVED, _VIOLATED = 1e-7, 1e-7
# Rows that must be served and are not: added so many at a time, worst first.
_ROWS_AT_ONCE = 400


@dataclass(frozen=True)
class Goal:
    """What is made small, and what limits it.

    Attributes
    ----------
    most : int or None
        Free sites to open at most.
    budget : float or None
        Cost over the rows at most; the number of sites is then made small instead of the cost.
    purse : Purse or None
        What sites cost in money, where that matters.
    """

    most: int | None = None
    budget: float | None = None
    purse: Purse | None = None

    @property
    def counts_sites(self) -> bool:
        """The number of sites is made small, not the cost of the rows."""
        return self.budget is not None


@dataclass(frozen=True)
class Answer:
    """What one linear program says.

    Attributes
    ----------
    y : float64, shape (sites,)
        Shares of the sites; their lower limits where the solver gave none.
    theta : float64, shape (groups,)
        Costs of the groups, in the unit of the linear program.
    price : float64, shape (sites,)
        What opening a site adds to the bound.
    bound : float
        Valid for every plan within the limits; -inf where nothing was proven.
    state : {"solved", "infeasible", "unsolved"}
        ``infeasible`` only where the rows and limits contradict each other for certain.
    """

    y: Array
    theta: Array
    price: Array
    bound: float
    state: Literal["solved", "infeasible", "unsolved"]


class Relaxation:
    """The linear program with the cuts learnt so far.

    Parameters
    ----------
    reduced : Reduced
    goal : Goal
    group : int64, shape (rows,)
        Group of each row.
    look : callable
        Called at each step of the simplex; may raise Cancelled.
    """

    def __init__(self, reduced: Reduced, goal: Goal, group: NDArray[np.int64], look: Callable[[], None]) -> None:
        self.reduced, self.goal, self.group = reduced, goal, group
        self.sites, self.groups = len(reduced.sites), int(group.max(initial=-1)) + 1
        self.take(reduced, group)
        least, most = _row_limits(reduced)
        self.least = least
        lower = np.bincount(group, weights=reduced.weight * least, minlength=self.groups)
        upper = np.bincount(group, weights=reduced.weight * most, minlength=self.groups)
        # Groups cost about 1 each, whatever the unit, so that the solver's tolerances mean the same everywhere.
        self.scale = (float((upper - lower).mean()) if self.groups else 0.0) or 1.0
        low, high = np.concatenate([np.zeros(self.sites), lower / self.scale]), np.concatenate([np.ones(self.sites), upper / self.scale])
        counts, purse = goal.counts_sites, goal.purse
        of_sites = purse.price / self.scale if purse is not None and purse.charged else np.full(self.sites, float(counts))
        objective = np.concatenate([of_sites, np.full(self.groups, float(not counts))])
        self.program = Program(objective, low, high, look)
        self.origins: list[Origin] = []
        self.prices = np.empty(0)
        if goal.most is not None:
            self._add_limit(np.concatenate([np.ones(self.sites), np.zeros(self.groups)]), float(goal.most), Origin("limit", 1))
        if purse is not None and np.isfinite(purse.spend) and self.sites:
            unit = float(purse.price.max()) or 1.0
            self._add_limit(np.concatenate([purse.price / unit, np.zeros(self.groups)]), purse.spend / unit, Origin("spend", 1, np.array([unit])))
        if goal.budget is not None and self.groups:
            self._add_limit(np.concatenate([np.zeros(self.sites), np.ones(self.groups)]), goal.budget / self.scale, Origin("budget", 1))

    @property
    def unit(self) -> float:
        """What one unit of the linear program's objective is in the goal's own."""
        return 1.0 if self.goal.counts_sites else self.scale

    def limit(self, low: Array, high: Array) -> None:
        """Fix sites: set the limits of their shares, each shape (sites,)."""
        self.program.limit(low, high)

    def take(self, reduced: Reduced, group: NDArray[np.int64]) -> None:
        """Learn from these rows from now on: they cost every plan within the limits, group by group, what those of before cost it."""
        self.reduced, self.group = reduced, group
        self._listed = np.diff(reduced.columns.start) > 0
        self._order = np.argsort(group, kind="stable")
        self._group_start = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=self.groups))]).astype(np.int64)

    def solve(self) -> Answer:
        """Solve the program as it stands; raises Cancelled through the watch."""
        found = self.program.solve()
        self.prices = found.rows
        y, theta = found.x[: self.sites], found.x[self.sites :]
        return Answer(y, theta, found.price[: self.sites] * self.unit, found.bound * self.unit, found.state)

    def separate(self, answer: Answer, at: Array) -> int:
        """Add the cuts at the shares ``at`` that the answer violates; return how many.

        Parameters
        ----------
        answer : Answer
            The last one of this program.
        at : float64, shape (sites,)
            Any shares; those of the answer itself find a violated cut whenever there is one.
        """
        return self._serve(at, answer.y) + self._cut(at, answer)

    def learn(self, critical: Array) -> None:
        """Add the cuts of critical costs that a Lagrangian search ended with, shape (rows,): the program starts with its bound."""
        coefficient, constant = self.cuts_of(critical)
        self._add(coefficient, constant, Origin("prices", len(constant), critical, self._listed, np.arange(self.groups)))

    def _add(self, rows: sparse.csr_array, least: Array, origin: Origin) -> None:
        """Add cuts ``rows @ variables >= least``."""
        self.origins.append(origin)
        self.program.add(rows, least, cuts=True)

    def _add_limit(self, row: Array, most: float, origin: Origin) -> None:
        self.origins.append(origin)
        self.program.add(sparse.csr_array(-row[None, :]), np.array([-most]))

    def _serve(self, at: Array, y: Array) -> int:
        must = ~np.isfinite(self.reduced.beyond)
        if not must.any():
            return 0
        share, violated = self._served(at), self._served(y) < 1.0 - _SERVED
        unserved = np.flatnonzero(must & violated & (share < 1.0 - _SERVED))
        unserved = unserved[np.lexsort((unserved, share[unserved]))][:_ROWS_AT_ONCE]
        if len(unserved):
            chosen = sparse.csr_array(
                (np.ones(len(self.reduced.site)), self.reduced.site, self.reduced.start), shape=(len(must), self.sites + self.groups)
            )
            served = sparse.csr_array(chosen[unserved])
            self._add(served, np.ones(len(unserved)), Origin("served", len(unserved), listed=self._listed, served=served))
        return len(unserved)

    def _cut(self, at: Array, answer: Answer) -> int:
        if not self.groups:
            return 0
        coefficient, constant = self.cuts(at)
        worth = constant - coefficient[:, : self.sites] @ answer.y
        violated = np.flatnonzero(worth > answer.theta + _VIOLATED * np.maximum(1.0, np.abs(worth)))
        if len(violated):
            origin = Origin("cuts", len(violated), np.where(self._listed, at, 0.0), self._listed, violated)
            self._add(sparse.csr_array(coefficient[violated]), constant[violated], origin)
        return len(violated)

    def cuts(self, y: Array) -> tuple[sparse.csr_array, Array]:
        """Return one cut per group at the shares ``y``: coefficients, shape (groups, variables), and constants, shape (groups,)."""
        reduced, of_group, full = self.reduced, (self._order, self._group_start), 1.0 - _SERVED
        if reduced.covers:
            start, column, coefficient, constant = cut_cover(
                *of_group, reduced.start, reduced.site, reduced.weight, reduced.beyond, self._served(y), full, self.sites
            )
        else:
            start, column, coefficient, constant = cut_groups(
                *of_group, reduced.start, reduced.site, reduced.cost, reduced.weight, reduced.beyond, y, full
            )
        return self._assembled(sparse.csr_array((coefficient / self.scale, column, start), shape=self._shape), constant)

    def _served(self, y: Array) -> Array:
        """Return the shares of the sites that serve each row, together, shape (rows,)."""
        served = np.zeros(len(self.reduced.weight))
        add_shares(np.flatnonzero(y), self.reduced.columns.start, self.reduced.columns.row, y, served)
        return served

    def cuts_of(self, critical: Array) -> tuple[sparse.csr_array, Array]:
        """Return one cut per group for any critical costs up to ``beyond``, shape (rows,); each holds for every plan."""
        reduced = self.reduced
        saving = reduced.weight[reduced.row] * (critical[reduced.row] - reduced.cost)
        entry = np.flatnonzero(saving > 0.0)
        place = (self.group[reduced.row[entry]], reduced.site[entry])
        constant = np.bincount(self.group, weights=reduced.weight * critical, minlength=self.groups).astype(np.float64)
        return self._assembled(sparse.coo_array((saving[entry] / self.scale, place), shape=self._shape).tocsr(), constant)

    @property
    def _shape(self) -> tuple[int, int]:
        return self.groups, self.sites + self.groups

    def _assembled(self, of_sites: sparse.csr_array, constant: Array) -> tuple[sparse.csr_array, Array]:
        own = sparse.csr_array((np.ones(self.groups), (np.arange(self.groups), self.sites + np.arange(self.groups))), shape=self._shape)
        return sparse.csr_array(of_sites + own), constant / self.scale


def _row_limits(reduced: Reduced) -> tuple[Array, Array]:
    """Return the least and the greatest cost of one person in each row."""
    if not len(reduced.weight):
        return np.empty(0), np.empty(0)
    greatest = np.where(np.isfinite(reduced.beyond), reduced.beyond, reduced.cost[reduced.start[1:] - 1])
    return reduced.cost[reduced.start[:-1]], greatest
