"""Travel costs kept site by site: opening a site computes one column, closing one computes none."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.county import Travel
from layers.population import PopulationGrid
from layers.progress import Progress, silent
from layers.streets import StreetNetwork
from layers.types import Mode, Unit
from planning.travel.costs import TravelCosts
from planning.travel.network import Network, build_network
from planning.travel.search import Attached, attach, search
from planning.travel.snapping import Snapped, snap

Place = tuple[float, float]
Column = tuple[NDArray[np.int32], NDArray[np.float64]]


@dataclass(frozen=True)
class Measure:
    """What a trip costs: its mode, the unit of the cost, and the search limit in that unit."""

    mode: Mode
    unit: Unit
    limit: float


@dataclass(frozen=True)
class TravelColumns:
    """Columns of travel costs of one county, searched once per place and measure, safe to share between threads."""

    streets: StreetNetwork
    population: PopulationGrid
    travel: Travel
    threads: int = 2
    _networks: dict[Mode, tuple[Network, Snapped]] = field(default_factory=dict)
    _attached: dict[tuple[Mode, Unit], Attached] = field(default_factory=dict)
    _columns: dict[Measure, dict[Place, Column | None]] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def network(self, mode: Mode, *, progress: Progress = silent) -> tuple[Network, Snapped]:
        """Return the network of a mode and the cells snapped to it."""
        with self._lock:
            if mode not in self._networks:
                network = build_network(self.streets, mode, self.travel)
                self._networks[mode] = network, snap(network, self.population.cells.geometry, progress=progress)
            return self._networks[mode]

    def attached(self, mode: Mode, unit: Unit, *, progress: Progress = silent) -> Attached:
        """Return the cells attached to the network of a mode, in a unit."""
        with self._lock:
            if (mode, unit) not in self._attached:
                self._attached[mode, unit] = attach(*self.network(mode, progress=progress), unit)
            return self._attached[mode, unit]

    def costs(self, sites: gpd.GeoSeries, measure: Measure, *, progress: Progress = silent) -> TravelCosts:
        """Return the travel costs from all cells to sites.

        Parameters
        ----------
        sites : GeoSeries
            Points in the metric CRS, indexed by site id. Points that are missing or empty get an empty column and count as unsnapped.
        measure : Measure
        progress : Progress

        Returns
        -------
        TravelCosts
            One column per site, in the order given.
        """
        places = [_place(point) for point in sites]
        with self._lock:
            kept = self._columns.setdefault(measure, {})
            missing = sorted({place for place in places if place is not None and place not in kept})
        if missing:
            # Outside the lock: a click on the map does not wait for a proposal. A place searched twice is the same column twice.
            searched = self._search(missing, measure, progress)
            with self._lock:
                kept.update(searched)
        _, cells = self.network(measure.mode, progress=progress)
        columns = [kept.get(place) if place is not None else None for place in places]
        filled = [column for column in columns if column is not None]
        widths = [0 if column is None else len(column[0]) for column in columns]
        return TravelCosts(
            sites=pd.Index(sites.index.astype(str)),
            cells=self.population.cells.index,
            start=np.concatenate([[0], np.cumsum(widths)]).astype(np.int64),
            cell=np.concatenate([cell for cell, _ in filled]) if filled else np.empty(0, np.int32),
            cost=np.concatenate([cost for _, cost in filled]) if filled else np.empty(0, np.float64),
            unit=measure.unit,
            mode=measure.mode,
            limit=measure.limit,
            reachable=cells.reachable,
            unsnapped=tuple(str(site) for site, column in zip(sites.index, columns, strict=True) if column is None),
        )

    def _search(self, places: list[Place], measure: Measure, progress: Progress) -> dict[Place, Column | None]:
        network, _ = self.network(measure.mode, progress=progress)
        labels = [str(number) for number in range(len(places))]
        points = gpd.GeoSeries(gpd.points_from_xy(*np.array(places, dtype=float).T), index=labels, crs=self.streets.crs)
        attached = self.attached(measure.mode, measure.unit, progress=progress)
        costs = search(attached, snap(network, points), measure.limit, threads=self.threads, progress=progress)
        lost = set(costs.unsnapped)
        return {place: None if label in lost else _copied(costs.column(label)) for place, label in zip(places, labels, strict=True)}


def _copied(column: tuple[NDArray[np.int32], NDArray[np.floating]]) -> Column:
    return column[0].copy(), column[1].astype(np.float64)


def _place(point: object) -> Place | None:
    """Return a point's coordinates to 1 mm, the key of its column; None where it has no position."""
    if point is None or getattr(point, "is_empty", True):
        return None
    return round(float(point.x), 3), round(float(point.y), 3)  # type: ignore[attr-defined]
