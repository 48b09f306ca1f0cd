"""Trips of one place: which facility its people go to, how far, along which streets, and what the second choice is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers.crs import from_metric, to_metric
from layers.types import FacilityType, Reach
from planning.travel import Attached, Snapped, TravelCosts, nearest, path, service_area, snap, within
from planning.workbench.bench import Workbench
from planning.workbench.cells import cell_at, corners
from planning.workbench.columns import Measure
from scenarios.state import State

LonLat = tuple[float, float]
Reason = Literal["", "far", "no_site", "no_way", "not_searched"]
CHOICES = 2


@dataclass(frozen=True)
class Trip:
    """The way from a cell to a site.

    Attributes
    ----------
    site, name : str
        Facility id and name.
    cost : float
        In the reach's unit, access at both ends included.
    line : tuple of (lon, lat)
        The way in WGS 84 degrees, from the cell's centre to the site; empty where the cost is a table's and not the streets'.
    """

    site: str
    name: str
    cost: float
    line: tuple[LonLat, ...]


@dataclass(frozen=True)
class Inquiry:
    """What is known of one population cell and of the ways of its people.

    Attributes
    ----------
    cell : int
        Label of the cell.
    lonlat : (float, float)
        Its centre in WGS 84 degrees.
    outline : tuple of (lon, lat)
        Its corners; empty where cells are not squares.
    township : str
        Code, empty where it belongs to none.
    group : str
        Demand group of the facility type.
    people : float
        People of that group, NaN where the population does not tell.
    groups : dict
        People of every demand group that the population tells.
    state : {"covered", "uncovered", "unreachable"}
        As coverage counts the cell.
    reason : {"", "far", "no_site", "no_way", "not_searched"}
        Why there is no trip: too far from the streets, no facility that the streets reach, no way to any of them, or none within twice the
        standard where an imported table might tell other costs than the streets beyond.
    access, snap_m : float
        Metres in a straight line to the nearest usable street, and the farthest that counts.
    trips : tuple of Trip
        The nearest facility and the second choice, the cheaper first, ties by id; as many as can be reached.
    """

    cell: int
    lonlat: LonLat
    outline: tuple[LonLat, ...]
    township: str
    group: str
    people: float
    groups: dict[str, float]
    state: Literal["covered", "uncovered", "unreachable"]
    reason: Reason
    access: float
    snap_m: float
    trips: tuple[Trip, ...]


def inquire(bench: Workbench, kind: FacilityType, reach: Reach, place: LonLat, state: State | None = None) -> Inquiry | None:
    """Return the cell at a place and where its people go.

    Costs are those that coverage is counted from; beyond the search limit of coverage they are searched for this cell alone.

    Parameters
    ----------
    bench : Workbench
    kind : FacilityType
        Its demand group and facilities are asked for.
    reach : Reach
        One of the type's: mode, unit and threshold.
    place : (float, float)
        Longitude and latitude, WGS 84.
    state : State, optional
        The facilities as a scenario leaves them; the present state when absent.

    Returns
    -------
    Inquiry or None
        None where no cell lies.
    """
    population, crs = bench.facts.population, bench.facts.crs
    x, y = to_metric([place[0]], [place[1]], "WGS84", crs)
    position = cell_at(population, float(x[0]), float(y[0]))
    if position is None:
        return None
    ways = _Ways(bench, reach, position, kind.key, state or bench.state())
    cell = population.cells.iloc[position]
    people = {group: float(population.people[list(columns)].iloc[position].sum()) for group, columns in population.groups.items()}
    found, reason = ways.trips()
    covered = bool(found) and bool(within(np.array([found[0].cost]), reach.threshold)[0])
    return Inquiry(
        cell=int(population.cells.index[position]),
        lonlat=_lonlat(bench, np.array([[cell.geometry.x, cell.geometry.y]]))[0],
        outline=_lonlat(bench, corners(cell.geometry, float(cell["size"]))),
        township=str(cell["township"]),
        group=kind.demand_group,
        people=people.get(kind.demand_group, np.nan),
        groups=people,
        state="unreachable" if reason == "far" else "covered" if covered else "uncovered",
        reason=reason,
        access=ways.access(),
        snap_m=bench.facts.county.travel.snap_m,
        trips=found,
    )


def area_served(bench: Workbench, reach: Reach, facility: str, state: State | None = None) -> shapely.Geometry:
    """Return the service area of a facility: the streets from which it can be reached within a standard, widened. A picture, never counted.

    Parameters
    ----------
    bench : Workbench
    reach : Reach
    facility : str
        Id.
    state : State, optional
        The facilities as a scenario leaves them; the present state when absent.

    Returns
    -------
    Polygon or MultiPolygon
        In WGS 84 degrees; empty where the facility has no position or lies too far from the streets.

    Raises
    ------
    KeyError
        When there is no such facility.
    """
    state = state or bench.state()
    place = gpd.GeoSeries(state.layer.table.geometry.loc[[facility]])
    attached = bench.columns_of(state).attached(reach.mode, reach.unit)
    area = service_area(attached, snap(attached.network, place), reach.threshold, by="contour")
    return shapely.transform(
        shapely.simplify(area, 5.0), lambda points: np.column_stack(from_metric(points[:, 0], points[:, 1], "WGS84", bench.facts.crs))
    )


@dataclass(frozen=True)
class _Ways:
    """The trips from one cell to the facilities of a type, along the streets of a state."""

    bench: Workbench
    reach: Reach
    position: int
    key: str
    state: State

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        return self.state.layer.of_type(self.key)

    @cached_property
    def attached(self) -> Attached:
        return self.bench.columns_of(self.state).attached(self.reach.mode, self.reach.unit)

    def trips(self) -> tuple[tuple[Trip, ...], Reason]:
        measure, table = self.bench.measure_of(self.reach), self.sites
        costs = self.bench.costs(table.geometry, measure, state=self.state)
        if not costs.reachable[self.position]:
            return (), "far"
        if set(costs.sites) <= set(costs.unsnapped):
            return (), "no_site"
        along = dict(_ranked(self.bench.columns_of(self.state).costs(table.geometry, measure), self.position))
        ranked = _ranked(costs, self.position)[:CHOICES]
        if len(ranked) < CHOICES and not self._told(measure):
            known = {site for site, _ in ranked}
            farther = self._beyond([site for site in table.index if site not in known])
            along, ranked = {**along, **dict(farther)}, [*ranked, *farther][:CHOICES]
        found = tuple(Trip(site, str(table.loc[site, "name"]), cost, self._line(site) if along.get(site) == cost else ()) for site, cost in ranked)
        return found, "" if found else "not_searched" if self._told(measure) else "no_way"

    def access(self) -> float:
        """Return the metres to the nearest usable street, however far it is."""
        attached = self.attached
        if attached.cells.reachable[self.position]:
            return float(attached.cells.access[self.position])
        here, tree = self.bench.facts.population.cells.geometry.iloc[self.position], attached.network.tree
        return float(shapely.distance(here, tree.geometries[tree.nearest(here)]))

    def _told(self, measure: Measure) -> bool:
        """Return whether tables tell costs: beyond the search limit they might tell others than the streets."""
        return any((table.mode, table.unit) == (measure.mode, measure.unit) for table in self.bench.facts.costs)

    def _beyond(self, sites: list[str]) -> list[tuple[str, float]]:
        """Return the choices among some sites, however far they are."""
        found = nearest(self.attached, self._snapped(sites), CHOICES)
        chosen = zip(found.site[self.position].tolist(), found.cost[self.position].tolist(), strict=True)
        return [(str(found.sites[site]), cost) for site, cost in chosen if site >= 0]

    def _line(self, site: str) -> tuple[LonLat, ...]:
        line = path(self.attached, self.bench.facts.population.cells.index[self.position], self._snapped([site]), site)
        return () if line is None else _lonlat(self.bench, shapely.get_coordinates(line))

    def _snapped(self, sites: list[str]) -> Snapped:
        return snap(self.attached.network, gpd.GeoSeries(self.sites.geometry.loc[sites]))


def _ranked(costs: TravelCosts, position: int) -> list[tuple[str, float]]:
    """Return the sites that a cell reaches, the cheaper first; equal after rounding (convention 4) by id, as coverage chooses the nearest."""
    entries = np.flatnonzero(costs.cell == position)
    found = [str(site) for site in costs.sites[np.searchsorted(costs.start, entries, side="right") - 1]]
    cost = costs.cost[entries].astype(np.float64)
    return [(found[k], float(cost[k])) for k in np.lexsort([np.array(found, dtype=str), np.round(cost, 3)])]


def _lonlat(bench: Workbench, points: NDArray[np.float64]) -> tuple[LonLat, ...]:
    lon, lat = from_metric(points[:, 0], points[:, 1], "WGS84", bench.facts.crs)
    return tuple(zip(lon.tolist(), lat.tolist(), strict=True))
