"""How far streets climb: planes by head arithmetic, noise by brute force, bridges, gaps, and rasters that cannot be right."""

import shutil
import warnings

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from layers.errors import PlanningError
from tests.street_drawings import CRS_M, EAST, NORTH, TO_DEGREES, costs, read, write_osm

PIXEL = 10.0
SIDE = 100  # pixels; the raster reaches 500 m to all sides of the drawing's corner
ROW = {1: (0, 0), 2: (100, 0), 3: (160, 0), 4: (300, 0), 5: (400, 0)}
GROUND = {"highway": "residential"}
BRIDGE = GROUND | {"bridge": "yes"}


def north_up(west, north, step):
    return Affine(step, 0, west, 0, -step, north)


def raster(folder, heights, *, crs=CRS_M, transform=None, nodata=None, name="dem.tif"):
    """Write a raster of a function of x and y in m from the drawing's corner, or of an array."""
    centre = (np.arange(SIDE) + 0.5) * PIXEL - 500
    values = heights(*np.meshgrid(centre, -centre)) if callable(heights) else heights
    transform = transform or north_up(EAST - 500, NORTH + 500, PIXEL)
    values = np.asarray(values, np.float64)
    shape = {"width": values.shape[1], "height": values.shape[0], "count": 1, "dtype": "float64"}
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        rasterio.open(folder / name, "w", driver="GTiff", crs=crs and crs.to_wkt(), transform=transform, nodata=nodata, **shape) as out,
    ):
        out.write(values, 1)
    return {"file": name}


def rises(folder, places, streets, elevation):
    """Return {(from, to): rise} of the segments, in the order drawn, and faults."""
    network, faults = read(write_osm(folder, places, streets), elevation=elevation)
    names = {(round(x), round(y)): name for name, (x, y) in places.items()}
    name = [names[round(x - EAST), round(y - NORTH)] for x, y in zip(network.x, network.y, strict=True)]
    return {(name[a], name[b]): rise for a, b, rise in zip(network.tail, network.head, network.rise, strict=True)}, faults


def plane(x, y):
    return 1000 + 0.1 * x - 0.05 * y


def test_streets_without_elevation_are_level(tmp_path):
    assert not read(write_osm(tmp_path, ROW, [([1, 2], GROUND)]))[0].rise.any()


@pytest.mark.parametrize("smooth_m", [0, 50])
def test_a_plane_gives_its_slope(tmp_path, smooth_m):
    places = {1: (0, 0), 2: (103, 0), 3: (103, 77), 4: (-50, -31)}
    found, faults = rises(tmp_path, places, [([1, 2, 3, 4, 1], GROUND)], raster(tmp_path, plane) | {"smooth_m": smooth_m})
    assert found == pytest.approx({(1, 2): 10.3, (2, 3): -3.85, (3, 4): -9.9, (4, 1): 3.45}, abs=2e-3)
    assert faults == ()


def test_what_is_too_steep_is_noise_and_named(tmp_path):
    steep = raster(tmp_path, lambda x, y: 2.0 * x) | {"max_slope": 0.25}
    found, faults = rises(tmp_path, {1: (0, 0), 2: (100, 0), 3: (100, 50)}, [([1, 2, 3], GROUND), ([2, 1], GROUND)], steep)
    assert found == pytest.approx({(1, 2): 25, (2, 1): -25, (2, 3): 0}, abs=0.05)
    assert [(fault.code, fault.values["count"]) for fault in faults] == [("elevation.steep", 2)]
    assert "25%" in faults[0].say("zh")


