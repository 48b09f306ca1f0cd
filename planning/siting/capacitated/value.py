"""What an assignment is worth and whether it keeps the rules, recomputed from the raw problem.

Nothing here is shared with flows, prices or units, so that an error there cannot hide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planning.siting.problem import Assigned, SitingProblem
from planning.travel.costs import within

# Places and people are equal up to this share.
_EQUAL = 1e-6


def served(problem: SitingProblem, opened: Iterable[str], assigned: Sequence[Assigned], threshold: float, source: str) -> tuple[float, float]:
    """Return the people who have a place, and the sum of people x cost of all of them.

    Parameters
    ----------
    problem : SitingProblem
    opened : iterable of str
        New sites, and existing ones that may close and stay; those that are kept, or run by others, stand too.
    assigned : sequence of Assigned
    threshold : float
        Cost that nobody may exceed; infinity where travel costs end at their search limit.
    source : {"split", "cell", "township"}

    Raises
    ------
    ValueError
        When a rule is broken: a site that is not open, a cost that is not the cell's, more people than places, people who are not there, or a cell or
        township that is divided or served in part though it may not be.
    """
    opened = set(opened)
    standing = opened | {site for site, status in problem.status.items() if status in {"kept", "competitor"}}
    if any(problem.status.get(site) not in {"candidate", "must_open", "may_close"} for site in opened) or not standing.issuperset(
        one.site for one in assigned
    ):
        raise ValueError("somebody is assigned to a site that is not open")
    cell = problem.costs.cells.get_indexer(pd.Index([one.cell for one in assigned], dtype=problem.costs.cells.dtype))
    people = np.array([one.people for one in assigned], dtype=np.float64)
    cost = np.array([one.cost for one in assigned], dtype=np.float64)
    site = np.array([one.site for one in assigned], dtype=object)
    _check_costs(problem, site, cell, cost, threshold)
    _check_places(problem, site, cell, people)
    if source != "split":
        _check_cells(problem, cell, people)
    if source == "township":
        _check_towns(problem, cell, [one.site for one in assigned], threshold)
    return math.fsum(people.tolist()), math.fsum((people * cost).tolist())


def _check_costs(problem: SitingProblem, site: NDArray[np.object_], cell: NDArray[np.int64], cost: NDArray[np.float64], threshold: float) -> None:
    for name in sorted(set(site.tolist())):
        cells, costs = problem.costs.column(name)
        known = np.full(len(problem.people), np.nan)
        known[cells] = costs
        mine = site == name
        if not (known[cell[mine]] == cost[mine]).all():
            raise ValueError(f"a travel cost to {name} is not the one of the problem")
    if threshold < math.inf and not within(cost, threshold).all():
        raise ValueError("somebody is assigned beyond the threshold")


def _check_places(problem: SitingProblem, site: NDArray[np.object_], cell: NDArray[np.int64], people: NDArray[np.float64]) -> None:
    if (cell < 0).any() or not (people > 0).all():
        raise ValueError("an assignment is of people, more than none, of a cell of the problem")
    if (np.bincount(cell, weights=people, minlength=len(problem.people)) > problem.people * (1 + _EQUAL)).any():
        raise ValueError("more people are assigned than live in a cell")
    for name in sorted(set(site.tolist())):
        if math.fsum(people[site == name].tolist()) > problem.capacity[name] * (1 + _EQUAL):
            raise ValueError(f"more people are assigned to {name} than it has places")


def _check_cells(problem: SitingProblem, cell: NDArray[np.int64], people: NDArray[np.float64]) -> None:
    if len(set(cell.tolist())) < len(cell) or not (people == problem.people[cell]).all():
        raise ValueError("a cell that may not be divided is")


def _check_towns(problem: SitingProblem, cell: NDArray[np.int64], sites: list[str], threshold: float) -> None:
    towns = np.asarray(problem.towns, dtype=object)
    town_of: dict[str, str] = {}
    for name, to in zip(towns[cell].tolist(), sites, strict=True):
        if town_of.setdefault(name, to) != to:
            raise ValueError(f"the township {name} is divided")
    reached = np.zeros(len(problem.people), bool)
    reached[cell] = True
    lacking = (problem.people > 0) & ~reached & np.isin(towns, list(town_of))
    # A township that is served is served whole, but for the cells that no site reaches at all.
    for name, status in problem.status.items():
        cells, costs = problem.costs.column(name)
        near = cells if threshold == math.inf else cells[within(costs, threshold)]
        if status != "forbidden" and lacking[near].any():
            raise ValueError("a township is served in part")
