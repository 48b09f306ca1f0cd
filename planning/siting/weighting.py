"""A search for few sites that cover every row: rows that stay uncovered grow heavier until a plan cannot leave them.

Gao, Weise & Li (2015), An efficient local search heuristic with row weighting for the unicost set covering problem, *European Journal of
Operational Research* 246: as long as every row is covered the site missed least closes. Then, again and again, one site closes and one that covers
a row left uncovered opens: of the sites the one with the greatest weight to its account, of equals the one that rested longest, of those the
smaller id. The site just opened does not close at once, a closed one opens only when something around it has changed, and every row left uncovered
grows heavier by one.

The row is chosen by a fixed sequence of numbers, so that the same rows always give the same plan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.siting.cover_kernels import BEST, CHOICE, LAST, MISSING, OPEN, STEPS, State, open_site, weigh
from planning.siting.dominance import table_of
from planning.siting.reduce import Reduced

# One turn looks at so many entries, or so many times at all there are when that is less: a hundredth of a second, so that a stop is answered.
_TURN, _TIMES = 4_000_000, 50
# Turns without a better plan that are worth while; after a late success as many again as it took.
_PATIENCE = 40
# Where the sequence that chooses rows begins: any number but 0.
_SEQUENCE = 88172645463325252


class Weighting:
    """A search over the rows of a covering question, turn by turn.

    Parameters
    ----------
    reduced : Reduced
        Every row must be covered; best without rows and sites that decide nothing (:func:`~planning.siting.dominance.decisive`).
    """

    def __init__(self, reduced: Reduced) -> None:
        self._table = table_of(reduced)
        rows, sites = len(reduced.weight), len(reduced.sites)
        size = np.diff(self._table.column_start)
        self._state = State(
            weight=np.ones(rows, np.int64), near=np.zeros(rows, np.int64), sole=np.zeros(rows, np.int64),
            missing=np.arange(rows), place=np.arange(rows), score=size.copy(), stamp=np.zeros(sites, np.int64),
            opened=np.zeros(sites, np.bool_), allowed=np.ones(sites, np.bool_), member=np.zeros(sites, np.int64),
            best=size > 0, figure=np.zeros(6, np.int64),
        )  # fmt: skip
        figure = self._state.figure
        figure[MISSING], figure[OPEN], figure[LAST], figure[STEPS], figure[CHOICE] = rows, 0, -1, 0, _SEQUENCE
        figure[BEST] = int(self._state.best.sum())
        for site in np.flatnonzero(self._state.best):
            open_site(self._table, self._state, int(site))
        self._work = min(_TURN, _TIMES * len(reduced.site))
        self._turns, self._fruitful = 0, 0

    @property
    def best(self) -> NDArray[np.bool_]:
        """The smallest plan so far, shape (sites,)."""
        return self._state.best

    @property
    def tired(self) -> bool:
        """So long without a better plan that there is little hope of one."""
        return self._turns >= _PATIENCE + 2 * self._fruitful

    def turn(self, least: int) -> bool:
        """Search for one turn, or until a plan of ``least`` sites is found; return whether the plan became better."""
        known = int(self._state.figure[BEST])
        if known > max(least, 1):
            weigh(self._table, self._state, self._work, max(least, 1))
        self._turns += 1
        better = int(self._state.figure[BEST]) < known
        if better:
            self._fruitful = self._turns
        return better
