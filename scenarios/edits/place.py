"""Place: how an edit's coordinates become a point of the county, in a township."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from layers.crs import to_metric
from layers.errors import PlanningError
from layers.outlines import Outlines


@dataclass(frozen=True)
class Place:
    """The county that edits take place in.

    Attributes
    ----------
    crs : CRS
        The county's metric CRS.
    outlines : Outlines
    datum : str
        Datum of the edits' coordinates: WGS84, CGCS2000, GCJ-02, BD-09 or EPSG:n.
    """

    crs: CRS
    outlines: Outlines
    datum: str = "WGS84"

    def point(self, lon: float, lat: float, edit: int) -> shapely.Point:
        """Return a position in the metric CRS.

        Raises
        ------
        PlanningError
            When it lies outside the county; without any outline that cannot be told and is not refused.
        """
        x, y = to_metric(np.array([lon]), np.array([lat]), self.datum, self.crs)
        point = shapely.Point(float(x[0]), float(y[0]))
        if not np.isfinite([point.x, point.y]).all() or (self.area is not None and not shapely.intersects(self.area, point)):
            raise PlanningError("scenario.outside", edit=edit, lon=lon, lat=lat, datum=self.datum)
        return point

    def township(self, point: shapely.Point) -> str:
        """Return the code of the township a point lies in: by polygons, else by the nearest village, else the only one; empty when unknown."""
        towns = self.outlines.townships
        polygons = _drawn(towns.geometry)
        if len(polygons):
            return str(polygons.index[int(polygons.distance(point).argmin())])
        villages = self.outlines.villages
        if len(villages):
            return str(villages["township"].iloc[int(villages.geometry.distance(point).argmin())])
        return str(towns.index[0]) if len(towns) == 1 else ""

    def township_code(self, told: str, edit: int) -> str:
        """Return the code of a township told by code or by a name that only one has.

        Raises
        ------
        PlanningError
            When no township, or more than one, is called so.
        """
        towns = self.outlines.townships
        if told in towns.index:
            return told
        named = towns.index[towns["name"] == told]
        if len(named) != 1:
            known = "、".join(f"{row.name}（{row.Index}）" for row in towns.itertuples())
            raise PlanningError("scenario.unknown_township", edit=edit, township=told, known=known)
        return str(named[0])

    @cached_property
    def area(self) -> shapely.Geometry | None:
        """The county's outline, or its townships together; None where there is neither."""
        if self.outlines.county is not None:
            return self.outlines.county
        polygons = _drawn(self.outlines.townships.geometry)
        return shapely.union_all(polygons.to_numpy()) if len(polygons) else None


def _drawn(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    return gpd.GeoSeries(shapes[~(shapes.isna() | shapes.is_empty)], crs=shapes.crs)
