"""Counties with one file each that was made to read another file, to ask a server, or to leave its folder."""

from __future__ import annotations

import layers  # isort: skip  # noqa: F401 -- before rasterio and pyogrio, which would register all drivers

import json
import shutil
import sqlite3
from pathlib import Path

from pyarrow import parquet

from benchmarks.hostile_seeds import county_toml, unzipped, zipped


def county(seeds: Path, folder: Path, reader: str, file: str, content: bytes) -> Path:
    """Write a county whose files are sound but one."""
    shutil.copytree(seeds, folder)
    (folder / "county.toml").write_text(county_toml(reader), "utf-8")
    (folder / file).write_bytes(content)
    return folder


def with_sql(path: Path, *statements: str) -> bytes:
    """Run statements in a database and return it."""
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path.read_bytes()


def hostile(seeds: Path, work: Path, canary: Path, server: str) -> dict[str, tuple[str, str, bytes]]:
    """Return reader, file and content of each, by name; ``work`` is a folder for what is made on the way."""
    read = {path.name: path.read_bytes() for path in seeds.iterdir()}
    return {
        **_other_formats(canary, server, read),
        **_systems(canary, server, read, work),
        **_markup(canary, server, read),
        "gpkg": ("gpkg", "f.gpkg", _changed(work, read["f.gpkg"], "CREATE VIEW v AS SELECT fid, geom, ogr_geocode('x') AS g FROM f")),
        "attached": ("gpkg", "f.gpkg", _changed(work, read["f.gpkg"], f"ATTACH DATABASE '{work}/other' AS other")),
        "overview": ("tif", "p.tif.aux.xml", _overview(canary)),
        "overview2": ("elevation", "d.tif.aux.xml", _overview(canary)),
        "encoding": ("dbf", "t.cpg", str(canary).encode()),
    } | {
        f"place{number}": ("county", "county.toml", county_toml("county").replace("f.csv", file).encode())
        for number, file in enumerate(("../canary", str(canary), f"/vsicurl/{server}/f.csv", f"/vsizip/{canary}/f.csv", "layers/../../canary"))
    }


