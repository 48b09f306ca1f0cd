"""A county of a few rows, with one sound file for every reader, for ``benchmarks.hostile`` to spoil."""

from __future__ import annotations

import layers  # isort: skip  # noqa: F401 -- before geopandas and rasterio, which would register all drivers

import io
import zipfile
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import openpyxl
import osmium
import pandas as pd
import pyogrio
import rasterio
import shapely
from rasterio import Affine

LON, LAT, STEP = 102.0, 25.0, 0.002
FACILITIES = """名称,类型,经度,纬度,床位数,护理床位,建成年份,乡镇
第一敬老院,养老机构,102.001,25.001,120,40,1998,东镇
第二敬老院,养老机构,102.003,25.002,80,,2011,东镇
康乐中心,养老机构,102.005,25.004,30张,10,2020,西乡
"""
PEOPLE = """lon,lat,60_plus,total
102.0005,25.0005,12,80
102.0025,25.0025,3.5,20
102.0045,25.0035,40,160
"""
SCENARIO = """format = 1
title = "近期方案"
note = "说明"
author = "规划科"
datum = "WGS84"

[[edits]]
action = "open"
id = "new-1"
name = "新建敬老院"
type = "elder_home"
lon = 102.002
lat = 25.003
capacity = 60

[[edits]]
action = "close"
facility = "f2"
"""
# What is spoiled: the layer of county.toml that lists it, and the files of which one is chosen.
READERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "xlsx": ("facilities", ("f.xlsx",)),
    "csv": ("facilities", ("f.csv",)),
    "gpkg": ("facilities", ("f.gpkg",)),
    "shp": ("outlines.townships", ("t.shp", "t.shp", "t.shx", "t.prj")),
    "dbf": ("outlines.townships", ("t.dbf", "t.dbf", "t.cpg")),
    "geojson": ("exclusions", ("e.geojson",)),
    "parquet": ("population", ("p.parquet",)),
    "tif": ("population", ("p.tif",)),
    "elevation": ("streets.elevation", ("d.tif",)),
    "pbf": ("streets", ("s.osm.pbf",)),
    "osm": ("streets", ("s.osm",)),
    "graphml": ("streets", ("s.graphml",)),
    "lines": ("streets", ("s.geojson",)),
    "county": ("county", ("county.toml",)),
    "scenario": ("scenario", ("scenarios/a.toml",)),
}


def write_seeds(folder: Path) -> None:
    """Write the sound files of all readers into a folder, the same bytes each time."""
    folder.mkdir(parents=True, exist_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2024-01-01T00:00:00Z"})
    (folder / "f.csv").write_text(FACILITIES, "utf-8")
    (folder / "p.csv").write_text(PEOPLE, "utf-8")
    (folder / "f.xlsx").write_bytes(_workbook())
    _points().to_file(folder / "f.gpkg", driver="GPKG", engine="pyogrio")
    towns = _boxes(["东镇", "西乡"])
    towns.to_file(folder / "t.shp", engine="pyogrio", encoding="utf-8")
    (folder / "e.geojson").write_text(_boxes(["水源地", "基本农田"]).assign(kind="avoid", buffer_m=20.0).to_json(ensure_ascii=False), "utf-8")
    (folder / "c.geojson").write_text(_outline().to_json(), "utf-8")
    people = _boxes(["a", "b"]).assign(**{"60_plus": [5.0, 7.5], "total": [20.0, 31.0]}).drop(columns="name")
    people.to_parquet(folder / "p.parquet", compression=None)
    _raster(folder / "p.tif", "uint16")
    _raster(folder / "d.tif", "float32")
    for suffix in ("osm.pbf", "osm"):
        _streets(folder / f"s.{suffix}")
    _graph(folder / "s.graphml")
    (folder / "s.geojson").write_text(_lines().to_json(), "utf-8")
    (folder / "a.toml").write_text(SCENARIO, "utf-8")


def county_toml(reader: str) -> str:
    """Return a county.toml whose layer of one reader is that reader's file, and whose others are as plain as can be."""
    files = {"facilities": "f.csv", "population": "p.csv", "streets": "s.geojson", "outlines.county": "c.geojson"}
    layer, names = READERS[reader]
    lists = {"facilities", "population", "exclusions"}
    if layer not in {"county", "scenario"}:
        files[layer] = next((name for name in names if name.endswith(".shp")), "t.shp" if reader == "dbf" else names[0])
    text = 'name = "示例县"\nmetric_crs = "EPSG:4543"\n'
    for key, file in files.items():
        text += f"\n[[{key}]]\n" if key in lists else f"\n[{key}]\n"
        text += f'file = "{file}"\ndatum = "{_datum(file)}"\n'
        text += 'group = "60_plus"\n' if file == "p.tif" else ""
    return text


def _datum(file: str) -> str:
    return "WGS84" if file.endswith((".csv", ".xlsx")) else "file"


def _points() -> gpd.GeoDataFrame:
    table = pd.read_csv(io.StringIO(FACILITIES))
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["经度"], table["纬度"]), crs=4326)


