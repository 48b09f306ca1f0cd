"""Place: how an edit's coordinates become a point of the county, in a township."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS

from layers.crs import to_metric
from layers.errors import PlanningError
from layers.outlines import Outlines
from layers.readers.outlines import township_code, townships_of, within_county


@dataclass(frozen=True)
class Site:
    """A position in the metric CRS, and the code of the township it lies in."""

    point: shapely.Point
    township: str


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

    def sites(self, degrees: Sequence[tuple[float, float]]) -> list[Site | None]:
        """Return positions in the metric CRS with their townships.

        Parameters
        ----------
        degrees : sequence of (float, float)
            Longitudes and latitudes.

        Returns
        -------
        list of Site or None
            None where a position lies outside the county; without an outline that cannot be told and is not refused. The township is that of
            the polygon, or else of the nearest village; empty when nothing tells.
        """
        lon, lat = np.array(degrees, dtype=float).reshape(-1, 2).T
        x, y = to_metric(lon, lat, self.datum, self.crs)
        inside = np.isfinite(x) & np.isfinite(y)
        inside[inside] = within_county(self.outlines, x[inside], y[inside])
        codes = np.full(len(x), "", dtype=object)
        codes[inside] = townships_of(self.outlines, x[inside], y[inside])[0]
        known = zip(inside, x, y, codes, strict=True)
        return [Site(shapely.Point(float(east), float(north)), str(code)) if ok else None for ok, east, north, code in known]

    def site(self, degrees: tuple[float, float], edit: int) -> Site:
        """Return one position with its township.

        Raises
        ------
        PlanningError
            When it lies outside the county.
        """
        return self.inside(self.sites([degrees])[0], degrees, edit)

    def inside(self, site: Site | None, degrees: tuple[float, float], edit: int) -> Site:
        """Return a site, or refuse one outside the county, naming the edit."""
        if site is None:
            raise PlanningError("scenario.outside", edit=edit, lon=degrees[0], lat=degrees[1], datum=self.datum)
        return site

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
