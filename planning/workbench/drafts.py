"""Edits drafted for a planner who clicks: a free id, a name, and a place that may be built on."""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely

from layers import crs as datums
from layers.errors import PlanningError
from layers.readers.outlines import within_county
from layers.types import FacilityType, Size
from planning.workbench.bench import Workbench
from scenarios.document import Scenario
from scenarios.edits import Move, Open
from scenarios.state import State


def draft_open(
    bench: Workbench, key: str, place: tuple[float, float], scenario: Scenario, *, capacity: float | None = None, state: State | None = None
) -> Open:
    """Return the edit that opens a facility at a clicked place.

    Parameters
    ----------
    bench : Workbench
    key : str
        Facility type.
    place : (float, float)
        Longitude and latitude in the scenario's datum.
    scenario : Scenario
        The edits so far: the new one gets an id and a number none of them has.
    capacity : float, optional
        The smallest the norms allow when absent, as the floor area always is.
    state : State, optional
        What the scenario leads to, where that is already known.

    Raises
    ------
    PlanningError
        When the place lies outside the county or in an excluded area.
    """
    kind = bench.kind(key, scenario)
    check_place(bench, kind, place, scenario)
    taken = set((state or bench.state(scenario)).layer.table.index)
    number = next(n for n in range(1, len(taken) + 2) if f"new-{key}-{n}" not in taken)
    sizes = smallest_sizes(kind)
    return Open(
        id=f"new-{key}-{number}",
        type=key,
        name=f"新建{kind.name_zh.split('/')[0]}{number}",
        lon=place[0],
        lat=place[1],
        capacity=sizes.get("capacity") if capacity is None else capacity,
        floor_area=sizes.get("floor_area"),
    )


def draft_move(bench: Workbench, facility: str, place: tuple[float, float], scenario: Scenario, state: State | None = None) -> Move:
    """Return the edit that moves a facility to a clicked place, checked as :func:`draft_open` does."""
    state = state or bench.state(scenario)
    table = state.layer.table
    if facility in table.index:
        check_place(bench, bench.kind(str(table.loc[facility, "type"]), scenario), place, scenario)
    return Move(facility=facility, lon=place[0], lat=place[1])


def check_place(bench: Workbench, kind: FacilityType, place: tuple[float, float], scenario: Scenario) -> None:
    """Refuse a place outside the county or in an area excluded for the type.

    Raises
    ------
    PlanningError
        Naming the areas.
    """
    x, y = datums.to_metric(np.array([place[0]]), np.array([place[1]]), scenario.datum, bench.facts.crs)
    if not within_county(bench.facts.outlines, x, y).all():
        raise PlanningError("workbench.outside")
    areas = bench.facts.exclusions.of_domain(kind.domain)
    hit = areas.loc[areas.geometry.covers(shapely.Point(float(x[0]), float(y[0])))]
    if len(hit):
        raise PlanningError("workbench.excluded", names="、".join(sorted(set(hit["name"]))))


def smallest_sizes(kind: FacilityType) -> dict[Literal["capacity", "floor_area"], float]:
    """Return the smallest capacity and floor area a site of the type may have by all its norms; a size that no norm speaks of is absent."""
    found: dict[Literal["capacity", "floor_area"], float] = {}
    for item in kind.requirements:
        if isinstance(item, Size) and item.of != "residents" and item.lo:
            found[item.of] = max(item.lo, found.get(item.of, 0.0))
    return found
