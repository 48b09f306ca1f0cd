"""Streets from GraphML, as osmnx writes it: a directed graph with places on nodes and lines on edges."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import ParseError

import geopandas as gpd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers.errors import Fault, PlanningError
from layers.readers.streets import lines
from layers.readers.streets.drawn import Drawn


def read(path: Path, datum: str, crs: CRS | None) -> tuple[Drawn, list[Fault]]:
    """Read edges between nodes with ``x`` and ``y``; an edge without ``geometry`` (WKT) is straight.

    Edges of a directed graph without ``oneway`` are one-way; a pair in both directions is one two-way street.

    Raises
    ------
    PlanningError
        ``streets.unreadable``, ``streets.empty``, or what :func:`layers.crs.layer_to_metric` refuses.
    """
    import networkx as nx

    try:
        graph = nx.read_graphml(path, force_multigraph=True)
        places = {node: (float(data["x"]), float(data["y"])) for node, data in graph.nodes(data=True)}
        rows = [_row(u, v, data, places, directed=graph.is_directed()) for u, v, data in graph.edges(data=True)]
        stated = CRS.from_user_input(graph.graph["crs"]) if "crs" in graph.graph else None
    except (ParseError, OSError, ValueError, KeyError, nx.NetworkXError, shapely.errors.ShapelyError, CRSError) as error:
        raise PlanningError("streets.unreadable", file=path.name, reason=str(error)) from error
    if not rows:
        raise PlanningError("streets.empty", file=path.name)
    return lines.drawn(gpd.GeoDataFrame(rows, geometry="geometry", crs=stated), datum, crs, path.name)


def _row(u: str, v: str, data: dict[str, object], places: dict[str, tuple[float, float]], *, directed: bool) -> dict[str, object]:
    given = data.get("geometry")
    line = shapely.from_wkt(str(given)) if given else shapely.LineString([places[u], places[v]])
    oneway = data.get("oneway", "yes" if directed else "no")
    return {**data, "u": u, "v": v, "oneway": oneway, "geometry": line}
