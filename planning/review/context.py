"""What a project is measured against: its catchment, the facilities around it, and the places it could stand instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers import crs as datums
from layers.errors import PlanningError
from layers.facilities import FacilityLayer
from layers.facts import Facts
from layers.keys import CandidateSource
from layers.readers.outlines import within_county
from layers.types import FacilityType, Mode, Reach, facility_types
from planning.candidates import propose_candidates
from planning.review.project import Project
from planning.travel.costs import TravelCosts, within
from scenarios.state import State

RIVALS_SPACING_M = 2000.0
LITTLE_USED = 0.4
"""Occupancy under which a facility counts as little used (rubric V5; derived, confidence L)."""


@dataclass(frozen=True)
class Travel:
    """How travel costs are asked for.

    Attributes
    ----------
    costs : callable
        Sites and a reach → costs of all cells up to the threshold.
    between : callable
        Points, sites and a reach → costs of the points.
    street_m : callable
        Point and mode → metres to the nearest usable street, infinity beyond the snap distance.
    """

    costs: Callable[[gpd.GeoSeries, Reach], TravelCosts]
    between: Callable[[gpd.GeoSeries, gpd.GeoSeries, Reach], TravelCosts]
    street_m: Callable[[shapely.Point, Mode], float]


@dataclass(frozen=True)
class Context:
    """A project with everything its review needs, measured once.

    Attributes
    ----------
    point : Point or None
        In the metric CRS; None without coordinates.
    inside : bool
        Inside the county.
    people : float64, shape (cells,), or None
        The type's demand group; None where the population lacks it.
    catchment, served : bool, shape (cells,)
        Within reach of the project, and of other facilities of the type.
    others, neighbours : GeoDataFrame
        Other facilities of the type, and those of them within reach of the project.
    rivals : float64, shape (candidates,)
        People each candidate place would newly cover.
    reuse : float64, shape (options,)
        People the project would newly cover whom each existing facility would reach if it took on the type.
    street_m : float
        Metres to the nearest usable street.
    peers : tuple of Project
        Other projects of the type.
    layer : FacilityLayer
        All facilities of the county but the one that the project changes.
    """

    facts: Facts
    project: Project
    kind: FacilityType
    reach: Reach | None
    point: shapely.Point | None
    inside: bool
    people: NDArray[np.float64] | None
    catchment: NDArray[np.bool_]
    served: NDArray[np.bool_]
    others: gpd.GeoDataFrame
    neighbours: gpd.GeoDataFrame
    rivals: NDArray[np.float64]
    reuse: NDArray[np.float64]
    street_m: float
    peers: tuple[Project, ...]
    layer: FacilityLayer

    @property
    def newly_covered(self) -> float:
        """People within reach of the project and of no other facility of its type."""
        return 0.0 if self.people is None else float(self.people[self.catchment & ~self.served].sum())

    @property
    def in_catchment(self) -> float:
        """People within reach of the project."""
        return 0.0 if self.people is None else float(self.people[self.catchment].sum())

    @property
    def occupancy_nearby(self) -> float | None:
        """Residents over capacity of the neighbours that know both; None where none does."""
        known = self.neighbours.dropna(subset=["capacity", "residents"])
        capacity = float(known["capacity"].sum())
        return float(known["residents"].sum()) / capacity if capacity else None


def assemble(
    facts: Facts, state: State, project: Project, travel: Travel, *, kind: FacilityType | None = None, peers: tuple[Project, ...] = ()
) -> Context:
    """Measure a project's surroundings.

    Parameters
    ----------
    facts : Facts
    state : State
        Facilities as a scenario leaves them.
    project : Project
    travel : Travel
    kind : FacilityType, optional
        The project's type as the scenario measures it; as the county does when absent.
    peers : tuple of Project
        Other projects of the type.

    Raises
    ------
    PlanningError
        When an ``expand`` or ``convert`` project names a facility the county does not have.
    """
    table = state.layer.table
    if project.facility is not None and project.facility not in table.index:
        raise PlanningError("review.no_facility", project=project.name, facility=project.facility)
    kind = kind or facts.county.type(project.type)
    layer = FacilityLayer(table.drop(index=[project.facility], errors="ignore"))
    point, others, none = _point(facts, project, table), layer.of_type(project.type), np.zeros(len(facts.population.cells), dtype=bool)
    inside = point is not None and bool(within_county(facts.outlines, np.array([point.x]), np.array([point.y])).all())
    base = Context(
        facts, project, kind, kind.reach, point, inside, _people(facts, kind), none, none, others, others.iloc[:0], np.empty(0), np.empty(0), np.inf,
        peers, layer,
    )  # fmt: skip
    return base if kind.reach is None or point is None or not inside else _travelled(base, kind.reach, point, travel)


def _travelled(base: Context, reach: Reach, point: shapely.Point, travel: Travel) -> Context:
    here = gpd.GeoSeries([point], index=["project"], crs=base.facts.crs)
    located = base.others.loc[~(base.others.geometry.isna() | base.others.geometry.is_empty)]
    catchment = _reached(travel.costs(here, reach), reach)
    served = _reached(travel.costs(located.geometry, reach), reach)
    near = travel.between(located.geometry, here, reach) if len(located) else None
    rows = near.cell[within(near.cost, reach.threshold)] if near is not None else np.empty(0, np.int32)
    return replace(
        base,
        catchment=catchment,
        served=served,
        neighbours=located.iloc[np.sort(rows)],
        rivals=_covered(base, travel, ~served, _rival_places(base)),
        reuse=_covered(base, travel, catchment & ~served, _reusable(base)),
        street_m=travel.street_m(point, reach.mode),
    )


def _reached(costs: TravelCosts, reach: Reach) -> NDArray[np.bool_]:
    reached = np.zeros(len(costs.cells), dtype=bool)
    for cells, cost in costs.columns():
        reached[cells[within(cost, reach.threshold)]] = True
    return reached


def _covered(base: Context, travel: Travel, wanted: NDArray[np.bool_], places: gpd.GeoSeries) -> NDArray[np.float64]:
    """Return how many people of the wanted cells each place would cover, shape (places,)."""
    reach = base.kind.reach
    if base.people is None or reach is None or not len(places):
        return np.empty(0)
    costs = travel.costs(places, reach)
    near = [cells[within(cost, reach.threshold) & wanted[cells]] for cells, cost in costs.columns()]
    return np.array([base.people[cells].sum() for cells in near])


def _rival_places(base: Context) -> gpd.GeoSeries:
    people = pd.Series(base.people, index=base.facts.population.cells.index)
    try:
        found = propose_candidates(base.facts, CandidateSource(origin="streets", spacing_m=RIVALS_SPACING_M), base.kind, people)
    except PlanningError:
        return gpd.GeoSeries([], crs=base.facts.crs)
    return found.table.geometry


def _reusable(base: Context) -> gpd.GeoSeries:
    """Return existing facilities that could take on the type: those that may convert to it, and little-used ones of its domain."""
    table = base.layer.located
    types = facility_types()
    occupancy = table["residents"] / table["capacity"]
    domain = table["type"].map(lambda key: types[key].domain) == base.kind.domain
    may = table["type"].map(lambda key: base.kind.key in types[key].convert_to)
    chosen = (may | (domain & (occupancy < LITTLE_USED))) & (table["type"] != base.kind.key) & (table["status"] != "closed")
    places: gpd.GeoSeries = table.loc[chosen].geometry
    return places


def _people(facts: Facts, kind: FacilityType) -> NDArray[np.float64] | None:
    try:
        people = np.asarray(facts.population.demand(kind.demand_group), dtype=np.float64)
    except KeyError:
        return None
    return people


def _point(facts: Facts, project: Project, table: gpd.GeoDataFrame) -> shapely.Point | None:
    if project.lon is not None and project.lat is not None:
        x, y = datums.to_metric(np.array([project.lon]), np.array([project.lat]), project.datum, facts.crs)
        return shapely.Point(float(x[0]), float(y[0])) if np.isfinite([x[0], y[0]]).all() else None
    if project.facility is not None:
        point = table.geometry.loc[project.facility]
        return point if isinstance(point, shapely.Point) and not point.is_empty else None
    return None
