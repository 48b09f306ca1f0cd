"""A hand-written scenario of the demo county: all six edits, so that its plate shows all five actions."""

from __future__ import annotations

import pandas as pd

from layers.demo.frame import Frame, Points
from layers.demo.names import COUNTY
from layers.demo.people import ELDERS, People
from layers.demo.settlements import Settlements


def scenario_toml(frame: Frame, table: pd.DataFrame, places: Settlements, people: People) -> str:
    """Return the scenario as TOML.

    Parameters
    ----------
    frame, places, people : Frame, Settlements, People
        The county.
    table : DataFrame
        Its facilities.
    """
    town = _town_without_centre(table, places)
    small, larger = _two_homes(table)
    crowded = table.index[table["type"] == "cemetery_town"][0]
    station = table[table["type"] == "elder_station_city"].iloc[-1]
    child = table[table["type"] == "child_welfare_county"].iloc[0]
    closed = table[(table["type"] == "elder_mutual_rural") & (table["status"] == "运营")].sort_values("residents", kind="stable").iloc[0]
    home = frame.to_lonlat(places.table.loc[[town], ["x", "y"]].to_numpy(dtype=float) + 60)[0]
    busy = frame.to_lonlat(_busiest(people, int(station["place"])))[0]
    return _TEXT.format(
        county=COUNTY,
        town=places.townships.at[town, "name"],
        lon=home[0],
        lat=home[1],
        cemetery=crowded,
        cemetery_name=table.at[crowded, "name"],
        plots=int(table.at[crowded, "capacity"] + 3_000),
        small=small.name,
        small_name=small["name"],
        larger=larger.name,
        beds=int(larger["capacity"]),
        larger_name=larger["name"],
        child=child.name,
        child_name=child["name"],
        closed=closed.name,
        closed_name=closed["name"],
        station=station.name,
        station_name=station["name"],
        to_lon=busy[0],
        to_lat=busy[1],
    )


def _town_without_centre(table: pd.DataFrame, places: Settlements) -> int:
    there = set(table.loc[table["type"] == "elder_town_centre", "township"])
    return next(town for town in range(len(places.townships)) if town not in there)


def _two_homes(table: pd.DataFrame) -> tuple[pd.Series[object], pd.Series[object]]:
    """The least used home for people in hardship, and a larger one whose empty beds take its residents."""
    homes = table[(table["type"] == "elder_wujing") & (table["status"] == "运营")]
    free = (homes["capacity"] - homes["residents"]).idxmax()
    small = homes.drop(index=free)["residents"].idxmin()
    return homes.loc[small], homes.loc[free]


def _busiest(people: People, settlement: int) -> Points:
    """The cell of a settlement where most elders live."""
    cells = people.settlement == settlement
    elders = people.groups[list(ELDERS)].sum(axis=1).to_numpy()
    return people.points[[int((elders * cells).argmax())]] + 20.0


_TEXT = """\
# 手写的情景示例，六种调整各一处（虚构）。
format = 1
title = "{county}优化整合方案"
note = "小散敬老院并入空床较多的一所，县儿童福利院转型，空白乡镇新建养老服务中心，近满公墓扩建。"
author = "规划编制组（虚构）"
datum = "WGS84"

[[edits]]
action = "open"
id = "XJ001"
type = "elder_town_centre"
name = "{town}区域养老服务中心（新建）"
lon = {lon:.6f}
lat = {lat:.6f}
capacity = 60
care_beds = 36
floor_area = 2100
note = "本乡镇尚无区域养老服务中心"

[[edits]]
action = "resize"
facility = "{cemetery}"
name = "{cemetery_name}"
capacity = {plots}
note = "墓位近满，扩建3000个节地墓位"

[[edits]]
action = "merge"
facility = "{small}"
name = "{small_name}"
into = "{larger}"
capacity = {beds}
note = "入住率低，人员转入{larger_name}空床，床位不另增加"

[[edits]]
action = "convert"
facility = "{child}"
name = "{child_name}"
to = "minor_protection_centre"
note = "在院儿童不足10人，按2021年14部门意见转型"

[[edits]]
action = "close"
facility = "{closed}"
name = "{closed_name}"
note = "长期闲置"

[[edits]]
action = "move"
facility = "{station}"
name = "{station_name}"
lon = {to_lon:.6f}
lat = {to_lat:.6f}
note = "迁到老年人最集中的地段"
"""