def _other_formats(canary: Path, server: str, read: dict[str, bytes]) -> dict[str, tuple[str, str, bytes]]:
    """Return files that GDAL would recognise by their content, whatever they are called."""
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{canary}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'.encode()
    wfs = f"<OGRWFSDataSource><URL>{server}</URL><LayerName>x</LayerName></OGRWFSDataSource>".encode()
    kml = f"<kml><Document><NetworkLink><Link><href>{server}/x.kml</href></Link></NetworkLink></Document></kml>".encode()
    raster = (
        f'<VRTDataset rasterXSize="12" rasterYSize="8"><VRTRasterBand dataType="UInt16" band="1"><SimpleSource><SourceFilename>{canary}'
        "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    ).encode()
    wms = f'<GDAL_WMS><Service name="TMS"><ServerUrl>{server}/${{z}}/${{x}}/${{y}}</ServerUrl></Service></GDAL_WMS>'.encode()
    return {
        "vrt": ("geojson", "e.geojson", vrt), "vrt2": ("geojson", "e.geojson", b"{" + vrt), "vrt3": ("gpkg", "f.gpkg", vrt),
        "vrt4": ("csv", "f.csv", vrt),
        "vrt5": ("gpkg", "f.gpkg", read["f.gpkg"][:100] + vrt), "vrt6": ("shp", "t.shp", vrt), "vrt7": ("tif", "p.tif", raster),
        "vrt8": ("tif", "p.tif", b"II*\x00" + raster), "wfs": ("geojson", "e.geojson", wfs), "wfs2": ("geojson", "e.geojson", b"{ " + wfs),
        "kml": ("geojson", "e.geojson", kml), "wms": ("tif", "p.tif", wms), "wms2": ("elevation", "d.tif", wms),
        "url": ("geojson", "e.geojson", json.dumps({"type": "FeatureCollection", "href": server, "features": []}).encode()),
        "esri": ("geojson", "e.geojson", f'{{"url":"{server}","geometryType":"esriGeometryPoint","features":[]}}'.encode()),
        "topology": ("geojson", "e.geojson", b'{"type":"Topology","objects":{},"arcs":[]}'),
    }  # fmt: skip


def _systems(canary: Path, server: str, read: dict[str, bytes], work: Path) -> dict[str, tuple[str, str, bytes]]:
    """Return coordinate systems that name files and addresses."""
    grids = f"+proj=longlat +nadgrids={canary} +no_defs"
    bound = f'BOUNDCRS["x",PARAMETERFILE["Latitude and longitude difference file","{canary}"]]'
    online = f'GEOGCS["x",DATUM["d",SPHEROID["s",6378137,298.25],EXTENSION["PROJ4_GRIDS","@{server}/us_noaa_conus.tif"]],UNIT["degree",0.0174]]'
    areas = json.loads(read["e.geojson"])

    def system(told: object) -> bytes:
        return json.dumps({**areas, "crs": told}).encode()

    return {
        "grids": ("shp", "t.prj", bound.encode()), "init": ("shp", "t.prj", grids.encode()), "online": ("shp", "t.prj", online.encode()),
        "prj_url": ("shp", "t.prj", f"{server}/x.prj".encode()), "prj_file": ("shp", "t.prj", str(canary).encode()),
        "crs_link": ("geojson", "e.geojson", system({"type": "link", "properties": {"href": f"{server}/crs", "type": "proj4"}})),
        "crs_url": ("geojson", "e.geojson", system({"type": "url", "properties": {"url": f"{server}/crs"}})),
        "crs_name": ("geojson", "e.geojson", system({"type": "name", "properties": {"name": f"{server}/crs"}})),
        "crs_file": ("geojson", "e.geojson", system({"type": "name", "properties": {"name": str(canary)}})),
        "crs_proj": ("geojson", "e.geojson", system({"type": "name", "properties": {"name": grids}})),
        "gpkg_grids": ("gpkg", "f.gpkg", _changed(work, read["f.gpkg"], f"UPDATE gpkg_spatial_ref_sys SET definition = '{grids}'")),
        "graph_grids": ("graphml", "s.graphml", read["s.graphml"].replace(b"EPSG:4326", grids.encode())),
        "graph_url": ("graphml", "s.graphml", read["s.graphml"].replace(b"EPSG:4326", f"{server}/crs".encode())),
        "parquet_grids": ("parquet", "p.parquet", _parquet(work, read["p.parquet"], grids)),
    }  # fmt: skip


def _markup(canary: Path, server: str, read: dict[str, bytes]) -> dict[str, tuple[str, str, bytes]]:
    """Return XML with entities, and workbooks that name others."""
    return {
        "osm": ("osm", "s.osm", _entity(f"file://{canary}", read["s.osm"])), "osm2": ("osm", "s.osm", _entity(server, read["s.osm"])),
        "graphml": ("graphml", "s.graphml", _entity(f"file://{canary}", read["s.graphml"])),
        "workbook": ("xlsx", "f.xlsx", _linked(read["f.xlsx"], f"file://{canary}")), "workbook2": ("xlsx", "f.xlsx", _linked(read["f.xlsx"], server)),
        "workbook3": ("xlsx", "f.xlsx", zipped({**unzipped(read["f.xlsx"]), "../../canary2": b"x"})),
        "workbook4": ("xlsx", "f.xlsx", _sheet_entity(read["f.xlsx"], f"file://{canary}")),
    }  # fmt: skip


def _changed(work: Path, content: bytes, statement: str) -> bytes:
    path = work / "changed.gpkg"
    path.write_bytes(content)
    return with_sql(path, statement)


def _overview(target: Path) -> bytes:
    return f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{target}</MDI></Metadata></PAMDataset>'.encode()


def _parquet(work: Path, content: bytes, system: str) -> bytes:
    path = work / "changed.parquet"
    path.write_bytes(content)
    table = parquet.read_table(path)
    told = json.loads(table.schema.metadata[b"geo"])
    told["columns"]["geometry"]["crs"] = system
    parquet.write_table(table.replace_schema_metadata({b"geo": json.dumps(told).encode()}), path)
    return path.read_bytes()


def _entity(target: str, rest: bytes) -> bytes:
    head = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "' + target.encode() + b'">]>'
    return head + rest.split(b"?>", 1)[-1].replace(b"residential", b"&e;")


def _sheet_entity(content: bytes, target: str) -> bytes:
    members = unzipped(content)
    name = "xl/worksheets/sheet1.xml"
    return zipped({**members, name: _entity(target, members[name])})


def _linked(content: bytes, target: str) -> bytes:
    members = unzipped(content)
    members["xl/externalLinks/externalLink1.xml"] = (
        b'<?xml version="1.0"?><externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<externalBook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></externalLink>'
    )
    members["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    ).encode()
    return zipped(members)
