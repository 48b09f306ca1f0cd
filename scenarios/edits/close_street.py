"""Close a street or a section of one (道路封闭, 断桥)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from layers.errors import PlanningError
from layers.streets import BACKWARD, FORWARD, StreetNetwork
from layers.types import Mode
from scenarios.edits._edit import BaseEdit, Latitude, Longitude
from scenarios.edits.place import Place
from scenarios.roads import Closed, Foot, lines, nearest, section
from scenarios.state import State

BITS = {"both": FORWARD | BACKWARD, "forward": FORWARD, "backward": BACKWARD}


class CloseStreet(BaseEdit):
    """Close a street: a bridge out, a road washed away, a lane walled up.

    A place names the nearest street, ``street`` the one of that id in the street file; both together the section of that street at the place. What
    is closed is found among all that the modes might use, had nothing been closed: a footway beside the road is not closed to cars, and what is
    closed already is not mistaken for its neighbour.
    """

    action: Literal["close_street"] = "close_street"
    street: str = Field(default="", description="The street file's id, such as the number of the OpenStreetMap way; found by the place when absent.")
    name: str = Field(default="", description="Its name, checked where given.")
    lon: Longitude | None = None
    lat: Latitude | None = None
    within_m: Annotated[float, Field(gt=0, le=500)] = Field(default=50.0, description="Farthest the street may lie from the place, in m.")
    extent: Literal["section", "street"] = Field(
        default="section", description="`section`: as far as the next junction on both sides, or to the street's end; `street`: all of it."
    )
    modes: tuple[Mode, ...] = Field(default=("walk", "drive"), min_length=1, description="Who may no longer use it.")
    direction: Literal["both", "forward", "backward"] = Field(default="both", description="As the street is drawn in the file, or against it.")

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("half_a_place")
        if self.lon is None and (not self.street or self.extent == "section"):
            raise ValueError("no_street_place")
        return self

    def apply(self, state: State, place: Place) -> State:
        """Return the state with the street closed.

        Raises
        ------
        PlanningError
            When no street lies there or has that id, it has another name, or it is closed already.
        """
        streets = place.network(state.streets)
        rows = self._rows(streets, place, state)
        foot = self._foot(streets, rows, place, state)
        found = section(streets, foot.segment) if foot and self.extent == "section" else tuple(self._whole(streets, rows, foot).tolist())
        row = int(streets.street[found[0]])
        name = self._named(streets, row, state)
        bits = BITS[self.direction]
        chosen = list(found)
        if not any((streets.allowed[mode][chosen] & bits).any() for mode in self.modes if mode in streets.allowed):
            raise PlanningError("scenario.street_closed", edit=state.steps + 1, street=name)
        modes = tuple(mode for mode in streets.modes if mode in self.modes)
        return state.with_street(Closed(state.steps + 1, name, modes, bits, found, lines(streets, found), self.note))

    def _rows(self, streets: StreetNetwork, place: Place, state: State) -> NDArray[np.intp]:
        """Return the segments the edit chooses from."""
        # Closing moves no segment: without the closings the same rows are as open as they ever were.
        known = place.open_network(state.streets)
        usable = np.any([known.allowed[mode] > 0 for mode in self.modes if mode in known.allowed], axis=0)
        if self.street:
            named = np.flatnonzero((streets.streets["source"].astype(str) == self.street).to_numpy())
            usable &= np.isin(streets.street, named)
            if not usable.any():
                raise PlanningError("scenario.unknown_street", edit=state.steps + 1, street=self.street)
        return np.flatnonzero(usable)

    def _foot(self, streets: StreetNetwork, rows: NDArray[np.intp], place: Place, state: State) -> Foot | None:
        if self.lon is None or self.lat is None:
            return None
        foot = nearest(streets, place.points([(self.lon, self.lat)], state.steps + 1)[0], rows)
        if foot is None or round(foot.distance, 3) > self.within_m:
            far = "—" if foot is None else f"{foot.distance:,.0f}"
            raise PlanningError(
                "scenario.no_street_near", edit=state.steps + 1, lon=self.lon, lat=self.lat, datum=place.datum, far=far, within=f"{self.within_m:g}"
            )
        return foot

    @staticmethod
    def _whole(streets: StreetNetwork, rows: NDArray[np.intp], foot: Foot | None) -> NDArray[np.intp]:
        if foot is None:
            return rows
        source = streets.streets["source"].astype(str)
        here = source.iloc[int(streets.street[foot.segment])]
        if not here:
            return np.flatnonzero(streets.street == streets.street[foot.segment])
        return np.flatnonzero(np.isin(streets.street, np.flatnonzero((source == here).to_numpy())))

    def _named(self, streets: StreetNetwork, row: int, state: State) -> str:
        name, source = (str(streets.streets[column].iloc[row]) for column in ("name", "source"))
        if self.name and self.name != name:
            raise PlanningError("scenario.street_name", edit=state.steps + 1, name=self.name, found=name or "—", street=source or "—")
        return name or source or str(streets.streets["highway"].iloc[row])
