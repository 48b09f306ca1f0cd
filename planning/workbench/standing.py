"""What a plan task lets happen to the facilities that stand: kept, may be given up, or run by others."""

from __future__ import annotations

import geopandas as gpd

from layers.errors import PlanningError
from layers.tasks import PlanTask
from layers.types import FacilityType
from planning.siting.problem import SiteStatus
from scenarios.state import State


def standing_sites(kind: FacilityType, state: State, task: PlanTask) -> tuple[dict[str, SiteStatus], dict[str, object]]:
    """Return what may happen to each facility of a task's type, and what the task was understood to say of them.

    Facilities whose ownership the ledger does not tell are the bureau's own; how many they are is told.

    Raises
    ------
    PlanningError
        When a facility or an ownership is named that is not there, several have a name, one is run by others, or was opened by the start scenario.
    """
    table = state.layer.of_type(kind.key)
    owners = table["ownership"].fillna("").astype(str).str.strip()
    theirs = _of_owners(kind, task, owners.to_dict())
    given_up = _given_up(kind, state, task, table, theirs)
    status: dict[str, SiteStatus] = dict.fromkeys(map(str, table.index), "kept")
    status.update(dict.fromkeys(theirs, "competitor"))
    status.update(dict.fromkeys(given_up, "may_close"))
    told: dict[str, object] = {}
    if task.others:
        told |= {"sites_of_others": len(theirs), "owner_unknown": int((owners == "").sum())}
    if task.may_close:
        told["sites_may_close"] = len(given_up)
    return status, told


def _of_owners(kind: FacilityType, task: PlanTask, owners: dict[object, str]) -> set[str]:
    known = sorted({owner for owner in owners.values() if owner})
    lacking = [owner for owner in task.others if owner not in known]
    if lacking:
        raise PlanningError("workbench.no_owner", owners="、".join(lacking), type=kind.name_zh, type_en=kind.name_en, known="、".join(known) or "—")
    return {str(site) for site, owner in owners.items() if owner in task.others}


def _given_up(kind: FacilityType, state: State, task: PlanTask, table: gpd.GeoDataFrame, theirs: set[str]) -> set[str]:
    if task.may_close == "all":
        return {str(site) for site in table.index if str(site) not in theirs and not state.is_new(str(site))}
    found: set[str] = set()
    for told in task.may_close:
        meant = [told] if told in table.index else [str(site) for site in table.index[table["name"] == told]]
        if len(meant) != 1:
            raise PlanningError("workbench.may_close", name=told, type=kind.name_zh, type_en=kind.name_en, found="、".join(meant) or "—")
        if meant[0] in theirs or state.is_new(meant[0]):
            raise PlanningError("workbench.not_ours_to_close", name=told)
        found.add(meant[0])
    return found
