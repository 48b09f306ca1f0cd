"""Build a road (新建道路, 新建桥梁)."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from layers.errors import Fault, PlanningError
from layers.readers.streets import drawn, rules, speeds
from layers.streets import StreetNetwork
from scenarios.edits._edit import BaseEdit, Latitude, Longitude, Text
from scenarios.edits.place import Place
from scenarios.roads import Built, Foot, adds_nothing, nearest
from scenarios.state import State

Point = tuple[Longitude, Latitude]


class BuildStreet(BaseEdit):
    """Build a road along points.

    Its two ends, and the points between that ``junctions`` names, join the nearest street that everybody may use who may use the road, else the
    nearest that one of them may use: the point is moved to it, and the street is split there or joined at its end. Elsewhere the road crosses
    streets without meeting them, as a bridge does. Who may use it follows from its class, as for streets of the file.
    """

    action: Literal["build_street"] = "build_street"
    name: str = Field(default="", description="As printed.")
    highway: Text = Field(default="unclassified", description="Class as OpenStreetMap names it: who may use it, and how fast.")
    points: tuple[Point, ...] = Field(description="[lon, lat] of each point, two or more, in order.")
    junctions: tuple[int, ...] = Field(default=(), description="Points between the ends that join a street, too, counted from 1.")
    join_m: Annotated[float, Field(gt=0, le=500)] = Field(default=30.0, description="Farthest a street may lie from a point that joins it, in m.")
    kmh: Annotated[float, Field(gt=0, le=speeds.HIGHEST_KMH)] | None = Field(default=None, description="Driving speed; the class's when absent.")
    oneway: bool = Field(default=False, description="Driven in the order of the points only.")

    @field_validator("points")
    @classmethod
    def _lead_somewhere(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        if len(points) < 2:
            raise ValueError("few_points")
        return points

    def apply(self, state: State, place: Place) -> State:
        """Return the state with the road built.

        An end that joins no street is noted: a dead end.

        Raises
        ------
        PlanningError
            When nobody may use its class, it joins no street at all, a named junction joins none, or it lies where the same road is already.
        """
        number = state.steps + 1
        streets = place.network(state.streets)
        alone = self._alone(place, number)
        allowed = tuple((mode, int(alone.allowed[mode][0])) for mode in streets.modes)
        speed = tuple((mode, float(alone.speed[mode][0])) for mode in streets.modes)
        points = place.points(self.points, number)
        ends = [0, len(points) - 1]
        joints = self._joints(streets, points, [mode for mode, bits in allowed if bits], sorted({*ends, *self._between(number)}))
        self._check(joints, number)
        for position, foot in joints.items():
            points[position] = (foot.x, foot.y)
        change = Built(number, self.name or self.highway, self.highway, tuple(points), tuple(joints.items()), allowed, speed, self.note)
        if adds_nothing(streets, change):
            raise PlanningError("scenario.road_no_change", edit=number, name=change.name)
        loose = [end + 1 for end in ends if end not in joints]
        values = {"edit": number, "name": change.name, "within": f"{self.join_m:g}"}
        notes = [Fault("note", "scenario.road_dead_end", "scenario", value=str(end), values={**values, "point": end}) for end in loose]
        return state.with_street(change, notes)

    def _alone(self, place: Place, number: int) -> StreetNetwork:
        """Return a straight piece of the road as the reader of streets would have it; without segments where nobody may use it."""
        tags = {"highway": self.highway, "oneway": "yes" if self.oneway else ""}
        if self.kmh is not None:
            tags["maxspeed"] = f"{self.kmh:.9f}".rstrip("0").rstrip(".")
        made = drawn.straight_piece(tags, place.rules, place.crs)
        if not len(made.tail):
            known = "、".join(name for name, row in rules.classes().items() if row["walk"] or row["drive"] is True)
            raise PlanningError("scenario.road_class", edit=number, highway=self.highway, known=known)
        return made

    def _between(self, number: int) -> list[int]:
        for point in self.junctions:
            if not 1 < point < len(self.points):
                raise PlanningError("scenario.road_junction", edit=number, point=point, last=len(self.points) - 1)
        return [point - 1 for point in self.junctions]

    def _joints(self, streets: StreetNetwork, points: list[tuple[float, float]], modes: list[str], positions: list[int]) -> dict[int, Foot]:
        """Return where points join the streets there are; those without a street near are left out."""
        users = np.sum([streets.allowed[mode] > 0 for mode in modes], axis=0)
        found: dict[int, Foot] = {}
        for position in positions:
            for least in (len(modes), 1):
                foot = nearest(streets, points[position], np.flatnonzero(users >= least))
                if foot is not None and round(foot.distance, 3) <= self.join_m:
                    found[position] = foot
                    break
        return found

    def _check(self, joints: dict[int, Foot], number: int) -> None:
        name, within = self.name or self.highway, f"{self.join_m:g}"
        for position in self._between(number):
            if position not in joints:
                raise PlanningError("scenario.road_junction_lost", edit=number, name=name, within=within, point=position + 1)
        if not joints:
            raise PlanningError("scenario.road_nowhere", edit=number, name=name, within=within)
