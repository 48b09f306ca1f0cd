"""What is known to lie right: streets, people, townships and the county's area, to hold positions of unknown datum against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import KDTree

from layers.outlines import Outlines
from layers.readers._cells import Cells
from layers.readers.outlines import township_code, townships_of
from layers.streets import StreetNetwork

Floats = NDArray[np.float64]
_NOWHERE = np.empty((0, 2))
_WHOLE = "residents"


@dataclass(frozen=True)
class Ground:
    """Streets, people and townships in one metric CRS; each may be absent.

    Attributes
    ----------
    crs : CRS
        Metric.
    streets : float64 array, shape (segments, 4)
        x and y of both ends of straight segments, m.
    homes : float64 array, shape (cells, 2)
        Centres of inhabited cells, also of those beyond the county's outline, m.
    people : float64 array, shape (cells,)
    outlines : Outlines or None
        For the township of a place; None where they are in doubt themselves.
    """

    crs: CRS
    streets: Floats = field(default_factory=lambda: np.empty((0, 4)))
    homes: Floats = field(default_factory=lambda: _NOWHERE)
    people: Floats = field(default_factory=lambda: np.empty(0))
    outlines: Outlines | None = None

    @cached_property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north of streets and homes, m; None where there are neither."""
        corners = np.vstack([self.streets[:, :2], self.streets[:, 2:], self.homes])
        if not len(corners):
            return None
        (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def _lines(self) -> shapely.STRtree:
        return shapely.STRtree(np.asarray(shapely.linestrings(self.streets.reshape(-1, 2, 2)), dtype=np.object_))

    @cached_property
    def _homes(self) -> KDTree:
        return KDTree(self.homes)

    def to_street(self, places: Floats) -> Floats:
        """Return metres from each place to the nearest street, shape (places,); NaN where no streets are known."""
        if not len(self.streets) or not len(places):
            return np.full(len(places), np.nan)
        _, metres = self._lines.query_nearest(shapely.points(places), return_distance=True, all_matches=False)
        return np.asarray(metres, dtype=np.float64)

    def to_home(self, places: Floats) -> Floats:
        """Return metres from each place to the centre of the nearest inhabited cell, shape (places,); NaN where no people are known."""
        if not len(self.homes) or not len(places):
            return np.full(len(places), np.nan)
        return np.asarray(self._homes.query(places)[0], dtype=np.float64)

    def in_township(self, places: Floats, written: NDArray[np.object_]) -> Floats:
        """Return 1 where a place lies in the township of its code, 0 where in another, NaN where either is unknown; shape (places,)."""
        found = np.full(len(places), np.nan)
        if self.outlines is None or not len(places):
            return found
        lies, estimated = townships_of(self.outlines, places[:, 0], places[:, 1])
        known = (written != "") & ~estimated & (len(self.outlines.townships) > 1)
        found[known] = lies[known] == written[known]
        return found

    def codes(self, townships: tuple[str, ...], count: int) -> NDArray[np.object_]:
        """Return the codes of townships as written in the rows, empty where unknown; shape (count,)."""
        codes = np.full(count, "", dtype=np.object_)
        if self.outlines is not None and townships:
            known = {name: township_code(self.outlines, name) for name in set(townships)}
            codes[:] = [known[name] for name in townships]
        return codes


def streets_of(network: StreetNetwork) -> Floats:
    """Return both ends of every segment, as :class:`Ground` wants them, shape (segments, 4)."""
    return np.column_stack([network.x[network.tail], network.y[network.tail], network.x[network.head], network.y[network.head]])


def people_of(cells: Cells, groups: Mapping[str, Sequence[str]]) -> tuple[Floats, str]:
    """Return people per cell, shape (cells,), and their demand group: residents where they are counted, else the first group that is.

    Columns of a file may count the same people twice (``20_plus``, ``60_64``), so that they are not simply added up.
    """
    group = next((name for name in (_WHOLE, *groups) if name in groups), "")
    columns = list(groups[group]) if group else list(cells.people.columns)
    return cells.people[columns].sum(axis=1).to_numpy(dtype=np.float64), group or "、".join(columns)
