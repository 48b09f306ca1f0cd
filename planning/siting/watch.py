"""Watch: the best plan and the best bound so far, and when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from layers.errors import Cancelled
from layers.progress import Progress

# Progress is told at most this often, in s: a page that draws each call must not slow the search down.
_PAUSE = 0.1
# Bounds and values closer than this share are equal: the accuracy of float64 sums and of the LP's own arithmetic.
EQUAL = 1e-9


class Watch:
    """Keep the incumbent of a search and its bound, both as costs to be made small, and tell progress.

    Parameters
    ----------
    progress : Progress
        Told value, bound and gap as the planner knows them; may raise Cancelled.
    time_limit : float
        Seconds from now on.
    gap : float
        Share at which the search may stop.
    shown : callable
        Turns a cost into the value the planner knows.
    """

    def __init__(self, progress: Progress, time_limit: float, gap: float, shown: Callable[[float], float] = float) -> None:
        self._progress, self._limit, self.target = progress, time_limit, gap
        self._begun, self._told = time.monotonic(), -np.inf
        self.shown = shown
        self.opened: NDArray[np.bool_] | None = None
        self.cost, self.bound = np.inf, -np.inf
        self.step = 0.0
        # What a plan really costs, where the search knows only that it costs no less than it says; asked of plans that may be better.
        self.worth: Callable[[NDArray[np.bool_]], float] | None = None
        self.out_of_time = False
        self.stage = "siting.stage.reduce"

    @property
    def seconds(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self._begun

    def continued(self, shown: Callable[[float], float], *, until: float = 1.0) -> Watch:
        """Return a watch for an aim of the same run, until a share of the time is up: the clock goes on, plan and bound begin anew."""
        watch = Watch(self._progress, self._limit * until, self.target, shown)
        watch._begun, watch.stage = self._begun, self.stage
        return watch

    def look(self, plan: Callable[[], tuple[NDArray[np.bool_], float]] | None = None) -> None:
        """Tell progress, and raise Cancelled when the planner or the clock says stop.

        Parameters
        ----------
        plan : callable, optional
            Gives a plan and its cost; asked for only when it is time to tell, so that what is known so far is there when the search is stopped.
        """
        seconds = self.seconds
        if seconds < self._limit and seconds - self._told < _PAUSE:
            return
        if plan is not None:
            self.offer(*plan())
        if seconds >= self._limit:
            self.out_of_time = True
            raise Cancelled("siting.stopped.time")
        self._told = seconds
        self._progress(self.stage, seconds, self._limit, **self._figures())

    def offer(self, opened: NDArray[np.bool_], cost: float) -> bool:
        """Take a plan if it is better than the best so far; return whether it was."""
        if cost < self.cost and self.worth is not None:
            cost = self.worth(opened)
        better = cost < self.cost
        if better:
            self.opened, self.cost = opened.copy(), cost
        return better

    def raise_bound(self, bound: float) -> None:
        """Take a bound on the cost of every plan if it is better; with whole numbers it is rounded up."""
        self.bound = max(self.bound, min(self.whole(bound), self.cost))

    def whole(self, bound: float) -> float:
        """Round a bound up to the next cost that is possible."""
        if self.step and np.isfinite(bound):
            return float(np.ceil(bound / self.step - 1e-6)) * self.step
        return bound

    @property
    def cutoff(self) -> float:
        """Costs from here on are of no interest: they do not improve the best plan."""
        if not np.isfinite(self.cost):
            return np.inf
        return self.cost - max(EQUAL * max(abs(self.cost), 1.0), self.step - 1e-6 * self.step)

    @property
    def proven(self) -> bool:
        """Nothing better exists."""
        return self.bound >= self.cutoff and np.isfinite(self.cost)

    @property
    def gap(self) -> float:
        """Gap of the values as the planner knows them, inf as long as there is no plan or no bound."""
        return share_between(self.shown(self.cost), self.shown(self.bound))

    @property
    def done(self) -> bool:
        """The search may end: proven, or the gap is as small as asked for."""
        return self.proven or self.gap <= self.target

    def _figures(self) -> dict[str, float]:
        figures = {"value": self.shown(self.cost), "bound": self.shown(self.bound), "gap": self.gap}
        return {name: figure for name, figure in figures.items() if np.isfinite(figure)}


def share_between(value: float, bound: float) -> float:
    """Return the gap ``|bound - value| / |value|``, 0 where they are equal to :data:`EQUAL`, inf where one is missing."""
    if not (np.isfinite(value) and np.isfinite(bound)):
        return float("inf")
    distance = abs(bound - value)
    return 0.0 if distance <= EQUAL * max(abs(value), abs(bound), 1.0) else distance / max(abs(value), 1e-12)
