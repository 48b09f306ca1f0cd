"""The sites of a sheet: what stands, what is planned, and under which number it is drawn and listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from planning.publish.sheet import Sheet

# The order of the list: what changes comes first. A closed facility counts under 撤并, with nothing it goes into.
ACTIONS = ("new", "enlarge", "reduce", "move", "convert", "merge", "keep")
NUMBERS = ("capacity", "care_beds", "residents", "floor_area", "land_area")


class Site(Protocol):
    """A row of :func:`site_table`."""

    Index: str
    number: int
    name: str
    type: str
    type_before: str
    action: str
    into: str
    township_name: str
    note: str
    capacity: float
    capacity_before: float
    residents_before: float
    floor_area: float
    land_area: float
    geometry: shapely.Point
    origin: shapely.Point


def each(sites: pd.DataFrame) -> Iterator[Site]:
    """Go through the rows of a site table."""
    return cast("Iterator[Site]", sites.itertuples())


def site_table(sheet: Sheet) -> gpd.GeoDataFrame:
    """Return one row per facility of the sheet's types, before or after, in the order of their numbers.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    GeoDataFrame
        Index ``facility``, sorted by action, township and id; columns ``number`` (from 1), ``name``, ``type``, ``type_before`` (empty where
        new), ``action`` (one of :data:`ACTIONS`), ``into`` (facility id, or empty), ``township`` (code), ``township_name``, ``level``,
        ``ownership``, ``year``, ``note``, each of :data:`NUMBERS` of the plan and with ``_before`` of the present state (NaN where unknown
        or where it does not stand), ``geometry`` (of the plan; of the present state where it is given up) and ``origin`` (in the present
        state; empty where new). Facilities closed in the present state are not sites; facilities without position are.
    """
    before = _standing(sheet.state.origin.table)
    after = _standing(sheet.state.layer.table)
    ids = before.index.union(after.index)
    rows = pd.DataFrame(index=pd.Index(ids, name="facility"))
    latest = after.reindex(ids)
    first = before.reindex(ids)
    gone = ~ids.isin(after.index)
    for column in ("name", "township", "level", "ownership", "year", "type"):
        rows[column] = latest[column].where(~gone, first[column])
    rows["type_before"] = first["type"].fillna("")
    rows["geometry"] = np.where(gone, first.geometry, latest.geometry)
    rows["origin"] = gpd.GeoSeries(first.geometry, crs=sheet.facts.crs)
    for column in NUMBERS:
        rows[column] = latest[column].astype(float)
        rows[f"{column}_before"] = first[column].astype(float)
    _add_actions(rows, sheet)
    rows["township_name"] = [sheet.facts.outlines.township_name(code) for code in rows["township"]]
    keys = [kind.key for kind in sheet.kinds]
    rows = rows.loc[rows["type"].isin(keys) | rows["type_before"].isin(keys)]
    rows = _numbered(rows)
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=sheet.facts.crs)


def _standing(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return table.loc[table["status"] != "closed"]


def _add_actions(rows: pd.DataFrame, sheet: Sheet) -> None:
    told = sheet.state.actions.reindex(rows.index)
    rows["action"] = told["action"].replace("close", "merge")
    rows["into"] = told["into"]
    rows["note"] = told["note"]


def _numbered(rows: pd.DataFrame) -> pd.DataFrame:
    rank = rows["action"].map(ACTIONS.index)
    order = pd.DataFrame({"rank": rank, "type": rows["type"], "township": rows["township"], "id": rows.index}, index=rows.index)
    rows = rows.loc[order.sort_values(["rank", "type", "township", "id"]).index].copy()
    rows.insert(0, "number", np.arange(1, len(rows) + 1))
    return rows


def counts(sites: pd.DataFrame) -> dict[str, int]:
    """Return the number of sites by action, in the order of :data:`ACTIONS`, only actions that occur."""
    found = sites["action"].value_counts()
    return {action: int(found[action]) for action in ACTIONS if action in found.index}


def located(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows with a usable geometry."""
    return table.loc[~(table.geometry.isna() | table.geometry.is_empty)]
