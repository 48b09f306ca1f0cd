"""A consolidation as tables: what becomes of each home, who moves where, beds, people and money before and after.

All are recomputed from the raw problem and the deeds; units are those of the problem (ways in seconds or metres, money as the prices are given), and
nothing is rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from layers import crs as datums
from planning.siting.consolidation.answer import ConsolidationPlan
from planning.siting.consolidation.problem import Consolidation, Home, Option, Rules
from planning.travel.costs import within

FATES = ("new", "enlarge", "keep", "reduce", "convert", "merge", "close")
"""What may become of a home, in the order of lists: ``new`` 新建, ``enlarge`` 扩建, ``keep`` 保留, ``reduce`` 缩减, ``convert`` 转型, ``merge`` 并入,
``close`` 关闭."""
WHOLE = ""
_AMOUNTS = ("homes", "converted", "beds", "care_beds", "residents")


@dataclass(frozen=True)
class Sites:
    """What the homes of a problem are called and where they stand.

    Attributes
    ----------
    table : GeoDataFrame
        Index: every site of the problem. Columns ``name``, ``type``, ``township`` (code), ``township_name``, ``geometry`` (metric CRS).
    towns : Series of str, shape (cells,)
        Township code of each cell, indexed as ``costs.cells``.
    names : Series of str
        Names of all townships by code, in the order of tables.
    """

    table: gpd.GeoDataFrame
    towns: pd.Series[str]
    names: pd.Series[str]


def deeds_table(problem: Consolidation, plan: ConsolidationPlan, sites: Sites) -> gpd.GeoDataFrame:
    """Return what becomes of each home; places where nothing opens are left out.

    Returns
    -------
    GeoDataFrame
        Index ``facility``, by fate, township and id; columns ``number`` (from 1, as on maps), ``name``, ``type``, ``to`` (type afterwards; empty
        where it ends), ``township``, ``township_name``, ``action`` (one of :data:`FATES`), ``into`` (id of the home that takes over, or empty),
        ``into_name``, ``beds_before``, ``beds_after``, ``care_before``, ``care_after``, ``residents_before``, ``residents_after``, ``coming``
        (residents who move in), ``way`` (of those who leave, NaN where nobody does), ``once`` (money), ``running_before``, ``running_after``
        (money a year), ``x``, ``y`` (metric CRS), ``lon``, ``lat`` (WGS 84), ``geometry``.
    """
    rows = [row for deed in plan.deeds if (row := _deed_row(problem, plan, deed.site))]
    table = pd.DataFrame(rows).set_index("facility")
    told = sites.table.reindex(table.index)
    for at, column in enumerate(("name", "type", "township", "township_name")):
        table.insert(at, column, told[column].astype(str))
    table["to"] = [kind if to == "same" else to for to, kind in zip(table["to"], table["type"], strict=True)]
    table["into_name"] = [str(sites.table["name"].get(site, "")) for site in table["into"]]
    rank = table["action"].map(FATES.index)
    order = pd.DataFrame({"rank": rank, "township": table["township"], "id": table.index}, index=table.index)
    table = table.loc[order.sort_values(["rank", "township", "id"]).index]
    table.insert(0, "number", np.arange(1, len(table) + 1))
    points = gpd.GeoSeries(told.geometry.reindex(table.index), crs=sites.table.crs)
    table["x"], table["y"] = points.x, points.y
    lon, lat = datums.from_metric(points.x.to_numpy(), points.y.to_numpy(), "WGS84", CRS.from_user_input(sites.table.crs))
    table["lon"], table["lat"] = lon, lat
    return gpd.GeoDataFrame(table, geometry=points, crs=sites.table.crs)


def moves_table(deeds: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return who moves where, one row per home that is merged.

    Returns
    -------
    DataFrame
        Index ``facility`` (the home that ends), in the order of its number; columns ``number``, ``name``, ``township_name``, ``into``,
        ``into_number``, ``into_name``, ``into_township_name``, ``residents``, ``way`` (along streets), ``straight`` (m, as the arrow is drawn),
        and both ends as ``x``, ``y``, ``into_x``, ``into_y`` (metric CRS) and ``lon``, ``lat``, ``into_lon``, ``into_lat`` (WGS 84).
    """
    merged = deeds.loc[deeds["action"] == "merge"]
    target = deeds.reindex(merged["into"])
    table = pd.DataFrame(merged[["number", "name", "township_name", "into"]])
    table["into_number"] = target["number"].to_numpy().astype(int)
    table["into_name"] = merged["into_name"]
    table["into_township_name"] = target["township_name"].to_numpy()
    table["residents"], table["way"] = merged["residents_before"], merged["way"]
    ends = {f"into_{column}": target[column].to_numpy(dtype=float) for column in ("x", "y", "lon", "lat")}
    for column in ("x", "y", "lon", "lat"):
        table[column] = merged[column]
    table = table.assign(**ends)
    table["straight"] = np.hypot(table["x"] - table["into_x"], table["y"] - table["into_y"])
    return table


