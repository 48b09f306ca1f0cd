"""CostTable: travel costs that somebody else has measured, standing in for the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers.types import Mode, Unit

Absent = Literal["search", "unreachable"]


@dataclass(frozen=True)
class CostTable:
    """Costs of the trips from origins to sites, as a table of the county's folder gives them.

    Attributes
    ----------
    file : str
        Relative to the county's folder.
    mode : {"walk", "drive"}
        Standards of this mode are measured by the table: buses, for instance, count where driving does.
    unit : {"m", "s"}
    absent : {"search", "unreachable"}
        What a pair that the table lacks means: the cost searched along the streets, or that the trip cannot be made.
    sites : GeoSeries, shape (sites,)
        Points in the metric CRS by facility or candidate id; missing where the facility has no position.
    origin : int32, shape (cells,)
        Position of the origin that each cell of the population belongs to, -1 where it belongs to none of the table.
    start : int64, shape (sites + 1,)
        Site ``j`` has the entries ``start[j]:start[j + 1]``.
    item : int32, shape (entries,)
        Origins, ascending within a site, each once.
    cost : float64, shape (entries,)
        In ``unit``, not negative; NaN where the row cannot be used: the searched cost counts, whatever ``absent`` says.

    Raises
    ------
    ValueError
        When the arrays do not fit together, a site repeats, or a cost is negative or infinite.
    """

    file: str
    mode: Mode
    unit: Unit
    absent: Absent
    sites: gpd.GeoSeries
    origin: NDArray[np.int32]
    start: NDArray[np.int64]
    item: NDArray[np.int32]
    cost: NDArray[np.float64]

    def __post_init__(self) -> None:
        if len(self.start) != len(self.sites) + 1 or self.start[-1] != len(self.item) or len(self.item) != len(self.cost):
            raise ValueError("arrays of a cost table do not fit together")
        if not self.sites.index.is_unique:
            raise ValueError("sites of a cost table must be unique")
        if np.isinf(self.cost).any() or (self.cost < 0).any():
            raise ValueError("costs of a table must be finite and not negative")

    @property
    def connected(self) -> NDArray[np.bool_]:
        """Cells that the table knows a trip from, to whichever site, shape (cells,)."""
        known = np.zeros(int(max(self.origin.max(initial=-1), self.item.max(initial=-1))) + 2, dtype=np.bool_)
        known[self.item[~np.isnan(self.cost)]] = True
        known[-1] = False  # what cells without an origin point to
        return known[self.origin]
