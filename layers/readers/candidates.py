"""Reading places where a site could be opened."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.candidates import CandidateLayer
from layers.county import CandidateFile, County
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.readers._columns import find_columns, text
from layers.readers._points import point_table
from layers.readers.datum_rows import Written
from layers.readers.facilities import type_key
from layers.readers.outlines import township_code, townships_of

_LAYER = "candidates"


def read_candidates(
    folder: Path, county: County, outlines: Outlines, crs: CRS, *, seen: list[Written] | None = None
) -> tuple[CandidateLayer | None, tuple[Fault, ...]]:
    """Read the candidate sites that county.toml lists; None where it lists none.

    A candidate without usable position is left out and reported: nothing could be measured from it.

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
    parts = [_file(folder, spec, order, crs, faults, seen) for order, spec in enumerate(county.candidates)]
    table = gpd.GeoDataFrame(pd.concat(parts), crs=crs)
    if not table.index.is_unique:
        repeated = sorted(set(table.index[table.index.duplicated()]))
        raise PlanningError("candidate.ids_repeat", file=county.candidates[0].file, ids="、".join(repeated[:5]))
    places = shapely.get_coordinates(np.asarray(table.geometry.array))
    lies_in, _ = townships_of(outlines, places[:, 0], places[:, 1])
    codes = [township_code(outlines, written) or str(lies) for written, lies in zip(table["township"], lies_in, strict=True)]
    return CandidateLayer(table.assign(township=pd.Series(codes, index=table.index, dtype="str"))), tuple(faults)


def _file(folder: Path, spec: CandidateFile, order: int, crs: CRS, faults: list[Fault], seen: list[Written] | None) -> gpd.GeoDataFrame:
    read, misplaced = point_table(folder, spec, _LAYER, crs, kind="candidate", seen=seen)
    columns = find_columns(map(str, read.columns), "candidate", spec.columns, file=spec.file, layer=_LAYER)
    located = read[read.geometry.notna()]
    if not len(located):
        raise PlanningError("candidate.none_located", file=spec.file)
    counts = {"read": len(read), "kept": len(located), "excluded": len(read) - len(located)}
    faults.append(Fault("note", "table.rows", _LAYER, spec.file, values=counts))
    faults.extend(fault if fault.severity == "note" else replace(fault, severity="error") for fault in misplaced)

    def texts(field: str) -> list[str]:
        return [text(cell) for cell in located[columns[field]]] if field in columns else [""] * len(located)

    prefix = "c" if order == 0 else f"c{order + 1}-"
    ids = [written or f"{prefix}{row}" for written, row in zip(texts("id"), located.index, strict=True)]
    data = {
        "name": pd.Series(texts("name"), dtype="str"),
        "township": pd.Series(texts("township"), dtype="str"),
        "origin": pd.Series(["file"] * len(located), dtype="str"),
        "types": [_types(words, spec, row, faults) for words, row in zip(texts("types"), located.index, strict=True)],
    }
    table = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(np.asarray(located.geometry.array), crs=crs), crs=crs)
    return table.set_index(pd.Index(ids, dtype="str", name="candidate"))


def _types(written: str, spec: CandidateFile, row: object, faults: list[Fault]) -> tuple[str, ...]:
    keys = []
    for word in filter(None, re.split(r"[,，、;；\s]+", written)):
        key = type_key(word)
        if key is None:
            faults.append(Fault("warning", "candidate.unknown_type", _LAYER, spec.file, row=int(str(row)), value=word))
        else:
            keys.append(key)
    return tuple(dict.fromkeys(keys)) or spec.types