def balance_table(problem: Consolidation, plan: ConsolidationPlan, rules: Rules, sites: Sites) -> pd.DataFrame:
    """Return homes, beds, residents and people served before and after, by township; the townships add up to the first row, the county.

    Returns
    -------
    DataFrame
        Index ``township`` (code, the county under :data:`WHOLE`); columns ``name`` (empty for the county and where the township is unknown), and
        each with ``_before`` and ``_after``: ``homes`` (all that stand), ``converted`` (of them to another type), ``beds``, ``care_beds``,
        ``residents``, ``served`` (people within the limit of a home that counts for them); and ``people`` (in cells).
    """
    deeds = deeds_table(problem, plan, sites)
    found = _by_township(deeds, "before").join(_by_township(deeds, "after"), how="outer")
    before, after = served(problem, plan, rules)
    cells = pd.DataFrame({"people": problem.people, "served_before": problem.people * before, "served_after": problem.people * after})
    found = found.join(cells.groupby(sites.towns.reindex(problem.costs.cells).to_numpy()).sum(), how="outer").fillna(0.0)
    known = [code for code in sites.names.index if code in found.index]
    found = found.loc[[*known, *sorted(set(found.index) - set(known))]]
    table = pd.concat([found.sum().to_frame(WHOLE).T, found]).rename_axis("township")
    table.insert(0, "name", ["", *(str(sites.names.get(code, "")) for code in found.index)])
    return table


def served(problem: Consolidation, plan: ConsolidationPlan, rules: Rules) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell for each cell whether a home is within the limit today, and afterwards; each bool, shape (cells,)."""
    states = {deed.site: _state(problem.home(deed.site), deed.option) for deed in plan.deeds}
    near = [np.zeros(len(problem.people), dtype=np.bool_) for _ in range(2)]
    for home in problem.homes:
        cells, costs = problem.costs.column(home.site)
        reached = cells[within(costs, rules.limit)]
        state = states[home.site]
        near[0][reached] |= not home.new
        near[1][reached] |= state is not None and state.serves
    return near[0], near[1]


def money(problem: Consolidation, plan: ConsolidationPlan, rules: Rules) -> dict[str, float]:
    """Return what a plan costs, in the unit of the prices.

    Returns
    -------
    dict
        ``building``, ``converting``, ``reducing``, ``ending`` (closing homes and moving residents), together ``once``; ``running_before`` and
        ``running_after`` a year; ``years``; ``cost`` of the plan and ``cost_before`` of going on as today, each what is paid once and all years.
    """
    parts = dict.fromkeys(("building", "converting", "reducing", "ending"), 0.0)
    told = {"open": "building", "enlarge": "building", "convert": "converting", "reduce": "reducing"}
    running = 0.0
    for deed in plan.deeds:
        home = problem.home(deed.site)
        state = _state(home, deed.option)
        if deed.option is None:
            parts["ending"] += home.ending_cost
        elif state is not None:
            parts[told.get(state.action, "building")] += state.cost
            running += state.running
    once = math.fsum(parts.values())
    today = math.fsum(state.running for home in problem.homes if (state := _today(home)))
    totals = {"running_before": today, "running_after": running, "years": rules.years}
    return {**parts, "once": once, **totals, "cost": once + rules.years * running, "cost_before": rules.years * today}


def _deed_row(problem: Consolidation, plan: ConsolidationPlan, site: str) -> dict[str, object] | None:
    home = problem.home(site)
    deed = next(item for item in plan.deeds if item.site == site)
    state = _state(home, deed.option)
    if home.new and state is None:
        return None
    today = _today(home)
    coming = math.fsum(move.residents for move in plan.moves if move.into == site)
    way = next((move.way for move in plan.moves if move.site == site), math.nan)
    action = ("merge" if deed.into else "close") if state is None else {"open": "new"}.get(state.action, state.action)
    return {
        "facility": site,
        "to": "" if state is None else state.to or "same",
        "action": action,
        "into": deed.into,
        "beds_before": 0.0 if today is None else today.beds,
        "beds_after": 0.0 if state is None else state.beds,
        "care_before": 0.0 if today is None else today.care_beds,
        "care_after": 0.0 if state is None else state.care_beds,
        "residents_before": home.residents,
        "residents_after": 0.0 if state is None else home.residents + coming,
        "coming": coming,
        "way": way,
        "once": home.ending_cost if state is None else state.cost,
        "running_before": 0.0 if today is None else today.running,
        "running_after": 0.0 if state is None else state.running,
    }


def _today(home: Home) -> Option | None:
    """Return the state that an existing home is in; None for a new site."""
    return next((option for option in home.options if option.action == "keep"), None)


def _state(home: Home, option: int | None) -> Option | None:
    """Return the state a home goes on in; None where it ends or is not opened."""
    if option is None or home.options[option].action == "leave":
        return None
    return home.options[option]


def _by_township(deeds: gpd.GeoDataFrame, when: str) -> pd.DataFrame:
    stands = deeds["action"] != "new" if when == "before" else ~deeds["action"].isin(["merge", "close"])
    rows = pd.DataFrame(
        {
            "homes": stands.astype(float),
            "converted": (deeds["action"] == "convert").astype(float) if when == "after" else 0.0,
            "beds": deeds[f"beds_{when}"],
            "care_beds": deeds[f"care_{when}"],
            "residents": deeds[f"residents_{when}"],
        }
    )
    return rows.groupby(deeds["township"])[list(_AMOUNTS)].sum().add_suffix(f"_{when}")
