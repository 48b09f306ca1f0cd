"""Answer a question about places: search, then say who goes where, and recompute it from the raw problem."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from layers.errors import Cancelled
from layers.progress import silent
from planning.siting.aggregate import Look
from planning.siting.capacitated import blocked, value
from planning.siting.capacitated.assigning import assigned_of, keeping, without_idle
from planning.siting.capacitated.flow import Flow, flow_of
from planning.siting.capacitated.hunt import NOBODY, Hunt
from planning.siting.capacitated.units import Source, Units, units_of
from planning.siting.capacitated.whole import nearer, placed_whole
from planning.siting.model import Blocked
from planning.siting.problem import Assigned, SitingProblem
from planning.siting.watch import Watch

_Found = TypeVar("_Found")

# After a stop, s that the people of the best plan may still be placed better.
_GRACE = 0.4


@dataclass(frozen=True)
class CapacityFrame:
    """A question about places, as a model puts it.

    Attributes
    ----------
    problem : SitingProblem
    units : Units
    most : int
        Free sites to open at most.
    source : {"split", "cell", "township"}
    threshold : float
        Infinity where everybody must be served, at the least travel; else as many as possible within it.
    """

    problem: SitingProblem
    units: Units
    most: int
    source: Source
    threshold: float

    @property
    def left_out(self) -> NDArray[np.bool_]:
        """Cells with people who cannot have a place in any plan, shape (cells,): no usable site reaches them, or can take their unit whole."""
        nowhere = np.append(np.diff(self.units.start) == 0, False)
        cells: NDArray[np.bool_] = self.units.left_out | ((self.units.unit >= 0) & nowhere[self.units.unit])
        return cells

    def at(self, most: int | None) -> CapacityFrame:
        """Return the same question for another number of free sites."""
        return replace(self, most=most or 0)

    def shown(self, cost: float) -> float:
        """Turn a cost of the search, travel or people left, into the value the planner knows."""
        return cost if self.everybody else float(self.units.weight.sum()) - cost

    @property
    def everybody(self) -> bool:
        """Everybody must be served."""
        return self.threshold == math.inf


@dataclass(frozen=True)
class CapacityAnswer:
    """What the search found, recomputed.

    Attributes
    ----------
    chosen : tuple of str, or None
        Sites that must open, new ones and existing ones that may close and stay, sorted; None when there is no plan.
    assigned : tuple of Assigned
    value, bound, greedy : float
        As the planner knows them; NaN where there is none.
    second : float
        Sum of people x cost where that is not the value, else NaN.
    proven, cancelled : bool
    blocked : Blocked or None
        Why there is no plan.
    nodes : int
    """

    chosen: tuple[str, ...] | None
    assigned: tuple[Assigned, ...]
    value: float
    bound: float
    greedy: float
    second: float
    proven: bool
    cancelled: bool
    blocked: Blocked | None
    nodes: int


class _Fits(Watch):
    """The watch of the question whether everybody can have a place: it ends with yes or no, and stops when the watch of the whole search says so."""

    def __init__(self, search: Watch, enough: float) -> None:
        super().__init__(silent, math.inf, 0.0)
        self._search, self._enough = search, enough

    def look(self, plan: Callable[[], tuple[NDArray[np.bool_], float]] | None = None) -> None:
        """Ask the watch of the whole search."""
        del plan
        self._search.look()

    @property
    def cutoff(self) -> float:
        """Plans that leave more are of no interest."""
        return min(self.cost, 1.5 * self._enough)

    @property
    def done(self) -> bool:
        """The question is answered."""
        return self.cost <= self._enough or self.bound > self._enough


def answer(frame: CapacityFrame, watch: Watch, begin: tuple[str, ...] = ()) -> CapacityAnswer:
    """Search for the best plan of a question.

    Parameters
    ----------
    frame : CapacityFrame
    watch : Watch
        Fresh.
    begin : tuple of str
        New sites of a plan that is known already.

    Raises
    ------
    ValueError
        When what was found does not agree with the raw problem.
    """
    watch.shown = frame.shown
    hunt, cancelled = Hunt(frame.units, frame.most, watch, everybody=frame.everybody), False
    why = blocked.obvious(frame.problem, frame.units, frame.most, frame.source) if frame.everybody else None
    try:
        if why is None:
            hunt.plan(np.isin(np.array(frame.units.sites), np.array(begin)) if begin else None)
        if why is None and hunt.best is None:
            why = _fitted(frame, hunt)
        if why is None:
            hunt.prove()
    except Cancelled:
        cancelled = True
    if why is not None:
        return CapacityAnswer(None, (), math.nan, math.nan, math.nan, math.nan, proven=False, cancelled=False, blocked=why, nodes=hunt.nodes)
    return _said(frame, hunt, cancelled=cancelled)


def _fitted(frame: CapacityFrame, hunt: Hunt) -> Blocked | None:
    """Find a plan in which everybody has a place, whatever the travel, or why there is none."""
    units = hunt.units
    enough = NOBODY * float(units.weight.sum())
    search = Hunt(replace(units, cost=np.zeros(len(units.cost)), beyond=1.0), hunt.most, _Fits(hunt.watch, enough), everybody=False)
    search.plan()
    search.prove()
    hunt.nodes += search.nodes
    best = search.best
    if best is None or best.left.sum() > enough:
        return blocked.short(frame.problem, units, best, hunt.most, hunt.watch.look)
    hunt.offer(replace(best, cost=float(np.sum(best.amount * units.cost)), price=np.zeros(len(best.left))))
    if not units.whole:
        hunt.tried(best.opened)
    return None


def _said(frame: CapacityFrame, hunt: Hunt, *, cancelled: bool) -> CapacityAnswer:
    """Say what a search found, recomputed from the raw problem."""
    watch, problem = hunt.watch, frame.problem
    look = _Grace(watch.look, stopped=cancelled)
    plan = hunt.best
    if plan is None and frame.everybody:
        return CapacityAnswer(None, (), math.nan, watch.bound, math.nan, math.nan, proven=False, cancelled=cancelled, blocked=None, nodes=hunt.nodes)
    if plan is None:
        plan = _standing(frame.units, look)
        watch.offer(plan.opened, plan.cost)
    units, plan = _tidied(frame, hunt, plan, look)
    chosen = sorted(site for site, is_open in zip(units.sites, plan.opened, strict=True) if is_open and problem.status[site] != "kept")
    assigned = assigned_of(problem, units, plan)
    people, travel = value.served(problem, chosen, assigned, frame.threshold, frame.source)
    found, second = (travel, math.nan) if frame.everybody else (people, travel)
    greedy = watch.shown(hunt.greedy_cost) if math.isfinite(hunt.greedy_cost) else math.nan
    return CapacityAnswer(
        tuple(chosen), assigned, found, watch.shown(watch.bound), greedy, second,
        proven=watch.proven, cancelled=cancelled, blocked=None, nodes=hunt.nodes,
    )  # fmt: skip


class _Grace:
    """A look that, once the search is stopped, asks no more and ends what is begun a little later."""

    def __init__(self, look: Look, *, stopped: bool) -> None:
        self._look, self._stopped = look, time.monotonic() if stopped else math.inf

    def __call__(self) -> None:
        if math.isinf(self._stopped):
            try:
                self._look()
            except Cancelled:
                self._stopped = time.monotonic()
        if time.monotonic() - self._stopped > _GRACE:
            raise Cancelled


def _tidied(frame: CapacityFrame, hunt: Hunt, plan: Flow, look: Look) -> tuple[Units, Flow]:
    """Return a plan as good with existing sites rather than new ones, without sites that are of no use, and with the least travel."""
    units = frame.units
    exists = np.array([frame.problem.status[site] == "may_close" for site in units.sites], dtype=bool)
    plan = _or(plan, lambda: keeping(units, plan, exists, look))
    plan = _or(plan, lambda: without_idle(units, plan, look))
    hunt.offer(plan)  # a plan whose search was stopped may have become a better one
    return (units, plan) if frame.everybody else _or((units, plan), lambda: _nearest(frame, plan, look))


def _nearest(frame: CapacityFrame, plan: Flow, look: Look) -> tuple[Units, Flow]:
    """Place as many people of a plan at the same sites with the least travel."""
    units = units_of(frame.problem, frame.source, frame.threshold, look=look)
    return units, nearer(units, plan) if units.whole else flow_of(units, plan.opened, look)


def _standing(units: Units, look: Look) -> Flow:
    """Return a plan without new sites, stopped before any other: as many people as there is time for have a place."""
    left = units.weight.copy()
    nobody = Flow(units.fixed.copy(), np.zeros(len(units.site)), left, units.beyond * float(left.sum()), np.zeros(len(left)))

    def some() -> Flow:
        flow = flow_of(units, units.fixed, look)
        return placed_whole(units, units.fixed, flow) if units.whole else flow

    return _or(nobody, some)


def _or(plan: _Found, better: Callable[[], _Found]) -> _Found:
    """Return a better plan if it is found in time."""
    try:
        return better()
    except Cancelled:
        return plan
