"""The consolidation as a GeoPackage: the sheet's layers, and above them the homes with their fates and the moves as straight lines."""

from __future__ import annotations

import geopandas as gpd
import shapely

from planning.publish import geopackage, qml
from planning.publish.consolidation.marks import ARROW
from planning.publish.consolidation.paper import ConsolidationSheet
from planning.publish.geopackage import MARKER_MM
from planning.publish.symbols import SIGNS


def content(paper: ConsolidationSheet) -> bytes:
    """Return the GeoPackage; lines of the layer ``moves`` run straight from the home that ends to the one that takes over.

    Ways (``way``) are along streets, in seconds or metres; ``straight`` is the line's own length in metres.
    """
    more = {"moves": (_moves(paper), qml.single(qml.arrow(ARROW, 0.8), label="residents")), "homes": (_homes(paper), _home_style(paper))}
    return geopackage.content(paper.sheet, more)


def _moves(paper: ConsolidationSheet) -> gpd.GeoDataFrame:
    moves = paper.moves.reset_index()
    lines = [shapely.LineString([(move.x, move.y), (move.into_x, move.into_y)]) for move in paper.each_move()]
    ends = ["x", "y", "into_x", "into_y"]
    return gpd.GeoDataFrame(moves.drop(columns=ends, errors="ignore"), geometry=lines, crs=paper.deeds.crs)


def _homes(paper: ConsolidationSheet) -> gpd.GeoDataFrame:
    table = paper.deeds.reset_index().drop(columns=["x", "y"])
    table.insert(5, "action_name", [paper.say(f"action.{action}") for action in table["action"]])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=paper.deeds.crs)


def _home_style(paper: ConsolidationSheet) -> str:
    categories = []
    for action, name, _ in paper.fates():
        sign = SIGNS[action]
        categories.append(qml.Category(action, name, qml.marker(sign.qgis, sign.colour, MARKER_MM * sign.size, sign.turn)))
    return qml.categorized("action", categories, label="name")
