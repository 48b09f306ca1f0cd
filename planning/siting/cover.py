"""Few sites that cover everybody: first what decides the question, then a search whose turns take their place beside the bound's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.siting.bound import Goal
from planning.siting.dominance import decisive
from planning.siting.reduce import Reduced
from planning.siting.watch import Watch
from planning.siting.weighting import Weighting


def covers_all(reduced: Reduced, goal: Goal) -> bool:
    """Return whether the question is how few sites cover every row."""
    return goal.counts_sites and bool(np.isposinf(reduced.beyond).all()) and len(reduced.weight) > 0


class CoverSearch:
    """A search for few sites that cover every row.

    Parameters
    ----------
    reduced : Reduced
    watch : Watch
        Is offered each better plan, and asked between turns; may raise Cancelled.

    Attributes
    ----------
    reduced : Reduced
        The rows and sites that decide: as good as those given to bound and prove with.
    rows : int64, shape (rows,)
        Which of the rows given they are.
    """

    def __init__(self, reduced: Reduced, watch: Watch) -> None:
        (self.reduced, self.rows), self._watch = decisive(reduced, watch.look), watch
        self._search = Weighting(self.reduced)

    def run(self) -> None:
        """Search until the plan is proven, good enough, or long the same."""
        while not (self._watch.done or self._search.tired):
            self.turn()

    def beside(self, reduced: Reduced, shares: NDArray[np.float64] | None) -> None:
        """Search for one turn beside a bound, whatever that found."""
        del reduced, shares
        self.turn()

    def turn(self) -> None:
        """Search for one turn."""
        self._watch.look()
        least = int(max(self._watch.bound, 0.0))
        if self._search.turn(least):
            self._watch.offer(self._search.best, float(self._search.best.sum()))
