"""Which sites of a problem are open in any case, which a plan may choose, and which are run by others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planning.siting.problem import SitingProblem


def of_status(problem: SitingProblem, *statuses: str) -> list[str]:
    """Return the sites of some statuses, sorted by id."""
    return sorted(site for site, status in problem.status.items() if status in statuses)


def places_of(problem: SitingProblem, sites: list[str]) -> list[int]:
    """Return the positions of some sites among the travel costs."""
    found: list[int] = problem.costs.sites.get_indexer(problem.costs.sites.__class__(sites)).tolist()
    return found


def choosable(problem: SitingProblem) -> list[str]:
    """Return the sites that a plan may choose, those that exist first, each sorted by id: of equal sites the first is taken."""
    return of_status(problem, "may_close") + of_status(problem, "candidate")


def allied(problem: SitingProblem) -> SitingProblem:
    """Return a problem in which competitors are like kept sites: for a trip it is all the same who runs the place."""
    if "competitor" not in problem.status.values():
        return problem
    return replace(problem, status={site: "kept" if status == "competitor" else status for site, status in problem.status.items()})


def nearest_rival(problem: SitingProblem) -> NDArray[np.float64] | None:
    """Return the cost to the nearest competitor, shape (cells,), inf where none is within the search limit; None where there is no competitor."""
    rivals = of_status(problem, "competitor")
    if not rivals:
        return None
    nearest = np.full(len(problem.people), np.inf)
    for site in rivals:
        cells, costs = problem.costs.column(site)
        nearest[cells] = np.minimum(nearest[cells], costs)
    return nearest


def prices(problem: SitingProblem, sites: Iterable[str]) -> NDArray[np.float64]:
    """Return the price of some sites, shape (sites,)."""
    return np.array([problem.price.get(site, 0.0) for site in sites], dtype=np.float64)
