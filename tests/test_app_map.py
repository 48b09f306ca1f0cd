"""The live map's data: the image lies where the cells lie, and every cell shows its own state."""

from __future__ import annotations

import base64
import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyproj import CRS, Transformer

from planning.app.map import cells as cellmap
from planning.app.map.view import ACTIONS
from planning.publish.symbols import SIGNS

GK = CRS.from_epsg(4543)  # CGCS2000 3° Gauss-Krüger, 102°E


def grid(columns: int, rows: int, size: float = 250.0) -> gpd.GeoDataFrame:
    x, y = np.meshgrid(480_000.0 + size * np.arange(columns), 2_790_000.0 + size * np.arange(rows))
    index = pd.Index(100 + np.arange(x.size), name="cell")
    return gpd.GeoDataFrame({"size": size}, geometry=gpd.points_from_xy(x.ravel(), y.ravel()), index=index, crs=GK)


def pixel_of(raster: cellmap.Raster, lon: float, lat: float) -> int:
    """Return the cell position drawn where a browser shows a longitude and latitude, by Mercator's own formula."""
    (south, west), (north, east) = raster.bounds
    height, width = raster.position.shape

    def mercator(degrees: float) -> float:
        return float(np.log(np.tan(np.pi / 4 + np.radians(degrees) / 2)))

    column = int((lon - west) / (east - west) * width)
    row = int((mercator(north) - mercator(lat)) / (mercator(north) - mercator(south)) * height)
    return int(raster.position[row, column])


def test_every_cells_centre_shows_that_cell() -> None:
    cells = grid(40, 30)
    raster = cellmap.warp(cells, GK)
    lon, lat = Transformer.from_crs(GK, 4326, always_xy=True).transform(cells.geometry.x, cells.geometry.y)
    shown = [pixel_of(raster, x, y) for x, y in zip(lon, lat, strict=True)]
    assert shown == list(range(len(cells)))


def test_gaps_stay_gaps() -> None:
    cells = grid(20, 20)
    hole = cells.drop(cells.index[210])
    raster = cellmap.warp(hole, GK)
    lon, lat = Transformer.from_crs(GK, 4326, always_xy=True).transform(cells.geometry.x.iloc[210], cells.geometry.y.iloc[210])
    assert pixel_of(raster, lon, lat) == cellmap.EMPTY


def test_hexagons_without_size_leave_no_seams() -> None:
    step = 500.0
    x, y = np.meshgrid(np.arange(20) * step, np.arange(20) * step * np.sqrt(3) / 2)
    x[1::2] += step / 2
    cells = gpd.GeoDataFrame({"size": np.nan}, index=range(400), geometry=gpd.points_from_xy(480_000 + x.ravel(), 2_790_000 + y.ravel()), crs=GK)
    raster = cellmap.warp(cells, GK)
    height, width = raster.position.shape
    inside = raster.position[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
    assert (inside != cellmap.EMPTY).all()


def test_large_grids_are_drawn_small() -> None:
    raster = cellmap.warp(grid(1200, 4, size=10.0), GK)
    assert max(raster.position.shape) <= cellmap.LARGEST_SIDE + 1


def test_classes_tell_state_change_and_density() -> None:
    index = pd.Index([1, 2, 3, 4, 5])
    now = pd.Series(["covered", "covered", "uncovered", "uncovered", "unreachable"], index=index)
    before = pd.Series(["covered", "uncovered", "uncovered", "covered", "unreachable"], index=index)
    people = pd.Series([10.0, 20.0, 30.0, 40.0, 0.0], index=index)
    found = cellmap.classes(now, before, people)
    states = [cellmap.STATES[number // 5] for number in found]
    assert states == ["covered", "gained", "uncovered", "lost", "unreachable"]
    assert [int(number) % 5 for number in found] == [1, 2, 3, 4, 0]  # quarters of 10, 20, 30, 40; nobody is 0
    assert [cellmap.STATES[number // 5] for number in cellmap.classes(now, None, people)] == list(now)


def test_unknown_states_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown states"):
        cellmap.classes(pd.Series(["served"]), None, pd.Series([1.0]))


def test_image_shows_the_colour_of_the_state() -> None:
    cells = grid(3, 1)
    raster = cellmap.warp(cells, GK)
    now = pd.Series(["covered", "uncovered", "unreachable"], index=cells.index)
    told = cellmap.image(raster, cellmap.classes(now, None, pd.Series(5.0, index=cells.index)))
    content = base64.b64decode(str(told["url"]).removeprefix("data:image/png;base64,"))
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
    middle = picture[picture.shape[0] // 2]
    seen = ["#{:02x}{:02x}{:02x}".format(*middle[column][:3]) for column in (1, len(middle) // 2, len(middle) - 2)]
    assert seen == [cellmap.COLOURS[state] for state in now]
    assert told["version"] == cellmap.image(raster, cellmap.classes(now, None, pd.Series(5.0, index=cells.index)))["version"]


def test_the_map_has_the_plates_colours() -> None:
    assert {action: ACTIONS[action] for action in SIGNS} == {action: sign.colour for action, sign in SIGNS.items()}
