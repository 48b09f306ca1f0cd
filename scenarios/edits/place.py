"""Place: how an edit's coordinates become a point of the county, in a township."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS

from layers.crs import to_metric
from layers.errors import PlanningError
from layers.outlines import Outlines
from layers.readers.outlines import township_code, townships_of, within_county


@dataclass(frozen=True)
class Place:
    """The county that edits take place in; a site finds its township as the facilities of the ledgers did.

    Attributes
    ----------
    crs : CRS
        The county's metric CRS.
    outlines : Outlines
    datum : str
        Datum of the edits' coordinates: WGS84, CGCS2000, GCJ-02 or BD-09.
    """

    crs: CRS
    outlines: Outlines
    datum: str = "WGS84"

    def point(self, lon: float, lat: float, edit: int) -> shapely.Point:
        """Return a position in the metric CRS.

        Raises
        ------
        PlanningError
            When it lies outside the county; without an outline that cannot be told and is not refused.
        """
        x, y = to_metric(np.array([lon]), np.array([lat]), self.datum, self.crs)
        if not np.isfinite([x, y]).all() or not within_county(self.outlines, x, y).all():
            raise PlanningError("scenario.outside", edit=edit, lon=lon, lat=lat, datum=self.datum)
        return shapely.Point(float(x[0]), float(y[0]))

    def township(self, point: shapely.Point) -> str:
        """Return the code of the township a point lies in, by polygon or else by the nearest village; empty when nothing tells."""
        codes, _ = townships_of(self.outlines, np.array([point.x]), np.array([point.y]))
        return str(codes[0])

    def township_code(self, told: str, edit: int) -> str:
        """Return the code of a township told by code or name.

        Raises
        ------
        PlanningError
            When no township is called so.
        """
        code = township_code(self.outlines, told)
        if not code:
            known = "、".join(f"{name}（{key}）" for key, name in self.outlines.townships["name"].items())
            raise PlanningError("scenario.unknown_township", edit=edit, township=told, known=known)
        return code
