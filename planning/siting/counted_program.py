"""A bound on what any plan can reach when sites are counted: a linear program over the sites that learns cover by cuts.

Benders' decomposition as in :mod:`planning.siting.bound` (Cordeau, Furini & Ljubić 2019), for credit that falls with each further site: a person
counts 1 when the first open site reaches him and ``b <= 1`` more when the second does. As a function of the number of open sites that is concave, so
each of its pieces is above it everywhere and gives a cut

    theta[g] <= sum over rows j of g:  people[j] * (constant[j] + slope[j] * sum over sites i that reach j:  y[i])

with slope 1 below one site, ``b`` between one and two, 0 above, at the shares ``y`` of the moment. Sites that exclude each other give
``sum of y over a clique <= 1``. The worst-served township is one more variable, ``z <= (sum of its theta) / base``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.counted import Array, Counted, Open
from planning.siting.program import Program, Solved

# Up to so many rows each row is a group of its own: the bound is then the strongest.
_ALONE = 600
_VIOLATED = 1e-7
# Conditions on sums of people hold up to this share: the accuracy of float64 over many cells.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Aim:
    """What is made large, and what limits it.

    Attributes
    ----------
    most : int or None
        Free sites to open at most.
    kind : {"total", "worst", "sites"}
        ``total``: the people reached; ``worst``: the smallest share of ``base`` reached in a township; ``sites``: few sites.
    second : float
        What a second site within reach counts in the total, in [0, 1], where the first counts 1.
    base : float64, shape (towns,), or None
        People of each township; townships without people are in no smallest share.
    floor : float64, shape (towns,) or (1,), or None
        People whom at least one site must reach: in each township, or all together.
    spend : float
        Sum of the prices of the free sites that are open at most; inf: any.
    """

    most: int | None
    kind: str = "total"
    second: float = 0.0
    base: Array | None = None
    floor: Array | None = None
    spend: float = np.inf

    def cost(self, rows: Counted, opened: Open) -> float:
        """Return what a plan costs, smaller is better; inf when it breaks a condition."""
        if (self.most is not None and int(opened.sum()) > self.most) or not rows.agrees(opened):
            return np.inf
        if rows.price[opened].sum() > self.spend:
            return np.inf
        first, second = rows.covered(opened)
        if self.floor is not None:
            reached = first if len(self.floor) == len(first) else np.array([first.sum()])
            if (reached < self.floor * (1 - ROUNDING)).any():
                return np.inf
        if self.kind == "sites":
            return float(opened.sum())
        return 1.0 - self.worst(first) if self.kind == "worst" else -float(first.sum() + self.second * second.sum())

    def worst(self, first: Array) -> float:
        """Return the smallest share of a township's people; 1 where nobody lives."""
        base = np.ones(len(first)) if self.base is None else self.base
        return float((first[base > 0] / base[base > 0]).min(initial=1.0))


