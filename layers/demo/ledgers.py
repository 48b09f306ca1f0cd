"""The county's ledgers, each in a format and datum that bureaus really use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.demo.files import in_datum, write_csv, write_geojson, write_gpkg, write_workbook
from layers.demo.frame import EPSG
from layers.demo.names import COUNTY
from layers.types import facility_types

ELDER, COMMUNITY, BURIAL, CHILD = "养老服务设施台账.xlsx", "社区服务设施.csv", "殡葬设施.gpkg", "儿童福利和未成年人保护设施.geojson"
_LEVELS = {"county": "县级", "township": "乡镇级", "village": "村级", "community": "社区级", "city": "市级"}


def write_ledgers(folder: Path, table: pd.DataFrame, townships: pd.DataFrame) -> None:
    """Write the four ledgers: Excel in GCJ-02, csv in gb18030 and WGS84, GeoPackage in metres, GeoJSON in WGS84."""
    types = facility_types()
    shown = table.assign(
        type=table["type"].map(lambda key: types[key].name_zh),
        township=table["township"].map(townships["name"]),
        level=table["level"].map(_LEVELS),
    )
    _elder(folder / ELDER, shown[shown["domain"] == "elder"])
    _community(folder / COMMUNITY, shown[shown["domain"] == "community"])
    _burial(folder / BURIAL, shown[shown["domain"] == "burial"])
    _child(folder / CHILD, shown[shown["domain"] == "child"])


def _columns(table: pd.DataFrame, heads: Mapping[str, str]) -> pd.DataFrame:
    return table.reset_index()[list(heads)].rename(columns=heads)


def _elder(path: Path, table: pd.DataFrame) -> None:
    degrees = in_datum(table[["x", "y"]].to_numpy(dtype=float), "GCJ-02")
    heads = {
        "id": "编号", "name": "设施名称", "type": "设施类型", "level": "级别", "township": "所属乡镇", "lon": "经度", "lat": "纬度", "capacity": "床位数（张）",
        "care_beds": "护理型床位数（张）", "residents": "入住人数", "floor_area": "建筑面积（平方米）", "land_area": "用地面积（平方米）", "year": "建成年份",
        "investment": "总投资（万元）", "ownership": "产权性质", "status": "运营状态", "remark": "备注",
    }  # fmt: skip
    shown = _columns(table.assign(lon=degrees[:, 0], lat=degrees[:, 1]), heads)
    rows = [(number, *row) for number, row in enumerate(shown.itertuples(index=False), start=1)]
    sums = ["合计", *(float(shown[head].sum()) if head.endswith(("（张）", "人数")) else None for head in shown.columns)]
    write_workbook(path, "养老服务设施", f"{COUNTY}养老服务设施台账（虚构数据，仅供演示）", ["序号", *shown.columns], [*rows, sums])


def _community(path: Path, table: pd.DataFrame) -> None:
    degrees = in_datum(table[["x", "y"]].to_numpy(dtype=float), "WGS84")
    heads = {
        "id": "设施编号", "name": "名称", "type": "类别", "township": "所在街道（乡镇）", "lon": "经度", "lat": "纬度", "capacity": "服务面积",
        "floor_area": "建筑面积", "land_area": "占地面积", "year": "建成时间", "ownership": "产权", "status": "状态",
    }  # fmt: skip
    shown = _columns(table.assign(lon=degrees[:, 0], lat=degrees[:, 1]), heads)
    write_csv(path, list(shown.columns), shown.itertuples(index=False), "gb18030")


def _burial(path: Path, table: pd.DataFrame) -> None:
    heads = {
        "id": "编号", "name": "名称", "type": "类型", "level": "级别", "township": "乡镇", "capacity": "总量", "residents": "已用",
        "land_area": "占地面积（亩）", "year": "建成年份", "ownership": "性质", "status": "状态", "remark": "备注",
    }  # fmt: skip
    shown = _columns(table.assign(land_area=np.round(table["land_area"] * 0.0015, 2)), heads)
    write_gpkg(path, gpd.GeoDataFrame(shown, geometry=shapely.points(table[["x", "y"]].to_numpy(dtype=float)), crs=EPSG))


def _child(path: Path, table: pd.DataFrame) -> None:
    degrees = in_datum(table[["x", "y"]].to_numpy(dtype=float), "WGS84")
    heads = {
        "id": "编号", "name": "名称", "type": "类型", "township": "所属乡镇", "capacity": "床位", "residents": "在院人数",
        "floor_area": "建筑面积", "land_area": "用地面积", "year": "建成年份", "ownership": "产权", "status": "状态", "remark": "备注",
    }  # fmt: skip
    shown = _columns(table, heads)
    shapes = [None if np.isnan(x) else shapely.Point(x, y) for x, y in degrees]
    values = [{head: None if isinstance(cell, float) and np.isnan(cell) else cell for head, cell in row.items()} for row in shown.to_dict("records")]
    write_geojson(path, shapes, values)
