"""Streets from OpenStreetMap files (.osm.pbf, .osm): lines meet at shared nodes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from layers.crs import metric_crs, to_metric
from layers.errors import Fault, PlanningError
from layers.readers.streets.drawn import Drawn
from layers.readers.streets.rules import TAGS


def read(path: Path, datum: str, crs: CRS | None) -> tuple[Drawn, list[Fault]]:
    """Read the ways with a ``highway`` tag.

    Parameters
    ----------
    path : Path
        Name ends in ``.pbf`` or ``.osm``.
    datum : str
        ``file`` means WGS84, which OpenStreetMap is always in.
    crs : CRS or None
        Metric CRS; chosen from the points where None.

    Raises
    ------
    PlanningError
        ``streets.unreadable`` when the file is damaged, ``streets.empty`` when it has no street.
    """
    counts, refs, degrees, rows = [0], array("q"), array("d"), []
    ferries = 0
    try:
        for way in _ways(path):
            if "highway" not in way.tags:
                ferries += way.tags["route"] == "ferry"
                continue
            for node in way.nodes:
                refs.append(node.ref)
                degrees.extend((node.lon, node.lat) if node.location.valid() else (np.nan, np.nan))
            counts.append(len(refs))
            rows.append([way.tags.get(tag, "") for tag in TAGS] + [str(way.id)])
    except RuntimeError as error:
        raise PlanningError("streets.unreadable", file=path.name, reason=str(error)) from error
    if not rows:
        raise PlanningError("streets.empty", file=path.name)
    _, first, point = np.unique(np.array(refs), return_index=True, return_inverse=True)
    lon, lat = np.array(degrees).reshape(-1, 2)[first].T
    x, y, crs = _metric(lon, lat, "WGS84" if datum == "file" else datum, crs)
    streets = pd.DataFrame(rows, columns=[*TAGS, "source"], dtype="str")
    return Drawn(x, y, point, np.array(counts), streets, crs), _notes(path, int(np.isnan(lon).sum()), ferries)


def _ways(path: Path) -> Iterable[Any]:
    # The bytes are handed over, not the name: on Windows the library opens no path with Chinese letters.
    content = osmium.io.FileBuffer(path.read_bytes(), "pbf" if path.suffix == ".pbf" else "osm")
    ways = osmium.FileProcessor(content, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    return ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.KeyFilter("highway", "route"))


def _metric(lon: NDArray[np.float64], lat: NDArray[np.float64], datum: str, crs: CRS | None) -> tuple[NDArray[np.float64], NDArray[np.float64], CRS]:
    known = np.isfinite(lon)
    chosen = crs or metric_crs(float(lon[known].mean()), float(lat[known].mean()))
    x, y = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
    x[known], y[known] = to_metric(lon[known], lat[known], datum, chosen)
    return x, y, chosen


def _notes(path: Path, lost: int, ferries: int) -> list[Fault]:
    found = []
    if lost:
        found.append(Fault("note", "streets.lost_points", "streets", path.name, values={"count": lost}))
    if ferries:
        found.append(Fault("note", "streets.ferries", "streets", path.name, values={"count": ferries}))
    return found
