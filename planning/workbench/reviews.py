"""Reviews of the county's proposed projects."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from layers.errors import PlanningError
from layers.progress import Progress, silent
from layers.types import Mode, Reach
from planning.review import Project, Review, Travel, assemble, read_project, review
from planning.travel.attaching import attach
from planning.travel.costs import TravelCosts
from planning.travel.search import search
from planning.travel.snapping import snap
from planning.workbench.bench import Workbench
from planning.workbench.columns import Measure, TravelColumns
from scenarios.document import Scenario
from scenarios.state import State


def projects(bench: Workbench) -> dict[str, Path]:
    """Return the county's project files by file name without suffix, sorted."""
    return {path.stem: path for path in sorted((bench.folder / "projects").glob("*.toml"))}


def project_of(bench: Workbench, name: str) -> Project:
    """Read a project of the county by its file name without suffix.

    Raises
    ------
    PlanningError
        When there is no such file, or it cannot be read.
    """
    paths = projects(bench)
    if name not in paths:
        raise PlanningError("workbench.no_project", name=name, known="、".join(paths) or "—")
    return read_project(paths[name])


def review_project(bench: Workbench, project: Project, scenario: Scenario | None = None, *, peers: tuple[Project, ...] | None = None) -> Review:
    """Review one project against the county as a scenario leaves it.

    Parameters
    ----------
    bench : Workbench
    project : Project
    scenario : Scenario, optional
        The present state when absent; its standards count too.
    peers : tuple of Project, optional
        Projects whose unit costs count; those of the county's folder when absent.
    """
    if peers is None:
        peers = tuple(read_project(path) for path in projects(bench).values())
    same = tuple(peer for peer in peers if peer.type == project.type and peer.key != project.key)
    state = bench.state(scenario)
    columns = bench.columns_of(state)
    travel = Travel(partial(_costs, bench, state), partial(_between, columns), partial(_street_m, columns))
    kind = bench.kind(project.type, scenario)
    return review(assemble(bench.facts, state, project, travel, kind=kind, peers=same))


def review_all(bench: Workbench, scenario: Scenario | None = None, *, progress: Progress = silent) -> list[Review]:
    """Review every project of the county's folder, in the order of the files."""
    found = [read_project(path) for path in projects(bench).values()]
    reviews = []
    for done, project in enumerate(found):
        progress("stage.review", done, len(found))
        reviews.append(review_project(bench, project, scenario, peers=tuple(found)))
    progress("stage.review", len(found), len(found))
    return reviews


def _costs(bench: Workbench, state: State, sites: gpd.GeoSeries, reach: Reach) -> TravelCosts:
    return bench.costs(sites, Measure(reach.mode, reach.unit, reach.threshold), state=state)


def _between(columns: TravelColumns, points: gpd.GeoSeries, sites: gpd.GeoSeries, reach: Reach) -> TravelCosts:
    network, _ = columns.network(reach.mode)
    return search(attach(network, snap(network, points), reach.unit), snap(network, sites), reach.threshold)


def _street_m(columns: TravelColumns, point: shapely.Point, mode: Mode) -> float:
    network, _ = columns.network(mode)
    snapped = snap(network, gpd.GeoSeries([point], index=["here"], crs=columns.streets.crs))
    return float(snapped.access[0]) if snapped.reachable[0] else np.inf
