"""State: the county's facilities and streets after some edits, and what has become of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.errors import Fault
from layers.facilities import NUMBER_COLUMNS, TEXT_COLUMNS, FacilityLayer
from layers.types import Action
from scenarios.roads import StreetChange

Deed = Action | Literal["close"]
DEEDS: tuple[str, ...] = (*get_args(Action), "close")
SIZES = ("capacity", "floor_area", "care_beds")
MOVED_M = 1.0
_BLANK: dict[str, object] = {**dict.fromkeys(TEXT_COLUMNS, ""), **dict.fromkeys(NUMBER_COLUMNS, np.nan)}
ACTION_COLUMNS = ("action", "into", "from_type", "from_capacity", "from_residents", "note")


@dataclass(frozen=True)
class Change:
    """What one edit does to one facility.

    Attributes
    ----------
    facility : str
    values : mapping
        New values by column of the facility table.
    deed : {"close", "merge"} or None
        Set where the facility is given up; otherwise what happens to it is told by comparison with the present state.
    into : str
        The facility that takes over.
    """

    facility: str
    values: Mapping[str, object]
    deed: Literal["close", "merge"] | None = None
    into: str = ""
    note: str = ""


@dataclass(frozen=True)
class State:
    """Facilities after ``steps`` edits.

    Attributes
    ----------
    layer : FacilityLayer
        Every facility of the present state and every opened one; no row disappears. Given-up facilities have the status ``closed`` and no
        capacity, care beds or residents left.
    actions : DataFrame
        Index ``facility``: every facility that is not already closed in the ledger. Columns ``action`` (one of :data:`DEEDS`: ``keep`` 保留,
        ``enlarge`` 扩建, ``reduce`` 缩减, ``new`` 新建, ``merge`` 撤并, ``convert`` 转型, ``move`` 迁建, and ``close``, counted under 撤并), ``into``
        (facility that takes over, or empty), ``from_type`` (empty where new), ``from_capacity``, ``from_residents`` (present values, NaN where
        unknown or new), ``note``.
    origin : FacilityLayer
        The present state.
    notes : tuple of Fault
        What a planner should know of the edits, such as residents left without a place.
    steps : int
        Number of edits so far.
    streets : tuple of StreetChange
        Streets closed and built, in order; :func:`scenarios.roads.changed` makes the network of them.

    Raises
    ------
    ValueError
        When the actions do not fit the facilities.
    """

    layer: FacilityLayer
    actions: pd.DataFrame
    origin: FacilityLayer
    notes: tuple[Fault, ...] = ()
    steps: int = 0
    streets: tuple[StreetChange, ...] = ()

    def __post_init__(self) -> None:
        unknown = self.actions.index.difference(self.layer.table.index)
        if len(unknown) or not self.actions.index.is_unique:
            raise ValueError(f"actions name facilities that are not there, or one twice: {list(unknown)[:5]}")
        if list(self.actions.columns) != list(ACTION_COLUMNS) or not self.actions["action"].isin(DEEDS).all():
            raise ValueError(f"actions have the columns {ACTION_COLUMNS} and one of {DEEDS}")

    @cached_property
    def changed(self) -> pd.DataFrame:
        """Actions of the facilities that do not stay as they are."""
        return self.actions.loc[self.actions["action"] != "keep"]

    def is_new(self, facility: str) -> bool:
        """Return whether a facility was opened by an edit."""
        return facility not in self.origin.table.index

    def after(self, changes: Iterable[Change], notes: Iterable[Fault] = (), *, steps: int = 1) -> State:
        """Return the state after one more edit, or after several that open facilities.

        Parameters
        ----------
        changes : iterable of Change
            What the edits do, each facility named once; a facility not there yet is added with the values given, the rest unknown.
        notes : iterable of Fault
        steps : int
            Number of edits that the changes belong to.
        """
        changes = list(changes)
        there = self.layer.table.index
        table = _with_rows(self.layer.table.copy(), [change for change in changes if change.facility not in there])
        for change in changes:
            if change.facility in there:
                _set_values(table, change)
        told = pd.DataFrame([self._action(change, table) for change in changes], index=[change.facility for change in changes])
        actions = _with_actions(self.actions.copy(), told.rename_axis("facility"))
        return replace(self, layer=FacilityLayer(table), actions=actions, notes=(*self.notes, *notes), steps=self.steps + steps)

    def with_street(self, change: StreetChange, notes: Iterable[Fault] = ()) -> State:
        """Return the state after one more edit, which closes or builds a street."""
        return replace(self, streets=(*self.streets, change), notes=(*self.notes, *notes), steps=self.steps + 1)

    def _action(self, change: Change, table: gpd.GeoDataFrame) -> dict[str, object]:
        facility = change.facility
        told = self.actions.loc[facility] if facility in self.actions.index else None
        return {
            "action": change.deed or self._deed(facility, table),
            "into": change.into,
            "from_type": "" if told is None else told["from_type"],
            "from_capacity": np.nan if told is None else told["from_capacity"],
            "from_residents": np.nan if told is None else told["from_residents"],
            "note": "；".join(text for text in ("" if told is None else str(told["note"]), change.note) if text),
        }

    def _deed(self, facility: str, table: gpd.GeoDataFrame) -> str:
        """Tell by comparison with the present state what happens to a facility that goes on."""
        if self.is_new(facility):
            return "new"
        before, now = facility_row(self.origin.table, facility), facility_row(table, facility)
        if before["type"] != now["type"]:
            return "convert"
        if is_moved(before["geometry"], now["geometry"]):
            return "move"
        return _resized(before, now)


def present(layer: FacilityLayer) -> State:
    """Return the present state: every facility that is not closed is kept."""
    table = layer.table.loc[layer.table["status"] != "closed"]
    actions = pd.DataFrame(
        {
            "action": "keep",
            "into": "",
            "from_type": table["type"].astype(str),
            "from_capacity": table["capacity"].astype(float),
            "from_residents": table["residents"].astype(float),
            "note": "",
        },
        index=table.index,
    )
    return State(layer, actions, layer)


def facility_row(table: gpd.GeoDataFrame, facility: str) -> pd.Series[Any]:
    """Return one row of a facility table."""
    return cast("pd.Series[Any]", table.loc[facility])


def is_moved(before: shapely.Point | None, now: shapely.Point | None) -> bool:
    """Return whether two positions are more than 1 m apart; nothing moves from or to no position."""
    if before is None or now is None or before.is_empty or now.is_empty:
        return False
    return bool(shapely.distance(before, now) > MOVED_M)


def _resized(before: pd.Series[Any], now: pd.Series[Any]) -> str:
    """Compare capacity, then floor area, then care beds; the first that is known before and after and differs decides."""
    for size in SIZES:
        old, new = float(before[size]), float(now[size])
        if not np.isnan([old, new]).any() and old != new:
            return "enlarge" if new > old else "reduce"
    return "keep"


def _set_values(table: gpd.GeoDataFrame, change: Change) -> None:
    for column, value in change.values.items():
        table.loc[change.facility, column] = cast("Any", value)


def _with_rows(table: gpd.GeoDataFrame, changes: Sequence[Change]) -> gpd.GeoDataFrame:
    """Append the facilities that changes open: all at once, for a plan may open many."""
    if not changes:
        return table
    told = [{**_BLANK, **{column: value for column, value in change.values.items() if value is not None}} for change in changes]
    columns = {}
    for name, kind in table.dtypes.items():
        missing = np.nan if kind.kind == "f" else (0 if kind.kind in "iub" else None)
        values = [row.get(str(name), missing) for row in told]
        columns[name] = gpd.array.from_shapely(values, crs=table.crs) if name == "geometry" else pd.array(values, dtype=kind)
    index = pd.Index([change.facility for change in changes], name="facility")
    joined = pd.concat([pd.DataFrame(table), pd.DataFrame(columns, index=index)])
    return gpd.GeoDataFrame(joined.rename_axis("facility"), geometry="geometry")


def _with_actions(actions: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    known = told.index.isin(actions.index)
    for facility in told.index[known]:
        actions.loc[facility, list(ACTION_COLUMNS)] = told.loc[facility]
    if known.all():
        return actions
    return pd.concat([actions, told.loc[~known].astype(actions.dtypes.to_dict())]).rename_axis("facility")
