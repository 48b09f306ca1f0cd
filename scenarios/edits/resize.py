"""Give a facility another size (扩建, 缩减)."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from layers.errors import PlanningError
from scenarios.edits._edit import Count, FacilityEdit, Size, check_care_beds, overfull
from scenarios.edits.place import Place
from scenarios.state import SIZES, Change, State


class Resize(FacilityEdit):
    """Set capacity, care beds or floor area.

    It counts as enlarged or reduced by the first of capacity, floor area and care beds that differs from the present state.
    """

    action: Literal["resize"] = "resize"
    capacity: Size | None = Field(default=None, description="In the type's unit, after the change.")
    care_beds: Count | None = None
    floor_area: Size | None = Field(default=None, description="In m2, after the change.")

    @model_validator(mode="after")
    def _says_a_size(self) -> Self:
        if not self._sizes():
            raise ValueError("no_size")
        return self

    def apply(self, state: State, place: Place) -> State:  # noqa: ARG002 - all edits are applied alike
        """Return the state with the new size.

        Raises
        ------
        PlanningError
            When the facility is not there, its present size is unknown (nobody could tell whether it grows), or nothing changes.
        """
        row = self.found(state)
        sizes = self._sizes()
        first = next((size for size, value in sizes.items() if row[size] != value), None)
        if first is None:
            raise self.refuse_no_change(state, row)
        if not state.is_new(self.facility) and np.isnan(row[first]):
            raise PlanningError("scenario.unknown_size", edit=state.steps + 1, facility=self.facility, name=row["name"], field=first)
        capacity, care_beds = sizes.get("capacity", row["capacity"]), sizes.get("care_beds", row["care_beds"])
        check_care_beds(state, row["name"], capacity, care_beds)
        return state.after([Change(self.facility, sizes, note=self.note)], overfull(state, row, capacity, row["residents"]))

    def _sizes(self) -> dict[str, float]:
        told = {size: getattr(self, size) for size in SIZES}
        return {size: float(value) for size, value in told.items() if value is not None}
