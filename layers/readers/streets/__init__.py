"""Streets of a county from OpenStreetMap files, line layers and GraphML."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from pyproj import CRS

from layers.county import Streets
from layers.errors import Fault, PlanningError, Severity
from layers.progress import Progress, silent
from layers.readers.streets import drawn, graphml, lines, osm, rules
from layers.streets import StreetNetwork

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".gpkg", ".shp", ".geojson", ".parquet", ".graphml")


def read_streets(path: Path, spec: Streets, crs: CRS | None, *, progress: Progress = silent) -> tuple[StreetNetwork, tuple[Fault, ...]]:
    """Read a street file into straight segments with directions and speeds for walking and driving.

    The rules are those of ``docs/travel.md``.

    Parameters
    ----------
    path : Path
        The file; its suffix says its format (:data:`SUFFIXES`).
    spec : Streets
        The county's word on datum, walkable classes and speeds.
    crs : CRS or None
        The county's metric CRS; chosen from the streets where None.
    progress : Progress
        Called with the stage ``stage.streets``.

    Returns
    -------
    StreetNetwork
        Only streets that can be walked or driven; lengths in m, speeds in m/s.
    tuple of Fault
        What was odd in the file: lost points, ferries, closed or unknown classes, unreadable speeds, lines drawn twice.

    Raises
    ------
    PlanningError
        When the file is missing, of another format, damaged, without streets, without CRS, or without a usable street.
    """
    if not path.is_file():
        raise PlanningError("streets.missing", file=spec.file)
    progress("stage.streets", 0, 2)
    read, faults = _read(path, spec, crs)
    streets = read.streets
    streets["highway"] = streets["highway"].mask(streets["highway"] == "", spec.default_class)
    progress("stage.streets", 1, 2)
    network, odd = drawn.network(read, spec)
    if not len(network.tail):
        raise PlanningError("streets.none_usable", file=spec.file, classes=_few(streets["highway"]))
    progress("stage.streets", 2, 2)
    return network, tuple(replace(fault, file=spec.file) for fault in (*faults, *_odd(streets, odd, spec)))


def _read(path: Path, spec: Streets, crs: CRS | None) -> tuple[drawn.Drawn, list[Fault]]:
    if path.suffix in {".pbf", ".osm"}:
        return osm.read(path, spec.datum, crs)
    if path.suffix == ".graphml":
        return graphml.read(path, spec.datum, crs)
    if path.suffix in SUFFIXES:
        return lines.read(path, spec.datum, crs, spec.encoding)
    raise PlanningError("streets.format", file=spec.file, formats=" ".join(SUFFIXES))


def _odd(streets: pd.DataFrame, odd_speed: pd.Series[bool], spec: Streets) -> list[Fault]:
    """Return what the rules could not make sense of, one finding per kind with a count and the commonest values."""
    known = streets["highway"].isin([*rules.classes(), *rules.UNUSED, *spec.speeds_kmh])
    kinds: list[tuple[Severity, str, str, pd.Series[bool]]] = [
        ("warning", "streets.unknown_class", "highway", ~known & (spec.walkable == "classes")),
        ("warning", "streets.odd_speed", "maxspeed", odd_speed),
        ("note", "streets.reversible", "oneway", streets["oneway"] == "reversible"),
    ]
    return [
        Fault(severity, code, "streets", field=field, value=_few(streets.loc[rows, field]), values={"count": int(rows.sum())})
        for severity, code, field, rows in kinds
        if rows.any()
    ]


def _few(values: pd.Series[str]) -> str:
    return ", ".join(values.value_counts().index[:5])
