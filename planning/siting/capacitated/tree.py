"""Branch and bound on prices: over the sites, then, where units are whole, over where they stand."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from planning.siting.capacitated.prices import Averages, Limits, Moving, decided
from planning.siting.capacitated.units import Array, Flags
from planning.siting.capacitated.whole import standing

if TYPE_CHECKING:
    from planning.siting.capacitated.hunt import Hunt

# Moves of the prices at a node, how patient they are, and how long the first are.
_MOVES, _PATIENCE, _STEP = 40, 4, 0.5
# Averages this close to 0 or 1 count as decided.
_CLEAR = 0.03

# Entries of whole units, and whether they are taken.
_Decisions = tuple[tuple[int, bool], ...]


@dataclass(frozen=True, order=True)
class _Node:
    bound: float
    number: float
    low: Flags = field(compare=False)
    high: Flags = field(compare=False)
    decisions: _Decisions = field(compare=False)
    price: Array = field(compare=False)


class Tree:
    """The search for the best plan.

    Parameters
    ----------
    hunt : Hunt
        Tries plans; its watch holds the best plan and bound and decides when to stop.
    root : Moving
        Prices and limits at the root.
    """

    def __init__(self, hunt: Hunt, root: Moving) -> None:
        self.hunt, self.units, self.watch, self._root, self.nodes = hunt, hunt.units, hunt.watch, root, 0

    def search(self) -> None:
        """Search until proven, until the gap is as small as asked for, or until Cancelled comes through the watch."""
        root = self._root
        heap = [_Node(self.watch.whole(root.best), 0, root.limits.low, root.limits.high, (), root.best_price)]
        while heap and not self.watch.done:
            node = heapq.heappop(heap)
            if node.bound >= self.watch.cutoff:
                heap = []
                break
            self.nodes += 1
            for child in self._children(node):
                heapq.heappush(heap, child)
            self.watch.raise_bound(min((node.bound for node in heap), default=np.inf))
        if not heap:
            self.watch.raise_bound(np.inf)

    def _children(self, node: _Node) -> list[_Node]:
        """Bound a node; return what is left of it as two."""
        limits = self._limits(node)
        if limits is None or self._ended(limits):
            return []
        moving = Moving(self.units, limits, node.price, _STEP)
        for _ in range(_MOVES):
            found = moving.move(self.hunt.target, _PATIENCE, self.watch.look)
            if moving.best >= self.watch.cutoff:
                return []
            moving.narrow(*decided(moving.limits, found, self.watch.cutoff))
            if moving.tired:
                break
        limits, bound = moving.limits, max(node.bound, self.watch.whole(moving.best))
        if self._ended(limits):
            return []
        self.hunt.tried(likely(limits, moving.averages))
        at, is_site = self._where(limits, moving.averages)
        self.nodes += 1
        made = []
        for number, yes in ((-self.nodes, True), (-self.nodes - 0.5, False)):
            low, high = limits.low.copy(), limits.high.copy()
            if is_site:
                low[at], high[at] = low[at] | yes, high[at] & yes
            decisions = node.decisions if is_site else (*node.decisions, (at, yes))
            made.append(_Node(bound, number, low, high, decisions, moving.best_price))
        return made

    def _limits(self, node: _Node) -> Limits | None:
        """Return the limits of a node, None where nothing is within them."""
        limits, units = self._root.limits, self.units
        low, high, state, top = node.low.copy(), node.high.copy(), limits.state, limits.top
        if state is not None:
            state, top = state.copy(), top.copy()
            _, unit, _, order = units.columns
            for entry, taken in node.decisions:
                if taken:
                    state[(unit == unit[entry]) & (state == 1)] = 0
                    top[unit[entry]] = np.inf
                    low[units.site[order[entry]]] = True
                state[entry] = 2 if taken else 0
            state[~high[units.site[order]]] = 0
        most = self.hunt.most - int((low & ~units.fixed).sum())
        if most < 0 or (low & ~high).any():
            return None
        return settled(replace(limits, low=low, high=high, most=most, state=state, top=top))

    def _ended(self, limits: Limits) -> bool:
        """Return whether limits leave no choice, and offer what they leave."""
        if (limits.low != limits.high).any():
            return False
        if limits.state is None:
            self.hunt.tried(limits.low)
            return True
        _, unit, _, order = self.units.columns
        if (limits.state == 1).any():
            return False
        taken = np.flatnonzero(limits.state == 2)
        at = np.full(len(self.units.weight), -1)
        at[unit[taken]] = self.units.site[order[taken]]
        load = np.bincount(at[at >= 0], weights=self.units.weight[at >= 0], minlength=len(self.units.sites))
        if (load <= self.units.capacity * (1 + 1e-9)).all():
            self.hunt.offer(standing(self.units, limits.low, at, limits.top * 0.0 if np.isfinite(limits.top).all() else np.zeros(len(at))))
        return True

    def _where(self, limits: Limits, averages: Averages) -> tuple[int, bool]:
        """Return the site, or the entry of a whole unit, about which the prices are least sure."""
        free = np.flatnonzero(limits.high & ~limits.low)
        unsure = np.minimum(averages.site, 1.0 - averages.site)[free]
        if len(free) and (limits.state is None or unsure.max() > _CLEAR):
            return int(free[int(np.argmax(unsure))]), True
        _, unit, _, order = self.units.columns
        entries = np.flatnonzero((limits.state == 1) & limits.high[self.units.site[order]]) if limits.state is not None else np.empty(0, np.int64)
        doubt = np.minimum(averages.entry, 1.0 - averages.entry)[entries]
        if len(free) and doubt.max(initial=0.0) <= _CLEAR:
            return int(free[int(np.argmax(unsure))]), True
        weight = self.units.weight[unit[entries]]
        return int(entries[int(np.argmax((doubt + 1e-6 * averages.entry[entries] + 1e-9) * weight))]), False


def settled(limits: Limits) -> Limits:
    """Close what can no longer open, and open all that may open when all may: further sites never harm."""
    free = limits.high & ~limits.low
    if not limits.most:
        return replace(limits, high=limits.low.copy())
    if free.sum() <= limits.most:
        return replace(limits, low=limits.high.copy(), most=0)
    return limits


def likely(limits: Limits, averages: Averages) -> Flags:
    """Return the plan of the sites that were chosen most often."""
    free = np.flatnonzero(limits.high & ~limits.low)
    opened = limits.low.copy()
    opened[free[np.lexsort((free, -averages.site[free]))][: limits.most]] = True
    return opened
