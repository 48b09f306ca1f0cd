"""Outlines of county, townships and villages, and areas where nothing may be built."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import shapely
from pyproj import CRS


@dataclass(frozen=True)
class Outlines:
    """The county's outline, townships and villages in the metric CRS.

    Attributes
    ----------
    county : shapely Polygon or MultiPolygon or None
        None where no outline is given.
    townships : GeoDataFrame
        Index ``township`` (code as text); columns ``name``, ``geometry`` (polygon; None where only codes are known). Never empty: without
        township outlines and villages it has one row, the county.
    villages : GeoDataFrame
        Index ``village`` (code); columns ``name``, ``township``, ``geometry`` (point). May be empty.
    estimated : bool
        Townships of cells come from the nearest village, not from outlines.
    """

    county: shapely.Polygon | shapely.MultiPolygon | None
    townships: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    estimated: bool
    crs: CRS

    def township_name(self, code: str) -> str:
        """Return a township's name, or the code where it has none."""
        return str(self.townships["name"].get(code, code))


@dataclass(frozen=True)
class Exclusions:
    """Areas where types of facility must not (``exclude``) or should not (``avoid``) stand, with names.

    Attributes
    ----------
    table : GeoDataFrame
        Columns ``name``, ``rule`` (id of the siting rule, or empty), ``domains`` (tuple of facility domains), ``kind`` (``exclude``, ``avoid``
        or ``prefer``), ``buffer`` (m, already applied to ``geometry``), ``source``; geometry polygons in the metric CRS.
    """

    table: gpd.GeoDataFrame

    def of_domain(self, domain: str, kind: str = "exclude") -> gpd.GeoDataFrame:
        """Return the areas that hold for a facility domain."""
        kinds, domains = self.table["kind"], self.table["domains"]
        chosen = [each == kind and domain in meant for each, meant in zip(kinds, domains, strict=True)]
        return self.table.loc[chosen]
