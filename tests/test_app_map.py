"""The live map's data: the image lies where the cells lie, and every cell shows its own state."""

from __future__ import annotations

import base64
import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from pyproj import CRS, Transformer

from layers.types import Reach, facility_types
from planning.app.map import cells as cellmap
from planning.app.map.answer import Answer, drawn, legend
from planning.app.map.view import ACTIONS
from planning.app.pages._inquiry import cost
from planning.publish.symbols import SIGNS
from planning.workbench import Inquiry, Trip

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


def asked(*trips: Trip) -> Inquiry:
    ring = ((102.0, 25.0), (102.1, 25.0), (102.1, 25.1), (102.0, 25.1))
    return Inquiry(7, (102.05, 25.05), ring, "01", "elders", 3.0, {"elders": 3.0}, "covered", "", 12.0, 500.0, trips)


def test_the_best_way_is_drawn_last_and_solid() -> None:
    best, second = Trip("a", "A", 10.0, ((102.05, 25.05), (102.0, 25.0))), Trip("b", "B", 20.0, ((102.05, 25.05), (102.1, 25.1)))
    told = drawn(Answer(asked(best, second)))
    assert told["cell"]["ring"][1] == [25.0, 102.1]
    assert [trip["line"][-1] for trip in told["trips"]] == [[25.1, 102.1], [25.0, 102.0]]
    assert [trip["dash"] is None for trip in told["trips"]] == [False, True]
    assert [entry["stroke"] for entry in legend(Answer(asked(best, second)))] == [trip["colour"] for trip in told["trips"][::-1]]


def test_a_way_that_is_not_known_is_not_drawn_and_the_other_keeps_its_style() -> None:
    told = drawn(Answer(asked(Trip("a", "A", 10.0, ()), Trip("b", "B", 20.0, ((102.05, 25.05), (102.1, 25.1))))))
    assert [trip["dash"] is None for trip in told["trips"]] == [False]


def test_without_a_question_nothing_is_drawn() -> None:
    assert drawn(Answer()) == {"cell": None, "trips": [], "area": None}
    assert legend(Answer()) == []
    assert drawn(Answer(area=shapely.Polygon()))["area"] is None


def test_holes_of_a_service_area_stay_holes() -> None:
    area = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2)).union(shapely.box(5, 5, 6, 6))
    rings = drawn(Answer(area=area))["area"]["rings"]
    assert sorted(len(part) for part in rings) == [1, 2]


def test_a_cost_shows_on_which_side_of_the_standard_it_is() -> None:
    walk = Reach(**{**reach_fields("m"), "radius_m": 1000.0})
    drive = Reach(**{**reach_fields("s"), "time_min": 30.0})
    told = [cost(value, walk) for value in (812.4, 1000.0, 1000.2, 1000.003, 12345.6)]
    assert told == ["812 米", "1,000 米", "1,000.2 米", "1,000.003 米", "12,346 米"]
    assert [cost(value, drive) for value in (754.0, 1800.0, 1801.0)] == ["12.6 分钟", "30 分钟", "30.02 分钟"]


def reach_fields(unit: str) -> dict[str, object]:
    """Return the fields of some reach of the type files, without its thresholds."""
    reaches = [item for kind in facility_types().values() for item in kind.requirements if isinstance(item, Reach) and item.unit == unit]
    return {**reaches[0].model_dump(), "radius_m": None, "time_min": None}
