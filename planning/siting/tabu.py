"""A search for better plans of a covering question: the best swap even where it loses, and rest for the sites it moved.

Interchange ends where no single swap helps, often far from the best plan. So the best swap is made all the same, and the two sites rest for a while
so that the search does not go straight back: tabu search, Glover (1989, 1990); for the p-median Rolland, Schilling & Current (1997). Where sites are
counted, the site missed least closes as soon as a plan leaves few enough people, and the search goes on with one fewer.

It counts work, not seconds, so that the same rows always give the same plan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.siting.bound import Goal
from planning.siting.cover_kernels import Table
from planning.siting.dominance import table_of
from planning.siting.heuristic import Open
from planning.siting.reduce import Reduced
from planning.siting.swap_kernels import Swapping, enter, leave, swap
from planning.siting.tree import cost_of, greatest
from planning.siting.watch import Watch

# How long sites rest, turn by turn: one that opened, as a share of the open sites, and one that closed, as a share of the closed ones.
_RESTS = ((0.18, 0.03), (0.3, 0.06), (0.45, 0.12))
# A turn is some slices; one looks at so many entries of rows and pairs of sites, or so many times at all there are when that is less: a tenth of a
# second, so that a stop is answered.
_SLICES, _SLICE, _TIMES = 4, 40_000_000, 25
# Turns without a better plan after which the bound begins.
_PATIENCE = 4


class Walk:
    """A search for plans with fewer sites than the best one within the goal's budget, or with so many sites that leave fewer people.

    Parameters
    ----------
    reduced : Reduced
        Of a covering question.
    goal : Goal
        Limits the people uncovered, or the number of sites.
    watch : Watch
        Is offered each better plan, and asked between turns; may raise Cancelled.
    """

    def __init__(self, reduced: Reduced, goal: Goal, watch: Watch) -> None:
        self._goal, self._watch = goal, watch
        self._state: Swapping | None = None
        self._turns = 0
        self._take(reduced)

    def _take(self, reduced: Reduced) -> None:
        self._reduced, self._table = reduced, table_of(reduced)
        self._weight = reduced.weight if self._goal.counts_sites else reduced.weight * reduced.beyond
        if self._state is not None:
            self._state = _begun(self._table, self._weight, self._state.place >= 0)

    @property
    def _most(self) -> int:
        """Sites that the plan looked for has at most."""
        return int(self._watch.cost) - 1 if self._goal.most is None else self._goal.most

    @property
    def _enough(self) -> float:
        """What it may leave uncovered."""
        return self._watch.cutoff if self._goal.budget is None else self._goal.budget

    def run(self) -> None:
        """Search until it is proven that nothing better exists, or some turns brought nothing."""
        idle = 0
        while idle < _PATIENCE and not self._watch.done:
            known = self._watch.cost
            self._turn(_SLICES)
            idle = 0 if self._watch.cost < known else idle + 1

    def beside(self, reduced: Reduced, shares: NDArray[np.float64] | None) -> None:
        """Search for a slice beside a bound: from the greatest shares of sites that it found, or on from where the last one ended."""
        if len(reduced.site) < len(self._reduced.site):
            self._take(reduced)
        if shares is not None and self._most < len(shares):
            self._state = _begun(self._table, self._weight, greatest(shares, self._most))
        self._turn(1)

    def _turn(self, slices: int) -> None:
        if self._state is None and self._watch.opened is not None:
            self._state = _begun(self._table, self._weight, self._watch.opened)
        while self._state is not None and len(self._state.inside) and not self._watch.done:
            state = self._state = self._few(self._state)
            self._walk(state, slices)
            opened = state.place >= 0
            if state.cost[0] > self._enough or not self._watch.offer(opened, cost_of(self._reduced, self._goal, opened)):
                break
        self._turns += 1

    def _walk(self, state: Swapping, slices: int) -> None:
        """Swap until the plan is good enough or the slices are used up."""
        opens, closes = _RESTS[self._turns % len(_RESTS)]
        rests = int(opens * len(state.inside)), int(closes * (len(state.place) - len(state.inside)))
        work = min(_SLICE, _TIMES * (len(self._reduced.site) + state.both.size))
        for _ in range(slices):
            self._watch.look()
            if not swap(self._table, self._weight, state, rests, work, self._enough) or state.cost[0] <= self._enough:
                break

    def _few(self, state: Swapping) -> Swapping:
        """Return a state of few enough sites: those missed least close, of equals the greater id."""
        while len(state.inside) > max(self._most, 0):
            at = int(np.lexsort((-state.inside, state.loss))[0])
            leave(self._table, self._weight, state, at)
            state = _moved(state, at)
            state.cost[1] = state.cost[0]
        return state


def _begun(table: Table, weight: NDArray[np.float64], opened: Open) -> Swapping:
    rows, sites, inside = len(weight), len(opened), np.flatnonzero(opened)
    gain = np.bincount(table.site, weights=np.repeat(weight, np.diff(table.start)), minlength=sites).astype(np.float64)
    state = Swapping(
        near=np.zeros(rows, np.int64), sole=np.zeros(rows, np.int64), inside=inside, place=np.full(sites, -1, np.int64),
        gain=gain, loss=np.zeros(len(inside)), both=np.zeros((len(inside), sites)), until=np.zeros(sites, np.int64), step=np.zeros(1, np.int64),
        cost=np.array([weight.sum(), np.inf]),
    )  # fmt: skip
    for at, site in enumerate(inside.tolist()):
        enter(table, weight, state, site, at)
    state.cost[1] = state.cost[0]
    return state


def _moved(state: Swapping, at: int) -> Swapping:
    """Return a state without its empty place ``at``, where the last one goes."""
    last = len(state.inside) - 1
    if at < last:
        state.inside[at], state.loss[at], state.both[at] = state.inside[last], state.loss[last], state.both[last]
        state.place[state.inside[at]] = at
    return state._replace(inside=state.inside[:last], loss=state.loss[:last], both=state.both[:last])
