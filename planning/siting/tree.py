"""Branch and bound over the sites, on linear programs that start where the last one ended.

The whole search is steps of one linear program each, so progress is told and a cancel is answered between any two of them, and a valid plan with a
valid bound is at hand at every moment.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.siting import heuristic, paid
from planning.siting.bound import Answer, Goal, Relaxation
from planning.siting.fix import without_sites
from planning.siting.journal import Journal
from planning.siting.purse import Purse
from planning.siting.reduce import Reduced
from planning.siting.watch import Watch

# Site shares this close to 0 or 1 are whole.
_WHOLE = 1e-6
# Rounds of cuts without much gain after which branching pays more than cutting.
_STALLED_ROUNDS, _STALLED = 3, 1e-2

# The plan next to the shares is improved by interchange in rounds 1, 2 and 4 and in each so-manieth, as that costs as much as some programs; in each
# round once so few of the entries are left.
_POLISHED, _FEW = 8, 0.1

# Entries of closed sites are dropped when they are more than this share of all.
_FORGOTTEN = 0.5


# Takes the rows that are left, and the shares of the sites in a program just solved (None: none are new).
Beside = Callable[[Reduced, NDArray[np.float64] | None], None]


@dataclass(frozen=True, order=True)
class _Node:
    bound: float
    number: int
    low: bytes
    high: bytes


class Tree:
    """The search for the best plan.

    Parameters
    ----------
    reduced : Reduced
    goal : Goal
    group : int64, shape (rows,)
        Groups of rows for the relaxation.
    watch : Watch
        Holds the best plan and bound; decides when to stop. ``nodes`` counts what was solved.
    beside : callable, optional
        A search for plans that goes on for a while beside the bound; may raise Cancelled.
    """

    def __init__(
        self, reduced: Reduced, goal: Goal, group: NDArray[np.int64], watch: Watch, beside: Beside | None = None
    ) -> None:  # fmt: skip
        self.reduced, self.goal, self.watch, self.group, self._beside = reduced, goal, watch, group, beside
        self.relaxation = Relaxation(reduced, goal, group, watch.look)
        self.nodes, self._entries, self.journal = 0, len(reduced.site), Journal()
        self._low, self._high = np.zeros(len(reduced.sites)), np.ones(len(reduced.sites))

    def begin(self, price: NDArray[np.float64], low: NDArray[np.bool_], high: NDArray[np.bool_]) -> None:
        """Begin with what a Lagrangian search knows: the rows' prices, shape (rows,), and the sites it decided, shape (sites,)."""
        self.relaxation.learn(price)
        self._low, self._high = low.astype(np.float64), high.astype(np.float64)
        self.journal.note(self._low > 0.5, self._high < 0.5)

    def search(self) -> None:
        """Search until proven, until the gap is as small as asked for, or until Cancelled comes through the watch."""
        heap = [self._node(-np.inf, self._low, self._high)]
        while heap and not self.watch.done:
            node = heapq.heappop(heap)
            if node.bound >= self.watch.cutoff:
                heap = []
                break
            self._branch(node, heap)
            if self._beside is not None:
                self._beside(self.reduced, None)
            self.watch.raise_bound(min((node.bound for node in heap), default=np.inf))
        if not heap:
            self.watch.raise_bound(np.inf)

    def _node(self, bound: float, low: NDArray[np.float64], high: NDArray[np.float64]) -> _Node:
        self.nodes += 1
        return _Node(bound, -self.nodes, low.astype(np.int8).tobytes(), high.astype(np.int8).tobytes())

    def _branch(self, node: _Node, heap: list[_Node]) -> None:
        """Solve a node; put what is left of it back as two."""
        low = np.maximum(np.frombuffer(node.low, np.int8), self._low)
        high = np.minimum(np.frombuffer(node.high, np.int8), self._high)
        if (low > high).any():
            return
        self.relaxation.limit(low, high)
        answer, bound = self._cut(node, root=node.number == -1)
        free = np.flatnonzero(low < high)
        if bound >= self.watch.cutoff or not len(free):
            return  # without free sites its only plan was offered while cutting
        site = free[int(np.argmin(np.abs(answer.y[free] - 0.5)))]
        self.journal.split(node.number, int(site), -self.nodes - 1, -self.nodes - 2)
        for value in (0.0, 1.0):
            child_low, child_high = low.copy(), high.copy()
            child_low[site] = child_high[site] = value
            heapq.heappush(heap, self._node(bound, child_low, child_high))

    def _cut(self, node: _Node, *, root: bool) -> tuple[Answer, float]:
        """Solve a node's program and add cuts until it is closed or cutting no longer pays."""
        bound, reached, stalled, turn = node.bound, -np.inf, 0, 0
        while True:
            turn += 1
            answer = self.relaxation.solve()
            self.journal.solved(node.number, answer, self.relaxation.prices)
            if answer.state == "infeasible":
                return answer, np.inf
            # A program that has dropped cuts may begin below what its node is known to cost.
            stalled = stalled + 1 if self._gained(answer, reached) < _STALLED else 0
            reached = max(reached, self.watch.whole(answer.bound))
            bound = max(bound, reached)
            if root:
                self.watch.raise_bound(bound)
                self._fix(answer)
            if bound >= self.watch.cutoff or (root and self.watch.done):
                return answer, bound
            self._round(answer, polish=root and self._polishes(turn))
            if answer.state == "unsolved" or stalled >= _STALLED_ROUNDS or not self._separate(answer, root=root):
                return answer, bound

    def _polishes(self, turn: int) -> bool:
        return turn in {1, 2, 4} or turn % _POLISHED == 0 or len(self.reduced.site) < _FEW * self._entries

    def _gained(self, answer: Answer, reached: float) -> float:
        """Return what the last cuts gained on what the node's programs had reached, as a share of what was still open."""
        still_open = self.watch.cost - reached
        return (self.watch.whole(answer.bound) - reached) / still_open if np.isfinite(still_open) and still_open > 0 else 1.0

    def _separate(self, answer: Answer, *, root: bool) -> int:
        """Add cuts; at the root also halfway towards the best plan (in-out), where they go deeper."""
        found = 0
        if root and self.watch.opened is not None:
            found = self.relaxation.separate(answer, 0.5 * answer.y + 0.5 * self.watch.opened)
        return found + self.relaxation.separate(answer, answer.y)

    def _round(self, answer: Answer, *, polish: bool) -> None:
        """Offer the plan next to the site shares."""
        if self.goal.purse is not None:
            self._round_paid(answer, self.goal.purse, polish=polish)
            return
        if self.goal.budget is not None:
            opened = answer.y > 0.5
            self._offer(opened if self._beside is not None else heuristic.complete(self.reduced, opened, self.goal.budget, self._seen))
            if polish and self._beside is not None:
                self._beside(self.reduced, answer.y)
            return
        opened = answer.y > 0.5 if self.goal.most is None else greatest(answer.y, self.goal.most)
        self._offer(heuristic.interchange(self.reduced, opened, self._seen) if polish else opened)

    def _offer(self, opened: NDArray[np.bool_]) -> None:
        self.watch.offer(opened, cost_of(self.reduced, self.goal, opened))

    def _round_paid(self, answer: Answer, purse: Purse, *, polish: bool) -> None:
        """Offer the plan next to the site shares that can be paid."""
        opened = paid.rounded(self.reduced, self.goal, purse, answer.y, self._seen)
        if polish:
            opened = paid.improved(self.reduced, self.goal, purse, opened, self._seen)
        self._offer(opened)

    def _seen(self, opened: NDArray[np.bool_]) -> None:
        self.watch.look(lambda: (opened, cost_of(self.reduced, self.goal, opened)))

    def _fix(self, answer: Answer) -> None:
        """Fix sites whose reduced price says that no better plan opens (or closes) them."""
        slack = self.watch.cutoff - answer.bound
        if np.isfinite(slack):
            self._high[(answer.price > slack) & (self._low < 0.5)] = 0.0
            self._low[(answer.price < -slack) & (self._high > 0.5)] = 1.0
            self.relaxation.limit(self._low, self._high)
            self.journal.fixed(answer, self.relaxation.prices, self._low > 0.5, self._high < 0.5)
            self._forget()

    def _forget(self) -> None:
        """Go on with fewer and shorter rows once half of the entries belong to sites that are fixed closed."""
        closed = self._high < 0.5
        if np.diff(self.reduced.columns.start)[closed].sum() > _FORGOTTEN * max(len(self.reduced.site), 1):
            self.reduced, group = without_sites(self.reduced, closed, self.relaxation.group)
            self.relaxation.take(self.reduced, group)


def greatest(y: NDArray[np.float64], most: int) -> NDArray[np.bool_]:
    """Return the plan of the greatest shares, at most so many; of equal shares the smaller id comes first."""
    order = np.lexsort((np.arange(len(y)), -y))[:most]
    opened = np.zeros(len(y), dtype=bool)
    opened[order] = y[order] > _WHOLE
    return opened


def cost_of(reduced: Reduced, goal: Goal, opened: NDArray[np.bool_]) -> float:
    """Return what a plan costs under a goal; inf when it breaks one of its limits."""
    loss = heuristic.loss(reduced, opened)
    count = int(opened.sum())
    if goal.most is not None and count > goal.most:
        return np.inf
    if goal.purse is not None:
        loss += goal.purse.charge(opened)
    if goal.budget is None:
        return loss
    return float(count) if loss <= goal.budget else np.inf
