"""Faults in scenarios and projects: files beside the sound ones, so that the county can still be planned with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import Planted

SCENARIO, MISSPELT = "scenarios/待核对方案.toml", "scenarios/写错的方案.toml"


def plant_scenarios(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Write one scenario that does not fit the county, and one that is no scenario."""
    del rng  # there is nothing to choose
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(ground.shapes[0]))[0].tolist()
    known = min(ground.named)
    (folder / SCENARIO).write_text(_UNFIT.format(lon=lon, lat=lat, far=lon + 3, known=known), "utf-8", newline="\n")
    (folder / MISSPELT).write_text(_MISSPELT.format(known=known), "utf-8", newline="\n")
    return [
        _planted("edit_unknown_facility", SCENARIO, "edits[1].facility", "YL999"),
        _planted("edit_wrong_name", SCENARIO, "edits[2].name", "不是这个名字"),
        _planted("edit_care_beds", SCENARIO, "edits[3].care_beds", "60"),
        _planted("edit_outside", SCENARIO, "edits[4].lon", f"{lon + 3:.6f}"),
        _planted("edit_unknown_type", SCENARIO, "edits[5].type", "elder_hotel"),
        _planted("edit_unknown_action", MISSPELT, "edits[1]", "destroy"),
        _planted("edit_size", MISSPELT, "edits[2].capacity", "-20"),
    ]


def plant_projects(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Write two projects that cannot be."""
    del ground, rng  # there is nothing to choose
    for name, text in _PROJECTS.items():
        (folder / "projects" / f"{name}.toml").write_text(text, "utf-8", newline="\n")
    return [
        _planted("project_facility", "projects/unknown_home.toml", "facility", "YL998"),
        _planted("project_care_beds", "projects/unknown_home.toml", "care_beds", "90"),
        _planted("project_amount", "projects/misspelt.toml", "capacity", "-40"),
        _planted("project_key", "projects/misspelt.toml", "beds", "40"),
    ]


def _planted(kind: str, file: str, head: str, value: str) -> Planted:
    layer = "scenario" if file.startswith("scenarios/") else "projects"
    return Planted(kind, layer, file, "", None, head, value, "")


_UNFIT = """\
# 有差错的情景（虚构），供核查练习：五处调整都不能成立。
format = 1
title = "待核对方案"
datum = "WGS84"

[[edits]]
action = "close"
facility = "YL999"

[[edits]]
action = "close"
facility = "{known}"
name = "不是这个名字"

[[edits]]
action = "open"
id = "XJ101"
type = "elder_town_centre"
name = "新建养老服务中心"
lon = {lon:.6f}
lat = {lat:.6f}
capacity = 40
care_beds = 60

[[edits]]
action = "open"
id = "XJ102"
type = "elder_station_city"
name = "县外服务站"
lon = {far:.6f}
lat = {lat:.6f}

[[edits]]
action = "open"
id = "XJ103"
type = "elder_hotel"
name = "康养酒店"
lon = {lon:.6f}
lat = {lat:.6f}
"""
_MISSPELT = """\
# 写错的情景（虚构），供核查练习：不能读取。
format = 1
title = "写错的方案"

[[edits]]
action = "destroy"
facility = "{known}"

[[edits]]
action = "resize"
facility = "{known}"
capacity = -20
"""
_PROJECTS = {
    "unknown_home": """\
# 有差错的拟建项目（虚构），供核查练习
key = "unknown_home"
name = "查无此院扩建工程"
type = "elder_wujing"
kind = "expand"
facility = "YL998"
capacity = 60.0
care_beds = 90.0
""",
    "misspelt": """\
# 写错的拟建项目（虚构），供核查练习
key = "misspelt"
name = "写错的项目"
type = "elder_station_city"
capacity = -40.0
beds = 40.0
""",
}
