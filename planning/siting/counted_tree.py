"""Branch and bound over the sites where they are counted; one linear program per step, as in :mod:`planning.siting.tree`."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from planning.siting import counted_plans
from planning.siting.counted import Array, Counted, Open
from planning.siting.counted_program import Aim, CountedProgram
from planning.siting.program import Solved
from planning.siting.watch import Watch

# Rounds of cuts without much gain after which branching pays more than cutting.
_STALLED_ROUNDS, _STALLED = 3, 1e-2


@dataclass(frozen=True, order=True)
class _Node:
    bound: float
    number: int
    low: bytes
    high: bytes


class CountedTree:
    """The search for the best plan.

    Parameters
    ----------
    rows : Counted
    aim : Aim
    watch : Watch
        Holds the best plan and bound; decides when to stop. ``nodes`` counts what was opened.
    """

    def __init__(self, rows: Counted, aim: Aim, watch: Watch) -> None:
        self.rows, self.aim, self.watch = rows, aim, watch
        self.program = CountedProgram(rows, aim, watch.look)
        self.nodes = 0
        self._low, self._high = np.zeros(len(rows.sites)), np.ones(len(rows.sites))

    def search(self) -> None:
        """Search until proven, until the gap is as small as asked for, or until Cancelled comes through the watch."""
        heap = [self._node(-np.inf, self._low, self._high)]
        while heap and not self.watch.done:
            node = heapq.heappop(heap)
            if node.bound >= self.watch.cutoff:
                heap = []
                break
            self._branch(node, heap)
            self.watch.raise_bound(min((node.bound for node in heap), default=np.inf))
        if not heap:
            self.watch.raise_bound(np.inf)

    def _node(self, bound: float, low: Array, high: Array) -> _Node:
        self.nodes += 1
        return _Node(bound, -self.nodes, low.astype(np.int8).tobytes(), high.astype(np.int8).tobytes())

    def _branch(self, node: _Node, heap: list[_Node]) -> None:
        """Solve a node; put what is left of it back as two."""
        low = np.maximum(np.frombuffer(node.low, np.int8), self._low)
        high = np.minimum(np.frombuffer(node.high, np.int8), self._high)
        if (low > high).any():
            return
        self.program.program.limit(low, high)
        answer, bound = self._cut(node, root=node.number == -1)
        free = np.flatnonzero(low < high)
        if not len(free):
            self._offer(low > 0.5)
        if bound >= self.watch.cutoff or not len(free):
            return
        site = free[int(np.argmin(np.abs(answer.x[free] - 0.5)))]
        for value in (0.0, 1.0):
            child_low, child_high = low.copy(), high.copy()
            child_low[site] = child_high[site] = value
            heapq.heappush(heap, self._node(bound, child_low, child_high))

    def _cut(self, node: _Node, *, root: bool) -> tuple[Solved, float]:
        """Solve a node's program and add cuts until it is closed or cutting no longer pays."""
        bound, stalled = node.bound, 0
        while True:
            answer, found = self.program.solve()
            if answer.state == "infeasible":
                return answer, np.inf
            found = self.watch.whole(found)
            still_open = self.watch.cost - bound
            gained = (found - bound) / still_open if np.isfinite(still_open) and still_open > 0 else 1.0
            stalled = stalled + 1 if gained < _STALLED else 0
            bound = max(bound, found)
            if root and answer.state == "solved":
                self.watch.raise_bound(bound)
                self._fix(answer, found)
            if bound >= self.watch.cutoff or (root and self.watch.done):
                return answer, bound
            shares = answer.x[: len(self.rows.sites)]
            plan = counted_plans.rounded(self.rows, self.aim, shares, self._seen)
            self._offer(counted_plans.improved(self.rows, self.aim, plan, self._seen) if root else plan)
            if answer.state == "unsolved" or stalled >= _STALLED_ROUNDS or not self._separate(answer, shares, root=root):
                return answer, bound

    def _separate(self, answer: Solved, shares: Array, *, root: bool) -> int:
        """Add cuts; at the root also halfway towards the best plan (in-out), where they go deeper."""
        found = 0
        if root and self.watch.opened is not None:
            found = self.program.separate(answer, 0.5 * shares + 0.5 * self.watch.opened)
        return found + self.program.separate(answer, shares)

    def _fix(self, answer: Solved, bound: float) -> None:
        """Fix sites whose price says that no better plan opens (or closes) them."""
        slack, price = self.watch.cutoff - bound, self.program.price(answer)
        if np.isfinite(slack):
            self._high[(price > slack) & (self._low < 0.5)] = 0.0
            self._low[(price < -slack) & (self._high > 0.5)] = 1.0
            self.program.program.limit(self._low, self._high)

    def _offer(self, opened: Open) -> None:
        self.watch.offer(opened, self.aim.cost(self.rows, opened))

    def _seen(self, opened: Open) -> None:
        self.watch.look(lambda: (opened, self.aim.cost(self.rows, opened)))