def by_hand(values, x, y, sigma):
    """Return the averaged elevation at a point: every pixel weighed, one by one."""
    size = values.shape[0]
    column, row = (x + 500) / PIXEL - 0.5, (500 - y) / PIXEL - 0.5
    centres = np.arange(size)

    def average(i, j):
        weight = np.exp(-((centres[:, None] - i) ** 2 + (centres - j) ** 2) / (2 * sigma**2)) * np.isfinite(values)
        return np.nansum(weight * values) / weight.sum()

    i, j = int(row), int(column)
    corners = np.array([[average(i, j), average(i, j + 1)], [average(i + 1, j), average(i + 1, j + 1)]])
    return np.array([1 - row + i, row - i]) @ corners @ np.array([1 - column + j, column - j])


def test_noise_is_averaged_as_by_hand(tmp_path):
    random = np.random.default_rng(7)
    values = random.normal(500, 3, (SIDE, SIDE))
    values[random.random(values.shape) < 0.05] = -9999
    places = {number: tuple(np.round(random.uniform(-300, 300, 2))) for number in range(1, 6)}
    dem = raster(tmp_path, values, nodata=-9999) | {"max_slope": 1, "smooth_m": 60}
    found, faults = rises(tmp_path, places, [([1, 2, 3, 4, 5], GROUND)], dem)
    values[values == -9999] = np.nan
    sigma = 60 / 2.3548200450309493 / PIXEL
    height = {number: by_hand(values, *place, sigma) for number, place in places.items()}
    expected = {(a, a + 1): height[a + 1] - height[a] for a in range(1, 5)}
    lost = [fault.values["count"] for fault in faults if fault.code == "elevation.lost"]
    assert sum(rise == 0 for rise in found.values()) == sum(lost)
    assert {pair: rise for pair, rise in found.items() if rise} == pytest.approx({pair: expected[pair] for pair in found if found[pair]}, abs=0.01)


def test_a_closed_walk_climbs_nothing(tmp_path):
    values = np.random.default_rng(3).normal(500, 2, (SIDE, SIDE))
    places = {number: (150 * np.cos(number), 90 * np.sin(number)) for number in range(1, 7)}
    found, _ = rises(tmp_path, places, [([1, 2, 3, 4, 5, 6, 1], GROUND)], raster(tmp_path, values) | {"max_slope": 1})
    assert sum(found.values()) == pytest.approx(0, abs=1e-9)
    assert min(map(abs, found.values())) > 0


@pytest.mark.parametrize("span", [[[2, 3, 4]], [[2, 3], [3, 4]], [[4, 3], [2, 3]]])
def test_a_bridge_takes_the_straight_line_between_its_ends(tmp_path, span):
    valley = raster(tmp_path, lambda x, y: 0.05 * x + 0.3 * np.maximum(np.minimum(np.abs(x - 100), np.abs(x - 300)) - 10, 0)) | {"smooth_m": 0}
    streets = [([1, 2], GROUND), *((refs, BRIDGE) for refs in span), ([4, 5], GROUND)]
    rise, _ = rises(tmp_path, ROW, streets, valley)
    assert {tuple(sorted(pair)): value if pair[0] < pair[1] else -value for pair, value in rise.items()} == pytest.approx(
        {(1, 2): -22, (2, 3): 3, (3, 4): 7, (4, 5): 32}, abs=0.05
    )
    rise, _ = rises(tmp_path, ROW, [([1, 2, 3, 4, 5], GROUND)], valley)
    assert rise[2, 3] == pytest.approx(18, abs=0.05)


def test_a_bridge_that_ends_in_the_air_and_one_that_ends_nowhere(tmp_path):
    valley = raster(tmp_path, lambda x, y: 0.001 * (x - 160) ** 2) | {"smooth_m": 0}
    rise, _ = rises(tmp_path, ROW, [([1, 2], GROUND), ([2, 3, 4], BRIDGE)], valley)
    assert rise[2, 3] == pytest.approx((19.6 - 3.6) * 60 / 200, abs=0.1)
    ring = {1: (0, 0), 2: (100, 0), 3: (100, 100)}
    rise, _ = rises(tmp_path, ring, [([1, 2, 3, 1], BRIDGE | {"tunnel": "no"})], valley)
    assert rise[1, 2] == pytest.approx(3.6 - 25.6, abs=0.1)


