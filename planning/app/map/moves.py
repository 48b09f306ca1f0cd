"""What the live map draws of residents who move from a home that is merged into another: straight lines, not ways."""

from __future__ import annotations

from typing import Any

import shapely
from pyproj import CRS

from layers.crs import from_metric
from layers.types import FacilityType
from planning.app import words
from scenarios.state import State

COLOUR = "#7a1f5c"


def drawn(state: State, kind: FacilityType, crs: CRS) -> list[dict[str, Any]]:
    """Return the map's ``moves``: ``from`` and ``to`` as [lat, lon], and how many residents move as text.

    Parameters
    ----------
    state : State
    kind : FacilityType
        Homes of this type, or that were of it before.
    crs : CRS
        The county's metric CRS.
    """
    merged = _merged(state, kind)
    places = state.layer.table.geometry
    moves = []
    for home, into, residents in zip(merged.index, merged["into"], merged["from_residents"], strict=True):
        ends = shapely.get_coordinates([places[home], places[into]])
        if len(ends) == 2:  # both have a position
            lon, lat = from_metric(ends[:, 0], ends[:, 1], "WGS84", crs)
            begin, end = ([round(float(y), 6), round(float(x), 6)] for x, y in zip(lon, lat, strict=True))
            moves.append({"from": begin, "to": end, "colour": COLOUR, "text": words.t("map.residents", count=words.whole(float(residents)))})
    return moves


def legend(state: State, kind: FacilityType) -> list[dict[str, Any]]:
    """Return what the map's legend says of moves."""
    if _merged(state, kind).empty:
        return []
    return [{"fill": "transparent", "stroke": COLOUR, "dash": None, "shape": "line", "text": words.t("map.moves")}]


def _merged(state: State, kind: FacilityType) -> Any:  # noqa: ANN401 - a DataFrame of pandas, whose stubs know no columns
    actions = state.actions
    return actions.loc[(actions["action"] == "merge") & (actions["from_type"] == kind.key) & (actions["into"] != "")]
