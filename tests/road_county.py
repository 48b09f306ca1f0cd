"""A county along one straight road, for head arithmetic: four homes at km 0, 5, 10 and 30, people at km 1, 9 and 29; 60 km/h, so km are minutes."""

from __future__ import annotations

from pathlib import Path

from pyproj import CRS

from layers.crs import from_metric

METRIC = CRS.from_epsg(4543)
HOMES = {"A": (0, "甲敬老院", 10, 2, 4), "B": (5, "乙敬老院", 20, 4, 6), "C": (10, "丙敬老院", 30, 6, 10), "D": (30, "丁敬老院", 8, 2, 0)}
PEOPLE = {1: 100, 9: 50, 29: 20}
TASK = """
[[consolidate]]
key = "homes"
title = "敬老院整合"
type = "elder_wujing"
unit = "{unit}"
limit = 12
transfer_limit = {far}
{more}
[consolidate.prices]
build = 8
convert = 2
reduce = 0.1
close = 10
move = 0.5
run_home = 40
run_bed = 1
source = "算例"
"""


def lonlat(km: float, north: float = 0.0) -> tuple[float, float]:
    """Return the place of a kilometre stone, or so many metres north of it."""
    lon, lat = from_metric([500_000 + 1000 * km], [2_800_000 + north], "WGS84", METRIC)
    return float(lon[0]), float(lat[0])


def write(folder: Path, *, unit: str = "km", far: float = 6, more: str = "") -> Path:
    """Write the county's folder."""
    (folder / "layers").mkdir(parents=True)
    ends = [lonlat(-2), lonlat(40)]
    nodes = "".join(f'<node id="{number}" lon="{lon!r}" lat="{lat!r}"/>' for number, (lon, lat) in enumerate(ends, 1))
    way = '<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="maxspeed" v="60"/></way>'
    (folder / "layers" / "路网.osm").write_text(f'<osm version="0.6">{nodes}{way}</osm>', "utf-8")
    rows = [f"{lonlat(km)[0]!r},{lonlat(km)[1]!r},{count}" for km, count in PEOPLE.items()]
    (folder / "layers" / "人口.csv").write_text("\n".join(["lon,lat,60_plus", *rows]) + "\n", "utf-8")
    rows = [f"{home},{name},敬老院,{lonlat(km)[0]!r},{lonlat(km)[1]!r},{beds},{care},{residents}"
            for home, (km, name, beds, care, residents) in HOMES.items()]  # fmt: skip
    (folder / "layers" / "台账.csv").write_text("\n".join(["编号,名称,类型,经度,纬度,床位数,护理型床位,在住人数", *rows]) + "\n", "utf-8")
    (folder / "county.toml").write_text(
        'name = "一路县"\nname_en = "Road County"\n[[population]]\nfile = "layers/人口.csv"\ndatum = "WGS84"\n'
        '[streets]\nfile = "layers/路网.osm"\n[[facilities]]\nfile = "layers/台账.csv"\ndatum = "WGS84"\n'
        + TASK.format(unit=unit, far=far, more=more),
        "utf-8",
    )  # fmt: skip
    return folder
