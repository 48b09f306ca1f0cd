"""Open a new facility (新建)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field

from layers.errors import PlanningError
from scenarios.edits._edit import BaseEdit, Count, Latitude, Longitude, Size, Text, check_care_beds, known_type
from scenarios.edits.place import Place, Site
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
        return open_all([self], state, place)

    def change(self, state: State, place: Place, site: Site | None) -> Change:
        """Return what the edit does, once it is checked against the state before it."""
        if self.id in state.layer.table.index:
            raise PlanningError("scenario.taken", edit=state.steps + 1, facility=self.id, name=state.layer.table.at[self.id, "name"])
        kind = known_type(state, self.type)
        check_care_beds(state, self.name, self.capacity, self.care_beds)
        there = place.inside(site, (self.lon, self.lat), state.steps + 1)
        values = {
            "type": kind.key,
            "name": self.name,
            "level": kind.levels[0] if len(kind.levels) == 1 else "",
            "status": "operating",
            "township": place.township_code(self.township, state.steps + 1) if self.township else there.township,
            "capacity": self.capacity,
            "care_beds": self.care_beds,
            "residents": 0.0,
            "floor_area": self.floor_area,
            "geometry": there.point,
        }
        return Change(self.id, values, note=self.note)


def open_all(edits: Sequence[Open], state: State, place: Place) -> State:
    """Return the state after edits that follow each other and all open: the same as one by one, in one step of work.

    Raises
    ------
    PlanningError
        As each edit would by itself, naming its number.
    """
    sites = place.sites([(edit.lon, edit.lat) for edit in edits])
    first = {edit.id: edit for edit in reversed(edits)}
    changes = []
    for number, (edit, site) in enumerate(zip(edits, sites, strict=True), start=state.steps):
        if first[edit.id] is not edit:
            raise PlanningError("scenario.taken", edit=number + 1, facility=edit.id, name=first[edit.id].name)
        changes.append(edit.change(replace(state, steps=number), place, site))
    return state.after(changes, steps=len(edits))