def _outline() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": ["示例县"]}, geometry=[shapely.box(LON - 0.01, LAT - 0.01, LON + 0.02, LAT + 0.02)], crs=4326)


def _boxes(names: list[str]) -> gpd.GeoDataFrame:
    shapes = [shapely.box(LON + STEP * k, LAT, LON + STEP * (k + 1), LAT + 2 * STEP) for k in range(len(names))]
    codes = [f"53012710{k}" for k in range(len(names))]
    return gpd.GeoDataFrame({"code": codes, "name": names}, geometry=shapes, crs=4326)


def _lines() -> gpd.GeoDataFrame:
    shapes = [shapely.LineString([(LON + STEP * k, LAT), (LON + STEP * (k + 1), LAT)]) for k in range(4)]
    shapes += [shapely.LineString([(LON + STEP * k, LAT), (LON + STEP * k, LAT + 2 * STEP)]) for k in range(4)]
    return gpd.GeoDataFrame({"highway": ["residential"] * 8, "maxspeed": ["30"] * 8, "oneway": ["no"] * 8}, geometry=shapes, crs=4326)


def _raster(path: Path, kind: str) -> None:
    values = np.arange(96, dtype=kind).reshape(8, 12) + 1
    place = Affine(STEP, 0, LON - STEP, 0, -STEP, LAT + 4 * STEP)
    with rasterio.open(path, "w", "GTiff", 12, 8, 1, crs="EPSG:4326", transform=place, dtype=kind, nodata=0) as file:
        file.write(values, 1)


def _streets(path: Path) -> None:
    with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none" if path.suffix == ".pbf" else "osm")) as file:
        for k in range(10):
            file.add_node(osmium.osm.mutable.Node(id=k + 1, version=1, location=(LON + STEP * (k % 5), LAT + STEP * (k // 5))))
        for k, nodes in enumerate(([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [1, 6], [5, 10])):
            file.add_way(
                osmium.osm.mutable.Way(id=k + 1, version=1, nodes=nodes, tags={"highway": "residential", "name": "人民路", "maxspeed": "40"})
            )


def _graph(path: Path) -> None:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for k in range(6):
        graph.add_node(k, x=LON + STEP * k, y=LAT)
    for k in range(5):
        graph.add_edge(k, k + 1, highway="residential", oneway=False, length=200.0, name="人民路")
        graph.add_edge(k + 1, k, highway="residential", oneway=False, geometry=f"LINESTRING ({LON + STEP * (k + 1)} {LAT}, {LON + STEP * k} {LAT})")
    nx.write_graphml(graph, path)


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    rows = [line.split(",") for line in FACILITIES.splitlines()]
    for row in rows:
        book.worksheets[0].append([_number(cell) for cell in row])
    written = io.BytesIO()
    book.save(written)
    return zipped(unzipped(written.getvalue()))


def _number(cell: str) -> str | float | None:
    try:
        return float(cell)
    except ValueError:
        return cell or None


def unzipped(content: bytes) -> dict[str, bytes]:
    """Return the members of a zip file but its dates of making."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: _dateless(name, archive.read(name)) for name in archive.namelist()}


def _dateless(name: str, content: bytes) -> bytes:
    if name != "docProps/core.xml":
        return content
    return b'<?xml version="1.0"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a zip file of members, the same bytes each time."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
