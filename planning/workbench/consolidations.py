"""Consolidation of one type's homes in a county: asked of the state as it is, answered as a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers import crs as datums
from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.readers.outlines import townships_of
from layers.types import FacilityType, Mode, Unit
from planning.siting import consolidation as siting
from planning.siting.consolidation import Choices, Consolidation, ConsolidationPlan, Home, NewPlace, Prices, Rules, Sites
from planning.travel.attaching import attach
from planning.travel.search import search
from planning.travel.snapping import snap
from planning.workbench.bench import Workbench
from planning.workbench.columns import Measure
from scenarios.document import Scenario
from scenarios.state import State

_NEEDED = ("capacity", "care_beds", "residents")


@dataclass(frozen=True)
class ConsolidationSettings:
    """What a consolidation is to keep, and what it may do.

    Attributes
    ----------
    rules : Rules
        Limits in ``unit``.
    prices : Prices
        As the planner knows them: none are built in.
    choices : Choices
        What every home may become.
    stays : frozenset of str
        Homes that must go on, and places that must open.
    places : mapping of id to NewPlace
        Where new homes of the sizes of ``choices`` may open, in the scenario's datum.
    mode : {"drive", "walk"}
    unit : {"s", "m"}
    converted_serve : bool
        Whether a converted home still counts for the people around it and takes in residents; its own residents stay in either case.
    time_limit : float
        Seconds.
    """

    rules: Rules
    prices: Prices
    choices: Choices = field(default_factory=Choices)
    stays: frozenset[str] = frozenset()
    places: Mapping[str, NewPlace] = field(default_factory=dict)
    mode: Mode = "drive"
    unit: Unit = "s"
    converted_serve: bool = False
    time_limit: float = 60.0


@dataclass(frozen=True)
class Consolidated:
    """The answer of a consolidation.

    Attributes
    ----------
    problem : Consolidation
        Homes, ways and people it was asked of.
    plan : ConsolidationPlan
        What becomes of each home and who moves where, or what stands in the way.
    scenario : Scenario or None
        The start with the plan's edits; None where there is no plan.
    sites : Sites
        Names, townships and positions of all homes and places.
    """

    problem: Consolidation
    plan: ConsolidationPlan
    scenario: Scenario | None
    sites: Sites


def consolidate(
    bench: Workbench, key: str, settings: ConsolidationSettings, base: Scenario | None = None, *, progress: Progress = silent
) -> Consolidated:
    """Consolidate the homes of a type.

    Parameters
    ----------
    bench : Workbench
    key : str
        Facility type.
    settings : ConsolidationSettings
    base : Scenario, optional
        Scenario to start from; the present state when absent.
    progress : Progress
        May raise Cancelled: while the search works the best plan so far is the answer, before that nothing is.

    Raises
    ------
    PlanningError
        When there is no home, or one has no position or an unknown number of beds, care beds or residents; when a home that must stay is
        not there, or the population lacks the type's demand group.
    """
    base = base or Scenario(title=bench.kind(key).name_zh)
    kind, state = bench.kind(key, base), bench.state(base)
    table = _known(kind, state, settings)
    points = _points(bench, table, settings, base)
    problem = _problem(bench, kind, state, settings, (table, points), progress)
    plan = siting.consolidate(problem, settings.rules, progress=progress, time_limit=settings.time_limit)
    scenario = _with_edits(problem, plan, settings, base, state) if plan.deeds else None
    return Consolidated(problem, plan, scenario, _sites(bench, table, points, settings))


def _problem(
    bench: Workbench,
    kind: FacilityType,
    state: State,
    settings: ConsolidationSettings,
    known: tuple[gpd.GeoDataFrame, gpd.GeoSeries],
    progress: Progress,
) -> Consolidation:
    table, points = known
    prices, choices = settings.prices, settings.choices
    beds, care, residents = (table[column].astype(float).tolist() for column in _NEEDED)
    homes = [
        _home(siting.existing_home(site, (beds[row], care[row]), residents[row], prices, choices, stays=site in settings.stays), settings)
        for row, site in enumerate(table.index.astype(str))
    ]
    homes += [
        siting.new_home(site, choices.sizes, prices, care_share=choices.care_share, must_open=site in settings.stays) for site in settings.places
    ]
    try:
        people = bench.facts.population.demand(kind.demand_group)
    except KeyError:
        raise PlanningError("workbench.no_group", type=kind.name_zh, group=kind.demand_group) from None
    weights = np.asarray(people.to_numpy(), dtype=np.float64)
    costs = bench.costs(points, Measure(settings.mode, settings.unit, settings.rules.limit), state=state, progress=progress)
    return Consolidation(tuple(homes), _transfers(bench, points, settings, state, progress), weights, costs)


def _home(home: Home, settings: ConsolidationSettings) -> Home:
    """Return a home whose converted states count for the people around only where that is said."""
    if settings.converted_serve:
        return home
    return replace(
        home, options=tuple(replace(option, receives=False, serves=False) if option.action == "convert" else option for option in home.options)
    )


def _sites(bench: Workbench, table: gpd.GeoDataFrame, points: gpd.GeoSeries, settings: ConsolidationSettings) -> Sites:
    outlines, places = bench.facts.outlines, settings.places
    where = shapely.get_coordinates(np.asarray(points.array))[len(table) :]
    codes, _ = townships_of(outlines, where[:, 0], where[:, 1])
    rows = {
        "name": [*table["name"], *(place.name for place in places.values())],
        "type": [*table["type"], *(place.type for place in places.values())],
        "township": [*table["township"], *codes],
    }
    found = gpd.GeoDataFrame(rows, index=points.index.astype(str), geometry=points.array, crs=points.crs)
    found.insert(3, "township_name", [outlines.township_name(str(code)) for code in found["township"]])
    return Sites(found, bench.facts.population.cells["township"], outlines.townships["name"])


def _known(kind: FacilityType, state: State, settings: ConsolidationSettings) -> gpd.GeoDataFrame:
    """Return the homes of the type, or refuse what nobody could consolidate."""
    table = state.layer.of_type(kind.key)
    if table.empty:
        raise PlanningError("consolidation.no_homes", type=kind.name_zh, type_en=kind.name_en)
    unknown = table.index[table[list(_NEEDED)].isna().any(axis=1) | (table["capacity"] == 0) | table.geometry.isna() | table.geometry.is_empty]
    if len(unknown):
        raise PlanningError("consolidation.unknown", homes="、".join(f"{name}（{home}）" for home, name in table.loc[unknown, "name"].items()))
    absent = sorted(settings.stays - set(table.index.astype(str)) - set(settings.places))
    if absent:
        raise PlanningError("consolidation.absent", homes="、".join(absent))
    taken = sorted(set(settings.places) & set(state.layer.table.index.astype(str)))
    if taken:
        raise PlanningError("workbench.same_ids", ids="、".join(taken))
    return table


def _points(bench: Workbench, table: gpd.GeoDataFrame, settings: ConsolidationSettings, base: Scenario) -> gpd.GeoSeries:
    """Return where homes and new places are, in the metric CRS."""
    places = settings.places.values()
    x, y = datums.to_metric([place.lon for place in places], [place.lat for place in places], base.datum, bench.facts.crs)
    new = gpd.GeoSeries(gpd.points_from_xy(x, y), index=list(settings.places), crs=bench.facts.crs)
    return gpd.GeoSeries(pd.concat([table.geometry, new]) if len(new) else table.geometry, crs=bench.facts.crs)


def _transfers(bench: Workbench, points: gpd.GeoSeries, settings: ConsolidationSettings, state: State, progress: Progress) -> NDArray[np.float64]:
    """Return the costs of the ways between homes, searched as those of cells are: both ends on the streets, access walked."""
    network, _ = bench.columns_of(state).network(settings.mode, progress=progress)
    snapped = snap(network, gpd.GeoSeries(points.to_numpy(), index=range(len(points)), crs=points.crs))
    found = search(attach(network, snapped, settings.unit), snapped, np.inf, progress=progress)
    ways = np.full((len(points), len(points)), np.inf)
    for number, (cells, costs) in enumerate(found.columns()):
        ways[cells, number] = costs
    np.fill_diagonal(ways, 0.0)  # nobody leaves the house
    return ways


def _with_edits(problem: Consolidation, plan: ConsolidationPlan, settings: ConsolidationSettings, base: Scenario, state: State) -> Scenario:
    names = state.layer.table["name"]
    edits = [
        edit if edit.action == "open" else edit.model_copy(update={"name": str(names[edit.facility])})
        for edit in siting.edits_of(problem, plan, settings.places)
        if edit.action in {"open", "close", "merge", "convert", "resize"}
    ]
    return base.model_copy(update={"edits": (*base.edits, *edits)})
