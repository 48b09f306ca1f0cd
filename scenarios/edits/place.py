"""Place: how an edit's coordinates become a point of the county, in a township."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from pyproj import CRS

from layers.county import Streets
from layers.crs import to_metric
from layers.errors import PlanningError
from layers.facts import Facts
from layers.outlines import Outlines
from layers.readers.outlines import township_code, townships_of, within_county
from layers.streets import StreetNetwork
from scenarios.roads import Closed, StreetChange, changed

_USUAL = Streets(file="-")


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
    streets : StreetNetwork or None
        The county's streets, which edits of streets need.
    rules : Streets
        How the county reads them: speeds by class, who walks where.
    """

    crs: CRS
    outlines: Outlines
    datum: str = "WGS84"
    streets: StreetNetwork | None = None
    rules: Streets = _USUAL
    _known: dict[tuple[StreetChange, ...], StreetNetwork] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, facts: Facts, datum: str) -> Place:
        """Return the place of a county's facts, for edits in a datum."""
        return cls(facts.crs, facts.outlines, datum, facts.streets, facts.county.streets)

    def network(self, changes: tuple[StreetChange, ...]) -> StreetNetwork:
        """Return the county's streets after changes; the newest answer is kept, since the next edit asks for it.

        Raises
        ------
        ValueError
            When the place was made without streets.
        """
        if self.streets is None:
            raise ValueError("edits of streets need a place with the county's streets")
        if not changes:
            return self.streets
        if changes not in self._known:
            before = self._known.get(changes[:-1])
            found = changed(self.streets, changes) if before is None else changed(before, changes[-1:])
            self._known.clear()
            self._known[changes] = found
        return self._known[changes]

    def open_network(self, changes: tuple[StreetChange, ...]) -> StreetNetwork:
        """Return the streets after changes as if none of them were closed: the same segments, all open that ever were."""
        if not any(isinstance(change, Closed) for change in changes):
            return self.network(changes)
        return changed(self.network(()), [change for change in changes if not isinstance(change, Closed)])

    def points(self, degrees: Sequence[tuple[float, float]], edit: int) -> list[tuple[float, float]]:
        """Return positions in the metric CRS; streets may lie beyond the county's border, as the street file does.

        Raises
        ------
        PlanningError
            When one is no place that the CRS can show.
        """
        lon, lat = np.array(degrees, dtype=float).reshape(-1, 2).T
        x, y = to_metric(lon, lat, self.datum, self.crs)
        for number in np.flatnonzero(~(np.isfinite(x) & np.isfinite(y))):
            raise PlanningError("scenario.outside", edit=edit, lon=lon[number], lat=lat[number], datum=self.datum)
        return [(float(east), float(north)) for east, north in zip(x, y, strict=True)]

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
