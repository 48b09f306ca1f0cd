"""Places of sites, who needs one, and who has one where: what models with capacities are told and what they answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.errors import PlanningError
from layers.tasks import PlanTask
from layers.types import CapacityPer, FacilityType
from planning.siting.problem import SitingPlan, SitingProblem
from planning.workbench.drafts import smallest_sizes
from scenarios.state import State

if TYPE_CHECKING:
    from planning.workbench.bench import Workbench

WITH_PLACES = frozenset({"capcover", "capmedian"})
"""Models that keep capacities."""


def capacities(task: PlanTask, kind: FacilityType, state: State, problem: SitingProblem) -> dict[str, float]:
    """Return the places of every site: of what stands as the ledger tells them, of candidates as the task does, or the norms' smallest.

    Raises
    ------
    PlanningError
        When the ledger does not tell the capacity of a facility (it is named; unknown is not 0), or neither task nor norm that of new sites.
    """
    table = state.layer.of_type(kind.key)
    unknown = table.index[table["capacity"].isna()]
    if len(unknown):
        homes = "、".join(f"{name}（{site}）" for site, name in table.loc[unknown, "name"].items())
        raise PlanningError("workbench.unknown_capacity", homes=homes, count=len(unknown))
    new = smallest_sizes(kind).get("capacity") if task.capacity is None else task.capacity
    if new is None:
        raise PlanningError("workbench.no_capacity", type=kind.name_zh, type_en=kind.name_en, task=task.key)
    standing = table["capacity"].astype(float).to_dict()
    return {site: float(standing.get(site, new)) for site in problem.status}


def need_per_person(task: PlanTask, kind: FacilityType) -> tuple[float, str]:
    """Return how many places a person of the demand group needs, and the source of that, empty where the task says it.

    Raises
    ------
    PlanningError
        When neither the task nor the type's norms say it.
    """
    if task.places_per_1000 is not None:
        return task.places_per_1000 / 1000, ""
    norm = next((item for item in kind.requirements if isinstance(item, CapacityPer) and item.group in {None, kind.demand_group}), None)
    if norm is None:
        raise PlanningError("workbench.no_need", type=kind.name_zh, type_en=kind.name_en, task=task.key)
    return norm.per_1000 / 1000, "、".join(norm.source)


def assignment(bench: Workbench, problem: SitingProblem, plan: SitingPlan, names: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Return who has a place where, by site and township.

    Parameters
    ----------
    bench : Workbench
    problem : SitingProblem
    plan : SitingPlan
        Of a model with capacities.
    names : mapping of site to pair
        Id and name under which a site stands in the scenario.

    Returns
    -------
    DataFrame
        One row per site and township, sorted; columns ``facility``, ``name``, ``capacity``, ``placed`` (people with a place there in all),
        ``occupancy`` (share of its places), ``township_name``, ``people`` (of the township with a place there), ``mean_cost``, ``farthest_cost``
        (in the unit of the costs). Open sites where nobody has a place stand with no township.
    """
    towns = bench.facts.population.cells["township"].fillna("").astype(str)
    rows = pd.DataFrame(
        [(row.site, towns[row.cell], row.people, row.people * row.cost, row.cost) for row in plan.assigned],
        columns=["site", "township", "people", "travel", "farthest_cost"],
    )
    found = rows.groupby(["site", "township"]).agg(people=("people", "sum"), travel=("travel", "sum"), farthest_cost=("farthest_cost", "max"))
    found = found.reset_index()
    idle = sorted(set(names) - set(found["site"]))
    found = pd.concat([found, pd.DataFrame({"site": idle, "township": "", "people": 0.0, "travel": 0.0, "farthest_cost": math.nan})])
    found["mean_cost"] = found["travel"] / found["people"].where(found["people"] > 0)
    found["placed"] = found.groupby("site")["people"].transform("sum").round(6)  # sums of many cells: a full site is full
    found["capacity"] = [problem.capacity[site] for site in found["site"]]
    found["occupancy"] = found["placed"] / found["capacity"].where(found["capacity"] > 0, np.nan)
    found["facility"], found["name"] = ([names[site][part] for site in found["site"]] for part in (0, 1))
    found["township_name"] = [bench.facts.outlines.township_name(code) if code else "" for code in found["township"]]
    columns = ["facility", "name", "capacity", "placed", "occupancy", "township_name", "people", "mean_cost", "farthest_cost"]
    return found.sort_values(["facility", "township"]).reset_index(drop=True)[columns]
