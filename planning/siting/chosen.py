"""From what a search chose to what a plan says: existing sites rather than new ones, what is new, what closes, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planning.siting.heuristic import Open, charged, nearest, total, without_idle
from planning.siting.model import Frame
from planning.siting.problem import SitingPlan, SitingProblem
from planning.siting.radius import RadiusFrame
from planning.siting.reduce import Reduced
from planning.siting.sites import of_status, prices
from planning.siting.tree import cost_of
from planning.siting.value import spent

# Says of two plans whether the first is worse than the second.
Worse = Callable[[Open, Open], bool]

# Swaps that seem to cost no more than this share are tried and then judged by the cost itself, where less than the second share is rounding.
_NEAR, _ROUNDING = 1e-9, 1e-12


def settled(problem: SitingProblem, frame: Frame, opened: Open, cost: float) -> Open:
    """Return a plan as good as one of some cost, without sites that save nothing, and with existing sites rather than new ones."""
    reduced, goal = frame.reduced, frame.goal
    stays, money = np.isin(reduced.sites, of_status(problem, "may_close")), prices(problem, reduced.sites)

    def judged(plan: Open) -> float:
        if not isinstance(frame, RadiusFrame):
            return cost_of(reduced, goal, plan)
        radius = frame.value(named(problem, reduced.sites, plan))
        return radius if math.isfinite(radius) else math.inf

    def worse(one: Open, other: Open) -> bool:
        return exceeds(float(money[one].sum()), float(money[other].sum())) or exceeds(judged(one), judged(other))

    opened = opened if goal.counts_sites else without_idle(reduced, opened)
    if isinstance(frame, RadiusFrame):
        people = float(reduced.weight.sum()) + reduced.settled_people
        opened = keeping(_within(reduced, cost), opened, stays, worse, enough=0.0 if frame.needed is None else people - frame.needed)
    else:
        opened = keeping(reduced, opened, stays, worse, enough=goal.budget or 0.0)
    return opened if goal.counts_sites else without_idle(reduced, opened)


def named(problem: SitingProblem, sites: tuple[str, ...], opened: Open) -> tuple[str, ...]:
    """Return the sites that a plan chose, sorted by id, those that must open among them."""
    return tuple(sorted([*(sites[index] for index in np.flatnonzero(opened)), *of_status(problem, "must_open")]))


def with_sites(problem: SitingProblem, chosen: tuple[str, ...] | None, plan: SitingPlan) -> SitingPlan:
    """Say of the sites that a plan chose which are new, which existing ones it closes, and what it spends."""
    if chosen is None:
        return plan
    stays = set(of_status(problem, "may_close"))
    opened, closed = tuple(site for site in chosen if site not in stays), tuple(sorted(stays.difference(chosen)))
    return replace(plan, opened=opened, closed=closed, spent=spent(problem, chosen))


def keeping(reduced: Reduced, opened: Open, stays: Open, worse: Worse, *, enough: float) -> Open:
    """Return a plan as good in which no existing site can take the place of a new one for nothing.

    Parameters
    ----------
    reduced : Reduced
    opened : bool, shape (sites,)
    stays : bool, shape (sites,)
        Sites that exist.
    worse : callable
    enough : float
        A cost over the rows that is good enough, however much less another plan costs.
    """
    beyond = charged(reduced)
    for come in np.flatnonzero(stays & ~opened):
        more = opened.copy()
        more[come] = True
        near = nearest(reduced, more, beyond)
        served = near.site >= 0
        lost = np.bincount(near.site[served], weights=(reduced.weight * (near.second - near.cost))[served], minlength=len(opened))
        before = total(reduced.weight, nearest(reduced, opened, beyond).cost)
        after = total(reduced.weight, near.cost) + lost
        opened = _swapped(more, opened, np.flatnonzero(opened & ~stays & (after <= max(before, enough) + _NEAR * max(before, 1.0))), worse)
    return opened


def keeping_counted(opened: Open, stays: Open, worse: Worse) -> Open:
    """Do the same where sites are counted or exclude each other: every swap is tried."""
    for come in np.flatnonzero(stays & ~opened):
        more = opened.copy()
        more[come] = True
        opened = _swapped(more, opened, np.flatnonzero(opened & ~stays), worse)
    return opened


def exceeds(one: float, other: float) -> bool:
    """Return whether one cost is more than another, beyond what sums of floats are off by."""
    return one > other + _ROUNDING * max(abs(other), 1.0)


def _swapped(more: Open, opened: Open, tried: NDArray[np.int64], worse: Worse) -> Open:
    """Return the first plan with one of some sites less that is no worse, the greatest id leaving first; else the plan as it was."""
    for go in tried[::-1]:
        other = more.copy()
        other[go] = False
        if not worse(other, opened):
            return other
    return opened


def _within(reduced: Reduced, radius: float) -> Reduced:
    """Return the problem in which a person costs 1 beyond a radius and nothing within it."""
    cost, beyond = (np.asarray(np.round(costs, 3) > radius, dtype=np.float64) for costs in (reduced.cost, reduced.beyond))
    return replace(reduced, cost=cost, beyond=beyond)
