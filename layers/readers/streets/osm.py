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

from layers.county import Streets
from layers.crs import metric_crs, to_metric
from layers.errors import Fault, PlanningError
from layers.readers.streets import rules
from layers.readers.streets.drawn import Drawn
from layers.streets import FERRY
from layers.untrusted import opening
from layers.untrusted.markup import HEAD_BYTES, check_xml

_PER_DEGREE = 10_000_000  # OpenStreetMap keeps places as whole ten-millionths of a degree; a place that is not known lies far off the globe


def read(path: Path, spec: Streets, crs: CRS | None) -> tuple[Drawn, list[Fault]]:
    """Read the ways with a ``highway`` tag and, where the county uses them, ferries.

    Parameters
    ----------
    path : Path
        Name ends in ``.pbf`` or ``.osm``.
    spec : Streets
        The county's word; datum ``file`` means WGS84, which OpenStreetMap is always in.
    crs : CRS or None
        Metric CRS; chosen from the points where None.

    Raises
    ------
    PlanningError
        ``streets.unreadable`` when the file is damaged, ``streets.empty`` when it has no street.
    """
    if path.suffix == ".osm":
        with path.open("rb") as stream:
            check_xml(stream.read(HEAD_BYTES), path.name, "streets")
    with opening(path, "streets.unreadable", file=path.name):
        ways = _Ways(path, spec)
    if not ways.kind:
        raise PlanningError("streets.empty", file=path.name)
    _, first, point = np.unique(np.array(ways.node), return_index=True, return_inverse=True)
    lon, lat = np.array(ways.place).reshape(-1, 2)[first].T / _PER_DEGREE
    known = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    x, y, crs = _metric(lon, lat, known, "WGS84" if spec.datum == "file" else spec.datum, crs)
    streets = pd.DataFrame({"name": ways.name, "source": list(map(str, ways.source))}, dtype="str").assign(row=np.array(ways.source))
    kinds = pd.DataFrame(list(ways.kinds), columns=ways.tags, dtype="str").reindex(columns=list(rules.TAGS), fill_value="")
    drawn = Drawn(x, y, point, np.array(ways.start), np.array(ways.kind), kinds, streets, crs)
    return drawn, _notes(path, int((~known).sum()), ways.ferries)


class _Ways:
    """What is read way by way: a hundred thousand streets have two thousand combinations of tags, so each combination is kept once."""

    def __init__(self, path: Path, spec: Streets) -> None:
        self.tags = list(rules.tags_needed(spec))
        self.kinds: dict[tuple[str, ...], int] = {}
        self.kind, self.source, self.start = array("q"), array("q"), array("q", [0])
        self.node, self.place = array("q"), array("i")
        self.name: list[str] = []
        self.ferries = 0  # those that are not used
        self._read(path, carried=rules.carries(spec))

    def _read(self, path: Path, *, carried: bool) -> None:
        blank = [""] * len(self.tags)
        for way in _opened(path):
            tag = way.tags.get
            kind = tuple(map(tag, self.tags, blank))
            if not kind[0] and "highway" not in way.tags:
                if tag("route") != "ferry":
                    continue
                if not carried:
                    self.ferries += 1
                    continue
                kind = (FERRY, *kind[1:])
            self.kind.append(self.kinds.setdefault(kind, len(self.kinds)))
            self.name.append(tag("name", ""))
            self.source.append(way.id)
            self._follow(way.nodes)
            self.start.append(len(self.node))

    def _follow(self, nodes: Any) -> None:  # noqa: ANN401 -- the library's list of nodes
        """Note the nodes of a way: half of all time goes here, so there is nothing in the loop that need not be."""
        node, place = self.node.append, self.place.append
        for position in range(len(nodes)):  # the list's own iterator takes a tenth longer
            found = nodes[position]
            location = found.location
            node(found.ref)
            place(location.x)
            place(location.y)


def _opened(path: Path) -> Iterable[Any]:
    # The bytes are handed over, not the name: on Windows the library opens no path with Chinese letters.
    content = osmium.io.FileBuffer(path.read_bytes(), "pbf" if path.suffix == ".pbf" else "osm")
    ways = osmium.FileProcessor(content, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    return ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.KeyFilter("highway", "route"))


def _metric(
    lon: NDArray[np.float64], lat: NDArray[np.float64], known: NDArray[np.bool_], datum: str, crs: CRS | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], CRS]:
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
