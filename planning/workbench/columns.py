"""Travel costs kept site by site: opening a site computes one column, closing one computes none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from threading import RLock

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.cache import Cache, key_of
from layers.county import Travel
from layers.population import PopulationGrid
from layers.progress import Progress, silent
from layers.streets import StreetNetwork
from layers.types import Mode, Unit
from planning.travel.attaching import Attached, attach
from planning.travel.costs import TravelCosts, check_values
from planning.travel.hierarchy import Hierarchy
from planning.travel.network import Network
from planning.travel.search import Columns, search_blocks
from planning.travel.snapping import Snapped, snap
from planning.travel.stored import cells_key, kept_cells, kept_hierarchy, kept_network, network_key
from planning.workbench.shelf import Column, Place, Shelf

BATCH = 16
"""From so many sites on, columns searched in one step of work are written to disk; fewer, such as clicks on a map, stay in memory."""


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
    cache: Cache = field(default_factory=Cache)
    _networks: dict[Mode, tuple[Network, Snapped]] = field(default_factory=dict)
    _keys: dict[Mode, tuple[str, str]] = field(default_factory=dict)
    _attached: dict[tuple[Mode, Unit], Attached] = field(default_factory=dict)
    _hierarchies: dict[tuple[Mode, Unit], Hierarchy] = field(default_factory=dict)
    _shelves: dict[Measure, Shelf] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def along(self, streets: StreetNetwork) -> TravelColumns:
        """Return the columns of the same county along other streets."""
        return TravelColumns(streets, self.population, self.travel, self.cache)

    def network(self, mode: Mode, *, progress: Progress = silent) -> tuple[Network, Snapped]:
        """Return the network of a mode and the cells snapped to it."""
        with self._lock:
            if mode not in self._networks:
                key, cells = network_key(self.streets, mode, self.travel), self.population.cells.geometry
                network = kept_network(self.streets, mode, self.travel, key, self.cache)
                self._keys[mode] = key, cells_key(key, cells)
                self._networks[mode] = network, kept_cells(network, cells, self._keys[mode][1], self.cache, progress=progress)
            return self._networks[mode]

    def attached(self, mode: Mode, unit: Unit, *, progress: Progress = silent) -> Attached:
        """Return the cells attached to the network of a mode, in a unit."""
        with self._lock:
            if (mode, unit) not in self._attached:
                self._attached[mode, unit] = attach(*self.network(mode, progress=progress), unit)
            return self._attached[mode, unit]

    def hierarchy(self, mode: Mode, unit: Unit) -> Hierarchy:
        """Return the hierarchy of a mode's network in a unit; searches ask for it where it pays."""
        if (mode, unit) not in self._hierarchies:
            # Outside the lock: it may take some seconds. Made twice, it is the same twice.
            attached = self.attached(mode, unit)
            self._hierarchies[mode, unit] = kept_hierarchy(attached, self._keys[mode][0], self.cache)
        return self._hierarchies[mode, unit]

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
        _, cells = self.network(measure.mode, progress=progress)
        places = [_place(point) for point in sites]
        columns = self._found([place for place in places if place is not None], measure, progress)
        listed = [None if place is None else columns[place] for place in places]
        with self._lock:
            joined = self._shelf(measure).join(places, listed)
        return TravelCosts(
            sites=pd.Index(sites.index.astype(str)),
            cells=self.population.cells.index,
            start=joined.start,
            cell=joined.cell,
            cost=joined.cost,
            unit=measure.unit,
            mode=measure.mode,
            limit=measure.limit,
            reachable=cells.reachable,
            unsnapped=tuple(str(site) for site, column in zip(sites.index, listed, strict=True) if column is None),
            checked=True,
        )

    def _found(self, places: list[Place], measure: Measure, progress: Progress) -> dict[Place, Column | None]:
        """Return the columns of places, those that are not here after a search."""
        with self._lock:
            found = self._shelf(measure).find(places)
        # In the order asked for: what is written in it can be mapped as it stands.
        missing = [place for place in dict.fromkeys(places) if place not in found]
        if missing:
            # Outside the lock: a click on the map does not wait for a proposal. A place searched twice is the same column twice.
            found |= self._searched(missing, measure, progress)
        return found

    def _searched(self, missing: list[Place], measure: Measure, progress: Progress) -> dict[Place, Column | None]:
        network, _ = self.network(measure.mode, progress=progress)
        points = gpd.GeoSeries(gpd.points_from_xy(*np.array(missing, dtype=float).T), index=range(len(missing)), crs=network.crs)
        sites = snap(network, points)
        attached = self.attached(measure.mode, measure.unit, progress=progress)
        with self._lock:
            shelf = self._shelf(measure)

        def blocks() -> Iterator[Columns]:
            ordered = partial(self.hierarchy, measure.mode, measure.unit)
            return search_blocks(attached, sites, measure.limit, threads=self.travel.searches, hierarchy=ordered, progress=progress)

        if len(missing) >= BATCH and self.cache.folder is not None:
            batch = shelf.store(missing, sites.reachable, blocks())
            if batch is not None:
                with self._lock:
                    shelf.put(batch)
                    return shelf.find(missing)
        columns = {place: column if near else None for place, column, near in zip(missing, _single(blocks()), sites.reachable, strict=True)}
        with self._lock:
            shelf.hold(columns)
        return columns

    def _shelf(self, measure: Measure) -> Shelf:
        if measure not in self._shelves:
            family = key_of(self._keys[measure.mode][1], measure.mode, measure.unit, measure.limit)
            self._shelves[measure] = Shelf(self.cache, family, self.travel.memory_mb * 1_000_000)
        return self._shelves[measure]


def _single(blocks: Iterable[Columns]) -> Iterator[Column]:
    """Return columns that keep no others in memory."""
    for _, start, cell, cost in blocks:
        check_values(cost)
        for begin, end in pairwise(start.tolist()):
            yield Column(cell[begin:end].copy(), cost[begin:end].copy(), 0, end - begin)


def _place(point: object) -> Place | None:
    """Return a point's coordinates to 1 mm, the key of its column; None where it has no position."""
    if point is None or getattr(point, "is_empty", True):
        return None
    return round(float(point.x), 3), round(float(point.y), 3)  # type: ignore[attr-defined]
