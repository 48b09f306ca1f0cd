"""What all edits share: their schema, and how they find the facility they change."""

from __future__ import annotations

import difflib
from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from layers.errors import Fault, PlanningError
from layers.types import FacilityType, facility_types
from scenarios.edits.place import Place
from scenarios.state import State, facility_row

Text = Annotated[str, Field(min_length=1)]
Size = Annotated[float, Field(gt=0)]
Count = Annotated[float, Field(ge=0)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
SUGGESTIONS = 3


class BaseEdit(BaseModel):
    """One change a planner decides on; checked against the state it is applied to."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    note: str = Field(default="", description="Why; shown in the plan's tables.")

    @abstractmethod
    def apply(self, state: State, place: Place) -> State:
        """Return the state after the edit; PlanningError when it is impossible or changes nothing."""


class FacilityEdit(BaseEdit):
    """An edit of a facility that is already there."""

    facility: Text = Field(description="Id of the facility.")
    name: str = Field(default="", description="Its name, checked where given: ids may shift when rows of a ledger are added.")

    def found(self, state: State) -> pd.Series[Any]:
        """Return the facility's row.

        Raises
        ------
        PlanningError
            When it is not there, has another name, or is closed.
        """
        row = standing(state, self.facility)
        if self.name and self.name != row["name"]:
            raise PlanningError(
                "scenario.wrong_name", edit=state.steps + 1, facility=self.facility, name=self.name, found=row["name"], near=_near(state, self.name)
            )
        return row

    def refuse_no_change(self, state: State, row: pd.Series[Any]) -> PlanningError:
        """Return the error of an edit that changes nothing."""
        return PlanningError("scenario.no_change", edit=state.steps + 1, facility=self.facility, name=row["name"])


def standing(state: State, facility: str) -> pd.Series[Any]:
    """Return the row of a facility that is not closed.

    Raises
    ------
    PlanningError
        When there is none, naming the nearest names.
    """
    table = state.layer.table
    if facility not in table.index:
        raise PlanningError("scenario.unknown_facility", edit=state.steps + 1, facility=facility, near=_near(state, facility))
    row = facility_row(table, facility)
    if row["status"] == "closed":
        raise PlanningError("scenario.closed", edit=state.steps + 1, facility=facility, name=row["name"])
    return row


def known_type(state: State, key: str) -> FacilityType:
    """Return a facility type, or refuse an unknown one with the nearest."""
    types = facility_types()
    if key in types:
        return types[key]
    names = {word: kind for kind in types.values() for word in (kind.key, kind.name_zh)}
    close = difflib.get_close_matches(key, names, n=SUGGESTIONS, cutoff=0.3)
    near = "、".join(dict.fromkeys(f"{names[word].name_zh}（{names[word].key}）" for word in close)) or "—"
    raise PlanningError("scenario.unknown_type", edit=state.steps + 1, type=key, near=near)


def check_care_beds(state: State, name: object, capacity: float | None, care_beds: float | None) -> None:
    """Refuse more care beds than beds."""
    if capacity is not None and care_beds is not None and care_beds > capacity:
        raise PlanningError("scenario.care_beds", edit=state.steps + 1, name=name, care_beds=f"{care_beds:g}", capacity=f"{capacity:g}")


def given_up_as_new(state: State, facility: str, name: object) -> None:
    """Refuse to give up what an earlier edit opened: the plan would count a closure that never happens."""
    if state.is_new(facility):
        raise PlanningError("scenario.new_given_up", edit=state.steps + 1, facility=facility, name=name)


def note(code: str, state: State, row: pd.Series[Any], **values: object) -> Fault:
    """Return a note about an edit."""
    known = {"edit": state.steps + 1, "facility": row.name, "name": row["name"], **values}
    return Fault("note", f"scenario.{code}", "scenario", value=str(row.name), values=known)


def overfull(state: State, row: pd.Series[Any], capacity: float, residents: float) -> tuple[Fault, ...]:
    """Note a facility that is left with fewer places than residents; nothing is said of unknown numbers."""
    if np.isnan(capacity) or np.isnan(residents) or residents <= capacity:
        return ()
    return (note("overfull", state, row, residents=f"{residents:g}", capacity=f"{capacity:g}"),)


def _near(state: State, asked: str) -> str:
    """Name the facilities most like what was asked for, by id or name."""
    table = state.layer.table
    words: dict[str, str] = {}
    for facility, name in table["name"].items():
        words.setdefault(str(facility), str(facility))
        words.setdefault(str(name), str(facility))
    close = difflib.get_close_matches(asked, words, n=2 * SUGGESTIONS, cutoff=0.3)
    ids = list(dict.fromkeys(words[word] for word in close))[:SUGGESTIONS]
    return "、".join(f"{name}（{facility}）" for facility, name in table.loc[ids, "name"].items()) or "—"
