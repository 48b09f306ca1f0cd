"""Townships of facilities, villages and candidates: as written, or where they lie."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.checking.ledger_names import core_name
from layers.checking.origins import Origin
from layers.errors import Fault
from layers.outlines import Outlines
from layers.readers.townships import township_code, townships_of, within_county

BORDER_M = 25.0
"""How far from a township a place may lie that names it: outlines are drawn, and positions rounded, no better than that."""


def with_townships(table: gpd.GeoDataFrame, origins: Sequence[Origin], outlines: Outlines, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Return the table with township codes: the one written, by code or name, or else the one the place lies in."""
    located = (table.geometry.notna() & ~table.geometry.is_empty).to_numpy()
    places = shapely.get_coordinates(np.asarray(table.geometry.array)[located])
    lies_in = np.full(len(table), "", dtype=object)
    guessed = np.ones(len(table), dtype=bool)
    lies_in[located], guessed[located] = townships_of(outlines, places[:, 0], places[:, 1])
    stated = [township_code(outlines, written) for written in table["township"]]
    for position, (written, code, lies) in enumerate(zip(table["township"], stated, lies_in, strict=True)):
        if written and not code:
            faults.append(_unknown(origins[position], written, outlines))
        elif code and lies and code != lies and not guessed[position] and _is_beyond(table.geometry.iloc[position], outlines, code):
            values = {"name": table["name"].iloc[position], "lies_in": outlines.township_name(lies)}
            faults.append(origins[position].fault("warning", "facility.other_township", "township", written, **values))
    beyond = np.flatnonzero(located)[~within_county(outlines, places[:, 0], places[:, 1])].tolist()
    faults.extend(origins[position].fault("warning", "facility.outside", "lon", str(table["name"].iloc[position])) for position in beyond)
    codes = [code or str(lies) for code, lies in zip(stated, lies_in, strict=True)]
    return table.assign(township=pd.Series(codes, index=table.index, dtype="str"))


def _is_beyond(point: shapely.Geometry, outlines: Outlines, code: str) -> bool:
    """Return whether a point lies farther from a township than its border may be drawn wrong; beyond one without outline it always does."""
    away = float(shapely.distance(outlines.townships.geometry[code], point))
    return np.isnan(away) or away > BORDER_M


def _unknown(origin: Origin, written: str, outlines: Outlines) -> Fault:
    names = {core_name(str(name)): str(name) for name in sorted(outlines.townships["name"])}
    near = [names[core] for core in difflib.get_close_matches(core_name(written), names, n=3, cutoff=0.5)]
    if near:
        return origin.fault("warning", "ledger.township_like", "township", written, near="、".join(near))
    return origin.fault("warning", "facility.unknown_township", "township", written)
