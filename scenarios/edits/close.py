"""Close a facility (撤销, counted under 撤并)."""

from __future__ import annotations

from typing import Literal

from scenarios.edits._edit import FacilityEdit, given_up_as_new, note
from scenarios.edits.place import Place
from scenarios.state import Change, State

GIVEN_UP = {"status": "closed", "capacity": 0.0, "care_beds": 0.0, "residents": 0.0}


class Close(FacilityEdit):
    """Close a facility; its residents, if any, are noted as left without a place."""

    action: Literal["close"] = "close"

    def apply(self, state: State, place: Place) -> State:  # noqa: ARG002 - all edits are applied alike
        """Return the state with the facility closed.

        Raises
        ------
        PlanningError
            When it is not there, already closed, or was opened by an earlier edit.
        """
        row = self.found(state)
        given_up_as_new(state, self.facility, row["name"])
        left = [note("residents_left", state, row, residents=f"{row['residents']:g}")] if row["residents"] > 0 else []
        return state.after([Change(self.facility, GIVEN_UP, "close", note=self.note)], left)
