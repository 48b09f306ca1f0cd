"""Move a facility (迁建)."""

from __future__ import annotations

from typing import Literal

from layers.errors import PlanningError
from scenarios.edits._edit import FacilityEdit, Latitude, Longitude
from scenarios.edits.place import Place
from scenarios.state import Change, State, is_moved


class Move(FacilityEdit):
    """Give a facility another position; its township follows."""

    action: Literal["move"] = "move"
    lon: Longitude
    lat: Latitude

    def apply(self, state: State, place: Place) -> State:
        """Return the state with the facility moved.

        Raises
        ------
        PlanningError
            When it is not there, has no position to move from, moves by 1 m or less, or out of the county.
        """
        row = self.found(state)
        number = state.steps + 1
        if row["geometry"] is None or row["geometry"].is_empty:
            raise PlanningError("scenario.no_position", edit=number, facility=self.facility, name=row["name"])
        site = place.site((self.lon, self.lat), number)
        if not is_moved(row["geometry"], site.point):
            raise self.refuse_no_change(state, row)
        return state.after([Change(self.facility, {"geometry": site.point, "township": site.township}, note=self.note)])
