"""Population files written by hand around (600 km, 2,800 km) of EPSG:4543, and a county of two townships to read them into."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from pyproj import CRS

from layers.county import County
from layers.crs import from_metric
from layers.errors import Fault
from layers.outlines import Outlines
from layers.population import PopulationGrid
from layers.readers.outlines import read_outlines
from layers.readers.population import read_population

GK = CRS.from_epsg(4543)
X0, Y0 = 600_000.0, 2_800_000.0
WEST, EAST = "530127101", "530127102"
SIDE = 3_000.0  # each township is so wide and so high


def county(**layers: object) -> County:
    return County.model_validate({"name": "示例县", "code": "530127", "streets": {"file": "s.pbf"}, **layers})


def read(folder: Path, *, outlines: Outlines | None = None, **layers: object) -> tuple[PopulationGrid, tuple[Fault, ...]]:
    """Read the people of a folder into outlines; without them the county is one area."""
    spec = county(**layers)
    return read_population(folder, spec, outlines or read_outlines(folder, spec, GK)[0], GK)


def raster(path: Path, values: object, *, nodata: float | None = -99999.0, corner: tuple[float, float] = (X0, Y0 + SIDE), **more: object) -> None:
    """Write a raster of 100 m pixels whose upper left corner is the county's, unless another is said."""
    array = np.asarray(values, dtype=more.pop("dtype", "float32"))
    pixel = more.pop("pixel", 100.0)
    profile = {"driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1, "dtype": array.dtype, "nodata": nodata}
    place = Affine(pixel, 0, corner[0], 0, -pixel, corner[1])
    with rasterio.open(path, "w", transform=place, **{"crs": "EPSG:4543", **profile, **more}) as target:
        target.write(array, 1)


@cache
def townships() -> Outlines:
    """Return 甲镇 and 乙乡 side by side, each 3 km wide; together they are the county."""
    shapes = [shapely.box(X0, Y0, X0 + SIDE, Y0 + SIDE), shapely.box(X0 + SIDE, Y0, X0 + 2 * SIDE, Y0 + SIDE)]
    codes = pd.Index([WEST, EAST], name="township", dtype="str")
    places = gpd.GeoDataFrame({"name": pd.Series(["甲镇", "乙乡"], codes, dtype="str")}, geometry=shapes, crs=GK, index=codes)
    none = gpd.GeoDataFrame({"name": [], "township": []}, geometry=[], crs=GK)
    return Outlines(shapely.box(X0, Y0, X0 + 2 * SIDE, Y0 + SIDE), places, none, estimated=False, crs=GK)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of metres from the county's lower left corner."""
    lon, lat = from_metric([X0 + x], [Y0 + y], "WGS84", GK)
    return round(float(lon[0]), 7), round(float(lat[0]), 7)


def table(path: Path, heads: Sequence[str], rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> None:
    lines = [",".join(str(cell) for cell in row) for row in (heads, *rows)]
    path.write_text("\n".join(lines) + "\n", encoding)


def found(faults: Sequence[Fault], code: str) -> list[Fault]:
    return [fault for fault in faults if fault.code == code]


def told(faults: Sequence[Fault], code: str) -> list[tuple[object, ...]]:
    """Return severity, file, row, field and value of the findings of a code."""
    return [(fault.severity, fault.file, fault.row, fault.field, fault.value) for fault in found(faults, code)]


def readable(faults: Sequence[Fault]) -> bool:
    """Return whether every finding can be said in both languages."""
    return all(fault.say(lang) and isinstance(fault.repair(lang), str) for fault in faults for lang in ("zh", "en"))
