"""Make the certificate of a search from what it noted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from planning.siting.bound import Goal
from planning.siting.certificate import Certificate, Fixed, Leaf, Split, Valuation, proven, valuation
from planning.siting.journal import Duals, Journal
from planning.siting.problem import Checked
from planning.siting.reduce import Reduced
from planning.siting.row_prices import Given, Ray, RowPrices, Source
from planning.siting.tree import Tree

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Bounds are equal up to these shares: of the cost itself, and of the sums that it is the difference of.
_EQUAL, _SUMMED = 2e-9, 1e-11
# Entries that a check within a search may look at.
_WORK = 20_000_000


@dataclass(frozen=True)
class Notes:
    """What a search leaves behind.

    Attributes
    ----------
    reduced : Reduced
        The question's rows, as far as they decide.
    rows : int64, shape (rows,)
        Which rows of the question they are.
    goal : Goal
    tree : Tree or None
    price : float64, shape (rows,), or None
        The best prices of a Lagrangian search.
    deciding : sequence of float64, each shape (rows,)
        The prices by which it decided sites.
    cost, bound, cutoff : float
        Of the best plan; of any plan, as the search says; and from where on costs are of no interest.
    complete : bool
        Everything that the bound rests on was noted.
    """

    reduced: Reduced
    rows: NDArray[np.int64]
    goal: Goal
    tree: Tree | None
    price: Array | None
    deciding: Sequence[Array]
    cost: float
    bound: float
    cutoff: float
    complete: bool

    @property
    def work(self) -> int:
        """Entries to be looked at by a check of all leaves, and of the first node alone."""
        journal = None if self.tree is None else self.tree.journal
        blocks = 0 if self.tree is None else len(self.tree.relaxation.origins)
        return (2 + (0 if journal is None else len(journal.duals))) * (len(self.reduced.site) + blocks * len(self.reduced.weight) // 4)


def reviewed(notes: Notes) -> tuple[Checked, float]:
    """Check the bound of a search, as far as that is a small part of the work; return what was checked, and the cost that is proven by it.

    Raises
    ------
    ValueError
        When the search's own bound is better than its certificate, though everything was noted: one of the two is wrong.
    """
    if 3 * len(notes.reduced.site) > _WORK or not len(notes.reduced.weight):
        return "no", math.nan
    whole = notes.work <= _WORK
    return judged(notes, proven(notes.reduced, certified(notes, whole=whole)), whole=whole)


def judged(notes: Notes, found: float, *, whole: bool) -> tuple[Checked, float]:
    """Return what a certificate's bound says of the search's own; raises as :func:`reviewed` does."""
    told = notes.cost if notes.bound >= notes.cutoff else notes.bound
    if found >= told - 1.5 * slack(notes.reduced, told):
        return "whole", min(found, notes.cost)
    if whole and notes.complete and (notes.tree is None or not notes.tree.journal.full):
        raise ValueError(f"the search's own bound {told} is better than the one its certificate proves, {found}")
    return "part", found


def certified(notes: Notes, *, whole: bool = True) -> Certificate:
    """Return the certificate of a search.

    Parameters
    ----------
    notes : Notes
    whole : bool
        All leaves; otherwise only the prices before the first branching.
    """
    return _Maker(notes).make(whole=whole and (notes.tree is None or not notes.tree.journal.full))


def slack(reduced: Reduced, cost: float) -> float:
    """Return by how much a bound may differ from another for no other reason than rounding."""
    dearest = float(np.where(np.isfinite(reduced.beyond), reduced.beyond, 0.0).max(initial=0.0))
    summed = float(reduced.weight.sum()) * max(dearest, float(reduced.cost.max(initial=0.0)))
    return _EQUAL * max(abs(cost), 1.0) + _SUMMED * summed


class _Numbers(Sequence[float]):
    """Numbers that belong to vectors of prices, each made when it is asked for."""

    def __init__(self, prices: RowPrices, number: Callable[[int], float]) -> None:
        self._prices, self._number = prices, number

    def __len__(self) -> int:
        return len(self._prices)

    @overload
    def __getitem__(self, place: int) -> float: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[float]: ...
    def __getitem__(self, place: int | slice) -> float | Sequence[float]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return self._number(place)


@dataclass(frozen=True)
class _Grown:
    """A node of the tree: its number, its prices and what they prove, and the sites that it opens and closes."""

    number: int
    price: int
    bound: float
    opened: Flags
    closed: Flags


class _Maker:
    """One certificate on its way."""

    def __init__(self, notes: Notes) -> None:
        self.notes, reduced, goal, tree = notes, notes.reduced, notes.goal, notes.tree
        relaxation = None if tree is None else tree.relaxation
        group = np.zeros(len(reduced.weight), np.int64) if tree is None else tree.group
        scale, origins = (1.0, []) if relaxation is None else (relaxation.scale, relaxation.origins)
        cheapest = reduced.cost[reduced.start[:-1]] if len(reduced.weight) else np.empty(0)
        self.least = cheapest if relaxation is None else relaxation.least
        self.prices = RowPrices(reduced, goal, group, scale, origins, self.least)
        self.nodes: list[Leaf | Split | Fixed] = []
        self.certificate = Certificate(
            reduced.sites, goal.most, goal.budget, self.nodes, self.prices, _Numbers(self.prices, self.prices.multiplier),
            goal.purse, _Numbers(self.prices, self.prices.rate),
        )  # fmt: skip
        self.cut = notes.cutoff - slack(reduced, notes.cutoff) / 2 if math.isfinite(notes.cutoff) else math.inf
        self._known: dict[int, Valuation] = {}

    def make(self, *, whole: bool) -> Certificate:
        """Return the certificate."""
        best = self._best_of_root()
        journal = None if self.notes.tree is None else self.notes.tree.journal
        if journal is None or not whole:
            self.nodes.append(Leaf(best))
        else:
            opened, closed = self._decide(journal, best)
            if self._valued(best).bound(opened, closed) >= self.cut:
                self.nodes.append(Leaf(best))
            else:
                self._grow(journal, best, opened, closed)
        return self.certificate

    def _best_of_root(self) -> int:
        """Return the prices known before any branching that prove most."""
        journal = None if self.notes.tree is None else self.notes.tree.journal
        free = np.zeros(len(self.notes.reduced.sites), bool)
        places = [] if self.notes.price is None else [self.prices.add(Given(self.notes.price))]
        if journal is not None and -1 in journal.duals:
            places.append(self._added(journal.duals[-1], free, free))
        places = places or [self.prices.add(Given(self.least, 0.0))]
        if len(places) == 1:
            return places[0]
        opened, closed = (free, free) if journal is None or not journal.decided else (journal.opened, journal.closed)
        return max(places, key=lambda place: self._valued(place).bound(opened, closed))

    def _valued(self, place: int) -> Valuation:
        if place not in self._known:
            self._known[place] = valuation(self.notes.reduced, self.certificate, place)
        return self._known[place]

    def _decide(self, journal: Journal, best: int) -> tuple[Flags, Flags]:
        """Justify the sites that were decided before the first branching, with few prices; return those open and closed."""
        opened = closed = np.zeros(len(self.notes.reduced.sites), bool)
        if not journal.decided:
            return opened, closed
        sources: tuple[Source, ...] = (*journal.fixings[::-1], *(Given(price) for price in self.notes.deciding[::-1]))
        places, progress = [best, *(self.prices.add(source) for source in sources)], True
        # What is decided by one vector of prices helps another to decide more, so all are asked again while any does.
        while progress:
            progress = False
            for place in places:
                must, shut = journal.opened & ~opened, journal.closed & ~closed
                if self._valued(best).bound(opened, closed) >= self.cut or not (must.any() or shut.any()):
                    return opened, closed
                shut &= self._valued(place).bounds_with(opened, closed) >= self.cut
                must &= self._valued(place).bounds_without(opened, closed) >= self.cut
                if must.any() or shut.any():
                    opened, closed = self._fix(place, opened, closed, must, shut)
                    progress = True
        # What no prices justify is said all the same: the certificate then proves less than was told.
        must, shut = journal.opened & ~opened, journal.closed & ~closed
        return self._fix(best, opened, closed, must, shut)

    def _fix(self, place: int, opened: Flags, closed: Flags, must: Flags, shut: Flags) -> tuple[Flags, Flags]:
        self.nodes.append(Fixed(place, np.flatnonzero(shut), np.flatnonzero(must), len(self.nodes) + 1))
        return opened | must, closed | shut

    def _grow(self, journal: Journal, best: int, opened: Flags, closed: Flags) -> None:
        """Add the nodes of the tree; one that was never solved keeps the prices of the one it comes from."""
        stack, place_of = [_Grown(-1, best, -math.inf, opened, closed)], dict[int, int]()
        found: list[_Grown] = []
        while stack:
            node = stack.pop()
            duals, branch = journal.duals.get(node.number), journal.branches.get(node.number)
            if duals is not None and duals.bound >= node.bound and node.number != -1:
                node = replace(node, price=self._added(duals, node.opened, node.closed), bound=duals.bound)
            place_of[node.number] = len(self.nodes) + len(found)
            found.append(node)
            if branch is not None:
                one = np.zeros(len(opened), bool)
                one[branch.site] = True
                stack += [
                    replace(node, number=branch.closed, closed=node.closed | one), replace(node, number=branch.opened, opened=node.opened | one)
                ]  # fmt: skip
        for node in found:
            branch = journal.branches.get(node.number)
            if branch is not None:
                self.nodes.append(Split(branch.site, place_of[branch.closed], place_of[branch.opened]))
            else:
                self.nodes.append(Leaf(self._exact(node.opened) if bool((node.opened | node.closed).all()) else node.price))

    def _added(self, duals: Duals, opened: Flags, closed: Flags) -> int:
        """Add the prices of a node; of a ray as many times as close it."""
        if not duals.ray:
            return self.prices.add(duals)
        place, times = self.prices.add(Ray(duals, 1.0)), 1.0
        enough = self.cut if math.isfinite(self.cut) else 2.0 * float(self.notes.reduced.weight.sum() * self.notes.reduced.cost.max(initial=1.0))
        while times < 1e15 and valuation(self.notes.reduced, self.certificate, place).bound(opened, closed) < enough:
            times *= 16.0
            self.prices.sources[place] = Ray(duals, times)
        return place

    def _exact(self, opened: Flags) -> int:
        """Add the prices that say what one plan costs."""
        reduced, goal = self.notes.reduced, self.notes.goal
        cost = np.where(opened[reduced.site], reduced.cost, np.inf)
        price = np.minimum(np.minimum.reduceat(cost, reduced.start[:-1]) if len(cost) else np.empty(0), reduced.beyond)
        lost, much = ~np.isfinite(price), 2.0 * (abs(self.cut) if math.isfinite(self.cut) else 1.0) + 2.0 * len(reduced.sites) + 2.0
        price[lost] = reduced.cost.max(initial=0.0) + much / reduced.weight[lost]
        over = 0.0 if goal.purse is None else float(goal.purse.price[opened].sum()) - goal.purse.spend
        rate = (much + float((reduced.weight * price).sum())) / over if over > 0 else 0.0
        if goal.budget is None:
            return self.prices.add(Given(price, rate=rate))
        over = float((reduced.weight * price).sum()) - goal.budget
        return self.prices.add(Given(price, 0.0 if over <= 0 else (len(reduced.sites) + 2.0) / over, rate))
