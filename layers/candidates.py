"""CandidateLayer: places where a site could be opened."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd


@dataclass(frozen=True)
class CandidateLayer:
    """Candidate sites.

    Attributes
    ----------
    table : GeoDataFrame
        Index ``candidate`` (unique text ids); columns ``name``, ``township`` (code), ``origin`` (``file``, ``villages``, ``streets`` or
        ``kmeans``), ``types`` (tuple of facility type keys it is meant for; empty: all), geometry points in the metric CRS.
    """

    table: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        if not self.table.index.is_unique or self.table.index.name != "candidate":
            raise ValueError("candidate ids must be unique, in an index named 'candidate'")
