"""Make a facility one of another type (转型)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from layers.types import facility_types
from scenarios.edits._edit import Count, FacilityEdit, Size, Text, check_care_beds, known_type, note
from scenarios.edits.place import Place
from scenarios.state import Change, State


class Convert(FacilityEdit):
    """Change a facility's type.

    The type's ``convert_to`` is advice: another target is carried out and noted, since provinces rule otherwise. Capacity stays where both
    types count it in one unit and is unknown otherwise, unless it is given; residents are unknown where the types serve different people.
    """

    action: Literal["convert"] = "convert"
    to: Text = Field(description="Facility type afterwards.")
    capacity: Size | None = Field(default=None, description="In the new type's unit.")
    care_beds: Count | None = None

    def apply(self, state: State, place: Place) -> State:  # noqa: ARG002 - all edits are applied alike
        """Return the state with the facility converted.

        Raises
        ------
        PlanningError
            When it is not there, the type is unknown, or it is of that type already.
        """
        row = self.found(state)
        new = known_type(state, self.to)
        old = facility_types()[row["type"]]
        if new.key == old.key:
            raise self.refuse_no_change(state, row)
        kept = {column: float(row[column]) if old.capacity_unit == new.capacity_unit else np.nan for column in ("capacity", "care_beds")}
        told = {column: value for column, value in (("capacity", self.capacity), ("care_beds", self.care_beds)) if value is not None}
        values = {**kept, **told}
        check_care_beds(state, row["name"], values["capacity"], values["care_beds"])
        residents = float(row["residents"]) if old.demand_group == new.demand_group and old.domain == new.domain else np.nan
        unusual = new.key not in old.convert_to
        names = {"from_zh": old.name_zh, "from_en": old.name_en, "to_zh": new.name_zh, "to_en": new.name_en}
        notes = [note("unusual_conversion", state, row, **names)] if unusual else []
        return state.after([Change(self.facility, {"type": new.key, "residents": residents, **values}, note=self.note)], notes)
