"""Open a new facility (新建)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from layers.errors import PlanningError
from scenarios.edits._edit import BaseEdit, Count, Latitude, Longitude, Size, Text, check_care_beds, known_type
from scenarios.edits.place import Place
from scenarios.state import Change, State


class Open(BaseEdit):
    """Open a facility that is not there yet.

    Its township is the one it lies in, unless ``township`` (code or name) says otherwise. What is not given is unknown.
    """

    action: Literal["open"] = "open"
    id: Text = Field(description="Id of the new facility, used by no other.")
    type: Text
    name: Text
    lon: Longitude
    lat: Latitude
    capacity: Size | None = Field(default=None, description="In the type's unit.")
    care_beds: Count | None = None
    floor_area: Size | None = Field(default=None, description="In m2.")
    township: str = Field(default="", description="Code or name; found by position when absent.")

    def apply(self, state: State, place: Place) -> State:
        """Return the state with the new facility.

        Raises
        ------
        PlanningError
            When the id is taken, the type unknown, or the position outside the county.
        """
        number = state.steps + 1
        if self.id in state.layer.table.index:
            raise PlanningError("scenario.taken", edit=number, facility=self.id, name=state.layer.table.at[self.id, "name"])
        kind = known_type(state, self.type)
        check_care_beds(state, self.name, self.capacity, self.care_beds)
        point = place.point(self.lon, self.lat, number)
        township = place.township_code(self.township, number) if self.township else place.township(point)
        values = {
            "type": kind.key,
            "name": self.name,
            "level": kind.levels[0] if len(kind.levels) == 1 else "",
            "status": "operating",
            "township": township,
            "capacity": self.capacity,
            "care_beds": self.care_beds,
            "residents": 0.0,
            "floor_area": self.floor_area,
            "geometry": point,
        }
        return state.after([Change(self.id, values, note=self.note)])
