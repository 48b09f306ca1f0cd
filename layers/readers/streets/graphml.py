"""Streets from GraphML, as osmnx writes it: a directed graph with places on nodes and lines on edges."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely
from pyproj import CRS

from layers.errors import Fault, PlanningError
from layers.readers.streets import lines
from layers.readers.streets.drawn import Drawn
from layers.untrusted import opening
from layers.untrusted.markup import HEAD_BYTES, check_xml


def read(path: Path, datum: str, crs: CRS | None) -> tuple[Drawn, list[Fault]]:
    """Read edges between nodes with ``x`` and ``y``; an edge without ``geometry`` (WKT) is straight.

    Edges of a directed graph without ``oneway`` are one-way; a pair in both directions is one two-way street.

    Raises
    ------
    PlanningError
        ``streets.unreadable``, ``streets.empty``, or what :func:`layers.crs.layer_to_metric` refuses.
    """
    import networkx as nx

    with path.open("rb") as stream:
        check_xml(stream.read(HEAD_BYTES), path.name, "streets")
    with opening(path, "streets.unreadable", file=path.name):
        graph = nx.read_graphml(path, force_multigraph=True)
        places = {node: (float(data["x"]), float(data["y"])) for node, data in graph.nodes(data=True)}
        rows = [_row(u, v, data, places, directed=graph.is_directed()) for u, v, data in graph.edges(data=True)]
        stated = CRS.from_user_input(graph.graph["crs"]) if "crs" in graph.graph else None
    if not rows:
        raise PlanningError("streets.empty", file=path.name)
    return lines.drawn(lines.sound(gpd.GeoDataFrame(rows, geometry="geometry", crs=stated), path), datum, crs, path.name)


def _row(u: str, v: str, data: dict[str, object], places: dict[str, tuple[float, float]], *, directed: bool) -> dict[str, object]:
    given = data.get("geometry")
    line = shapely.from_wkt(str(given)) if given else shapely.LineString([places[u], places[v]])
    oneway = data.get("oneway", "yes" if directed else "no")
    return {**data, "u": u, "v": v, "oneway": oneway, "geometry": line}
