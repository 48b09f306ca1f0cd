"""Rows and ids that stand in a table twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.checking.origins import GEOMETRY, Origin
from layers.errors import Fault
from layers.readers._columns import plain, text

_TELLING = 4  # entries of a row that make its repetition no chance
NUMBERING = {"序号", "no", "no."}
"""Heads of running numbers, which say nothing of a row."""


def cells_of(read: gpd.GeoDataFrame, *, places: bool) -> pd.DataFrame:
    """Return the cells of a table that was read; with ``places``, those of features, which no column holds, stand in the last column."""
    cells = pd.DataFrame(read.drop(columns=read.geometry.name))
    return cells.assign(**{GEOMETRY: shapely.to_wkb(np.asarray(read.geometry.array), hex=True)}) if places else cells


def _content(entries: Sequence[object], heads: Sequence[object], row: object) -> object:
    """Return what a row says besides its running number; of a row that says little, itself, as little may be said twice of two things."""
    said = tuple(text(cell) for head, cell in zip(heads, entries, strict=True) if plain(head) not in NUMBERING)
    return said if sum(map(bool, said)) >= _TELLING else row


def repeated_rows(cells: pd.DataFrame) -> dict[int, int]:
    """Return, by row, the earlier row that it repeats in every column."""
    first: dict[object, int] = {}
    heads = list(cells.columns)
    said = [(row, _content(entries, heads, row)) for row, entries in zip(map(int, cells.index), cells.itertuples(index=False), strict=True)]
    return {row: first[content] for row, content in said if first.setdefault(content, row) != row}


def unique_ids(ids: Iterable[object], origins: Sequence[Origin], faults: list[Fault], *, code: str, field: str = "id") -> list[str]:
    """Return ids in which every later one of a repeated id has its place in the file added; each is reported under a code.

    Parameters
    ----------
    ids : iterable
        One for each origin.
    origins : sequence of Origin
    faults : list of Fault
        Takes a warning for each.
    code, field : str
        Of the finding.
    """
    unique: list[str] = []
    seen: set[str] = set()
    for name, origin in zip(map(str, ids), origins, strict=True):
        used = name
        if used in seen:
            used = f"{name}#{Path(origin.file).stem}-{origin.row}"
            faults.append(origin.fault("warning", code, field, name, used=used))
        seen.add(used)
        unique.append(used)
    return unique