class CountedProgram:
    """The linear program with the cuts learnt so far.

    Parameters
    ----------
    rows : Counted
    aim : Aim
    look : callable
        Called between slices of work; may raise Cancelled.
    """

    def __init__(self, rows: Counted, aim: Aim, look: Callable[[], None]) -> None:
        self.rows, self.aim, self.sites = rows, aim, len(rows.sites)
        self.group = _groups(rows)
        self.groups = int(self.group.max(initial=-1)) + 1
        total = aim.kind == "total"
        # The first ladder is the plain cover that floors and townships need, the last what is made large.
        self.ladders = [0.0] if not total or aim.second == 0.0 else ([0.0] if aim.floor is not None else []) + [aim.second]
        weight = np.bincount(self.group, weights=rows.people, minlength=self.groups)
        self.scale = float(weight.mean()) if self.groups else 1.0
        highest = np.concatenate([weight * (1.0 + second) for second in self.ladders]) / self.scale
        thetas, worst = len(highest), int(aim.kind == "worst")
        objective = np.zeros(self.sites + thetas + worst)
        objective[: self.sites] = float(aim.kind == "sites")
        objective[self.sites + thetas - self.groups : self.sites + thetas] = -float(total)
        objective[self.sites + thetas :] = -1.0
        self.program = Program(objective, np.zeros(len(objective)), np.concatenate([np.ones(self.sites), highest, np.ones(worst)]), look)
        self._conditions()

    def solve(self) -> tuple[Solved, float]:
        """Solve the program as it stands; return the answer and the bound on the cost of every plan."""
        answer = self.program.solve()
        if self.aim.kind == "sites":
            return answer, answer.bound
        if self.aim.kind == "worst":
            return answer, 1.0 + answer.bound
        settled = float(self.rows.first.sum() + self.aim.second * self.rows.second.sum())
        return answer, answer.bound * self.scale - settled

    def price(self, answer: Solved) -> Array:
        """Return what opening each site adds to the bound, shape (sites,)."""
        return answer.price[: self.sites] * (self.scale if self.aim.kind == "total" else 1.0)

    def separate(self, answer: Solved, at: Array) -> int:
        """Add the cuts made at the shares ``at`` that the answer violates; return how many."""
        found = 0
        for ladder, second in enumerate(self.ladders):
            begin = self.sites + ladder * self.groups
            theta = answer.x[begin : begin + self.groups]
            slope, constant = self.cuts(at, second)
            allowed = constant + slope @ answer.x[: self.sites]
            violated = np.flatnonzero(theta > allowed + _VIOLATED * np.maximum(1.0, np.abs(allowed)))
            if len(violated):
                own = sparse.csr_array((np.ones(len(violated)), (np.arange(len(violated)), violated)), shape=(len(violated), self.groups))
                self.program.add(self._row(slope[violated], -own, ladder), -constant[violated], cuts=True)
                found += len(violated)
        return found

    def cuts(self, at: Array, second: float) -> tuple[sparse.csr_array, Array]:
        """Return one cut per group at the shares ``at``: slopes, shape (groups, sites), and constants, shape (groups,)."""
        rows = self.rows
        counts = rows.already + rows.reach @ at
        slope = np.where(counts < 1.0, 1.0, np.where(counts < 2.0, second, 0.0))
        constant = np.where(counts < 1.0, rows.already, np.where(counts < 2.0, 1.0 + second * (rows.already - 1.0), 1.0 + second))
        weight = rows.people / self.scale
        members = sparse.csr_array((weight * slope, (self.group, np.arange(len(self.group)))), shape=(self.groups, len(self.group)))
        members.eliminate_zeros()
        constants = np.bincount(self.group, weights=weight * constant, minlength=self.groups).astype(np.float64)
        return sparse.csr_array(members @ rows.reach), constants

    def _conditions(self) -> None:
        rows, aim, none = self.rows, self.aim, sparse.csr_array((1, self.groups))
        if aim.most is not None:
            self.program.add(self._row(sparse.csr_array(-np.ones((1, self.sites))), none, 0), np.array([-float(aim.most)]))
        if np.isfinite(aim.spend) and self.sites:
            unit = float(rows.price.max()) or 1.0
            self.program.add(self._row(sparse.csr_array(-rows.price[None, :] / unit), none, 0), np.array([-aim.spend / unit]))
        for clique in _cliques(rows.exclusion):
            slope = sparse.csr_array((-np.ones(len(clique)), (np.zeros(len(clique), np.int64), clique)), shape=(1, self.sites))
            self.program.add(self._row(slope, none, 0), np.array([-1.0]))
        of_town = np.zeros(self.groups, np.int64)
        of_town[self.group] = rows.town
        if aim.floor is not None:
            self._floors(aim.floor, of_town)
        if aim.kind == "worst" and aim.base is not None:
            for town in np.flatnonzero(aim.base > 0):
                mine = sparse.csr_array((of_town == town)[None, :] * self.scale / aim.base[town])
                row = sparse.csr_array(sparse.hstack([self._row(sparse.csr_array((1, self.sites)), mine, 0)[:, :-1], sparse.csr_array([[-1.0]])]))
                self.program.add(row, np.array([-rows.first[town] / aim.base[town]]))

    def _floors(self, floor: Array, of_town: NDArray[np.int64]) -> None:
        apart = len(floor) == len(self.rows.towns)
        settled = self.rows.first if apart else np.array([self.rows.first.sum()])
        for index in range(len(floor)):
            mine = sparse.csr_array(((of_town == index) | (not apart)).astype(np.float64)[None, :])
            least = (floor[index] * (1 - ROUNDING) - settled[index]) / self.scale
            self.program.add(self._row(sparse.csr_array((1, self.sites)), mine, 0), np.array([least]))

    def _row(self, slope: sparse.csr_array, theta: sparse.csr_array, ladder: int) -> sparse.csr_array:
        """Return rows with their parts in the columns of the sites and of one ladder."""
        count, tail = slope.shape[0], len(self.program.low) - self.sites - (ladder + 1) * self.groups
        before, after = sparse.csr_array((count, ladder * self.groups)), sparse.csr_array((count, tail))
        return sparse.csr_array(sparse.hstack([slope, before, theta, after]))


def _groups(rows: Counted) -> NDArray[np.int64]:
    """Return the group of each row; a group lies in one township."""
    if len(rows.people) <= _ALONE:
        return np.arange(len(rows.people))
    _, group = np.unique(rows.town * len(rows.sites) + rows.reach.indices[rows.reach.indptr[:-1]], return_inverse=True)
    return np.asarray(group, dtype=np.int64)


def _cliques(exclusion: sparse.csr_array) -> list[list[int]]:
    """Return sets of sites that all exclude each other, so that every excluding pair is in one of them."""
    near = [set(exclusion.indices[begin:end].tolist()) for begin, end in zip(exclusion.indptr[:-1], exclusion.indptr[1:], strict=True)]
    seen: set[tuple[int, int]] = set()
    cliques = []
    for one, others in enumerate(near):
        for other in sorted(others):
            if other < one or (one, other) in seen:
                continue
            clique, common = [one, other], others & near[other]
            while common:
                chosen = min(common)
                clique.append(chosen)
                common &= near[chosen]
            clique.sort()
            seen.update((low, high) for place, low in enumerate(clique) for high in clique[place + 1 :])
            cliques.append(clique)
    return cliques
