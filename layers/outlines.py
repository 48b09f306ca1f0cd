"""Outlines of county, townships and villages, and areas where nothing may be built."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.spatial import KDTree


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


def nearest_village(villages: gpd.GeoDataFrame, points: gpd.GeoSeries, townships: pd.Series[str]) -> pd.Series[str]:
    """Return the nearest village of each point's township; of all villages where the township is unknown or has none."""
    found = pd.Series("", index=points.index, dtype=object)
    for township in sorted(set(townships)):
        here = (townships == township).to_numpy()
        choice = villages.loc[villages["township"] == township]
        choice = choice if len(choice) else villages
        _, nearest = KDTree(shapely.get_coordinates(np.asarray(choice.geometry.array))).query(shapely.get_coordinates(np.asarray(points.array)[here]))
        found[here] = choice.index.to_numpy(dtype=object)[nearest]
    return found
