"""Faults in the grid of people, a GeoPackage of cell centres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from layers.demo.dirt.features import close_gpkg, open_gpkg
from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import GEOMETRY, Planted, Row, Slip, number, positive, said

_ADULTS, _YOUNG, _OLD = "age_18_59", "age_0_17", "age_80_plus"
_METRES = 60_000.0


def plant(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant the faults and return their list."""
    del ground  # every layer is planted alike
    path = folder / "layers" / "population.gpkg"
    sheet, read = open_gpkg(path, "population", rng)
    sheet.slip([
        Slip("people_negative", _ADULTS, lambda row: -number(row[_ADULTS]), positive(_ADULTS, 5.0), 2),
        Slip("people_nodata", _YOUNG, lambda _: -3.4e38, positive(_YOUNG)),
        Slip("people_text", _OLD, lambda _: "十二", positive(_OLD)),
        Slip("people_blank", _YOUNG, lambda _: None, positive(_YOUNG), 2),
        Slip("people_thousandfold", _ADULTS, lambda row: 1_000 * number(row[_ADULTS]), positive(_ADULTS, 30.0)),
        Slip("people_outside", GEOMETRY, _far),
    ])  # fmt: skip
    for row in sheet.take(2, positive(_ADULTS, 5.0)):
        sheet.append("people_twice", dict(sheet.rows[row]), GEOMETRY, f"（{row}）")
    close_gpkg(path, sheet, read)
    return sheet.planted


def _far(row: Row) -> shapely.Point:
    x, y = (number(part) for part in said(row[GEOMETRY]).split(","))
    return shapely.Point(x + _METRES, y)
