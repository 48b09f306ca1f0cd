"""What a plan is worth, recomputed from the raw problem.

Nothing here is shared with the reduction, the heuristics or the linear programs, so that an error there cannot hide: the value of a SitingPlan comes
from these functions alone. Each takes the sites that a plan chose: new ones, and existing ones that may close and stay (:func:`standing`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from planning.siting.problem import SitingProblem
from planning.travel.costs import within


def standing(problem: SitingProblem, opened: Iterable[str], closed: Iterable[str]) -> tuple[str, ...]:
    """Return what a plan chose, sorted: its new sites and the existing ones that may close and stay.

    Raises
    ------
    ValueError
        When it closes what may not close.
    """
    closed, stays = set(closed), {site for site, status in problem.status.items() if status == "may_close"}
    if not closed <= stays:
        raise ValueError("only sites that may close can be closed")
    return tuple(sorted({*opened, *(stays - closed)}))


def spent(problem: SitingProblem, opened: Iterable[str]) -> float:
    """Return the sum of the prices of all open sites of ours, kept ones among them."""
    opened = _chosen(problem, opened)
    return math.fsum(problem.price.get(site, 0.0) for site, status in problem.status.items() if status == "kept" or site in opened)


def affordable(problem: SitingProblem, opened: Iterable[str], budget: float | None) -> bool:
    """Return whether the open sites of ours cost no more than a budget, to 9 digits; None: there is none."""
    return budget is None or spent(problem, opened) <= budget * (1 + 2e-9)


def nearest_cost(problem: SitingProblem, opened: Iterable[str]) -> NDArray[np.float64]:
    """Return the cost to the nearest open site, whoever runs it, shape (cells,); inf where no open site is within the search limit.

    Parameters
    ----------
    problem : SitingProblem
    opened : iterable of str
        New sites, and existing ones that may close and stay; those that are kept are open too.

    Raises
    ------
    ValueError
        When a site is unknown or may not be opened.
    """
    opened = _chosen(problem, opened)
    return _nearest(problem, [site for site, status in problem.status.items() if status in {"kept", "competitor"} or site in opened])


def covered_people(problem: SitingProblem, opened: Iterable[str], threshold: float) -> float:
    """Return the people within the threshold of an open site of ours to whom no competitor is nearer; equal is within (convention 4)."""
    opened = _chosen(problem, opened)
    ours = np.round(_nearest(problem, [site for site, status in problem.status.items() if status == "kept" or site in opened]), 3)
    theirs = np.round(_nearest(problem, [site for site, status in problem.status.items() if status == "competitor"]), 3)
    return math.fsum(problem.people[within(ours, threshold) & ~(theirs < ours)].tolist())


def trips(problem: SitingProblem, opened: Iterable[str]) -> tuple[float, float]:
    """Return the people whom an open site serves, and the sum of people x cost over them."""
    cost = nearest_cost(problem, opened)
    served = np.isfinite(cost)
    return math.fsum(problem.people[served].tolist()), math.fsum((problem.people[served] * cost[served]).tolist())


def travel(problem: SitingProblem, opened: Iterable[str], possible: float, charge: float) -> float:
    """Return the sum of people x cost over all whom a usable site serves; NaN when some of them have no open one and no charge.

    Parameters
    ----------
    problem : SitingProblem
    opened : iterable of str
    possible : float
        People whom a usable site serves.
    charge : float
        What each of them counts with whom no open site serves; inf: there must be none.
    """
    served, cost = trips(problem, opened)
    missing = possible - served
    if missing <= 1e-9 * possible:
        return cost
    return cost + missing * charge if math.isfinite(charge) else math.nan


def radius(problem: SitingProblem, opened: Iterable[str], needed: float | None, counted: NDArray[np.bool_]) -> float:
    """Return the smallest radius within which enough people have an open site, NaN when they have none however far.

    Parameters
    ----------
    problem : SitingProblem
    opened : iterable of str
        New sites.
    needed : float or None
        People at least; None: every person counted.
    counted : bool, shape (cells,)
        Cells that are to be served when everybody is.

    Returns
    -------
    float
        In the unit of the costs, rounded to 1 mm or 1 ms as costs are compared (convention 4).
    """
    cost = np.round(nearest_cost(problem, opened), 3)
    lived_in = problem.people > 0
    if needed is None:
        farthest = float(cost[lived_in & counted].max(initial=0.0))
        return farthest if math.isfinite(farthest) else math.nan
    order = np.argsort(cost, kind="stable")
    order = order[lived_in[order] & np.isfinite(cost[order])]
    people, steps = np.cumsum(problem.people[order]), cost[order]
    place = int(np.searchsorted(people, needed - 2e-9 * max(needed, 1.0)))
    return float(steps[place]) if place < len(steps) else (0.0 if needed <= 0 else math.nan)


def people_reached(problem: SitingProblem, opened: Iterable[str], threshold: float) -> tuple[float, float]:
    """Return the people within the threshold of at least one and of at least two open sites of ours; NaN when new sites break a conflict.

    A site does not count for people to whom a competitor is nearer than it.
    """
    opened = set(opened)
    counts = _sites_near(problem, opened, threshold)
    if broken_conflicts(problem, opened):
        return math.nan, math.nan
    return math.fsum(problem.people[counts >= 1].tolist()), math.fsum(problem.people[counts >= 2].tolist())


def share_by_town(problem: SitingProblem, opened: Iterable[str], threshold: float, base: Mapping[str, float]) -> dict[str, float]:
    """Return the share of each township's people within the threshold of an open site of ours; NaN when new sites break a conflict.

    Parameters
    ----------
    problem : SitingProblem
        With ``towns``.
    opened : iterable of str
    threshold : float
    base : mapping of township to people
        What the shares are of; townships without people have no share.
    """
    opened = set(opened)
    covered = dict.fromkeys(base, 0.0)
    near = _sites_near(problem, opened, threshold) >= 1
    names = np.asarray([""] * len(near) if problem.towns is None else problem.towns, dtype=object)
    for town in covered:
        covered[town] = math.fsum(problem.people[near & (names == town)].tolist())
    broken = bool(broken_conflicts(problem, opened))
    return {town: math.nan if broken else covered[town] / people for town, people in base.items() if people > 0}


def broken_conflicts(problem: SitingProblem, opened: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs that exclude each other and are both open, at least one of them chosen; competitors stand as kept sites do."""
    opened = set(opened)
    there = opened | {site for site, status in problem.status.items() if status in {"kept", "competitor"}}
    return [pair for pair in problem.conflicts if there.issuperset(pair) and not opened.isdisjoint(pair)]


def _sites_near(problem: SitingProblem, opened: set[str], threshold: float) -> NDArray[np.int64]:
    opened = _chosen(problem, opened)
    theirs = np.round(_nearest(problem, [site for site, status in problem.status.items() if status == "competitor"]), 3)
    counts = np.zeros(len(problem.people), dtype=np.int64)
    for site, status in problem.status.items():
        if status == "kept" or site in opened:
            cells, costs = problem.costs.column(site)
            beaten = theirs[cells] < np.round(costs.astype(np.float64), 3)
            counts[cells[within(costs, threshold) & ~beaten]] += 1
    return counts


def _chosen(problem: SitingProblem, opened: Iterable[str]) -> set[str]:
    opened = set(opened)
    if any(problem.status.get(site) not in {"candidate", "must_open", "may_close"} for site in opened):
        raise ValueError("only candidate sites, those that must open and those that may close can be chosen")
    return opened


def _nearest(problem: SitingProblem, sites: Iterable[str]) -> NDArray[np.float64]:
    cost = np.full(len(problem.people), np.inf)
    for site in sites:
        cells, costs = problem.costs.column(site)
        cost[cells] = np.minimum(cost[cells], costs.astype(np.float64))
    return cost
