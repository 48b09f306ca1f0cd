"""FacilityLayer: the county's facilities, one row each."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

TEXT_COLUMNS = ("type", "name", "level", "status", "ownership", "township", "remark", "source_file")
NUMBER_COLUMNS = ("capacity", "care_beds", "residents", "floor_area", "land_area", "year", "investment")
COLUMNS = (*TEXT_COLUMNS, *NUMBER_COLUMNS, "source_row", "geometry")


@dataclass(frozen=True)
class FacilityLayer:
    """One row per facility, in the county's metric CRS.

    Attributes
    ----------
    table : GeoDataFrame
        Index ``facility``: unique text ids. Columns :data:`COLUMNS`. Texts are never missing (empty instead); numbers are float64, NaN where
        unknown, never negative; ``floor_area`` and ``land_area`` in m2, ``investment`` in 10,000 yuan. ``type`` is a key of
        :func:`layers.types.facility_types`; ``township`` a code; ``status`` is ``operating``, ``building`` (counts as standing; the reader notes
        it) or ``closed``. ``geometry`` is a point, or empty where the facility has no usable position (it is then *not located*: kept and
        counted, never dropped).

    Raises
    ------
    ValueError
        When a column is missing, an id repeats, or a number is negative.
    """

    table: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        missing = [column for column in COLUMNS if column not in self.table.columns]
        if missing:
            raise ValueError(f"facility table lacks the columns {missing}")
        if not self.table.index.is_unique or self.table.index.name != "facility":
            raise ValueError("facility ids must be unique, in an index named 'facility'")
        if (self.table[list(NUMBER_COLUMNS)] < 0).any(axis=None):
            raise ValueError("facility numbers must not be negative")
        if self.table.crs is None or not self.table.crs.is_projected:
            raise ValueError("facilities must be in a metric CRS")

    def of_type(self, key: str) -> gpd.GeoDataFrame:
        """Return the rows of one type that are not closed (operating or being built)."""
        chosen = (self.table["type"] == key) & (self.table["status"] != "closed")
        return self.table.loc[chosen]

    @property
    def located(self) -> gpd.GeoDataFrame:
        """Rows with a usable position."""
        usable = ~(self.table.geometry.isna() | self.table.geometry.is_empty)
        return self.table.loc[usable]