def test_a_ramp_joins_a_bridge_in_the_air(tmp_path):
    places = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (200, -100), 5: (100, -100)}
    dem = raster(tmp_path, lambda x, y: np.where((x < 50) | (x > 150) | (y < -50), 0.05 * x, 0)) | {"smooth_m": 0}
    streets = [([1, 2, 3], BRIDGE), ([2, 5], BRIDGE), ([3, 4, 5], GROUND)]
    rise, _ = rises(tmp_path, places, streets, dem)
    assert rise[1, 2] == pytest.approx((0 + 10 + 5) / 3, abs=0.05)  # the mean of its three neighbours at 100 m each


def test_stairs_and_ferries_climb_nothing(tmp_path):
    streets = [([1, 2], {"highway": "steps"}), ([2, 3], {"route": "ferry"}), ([3, 4], GROUND)]
    network, _ = read(write_osm(tmp_path, ROW, streets), elevation=raster(tmp_path, plane), ferries="walk")
    assert network.rise == pytest.approx([0, 0, 14], abs=1e-3)


def test_streets_beyond_the_raster_are_level_and_counted(tmp_path):
    places = {1: (300, 0), 2: (450, 0), 3: (499, 0), 4: (520, 0), 5: (600, 0)}
    found, faults = rises(tmp_path, places, [([1, 2, 3, 4, 5], GROUND)], raster(tmp_path, plane) | {"smooth_m": 0})
    assert found == pytest.approx({(1, 2): 15, (2, 3): 4.5, (3, 4): 0, (4, 5): 0}, abs=2e-3)  # the last centre lies at 495
    assert [(fault.code, fault.values) for fault in faults] == [("elevation.lost", {"count": 2, "share": "50.0%"})]
    for lang in ("zh", "en"):
        assert "dem.tif" in faults[0].say(lang)


def test_rasters_in_degrees_and_of_shifted_maps(tmp_path):
    west, north = TO_DEGREES(EAST - 500, NORTH + 500)
    step = 1e-4
    lon, lat = np.meshgrid(west + (np.arange(SIDE) + 0.5) * step, north - (np.arange(SIDE) + 0.5) * step)
    values = 1e4 * (lon - west) + 2e4 * (north - lat)
    places = {1: (0, 0), 2: (100, 0), 3: (100, 100)}
    spots = {number: TO_DEGREES(EAST + x, NORTH + y) for number, (x, y) in places.items()}
    expected = {(a, b): 1e4 * (spots[b][0] - spots[a][0]) - 2e4 * (spots[b][1] - spots[a][1]) for a, b in [(1, 2), (2, 3)]}
    dem = raster(tmp_path, values, crs=CRS_M.from_epsg(4326), transform=north_up(west, north, step)) | {"max_slope": 1}
    streets = [([1, 2, 3], GROUND)]
    assert rises(tmp_path, places, streets, dem)[0] == pytest.approx(expected, abs=5e-3)
    assert rises(tmp_path, places, streets, dem | {"datum": "WGS84"})[0] == pytest.approx(expected, abs=5e-3)
    # The same raster said to be drawn on a web map: 100 m of street still lie on as many pixels, only elsewhere on the plane.
    assert rises(tmp_path, places, streets, dem | {"datum": "GCJ-02"})[0] == pytest.approx(expected, abs=0.05)


