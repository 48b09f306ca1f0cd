"""A search for fewer sites that leave few enough people uncovered: the best swap even where it loses, and rest for the sites it moved.

Interchange ends where no single swap helps; with a site fewer that is often far from enough. So the best swap is made all the same, and the two sites
rest for a while so that the search does not go straight back: tabu search, Glover (1989, 1990); for the p-median Rolland, Schilling & Current (1997).
As soon as a plan leaves few enough, the site missed least closes, and the search goes on with one fewer.

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


class FewerSites:
    """A search for plans with fewer sites than the best one, within the budget of a goal that counts sites.

    Parameters
    ----------
    reduced : Reduced
        Of a covering question.
    goal : Goal
    watch : Watch
        Is offered each better plan, and asked between turns; may raise Cancelled.
    """

    def __init__(self, reduced: Reduced, goal: Goal, watch: Watch) -> None:
        self._reduced, self._goal, self._watch = reduced, goal, watch
        self._enough = 0.0 if goal.budget is None else goal.budget
        self._table = table_of(reduced)
        self._at: Open | None = None
        self._turns = 0

    def run(self) -> None:
        """Search until it is proven that nothing better exists, or some turns brought nothing."""
        idle = 0
        while idle < _PATIENCE and not self._watch.done:
            known = self._watch.cost
            self._turn(self._at, _SLICES)
            idle = 0 if self._watch.cost < known else idle + 1

    def beside(self, reduced: Reduced, shares: NDArray[np.float64] | None) -> None:
        """Search for a slice beside a bound: from the greatest shares of sites that it found, or on from where the last one ended."""
        if len(reduced.site) < len(self._reduced.site):
            self._reduced, self._table = reduced, table_of(reduced)
        if shares is not None and self._watch.cost <= len(shares):
            self._at = greatest(shares, int(self._watch.cost) - 1)
        self._turn(self._at, 1)

    def _turn(self, begin: Open | None, slices: int) -> None:
        opened = self._watch.opened if begin is None else begin
        while opened is not None and opened.any() and not self._watch.done:
            opened = self._at = self._walked(self._fewer(opened), slices)
            if not self._watch.offer(opened, cost_of(self._reduced, self._goal, opened)):
                break
        self._turns += 1

    def _walked(self, state: Swapping, slices: int) -> Open:
        """Swap until the plan is good enough or the slices are used up."""
        opens, closes = _RESTS[self._turns % len(_RESTS)]
        rests = int(opens * len(state.inside)), int(closes * (len(state.place) - len(state.inside)))
        work = min(_SLICE, _TIMES * (len(self._reduced.site) + state.both.size))
        for _ in range(slices):
            self._watch.look()
            if not swap(self._table, self._reduced.weight, state, rests, work, self._enough):
                break
        return state.place >= 0

    def _fewer(self, opened: Open) -> Swapping:
        """Return where a search for a site fewer than the best plan has begins: sites missed least close, of equals the greater id."""
        state = _begun(self._table, self._reduced.weight, opened)
        while len(state.inside) and len(state.inside) >= self._watch.cost:
            at = int(np.lexsort((-state.inside, state.loss))[0])
            leave(self._table, self._reduced.weight, state, at)
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
    return state


def _moved(state: Swapping, at: int) -> Swapping:
    """Return a state without its empty place ``at``, where the last one goes."""
    last = len(state.inside) - 1
    if at < last:
        state.inside[at], state.loss[at], state.both[at] = state.inside[last], state.loss[last], state.both[last]
        state.place[state.inside[at]] = at
    return state._replace(inside=state.inside[:last], loss=state.loss[:last], both=state.both[:last])
