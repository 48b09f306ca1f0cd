"""A hand-written scenario of the demo county: all six edits, so that its plate shows all five actions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layers.demo.facilities import OPEN, Facility
from layers.demo.frame import Frame, Points
from layers.demo.people import People
from layers.demo.settlements import Settlements


def scenario_toml(frame: Frame, found: Sequence[Facility], places: Settlements, people: People) -> str:
    """Return the scenario as TOML.

    Parameters
    ----------
    frame, places, people : Frame, Settlements, People
        The county.
    found : sequence of Facility
        What stands in it.
    """
    town = _town_without_centre(found, places)
    home = frame.to_lonlat(places.places[town].centre[None] + 60)[0]
    grown = next(item for item in found if item.type == "cemetery_town")
    small, larger = _two_homes(found)
    child = next(item for item in found if item.type == "child_welfare_county")
    idle = min(_open(found, "elder_mutual_rural"), key=lambda item: (item.residents != item.residents, item.residents))
    station = _open(found, "elder_station_city")[-1]
    busy = frame.to_lonlat(_busiest(people, station.place))[0]
    return _TEXT.format(
        town=places.townships[town].name, lon=home[0], lat=home[1], grown=grown, plots=int(grown.capacity + 3_000), small=small,
        larger=larger, beds=int(larger.capacity), child=child, idle=idle, station=station, to_lon=busy[0], to_lat=busy[1],
    )  # fmt: skip


def _open(found: Sequence[Facility], kind: str) -> list[Facility]:
    return [item for item in found if item.type == kind and item.status == OPEN]


def _town_without_centre(found: Sequence[Facility], places: Settlements) -> int:
    there = {item.place for item in found if item.type == "elder_town_centre"}
    return next(town for town in range(len(places.townships)) if town not in there)


def _two_homes(found: Sequence[Facility]) -> tuple[Facility, Facility]:
    """Choose the least used home for people in hardship, and the nearest that has beds free for its residents."""
    homes = _open(found, "elder_wujing")
    small = min(homes, key=lambda home: home.residents)
    roomy = [home for home in homes if home is not small and home.free >= small.residents]
    return small, min(roomy, key=lambda home: float(np.hypot(*(home.point - small.point))))


def _busiest(people: People, place: int) -> Points:
    """Return a spot in the cell of a place where most elders live, shape (1, 2)."""
    cell = int((people.elders * (people.settlement == place)).argmax())
    return people.points[[cell]] + 20.0


_TEXT = """\
# 手写的情景示例，六种调整各一处（虚构）。
format = 1
title = "优化整合方案"
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
facility = "{grown.id}"
name = "{grown.name}"
capacity = {plots}
note = "墓位近满，扩建3000个节地墓位"

[[edits]]
action = "merge"
facility = "{small.id}"
name = "{small.name}"
into = "{larger.id}"
capacity = {beds}
note = "入住率低，人员转入{larger.name}空床，床位不另增加"

[[edits]]
action = "convert"
facility = "{child.id}"
name = "{child.name}"
to = "minor_protection_centre"
note = "在院儿童不足10人，按2021年14部门意见转型"

[[edits]]
action = "close"
facility = "{idle.id}"
name = "{idle.name}"
note = "长期闲置"

[[edits]]
action = "move"
facility = "{station.id}"
name = "{station.name}"
lon = {to_lon:.6f}
lat = {to_lat:.6f}
note = "迁到老年人最集中的地段"
"""
