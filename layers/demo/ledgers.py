"""The county's ledgers, each in a format and datum that bureaus really use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from layers.demo.facilities import Facility
from layers.demo.files import blank, in_datum, write_csv, write_geojson, write_gpkg, write_workbook
from layers.demo.frame import EPSG
from layers.demo.names import COUNTY
from layers.demo.settlements import Township
from layers.types import facility_types

ELDER, COMMUNITY, BURIAL, CHILD = "养老服务设施台账.xlsx", "社区服务设施.csv", "殡葬设施.gpkg", "儿童福利和未成年人保护设施.geojson"
_LEVELS = {"county": "县级", "township": "乡镇级", "village": "村级", "community": "社区级", "city": "市级"}


Row = dict[str, object]


def write_ledgers(folder: Path, found: Sequence[Facility], townships: Sequence[Township]) -> None:
    """Write the four ledgers: Excel in GCJ-02, csv in gb18030 and WGS84, GeoPackage in metres, GeoJSON in WGS84."""
    of: dict[str, list[Facility]] = {
        domain: [item for item in found if item.domain == domain] for domain in ("elder", "community", "burial", "child")
    }
    _elder(folder / ELDER, _rows(of["elder"], townships, "GCJ-02"))
    _community(folder / COMMUNITY, _rows(of["community"], townships, "WGS84"))
    _burial(folder / BURIAL, _rows(of["burial"], townships, "WGS84"), of["burial"])
    _child(folder / CHILD, _rows(of["child"], townships, "WGS84"))


def _rows(found: Sequence[Facility], townships: Sequence[Township], datum: str) -> list[Row]:
    types = facility_types()
    degrees = in_datum(np.array([(item.x, item.y) for item in found]), datum).tolist()
    return [
        {
            **asdict(item),
            "type": types[item.type].name_zh,
            "township": townships[item.township].name,
            "level": _LEVELS[item.level],
            "lon": place[0],
            "lat": place[1],
        }
        for item, place in zip(found, degrees, strict=True)
    ]


def _elder(path: Path, rows: Sequence[Row]) -> None:
    heads = {
        "id": "编号", "name": "设施名称", "type": "设施类型", "level": "级别", "township": "所属乡镇", "lon": "经度", "lat": "纬度",
        "capacity": "床位数（张）", "care_beds": "护理型床位数（张）", "residents": "入住人数", "floor_area": "建筑面积（平方米）",
        "land_area": "用地面积（平方米）", "year": "建成年份", "investment": "总投资（万元）", "ownership": "产权性质",
        "status": "运营状态", "remark": "备注",
    }  # fmt: skip
    table = [[number, *(row[field] for field in heads)] for number, row in enumerate(rows, start=1)]
    sums = [np.nansum([float(str(row[field])) for row in rows]) if field in {"capacity", "care_beds", "residents"} else None for field in heads]
    title = f"{COUNTY}养老服务设施台账（虚构数据，仅供演示）"
    write_workbook(path, title, ["序号", *heads.values()], [*table, ["合计", *sums]])


def _community(path: Path, rows: Sequence[Row]) -> None:
    heads = {
        "id": "设施编号", "name": "名称", "type": "类别", "township": "所在街道（乡镇）", "lon": "经度", "lat": "纬度", "capacity": "服务面积",
        "residents": "在住人数", "floor_area": "建筑面积", "land_area": "占地面积", "year": "建成时间", "ownership": "产权", "status": "状态",
    }  # fmt: skip
    write_csv(path, list(heads.values()), ([row[field] for field in heads] for row in rows), "gb18030")


def _burial(path: Path, rows: Sequence[Row], found: Sequence[Facility]) -> None:
    heads = {
        "id": "编号", "name": "名称", "type": "类型", "level": "级别", "township": "乡镇", "capacity": "总量", "residents": "已用",
        "land_area": "占地面积（亩）", "year": "建成年份", "ownership": "性质", "status": "状态", "remark": "备注",
    }  # fmt: skip
    table = {head: [row[field] for row in rows] for field, head in heads.items()}
    table[heads["land_area"]] = [round(item.land_area * 0.0015, 2) for item in found]
    write_gpkg(path, gpd.GeoDataFrame(table, geometry=shapely.points([item.point for item in found]), crs=EPSG))


def _child(path: Path, rows: Sequence[Row]) -> None:
    heads = {
        "id": "编号", "name": "名称", "type": "类型", "township": "所属乡镇", "capacity": "床位", "residents": "在院人数",
        "floor_area": "建筑面积", "land_area": "用地面积", "year": "建成年份", "ownership": "产权", "status": "状态", "remark": "备注",
    }  # fmt: skip
    shapes = [None if row["x"] != row["x"] else shapely.Point(float(str(row["lon"])), float(str(row["lat"]))) for row in rows]
    write_geojson(path, shapes, [{head: blank(row[field]) for field, head in heads.items()} for row in rows])
