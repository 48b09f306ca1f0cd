"""A county small enough for head arithmetic: two townships of 2 x 4 km, west (01) and east (02), split at easting 500,000 m."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from layers.county import County
from layers.crs import from_metric, to_metric
from layers.facilities import COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS, FacilityLayer
from layers.facts import Facts
from layers.outlines import Exclusions, Outlines
from layers.population import PopulationGrid
from layers.streets import StreetNetwork

METRIC = CRS.from_epsg(4543)  # CGCS2000, meridian 102 degrees E
X0 = 500_000.0
Y0 = float(to_metric([102.0], [25.0], "WGS84", METRIC)[1][0])
GROUPS = {"elders": ("60_69", "70_plus"), "minors": ("0_17",), "residents": ("0_17", "18_59", "60_69", "70_plus")}


def lonlat(dx: float, dy: float, datum: str = "WGS84") -> tuple[float, float]:
    """Return coordinates of a point so many metres from the county's middle."""
    lon, lat = from_metric([X0 + dx], [Y0 + dy], datum, METRIC)
    return float(lon[0]), float(lat[0])


def at(dx: float, dy: float) -> shapely.Point:
    return shapely.Point(X0 + dx, Y0 + dy)


def facility_layer(*rows: dict[str, object]) -> FacilityLayer:
    """Return a layer of facilities; ``at`` is (dx, dy) in m from the county's middle, or None where there is no position."""
    ids = pd.Index([row["id"] for row in rows], name="facility", dtype=object if not rows else None)
    table = gpd.GeoDataFrame(
        {
            **{
                column: pd.Series([row.get(column, "operating" if column == "status" else "") for row in rows], ids, dtype=str)
                for column in TEXT_COLUMNS
            },
            **{column: pd.Series([row.get(column, np.nan) for row in rows], ids, dtype=float) for column in NUMBER_COLUMNS},
            "source_row": pd.Series(range(2, 2 + len(rows)), ids, dtype="int64"),
        },
        geometry=[at(*row["at"]) if row.get("at") is not None else shapely.Point() for row in rows],
        crs=METRIC,
        index=ids,
    )
    return FacilityLayer(table[list(COLUMNS)])


def outlines(*, villages: bool = True, townships: bool = True) -> Outlines:
    west, east = shapely.box(X0 - 2000, Y0 - 2000, X0, Y0 + 2000), shapely.box(X0, Y0 - 2000, X0 + 2000, Y0 + 2000)
    codes = pd.Index(["01", "02"], name="township")
    towns = gpd.GeoDataFrame({"name": ["西镇", "东乡"]}, geometry=[west, east] if townships else [None, None], index=codes, crs=METRIC)
    points = {"0101": ("西一村", "01", (-1500, 0)), "0102": ("西二村", "01", (-500, 0)), "0201": ("东村", "02", (1000, 0))} if villages else {}
    village_index = pd.Index(list(points), name="village", dtype=str)
    names, codes_of, places = ([item[n] for item in points.values()] for n in range(3))
    hamlets = gpd.GeoDataFrame(
        {"name": pd.Series(names, village_index, dtype=str), "township": pd.Series(codes_of, village_index, dtype=str)},
        geometry=[at(*place) for place in places],
        index=village_index,
        crs=METRIC,
    )
    return Outlines(shapely.union_all([west, east]), towns, hamlets, estimated=False, crs=METRIC)


def population(people: pd.DataFrame | None = None, **not_located: float) -> PopulationGrid:
    """Return four cells, two in each township, 1,000 m apart on the middle line, or as many as ``people`` has rows."""
    if people is None:
        people = pd.DataFrame({"0_17": [10.0, 20, 30, 40], "18_59": [100.0] * 4, "60_69": [1.5, 2, 3, 4], "70_plus": [1.0] * 4})
    people = people.rename_axis("cell")
    east = np.linspace(-1500, 1500, len(people))
    cells = gpd.GeoDataFrame(
        {"size": 100.0, "township": np.where(east < 0, "01", "02"), "estimated": False},
        geometry=gpd.points_from_xy(X0 + east, np.full(len(people), Y0)),
        index=people.index,
        crs=METRIC,
    )
    lost = pd.Series(0.0, index=people.columns)
    for group, number in not_located.items():
        lost[group.removeprefix("g")] = number
    return PopulationGrid(cells, people, pd.Series(0.0, index=people.columns), lost, GROUPS)


def facts(layer: FacilityLayer, **county: object) -> Facts:
    shape = County.model_validate({"name": "小县", "population": [{"file": "p.csv"}], "streets": {"file": "s.gpkg"}, **county})
    nowhere = gpd.GeoDataFrame({"name": [], "rule": [], "domains": [], "kind": [], "buffer": [], "source": []}, geometry=[], crs=METRIC)
    return Facts(
        folder=Path("small"),
        county=shape,
        crs=METRIC,
        facilities=layer,
        population=population(),
        streets=_NO_STREETS,
        outlines=outlines(),
        exclusions=Exclusions(nowhere),
        candidates=None,
        faults=(),
        inputs={},
    )


_NO_STREETS: StreetNetwork = None  # type: ignore[assignment]  # no test of scenarios or evaluation asks for streets
