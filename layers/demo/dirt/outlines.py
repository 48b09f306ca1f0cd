"""Faults in the outlines of the county and its townships, and in the list of villages."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from scipy.spatial import cKDTree

from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import GEOMETRY, Planted, Sheet, Slip, said, shape_of
from layers.demo.dirt.slips import FAR, Heads, lose, placed, repeat, send_far, share_id, swap
from layers.demo.files import write_csv, write_geojson
from layers.demo.ledgers import BURIAL

_HOLE = 0.003
"""Degrees, about 300 m: radius of what is drawn over a neighbour, or to none."""
VILLAGES = Heads("村代码", "村名", "乡镇代码", "经度", "纬度")


def plant_county(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Cross the county's outline."""
    del ground  # every layer is planted alike
    sheet = _open(folder, "county", rng)
    sheet.slip([Slip("crossing", GEOMETRY, lambda row: crossed(row[GEOMETRY]))])
    _close(folder, "county", sheet)
    return sheet.planted


def plant_townships(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Cross one township's outline, draw one over its neighbour, cut a piece out of a third, and add three that cannot be."""
    sheet = _open(folder, "townships", rng)
    homes = _homes(folder)
    shapes = {row: shape_of(cells) for row, cells in sheet.rows.items()}
    for row in sheet.take(1):
        sheet.plant("crossing", row, GEOMETRY, crossed(shapes[row]))
    # The overlap is told of the later of two features; the first one therefore never takes it.
    for row in sheet.take(1, lambda cells: cells is not sheet.rows[1]):
        earlier = shapely.union_all([shape for other, shape in shapes.items() if other < row])
        border = shapely.intersection(shapely.boundary(shapes[row]), shapely.boundary(earlier))
        sheet.plant("overlap", row, GEOMETRY, shapely.union(shapes[row], _lonely(border, homes)))
    for row in sheet.take(1):
        sheet.plant("gap", row, GEOMETRY, shapely.difference(shapes[row], _lonely(shapely.buffer(shapes[row], -2 * _HOLE), homes)))
    west, south, *_ = shapely.bounds(shapes[1]).tolist()
    beyond = shapely.box(west, south + FAR, west + 0.05, south + FAR + 0.05)
    sheet.append("township_beyond", {"代码": "990101098", "名称": "飞来镇", GEOMETRY: beyond}, GEOMETRY, "")
    sheet.append("no_area", {"代码": "990101097", "名称": "待勘界乡", GEOMETRY: None}, GEOMETRY, "")
    for row in sheet.take(1, lambda cells: cells[GEOMETRY] is not None and cells["代码"] in ground.codes):
        inner = _lonely(shapely.buffer(shapes[row], -2 * _HOLE), homes)
        sheet.append("code_repeats", {"代码": sheet.rows[row]["代码"], "名称": "开发区", GEOMETRY: inner}, "代码", "")
    _close(folder, "townships", sheet)
    return sheet.planted


def crossed(shape: object) -> shapely.Polygon:
    """Return a polygon without holes two of whose points have changed places, so that its outline crosses itself.

    Raises
    ------
    TypeError
        When it is no polygon.
    """
    if not isinstance(shape, shapely.Polygon):
        raise TypeError("only a polygon can be crossed")
    ring = list(shape.exterior.coords)
    bowed = (shapely.Polygon([*ring[:at], ring[at + 1], ring[at], *ring[at + 2 :]]) for at in range(2, len(ring) - 2))
    return next(each for each in bowed if not each.is_valid)


def _lonely(area: shapely.Geometry, homes: np.ndarray) -> shapely.Geometry:
    """Return a disc around the place of an area or line that is farthest from where anybody lives."""
    if isinstance(area, shapely.Polygon | shapely.MultiPolygon):
        west, south, east, north = area.bounds
        x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(west, east, 60), np.linspace(south, north, 60)))
        spots = np.column_stack([x, y])[shapely.contains_xy(area, x, y)]
    else:
        spots = shapely.get_coordinates(area)
    away, _ = cKDTree(homes).query(spots)
    return shapely.Point(*spots[int(np.argmax(away))]).buffer(_HOLE, quad_segs=6)


def _homes(folder: Path) -> np.ndarray:
    """Return where people live and are buried, in degrees; a web map's shift does not matter here."""
    layers = [pyogrio.read_dataframe(folder / "layers" / name).to_crs(4326) for name in ("population.gpkg", BURIAL)]
    return np.vstack([shapely.get_coordinates(np.asarray(layer.geometry.array)) for layer in layers])


def _open(folder: Path, name: str, rng: np.random.Generator) -> Sheet:
    file = f"layers/{name}.geojson"
    features = json.loads((folder / file).read_text("utf-8"))["features"]
    rows = {row: {**each["properties"], GEOMETRY: shapely.geometry.shape(each["geometry"])} for row, each in enumerate(features, start=1)}
    return Sheet(f"outlines.{name}", file, "", rows, rng)


def _close(folder: Path, name: str, sheet: Sheet) -> None:
    shapes = [cells[GEOMETRY] for cells in sheet.rows.values()]
    properties = [{head: cell for head, cell in cells.items() if head != GEOMETRY} for cells in sheet.rows.values()]
    write_geojson(folder / "layers" / f"{name}.geojson", shapes, properties)  # type: ignore[arg-type]  # cells are of any kind


def plant_villages(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant faults in the list of villages."""
    path = folder / "layers" / "villages.csv"
    heads, *body = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    rows = {row: dict[str, object](zip(heads, cells, strict=True)) for row, cells in enumerate(body, start=2)}
    sheet = Sheet("outlines.villages", "layers/villages.csv", "", rows, rng)
    share_id(sheet, VILLAGES.id)
    inside = partial(_deep, ground)
    sheet.slip([
        Slip("unknown_township", VILLAGES.township, lambda _: "990101099", count=2),
        Slip("other_township", VILLAGES.township, lambda row: ground.other_code(row[VILLAGES.township]), inside, 2),
        Slip("no_name", VILLAGES.name, lambda _: ""),
        Slip("bad_coordinate", VILLAGES.lat, lambda _: "二十五度", lambda row: placed(VILLAGES, row)),
    ])  # fmt: skip
    send_far(sheet, VILLAGES, 1)
    swap(sheet, VILLAGES, 1)
    lose(sheet, VILLAGES, 1)
    repeat(sheet)
    write_csv(path, heads, ([said(cells[head]) for head in heads] for cells in sheet.rows.values()), "utf-8-sig")
    return sheet.planted


def _deep(ground: Ground, row: dict[str, object]) -> bool:
    name = ground.deep_in(row[VILLAGES.lon], row[VILLAGES.lat], "WGS84")
    return bool(name) and ground.codes[ground.names.index(name)] == row[VILLAGES.township]
