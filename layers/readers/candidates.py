"""Reading places where a site could be opened."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from layers.candidates import CandidateLayer
from layers.checking.origins import Origin, place_heads
from layers.county import CandidateFile, County
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.readers._columns import find_columns, text
from layers.readers._files import VECTORS
from layers.readers._points import point_table
from layers.readers.datum_rows import Written
from layers.readers.facilities import type_key
from layers.readers.ledger_townships import with_townships
from layers.readers.repeats import cells_of, repeated_rows, unique_ids

_LAYER = "candidates"


def read_candidates(
    folder: Path, county: County, outlines: Outlines, crs: CRS, *, seen: list[Written] | None = None
) -> tuple[CandidateLayer | None, tuple[Fault, ...]]:
    """Read the candidate sites that county.toml lists; None where it lists none.

    A candidate without usable position is left out and reported, as nothing could be measured from it; so is a row that repeats another. Of an id
    that stands twice the later candidate is given another.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        The files.
    outlines : Outlines
        For townships, in ``crs``.
    crs : CRS
        Metric CRS.
    seen : list of Written, optional
        Takes the positions of every file as written.

    Raises
    ------
    PlanningError
        When a file cannot be read or no row has a position.
    """
    if not county.candidates:
        return None, ()
    faults: list[Fault] = []
    origins: list[Origin] = []
    parts = [_file(folder, spec, order, crs, (faults, origins), seen) for order, spec in enumerate(county.candidates)]
    table = gpd.GeoDataFrame(pd.concat(parts), crs=crs)
    ids = unique_ids(table.index, origins, faults, code="place.id_repeats")
    table = with_townships(table.set_index(pd.Index(ids, dtype="str", name="candidate")), origins, outlines, faults)
    return CandidateLayer(table), tuple(faults)


def _file(
    folder: Path, spec: CandidateFile, order: int, crs: CRS, found: tuple[list[Fault], list[Origin]], seen: list[Written] | None
) -> gpd.GeoDataFrame:
    faults, origins = found
    read, misplaced = point_table(folder, spec, _LAYER, crs, kind="candidate", seen=seen)
    columns = find_columns(map(str, read.columns), "candidate", spec.columns, file=spec.file, layer=_LAYER)
    repeated = repeated_rows(cells_of(read, places=PurePosixPath(spec.file).suffix.lower() in VECTORS))
    located = read[read.geometry.notna()].drop(index=list(repeated), errors="ignore")
    if not len(located):
        raise PlanningError("candidate.none_located", file=spec.file)
    counts = {"read": len(read), "kept": len(located), "excluded": len(read) - len(located)}
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, values=counts))
    heads = place_heads(columns)
    faults += [Origin(spec.file, "", row, heads, _LAYER).fault("error", "ledger.row_repeats", first=first) for row, first in repeated.items()]
    faults += [fault if fault.severity == "note" else replace(fault, severity="error") for fault in misplaced if fault.row not in repeated]
    here = [Origin(spec.file, "", int(row), heads, _LAYER) for row in located.index]
    origins += here

    def texts(field: str) -> list[str]:
        return [text(cell) for cell in located[columns[field]]] if field in columns else [""] * len(located)

    prefix = "c" if order == 0 else f"c{order + 1}-"
    ids = [written or f"{prefix}{row}" for written, row in zip(texts("id"), located.index, strict=True)]
    data = {
        "name": pd.Series(texts("name"), dtype="str"),
        "township": pd.Series(texts("township"), dtype="str"),
        "origin": pd.Series(["file"] * len(located), dtype="str"),
        "types": [_types(words, spec, origin, faults) for words, origin in zip(texts("types"), here, strict=True)],
    }
    table = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(np.asarray(located.geometry.array), crs=crs), crs=crs)
    return table.set_index(pd.Index(ids, dtype="str", name="candidate"))


def _types(written: str, spec: CandidateFile, origin: Origin, faults: list[Fault]) -> tuple[str, ...]:
    keys = []
    for word in filter(None, re.split(r"[,，、;；\s]+", written)):
        key = type_key(word)
        if key is None:
            faults.append(origin.fault("warning", "candidate.unknown_type", "types", word))
        else:
            keys.append(key)
    return tuple(dict.fromkeys(keys)) or spec.types
