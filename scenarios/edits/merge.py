"""Merge a facility into another (撤并)."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
from pydantic import Field

from layers.errors import PlanningError
from layers.types import facility_types
from scenarios.edits._edit import Count, FacilityEdit, Size, Text, check_care_beds, given_up_as_new, overfull, standing
from scenarios.edits.close import GIVEN_UP
from scenarios.edits.place import Place
from scenarios.state import Change, State

MOVING = ("capacity", "care_beds", "residents")


class Merge(FacilityEdit):
    """Move capacity, care beds and residents of a facility into another and close it.

    A sum with an unknown number is unknown. Where ``capacity`` states what the target has afterwards (for example when the residents move into
    empty beds), no beds move, and its care beds stay unless ``care_beds`` says otherwise. Buildings and land do not move.
    """

    action: Literal["merge"] = "merge"
    into: Text = Field(description="Id of the facility that takes over.")
    capacity: Size | None = Field(default=None, description="Capacity of the target afterwards; the sum of both when absent.")
    care_beds: Count | None = Field(default=None, description="Care beds of the target afterwards.")

    def apply(self, state: State, place: Place) -> State:  # noqa: ARG002 - all edits are applied alike
        """Return the state with the facility merged into its target.

        Raises
        ------
        PlanningError
            When either is not there or closed, both are one, or their capacities cannot be added up.
        """
        source = self.found(state)
        if self.into == self.facility:
            raise PlanningError("scenario.into_itself", edit=state.steps + 1, facility=self.facility, name=source["name"])
        given_up_as_new(state, self.facility, source["name"])
        target = standing(state, self.into)
        _check_kinds(state, source, target)
        values = {column: float(source[column]) + float(target[column]) for column in MOVING}
        if self.capacity is not None:
            values |= {"capacity": self.capacity, "care_beds": float(target["care_beds"])}
        if self.care_beds is not None:
            values["care_beds"] = self.care_beds
        check_care_beds(state, target["name"], values["capacity"], values["care_beds"])
        changes = [Change(self.into, values), Change(self.facility, GIVEN_UP, "merge", self.into, self.note)]
        return state.after(changes, overfull(state, target, values["capacity"], values["residents"]))


def _check_kinds(state: State, source: pd.Series[Any], target: pd.Series[Any]) -> None:
    one, other = facility_types()[source["type"]], facility_types()[target["type"]]
    if (one.domain, one.capacity_unit) != (other.domain, other.capacity_unit):
        raise PlanningError(
            "scenario.merge_kinds",
            edit=state.steps + 1,
            name=source["name"],
            type_zh=one.name_zh,
            type_en=one.name_en,
            target=target["name"],
            target_type_zh=other.name_zh,
            target_type_en=other.name_en,
        )
