"""What sites and trips cost, as a plan task states it: no price is built in."""

from __future__ import annotations

from layers.errors import PlanningError
from layers.tasks import PlanTask
from layers.types import FacilityType, Reach
from planning.siting.problem import SitingProblem

_YUAN_IN_WAN = 10_000.0
_PER_UNIT = {"m": 1000.0, "s": 3600.0}  # metres in a km, seconds in an hour


def prices_of(task: PlanTask, kind: FacilityType, problem: SitingProblem) -> dict[str, float]:
    """Return the price of each site of a problem, in 万元; empty where the task names none. Facilities of others have none.

    Raises
    ------
    PlanningError
        When the task prices a site that is not there.
    """
    lacking = sorted(set(task.prices) - set(problem.status))
    if lacking:
        raise PlanningError("workbench.prices", sites="、".join(lacking), type=kind.name_zh, type_en=kind.name_en)
    if task.price is None and task.price_standing is None:
        return {}
    by_status = {"candidate": task.price or 0.0, "kept": task.price_standing or 0.0, "may_close": task.price_standing or 0.0}
    return {site: task.prices.get(site, by_status[status]) for site, status in problem.status.items() if status in by_status}


def rate_of(task: PlanTask, reach: Reach) -> float:
    """Return what a person-metre or person-second costs over the time that the prices stand for, in 万元."""
    return (task.trip_cost or 0.0) * (task.trips or 0.0) / _PER_UNIT[reach.unit] / _YUAN_IN_WAN
