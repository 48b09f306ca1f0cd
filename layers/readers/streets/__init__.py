"""Streets of a county from OpenStreetMap files, line layers and GraphML."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from layers.county import Streets
from layers.errors import Fault, PlanningError, Severity
from layers.progress import Progress, silent
from layers.readers.streets import drawn, graphml, lines, osm, rules, sense, speeds
from layers.readers.streets.elevation import climbing
from layers.streets import FERRY, StreetNetwork

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".gpkg", ".shp", ".geojson", ".parquet", ".graphml")


def read_streets(path: Path, spec: Streets, crs: CRS | None, *, progress: Progress = silent) -> tuple[StreetNetwork, tuple[Fault, ...]]:
    """Read a street file into straight segments with directions and speeds for walking and driving.

    The rules are those of ``docs/travel.md``.

    Parameters
    ----------
    path : Path
        The file; its suffix says its format (:data:`SUFFIXES`).
    spec : Streets
        The county's word on datum, classes, speeds, ferries and so on; the raster of its ``elevation`` lies in the same folder as ``file``.
    crs : CRS or None
        The county's metric CRS; chosen from the streets where None.
    progress : Progress
        Called with the stage ``stage.streets``.

    Returns
    -------
    StreetNetwork
        Only streets that can be walked or driven; lengths and rises in m, speeds in m/s.
    tuple of Fault
        What was odd in the file: lost points, ferries, closed or unknown classes, senseless speeds, lines drawn twice, missing elevation.

    Raises
    ------
    PlanningError
        When the file is missing, of another format, damaged, without streets, without CRS, or without a usable street; or the raster is not
        readable or lies elsewhere.
    """
    if not path.is_file():
        raise PlanningError("streets.missing", file=spec.file)
    progress("stage.streets", 0, 2)
    read, faults = _read(path, spec, crs)
    odd = _of_construction(read, spec)
    read = replace(read, kinds=rules.in_force(read.kinds, spec))
    progress("stage.streets", 1, 2)
    network, kind = drawn.network(read, spec)
    if not len(network.tail):
        raise PlanningError("streets.none_usable", file=spec.file, classes=_few(read, np.ones(len(read.kinds), bool), "highway"))
    odd += _odd(read, spec)
    if spec.elevation is not None:
        straight = (~read.kinds[["bridge", "tunnel"]].isin(("", "no"))).any(axis=1).to_numpy(bool)[kind]
        folder = path.parents[len(PurePosixPath(spec.file).parts) - 1]
        network, found = climbing(network, straight, folder / spec.elevation.file, spec.elevation)
        odd += found
    progress("stage.streets", 2, 2)
    return network, tuple(fault if fault.file != path.name else replace(fault, file=spec.file) for fault in (*faults, *odd))


def _read(path: Path, spec: Streets, crs: CRS | None) -> tuple[drawn.Drawn, list[Fault]]:
    if path.suffix in {".pbf", ".osm"}:
        return osm.read(path, spec, crs)
    if path.suffix == ".graphml":
        return graphml.read(path, spec.datum, crs)
    if path.suffix in SUFFIXES:
        return lines.read(path, spec.datum, crs, spec.encoding)
    raise PlanningError("streets.format", file=spec.file, formats=" ".join(SUFFIXES))


def _odd(read: drawn.Drawn, spec: Streets) -> list[Fault]:
    """Return what the rules could not make sense of: streets named one by one, and what is known of many told by its number."""
    kinds = read.kinds
    found: list[tuple[Severity, str, str, NDArray[np.bool_]]] = [
        ("note", "streets.ferries_used", "highway", (kinds["highway"] == FERRY).to_numpy(bool) & rules.carries(spec)),
        ("warning", "streets.odd_duration", "duration", speeds.odd_durations(kinds)),
        ("note", "streets.reversible", "oneway", (kinds["oneway"] == "reversible").to_numpy(bool)),
    ]
    counted = [_counted(read, spec, *finding) for finding in found if finding[-1].any()]
    return [*sense.odd_tags(read, spec, spec.file), *counted, *sense.odd_lines(read, spec.file)]


def _of_construction(read: drawn.Drawn, spec: Streets) -> list[Fault]:
    sites = (read.kinds["highway"] == "construction").to_numpy(bool)
    code = "streets.construction_used" if spec.construction else "streets.construction"
    return [_counted(read, spec, "note", code, "highway", sites)] if sites.any() else []


def _counted(read: drawn.Drawn, spec: Streets, severity: Severity, code: str, field: str, kinds: NDArray[np.bool_]) -> Fault:
    return Fault(severity, code, "streets", spec.file, field=field, value=_few(read, kinds, field), values={"count": int(kinds[read.kind].sum())})


def _few(read: drawn.Drawn, kinds: NDArray[np.bool_], field: str) -> str:
    """Return the five commonest values of a tag among streets of some kinds."""
    return ", ".join(pd.Series(read.kinds[field].array.take(read.kind[kinds[read.kind]])).value_counts().index[:5])
