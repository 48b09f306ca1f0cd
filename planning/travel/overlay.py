"""Imported costs in the place of searched ones, site by site."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from layers.costs import CostTable
from planning.travel.costs import TravelCosts, within

SAME_PLACE_M = 0.1
"""A site this near to one of the table stands where that one does: a candidate, say, and the site opened there, whose degrees are rounded."""


def overlaid(costs: TravelCosts, table: CostTable, places: gpd.GeoSeries) -> TravelCosts:
    """Return travel costs in which a table's figures stand in for the searched ones.

    A site takes the column of the table's site that it stands at (of the same id before others); one without position takes that of the same id.
    So a facility that a scenario moves is searched again, and one it opens at a listed candidate has the candidate's costs. All other sites keep
    theirs.

    Parameters
    ----------
    costs : TravelCosts
        As searched; in the mode and unit of the table.
    table : CostTable
        Of the same cells.
    places : GeoSeries, shape (sites,)
        Points of the sites, in their order.

    Returns
    -------
    TravelCosts
        Figures beyond ``limit`` are left out, equal ones kept (convention 4). A cell from which the table knows a trip, to whichever site, is
        reachable even where no street is near; a site with a figure is no longer *unsnapped*.

    Raises
    ------
    ValueError
        When mode, unit, cells or sites differ.
    """
    if (costs.mode, costs.unit) != (table.mode, table.unit) or len(table.origin) != len(costs.cells) or len(places) != len(costs.sites):
        raise ValueError(f"the table {table.file} is {table.mode} in {table.unit} for {len(table.origin)} cells and does not fit the travel costs")
    listed = _listed(table, places)
    if (listed < 0).all():
        return replace(costs, reachable=costs.reachable | table.connected, checked=True)
    columns = [_column(costs, table, *pair) for pair in enumerate(listed.tolist())]
    widths = np.concatenate([[0], *([len(cell)] for cell, _ in columns)])
    served = {costs.sites[site] for site, column in enumerate(listed.tolist()) if column >= 0 and _has_figure(table, column)}
    return replace(
        costs,
        start=np.cumsum(widths).astype(np.int64),
        cell=np.concatenate([np.empty(0, np.int32), *(cell for cell, _ in columns)]),
        cost=np.concatenate([np.empty(0, np.float64), *(cost for _, cost in columns)]),
        reachable=costs.reachable | table.connected,
        unsnapped=tuple(site for site in costs.unsnapped if site not in served),
        checked=True,  # searched costs and tables were checked when they were made
    )


def _listed(table: CostTable, places: gpd.GeoSeries) -> NDArray[np.int64]:
    """Return the table's site that each place is, -1 where it is none, shape (sites,)."""
    found = np.full(len(places), -1, np.int64)
    here, there = _located(places), _located(table.sites)
    same = table.sites.index.astype(str).get_indexer(places.index.astype(str))
    nowhere = ~here & np.isin(same, np.flatnonzero(~there))
    found[nowhere] = same[nowhere]
    if not (here.any() and there.any()):
        return found
    positions = np.flatnonzero(there)
    tree = KDTree(shapely.get_coordinates(np.asarray(table.sites.array)[positions]))
    points = shapely.get_coordinates(np.asarray(places.array)[here])
    for place, point in zip(np.flatnonzero(here).tolist(), points, strict=True):
        choice = positions[np.sort(np.asarray(tree.query_ball_point(point, SAME_PLACE_M), dtype=np.int64))].tolist()
        if choice:
            found[place] = same[place] if same[place] in choice else choice[0]
    return found


def _located(places: gpd.GeoSeries) -> NDArray[np.bool_]:
    points = np.asarray(places.array, dtype=object)
    located: NDArray[np.bool_] = ~(shapely.is_missing(points) | shapely.is_empty(points))
    return located


def _has_figure(table: CostTable, column: int) -> bool:
    return bool((~np.isnan(table.cost[table.start[column] : table.start[column + 1]])).any())


def _column(costs: TravelCosts, table: CostTable, site: int, column: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return cells and costs of one site."""
    span = slice(costs.start[site], costs.start[site + 1])
    cell, cost = costs.cell[span], costs.cost[span].astype(np.float64)
    if column < 0:
        return cell, cost
    searched = np.full(len(costs.cells), np.inf)
    searched[cell] = cost
    told, figure = _figures(table, column)
    merged = np.where(told & ~np.isnan(figure), figure, searched)
    if table.absent == "unreachable":
        merged[~told] = np.inf
    kept = np.flatnonzero(np.isfinite(merged) & within(merged, costs.limit))
    return kept.astype(np.int32), merged[kept]


def _figures(table: CostTable, column: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return for every cell whether the table holds its pair with a site, and the figure, NaN where there is none to use, shape (cells,)."""
    span = slice(table.start[column], table.start[column + 1])
    origins = int(max(table.origin.max(initial=-1), table.item.max(initial=-1))) + 1
    # One more at the end, which position -1 points to: a cell without an origin has no pair.
    told, figure = np.zeros(origins + 1, dtype=np.bool_), np.full(origins + 1, np.nan)
    told[table.item[span]], figure[table.item[span]] = True, table.cost[span]
    return told[table.origin], figure[table.origin]