def test_rasters_that_cannot_be_right_are_refused(tmp_path):
    path = write_osm(tmp_path, ROW, [([1, 2], GROUND)])
    raster(tmp_path, plane)
    raster(tmp_path, plane, transform=north_up(0, 0, PIXEL), name="away.tif")
    raster(tmp_path, plane, crs=None, name="bare.tif")
    raster(tmp_path, np.full((SIDE, SIDE), -1.0), nodata=-1, name="empty.tif")
    (tmp_path / "text.tif").write_text("no raster", "utf-8")
    for code, elevation in {
        "file.missing": {"file": "absent.tif"},
        "elevation.unreadable": {"file": "text.tif"},
        "elevation.apart": {"file": "away.tif"},
        "datum.unstated": {"file": "bare.tif"},
        "datum.projected": {"file": "dem.tif", "datum": "GCJ-02"},
    }.items():
        with pytest.raises(PlanningError) as caught:
            read(path, elevation=elevation)
        assert caught.value.code == code
        for lang in ("zh", "en"):
            assert elevation["file"] in caught.value.say(lang)
            assert str(tmp_path) not in caught.value.say(lang)
    with pytest.raises(PlanningError, match="has no data there"):
        read(path, elevation={"file": "empty.tif"})
    assert read(path, elevation={"file": "bare.tif", "datum": "EPSG:4543"})[0].rise == pytest.approx([10], abs=1e-3)


def test_walks_take_longer_uphill_and_drives_do_not(tmp_path):
    slope = raster(tmp_path, lambda x, y: 0.1 * x)
    streets, _ = read(write_osm(tmp_path, ROW, [([1, 2, 3, 4, 5], GROUND), ([5, 4], {"highway": "steps"})]), elevation=slope)
    ends = {"foot": (0, 0), "top": (300, 0)}

    def seconds(mode):
        found = costs(streets, ends, ends, mode=mode, unit="s", walk_speed_mps=0.8)
        return found["top", "foot"], found["foot", "top"]

    # Tobler 1993: exp(-3.5 (|slope + 0.05| - 0.05)) of the level speed; 10 % up is 0.70 of it, 10 % down as fast as level.
    assert seconds("walk") == pytest.approx((300 / 0.8 * np.exp(0.35), 300 / 0.8), abs=0.05)
    assert seconds("drive") == pytest.approx((54, 54), abs=0.01)


def test_a_county_lists_its_elevation_beside_its_streets(demo_county, tmp_path):
    from layers.readers.county import read_county

    folder = tmp_path / "county"
    shutil.copytree(demo_county, folder)
    flat = read_county(folder)
    x, y = flat.streets.x, flat.streets.y
    step = max(np.ptp(x), np.ptp(y)) / (SIDE - 20)
    columns, rows = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    raster(folder / "layers", 300 + columns - 0.5 * rows, crs=flat.crs, transform=north_up(x.min() - 10 * step, y.max() + 10 * step, step))
    with (folder / "county.toml").open("a", encoding="utf-8") as out:
        out.write('\n[streets.elevation]\nfile = "layers/dem.tif"\n')
    hilly = read_county(folder)
    assert set(hilly.inputs) - set(flat.inputs) == {"layers/dem.tif"}
    east, north = (part[flat.streets.head] - part[flat.streets.tail] for part in (x, y))
    even = np.isclose(hilly.streets.rise, (east + 0.5 * north) / step, atol=1e-6)
    assert even.sum() == len(even) - 6  # the bends of its bridges
    (folder / "layers" / "dem.tif").unlink()
    with pytest.raises(PlanningError) as caught:
        read_county(folder)
    assert (caught.value.code, caught.value.values["file"]) == ("file.missing", "layers/dem.tif")


@pytest.mark.shared
def test_porto_alegre_is_hilly_and_its_walks_close(shared, tmp_path):
    from layers.county import Streets
    from layers.readers.streets import read_streets

    folder = shared / "porto_alegre"
    network, faults = read_streets(folder / "streets.osm.pbf", Streets(file="streets.osm.pbf", elevation={"file": "elevation.tif"}), None)
    slope = np.abs(network.rise).sum() / network.length.sum()
    assert 0.02 < slope < 0.06
    assert {fault.code for fault in faults} >= {"elevation.lost", "elevation.steep"}
    with rasterio.open(folder / "elevation.tif") as dem:
        assert np.abs(network.rise).max() < np.ptp(dem.read(1).astype(float))
